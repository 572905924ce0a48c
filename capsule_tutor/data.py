"""Handwritten digits: 1,797 that need no download, and MNIST.

Both come as a `Split` of images (n, 1, 28, 28), float32 from 0 (paper) to 1 (ink), and labels (n,), int64
from 0 to 9. Every call returns fresh tensors: changing them in place changes nothing for the next caller.
"""

import hashlib
import http.client
import os
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

__all__ = ["DataError", "Split", "digits", "has_mnist", "mnist", "mnist_folder", "prepare", "read_picture"]

# split → the images file's prefix, and which of its images
_MNIST_SPLITS = {
    "train": ("train", slice(0, 55_000)),
    "validation": ("train", slice(55_000, 60_000)),
    "test": ("t10k", slice(0, 10_000)),
}
# file → MD5 of its bytes, unpacked
_MNIST_FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
_OTHER_WAYS = "set CAPSULE_TUTOR_DATA to a folder that holds MNIST/raw, or use data.digits() instead"


class Split(NamedTuple):
    """images (n, 1, 28, 28) float32 in [0, 1] and labels (n,) int64."""

    images: Tensor
    labels: Tensor


class DataError(RuntimeError):
    """A data set is missing or damaged; the message says what to do next."""


def digits(split: str = "train") -> Split:
    """The 1,797 handwritten digits of scikit-learn's `load_digits`, drawn as MNIST draws its own. Offline.

    `split` is "train" (1,200), "validation" (297), "test" (300) or "all" (in scikit-learn's order); any other
    raises ValueError. The first three share no image, hold every class in equal measure and never change.

    Each 8×8 image is enlarged to 20×20, its strokes are sharpened to the weight of MNIST's, and it is placed
    in 28×28 with its centre of mass at pixel (14, 14), as near as whole pixels allow.

    Source: the test part of "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak, 1998; UCI
    Machine Learning Repository), in the copy that scikit-learn distributes under its BSD licence. It comes
    from 13 people and does not say who wrote what, so the same hands appear in all splits: a test score here
    says little about the handwriting of strangers. For that, use `mnist`.
    """
    pixels, labels, places = _digits()
    _check_split(split, places)
    place = places[split]
    return Split(pixels[place].float() / 255, labels[place])


@cache
def _digits() -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """pixels (1797, 1, 28, 28) uint8, labels (1797,) and, for each split, where its images lie."""
    from sklearn.datasets import load_digits

    source = load_digits()
    labels = torch.from_numpy(source.target.astype(np.int64))
    small = torch.from_numpy(source.images).float().unsqueeze(1) / 16  # (n, 1, 8, 8)
    large = interpolate(small, size=(20, 20), mode="bicubic", align_corners=False)
    # Enlarging blurs. These two numbers give the digits MNIST's share of ink and its share of full black.
    large = ((large - 0.35) * 2).clamp(0, 1)
    # Whole steps of 1/255, as in MNIST. Last-bit differences between machines go with the rounding.
    pixels = (torch.stack([_centre(image) for image in large]) * 255).round().to(torch.uint8)
    places = {"all": np.arange(len(labels)), **_stratified(source.target, validation=297, test=300)}
    return pixels, labels, {name: torch.from_numpy(place) for name, place in places.items()}


def _centre(image: Tensor) -> Tensor:
    """image (1, 20, 20) → (1, 28, 28), its centre of mass within half a pixel of (14, 14), as in MNIST."""
    canvas = pad(image, (4, 4, 4, 4))
    at = torch.arange(28.0)
    row = (canvas.sum(dim=(0, 2)) @ at / canvas.sum()).item()
    column = (canvas.sum(dim=(0, 1)) @ at / canvas.sum()).item()
    return canvas.roll((round(14 - row), round(14 - column)), dims=(1, 2))


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


def read_picture(path: Path) -> Tensor:
    """A person's own digit, from any picture file → (1, 1, 28, 28), as `prepare` makes it.

    Transparent parts count as paper. Raises DataError if there is no such file, no picture in it, or no digit.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            picture = ImageOps.exif_transpose(picture)  # a telephone stores how it was held
            if "A" in picture.getbands() or "transparency" in picture.info:
                picture = picture.convert("RGBA")
                # Under dark ink the paper is white, under light ink black.
                ink = np.asarray(picture).astype(float)
                light = (ink[..., :3].mean(axis=2) * ink[..., 3]).sum() > 127.5 * ink[..., 3].sum()
                paper = Image.new("RGBA", picture.size, (0, 0, 0) if light else (255, 255, 255))
                picture = Image.alpha_composite(paper, picture)
            # Straight from 16-bit grey to 8 bits, Pillow would cut off the upper bits.
            depth = 65_535 if picture.mode.startswith("I") else 255
            grey = np.asarray(picture if depth > 255 else picture.convert("L")).astype(np.float32) / depth
    except UnidentifiedImageError:
        raise DataError(f"{path} is not a picture that can be read; save it as PNG or JPEG") from None
    except Image.DecompressionBombError:
        raise DataError(f"{path} has too many pixels; save a smaller copy, some hundred pixels wide") from None
    except FileNotFoundError:
        raise DataError(f"{path} is not there; name a picture of one digit") from None
    except (OSError, ValueError, SyntaxError) as error:  # Pillow reports damaged files in all three ways
        raise DataError(f"{path} could not be read ({_one_line(error)}); save it anew as PNG or JPEG") from None
    return prepare(torch.from_numpy(grey))


def prepare(grey: Tensor) -> Tensor:
    """One drawn digit, of any size and either polarity, as MNIST would have it. (h, w) → (1, 1, 28, 28)

    The paper is what most of the border shows. The ink becomes 1 and the paper 0, the digit is scaled into 20×20
    pixels and its centre of mass is placed at (14, 14). Raises DataError if there is nothing on the paper.
    """
    grey = grey.float()
    border = torch.cat([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = (grey - border.median()).abs()
    if ink.max() < 0.1:
        raise DataError("there is nothing on the paper; the picture needs a digit, darker or lighter than its ground")
    # Below a third of full ink lie shadows and grains; MNIST's strokes fade over a pixel or two, no more.
    ink = ((ink / ink.max() - 0.3) / 0.5).clamp(0, 1)
    rows, columns = (ink > 0.5).any(dim=1).nonzero(), (ink > 0.5).any(dim=0).nonzero()
    ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = 20 / max(ink.shape)
    size = [max(1, round(side * scale)) for side in ink.shape]
    small = interpolate(ink[None, None], size=size, mode="bilinear", antialias=True, align_corners=False)[0]
    above, left = (20 - size[0]) // 2, (20 - size[1]) // 2
    small = pad(small, (left, 20 - size[1] - left, above, 20 - size[0] - above))
    return _centre(small.clamp(0, 1))[None]


def mnist_folder() -> Path:
    """The folder that holds, or will hold, MNIST/raw: CAPSULE_TUTOR_DATA, or else the user's cache folder."""
    folder = os.environ.get("CAPSULE_TUTOR_DATA")
    return Path(folder).expanduser() if folder else platformdirs.user_cache_path("capsule-tutor")


def has_mnist() -> bool:
    """Whether all four files are there, so that `mnist` needs no download."""
    return not _missing()


def mnist(split: str = "train") -> Split:
    """The real MNIST, downloaded once (12 MB) into `mnist_folder()` and verified on every call.

    `split` is "train" (the first 55,000 training images), "validation" (the last 5,000 of them) or "test"
    (10,000); any other raises ValueError. A download that fails or is interrupted leaves nothing behind: call
    again. Raises DataError, with what to do next, when a file is damaged or cannot be downloaded, written or
    read.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits" (CC BY-SA 3.0). No
    writer of a test image wrote a training image.
    """
    _check_split(split, _MNIST_SPLITS)
    if not has_mnist():
        _download_mnist()
    prefix, part = _MNIST_SPLITS[split]
    # An idx file is a header of 4 bytes, then 4 bytes per axis, then the values.
    pixels = _read_mnist(f"{prefix}-images-idx3-ubyte", header=16).reshape(-1, 1, 28, 28)[part]
    labels = _read_mnist(f"{prefix}-labels-idx1-ubyte", header=8)[part]
    return Split(pixels.float() / 255, labels.long())


def _missing() -> list[Path]:
    raw = mnist_folder() / "MNIST" / "raw"
    return [raw / name for name in _MNIST_FILES if not (raw / name).is_file()]


def _download_mnist() -> None:
    from torchvision.datasets import MNIST

    folder, missing = mnist_folder(), _missing()
    before = socket.getdefaulttimeout()
    try:
        missing[0].parent.mkdir(parents=True, exist_ok=True)
        # Half a file never gets the final name: whole ones move there, whatever interrupts us.
        with tempfile.TemporaryDirectory(prefix="mnist-download-", dir=folder) as passing:
            socket.setdefaulttimeout(20)  # a firewall that swallows packets would hold us for minutes
            downloaded = Path(MNIST(passing, download=True).raw_folder)
            for path in missing:
                (downloaded / path.name).replace(path)
    # torchvision raises RuntimeError when no mirror gave a whole file.
    except (OSError, RuntimeError, EOFError, http.client.HTTPException) as error:
        raise DataError(
            f"MNIST could not be downloaded into {folder} ({_one_line(error)}); "
            f"check the connection and that the folder can be written, then call again, or {_OTHER_WAYS}"
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _read_mnist(name: str, header: int) -> Tensor:
    path = mnist_folder() / "MNIST" / "raw" / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} could not be read ({_one_line(error)}); {_OTHER_WAYS}") from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != _MNIST_FILES[name]:
        raise DataError(
            f"{path} is damaged: its {len(content):,} bytes are not those of MNIST; "
            f"delete this file and call again to download it anew, or {_OTHER_WAYS}"
        )
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=header)


def _check_split(split: str, known: dict) -> None:
    if split not in known:
        raise ValueError(f"split is {split!r}; choose one of {', '.join(map(repr, known))}")


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
