"""The routing microscope: step through the iterations, on a toy or on a real digit, beside other ways to couple."""

from functools import cache
from typing import NamedTuple

import ipywidgets as w
import torch
from torch import Tensor

from capsule_tutor import data, functional, pretrained
from capsule_tutor.figures import BLACK, BLUE
from capsule_tutor.widgets.scene import png

MOST_ITERATIONS = 10
_CELL = 22  # screen pixels of a square in a table

TOYS = {
    # The three children and two parents of lesson 04: two agree about A, nobody about B.
    "toy: two of three agree": [[[2, 1], [-2, 1]], [[2, 0], [1, 2]], [[-2, -1], [1, -1]]],
    "toy: a crowd and a whisper": [[[1, 0], [2, 0]], [[4, 0], [0, 1]], [[4, 0], [0, -1]]],
}


class Routed(NamedTuple):
    """One way to couple, for one image."""

    c: Tensor  # (i, j) couplings
    agreement: Tensor  # (i, j) û_{j|i} · v_j
    lengths: Tensor  # (j,)
    entropy: float  # bits, mean over the children; of uniform couplings log2 J


def routed(u_hat: Tensor, iterations: int) -> dict[str, Routed]:
    """The same votes, coupled in three ways. u_hat (i, j, z)"""
    votes = u_hat.unsqueeze(0)
    ways = {
        f"dynamic, {iterations} iteration{'s' * (iterations > 1)}": functional.dynamic_routing(votes, iterations),
        "self-attention": functional.self_attention_routing(votes),
        "uniform": functional.dynamic_routing(votes, 1),
    }
    return {name: _routed(u_hat, v[0], c[0]) for name, (v, c) in ways.items()}


def _routed(u_hat: Tensor, v: Tensor, c: Tensor) -> Routed:
    entropy = -(c * c.clamp(min=1e-12).log2()).sum(dim=1).mean().item()
    return Routed(c, torch.einsum("ijz,jz->ij", u_hat, v), functional.lengths(v), entropy)


def microscope(network: str = "efficient-capsnet-mnist") -> w.Widget:
    """Couplings, agreement, entropy, parent lengths, iteration by iteration. Returns a widget: put it last in a cell.

    The real digits are the embedded ones, with the votes of a shipped network that has few children.
    """
    images, labels = data.digits("test")
    votes = w.Dropdown(options=[*TOYS, "a real digit"], description="votes")
    number = w.BoundedIntText(value=0, min=0, max=len(labels) - 1, description="image", disabled=True)
    iterations = w.IntSlider(value=1, min=1, max=MOST_ITERATIONS, description="iterations")
    steps = w.Play(value=1, min=1, max=MOST_ITERATIONS, interval=900, show_repeat=False)
    show = w.ToggleButtons(options=["couplings", "agreement"], style={"button_width": "7rem"})
    picture, said = w.Image(format="png", layout=w.Layout(width="auto", max_width="100%")), w.HTML()
    w.link((steps, "value"), (iterations, "value"))

    def votes_now() -> Tensor:
        if votes.value in TOYS:
            return torch.tensor(TOYS[votes.value], dtype=torch.float32)
        encoder = _loaded(network).encoder
        with torch.inference_mode():
            return functional.votes(encoder[:2](images[number.value][None]), encoder[2].weight)[0]

    def draw(_change=None) -> None:
        real = votes.value not in TOYS
        number.disabled = not real
        ways = routed(votes_now(), iterations.value)
        picture.value = panel(ways, show.value)
        what = f"The image is a {labels[number.value].item()}. " if real else ""
        said.value = f"<span aria-live='polite'>{what}{_in_words(ways)}</span>"

    for control in (votes, number, iterations, show):
        control.observe(draw, "value")
    draw()
    rows = [w.HBox(row, layout=w.Layout(flex_flow="row wrap")) for row in ([votes, number], [iterations, steps, show])]
    box = w.VBox([*rows, picture, said])
    for name, control in (("votes", votes), ("number", number), ("iterations", iterations), ("picture", picture)):
        control.add_class(f"microscope-{name}")
    box.add_class("capsule-microscope")
    return box


def panel(ways: dict[str, Routed], what: str) -> bytes:
    """A table and the parents' lengths for each way, side by side, as PNG. `what`: "couplings" or "agreement"."""
    from PIL import Image, ImageDraw

    tables = [routed.c if what == "couplings" else routed.agreement for routed in ways.values()]
    low = 0.0 if what == "couplings" else min(table.min().item() for table in tables)
    high = max(table.max().item() for table in tables)
    children, parents = tables[0].shape
    cell = _CELL if parents > 3 else 2 * _CELL
    wide, top, foot = parents * cell + 46, 22, 90
    picture = Image.new("RGB", (len(ways) * wide, top + children * cell + foot), "white")
    draw = ImageDraw.Draw(picture)
    for column, ((name, one), table) in enumerate(zip(ways.items(), tables, strict=True)):
        left = column * wide + 20
        draw.text((left, 4), name, fill=BLACK)
        for i in range(children):
            draw.text((left - 16, top + i * cell + cell // 2 - 6), str(i), fill=BLACK)
            for j in range(parents):
                value = table[i, j].item()
                at = (left + j * cell, top + i * cell)
                colour = _colour((value - low) / (high - low or 1))
                draw.rectangle([at, (at[0] + cell - 1, at[1] + cell - 1)], fill=colour)
                if parents <= 3:
                    light = sum(colour) > 380
                    draw.text((at[0] + 6, at[1] + cell // 2 - 6), f"{value:.2f}", fill="black" if light else "white")
        floor = top + children * cell + foot - 16
        for j, length in enumerate(one.lengths.tolist()):
            x = left + j * cell
            draw.rectangle([x + 3, floor - 60 * length, x + cell - 4, floor], fill=BLUE)
            draw.text((x + cell // 2 - 3, floor + 2), str(j), fill=BLACK)
        draw.line([(left, floor - 60), (left + parents * cell, floor - 60)], fill=(200, 200, 200))
    return png(picture)


def _in_words(ways: dict[str, Routed]) -> str:
    parts = [
        f"{name}: parent {one.lengths.argmax().item()} is longest ({one.lengths.max().item():.2f}), "
        f"entropy {one.entropy:.2f} bits"
        for name, one in ways.items()
    ]
    return "; ".join(parts) + ". Rows: children i, columns: parents j; below: the parents' lengths, line at 1."


@cache
def _loaded(network: str):
    return pretrained.load(network)


@cache
def _colours() -> list[tuple[int, int, int]]:
    from matplotlib import colormaps

    return [tuple(round(255 * part) for part in colour[:3]) for colour in colormaps["cividis"](range(256))]


def _colour(share: float) -> tuple[int, int, int]:
    return _colours()[round(255 * min(1.0, max(0.0, share)))]
