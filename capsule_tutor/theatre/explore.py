"""The explorer: turn the sixteen knobs of a capsule and see what each one does.

`explorer()` in a notebook, `capsule-tutor explore` as a web application. The page asks; this file computes. While a
slider moves only the decoder runs ("tick"); the encoder runs when another image is chosen ("look") and once a slider
rests ("again").
"""

import random
from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor

from capsule_tutor import data, functional, pretrained
from capsule_tutor.figures import BLUE, ORANGE
from capsule_tutor.models import CapsuleNetwork
from capsule_tutor.theatre import page

# What the explorer in a notebook and the one in a file share.
CONTROLS = {
    "range": 0.25,  # a slider goes from −range to range around its middle
    "most": 1.0,  # the widest range that can be chosen
    "step": 0.05,  # of a slider and of the range, and so the narrowest range
    "rest": 0.35,  # seconds without a move after which a slider rests
}
COLOURS = {
    "missing": ORANGE,  # ink that the reconstruction lacks, and positive numbers of a pose
    "extra": BLUE,  # ink that it has too much of, and negative numbers
}


def explorer(network: str = "efficient-capsnet-mnist", images: data.Split | None = None) -> object:
    """A live view of one image's capsules. Returns a widget: put it last in a cell.

    `network` is one of pretrained.NAMES; those that were trained on the same data can be chosen beside it. `images`
    are those to choose from: by default MNIST's test images if they are on this machine, otherwise the embedded digits.
    """
    images = images or (data.mnist("test") if data.has_mnist() else data.digits("test"))
    trained_on = pretrained.recipe(network).data
    names = [network, *(n for n in pretrained.NAMES if n != network and pretrained.recipe(n).data == trained_on)]
    return page.widget("explorer", partial(answer, names=names, images=images), "[theatre: the explorer, live]")


def answer(question: dict, names: list[str], images: data.Split) -> dict:
    """What the explorer shows. question: {"what": one of ANSWERS, "network": a name, …}"""
    if question["what"] == "programme":
        labels = sorted(set(images.labels.flatten().tolist()))
        return {"networks": names, "controls": CONTROLS, "colours": COLOURS, "labels": labels}
    return ANSWERS[question["what"]](question, question["network"], images)


def _network(_question: dict, name: str, _images: data.Split) -> dict:
    network = loaded(name)
    j, z = capsules(network)
    return {"classes": [str(n) for n in range(j)], "z": z, "shape": list(network.shape), "side": network.shape[-1]}


def _page(question: dict, name: str, images: data.Split) -> dict:
    places = _chosen(question, name, images)
    places = places[question["from"] : question["from"] + question["count"]] if places else []
    items = [{"place": n, "label": images.labels[n].item()} for n in places]
    if question["wrong"]:
        read = _read(name, images)
        items = [item | {"read": read[item["place"]].item()} for item in items]
    return {"total": len(_chosen(question, name, images)), "items": items, "ink": images.images[places, 0]}


def _random(question: dict, name: str, images: data.Split) -> dict:
    places = _chosen(question, name, images)
    return {"place": random.choice(places) if places else None}


def _look(question: dict, name: str, images: data.Split) -> dict:
    network, place = loaded(name), question.get("place")
    if place is None:
        side = question["side"]
        grey = 1 - torch.frombuffer(bytearray(question["ink"]), dtype=torch.uint8).view(side, side).float() / 255
        try:
            image, label = data.prepare(grey), None
        except data.DataError:
            return {"problem": "There is nothing on the paper yet: draw a digit."}
    else:
        place = min(max(0, place), len(images.labels) - 1)
        image, label = images.images[place][None], images.labels[place].item()
    with torch.no_grad():
        v = network(image)[0]
    source = None if place is None else f'data.{_set_of(images)}("test").images[{place}][None]'
    found = {"image": image[0, 0], "v": v, "lengths": functional.lengths(v)}
    return found | {"place": place, "label": label, "source": source}


def _tick(question: dict, name: str, _images: data.Split) -> dict:
    pose = torch.tensor(question["pose"])
    return {"drawn": drawn(loaded(name), question["j"], pose), "length": functional.lengths(pose).item()}


def _again(question: dict, name: str, _images: data.Split) -> dict:
    network = loaded(name)
    picture = drawn(network, question["j"], torch.tensor(question["pose"]))
    with torch.no_grad():
        return {"lengths": network.lengths(picture.view(1, *network.shape))[0]}


ANSWERS: dict[str, Callable] = {
    "network": _network,
    "page": _page,
    "random": _random,
    "look": _look,
    "tick": _tick,
    "again": _again,
}


def drawn(network: CapsuleNetwork, j: int, pose: Tensor) -> Tensor:
    """What the decoder makes of one capsule alone. pose (z,) → (h, w), for one channel"""
    v = torch.zeros(1, *capsules(network))
    v[0, j] = pose
    with torch.no_grad():
        return network.decoder(v.flatten(1)).view(network.shape)[0]


@cache
def loaded(name: str) -> CapsuleNetwork:
    """A shipped network, read once."""
    return pretrained.load(name)


@cache
def capsules(network: CapsuleNetwork) -> tuple[int, int]:
    """How many parents there are and how long their poses: (j, z)."""
    with torch.no_grad():
        return tuple(network(torch.zeros(1, *network.shape)).shape[1:])


def _chosen(question: dict, name: str, images: data.Split) -> list[int]:
    keep = torch.ones(len(images.labels), dtype=torch.bool)
    if question["label"] != "all":
        keep &= images.labels == int(question["label"])
    if question["wrong"]:
        keep &= _read(name, images) != images.labels
    return keep.nonzero().squeeze(1).tolist()


_READ: dict[tuple[str, int], Tensor] = {}


def _read(name: str, images: data.Split) -> Tensor:
    """What the network reads in all of these images; worked out once."""
    key = name, images.images.data_ptr()
    if key not in _READ:
        with torch.no_grad():
            _READ[key] = torch.cat([loaded(name).predict(part) for part in images.images.split(250)])
    return _READ[key]


def _set_of(images: data.Split) -> str:
    return "mnist" if len(images.labels) == 10_000 else "digits"
