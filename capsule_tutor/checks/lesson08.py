"""Lesson 08: self-attention routing, and what it has in common with dynamic routing."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers

# --- attention logits -------------------------------------------------------------------------------------


def attention_logits(u_hat: Tensor) -> Tensor:
    """How well each vote fits all votes for the same parent. u_hat (b, i, j, z) → a (b, i, j), in O(i)"""
    # a_ij = Σ_k ⟨û_{j|i}, û_{j|k}⟩ / √z = ⟨û_{j|i}, Σ_k û_{j|k}⟩ / √z
    return torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(dim=1)) / u_hat.shape[3] ** 0.5


def _logits_cases() -> list[Case]:
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6)),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1)),
        case("votes of zero", torch.zeros(2, 5, 3, 6)),
        case("votes of length about 100", numbers(2, 5, 3, 6, seed=2, scale=40.0), atol=1e-1),
        case("one child only", numbers(2, 1, 3, 6, seed=3)),
        case("float64 votes", numbers(2, 5, 3, 6, seed=4).double()),
    ]


def _not_a_square(item: Case, value: Tensor) -> str | None:
    u_hat = item.args[0].double()
    want = u_hat.sum(dim=1).square().sum(dim=2) / u_hat.shape[3] ** 0.5  # (b, j)
    got = value.double().sum(dim=1)
    if torch.allclose(got, want, rtol=1e-3, atol=10 * item.atol):
        return None
    place = (got - want).abs().argmax()  # in the flattened tables
    return (
        f"the logits of a parent, added up over its children, give {got.flatten()[place].item():.4g}; the votes added "
        f"up to one vector, its squared length over √z, give {want.flatten()[place].item():.4g}. The two must be equal."
    )


def _total(u_hat: Tensor) -> Tensor:
    return u_hat.sum(dim=1)


def _dots(u_hat: Tensor, others: Tensor) -> Tensor:
    return torch.einsum("bijz,bjz->bij", u_hat, others)


def _root(u_hat: Tensor) -> float:
    return u_hat.shape[3] ** 0.5


def root_of_z_forgotten(u_hat):
    return _dots(u_hat, _total(u_hat))


def divided_by_z(u_hat):
    return _dots(u_hat, _total(u_hat)) / u_hat.shape[3]


def multiplied_by_root_z(u_hat):
    return _dots(u_hat, _total(u_hat)) * _root(u_hat)


def root_of_the_parents(u_hat):
    return _dots(u_hat, _total(u_hat)) / u_hat.shape[2] ** 0.5


def root_of_the_children(u_hat):
    return _dots(u_hat, _total(u_hat)) / u_hat.shape[1] ** 0.5


def root_of_sixteen(u_hat):
    return _dots(u_hat, _total(u_hat)) / 4


def root_of_d(u_hat):
    return _dots(u_hat, _total(u_hat)) / 8**0.5


def mean_of_the_votes(u_hat):
    return _dots(u_hat, u_hat.mean(dim=1)) / _root(u_hat)


def itself_left_out(u_hat):
    return _dots(u_hat, _total(u_hat)) / _root(u_hat) - u_hat.square().sum(dim=3) / _root(u_hat)


def itself_only(u_hat):
    return u_hat.square().sum(dim=3) / _root(u_hat)


def summed_over_the_parents(u_hat):
    return torch.einsum("bijz,biz->bij", u_hat, u_hat.sum(dim=2)) / _root(u_hat)


def all_parents_in_one_sum(u_hat):
    return torch.einsum("bijz,bz->bij", u_hat, u_hat.sum(dim=(1, 2))) / _root(u_hat)


def images_in_one_sum(u_hat):
    return torch.einsum("bijz,jz->bij", u_hat, u_hat.sum(dim=(0, 1))) / _root(u_hat)


def averaged_over_the_batch(u_hat):
    return attention_logits(u_hat).mean(dim=0, keepdim=True).expand(u_hat.shape[:3])


def cosines_added(u_hat):
    unit = torch.nn.functional.normalize(u_hat, dim=3)
    return attention_logits(unit)


def cosines_without_root_z(u_hat):
    unit = torch.nn.functional.normalize(u_hat, dim=3)
    return _dots(unit, _total(unit))


def cosine_with_the_sum(u_hat):
    return torch.nn.functional.cosine_similarity(u_hat, _total(u_hat).unsqueeze(1), dim=3)


def cosine_over_root_z(u_hat):
    return cosine_with_the_sum(u_hat) / _root(u_hat)


def softmax_before_the_sum(u_hat):
    return table_returned(u_hat).softmax(dim=3).sum(dim=3)


def softmax_before_the_root(u_hat):
    return softmax_before_the_sum(u_hat) / _root(u_hat)


def compared_with_squashed_sum(u_hat):
    return _dots(u_hat, functional.squash(_total(u_hat))) / _root(u_hat)


def compared_with_v(u_hat):
    return _dots(u_hat, functional.squash(_total(u_hat) / u_hat.shape[2]))


def table_returned(u_hat):
    return torch.einsum("bijz,bkjz->bijk", u_hat, u_hat) / _root(u_hat)


def pose_not_summed(u_hat):
    return u_hat * _total(u_hat).unsqueeze(1) / _root(u_hat)


def child_axis_summed(u_hat):
    return torch.einsum("bijz,bjz->bj", u_hat, _total(u_hat)) / _root(u_hat)


def softmax_already(u_hat):
    return attention_logits(u_hat).softmax(dim=2)


def sum_detached(u_hat):
    return _dots(u_hat, _total(u_hat).detach()) / _root(u_hat)


def without_gradient(u_hat):
    return attention_logits(u_hat.detach())


def sum_not_lined_up(u_hat):
    return (u_hat * _total(u_hat)).sum(dim=3) / _root(u_hat)


def sum_first_not_lined_up(u_hat):
    return (_total(u_hat) * u_hat).sum(dim=3) / _root(u_hat)


ATTENTION_LOGITS = Exercise(
    id="08-attention-logits",
    goal=(
        "Write `attention_logits(u_hat)`: for every image, child and parent a_ij = Σ_k ⟨û_{j|i}, û_{j|k}⟩ / √z. "
        "u_hat is (b, i, j, z), the result is (b, i, j). Do it without the i×i table and without a loop over the "
        "children. (The check sees values and gradients only; the cell after it sees whether you built the table.)"
    ),
    reference=attention_logits,
    oracle=oracles.attention_logits,
    axes=("b i j",),
    cases=_logits_cases,
    properties=(_not_a_square,),
    mutants=(
        Mutant(root_of_z_forgotten, "You forgot to divide by √z. Without it long poses make large logits."),
        Mutant(
            divided_by_z,
            "You divided by z, but the formula has its square root: a sum of z random products grows like √z.",
        ),
        Mutant(multiplied_by_root_z, "You multiplied by √z. It is there to make the logits smaller: divide."),
        Mutant(
            root_of_the_parents,
            "You divided by the root of the number of parents. z is the size of a pose, axis 3 of (b, i, j, z).",
        ),
        Mutant(
            root_of_the_children,
            "You divided by the root of the number of children. z is the size of a pose, axis 3 of (b, i, j, z).",
        ),
        Mutant(
            root_of_sixteen,
            "You wrote √16 = 4 as a number. 16 is the size of a pose in one network: read z from u_hat.shape.",
        ),
        Mutant(
            root_of_d,
            "You divided by √8, the root of d in one network. Votes live in the parent's space: their size is z.",
        ),
        Mutant(
            mean_of_the_votes,
            "You took the mean over the other children. The formula has a sum: a crowd that agrees is meant to count "
            "for more than a pair that agrees.",
        ),
        Mutant(
            itself_left_out,
            "You left out k = i. In this formula a child also meets itself, and ⟨û_i, û_i⟩ is part of the sum.",
        ),
        Mutant(
            itself_only,
            "You compared every vote with itself alone: both factors have the same child. The second one runs over "
            "all children k.",
        ),
        Mutant(
            summed_over_the_parents,
            "You compared a child's vote with its own votes for the other parents (a sum over axis 2). It meets the "
            "votes of the other children for the same parent: sum over axis 1.",
        ),
        Mutant(
            all_parents_in_one_sum,
            "You added up the votes for all parents. Votes for different parents live in different spaces: keep j.",
        ),
        Mutant(
            images_in_one_sum,
            "You added up the votes of all images of the batch. Each image has its own sum: keep b.",
        ),
        Mutant(
            averaged_over_the_batch,
            "You averaged the logits over the batch, so an image is routed by its neighbours. Keep b.",
        ),
        Mutant(
            cosines_added,
            "You made every vote a unit vector first. Here lengths count: a sure child is heard more. Take the votes "
            "as they are.",
        ),
        Mutant(
            cosines_without_root_z,
            "You added up cosines. Two things differ from the formula: the lengths of the votes count in it, and √z "
            "divides. Take plain dot products.",
        ),
        Mutant(
            cosine_with_the_sum,
            "You took the cosine between each vote and the sum. It divides both lengths away, and here they count: a "
            "sure child, and a large crowd, are heard more. Take the plain dot product, over √z.",
        ),
        Mutant(
            cosine_over_root_z,
            "You took the cosine between each vote and the sum, over √z. Leave the lengths in: a sure child, and a "
            "large crowd, are heard more. The division by √z is all the scaling there is.",
        ),
        Mutant(
            softmax_before_the_root,
            "All your logits are 1/√z: you took a softmax of the table before the sum over k, as a transformer would, "
            "and shares sum to 1. Sum the plain dot products; the softmax comes later, over the parents.",
        ),
        Mutant(
            softmax_before_the_sum,
            "You took a softmax of the table before the sum over k, as a transformer would. Shares sum to 1, so every "
            "logit is 1. Here the plain dot products are summed; the softmax comes later, over the parents.",
        ),
        Mutant(
            compared_with_squashed_sum,
            "You squashed the sum before comparing. There is no squash in these logits; it comes once, at the end.",
        ),
        Mutant(
            compared_with_v,
            "You compared with v = squash(s): these are the logits of dynamic routing after one step. They are close "
            "relatives, and not the same. Here a vote meets the plain sum, over √z.",
        ),
        Mutant(
            table_returned,
            "You returned the table of all pairs. The logits are its sum over the other child k, and there is a way "
            "to that sum without the table.",
        ),
        Mutant(pose_not_summed, "You multiplied entry by entry and stopped: a dot product also sums over z."),
        Mutant(child_axis_summed, "You added up the children, too: axis i is gone. Each child has a logit of its own."),
        Mutant(softmax_already, "You took a softmax: these are couplings. Here the logits themselves are asked."),
        Mutant(
            sum_detached,
            "The values are right, but half of the gradient is missing: you cut it off at the sum of the votes. Every "
            "child also moves the sum that the others are compared with.",
        ),
        Mutant(
            without_gradient,
            "The values are right, but no gradient flows back to u_hat: look for .detach(), .data or torch.no_grad().",
        ),
        Mutant(
            sum_not_lined_up,
            "You multiplied (b, i, j, z) by (b, j, z) as they are; broadcasting lines axes up from the right, so b met "
            "i. Give the sum a child axis of size 1: .unsqueeze(1).",
        ),
        Mutant(
            sum_first_not_lined_up,
            "You multiplied (b, j, z) by (b, i, j, z) as they are; broadcasting lines axes up from the right, so b met "
            "i. Sum with keepdim=True, so that the child axis stays with size 1.",
        ),
    ),
    hints=(
        "In Σ_k ⟨û_i, û_k⟩ the left vector is the same in every term. Write out three terms and look what can be "
        "pulled out, as from 5·2 + 5·3 + 5·4.",
        "A dot product is linear: ⟨x, p⟩ + ⟨x, q⟩ = ⟨x, p + q⟩. So first add up all votes for a parent, (b, j, z), "
        "then take one dot product per vote.",
        "`total = u_hat.sum(dim=1)` is (b, j, z). Then the einsum of lesson 04's agreement, `bijz,bjz->bij`, with "
        "u_hat and total, divided by `u_hat.shape[3] ** 0.5`.",
    ),
    minutes=7,
    difficulty=3,
    importance=5,
)


# --- the factor between the two kinds of logits --------------------------------------------------------------


def agreement_factor(u_hat: Tensor) -> Tensor:
    """The f with b_ij = f_j · a_ij: dynamic routing's logits after one step over attention's. (b, i, j, z) → (b, j)"""
    parents, z = u_hat.shape[2:]
    # s_j = Σ_i û_{j|i} / J and n_j = ‖s_j‖
    n = functional.lengths(u_hat.sum(dim=1) / parents)  # (b, j)
    # f_j = √z/J · n_j / (1 + n_j²)
    return z**0.5 / parents * n / (1 + n**2)


def _factor_cases() -> list[Case]:
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6)),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1)),
        case("votes of zero", torch.zeros(2, 5, 3, 6), atol=1e-3),
        case("votes of length about 20", numbers(2, 5, 3, 6, seed=2, scale=8.0)),
        case("short votes", numbers(2, 5, 3, 6, seed=3, scale=0.2)),
        case("float64 votes", numbers(2, 5, 3, 6, seed=4).double()),
    ]


def _beyond_the_peak(item: Case, value: Tensor) -> str | None:
    parents, z = item.args[0].shape[2:]
    peak = z**0.5 / (2 * parents)
    if value.min() < 0:
        return f"a factor is {value.min().item():.4g}; v points the way that the sum points, so none is negative."
    if value.max() <= peak * 1.001:
        return None
    return (
        f"a factor is {value.max().item():.4g}; n/(1+n²) is never above 1/2, so none exceeds √z/(2J) = {peak:.4g}. "
        "Is a constant too large, or a root missing?"
    )


def _n(u_hat: Tensor, share: float) -> Tensor:
    return functional.lengths(share * _total(u_hat))


def factor_without_root_z(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return n / (1 + n**2) / u_hat.shape[2]


def z_for_its_root(u_hat):
    return agreement_factor(u_hat) * _root(u_hat)


def sixteen_for_z(u_hat):
    return agreement_factor(u_hat) / _root(u_hat) * 4


def divided_by_n_twice(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return _root(u_hat) / u_hat.shape[2] / (1 + n**2)


def bare_fraction_without_n(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return 1 / (1 + n**2)


def factor_over_root_z(u_hat):
    return agreement_factor(u_hat) / u_hat.shape[3]


def factor_without_parents(u_hat):
    return agreement_factor(u_hat) * u_hat.shape[2]


def length_of_the_plain_sum(u_hat):
    n = _n(u_hat, 1.0)
    return _root(u_hat) / u_hat.shape[2] * n / (1 + n**2)


def couplings_of_one(u_hat):
    n = _n(u_hat, 1.0)
    return _root(u_hat) * n / (1 + n**2)


def mean_over_the_children(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[1])
    return _root(u_hat) / u_hat.shape[2] * n / (1 + n**2)


def children_for_parents(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[1])
    return _root(u_hat) / u_hat.shape[1] * n / (1 + n**2)


def length_of_s_not_divided_out(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return _root(u_hat) / u_hat.shape[2] * n**2 / (1 + n**2)


def length_of_v(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return n**2 / (1 + n**2)


def bare_fraction(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return n / (1 + n**2)


def unsquared_denominator(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return _root(u_hat) / u_hat.shape[2] * n / (1 + n)


def squash_of_2021(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return _root(u_hat) / u_hat.shape[2] * -torch.expm1(-n) / n


def squash_left_out(u_hat):
    return agreement_factor(u_hat) * 0 + _root(u_hat) / u_hat.shape[2]


def upside_down(u_hat):
    n = _n(u_hat, 1 / u_hat.shape[2])
    return u_hat.shape[2] / _root(u_hat) * (1 + n**2) / n


def ratio_measured(u_hat):
    return (compared_with_v(u_hat) / attention_logits(u_hat)).mean(dim=1)


def eps_over_eps(u_hat):
    s = _total(u_hat) / u_hat.shape[2]
    return functional.lengths(functional.squash(s)) / functional.lengths(s) * _root(u_hat) / u_hat.shape[2]


def one_factor_per_child(u_hat):
    return agreement_factor(u_hat).unsqueeze(1).expand(u_hat.shape[:3])


def one_factor_per_batch(u_hat):
    return agreement_factor(u_hat).mean(dim=0, keepdim=True).expand(u_hat.shape[0], -1)


def factor_with_keepdim(u_hat):
    return agreement_factor(u_hat).unsqueeze(2)


def factor_detached(u_hat):
    return agreement_factor(u_hat.detach())


def summed_over_other_parents(u_hat):
    n = functional.lengths(u_hat.sum(dim=2) / u_hat.shape[2])
    return _root(u_hat) / u_hat.shape[2] * n / (1 + n**2)


AGREEMENT_FACTOR = Exercise(
    id="08-agreement-factor",
    goal=(
        "Find the factor on paper, then fill in `agreement_factor(u_hat)`: for every image and parent the number f_j "
        "with b_ij = f_j · a_ij, where b_ij = û_{j|i} · squash(s_j) and s_j = Σ_i û_{j|i} / J. u_hat is (b, i, j, z), "
        "the result is (b, j). Votes of zero must not give NaN."
    ),
    reference=agreement_factor,
    oracle=oracles.agreement_factor,
    axes=("b j",),
    cases=_factor_cases,
    properties=(_beyond_the_peak,),
    mutants=(
        Mutant(
            factor_without_root_z,
            "√z is missing: attention divided its dot products by √z, so you multiply by it to get back.",
        ),
        Mutant(
            z_for_its_root,
            "You multiplied by z. Attention divided its dot products by √z, so √z leads back.",
        ),
        Mutant(
            sixteen_for_z,
            "You wrote √16 = 4 as a number. 16 is z in one network: use the z of u_hat.shape.",
        ),
        Mutant(
            divided_by_n_twice,
            "You have 1/(1+n²) where n/(1+n²) belongs. Squash gives n²/(1+n²) times s/n: only one n cancels.",
        ),
        Mutant(
            bare_fraction_without_n,
            "1/(1+n²) lacks an n: squash gives n²/(1+n²) times s/n, and only one n cancels. Two constants are missing, "
            "too: 1/J, from s = Σ û / J, and √z, which attention divided by.",
        ),
        Mutant(
            factor_over_root_z,
            "You divided by √z. Attention has divided its dot products by √z, so a factor that leads from a to b must "
            "multiply by it.",
        ),
        Mutant(
            factor_without_parents,
            "A factor 1/J is missing: v points along s_j = Σ û / J, but attention compares with Σ û, which is J times "
            "as long.",
        ),
        Mutant(
            length_of_the_plain_sum,
            "You took n as the length of Σ û. What is squashed is s_j = Σ û / J: every coupling is 1/J in round one.",
        ),
        Mutant(
            couplings_of_one,
            "You worked with couplings of 1. In round one each child divides its unit: every coupling is 1/J, "
            "so s_j = Σ û / J, and a factor 1/J also stays outside.",
        ),
        Mutant(
            mean_over_the_children,
            "You took the mean over the children. A child divides its unit among the J parents, so the sum is divided "
            "by J, not by the number of children.",
        ),
        Mutant(
            children_for_parents,
            "You divided by the number of children, axis 1. J is the number of parents, axis 2.",
        ),
        Mutant(
            length_of_s_not_divided_out,
            "You used the new length n²/(1+n²). It belongs to the unit vector s/n: one n of it cancels.",
        ),
        Mutant(
            length_of_v,
            "That is the length of v. Write b_ij = û · v with v = n²/(1+n²) · s/n and s = Σ û / J, and collect "
            "everything that stands before Σ_k ⟨û_i, û_k⟩.",
        ),
        Mutant(
            bare_fraction,
            "n/(1+n²) is the heart of it. Two constants are missing: 1/J, from s = Σ û / J, and √z, which attention "
            "divided by.",
        ),
        Mutant(unsquared_denominator, "You wrote n/(1+n). In the squash of 2017 the denominator is 1 + n²."),
        Mutant(
            squash_of_2021,
            "You used the exponential squash. Dynamic routing has the one of 2017, n²/(1+n²).",
        ),
        Mutant(
            squash_left_out,
            "Your factor is √z/J for every parent: you compared with s. Dynamic routing compares with v = squash(s).",
        ),
        Mutant(
            upside_down,
            "Your factor leads from b to a. The question is the other way: b = f · a.",
        ),
        Mutant(
            ratio_measured,
            "You measured the factor as a quotient, b over a or ‖v‖ over ‖Σ û‖, and where votes are zero that is 0/0. "
            "Cancel on paper first: n²/(1+n²) over n is n/(1+n²).",
        ),
        Mutant(
            eps_over_eps,
            "Right for all votes but those of zero. There you divide one eps by another and get 1, but the factor goes "
            "to 0 with n. Cancel on paper first: n²/(1+n²) over n is n/(1+n²).",
        ),
        Mutant(
            one_factor_per_child,
            "You returned a factor per child, (b, i, j). The point is that it does not depend on i: return (b, j).",
        ),
        Mutant(
            one_factor_per_batch,
            "You averaged over the batch. Every image has its own sums, and so its own factors: keep b.",
        ),
        Mutant(factor_with_keepdim, "You kept the summed axis with size 1: (b, j, 1). The result is (b, j)."),
        Mutant(factor_detached, "The values are right, but no gradient flows back to u_hat: look for .detach()."),
        Mutant(
            summed_over_other_parents,
            "You added up over the parents (axis 2). What a parent hears is a sum over the children, axis 1.",
        ),
    ),
    hints=(
        "Both kinds of logits are dot products of û_{j|i} with a vector along Σ_k û_{j|k}. Only the lengths of these "
        "two vectors differ.",
        "v_j = n²/(1+n²) · s_j/n with s_j = Σ_k û_{j|k} / J. So b_ij = n/(1+n²) · 1/J · Σ_k ⟨û_i, û_k⟩, and the last "
        "sum is √z · a_ij.",
        "`s = u_hat.sum(dim=1) / parents`; `n = lengths(s)`, which is (b, j); the factor is √z/J times `n / (1 + "
        "n**2)`, with `z**0.5` for √z.",
    ),
    minutes=7,
    difficulty=3,
    importance=4,
)


# --- self-attention routing -----------------------------------------------------------------------------------


def _routing_cases() -> list[Case]:
    prior = numbers(5, 3, seed=12, scale=0.3)
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6, scale=0.7)),
        case("the same votes", numbers(2, 5, 3, 6, scale=0.7), prior=prior),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1), prior=numbers(4, 2, seed=11, scale=0.3)),
        case("short votes", numbers(2, 5, 3, 6, seed=2, scale=0.2), prior=prior),
        case("votes of zero", torch.zeros(2, 5, 3, 6), prior=prior),
        case("votes of length about 1000", numbers(2, 5, 3, 6, seed=3, scale=400.0), atol=1e-4),
        case("float64 votes", numbers(2, 5, 3, 6, seed=4).double(), prior=prior.double()),
    ]


def _shares_without_the_prior(item: Case, value: tuple) -> str | None:
    prior = item.kwargs.get("prior")
    shares = value[1].double() - (0 if prior is None else prior.double())
    sums = shares.sum(dim=2)
    worst = sums.flatten()[(sums - 1).abs().argmax()].item()
    if abs(worst - 1) < 1e-4:
        return None
    without = "" if prior is None else ", once the prior is taken off,"
    return f"the couplings of a child{without} sum to {worst:.4g} over the parents; expected 1."


def _too_long(item: Case, value: tuple) -> str | None:
    longest = value[0].double().norm(dim=2).max().item()
    return f"a parent has length {longest:.4g}; after squash none exceeds 1." if longest > 1.0001 else None


def _not_made_with_c(item: Case, value: tuple) -> str | None:
    v, c = value
    made = functional.exponential_squash(torch.einsum("bij,bijz->bjz", c, item.args[0]))
    if torch.allclose(made, v, rtol=1e-2, atol=1e-3):
        return None
    return "v is not exponential_squash(Σ_i c_ij û_ij) with the c that you return: return the couplings that made v."


def _attend(
    u_hat,
    prior,
    *,
    logits=attention_logits,
    shares=lambda a: a.softmax(dim=2),
    combine=lambda shares, prior: shares + prior,
    squash=functional.exponential_squash,
    heard=lambda c, u_hat: torch.einsum("bij,bijz->bjz", c, u_hat),
):
    """The right routing with one thing changed."""
    c = shares(logits(u_hat))
    if prior is not None:
        c = combine(c, prior)
    return squash(heard(c, u_hat)), c


def softmax_over_children(u_hat, prior=None):
    return _attend(u_hat, prior, shares=lambda a: a.softmax(dim=1))


def softmax_over_images(u_hat, prior=None):
    return _attend(u_hat, prior, shares=lambda a: a.softmax(dim=0))


def softmax_of_the_table(u_hat, prior=None):
    return _attend(u_hat, prior, logits=softmax_before_the_sum, shares=lambda c: c)


def softmax_of_the_table_and_again(u_hat, prior=None):
    return _attend(u_hat, prior, logits=softmax_before_the_sum)


def softmax_forgotten(u_hat, prior=None):
    return _attend(u_hat, prior, shares=lambda a: a)


def sigmoid_for_softmax(u_hat, prior=None):
    return _attend(u_hat, prior, shares=torch.sigmoid)


def softmax_by_hand(u_hat, prior=None):
    return _attend(u_hat, prior, shares=lambda a: a.exp() / a.exp().sum(dim=2, keepdim=True))


def root_z_left_out(u_hat, prior=None):
    return _attend(u_hat, prior, logits=root_of_z_forgotten)


def z_for_root_z(u_hat, prior=None):
    return _attend(u_hat, prior, logits=divided_by_z)


def root_16_for_root_z(u_hat, prior=None):
    return _attend(u_hat, prior, logits=root_of_sixteen)


def root_8_for_root_z(u_hat, prior=None):
    return _attend(u_hat, prior, logits=root_of_d)


def scaled_by_the_children(u_hat, prior=None):
    return _attend(u_hat, prior, logits=mean_of_the_votes)


def without_itself(u_hat, prior=None):
    return _attend(u_hat, prior, logits=itself_left_out)


def with_itself_only(u_hat, prior=None):
    return _attend(u_hat, prior, logits=itself_only)


def across_the_parents(u_hat, prior=None):
    return _attend(u_hat, prior, logits=summed_over_the_parents)


def across_the_batch(u_hat, prior=None):
    return _attend(u_hat, prior, logits=averaged_over_the_batch)


def sums_across_the_batch(u_hat, prior=None):
    return _attend(u_hat, prior, logits=images_in_one_sum)


def one_step_of_dynamic_routing(u_hat, prior=None):
    return _attend(u_hat, prior, logits=compared_with_v)


def prior_ignored(u_hat, prior=None):
    return _attend(u_hat, None)


def prior_added_in_place(u_hat, prior=None):
    c = attention_logits(u_hat).softmax(dim=2)
    if prior is not None:
        c += prior
    return functional.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c


def couplings_not_lined_up(u_hat, prior=None):
    return _attend(u_hat, prior, heard=lambda c, u_hat: (c * u_hat).sum(dim=1))


def votes_not_lined_up(u_hat, prior=None):
    return _attend(u_hat, prior, heard=lambda c, u_hat: (u_hat * c).sum(dim=1))


def truth_of_the_prior(u_hat, prior=None):
    return _attend(u_hat, prior if prior else None)


def prior_never_missing(u_hat, prior=None):
    shares = attention_logits(u_hat).softmax(dim=2)
    c = shares + prior
    return functional.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c


def prior_before_the_softmax(u_hat, prior=None):
    return _attend(u_hat, None, shares=lambda a: (a if prior is None else a + prior).softmax(dim=2))


def prior_multiplied(u_hat, prior=None):
    return _attend(u_hat, prior, combine=lambda shares, prior: shares * prior)


def prior_as_percentage(u_hat, prior=None):
    return _attend(u_hat, prior, combine=lambda shares, prior: shares * (1 + prior))


def prior_renormalised(u_hat, prior=None):
    def divided(shares, prior):
        c = shares + prior
        return c / c.sum(dim=2, keepdim=True)

    return _attend(u_hat, prior, combine=divided)


def softmax_once_more(u_hat, prior=None):
    return _attend(u_hat, prior, combine=lambda shares, prior: (shares + prior).softmax(dim=2))


def negative_couplings_cut_off(u_hat, prior=None):
    return _attend(u_hat, prior, combine=lambda shares, prior: (shares + prior).clamp(min=0))


def prior_subtracted(u_hat, prior=None):
    return _attend(u_hat, prior, combine=lambda shares, prior: shares - prior)


def shares_returned(u_hat, prior=None):
    v, _ = _attend(u_hat, prior)
    return v, _attend(u_hat, None)[1]


def shares_used(u_hat, prior=None):
    v, _ = _attend(u_hat, None)
    return v, _attend(u_hat, prior)[1]


def logits_returned(u_hat, prior=None):
    v, _ = _attend(u_hat, prior)
    return v, attention_logits(u_hat)


def squash_of_2017(u_hat, prior=None):
    return _attend(u_hat, prior, squash=functional.squash)


def squash_forgotten(u_hat, prior=None):
    return _attend(u_hat, prior, squash=lambda s: s)


def squashed_along_the_parents(u_hat, prior=None):
    return _attend(u_hat, prior, squash=lambda s: functional.exponential_squash(s, dim=1))


def mean_heard(u_hat, prior=None):
    return _attend(u_hat, prior, heard=lambda c, u_hat: torch.einsum("bij,bijz->bjz", c, u_hat) / u_hat.shape[1])


def heard_by_the_children(u_hat, prior=None):
    return _attend(u_hat, prior, heard=lambda c, u_hat: torch.einsum("bij,bijz->biz", c, u_hat))


def only_v(u_hat, prior=None):
    return _attend(u_hat, prior)[0]


def results_exchanged(u_hat, prior=None):
    v, c = _attend(u_hat, prior)
    return c, v


def couplings_detached(u_hat, prior=None):
    return _attend(u_hat, prior, shares=lambda a: a.detach().softmax(dim=2))


def all_detached(u_hat, prior=None):
    with torch.no_grad():
        return _attend(u_hat, prior)


def prior_detached(u_hat, prior=None):
    return _attend(u_hat, None if prior is None else prior.detach())


def votes_in_place(u_hat, prior=None):
    _, c = _attend(u_hat, prior)
    u_hat *= c.unsqueeze(3)
    return functional.exponential_squash(u_hat.sum(dim=1)), c


SELF_ATTENTION_ROUTING = Exercise(
    id="08-self-attention-routing",
    goal=(
        "Write `self_attention_routing(u_hat, prior=None)` from scratch and return `(v, c)`: logits a, softmax over "
        "the parents, plus the prior (i, j) if there is one, weighted sum, exponential squash. v is (b, j, z); c (b, "
        "i, j) are the couplings that made v, prior included. You may call attention_logits and exponential_squash."
    ),
    reference=functional.self_attention_routing,
    oracle=oracles.self_attention_routing,
    axes=("b j z", "b i j"),
    cases=_routing_cases,
    properties=(_shares_without_the_prior, _too_long, _not_made_with_c),
    mutants=(
        Mutant(
            softmax_over_children,
            "You took the softmax over the children (axis 1), as a transformer would over its positions. Here each "
            "child divides one unit among the PARENTS: axis 2 of (b, i, j).",
        ),
        Mutant(
            softmax_over_images,
            "You took the softmax over the batch (axis 0), so images compete with each other. The parents compete: "
            "axis 2 of (b, i, j).",
        ),
        Mutant(
            softmax_of_the_table,
            "You took a softmax of the table before the sum over k, as a transformer would, and so every coupling is "
            "1. Sum the dot products over k first; then one softmax, over the parents.",
        ),
        Mutant(
            softmax_of_the_table_and_again,
            "All your shares are 1/J: do you take a softmax of the table before the sum over k, as a transformer "
            "would? Shares sum to 1, so all logits are equal. Sum the plain dot products; one softmax comes after.",
        ),
        Mutant(
            softmax_forgotten,
            "You used the logits as couplings. Between them stands a softmax over the parents.",
        ),
        Mutant(
            sigmoid_for_softmax,
            "You took a sigmoid of each logit, so parents do not compete. A child has one unit to divide: softmax.",
        ),
        Mutant(
            softmax_by_hand,
            "The softmax is right on paper, but e^logit overflows where votes are long, and inf/inf is NaN. Use "
            "torch.softmax, which subtracts the largest logit first.",
        ),
        Mutant(root_z_left_out, "Your logits lack the division by √z."),
        Mutant(z_for_root_z, "You divided the logits by z. The formula has its square root."),
        Mutant(
            root_16_for_root_z,
            "You divided by 4, the root of 16. Poses are not always 16 long: read z from u_hat.shape.",
        ),
        Mutant(
            root_8_for_root_z,
            "You divided by √8, the root of the children's d. Votes have the size of a parent's pose: √z.",
        ),
        Mutant(
            scaled_by_the_children,
            "You compared each vote with the mean of the votes. It is compared with their sum: nothing divides by the "
            "number of children.",
        ),
        Mutant(
            without_itself,
            "You left out the comparison of a child with itself. The sum runs over all k, k = i included.",
        ),
        Mutant(
            with_itself_only,
            "You compared each vote with itself alone, so that long votes win whether anybody agrees or not. Compare "
            "it with the votes of all children for the same parent.",
        ),
        Mutant(
            across_the_parents,
            "You compared a child's votes with each other, across the parents. Compare the votes of different children "
            "for the same parent: the sum of the votes runs over axis 1.",
        ),
        Mutant(
            across_the_batch,
            "You averaged the logits over the batch, so an image's output depends on its neighbours. Keep b.",
        ),
        Mutant(
            sums_across_the_batch,
            "You added up the votes of all images. Each image has its own sum of votes: keep b.",
        ),
        Mutant(
            one_step_of_dynamic_routing,
            "You compared the votes with v = squash(s), as dynamic routing does. Here a vote meets the plain sum of "
            "all votes, over √z.",
        ),
        Mutant(prior_ignored, "You ignore `prior`: where it is given, add it to the shares after the softmax."),
        Mutant(
            prior_added_in_place,
            "You wrote `c += prior`, which changes in place what the softmax gave, and the softmax needs it for its "
            "gradient. Write `c = c + prior`.",
        ),
        Mutant(
            couplings_not_lined_up,
            "You multiplied c (b, i, j) by u_hat (b, i, j, z) as they are; broadcasting lines axes up from the right, "
            "so j met z. Give c a last axis of size 1: c[..., None], or c.unsqueeze(3).",
        ),
        Mutant(
            votes_not_lined_up,
            "You multiplied u_hat (b, i, j, z) by c (b, i, j) as they are, and so z met j: axes are lined up from the "
            "right. Write u_hat * c[..., None], or an einsum.",
        ),
        Mutant(
            truth_of_the_prior,
            "You wrote `if prior`. A tensor of several numbers is neither true nor false: ask `if prior is not None`.",
        ),
        Mutant(
            prior_never_missing,
            "You add the prior also where it is None. Ask first: `if prior is not None`.",
        ),
        Mutant(
            prior_before_the_softmax,
            "You added the prior to the logits, before the softmax. Then it only shifts the competition. Here it is "
            "added after the softmax, so that couplings need not sum to 1.",
        ),
        Mutant(
            prior_multiplied,
            "You multiplied the shares by the prior. It is added: with a prior of 0 everything would vanish.",
        ),
        Mutant(
            prior_as_percentage,
            "You multiplied the shares by 1 + prior, so a share of 0 stays 0. The prior is added, whatever the share.",
        ),
        Mutant(
            prior_renormalised,
            "You divided by the sum after adding the prior, so that the couplings sum to 1 again. They need not: leave "
            "them as they are. (With a negative prior that sum can even be 0.)",
        ),
        Mutant(
            softmax_once_more,
            "You took a second softmax after adding the prior. One softmax, of the logits; then the prior, as it is.",
        ),
        Mutant(
            negative_couplings_cut_off,
            "You cut off negative couplings. They are allowed: a vote may be subtracted. No clamp, no ReLU.",
        ),
        Mutant(prior_subtracted, "You subtracted the prior. It is added; where it shall inhibit, it is negative."),
        Mutant(
            shares_returned,
            "v is right, but the c that you return lacks the prior. Return the couplings that made v.",
        ),
        Mutant(
            shares_used,
            "You return couplings with the prior, but summed the votes without it. The prior is for the sum.",
        ),
        Mutant(logits_returned, "You returned the logits as second result. The couplings are asked, prior included."),
        Mutant(
            squash_of_2017,
            "You used the squash of 2017. This network has the exponential one, 1 − e^(−‖s‖): exponential_squash.",
        ),
        Mutant(squash_forgotten, "You never squash: v is s, and its length can be anything."),
        Mutant(
            squashed_along_the_parents,
            "You squashed along the parents (axis 1). A vector of (b, j, z) lies along z, the last axis.",
        ),
        Mutant(
            mean_heard,
            "You took the mean over the children. The couplings are the weights already: s is a plain sum.",
        ),
        Mutant(
            heard_by_the_children,
            "You summed the votes over the parents, so you have one vector per child, as a transformer has. A parent "
            "hears all children: sum over i.",
        ),
        Mutant(only_v, "You returned v alone. Return both, `return v, c`."),
        Mutant(results_exchanged, "You returned (c, v). The order is `return v, c`."),
        Mutant(
            couplings_detached,
            "The values are right, but no gradient passes through the logits: a vote could not learn to agree.",
        ),
        Mutant(
            all_detached,
            "The values are right, but no gradient flows at all: look for torch.no_grad() or .detach().",
        ),
        Mutant(prior_detached, "The values are right, but the prior gets no gradient, so it would stay at its start."),
        Mutant(
            votes_in_place,
            "You changed u_hat in place (`*=`): whoever holds the votes now holds something else.",
        ),
    ),
    hints=(
        "Four steps, three of which you have: logits, softmax, sum, squash. The prior comes in between two of them.",
        "Softmax of the logits over the parents (axis 2), then `+ prior` unless it is None. The sum over the children "
        "is lesson 04's parent_poses, einsum `bij,bijz->bjz`.",
        "`c = attention_logits(u_hat).softmax(dim=2)`; `if prior is not None: c = c + prior`; "
        "`s = torch.einsum('bij,bijz->bjz', c, u_hat)`; return exponential_squash(s) and c.",
    ),
    minutes=8,
    difficulty=3,
    importance=5,
)


# --- a test that tells where the prior is added -----------------------------------------------------------------


def prior_comes_last(route: object) -> bool:
    """Whether route(u_hat, prior) → (v, c) adds its prior to the shares as they come out of the softmax."""
    u_hat, prior = numbers(2, 5, 3, 6, seed=1), numbers(5, 3, seed=2)
    shares, c = route(u_hat, torch.zeros(5, 3))[1], route(u_hat, prior)[1]
    # c_ij = softmax_j(a_ij) + prior_ij, whatever the votes
    return torch.allclose(c - shares, prior.expand(2, 5, 3), atol=1e-4)


def _by_hand(u_hat, prior=None):
    pairs = torch.einsum("bijz,bkjz->bijk", u_hat, u_hat)
    c = torch.softmax(pairs.sum(dim=3) / u_hat.shape[3] ** 0.5, dim=2) + (0 if prior is None else prior)
    return functional.exponential_squash((c.unsqueeze(3) * u_hat).sum(dim=1)), c


def _negative_zeroed(u_hat, prior=None):
    return _attend(u_hat, None if prior is None else prior.relu())


def _turned(u_hat, prior=None):
    return _attend(u_hat, None if prior is None else prior.flip(1))


def _mean_of_a_child(u_hat, prior=None):
    return _attend(u_hat, None if prior is None else prior.mean(dim=1, keepdim=True))


def _mean_of_a_parent(u_hat, prior=None):
    return _attend(u_hat, None if prior is None else prior.mean(dim=0))


def _mean_of_all(u_hat, prior=None):
    return _attend(u_hat, None if prior is None else prior.mean())


def _test_cases() -> list[Case]:
    return [
        case("routing as it should be", functional.self_attention_routing),
        case("a route with its softmax over the children, and its prior added after that", softmax_over_children),
        case("a route that adds the prior before the softmax", prior_before_the_softmax),
        case("a route that multiplies by the prior", prior_multiplied),
        case("a route that multiplies by 1 + prior", prior_as_percentage),
        case("a route that makes the couplings sum to 1 again", prior_renormalised),
        case("a route that cuts off negative couplings", negative_couplings_cut_off),
        case("a route that drops the negative entries of the prior", _negative_zeroed),
        case("a route that ignores the prior", prior_ignored),
        case("a route that subtracts the prior", prior_subtracted),
        case("a route that gives each parent the prior of another one", _turned),
        case("a route that adds a child's mean prior to all its shares", _mean_of_a_child),
        case("a route that adds a parent's mean prior for all children", _mean_of_a_parent),
        case("a route that adds the mean of the whole prior everywhere", _mean_of_all),
        case("a route with another right implementation", _by_hand),
    ]


_U_HAT, _PRIOR = numbers(2, 5, 3, 6, seed=7), numbers(5, 3, seed=8)


def _both(route, prior=_PRIOR):
    (v_0, c_0), (v_1, c_1) = route(_U_HAT, torch.zeros(5, 3)), route(_U_HAT, prior)
    return v_0, c_0, v_1, c_1


def couplings_must_sum_to_one(route):
    c = route(_U_HAT, _PRIOR)[1]
    return torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)


def couplings_must_not_sum_to_one(route):
    c = route(_U_HAT, _PRIOR)[1]
    return not torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)


def any_change_will_do(route):
    _, c_0, _, c_1 = _both(route)
    return not torch.allclose(c_0, c_1, atol=1e-4)


def no_change_wanted(route):
    _, c_0, _, c_1 = _both(route)
    return torch.allclose(c_0, c_1, atol=1e-4)


def prior_of_zeros(route):
    _, c_0, _, c_1 = _both(route, torch.zeros(5, 3))
    return torch.allclose(c_1 - c_0, torch.zeros(2, 5, 3), atol=1e-4)


def positive_prior(route):
    _, c_0, _, c_1 = _both(route, _PRIOR.abs())
    return torch.allclose(c_1 - c_0, _PRIOR.abs().expand(2, 5, 3), atol=1e-4)


def harmless_negative_prior(route):
    shares = _attend(_U_HAT, None)[1]
    prior = -0.5 * shares.amin(dim=0)
    _, c_0, _, c_1 = _both(route, prior)
    return torch.allclose(c_1 - c_0, prior.expand(2, 5, 3), atol=1e-4)


def constant_prior(route):
    _, c_0, _, c_1 = _both(route, torch.full((5, 3), 0.3))
    return torch.allclose(c_1 - c_0, torch.full((2, 5, 3), 0.3), atol=1e-4)


def sums_over_the_parents(route):
    _, c_0, _, c_1 = _both(route)
    return torch.allclose((c_1 - c_0).sum(dim=2), _PRIOR.sum(dim=1).expand(2, 5), atol=1e-4)


def sums_with_one(route):
    return torch.allclose(route(_U_HAT, _PRIOR)[1].sum(dim=2), 1 + _PRIOR.sum(dim=1).expand(2, 5), atol=1e-4)


def sums_over_the_children(route):
    _, c_0, _, c_1 = _both(route)
    return torch.allclose((c_1 - c_0).sum(dim=1), _PRIOR.sum(dim=0).expand(2, 3), atol=1e-4)


def mean_of_the_difference(route):
    _, c_0, _, c_1 = _both(route)
    return torch.allclose((c_1 - c_0).mean(), _PRIOR.mean(), atol=1e-4)


def size_of_the_difference(route):
    _, c_0, _, c_1 = _both(route)
    return torch.allclose((c_1 - c_0).abs(), _PRIOR.abs().expand(2, 5, 3), atol=1e-4)


def alike_for_all_images(route):
    _, c_0, _, c_1 = _both(route)
    return torch.allclose((c_1 - c_0)[0], (c_1 - c_0)[1], atol=1e-4)


def equal_to_a_right_route(route):
    return torch.allclose(route(_U_HAT, _PRIOR)[1], functional.self_attention_routing(_U_HAT, _PRIOR)[1], atol=1e-4)


def equal_to_the_last_bit(route):
    _, c_0, _, c_1 = _both(route)
    return torch.equal(c_1 - c_0, _PRIOR.expand(2, 5, 3))


def somewhere_negative(route):
    c = route(_U_HAT, -_PRIOR.abs() - 1)[1]
    return bool((c < 0).any())


def right_verdicts_the_wrong_way_round(route):
    return not prior_comes_last(route)


def verdict_as_a_tensor(route):
    return torch.tensor(prior_comes_last(route))


def printed_not_returned(route):
    prior_comes_last(route)


PRIOR_COMES_LAST = Exercise(
    id="08-prior-comes-last",
    goal=(
        "Write a test: `prior_comes_last(route)` is True if `route(u_hat, prior)`, which returns (v, c), adds its "
        "prior to the shares that come out of the softmax, and False if it does anything else with it. What else may "
        "be wrong with the route is the business of other tests. Make up the votes and the prior yourself. You can "
        "only call the route, not read it. Return a bool."
    ),
    reference=prior_comes_last,
    oracle=oracles.prior_comes_last,
    axes=("",),
    cases=_test_cases,
    mutants=(
        Mutant(
            couplings_must_sum_to_one,
            "Your test asks for couplings that sum to 1. That is what a right route does NOT do: its prior comes after "
            "the softmax. The wrong ones pass, the right one fails.",
        ),
        Mutant(
            couplings_must_not_sum_to_one,
            "You ask only that the couplings do not sum to 1. That finds a prior before the softmax, but a route that "
            "multiplies passes. Ask by how much they change.",
        ),
        Mutant(
            any_change_will_do,
            "You ask only whether the prior changes anything. It does so in wrong routes, too. Ask what "
            "the change is: c with the prior minus c without it should be …?",
        ),
        Mutant(
            no_change_wanted,
            "Your test is happy when the prior changes nothing, so only a route that ignores it passes.",
        ),
        Mutant(
            prior_of_zeros,
            "Every route passes your test, the wrong ones, too. Is your prior all zeros, or do you compare something "
            "with itself? Take a prior whose entries all differ.",
        ),
        Mutant(
            positive_prior,
            "Your prior has no negative entry, so a route that drops or cuts off what is negative gets past you. Take "
            "entries of both signs.",
        ),
        Mutant(
            harmless_negative_prior,
            "A route that cuts off negative couplings gets past you: your prior makes none. Take larger entries of "
            "both signs, as from torch.randn.",
        ),
        Mutant(
            constant_prior,
            "Your prior is one number everywhere, so a route that mixes up its entries or takes their mean gets past "
            "you. Take a prior whose entries all differ, as from torch.randn.",
        ),
        Mutant(
            sums_over_the_parents,
            "You compare sums over the parents. A route that exchanges the parents' priors, or adds a child's mean "
            "prior, has the same sums. Compare entry by entry.",
        ),
        Mutant(
            sums_with_one,
            "You ask whether a child's couplings sum to 1 plus its priors. A route that exchanges the parents' priors "
            "passes, and one whose softmax runs over the children fails, though its prior comes last. Compare each "
            "coupling with the prior and without.",
        ),
        Mutant(
            sums_over_the_children,
            "You compare sums over the children. A route that adds a parent's mean prior for every child has the same "
            "sums. Compare entry by entry.",
        ),
        Mutant(
            mean_of_the_difference,
            "A route that adds its prior to the wrong entries, or its mean to all, gets past you. Do you compare "
            "means, or is your prior one number everywhere? Let its entries differ, and compare entry by entry.",
        ),
        Mutant(
            size_of_the_difference,
            "You compare sizes without signs, so a route that subtracts the prior gets past you. Leave out abs() and "
            "the square.",
        ),
        Mutant(
            alike_for_all_images,
            "You ask whether the change is the same for every image. It is, but it is so as well where the prior "
            "lands on the wrong entries, or not at all. Ask whether the change IS the prior.",
        ),
        Mutant(
            equal_to_a_right_route,
            "You compare with a right route, or with shares that you know (1/J, or a softmax over the parents). Then a "
            "route with its softmax over the children fails, though its prior comes last; another test finds its axis. "
            "Compare the route with itself: with the prior, and with zeros.",
        ),
        Mutant(
            equal_to_the_last_bit,
            "No route passes your test, not even the right one. Two causes are common: comparing rounded numbers with "
            "== or torch.equal (use torch.allclose with atol=1e-4), or expecting shares of exactly 1/J although the "
            "votes are not zero.",
        ),
        Mutant(
            somewhere_negative,
            "You ask whether a coupling can be negative. Routes that multiply by a negative prior pass as well. "
            "Compare the couplings with and without the prior.",
        ),
        Mutant(
            right_verdicts_the_wrong_way_round,
            "Your verdicts are exactly the wrong way round: True is for the right route.",
        ),
        Mutant(
            verdict_as_a_tensor,
            "Your verdicts are right, but each is a tensor. Return a bool: bool(…), or torch.allclose, which gives "
            "one.",
        ),
        Mutant(
            printed_not_returned,
            "Your test returns None. Return True or False.",
        ),
    ),
    hints=(
        "If the prior is added last, then the couplings with it and those without it differ by something that you know "
        "exactly, whatever the votes are.",
        "Call the route twice with the same votes: once with a prior of zeros, once with torch.randn. Subtract the two "
        "c. The prior has no axis b, but broadcasting adds it.",
        "`without = route(u_hat, torch.zeros(5, 3))[1]`, `c = route(u_hat, prior)[1]`, then "
        "`torch.allclose(c, without + prior, atol=1e-4)`.",
    ),
    minutes=5,
    difficulty=3,
    importance=3,
    gradient=False,
)

EXERCISES = (ATTENTION_LOGITS, AGREEMENT_FACTOR, SELF_ATTENTION_ROUTING, PRIOR_COMES_LAST)

QUESTIONS = {
    "08-table": {
        "a": "You may have thought of one number per vote. But the table has one per pair of votes: 1152 per child "
        "and parent, where the vote itself has 16. Run the next cell.",
        "b": "The right direction, and still too small. Per child and parent there are 1152 numbers in place of 16: 72 "
        "times the votes.",
        "c": "Yes: per child and parent 1152 numbers in place of 16, so 72 times 94 MB.",
    },
    "08-factor": {
        "a": "You took the toy for the rule. There both sums happen to have the same length; random votes do not do "
        "you this favour.",
        "b": "Yes. The vote is the same in both dot products, so it cancels; what is left belongs to image and parent.",
        "c": "You expected the child to matter. But its vote stands in both numbers, and the vectors that it meets "
        "point the same way. Divide, and the child is gone.",
    },
    "08-transformer": {
        "a": "You moved the sum over k inside. In a transformer an exponential stands between the dot products and "
        "the sum, and that cannot be pulled through it.",
        "b": "You suspected the learned maps. But ⟨q, k₁⟩ + ⟨q, k₂⟩ = ⟨q, k₁ + k₂⟩ holds for any q and k, wherever "
        "they come from. The obstacle is the softmax between the table and the sum.",
        "c": "Yes. Here the sum over k comes first and the softmax after it; there it is the other way round.",
    },
    "08-sign": {
        "a": "You thought of one child that turns round while the others stay. Here all turn together, and two "
        "opposite votes agree with each other as well as before.",
        "b": "You expected some change, as in any ordinary layer. Follow the minus signs through the logits: they come "
        "in pairs.",
        "c": "Yes. Every logit is a product of two votes, so the signs cancel; v turns round and keeps its length.",
    },
}
