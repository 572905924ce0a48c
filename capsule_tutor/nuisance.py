"""What can happen to a digit that a network never met in training, each on its own or all together.

A condition is a function from a split's name to digits on 40×40 pixels. All but those of `affine` begin with the same
moved digits, `data.shifted`, which is what networks of lesson 13 are trained on. The same seed gives the same digits.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, max_pool2d, pad

from capsule_tutor import data
from capsule_tutor.data.digits import enlarged

_STILL = {"turn": 0.0, "shear": 0.0, "stretch": (1.0, 1.0)}


def noisy(images: Tensor, spread: float, generator: torch.Generator) -> Tensor:
    """Add normal noise of standard deviation `spread` to every pixel, and cut off beyond paper and ink. (n, c, h, w)"""
    return (images + spread * torch.randn(images.shape, generator=generator)).clamp(0, 1)


def occluded(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Lay a square of paper, side × side pixels, over each image, its middle on a random inked pixel. (n, c, h, w)"""
    h, w = images.shape[2:]
    at = torch.multinomial(images.amax(dim=1).flatten(1) + 1e-9, 1, generator=generator)  # (n, 1)
    top, left = at // w - side // 2, at % w - side // 2
    rows, columns = torch.arange(h), torch.arange(w)
    covered = ((rows >= top) & (rows < top + side))[:, :, None] & ((columns >= left) & (columns < left + side))[:, None]
    return images * ~covered[:, None]


def thicker(images: Tensor) -> Tensor:
    """Every pixel becomes the brightest of itself and its eight neighbours. (n, c, h, w)"""
    return max_pool2d(images, 3, stride=1, padding=1)


def thinner(images: Tensor) -> Tensor:
    """Every pixel becomes the darkest of itself and its four neighbours: a stroke loses its rim. (n, c, h, w)"""
    across, along = -max_pool2d(-images, (1, 3), 1, (0, 1)), -max_pool2d(-images, (3, 1), 1, (1, 0))
    return torch.minimum(across, along)


def coarse(images: Tensor) -> Tensor:
    """Shrink digits of 28×28 pixels to 8×8 and enlarge them again, as `data.digits` were made. (n, 1, 28, 28)

    A blank image stays blank.
    """
    small = adaptive_avg_pool2d(images[:, :, 4:24, 4:24], 8)
    small = small / small.amax(dim=(2, 3), keepdim=True).clamp(min=1e-6)
    return pad(enlarged(small), (4, 4, 4, 4))


def _moved(change: Callable, split: str, digits: Callable, seed: int) -> data.Split:
    images, labels = data.shifted(split, digits, seed=seed)
    return data.Split(change(images, torch.Generator().manual_seed(seed)), labels)


def _affine(options: dict, split: str, digits: Callable, seed: int) -> data.Split:
    images, labels, _ = data.affine(split, digits, **options, seed=seed)
    return data.Split(images, labels)


# name → a function of (split, digits, seed). A turn of 20 is a turn by up to 20 degrees either way, and so on.
CONDITIONS: dict[str, Callable[[str, Callable, int], data.Split]] = {
    "clean": partial(_moved, lambda images, generator: images),
    "affine": partial(_affine, {}),
    **{f"turn {degrees}": partial(_affine, _STILL | {"turn": degrees}) for degrees in (10, 20, 30, 40, 50, 60)},
    **{f"shear {shear}": partial(_affine, _STILL | {"shear": shear}) for shear in (0.2, 0.4, 0.6)},
    **{f"stretch {by}": partial(_affine, _STILL | {"stretch": (1 - by, 1 + by)}) for by in (0.2, 0.4)},
    **{
        f"noise {spread}": partial(_moved, lambda images, generator, spread=spread: noisy(images, spread, generator))
        for spread in (0.1, 0.2, 0.3, 0.4, 0.5)
    },
    **{
        f"occlusion {side}": partial(_moved, lambda images, generator, side=side: occluded(images, side, generator))
        for side in (4, 8, 12)
    },
    "thinner": partial(_moved, lambda images, generator: thinner(images)),
    "thicker": partial(_moved, lambda images, generator: thicker(images)),
}


def condition(
    name: str, split: str = "test", digits: Callable[[str], data.Split] = data.mnist, count: int = 2_000, seed: int = 0
) -> data.Split:
    """The first `count` digits of "validation" or "test", on 40×40 pixels, under one of CONDITIONS.

    `digits` is `data.mnist`, or `data.digits`, which needs no download. Raises ValueError for an unknown condition or
    for "train", whose digits a `data.shifted` moves again in every batch, and what `digits` raises.
    """
    if name not in CONDITIONS:
        raise ValueError(f"there is no condition {name!r}; choose one of {', '.join(CONDITIONS)}")
    if split == "train":
        raise ValueError("conditions are for testing; choose the split 'validation' or 'test'")

    def first(which: str) -> data.Split:
        images, labels = digits(which)
        return data.Split(images[:count], labels[:count])

    return CONDITIONS[name](split, first, seed)
