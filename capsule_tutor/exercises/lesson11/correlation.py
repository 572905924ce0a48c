"""Write `correlation(x, y)` for x (n,) and y (n,): Pearson's r, and the ends of its 95 % interval by Fisher's way:
atanh r ± 1.96/√(n − 3), brought back with tanh. Return three numbers, (r, low, high). Leave x and y as they are.
"""

import math
import statistics

import numpy as np
import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.checks.wording import told_apart

EFFORT = {"minutes": 9, "difficulty": 3, "importance": 3}
HINTS = (
    "First r: subtract both means, multiply, and divide by what makes the result the same in all units. Then the "
    "interval, which is not symmetric about r.",
    "With dx = x − mean and dy = y − mean: r = Σ dx dy / √(Σ dx² · Σ dy²). The step of 1.96/√(n − 3) is taken to "
    "both sides of atanh r, and tanh brings both ends back.",
    "`r = (dx * dy).sum() / (dx.square().sum() * dy.square().sum()).sqrt()`, `half = 1.96 / (len(x) - 3) ** 0.5`, "
    "`low = torch.tanh(torch.atanh(r) - half)`, high likewise with plus; `.item()` of all three.",
)
GRADIENT = False


def correlation(x: Tensor, y: Tensor) -> tuple[float, float, float]:
    """Pearson's r of x (n,) and y (n,), and the two ends of its 95 % interval (Fisher) → (r, low, high)"""
    dx, dy = x - x.mean(), y - y.mean()
    # r = Σ dx dy / √(Σ dx² Σ dy²)
    r = (dx * dy).sum() / (dx.square().sum() * dy.square().sum()).sqrt()
    # tanh(atanh r ± 1.96/√(n − 3))
    middle, half = r.atanh(), 1.96 / (len(x) - 3) ** 0.5
    return r.item(), (middle - half).tanh().item(), (middle + half).tanh().item()


reference = correlation


def oracle(x, y):
    pairs = list(zip(x.tolist(), y.tolist(), strict=True))
    n = len(pairs)
    # n Σ xy − Σx Σy over the roots of n Σ x² − (Σx)² and n Σ y² − (Σy)²
    sum_x, sum_y = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    spread_x, spread_y = n * sum(a * a for a, _ in pairs) - sum_x**2, n * sum(b * b for _, b in pairs) - sum_y**2
    r = (n * sum(a * b for a, b in pairs) - sum_x * sum_y) / math.sqrt(spread_x * spread_y)
    fisher = math.log((1 + r) / (1 - r)) / 2
    doubled = [math.exp(2 * (fisher + sign * 1.96 / math.sqrt(n - 3))) for sign in (-1, 1)]
    return r, (doubled[0] - 1) / (doubled[0] + 1), (doubled[1] - 1) / (doubled[1] + 1)


def _related(n: int, share: float, seed: int, shift: float = 0.2) -> tuple[Tensor, Tensor]:
    """Two series with a common part, y the smaller, around means that are not 0."""
    common, own = numbers(n, seed=seed), numbers(n, seed=seed + 100)
    x = 0.6 * common + shift
    return x, 0.3 * (share * common + (1 - abs(share)) * own) - shift / 2


def cases():
    pairs = {
        "30 pairs that rise together": _related(30, 0.6, seed=1),
        "25 pairs, one falls where the other rises": _related(25, -0.6, seed=2),
        "40 pairs with little in common": _related(40, 0.05, seed=3),
        "200 pairs": _related(200, 0.4, seed=4),
        "only 4 pairs": (torch.tensor([0.1, 0.4, 0.5, 0.9]), torch.tensor([0.2, 0.0, 0.5, 0.4])),
        "12 pairs around other means": _related(12, 0.5, seed=5, shift=-0.4),
        "float64 pairs": tuple(part.double() for part in _related(15, -0.4, seed=6)),
    }
    # 1.959964 for 1.96 is right, too: with 4 pairs it moves an end by 0.00004
    return [case(says, *xy, atol=1e-4) for says, xy in pairs.items()]


def _from_minus_1_to_1(item, value):
    if abs(value[0]) > 1e4:
        return (
            f"r is {value[0]:.4g}: you divide by nearly 0. One way to get there is to square the sums of the "
            "deviations, which are 0. Square first, then sum."
        )
    for name, got in zip(("r", "low", "high"), value, strict=True):
        if not -1 <= got <= 1:
            return f"{name} is {got:.4g}; a correlation is between −1 and 1."
    return None


def _r_inside(item, value):
    r, low, high = value
    return None if low <= r <= high else f"r is {r:.4g}, outside its own interval ({low:.4g}, {high:.4g})."


def _r_itself(item, value):
    want = correlation(*item.args)[0]
    if abs(value[0] - want) < item.atol:
        return None
    says = "r is {}; expected {}.".format(*told_apart(value[0], want))
    # The interval may be wrong in a way of its own: r alone tells what is wrong with r
    for slip in (one for name, one in vars(wrong).items() if not name.startswith("_")):
        if abs(slip(*item.args)[0] - value[0]) < item.atol:
            return f"{says} {' '.join(slip.__doc__.split())}"
    return says


def _ends(item, value):
    _, low, high = correlation(*item.args)
    if abs(value[1] - low) < item.atol and abs(value[2] - high) < item.atol:
        return None
    return "r is right, but its interval is {}; expected {}.".format(*told_apart(tuple(value[1:]), (low, high)))


properties = (_from_minus_1_to_1, _r_inside, _r_itself, _ends)


def _sums(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Σ dx dy, Σ dx², Σ dy²"""
    dx, dy = x - x.mean(), y - y.mean()
    return (dx * dy).sum(), dx.square().sum(), dy.square().sum()


def _with_interval(r: Tensor, n: int, half: float | None = None) -> tuple[float, float, float]:
    half = 1.96 / (n - 3) ** 0.5 if half is None else half
    return float(r), float(torch.tanh(torch.atanh(r) - half)), float(torch.tanh(torch.atanh(r) + half))


def _r(x: Tensor, y: Tensor) -> Tensor:
    both, of_x, of_y = _sums(x, y)
    return both / (of_x * of_y).sqrt()


def _from_to(r: Tensor, low: Tensor, high: Tensor) -> tuple[float, float, float]:
    return float(r), float(low), float(high)


class right:
    def by_deviations(x, y):
        r = ((x - x.mean()) * (y - y.mean())).sum() / (len(x) - 1) / (x.std() * y.std())
        z, half = math.atanh(r.item()), 1.96 / math.sqrt(len(x) - 3)
        return r.item(), math.tanh(z - half), math.tanh(z + half)

    def by_corrcoef(x, y):
        r = torch.corrcoef(torch.stack([x, y]))[0, 1]
        ends = torch.tanh(torch.atanh(r) + torch.tensor([-1.96, 1.96]) / (x.numel() - 3) ** 0.5)
        return r.item(), ends[0].item(), ends[1].item()

    def by_cosine(x, y):
        r = torch.cosine_similarity(x - x.mean(), y - y.mean(), dim=0).item()
        z, half = 0.5 * math.log((1 + r) / (1 - r)), 1.96 * (len(x) - 3) ** -0.5
        return r, math.tanh(z - half), math.tanh(z + half)

    def with_numpy(x, y):
        r = np.corrcoef(x, y)[0, 1]
        half = 1.96 / np.sqrt(len(x) - 3)
        return float(r), np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)

    def with_more_digits(x, y):
        """As scipy.stats.pearsonr(…).confidence_interval(0.95) does it, which rounds no 1.96."""
        r = np.corrcoef(x.numpy(), y.numpy())[0, 1]
        half = statistics.NormalDist().inv_cdf(0.975) / math.sqrt(len(x) - 3)
        return float(r), math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def without_torch(x, y):
        x, y = x.tolist(), y.tolist()
        mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
        above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
        r = above / math.sqrt(sum((a - mean_x) ** 2 for a in x) * sum((b - mean_y) ** 2 for b in y))
        half = 1.96 / math.sqrt(len(x) - 3)
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


class wrong:
    def sum_of_products_for_r(x, y):
        """Your r is the bare sum of the products. It grows with n and with the units of x and y: divide by the root of
        Σ dx² · Σ dy²."""
        return _with_interval(_sums(x, y)[0], len(x))

    def covariance_for_r(x, y):
        """Your r is the covariance. In other units it would be another number: divide it by both standard
        deviations."""
        return _with_interval(_sums(x, y)[0] / len(x), len(x))

    def sample_covariance_for_r(x, y):
        """Your r is the covariance (with n − 1). In other units it would be another number: divide it by both standard
        deviations."""
        return _with_interval(_sums(x, y)[0] / (len(x) - 1), len(x))

    def divided_by_n_and_by_n_minus_one(x, y):
        """You averaged the products over n, but .std() divides by n − 1, so r is too small by (n − 1)/n. Use the same
        divisor in both, or sums in both."""
        return _with_interval(_r(x, y) * (len(x) - 1) / len(x), len(x))

    def divided_by_n_minus_one_and_by_n(x, y):
        """You divided the products by n − 1, but the squares by n, so r is too large by n/(n − 1). Use the same divisor
        in both, or sums in both."""
        return _with_interval(_r(x, y) * len(x) / (len(x) - 1), len(x))

    def products_summed_not_averaged(x, y):
        """You divided the SUM of the products by two standard deviations, which are averages. Divide the sum by n − 1,
        or use sums of squares below the line."""
        return _with_interval(_r(x, y) * (len(x) - 1), len(x))

    def means_not_subtracted(x, y):
        """You forgot to subtract the means: this is the cosine of two vectors, and two series far above 0 would always
        look related."""
        return _with_interval((x * y).sum() / (x.square().sum() * y.square().sum()).sqrt(), len(x))

    def means_subtracted_in_the_product_only(x, y):
        """You subtracted the means above the line but not below it. The squares are of x − mean and y − mean, too."""
        return _with_interval(_sums(x, y)[0] / (x.square().sum() * y.square().sum()).sqrt(), len(x))

    def product_without_its_means(x, y):
        """You subtracted no means above the line: the covariance is the mean of (x − mean)(y − mean), not that of
        x y."""
        return _with_interval((x * y).mean() / (x.std(correction=0) * y.std(correction=0)), len(x))

    def variances_for_deviations(x, y):
        """You divided by both variances. Divide by both standard deviations: a root is missing."""
        both, of_x, of_y = _sums(x, y)
        n = len(x)
        return _with_interval((both / n) / ((of_x / n) * (of_y / n)), n)

    def root_of_the_sums_forgotten(x, y):
        """You divided by Σ dx² · Σ dy² itself. Divide by its root, otherwise r depends on n and on the units."""
        both, of_x, of_y = _sums(x, y)
        return _with_interval(both / (of_x * of_y), len(x))

    def r_squared(x, y):
        """This is r², the share of explained variance. It has lost its sign; r itself is wanted."""
        return _with_interval(_r(x, y) ** 2, len(x))

    def sign_lost(x, y):
        """You lost the sign of r. Where y falls as x rises, r is negative."""
        return _with_interval(_r(x, y).abs(), len(x))

    def slope(x, y):
        """On these numbers your r equals the slope of y on x, which divides by the variance of x alone. A slope depends
        on the units of y: divide by the standard deviations of both."""
        both, of_x, _ = _sums(x, y)
        return _with_interval(both / of_x, len(x))

    def ranks(x, y):
        """This is the correlation of the ranks (Spearman's). Pearson's r takes the values themselves."""
        return _with_interval(_r(*(part.argsort().argsort().to(part.dtype) for part in (x, y))), len(x))

    def root_of_n(x, y):
        """You divided by √n. The standard error of Fisher's atanh r is 1/√(n − 3); with few pairs that is far more."""
        return _with_interval(_r(x, y), len(x), 1.96 / len(x) ** 0.5)

    def root_of_n_minus_one(x, y):
        """You divided by √(n − 1). The standard error of atanh r is 1/√(n − 3)."""
        return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 1) ** 0.5)

    def root_of_n_minus_two(x, y):
        """You divided by √(n − 2). The standard error of atanh r is 1/√(n − 3)."""
        return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 2) ** 0.5)

    def brackets_forgotten(x, y):
        """The 3 is subtracted too late: brackets are missing. It is √(n − 3), not √n with 3 subtracted from the
        quotient."""
        return _with_interval(_r(x, y), len(x), 1.96 / len(x) ** 0.5 - 3)

    def root_forgotten(x, y):
        """You divided by n − 3. A root is missing: 1.96/√(n − 3)."""
        return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 3))

    def times_the_root(x, y):
        """You multiplied by √(n − 3), so more pairs would make r less certain. Divide."""
        return _with_interval(_r(x, y), len(x), 1.96 * (len(x) - 3) ** 0.5)

    def ninety_percent(x, y):
        """1.645 gives the 90 % interval. For 95 % it is 1.96."""
        return _with_interval(_r(x, y), len(x), 1.645 / (len(x) - 3) ** 0.5)

    def ninety_nine_percent(x, y):
        """2.576 gives the 99 % interval. For 95 % it is 1.96."""
        return _with_interval(_r(x, y), len(x), 2.576 / (len(x) - 3) ** 0.5)

    def one_standard_error(x, y):
        """You went one standard error to each side. For 95 % it is 1.96 of them."""
        return _with_interval(_r(x, y), len(x), 1 / (len(x) - 3) ** 0.5)

    def symmetric_about_r(x, y):
        """You took r ± 1.96 (1 − r²)/√n, the same distance to both sides. Near ±1 there is no room for that: go through
        atanh and tanh."""
        r, half = _r(x, y), 1.96 * (1 - _r(x, y) ** 2) / len(x) ** 0.5
        return _from_to(r, r - half, r + half)

    def added_to_r_itself(x, y):
        """You added 1.96/√(n − 3) to r itself. That is the error of atanh r: take atanh first, then tanh of both
        ends."""
        r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
        return _from_to(r, r - half, r + half)

    def not_brought_back(x, y):
        """Your ends are still those of atanh r. Bring them back with tanh, so that they are between −1 and 1."""
        r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
        return _from_to(r, r.atanh() - half, r.atanh() + half)

    def tanh_without_atanh(x, y):
        """You took tanh at the end, but no atanh at the beginning. The step of 1.96/√(n − 3) goes from atanh r."""
        r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
        return _from_to(r, (r - half).tanh(), (r + half).tanh())

    def there_and_back_exchanged(x, y):
        """You exchanged the two: first atanh of r, then tanh of both ends."""
        r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
        return _from_to(r, (r.tanh() - half).atanh(), (r.tanh() + half).atanh())

    def arc_tangent(x, y):
        """You took the arc tangent, atan. Fisher's is the hyperbolic one: atanh, and tanh back."""
        r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
        return _from_to(r, (r.atan() - half).tan(), (r.atan() + half).tan())

    def fishers_z_for_r(x, y):
        """The interval is right, but your first number is atanh r. Return r itself."""
        _, low, high = correlation(x, y)
        return float(_r(x, y).atanh()), low, high

    def high_first(x, y):
        """Your ends are right, but exchanged: low comes first."""
        r, low, high = correlation(x, y)
        return r, high, low

    def half_of_the_width(x, y):
        """You return r and half of a width. The interval is not symmetric: return both ends."""
        r, low, high = correlation(x, y)
        return r, (high - low) / 2

    def two_for_z(x, y):
        """You went two standard errors to each side. For 95 % it is 1.96 of them."""
        return _with_interval(_r(x, y), len(x), 2 / (len(x) - 3) ** 0.5)

    def half_of_the_step(x, y):
        """You halved the step: 1.96/√(n − 3) goes to each side of atanh r."""
        return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 3) ** 0.5 / 2)

    def covariance_and_symmetric(x, y):
        """Your r is the covariance: divide it by both standard deviations. And the interval goes through atanh and
        tanh."""
        r, half = _sums(x, y)[0] / (len(x) - 1), 1.96 / (len(x) - 3) ** 0.5
        return _from_to(r, r - half, r + half)

    def mean_of_x_alone(x, y):
        """You subtracted the mean of x, and not that of y below the line. Both need it: y − mean."""
        dx = x - x.mean()
        return _with_interval((dx * y).sum() / (dx.norm() * y.norm()), len(x))

    def logarithm_not_halved(x, y):
        """atanh r is HALF the logarithm of (1 + r)/(1 − r). Without the ½ the middle is too far out."""
        r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
        middle = torch.log((1 + r) / (1 - r))
        return _from_to(r, (middle - half).tanh(), (middle + half).tanh())

    def divisors_mixed_and_root_of_n(x, y):
        """You averaged the products over n, but .std() divides by n − 1: use the same divisor in both. And the step is
        1.96/√(n − 3)."""
        return _with_interval(_r(x, y) * (len(x) - 1) / len(x), len(x), 1.96 / len(x) ** 0.5)

    def correlated_with_itself(x, y):
        """You took the diagonal of the matrix, where x meets itself and r is 1. x and y meet at [0, 1]."""
        return _with_interval(_r(x, y) * 0 + 0.999, len(x))

    def three_standard_errors(x, y):
        """You went three standard errors to each side. For 95 % it is 1.96 of them."""
        return _with_interval(_r(x, y), len(x), 3 / (len(x) - 3) ** 0.5)

    def medians_subtracted(x, y):
        """You subtracted the medians. Deviations are from the mean."""
        dx, dy = x - x.median(), y - y.median()
        return _with_interval((dx * dy).sum() / (dx.norm() * dy.norm()), len(x))

    def products_of_the_squares_summed(x, y):
        """You summed the products of the squares, Σ dx² dy². Sum the squares of x and those of y, each on its own, and
        multiply the two sums."""
        dx, dy = x - x.mean(), y - y.mean()
        return _with_interval((dx * dy).sum() / (dx**2 * dy**2).sum().sqrt(), len(x))

    def sums_multiplied(x, y):
        """You summed before you multiplied, and deviations from the mean sum to 0. Multiply pair by pair, then sum."""
        return _with_interval(0 * _r(x, y), len(x))

    def squares_added(x, y):
        """You added Σ dx² and Σ dy² below the line. They are multiplied."""
        both, of_x, of_y = _sums(x, y)
        return _with_interval(both / (of_x + of_y).sqrt(), len(x))

    def root_of_three_alone(x, y):
        """You took the root of 3 alone: ** and sqrt come before the minus. It is the root of n − 3, in brackets."""
        return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 3**0.5))

    def three_taken_from_the_root(x, y):
        """You subtracted 3 from the root, √n − 3. Subtract it from n, and then take the root: √(n − 3)."""
        return _with_interval(_r(x, y), len(x), 1.96 / (len(x) ** 0.5 - 3))

    def means_left_and_added_to_r_itself(x, y):
        """You forgot to subtract the means. And 1.96/√(n − 3) is the error of atanh r, not of r: take atanh first, then
        tanh of both ends."""
        r, half = (x * y).sum() / (x.square().sum() * y.square().sum()).sqrt(), 1.96 / (len(x) - 3) ** 0.5
        return _from_to(r, r - half, r + half)

    def root_of_n_and_added_to_r_itself(x, y):
        """You divided by √n, and added to r itself. It is 1.96/√(n − 3), and the error of atanh r: take atanh first,
        then tanh of both ends."""
        r, half = _r(x, y), 1.96 / len(x) ** 0.5
        return _from_to(r, r - half, r + half)

    def root_of_n_and_not_brought_back(x, y):
        """You divided by √n where it is √(n − 3), and your ends are still those of atanh r: bring them back with
        tanh."""
        r, half = _r(x, y), 1.96 / len(x) ** 0.5
        return _from_to(r, r.atanh() - half, r.atanh() + half)
