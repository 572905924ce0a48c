"""Write `self_attention_routing(u_hat, prior=None)` from scratch and return `(v, c)`: logits a, softmax over the
parents, plus the prior (i, j) if there is one, weighted sum, exponential squash. v is (b, j, z); c (b, i, j) are the
couplings that made v, prior included. You may call attention_logits and exponential_squash."""

import math

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson02.exponential_squash import oracle as slow_exponential_squash
from capsule_tutor.exercises.lesson08.attention_logits import attention_logits
from capsule_tutor.exercises.lesson08.attention_logits import wrong as wrong_attention_logits
from capsule_tutor.exercises.loops import per_image, softmax
from capsule_tutor.exercises.properties import shorter_than_one

EFFORT = {"minutes": 6, "difficulty": 3, "importance": 5}
HINTS = (
    "Four steps, three of which you have: logits, softmax, sum, squash. The prior comes in between two of them.",
    "Softmax of the logits over the parents (axis 2), then `+ prior` unless it is None. The sum over the children "
    "is lesson 04's parent_poses, einsum `bij,bijz->bjz`.",
    "`c = attention_logits(u_hat).softmax(dim=2)`; `if prior is not None: c = c + prior`; "
    "`s = torch.einsum('bij,bijz->bjz', c, u_hat)`; return exponential_squash(s) and c.",
)
AXES = ("b j z", "b i j")

reference = functional.self_attention_routing


def oracle(u_hat, prior=None):
    return per_image(_attend_one, u_hat, prior)


def _attend_one(u_hat: Tensor, prior: Tensor | None) -> tuple[Tensor, Tensor]:
    children, parents = range(u_hat.shape[0]), range(u_hat.shape[1])
    root = math.sqrt(u_hat.shape[2])
    logits = [[sum(u_hat[i, j] @ u_hat[k, j] for k in children) / root for j in parents] for i in children]
    c = [softmax(torch.stack(row)) for row in logits]
    c = c if prior is None else [row + prior[i] for i, row in enumerate(c)]
    s = [sum(c[i][j] * u_hat[i, j] for i in children) for j in parents]
    return torch.stack([slow_exponential_squash(s_j) for s_j in s]), torch.stack(c)


def cases():
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


def _shares_without_the_prior(item, value):
    prior = item.kwargs.get("prior")
    shares = value[1].double() - (0 if prior is None else prior.double())
    sums = shares.sum(dim=2)
    worst = sums.flatten()[(sums - 1).abs().argmax()].item()
    if abs(worst - 1) < 1e-4:
        return None
    if prior is not None and torch.allclose(value[1].double().sum(dim=2), torch.ones_like(sums), atol=1e-4):
        return "the couplings of a child sum to 1 WITH the prior in them. It comes last; they need not sum to 1 again."
    children = shares.shape[1]
    if torch.allclose(sums, torch.full_like(sums, children), atol=1e-3 * children):
        return (
            f"the couplings of a child sum to {children}, the number of children. Do you take a softmax of the table "
            "of pairs and sum over k afterwards? Sum the dot products over k first; one softmax, over the parents, "
            "comes after."
        )
    for axis, of in ((1, "the children"), (0, "the images")):
        if shares.shape[axis] > 1 and (shares.sum(dim=axis) - 1).abs().max() < 1e-4:
            return (
                f"the couplings sum to 1 over {of} (axis {axis}), and so your softmax runs over them. A child divides "
                "its unit among the PARENTS: axis 2."
            )
    without = "" if prior is None else ", once the prior is taken off,"
    return f"the couplings of a child{without} sum to {worst:.4g} over the parents; expected 1."


def _not_made_with_c(item, value):
    v, c = value
    made = functional.exponential_squash(torch.einsum("bij,bijz->bjz", c, item.args[0]))
    if torch.allclose(made, v, rtol=1e-2, atol=1e-3):
        return None
    return "v is not exponential_squash(Σ_i c_ij û_ij) with the c that you return: return the couplings that made v."


def _couplings_are_wrong(item, value):
    """The last to be asked: here v is made of c, so that what is wrong is c."""
    c, want = value[1], reference(item.args[0], item.kwargs.get("prior"))[1]
    if torch.allclose(c, want, rtol=1e-3, atol=1e-3):
        return None
    place = (c - want).abs().argmax()  # in the flattened tables
    return (
        "v is made of the c that you return, as it should be, but c is wrong: one coupling is "
        f"{c.flatten()[place].item():.4g} and should be {want.flatten()[place].item():.4g}. Look at the logits, the "
        "softmax over the parents and the prior."
    )


properties = (_shares_without_the_prior, shorter_than_one, _not_made_with_c, _couplings_are_wrong)


def attend(
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


class right:
    def in_steps(u_hat, prior):
        a = (u_hat * u_hat.sum(dim=1, keepdim=True)).sum(dim=-1) / math.sqrt(u_hat.shape[-1])
        c = torch.softmax(a, dim=2)
        if prior is not None:
            c = c + prior
        s = (c[..., None] * u_hat).sum(dim=1)
        return functional.exponential_squash(s), c

    def with_the_table(u_hat, prior):
        a = torch.einsum("bijz,bkjz->bijk", u_hat, u_hat).sum(-1) / u_hat.shape[-1] ** 0.5
        c = a.softmax(-1) + (0 if prior is None else prior)
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
        n = torch.sqrt(s.square().sum(-1, keepdim=True) + 1e-8)
        return (1 - torch.exp(-n)) * s / n, c

    def image_by_image(u_hat, prior):
        results = []
        for votes in u_hat:  # (i, j, z)
            a = (votes * votes.sum(0)).sum(-1) / math.sqrt(votes.shape[2])
            c = torch.nn.functional.softmax(a, dim=1)
            c = c if prior is None else c.add(prior)
            results.append((functional.exponential_squash((c.unsqueeze(2) * votes).sum(0)), c))
        v, c = zip(*results, strict=True)
        return torch.stack(v), torch.stack(c)


class wrong:
    def softmax_over_children(u_hat, prior):
        """You took the softmax over the children (axis 1), as a transformer would over its positions. Here each child
        divides one unit among the PARENTS: axis 2 of (b, i, j)."""
        return attend(u_hat, prior, shares=lambda a: a.softmax(dim=1))

    def softmax_over_images(u_hat, prior):
        """You took the softmax over the batch (axis 0), so images compete with each other. The parents compete: axis 2
        of (b, i, j)."""
        return attend(u_hat, prior, shares=lambda a: a.softmax(dim=0))

    def softmax_of_the_table(u_hat, prior):
        """You took a softmax of the table before the sum over k, as a transformer would, and so every coupling is 1.
        Sum the dot products over k first; then one softmax, over the parents."""
        return attend(u_hat, prior, logits=wrong_attention_logits.softmax_before_the_sum, shares=lambda c: c)

    def softmax_of_the_table_and_again(u_hat, prior):
        """All your shares are 1/J: do you take a softmax of the table before the sum over k, as a transformer would?
        Shares sum to 1, so all logits are equal. Sum the plain dot products; one softmax comes after."""
        return attend(u_hat, prior, logits=wrong_attention_logits.softmax_before_the_sum)

    def softmax_over_parents_of_the_table(u_hat, prior):
        """You took a softmax over the parents in the table of pairs, and the mean over k afterwards. Sum the dot
        products over k first; one softmax, of the sums, comes after."""
        table = wrong_attention_logits.table_returned(u_hat)  # (b, i, j, k)
        return attend(u_hat, prior, logits=lambda _: table.softmax(dim=2).mean(dim=3), shares=lambda c: c)

    def softmax_forgotten(u_hat, prior):
        """You used the logits as couplings. Between them is a softmax over the parents."""
        return attend(u_hat, prior, shares=lambda a: a)

    def sigmoid_for_softmax(u_hat, prior):
        """You took a sigmoid of each logit, so parents do not compete. A child has one unit to divide: softmax."""
        return attend(u_hat, prior, shares=torch.sigmoid)

    def softmax_by_hand(u_hat, prior):
        """The softmax is right on paper, but e^logit overflows where votes are long, and inf/inf is NaN. Use
        torch.softmax, which subtracts the largest logit first."""
        return attend(u_hat, prior, shares=lambda a: a.exp() / a.exp().sum(dim=2, keepdim=True))

    def root_z_left_out(u_hat, prior):
        """Your logits lack the division by √z."""
        return attend(u_hat, prior, logits=wrong_attention_logits.root_of_z_forgotten)

    def z_for_root_z(u_hat, prior):
        """Your logits are divided by z in all. The formula has √z: did you leave out the root, or divide by √z again
        after attention_logits, which has done it?"""
        return attend(u_hat, prior, logits=wrong_attention_logits.divided_by_z)

    def root_16_for_root_z(u_hat, prior):
        """You divided by 4, the root of 16. Poses are not always 16 long: read z from u_hat.shape."""
        return attend(u_hat, prior, logits=wrong_attention_logits.root_of_sixteen)

    def root_8_for_root_z(u_hat, prior):
        """You divided by √8, the root of the children's d. Votes have the size of a parent's pose: √z."""
        return attend(u_hat, prior, logits=wrong_attention_logits.root_of_d)

    def scaled_by_the_children(u_hat, prior):
        """You compared each vote with the mean of the votes. It is compared with their sum: nothing divides by the
        number of children."""
        return attend(u_hat, prior, logits=wrong_attention_logits.mean_of_the_votes)

    def without_itself(u_hat, prior):
        """You left out the comparison of a child with itself. The sum runs over all k, k = i included."""
        return attend(u_hat, prior, logits=wrong_attention_logits.itself_left_out)

    def with_itself_only(u_hat, prior):
        """You compared each vote with itself alone, so that long votes win whether anybody agrees or not. Compare it
        with the votes of all children for the same parent."""
        return attend(u_hat, prior, logits=wrong_attention_logits.itself_only)

    def across_the_parents(u_hat, prior):
        """You compared a child's votes with each other, across the parents. Compare the votes of different children for
        the same parent: the sum of the votes runs over axis 1."""
        return attend(u_hat, prior, logits=wrong_attention_logits.summed_over_the_parents)

    def across_the_batch(u_hat, prior):
        """You averaged the logits over the batch, so an image's output depends on its neighbours. Keep b."""
        return attend(u_hat, prior, logits=wrong_attention_logits.averaged_over_the_batch)

    def sums_across_the_batch(u_hat, prior):
        """You added up the votes of all images. Each image has its own sum of votes: keep b."""
        return attend(u_hat, prior, logits=wrong_attention_logits.images_in_one_sum)

    def one_step_of_dynamic_routing(u_hat, prior):
        """You compared the votes with v = squash(s), as dynamic routing does. Here a vote meets the plain sum of all
        votes, over √z."""
        return attend(u_hat, prior, logits=wrong_attention_logits.compared_with_v)

    def prior_ignored(u_hat, prior):
        """You ignore `prior`: where it is given, add it to the shares after the softmax."""
        return attend(u_hat, None)

    def prior_added_in_place(u_hat, prior):
        """You wrote `c += prior`, which changes in place what the softmax gave, and the softmax needs it for its
        gradient. Write `c = c + prior`."""
        c = attention_logits(u_hat).softmax(dim=2)
        if prior is not None:
            c += prior
        return functional.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def couplings_not_lined_up(u_hat, prior):
        """You multiplied c (b, i, j) by u_hat (b, i, j, z) as they are; broadcasting lines axes up from the right, so j
        met z. Give c a last axis of size 1: c[..., None], or c.unsqueeze(3)."""
        return attend(u_hat, prior, heard=lambda c, u_hat: (c * u_hat).sum(dim=1))

    def votes_not_lined_up(u_hat, prior):
        """You multiplied u_hat (b, i, j, z) by c (b, i, j) as they are, and so z met j: axes are lined up from the
        right. Write u_hat * c[..., None], or an einsum."""
        return attend(u_hat, prior, heard=lambda c, u_hat: (u_hat * c).sum(dim=1))

    def truth_of_the_prior(u_hat, prior):
        """You wrote `if prior`. A tensor of several numbers is neither true nor false: ask `if prior is not None`."""
        return attend(u_hat, prior if prior else None)

    def prior_never_missing(u_hat, prior):
        """You add the prior also where it is None. Ask first: `if prior is not None`."""
        shares = attention_logits(u_hat).softmax(dim=2)
        c = shares + prior
        return functional.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def prior_before_the_softmax(u_hat, prior):
        """You added the prior to the logits, before the softmax. Then it only shifts the competition. Here it is added
        after the softmax, so that couplings need not sum to 1."""
        return attend(u_hat, None, shares=lambda a: (a if prior is None else a + prior).softmax(dim=2))

    def prior_multiplied(u_hat, prior):
        """You multiplied the shares by the prior. It is added: with a prior of 0 everything would vanish."""
        return attend(u_hat, prior, combine=lambda shares, prior: shares * prior)

    def prior_as_percentage(u_hat, prior):
        """You multiplied the shares by 1 + prior, so a share of 0 stays 0. The prior is added, whatever the share."""
        return attend(u_hat, prior, combine=lambda shares, prior: shares * (1 + prior))

    def prior_renormalised(u_hat, prior):
        """You divided by the sum after adding the prior, so that the couplings sum to 1 again. They need not: leave
        them as they are. (With a negative prior that sum can even be 0.)"""

        def divided(shares, prior):
            c = shares + prior
            return c / c.sum(dim=2, keepdim=True)

        return attend(u_hat, prior, combine=divided)

    def softmax_once_more(u_hat, prior):
        """You took a second softmax after adding the prior. One softmax, of the logits; then the prior, as it is."""
        return attend(u_hat, prior, combine=lambda shares, prior: (shares + prior).softmax(dim=2))

    def negative_couplings_cut_off(u_hat, prior):
        """You cut off negative couplings. They are allowed: a vote may be subtracted. No clamp, no ReLU."""
        return attend(u_hat, prior, combine=lambda shares, prior: (shares + prior).clamp(min=0))

    def absolute_couplings(u_hat, prior):
        """You took the absolute values of the couplings. They may be negative: a vote may be subtracted. No abs()."""
        return attend(u_hat, prior, combine=lambda shares, prior: (shares + prior).abs())

    def absolute_prior(u_hat, prior):
        """You took the absolute values of the prior. It may be negative, and is added as it is."""
        return attend(u_hat, prior, combine=lambda shares, prior: shares + prior.abs())

    def prior_added_to_s(u_hat, prior):
        """You added the prior to s, the sum of the votes. It belongs to the couplings, before they weigh the votes."""
        _, c = attend(u_hat, None)
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
        s = s if prior is None else s + prior.sum(dim=0).unsqueeze(1)
        return functional.exponential_squash(s), c

    def prior_subtracted(u_hat, prior):
        """You subtracted the prior. It is added; where it should inhibit, it is negative."""
        return attend(u_hat, prior, combine=lambda shares, prior: shares - prior)

    def shares_returned(u_hat, prior):
        """v is right, but the c that you return lacks the prior. Return the couplings that made v."""
        v, _ = attend(u_hat, prior)
        return v, attend(u_hat, None)[1]

    def shares_used(u_hat, prior):
        """You return couplings with the prior, but summed the votes without it. The prior is for the sum."""
        v, _ = attend(u_hat, None)
        return v, attend(u_hat, prior)[1]

    def logits_returned(u_hat, prior):
        """You returned the logits as second result. The couplings are wanted, prior included."""
        v, _ = attend(u_hat, prior)
        return v, attention_logits(u_hat)

    def squash_of_2017(u_hat, prior):
        """You used the squash of 2017. This network has the exponential one, 1 − e^(−‖s‖): exponential_squash."""
        return attend(u_hat, prior, squash=functional.squash)

    def squash_forgotten(u_hat, prior):
        """You never squash: v is s, and its length can be anything."""
        return attend(u_hat, prior, squash=lambda s: s)

    def votes_squashed_for_the_sum(u_hat, prior):
        """You squashed the votes and not their sum. The votes go into the sum as they are, and s is squashed, once, at
        the end."""

        def heard(c, u_hat):
            return torch.einsum("bij,bijz->bjz", c, functional.exponential_squash(u_hat))

        return attend(u_hat, prior, heard=heard, squash=lambda s: s)

    def squashed_along_the_parents(u_hat, prior):
        """You squashed along the parents (axis 1). A vector of (b, j, z) is along z, the last axis."""
        return attend(u_hat, prior, squash=lambda s: functional.exponential_squash(s, dim=1))

    def mean_heard(u_hat, prior):
        """You took the mean over the children. The couplings are the weights already: s is a plain sum."""
        return attend(u_hat, prior, heard=lambda c, u_hat: torch.einsum("bij,bijz->bjz", c, u_hat) / u_hat.shape[1])

    def heard_by_the_children(u_hat, prior):
        """You summed the votes over the parents, so you have one vector per child, as a transformer has. A parent hears
        all children: sum over i."""
        return attend(u_hat, prior, heard=lambda c, u_hat: torch.einsum("bij,bijz->biz", c, u_hat))

    def results_exchanged(u_hat, prior):
        """You returned (c, v). The order is `return v, c`."""
        v, c = attend(u_hat, prior)
        return c, v

    def couplings_detached(u_hat, prior):
        """The values are right, but no gradient passes through the logits: a vote could not learn to agree."""
        return attend(u_hat, prior, shares=lambda a: a.detach().softmax(dim=2))

    def returned_couplings_detached(u_hat, prior):
        """The values are right, and v has its gradient, but none flows back from the couplings that you return. Is
        there a .detach() at the `return`?"""
        v, c = attend(u_hat, prior)
        return v, c.detach()

    def renormalised_and_root_left_out(u_hat, prior):
        """Your logits lack the division by √z. And do not divide by the sum after adding the prior: the couplings need
        not sum to 1."""

        def divided(shares, prior):
            return (shares + prior) / (shares + prior).sum(dim=2, keepdim=True)

        return attend(u_hat, prior, logits=wrong_attention_logits.root_of_z_forgotten, combine=divided)

    def logits_doubled(u_hat, prior):
        """Your logits are twice as large as they should be: Σ_k ⟨û_i, û_k⟩ / √z, once."""
        return attend(u_hat, prior, logits=lambda u: 2 * attention_logits(u))

    def squashed_twice(u_hat, prior):
        """You squashed twice. Each squash makes a vector shorter: once is enough."""
        twice = lambda s: functional.exponential_squash(functional.exponential_squash(s))  # noqa: E731
        return attend(u_hat, prior, squash=twice)
