"""Write `gap_interval(a, b, t=2.776)`: how much larger network a's gap is than b's, and the ends of its 95 % interval.
a and b are (seeds, 2): familiar and novel error of each seed, in per cent. Take the gap, novel − familiar, of every
run; pair the runs by seed; give the mean of the differences and mean ± t · s/√m, where s is their standard deviation
and m their number. Return three floats, (mean, low, high)."""

import math
import statistics

import numpy as np
import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers, uniform

EFFORT = {"minutes": 7, "difficulty": 2, "importance": 5}
HINTS = (
    "Two differences, one after the other: within a run, and then between two runs with the same seed. Only after that "
    "comes a mean.",
    "`(a[:, 1] - a[:, 0]) - (b[:, 1] - b[:, 0])` is one number per seed. Its `.std()` divides by m − 1, as it should.",
    "With `d` for these numbers: a single run varies by `d.std()`, and a mean of m runs by less. By how much less? "
    "`half = t * d.std() / ...`, and the three numbers are floats: `.item()`.",
)
GRADIENT = False


def gap_interval(a: Tensor, b: Tensor, t: float = 2.776) -> tuple[float, float, float]:
    """a, b (seeds, 2): familiar and novel error → mean of the paired differences of novel − familiar, low, high"""
    d = (a[:, 1] - a[:, 0]) - (b[:, 1] - b[:, 0])  # (m,)
    half = t * d.std() / len(d) ** 0.5  # t s/√m
    return d.mean().item(), (d.mean() - half).item(), (d.mean() + half).item()


reference = gap_interval


def oracle(a, b, t=2.776):
    d = [n - f - (q - p) for (f, n), (p, q) in zip(a.tolist(), b.tolist(), strict=True)]
    mean = sum(d) / len(d)
    s = math.sqrt(sum((x - mean) ** 2 for x in d) / (len(d) - 1))
    return mean, mean - t * s / math.sqrt(len(d)), mean + t * s / math.sqrt(len(d))


def _errors(seeds: int, seed: int, gap: float) -> Tensor:
    """Familiar and novel errors that share a part by seed."""
    common = 4 * numbers(seeds, seed=900 + seeds)
    familiar = 15 + common + uniform(seeds, seed=seed)
    return torch.stack([familiar, familiar + gap + 2 * numbers(seeds, seed=seed + 50)], dim=1)


def cases():
    return [
        case("5 seeds, a with the larger gap", _errors(5, 1, 30.0), _errors(5, 2, 22.0), atol=1e-3),
        case("5 seeds, b with the larger gap", _errors(5, 3, 18.0), _errors(5, 4, 21.0), atol=1e-3),
        case("3 seeds", _errors(3, 5, 25.0), _errors(3, 6, 24.0), t=4.303, atol=1e-3),
        case("2 seeds in float64", _errors(2, 7, 9.0).double(), _errors(2, 8, 12.0).double(), t=12.71, atol=1e-3),
        case("10 seeds", _errors(10, 9, 14.0), _errors(10, 10, 11.0), t=2.262, atol=1e-3),
    ]


def _mean_inside(item, value):
    mean, low, high = value
    if low < mean < high or mean < low < high:  # the second has a sentence of its own, below
        return None
    return f"the mean, {mean:.4g}, is not inside its interval ({low:.4g}, {high:.4g})."


properties = (_mean_inside,)


def _gap(errors):
    return errors[:, 1] - errors[:, 0]


def _around(d, half):
    mean = d.mean()
    return float(mean), float(mean - half), float(mean + half)


class right:
    def with_statistics(a, b, t):
        d = [float(x) for x in (a - b)[:, 1] - (a - b)[:, 0]]
        mean, half = statistics.fmean(d), t * statistics.stdev(d) / math.sqrt(len(d))
        return mean, mean - half, mean + half

    def with_numpy(a, b, t):
        d = np.diff(a.numpy()).ravel() - np.diff(b.numpy()).ravel()
        half = t * d.std(ddof=1) / np.sqrt(d.size)
        return float(d.mean()), float(d.mean() - half), float(d.mean() + half)

    def by_variance(a, b, t):
        d = a.diff(dim=1) - b.diff(dim=1)
        half = t * (d.var() / d.numel()).sqrt()
        return d.mean().item(), (d.mean() - half).item(), (d.mean() + half).item()


class wrong:
    def low_mean_high(a, b, t):
        """You return (low, mean, high), the order of lesson 13. Here the mean comes first."""
        mean, low, high = gap_interval(a, b, t)
        return low, mean, high

    def not_paired(a, b, t):
        """Your interval treats the two networks' runs as strangers. The seeds are the same, so take the difference seed
        by seed first, and the spread of these differences."""
        gap_a, gap_b = _gap(a), _gap(b)
        half = t * (gap_a.var() / len(a) + gap_b.var() / len(b)).sqrt()
        return _around(gap_a - gap_b, half)

    def spreads_subtracted(a, b, t):
        """You subtract one standard deviation from the other. Spread is measured on the differences, seed by seed."""
        return _around(_gap(a) - _gap(b), t * (_gap(a).std() - _gap(b).std()).abs() / len(a) ** 0.5)

    def spread_of_a_alone(a, b, t):
        """Your spread is that of a's gaps alone. Did you take their `std()`, or average b's gaps first? Subtract b's
        gap from a's seed by seed, and take the standard deviation of these differences."""
        d = _gap(a) - _gap(b)
        return _around(d, t * _gap(a).std() / len(a) ** 0.5)

    def root_forgotten(a, b, t):
        """Your interval is that of a single run. A mean of m runs is surer by √m: divide s by it."""
        d = _gap(a) - _gap(b)
        return _around(d, t * d.std())

    def divided_by_m(a, b, t):
        """You divide s by m. It is √m."""
        d = _gap(a) - _gap(b)
        return _around(d, t * d.std() / len(d))

    def root_of_m_minus_one(a, b, t):
        """You divide s by √(m − 1). `.std()` has that −1 in it already: √m."""
        d = _gap(a) - _gap(b)
        return _around(d, t * d.std() / (len(d) - 1) ** 0.5)

    def spread_over_m(a, b, t):
        """Your s divides by m. With so few runs that is too small: m − 1, as `.std()` does by itself."""
        d = _gap(a) - _gap(b)
        return _around(d, t * d.std(correction=0) / len(d) ** 0.5)

    def normal_curve(a, b, t):
        """You typed in 1.96. With a handful of runs the spread itself is uncertain: use the t that is handed in."""
        d = _gap(a) - _gap(b)
        return _around(d, 1.96 * d.std() / len(d) ** 0.5)

    def t_of_five(a, b, t):
        """You typed in 2.776, the t for five runs. Use the t that is handed in: another number of runs has another."""
        d = _gap(a) - _gap(b)
        return _around(d, 2.776 * d.std() / len(d) ** 0.5)

    def root_of_five(a, b, t):
        """You divide by √5, however many seeds there are. It is the root of their number: √len(a)."""
        d = _gap(a) - _gap(b)
        return _around(d, t * d.std() / 5**0.5)

    def variance_for_deviation(a, b, t):
        """You took the variance for s. A root is missing: `.std()`."""
        d = _gap(a) - _gap(b)
        return _around(d, t * d.var() / len(d) ** 0.5)

    def without_t(a, b, t):
        """You went one standard error to each side. For 95 % it is t of them."""
        d = _gap(a) - _gap(b)
        return _around(d, d.std() / len(d) ** 0.5)

    def novel_errors_alone(a, b, t):
        """You compare the novel errors. A network that is better everywhere wins that, whatever viewpoints do to it:
        subtract each run's familiar error first."""
        d = a[:, 1] - b[:, 1]
        return _around(d, t * d.std() / len(d) ** 0.5)

    def familiar_errors_alone(a, b, t):
        """You compare column 0, the familiar errors. The gap is column 1 minus column 0."""
        d = a[:, 0] - b[:, 0]
        return _around(d, t * d.std() / len(d) ** 0.5)

    def gap_of_a_alone(a, b, t):
        """That is a's own gap. The difference to b's is wanted, seed by seed."""
        d = _gap(a)
        return _around(d, t * d.std() / len(d) ** 0.5)

    def b_minus_a(a, b, t):
        """Your sign is the wrong one. Did you subtract a's gap from b's? It should be a's minus b's. Or familiar −
        novel within the runs? The gap is novel − familiar."""
        d = _gap(b) - _gap(a)
        return _around(d, t * d.std() / len(d) ** 0.5)

    def ratio(a, b, t):
        """You divide the gaps. The difference is wanted, in points of error."""
        d = _gap(a) / _gap(b)
        return _around(d, t * d.std() / len(d) ** 0.5)

    def half_of_the_width(a, b, t):
        """You return the mean and half of the width. Return the two ends."""
        mean, low, high = gap_interval(a, b, t)
        return mean, (high - low) / 2

    def half_of_the_width_twice(a, b, t):
        """You return half of the width where the two ends belong. They are the mean minus it, and the mean plus it."""
        mean, low, high = gap_interval(a, b, t)
        return mean, (high - low) / 2, (high - low) / 2

    def ends_around_0(a, b, t):
        """Your interval is around 0. It belongs around the mean: add the mean to both ends."""
        mean, low, high = gap_interval(a, b, t)
        return mean, low - mean, high - mean

    def high_first(a, b, t):
        """Your ends are exchanged: low comes first."""
        mean, low, high = gap_interval(a, b, t)
        return mean, high, low

    def added_up(a, b, t):
        """You add b's gap where it should be subtracted."""
        d = _gap(a) + _gap(b)
        return _around(d, t * d.std() / len(d) ** 0.5)
