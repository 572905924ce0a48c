"""A small capsule network that can be given any of the museum's mistakes, alone or together, and what they do to it.

Its parts are the right ones of the package, each under its name in `PARTS`; a patient has some of them replaced by the
wrong version of an exhibit. On the embedded digits one training takes some seconds.
"""

import itertools
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from capsule_tutor import augment, data, functional, layers
from capsule_tutor.museum import exhibit, suite

D, Z, CLASSES, CHILDREN = 8, 16, 10, 4 * 6 * 6

PARTS: dict[str, Callable] = {
    "pixels": lambda raw: raw / 255,
    "prepare": lambda images, training, generator: augment.shift(images, generator) if training else images,
    "primary_capsules": lambda features, d: functional.squash(layers.primary_capsules(features, d)),
    "first_weights": lambda *shape: layers.truncated_normal(*shape, std=0.1),
    "route": exhibit(1).right,
    "squash": functional.squash,
    "margin_loss": functional.margin_loss,
    "decoder_input": functional.mask_capsules,
    "reconstruction_loss": functional.reconstruction_loss,
}

# The study: which mistakes together, how often, how long. `capsule_tutor/studies/museum.json` holds what came out.
SEEDS = range(5)
EPOCHS = 6
ALONE = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18, 20, 23, 24)
# Pairs that may hide each other: the axis of the softmax and the size of the sums; lengths above 1 and a softmax of
# them; a reconstruction that is hardly heard and one that asks the wrong thing.
PAIRS = ((1, 2), (1, 3), (1, 6), (2, 5), (2, 7), (2, 13), (5, 9), (9, 10), (10, 11), (10, 12), (10, 18))


def runs() -> Iterator[dict]:
    """The arguments of `train` for every run of the study; the first of each seed is the healthy patient."""
    for seed, mistakes in itertools.product(SEEDS, ((), *((number,) for number in ALONE), *PAIRS)):
        yield {"mistakes": mistakes, "seed": seed}


class Patient(nn.Module):
    """images (b, 1, 28, 28) → v (b, j=10, z=16), with the mistakes of these exhibits.

    Raises ValueError if two exhibits replace the same part, or one that a patient does not have.
    """

    def __init__(self, *mistakes: int) -> None:
        super().__init__()
        replaced = {exhibit(number).part: exhibit(number).wrong for number in mistakes}
        if len(replaced) < len(mistakes) or replaced.keys() - PARTS:
            raise ValueError(f"a patient cannot have {mistakes}: two in one part, or a part that it does not have")
        self.parts = PARTS | replaced
        self.convolutions = nn.Sequential(nn.Conv2d(1, 16, 5, 2), nn.ReLU(), nn.Conv2d(16, 4 * D, 7))  # → (b, 32, 6, 6)
        for layer in self.convolutions[::2]:
            nn.init.kaiming_normal_(layer.weight)
        self.weight = nn.Parameter(self.parts["first_weights"](CHILDREN, CLASSES, D, Z))
        inputs = self.parts["decoder_input"](torch.zeros(1, CLASSES, Z), torch.tensor([0])).shape[1]
        self.decoder = nn.Sequential(nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, 784), nn.Sigmoid())

    def children(self, images: Tensor) -> Tensor:
        return self.parts["primary_capsules"](self.convolutions(images), D)  # (b, i, d)

    def route(self, u_hat: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
        return self.parts["route"](u_hat, iterations, squash=self.parts["squash"])

    def forward(self, images: Tensor) -> Tensor:
        return self.route(functional.votes(self.children(images), self.weight), 3)[0]

    def draw(self, v: Tensor, index: Tensor) -> Tensor:
        return self.decoder(self.parts["decoder_input"](v, index))  # (b, pixels)

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        v = self(images)
        margin = self.parts["margin_loss"](functional.lengths(v), labels)
        return margin + self.parts["reconstruction_loss"](self.draw(v, labels), images.flatten(1))


def train(mistakes: tuple[int, ...], seed: int, epochs: int = EPOCHS) -> dict:
    """Train a patient on the embedded digits and examine it.

    loss       what its own log says: the mean of every ten steps; it ends early where the loss is no longer finite
    error      percentage of the validation images that it gets wrong, after every epoch
    drawing    how far its drawings of the validation images are off at the end: the right reconstruction loss
    """
    torch.manual_seed(seed)
    patient, generator = Patient(*mistakes), torch.Generator().manual_seed(seed)
    training, validation = data.digits("train"), data.digits("validation")
    optimiser = torch.optim.Adam(patient.parameters(), lr=2e-3)
    losses, errors = [], []
    for _ in range(epochs):
        for batch in torch.randperm(len(training.labels), generator=generator).split(40):
            images = _prepared(patient, training.images[batch], True, generator)
            loss = patient.loss(images, training.labels[batch])
            losses.append(loss.item())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        error, drawing = _examined(patient, validation, generator)
        errors.append(round(error, 2))
    tens = [sum(losses[n : n + 10]) / 10 for n in range(0, len(losses) - 9, 10)]
    heard = list(itertools.takewhile(math.isfinite, tens))
    return {
        "mistakes": list(mistakes),
        "seed": seed,
        "loss": [float(f"{ten:.4g}") for ten in heard],
        "error": errors,
        "drawing": round(drawing, 4) if math.isfinite(drawing) else None,
    }


def _prepared(patient: Patient, images: Tensor, training: bool, generator: torch.Generator) -> Tensor:
    raw = (255 * patient.parts["prepare"](images, training, generator)).round().byte()
    return patient.parts["pixels"](raw)


@torch.no_grad()
def _examined(patient: Patient, split: data.Split, generator: torch.Generator) -> tuple[float, float]:
    v = patient(_prepared(patient, split.images, False, generator))
    answer = functional.lengths(v).argmax(dim=1)
    drawing = functional.reconstruction_loss(patient.draw(v, answer), split.images)
    return 100 * (answer != split.labels).float().mean().item(), drawing.item()


def examined_by_the_suite(*mistakes: int) -> list:
    """What `suite` says of a new patient with these mistakes, its parts handed in as well."""
    torch.manual_seed(0)
    patient = Patient(*mistakes)
    images = data.digits("train").images[:4]
    parts = {"children": patient.children, "draw": patient.draw, "loss": patient.loss, "route": patient.route}
    return suite(patient, images, **{**patient.parts, **parts})
