"""Write `swapped_lengths(u_hat, c, squash=exponential_squash)`: how long the parents' capsules become when the votes
u_hat (b, i, j, z) are gathered with couplings c that were handed in. c is (b, i, j), or (i, j) for all images alike:
both must work. The result is (b, j). Nothing is routed here: use c as it is."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson02.exponential_squash import oracle as slow_exponential_squash
from capsule_tutor.exercises.lesson02.squash import oracle as slow_squash
from capsule_tutor.exercises.loops import grid
from capsule_tutor.functional import exponential_squash

EFFORT = {"minutes": 4, "difficulty": 2, "importance": 4}
HINTS = (
    "Three lines: weigh the votes and add them up over the children; squash; take lengths.",
    "c needs one axis more at its end, so that every number of a vote is multiplied with the same coupling. An (i, j) "
    "table then fits (b, i, j, z) by itself, since missing axes are added at the front.",
    "`s = (c[..., None] * u_hat).sum(dim=…)` leaves (b, j, z); then `functional.lengths(squash(s))`.",
)
AXES = ("b j",)


def swapped_lengths(u_hat: Tensor, c: Tensor, squash=exponential_squash) -> Tensor:
    """The lengths of the parents with couplings c. u_hat (b, i, j, z), c (b, i, j) or (i, j) → (b, j)"""
    # s_j = Σ_i c_ij û_{j|i}
    s = (c[..., None] * u_hat).sum(dim=1)  # (b, j, z)
    return functional.lengths(squash(s))


reference = swapped_lengths


def oracle(u_hat, c, squash=exponential_squash):
    slow = slow_squash if squash is functional.squash else slow_exponential_squash
    b, i, j, _ = u_hat.shape
    tables = c if c.ndim == 3 else [c] * b
    sums = [[sum(tables[n][k, p] * u_hat[n, k, p] for k in range(i)) for p in range(j)] for n in range(b)]
    v = slow(grid(sums))
    return grid([[torch.sqrt((x * x).sum() + 1e-16) for x in image] for image in v])


def _shares(*shape: int, seed: int) -> Tensor:
    return (2 * numbers(*shape, seed=seed)).softmax(dim=-1)


def cases():
    c = _shares(2, 5, 3, seed=1)
    return [
        case("votes (2, 5, 3, 6), couplings (2, 5, 3)", numbers(2, 5, 3, 6), c),
        case("votes (2, 5, 3, 6), couplings (5, 3)", numbers(2, 5, 3, 6), c[0]),
        case("a batch of 1, four children and four parents", numbers(1, 4, 4, 3, seed=2), _shares(1, 4, 4, seed=3)),
        case(
            "couplings with a negative entry, as a prior makes them",
            numbers(2, 5, 3, 6, seed=4),
            c - 0.4 * torch.eye(5, 3),
        ),
        case("short votes", 0.1 * numbers(3, 4, 2, 5, seed=5), _shares(3, 4, 2, seed=6)),
        case("another squash", numbers(2, 5, 3, 6, seed=7), c, squash=functional.squash),
    ]


def _shorter_than_one(item, value):
    if value.max() <= 1.0001:
        return None
    said = f"a length is {value.max().item():.3f}, and no squashed pose is longer than 1."
    return f"{said} Do you squash s along its LAST axis, and after that take the root of the sum of squares?"


properties = (_shorter_than_one,)


def _gathered(u_hat: Tensor, c: Tensor) -> Tensor:
    return (c[..., None] * u_hat).sum(dim=1)


class right:
    def by_einsum(u_hat, c, squash):
        b, i, j, _ = u_hat.shape
        return functional.lengths(squash(torch.einsum("bij,bijz->bjz", c.expand(b, i, j), u_hat)))

    def by_loop(u_hat, c, squash):
        c = c if c.ndim == 3 else c.unsqueeze(0)
        s = 0
        for k in range(u_hat.shape[1]):
            s = s + c[:, k].unsqueeze(-1) * u_hat[:, k]
        return squash(s).norm(dim=-1)

    def by_matmul(u_hat, c, squash):
        weights = c.transpose(-1, -2).unsqueeze(-2)  # (…, j, 1, i)
        s = (weights @ u_hat.transpose(1, 2)).squeeze(-2)
        return functional.lengths(squash(s))


class wrong:
    def softmax_of_the_couplings(u_hat, c, squash):
        """You sent c through a softmax. It holds couplings already, not logits; a second softmax makes them nearly
        equal."""
        return swapped_lengths(u_hat, c.softmax(dim=-1), squash)

    def softmax_over_the_children(u_hat, c, squash):
        """You sent c through a softmax over the children. c holds couplings already: use it as it is."""
        return swapped_lengths(u_hat, c.softmax(dim=-2), squash)

    def mean_for_sum(u_hat, c, squash):
        """You took the mean over the children. s is a sum: the couplings are the weights, and nothing else divides."""
        return functional.lengths(squash((c[..., None] * u_hat).mean(dim=1)))

    def divided_by_the_received(u_hat, c, squash):
        """You divided s by what each parent received, Σ_i c_ij. That is a weighted mean. In s a parent that gets more
        becomes longer, and this is how it says that it is there."""
        return functional.lengths(squash(_gathered(u_hat, c) / c.sum(dim=-2).unsqueeze(-1)))

    def no_squash(u_hat, c, squash):
        """You took the length of s. Squash it first: v is what the parent says, and its length stays below 1."""
        return functional.lengths(_gathered(u_hat, c))

    def squashed_votes(u_hat, c, squash):
        """You squashed every vote and then added up. Only the sum s is squashed."""
        return functional.lengths(_gathered(squash(u_hat), c))

    def squashed_weighted_votes(u_hat, c, squash):
        """You squashed the votes with their couplings, and then added up. Add up first: only the sum s is squashed, and
        then its length stays below 1."""
        return functional.lengths(squash(c[..., None] * u_hat).sum(dim=1))

    def three_axes_wanted(u_hat, c, squash):
        """Your einsum wants three axes of c, which may be (i, j), for all images alike. Give c the axis of the images
        with `expand`, or let an ellipsis `...` stand for it in all three parts."""
        return functional.lengths(squash(torch.einsum("bij,bijz->bjz", c, u_hat)))

    def three_axes_counted(u_hat, c, squash):
        """You count three axes of c before the new one, and c may be (i, j), for all images alike. Count from the end:
        `c[..., None]` or `c.unsqueeze(-1)`."""
        return functional.lengths(squash((c[:, :, :, None] * u_hat).sum(dim=1)))

    def always_an_axis_for_the_images(u_hat, c, squash):
        """You give c an axis for the images even where it has one already. An (i, j) table needs none, since missing
        axes are added at the front: `c[..., None]` works for both."""
        return functional.lengths(squash((c.unsqueeze(0).unsqueeze(-1) * u_hat).sum(dim=1)))

    def couplings_added_over_the_images(u_hat, c, squash):
        """The couplings of all images are added up and used for each. In an einsum, an ellipsis that stands for nothing
        on the right is summed over: let it stand for the images in all three parts, or use `expand` and b."""
        return functional.lengths(squash(torch.einsum("...ij,bijz->bjz", c, u_hat)))

    def lengths_before_the_sum(u_hat, c, squash):
        """You added up the lengths of the votes. Then votes that point in opposite directions no longer cancel, and
        agreement counts for nothing. Add vectors, and take the length at the end."""
        s = (c * functional.lengths(u_hat)).sum(dim=1)
        return s**2 / (1 + s**2) if squash is functional.squash else 1 - torch.exp(-s)

    def lengths_of_squashed_votes(u_hat, c, squash):
        """You squashed every vote and added up lengths. Then votes that point in opposite directions no longer cancel.
        Add vectors first, squash the sum, and take the length last."""
        return (c * functional.lengths(squash(u_hat))).sum(dim=1)

    def mean_without_squash(u_hat, c, squash):
        """Two things: you took the mean over the children where s is a sum, and you took its length without a
        squash."""
        return functional.lengths((c[..., None] * u_hat).mean(dim=1))

    def couplings_made_positive(u_hat, c, squash):
        """You made the couplings positive. After a prior is added, a coupling may be negative: such a vote counts
        against the parent."""
        return swapped_lengths(u_hat, c.abs(), squash)

    def negative_couplings_cut(u_hat, c, squash):
        """You cut negative couplings off at 0. After a prior is added, a coupling may be negative: such a vote counts
        against the parent."""
        return swapped_lengths(u_hat, c.clamp(min=0), squash)

    def made_to_sum_to_one(u_hat, c, squash):
        """You divided c by its sums over the parents. Use c as it is: with a prior the sums are no longer 1, and that
        is meant so."""
        return swapped_lengths(u_hat, c / c.sum(dim=-1, keepdim=True), squash)

    def couplings_forgotten(u_hat, c, squash):
        """You added the votes without their couplings. c says how much each vote counts."""
        return functional.lengths(squash(u_hat.sum(dim=1)))

    def equal_couplings(u_hat, c, squash):
        """You gave each parent the same share, 1/J, whatever c says."""
        return functional.lengths(squash(u_hat.sum(dim=1) / u_hat.shape[2]))

    def routed_again(u_hat, c, squash):
        """You routed the votes, and c was not used. Here the couplings come from outside."""
        return functional.lengths(squash(_gathered(u_hat, functional.dynamic_routing(u_hat, 3)[1])))

    def attended_again(u_hat, c, squash):
        """You routed the votes by self-attention, and c was not used. Here the couplings come from outside."""
        return functional.lengths(functional.self_attention_routing(u_hat)[0])

    def absolute_values_added(u_hat, c, squash):
        """You added up the absolute values of a pose's numbers. A length is the root of the sum of their squares: use
        functional.lengths."""
        return squash(_gathered(u_hat, c)).abs().sum(dim=-1)

    def squashed_over_the_parents(u_hat, c, squash):
        """You squashed along the parents. A pose's numbers are along the LAST axis, which is the one that squash takes
        by itself."""
        return functional.lengths(squash(_gathered(u_hat, c), 1))

    def lengths_squashed(u_hat, c, squash):
        """You took lengths first and squashed those: squash then takes the lengths of an image's parents for one
        vector. Squash the poses s, and take their lengths last."""
        return squash(functional.lengths(_gathered(u_hat, c)))

    def squared_lengths(u_hat, c, squash):
        """You returned the squares of the lengths. The root is missing: use functional.lengths."""
        return squash(_gathered(u_hat, c)).square().sum(dim=-1)

    def of_the_first_image(u_hat, c, squash):
        """You used the first image's couplings for all images. Where c is (b, i, j), every image has its own."""
        return swapped_lengths(u_hat, c[0] if c.ndim == 3 else c, squash)

    def mean_over_the_images(u_hat, c, squash):
        """You averaged the couplings over the images. Where c is (b, i, j), every image has its own."""
        return swapped_lengths(u_hat, c.mean(dim=0) if c.ndim == 3 else c, squash)

    def always_the_exponential_squash(u_hat, c, squash):
        """You always use the exponential squash. Use the one that is handed in."""
        return swapped_lengths(u_hat, c, exponential_squash)

    def always_the_squash_of_2017(u_hat, c, squash):
        """You always use the squash of 2017. Use the one that is handed in."""
        return swapped_lengths(u_hat, c, functional.squash)

    def images_added_up(u_hat, c, squash):
        """You added up over the images. Axis 0 is the batch; the children are axis 1."""
        return functional.lengths(squash((c[..., None] * u_hat).sum(dim=0)))

    def length_over_the_parents(u_hat, c, squash):
        """You took the length over the parents. A pose's numbers are the LAST axis."""
        return squash(_gathered(u_hat, c)).norm(dim=1)

    def mean_of_squashed_votes(u_hat, c, squash):
        """Two things: you squashed every vote and not their sum, and you took a mean over the children. Add vectors
        first, squash the sum, and take the length last."""
        return functional.lengths(squash(c[..., None] * u_hat).mean(dim=1))

    def parents_added_up(u_hat, c, squash):
        """You added up over the parents, so each child has a vector. s_j is a sum over the children i."""
        return functional.lengths(squash((c[..., None] * u_hat).sum(dim=2)))

    def poses_returned(u_hat, c, squash):
        """You return the poses (b, j, z). The lengths were wanted: (b, j)."""
        return squash(_gathered(u_hat, c))
