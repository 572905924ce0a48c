"""Write `paired_interval(first, second, t=2.776)`: how many points more error does `second` make than `first`?
Both are errors in per cent, (k,), one for each seed in the same order. Return low, mean and high of the
differences second − first as numbers; the 95 % interval is the mean ± t standard errors. (2.776 is Student's t for
five seeds.)"""

import math
import statistics

from torch import Tensor

from capsule_tutor.checks.cases import case, numbers, uniform

EFFORT = {"minutes": 4, "difficulty": 2, "importance": 5}
HINTS = (
    "Pair first, average afterwards: what one number does each seed give?",
    "The standard error of a mean of k numbers is their standard deviation (the one with k − 1) divided by √k.",
    "`gaps = second - first`, `half = t * gaps.std() / ...`, and three numbers by `.item()`.",
)
GRADIENT = False


def paired_interval(first: Tensor, second: Tensor, t: float = 2.776) -> tuple[float, float, float]:
    """The mean of paired differences with its interval. first, second (k,) → (low, mean, high)"""
    gaps = second - first
    half = t * gaps.std() / len(gaps) ** 0.5
    return (gaps.mean() - half).item(), gaps.mean().item(), (gaps.mean() + half).item()


reference = paired_interval


def oracle(first, second, t=2.776):
    gaps = [b - a for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    mean, half = statistics.mean(gaps), t * statistics.stdev(gaps) / math.sqrt(len(gaps))
    return mean - half, mean, mean + half


def cases():
    base = 5 + uniform(5) * 10
    return [
        case("five seeds that go up and down together", base, base + 2 + 0.3 * numbers(5), atol=1e-4),
        case("five seeds that have nothing to do with each other", 10 + numbers(5), 12 + numbers(5, seed=1), atol=1e-4),
        case("a second that is better", 20 + numbers(5, seed=2), 17 + numbers(5, seed=3), atol=1e-4),
        case("three seeds", 8 + numbers(3, seed=4), 9 + numbers(3, seed=5), atol=1e-4, t=4.303),
        case("errors that are equal", base, base.clone(), atol=1e-4),
    ]


def _in_order(item, value):
    low, mean, high = value
    if low <= mean <= high:
        return None
    rule = "the lower end comes first" if high <= mean <= low else "the second, the mean, is between the other two"
    return f"you return {low:.3g}, {mean:.3g}, {high:.3g}. The order is low, mean, high: {rule}."


properties = (_in_order,)


class right:
    def by_statistics(first, second, t):
        gaps = [float(b) - float(a) for a, b in zip(first, second, strict=True)]
        m, half = sum(gaps) / len(gaps), t * statistics.stdev(gaps) / len(gaps) ** 0.5
        return m - half, m, m + half

    def by_squares(first, second, t):
        gaps = (second - first).double()
        error = ((gaps - gaps.mean()).square().sum() / (len(gaps) - 1) / len(gaps)).sqrt()
        return tuple((gaps.mean() + sign * t * error).item() for sign in (-1, 0, 1))


def _with(gaps, half):
    mean = gaps.mean().item()
    return mean - float(half), mean, mean + float(half)


class wrong:
    def other_way_round(first, second, t):
        """You subtract second from first. The question is how much MORE second makes: second − first."""
        gaps = first - second
        return _with(gaps, t * gaps.std() / len(gaps) ** 0.5)

    def unpaired(first, second, t):
        """You take the spread of each group by itself. If a seed is hard for both, that spread is in both, and in no
        difference: subtract seed by seed first."""
        return _with(second - first, t * ((first.var() + second.var()) / len(first)) ** 0.5)

    def spread_of_one_run(first, second, t):
        """Your interval is that of a single run. The mean of k runs is surer by √k: divide."""
        gaps = second - first
        return _with(gaps, t * gaps.std())

    def divided_by_k(first, second, t):
        """You divide by k. The spread of a mean of k numbers is smaller by √k."""
        gaps = second - first
        return _with(gaps, t * gaps.std() / len(gaps))

    def population(first, second, t):
        """Your standard deviation divides by k. Of k runs, whose mean is estimated from the same runs, it is k − 1, as
        `std()` does by itself."""
        gaps = second - first
        return _with(gaps, t * gaps.std(correction=0) / len(gaps) ** 0.5)

    def root_of_k_minus_one(first, second, t):
        """You divide by √(k − 1). The −1 belongs inside the standard deviation, where `std()` has it already: divide by
        √k."""
        gaps = second - first
        return _with(gaps, t * gaps.std() / (len(gaps) - 1) ** 0.5)

    def of_the_normal(first, second, t):
        """You use 1.96, which needs many runs. With few, the standard deviation itself is uncertain: use t."""
        gaps = second - first
        return _with(gaps, 1.96 * gaps.std() / len(gaps) ** 0.5)

    def one_standard_error(first, second, t):
        """You go one standard error to each side, which is not a 95 % interval: multiply by t."""
        gaps = second - first
        return _with(gaps, gaps.std() / len(gaps) ** 0.5)

    def root_of_five(first, second, t):
        """You divide by √5, however many seeds there are. It is the root of their number: √len(first)."""
        gaps = second - first
        return _with(gaps, t * gaps.std() / 5**0.5)

    def t_of_five(first, second, t):
        """You use 2.776, whatever `t` is. That is Student's t for five seeds: with three it is another one."""
        gaps = second - first
        return _with(gaps, 2.776 * gaps.std() / len(gaps) ** 0.5)

    def all_of_five(first, second, t):
        """You use 2.776 and √5, so your interval holds for five seeds alone. Use `t`, and count the seeds."""
        gaps = second - first
        return _with(gaps, 2.776 * gaps.std() / 5**0.5)

    def half_the_width(first, second, t):
        """You go t/2 standard errors to each side. It is t to EACH side."""
        gaps = second - first
        return _with(gaps, t / 2 * gaps.std() / len(gaps) ** 0.5)

    def relative(first, second, t):
        """You divide by the first error. The question asks for points, not for a share of them."""
        gaps = (second - first) / first * 100
        return _with(gaps, t * gaps.std() / len(gaps) ** 0.5)

    def ends_around_0(first, second, t):
        """Your interval is around 0. It belongs around the mean: add the mean to both ends."""
        gaps = second - first
        low, mean, high = _with(gaps, t * gaps.std() / len(gaps) ** 0.5)
        return low - mean, mean, high - mean

    def high_first(first, second, t):
        """Your ends are exchanged. The order is low, mean, high."""
        gaps = second - first
        low, mean, high = _with(gaps, t * gaps.std() / len(gaps) ** 0.5)
        return high, mean, low

    def least_and_most(first, second, t):
        """You return the smallest and the largest difference. Those move apart with every further seed, while an
        interval of the mean shrinks."""
        gaps = second - first
        return gaps.min().item(), gaps.mean().item(), gaps.max().item()
