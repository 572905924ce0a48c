"""One iteration more than was asked for.

The loop updates the logits at its end, and after the loop the couplings are computed once more. Whoever writes 3 gets
4, and a table of errors "by routing iterations" is off by one row. Its milder sister updates the logits after the last
v, when nobody reads them: that costs time and nothing else.

Seen in: adambielski, labml, laubonghaudoi.
Symptom: with `iterations=1` the couplings are not uniform.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "route"
TEST = "With one iteration every coupling is 1 over the number of parents."


def wrong(u_hat: Tensor, iterations: int = 3, squash=functional.squash) -> tuple[Tensor, Tensor]:
    logits = u_hat.new_zeros(u_hat.shape[:3])  # (b, i, j)
    for _ in range(iterations):
        v = squash(torch.einsum("bij,bijz->bjz", logits.softmax(dim=2), u_hat))  # (b, j, z)
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    c = logits.softmax(dim=2)
    return squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c


def right(u_hat: Tensor, iterations: int = 3, squash=functional.squash) -> tuple[Tensor, Tensor]:
    logits = u_hat.new_zeros(u_hat.shape[:3])  # (b, i, j)
    for _ in range(iterations - 1):
        v = squash(torch.einsum("bij,bijz->bjz", logits.softmax(dim=2), u_hat))  # (b, j, z)
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    c = logits.softmax(dim=2)
    return squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c


def finds(route) -> str | None:
    u_hat = numbers(2, 5, 3, 6)
    v, c = route(u_hat, 1)
    if not torch.allclose(c, c[:, :, :1].expand_as(c), atol=1e-5):
        return f"one iteration gives a child couplings from {c[0, 0].min():.2f} to {c[0, 0].max():.2f}, not all alike"
    if torch.allclose(v, route(u_hat, 3)[0], atol=1e-5):
        return "one iteration and three give the same v: the logits are never updated"
    return None
