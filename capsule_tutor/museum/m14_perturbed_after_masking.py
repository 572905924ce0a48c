"""The perturbation is added to all ten capsules after masking.

Masking has set nine capsules to zero. A delta that is added afterwards, with broadcasting's help, lands in all ten: the
decoder gets a pose and nine small ghosts, and draws something between ten digits.

Seen in: cezannec.
Symptom: blurred drawings that do not return to the reconstruction of the digit.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "perturb"
TEST = "All capsules but the chosen one are zero after the perturbation."


def wrong(v: Tensor, delta: Tensor, index: Tensor) -> Tensor:
    kept = functional.mask_capsules(v, index).view_as(v)  # (b, j, z)
    return (kept + delta).flatten(1)


def right(v: Tensor, delta: Tensor, index: Tensor) -> Tensor:
    return functional.mask_capsules(v + delta, index)


def finds(perturb) -> str | None:
    v, index = numbers(2, 3, 6), torch.tensor([0, 2])
    slots = perturb(v, torch.full((6,), 0.25), index).view_as(v)
    filled = slots.ne(0).any(dim=2).sum(dim=1).max().item()  # of one image
    if filled != 1:
        return f"{filled} of 3 capsules are not zero: the perturbation reached the masked ones"
    return None
