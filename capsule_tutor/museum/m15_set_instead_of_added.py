"""The perturbation sets the pose instead of adding to it.

To see what a number means, one starts at the pose of an image and moves a little. Code that writes the slider's value
into the pose leaves the image behind at once: the row of drawings shows a prototype, and its middle, at 0, is not the
reconstruction.

Seen in: adambielski.
Symptom: every image of a class gives nearly the same row of drawings.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "perturb"
TEST = "A perturbation of 0 gives exactly what is decoded without one."


def wrong(v: Tensor, delta: Tensor, index: Tensor) -> Tensor:
    return functional.mask_capsules(torch.zeros_like(v) + delta, index)


def right(v: Tensor, delta: Tensor, index: Tensor) -> Tensor:
    return functional.mask_capsules(v + delta, index)


def finds(perturb) -> str | None:
    v, index = numbers(2, 3, 6), torch.tensor([0, 2])
    if not torch.allclose(perturb(v, torch.zeros(6), index), functional.mask_capsules(v, index)):
        return "a perturbation of 0 changes what the decoder gets: it replaces the pose"
    return None
