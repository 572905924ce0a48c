"""Write `paired_test(wrong_a, wrong_b)`: from two bool tensors, True where a network is wrong on an image, count the
images that only A gets wrong and those that only B does, and the exact two-sided p of the coin."""

from math import comb, erfc, isclose, log

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, dice, order
from capsule_tutor.checks.wording import told_apart

EFFORT = {"minutes": 7, "difficulty": 3, "importance": 5}
HINTS = (
    "Two counts come first, of images where exactly one network is wrong. `&` is “and” and `~` is “not” for "
    "tensors of bools; `int(….sum())` makes a number.",
    "With m disagreements there are 2^m ways for the coins to fall; `comb(m, k)` of them give k to one side. Add "
    "those for k = 0 … the smaller count, divide by 2^m, double.",
    "`p = 2 * sum(comb(m, k) for k in range(fewer + 1)) / 2**m`, where m is the sum of the two counts and fewer "
    "the smaller; return `only_a, only_b, min(1.0, p)`.",
)
GRADIENT = False


def paired_test(wrong_a: Tensor, wrong_b: Tensor) -> tuple[int, int, float]:
    """Compare two networks on the same images. wrong_a, wrong_b (n,) bool → (only A wrong, only B wrong, p)

    McNemar's test, counted exactly: how probable is a split of the disagreements at least as uneven as this one, to
    either side, if every disagreement goes to A or to B by the toss of a coin?
    """
    only_a = int((wrong_a & ~wrong_b).sum())
    only_b = int((wrong_b & ~wrong_a).sum())
    m, fewer = only_a + only_b, min(only_a, only_b)
    # p = 2 Σ_{k ≤ fewer} (m choose k) / 2^m, at most 1
    p = 2 * sum(comb(m, k) for k in range(fewer + 1)) / 2**m
    return only_a, only_b, min(1.0, p)


reference = paired_test


def oracle(wrong_a, wrong_b):
    pairs = list(zip(wrong_a.tolist(), wrong_b.tolist(), strict=True))
    only_a, only_b = pairs.count((True, False)), pairs.count((False, True))
    ways = [1]  # row m of Pascal's triangle: in how many ways m coins give k heads
    for _ in range(only_a + only_b):
        ways = [left + right for left, right in zip([0, *ways], [*ways, 0], strict=True)]
    heads = range(len(ways))
    as_uneven = [ways[k] for k in heads if abs(2 * k - (only_a + only_b)) >= abs(only_a - only_b)]
    return only_a, only_b, sum(as_uneven) / sum(ways)


def _pair(both: int, only_a: int, only_b: int, right: int) -> tuple[Tensor, Tensor]:
    a = [True] * both + [True] * only_a + [False] * only_b + [False] * right
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * right
    shuffled = order(len(a), seed=len(a))
    return torch.tensor(a)[shuffled], torch.tensor(b)[shuffled]


def cases():
    return [
        case("22 images (3 both wrong, 1 only A, 5 only B)", *_pair(3, 1, 5, 13), atol=1e-9),
        case("100 images (20 both wrong, 15 only A, 5 only B)", *_pair(20, 15, 5, 60), atol=1e-9),
        case("3 only A and 3 only B", *_pair(2, 3, 3, 7), atol=1e-9),
        case("two networks that never disagree", *_pair(6, 0, 0, 11), atol=1e-9),
        case("10 only B and none only A", *_pair(25, 0, 10, 50), atol=1e-9),
        case("a single image, only A wrong", *_pair(0, 1, 0, 0), atol=1e-9),
        case("14 only A and 67 only B", *_pair(20, 14, 67, 40), atol=1e-9),
    ]


def more_cases():
    splits = [[dice(0, 20, seed=n), *(dice(1, 12, seed=n + k) for k in (10, 20, 30))] for n in range(4)]
    return [case(f"{a} only A, {b} only B", *_pair(both, a, b, right), atol=1e-9) for both, a, b, right in splits]


def _each_count(item, value):
    a, b = item.args
    for who, got, want in zip("AB", value, paired_test(a, b), strict=False):
        if got == want:
            continue
        what = [name for name, images in _counts(a, b).items() if int(images.sum()) == got]
        counted = f", which is how many {what[0]}" if len(what) == 1 else ""
        return f"your count of the images that only {who} gets wrong is {got}{counted}; expected {want}."
    return None


def _counts(a: Tensor, b: Tensor) -> dict[str, Tensor]:
    """What may have been counted. The numbers of the first case all differ."""
    return {
        "only A gets wrong": a & ~b,
        "only B gets wrong": b & ~a,
        "both get wrong": a & b,
        "both get right": ~a & ~b,
        "A gets wrong, alone or with B": a,
        "B gets wrong, alone or with A": b,
        "A gets right": ~a,
        "B gets right": ~b,
        "exactly one gets wrong": a ^ b,
        "any of the two gets wrong": a | b,
        "they agree on": ~(a ^ b),
    }


def _a_probability(item, value):
    return None if 0 <= value[2] <= 1 + 1e-9 else f"p is {value[2]:.4g}. A probability is between 0 and 1."


def _symmetric_when_equal(item, value):
    only_a, only_b, p = value
    even = only_a == only_b and abs(p - 1) > 1e-9
    return f"{only_a} against {only_b} is as even as can be, so p is 1, not {p:.4g}." if even else None


def _p_itself(item, value):
    p, want = value[2], paired_test(*item.args)[2]
    if isclose(p, want, rel_tol=1e-6, abs_tol=1e-9):
        return None
    return "p is {}; expected {}.".format(*told_apart(p, want))


properties = (_each_count, _a_probability, _symmetric_when_equal, _p_itself)


def _split(wrong_a: Tensor, wrong_b: Tensor) -> tuple[int, int]:
    return int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())


def _two_sided(fewer: int, m: int) -> float:
    return min(1.0, 2 * sum(comb(m, k) for k in range(fewer + 1)) / 2**m)


class right:
    def by_loop(wrong_a, wrong_b):
        only_a = only_b = 0
        for a, b in zip(wrong_a, wrong_b, strict=True):
            only_a += int(a and not b)
            only_b += int(b and not a)
        m = only_a + only_b
        p = sum(comb(m, k) for k in range(m + 1) if abs(2 * k - m) >= abs(only_a - only_b)) / 2**m
        return only_a, only_b, p

    def by_comparison(wrong_a, wrong_b):
        a, b = (wrong_a > wrong_b).sum().item(), (wrong_a < wrong_b).sum().item()
        if a == b:
            return a, b, 1.0
        tail = sum(comb(a + b, k) * 0.5 ** (a + b) for k in range(min(a, b) + 1))
        return a, b, 2 * tail

    def by_logarithms(wrong_a, wrong_b):
        differ = wrong_a != wrong_b
        m, a = int(differ.sum()), int((differ & wrong_a).sum())
        k = torch.arange(min(a, m - a) + 1).double()
        m_ = torch.tensor(float(m), dtype=torch.float64)
        logs = torch.lgamma(m_ + 1) - torch.lgamma(k + 1) - torch.lgamma(m_ - k + 1) - m * log(2)
        return a, m - a, min(1.0, 2 * logs.exp().sum().item())


class wrong:
    def power_of_a_tensor(wrong_a, wrong_b):
        """Where the two disagree on many images, your p is not right: 2**63 is too large for an integer tensor, and it
        comes out negative, or 0. Is m a tensor? Make it an int of Python's, which knows no limit."""
        a, b = _split(wrong_a, wrong_b)
        ways = torch.tensor(2) ** (a + b)
        return a, b, min(1.0, float(2 * sum(comb(a + b, k) for k in range(min(a, b) + 1)) / ways))

    def one_side_only(wrong_a, wrong_b):
        """You count the uneven splits to one side. Before looking, A or B could have come out ahead: double it."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, sum(comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b)

    def above_one(wrong_a, wrong_b):
        """Where the split is even, your p exceeds 1: both tails then hold the middle one. Cap it with min(1.0, …)."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, 2 * sum(comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b)

    def larger_tail(wrong_a, wrong_b):
        """Your p is always 1. Either the sum runs too far (the tail of uneven splits ends at the smaller count,
        `range(fewer + 1)`), or the division by 2**m is missing or too small, and min(1.0, …) hides it, or your coin is
        not fair and falls as was observed."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, _two_sided(max(a, b), a + b)

    def tail_of_a(wrong_a, wrong_b):
        """You sum up to A's count. If A has more, that is nearly everything: sum up to the smaller of the two."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, _two_sided(a, a + b)

    def tail_of_b(wrong_a, wrong_b):
        """You sum up to B's count. If B has more, that is nearly everything: sum up to the smaller of the two."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, _two_sided(b, a + b)

    def last_term_forgotten(wrong_a, wrong_b):
        """Your sum stops one too early, and leaves out the split that was observed. `range(fewer + 1)` takes it in; and
        where you compare how uneven the splits are, >= does, and > does not."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, _two_sided(min(a, b) - 1, a + b)

    def both_right_for_only_b(wrong_a, wrong_b):
        """Your second count is of the images that neither gets wrong: there is a ~ too many. “Only B” is `wrong_b &
        ~wrong_a`."""
        a, b = _split(wrong_a, wrong_b)[0], int((~wrong_a & ~wrong_b).sum())
        return a, b, _two_sided(min(a, b), a + b)

    def tail_of_all(wrong_a, wrong_b):
        """Your p is 1 wherever the networks disagree. Does the sum run too far, to k = m − 1? It ends at the smaller
        count. Or do you divide by 2 and multiply by m, as `/ 2 * m` does? There are `2**m` ways."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, min(1.0, 2 * sum(comb(a + b, k) for k in range(a + b)) / 2 ** (a + b))

    def comb_forgotten(wrong_a, wrong_b):
        """You add up the numbers k themselves. What counts is in how many ways m coins give k heads: `comb(m, k)`."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, min(1.0, 2 * sum(range(min(a, b) + 1)) / 2 ** (a + b))

    def any_wrong_image_tossed(wrong_a, wrong_b):
        """You toss a coin for every image that anyone gets wrong, `wrong_a | wrong_b`. An image that both get wrong
        says nothing about who is better: m = only A + only B."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, _two_sided(min(a, b), int((wrong_a | wrong_b).sum()))

    def any_wrong_image_tossed_and_last_term_forgotten(wrong_a, wrong_b):
        """You toss a coin for every image that anyone gets wrong, `wrong_a | wrong_b`. An image that both get wrong
        says nothing about who is better: m = only A + only B. (And the sum stops one too early.)"""
        a, b = _split(wrong_a, wrong_b)
        return a, b, _two_sided(min(a, b) - 1, int((wrong_a | wrong_b).sum()))

    def ways_of_the_smaller_count(wrong_a, wrong_b):
        """You wrote comb(fewer, k). All m disagreements are tossed, and k of them give heads: comb(m, k)."""
        a, b = _split(wrong_a, wrong_b)
        fewer, m = min(a, b), a + b
        return a, b, min(1.0, 2 * sum(comb(fewer, k) for k in range(fewer + 1)) / 2**m)

    def this_split_alone(wrong_a, wrong_b):
        """You doubled the probability of this one split. p asks for splits at least as uneven: add those from 0 up to
        it."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, min(1.0, 2 * comb(a + b, a) / 2 ** (a + b))

    def this_split_once(wrong_a, wrong_b):
        """That is the probability of exactly this split. p asks for all that are at least as uneven, to either side."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, comb(a + b, a) / 2 ** (a + b)

    def all_wrong_images(wrong_a, wrong_b):
        """You count all images that A gets wrong, and all that B does. Images that both get wrong say nothing about
        which is better: count only those that one of them gets right."""
        a, b = int(wrong_a.sum()), int(wrong_b.sum())
        return a, b, _two_sided(min(a, b), a + b)

    def tested_with_all_wrong_images(wrong_a, wrong_b):
        """Your counts are right, but p is made from all wrong images. Only disagreements are tosses of the coin."""
        a, b = int(wrong_a.sum()), int(wrong_b.sum())
        return *_split(wrong_a, wrong_b), _two_sided(min(a, b), a + b)

    def two_independent_samples(wrong_a, wrong_b):
        """You compared the two shares as if each network had read other images. They read the same ones, and that is
        what the paired test uses: only disagreements count."""
        n, a, b = len(wrong_a), float(wrong_a.sum()), float(wrong_b.sum())
        pooled = (a + b) / (2 * n)
        error = (2 * pooled * (1 - pooled) / n) ** 0.5
        return *_split(wrong_a, wrong_b), erfc(abs(a - b) / n / error / 2**0.5) if error else 1.0

    def b_first(wrong_a, wrong_b):
        """You return B's count first. The first number is that of the images which only A gets wrong."""
        a, b, p = paired_test(wrong_a, wrong_b)
        return b, a, p

    def right_for_wrong(wrong_a, wrong_b):
        """You count where the networks agree (both wrong, both right). The news is in the images where they differ."""
        both_wrong, both_right = int((wrong_a & wrong_b).sum()), int((~wrong_a & ~wrong_b).sum())
        return both_wrong, both_right, _two_sided(min(both_wrong, both_right), both_wrong + both_right)

    def normal_curve(wrong_a, wrong_b):
        """You used the normal curve (z = difference over root of sum). It is fine for hundreds of disagreements and off
        for a handful. Count the coin's splits with math.comb."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, erfc(abs(a - b) / (2 * (a + b)) ** 0.5) if a + b else 1.0

    def normal_curve_corrected(wrong_a, wrong_b):
        """You used the normal curve with the −1 for continuity. It comes close. Here the exact count is wanted:
        math.comb."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, erfc(max(0, abs(a - b) - 1) / (2 * (a + b)) ** 0.5) if a + b else 1.0

    def z_itself(wrong_a, wrong_b):
        """You return z, how many standard errors the split is off. Return the probability p."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, (a - b) / (a + b) ** 0.5 if a + b else 0.0

    def chi_squared_itself(wrong_a, wrong_b):
        """You return McNemar's χ². Return the probability p, counted exactly."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, (a - b) ** 2 / (a + b) if a + b else 0.0

    def coins_for_every_image(wrong_a, wrong_b):
        """You toss a coin for each of the n images. There is one toss per disagreement: m = only A + only B."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, _two_sided(min(a, b), len(wrong_a))

    def one_minus_p(wrong_a, wrong_b):
        """You return 1 − p. p itself is small when the split would be a strange one for a coin."""
        a, b, p = paired_test(wrong_a, wrong_b)
        return a, b, 1 - p

    def one_minus_the_tails(wrong_a, wrong_b):
        """You subtracted the tails from 1. p IS the tails: the probability of a split at least as uneven."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, min(1.0, 1 - 2 * sum(comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b))

    def tilde_forgotten(wrong_a, wrong_b):
        """You count the images that BOTH get wrong. “Only A” is A wrong and B not: `wrong_a & ~wrong_b`, with the ~."""
        both = int((wrong_a & wrong_b).sum())
        return both, both, _two_sided(both, 2 * both)

    def tilde_forgotten_in_the_first(wrong_a, wrong_b):
        """Your first count is of the images that both get wrong. “Only A” needs a ~ before `wrong_b`."""
        a, b = int((wrong_a & wrong_b).sum()), _split(wrong_a, wrong_b)[1]
        return a, b, _two_sided(min(a, b), a + b)

    def tilde_forgotten_in_the_second(wrong_a, wrong_b):
        """Your second count is of the images that both get wrong. “Only B” needs a ~ before `wrong_a`."""
        a, b = _split(wrong_a, wrong_b)[0], int((wrong_a & wrong_b).sum())
        return a, b, _two_sided(min(a, b), a + b)

    def not_for_tilde(wrong_a, wrong_b):
        """`not` and `and` want one True or False, and a tensor has many. Entry by entry “not” is `~`, “and” is `&`."""
        a, b = int((wrong_a & (not wrong_b)).sum()), int((wrong_b & (not wrong_a)).sum())
        return a, b, _two_sided(min(a, b), a + b)

    def and_not(wrong_a, wrong_b):
        """`and not` wants one True or False on each side, and a tensor has many. Entry by entry it is `wrong_a &
        ~wrong_b`."""
        a, b = int((wrong_a and not wrong_b).sum()), int((wrong_b and not wrong_a).sum())
        return a, b, _two_sided(min(a, b), a + b)

    def minus_for_tilde(wrong_a, wrong_b):
        """A minus does not turn bools round. “Not” is the tilde, `~wrong_b`."""
        a, b = int((wrong_a & -wrong_b).sum()), int((wrong_b & -wrong_a).sum())
        return a, b, _two_sided(min(a, b), a + b)

    def masks_subtracted(wrong_a, wrong_b):
        """Bools cannot be subtracted. “A wrong and B not wrong” is `wrong_a & ~wrong_b`."""
        a, b = int((wrong_a - wrong_b).sum()), int((wrong_b - wrong_a).sum())
        return a, b, _two_sided(min(a, b), a + b)

    def exclusive_or(wrong_a, wrong_b):
        """You count all disagreements, twice. Neither `^` nor `!=` says whose fault they are: `wrong_a & ~wrong_b`
        counts those of A alone."""
        m = int((wrong_a ^ wrong_b).sum())
        return m, m, _two_sided(m, 2 * m)

    def all_of_b(wrong_a, wrong_b):
        """Your second count is of all images that B gets wrong, and A gets some of them wrong, too. “Only B” is
        `wrong_b & ~wrong_a`."""
        a, b = _split(wrong_a, wrong_b)[0], int(wrong_b.sum())
        return a, b, _two_sided(min(a, b), a + b)

    def all_of_a(wrong_a, wrong_b):
        """Your first count is of all images that A gets wrong, and B gets some of them wrong, too. “Only A” is
        `wrong_a & ~wrong_b`."""
        a, b = int(wrong_a.sum()), _split(wrong_a, wrong_b)[1]
        return a, b, _two_sided(min(a, b), a + b)

    def counts_subtracted(wrong_a, wrong_b):
        """You subtracted the two counts of wrong images: 1 only A and 5 only B then look like 0 and 4. Count where
        exactly one is wrong: `wrong_a & ~wrong_b`."""
        a, b = int(wrong_a.sum()), int(wrong_b.sum())
        a, b = max(0, a - b), max(0, b - a)
        return a, b, _two_sided(min(a, b), a + b)

    def all_wrong_images_and_last_term_forgotten(wrong_a, wrong_b):
        """You count all images that A gets wrong, and all that B does. Images that both get wrong say nothing about
        which is better: count only those that one of them gets right. (And the sum stops one too early.)"""
        a, b = int(wrong_a.sum()), int(wrong_b.sum())
        return a, b, _two_sided(min(a, b) - 1, a + b)

    def the_same_count_twice(wrong_a, wrong_b):
        """Both of your counts are of A's faults. In the second the letters change places: `wrong_b & ~wrong_a`."""
        a, _ = _split(wrong_a, wrong_b)
        return a, a, _two_sided(a, 2 * a)

    def one_term_again_and_again(wrong_a, wrong_b):
        """Your sum adds the same term each time: `comb(m, fewer)`. The second number is the one that runs: `comb(m, k)`
        for k from 0 to fewer."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, min(1.0, 2 * sum(comb(a + b, min(a, b)) for _ in range(min(a, b) + 1)) / 2 ** (a + b))

    def first_term_forgotten(wrong_a, wrong_b):
        """Your sum begins at 1. The most uneven split of all, 0 to m, belongs to the tail: `range(fewer + 1)`."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, min(1.0, 2 * sum(comb(a + b, k) for k in range(1, min(a, b) + 1)) / 2 ** (a + b))

    def one_side_and_last_term_forgotten(wrong_a, wrong_b):
        """Your sum stops one too early: `range(fewer + 1)` takes in the split that was observed. And double it, since A
        or B could have come out ahead."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, sum(comb(a + b, k) for k in range(min(a, b))) / 2 ** (a + b)

    def divided_by_twice_m(wrong_a, wrong_b):
        """You divided by 2·m. There are 2 to the power of m ways for m coins to fall: `2**m`."""
        a, b = _split(wrong_a, wrong_b)
        ways = 2 * sum(comb(a + b, k) for k in range(min(a, b) + 1))
        return a, b, min(1.0, ways / (2 * (a + b) or 1))

    def divided_by_m_squared(wrong_a, wrong_b):
        """You divided by m². There are 2 to the power of m ways for m coins to fall: `2**m`, not `m**2`."""
        a, b = _split(wrong_a, wrong_b)
        m = a + b
        return a, b, min(1.0, 2 * sum(comb(m, k) for k in range(min(a, b) + 1)) / (m**2 or 1))

    def comb_turned_round(wrong_a, wrong_b):
        """You wrote comb(k, m), which is 0 for every k below m. It is comb(m, k): k of m coins."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, min(1.0, 2 * sum(comb(k, a + b) for k in range(min(a, b) + 1)) / 2 ** (a + b))

    def larger_tail_once(wrong_a, wrong_b):
        """You sum up to the larger count, which is nearly everything. Sum up to the smaller one, and double."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, sum(comb(a + b, k) for k in range(max(a, b) + 1)) / 2 ** (a + b)

    def from_a_upwards(wrong_a, wrong_b):
        """You sum from A's count upwards. If A has fewer, that is nearly everything: take the tail from 0 up to the
        smaller count, and double it."""
        a, b = _split(wrong_a, wrong_b)
        return a, b, sum(comb(a + b, k) for k in range(a, a + b + 1)) / 2 ** (a + b)

    def coins_of_all_images(wrong_a, wrong_b):
        """You divided by 2 to the power of n. Only the disagreements are tossed: `2**m`."""
        a, b = _split(wrong_a, wrong_b)
        tail = sum(comb(a + b, k) for k in range(min(a, b) + 1))
        return a, b, min(1.0, 2 * tail / 2 ** len(wrong_a))

    def agreements_counted(wrong_a, wrong_b):
        """You count disagreements and agreements. The two counts are of disagreements alone, split by whose fault they
        are: `wrong_a & ~wrong_b`, and the other way round."""
        a, b = int((wrong_a != wrong_b).sum()), int((wrong_a == wrong_b).sum())
        return a, b, _two_sided(min(a, b), a + b)

    def unfair_coin(wrong_a, wrong_b):
        """Your coin is not fair. Under equality each disagreement is A's fault or B's with probability ½: every way to
        fall has the same weight, 1/2**m."""
        a, b = _split(wrong_a, wrong_b)
        m = a + b
        return a, b, min(1.0, 2 * sum(comb(m, k) * 0.25**k * 0.75 ** (m - k) for k in range(min(a, b) + 1)))
