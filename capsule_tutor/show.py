"""One look at a trained network, drawn into a file: `capsule-tutor show NAME --reconstruct`, and five other looks.

    sheet = show.LOOKS["tweak"](network, shown)
    show.draw(sheet, Path("tweak.png"))

A look is a function of a network and of images with labels (a `Gallery`), of which it takes the first of each class.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor import attacks, data, functional, pretrained, tampering, training
from capsule_tutor.models import CapsuleNetwork
from capsule_tutor.theatre.gallery import Gallery, at_hand, gallery, longest

STEPS = tuple(n / 20 for n in range(-5, 6))  # what `tweak` adds, as in figure 4 of Sabour 2017
TURNS = (-60, -40, -20, 0, 20, 40, 60)  # degrees
EPS = (0.05, 0.1, 0.2)  # how far an attack may move a pixel
AT_MOST = 1_000  # images whose readings are counted

# What a network reads, by its shape, where no recipe says on what it was trained.
_DATA = {(1, 28, 28): "mnist", (1, 36, 36): "multimnist", (1, 40, 40): "shifted", (2, 48, 48): "smallnorb"}


class Sheet(NamedTuple):
    """What is drawn. pictures (rows, columns, h, w), in ink from 0 to 1 or, in `colour`, from the least to the most.

    names     of the rows; as many, or none
    titles    above the pictures, row by row; as many as there are pictures, or columns (above the first row alone)
    says      what can be seen, for whoever reads the terminal
    """

    pictures: Tensor
    names: list[str]
    titles: list[str]
    says: str
    colour: bool = False


def images_for(network: CapsuleNetwork, name: str = "") -> Gallery:
    """The test images that belong to a network: where they are not on this machine, their embedded like.

    Of a shipped network or a run's folder, `name`, they are those of its recipe, which may be a person's own pictures.
    Of any other network they are of its shape. Raises ValueError if there is no data set of this shape, DataError if
    the pictures are gone.
    """
    if name in pretrained.NAMES or (name and Path(name).is_dir()):
        trained_on = pretrained.recipe(name).data
        if trained_on not in data.SETS:
            return gallery(pretrained.recipe(name).split("test"))
        return gallery(at_hand(trained_on))
    if network.shape not in _DATA:
        raise ValueError(f"the network reads images of shape {network.shape}, and no data set has those")
    return gallery(at_hand(_DATA[network.shape]))


@torch.no_grad()
def reconstruct(network: CapsuleNetwork, shown: Gallery) -> Sheet:
    """An image of each class, what the network draws of it, and the difference."""
    images, labels = _first(shown)
    v = network(images)
    drawn = network.decode(v)
    rows = torch.stack([images, drawn, (images - drawn).abs()])  # (3, n, c, h, w)
    titles = _answers(shown, labels, longest(functional.lengths(v), labels.shape[1]))
    says = "an image of each class, what the network thinks it saw, and the difference"
    return Sheet(shown.sheet(rows), ["image", "drawing", "difference"], titles, says)


@torch.no_grad()
def tweak(network: CapsuleNetwork, shown: Gallery) -> Sheet:
    """One image's longest capsule, each of its dimensions moved alone: figure 4 of Sabour 2017.

    The image is of the fifth class, or of the last where there are fewer. Raises ValueError without a decoder.
    """
    images, _ = _first(shown)
    v = network(images[:5][-1:])
    z, best = v.shape[2], functional.lengths(v).argmax(dim=1)  # (1,)
    moves = (torch.eye(z)[:, None] * torch.tensor(STEPS)[None, :, None]).flatten(0, 1)  # (z·steps, z)
    moved = v.repeat(len(moves), 1, 1)  # (z·steps, j, z)
    moved[:, best.item()] += moves
    rows = network.decode(moved, best.expand(len(moves))).unflatten(0, (z, len(STEPS)))
    says = "each row moves one dimension of the longest capsule, by what is written above"
    return Sheet(shown.sheet(rows), [f"dimension {k}" for k in range(z)], [f"{step:+.2f}" for step in STEPS], says)


@torch.no_grad()
def affine(network: CapsuleNetwork, shown: Gallery) -> Sheet:
    """Images of some classes, turned, and what the network reads."""
    images, labels = (part[:6] for part in _first(shown))
    rows, titles = [], []
    for image, label in zip(images, labels, strict=True):
        turned = data.transformed(image.expand(len(TURNS), *image.shape), _turns(TURNS))
        answers = longest(network.lengths(turned), labels.shape[1])
        rows.append(shown.sheet(turned))
        said = _answers(shown, label.expand(len(TURNS), -1), answers)
        titles += [f"{turn:+}°: {what}" if turn else what for turn, what in zip(TURNS, said, strict=True)]
    some, truth = shown.images[:AT_MOST], shown.labels[:AT_MOST]
    shares = [_right(network, data.transformed(some, _turns([turn] * len(some))), truth) for turn in TURNS]
    right = ", ".join(f"{turn}°: {share:.0f} %" for turn, share in zip(TURNS, shares, strict=True))
    return Sheet(
        torch.stack(rows), [""] * len(rows), titles, f"read correctly, of {len(some)} images turned by {right}"
    )


def adversarial(network: CapsuleNetwork, shown: Gallery) -> Sheet:
    """Images that are read correctly, attacked by PGD on artanh within growing balls, and what the network reads then.

    Raises ValueError where there are two classes in an image, since an attack needs one true class, and where none of
    the images is read correctly.
    """
    images, labels = _first(shown)
    if labels.shape[1] > 1:
        raise ValueError("an attack needs one true class, and these images hold two")
    right = attacks.survives(network, images, labels[:, 0])
    if not right.any():
        raise ValueError(
            f"none of the {len(images)} images is read correctly, so none can be attacked; train the network longer"
        )
    images, labels = images[right], labels[right]
    rows, titles = [images], [shown.says(label) for label in labels.tolist()]
    for eps in EPS:
        attacked = attacks.pgd(network, images, labels[:, 0], eps, 20, 0, attacks.artanh)
        with torch.no_grad():
            titles += _answers(shown, labels, longest(network.lengths(attacked), 1))
        rows.append(attacked)
    names = ["image", *(f"eps {eps}" for eps in EPS)]
    says = "images that are read correctly, and what is read after pixels moved by at most eps"
    return Sheet(shown.sheet(torch.stack(rows)), names, titles, says)


@torch.no_grad()
def couplings(network: CapsuleNetwork, shown: Gallery) -> Sheet:
    """How every child divides itself among the parents, for the first images.

    Raises ValueError for a network without couplings.
    """
    images, labels = (part[:5] for part in _first(shown))
    route = tampering.routing(network, images)
    c = tampering.COUPLINGS["as trained"](route)  # (b, i, j)
    h = tampering.entropy(route.logits.softmax(dim=2))
    titles = [shown.says(label) for label in labels.tolist()]
    says = (
        f"how {c.shape[1]} children divide themselves among {c.shape[2]} parents; bright is a strong coupling. "
        f"On average they are undecided by {100 * h:.0f} % (100 % is equal shares for all)"
    )
    return Sheet(c[None], [], titles, says, colour=True)


@torch.no_grad()
def mistakes(network: CapsuleNetwork, shown: Gallery) -> Sheet:
    """Images that are misread, above what the network draws of them, if it has a decoder.

    Raises ValueError if there is none.
    """
    found, looked = [], 0
    for images, labels in zip(shown.images.split(250), shown.labels.split(250), strict=True):
        answers = longest(network.lengths(images), labels.shape[1])
        wrong = (answers != labels).any(dim=1)
        found.append((images[wrong], labels[wrong], answers[wrong]))
        looked += len(images)
        if sum(len(part[0]) for part in found) >= 10:  # enough for a picture
            break
    images, labels, answers = (torch.cat(parts) for parts in zip(*found, strict=True))
    if not len(images):
        raise ValueError(f"none of the {looked:,} test images is misread")
    titles, says = _answers(shown, labels[:10], answers[:10]), f"{len(images)} of {looked:,} images are misread"
    if network.decoder is None:
        return Sheet(shown.sheet(images[None, :10]), ["image"], titles, says)
    rows = torch.stack([images, network.reconstruct(images)])[:, :10]
    says += "; above the image, below what the network thinks it saw"
    return Sheet(shown.sheet(rows), ["image", "drawing"], titles, says)


LOOKS: dict[str, Callable[[CapsuleNetwork, Gallery], Sheet]] = {
    "reconstruct": reconstruct,
    "tweak": tweak,
    "adversarial": adversarial,
    "affine": affine,
    "couplings": couplings,
    "mistakes": mistakes,
}


def draw(sheet: Sheet, path: Path) -> None:
    """Write a sheet as a picture. Raises OSError or ValueError if it cannot be written there."""
    import matplotlib.pyplot as plt

    if not path.suffix:
        raise ValueError(f"{path} has no ending, as .png, that says which kind of picture it should be")
    rows, columns, h, w = sheet.pictures.shape
    wide, high = (2.0, 3.4) if sheet.colour else (0.95 * w / min(h, w), 0.95 * h / min(h, w))
    lines = rows if len(sheet.titles) > columns else 1  # of titles
    size = (wide * columns + 1.0, high * rows + 0.25 * lines + 0.1)
    figure, all_axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    style = {"cmap": "cividis", "aspect": "auto"} if sheet.colour else {"cmap": "gray", "vmin": 0, "vmax": 1}
    for number, axes in enumerate(all_axes.flat):
        axes.imshow(sheet.pictures[number // columns, number % columns], **style)
        axes.set(xticks=[], yticks=[])
        if sheet.colour:
            axes.set(xlabel="parents", ylabel="children")
        axes.set_title(sheet.titles[number] if number < len(sheet.titles) else "", fontsize=8)
    for axes, name in zip(all_axes[:, 0], sheet.names, strict=False):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    try:
        figure.savefig(path, dpi=100, facecolor="white")
    finally:
        plt.close(figure)


def named(name: str) -> str:
    """What a picture of this network is called by default: the name, or that of its file or folder."""
    return name if name in pretrained.NAMES else Path(name).resolve().name.removesuffix(".safetensors")


def _first(shown: Gallery) -> tuple[Tensor, Tensor]:
    """The first image of each class that is there: images (n, c, h, w), labels (n, k)"""
    present = [(shown.labels == j).any(dim=1) for j in shown.labels.unique().tolist()]
    places = torch.stack([here.nonzero()[0, 0] for here in present])
    return shown.images[places], shown.labels[places]


def _answers(shown: Gallery, labels: Tensor, answers: Tensor) -> list[str]:
    """ "a 4", or "a 4 → 9" where something else is read. labels (n, k), answers (n, k)"""
    pairs = zip(labels.tolist(), answers.tolist(), strict=True)
    return [shown.says(true) + (f" → {shown.names(read)}" if read != true else "") for true, read in pairs]


def _turns(degrees: tuple | list) -> Tensor:
    """Turns alone, in the order of data.TRANSFORM. (n, 6)"""
    return torch.tensor([[turn, 0.0, 1.0, 1.0, 0.0, 0.0] for turn in degrees])


def _right(network: CapsuleNetwork, images: Tensor, labels: Tensor) -> float:
    """Per cent of the images in which all classes are read."""
    return 100 - training.error(network, data.Split(images, labels), batch=250)
