"""The squash dial: turn the length and the direction of a vector, and see what the two squashes make of it."""

import math

import ipywidgets as w
import torch

from capsule_tutor import functional
from capsule_tutor.figures import BLACK, BLUE, ORANGE
from capsule_tutor.widgets.scene import png

_SIDE, _UNIT = 260, 60  # pixels of the plane, pixels per 1 in it


def squash_dial() -> w.Widget:
    """A vector s in the plane, and its squashes. Returns a widget: put it last in a cell."""
    length = w.FloatSlider(value=1, min=0, max=5, step=0.05, description="length of s")
    angle = w.IntSlider(value=30, min=-180, max=180, step=5, description="angle (°)")
    picture, said = w.Image(format="png", layout=w.Layout(width="auto", max_width="100%")), w.HTML()

    def draw(_change=None) -> None:
        s = length.value * torch.tensor([math.cos(math.radians(angle.value)), math.sin(math.radians(angle.value))])
        v, exponential = functional.squash(s), functional.exponential_squash(s)
        picture.value = plane_and_curves(s, v, exponential)
        said.value = (
            f"<span aria-live='polite'>s has length {length.value:.2f}. Squashed (2017): {v.norm().item():.2f}, black. "
            f"Exponential squash (2021): {exponential.norm().item():.2f}, orange. The direction never changes.</span>"
        )

    for control in (length, angle):
        control.observe(draw, "value")
    draw()
    box = w.VBox([w.HBox([length, angle], layout=w.Layout(flex_flow="row wrap")), picture, said])
    for name, control in (("length", length), ("angle", angle), ("picture", picture), ("said", said)):
        control.add_class(f"dial-{name}")
    box.add_class("squash-dial")
    return box


def plane_and_curves(s: torch.Tensor, v: torch.Tensor, exponential: torch.Tensor) -> bytes:
    """Left the plane with s and both squashes, right the new lengths over the old one, as PNG. All (2,)"""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (2 * _SIDE + 30, _SIDE + 20), "white")
    draw = ImageDraw.Draw(picture)
    middle = _SIDE // 2
    draw.ellipse([middle - _UNIT, middle - _UNIT, middle + _UNIT, middle + _UNIT], outline=(180, 180, 180))
    for vector, colour, width in ((s, BLUE, 2), (exponential, ORANGE, 7), (v, BLACK, 3)):
        # Beyond the edge of the plane an arrow is cut, not bent.
        share = min(1.0, (middle - 4) / (_UNIT * vector.abs().max().item() + 1e-9))
        x, y = (vector * share * _UNIT).tolist()
        draw.line([(middle, middle), (middle + x, middle - y)], fill=colour, width=width)
    draw.text((4, _SIDE + 4), "blue: s   circle: length 1", fill=BLACK)
    left, n = _SIDE + 30, torch.linspace(0, 5, 101)
    place = lambda old, new: (left + old / 5 * (_SIDE - 10), _SIDE - new * (_SIDE - 30))  # noqa: E731
    for level in (0.0, 0.5, 1.0):
        draw.line([place(0, level), place(5, level)], fill=(210, 210, 210))
        draw.text((left - 22, place(0, level)[1] - 6), f"{level:g}", fill=BLACK)
    curves = ((functional.exponential_squash, exponential, ORANGE), (functional.squash, v, BLACK))
    for function, now, colour in curves:
        new = function(n.unsqueeze(1)).squeeze(1)
        draw.line([place(a, b) for a, b in zip(n.tolist(), new.tolist(), strict=True)], fill=colour, width=2)
        x, y = place(min(5.0, s.norm().item()), now.norm().item())
        draw.ellipse([x - 5, y - 5, x + 5, y + 5], fill=colour)
    draw.text((left, _SIDE + 4), "new length over old length, 0 to 5", fill=BLACK)
    return png(picture)
