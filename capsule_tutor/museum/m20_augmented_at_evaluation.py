"""The training images' random shifts are still on at evaluation.

One transform is written for all splits. So the test digits are moved at random as well, and the score is that of a
harder and ever-changing test.

Seen in: akhdanfadh, gram-ai.
Symptom: evaluating twice gives two accuracies.
"""

import torch
from torch import Tensor

from capsule_tutor import augment
from capsule_tutor.museum.inputs import numbers

PART = "prepare"
TEST = "Evaluating twice gives the same numbers."


def wrong(images: Tensor, training: bool, generator: torch.Generator) -> Tensor:
    return augment.shift(images, generator)


def right(images: Tensor, training: bool, generator: torch.Generator) -> Tensor:
    return augment.shift(images, generator) if training else images


def finds(prepare) -> str | None:
    images, generator = numbers(3, 1, 7, 8), torch.Generator().manual_seed(0)
    if not torch.equal(prepare(images, False, generator), prepare(images, False, generator)):
        return "the same images are prepared for evaluation twice, and come out different"
    return None
