"""MultiMNIST: two digits of different classes, one over the other, in 36×36 pixels.

Sabour 2017, section 6: each digit is moved by up to 4 pixels along both axes (their released command moves by 6), the
two are added, and what is brighter than white is cut off. The paper pairs every digit with 1,000 others, which is 60
million images to train on; here pairs are made on the fly, so that no pair is seen twice, and from each split's own
digits, so that no digit of the test pairs was ever seen.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor.data.digits import digits
from capsule_tutor.data.mnist import mnist
from capsule_tutor.data.splits import Batch, Split, placed

SIDE = 36  # pixels
COUNT = {"validation": 5_000, "test": 10_000}  # pairs in the fixed lists


class PairMaker(NamedTuple):
    """Pairs made on the fly, one for each digit of a split. images (n, 1, 28, 28), labels (n,)

    `shift` is how far each digit moves, in pixels; the other fields say where each class is found (`pair_maker`).
    """

    images: Tensor
    labels: Tensor
    shift: int
    order: Tensor  # (n,) digits sorted by class
    start: Tensor  # (j,) where each class begins in it
    count: Tensor  # (j,) how many digits each class has

    def to(self, device: str) -> "PairMaker":
        """The same on another device."""
        return PairMaker(*(part.to(device) if isinstance(part, Tensor) else part for part in self))

    def batch(self, first: Tensor, generator: torch.Generator) -> Batch:
        """One pair for each digit in `first` (b,), with a random partner of another class. Never waits for a GPU."""
        # Sorted by class, all digits but those of one class are two blocks: draw a place, and jump over that class.
        own = self.labels[first]  # (b,)
        others = len(self.labels) - self.count[own]
        dtype = torch.float32 if first.device.type == "mps" else torch.float64  # which an Apple GPU does not have
        draw = torch.rand(len(first), generator=generator, device=first.device, dtype=dtype)
        place = (draw * others).long().clamp(max=others - 1)
        place = torch.where(place >= self.start[own], place + self.count[own], place)
        return self.overlay(first, self.order[place], generator)

    def overlay(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Batch:
        """Lay digits `second` (b,) over digits `first` (b,), each moved by its own −shift … shift.

        → images (b, 1, 36, 36), labels (b, 2), drawings (b, 2, 1, 36, 36): each digit alone, where it is in the image.
        """
        parts = [placed(self.images[which], SIDE, self.shift, generator) for which in (first, second)]
        drawings = torch.stack(parts, dim=1)  # (b, 2, 1, 36, 36)
        labels = torch.stack([self.labels[first], self.labels[second]], dim=1)  # (b, 2)
        return Batch(drawings.sum(dim=1).clamp(max=1), labels, drawings)


def pair_maker(split: Split, shift: int = 4) -> PairMaker:
    """Prepare a split of single digits for pairs.

    Raises ValueError for digits of another size or of one class alone, and
    for a shift that leaves 36×36.
    """
    if split.images.shape[1:] != (1, 28, 28) or not 0 <= shift <= 8:
        raise ValueError(f"digits have shape {tuple(split.images.shape[1:])}, shift is {shift}; (1, 28, 28) and 0 … 8")
    count = torch.bincount(split.labels)
    if (count > 0).sum() < 2:
        raise ValueError(f"all {len(split.labels)} digits are of one class; a pair needs two classes")
    return PairMaker(
        split.images, split.labels, shift, split.labels.argsort(stable=True), count.cumsum(0) - count, count
    )


def multimnist(
    split: str = "train",
    digits: Callable[[str], Split] = mnist,
    shift: int = 4,
    count: int | None = None,
    seed: int = 0,
) -> PairMaker | Batch:
    """Two digits at once. "train" gives a `PairMaker`; "validation" and "test" give a fixed list of `count` pairs.

    `digits` is the data set of the single digits: `data.mnist`, or `data.digits`, which needs no download. The lists
    hold 5,000 and 10,000 pairs unless `count` says otherwise; `seed` chooses another list of the same kind. Raises
    what `digits` raises, and ValueError for a count below 1 or a split that has no list of its own.
    """
    maker = pair_maker(digits(split), shift)
    if split == "train":
        return maker
    if count is None:
        if split not in COUNT:
            raise ValueError(f"split is {split!r}; choose 'train', 'validation' or 'test', or give a count of pairs")
        count = COUNT[split]
    if count < 1:
        raise ValueError(f"count is {count}; a list needs at least 1 pair")
    generator = torch.Generator().manual_seed(seed)
    # Every digit of the split is the first of a pair before one is it again.
    digits = len(maker.labels)
    rounds = -(-count // digits)
    first = torch.cat([torch.randperm(digits, generator=generator) for _ in range(rounds)])
    return maker.batch(first[:count], generator)


def multidigits(split: str = "train", **options: int) -> PairMaker | Batch:
    """`multimnist` of `digits`: no download."""
    return multimnist(split, digits, **options)
