"""A small capsule network that can be given any of the museum's mistakes, alone or together, and what they do to it.

Its parts are the right ones of the package, each under its name in `PARTS`; a patient has some of them replaced by the
wrong version of an exhibit. On the embedded digits one training takes some seconds.
"""

import itertools
import math
import time
from collections.abc import Callable

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

EPOCHS = 6
# Mistakes that a patient can have, and pairs of them that may hide each other: the axis of the softmax and the size of
# the sums; lengths above 1 and a softmax of them; a reconstruction that is hardly heard and one that asks the wrong
# thing.
ALONE = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18, 20, 23, 24)
PAIRS = ((1, 2), (1, 3), (1, 6), (2, 5), (2, 7), (2, 13), (5, 9), (9, 10), (10, 11), (10, 12), (10, 18))
# The arms of the study "museum": "healthy", "1", "1+2", …
ARMS = {"+".join(map(str, mistakes)) or "healthy": mistakes for mistakes in ((), *((n,) for n in ALONE), *PAIRS)}


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

    def loss(self, v: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        margin = self.parts["margin_loss"](functional.lengths(v), labels)
        return margin + self.parts["reconstruction_loss"](self.draw(v, labels), images.flatten(1))


def train(
    mistakes: tuple[int, ...], seed: int, epochs: int = EPOCHS, say: Callable[[dict], None] = lambda row: None
) -> dict:
    """Train a patient on the embedded digits and examine it. `say` gets every row of the log.

    heard        what its own log says, in its own loss: the mean of every ten steps, up to the first that is not finite
    log          one row per epoch, as `training.train` writes them; errors are percentages
    test_error   and validation_error, at the end
    measured     drawing: how far its drawings of the validation images are off, by the right reconstruction loss
    """
    torch.manual_seed(seed)
    patient, generator, started = Patient(*mistakes), torch.Generator().manual_seed(seed), time.monotonic()
    training, validation = data.digits("train"), data.digits("validation")
    optimiser = torch.optim.Adam(patient.parameters(), lr=2e-3)
    losses, log = [], []
    for epoch in range(1, epochs + 1):
        wrong, before = 0, len(losses)
        for batch in torch.randperm(len(training.labels), generator=generator).split(40):
            images, labels = _prepared(patient, training.images[batch], True, generator), training.labels[batch]
            v = patient(images)
            loss = patient.loss(v, images, labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            wrong += (functional.lengths(v).argmax(dim=1) != labels).sum().item()
        seen, error = losses[before:], _error(patient, validation, generator)
        log.append(
            {
                "epoch": epoch,
                "loss": sum(seen) / len(seen),
                "train_error": 100 * wrong / len(training.labels),
                "validation_error": error,
                "seconds": round(time.monotonic() - started, 1),
            }
        )
        say(log[-1])
    tens = [sum(losses[n : n + 10]) / 10 for n in range(0, len(losses) - 9, 10)]
    return {
        "heard": [float(f"{ten:.4g}") for ten in itertools.takewhile(math.isfinite, tens)],
        "log": [{key: _finite(value) for key, value in row.items()} for row in log],
        "validation_error": error,
        "test_error": _error(patient, data.digits("test"), generator),
        "measured": {"drawing": _finite(_drawing(patient, validation, generator))},
        "seconds": log[-1]["seconds"],
    }


def _finite(number: float) -> float | None:
    return round(number, 4) if math.isfinite(number) else None


def _prepared(patient: Patient, images: Tensor, training: bool, generator: torch.Generator) -> Tensor:
    raw = (255 * patient.parts["prepare"](images, training, generator)).round().byte()
    return patient.parts["pixels"](raw)


@torch.no_grad()
def _error(patient: Patient, split: data.Split, generator: torch.Generator) -> float:
    lengths = functional.lengths(patient(_prepared(patient, split.images, False, generator)))
    return round(100 * (lengths.argmax(dim=1) != split.labels).float().mean().item(), 4)


@torch.no_grad()
def _drawing(patient: Patient, split: data.Split, generator: torch.Generator) -> float:
    v = patient(_prepared(patient, split.images, False, generator))
    drawn = patient.draw(v, functional.lengths(v).argmax(dim=1))
    return functional.reconstruction_loss(drawn, split.images).item()


def examined_by_the_suite(*mistakes: int) -> list:
    """What `suite` says of a new patient with these mistakes, its parts handed in as well."""
    torch.manual_seed(0)
    patient = Patient(*mistakes)
    images = data.digits("train").images[:4]
    whole = {
        "children": patient.children,
        "draw": patient.draw,
        "loss": lambda images, labels: patient.loss(patient(images), images, labels),
        "route": patient.route,
    }
    return suite(patient, images, **(patient.parts | whole))
