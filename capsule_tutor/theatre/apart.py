"""Pull apart: two digits on top of each other, moved away from each other by hand, and what a network says to it."""

from functools import cache

import torch
from torch import Tensor

from capsule_tutor import data, figures, functional, models
from capsule_tutor.theatre import page

MOST = 14  # pixels from one digit to the other


def pull_apart(network: models.CapsuleNetwork) -> object:
    """Two embedded digits, one over the other, for a network of 36×36 pixels. Returns a widget: put it last in a cell.

    It shows all lengths, and what the capsules of the two digits draw. Raises ValueError for a network of other images
    or one without a decoder.
    """
    if network.shape != (1, 36, 36) or network.decoder is None:
        raise ValueError(f"the network takes {network.shape}; expected one of (1, 36, 36), with a decoder")
    return page.widget("apart", lambda question: answer(question, network), "[theatre: pull two digits apart, live]")


def answer(question: dict, network: models.CapsuleNetwork) -> dict:
    """What the scene shows. question: {"what": "programme"} or {"what": "pair", "digits": [a, b], "distance": 4}"""
    if question["what"] == "programme":
        colours = {"first": figures.ORANGE, "second": figures.SKY}
        return {"classes": 10, "side": 36, "most": MOST, "colours": colours}
    a, b = question["digits"]
    parts = pulled(torch.stack([digit(a), digit(b)]), question["distance"])  # (2, 1, 36, 36)
    image = parts.sum(dim=0).clamp(max=1)
    with torch.inference_mode():
        v = network(image.unsqueeze(0))
        drawn = network.decode(v.expand(2, -1, -1), torch.tensor([a, b]))
    return {"image": image, "parts": parts, "drawn": drawn, "lengths": functional.lengths(v[0])}


def pulled(pair: Tensor, distance: int) -> Tensor:
    """Two digits (2, 1, 28, 28), the first moved left and the second right, `distance` pixels apart → (2, 1, 36, 36)"""
    first, second = torch.nn.functional.pad(pair, (4, 4, 4, 4))
    return torch.stack([first.roll(-(distance // 2), dims=-1), second.roll(distance - distance // 2, dims=-1)])


@cache
def digit(label: int) -> Tensor:
    """The first embedded test digit of a class. → (1, 28, 28)"""
    split = data.digits("test")
    return split.images[int((split.labels == label).nonzero()[0])]
