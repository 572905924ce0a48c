"""The living map of a capsule network: every stage between an image and its drawing, with what is in it now."""

from functools import partial

import torch
from torch import Tensor, nn

from capsule_tutor import course, functional
from capsule_tutor.layers import AttentionCapsules, RoutedCapsules
from capsule_tutor.models import CapsuleNetwork
from capsule_tutor.theatre import explore, page
from capsule_tutor.theatre.gallery import Gallery, loaded, own_images


def network_map(network: str = "efficient-capsnet-mnist", parameters: bool = True) -> object:
    """Every stage of a shipped network, alive for the image you choose. Returns a widget: put it last in a cell.

    `network` is one of pretrained.NAMES; `parameters` says whether their numbers are told. Raises ValueError for a
    network that does not route or does not draw.
    """
    if not isinstance(loaded(network).encoder[-1], AttentionCapsules | RoutedCapsules):
        raise ValueError(f"network is {network!r}, which does not route; choose a CapsNet or an Efficient-CapsNet")
    explore.check_decoder(network)
    told = partial(answer, names=[network], shown=own_images(network), parameters=parameters)
    return page.widget("map", told, f"[theatre: the map of {network}, live]")


def answer(question: dict, names: list[str], shown: Gallery, parameters: bool = True) -> dict:
    """What the map shows. question: {"what": "programme"}, or {"what": "network" | "look", "network": a name, …}"""
    if question["what"] == "programme":
        return {"networks": names, "labels": explore.labels(shown), "shape": list(loaded(names[0]).shape)}
    network = loaded(question["network"])
    if question["what"] == "network":
        classes = list(shown.classes[: network.encoder[-1].weight.shape[1]])
        at_once = shown.labels.shape[1]
        stages = described(network, classes, at_once, shown.photo)
        if not parameters:
            stages = [stage | {"parameters": None} for stage in stages]
        return {"classes": classes, "stages": stages, "present": at_once, "note": ""}
    if question["what"] != "look":  # the chooser's
        return explore.answer(question, names, shown)
    place = min(max(0, question["place"]), len(shown.images) - 1)
    tiles, lengths = activations(network, shown.images[place][None])
    # Images and drawings are shown in ink; everything between them is what the network computes.
    tiles[0], tiles[-1] = (shown.sheet(picture)[None] for picture in (tiles[0], tiles[-1]))
    said = shown.says(shown.labels[place].tolist())
    return {"place": place, "says": said, "tiles": tiles, "lengths": lengths}


def activations(network: CapsuleNetwork, image: Tensor) -> tuple[list[Tensor], Tensor]:
    """What is in every stage, as pictures (n, h, w), and the lengths (j,). image (1, c, h, w)"""
    *_, primary, routing = network.encoder
    with torch.no_grad():
        x, maps = image, []
        for part in _front(network):
            x = part(x)
            maps.append(x[0])
        side = primary.convolution(x).shape[-1]
        u = primary(x)  # (1, i, d)
        u_hat = functional.votes(u, routing.weight)  # (1, i, j, z)
        if isinstance(routing, RoutedCapsules):
            v, c = functional.dynamic_routing(u_hat, routing.iterations, routing.bias)
        else:
            v, c = functional.self_attention_routing(u_hat, routing.prior)
        drawing = network.decode(v)[0]
    if side > 1:  # more children than a table has rows: a picture of their lengths, type by type
        children = functional.lengths(u)[0].view(-1, side, side)  # (types, h, w)
        votes = functional.lengths(u_hat)[0].T.reshape(len(v[0]), -1, side * side)  # (j, types, h·w)
        couplings = c[0].T.reshape(len(v[0]), -1, side * side)
    else:
        children, votes, couplings = u, u_hat[0].transpose(0, 1), c  # (1, i, d), (j, i, z), (1, i, j)
    return [image[0], *maps, children, votes, couplings, v, drawing], functional.lengths(v)[0]


def described(network: CapsuleNetwork, classes: list[str], at_once: int = 1, photo: bool = False) -> list[dict]:
    """Every stage: name, says, formula, shape, parameters, lesson; of its pictures sizes (n, h, w), axes and names.

    `at_once` is how many classes there are in an image, 1 or 2; in a `photo` 1 is light, elsewhere it is ink.
    """
    tiles, _ = activations(network, torch.zeros(1, *network.shape))
    front, (primary, routing) = _front(network), network.encoder[-2:]
    i, j, d, z = routing.weight.shape
    squash = "squash" if isinstance(routing, RoutedCapsules) else "exponential squash"
    many = len(tiles[-3]) > 1  # children: of those only lengths are shown, a picture for each parent
    first, parents = "06" if many else "09", "rows: children i; columns: parents j"
    votes = {
        "axes": "rows: types of children; columns: their places" if many else "rows: children i; columns: dimensions z"
    }
    seen = "0 is dark, 1 is light; shown is the negative" if photo else "0 is paper, 1 is ink"
    cut = f"{i} capsules of {d} numbers each"
    stages = [
        _stage("image", f"What the network sees: {seen}.", "x", network.shape, 0, "01"),
        *(_convolution(n, part, tiles[n].shape, first) for n, part in enumerate(front, start=1)),
        _stage(
            "primary capsules",
            f"A last convolution, without a ReLU, is cut into {cut}: {len(tiles[-5])} types at every place. Shown are "
            "their lengths, type by type."
            if many
            else f"A filter as large as the map for each channel, without a ReLU. Their output is cut into {cut}.",
            f"u_i = {squash}(…)",
            (i, d),
            _count(primary),
            first,
            axes="" if many else "rows: children i; columns: dimensions d",
        ),
        _stage(
            "votes",
            f"Every one of {i} children predicts the pose of every one of {j} parents, in {z} numbers."
            + (" Shown are the lengths of the votes." if many else ""),
            "û_{j|i} = u_i W_{ij}",
            (i, j, z),
            routing.weight.numel(),
            "03",
            **votes,
            names=classes,
        ),
        _coupling(routing, **(votes | {"names": classes} if many else {"axes": parents})),
        *_head(network, squash, (j, z), at_once),
    ]
    return [stage | {"sizes": list(picture.shape)} for stage, picture in zip(stages, tiles, strict=True)]


def _head(network: CapsuleNetwork, squash: str, shape: tuple[int, int], at_once: int) -> list[dict]:
    """The last two stages: class capsules v of this shape (j, z), and what they draw."""
    longest = "The longest of them says" if at_once == 1 else "The two longest of them say"
    capsules = _stage(
        "class capsules",
        f"Every parent adds up its votes, weighted by the couplings, and squashes the sum. {longest} what the network "
        "reads.",
        f"v_j = {squash}(Σ_i c_{{ij}} û_{{j|i}})",
        shape,
        0,
        "02",
        axes="rows: parents j; columns: dimensions z",
    )
    layers = f"{sum(hasattr(layer, 'weight') for layer in network.decoder)} layers"
    training = (
        "In training the drawing is compared with the image."
        if at_once == 1
        else "Shown is the longest's. In training each digit is drawn alone, and compared with that digit."
    )
    reconstruction = _stage(
        "reconstruction",
        f"All capsules but the longest become 0, and {layers} draw what is left. {training}",
        "x̂ = decoder(mask(v))",
        network.shape,
        _count(network.decoder),
        "05",
    )
    return [capsules, reconstruction]


def _count(part: nn.Module) -> int:
    return sum(p.numel() for p in part.parameters())


def _stage(name: str, says: str, formula: str, shape: tuple, parameters: int, lesson: str, **shown) -> dict:
    title = next(one.title for one in course.LESSONS if one.number == lesson)
    told = {"name": name, "says": says, "formula": formula, "shape": list(shape), "parameters": parameters}
    return told | {"lesson": f"lesson {lesson}, {title}", "axes": "", "names": []} | shown


def _convolution(n: int, part: nn.Sequential, shape: tuple, lesson: str) -> dict:
    layer, normed = part[0], len(part) > 2
    k, step = layer.kernel_size[0], "" if layer.stride[0] == 1 else "second "
    leaky = isinstance(part[1], nn.LeakyReLU)
    negative = f"shrink to {part[1].negative_slope:g} of themselves" if leaky else "become 0"
    says = (
        f"{layer.out_channels} filters of {k}×{k} pixels are applied at every {step}place; negative outputs {negative}"
    )
    says += ", and every map is brought to one scale" if normed else ""
    says += ". Shown is one picture for each filter."
    formula = f"{type(part[1]).__name__}(w ∗ x + b)"
    formula = f"norm({formula})" if normed else formula
    return _stage(f"convolution {n}", says, f"x ← {formula}", shape, _count(part), lesson)


def _coupling(routing: nn.Module, **shown) -> dict:
    i, j, *_ = routing.weight.shape
    parameters = _count(routing) - routing.weight.numel()
    if isinstance(routing, RoutedCapsules):
        says = f"Every child divides its trust among the parents, in {routing.iterations} iterations."
        return _stage(
            "couplings", says, "c_i = softmax(b_i), b_{ij} ← b_{ij} + û_{j|i} · v_j", (i, j), parameters, "04", **shown
        )
    says = (
        "Every child divides its trust once. A prior is added that was learned, so that what it gives may be negative."
    )
    formula = "c_{ij} = softmax_j(û_{j|i} · Σ_k û_{j|k} / √z) + prior_{ij}"
    return _stage("couplings", says, formula, (i, j), parameters, "08", **shown)


def _front(network: CapsuleNetwork) -> list[nn.Sequential]:
    """What comes before the capsules, cut before every convolution."""
    *front, _, _ = network.encoder
    layers = [layer for part in front for layer in (part if isinstance(part, nn.Sequential) else [part])]
    starts = [n for n, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)]
    return [nn.Sequential(*layers[a:b]) for a, b in zip(starts, [*starts[1:], len(layers)], strict=True)]
