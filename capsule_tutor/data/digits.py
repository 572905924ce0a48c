"""1,797 handwritten digits that lie in this package: real, offline, the same numbers on every machine."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from capsule_tutor.data.splits import Split, centre, check_split

FILE = Path(__file__).with_name("digits.npz")  # images (1797, 8, 8) from 0 to 16, labels (1797,)


def digits(split: str = "train") -> Split:
    """The 1,797 handwritten digits that scikit-learn has, too, drawn as MNIST draws its own. Offline.

    `split` is "train" (1,200), "validation" (297), "test" (300) or "all" (in scikit-learn's order); any other
    raises ValueError. The first three share no image, hold every class in equal measure and never change.

    Each 8×8 image is enlarged to 20×20, its strokes are sharpened to the weight of MNIST's, and it is placed
    in 28×28 with its centre of mass at pixel (14, 14), as near as whole pixels allow.

    Source: the test part of "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak, 1998; UCI
    Machine Learning Repository, archive.ics.uci.edu/dataset/80; CC BY 4.0), the numbers of scikit-learn's
    `load_digits`. It comes from 13 people and does not say who wrote what, so the same hands appear in all
    splits: a test score here says little about the handwriting of strangers. For that, use `mnist`.
    """
    pixels, labels, places = _digits()
    check_split(split, places)
    place = places[split]
    return Split(pixels[place].float() / 255, labels[place])


def enlarged(small: Tensor) -> Tensor:
    """Digits (n, 1, 8, 8) from 0 to 1, in the size of MNIST's. → (n, 1, 20, 20)"""
    large = interpolate(small, size=(20, 20), mode="bicubic", align_corners=False)
    # Enlarging blurs. These two numbers give the digits MNIST's share of ink and its share of full black.
    return ((large - 0.35) * 2).clamp(0, 1)


@cache
def _digits() -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """pixels (1797, 1, 28, 28) uint8, labels (1797,) and, for each split, where its images are."""
    with np.load(FILE) as source:  # reading them through scikit-learn would take two seconds of every start
        images, target = source["images"], source["labels"]
    labels = torch.from_numpy(target)
    small = torch.from_numpy(images).float().unsqueeze(1) / 16  # (n, 1, 8, 8)
    # Whole steps of 1/255, as in MNIST. Last-bit differences between machines go with the rounding.
    pixels = (torch.stack([centre(image) for image in enlarged(small)]) * 255).round().to(torch.uint8)
    places = {"all": np.arange(len(labels)), **_stratified(target, validation=297, test=300)}
    return pixels, labels, {name: torch.from_numpy(place) for name, place in places.items()}


def _stratified(labels: np.ndarray, **sizes: int) -> dict[str, np.ndarray]:
    """Shuffled places of each part; each part holds the classes in the same proportions, "train" the rest."""
    # RandomState is the generator whose stream NumPy has frozen for ever.
    order = np.random.RandomState(0).permutation(len(labels))
    rest = order[np.argsort(labels[order], kind="stable")]  # class by class
    part = np.full(len(labels), "train", dtype=object)
    for name, size in sizes.items():
        # Evenly spaced in a list sorted by class: every class gives its share.
        taken = np.linspace(0, len(rest) - 1, size).round().astype(int)
        part[rest[taken]] = name
        rest = np.delete(rest, taken)
    return {name: order[part[order] == name] for name in ("train", *sizes)}
