"""`squeeze()` without saying which axis.

Products leave axes of size 1, and `squeeze()` removes them, all of them. In a batch of one image the batch axis is one
of them. Training never sees such a batch; the first user with a photograph does. The related slip is a `.cuda()` in the
middle of the network, which asks every user for the author's machine.

Seen in: cezannec, gram-ai, naturomics.
Symptom: a single image fails, or worse, goes through with the classes taken for the batch.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "layer"
TEST = "A batch of one gives what the same image gives in a larger batch, with the batch axis still there."


def wrong(u: Tensor, weight: Tensor) -> Tensor:
    u_hat = u[:, :, None, None] @ weight  # (b, i, j, 1, z)
    return functional.squash(u_hat.sum(dim=1).squeeze() / weight.shape[1])


def right(u: Tensor, weight: Tensor) -> Tensor:
    u_hat = u[:, :, None, None] @ weight  # (b, i, j, 1, z)
    return functional.squash(u_hat.sum(dim=1).squeeze(2) / weight.shape[1])


def finds(layer) -> str | None:
    u, weight = numbers(2, 5, 4), numbers(5, 3, 4, 6, seed=1)
    alone, together = layer(u[:1], weight), layer(u, weight)
    if alone.shape != together[:1].shape:
        return f"a batch of one gives {tuple(alone.shape)} instead of {tuple(together[:1].shape)}"
    if not torch.allclose(alone, together[:1], atol=1e-5):
        return "an image gives other numbers alone than in a batch of two"
    return None
