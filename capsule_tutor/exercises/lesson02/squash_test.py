"""Write a test, `squash_test(squash)`, for anybody's `squash(s, dim=-1)`. Right ones have curves of their own (you know
two), so compare no numbers with another squash. Assert what all of them here should do. No length reaches 1 (ask this
of many long vectors, with lengths from 3 to 9: of a much longer one float32 may round the new length to 1). A vector of
length 0.01 comes out shorter than 0.1. The direction stays. The vectors are along axis `dim`, whichever axis that is.
At the zero vector the value and the gradient are finite."""

import torch

from capsule_tutor import functional

EFFORT = {"minutes": 15, "difficulty": 3, "importance": 5}
HINTS = (
    "The task names five properties. Each wants an `assert` of its own, and some want an input of their own.",
    "For the direction compare unit vectors, or use `torch.cosine_similarity`. For the axis squash along one that is "
    "not the last, with sizes that differ. For the zero vector call `backward()` and look at its gradient.",
    "`v = squash(s, dim=...)`; `(v.norm(dim=...) < 1).all()`; `torch.cosine_similarity(s, v, dim=...).min() > 0.999`; "
    "`zero = torch.zeros(2, 3, requires_grad=True)`, `squash(zero).sum().backward()`, and then?",
)


def squash_test(squash):
    s = 3 * torch.randn(5, 4, 3).clamp(-1.5, 1.5)  # four numbers of at most 4.5: no length above 9
    for dim in (1, -1):
        v = squash(s, dim=dim)
        assert (v.norm(dim=dim) < 1).all(), "a length reaches 1"
        assert torch.cosine_similarity(s, v, dim=dim).min() > 0.999, "a direction has changed"
    zero = torch.zeros(2, 3, requires_grad=True)
    out = squash(zero)
    out.sum().backward()
    assert out.isfinite().all(), "the zero vector gives NaN"
    assert squash(0.001 * s).norm(dim=-1).max() < 0.1, "almost nothing becomes something"
    assert zero.grad.isfinite().all(), "its gradient is NaN"


reference = squash_test


def _along(s, dim, curve, eps=1e-8):
    """Every vector with the length `curve` makes of its own."""
    n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()
    return curve(n) * s / n


class sound:
    def of_the_first_paper(s, dim=-1):
        """the squash of 2017"""
        return functional.squash(s, dim)

    def exponential(s, dim=-1):
        """the exponential squash, a right one with another curve"""
        return functional.exponential_squash(s, dim)

    def a_third_curve(s, dim=-1):
        """a right squash with a curve of its own, n/(2 + n)"""
        return _along(s, dim, lambda n: n / (2 + n))


class broken:
    def not_bounded(s, dim=-1):
        """a squash that lets long vectors be longer than 1. Do you compare the lengths with 1, and not with the
        lengths of `s`? And are some of your vectors long?"""
        return _along(s, dim, lambda n: torch.log(1 + n))

    def cut_off_at_one(s, dim=-1):
        """a squash that cuts long vectors off at length 1. Do you ask for less than 1, or for at most 1? And of many
        vectors? Rounding puts some of these lengths just below 1."""
        v = s / (s * s).sum(dim, keepdim=True).clamp(min=1).sqrt()
        for _ in range(4):  # no rounding above 1, which would give it away
            v = torch.where(v.norm(dim=dim, keepdim=True) > 1, v * (1 - 2**-24), v)
        return v

    def one_length_for_all(s, dim=-1):
        """a squash that gives every vector the length 0.5, a very short one, too. Do you ask one of length 0.01?"""
        return 0.5 * torch.nn.functional.normalize(s, dim=dim)

    def every_number_alone(s, dim=-1):
        """a squash of every number alone, as along an axis of size 1. How long can a vector of three such numbers
        be?"""
        return functional.squash(s.unsqueeze(-1)).squeeze(-1)

    def tanh_of_every_number(s, dim=-1):
        """a tanh of every number, halved: short enough, and bent. Do you look at the direction, and at more than its
        signs?"""
        return 0.5 * s.tanh()

    def without_negative_numbers(s, dim=-1):
        """a squash after a ReLU. Do you look at the direction?"""
        return functional.squash(s.relu(), dim)

    def always_the_last_axis(s, dim=-1):
        """a squash that takes the last axis, whatever `dim` says. Do you ask for another one?"""
        return functional.squash(s)

    def nan_at_zero(s, dim=-1):
        """a squash that divides 0 by 0. Do you give it a zero vector?"""
        n = (s * s).sum(dim, keepdim=True).sqrt()
        return n * n / (1 + n * n) * s / n

    def nan_in_the_gradient(s, dim=-1):
        """a squash with its eps outside the root: the zero vector comes out as zero, and its gradient is NaN. Do you
        call backward()?"""
        n = (s * s).sum(dim, keepdim=True).sqrt()
        return n * n / (1 + n * n) * s / (n + 1e-8)

    def turned_round(s, dim=-1):
        """a squash that turns every vector round. Do you ask for a cosine near 1, or for its size alone?"""
        return -functional.squash(s, dim)


class right:
    def one_vector_after_the_other(squash):
        s = torch.randn(3, 5, 2) * 2
        v = squash(s, dim=1)
        for b in range(3):
            for k in range(2):
                before, after = s[b, :, k], v[b, :, k]
                assert after.norm() < 1
                assert (before / before.norm() - after / after.norm()).abs().max() < 1e-3
                assert squash(0.01 * before / before.norm()).norm() < 0.1
        zero = torch.zeros(1, 6, requires_grad=True)
        (slope,) = torch.autograd.grad(squash(zero).sum(), zero)
        assert not slope.isnan().any()

    def on_chosen_vectors(squash):
        s = torch.tensor([[3.0, -4.0], [0.3, 0.4], [0.0, 0.0]], requires_grad=True)
        for v in (squash(s), squash(s.T, dim=0).T):
            assert (v[:2] * s[:2]).sum(dim=1).div(s[:2].norm(dim=1) * v[:2].norm(dim=1)).min() > 0.999
            assert v.norm(dim=1).max() < 1
            assert (squash(1.5 * torch.ones(1, 4)).norm() < 1).all()
            assert squash(torch.tensor([0.01, 0.0])).norm() < 0.1
            gradient = torch.autograd.grad(v.sum(), s, retain_graph=True)[0]
            assert torch.isfinite(gradient).all()


def _short(squash, dim=-1):
    assert (squash(3 * torch.randn(5, 4, 3), dim=dim).norm(dim=dim) < 1).all()


def _stays_short(squash):
    assert squash(0.01 * torch.nn.functional.normalize(torch.randn(5, 3), dim=-1)).norm(dim=-1).max() < 0.1


def _straight(squash, dim=-1):
    s = 3 * torch.randn(5, 4, 3)
    assert torch.cosine_similarity(s, squash(s, dim=dim), dim=dim).min() > 0.999


def _survives(squash):
    zero = torch.zeros(2, 3, requires_grad=True)
    squash(zero).sum().backward()
    assert zero.grad.isfinite().all()


def _all_of_it(squash, spread):
    """All that a right test asks, of vectors whose numbers have this spread."""
    s = spread * torch.randn(20, 8, 9)
    for dim in (1, -1):
        assert (squash(s, dim=dim).norm(dim=dim) < 1).all()
        _straight(squash, dim)
    _stays_short(squash)
    _survives(squash)


class wrong:
    def compared_with_the_package(squash):
        """Your test compares with the numbers of one squash. Right ones differ in their curve: assert what is true of
        all of them."""
        s = 3 * torch.randn(5, 4, 3)
        assert torch.allclose(squash(s, dim=1), functional.squash(s, dim=1), atol=1e-4)
        _survives(squash)

    def at_most_one(squash):
        """Your test lets a squash pass that cuts long vectors off at length 1. Ask for `< 1`, and of many
        long vectors: rounding puts some of the lengths that were cut off just below 1."""
        for dim in (1, -1):
            s = 3 * torch.randn(5, 4, 3)
            assert (squash(s, dim=dim).norm(dim=dim) <= 1).all()
            _straight(squash, dim)
        _stays_short(squash)
        _survives(squash)

    def short_vectors_forgotten(squash):
        """Your test never asks a very short vector. A squash that gives every vector the length 0.5 would pass: what is
        almost nothing should stay almost nothing."""
        for dim in (1, -1):
            _short(squash, dim)
            _straight(squash, dim)
        _survives(squash)

    def far_too_long(squash):
        """Your test finds lengths of 1 or more in right code. Do you take them along another axis than you squash? Or
        are your vectors so long that float32 rounds the new length to 1? Below a length of 10 it does not."""
        _all_of_it(squash, 1e4)

    def rather_long(squash):
        """Your test fails on the exponential squash, which is right. Do you ask for a number that only another curve
        has? Or are some vectors so long that float32 rounds this one to 1? Keep them below a length of 10."""
        _all_of_it(squash, 30)

    def normed_along_another_axis(squash):
        """You squash along one axis and take the lengths along another. Right code fails, too: use the same `dim` for
        both."""
        s = 3 * torch.randn(5, 4, 3)
        assert (squash(s, dim=1).norm(dim=-1) < 1).all()
        _straight(squash)
        _stays_short(squash)
        _survives(squash)

    def lengths_alone(squash):
        """Your test looks at lengths only. What must a squash leave as it is? And what of the zero vector?"""
        _short(squash)

    def directions_alone(squash):
        """Your test looks at directions only. How long may a vector be? And what of the zero vector?"""
        _straight(squash)

    def no_zero_vector(squash):
        """Your test asks for lengths and directions, and finds no NaN. Give it the zero vector, and ask whether the
        value and the gradient are finite: `isfinite`, since neither == nor != finds a NaN."""
        _stays_short(squash)
        for dim in (1, -1):
            _short(squash, dim)
            _straight(squash, dim)

    def zero_vector_forwards_alone(squash):
        """Your test gives it a zero vector and looks at what comes out. The value may be fine where the gradient is
        NaN: call `backward()`, too."""
        _stays_short(squash)
        for dim in (1, -1):
            _short(squash, dim)
            _straight(squash, dim)
        assert squash(torch.zeros(2, 3)).isfinite().all()

    def last_axis_alone(squash):
        """Your test does not notice whether `dim` is used. Do you squash along another axis than the last, too, and do
        its vectors differ in length?"""
        _stays_short(squash)
        _short(squash)
        _straight(squash)
        _survives(squash)

    def zero_vector_alone(squash):
        """Your test looks at the zero vector only. Longer ones have something to keep, and something to lose."""
        _survives(squash)

    def rings_on_everything(squash):
        """Your test fails on everything, right code too. Do you compare with `==`, or ask for the direction of a zero
        vector? Do you take one length for all vectors (`norm()` without a `dim`), or lengths along another axis than
        you squash? Run it on your own `squash` first: there it should be silent."""
        s = 3 * torch.randn(5, 4, 3)
        assert (torch.cosine_similarity(s, squash(s), dim=-1) == 2).all()

    def returned(squash):
        """Your test returned a bool. A test is silent when all is well, and speaks up with `assert condition, "what is
        wrong"`; whoever runs it does not look at what it returns."""
        return bool((squash(torch.randn(5, 3)).norm(dim=-1) < 1).all())

    def shape_alone(squash):
        """Your test lets everything pass. Is each comparison behind an `assert`, without brackets around condition AND
        message (a pair is always true)? Then ask for more than the shape, which all of these mistakes keep: for
        lengths, directions, the axis, and for what happens at zero."""
        assert squash(torch.randn(5, 4, 3), dim=1).shape == (5, 4, 3)
