"""Vote weights drawn with a standard deviation of 1.

A parent adds up the votes of a thousand children, so its sum starts long and squash makes 1 of it: every class is
there, in every image, and squash is so flat out there that hardly any gradient comes back. A softmax over the children
(exhibit 1) makes the sums a hundred times shorter and hides it. Whoever then fixes the axis, and nothing else, is left
with a network that trains worse or, with a thousand children, hardly at all.

Seen in: cezannec, gram-ai, higgsfield, jindongwang, labml, laubonghaudoi, timomernick.
Symptom: the margin loss starts near 3.645, where all ten lengths are 1.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.layers import truncated_normal
from capsule_tutor.museum.inputs import numbers

PART = "first_weights"
TEST = "Before the first step no class is there: the mean length is below 0.5."


def wrong(i: int, j: int, d: int, z: int) -> Tensor:
    return torch.randn(i, j, d, z)


def right(i: int, j: int, d: int, z: int) -> Tensor:
    return truncated_normal(i, j, d, z, std=0.1)


def length_at_the_start(first_weights) -> float:
    """The mean length of ten parents of 1,152 children that are 0.5 long, as in a new CapsNet."""
    u = 0.5 * torch.nn.functional.normalize(numbers(4, 1152, 8), dim=2)  # (b, i, d)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        v, _ = functional.dynamic_routing(functional.votes(u, first_weights(1152, 10, 8, 16)))
    return functional.lengths(v).mean().item()


def finds(first_weights) -> str | None:
    start = length_at_the_start(first_weights)
    if not start < 0.5:
        return f"before the first step the mean length is {start:.2f}: all classes are there at once"
    return None
