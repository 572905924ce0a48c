"""A decoder that ends in a sigmoid, against standardised pixels.

A sigmoid stays between 0 and 1. Standardised pixels (minus the mean, over the standard deviation) run from −0.42 to
2.82 on MNIST. The brightest strokes and the black paper are both out of reach, so a part of the error is the same for
every drawing, and most of the gradient asks for the impossible.

Seen in: higgsfield; EscVM (smallNORB).
Symptom: the reconstruction loss has a floor that no training gets under.
"""

import torch
from torch import Tensor

PART = "pixels"
TEST = "The darkest and the brightest pixel are values that a sigmoid can have."


def wrong(raw: Tensor) -> Tensor:
    return (raw / 255 - 0.1307) / 0.3081  # the mean and the standard deviation of MNIST


def right(raw: Tensor) -> Tensor:
    return raw / 255


def finds(pixels) -> str | None:
    low, high = pixels(torch.tensor([[[[0, 255]]]], dtype=torch.uint8)).flatten().tolist()
    if low < 0 or high > 1:
        return f"pixels run from {low:.2f} to {high:.2f}; a sigmoid cannot draw what is below 0 or above 1"
    return None
