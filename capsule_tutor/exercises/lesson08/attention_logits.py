"""Write `attention_logits(u_hat)`: for every image, child and parent a_ij = Σ_k ⟨û_{j|i}, û_{j|k}⟩ / √z. u_hat is (b,
i, j, z), the result is (b, i, j). Do it without the i×i table and without a loop over the children. (The check sees
values and gradients only; the spy, a few cells below, sees whether you built the table.)"""

import itertools
import math

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 7, "difficulty": 3, "importance": 5}
HINTS = (
    "In Σ_k ⟨û_i, û_k⟩ the left vector is the same in every term. Write out three terms and look what can be "
    "pulled out, as from 5·2 + 5·3 + 5·4.",
    "A dot product is linear: ⟨x, p⟩ + ⟨x, q⟩ = ⟨x, p + q⟩. So first add up all votes for a parent, (b, j, z), "
    "then take one dot product per vote.",
    "`total = u_hat.sum(dim=1)` is (b, j, z). Then the einsum of lesson 04's agreement, `bijz,bjz->bij`, with "
    "u_hat and total, divided by `u_hat.shape[3] ** 0.5`.",
)
AXES = ("b i j",)


def attention_logits(u_hat: Tensor) -> Tensor:
    """How well each vote fits all votes for the same parent. u_hat (b, i, j, z) → a (b, i, j), in O(i)"""
    # a_ij = Σ_k ⟨û_{j|i}, û_{j|k}⟩ / √z = ⟨û_{j|i}, Σ_k û_{j|k}⟩ / √z
    return torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(dim=1)) / u_hat.shape[3] ** 0.5


reference = attention_logits


def oracle(u_hat):
    b, i, j, z = map(range, u_hat.shape)
    root = math.sqrt(len(z))
    return grid([[[sum(u_hat[n, k, p] @ u_hat[n, m, p] for m in i) / root for p in j] for k in i] for n in b])


def cases():
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6)),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1)),
        case("votes of zero", torch.zeros(2, 5, 3, 6)),
        case("votes of length about 100", numbers(2, 5, 3, 6, seed=2, scale=40.0), atol=1e-1),
        case("one child only", numbers(2, 1, 3, 6, seed=3)),
        case("float64 votes", numbers(2, 5, 3, 6, seed=4).double()),
    ]


def _times_a_constant(item, value):
    """Logits that are right but for one number: the number, in sizes of the votes where it is made of them."""
    want = reference(item.args[0]).double()
    k = (value.double() * want).sum() / want.square().sum()
    if not k > 1e-3 or abs(k - 1) < 1e-3 or not torch.allclose(value.double(), k * want, rtol=1e-3, atol=item.atol):
        return None
    _, i, j, z = item.args[0].shape
    powers = sorted(itertools.product((0, -1, 1, -0.5, 0.5), (0, -0.5, 0.5, -1), (0, -1, 1, -0.5, 0.5)), key=_effort)
    made = next((p for p in powers if abs(k / (i ** p[0] * z ** p[1] * j ** p[2]) - 1) < 1e-3), None)
    names = {1: "{}", -1: "1/{}", 0.5: "√{}", -0.5: "1/√{}"}
    parts = [names[p].format(letter) for p, letter in zip(made or (), "izj", strict=False) if p]
    why = f", which is {' · '.join(parts)} for i={i}, j={j}, z={z}" if parts else ""
    return f"every logit is {k.item():.4g} times what it should be{why}. The formula has a plain sum over k, over √z."


def _effort(powers) -> float:
    return sum(1 + (abs(p) < 1) / 2 for p in powers if p)


def _another_length(item, value):
    """Each parent's logits right but for a factor of its own: another length of what the votes meet."""
    want, got = reference(item.args[0]).double(), value.double()  # (b, i, j)
    k = (got * want).sum(dim=1, keepdim=True) / want.square().sum(dim=1, keepdim=True)  # (b, 1, j)
    if want.shape[1] < 2 or torch.allclose(got, want, rtol=1e-3, atol=10 * item.atol) or not (k > 1e-4).all():
        return None
    if not torch.allclose(got, k * want, rtol=1e-3, atol=item.atol):
        return None
    return (
        f"each parent's logits are right but for a factor of its own, {k.min().item():.3g} for one and "
        f"{k.max().item():.3g} for another: what you compare the votes with points along their sum, but has another "
        "length. Is it normalised or squashed? Take the plain sum, over √z."
    )


def _not_a_square(item, value):
    u_hat = item.args[0].double()
    want = u_hat.sum(dim=1).square().sum(dim=2) / u_hat.shape[3] ** 0.5  # (b, j)
    got = value.double().sum(dim=1)
    if torch.allclose(got, want, rtol=1e-3, atol=10 * item.atol):
        return None
    place = (got - want).abs().argmax()  # in the flattened tables
    return (
        f"the logits of a parent add up to {got.flatten()[place].item():.4g} over its children. By the formula they "
        f"add up to the squared length of Σ_k û_k, over √z, and that is {want.flatten()[place].item():.4g}."
    )


properties = (_times_a_constant, _another_length, _not_a_square)


def total(u_hat: Tensor) -> Tensor:
    return u_hat.sum(dim=1)


def _dots(u_hat: Tensor, others: Tensor) -> Tensor:
    return torch.einsum("bijz,bjz->bij", u_hat, others)


def root_z(u_hat: Tensor) -> float:
    return u_hat.shape[3] ** 0.5


class right:
    def by_broadcasting(u_hat):
        total = u_hat.sum(dim=1, keepdim=True)
        return (u_hat * total).sum(dim=-1) / math.sqrt(u_hat.shape[-1])

    def by_one_einsum(u_hat):
        return torch.einsum("bijz,bkjz->bij", u_hat, u_hat) * u_hat.size(3) ** -0.5

    def by_matmul(u_hat):
        votes = u_hat.transpose(1, 2)  # (b, j, i, z)
        return (votes @ votes.sum(dim=2).unsqueeze(3)).squeeze(3).transpose(1, 2) / u_hat.shape[3] ** 0.5

    def by_the_table(u_hat):
        table = torch.einsum("bijz,bkjz->bjik", u_hat / u_hat.shape[3] ** 0.5, u_hat)
        return table.sum(dim=3).transpose(1, 2)

    def by_loops(u_hat):
        i, z = u_hat.shape[1], u_hat.shape[3]
        rows = [sum((u_hat[:, n] * u_hat[:, k]).sum(-1) for k in range(i)) for n in range(i)]
        return torch.stack(rows, dim=1) / z**0.5


class wrong:
    def root_of_z_forgotten(u_hat):
        """You forgot to divide by √z. A dot product adds up z products: without the root, poses with more entries make
        larger logits."""
        return _dots(u_hat, total(u_hat))

    def divided_by_z(u_hat):
        """You divided by z, but the formula has its square root: a sum of z random products grows like √z."""
        return _dots(u_hat, total(u_hat)) / u_hat.shape[3]

    def multiplied_by_root_z(u_hat):
        """You multiplied by √z. It is there to make the logits smaller: divide."""
        return _dots(u_hat, total(u_hat)) * root_z(u_hat)

    def root_of_the_parents(u_hat):
        """You divided by the root of the number of parents. z is the size of a pose, axis 3 of (b, i, j, z)."""
        return _dots(u_hat, total(u_hat)) / u_hat.shape[2] ** 0.5

    def root_of_the_children(u_hat):
        """You divided by the root of the number of children. z is the size of a pose, axis 3 of (b, i, j, z)."""
        return _dots(u_hat, total(u_hat)) / u_hat.shape[1] ** 0.5

    def root_of_children_and_z(u_hat):
        """You divided by √(i·z), the root of the number of all products that are added up. Divide by √z
        alone. The sum over the children is a plain sum: a crowd that agrees is meant to count for more."""
        return _dots(u_hat, total(u_hat)) / (u_hat.shape[1] * u_hat.shape[3]) ** 0.5

    def root_of_sixteen(u_hat):
        """You wrote √16 = 4 as a number. 16 is the size of a pose in one network: read z from u_hat.shape."""
        return _dots(u_hat, total(u_hat)) / 4

    def root_of_two(u_hat):
        """You divided by √2, as we did for the toy, where z is 2. Read z from u_hat.shape."""
        return _dots(u_hat, total(u_hat)) / 2**0.5

    def root_of_d(u_hat):
        """You divided by √8, the root of d in one network. Votes live in the parent's space: their size is z."""
        return _dots(u_hat, total(u_hat)) / 8**0.5

    def mean_of_the_votes(u_hat):
        """You took the mean over the other children. The formula has a sum: a crowd that agrees is meant to count for
        more than a pair that agrees."""
        return _dots(u_hat, u_hat.mean(dim=1)) / root_z(u_hat)

    def mean_without_root_z(u_hat):
        """There are two mistakes. You forgot to divide by √z. And you took the mean over the children, where the
        formula has a sum: a crowd that agrees is meant to count for more than a pair that agrees."""
        return _dots(u_hat, u_hat.mean(dim=1))

    def itself_left_out(u_hat):
        """You left out k = i. In this formula a child also meets itself, and ⟨û_i, û_i⟩ is part of the sum."""
        return _dots(u_hat, total(u_hat)) / root_z(u_hat) - u_hat.square().sum(dim=3) / root_z(u_hat)

    def sum_with_itself(u_hat):
        """You compared the sum with itself, so all children have the same logit. Each child's own vote meets the
        sum."""
        return (total(u_hat) ** 2).sum(dim=2).unsqueeze(1).expand(u_hat.shape[:3]) / root_z(u_hat)

    def half_of_z(u_hat):
        """You divided by half of z. One way to get this: `z ** 1 / 2` is (z ** 1) / 2. The root is `z ** 0.5`."""
        return _dots(u_hat, total(u_hat)) / (u_hat.shape[3] / 2)

    def itself_only(u_hat):
        """You compared every vote with itself alone: both factors have the same child. The second one runs over all
        children k."""
        return u_hat.square().sum(dim=3) / root_z(u_hat)

    def summed_over_the_parents(u_hat):
        """You compared a child's vote with its own votes for the other parents (a sum over axis 2). It meets the votes
        of the other children for the same parent: sum over axis 1."""
        return torch.einsum("bijz,biz->bij", u_hat, u_hat.sum(dim=2)) / root_z(u_hat)

    def all_parents_in_one_sum(u_hat):
        """You added up the votes for all parents. Votes for different parents live in different spaces: keep j."""
        return torch.einsum("bijz,bz->bij", u_hat, u_hat.sum(dim=(1, 2))) / root_z(u_hat)

    def images_in_one_sum(u_hat):
        """You added up the votes of all images of the batch. Each image has its own sum: keep b."""
        return torch.einsum("bijz,jz->bij", u_hat, u_hat.sum(dim=(0, 1))) / root_z(u_hat)

    def averaged_over_the_batch(u_hat):
        """You averaged the logits over the batch, so an image is routed by its neighbours. Keep b."""
        return attention_logits(u_hat).mean(dim=0, keepdim=True).expand(u_hat.shape[:3])

    def cosines_added(u_hat):
        """You made every vote a unit vector first. Here lengths count: a sure child is heard more. Take the votes as
        they are."""
        unit = torch.nn.functional.normalize(u_hat, dim=3)
        return attention_logits(unit)

    def cosines_without_root_z(u_hat):
        """You added up cosines. Two things differ from the formula: the lengths of the votes count in it, and √z
        divides. Take plain dot products."""
        unit = torch.nn.functional.normalize(u_hat, dim=3)
        return _dots(unit, total(unit))

    def sum_made_a_unit_vector(u_hat):
        """You made the sum of the votes a unit vector. Take it as it is: a large crowd is meant to be heard more."""
        return _dots(u_hat, torch.nn.functional.normalize(total(u_hat), dim=2)) / root_z(u_hat)

    def vote_made_a_unit_vector(u_hat):
        """You made each vote a unit vector before it meets the sum. Take it as it is: a sure child is heard more."""
        return _dots(torch.nn.functional.normalize(u_hat, dim=3), total(u_hat)) / root_z(u_hat)

    def cosine_with_the_sum(u_hat):
        """You took the cosine between each vote and the sum. It divides both lengths away, and here they count: a sure
        child, and a large crowd, are heard more. Take the plain dot product, over √z."""
        return torch.nn.functional.cosine_similarity(u_hat, total(u_hat).unsqueeze(1), dim=3)

    def cosine_over_root_z(u_hat):
        """You took the cosine between each vote and the sum, over √z. Leave the lengths in: a sure child, and a large
        crowd, are heard more. The division by √z is all the scaling there is."""
        return wrong.cosine_with_the_sum(u_hat) / root_z(u_hat)

    def softmax_before_the_root(u_hat):
        """All your logits are 1/√z: you took a softmax of the table before the sum over k, as a transformer would, and
        shares sum to 1. Sum the plain dot products; the softmax comes later, over the parents."""
        return wrong.softmax_before_the_sum(u_hat) / root_z(u_hat)

    def softmax_before_the_sum(u_hat):
        """You took a softmax of the table before the sum over k, as a transformer would. Shares sum to 1, so every
        logit is 1. Here the plain dot products are summed; the softmax comes later, over the parents."""
        return wrong.table_returned(u_hat).softmax(dim=3).sum(dim=3)

    def compared_with_squashed_sum(u_hat):
        """You squashed the sum before comparing. There is no squash in these logits; it comes once, at the end."""
        return _dots(u_hat, functional.squash(total(u_hat))) / root_z(u_hat)

    def compared_with_v(u_hat):
        """You compared with v = squash(s): these are the logits of dynamic routing after one step. They are close
        relatives, and not the same. Here a vote meets the plain sum, over √z."""
        return _dots(u_hat, functional.squash(total(u_hat) / u_hat.shape[2]))

    def table_returned(u_hat):
        """You returned the table of all pairs. The logits are its sum over the other child k, and there is a way to
        that sum without the table."""
        return torch.einsum("bijz,bkjz->bijk", u_hat, u_hat) / root_z(u_hat)

    def pose_not_summed(u_hat):
        """You multiplied entry by entry and stopped: a dot product also sums over z."""
        return u_hat * total(u_hat).unsqueeze(1) / root_z(u_hat)

    def child_axis_summed(u_hat):
        """You added up the children, too: axis i is gone. Each child has a logit of its own."""
        return torch.einsum("bijz,bjz->bj", u_hat, total(u_hat)) / root_z(u_hat)

    def softmax_already(u_hat):
        """You took a softmax: these are couplings. Here the logits themselves are wanted."""
        return attention_logits(u_hat).softmax(dim=2)

    def sum_detached(u_hat):
        """The values are right, but half of the gradient is missing: you cut it off at the sum of the votes. Every
        child also moves the sum that the others are compared with."""
        return _dots(u_hat, total(u_hat).detach()) / root_z(u_hat)

    def vote_detached(u_hat):
        """The values are right, but half of the gradient is missing: you cut it off at the vote that is compared, and
        left it in the sum."""
        return _dots(u_hat.detach(), total(u_hat)) / root_z(u_hat)

    def sum_not_lined_up(u_hat):
        """You multiplied (b, i, j, z) by (b, j, z) as they are; broadcasting lines axes up from the right, so b met i.
        Give the sum a child axis of size 1: .unsqueeze(1)."""
        return (u_hat * total(u_hat)).sum(dim=3) / root_z(u_hat)

    def sum_first_not_lined_up(u_hat):
        """You multiplied (b, j, z) by (b, i, j, z) as they are; broadcasting lines axes up from the right, so b met i.
        Sum with keepdim=True, so that the child axis stays with size 1."""
        return (total(u_hat) * u_hat).sum(dim=3) / root_z(u_hat)
