"""What an explorer shows, without any widget: numbers, pictures as PNG bytes, and code. Fast enough for a slider.

While a slider moves only the decoder runs (`tick`); the encoder runs when another image is chosen (`look`) and
once a slider rests (`again`).
"""

import io
from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.figures import BLACK, BLUE, ORANGE
from capsule_tutor.models import CapsuleNetwork

SCALE = 5  # screen pixels per image pixel
_PAPER, _LINE = (255, 255, 255), (200, 200, 200)


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
    """Image, reconstruction and difference side by side, as PNG. Ink is black; in the difference, orange is ink that
    the reconstruction lacks and blue is ink that it has too much of."""
    from PIL import Image

    image, drawn = scene.image[0, 0], reconstruction
    grey = [(1 - part).clamp(0, 1).unsqueeze(2).expand(-1, -1, 3) for part in (image, drawn)]
    difference = image - drawn  # (h, w) in (−1, 1)
    towards = torch.where(difference.unsqueeze(2) > 0, _rgb(ORANGE), _rgb(BLUE))
    coloured = 1 + difference.abs().unsqueeze(2) * (towards - 1)
    gap = torch.ones(image.shape[0], 1, 3)
    sheet = torch.cat([grey[0], gap, grey[1], gap, coloured], dim=1)
    picture = Image.fromarray((255 * sheet).round().to(torch.uint8).numpy())
    return png(picture.resize((picture.width * SCALE, picture.height * SCALE), Image.Resampling.NEAREST))


def bars(lengths: Tensor, second: Tensor | None, index: int) -> bytes:
    """All lengths as bars from 0 to 1, as PNG: black for the drawn capsule, blue for the others; orange, below each,
    what the network says to its own drawing."""
    from PIL import Image, ImageDraw

    row, left, width = 20, 18, 300
    picture = Image.new("RGB", (left + width + 46, row * len(lengths) + 14), _PAPER)
    draw = ImageDraw.Draw(picture)
    for tenth in (0, 5, 10):
        x = left + width * tenth // 10
        draw.line([(x, 0), (x, row * len(lengths))], fill=_LINE)
        draw.text((x, row * len(lengths)), f"{tenth / 10:g}", fill=BLACK, anchor="ma" if tenth else "la")
    for j, length in enumerate(lengths.tolist()):
        top = row * j
        draw.text((2, top + 4), str(j), fill=BLACK)
        draw.rectangle([left, top + 2, left + width * length, top + 10], fill=BLACK if j == index else BLUE)
        draw.text((left + width + 6, top + 4), f"{length:.2f}", fill=BLACK)
        if second is not None:
            draw.rectangle([left, top + 12, left + width * second[j].item(), top + 16], fill=ORANGE)
    return png(picture)


def _rgb(colour: str) -> Tensor:
    return torch.tensor([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])


def png(picture) -> bytes:
    """A Pillow picture as bytes, little compressed: a slider waits for it."""
    out = io.BytesIO()
    picture.save(out, format="png", compress_level=1)
    return out.getvalue()
