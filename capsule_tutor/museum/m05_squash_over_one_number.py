"""Squash over an axis of size 1.

Matrix products leave axes of size 1 behind, and "the last axis" is then no longer the pose. Squash takes each number
for a vector of its own and shrinks it below 1; sixteen of them make a vector of a length up to 4.

Seen in: bourdakos1, higgsfield, jindongwang.
Symptom: lengths above 1, which no probability may have; the hinge of an absent class pulls as hard as it can.
"""

from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "squash"
TEST = "No squashed vector is longer than 1."


def wrong(s: Tensor) -> Tensor:
    column = s.unsqueeze(-1)  # (b, j, z, 1), what a product with @ leaves
    return functional.squash(column, dim=-1).squeeze(-1)


def right(s: Tensor) -> Tensor:
    column = s.unsqueeze(-1)  # (b, j, z, 1)
    return functional.squash(column, dim=-2).squeeze(-1)


def finds(squash) -> str | None:
    longest = squash(10 * numbers(2, 3, 6)).norm(dim=-1).max().item()
    if not longest <= 1.0001:
        return f"a squashed vector is {longest:.2f} long: the norm was taken over another axis than the pose"
    return None
