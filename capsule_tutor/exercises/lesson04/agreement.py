"""Write `agreement(u_hat, v)`: one number per image, child and parent, the dot product of the child's vote with the
parent's output, û_{j|i} · v_j. u_hat is (b, i, j, z), v is (b, j, z), the result is (b, i, j)."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 4}
HINTS = (
    "All children of a parent are compared with the same v_j. The only axis that disappears is z.",
    "v lacks the axis i. `v.unsqueeze(1)` has the shape (b, 1, j, z) and multiplies u_hat; then sum over z.",
    "`(u_hat * v.unsqueeze(1)).sum(dim=...)` with the number of the axis z. Or one einsum `bijz,bjz->...`, where "
    "z is missing in the output.",
)
AXES = ("b i j",)


def agreement(u_hat: Tensor, v: Tensor) -> Tensor:
    """How well each vote fits its parent's output. u_hat (b, i, j, z), v (b, j, z) → (b, i, j)"""
    # a_ij = û_{j|i} · v_j
    return torch.einsum("bijz,bjz->bij", u_hat, v)


reference = agreement


def oracle(u_hat, v):
    b, i, j, _ = map(range, u_hat.shape)
    return grid([[[u_hat[n, k, p] @ v[n, p] for p in j] for k in i] for n in b])


def cases():
    v = functional.squash(numbers(2, 3, 6, seed=10))
    return [
        case("votes (2, 5, 3, 6) and outputs (2, 3, 6)", numbers(2, 5, 3, 6), v),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1), functional.squash(numbers(1, 2, 3, seed=11))),
        case("votes of zero", torch.zeros(2, 5, 3, 6), v),
        case("outputs of zero", numbers(2, 5, 3, 6, seed=2), torch.zeros(2, 3, 6)),
        case("votes of length about 100", numbers(2, 5, 3, 6, seed=3, scale=40.0), v, atol=1e-3),
        case("float64", numbers(2, 5, 3, 6, seed=4).double(), v.double()),
    ]


class right:
    def by_broadcasting(u_hat, v):
        return (u_hat * v.unsqueeze(1)).sum(dim=3)

    def by_loop(u_hat, v):
        return torch.stack([(vote * v).sum(-1) for vote in u_hat.unbind(1)], dim=1)

    def by_matmul(u_hat, v):
        return (u_hat.transpose(1, 2) @ v[..., None]).squeeze(-1).transpose(1, 2)


class wrong:
    def shared_by_the_batch(u_hat, v):
        """You averaged the agreement over the batch, so an image is routed by the votes of its neighbours. Every image
        keeps its own (i, j) table."""
        return agreement(u_hat, v).mean(0, keepdim=True).expand(u_hat.shape[:3])

    def batch_axis_lost(u_hat, v):
        """You summed over the batch: axis b is gone. Every image has its own agreement."""
        return torch.einsum("bijz,bjz->ij", u_hat, v)

    def cosine(u_hat, v):
        """You measured the cosine, which forgets both lengths. Here they count: a long vote and a sure parent agree
        more strongly. Take the plain dot product."""
        return torch.cosine_similarity(u_hat, v.unsqueeze(1), dim=3)

    def length_of_the_vote(u_hat, v):
        """You measured how long each vote is, and left out v. Agreement takes two: multiply the vote by the output of
        its parent, number by number, and add up over z."""
        return u_hat.norm(dim=3)

    def votes_normalised(u_hat, v):
        """You made every vote a unit vector first. A long vote weighs more here: leave the lengths alone."""
        return agreement(torch.nn.functional.normalize(u_hat, dim=3), v)

    def negative_distance(u_hat, v):
        """You took minus the squared distance. A reasonable measure, but v is shorter than 1 and a vote need not be, so
        a long vote in the right direction may be punished. Here it is the dot product."""
        return -(u_hat - v.unsqueeze(1)).square().sum(3)

    def minus_the_distance(u_hat, v):
        """You took minus the distance. A distance also asks that the vote be as short as v, and v is always shorter
        than 1. The dot product asks whether the vote points along v, and how strongly."""
        return -(u_hat - v.unsqueeze(1)).norm(dim=3)

    def plain_distance(u_hat, v):
        """You took the distance: it is large where vote and output disagree, so the trust would go to the wrong
        children. The dot product is large where they agree."""
        return (u_hat - v.unsqueeze(1)).norm(dim=3)

    def output_on_the_wrong_axis(u_hat, v):
        """You wrote v.unsqueeze(2), which makes (b, j, 1, z): v's parents met the children. The missing axis is i,
        number 1: v.unsqueeze(1) is (b, 1, j, z)."""
        return (u_hat * v.unsqueeze(2)).sum(3)

    def parents_before_children(u_hat, v):
        """Your axes are (b, j, i). Children come first: (b, i, j)."""
        return agreement(u_hat, v).transpose(1, 2)

    def axes_reshaped(u_hat, v):
        """Your shape is right, but your numbers come in the order (b, j, i): a reshape moves nothing. Transpose the
        last two axes instead."""
        return agreement(u_hat, v).transpose(1, 2).reshape(u_hat.shape[:3])

    def pose_axis_kept(u_hat, v):
        """You kept the summed axis with size 1: (b, i, j, 1) where (b, i, j) is wanted. Leave out keepdim=True."""
        return (u_hat * v.unsqueeze(1)).sum(3, keepdim=True)

    def children_summed(u_hat, v):
        """You summed over the children, so every child would get the same number. Each child i agrees or disagrees for
        itself."""
        return torch.einsum("bijz,bjz->bj", u_hat, v)

    def products_not_summed(u_hat, v):
        """You multiplied entry by entry and stopped: a dot product also sums, here over z."""
        return u_hat * v.unsqueeze(1)

    def mean_of_products(u_hat, v):
        """You took the mean over z. A dot product is the sum of the products."""
        return (u_hat * v.unsqueeze(1)).mean(3)

    def output_not_lined_up(u_hat, v):
        """You multiplied (b, i, j, z) by (b, j, z) as they are; broadcasting lines axes up from the right, so b met i.
        Give v a child axis of size 1: v.unsqueeze(1)."""
        return (u_hat * v).sum(3)

    def all_parents_at_once(u_hat, v):
        """You compared each vote with all parents together. A vote for parent j meets v_j only: use the letter j in
        both tensors."""
        return torch.einsum("bijz,bkz->bij", u_hat, v)

    def divided_by_root_z(u_hat, v):
        """You divided by √z, as attention does. Dynamic routing takes the dot product as it is."""
        return agreement(u_hat, v) / u_hat.shape[3] ** 0.5

    def softmax_included(u_hat, v):
        """You took a softmax: these are couplings. The raw agreement is wanted here, because it is added to the
        logits."""
        return agreement(u_hat, v).softmax(dim=2)

    def outputs_normalised(u_hat, v):
        """You made v a unit vector first. Its length says how sure the parent is, and a sure parent counts for more:
        leave it."""
        return agreement(u_hat, torch.nn.functional.normalize(v, dim=2))

    def votes_squashed_first(u_hat, v):
        """You squashed the votes before comparing. Take them as they are: only s is ever squashed."""
        return agreement(functional.squash(u_hat), v)

    def products_squared(u_hat, v):
        """You squared the products before adding them, so that disagreement counts as agreement. Add the products
        themselves."""
        return (u_hat * v.unsqueeze(1)).square().sum(3)

    def largest_product(u_hat, v):
        """You took the largest product. A dot product is the sum of all of them, over z."""
        return (u_hat * v.unsqueeze(1)).amax(3)

    def pose_in_a_letter_of_its_own(u_hat, v):
        """You added up the numbers of the vote and those of v before you multiplied, as einsum does with two letters
        for z. Multiply number by number, then add: `bijz,bjz->bij`."""
        return u_hat.sum(3) * v.sum(2).unsqueeze(1)

    def output_forgotten(u_hat, v):
        """You added up the votes' entries, and v is not used. Multiply by v first."""
        return u_hat.sum(3)
