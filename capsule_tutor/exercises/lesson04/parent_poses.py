"""Fill in `parent_poses(c, u_hat)`: for each parent j the sum over the children i of coupling times vote, s_j = Σ_i
c_ij û_{j|i}. c is (b, i, j), u_hat is (b, i, j, z), the result is (b, j, z) and not squashed."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 4}
HINTS = (
    "Two steps: give every vote its weight, then let each parent add up what it hears.",
    "c lacks the axis z. `c[..., None]` has the shape (b, i, j, 1) and multiplies u_hat. The children are axis 1.",
    "`weighted = c[..., None] * u_hat`, then `.sum(dim=...)` with the number of the children's axis. Or one einsum "
    "`bij,bijz->...`, where i is missing in the output.",
)
AXES = ("b j z",)


def parent_poses(c: Tensor, u_hat: Tensor) -> Tensor:
    """What each parent hears: the votes, weighted by the couplings. c (b, i, j), u_hat (b, i, j, z) → s (b, j, z)"""
    # s_j = Σ_i c_ij û_{j|i}
    return torch.einsum("bij,bijz->bjz", c, u_hat)


reference = parent_poses


def oracle(c, u_hat):
    b, i, j, _ = map(range, u_hat.shape)
    return grid([[sum(c[n, k, p] * u_hat[n, k, p] for k in i) for p in j] for n in b])


def _shares(*shape: int, seed: int = 0) -> Tensor:
    return numbers(*shape, seed=seed).softmax(dim=-1)


def cases():
    undecided = torch.full((2, 5, 3), 1 / 3)
    decided = torch.nn.functional.one_hot(torch.tensor([[0, 1, 2, 0, 1], [2, 2, 0, 1, 0]]), 3).float()
    return [
        case("couplings (2, 5, 3) and votes (2, 5, 3, 6)", _shares(2, 5, 3), numbers(2, 5, 3, 6)),
        case("uniform couplings", undecided, numbers(2, 5, 3, 6, seed=1)),
        case(
            "couplings with a prior added, whose shares do not sum to 1", numbers(2, 5, 3, seed=7), numbers(2, 5, 3, 6)
        ),
        case("couplings of 0 and 1", decided, numbers(2, 5, 3, 6, seed=2)),
        case("a batch of 1", _shares(1, 4, 2, seed=3), numbers(1, 4, 2, 3, seed=3)),
        case("votes of zero", _shares(2, 5, 3, seed=4), torch.zeros(2, 5, 3, 6)),
        case("votes of length about 1000", _shares(2, 5, 3), numbers(2, 5, 3, 6, seed=5, scale=400.0), atol=1e-2),
        case("float64", _shares(2, 5, 3, seed=6).double(), numbers(2, 5, 3, 6, seed=6).double()),
    ]


class right:
    def by_broadcasting(c, u_hat):
        weighted = c[..., None] * u_hat
        return weighted.sum(dim=1)

    def by_loop(c, u_hat):
        s = torch.zeros_like(u_hat[:, 0])
        for i in range(u_hat.shape[1]):
            s = s + c[:, i].unsqueeze(-1) * u_hat[:, i]
        return s

    def by_matmul(c, u_hat):
        return (c.transpose(1, 2).unsqueeze(2) @ u_hat.transpose(1, 2)).squeeze(2)


class wrong:
    def mean_over_children(c, u_hat):
        """You took the mean over the children. s is a plain sum: the couplings are the weights already, and many
        children together may make a long s."""
        return (c.unsqueeze(3) * u_hat).mean(1)

    def summed_over_parents(c, u_hat):
        """You summed over the parents (axis 2), so you got one vector per child. A parent hears all children: sum over
        i, axis 1."""
        return (c.unsqueeze(3) * u_hat).sum(2)

    def summed_over_the_pose(c, u_hat):
        """You summed over z, the numbers of a pose, and the vectors are gone. Sum over the children, axis 1."""
        return (c.unsqueeze(3) * u_hat).sum(3)

    def couplings_ignored(c, u_hat):
        """You added the votes as if every coupling were 1. Multiply each vote by its coupling first."""
        return u_hat.sum(1)

    def parents_in_a_letter_of_their_own(c, u_hat):
        """You gave the parents of c another letter than those of the votes, so einsum adds up a child's couplings
        first, and they sum to 1 (leaving c out would do the same). The same j belongs in both: `bij,bijz->bjz`."""
        return torch.einsum("bik,bijz->bjz", c, u_hat)

    def children_of_the_couplings_added_first(c, u_hat):
        """You added up a parent's couplings before you multiplied, so every vote gets the same weight, their sum. The
        same letter i belongs to c and to the votes: `bij,bijz->bjz`."""
        return torch.einsum("bkj,bijz->bjz", c, u_hat)

    def divided_by_the_couplings(c, u_hat):
        """You divided by Σ_i c_ij, a weighted mean. Then a parent chosen by one child counts as much as one chosen by a
        hundred, and 0/0 waits where nobody chooses it. Do not divide."""
        return parent_poses(c, u_hat) / c.sum(1).unsqueeze(2)

    def couplings_of_the_first_child(c, u_hat):
        """You used the couplings of child 0 for every child. Each child i has its own row c[:, i]."""
        return (c[:, :1].unsqueeze(3) * u_hat).sum(1)

    def batch_summed_away(c, u_hat):
        """You summed over the batch as well: the images were mixed. Axis b must survive."""
        return torch.einsum("bij,bijz->jz", c, u_hat)

    def nothing_summed(c, u_hat):
        """You weighted the votes and did not add them up: axis i is still there. Sum over the children, axis 1."""
        return c.unsqueeze(3) * u_hat

    def child_axis_kept(c, u_hat):
        """You kept the summed axis with size 1: (b, 1, j, z). A parent has no child axis, so no keepdim here."""
        return (c.unsqueeze(3) * u_hat).sum(1, keepdim=True)

    def couplings_reshaped(c, u_hat):
        """Your couplings are mixed up. Did you reshape c to (b, j, i)? A reshape moves nothing: transpose the last two
        axes instead, `c.transpose(1, 2)`."""
        b, i, j = c.shape
        return parent_poses(c.reshape(b, j, i).transpose(1, 2), u_hat)

    def coupling_not_lined_up(c, u_hat):
        """You multiplied (b, i, j) by (b, i, j, z), and broadcasting lines axes up from the right: j met z. Give c a
        last axis of size 1, c[..., None]."""
        return (c * u_hat).sum(1)

    def softmax_once_more(c, u_hat):
        """You took a softmax of c. The couplings come in ready: a second softmax makes them more alike."""
        return parent_poses(c.softmax(dim=2), u_hat)

    def squashed_already(c, u_hat):
        """You squashed the sum. That is the next step, v = squash(s); here s itself is wanted."""
        return functional.squash(parent_poses(c, u_hat))

    def largest_for_sum(c, u_hat):
        """You took the largest weighted vote. A parent hears all of them: sum over the children."""
        return (c.unsqueeze(3) * u_hat).amax(1)

    def couplings_added(c, u_hat):
        """You added the couplings to the votes. They are weights: multiply."""
        return (c.unsqueeze(3) + u_hat).sum(1)

    def couplings_squared(c, u_hat):
        """You weighted every vote twice, by c². Multiply by c once."""
        return parent_poses(c**2, u_hat)

    def mean_and_squashed(c, u_hat):
        """You squashed, which is the next step; here s itself is wanted. And s is a sum over the children, not a
        mean."""
        return functional.squash((c.unsqueeze(3) * u_hat).mean(1))

    def last_child_alone(c, u_hat):
        """You return what the last child says. A parent hears all children: sum over axis 1."""
        return c[:, -1, :, None] * u_hat[:, -1]

    def multiplied_over_the_children(c, u_hat):
        """You multiplied the votes of the children. Add them."""
        return (c.unsqueeze(3) * u_hat).prod(1)
