"""The decoder gets sixteen numbers and not the class.

Masking leaves one pose and nine zero vectors. Adding them up, or picking the pose out, gives the sixteen numbers
alone: a 3 and an 8 of the same pose are then the same input, and the decoder cannot know which to draw.

Seen in: InnerPeace-Wu, laubonghaudoi.
Symptom: the first layer of the decoder has 16 inputs instead of 160; 73,728 parameters are missing.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "decoder_input"
TEST = "The same pose in another class gives the decoder another input."


def wrong(v: Tensor, target: Tensor) -> Tensor:
    return functional.mask_capsules(v, target).view_as(v).sum(dim=1)  # (b, z)


def right(v: Tensor, target: Tensor) -> Tensor:
    return functional.mask_capsules(v, target)  # (b, j·z)


def finds(decoder_input) -> str | None:
    same = numbers(1, 1, 6).expand(2, 3, 6)  # every class has the same pose
    first, second = decoder_input(same, torch.tensor([0, 2]))
    if torch.allclose(first, second, atol=1e-5):  # the same, however a sum is rounded
        return "one pose as class 0 and as class 2 gives the decoder the same numbers: the class is lost"
    return None
