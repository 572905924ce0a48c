"""A softmax of the lengths before the margin loss.

A softmax is what classifiers end with, so it is typed by habit. Lengths lie between 0 and 1, and of ten such numbers a
softmax gives none more than e/(e + 9) = 0.232. The network is told for ever that it is unsure.

Seen in: gram-ai.
Symptom: the loss starts at 0.64 and cannot fall below 0.446, while the accuracy looks healthy.
"""

import torch
from torch import Tensor

from capsule_tutor import functional

PART = "margin_loss"
TEST = "A sure and right answer costs nothing."


def wrong(lengths: Tensor, target: Tensor) -> Tensor:
    return functional.margin_loss(lengths.softmax(dim=1), target)


def right(lengths: Tensor, target: Tensor) -> Tensor:
    return functional.margin_loss(lengths, target)


def finds(margin_loss) -> str | None:
    sure = torch.eye(10)[[3, 7]]  # (b, j)
    cost = margin_loss(sure, torch.tensor([3, 7])).item()
    if not abs(cost) < 1e-6:
        return f"a length of 1 for the true class and 0 for all others costs {cost:.3f}, not 0"
    return None
