"""Toys seen from every side: what smallNORB and our own toys have in common."""

from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor.data.splits import Batch, check_split

CLASSES = ("animal", "human", "airplane", "truck", "car")

# split → its instances, that is, which toys of each class. Two of smallNORB's five training instances are held out,
# so that no choice is ever made on the test instances.
INSTANCES = {
    "train": (4, 6, 7),
    "validation": (8, 9),
    "train+validation": (4, 6, 7, 8, 9),
    "test": (0, 1, 2, 3, 5),
}
# Hinton, Sabour, Frosst 2018 learn from six azimuths around the front, or from the three lowest elevations.
FAMILIAR_AZIMUTHS = (30, 32, 34, 0, 2, 4)  # in tens of degrees: 300° … 40°
FAMILIAR_ELEVATIONS = (0, 1, 2)  # 30°, 35°, 40°
VIEWPOINTS = {
    "all": lambda info: torch.ones(len(info), dtype=torch.bool),
    "familiar azimuths": lambda info: _among(info[:, 2], FAMILIAR_AZIMUTHS),
    "novel azimuths": lambda info: ~_among(info[:, 2], FAMILIAR_AZIMUTHS),
    "familiar elevations": lambda info: _among(info[:, 1], FAMILIAR_ELEVATIONS),
    "novel elevations": lambda info: ~_among(info[:, 1], FAMILIAR_ELEVATIONS),
}


class Views(NamedTuple):
    """Stereo pictures of toys, and from where each was taken.

    images (n, 2, h, w), float32 in [0, 1] or uint8; labels (n,) int64, an index into `CLASSES`
    info   (n, 4) int64, as smallNORB counts: instance 0–9, elevation 0–8, azimuth 0, 2 … 34, lighting 0–5
    """

    images: Tensor
    labels: Tensor
    info: Tensor

    def to(self, device: str) -> "Views":
        """The same on another device."""
        return Views(*(part.to(device) for part in self))

    def batch(self, chosen: Tensor, _generator: torch.Generator) -> Batch:
        """The views with the numbers `chosen` (b,), as float32, whatever they are kept as."""
        return Batch(scaled(self.images[chosen], torch.float32), self.labels[chosen])

    @property
    def elevation(self) -> Tensor:
        """The camera's height above the horizon in degrees, 30, 35 … 70. (n,) int64"""
        return 30 + 5 * self.info[:, 1]

    @property
    def azimuth(self) -> Tensor:
        """The turn of the turntable in degrees, 0, 20 … 340. (n,) int64"""
        return 10 * self.info[:, 2]


def choose(info: Tensor, split: str, viewpoints: str) -> Tensor:
    """Which rows of `info` (n, 4) belong to a split and to a group of viewpoints. → (n,) bool

    Raises ValueError, with the choices, if there is no such split or group.
    """
    check_split(split, INSTANCES)
    if viewpoints not in VIEWPOINTS:
        raise ValueError(f"viewpoints is {viewpoints!r}; choose one of {', '.join(map(repr, VIEWPOINTS))}")
    return _among(info[:, 0], INSTANCES[split]) & VIEWPOINTS[viewpoints](info)


def check_format(size: int, dtype: torch.dtype) -> None:
    if size not in (48, 96):
        raise ValueError(f"size is {size!r}; choose 48 or 96 pixels")
    if dtype not in (torch.float32, torch.uint8):
        raise ValueError(f"dtype is {dtype!r}; choose torch.float32, from 0 to 1, or torch.uint8, from 0 to 255")


def halve(pixels: Tensor) -> Tensor:
    """The mean of every 2×2 pixels, to the nearest grey level, in whole numbers. (…, 2h, 2w) → (…, h, w), uint8"""
    pixels = pixels.to(torch.int16)
    total = pixels[..., 0::2, 0::2] + pixels[..., 0::2, 1::2] + pixels[..., 1::2, 0::2] + pixels[..., 1::2, 1::2]
    return ((total + 2) // 4).to(torch.uint8)


def scaled(pixels: Tensor, dtype: torch.dtype) -> Tensor:
    """uint8 pixels as such, or as float32 in [0, 1], which is left as it is. One copy in memory, no more."""
    return pixels if pixels.dtype == dtype else pixels.float().div_(255)


def _among(values: Tensor, wanted: tuple[int, ...]) -> Tensor:
    return torch.isin(values, torch.tensor(wanted))
