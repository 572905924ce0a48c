"""smallNORB: photographs of 50 toys, each from 162 viewpoints in 6 lightings by two cameras. You bring the files."""

import gzip
import math
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from capsule_tutor.data.mnist import mnist_folder
from capsule_tutor.data.splits import DataError, one_line
from capsule_tutor.data.views import CLASSES, INSTANCES, Views, check_format, choose, halve, scaled

SOURCE = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/"
FOLDERS = ("smallNORB", "SmallNORB", "smallnorb", ".")  # below `mnist_folder()`
HALVES = {
    "train+validation": "smallnorb-5x46789x9x18x6x2x96x96-training",
    "test": "smallnorb-5x01235x9x18x6x2x96x96-testing",
}
COUNT = 24_300  # views of each half: 5 classes × 5 instances × 9 elevations × 18 azimuths × 6 lightings
# what a file holds → how it begins (a little-endian int32), the type of its values, their shape
FORMATS = {
    "dat": (0x1E3D4C55, np.dtype("u1"), (COUNT, 2, 96, 96)),
    "cat": (0x1E3D4C54, np.dtype("<i4"), (COUNT,)),
    "info": (0x1E3D4C54, np.dtype("<i4"), (COUNT, 4)),
}
_FETCH = f"fetch it again from {SOURCE}"


def has_smallnorb() -> bool:
    """Whether all six files are where `smallnorb` looks for them."""
    return all(_find(half, kind) for half in HALVES for kind in FORMATS)


def smallnorb(
    split: str = "train", viewpoints: str = "all", size: int = 48, dtype: torch.dtype = torch.float32
) -> Views:
    """The real smallNORB, from its six original files, unpacked (.mat) or not (.mat.gz).

    split       "train" (instances 4, 6, 7: 14,580 views), "validation" (8, 9: 9,720), "train+validation" (24,300) or
                "test" (0, 1, 2, 3, 5: 24,300): the published halves, and two training instances held out
    viewpoints  "all", or one side of the two tests of Hinton 2018: "familiar azimuths" (300° to 40°), "novel azimuths"
                (60° to 280°), "familiar elevations" (30° to 40°), "novel elevations" (45° to 70°)
    size        48: the mean of every 2×2 pixels, to the nearest grey level; 96: as photographed
    dtype       torch.float32, from 0 to 1; torch.uint8, from 0 to 255, needs a quarter of the memory

    The files are in `mnist_folder()` or in its subfolder smallNORB. They are never downloaded by this package: the
    authors allow research, and no sale. Raises DataError, with what to do next, when a file is missing, damaged, or
    another one under its name; ValueError for an unknown option.

    Source: Y. LeCun, F. J. Huang, L. Bottou, "Learning Methods for Generic Object Recognition with Invariance to Pose
    and Lighting", CVPR 2004. Test: G. Hinton, S. Sabour, N. Frosst, "Matrix capsules with EM routing", ICLR 2018,
    section 5.1 (which learns from all five training instances: "train+validation").
    """
    check_format(size, dtype)
    half = "test" if split == "test" else "train+validation"
    choose(torch.empty(0, 4), split, viewpoints)  # a wrong name is reported before anything is read
    labels, info = _labels_and_info(half)
    chosen = choose(info, split, viewpoints)
    return Views(scaled(_pixels(half, chosen.numpy(), size), dtype), labels[chosen], info[chosen])


def _labels_and_info(half: str) -> tuple[Tensor, Tensor]:
    """labels (24300,), info (24300, 4) of a half, in which every view occurs once, whatever the order."""
    labels, info = (_numbers(half, kind) for kind in ("cat", "info"))
    found, expected = (", ".join(map(str, instances)) for instances in (np.unique(info[:, 0]), INSTANCES[half]))
    if found != expected:
        raise DataError(
            f"{_find(half, 'info')} holds the instances {found}, expected {expected}: it is damaged, or another file "
            f"under this name; {_FETCH}"
        )
    axes = (range(len(CLASSES)), INSTANCES[half], range(9), range(0, 36, 2), range(6))
    every = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 5)  # sorted
    views = np.column_stack([labels, info])
    if not np.array_equal(views[np.lexsort(views.T[::-1])], every):
        raise DataError(
            f"{_find(half, 'cat')} and the info file beside it do not fit together: not every class, instance, "
            f"elevation, azimuth and lighting occurs just once; fetch both again from {SOURCE}"
        )
    return torch.from_numpy(labels.astype(np.int64)), torch.from_numpy(info.astype(np.int64))


def _numbers(half: str, kind: str) -> np.ndarray:
    shape = FORMATS[kind][2]
    with _reading(half, kind) as read:
        return read(math.prod(shape)).reshape(shape)


def _pixels(half: str, chosen: np.ndarray, size: int) -> Tensor:
    """The chosen images, (n, 2, size, size) uint8. Only a thousand others are in memory beside them."""
    pixels, begin = torch.empty(int(chosen.sum()), 2, size, size, dtype=torch.uint8), 0
    with _reading(half, "dat") as read:
        for part in np.array_split(chosen, range(1000, COUNT, 1000)):
            images = torch.from_numpy(read(len(part) * 2 * 96 * 96).reshape(-1, 2, 96, 96)[part])
            end = begin + len(images)
            pixels[begin:end] = images if size == 96 else halve(images)
            begin = end
    return pixels


@contextmanager
def _reading(half: str, kind: str) -> Iterator[Callable[[int], np.ndarray]]:
    """A function that gives the next `count` values of a file; what is wrong with the file is said in one line."""
    path = _find(half, kind)
    if path is None:
        raise DataError(
            f"smallNORB's {HALVES[half]}-{kind}.mat is not in {mnist_folder() / FOLDERS[0]}; its licence allows "
            f"research alone, so it is not downloaded for you: fetch the six files from {SOURCE} into this folder, or "
            "use data.toys() instead"
        )
    magic, dtype, shape = FORMATS[kind]

    def read(count: int) -> np.ndarray:
        content = file.read(count * dtype.itemsize)
        if len(content) < count * dtype.itemsize:
            raise DataError(f"{path} is cut short; {_FETCH}")
        return np.frombuffer(content, dtype)

    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            # The magic number of the type, the number of axes, the length of each; at least three of these.
            header = file.read(4 * (2 + max(3, len(shape))))
            expected = np.array([magic, len(shape), *shape], "<u4").tobytes()
            if not header.startswith(expected):
                raise DataError(
                    f"{path} begins with {header.hex()}, expected {expected.hex()}: it is damaged, or another file "
                    f"under this name; {_FETCH}"
                )
            yield read
            if file.read(1):  # and this makes gzip compare its checksum
                raise DataError(f"{path} is longer than it should be: it is another file under this name; {_FETCH}")
    except (OSError, EOFError, zlib.error) as error:  # gzip reports damage in all three ways
        raise DataError(f"{path} could not be read ({one_line(error)}); {_FETCH}") from None


def _find(half: str, kind: str) -> Path | None:
    names = [f"{HALVES[half]}-{kind}.mat{suffix}" for suffix in ("", ".gz")]
    paths = [mnist_folder() / folder / name for folder in FOLDERS for name in names]
    return next((path for path in paths if path.is_file()), None)
