"""First weights so small that nothing arrives.

A rule for first weights counts the inputs of a unit from the shape of its weight. Given four axes instead of two it
counts 10 times 1,152 pairs as well, and the votes come out some thirty times too short. Near zero squash shrinks what
is short to its square, and its slope goes to zero with it.

Seen in: XifengGuo (Keras), ageron (an old version).
Symptom: the margin loss begins at 0.81, where all lengths are 0, and stays there; Adam hides it after a while.
"""

import math

import torch
from torch import Tensor

from capsule_tutor.layers import truncated_normal
from capsule_tutor.museum.m02_vote_weights_too_large import length_at_the_start

PART = "first_weights"
TEST = "Before the first step every class can be heard: the mean length is above 0.01."


def wrong(i: int, j: int, d: int, z: int) -> Tensor:
    # Glorot's rule, √(6/(inputs + outputs)), on a weight of shape (j, i, z, d): the last two axes are taken for inputs
    # and outputs, and all others for the taps of a convolution.
    limit = math.sqrt(6 / (j * i * (z + d)))
    return limit * (2 * torch.rand(i, j, d, z) - 1)


def right(i: int, j: int, d: int, z: int) -> Tensor:
    return truncated_normal(i, j, d, z, std=0.1)


def finds(first_weights) -> str | None:
    start = length_at_the_start(first_weights)
    if not start > 0.01:
        return f"before the first step the mean length is {start:.1g}: squash lets hardly any gradient back from there"
    return None
