"""What pages without Python need to answer as Python does: weights, examples and shapes, as data for JavaScript."""

import base64

import torch
from torch import Tensor, nn

from capsule_tutor import functional, pretrained
from capsule_tutor.data import rendering
from capsule_tutor.data.toybox import NAMES, toy_mesh
from capsule_tutor.theatre import apart, dial, explore, routing, table
from capsule_tutor.theatre import map as network_map
from capsule_tutor.theatre.gallery import Gallery, embedded, gallery, loaded, read, some

NETWORK = "efficient-capsnet-mnist"  # small enough to travel, and all of it: encoder and decoder
LARGE, KEPT = "capsnet-mnist", 6  # too large: what it says to so many images travels instead
PAIRS = "efficient-capsnet-multimnist"  # reads two digits


def digits() -> dict:
    """For all scenes of digits: the network, some images and what it says to them, and every constant."""
    network, shown = loaded(NETWORK), gallery(embedded(pretrained.recipe(NETWORK).data))
    places = some(NETWORK, shown)
    with torch.no_grad():
        v = network(shown.images[places])  # (n, j, z)
    names = list(dial.titles(functional.squash, functional.exponential_squash))
    explorer = {
        what: explore.answer({"what": what, "network": NETWORK}, [NETWORK], shown) for what in ("programme", "network")
    }
    return {
        "network": described(NETWORK),
        "encoded": {"v": _single(v)},
        "examples": {
            "places": places,
            "labels": shown.labels[places, 0].tolist(),
            "read": read(NETWORK, shown)[places, 0].tolist(),
            "says": [shown.says([label]) for label in shown.labels[places, 0].tolist()],
            "sources": [shown.source(place) for place in places],
            "ink": _base64((255 * shown.images[places]).round().to(torch.uint8)),
        },
        "toys": routing.TOYS,
        "routing": {
            "plays": [*routing.TOYS, routing.REAL],
            "real": [routing.REAL],
            "digits": routing.REAL,
            "iterations": routing.ITERATIONS,
            "rules": routing.RULES,
        },
        "dial": {"most": dial.MOST, "names": names},
        "explorer": explorer,
        "map": _map(shown),
        "kept": kept(shown, places),
    }


def kept(shown: Gallery, places: list[int]) -> dict:
    """What `LARGE` holds for the first image of each of some classes, behind the convolution that a page computes."""
    first: dict[int, int] = {}
    for place in places:
        first.setdefault(shown.labels[place, 0].item(), place)
    few = sorted(first.values())[:KEPT]
    seen = [network_map.answer({"what": "look", "network": LARGE, "place": place}, [LARGE], shown) for place in few]
    return {
        "name": LARGE,
        "places": few,
        "first": _convolution(loaded(LARGE).encoder[0]),
        "tiles": [[{"all": _half(tile)} for tile in one["tiles"][2:]] for one in seen],
        "looks": [{"lengths": _single(one["lengths"])} for one in seen],
    }


def _map(shown: Gallery) -> dict:
    names = [NETWORK, LARGE]
    told = {name: network_map.answer({"what": "network", "network": name}, names, shown) for name in names}
    weights = sum(stage["parameters"] for stage in told[LARGE]["stages"])
    told[LARGE]["note"] = (
        f"The {weights / 1e6:.1f} million weights of {LARGE} do not fit on this page. It computes the first "
        f"convolution; of what comes behind it, it keeps PyTorch's numbers for these {KEPT} images."
    )
    return {"programme": network_map.answer({"what": "programme"}, names, shown), "networks": told}


def pairs() -> dict:
    """For `pull_apart`: a network of two digits, and the digits that it is shown."""
    return {
        "programme": apart.answer({"what": "programme"}, loaded(PAIRS)),
        "network": described(PAIRS),
        "digits": _base64((255 * torch.cat([apart.digit(j) for j in range(10)])).round().to(torch.uint8)),
    }


def toys() -> dict:
    """For `turntable`: all toys as meshes, and the room that they are in."""
    return {
        "programme": table.answer({"what": "programme"}),
        "meshes": [[_mesh(label, n) for n in range(len(names))] for label, names in enumerate(NAMES)],
        "room": {
            "size": rendering.SIZE,
            "fine": rendering.FINE,
            "distance": rendering.DISTANCE,
            "focus": rendering.FOCUS,
            "eyes": rendering.EYES,
            "map": rendering.MAP,
            "reach": rendering.REACH,
            "lamps": rendering.LAMPS,
            "toy": rendering.TOY,
            "ground": rendering.GROUND,
        },
    }


def _mesh(label: int, instance: int) -> dict:
    mesh = toy_mesh(label, instance)
    return {"vertices": _base64(mesh.vertices.float()), "faces": _base64(mesh.faces.short())}


def described(name: str) -> dict:
    """An Efficient-CapsNet as data: sizes, and every layer with its weights."""
    network = loaded(name)
    front, primary, routed = network.encoder
    i, j, d, z = routed.weight.shape
    convolutions = [part for part in front if isinstance(part, nn.Conv2d)]
    normalisations = [part for part in front if isinstance(part, nn.BatchNorm2d)]
    return {
        "name": name,
        "shape": list(network.shape),
        "children": i,
        "classes": j,
        "d": d,
        "z": z,
        "front": [
            _convolution(c) | {"scale": _single(scale), "shift": _single(n.bias - scale * n.running_mean)}
            for c, n in zip(convolutions, normalisations, strict=True)
            # Once trained, a normalisation is scale · x + shift.
            for scale in [n.weight / (n.running_var + n.eps).sqrt()]
        ],
        "primary": _convolution(primary.convolution),
        "routing": {"weight": _half(routed.weight), "prior": _half(routed.prior)},
        "decoder": [
            {"weight": _half(part.weight), "bias": _half(part.bias)}
            for part in network.decoder
            if isinstance(part, nn.Linear)
        ],
    }


def _convolution(layer: nn.Conv2d) -> dict:
    sizes = {"kernel": layer.kernel_size[0], "stride": layer.stride[0]}
    return sizes | {"weight": _half(layer.weight), "bias": _half(layer.bias)}


def _half(tensor: Tensor) -> dict:
    # Weights are shipped so: nothing is lost.
    return {"half": _base64(tensor.detach().half())}


def _single(tensor: Tensor) -> dict:
    return {"single": _base64(tensor.detach().float())}


def _base64(tensor: Tensor) -> str:
    return base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()
