"""The margin loss without its square.

A hinge alone pulls at a length of 0.89 as hard as at 0. With the square the pull fades as the length comes near its
margin, and the hopeless cases are heard first.

Seen in: cezannec, higgsfield, jindongwang, labml.
Symptom: the loss starts at 0.9 instead of 0.81 (all lengths 0), or at 4.05 instead of 3.645 (all lengths 1).
"""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

PART = "margin_loss"
TEST = "All lengths 0 cost 0.81, and all lengths 1 of ten classes cost 3.645."


def wrong(lengths: Tensor, target: Tensor) -> Tensor:
    present = one_hot(target, lengths.shape[1])  # (b, j)
    too_short, too_long = (0.9 - lengths).clamp(min=0), (lengths - 0.1).clamp(min=0)
    # L = T max(0, 0.9 − ‖v‖) + 0.5 (1 − T) max(0, ‖v‖ − 0.1)
    return (present * too_short + 0.5 * (1 - present) * too_long).sum(dim=1).mean()


def right(lengths: Tensor, target: Tensor) -> Tensor:
    present = one_hot(target, lengths.shape[1])  # (b, j)
    too_short, too_long = (0.9 - lengths).clamp(min=0), (lengths - 0.1).clamp(min=0)
    # L = T max(0, 0.9 − ‖v‖)² + 0.5 (1 − T) max(0, ‖v‖ − 0.1)²
    return (present * too_short**2 + 0.5 * (1 - present) * too_long**2).sum(dim=1).mean()


def finds(margin_loss) -> str | None:
    target = torch.tensor([3, 7])
    for what, lengths, cost in (("0", torch.zeros(2, 10), 0.81), ("1", torch.ones(2, 10), 3.645)):
        found = margin_loss(lengths, target).item()
        if not abs(found - cost) < 1e-3:
            return f"all lengths {what} cost {found:.4g}, not {cost}"
    return None
