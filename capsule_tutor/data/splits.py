"""What every data set gives, and how it says that it cannot."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad


class Split(NamedTuple):
    """images (n, c, h, w) float32 in [0, 1] and labels (n,) int64."""

    images: Tensor
    labels: Tensor

    def to(self, device: str) -> "Split":
        """The same on another device."""
        return Split(self.images.to(device), self.labels.to(device))

    def batch(self, chosen: Tensor, _generator: torch.Generator) -> "Batch":
        """The images with the numbers `chosen` (b,)."""
        return Batch(self.images[chosen], self.labels[chosen])


class Batch(NamedTuple):
    """What training sees at once. images (b, c, h, w); labels (b,), or (b, k) where k classes are present at once.

    drawings (b, k, c, h, w) is what the capsule of each label should draw; None means the image itself.
    """

    images: Tensor
    labels: Tensor
    drawings: Tensor | None = None


class DataError(RuntimeError):
    """A data set is missing or damaged; the message says what to do next."""


def check_split(split: str, known: dict) -> None:
    if split not in known:
        raise ValueError(f"split is {split!r}; choose one of {', '.join(map(repr, known))}")


def one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def centre(image: Tensor) -> Tensor:
    """image (1, 20, 20) → (1, 28, 28), its centre of mass within half a pixel of (14, 14), as in MNIST."""
    canvas = pad(image, (4, 4, 4, 4))
    at = torch.arange(28.0)
    row = (canvas.sum(dim=(0, 2)) @ at / canvas.sum()).item()
    column = (canvas.sum(dim=(0, 1)) @ at / canvas.sum()).item()
    return canvas.roll((round(14 - row), round(14 - column)), dims=(1, 2))


def placed(images: Tensor, side: int, shift: int, generator: torch.Generator) -> Tensor:
    """Put each image in the middle of side×side pixels, moved by its own −shift … shift along both axes.

    (b, 1, h, w) → (b, 1, side, side). The generator is on the images' device. Never waits for a GPU.
    """
    b, _, h, w = images.shape
    top, left = (side - h) // 2, (side - w) // 2
    offset = torch.randint(-shift, shift + 1, (2, b, 1, 1), generator=generator, device=images.device)
    at = torch.arange(side, device=images.device)
    # Where each pixel comes from, and whether that is in the image itself.
    row, column = at.view(1, side, 1) - top - offset[0], at.view(1, 1, side) - left - offset[1]
    inside = (row >= 0) & (row < h) & (column >= 0) & (column < w)
    source = (row.clamp(0, h - 1) * w + column.clamp(0, w - 1)).flatten(1)  # (b, side·side)
    return (images.flatten(1).gather(1, source).view(b, side, side) * inside).unsqueeze(1)
