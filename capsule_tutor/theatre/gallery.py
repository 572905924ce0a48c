"""Images to choose from, whatever a network reads: one digit or two, one channel or a pair of stereo pictures."""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor import data, pretrained
from capsule_tutor.data.views import CLASSES
from capsule_tutor.models import CapsuleNetwork

DIGITS = tuple("0123456789")
# Of the same kind, and on every machine: they come with the package, or it renders them.
_EMBEDDED = {
    "mnist": "digits",
    "mnist-few": "digits",
    "mnist-all": "digits",
    "multimnist": "multidigits",
    "shifted": "shifted-digits",
    "smallnorb": "toys",
}


class Gallery(NamedTuple):
    """images (n, c, h, w) from 0 to 1 and labels (n, k), of the k classes that are in each image, in rising order."""

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...] = DIGITS
    name: str | None = None  # in data.SETS; None for a person's own

    @property
    def photo(self) -> bool:
        """Whether 1 is light. Elsewhere it is ink."""
        return self.classes == CLASSES or self.images.shape[1] == 3

    def source(self, place: int) -> str:
        """The image (1, c, h, w) at a place as Python code."""
        split = f'data.SETS["{self.name}"]("test")' if self.name else "images"
        return f"{split}.images[{place}][None]"

    def names(self, classes: list[int]) -> str:
        """ "3", "airplane", "3 and 5" """
        return " and ".join(self.classes[j] for j in classes)

    def says(self, classes: list[int]) -> str:
        """What is in an image: "a 3", "an airplane", "3 and 5"."""
        names = self.names(classes)
        return names if len(classes) > 1 else f"{'an' if names[0].lower() in 'aeiou8' else 'a'} {names}"

    def sheet(self, image: Tensor) -> Tensor:
        """All channels side by side, in ink. (…, c, h, w) → (…, h, c·w)"""
        ink = torch.cat(image.unbind(-3), dim=-1)
        return 1 - ink if self.photo else ink


def own_images(network: str) -> Gallery:
    """Test images of the kind that a network reads, without a download; a person's own pictures where it is theirs."""
    trained = pretrained.recipe(network)
    return gallery(embedded(trained.data) if trained.data in data.SETS else trained.split("test"))


def gallery(images: str | data.Split) -> Gallery:
    """The test images of a name in `data.SETS`, or images and labels (n,) or (n, k) of your own."""
    name = images if isinstance(images, str) else None
    split = data.SETS[name]("test") if name else images
    labels = split.labels.view(len(split.labels), -1).sort(dim=1).values
    classes = CLASSES if isinstance(split, data.Views) else getattr(split, "classes", DIGITS)
    return Gallery(split.images, labels, classes, name)


def at_hand(name: str) -> str:
    """A data set if it is on this machine; otherwise its like that needs no download."""
    name = "mnist" if name in ("mnist-few", "mnist-all") else name  # they share their test images
    return name if (data.has_smallnorb() if name == "smallnorb" else data.has_mnist()) else embedded(name)


def embedded(name: str) -> str:
    """A data set's like that needs no download."""
    return _EMBEDDED.get(name, name)


# (network, where and which the images are in memory, …) → the images, kept so that no others come to be there, and what
# was read
_READ: dict[tuple, tuple[Tensor, Tensor]] = {}


def read(name: str, shown: Gallery) -> Tensor:
    """The classes that a network reads in each image, in rising order; worked out once. (n, k)"""
    k = shown.labels.shape[1]
    key = name, shown.images.data_ptr(), shown.images.shape, shown.images.stride(), k
    if key not in _READ:
        # What a shipped network misreads of its own test images is stored.
        if name in pretrained.NAMES and pretrained.recipe(name).data == shown.name:
            stored = pretrained.mistakes(name)
            card, found = pretrained.card(name), shown.labels.clone()
            seed = [entry["seed"] for entry in card["seeds"]].index(card["shipped_seed"])
            # Not those of the capsules: kept as float16, they may put another class first.
            found[stored.index] = longest(stored.lengths[seed], k)
        else:
            with torch.no_grad():
                found = torch.cat([longest(loaded(name).lengths(part), k) for part in shown.images.split(250)])
        _READ[key] = shown.images, found
    return _READ[key][1]


def longest(lengths: Tensor, k: int) -> Tensor:
    """The classes of the k longest capsules, in rising order. (n, j) → (n, k)"""
    return lengths.topk(k, dim=1).indices.sort(dim=1).values


@cache
def loaded(name: str) -> CapsuleNetwork:
    """A shipped network, read once."""
    return pretrained.load(name)


def some(name: str, shown: Gallery, per_class: int = 4) -> list[int]:
    """Places that can be chosen without a search: of each class the first few, and all that a network misreads."""
    present = [(shown.labels == j).any(dim=1) for j in range(len(shown.classes))]
    first = {place for here in present for place in here.nonzero()[:per_class, 0].tolist()}
    return sorted(first.union((read(name, shown) != shown.labels).any(dim=1).nonzero()[:, 0].tolist()))
