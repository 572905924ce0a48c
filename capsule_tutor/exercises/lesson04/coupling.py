"""Write `coupling(logits)`: every child divides one unit among the parents by a softmax. Logits and couplings are (b,
i, j). torch.softmax is allowed. Logits of 1000 must not harm it."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid, softmax

EFFORT = {"minutes": 4, "difficulty": 1, "importance": 5}
HINTS = (
    "Who owns the unit that is divided? The entries that must sum to 1 are along one axis only.",
    "A child i owns it and divides it among the parents j, so the sum runs over j, the last axis.",
    "`torch.softmax(logits, dim=...)` with the axis of the parents in (b, i, j), counted from 0.",
)
AXES = ("b i j",)


def coupling(logits: Tensor) -> Tensor:
    """Each child divides one unit among the parents. logits (b, i, j) → c (b, i, j)"""
    # c_ij = e^{b_ij} / Σ_k e^{b_ik}, k over the parents
    return logits.softmax(dim=2)


reference = coupling


def oracle(logits):
    return grid([[softmax(row) for row in image] for image in logits])


def cases():
    huge = numbers(2, 5, 3, seed=2)
    huge[0, 1] += 1000.0
    one = numbers(2, 5, 3, seed=5)
    one[1, 3, 2] += 1000.0
    return [
        case("logits (2, 5, 3)", numbers(2, 5, 3)),
        case("logits of 0", torch.zeros(2, 5, 3)),
        case("a batch of 1", numbers(1, 4, 2, seed=1)),
        case("logits that are near 1000 for one child and small for the others", huge),
        case("logits of which a single one is near 1000 and the others are small", one),
        case("logits between about -20 and 20", numbers(2, 5, 3, seed=3, scale=8.0)),
        case("float64", numbers(2, 5, 3, seed=4).double()),
    ]


def shares_sum_to_one(item, value):
    sums = value.double().sum(2)
    if value.min() < 0:
        return f"there is a coupling of {value.min().item():.4g}; a child cannot send a negative share."
    worst = sums.flatten()[(sums - 1).abs().argmax()].item()
    return (
        f"the couplings of a child sum to {worst:.4g} over the parents; expected 1." if abs(worst - 1) > 1e-4 else None
    )


properties = (shares_sum_to_one,)


class right:
    def by_hand(logits):
        e = torch.exp(logits - logits.max(dim=-1, keepdim=True).values)
        return e / e.sum(dim=-1, keepdim=True)

    def by_module(logits):
        return torch.nn.Softmax(dim=2)(logits)

    def by_logsumexp(logits):
        return torch.exp(logits - torch.logsumexp(logits, dim=2, keepdim=True))


class wrong:
    def over_the_children(logits):
        """You normalised over the children (axis 1): each parent divides its attention. It is the child that has one
        unit to give: the shares of a child must sum to 1 over the parents, axis 2."""
        return logits.softmax(dim=1)

    def over_the_batch(logits):
        """You normalised over the batch (axis 0, which `F.softmax` takes if no `dim` is given), so images compete with
        each other. The shares of one child in one image sum to 1 over the parents, axis 2."""
        return logits.softmax(dim=0)

    def over_a_whole_image(logits):
        """You took one softmax over all children and parents of an image: one unit for all of them. Every child has a
        unit of its own."""
        return logits.flatten(1).softmax(dim=1).view_as(logits)

    def over_everything(logits):
        """You took one softmax over the whole tensor, images included. Every child of every image has one unit."""
        return logits.flatten().softmax(dim=0).view_as(logits)

    def sigmoid(logits):
        """You took a sigmoid of each logit, so a child may send a whole unit to every parent. A softmax makes the
        parents compete for it."""
        return logits.sigmoid()

    def exp_of_the_raw_logits(logits):
        """The formula is right, but e^1000 is infinite and inf/inf is NaN. Subtract each child's largest logit first,
        or use torch.softmax, which does."""
        e = logits.exp()
        return e / e.sum(2, keepdim=True)

    def one_maximum_for_all(logits):
        """You subtracted the one largest logit of the whole tensor: a child far below it gets e^−1000 = 0 everywhere,
        and 0/0. Subtract each child's own maximum (amax over axis 2, keepdim=True)."""
        e = (logits - logits.max()).exp()
        return e / e.sum(2, keepdim=True)

    def mean_taken_off(logits):
        """Where a single logit of a child is near 1000, you still get inf/inf = NaN. Did you subtract the child's mean,
        or a logit that is not its largest? Subtract the largest: then no exponent is above 0."""
        e = (logits - logits.mean(2, keepdim=True)).exp()
        return e / e.sum(2, keepdim=True)

    def logits_clamped(logits):
        """You cut large logits off, and those beyond the cut become equal. Nothing need be cut: subtract each child's
        own maximum, which changes no share, or use torch.softmax."""
        e = logits.clamp(-50, 50).exp()
        return e / e.sum(2, keepdim=True)

    def divided_without_exp(logits):
        """You divided the logits by their sum. Logits may be negative or sum to 0: take e^logit first."""
        return logits / logits.sum(2, keepdim=True)

    def not_divided(logits):
        """You took the exponentials and did not divide by their sum over the parents."""
        return (logits - logits.amax(2, keepdim=True)).exp()

    def parent_axis_lost(logits):
        """The sum lost its axis and no longer lines up with the logits: pass keepdim=True."""
        e = (logits - logits.amax(2, keepdim=True)).exp()
        return e / e.sum(2)

    def logarithm_of_the_couplings(logits):
        """You took log_softmax, the logarithm of the couplings: these are negative. Use softmax."""
        return logits.log_softmax(dim=2)

    def winner_takes_all(logits):
        """You let each child choose one parent outright (argmax). No gradient passes through that, and an undecided
        child must be able to stay undecided. Use softmax."""
        return torch.nn.functional.one_hot(logits.argmax(2), logits.shape[2]).to(logits.dtype)

    def logits_changed_in_place(logits):
        """You changed the logits in place (`-=`). They are kept for the next iteration: make a new tensor."""
        logits -= logits.amax(2, keepdim=True)
        return logits.softmax(dim=2)

    def with_a_temperature(logits):
        """You divided the logits by a root before the softmax. Take them as they are."""
        return (logits / logits.shape[2] ** 0.5).softmax(dim=2)

    def signs_turned(logits):
        """You took the softmax of −logits, so the parent that agrees least gets the most. Leave out the minus."""
        return (-logits).softmax(dim=2)

    def shares_of_absolute_values(logits):
        """You divided absolute values by their sum, so that strong disagreement counts as agreement. Take e^logit
        first: a softmax."""
        return logits.abs() / logits.abs().sum(2, keepdim=True)

    def shares_of_squares(logits):
        """You divided squares by their sum, so that strong disagreement counts as agreement. Take e^logit first: a
        softmax."""
        return logits**2 / (logits**2).sum(2, keepdim=True)

    def over_children_and_then_over_parents(logits):
        """You took a softmax over the children first, then one over the parents. One is enough, over the parents."""
        return logits.softmax(dim=1).softmax(dim=2)
