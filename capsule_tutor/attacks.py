"""Attacks: small changes of the pixels that change the answer, inside a ball and within [0, 1].

    attacked = attacks.pgd(network, images, labels, eps=0.1)
    share = attacks.survives(network, attacked, labels).float().mean()

`network` is any callable, images (b, …) → v (b, j, z); it should be in evaluation mode. No attack changes the images
that it is given. An image's attack does not depend on its companions in the batch.

eps is how far a pixel may move, the radius of the L∞ ball; 0.1 means from 0.5 to anything between 0.4 and 0.6.

Transfer: attack one network and ask another, `survives(other, pgd(network, …), labels)`.
The vote attack of Gu, Wu, Tresp 2021 is a transfer, too: attack the network with uniform couplings, `averaged_votes`,
and ask the real one.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from capsule_tutor import functional, tampering

Network = Callable[[Tensor], Tensor]
# What an attack climbs: lengths (b, j), labels (b,) → one number for each image, (b,), or their sum. The larger, the
# worse for the network.
Objective = Callable[[Tensor, Tensor], Tensor]

BATCH = 250  # images whose gradients are computed at once


def margin(lengths: Tensor, labels: Tensor) -> Tensor:
    """The margin loss, summed over the images. Its gradient is exactly zero where the network is sure and right."""
    return functional.margin_loss(lengths, labels) * len(labels)


def difference(lengths: Tensor, labels: Tensor) -> Tensor:
    """The longest wrong length minus the true one, (b,). Above 0 the answer is wrong; the gradient is never cut off."""
    true = lengths.gather(1, labels[:, None]).squeeze(1)
    # max_{j≠t} ‖v_j‖ − ‖v_t‖
    return lengths.scatter(1, labels[:, None], -torch.inf).amax(dim=1) - true


def artanh(lengths: Tensor, labels: Tensor) -> Tensor:
    """`difference` of artanh(‖v‖), which runs from 0 to ∞ where lengths crowd together below 1. (b,)"""
    return difference(lengths.clamp(max=1 - 1e-6).atanh(), labels)


def survives(network: Network, images: Tensor, labels: Tensor) -> Tensor:
    """Whether the longest capsule is still the true class. → bool (b,)"""
    return _scores(network, images, labels) <= 0


def masked(network: Network, images: Tensor, labels: Tensor, objective: Objective = margin) -> Tensor:
    """Whether the gradient of the objective is exactly zero at an image, so that an attack sees nothing. → bool (b,)

    Gradient masking: Athalye, Carlini, Wagner 2018, "Obfuscated Gradients …" (arXiv 1802.00420).
    """
    return (_gradient(network, images, labels, objective).flatten(1) == 0).all(dim=1)


def fgsm(network: Network, images: Tensor, labels: Tensor, eps: float, objective: Objective = difference) -> Tensor:
    """One step to the edge of the ball. Goodfellow, Shlens, Szegedy 2015 (arXiv 1412.6572)."""
    # x' = x + eps · sign ∇_x objective
    step = eps * _gradient(network, images, labels, objective).sign()
    return (images + step).clamp(0, 1)


def pgd(
    network: Network,
    images: Tensor,
    labels: Tensor,
    eps: float,
    steps: int = 40,
    restarts: int = 5,
    objective: Objective = difference,
    step: float | None = None,
    seed: int = 0,
) -> Tensor:
    """Many small steps from random starts, each projected back into the ball. Madry et al. 2018 (arXiv 1706.06083).

    Of `restarts` starts (0 starts once, from the image itself) the one with the largest `difference` is kept for each
    image, or the image itself if none is worse. `step` is 2.5 · eps/steps unless given, so that every corner of the
    ball can be reached. Raises ValueError if `steps` is below 1.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}; an attack needs at least 1")
    step = 2.5 * eps / steps if step is None else step
    best, worst = images.clone(), _scores(network, images, labels)
    for restart in range(max(1, restarts)):
        attacked = images
        if restarts:
            # The same start for all images, so that each one's attack is its own.
            noise = 2 * torch.rand(images.shape[1:], generator=torch.Generator().manual_seed(seed + restart)) - 1
            attacked = (images + eps * noise.to(images)).clamp(0, 1)
        for _ in range(steps):
            # x ← Π(x + step · sign ∇_x objective), Π onto the ball of eps around the image, and onto [0, 1]
            attacked = attacked + step * _gradient(network, attacked, labels, objective).sign()
            attacked = (images + (attacked - images).clamp(-eps, eps)).clamp(0, 1)
        best, worst = _better(network, labels, best, worst, attacked)
    return best


def random_search(
    network: Network, images: Tensor, labels: Tensor, eps: float, steps: int = 300, side: int = 5, seed: int = 0
) -> Tensor:
    """A black-box attack: no gradient, only answers. Squares at random places are set to +eps or −eps where that helps.

    After Andriushchenko et al. 2020, "Square Attack" (arXiv 1912.00049), but a square keeps its `side` pixels. Vertical
    stripes are the start. It cannot be fooled by a masked gradient, and costs one look at the network for each step.
    """
    h, w = images.shape[-2:]
    generator = torch.Generator().manual_seed(seed)
    stripes = 2.0 * torch.randint(2, (1, 1, 1, w), generator=generator) - 1
    best, worst = images.clone(), _scores(network, images, labels)
    best, worst = _better(network, labels, best, worst, (images + eps * stripes.to(images)).clamp(0, 1))
    for _ in range(steps):
        # The same square for all images, so that each one's attack is its own; its sign is tried on each.
        row, column = (int(torch.randint(n - side + 1, (), generator=generator)) for n in (h, w))
        sign = 1 if torch.rand((), generator=generator) < 0.5 else -1
        tried, place = best.clone(), (..., slice(row, row + side), slice(column, column + side))
        tried[place] = (images[place] + sign * eps).clamp(0, 1)
        best, worst = _better(network, labels, best, worst, tried)
    return best


def averaged_votes(network: Callable) -> Network:
    """The network with uniform couplings in its last layer: what the vote attack climbs. images → v (b, j, z)

    Gu, Wu, Tresp 2021, "Effective and Efficient Vote Attack on Capsule Networks" (arXiv 2102.10055): routing is passed
    by, and with it whatever it does to the gradient. Raises ValueError for a network without couplings.
    """

    def averaged(images: Tensor) -> Tensor:
        route = tampering.routing(network, images)
        return route.gather(tampering.COUPLINGS["uniform, no prior"](route))

    return averaged


def _gradient(network: Network, images: Tensor, labels: Tensor, objective: Objective) -> Tensor:
    """∇_x Σ objective. No gradient reaches the network's own parameters."""
    parts = []
    for part, label in zip(images.split(BATCH), labels.split(BATCH), strict=True):
        part = part.detach().requires_grad_()
        climbed = objective(functional.lengths(network(part)), label).sum()
        parts.append(torch.autograd.grad(climbed, part)[0])
    return torch.cat(parts)


@torch.no_grad()
def _scores(network: Network, images: Tensor, labels: Tensor) -> Tensor:
    """`difference` for each image. (b,)"""
    pairs = zip(images.split(BATCH), labels.split(BATCH), strict=True)
    return torch.cat([difference(functional.lengths(network(part)), label) for part, label in pairs])


def _better(network: Network, labels: Tensor, best: Tensor, worst: Tensor, tried: Tensor) -> tuple[Tensor, Tensor]:
    """For each image the one of two attacks that is worse for the network, and its score."""
    score = _scores(network, tried, labels)
    wins = score > worst
    return torch.where(wins.view(-1, *[1] * (tried.ndim - 1)), tried, best), torch.where(wins, score, worst)
