"""affNIST-style digits: MNIST's digits turned, sheared, stretched and moved on 40×40 pixels, each by what is on file.

affNIST (T. Tieleman, 2013) does this to MNIST, 32 times to each digit. These are not its images: its own files have no
licence, and its ranges, which are the defaults here, are remembered and not read. So call results "affNIST-style", and
hold them against each other, not against published ones.

The protocol (Sabour 2017, section 5.2): train on digits that were only moved, `shifted`, and test on digits that were
turned, sheared and stretched as well, `affine`, which the network never saw.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, pad

from capsule_tutor.data.mnist import mnist
from capsule_tutor.data.splits import Batch, Split, placed

SIDE = 40  # pixels
TRANSFORM = ("turn", "shear", "wide", "high", "right", "up")


class Transformed(NamedTuple):
    """images (n, 1, 40, 40), labels (n,), transform (n, 6): what was done to each digit, in the order of TRANSFORM.

    Done first: stretched, `wide` times along x and `high` times along y. Then sheared: a point goes right by `shear`
    for each pixel that it is above the middle. Then turned by `turn` degrees, anticlockwise. Then moved, `right` and
    `up` in pixels.
    """

    images: Tensor
    labels: Tensor
    transform: Tensor


class Shifted(NamedTuple):
    """Digits to train on, moved again every time. images (n, 1, 28, 28), labels (n,)"""

    images: Tensor
    labels: Tensor
    move: int

    def to(self, device: str) -> "Shifted":
        """The same on another device."""
        return Shifted(self.images.to(device), self.labels.to(device), self.move)

    def batch(self, chosen: Tensor, generator: torch.Generator) -> Batch:
        """The digits with the numbers `chosen` (b,), each somewhere on 40×40 pixels."""
        return Batch(placed(self.images[chosen], SIDE, self.move, generator), self.labels[chosen])


def shifted(
    split: str = "train", digits: Callable[[str], Split] = mnist, move: int = 6, seed: int = 0
) -> Shifted | Split:
    """Digits on 40×40 pixels, moved by −move … move whole pixels along both axes, and nothing else.

    "train" gives a `Shifted`, whose digits are moved again in every batch; "validation" and "test" give a fixed list,
    and another `seed` another one. Raises what `digits` raises, and ValueError for a move that leaves the picture.
    """
    _check(0 <= move <= 6, f"move is {move}; a digit of 28×28 has 6 pixels of room on each side")
    images, labels = digits(split)
    if split == "train":
        return Shifted(images, labels, move)
    return Split(placed(images, SIDE, move, torch.Generator().manual_seed(seed)), labels)


def affine(
    split: str = "test",
    digits: Callable[[str], Split] = mnist,
    *,
    turn: float = 20.0,
    shear: float = 0.2,
    stretch: tuple[float, float] = (0.8, 1.2),
    move: float = 6.0,
    seed: int = 0,
) -> Transformed:
    """Each digit of a split, transformed once, all ranges uniform and independent.

    turn      up to this many degrees either way
    shear     up to this many pixels sideways for each pixel up, either way
    stretch   from … to, drawn for width and height separately
    move      up to this many pixels either way along both axes, but no ink leaves the picture
    seed      another one gives other transforms of the same digits
    `digits` is a data set of 28×28 images: `data.mnist`, or `data.digits`, which needs no download. Raises what it
    raises, and ValueError for a range that makes no sense.
    """
    low, high = stretch
    _check(0 < low <= high, f"stretch is {stretch}; expected two positive factors, the smaller first")
    _check(min(turn, shear, move) >= 0, f"turn, shear and move are {turn}, {shear} and {move}; none may be below 0")
    images, labels = digits(split)
    generator = torch.Generator().manual_seed(seed)
    u = 2 * torch.rand(len(images), 6, generator=generator) - 1  # (n, 6) in (−1, 1)
    transform = u * torch.tensor([turn, shear, (high - low) / 2, (high - low) / 2, move, move])
    transform[:, 2:4] += (high + low) / 2
    images = pad(images, ((SIDE - images.shape[3]) // 2,) * 2 + ((SIDE - images.shape[2]) // 2,) * 2)
    still = torch.cat([transform[:, :4], torch.zeros(len(images), 2)], dim=1)
    left, right, below, above = _room(transformed(images, still))
    transform[:, 4] = transform[:, 4].clamp(-left, right)
    transform[:, 5] = transform[:, 5].clamp(-below, above)
    return Transformed(transformed(images, transform), labels, transform)


def transformed(images: Tensor, transform: Tensor) -> Tensor:
    """Do to each image what its row says. images (n, c, h, w), transform (n, 6) in the order of TRANSFORM"""
    _, _, h, w = images.shape
    # grid_sample asks where an output pixel comes from: p_in = A⁻¹ (p_out − move)
    back = torch.linalg.inv(matrix(transform))  # (n, 2, 2)
    offset = -(back @ transform[:, 4:, None])  # (n, 2, 1)
    # Its y points down, and its unit is half the image.
    flip, unit = torch.tensor([1.0, -1.0]).to(images), torch.tensor([w / 2, h / 2]).to(images)
    theta = torch.cat([back * flip[:, None] * flip * unit / unit[:, None], offset * (flip / unit)[:, None]], dim=2)
    grid = affine_grid(theta, list(images.shape), align_corners=False)
    return grid_sample(images, grid, align_corners=False).clamp(0, 1)


def matrix(transform: Tensor) -> Tensor:
    """The linear part of each transform, x to the right and y up: turn · shear · stretch. (n, 6) → (n, 2, 2)"""
    angle, shear, wide, high = transform[:, 0] * math.pi / 180, *transform[:, 1:4].T
    cos, sin = angle.cos(), angle.sin()
    # ⎛cos −sin⎞ ⎛1 shear⎞ ⎛wide  0  ⎞
    # ⎝sin  cos⎠ ⎝0   1  ⎠ ⎝ 0   high⎠
    rows = (cos * wide, (cos * shear - sin) * high, sin * wide, (sin * shear + cos) * high)
    return torch.stack(rows, dim=1).view(-1, 2, 2)


def _room(images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Free pixels to the left of the ink, to its right, below and above it. (n, 1, h, w) → (n,) each"""
    ink = images[:, 0] > 0
    columns, rows = ink.any(dim=1).float(), ink.any(dim=2).float()
    # argmax finds the first of equal ones
    return tuple(line.argmax(1).float() for line in (columns, columns.flip(1), rows.flip(1), rows))


def _check(sound: bool, complaint: str) -> None:
    if not sound:
        raise ValueError(complaint)
