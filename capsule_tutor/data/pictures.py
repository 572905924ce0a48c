"""A person's own digit, from a photograph or a drawing to what MNIST would have made of it."""

import io
import re
import select
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

from capsule_tutor.data.splits import DataError, one_line

LARGEST = 1600  # pixels of the longer side that are kept: enough to look closer at a small digit
PATIENCE = 10  # seconds until standard input has to bring something
# What people try that Pillow cannot open: how the file begins, and what to call it.
OTHERS = {
    r"%PDF": "a PDF",
    r"(<\?xml.*)?<svg": "an SVG drawing",
    r"....ftyp(hei|hev|mif|msf)": "an HEIC photograph",
    r"<(!doctype|html)": "a web page",
    r"PK\x03\x04": "a ZIP archive or document",
    r"....ftyp": "a film",
}
# The camera was held so: EXIF's orientation → what turns the picture upright. (h, w, c) → (h, w, c)
TURNS = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


# ---- from a file to numbers


def read_picture(path: Path | str) -> Tensor:
    """A person's own digit from any picture file, or from standard input if `path` is "-". → (1, 1, 28, 28)

    It is what `prepare` makes of the picture as the camera was held. Of a film or a document the first picture counts.
    Where parts are transparent, the digit is the shape of the others, or what is drawn on them.
    Raises DataError, in one line, if there is no such file, no picture in it, no digit, or more than one.
    """
    name = "standard input" if str(path) == "-" else str(path)
    pictures, frames = readings_of(_source(path, name), name)
    for pixels in pictures:
        try:
            return prepare(torch.from_numpy(pixels))
        except DataError as error:
            problem = str(error)
    if frames > 1:
        problem += f" (of its {frames} pictures, only the first was looked at)"
    raise DataError(f"{name}: {problem}")


def _source(path: Path | str, name: str) -> Path | io.BytesIO:
    """What to open. A path with a scheme is an address; `Path` makes one slash of two."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", name):
        raise DataError(f"{name} is an address; save the picture from there and name the file")
    if name != "standard input":
        return Path(path)
    if sys.stdin is None or sys.stdin.isatty():
        raise DataError("nothing is sent to standard input; name a picture, or send one: predict - < seven.png")
    if sys.platform != "win32" and not select.select([sys.stdin], [], [], PATIENCE)[0]:
        raise DataError(f"nothing came from standard input in {PATIENCE} seconds; name a picture of one digit")
    return io.BytesIO(sys.stdin.buffer.read())


def readings_of(source: Path | io.BytesIO, name: str) -> tuple[list[np.ndarray], int]:
    """What the file may show, most likely first, each (h, w, c) in float32; and how many pictures it holds."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, on large pictures and odd notes: we read them, or say why not
            with Image.open(source) as picture:
                return _readings(picture), getattr(picture, "n_frames", 1)
    except UnidentifiedImageError:
        kind = _kind(source)
        raise DataError(f"{name} is not a picture that can be read{kind}; save it as PNG or JPEG") from None
    except Image.DecompressionBombError:
        raise DataError(f"{name} has too many pixels; save a smaller copy, some hundred pixels wide") from None
    except FileNotFoundError:
        raise DataError(f"{name} is not there; name a picture of one digit") from None
    except IsADirectoryError:
        raise DataError(f"{name} is a folder; name a picture of one digit") from None
    except Exception as error:  # Pillow's decoders report damaged files by errors of a dozen types
        if isinstance(source, Path) and source.is_dir():  # Windows calls this a lack of permission
            raise DataError(f"{name} is a folder; name a picture of one digit") from None
        raise DataError(f"{name} could not be read ({one_line(error)}); save it again as PNG or JPEG") from None


def _kind(source: Path | io.BytesIO) -> str:
    """In brackets, what the file is instead of a picture, if that is known."""
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source.getvalue()) as file:
        head = file.read(300)  # a film may be larger than memory
    if not head.strip():
        return " (it is empty)"
    known = (kind for start, kind in OTHERS.items() if re.match(start, head.decode("latin-1").lstrip(), re.I | re.S))
    return next((f" (it is {kind})" for kind in known), "")


def _readings(picture) -> list[np.ndarray]:
    """A Pillow image as arrays (h, w, c), upright, at most LARGEST pixels long; several where it is transparent."""
    try:
        turn = TURNS.get(picture.getexif().get(0x0112), np.asarray)
    except Exception:  # notes that nobody can read are no reason to refuse the picture
        turn = np.asarray
    picture.draft(None, (LARGEST, LARGEST))  # a JPEG can be unpacked at a half, a quarter or an eighth of its size
    deep = picture.mode[0] in "IF"  # 16 bits and more: one channel of any range, by convention without transparency
    clear = not deep and picture.has_transparency_data
    pixels = np.ascontiguousarray(turn(_reduced(picture, ["F"] if deep else ["RGBA", "RGBa"] if clear else ["RGB"])))
    if deep:
        return [pixels - min(0, pixels.min())]
    if not clear:
        return [pixels / 255]
    colour, opacity = pixels[..., :3] / 255, pixels[..., 3:] / 255  # colour is premultiplied: black where it is clear
    solid = opacity[..., 0] > 0.5
    # What is drawn on an opaque card: the clear parts get the card's own colour, so that its edge disappears.
    card = np.median(colour[solid] / opacity[solid], axis=0) if solid.any() else np.ones(3, np.float32)
    drawn = colour + (1 - opacity) * card
    return [drawn] if solid.all() else [1 - opacity, drawn]


def _reduced(picture, modes: list[str]) -> np.ndarray:
    """(h, w, c), means of k × k pixels in the last of the modes; strip by strip, to need little memory."""
    width, height = picture.size
    k = -(-max(picture.size) // LARGEST)
    strips = []
    for top in range(0, height, 16 * k):
        strip = picture.crop((0, top, width, min(height, top + 16 * k)))
        for mode in modes:
            strip = strip.convert(mode)
        pixels = np.asarray(strip.reduce(k), dtype=np.float32)
        strips.append(pixels.reshape(*pixels.shape[:2], -1))
    return np.nan_to_num(np.concatenate(strips))


# ---- from numbers to a digit


def prepare(picture: Tensor) -> Tensor:
    """One digit of a photograph or drawing as MNIST would have it. (h, w) or (h, w, 3), from 0 up → (1, 1, 28, 28)

    The ink may be darker or lighter than its paper; shadows, ruling, frames, specks and the desk may show.
    Raises DataError if there is no digit, or more than one, and ValueError for another shape.
    """
    if picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (1,), (3,)):
        raise ValueError(f"picture has shape {tuple(picture.shape)}; expected (h, w) or (h, w, 3)")
    from capsule_tutor.data.ink import find_ink  # SciPy's filters, which nobody else here needs

    return place(find_ink(picture.float() if picture.ndim == 3 else picture.float().unsqueeze(2)))


def place(ink: Tensor, side: int = 28) -> Tensor:
    """Ink from 0 to 1 as MNIST places it: scaled into side − 8 pixels, its centre of mass in the middle.

    (h, w) → (1, 1, side, side). Raises DataError where nothing is inked. Drawings on a canvas need no more than this,
    for what is their ink is known.
    """
    rows, columns = (ink > 0.5).any(dim=1).nonzero(), (ink > 0.5).any(dim=0).nonzero()
    if not len(rows):
        raise DataError("there is nothing on the paper; draw a digit")
    ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    inner = side - 8
    h, w = (max(1, int(n * (inner / max(ink.shape)) + 0.5)) for n in ink.shape)
    small = interpolate(ink[None, None], size=(h, w), mode="bilinear", antialias=True, align_corners=False)[0, 0]
    small = (small / small.max()).clamp(0, 1)  # a thin stroke is pale once it is less than a pixel wide: full ink again
    # The ink's centre of mass comes to the middle of the image, as near as whole pixels and its border allow.
    mass = small.double()
    at = [(mass.sum(dim=1 - n) @ torch.arange(mass.shape[n]).double() / mass.sum()).item() for n in (0, 1)]
    # A symmetrical digit is a tie, which must not be left to the last bit: 1e-4 decides it.
    top, left = (int(min(max(side / 2 - a + 0.4999, 0), side - n)) for a, n in zip(at, (h, w), strict=True))
    return pad(small, (left, side - w - left, top, side - h - top))[None, None]
