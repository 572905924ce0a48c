"""Write a test, `routing_test(route)`, that tells right routings from broken ones without knowing the answers.
`route(u_hat, iterations)` takes u_hat (b, i, j, z) and gives v (b, j, z) and the couplings c (b, i, j) that made v.
Right ones may differ: in their squash, in the size of their updates. None has a bias, and all begin with logits of
zero. So compare no numbers with another routing; assert what is true of all of them. Several asserts in one test are
fine."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.exercises.lesson07.sums_test import broken as broken_sums
from capsule_tutor.museum import exhibit

EFFORT = {"minutes": 16, "difficulty": 4, "importance": 5}
HINTS = (
    "Write down, without code, five things that are true of every such routing: of its couplings, after one "
    "iteration, of one pose, from one iteration to the next, of special votes.",
    "Given: sums, one iteration, images apart, order, signs. Left: three iterations differ from one. v is no longer "
    "than 1, and points where Σ c û does. Votes of zero give nothing infinite. And what makes it routing: from "
    "iteration 1 to 2, and from 4 to 5, the couplings of a child move towards the parents that agree with it.",
    "`s = torch.einsum('bij,bijz->...', c, u_hat)`, and `torch.cosine_similarity` of s and v. For the last, "
    "`agreement = torch.einsum('bijz,bjz->bij', u_hat, v)` with the v of n iterations, and "
    "`((later - c) * agreement).sum(dim=...)` with the c of n + 1: not below 0, but for rounding.",
)


def _turns_to_agreement(route, u_hat):
    """Whether couplings move towards the parents that agree: Σ_j Δc_ij a_ij ≥ 0, as logits grow by k a_ij, k > 0."""
    for iterations in (1, 4):
        (v, c), (_, later) = route(u_hat, iterations), route(u_hat, iterations + 1)
        agreement = torch.einsum("bijz,bjz->bij", u_hat, v)
        if ((later - c) * agreement).sum(dim=2).min() < -1e-4:
            return False
    return True


def routing_test(route):
    u_hat, order = 2 * torch.randn(2, 5, 3, 6), torch.tensor([3, 0, 4, 1, 2])
    close = lambda x, y: torch.allclose(x, y, atol=1e-4)  # noqa: E731
    v, c = route(u_hat, 3)
    assert close(c.sum(dim=2), torch.ones(2, 5)), "a child's couplings do not sum to 1"
    _, first = route(u_hat, 1)
    assert close(first, torch.full_like(first, 1 / 3)), "one iteration: the couplings are not all alike"
    assert not close(first, c), "three iterations: the couplings have not moved"
    assert v.norm(dim=2).max() < 1.0001, "a pose is longer than 1"
    assert close(route(u_hat[:1], 3)[0], v[:1]), "an image gets something else alone"
    assert close(route(u_hat[:, order], 3)[0], v), "the order of the children matters"
    flipped, same = route(-u_hat, 3)
    assert close(flipped, -v), "votes with their signs flipped do not flip the poses"
    assert close(same, c), "votes with their signs flipped change the couplings"
    assert route(torch.zeros(2, 5, 3, 6), 3)[0].isfinite().all(), "votes of zero give NaN"
    s = torch.einsum("bij,bijz->bjz", c, u_hat)  # (b, j, z)
    assert torch.cosine_similarity(s, v, dim=2).min() > 0.999, "v does not point where its weighted votes do"
    assert _turns_to_agreement(route, u_hat), "a child turns away from the parents that agree"


reference = routing_test


def _routing(u_hat: Tensor, iterations: int, squash=functional.squash, update=1.0) -> tuple[Tensor, Tensor]:
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for iteration in range(iterations):
        c = logits.softmax(dim=2)
        v = squash(torch.einsum("bij,bijz->bjz", c, u_hat))
        if iteration < iterations - 1:
            logits = logits + update * torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c


def _careless_squash(s: Tensor) -> Tensor:
    n = s.norm(dim=-1, keepdim=True)
    return n**2 / (1 + n**2) * (s / n)


class sound:
    def as_in_the_package(u_hat, iterations=3):
        """the package's own routing"""
        return functional.dynamic_routing(u_hat, iterations)

    def exponential_squash(u_hat, iterations=3):
        """a right routing with the exponential squash"""
        return _routing(u_hat, iterations, functional.exponential_squash)

    def cautious(u_hat, iterations=3):
        """a right routing that updates by half of the agreement"""
        return _routing(u_hat, iterations, update=0.5)


class broken:
    def softmax_over_children(u_hat, iterations=3):
        """a softmax over the children. Are your sizes all different, and do you sum after more than one iteration?"""
        return exhibit(1).wrong(u_hat, iterations)

    def axis_turned_later(u_hat, iterations=3):
        """a softmax that runs over the children after the first iteration. What do a child's couplings sum to at the
        end?"""
        return broken_sums.right_at_first(u_hat, iterations)

    def one_iteration_too_many(u_hat, iterations=3):
        """one iteration too many. What do the couplings look like after one iteration?"""
        return exhibit(23).wrong(u_hat, iterations)

    def never_updated(u_hat, iterations=3):
        """logits that are never updated. Do three iterations differ from one?"""
        return _routing(u_hat, iterations, update=0.0)

    def shared_logits(u_hat, iterations=3):
        """logits that the images share. What does image 0 get alone?"""
        return exhibit(13).wrong(u_hat, iterations)

    def agreement_subtracted(u_hat, iterations=3):
        """logits from which the agreement is subtracted: votes go where they do not agree. To which parents do the
        couplings move from the first iteration to the second?"""
        return _routing(u_hat, iterations, update=-1.0)

    def logits_replaced(u_hat, iterations=3):
        """logits that are replaced by the last agreement instead of growing by it. Do the couplings still move towards
        the parents that agree from iteration 4 to 5?"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            c = logits.softmax(dim=2)
            v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def poses_turned_around(u_hat, iterations=3):
        """poses that point away from their votes, in the end. Where does Σ c û point?"""
        v, c = functional.dynamic_routing(u_hat, iterations)
        return -v, c

    def not_squashed(u_hat, iterations=3):
        """poses that were never squashed. How long may a pose be?"""
        _, c = functional.dynamic_routing(u_hat, iterations)
        return torch.einsum("bij,bijz->bjz", c, u_hat), c

    def positive_votes(u_hat, iterations=3):
        """a ReLU on the votes. What happens when all signs are flipped?"""
        return functional.dynamic_routing(u_hat.relu(), iterations)

    def negative_numbers_count_half(u_hat, iterations=3):
        """a routing in which negative numbers of a vote count half when it is compared with v. What happens, exactly,
        when all signs are flipped?"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for iteration in range(iterations):
            c = logits.softmax(dim=2)
            v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            if iteration < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", torch.nn.functional.leaky_relu(u_hat, 0.5), v)
        return v, c

    def first_child_listens_to_nobody(u_hat, iterations=3):
        """a routing whose first child stays undecided. Does the order of the children matter?"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for iteration in range(iterations):
            c = logits.softmax(dim=2)
            v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            if iteration < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
                logits = torch.cat([torch.zeros_like(logits[:, :1]), logits[:, 1:]], dim=1)
        return v, c

    def couplings_of_the_round_before(u_hat, iterations=3):
        """couplings that did not make this v, but the one before it. Does v point where Σ c û points?"""
        v, _ = functional.dynamic_routing(u_hat, iterations)
        _, c = functional.dynamic_routing(u_hat, max(1, iterations - 1))
        return v, c

    def nan_at_zero(u_hat, iterations=3):
        """a squash that divides 0 by 0. What do votes of zero give?"""
        return _routing(u_hat, iterations, _careless_squash)


class right:
    def in_two_loops(route):
        for seed in (0, 1):
            u_hat = 3 * torch.randn(3, 6, 4, 5, generator=torch.Generator().manual_seed(seed))
            v, c = route(u_hat, 2)
            for turn in (1, 2, 3, 4, 5):
                agreement = (u_hat * route(u_hat, turn)[0].unsqueeze(1)).sum(3)
                moved = route(u_hat, turn + 1)[1] - route(u_hat, turn)[1]
                assert ((moved * agreement).sum(2) > -1e-5).all()
            assert ((c.sum(-1) - 1).abs() < 1e-3).all()
            assert (v.norm(dim=-1) <= 1.001).all()
            uniform = route(u_hat, 1)[1]
            assert (uniform - uniform[..., :1]).abs().max() < 1e-4
            assert (uniform - c).abs().max() > 1e-3
            for b in range(3):
                torch.testing.assert_close(route(u_hat[b : b + 1], 2)[0][0], v[b], atol=1e-3, rtol=1e-3)
            torch.testing.assert_close(route(u_hat.flip(1), 2)[0], v, atol=1e-3, rtol=1e-3)
            torch.testing.assert_close(route(-u_hat, 2)[0], -v, atol=1e-3, rtol=1e-3)
            s = (c.unsqueeze(3) * u_hat).sum(1)
            assert (
                (torch.nn.functional.normalize(s, dim=2) * torch.nn.functional.normalize(v, dim=2)).sum(2) > 0.99
            ).all()
        assert torch.isfinite(route(torch.zeros(1, 6, 4, 5), 2)[0]).all()

    def from_the_museum(route):
        from capsule_tutor.museum import suite

        for result in suite(route=route):
            assert result.outcome != "failed", result.sentence


class wrong:
    def compared_with_the_package(route):
        """Right routings with another squash or smaller steps fail your test, and it misses votes of zero. Does it
        compare with another routing's numbers, or ask for something that is only mostly true? Assert what is true of
        every routing."""
        u_hat = 2 * torch.randn(2, 5, 3, 6)
        for iterations in (1, 3):
            for got, want in zip(route(u_hat, iterations), functional.dynamic_routing(u_hat, iterations), strict=True):
                assert torch.allclose(got, want, atol=1e-4)

    def nothing_asserted(route):
        """Your test lets everything pass. All of these mistakes have the right shapes: assert something about the
        numbers. And `assert (condition, "text")` is always true: leave out the brackets."""
        v, _ = route(torch.randn(2, 5, 3, 6), 3)
        assert v.shape == (2, 3, 6)

    def sums_alone(route):
        """Your test finds wrong sums of the couplings, and nothing else. That is one property of a routing; what else
        is true of every one of them?"""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)

    def couplings_must_grow(route):
        """Right routings with another squash or smaller steps fail your test. Does it compare with the numbers of one
        routing, or ask for what is true of most random votes and not of all? Assert what is true of every routing."""
        u_hat = 2 * torch.randn(2, 5, 3, 6)
        routing_test(route)
        assert (route(u_hat, 3)[1].amax(dim=2) >= route(u_hat, 2)[1].amax(dim=2)).all()

    def only_the_sign_flipped(route):
        """Flipping every vote should flip v exactly, and leave c as it is. Your test asks for the sign alone, or for
        nothing of the kind: compare `route(-u_hat, 3)` with −v and c."""
        u_hat, order = 2 * torch.randn(2, 5, 3, 6), torch.tensor([3, 0, 4, 1, 2])
        v, c = route(u_hat, 3)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)
        first = route(u_hat, 1)[1]
        assert torch.allclose(first, torch.full_like(first, 1 / 3), atol=1e-4)
        assert not torch.allclose(first, c, atol=1e-4)
        assert v.norm(dim=2).max() < 1.0001
        assert torch.allclose(route(u_hat[:1], 3)[0], v[:1], atol=1e-4)
        assert torch.allclose(route(u_hat[:, order], 3)[0], v, atol=1e-4)
        assert (torch.cosine_similarity(route(-u_hat, 3)[0], v, dim=2) < 0).all()
        assert route(torch.zeros(2, 5, 3, 6), 3)[0].isfinite().all()
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
        assert torch.cosine_similarity(s, v, dim=2).min() > 0.999
        assert _turns_to_agreement(route, u_hat)

    def rings_on_everything(route):
        """Your test fails on everything, right code too. Run it on `functional.dynamic_routing` first: there it should
        be silent."""
        u_hat = 2 * torch.randn(2, 5, 3, 6)
        assert (route(u_hat, 3)[1] - 1 / 3).abs().max() > 0.9
