"""Write a test, `sums_test(route)`: the couplings of every child sum to 1 over the parents. `route(u_hat, iterations)`
is a routing, u_hat (b, i, j, z) → v (b, j, z) and c (b, i, j). Your test is silent when that is so, and fails by
`assert` when it is not."""

import torch

from capsule_tutor import functional
from capsule_tutor.museum import exhibit

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 5}
HINTS = (
    "Make some votes, route them, look at c. What would tell the right table from the wrong one?",
    "Sizes that all differ, more than one iteration, a sum over the parents' axis, and a comparison that allows for "
    "rounding.",
    "`_, c = route(torch.randn(2, 5, 3, 6), 3)`, `sums = c.sum(dim=...)`, `assert torch.allclose(sums, ...)`",
)


def sums_test(route):
    _, c = route(torch.randn(2, 5, 3, 6), 3)
    sums = c.sum(dim=2)  # (b, i)
    assert torch.allclose(sums, torch.ones_like(sums), atol=1e-4), f"a child's couplings sum to {sums[0, 0]:.3f}"


reference = sums_test


def _with_couplings(couplings, u_hat, iterations):
    """Dynamic routing with another way from logits (b, i, j) to couplings."""
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for iteration in range(iterations):
        c = couplings(logits, iteration)
        v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c


class sound:
    def rounded(u_hat, iterations=3):
        """a right routing whose sums are 1 but for rounding in the sixth digit"""
        v, c = functional.dynamic_routing(u_hat, iterations)
        return v, c * (1 + 3e-6)

    def as_in_the_package(u_hat, iterations=3):
        """the package's own routing"""
        return functional.dynamic_routing(u_hat, iterations)

    def written_with_einsum(u_hat, iterations=3):
        """a right routing"""
        return exhibit(1).right(u_hat, iterations)


class broken:
    def softmax_over_children(u_hat, iterations=3):
        """a softmax over the children. Are your sizes all different, and is there more than one iteration?"""
        return exhibit(1).wrong(u_hat, iterations)

    def right_at_first(u_hat, iterations=3):
        """a routing whose first iteration is right and whose later ones have the softmax over the children."""
        return _with_couplings(lambda logits, turn: logits.softmax(dim=1 if turn else 2), u_hat, iterations)

    def softmax_over_both(u_hat, iterations=3):
        """one softmax over children and parents together: all couplings of an image sum to 1."""
        return _with_couplings(lambda logits, _: logits.flatten(1).softmax(dim=1).view_as(logits), u_hat, iterations)

    def one_on_average(u_hat, iterations=3):
        """couplings that sum to 1 on average only, not for each child. Do you ask every child, and do your votes
        differ?"""
        return _with_couplings(
            lambda logits, _: logits.flatten(1).softmax(dim=1).view_as(logits) * logits.shape[1], u_hat, iterations
        )

    def sigmoids(u_hat, iterations=3):
        """sigmoids in place of the softmax: every coupling is between 0 and 1, and nothing sums to 1."""
        return _with_couplings(lambda logits, _: logits.sigmoid(), u_hat, iterations)

    def a_twentieth_lost(u_hat, iterations=3):
        """a routing that loses a twentieth of every unit. How near to 1 do you want a sum to be? Allow for rounding,
        and for no more."""
        return _with_couplings(lambda logits, _: 0.95 * logits.softmax(dim=2), u_hat, iterations)

    def last_child_forgotten(u_hat, iterations=3):
        """a routing whose last child has no couplings. Do you look at every child?"""
        v, c = functional.dynamic_routing(u_hat, iterations)
        return v, torch.cat([c[:, :-1], torch.zeros_like(c[:, -1:])], dim=1)


class right:
    def by_differences(route):
        for iterations in (1, 2, 5):
            _, c = route(torch.randn(3, 7, 4, 5), iterations)
            assert (c.sum(-1) - 1).abs().max() < 1e-3

    def number_by_number(route):
        u_hat = torch.randn(2, 6, 3, 4)
        c = route(u_hat, 3)[1]
        for b in range(2):
            for i in range(6):
                assert abs(sum(c[b, i].tolist()) - 1) < 1e-4, (b, i)

    def by_testing_tools(route):
        _, c = route(torch.randn(2, 5, 3, 6), 2)
        torch.testing.assert_close(c.sum(dim=2), torch.ones(2, 5), atol=1e-4, rtol=0)


class wrong:
    def compared_with_equals(route):
        """Your test fails on everything, right code too. Do you add up c, the second thing that `route` gives? The
        lengths of v need not sum to 1. And do you allow for rounding, as `torch.allclose` does and == does not?"""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        assert (c.sum(dim=2) == 1).all()

    def summed_over_the_children(route):
        """Your test demands sums of 1 over the children. That is the mistake that it should catch: a child divides its
        unit among the parents, axis 2."""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        assert torch.allclose(c.sum(dim=1), torch.ones(2, 3), atol=1e-4)

    def square_and_one_iteration(route):
        """Your table has as many children as parents. Then the total of all couplings is the same along either axis,
        and after one iteration every single sum is: let all sizes differ, route more than once, ask every child."""
        _, c = route(torch.randn(2, 4, 4, 6), 1)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 4), atol=1e-4)

    def one_iteration(route):
        """Your test looks at one iteration, where the logits are still zero. A mistake may begin after it: route more
        than once."""
        _, c = route(torch.randn(2, 5, 3, 6), 1)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)

    def never_too_small(route):
        """Sums that are too small pass your test: it seems to ask only that none is above 1. Is an absolute value
        missing?"""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        assert (c.sum(dim=2) - 1 < 1e-4).all()

    def all_votes_alike(route):
        """Couplings that sum to 1 only on average pass your test. Do you take a total, or a mean, instead of asking
        every child? Or are all votes alike? Then all couplings are, too: use random votes."""
        _, c = route(torch.ones(2, 5, 3, 6), 3)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)

    def first_child_alone(route):
        """Couplings of the last child that sum to 0 pass your test. Do you look at some children, or at the largest
        sum, only? Or is one right sum enough for you, as with any()? Ask every child, with all()."""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        assert abs(c[0, 0].sum() - 1) < 1e-4

    def returned(route):
        """Your test returned a bool. A test is silent when all is well, and speaks up with `assert condition, "what is
        wrong"`; whoever runs it does not look at what it returns."""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        return torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)

    def never(route):
        """Your test lets everything pass. `assert (condition, "text")` is always true: leave out the brackets. And that
        couplings are between 0 and 1 is true of all of these: ask for their sums."""
        _v, c = route(torch.randn(2, 5, 3, 6), 3)
        assert c.shape == (2, 5, 3)
