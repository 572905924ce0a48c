"""A widget turns the capsule of the true class, and its bars stand still.

A reader who turns a knob wants to see what the network thinks. So the knob belongs to the longest capsule, which is the
network's answer, and the lengths must be those of the turned capsules. On a digit that is read wrongly the label's
capsule is a short vector that nobody asked about.

Seen in: EscVM.
Symptom: bars that do not move; on a digit that is read wrongly, the drawing of another capsule than the longest.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "knob"
TEST = "The knob turns the longest capsule, whatever the label, and the bar of that capsule moves."


def wrong(v: Tensor, label: Tensor, delta: Tensor) -> tuple[Tensor, Tensor]:
    return functional.perturb(v, delta, label), functional.lengths(v)


def right(v: Tensor, label: Tensor, delta: Tensor) -> tuple[Tensor, Tensor]:
    turned = functional.perturb(v, delta).view_as(v)  # (b, j, z), all zero but the longest
    return turned.flatten(1), functional.lengths(torch.where(turned.ne(0).any(dim=2, keepdim=True), turned, v))


def finds(knob) -> str | None:
    v = 0.1 * numbers(2, 3, 6)
    v[:, 1] *= 5  # class 1 is the answer
    delta = torch.full((6,), 0.25)
    drawn, bars = knob(v, torch.tensor([0, 2]), delta)  # and both labels say something else
    if not drawn.view_as(v)[:, 1].ne(0).all():
        return "the longest capsule is not the one that is drawn: the knob follows the label"
    if torch.allclose(bars[:, 1], functional.lengths(v)[:, 1]):
        return "the capsule was turned, and the bar of its length stands still"
    return None
