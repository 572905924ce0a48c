"""A person's own digit, from a photograph or a drawing to what MNIST would have made of it."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

from capsule_tutor.data.splits import DataError, centre, one_line


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
        raise DataError(f"{path} could not be read ({one_line(error)}); save it anew as PNG or JPEG") from None
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
    return centre(small.clamp(0, 1))[None]
