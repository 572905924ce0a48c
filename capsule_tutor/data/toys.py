"""Our own toys in smallNORB's protocol, rendered by this package: nothing to download, nothing to ask for."""

import contextlib
import math
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import platformdirs
import torch
from torch import Tensor

from capsule_tutor import files, frontend
from capsule_tutor.data.mnist import mnist_folder
from capsule_tutor.data.rendering import LAMPS, render, turned
from capsule_tutor.data.splits import DataError
from capsule_tutor.data.toybox import NAMES, toy_mesh
from capsule_tutor.data.views import CLASSES, INSTANCES, Views, check_format, choose, halve, scaled

VERSION = 1  # of the pictures: whoever changes a grey level by more than 1 raises it, so that no old ones are read
AZIMUTHS = tuple(range(0, 360, 20))
ELEVATIONS = tuple(range(30, 75, 5))


def toy(label: int, instance: int, azimuth: float = 0, elevation: float = 30, light: int = 0, size: int = 96) -> Tensor:
    """One toy as two eyes see it, the left one first. → (2, size, size) float32 in [0, 1]

    label      0 to 4: animal, human, airplane, truck, car; instance 0 to 9, whose name is `toy_name(label, instance)`
    azimuth    how far the table has turned, in degrees, anticlockwise from above; at 0 the toy looks at you
    elevation  how high above the horizon you are, in degrees, above 0 and below 90
    light      which of the six lightings, 0 to 5
    size       96 pixels, or 48: the mean of every 2×2
    Raises ValueError if there is no such toy, elevation, light or size.
    """
    check_format(size, torch.float32)
    toy_name(label, instance)
    if not (math.isfinite(azimuth) and 0 < elevation < 90):
        raise ValueError(f"azimuth is {azimuth}, elevation {elevation}; choose degrees, the elevation between 0 and 90")
    if light not in range(len(LAMPS)):
        raise ValueError(f"light is {light!r}; choose 0 to {len(LAMPS) - 1}")
    pixels = render(turned(toy_mesh(label, instance), azimuth), (elevation,), (light,))[0, 0]
    return scaled(pixels if size == 96 else halve(pixels), torch.float32)


def toy_name(label: int, instance: int) -> str:
    """What a toy is called: `toy_name(0, 5)` is "giraffe". Raises ValueError if there is no such toy."""
    if label not in range(len(NAMES)) or instance not in range(len(NAMES[0])):
        raise ValueError(f"there is no toy ({label!r}, {instance!r}); label goes from 0 to 4, instance from 0 to 9")
    return NAMES[label][instance]


def toys(
    split: str = "train",
    viewpoints: str = "all",
    size: int = 48,
    dtype: torch.dtype = torch.float32,
    tick: Callable[[int, int], None] | None = None,
) -> Views:
    """Fifty toys from 162 viewpoints in 6 lightings by two eyes, as smallNORB has them, with the same splits and info.

    split       "train" (instances 4, 6, 7: 14,580 views), "validation" (8, 9: 9,720), "train+validation" (24,300) or
                "test" (0, 1, 2, 3, 5: 24,300); no toy is in two of train, validation and test
    viewpoints  "all", or one side of the two tests of Hinton 2018: "familiar azimuths" (300° to 40°), "novel azimuths"
                (60° to 280°), "familiar elevations" (30° to 40°), "novel elevations" (45° to 70°)
    size        48, the mean of every 2×2 pixels, or 96
    dtype       torch.float32, from 0 to 1; torch.uint8, from 0 to 255, needs a quarter of the memory
    tick        gets (toys rendered, toys to render) after each; without it, a line on the standard error counts them

    Each toy is rendered once, in a second or two, and kept in `mnist_folder()` (or, if that cannot be written, in the
    user's cache folder), where a later call finds it; what was rendered before an interruption stays. A damaged file is
    rendered again, and where nothing can be written, nothing is kept. On another machine a pixel may differ by one grey
    level. Raises ValueError for an unknown option.

    Source: this package, under its licence.
    """
    check_format(size, dtype)
    # Class by class runs fastest, so that the first few views show all of them.
    views = product(INSTANCES.get(split, ()), range(len(AZIMUTHS)), range(len(ELEVATIONS)), range(len(LAMPS)), range(5))
    rows = torch.tensor(list(views)).view(-1, 5)
    info = torch.stack([rows[:, 0], rows[:, 2], 2 * rows[:, 1], rows[:, 3]], dim=1)
    chosen = choose(info, split, viewpoints)
    wanted = list(product(INSTANCES[split], range(5)))
    pixels = {toy: _kept(*toy, size) for toy in wanted}
    missing = [toy for toy in wanted if pixels[toy] is None]
    for done, toy in enumerate(missing, start=1):
        pixels[toy] = _rendered(*toy, size)
        _keep(pixels[toy], *toy, size)
        (tick or _count)(done, len(missing))
    pictures = torch.stack([pixels[toy] for toy in wanted]).unflatten(0, (-1, 5)).transpose(1, 2).flatten(0, 2)
    return Views(scaled(pictures[chosen], dtype), rows[chosen, 4], info[chosen])


def _rendered(instance: int, label: int, size: int) -> Tensor:
    """(972, 2, size, size) uint8: the azimuths, for each the elevations, for each the lightings."""
    mesh, lamps = toy_mesh(label, instance), tuple(range(len(LAMPS)))
    pictures = [render(turned(mesh, azimuth), ELEVATIONS, lamps) for azimuth in AZIMUTHS]
    return torch.stack([picture if size == 96 else halve(picture) for picture in pictures]).flatten(0, 2)


def _paths(instance: int, label: int, size: int) -> list[Path]:
    """Where a toy may be kept: with the other data, and in the user's cache, if there are such places."""
    folders = {}
    for find in (mnist_folder, lambda: platformdirs.user_cache_path("capsule-tutor").expanduser()):
        with contextlib.suppress(DataError, RuntimeError):  # no home folder
            folders[find()] = None
    return [folder / f"toys-{VERSION}-{size}" / f"{CLASSES[label]}-{instance}.npz" for folder in folders]


def _kept(instance: int, label: int, size: int) -> Tensor | None:
    for path in _paths(instance, label, size):
        try:
            with np.load(path) as file:
                pixels = file["pixels"]  # the archive's checksum is compared
        except Exception:  # missing or damaged, which NumPy and zipfile tell by errors of a dozen types
            continue
        if pixels.shape == (972, 2, size, size) and pixels.dtype == np.uint8:
            return torch.from_numpy(pixels)
    return None


def _keep(pixels: Tensor, instance: int, label: int, size: int) -> None:
    """In the first place that can be written."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:  # a name would get a second .npz
            np.savez_compressed(file, pixels=pixels.numpy())

    for path in _paths(instance, label, size):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomically(path, write)
            return
        except OSError:
            continue


def _count(done: int, of: int) -> None:
    # In JupyterLab what is printed as an error has the colour of an error.
    where = sys.stdout if frontend.page() else sys.stderr
    print(f"\rRendered {done} of {of} toys", end="\n" if done == of else "", file=where, flush=True)
