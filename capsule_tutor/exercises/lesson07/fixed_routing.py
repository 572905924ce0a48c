"""Write `fixed_routing(u_hat, iterations=3)`: `broken_routing` without its three mistakes. Copy its lines and repair
them; do not call the package's routing. u_hat is (b, i, j, z); return v (b, j, z) and the couplings c (b, i, j) that
made it. `iterations` counts the softmaxes, and gradients flow through all of them."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson04 import dynamic_routing as lesson04
from capsule_tutor.exercises.properties import shorter_than_one

EFFORT = {"minutes": 9, "difficulty": 3, "importance": 4}
HINTS = (
    "Three findings of the suite name a mistake each: what sums to 1, who shares with whom, and how often it is "
    "counted. The fourth, about agreement, goes away with them.",
    "The logits need a batch axis, so nothing is averaged over it any more. The softmax runs over the parents, axis 2 "
    "of (b, i, j). And with iterations=1 there is one softmax, of zeros.",
    "Start with `u_hat.new_zeros(u_hat.shape[:3])`. Leave the two lines after the loop out, and update the logits "
    "only if another iteration follows.",
)
AXES = ("b j z", "b i j")


def fixed_routing(u_hat: Tensor, iterations: int = 3) -> tuple[Tensor, Tensor]:
    """Dynamic routing. u_hat (b, i, j, z) → v (b, j, z) and c (b, i, j), the couplings that made v"""
    return functional.dynamic_routing(u_hat, iterations)


reference = fixed_routing


def oracle(u_hat, iterations=3):
    return lesson04.oracle(u_hat, iterations, None)


def cases():
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6)),
        case("votes of length about 5", numbers(2, 5, 3, 6, seed=1, scale=2.0), iterations=2),
        case("one iteration", numbers(2, 5, 3, 6, seed=2), iterations=1),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=3), iterations=4),
        case("votes of zero", torch.zeros(2, 5, 3, 6), iterations=2),
        case("float64", numbers(2, 5, 3, 6, seed=4).double()),
    ]


properties = (shorter_than_one,)


def _routing(u_hat, iterations, over_children=False, shared=False, once_more=False):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for iteration in range(iterations + once_more):
        c = logits.softmax(dim=1 if over_children else 2)
        v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
        if iteration < iterations + once_more - 1:
            agreement = torch.einsum("bijz,bjz->bij", u_hat, v)
            logits = logits + (agreement.mean(dim=0, keepdim=True) if shared else agreement)
    return v, c


class right:
    def by_einsum(u_hat, iterations):
        return _routing(u_hat, iterations)

    def by_products(u_hat, iterations):
        logits = torch.zeros_like(u_hat[..., 0])
        for turn in range(iterations):
            c = torch.softmax(logits, dim=-1)
            v = functional.squash((c.unsqueeze(-1) * u_hat).sum(dim=1))
            if turn + 1 < iterations:
                logits = logits + (u_hat * v.unsqueeze(1)).sum(dim=-1)
        return v, c


class wrong:
    def three_left(u_hat, iterations):
        """That still behaves like `broken_routing`. Take the findings of the suite one by one."""
        return _routing(u_hat, iterations, over_children=True, shared=True, once_more=True)

    def axis_left(u_hat, iterations):
        """One of three is left: the softmax runs over the children. Each child divides its unit among the parents, axis
        2 of (b, i, j)."""
        return _routing(u_hat, iterations, over_children=True)

    def shared_left(u_hat, iterations):
        """One of three is left: the images share their logits. Give the logits a batch axis, and do not average over
        it."""
        return _routing(u_hat, iterations, shared=True)

    def once_more_left(u_hat, iterations):
        """One of three is left: it computes one softmax more than `iterations` says. Is there still a softmax after the
        loop, or a turn too many?"""
        return _routing(u_hat, iterations, once_more=True)

    def axis_fixed(u_hat, iterations):
        """The axis is right now. Two are left: the images share their logits, and there is one softmax too many."""
        return _routing(u_hat, iterations, shared=True, once_more=True)

    def shared_fixed(u_hat, iterations):
        """The images are apart now. Two are left: the axis of the softmax, and one softmax too many."""
        return _routing(u_hat, iterations, over_children=True, once_more=True)

    def once_more_fixed(u_hat, iterations):
        """The count is right now. Two are left: the axis of the softmax, and logits that the images share."""
        return _routing(u_hat, iterations, over_children=True, shared=True)

    def one_too_few(u_hat, iterations):
        """Now there is one softmax too few. The last one, which makes v, counts as well."""
        return _routing(u_hat, max(1, iterations - 1))

    def updated_once(u_hat, iterations):
        """More than two iterations change nothing in what you return. Is the update done in the first turn alone? An
        update follows every v but the last."""
        return _routing(u_hat, min(2, iterations))

    def never_updated(u_hat, iterations):
        """Every coupling stays 1/j, whatever `iterations` is. Is the `return` inside the loop, does each turn start
        with new zeros, or did the wrong update go? Only the one after the last v is too many."""
        return _routing(u_hat, 1)

    def logits_replaced(u_hat, iterations):
        """Your logits hold the last agreement alone. Agreements add up over the iterations: `logits = logits + …`."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            c = logits.softmax(dim=2)
            v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def agreement_cut_off(u_hat, iterations):
        """The values are right, but no gradient flows through the couplings. Look for .detach(), .data or
        torch.no_grad() around the update: gradients should flow through all the softmaxes."""
        _, c = _routing(u_hat.detach(), iterations)
        return functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def agreement_with_s(u_hat, iterations):
        """You compared the votes with s, the sum before squash. Compare them with v, as `broken_routing` does."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for iteration in range(iterations):
            c = logits.softmax(dim=2)
            s = torch.einsum("bij,bijz->bjz", c, u_hat)
            if iteration < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, s)
        return functional.squash(s), c

    def couplings_of_the_next_round(u_hat, iterations):
        """Your v is right, and these are not the couplings that made it: they come from one more update. Return the c
        of the last sum."""
        v, _ = _routing(u_hat, iterations)
        return v, _routing(u_hat, iterations + 1)[1]

    def softmax_over_the_images(u_hat, iterations):
        """Your softmax runs over the images (axis 0). The parents are axis 2 of (b, i, j)."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for iteration in range(iterations):
            c = logits.softmax(dim=0)
            v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            if iteration < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def summed_instead_of_averaged(u_hat, iterations):
        """You add up the agreements of all images where it was their mean: the images still share their logits. Keep
        the batch axis, and add nothing up over it."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for iteration in range(iterations):
            c = logits.softmax(dim=2)
            v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            if iteration < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v).sum(dim=0, keepdim=True)
        return v, c

    def averaged_over_the_children(u_hat, iterations):
        """You average the agreement over the children (axis 1 of (b, i, j)), so that all children share their logits.
        Nothing is averaged: each child of each image has its own."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for iteration in range(iterations):
            c = logits.softmax(dim=2)
            v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            if iteration < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v).mean(dim=1, keepdim=True)
        return v, c
