"""What an explorer shows, without any widget: numbers, pictures as PNG bytes, and code. Fast enough for a slider.

While a slider moves only the decoder runs (`tick`); the encoder runs when another image is chosen (`look`) and
once a slider rests (`again`).
"""

import io
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageColor, ImageDraw
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.figures import BLACK, BLUE, ORANGE
from capsule_tutor.models import CapsuleNetwork

# What the notebook's explorer and the one-file explorer share; the export writes it into the file.
CONTROLS = {
    "range": 0.25,  # a slider goes from −range to range around its middle
    "most": 1.0,  # the widest range that can be chosen
    "step": 0.05,  # of a slider and of the range, and so the narrowest range
    "rest": 0.35,  # seconds without a move after which a slider rests
}
COLOURS = {
    "drawn": BLACK,  # bar of the drawn capsule
    "other": BLUE,  # bars of the others
    "again": ORANGE,  # bars of what the network says to its own drawing
    "missing": ORANGE,  # ink that the reconstruction lacks
    "extra": BLUE,  # ink that it has too much of
    "line": "#c8c8c8",
    "text": BLACK,
}
# Few colours by number, not by three bytes each: packing the picture is most of a tick.
_PALETTE = ["#ffffff", *dict.fromkeys(COLOURS.values())]
_PAPER, _NUMBER = 0, {use: _PALETTE.index(colour) for use, colour in COLOURS.items()}

_MISSING, _EXTRA = (np.array(ImageColor.getrgb(COLOURS[use])) / 255 for use in ("missing", "extra"))


class Scene(NamedTuple):
    """One image, what the network says to it, and which of its capsules is drawn."""

    network: CapsuleNetwork
    image: Tensor  # (1, 1, h, w)
    v: Tensor  # (1, j, z)
    index: int  # the capsule that is moved and drawn


class View(NamedTuple):
    """What follows from a perturbation."""

    reconstruction: Tensor  # (h, w)
    lengths: Tensor  # (j,): the moved capsule's new length, the others' own


def look(network: CapsuleNetwork, image: Tensor, index: int | None = None) -> Scene:
    """Run the encoder. image (1, 1, h, w); index None chooses the longest capsule."""
    with torch.inference_mode():
        v = network(image)
        longest = functional.lengths(v)[0].argmax().item()
    return Scene(network, image, v, longest if index is None else index)


def tick(scene: Scene, delta: Tensor) -> View:
    """Run the decoder alone on the moved capsule. delta (z,)"""
    with torch.inference_mode():
        chosen = torch.tensor([scene.index])
        masked = functional.perturb(scene.v, delta, chosen)  # (1, j·z)
        reconstruction = scene.network.decoder(masked).view(scene.network.shape[1:])
        lengths = functional.lengths(scene.v[0])
        lengths[scene.index] = functional.lengths(scene.v[0, scene.index] + delta)
    return View(reconstruction, lengths)


def again(scene: Scene, reconstruction: Tensor) -> Tensor:
    """What the network itself says to the picture that it has drawn. (h, w) → lengths (j,)"""
    with torch.inference_mode():
        return functional.lengths(scene.network(reconstruction.reshape(scene.image.shape)))[0]


# ---- pictures


def pictures(scene: Scene, reconstruction: Tensor) -> bytes:
    """Image, reconstruction and difference side by side, one pixel apart, as PNG. Ink is black; in the difference,
    orange is ink that the reconstruction lacks and blue is ink that it has too much of. In the image's own pixels: the
    browser enlarges, so that no big picture is packed in every tick."""
    # NumPy: torch may wake its threads for a few thousand pixels, which takes longer than the work.
    image, drawn = scene.image[0, 0].numpy(), reconstruction.numpy()
    grey = [np.repeat((1 - part).clip(0, 1)[:, :, None], 3, axis=2) for part in (image, drawn)]  # (h, w, 3)
    difference = (image - drawn)[:, :, None]  # (h, w, 1) in (−1, 1)
    towards = np.where(difference > 0, _MISSING, _EXTRA)
    coloured = 1 + abs(difference) * (towards - 1)
    gap = np.ones((len(image), 1, 3))
    sheet = np.concatenate([grey[0], gap, grey[1], gap, coloured], axis=1)
    return png(Image.fromarray((255 * sheet).round().astype(np.uint8)))


def bars(lengths: Tensor, second: Tensor | None, index: int) -> bytes:
    """All lengths as bars from 0 to 1, as PNG: black for the drawn capsule, blue for the others; orange, below each,
    what the network says to its own drawing."""
    row, left, width = 20, 18, 300
    picture = _axis(len(lengths), row, left, width).copy()
    draw = ImageDraw.Draw(picture)
    for j, length in enumerate(lengths.tolist()):
        top = row * j
        # A moved pose may be longer than 1, as no image's is: the number says so, the bar ends with the axis.
        right = left + width * min(length, 1)
        draw.rectangle([left, top + 2, right, top + 10], fill=_NUMBER["drawn" if j == index else "other"])
        picture.paste(_number(f"{length:.2f}"), (left + width + 6, top + 4))
        if second is not None:
            draw.rectangle([left, top + 12, left + width * second[j].item(), top + 16], fill=_NUMBER["again"])
    return png(picture)


@cache
def _number(text: str):
    """A length as a picture: few differ in two digits, and drawing letters is slow."""
    picture = Image.new("P", (36, 14), _PAPER)
    ImageDraw.Draw(picture).text((0, 0), text, fill=_NUMBER["text"])
    return picture


@cache
def _axis(classes: int, row: int, left: int, width: int):
    """What all pictures of bars share: lines at 0, 0.5 and 1, and the names of the classes."""
    picture = Image.new("P", (left + width + 46, row * classes + 14), _PAPER)
    picture.putpalette([part for colour in _PALETTE for part in ImageColor.getrgb(colour)])
    draw = ImageDraw.Draw(picture)
    for tenth in (0, 5, 10):
        x = left + width * tenth // 10
        draw.line([(x, 0), (x, row * classes)], fill=_NUMBER["line"])
        draw.text((x, row * classes), f"{tenth / 10:g}", fill=_NUMBER["text"], anchor="ma" if tenth else "la")
    for j in range(classes):
        draw.text((2, row * j + 4), str(j), fill=_NUMBER["text"])
    return picture


def png(picture) -> bytes:
    """A Pillow picture as bytes, little compressed: a slider waits for it."""
    out = io.BytesIO()
    picture.save(out, format="png", compress_level=1)
    return out.getvalue()
