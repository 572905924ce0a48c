"""Squash with its eps outside the square root.

Dividing by ‖s‖ + eps looks safe, and the value at the zero vector is: it is 0. The gradient is not. The slope of a
square root at 0 is infinite, and infinite times zero is NaN. One black patch, one dead unit, and every weight is NaN
after the next step.

Seen in: cezannec, EscVM, InnerPeace-Wu, Sarasra, adambielski (with eps outside the root, or none).
Symptom: the loss is NaN in some run, after some step.
"""

import torch
from torch import Tensor

PART = "squash"
TEST = "At the zero vector the value and the gradient are finite."


def wrong(s: Tensor) -> Tensor:
    n2 = s.square().sum(dim=-1, keepdim=True)
    # v = ‖s‖²/(1 + ‖s‖²) · s/(‖s‖ + eps)
    return n2 / (1 + n2) * s / (n2.sqrt() + 1e-8)


def right(s: Tensor) -> Tensor:
    n2 = s.square().sum(dim=-1, keepdim=True)
    # v = ‖s‖²/(1 + ‖s‖²) · s/√(‖s‖² + eps)
    return n2 / (1 + n2) * s / (n2 + 1e-8).sqrt()


def finds(squash) -> str | None:
    s = torch.zeros(2, 3, 6, requires_grad=True)
    s.data[1] = 1.0  # one image has ordinary vectors
    v = squash(s)
    if not v.isfinite().all():
        return "squash of the zero vector is NaN: it divides 0 by 0"
    (gradient,) = torch.autograd.grad(v.sum(), s)
    if not gradient.isfinite().all():
        return "the gradient of squash at the zero vector is NaN: put eps inside the square root"
    return None
