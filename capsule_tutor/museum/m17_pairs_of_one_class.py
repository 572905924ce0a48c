"""Pairs of overlapping digits that may show one class twice.

MultiMNIST lays two digits of different classes over each other. If the partner is drawn from all digits, one pair in
ten shows the same class twice. Adding their one-hot rows gives a target of 2, for which the margin loss has a part
that is negative: longer than allowed becomes a reward.

Seen in: EscVM.
Symptom: a loss below zero, and an error that no network can get under, because one capsule cannot be two answers.
"""

import torch
from torch import Tensor

PART = "partners"
TEST = "No digit is paired with one of its own class."


def wrong(labels: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randint(len(labels), labels.shape, generator=generator)  # (b,) whom each digit is laid over


def right(labels: Tensor, generator: torch.Generator) -> Tensor:
    lots = torch.rand(len(labels), len(labels), generator=generator)  # the highest wins
    return lots.masked_fill(labels[:, None] == labels, -1).argmax(dim=1)


def finds(partners) -> str | None:
    labels = torch.arange(200) % 10
    same = (labels[partners(labels, torch.Generator().manual_seed(0))] == labels).sum().item()
    if same:
        return f"{same} of 200 digits are paired with one of their own class"
    return None
