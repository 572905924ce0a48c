"""Softmax over the children instead of the parents.

Each child should divide one unit among the parents, so that parents compete for it. Here each parent divides one unit
among the children, and no parent notices another. It is copied as a number: "axis 1" holds the parents in one layout
and the children in the next.

Seen in: cezannec, gram-ai, higgsfield, jindongwang, labml, timomernick.
Symptom: beside exhibit 2 the network still trains to about 99 % on MNIST, and the sums of the couplings give it away.
Without exhibit 2 it learns badly.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "route"
TEST = "The couplings of a child sum to 1 over the parents."


def wrong(u_hat: Tensor, iterations: int = 3, squash=functional.squash) -> tuple[Tensor, Tensor]:
    logits = u_hat.new_zeros(u_hat.shape[:3])  # (b, i, j)
    for iteration in range(iterations):
        c = logits.softmax(dim=1)
        v = squash(torch.einsum("bij,bijz->bjz", c, u_hat))  # (b, j, z)
        if iteration < iterations - 1:
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c


def right(u_hat: Tensor, iterations: int = 3, squash=functional.squash) -> tuple[Tensor, Tensor]:
    logits = u_hat.new_zeros(u_hat.shape[:3])  # (b, i, j)
    for iteration in range(iterations):
        c = logits.softmax(dim=2)
        v = squash(torch.einsum("bij,bijz->bjz", c, u_hat))  # (b, j, z)
        if iteration < iterations - 1:
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c


def finds(route) -> str | None:
    _, c = route(numbers(2, 5, 3, 6), 3)
    sums = c.sum(dim=2)  # (b, i)
    if (sums - 1).abs().max() > 1e-4:
        return f"the couplings of a child sum to {sums[0, 0]:.2f} over the parents; a child has one unit to give"
    return None
