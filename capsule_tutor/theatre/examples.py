"""The digits that can be chosen without a search: of each class the first few, and all that the network misreads."""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor import data, pretrained

NETWORK = "efficient-capsnet-mnist"  # small enough to travel, and all of it: encoder and decoder


class Examples(NamedTuple):
    """Some of the embedded test digits, which may be passed on."""

    places: list[int]  # in data.digits("test")
    images: Tensor  # (n, 1, h, w)
    labels: Tensor  # (n,)
    read: Tensor  # (n,): what the network reads


@cache
def examples(per_class: int = 4) -> Examples:
    """The first `per_class` digits of each class, and all that the network misreads."""
    network, split = pretrained.load(NETWORK), data.digits("test")
    with torch.inference_mode():
        read = torch.cat([network.predict(part) for part in split.images.split(100)])
    chosen = {p for j in range(10) for p in (split.labels == j).nonzero().squeeze(1)[:per_class].tolist()}
    places = sorted({*chosen, *(read != split.labels).nonzero().squeeze(1).tolist()})
    return Examples(places, split.images[places], split.labels[places], read[places])
