"""What if the couplings were others? A trained network's own votes, gathered with couplings that it never chose.

    route = tampering.routing(network, images)        # what the last capsule layer did
    v = route.gather(tampering.COUPLINGS["uniform"](route))

Nothing is trained, so that a difference in the answers is due to the couplings alone. It says what a network that was
trained WITH its routing makes of others; whether one trained without does as well is another question.
"""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor import data, functional, pretrained, training
from capsule_tutor.layers import AttentionCapsules, RoutedCapsules, StaticCapsules
from capsule_tutor.models import CapsuleNetwork


class Routing(NamedTuple):
    """What a capsule layer did with a batch.

    u_hat (b, i, j, z)    the votes
    logits (b, i, j)      whose softmax over the parents are the layer's own couplings
    prior (i, j)          what it adds to them; 0 for dynamic routing
    bias (j, z)           what it adds to s; 0 for self-attention routing
    squash                what it makes of s (b, j, z)
    """

    u_hat: Tensor
    logits: Tensor
    prior: Tensor
    bias: Tensor
    squash: Callable[[Tensor], Tensor]

    def gather(self, c: Tensor) -> Tensor:
        """The parents' poses with couplings c (b, i, j) or (i, j) → v (b, j, z)"""
        # s_j = Σ_i c_ij û_{j|i}, v = squash(s + bias)
        s = torch.einsum("bij,bijz->bjz", c.expand(self.logits.shape), self.u_hat)
        return self.squash(s + self.bias)


def routing(network: CapsuleNetwork, images: Tensor) -> Routing:
    """Run a network up to its votes, and say what its last layer makes of them. images (b, c, h, w)

    Raises ValueError for a network whose last layer has no couplings, as `dense` and `convnet`.
    """
    layer = network.encoder[-1]
    if not isinstance(layer, (RoutedCapsules, AttentionCapsules, StaticCapsules)):
        raise ValueError(f"the network ends in {type(layer).__name__}, which has no couplings")
    u_hat = functional.votes(network.encoder[:-1](images), layer.weight)
    prior, bias = (_or_zero(getattr(layer, name, None), u_hat) for name in ("prior", "bias"))
    if isinstance(layer, RoutedCapsules):
        logits = dynamic_logits(u_hat, layer.iterations, functional.squash, bias)
        return Routing(u_hat, logits, prior, bias, functional.squash)
    if isinstance(layer, StaticCapsules):
        logits = layer.logits.expand(u_hat.shape[:3])
    else:
        # a_ij = ⟨û_{j|i}, Σ_k û_{j|k}⟩ / √z
        logits = torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(dim=1)) / math.sqrt(u_hat.shape[3])
    return Routing(u_hat, logits, prior, bias, functional.exponential_squash)


def _or_zero(parameter: Tensor | None, like: Tensor) -> Tensor:
    return like.new_zeros(()) if parameter is None else parameter


def dynamic_logits(
    u_hat: Tensor, iterations: int, squash: Callable[[Tensor], Tensor], bias: Tensor | float = 0.0, parents: int = 2
) -> Tensor:
    """The logits of dynamic routing's last iteration. u_hat (b, i, j, z) → (b, i, j); all 0 for one iteration

    `parents` is the axis of the softmax: 2 is right, 1 is the museum's exhibit 1.
    """
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations - 1):
        s = torch.einsum("bij,bijz->bjz", logits.softmax(dim=parents), u_hat)  # (b, j, z)
        v = squash(s + bias)
        # b_ij ← b_ij + û_{j|i} · v_j
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return logits


def _uniform(route: Routing) -> Tensor:
    return torch.full_like(route.logits, 1 / route.logits.shape[2])


def _random(route: Routing) -> Tensor:
    """Shares drawn at random for every image and child: all divisions of one unit are equally likely."""
    lots = torch.empty_like(route.logits).exponential_(generator=torch.Generator().manual_seed(0))
    return lots / lots.sum(dim=2, keepdim=True)


def _own(route: Routing, sharper: float = 1.0) -> Tensor:
    return (sharper * route.logits).softmax(dim=2)


def _iterations(route: Routing, count: int) -> Tensor:
    return dynamic_logits(route.u_hat, count, route.squash, route.bias).softmax(dim=2)


def _with_prior(couplings: Callable[[Routing], Tensor]) -> Callable[[Routing], Tensor]:
    return lambda route: couplings(route) + route.prior


# name → couplings (b, i, j) for a routing. Where two names differ in "no prior", the first adds the layer's own prior.
COUPLINGS: dict[str, Callable[[Routing], Tensor]] = {
    "as trained": _with_prior(_own),
    "no prior": _own,
    "prior alone": lambda route: route.prior.expand(route.logits.shape),
    "uniform": _with_prior(_uniform),
    "uniform, no prior": _uniform,
    "random": _with_prior(_random),
    "random, no prior": _random,
    "mean of the batch": _with_prior(lambda route: _own(route).mean(dim=0, keepdim=True)),
    "another image's": _with_prior(lambda route: _own(route).roll(1, dims=0)),
    "4 times sharper": _with_prior(partial(_own, sharper=4.0)),
    "wrong axis": _with_prior(lambda route: route.logits.softmax(dim=1)),
    **{f"dynamic, {n}": _with_prior(partial(_iterations, count=n)) for n in range(1, 11)},
}


@torch.no_grad()
def measure(name: str, images: Tensor | None = None, labels: Tensor | None = None) -> dict:
    """What a shipped network answers with other couplings, image by image beside its own. By default on its test set.

    images (b, c, h, w), labels (b,), or (b, 2) for pairs, of which both digits have to be right
    wrong      coupling → how many of the images are wrong with it; how many with it alone, and how many only as trained
    entropy    coupling → `entropy` of its shares, without a prior, on average over the images
    Raises data.DataError where MNIST cannot be had, and ValueError for a network without couplings.
    """
    started = time.monotonic()
    if images is None:
        images, labels, *_ = data.SETS[pretrained.recipe(name).data]("test")
    network = pretrained.load(name)
    wrong = {coupling: [] for coupling in COUPLINGS}
    entropies = {coupling: 0.0 for coupling in COUPLINGS if coupling not in ("prior alone", "wrong axis")}
    for some, said in zip(images.split(100), labels.split(100), strict=True):
        route = routing(network, some)
        for coupling, couplings in COUPLINGS.items():
            c = couplings(route)
            wrong[coupling].append(~training.exactly_right(functional.lengths(route.gather(c)), said))
            if coupling in entropies:
                shares = c if coupling.endswith("no prior") else c - route.prior
                entropies[coupling] += len(some) * entropy(shares).item()
    wrong = {coupling: torch.cat(parts) for coupling, parts in wrong.items()}
    own = wrong["as trained"]
    return {
        "images": len(images),
        "wrong": {
            coupling: {
                "all": int(w.sum()),
                "only here": int((w & ~own).sum()),
                "only as trained": int((own & ~w).sum()),
            }
            for coupling, w in wrong.items()
        },
        "entropy": {coupling: round(total / len(images), 4) for coupling, total in entropies.items()},
        "seconds": round(time.monotonic() - started, 1),
    }


def entropy(c: Tensor) -> Tensor:
    """How undecided children are, on average: 1 for equal shares, 0 if every child chose. c (b, i, j) → ()"""
    # H_i = −Σ_j c_ij ln c_ij, and its highest value is ln j
    return torch.special.entr(c).sum(dim=2).mean() / math.log(c.shape[2])
