"""Write `decide(runs, seeds, fingerprint, margin, t)`, which keeps a promise. `runs` is a list of (arm, seed, error,
registered): the arm is "claimed" or "control", and `registered` is the fingerprint that the run carries. Return "not
as promised" unless three things hold: each arm has each of the promised `seeds` exactly once; nothing else is there;
every run carries `fingerprint`. Otherwise make the interval of the differences claimed − control, paired by seed: mean
± t · spread/√n, with the standard deviation over n − 1; `t` is Student's t for so many pairs. Return what
`registration.verdict(low, high, margin)` says of it."""

import statistics
from math import sqrt

from capsule_tutor.checks.cases import case
from capsule_tutor.registration import verdict

EFFORT = {"minutes": 12, "difficulty": 3, "importance": 5}
HINTS = (
    "Two parts: first the promise, then the statistics. For the promise, compare what is there with what was promised, "
    "both as sorted lists of (arm, seed).",
    "`sorted((arm, seed) for arm, seed, _, _ in runs)` must equal the sorted list of all promised pairs. A dictionary "
    "(arm, seed) → error then makes the pairing easy.",
    'With `errors = {(arm, seed): error …}`: `d = [errors["claimed", s] - … for s in seeds]`, `half = t * '
    "statistics.stdev(d) / …`, and the verdict on mean − half and mean + half.",
)
GRADIENT = False
BROKEN = "not as promised"
_F, _OTHER = "5f1c", "90ab"


def decide(runs: list, seeds: tuple, fingerprint: str, margin: float, t: float) -> str:
    """runs [(arm, seed, error, registered), …], arm "claimed" or "control" → the verdict, or "not as promised"."""
    promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
    if sorted((arm, seed) for arm, seed, _, _ in runs) != promised or any(run[3] != fingerprint for run in runs):
        return BROKEN
    errors = {(arm, seed): error for arm, seed, error, _ in runs}
    return _by_interval([errors["claimed", seed] - errors["control", seed] for seed in seeds], margin, t)


reference = decide


def _by_interval(d: list, margin: float, t: float) -> str:
    # mean ± t s/√n
    half = t * statistics.stdev(d) / sqrt(len(d))
    return verdict(statistics.mean(d) - half, statistics.mean(d) + half, margin)


def oracle(runs, seeds, fingerprint, margin, t):
    found: dict[tuple, list] = {}
    for arm, seed, error, registered in runs:
        found.setdefault((arm, seed), []).append((error, registered))
    wanted = {(arm, seed) for arm in ("claimed", "control") for seed in seeds}
    sound = found.keys() == wanted and all(len(ones) == 1 and ones[0][1] == fingerprint for ones in found.values())
    if not sound:
        return BROKEN
    d = [found["claimed", seed][0][0] - found["control", seed][0][0] for seed in seeds]
    mean = sum(d) / len(d)
    variance = sum((x - mean) ** 2 for x in d) / (len(d) - 1)
    return verdict(mean - t * sqrt(variance / len(d)), mean + t * sqrt(variance / len(d)), margin)


def _runs(claimed: tuple, control: tuple, seeds: tuple = (3, 5, 8), bears: str = _F) -> list:
    """Both arms in an order that is not that of the seeds."""
    both = {"claimed": claimed, "control": control}
    runs = [(arm, s, e, bears) for arm, errors in both.items() for s, e in zip(seeds, errors, strict=True)]
    return [*runs[::2], *runs[1::2]] if len(seeds) % 2 else runs[::-1]


def cases():
    t, seeds, margin = 4.3, (3, 5, 8), 0.3
    low, high = (1.0, 2.0, 3.1), (2.1, 3.0, 4.0)  # the seeds scatter more than the pairs
    full = _runs(low, high)
    arms = ("claimed", "claimed", "control", "claimed", "control", "control")
    shuffled = [(arm, seed, e, _F) for arm, seed, e in zip(arms, (3, 3, 5, 5, 8, 8), low + high, strict=True)]
    return [
        case("three seeds, the claimed arm always a point better", full, seeds, _F, margin, t),
        case("three seeds, the claimed arm always a point worse", _runs(high, low), seeds, _F, margin, t),
        case("hardly any difference", _runs((1.0, 2.0, 3.0), (1.05, 2.0, 2.98)), seeds, _F, margin, t),
        case("a small, certain difference", _runs((1.0, 2.0, 3.0), (1.1, 2.11, 3.1)), seeds, _F, margin, t),
        case("pairs that contradict each other", _runs((1.0, 2.0, 3.0), (2.4, 1.1, 3.9)), seeds, _F, margin, t),
        # Where it is another verdict if both arms are sorted; if the middle is the median.
        case("pairs that scatter more than the arms", _runs((1.0, 2.0, 3.0), (6.0, 2.5, 3.9)), seeds, _F, margin, t),
        case("two differences of −1 and one of 0.65", _runs((3.0, 4.0, 6.65), (4.0, 5.0, 6.0)), seeds, _F, margin, 1.7),
        case("differences of 0.2, 0.9 and 0.9", _runs((1.0, 2.0, 3.0), (1.2, 2.9, 3.9)), seeds, _F, margin, 2.6),
        case("seeds that scatter little", _runs((1.0, 1.25, 1.5), (2.05, 2.25, 2.48)), seeds, _F, margin, t),
        # Where another half width gives another verdict: without the root; with 1.96; n for its root; n for n − 1.
        case("just below 0", _runs((2.55, 3.68, 3.75), (4.0, 5.0, 6.0)), seeds, _F, margin, t),
        case("three that scatter", _runs((3.7, 3.73, 3.78), (4.0, 5.0, 6.0)), seeds, _F, margin, t),
        case("three that scatter more", _runs((3.45, 2.93, 3.03), (4.0, 5.0, 6.0)), seeds, _F, margin, t),
        case("just not below 0", _runs((2.89, 2.11, 3.27), (4.0, 5.0, 6.0)), seeds, _F, margin, t),
        case(
            "just below 0 with 1.96, and not with more",
            _runs((3.98, 3.76, 4.62), (4.0, 5.0, 6.0)),
            seeds,
            _F,
            margin,
            t,
        ),
        case("differences of ten points", _runs((10.0, 30.0, 20.0), (24.0, 37.0, 31.0)), seeds, _F, margin, t),
        case("seeds in another order", _runs(high, low, (8, 3, 5)), (8, 3, 5), _F, margin, t),
        case("two seeds", _runs((1.0, 2.0), (2.0, 3.05), (0, 1)), (0, 1), _F, margin, 12.7),
        case("a run that is missing", full[:-1], seeds, _F, margin, t),
        case(
            "a sixth pair, of seed 9", [*full, ("claimed", 9, 0.5, _F), ("control", 9, 4.0, _F)], seeds, _F, margin, t
        ),
        case("a run that is there twice", [*full, ("claimed", 3, 0.2, _F)], seeds, _F, margin, t),
        case("one run twice, in the place of another", [*full[:-1], full[0]], seeds, _F, margin, t),
        case("each seed twice, but not once in each arm", shuffled, seeds, _F, margin, t),
        case("all runs with another fingerprint", _runs(low, high, bears=_OTHER), seeds, _F, margin, t),
        case("a run without the fingerprint", [*full[:-1], (*full[-1][:3], _OTHER)], seeds, _F, margin, t),
        case("seed 9 in the place of seed 8", _runs(low, high, (3, 5, 9)), seeds, _F, margin, t),
        case("no runs at all", [], seeds, _F, margin, t),
        case("a run too many, without the fingerprint", [*full, ("control", 9, 4.0, _OTHER)], seeds, _F, margin, t),
        case("a third arm", [*full, ("another", 3, 0.1, _F)], seeds, _F, margin, t),
    ]


class right:
    def by_sets(runs, seeds, fingerprint, margin, t):
        first = {s: e for a, s, e, r in runs if a == "claimed" and r == fingerprint}
        second = {s: e for a, s, e, r in runs if a == "control" and r == fingerprint}
        if len(runs) != 2 * len(seeds) or set(first) != set(seeds) or set(second) != set(seeds):
            return "not as promised"
        d = [first[s] - second[s] for s in seeds]
        m = sum(d) / len(d)
        s = sqrt(sum((x - m) ** 2 for x in d) / (len(d) - 1) / len(d))
        return verdict(m - t * s, m + t * s, margin)

    def by_ticking_off(runs, seeds, fingerprint, margin, t):
        wanted = [(arm, seed) for seed in seeds for arm in ("claimed", "control")]
        errors = {}
        for arm, seed, error, registered in runs:
            if (arm, seed) not in wanted or registered != fingerprint:
                return BROKEN
            wanted.remove((arm, seed))
            errors.setdefault(seed, {})[arm] = error
        if wanted:
            return BROKEN
        return _by_interval([pair["claimed"] - pair["control"] for pair in errors.values()], margin, t)


def _sound(runs, seeds, fingerprint):
    return decide(runs, seeds, fingerprint, 1.0, 1.0) != BROKEN


def _differences(runs, seeds):
    errors = {(arm, seed): error for arm, seed, error, _ in runs}
    return [errors["claimed", seed] - errors["control", seed] for seed in seeds]


def _with_half(runs, seeds, fingerprint, margin, half):
    """The right promise, and an interval of this half width. `half` of the differences"""
    if not _sound(runs, seeds, fingerprint):
        return BROKEN
    d = _differences(runs, seeds)
    return verdict(statistics.mean(d) - half(d), statistics.mean(d) + half(d), margin)


class wrong:
    def nothing_promised(runs, seeds, fingerprint, margin, t):
        """You went straight to the statistics. First comes the promise: where a promised run is missing, yours ends in
        a KeyError, and what nobody promised is let through. Compare what is there with what was promised, and return
        "not as promised" where they differ."""
        return _by_interval(_differences(runs, seeds), margin, t)

    def what_is_there(runs, seeds, fingerprint, margin, t):
        """You used the seeds that have both runs, whatever was promised. Whoever may leave a pair out can leave out the
        one that spoils the result."""
        errors = {(arm, seed): error for arm, seed, error, registered in runs if registered == fingerprint}
        both = [s for s in sorted({s for _, s in errors}) if {("claimed", s), ("control", s)} <= errors.keys()]
        if len(both) < 2:
            return BROKEN
        return _by_interval([errors["claimed", s] - errors["control", s] for s in both], margin, t)

    def only_counted(runs, seeds, fingerprint, margin, t):
        """You count the runs, but do not ask which seeds they have. Seed 9 in the place of seed 8 was not promised."""
        if any(run[3] != fingerprint for run in runs) or len(runs) != 2 * len(seeds):
            return BROKEN
        first, second = ([e for a, _, e, _ in sorted(runs) if a == arm] for arm in ("claimed", "control"))
        return _by_interval([a - b for a, b in zip(first, second, strict=True)], margin, t)

    def as_many_and_none_unknown(runs, seeds, fingerprint, margin, t):
        """Where one run is there twice, in the place of another, yours ends in a KeyError. Do you ask only whether
        there are as many runs as promised, and whether each was promised? Compare what is there with what was promised,
        as two sorted lists."""
        promised = [(arm, seed) for arm in ("claimed", "control") for seed in seeds]
        if len(runs) != len(promised) or any(run[:2] not in promised or run[3] != fingerprint for run in runs):
            return BROKEN
        return _by_interval(_differences(runs, seeds), margin, t)

    def seeds_without_arms(runs, seeds, fingerprint, margin, t):
        """Where each seed is there twice, but not once in each ARM, yours ends in a KeyError. Do you compare the seeds
        without their arms? Compare pairs of arm and seed."""
        if sorted(run[1] for run in runs) != sorted([*seeds, *seeds]) or any(run[3] != fingerprint for run in runs):
            return BROKEN
        return _by_interval(_differences(runs, seeds), margin, t)

    def control_unchecked(runs, seeds, fingerprint, margin, t):
        """You hold only the claimed arm to its promise. The control has promised the same seeds: if a run of it is
        missing, yours ends in a KeyError, and one too many is let through."""
        if sorted(seed for arm, seed, _, _ in runs if arm == "claimed") != sorted(seeds):
            return BROKEN
        if any(run[3] != fingerprint for run in runs):
            return BROKEN
        return _by_interval(_differences(runs, seeds), margin, t)

    def nothing_as_promised(runs, seeds, fingerprint, margin, t):
        """You answer "not as promised" to everything. One way to get this: the runs come in any order, and two lists
        are equal only in the same order. Sort both."""
        return BROKEN

    def each_promised_run_once(runs, seeds, fingerprint, margin, t):
        """You ask whether each promised run is there once, and not whether anything else is. A sixth pair, or a third
        arm, was not promised either."""
        there = [run[:2] for run in runs]
        if any(there.count((arm, seed)) != 1 for arm in ("claimed", "control") for seed in seeds):
            return BROKEN
        if any(run[3] != fingerprint for run in runs):
            return BROKEN
        return _by_interval(_differences(runs, seeds), margin, t)

    def more_is_welcome(runs, seeds, fingerprint, margin, t):
        """You accept runs that nobody promised. Which are trained in addition is decided by somebody who has seen the
        first ones: then the promise is broken."""
        if any(run[3] != fingerprint for run in runs):
            return BROKEN
        promised = {run[:2]: run for run in runs if run[0] in ("claimed", "control") and run[1] in seeds}
        return decide([*promised.values()], seeds, fingerprint, margin, t)

    def the_last_counts(runs, seeds, fingerprint, margin, t):
        """Where a run is there twice, the later one replaced the first. So one could train until it fits: twice is not
        as promised."""
        return decide([*{run[:2]: run for run in runs}.values()], seeds, fingerprint, margin, t)

    def fingerprints_ignored(runs, seeds, fingerprint, margin, t):
        """You did not look at the fingerprint of EVERY run. A run without it may be older than the promise."""
        return decide([(*run[:3], fingerprint) for run in runs], seeds, fingerprint, margin, t)

    def strangers_dropped(runs, seeds, fingerprint, margin, t):
        """You dropped every run that was not promised and went on with the rest. It is among the runs that were handed
        in: say that they are not as promised."""
        kept = [run for run in runs if run[3] == fingerprint and run[1] in seeds]
        return decide([*{run[:2]: run for run in kept}.values()], seeds, fingerprint, margin, t)

    def in_the_order_of_the_list(runs, seeds, fingerprint, margin, t):
        """You paired the first run of one arm with the last of the other. The pair belongs to a seed: look the errors
        up by arm and seed."""
        if not _sound(runs, seeds, fingerprint):
            return BROKEN
        first, second = ([e for a, _, e, _ in runs if a == arm] for arm in ("claimed", "control"))
        return _by_interval([a - b for a, b in zip(first, reversed(second), strict=True)], margin, t)

    def unpaired(runs, seeds, fingerprint, margin, t):
        """Your interval is that of two independent groups. The seeds are the same in both arms: take the difference for
        each seed, and what varies with the seed cancels."""
        if not _sound(runs, seeds, fingerprint):
            return BROKEN
        first, second = ([e for a, _, e, _ in runs if a == arm] for arm in ("claimed", "control"))
        half = t * sqrt((statistics.variance(first) + statistics.variance(second)) / len(seeds))
        mean = statistics.mean(first) - statistics.mean(second)
        return verdict(mean - half, mean + half, margin)

    def control_minus_claimed(runs, seeds, fingerprint, margin, t):
        """You subtracted the wrong way round. It is claimed − control, and below 0 means fewer mistakes, as claimed."""
        swapped = {"claimed": "control", "control": "claimed"}
        return decide([(swapped.get(arm, arm), *rest) for arm, *rest in runs], seeds, fingerprint, margin, t)

    def spread_over_n(runs, seeds, fingerprint, margin, t):
        """Your interval is a little too narrow. The spread of n differences is over n − 1, `statistics.stdev`, and its
        error is that divided by √n, with the n of the pairs."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: t * statistics.pstdev(d) / sqrt(len(d)))

    def median_for_mean(runs, seeds, fingerprint, margin, t):
        """Is the middle of your interval the median of the differences? It should be their mean: the interval is mean ±
        t · spread/√n."""
        if not _sound(runs, seeds, fingerprint):
            return BROKEN
        d = _differences(runs, seeds)
        middle, half = statistics.median(d), t * statistics.stdev(d) / sqrt(len(d))
        return verdict(middle - half, middle + half, margin)

    def for_many_seeds(runs, seeds, fingerprint, margin, t):
        """Your interval takes 1.96, which is for many runs. For a few seeds it is wider: `t` is given."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: 1.96 * statistics.stdev(d) / sqrt(len(d)))

    def divided_by_n(runs, seeds, fingerprint, margin, t):
        """You divide the spread by n. Divide it by √n: n runs are √n times as sure as one."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: t * statistics.stdev(d) / len(d))

    def divided_by_the_root_of_one_less(runs, seeds, fingerprint, margin, t):
        """You divide by √(n − 1). The n − 1 is in the standard deviation already; the mean is of n runs: √n."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: t * statistics.stdev(d) / sqrt(len(d) - 1))

    def variance_for_spread(runs, seeds, fingerprint, margin, t):
        """You took the variance for the spread. The standard deviation is its root."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: t * statistics.variance(d) / sqrt(len(d)))

    def ends_exchanged(runs, seeds, fingerprint, margin, t):
        """You handed over the upper end first. `registration.verdict` wants low, high, margin."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: -t * statistics.stdev(d) / sqrt(len(d)))

    def margin_handed_first(runs, seeds, fingerprint, margin, t):
        """You handed the margin to `registration.verdict` first. It wants low, high, margin."""
        if not _sound(runs, seeds, fingerprint):
            return BROKEN
        d = _differences(runs, seeds)
        mean, half = statistics.mean(d), t * statistics.stdev(d) / sqrt(len(d))
        return verdict(margin, mean - half, mean + half)

    def half_of_the_half(runs, seeds, fingerprint, margin, t):
        """Your interval is half as wide as it should be. t · spread/√n is the half width already: it is added and
        subtracted whole."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: t * statistics.stdev(d) / sqrt(len(d)) / 2)

    def without_the_fingerprint_dropped(runs, seeds, fingerprint, margin, t):
        """You dropped the runs without the fingerprint and judged the rest. They are among the runs that were handed
        in: that is not as promised."""
        return decide([run for run in runs if run[3] == fingerprint], seeds, fingerprint, margin, t)

    def third_arm_ignored(runs, seeds, fingerprint, margin, t):
        """You passed over a run of a third arm. Nothing else may be there: it was not promised."""
        return decide([run for run in runs if run[0] in ("claimed", "control")], seeds, fingerprint, margin, t)

    def promise_not_sorted(runs, seeds, fingerprint, margin, t):
        """You sorted what is there, but not what was promised. The seeds may come in any order: sort both."""
        promised = [(arm, seed) for arm in ("claimed", "control") for seed in seeds]
        if sorted(run[:2] for run in runs) != promised:
            return BROKEN
        return decide(runs, seeds, fingerprint, margin, t)

    def zipped_as_they_come(runs, seeds, fingerprint, margin, t):
        """You paired the runs in the order in which they come. The pair belongs to a seed: look the errors up by arm
        and seed."""
        if not _sound(runs, seeds, fingerprint):
            return BROKEN
        first, second = ([e for a, _, e, _ in runs if a == arm] for arm in ("claimed", "control"))
        return _by_interval([a - b for a, b in zip(first, second, strict=True)], margin, t)

    def sorted_errors(runs, seeds, fingerprint, margin, t):
        """Did you sort the errors of each arm, so that its best run meets the other's best? A pair belongs to a seed:
        look the errors up by arm and seed."""
        if not _sound(runs, seeds, fingerprint):
            return BROKEN
        first, second = (sorted(e for a, _, e, _ in runs if a == arm) for arm in ("claimed", "control"))
        return _by_interval([a - b for a, b in zip(first, second, strict=True)], margin, t)

    def words_of_lesson_fifteen(runs, seeds, fingerprint, margin, t):
        """Those are the words of lesson 15. Wanted is what `registration.verdict` returns, letter by letter."""
        words = {"as claimed": "routing helps", "the contrary": "routing hurts"}
        said = decide(runs, seeds, fingerprint, margin, t)
        return words.get(said, said)

    def not_divided_by_the_root(runs, seeds, fingerprint, margin, t):
        """Your half width is t · spread, without √n. That is the scatter of one seed, not of the mean."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: t * statistics.stdev(d))

    def by_the_mean(runs, seeds, fingerprint, margin, t):
        """You judged the mean alone, without an interval. A mean is hardly ever exactly 0, and it does not say
        how far off another set of seeds may be."""
        return _with_half(runs, seeds, fingerprint, margin, lambda d: 0.0)
