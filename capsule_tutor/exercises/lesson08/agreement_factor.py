"""Find the factor on paper, then fill in `agreement_factor(u_hat)`: for every image and parent the number f_j with b_ij
= f_j · a_ij, where b_ij = û_{j|i} · squash(s_j) and s_j = Σ_i û_{j|i} / J. u_hat is (b, i, j, z), the result is (b, j).
Where all votes are zero f is 0, its limit, and neither it nor its gradient is NaN."""

import math

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson08.attention_logits import attention_logits, root_z, total
from capsule_tutor.exercises.lesson08.attention_logits import wrong as wrong_attention_logits
from capsule_tutor.exercises.loops import grid
from capsule_tutor.functional import lengths

EFFORT = {"minutes": 9, "difficulty": 3, "importance": 4}
HINTS = (
    "Both kinds of logits are dot products of û_{j|i} with a vector along Σ_k û_{j|k}. Only the lengths of these "
    "two vectors differ.",
    "Put v_j = n²/(1+n²) · s_j/n into b_ij = û_{j|i} · v_j, then s_j = Σ_k û_{j|k} / J into that. Look for Σ_k "
    "⟨û_{j|i}, û_{j|k}⟩: what is it in terms of a_ij?",
    "`s = u_hat.sum(dim=1) / parents`; `n = lengths(s)`, which is (b, j); the factor is √z/J times `n / (1 + "
    "n**2)`, with `z**0.5` for √z.",
)
AXES = ("b j",)


def agreement_factor(u_hat: Tensor) -> Tensor:
    """The f with b_ij = f_j · a_ij: dynamic routing's logits after one step over attention's. (b, i, j, z) → (b, j)"""
    parents, z = u_hat.shape[2:]
    # s_j = Σ_i û_{j|i} / J and n_j = ‖s_j‖
    n = functional.lengths(u_hat.sum(dim=1) / parents)  # (b, j)
    # f_j = √z/J · n_j / (1 + n_j²)
    return z**0.5 / parents * n / (1 + n**2)


reference = agreement_factor


def oracle(u_hat):
    b, i, j, z = u_hat.shape
    heard = [[sum(u_hat[n, k, p] / j for k in range(i)) for p in range(j)] for n in range(b)]
    root = [[torch.sqrt(s @ s + 1e-12) for s in image] for image in heard]
    return grid([[math.sqrt(z) / j / (1 / n + n) for n in image] for image in root])


def cases():
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6)),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1)),
        case("votes of zero", torch.zeros(2, 5, 3, 6), atol=1e-3),
        case("votes of length about 20", numbers(2, 5, 3, 6, seed=2, scale=8.0)),
        case("short votes", numbers(2, 5, 3, 6, seed=3, scale=0.2)),
        case("float64 votes", numbers(2, 5, 3, 6, seed=4).double()),
    ]


def _beyond_the_peak(item, value):
    parents, z = item.args[0].shape[2:]
    peak = z**0.5 / (2 * parents)
    if value.min() < 0:
        return f"a factor is {value.min().item():.4g}; v points the way that the sum points, so none is negative."
    if value.max() <= peak * 1.001:
        return None
    if not item.args[0].any():
        return (
            f"a factor is {value.max().item():.4g}, and n/(1+n²) goes to 0 with n. Do you divide one tiny number by "
            "another, √eps/√eps = 1? Cancel on paper first: n²/(1+n²) over n is n/(1+n²)."
        )
    return (
        f"a factor is {value.max().item():.4g}; n/(1+n²) is never above 1/2, so none exceeds √z/(2J) = {peak:.4g}. "
        "Is a constant too large, a root missing, or a power of n too high?"
    )


def _another_n(item, value):
    """k · n/(1+n²) with the n of something else than s: two mistakes, and both are told."""
    u_hat, value = item.args[0].double(), value.double()
    children, parents, z = u_hat.shape[1:]
    for share, of in ((1, "Σ û"), (1 / children, "the mean vote of the children"), (1 / z, "Σ û / z")):
        n = lengths(u_hat.sum(dim=1) * share)
        curve = n / (1 + n**2)
        k = (value * curve).sum() / curve.square().sum()
        if u_hat.any() and value.numel() > 2 and k > 1e-6 and torch.allclose(value, k * curve, rtol=1e-4, atol=1e-6):
            return (
                f"your factors are {k.item():.4g} · n/(1+n²) with n the length of {of}. But n is the length of what is "
                f"squashed, s = Σ û / J. The constant before n/(1+n²) is √z/J, here {z**0.5 / parents:.4g}."
            )
    return None


properties = (_another_n, _beyond_the_peak)


def _n(u_hat: Tensor, share: float) -> Tensor:
    return functional.lengths(share * total(u_hat))


class right:
    def in_steps(u_hat):
        _, _, j, z = u_hat.shape
        s = u_hat.sum(dim=1) / j
        n = lengths(s)
        return math.sqrt(z) / j * n / (1 + n * n)

    def by_norm(u_hat):
        n = torch.linalg.vector_norm(u_hat.sum(1), dim=-1) / u_hat.shape[2]
        return u_hat.shape[3] ** 0.5 * n / (u_hat.shape[2] * (1 + n**2))

    def from_squared_lengths(u_hat):
        _, _, j, z = u_hat.shape
        n2 = u_hat.sum(1).div(j).pow(2).sum(-1)
        return (z * n2 + 1e-14).sqrt() / (j + j * n2)

    def from_uniform_couplings(u_hat):
        c = torch.full_like(u_hat[..., 0], 1 / u_hat.shape[2])
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
        n2 = (s * s).sum(-1)
        return u_hat.shape[3] ** 0.5 / u_hat.shape[2] * (n2 + 1e-12).sqrt() / (1 + n2)


class wrong:
    def factor_without_root_z(u_hat):
        """√z is missing: attention divided its dot products by √z, so you multiply by it to get back."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return n / (1 + n**2) / u_hat.shape[2]

    def z_for_its_root(u_hat):
        """You multiplied by z. Attention divided its dot products by √z, so √z leads back."""
        return agreement_factor(u_hat) * root_z(u_hat)

    def sixteen_for_z(u_hat):
        """You wrote √16 = 4 as a number. 16 is z in one network: use the z of u_hat.shape."""
        return agreement_factor(u_hat) / root_z(u_hat) * 4

    def divided_by_n_twice(u_hat):
        """You have 1/(1+n²) where n/(1+n²) belongs. Squash gives n²/(1+n²) times s/n: only one n cancels."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return root_z(u_hat) / u_hat.shape[2] / (1 + n**2)

    def bare_fraction_without_n(u_hat):
        """1/(1+n²) lacks an n: squash gives n²/(1+n²) times s/n, and only one n cancels. Two constants are missing,
        too: 1/J, from s = Σ û / J, and √z, which attention divided by."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return 1 / (1 + n**2)

    def factor_over_root_z(u_hat):
        """You divided by √z. Attention has divided its dot products by √z, so a factor that leads from a to b must
        multiply by it."""
        return agreement_factor(u_hat) / u_hat.shape[3]

    def factor_without_parents(u_hat):
        """A factor 1/J is missing: v points along s_j = Σ û / J, but attention compares with Σ û, which is J times as
        long."""
        return agreement_factor(u_hat) * u_hat.shape[2]

    def length_of_the_plain_sum(u_hat):
        """You took n as the length of Σ û. What is squashed is s_j = Σ û / J: every coupling is 1/J in round one."""
        n = _n(u_hat, 1.0)
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def couplings_of_one(u_hat):
        """You worked with couplings of 1. In round one each child divides its unit: every coupling is 1/J, so s_j = Σ û
        / J, and a factor 1/J also stays outside."""
        n = _n(u_hat, 1.0)
        return root_z(u_hat) * n / (1 + n**2)

    def mean_over_the_children(u_hat):
        """You took the mean over the children. A child divides its unit among the J parents, so the sum is divided by
        J, not by the number of children."""
        n = _n(u_hat, 1 / u_hat.shape[1])
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def children_for_parents(u_hat):
        """You divided by the number of children, axis 1. J is the number of parents, axis 2."""
        n = _n(u_hat, 1 / u_hat.shape[1])
        return root_z(u_hat) / u_hat.shape[1] * n / (1 + n**2)

    def length_of_s_not_divided_out(u_hat):
        """You used the new length n²/(1+n²). It belongs to the unit vector s/n: one n of it cancels."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return root_z(u_hat) / u_hat.shape[2] * n**2 / (1 + n**2)

    def length_of_v(u_hat):
        """That is the length of v. Write b_ij = û · v with v = n²/(1+n²) · s/n and s = Σ û / J, and collect everything
        that comes before Σ_k ⟨û_i, û_k⟩."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return n**2 / (1 + n**2)

    def bare_fraction(u_hat):
        """n/(1+n²) is the heart of it. Two constants are missing: 1/J, from s = Σ û / J, and √z, which attention
        divided by."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return n / (1 + n**2)

    def unsquared_denominator(u_hat):
        """You wrote n/(1+n). In the squash of 2017 the denominator is 1 + n²."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n)

    def squash_of_2021(u_hat):
        """You used the exponential squash. Dynamic routing has the one of 2017, n²/(1+n²)."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return root_z(u_hat) / u_hat.shape[2] * -torch.expm1(-n) / n

    def squash_left_out(u_hat):
        """Your factor is √z/J for every parent: you compared with s. Dynamic routing compares with v = squash(s)."""
        return agreement_factor(u_hat) * 0 + root_z(u_hat) / u_hat.shape[2]

    def upside_down(u_hat):
        """Your factor leads from b to a. The question is the other way: b = f · a."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return u_hat.shape[2] / root_z(u_hat) * (1 + n**2) / n

    def ratio_measured(u_hat):
        """You measured the factor as a quotient, b over a or ‖v‖ over ‖Σ û‖, and where votes are zero that is 0/0.
        Cancel on paper first: n²/(1+n²) over n is n/(1+n²)."""
        return (wrong_attention_logits.compared_with_v(u_hat) / attention_logits(u_hat)).mean(dim=1)

    def eps_over_eps(u_hat):
        """Right for all votes but those of zero. There you divide one eps by another and get 1, but the factor goes to
        0 with n. Cancel on paper first: n²/(1+n²) over n is n/(1+n²)."""
        s = total(u_hat) / u_hat.shape[2]
        return functional.lengths(functional.squash(s)) / functional.lengths(s) * root_z(u_hat) / u_hat.shape[2]

    def one_factor_per_child(u_hat):
        """You returned a factor per child, (b, i, j). The point is that it does not depend on i: return (b, j)."""
        return agreement_factor(u_hat).unsqueeze(1).expand(u_hat.shape[:3])

    def one_factor_per_batch(u_hat):
        """You averaged over the batch. Every image has its own sums, and so its own factors: keep b."""
        return agreement_factor(u_hat).mean(dim=0, keepdim=True).expand(u_hat.shape[0], -1)

    def summed_over_other_parents(u_hat):
        """You added up over the parents (axis 2). What a parent hears is a sum over the children, axis 1."""
        n = functional.lengths(u_hat.sum(dim=2) / u_hat.shape[2])
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def divided_by_z_for_j(u_hat):
        """You divided the sum by z. What a parent hears in round one is Σ û / J, with J the number of parents."""
        n = _n(u_hat, 1 / u_hat.shape[3])
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def squared_length(u_hat):
        """Your n is the squared length of s. It is the length itself: `lengths(s)`, the root of the sum of squares."""
        n = _n(u_hat, 1 / u_hat.shape[2]) ** 2
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def lengths_added(u_hat):
        """You added up the lengths of the votes. n is the length of s, a sum in which votes that disagree cancel: add
        the vectors first, then take the length."""
        n = lengths(u_hat).sum(dim=1) / u_hat.shape[2]
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def root_without_eps(u_hat):
        """The values are right, but where all votes are zero your gradient is NaN: at 0 a root is infinitely steep.
        `lengths(s)` has a small eps under its root."""
        n = (total(u_hat) / u_hat.shape[2]).square().sum(dim=2).sqrt()
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def half_of_z_for_its_root(u_hat):
        """You multiplied by half of z. One way to get this: `z ** 1 / 2` is (z ** 1) / 2. The root is `z ** 0.5`."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return u_hat.shape[3] / 2 / u_hat.shape[2] * n / (1 + n**2)

    def constant_upside_down(u_hat):
        """Your constant is J/√z, upside down. Attention's logits lack a 1/J and have been divided by √z: √z/J."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return u_hat.shape[2] / root_z(u_hat) * n / (1 + n**2)

    def number_of_images(u_hat):
        """You took `len(s)`, which is the number of images. The length of each vector is `lengths(s)`."""
        n = len(u_hat)
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n**2)

    def sum_squared_in_the_denominator(u_hat):
        """You wrote (1 + n)² for 1 + n². In the squash of 2017 only n is squared."""
        n = _n(u_hat, 1 / u_hat.shape[2])
        return root_z(u_hat) / u_hat.shape[2] * n / (1 + n) ** 2

    def twice_as_much(u_hat):
        """Your factor is twice the right one. n/(1+n²) stays as it is: no 2 comes in."""
        return 2 * agreement_factor(u_hat)
