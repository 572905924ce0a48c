"""Routing logits that are shared by the batch.

The logits are made once, without a batch axis, and updated by the mean of the agreements over the batch. So images vote
on each other's couplings, and an answer depends on who else was in the batch.

Seen in: FixCaps, higgsfield, jindongwang, laubonghaudoi, timomernick.
Symptom: the same image gets another answer in another batch; a batch of one is not what the test split measured.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "route"
TEST = "What an image gets does not depend on its companions in the batch."


def wrong(u_hat: Tensor, iterations: int = 3, squash=functional.squash) -> tuple[Tensor, Tensor]:
    b, i, j, _ = u_hat.shape
    logits = u_hat.new_zeros(i, j)
    for iteration in range(iterations):
        c = logits.softmax(dim=1).expand(b, i, j)
        v = squash(torch.einsum("bij,bijz->bjz", c, u_hat))  # (b, j, z)
        if iteration < iterations - 1:
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v).mean(dim=0)
    return v, c


def right(u_hat: Tensor, iterations: int = 3, squash=functional.squash) -> tuple[Tensor, Tensor]:
    b, i, j, _ = u_hat.shape
    logits = u_hat.new_zeros(b, i, j)
    for iteration in range(iterations):
        c = logits.softmax(dim=2)
        v = squash(torch.einsum("bij,bijz->bjz", c, u_hat))  # (b, j, z)
        if iteration < iterations - 1:
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c


def finds(route) -> str | None:
    u_hat = numbers(2, 5, 3, 6)
    other = u_hat.clone()
    other[1] = numbers(5, 3, 6, seed=1)  # image 0 has another companion
    moved = (route(other, 3)[0] - route(u_hat, 3)[0])[0].abs().max().item()
    if not moved < 1e-5:
        return f"image 1 was exchanged, and a number of image 0 moved by {moved:.2g}: images share couplings"
    return None
