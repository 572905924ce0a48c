"""Write a test: `prior_comes_last(route)` is True if `route(u_hat, prior)`, which returns (v, c), adds its prior to the
shares that come out of the softmax, and False if it does anything else with it. What else may be wrong with the route
is the business of other tests. Make up the votes and the prior yourself. You can only call the route, not read it.
Return a bool."""

import torch

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises import load
from capsule_tutor.exercises.lesson08.self_attention_routing import attend

EFFORT = {"minutes": 5, "difficulty": 3, "importance": 3}
HINTS = (
    "If the prior is added last, then the couplings with it and those without it differ by something that you know "
    "exactly, whatever the votes are.",
    "Call the route twice with the same votes: once with a prior of zeros, once with torch.randn. Subtract the two "
    "c. The prior has no axis b, but broadcasting adds it.",
    "`u_hat, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)`, "
    "`without = route(u_hat, torch.zeros(5, 3))[1]`, `c = route(u_hat, prior)[1]`, then "
    "`torch.allclose(c, without + prior, atol=1e-4)`.",
)
GRADIENT = False


def prior_comes_last(route: object) -> bool:
    """Whether route(u_hat, prior) → (v, c) adds its prior to the shares as they come out of the softmax."""
    u_hat, prior = numbers(2, 5, 3, 6, seed=1), numbers(5, 3, seed=2)
    shares, c = route(u_hat, torch.zeros(5, 3))[1], route(u_hat, prior)[1]
    # c_ij = softmax_j(a_ij) + prior_ij, whatever the votes
    return torch.allclose(c - shares, prior.expand(2, 5, 3), atol=1e-4)


reference = prior_comes_last


def oracle(route):
    prior = torch.tensor([[0.5, -0.75, 0.0], [-2.0, 1.0, 0.125]])  # (i=2, j=3)
    without, c = (route(torch.zeros(1, 2, 3, 4), p)[1][0] for p in (torch.zeros(2, 3), prior))
    return all(abs(float(c[i, j] - without[i, j] - prior[i, j])) < 1e-5 for i in range(2) for j in range(3))


def _by_hand(u_hat, prior=None):
    pairs = torch.einsum("bijz,bkjz->bijk", u_hat, u_hat)
    c = torch.softmax(pairs.sum(dim=3) / u_hat.shape[3] ** 0.5, dim=2) + (0 if prior is None else prior)
    return functional.exponential_squash((c.unsqueeze(3) * u_hat).sum(dim=1)), c


def _negative_zeroed(u_hat, prior=None):
    return attend(u_hat, None if prior is None else prior.relu())


def _turned(u_hat, prior=None):
    return attend(u_hat, None if prior is None else prior.flip(1))


def _first_child_alone(u_hat, prior=None):
    return attend(u_hat, None if prior is None else torch.cat([prior[:1], 0 * prior[1:]]))


def _mean_of_a_child(u_hat, prior=None):
    return attend(u_hat, None if prior is None else prior.mean(dim=1, keepdim=True))


def _mean_of_a_parent(u_hat, prior=None):
    return attend(u_hat, None if prior is None else prior.mean(dim=0))


def _mean_of_all(u_hat, prior=None):
    return attend(u_hat, None if prior is None else prior.mean())


def _nine_tenths(u_hat, prior=None):
    return attend(u_hat, None if prior is None else 0.9 * prior)


def _in_double(u_hat, prior=None):
    """Right, and rounded at the very end: its c differs in the last digit from shares + prior."""
    v, c = attend(u_hat.double(), None if prior is None else prior.double())
    return v.float(), c.float()


def cases():
    wrong_route = {mutant.name: mutant.function for mutant in load("self_attention_routing").mutants}
    routes = {
        "a routing as it should be": functional.self_attention_routing,
        "a route with its softmax over the children, and its prior added after that": wrong_route[
            "softmax_over_children"
        ],
        "a route that adds the prior before the softmax": wrong_route["prior_before_the_softmax"],
        "a route that multiplies by the prior": wrong_route["prior_multiplied"],
        "a route that multiplies by 1 + prior": wrong_route["prior_as_percentage"],
        "a route that makes the couplings sum to 1 again": wrong_route["prior_renormalised"],
        "a route that cuts off negative couplings": wrong_route["negative_couplings_cut_off"],
        "a route that drops the negative entries of the prior": _negative_zeroed,
        "a route that ignores the prior": wrong_route["prior_ignored"],
        "a route that subtracts the prior": wrong_route["prior_subtracted"],
        "a route that gives each parent the prior of another one": _turned,
        "a route that adds the prior of the first child alone": _first_child_alone,
        "a route that adds a child's mean prior to all its shares": _mean_of_a_child,
        "a route that adds a parent's mean prior for all children": _mean_of_a_parent,
        "a route that adds the mean of the whole prior everywhere": _mean_of_all,
        "a route that adds nine tenths of the prior": _nine_tenths,
        "a route with another right implementation": _by_hand,
        "a right route that computes in float64 and rounds at the end": _in_double,
    }
    return [case(says, route) for says, route in routes.items()]


def _another_verdict(item, value):
    route = item.args[0]
    if value == reference(route):
        return None
    if value:
        return (
            "your test says True, and its prior does not come last. Do you compare c with the prior and c without it, "
            "entry by entry? With several images, children and parents, and entries of both signs, far beyond your "
            "tolerance?"
        )
    return (
        "your test says False, though its prior comes last. Compare c with the prior and c without it, of the same "
        "votes, up to a small tolerance, and nothing else."
    )


properties = (_another_verdict,)


_U_HAT, _PRIOR = numbers(2, 5, 3, 6, seed=7), numbers(5, 3, seed=8)


def _both(route, prior=_PRIOR):
    (v_0, c_0), (v_1, c_1) = route(_U_HAT, torch.zeros(5, 3)), route(_U_HAT, prior)
    return v_0, c_0, v_1, c_1


class right:
    def by_difference(route):
        u_hat, prior = torch.randn(3, 7, 4, 5), torch.randn(7, 4)
        without = route(u_hat, torch.zeros(7, 4))[1]
        return torch.allclose(route(u_hat, prior)[1], without + prior, atol=1e-4)

    def against_none(route):
        u_hat, prior = 0.3 * torch.randn(2, 6, 3, 4), 2 * torch.randn(6, 3)
        return bool(((route(u_hat, prior)[1] - route(u_hat, None)[1] - prior).abs() < 1e-3).all())

    def with_votes_of_zero(route):
        u_hat, prior = torch.zeros(1, 3, 2, 4), torch.tensor([[1.0, -1.0], [0.5, -2.0], [0.0, 3.0]])
        change = route(u_hat, prior)[1] - route(u_hat, torch.zeros(3, 2))[1]
        return torch.allclose(change[0], prior, atol=1e-5)

    def by_loops(route):
        generator = torch.Generator().manual_seed(5)
        u_hat, prior = torch.randn(2, 6, 3, 4, generator=generator), torch.randn(6, 3, generator=generator)
        with_it, without = route(u_hat, prior)[1], route(u_hat, prior * 0)[1]
        for b in range(2):
            for i in range(6):
                for j in range(3):
                    if abs(with_it[b, i, j] - without[b, i, j] - prior[i, j]) > 1e-4:
                        return False
        return True


class wrong:
    def couplings_must_sum_to_one(route):
        """Your test asks for couplings that sum to 1. That is what a right route does NOT do: its prior comes after the
        softmax. The wrong ones pass, the right one fails."""
        c = route(_U_HAT, _PRIOR)[1]
        return torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)

    def couplings_must_not_sum_to_one(route):
        """You ask only that the couplings do not sum to 1. That finds a prior before the softmax, but a route that
        multiplies passes. Ask by how much they change."""
        c = route(_U_HAT, _PRIOR)[1]
        return not torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)

    def any_change_will_do(route):
        """You ask only whether the prior changes anything. It does so in wrong routes, too. Ask what the change is: c
        with the prior minus c without it should be …?"""
        _, c_0, _, c_1 = _both(route)
        return not torch.allclose(c_0, c_1, atol=1e-4)

    def any_change_by_a_constant(route):
        """You ask only whether a constant prior changes anything. Some wrong routes change something, too. Ask whether
        the change IS the prior, for a prior whose entries all differ."""
        _, c_0, _, c_1 = _both(route, torch.full((5, 3), 0.1))
        return not torch.allclose(c_0, c_1)

    def large_tolerance(route):
        """A route that adds nine tenths of the prior gets past you: your tolerance is too large, or your prior too
        small for it. For rounding atol=1e-4 is enough, with a prior from torch.randn."""
        _, c_0, _, c_1 = _both(route)
        return torch.allclose(c_1, c_0 + _PRIOR, atol=0.5)

    def no_change_wanted(route):
        """Your test is happy when the prior changes nothing, so only a route that ignores it passes."""
        _, c_0, _, c_1 = _both(route)
        return torch.allclose(c_0, c_1, atol=1e-4)

    def prior_of_zeros(route):
        """Every route passes your test, the wrong ones, too. Is your prior all zeros, or as small as your tolerance? Do
        you compare something with itself, or two results of the same call? Or is the comparison in brackets with a text
        behind it? Such a pair is always true. Compare c with the prior and c without it, for a prior whose entries all
        differ, as from torch.randn."""
        _, c_0, _, c_1 = _both(route, torch.zeros(5, 3))
        return torch.allclose(c_1 - c_0, torch.zeros(2, 5, 3), atol=1e-4)

    def positive_prior(route):
        """Your prior has no negative entry, so a route that drops or cuts off what is negative gets past you. Take
        entries of both signs."""
        _, c_0, _, c_1 = _both(route, _PRIOR.abs())
        return torch.allclose(c_1 - c_0, _PRIOR.abs().expand(2, 5, 3), atol=1e-4)

    def harmless_negative_prior(route):
        """A route that cuts off negative couplings gets past you: your prior makes none, or none beyond your tolerance.
        Take larger entries of both signs, as from torch.randn."""
        shares = attend(_U_HAT, None)[1]
        prior = -0.5 * shares.amin(dim=0)
        _, c_0, _, c_1 = _both(route, prior)
        return torch.allclose(c_1 - c_0, prior.expand(2, 5, 3), atol=1e-4)

    def one_parent(route):
        """You try one parent only. Its share is 1 whatever the votes, so routes that multiply look like those that add.
        Take several images, children and parents."""
        u_hat, prior = _U_HAT[:, :, :1], _PRIOR[:, :1]
        return torch.allclose(route(u_hat, prior)[1] - route(u_hat, 0 * prior)[1], prior.expand(2, 5, 1), atol=1e-4)

    def sums_with_one_constant(route):
        """You ask whether a child's couplings sum to 1 plus its priors, all of them one positive number. Routes that
        mix up the entries pass, and a right prior after a softmax over the children fails. Compare each coupling with
        the prior and without, for a prior whose entries all differ."""
        return torch.allclose(route(_U_HAT, torch.full((5, 3), 0.3))[1].sum(dim=2), torch.full((2, 5), 1.9), atol=1e-4)

    def sums_with_one_negative_constant(route):
        """You ask whether a child's couplings sum to 1 plus its priors, all of them one negative number. Routes that
        mix up the entries pass, and a right prior after a softmax over the children fails. Compare each coupling with
        the prior and without, for a prior whose entries all differ."""
        return torch.allclose(route(_U_HAT, torch.full((5, 3), -0.3))[1].sum(dim=2), torch.full((2, 5), 0.1), atol=1e-4)

    def constant_prior(route):
        """Your prior is one number everywhere, so a route that mixes up its entries or takes their mean gets past you.
        Take a prior whose entries all differ, as from torch.randn."""
        _, c_0, _, c_1 = _both(route, torch.full((5, 3), 0.3))
        return torch.allclose(c_1 - c_0, torch.full((2, 5, 3), 0.3), atol=1e-4)

    def sums_over_the_parents(route):
        """You compare sums over the parents. A route that exchanges the parents' priors, or adds a child's mean prior,
        has the same sums. Compare entry by entry."""
        _, c_0, _, c_1 = _both(route)
        return torch.allclose((c_1 - c_0).sum(dim=2), _PRIOR.sum(dim=1).expand(2, 5), atol=1e-4)

    def sums_with_one(route):
        """You ask whether a child's couplings sum to 1 plus its priors. A route that exchanges the parents' priors
        passes, and one whose softmax runs over the children fails, though its prior comes last. Compare each coupling
        with the prior and without."""
        return torch.allclose(route(_U_HAT, _PRIOR)[1].sum(dim=2), 1 + _PRIOR.sum(dim=1).expand(2, 5), atol=1e-4)

    def sums_over_the_children(route):
        """A route that adds a parent's mean prior for every child gets past you. Do you compare sums over the children,
        or try one child only? Take several, and compare entry by entry: one small trial is luck."""
        _, c_0, _, c_1 = _both(route)
        return torch.allclose((c_1 - c_0).sum(dim=1), _PRIOR.sum(dim=0).expand(2, 3), atol=1e-4)

    def mean_of_the_difference(route):
        """A route that adds its prior to the wrong entries, or its mean to all, gets past you. Do you compare means, or
        is your prior one number everywhere? Let its entries differ, and compare entry by entry."""
        _, c_0, _, c_1 = _both(route)
        return torch.allclose((c_1 - c_0).mean(), _PRIOR.mean(), atol=1e-4)

    def size_of_the_difference(route):
        """You compare sizes without signs, so a route that subtracts the prior gets past you. Leave out abs() and the
        square."""
        _, c_0, _, c_1 = _both(route)
        return torch.allclose((c_1 - c_0).abs(), _PRIOR.abs().expand(2, 5, 3), atol=1e-4)

    def alike_for_all_images(route):
        """You ask whether the change is the same for every image. It is, but it is so as well where the prior lands on
        the wrong entries, or not at all. Ask whether the change IS the prior."""
        _, c_0, _, c_1 = _both(route)
        return torch.allclose((c_1 - c_0)[0], (c_1 - c_0)[1], atol=1e-4)

    def equal_to_a_right_route(route):
        """You compare with a right route, or with shares that you know (1/J, or a softmax over the parents). Then a
        route with its softmax over the children fails, though its prior comes last; another test finds its axis.
        Compare the route with itself: with the prior, and with zeros."""
        return torch.allclose(route(_U_HAT, _PRIOR)[1], functional.self_attention_routing(_U_HAT, _PRIOR)[1], atol=1e-4)

    def equal_to_the_last_bit(route):
        """No route passes your test, not even the right one. These causes are common: new random votes in each call,
        v compared instead of c, rounded numbers compared with == or torch.equal (use torch.allclose with atol=1e-4),
        or shares of exactly 1/J expected although the votes are not zero."""
        _, c_0, _, c_1 = _both(route)
        return torch.equal(c_1 - c_0, _PRIOR.expand(2, 5, 3))

    def equal_without_tolerance(route):
        """You compare rounded numbers with == or torch.equal, so a right route that rounds at another place fails. Use
        torch.allclose with atol=1e-4."""
        _, c_0, _, c_1 = _both(route)
        return torch.equal(c_1, c_0 + _PRIOR)

    def somewhere_negative(route):
        """You ask whether a coupling can be negative. Routes that multiply by a negative prior pass as well. Compare
        the couplings with and without the prior."""
        c = route(_U_HAT, -_PRIOR.abs() - 1)[1]
        return bool((c < 0).any())

    def negative_with_minus_one(route):
        """You ask whether a prior of −1 makes a coupling negative. Routes that multiply by it, or mix up its entries,
        pass as well. Compare each coupling with the prior and without it."""
        return bool((route(_U_HAT, torch.full((5, 3), -1.0))[1] < 0).any())

    def some_random_one_negative(route):
        """You ask whether a coupling can be negative. Many wrong routes have negative couplings, too: those that
        multiply, subtract or mix up the entries. Compare the couplings with and without the prior."""
        return bool((route(_U_HAT, _PRIOR)[1] < 0).any())

    def right_verdicts_the_wrong_way_round(route):
        """Your verdicts are exactly the wrong way round: True is for the right route."""
        return not prior_comes_last(route)
