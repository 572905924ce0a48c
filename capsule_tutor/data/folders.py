"""A folder of pictures of a person's own: a folder for each class, and in it pictures, or a folder for each thing.

leaves/oak/1.jpg               a picture of its own
leaves/oak/tree in the park/1.jpg   one of several pictures of one thing: they are never in two splits
"""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from capsule_tutor.data.pictures import readings_of
from capsule_tutor.data.splits import Batch, DataError, check_split

SPLITS = {"train": None, "validation": 1, "test": 0}  # the fifth of a class's things that it gets; None is the rest
SMALLEST = 8  # pixels of the shorter side
LEAST = 1 / 255  # difference between the darkest and the lightest pixel
MOST = 4_000_000_000  # bytes of all pictures in memory
_NOT_MEANT = ("thumbs.db", "desktop.ini", "__macosx")  # what systems leave in folders


class Pictures(NamedTuple):
    """images (n, c, h, w) float32 in [0, 1] and labels (n,) int64; the classes' names, and each image's file"""

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    paths: tuple[str, ...]

    def to(self, device: str) -> "Pictures":
        """The same on another device."""
        return self._replace(images=self.images.to(device), labels=self.labels.to(device))

    def batch(self, chosen: Tensor, _generator: torch.Generator) -> Batch:
        """The images with the numbers `chosen` (b,)."""
        return Batch(self.images[chosen], self.labels[chosen])


def folder(place: Path | str, split: str = "train", shape: tuple[int, int, int] = (3, 64, 64)) -> Pictures:
    """The pictures of a folder of class folders, cut to squares and scaled to `shape` (1 or 3, h, h).

    Of each class a fifth of the things is for "test", a fifth for "validation", at least one each, and the rest for
    "train"; which, is decided by their names alone. Pictures of one thing (a folder inside a class's folder) stay
    together, because a network that has learned this very cup has not been tested on cups. With one channel, pictures
    that are light at their border are inverted, all or none, so that 1 is ink.

    Raises DataError, in one line with the file's name, for whatever is missing, damaged, empty or there twice, and
    ValueError for a shape or split that there cannot be.
    """
    check_split(split, SPLITS)
    if len(shape) != 3 or shape[0] not in (1, 3) or shape[1] != shape[2] or shape[1] < 1:
        raise ValueError(f"shape is {tuple(shape)}; expected (1, h, h) for grey or (3, h, h) for colour")
    place = Path(place)
    things = _things(place)
    files = _files(things)
    if (needed := 4 * len(files) * shape[0] * shape[1] * shape[2]) > MOST:
        size = f"{shape[1]}×{shape[2]}"
        raise DataError(f"{len(files):,} pictures scaled to {size} need {needed / 1e9:.0f} GB; choose a smaller shape")
    pixels = dict(zip(files, _read(_marks(files), tuple(shape)), strict=True))

    classes = tuple(things)
    chosen = [(path, label) for label, name in enumerate(classes) for path in _part(place, name, things[name], split)]
    images = torch.stack([pixels[path] for path, _ in chosen])
    names = tuple(str(path.relative_to(place)) for path, _ in chosen)
    return Pictures(images, torch.tensor([label for _, label in chosen]), classes, names)


def example_folder(place: Path | str) -> Path:
    """Make a folder to try everything with: paper shapes of three classes, twenty things of each, four pictures each.

    A thing has a colour and a size of its own. From picture to picture it is moved and turned, and the light changes.
    """
    from PIL import Image, ImageDraw

    place, dice = Path(place), random.Random(0)
    for name, sides in (("disc", 40), ("square", 4), ("triangle", 3)):
        for thing in range(20):
            colour, radius = [dice.randint(60, 255) for _ in "rgb"], dice.randint(20, 30)
            inside = place / name / f"{name} {thing}"
            inside.mkdir(parents=True, exist_ok=True)
            for shot in range(4):
                light = dice.uniform(0.7, 1.0)
                picture = Image.new("RGB", (96, 96), tuple(int(40 * light) for _ in "rgb"))
                middle = dice.randint(38, 58), dice.randint(38, 58)
                fill = tuple(int(part * light) for part in colour)
                turn = dice.randint(0, 359)
                ImageDraw.Draw(picture).regular_polygon((*middle, radius), sides, rotation=turn, fill=fill)
                picture.save(inside / f"{shot}.png")
    return place


def classes_of(place: Path | str) -> tuple[str, ...]:
    """The names of a folder's classes, in the order of their labels. Raises DataError as `folder` does."""
    return tuple(_things(Path(place)))


def pictures_of(place: Path | str) -> str:
    """Sixteen digits that tell folders apart by the names and contents of their pictures. Raises DataError."""
    place = Path(place)
    return _fingerprint(place, _marks(_files(_things(place))))


def _things(place: Path) -> dict[str, dict[str, list[Path]]]:
    """class → thing → its files, all in the order of their names."""
    if not place.is_dir():
        what = "is a file" if place.exists() else "is not there"
        raise DataError(f"{place} {what}; name a folder that holds a folder of pictures for each class")
    found = {}
    for entry in _entries(place):
        if not entry.is_dir():
            raise DataError(f"{entry} is in no class; put every picture into the folder of its class, {place}/CLASS")
        things = {}
        for inner in _entries(entry):
            things[inner.name] = _entries(inner) if inner.is_dir() else [inner]
            if deeper := [path for path in things[inner.name] if path.is_dir()]:
                raise DataError(f"{deeper[0]} is too deep; a class holds pictures, or one folder for each thing")
        things = {name: paths for name, paths in things.items() if paths}
        if not things:
            raise DataError(f"{entry} is empty; put the pictures of this class there, or delete the folder")
        if len(things) < 3:
            raise DataError(
                f"{entry} holds {len(things)}; at least 3 are needed: one to train on, one to validate, one to test"
            )
        found[entry.name] = things
    if len(found) < 2:
        count = f"{len(found)} class{'es' * (len(found) != 1)}"
        raise DataError(f"{place} holds {count}; make at least two folders of pictures, one for each class")
    return found


def _entries(place: Path) -> list[Path]:
    try:
        entries = sorted(place.iterdir())
    except OSError as error:
        raise DataError(f"{place} cannot be opened ({error.strerror}); allow reading it") from None
    return [path for path in entries if not path.name.startswith(".") and path.name.lower() not in _NOT_MEANT]


def _part(place: Path, name: str, things: dict[str, list[Path]], split: str) -> list[Path]:
    """The files of a class that belong to a split: things in the order of a hash of their names, fifth by fifth."""
    order = sorted(things, key=lambda thing: hashlib.sha256(f"{name}/{thing}".encode()).digest())
    fifth = max(1, round(len(order) / 5))
    fifths = {0: order[:fifth], 1: order[fifth : 2 * fifth], None: order[2 * fifth :]}
    return [path for thing in sorted(fifths[SPLITS[split]]) for path in things[thing]]


def _files(things: dict[str, dict[str, list[Path]]]) -> list[Path]:
    return [path for of_class in things.values() for paths in of_class.values() for path in paths]


def _marks(files: list[Path]) -> tuple:
    marks = []
    for path in files:
        with _reading(path):  # of a link, what it leads to may be gone
            found = path.stat()
        marks.append((path, found.st_mtime_ns, found.st_size))
    return tuple(marks)


@lru_cache(maxsize=8)
def _fingerprint(place: Path, marks: tuple) -> str:
    """Of the names within `place`, which decide the split, and of what the files hold."""
    seen = hashlib.sha256()
    for path, *_ in marks:
        name = path.relative_to(place).as_posix().encode()
        seen.update(hashlib.sha256(name).digest() + hashlib.sha256(_content(path)).digest())
    return seen.hexdigest()[:16]


def _content(path: Path) -> bytes:
    with _reading(path):
        return path.read_bytes()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What keeps a picture from being read ends in one line: DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); allow reading it, or delete it") from None


@lru_cache(maxsize=2)
def _read(marks: tuple, shape: tuple[int, int, int]) -> tuple[Tensor, ...]:
    """All pictures, each (c, h, w). `marks` begin with their paths; the rest makes a changed file be read again."""
    seen: dict[bytes, Path] = {}
    images = []
    for path, *_ in marks:
        content = hashlib.sha256(_content(path)).digest()
        if content in seen:
            raise DataError(f"{path} and {seen[content]} are the same picture; delete one: it would be on both sides")
        seen[content] = path
        images.append(_image(path, shape))
    if shape[0] == 1:
        border = torch.stack([torch.cat([i[0, 0], i[0, -1], i[0, :, 0], i[0, :, -1]]) for i in images])
        if border.median() > 0.5:
            images = [1 - image for image in images]
    return tuple(images)


def _image(path: Path, shape: tuple[int, int, int]) -> Tensor:
    """The middle square of a picture, scaled. → (c, h, h)"""
    readings, _ = readings_of(path, str(path))
    likely = [_channels_first(reading) for reading in reversed(readings)]
    pixels = next(
        (one for one in likely if _contrast(one) >= LEAST), likely[0]
    )  # of a sticker of one colour, its shape
    pixels = pixels / max(1.0, pixels.max().item())  # 16 bits and more
    _, h, w = pixels.shape
    side = min(h, w)
    if side < SMALLEST:
        raise DataError(f"{path} has only {w}×{h} pixels; take a larger picture, or delete it")
    if _contrast(pixels) < LEAST:
        raise DataError(f"{path} is all of one colour; take the picture again, or delete it")
    top, left = (h - side) // 2, (w - side) // 2
    square = pixels[None, :, top : top + side, left : left + side]
    scaled = interpolate(square, size=shape[1:], mode="bilinear", antialias=True, align_corners=False)[0].clamp(0, 1)
    if shape[0] == len(scaled):
        return scaled
    # Rec. 601: how light a colour looks
    if shape[0] == 1:
        return (scaled * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(dim=0, keepdim=True)
    return scaled.expand(3, -1, -1)


def _channels_first(pixels: np.ndarray) -> Tensor:
    """(h, w, c) → (c, h, w)"""
    return torch.from_numpy(pixels.copy()).float().permute(2, 0, 1)


def _contrast(pixels: Tensor) -> float:
    """The widest range of a channel. (c, h, w)"""
    return (pixels.amax(dim=(1, 2)) - pixels.amin(dim=(1, 2))).max().item()
