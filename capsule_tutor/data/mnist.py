"""MNIST: 70,000 handwritten digits, downloaded once and verified on every call."""

import contextlib
import hashlib
import http.client
import os
import socket
import tempfile
from pathlib import Path

import platformdirs
import torch
from torch import Tensor

from capsule_tutor.data.splits import DataError, Split, check_split, one_line

# split → the images file's prefix, and which of its images
SPLITS = {
    "train": ("train", slice(0, 55_000)),
    "validation": ("train", slice(55_000, 60_000)),
    "test": ("t10k", slice(0, 10_000)),
}
# file → MD5 of its bytes, unpacked
FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
_OTHER_WAYS = (
    "set CAPSULE_TUTOR_DATA to a folder that holds MNIST/raw, or take the digits that need no download: data.digits(), "
    "on the command line --data digits"
)


def mnist_folder() -> Path:
    """The folder that holds, or will hold, MNIST/raw: CAPSULE_TUTOR_DATA, otherwise the user's cache folder.

    Raises DataError if this user has no home folder, as in a container that runs under a bare number.
    """
    folder = os.environ.get("CAPSULE_TUTOR_DATA")
    try:
        return (Path(folder) if folder else platformdirs.user_cache_path("capsule-tutor")).expanduser()
    except RuntimeError:
        raise DataError(f"this user has no home folder that could hold MNIST; {_OTHER_WAYS}") from None


def has_mnist() -> bool:
    """Whether all four files are there, so that `mnist` needs no download."""
    try:
        return not _missing()
    except DataError:
        return False


def mnist(split: str = "train") -> Split:
    """The real MNIST, downloaded once (12 MB) into `mnist_folder()` and verified on every call.

    `split` is "train" (the first 55,000 training images), "validation" (the last 5,000 of them) or "test"
    (10,000); any other raises ValueError. A download that fails or is interrupted leaves nothing behind: call
    again. Raises DataError, with what to do next, when a file is damaged or cannot be downloaded, written or
    read.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits" (CC BY-SA 3.0). No
    writer of a test image wrote a training image.
    """
    check_split(split, SPLITS)
    if not has_mnist():
        _download_mnist()
    prefix, part = SPLITS[split]
    # An idx file is a header of 4 bytes, then 4 bytes per axis, then the values.
    pixels = _read_mnist(f"{prefix}-images-idx3-ubyte", header=16).reshape(-1, 1, 28, 28)[part]
    labels = _read_mnist(f"{prefix}-labels-idx1-ubyte", header=8)[part]
    return Split(pixels.float() / 255, labels.long())


def mnist_few(split: str = "train") -> Split:
    """`mnist` with a twentieth of its training images, the first 2,750, to see what a network makes of little."""
    images, labels = mnist(split)
    return Split(images[:2_750], labels[:2_750]) if split == "train" else Split(images, labels)


def mnist_all(split: str = "train") -> Split:
    """`mnist` for a recipe that is chosen: "train" is all 60,000 training images.

    "validation" is the last 5,000 of them, as ever, but they are learned from: errors on them say nothing of new ones.
    """
    if split != "train":
        return mnist(split)
    return Split(*map(torch.cat, zip(mnist("train"), mnist("validation"), strict=True)))


def _missing() -> list[Path]:
    raw = mnist_folder() / "MNIST" / "raw"
    return [raw / name for name in FILES if not (raw / name).is_file()]


def _near_misses() -> str:
    """In one sentence, what lies in the folder under other names, or one folder too high or too low."""
    folder = mnist_folder()
    places = [folder, folder / "MNIST", folder / "MNIST" / "raw"]
    with contextlib.suppress(OSError):
        found = sorted(path for place in places if place.is_dir() for path in place.glob("*[-.]idx[13][-.]ubyte*"))
        found = [path for path in found if path.name not in FILES or path.parent != places[-1]]
        if found:
            names = ", ".join(path.name for path in found)
            return f"found in {found[0].parent}: {names}, but wanted in {places[-1]}: {', '.join(FILES)}; "
    return ""


def _download_mnist() -> None:
    from torchvision.datasets import MNIST

    folder, missing = mnist_folder(), _missing()
    new = [place for place in (folder / "MNIST" / "raw", folder / "MNIST", folder) if not place.exists()]
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
        for place in new:
            with contextlib.suppress(OSError):  # it holds something after all
                place.rmdir()
        raise DataError(
            f"{_near_misses()}MNIST could not be downloaded into {folder} ({one_line(error)}); "
            f"check the connection and that the folder can be written, then call again, or {_OTHER_WAYS}"
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _read_mnist(name: str, header: int) -> Tensor:
    path = mnist_folder() / "MNIST" / "raw" / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} could not be read ({one_line(error)}); {_OTHER_WAYS}") from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != FILES[name]:
        raise DataError(
            f"{path} is damaged: its {len(content):,} bytes are not those of MNIST; "
            f"delete this file and call again to download it again, or {_OTHER_WAYS}"
        )
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=header)
