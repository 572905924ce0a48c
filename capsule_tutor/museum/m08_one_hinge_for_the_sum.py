"""One hinge for the sum of the absent lengths.

Each absent class has a margin of its own: nine lengths of 0.09 are nine silent classes. A hinge of their sum, 0.81,
sees one loud class, and pushes on all of them alike.

Seen in: InnerPeace-Wu (an old version).
Symptom: the loss of a perfect network stays above zero, and grows with the number of classes.
"""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

PART = "margin_loss"
TEST = "Nine absent classes of length 0.09 cost nothing."


def wrong(lengths: Tensor, target: Tensor) -> Tensor:
    present = one_hot(target, lengths.shape[1])  # (b, j)
    too_short = (0.9 - (present * lengths).sum(dim=1)).clamp(min=0)  # (b,)
    too_long = (((1 - present) * lengths).sum(dim=1) - 0.1).clamp(min=0)  # (b,)
    return (too_short**2 + 0.5 * too_long**2).mean()


def right(lengths: Tensor, target: Tensor) -> Tensor:
    present = one_hot(target, lengths.shape[1])  # (b, j)
    too_short = (0.9 - (present * lengths).sum(dim=1)).clamp(min=0)  # (b,)
    too_long = (lengths - 0.1).clamp(min=0)  # (b, j)
    return (too_short**2 + 0.5 * ((1 - present) * too_long**2).sum(dim=1)).mean()


def finds(margin_loss) -> str | None:
    quiet = torch.full((2, 10), 0.09)
    quiet[:, 3] = 0.95
    cost = margin_loss(quiet, torch.tensor([3, 3])).item()
    if not abs(cost) < 1e-6:
        return f"a class of length 0.95 and nine silent ones of 0.09 cost {cost:.3f}, not 0"
    return None
