"""Couplings that are counted as parameters.

Couplings are computed again for every image; there is nothing to store. Whoever counts them reports 11,520 numbers too
many for CapsNet. The layer in this exhibit goes further: it registers its logits as a parameter, so they also go to the
optimiser and are saved with the weights.

Seen in: laubonghaudoi (only in the total that is printed; the layer has no such parameter).
Symptom: a parameter count that no table has; in a layer like this one also a parameter that never gets a gradient.
"""

import torch
from torch import Tensor, nn

from capsule_tutor import functional

PART = "capsule_layer"
TEST = "A capsule layer without bias has i·j·d·z parameters."


def wrong(i: int, j: int, d: int, z: int) -> nn.Module:
    layer = _Layer(i, j, d, z)
    layer.logits = nn.Parameter(torch.zeros(i, j))
    return layer


def right(i: int, j: int, d: int, z: int) -> nn.Module:
    return _Layer(i, j, d, z)


class _Layer(nn.Module):
    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.1 * torch.randn(*shape))

    def forward(self, u: Tensor) -> Tensor:
        return functional.dynamic_routing(functional.votes(u, self.weight))[0]


def finds(capsule_layer) -> str | None:
    with torch.random.fork_rng(devices=[]):
        count = sum(parameter.numel() for parameter in capsule_layer(5, 3, 4, 6).parameters())
    if count != 5 * 3 * 4 * 6:
        return f"a layer of 5 children, 3 parents, 4-D and 6-D poses has {count} parameters; 5·3·4·6 is 360"
    return None
