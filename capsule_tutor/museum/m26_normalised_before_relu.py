"""A port that drifted: normalised before the ReLU, with another eps.

Efficient-CapsNet's blocks are convolution, ReLU, batch normalisation, in Keras, where eps is 0.001 and the momentum
0.99. In a port the ReLU moved to the end, as in most networks, and eps, momentum and the size of the first weights
became PyTorch's own. Each is a detail. Together they are another network.

Seen in: akhdanfadh.
Symptom: none, until the authors' weights are loaded and every layer's output is compared.
"""

import torch
from torch import Tensor
from torch.nn.functional import batch_norm

PART = "block"
TEST = "With copied weights a block gives what the original gives: ReLU, then (x − mean)/√(variance + 0.001)."


def wrong(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return batch_norm(x, mean, variance, eps=1e-5).relu()


def right(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return batch_norm(x.relu(), mean, variance, eps=1e-3)


def finds(block) -> str | None:
    x = torch.tensor([-2.0, 0.5, 3.0]).view(1, 1, 1, 3)
    found = block(x, torch.tensor([0.4]), torch.tensor([0.003])).flatten()
    # (max(0, x) − 0.4)/√(0.003 + 0.001)
    original = (torch.tensor([0.0, 0.5, 3.0]) - 0.4) / 0.004**0.5
    if (found >= 0).all():
        return "no output is negative: the ReLU comes last instead of first"
    if not torch.allclose(found, original, atol=1e-3):
        return f"an input of 3 gives {found[2]:.1f}, the original gives {original[2]:.1f}: compare eps"
    return None
