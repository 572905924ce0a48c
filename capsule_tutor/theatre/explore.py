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
from torch.nn.functional import pad

from capsule_tutor import data, functional, pretrained
from capsule_tutor.figures import BLUE, ORANGE
from capsule_tutor.models import CapsuleNetwork
from capsule_tutor.theatre import page
from capsule_tutor.theatre.gallery import DIGITS, Gallery, at_hand, gallery, loaded, read

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


def explorer(network: str = "efficient-capsnet-mnist", images: str | data.Split | None = None) -> object:
    """A live view of one image's capsules. Returns a widget: put it last in a cell.

    `network` is one of pretrained.NAMES, or a run's folder; those that were trained on the same data can be chosen
    beside it. `images` are those to choose from: a name in data.SETS, for its test images, or images and labels of
    your own. By default they are the test images that belong to the network, or, where they are not on this machine,
    others of their kind that need no download. Raises ValueError for images of another shape than the network's, and
    for a network that does not draw.
    """
    trained_on = pretrained.recipe(network).data
    if images is None:
        images = at_hand(trained_on) if trained_on in data.SETS else pretrained.recipe(network).split("test")
    names = [network, *(n for n in pretrained.NAMES if n != network and pretrained.recipe(n).data == trained_on)]
    check_decoder(network)
    shown, shape = gallery(images), loaded(network).shape
    if shown.images.shape[1:] != shape:
        raise ValueError(
            f"images has shape {tuple(shown.images.shape)}; {network} reads (n, {', '.join(map(str, shape))})"
        )
    return page.widget("explorer", partial(answer, names=names, shown=shown), "[theatre: the explorer, live]")


def check_decoder(network: str) -> None:
    """Raises ValueError for a network that was trained without one."""
    if loaded(network).decoder is None:
        raise ValueError(f"network is {network!r}, which has no decoder to draw with; choose another one")


def answer(question: dict, names: list[str], shown: Gallery) -> dict:
    """What the explorer shows. question: {"what": one of ANSWERS, "network": a name, …}"""
    if question["what"] == "programme":
        return {"networks": names, "controls": CONTROLS, "colours": COLOURS, "labels": labels(shown)}
    return ANSWERS[question["what"]](question, question["network"], shown)


def labels(shown: Gallery) -> list[tuple[int, str]]:
    """The classes to choose from, with their names."""
    return [(j, shown.classes[j]) for j in shown.labels.unique().tolist()]


def _network(_question: dict, name: str, shown: Gallery) -> dict:
    network = loaded(name)
    j, z = capsules(network)
    # What is drawn is one digit of 28 pixels, and a frame around it: others have no use for it.
    return {
        "classes": list(shown.classes[:j]),
        "present": shown.labels.shape[1],
        "z": z,
        "shape": list(network.shape),
        "paper": shown.classes == DIGITS and network.shape[0] == 1 and network.shape[1] >= 28,
        "doubts": pretrained.doubts(name),
    }


def _page(question: dict, name: str, shown: Gallery) -> dict:
    every = _chosen(question, name, shown)
    places = every[question["from"] : question["from"] + question["count"]]
    says = [shown.says(shown.labels[place].tolist()) for place in places]
    if question["wrong"]:
        reads = read(name, shown)[places].tolist()
        says = [f"{truth}, read as {shown.names(wrong)}" for truth, wrong in zip(says, reads, strict=True)]
    items = [{"place": place, "says": text} for place, text in zip(places, says, strict=True)]
    return {"total": len(every), "items": items, "ink": shown.sheet(shown.images[places])}


def _random(question: dict, name: str, shown: Gallery) -> dict:
    places = _chosen(question, name, shown)
    return {"place": random.choice(places) if places else None}


def _look(question: dict, name: str, shown: Gallery) -> dict:
    network, place = loaded(name), question.get("place")
    if place is None:
        side = question["side"]
        ink = torch.frombuffer(bytearray(question["ink"]), dtype=torch.uint8).view(side, side).float() / 255
        try:
            digit, says, source = data.place(ink), "your drawing", None
        except data.DataError:
            return {"problem": "There is nothing on the paper yet: draw a digit."}
        image = pad(digit, [(network.shape[-1] - digit.shape[-1]) // 2] * 4)
    else:
        place = min(max(0, place), len(shown.images) - 1)
        image, source = shown.images[place][None], shown.source(place)
        says = shown.says(shown.labels[place].tolist())
    with torch.no_grad():
        v = network(image)[0]
    found = {"image": shown.sheet(image[0]), "v": v, "lengths": functional.lengths(v)}
    return found | {"place": place, "says": says, "source": source}


def _tick(question: dict, name: str, shown: Gallery) -> dict:
    turned, *beside = map(shown.sheet, _drawings(question, name))
    return {"drawn": turned, "beside": beside, "length": functional.lengths(torch.tensor(question["pose"])).item()}


def _again(question: dict, name: str, _shown: Gallery) -> dict:
    picture = torch.stack(_drawings(question, name)).sum(dim=0).clamp(max=1)  # one over the other
    with torch.no_grad():
        return {"lengths": loaded(name).lengths(picture[None])[0]}


def _drawings(question: dict, name: str) -> list[Tensor]:
    """What the decoder makes of the capsule that is turned and of those beside it, each alone. → (c, h, w) each"""
    poses = [(question["j"], question["pose"]), *question.get("beside", [])]
    return [drawn(loaded(name), j, torch.tensor(pose)) for j, pose in poses]


ANSWERS: dict[str, Callable] = {
    "network": _network,
    "page": _page,
    "random": _random,
    "look": _look,
    "tick": _tick,
    "again": _again,
}


def drawn(network: CapsuleNetwork, j: int, pose: Tensor) -> Tensor:
    """What the decoder makes of one capsule alone. pose (z,) → (c, h, w)"""
    v = torch.zeros(1, *capsules(network))
    v[0, j] = pose
    with torch.no_grad():
        return network.decoder(v.flatten(1)).view(network.shape)


@cache
def capsules(network: CapsuleNetwork) -> tuple[int, int]:
    """How many parents there are and how long their poses: (j, z)."""
    with torch.no_grad():
        return tuple(network(torch.zeros(1, *network.shape)).shape[1:])


def _chosen(question: dict, name: str, shown: Gallery) -> list[int]:
    keep = torch.ones(len(shown.labels), dtype=torch.bool)
    if question["label"] != "all":
        keep &= (shown.labels == int(question["label"])).any(dim=1)
    if question["wrong"]:
        keep &= (read(name, shown) != shown.labels).any(dim=1)
    return keep.nonzero()[:, 0].tolist()
