"""Lesson 10: the exercises on full training. Intervals, paired networks, the choice of an epoch, ensembles."""

from math import comb, erfc, isclose

import torch
from torch import Tensor

from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers

# --- error interval ---------------------------------------------------------------------------------------


def error_interval(wrong: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for the true error rate of one network that got `wrong` of `n` images wrong → (low, high)

    Shares between 0 and 1. It holds every true rate p for which the count is at most z standard errors off.
    """
    share = wrong / n
    # (share + z²/2n ± z √(share (1 − share)/n + z²/4n²)) / (1 + z²/n)
    centre = share + z**2 / (2 * n)
    half = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def _interval_cases() -> list[Case]:
    return [
        case("25 wrong of 10,000", 25, 10_000, atol=1e-9),
        case("none wrong of 10,000", 0, 10_000, atol=1e-9),
        case("1 wrong of 20", 1, 20, atol=1e-9),
        case("all 10 wrong of 10", 10, 10, atol=1e-9),
        case("12 wrong of 300", 12, 300, z=2.576, atol=1e-9),
        case("350 wrong of 10,000", 350, 10_000, z=1.0, atol=1e-9),
    ]


def _real(item: Case, value: tuple) -> str | None:
    if not any(isinstance(end, complex) for end in value):
        return None
    return (
        "the root of a negative number came out, a complex one. What stands under the root, b² − 4ac, is never "
        "negative if a, b and c are right: look at their signs, their squares, and what is divided by n."
    )


def _in_order(item: Case, value: tuple) -> str | None:
    low, high = value
    return f"low is {low:.4g} and high is {high:.4g}: low comes first." if low > high else None


def _a_share(item: Case, value: tuple) -> str | None:
    low, high = value
    if low < -1e-9:
        return f"the interval begins at {low:.4g}. No error rate is below 0."
    return f"the interval ends at {high:.4g}. A share of images is at most 1." if high > 1 + 1e-9 else None


def _holds_the_share(item: Case, value: tuple) -> str | None:
    (low, high), (wrong, n) = value, item.args
    outside = not low - 1e-9 <= wrong / n <= high + 1e-9
    return f"the share itself, {wrong / n:.4g}, lies outside ({low:.4g}, {high:.4g})." if outside else None


def _middle_and_reach(item: Case, value: tuple) -> str | None:
    (low, high), (right_low, right_high) = value, error_interval(*item.args, **item.kwargs)
    middle, reach, right_middle, right_reach = low + high, high - low, right_low + right_high, right_high - right_low
    middle_fits = isclose(middle, right_middle, rel_tol=1e-6, abs_tol=1e-9)
    if isclose(low, right_low, rel_tol=1e-6, abs_tol=1e-9) and isclose(high, right_high, rel_tol=1e-6, abs_tol=1e-9):
        return None
    if middle_fits:
        return f"the middle is right, but the ends lie {reach / 2:.4g} from it; expected {right_reach / 2:.4g}."
    if isclose(reach, right_reach, rel_tol=1e-6, abs_tol=1e-9):
        return f"the width is right, but the middle lies at {middle / 2:.4g}; expected {right_middle / 2:.4g}."
    return f"the ends are {low:.4g} and {high:.4g}; expected {right_low:.4g} and {right_high:.4g}."


def wald(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share * (1 - share) / n) ** 0.5
    return share - half, share + half


def wald_clipped(wrong, n, z=1.96):
    low, high = wald(wrong, n, z)
    return max(0.0, low), min(1.0, high)


def wald_with_n_minus_one(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share * (1 - share) / (n - 1)) ** 0.5
    return share - half, share + half


def variance_for_standard_error(wrong, n, z=1.96):
    share = wrong / n
    half = z * share * (1 - share) / n
    return share - half, share + half


def not_divided_by_n(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share * (1 - share)) ** 0.5
    return share - half, share + half


def root_of_the_count(wrong, n, z=1.96):
    return (wrong - z * wrong**0.5) / n, (wrong + z * wrong**0.5) / n


def plus_two_plus_four(wrong, n, z=1.96):
    return wald(wrong + z**2 / 2, n + z**2, z)


def add_two_and_four(wrong, n, z=1.96):
    return wald(wrong + 2, n + 4, z)


def clopper_pearson(wrong, n, z=1.96):
    from scipy.special import betaincinv

    tail = erfc(z / 2**0.5) / 2
    low = float(betaincinv(wrong, n - wrong + 1, tail)) if wrong else 0.0
    high = float(betaincinv(wrong + 1, n - wrong, 1 - tail)) if wrong < n else 1.0
    return low, high


def in_images(wrong, n, z=1.96):
    low, high = error_interval(wrong, n, z)
    return n * low, n * high


def in_percent(wrong, n, z=1.96):
    low, high = error_interval(wrong, n, z)
    return 100 * low, 100 * high


def of_the_accuracy(wrong, n, z=1.96):
    return error_interval(n - wrong, n, z)


def high_first(wrong, n, z=1.96):
    return error_interval(wrong, n, z)[::-1]


def centre_and_half(wrong, n, z=1.96):
    low, high = error_interval(wrong, n, z)
    return (low + high) / 2, (high - low) / 2


def centre_not_moved(wrong, n, z=1.96):
    low, high = error_interval(wrong, n, z)
    return wrong / n - (high - low) / 2, wrong / n + (high - low) / 2


def not_divided_at_the_end(wrong, n, z=1.96):
    low, high = error_interval(wrong, n, z)
    return low * (1 + z**2 / n), high * (1 + z**2 / n)


def only_the_centre_divided(wrong, n, z=1.96):
    low, high = error_interval(wrong, n, z)
    centre, half = (low + high) / 2, (high - low) / 2 * (1 + z**2 / n)
    return centre - half, centre + half


def one_standard_error(wrong, n, z=1.96):
    return error_interval(wrong, n, 1.0)


def always_95_percent(wrong, n, z=1.96):
    return error_interval(wrong, n, 1.96)


def z_not_squared(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share * (1 - share) / n + z / (4 * n**2)) ** 0.5
    return (share + z / (2 * n) - half) / (1 + z / n), (share + z / (2 * n) + half) / (1 + z / n)


def two_n_forgotten(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return (share + z**2 / n - half) / (1 + z**2 / n), (share + z**2 / n + half) / (1 + z**2 / n)


def four_n_not_squared(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share * (1 - share) / n + z**2 / (4 * n)) ** 0.5
    return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)


def z_inside_only(wrong, n, z=1.96):
    share = wrong / n
    half = (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)


def root_forgotten(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share * (1 - share) / n + z**2 / (4 * n**2))
    return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)


def divided_without_brackets(wrong, n, z=1.96):
    share = wrong / n
    centre, half = share + z**2 / 2 * n, z * (share * (1 - share) / n + z**2 / 4 * n**2) ** 0.5
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def _formula(share, z, n, moved, under_the_root):
    """The closed formula with two of its parts to choose: what moves the centre, and what is added under the root."""
    half = z * (share * (1 - share) / n + under_the_root) ** 0.5
    return (share + moved - half) / (1 + z**2 / n), (share + moved + half) / (1 + z**2 / n)


def brackets_forgotten_in_the_centre(wrong, n, z=1.96):
    return _formula(wrong / n, z, n, z**2 / 2 * n, z**2 / (4 * n**2))


def brackets_forgotten_under_the_root(wrong, n, z=1.96):
    return _formula(wrong / n, z, n, z**2 / (2 * n), z**2 / 4 * n**2)


def four_squared_too(wrong, n, z=1.96):
    return _formula(wrong / n, z, n, z**2 / (2 * n), z**2 / (4 * n) ** 2)


def z_not_squared_in_the_centre(wrong, n, z=1.96):
    return _formula(wrong / n, z, n, z / (2 * n), z**2 / (4 * n**2))


def z_not_squared_under_the_root(wrong, n, z=1.96):
    return _formula(wrong / n, z, n, z**2 / (2 * n), z / (4 * n**2))


def one_minus_share_forgotten(wrong, n, z=1.96):
    share = wrong / n
    half = z * (share / n + z**2 / (4 * n**2)) ** 0.5
    return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)


def _roots(a, b, c):
    """As the lesson's stub has them, so that its slips give the same digits."""
    root = (b**2 - 4 * a * c) ** 0.5
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def mixed_term_once(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z**2 / n, -(share + z**2 / n), share**2)


def b_without_its_minus(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z**2 / n, 2 * share + z**2 / n, share**2)


def b_without_the_right_side(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z**2 / n, -2 * share, share**2)


def b_with_the_right_side_unturned(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z**2 / n, -2 * share + z**2 / n, share**2)


def a_with_a_minus(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 - z**2 / n, -(2 * share + z**2 / n), share**2)


def right_side_not_turned(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 - z**2 / n, -2 * share + z**2 / n, share**2)


def one_minus_p_forgotten(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1, -(2 * share + z**2 / n), share**2)


def left_p_squared_forgotten(wrong, n, z=1.96):
    share = wrong / n
    return _roots(z**2 / n, -(2 * share + z**2 / n), share**2)


def c_not_squared(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z**2 / n, -(2 * share + z**2 / n), share)


def z_not_squared_in_a_and_b(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z / n, -(2 * share + z / n), share**2)


def n_forgotten_in_a_and_b(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z**2, -(2 * share + z**2), share**2)


def share_divided_again(wrong, n, z=1.96):
    share = wrong / n
    return _roots(1 + z**2 / n, -(2 * share + z**2) / n, share**2)


ERROR_INTERVAL = Exercise(
    id="10-error-interval",
    goal=(
        "Write `error_interval(wrong, n, z=1.96)`: the two ends of Wilson's interval, (low, high), the rates p between "
        "0 and 1 with (share − p)² = z² p (1 − p)/n. It must make sense for a network with no mistake at all."
    ),
    reference=error_interval,
    oracle=oracles.error_interval,
    axes=("", ""),
    cases=_interval_cases,
    properties=(_real, _in_order, _a_share, _holds_the_share, _middle_and_reach),
    mutants=(
        Mutant(
            wald,
            "You took the standard error at the observed share. With 0 wrong that interval has no width, and with a "
            "few wrong it goes below 0. Wilson takes it at the true rate p, which moves the centre and adds z²/4n² "
            "under the root.",
        ),
        Mutant(
            wald_clipped,
            "You cut the symmetric interval off at 0. That hides the trouble: with 0 wrong it still has no width, as "
            "if one faultless test proved a faultless network. Solve Wilson's equation, with the true rate p under "
            "the root.",
        ),
        Mutant(
            wald_with_n_minus_one,
            "You divided by n − 1, as for the spread of measured values. For right and wrong the spread follows from "
            "the share itself: no n − 1. And Wilson takes it at the true rate p.",
        ),
        Mutant(
            variance_for_standard_error,
            "You used share · (1 − share)/n, the variance. A standard error is its square root. (And Wilson takes it "
            "at the true rate p.)",
        ),
        Mutant(
            not_divided_by_n,
            "You took √(share · (1 − share)), the spread of ONE image. The share of n images spreads √n times less.",
        ),
        Mutant(
            root_of_the_count,
            "That is the rule of thumb, wrong ± z√wrong. It says ±0 for 0 wrong. Wilson's equation says how far zero "
            "may reach.",
        ),
        Mutant(
            plus_two_plus_four,
            "You added z²/2 wrong images and z² images and went on symmetrically (Agresti and Coull). It is close, "
            "but it can leave 0 to 1. Take the two roots of Wilson's equation.",
        ),
        Mutant(
            add_two_and_four,
            "You added 2 wrong images and 4 images, the rule of thumb for z ≈ 2. It can leave 0 to 1 and does not "
            "know z. Take the two roots of Wilson's equation.",
        ),
        Mutant(
            clopper_pearson,
            "That is the exact interval of Clopper and Pearson, a good one and a little wider. Here Wilson's is asked "
            "for.",
        ),
        Mutant(in_images, "You return numbers of images. Divide by n: a rate is a share between 0 and 1."),
        Mutant(in_percent, "You return percentages. The ends are shares between 0 and 1; multiply when you print."),
        Mutant(of_the_accuracy, "That is the interval of the accuracy. Ask for the share that is wrong, `wrong / n`."),
        Mutant(high_first, "You return (high, low). The lower end comes first."),
        Mutant(centre_and_half, "You return the centre and the half width. Return centre − half and centre + half."),
        Mutant(
            centre_not_moved,
            "You left the centre at the share. Wilson's centre is pulled towards ½: (share + z²/2n)/(1 + z²/n).",
        ),
        Mutant(not_divided_at_the_end, "You forgot to divide by 1 + z²/n at the end. Both ends need it."),
        Mutant(only_the_centre_divided, "You divided the centre by 1 + z²/n, but not the half width. It is for both."),
        Mutant(one_standard_error, "You took one standard error. The interval reaches z of them to each side."),
        Mutant(always_95_percent, "You always use 1.96. Use the z that comes in: 2.576 is for 99 %."),
        Mutant(
            z_not_squared, "Your z is not squared. The quadratic equation puts z² into the centre and under the root."
        ),
        Mutant(two_n_forgotten, "You moved the centre by z²/n. It is z²/2n: half of that."),
        Mutant(
            four_n_not_squared,
            "Under the root you have z²/4n. The n is squared, too: z²/(4n²), else the interval is as wide as without "
            "data.",
        ),
        Mutant(
            z_inside_only,
            "The root is multiplied by z: half = z · √(…). Your z stands only under it and in the centre.",
        ),
        Mutant(root_forgotten, "The square root is missing: half = z · √(share · (1 − share)/n + z²/4n²)."),
        Mutant(
            divided_without_brackets,
            "In Python `z**2 / 2 * n` means (z²/2) · n. Write `z**2 / (2 * n)` and `z**2 / (4 * n**2)`.",
        ),
        Mutant(
            brackets_forgotten_in_the_centre,
            "In your centre `z**2 / 2 * n` means (z²/2) · n. Add brackets: `z**2 / (2 * n)`.",
        ),
        Mutant(
            brackets_forgotten_under_the_root,
            "Under your root `z**2 / 4 * n**2` means (z²/4) · n². Add brackets: `z**2 / (4 * n**2)`.",
        ),
        Mutant(
            four_squared_too,
            "Under your root `(4 * n)**2` squares the 4, too. Only n is squared: `4 * n**2`.",
        ),
        Mutant(z_not_squared_in_the_centre, "In your centre z is not squared. The centre is moved by z²/2n."),
        Mutant(z_not_squared_under_the_root, "Under your root z is not squared. What is added there is z²/4n²."),
        Mutant(
            one_minus_share_forgotten,
            "Under your root stands share/n. One toss has the variance share · (1 − share): the second factor is "
            "missing. For small shares it hardly shows, for large ones it does.",
        ),
        Mutant(
            mixed_term_once,
            "(share − p)² = share² − 2 · share · p + p². The term in the middle comes twice: b holds 2 · share.",
        ),
        Mutant(
            b_without_its_minus,
            "Your b has the wrong sign, so both ends come out below 0. All that stands with p is −2 · share · p from "
            "the left and −(z²/n) · p, brought over from the right.",
        ),
        Mutant(
            b_without_the_right_side,
            "Your b holds what the left side gives, −2 · share. The right side has a term with p as well: (z²/n) · p. "
            "Brought over, it is negative.",
        ),
        Mutant(
            b_with_the_right_side_unturned,
            "In b the sign of z²/n is wrong. The right side is (z²/n) · p − (z²/n) · p²; brought over to the left, its "
            "term with p turns negative.",
        ),
        Mutant(
            a_with_a_minus,
            "In a the sign of z²/n is wrong. The right side holds −(z²/n) · p²; brought over to the left, it turns "
            "positive.",
        ),
        Mutant(
            right_side_not_turned,
            "You added the right side to the left instead of subtracting it. Bringing it over turns both of its signs: "
            "−(z²/n) · p + (z²/n) · p².",
        ),
        Mutant(
            one_minus_p_forgotten,
            "Your a is 1, as if the right side were z² p/n. It is z² p (1 − p)/n: its p² comes over to the left, too.",
        ),
        Mutant(
            left_p_squared_forgotten,
            "Your a holds only what comes from the right. (share − p)² has a p² of its own: a is 1 and that.",
        ),
        Mutant(
            c_not_squared,
            "Your c is the share. What stands alone in (share − p)² is share².",
        ),
        Mutant(
            z_not_squared_in_a_and_b,
            "Your z is not squared in a and b. Squaring both sides squares z as well: z²/n.",
        ),
        Mutant(
            n_forgotten_in_a_and_b,
            "You have z² where z²/n belongs: the interval is that of a single image. Divide by n in a and in b.",
        ),
        Mutant(
            share_divided_again,
            "In b you divided all by n, the share as well. Only z² is divided: `-(2 * share + z**2 / n)`.",
        ),
    ),
    hints=(
        "Multiply out both sides: the left gives three terms, the right two. Then bring all to the left and collect.",
        "Left: share² − 2·share·p + p². Right: (z²/n)·p − (z²/n)·p². a is all that stands with p², b all that stands "
        "with p, c what stands alone. What comes over from the right changes its sign.",
        "`a = 1 + z**2 / n`; b is minus the sum of `2 * share` and `z**2 / n`; c is `share**2`.",
    ),
    minutes=8,
    difficulty=3,
    importance=5,
    gradient=False,
)


# --- paired test ------------------------------------------------------------------------------------------


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


def _pair(both: int, only_a: int, only_b: int, right: int) -> tuple[Tensor, Tensor]:
    a = [True] * both + [True] * only_a + [False] * only_b + [False] * right
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * right
    order = torch.randperm(len(a), generator=torch.Generator().manual_seed(len(a)))
    return torch.tensor(a)[order], torch.tensor(b)[order]


def _paired_cases() -> list[Case]:
    return [
        case("4 both wrong, 1 only A, 5 only B, 13 right", *_pair(4, 1, 5, 13), atol=1e-9),
        case("20 both wrong, 15 only A, 5 only B, 60 right", *_pair(20, 15, 5, 60), atol=1e-9),
        case("3 only A and 3 only B", *_pair(2, 3, 3, 7), atol=1e-9),
        case("two networks that never disagree", *_pair(6, 0, 0, 11), atol=1e-9),
        case("10 only B and none only A", *_pair(25, 0, 10, 50), atol=1e-9),
        case("a single image, only A wrong", *_pair(0, 1, 0, 0), atol=1e-9),
    ]


def _each_count(item: Case, value: tuple) -> str | None:
    for who, got, want in zip("AB", value, paired_test(*item.args), strict=False):
        if got != want:
            return f"you count {got} images that only {who} gets wrong; expected {want}."
    return None


def _p_itself(item: Case, value: tuple) -> str | None:
    p, want = value[2], paired_test(*item.args)[2]
    return None if isclose(p, want, rel_tol=1e-6, abs_tol=1e-9) else f"p is {p:.4g}; expected {want:.4g}."


def _a_probability(item: Case, value: tuple) -> str | None:
    return None if 0 <= value[2] <= 1 + 1e-9 else f"p is {value[2]:.4g}. A probability lies between 0 and 1."


def _symmetric_when_equal(item: Case, value: tuple) -> str | None:
    only_a, only_b, p = value
    even = only_a == only_b and abs(p - 1) > 1e-9
    return f"{only_a} against {only_b} is as even as can be, so p is 1, not {p:.4g}." if even else None


def _split(wrong_a: Tensor, wrong_b: Tensor) -> tuple[int, int]:
    return int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())


def _two_sided(fewer: int, m: int) -> float:
    return min(1.0, 2 * sum(comb(m, k) for k in range(fewer + 1)) / 2**m)


def one_side_only(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, sum(comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b)


def above_one(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, 2 * sum(comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b)


def larger_tail(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, _two_sided(max(a, b), a + b)


def tail_of_a(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, _two_sided(a, a + b)


def last_term_forgotten(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, _two_sided(min(a, b) - 1, a + b)


def this_split_alone(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, min(1.0, 2 * comb(a + b, a) / 2 ** (a + b))


def this_split_once(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, comb(a + b, a) / 2 ** (a + b)


def all_wrong_images(wrong_a, wrong_b):
    a, b = int(wrong_a.sum()), int(wrong_b.sum())
    return a, b, _two_sided(min(a, b), a + b)


def tested_with_all_wrong_images(wrong_a, wrong_b):
    a, b = int(wrong_a.sum()), int(wrong_b.sum())
    return *_split(wrong_a, wrong_b), _two_sided(min(a, b), a + b)


def two_independent_samples(wrong_a, wrong_b):
    n, a, b = len(wrong_a), float(wrong_a.sum()), float(wrong_b.sum())
    pooled = (a + b) / (2 * n)
    error = (2 * pooled * (1 - pooled) / n) ** 0.5
    return *_split(wrong_a, wrong_b), erfc(abs(a - b) / n / error / 2**0.5) if error else 1.0


def b_first(wrong_a, wrong_b):
    a, b, p = paired_test(wrong_a, wrong_b)
    return b, a, p


def right_for_wrong(wrong_a, wrong_b):
    both_wrong, both_right = int((wrong_a & wrong_b).sum()), int((~wrong_a & ~wrong_b).sum())
    return both_wrong, both_right, _two_sided(min(both_wrong, both_right), both_wrong + both_right)


def normal_curve(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, erfc(abs(a - b) / (2 * (a + b)) ** 0.5) if a + b else 1.0


def normal_curve_corrected(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, erfc(max(0, abs(a - b) - 1) / (2 * (a + b)) ** 0.5) if a + b else 1.0


def z_itself(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, (a - b) / (a + b) ** 0.5 if a + b else 0.0


def chi_squared_itself(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, (a - b) ** 2 / (a + b) if a + b else 0.0


def coins_for_every_image(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, _two_sided(min(a, b), len(wrong_a))


def one_minus_p(wrong_a, wrong_b):
    a, b, p = paired_test(wrong_a, wrong_b)
    return a, b, 1 - p


def tilde_forgotten(wrong_a, wrong_b):
    both = int((wrong_a & wrong_b).sum())
    return both, both, _two_sided(both, 2 * both)


def tilde_forgotten_in_the_first(wrong_a, wrong_b):
    a, b = int((wrong_a & wrong_b).sum()), _split(wrong_a, wrong_b)[1]
    return a, b, _two_sided(min(a, b), a + b)


def tilde_forgotten_in_the_second(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)[0], int((wrong_a & wrong_b).sum())
    return a, b, _two_sided(min(a, b), a + b)


def not_for_tilde(wrong_a, wrong_b):
    a, b = int((wrong_a & (not wrong_b)).sum()), int((wrong_b & (not wrong_a)).sum())
    return a, b, _two_sided(min(a, b), a + b)


def and_not(wrong_a, wrong_b):
    a, b = int((wrong_a and not wrong_b).sum()), int((wrong_b and not wrong_a).sum())
    return a, b, _two_sided(min(a, b), a + b)


def minus_for_tilde(wrong_a, wrong_b):
    a, b = int((wrong_a & -wrong_b).sum()), int((wrong_b & -wrong_a).sum())
    return a, b, _two_sided(min(a, b), a + b)


def masks_subtracted(wrong_a, wrong_b):
    a, b = int((wrong_a - wrong_b).sum()), int((wrong_b - wrong_a).sum())
    return a, b, _two_sided(min(a, b), a + b)


def exclusive_or(wrong_a, wrong_b):
    m = int((wrong_a ^ wrong_b).sum())
    return m, m, _two_sided(m, 2 * m)


def the_same_count_twice(wrong_a, wrong_b):
    a, _ = _split(wrong_a, wrong_b)
    return a, a, _two_sided(a, 2 * a)


def one_term_again_and_again(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, min(1.0, 2 * sum(comb(a + b, min(a, b)) for _ in range(min(a, b) + 1)) / 2 ** (a + b))


def first_term_forgotten(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, min(1.0, 2 * sum(comb(a + b, k) for k in range(1, min(a, b) + 1)) / 2 ** (a + b))


def one_minus_the_tails(wrong_a, wrong_b):
    a, b = _split(wrong_a, wrong_b)
    return a, b, min(1.0, 1 - 2 * sum(comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b))


PAIRED_TEST = Exercise(
    id="10-paired-test",
    goal=(
        "Write `paired_test(wrong_a, wrong_b)`: from two bool tensors, True where a network is wrong on an image, "
        "count the images that only A gets wrong and those that only B does, and the exact two-sided p of the coin."
    ),
    reference=paired_test,
    oracle=oracles.paired_test,
    axes=("", "", ""),
    cases=_paired_cases,
    properties=(_each_count, _a_probability, _symmetric_when_equal, _p_itself),
    mutants=(
        Mutant(
            one_side_only,
            "You count the uneven splits to one side. Before looking, A or B could have come out ahead: double it.",
        ),
        Mutant(
            above_one,
            "Where the split is even, your p exceeds 1: both tails then hold the middle one. Cap it with min(1.0, …).",
        ),
        Mutant(
            larger_tail,
            "You sum up to the larger count, or over all splits, so p is always 1. The tail of uneven splits ends at "
            "the smaller count: `range(fewer + 1)`.",
        ),
        Mutant(
            tail_of_a,
            "You sum up to A's count. If A has more, that is nearly everything: sum up to the smaller of the two.",
        ),
        Mutant(
            last_term_forgotten,
            "Your sum stops one too early: `range(fewer)` leaves out the split that was observed. "
            "`range(fewer + 1)` takes it in.",
        ),
        Mutant(
            this_split_alone,
            "You doubled the probability of this one split. p asks for splits at least as uneven: add those from 0 up "
            "to it.",
        ),
        Mutant(
            this_split_once,
            "That is the probability of exactly this split. p asks for all that are at least as uneven, to either "
            "side.",
        ),
        Mutant(
            all_wrong_images,
            "You count all images that A gets wrong, and all that B does. Images that both get wrong say nothing "
            "about which is better: count only those that one of them gets right.",
        ),
        Mutant(
            tested_with_all_wrong_images,
            "Your counts are right, but p is made from all wrong images. Only disagreements are tosses of the coin.",
        ),
        Mutant(
            two_independent_samples,
            "You compared the two shares as if each network had read other images. They read the same ones, and that "
            "is what the paired test uses: only disagreements count.",
        ),
        Mutant(b_first, "You return B's count first. The first number is that of the images which only A gets wrong."),
        Mutant(
            right_for_wrong,
            "You count where the networks agree (both wrong, both right). The news is in the images where they differ.",
        ),
        Mutant(
            normal_curve,
            "You used the normal curve (z = difference over root of sum). It is fine for hundreds of disagreements "
            "and off for a handful. Count the coin's splits with math.comb.",
        ),
        Mutant(
            normal_curve_corrected,
            "You used the normal curve with the −1 for continuity. It comes close. Here the exact count is asked for: "
            "math.comb.",
        ),
        Mutant(z_itself, "You return z, how many standard errors the split is off. Return the probability p."),
        Mutant(chi_squared_itself, "You return McNemar's χ². Return the probability p, counted exactly."),
        Mutant(
            coins_for_every_image,
            "You toss a coin for each of the n images. There is one toss per disagreement: m = only A + only B.",
        ),
        Mutant(one_minus_p, "You return 1 − p. p itself is small when the split would be a strange one for a coin."),
        Mutant(
            one_minus_the_tails,
            "You subtracted the tails from 1. p IS the tails: the probability of a split at least as uneven.",
        ),
        Mutant(
            tilde_forgotten,
            "You count the images that BOTH get wrong. “Only A” is A wrong and B not: `wrong_a & ~wrong_b`, with "
            "the ~.",
        ),
        Mutant(
            tilde_forgotten_in_the_first,
            "Your first count is of the images that both get wrong. “Only A” needs a ~ before `wrong_b`.",
        ),
        Mutant(
            tilde_forgotten_in_the_second,
            "Your second count is of the images that both get wrong. “Only B” needs a ~ before `wrong_a`.",
        ),
        Mutant(
            not_for_tilde,
            "`not` and `and` want one True or False, and a tensor has many. Entry by entry “not” is `~`, “and” is `&`.",
        ),
        Mutant(
            and_not,
            "`and not` wants one True or False on each side, and a tensor has many. Entry by entry it is "
            "`wrong_a & ~wrong_b`.",
        ),
        Mutant(minus_for_tilde, "A minus does not turn bools round. “Not” is the tilde, `~wrong_b`."),
        Mutant(
            masks_subtracted,
            "Bools cannot be subtracted. “A wrong and B not wrong” is `wrong_a & ~wrong_b`.",
        ),
        Mutant(
            exclusive_or,
            "You count all disagreements, twice. Neither `^` nor `!=` says whose fault they are: `wrong_a & ~wrong_b` "
            "counts those of A alone.",
        ),
        Mutant(
            the_same_count_twice,
            "Both of your counts are of A's faults. In the second the letters change places: `wrong_b & ~wrong_a`.",
        ),
        Mutant(
            one_term_again_and_again,
            "Your sum adds the same term each time: `comb(m, fewer)`. The second number is the one that runs: "
            "`comb(m, k)` for k from 0 to fewer.",
        ),
        Mutant(
            first_term_forgotten,
            "Your sum begins at 1. The most uneven split of all, 0 to m, belongs to the tail: `range(fewer + 1)`.",
        ),
    ),
    hints=(
        "Two counts come first, of images where exactly one network is wrong. `&` is “and” and `~` is “not” for "
        "tensors of bools; `int(….sum())` makes a number.",
        "With m disagreements there are 2^m ways for the coins to fall; `comb(m, k)` of them give k to one side. Add "
        "those for k = 0 … the smaller count, divide by 2^m, double.",
        "`p = 2 * sum(comb(m, k) for k in range(fewer + 1)) / 2**m`, where m is the sum of the two counts and fewer "
        "the smaller; return `only_a, only_b, min(1.0, p)`.",
    ),
    minutes=7,
    difficulty=3,
    importance=5,
    gradient=False,
)


# --- honest score -----------------------------------------------------------------------------------------


def honest_score(validation: Tensor, test: Tensor) -> Tensor:
    """The test error of the epoch that validation chooses. validation, test (run, epoch) → (run,)

    For every run the epoch with the lowest validation error, at a draw the earliest; the test errors choose nothing.
    """
    # score_r = test[r, e_r] with e_r = argmin_e validation[r, e]
    chosen = validation.argmin(dim=1, keepdim=True)  # (run, 1)
    return test.gather(1, chosen).squeeze(1)


def _score_cases() -> list[Case]:
    drawn = torch.tensor([[9.0, 4.0, 5.0, 4.0, 6.0], [3.0, 3.0, 3.0, 7.0, 8.0]])
    falling = torch.tensor([[40.0, 33.0, 37.0, 31.0, 35.0], [52.0, 29.0, 30.0, 41.0, 28.0]])
    return [
        case("2 runs of 5 epochs with equal lowest errors", drawn, falling),
        case("3 runs of 7 epochs", numbers(3, 7).abs(), numbers(3, 7, seed=1).abs()),
        case("a single run of 6 epochs", numbers(1, 6, seed=2).abs(), numbers(1, 6, seed=3).abs()),
        case("4 runs of a single epoch", numbers(4, 1, seed=4).abs(), numbers(4, 1, seed=5).abs()),
        case("float64", numbers(5, 3, seed=6).abs().double(), numbers(5, 3, seed=7).abs().double()),
    ]


def best_on_the_test_split(validation, test):
    return test.min(dim=1).values


def last_epoch(validation, test):
    return test[:, -1]


def validation_error_itself(validation, test):
    return validation.min(dim=1).values


def worst_validation(validation, test):
    return test.gather(1, validation.argmax(dim=1, keepdim=True)).squeeze(1)


def latest_at_a_draw(validation, test):
    last = validation.shape[1] - 1 - validation.flip(1).argmin(dim=1, keepdim=True)
    return test.gather(1, last).squeeze(1)


def best_test_at_a_draw(validation, test):
    draws = validation == validation.min(dim=1, keepdim=True).values
    return test.masked_fill(~draws, float("inf")).min(dim=1).values


def one_epoch_for_all_runs(validation, test):
    return test[:, validation.mean(dim=0).argmin()]


def flat_argmin(validation, test):
    return test.flatten()[validation.argmin()].expand(len(test))


def best_over_both(validation, test):
    return test.gather(1, (validation + test).argmin(dim=1, keepdim=True)).squeeze(1)


def number_of_the_epoch(validation, test):
    return validation.argmin(dim=1)


def every_choice_for_every_run(validation, test):
    return test[:, validation.argmin(dim=1)]


def across_the_runs(validation, test):
    return test.gather(0, validation.argmin(dim=0, keepdim=True)).squeeze(0)


def mean_of_the_runs(validation, test):
    return honest_score(validation, test).mean()


def mean_over_epochs(validation, test):
    return test.mean(dim=1)


def min_as_an_index(validation, test):
    return test[torch.arange(len(test)), validation.min(dim=1)]


def min_handed_to_gather(validation, test):
    return test.gather(1, validation.min(dim=1, keepdim=True)).squeeze(1)


def errors_as_an_index(validation, test):
    return test[torch.arange(len(test)), validation.min(dim=1).values]


def gather_without_keepdim(validation, test):
    return test.gather(1, validation.argmin(dim=1))


def axis_left_over(validation, test):
    return test.gather(1, validation.argmin(dim=1, keepdim=True))


HONEST_SCORE = Exercise(
    id="10-honest-score",
    goal=(
        "Write `honest_score(validation, test)`: for every run, the test error at the epoch with the lowest "
        "validation error. At a draw the earliest epoch counts."
    ),
    reference=honest_score,
    oracle=oracles.honest_score,
    axes=("run",),
    cases=_score_cases,
    mutants=(
        Mutant(
            best_on_the_test_split,
            "You took the lowest test error. That lets the test split choose, and a number that was chosen for being "
            "low is too low. Choose with validation, then look at test.",
        ),
        Mutant(
            last_epoch,
            "You took the last epoch. That is honest, too, and what our recipes do; here validation is to choose.",
        ),
        Mutant(
            validation_error_itself,
            "You return the lowest validation error. It was chosen for being low, so it flatters: return the TEST "
            "error there.",
        ),
        Mutant(
            worst_validation,
            "You took the epoch with the highest validation error. Errors are better when low: argmin, not argmax.",
        ),
        Mutant(latest_at_a_draw, "At a draw you take the latest epoch. Take the earliest: nothing speaks for more."),
        Mutant(
            best_test_at_a_draw,
            "At a draw you let the test error decide. Even among equals it may choose nothing: take the earliest.",
        ),
        Mutant(
            one_epoch_for_all_runs,
            "You chose one epoch for all runs, from their mean. Every run has a best epoch of its own: argmin along "
            "axis 1.",
        ),
        Mutant(
            flat_argmin,
            "Your argmin has no axis, so it found one place in the whole table. Every run needs its own: dim=1.",
        ),
        Mutant(
            best_over_both,
            "You chose with validation and test together. As soon as test has a say, its number is no longer a test.",
        ),
        Mutant(number_of_the_epoch, "You return the number of the chosen epoch. Return the test error found there."),
        Mutant(
            every_choice_for_every_run,
            "`test[:, chosen]` gives every run the choices of all runs, a (run, run) table. Pair them: gather, or "
            "`test[torch.arange(len(test)), chosen]`.",
        ),
        Mutant(across_the_runs, "You chose the best run of every epoch. Choose the best epoch of every run: dim=1."),
        Mutant(mean_of_the_runs, "You return the mean of all runs. Return one score per run; means come later."),
        Mutant(mean_over_epochs, "You took the mean over all epochs. Validation chooses one epoch of each run."),
        Mutant(
            min_as_an_index,
            "`validation.min(dim=1)` gives two things, the lowest errors and their places. An index needs the places: "
            "add `.indices`, or use argmin.",
        ),
        Mutant(
            min_handed_to_gather,
            "`validation.min(…)` gives two things, the lowest errors and their places. gather needs the places: add "
            "`.indices`, or use argmin.",
        ),
        Mutant(
            errors_as_an_index,
            "An index holds places, and you gave the lowest errors themselves. Take the `.indices` of the minimum, or "
            "argmin.",
        ),
        Mutant(
            gather_without_keepdim,
            "gather wants an index with as many axes as the table: (run, 1). Say `argmin(dim=1, keepdim=True)`, and "
            "squeeze the answer.",
        ),
        Mutant(
            axis_left_over, "There is an axis of size 1 left over: end with .squeeze(1), so that the shape is (run,)."
        ),
    ),
    hints=(
        "Two steps: where is validation lowest, for each run? And what does test say at that place?",
        "`validation.argmin(dim=1)` names the epochs and takes the earliest at a draw. To look up one column per row, "
        "use gather or index with two lists: the rows and the columns.",
        "`chosen = validation.argmin(dim=1)`; return `test` indexed with `[torch.arange(len(test)), chosen]`.",
    ),
    minutes=5,
    difficulty=2,
    importance=5,
    gradient=False,
)


# --- ensemble ---------------------------------------------------------------------------------------------


def ensemble_wrong(lengths: Tensor, label: Tensor) -> Tensor:
    """Which images the mean of several networks gets wrong. lengths (seed, n, j), label (n,) → (n,) bool"""
    # the class of image n is argmax_j Σ_seed ‖v_j‖ / seeds
    return lengths.mean(dim=0).argmax(dim=1) != label


def _lengths(seeds: int, n: int, j: int, seed: int) -> Tensor:
    return torch.rand(seeds, n, j, generator=torch.Generator().manual_seed(seed))


def _labels(n: int, j: int, seed: int) -> Tensor:
    return torch.randint(0, j, (n,), generator=torch.Generator().manual_seed(seed))


def _sure(seeds: int, n: int, j: int, seed: int) -> tuple[Tensor, Tensor]:
    """Lengths of networks that are mostly right, by a narrow lead."""
    label = _labels(n, j, seed)
    lead = 0.35 * torch.nn.functional.one_hot(label, j)
    return _lengths(seeds, n, j, seed + 1) * 0.6 + lead, label


def _ensemble_cases() -> list[Case]:
    toy = torch.tensor([[[0.6, 0.5, 0.0]], [[0.0, 0.5, 0.6]], [[0.7, 0.6, 0.1]]])
    return [
        case("3 networks, 40 images, 5 classes", *_sure(3, 40, 5, 0)),
        case("three networks that are wrong in different ways", toy, torch.tensor([1])),
        case("4 networks that guess", _lengths(4, 30, 6, 2), _labels(30, 6, 3)),
        case("one network alone", *_sure(1, 9, 4, 4)),
        case("float64", *(x.double() if x.is_floating_point() else x for x in _sure(2, 25, 7, 5))),
    ]


def _all_right_stays_right(item: Case, value: Tensor) -> str | None:
    lengths, label = item.args
    surely = (lengths.argmax(dim=2) == label).all(dim=0)
    lost = bool((value.bool() & surely).any())
    return (
        "you call an image wrong that every single network gets right. Look at your axes: the mean runs over the "
        "networks, dim=0; then the argmax over the classes, dim=1 of what is left."
        if lost
        else None
    )


def _majority(said: Tensor) -> Tensor:
    return said.mode(dim=0).values


def majority_vote(lengths, label):
    return _majority(lengths.argmax(dim=2)) != label


def mean_of_the_classes(lengths, label):
    return lengths.argmax(dim=2).float().mean(dim=0).round().long() != label


def most_certain_network(lengths, label):
    return lengths.amax(dim=0).argmax(dim=1) != label


def least_certain_network(lengths, label):
    return lengths.amin(dim=0).argmax(dim=1) != label


def first_network(lengths, label):
    return lengths[0].argmax(dim=1) != label


def last_network(lengths, label):
    return lengths[-1].argmax(dim=1) != label


def product_of_lengths(lengths, label):
    return lengths.prod(dim=0).argmax(dim=1) != label


def softmax_first(lengths, label):
    return lengths.softmax(dim=2).mean(dim=0).argmax(dim=1) != label


def median_of_lengths(lengths, label):
    return lengths.median(dim=0).values.argmax(dim=1) != label


def right_not_wrong(lengths, label):
    return lengths.mean(dim=0).argmax(dim=1) == label


def any_network_wrong(lengths, label):
    return (lengths.argmax(dim=2) != label).any(dim=0)


def every_network_wrong(lengths, label):
    return (lengths.argmax(dim=2) != label).all(dim=0)


def each_network_on_its_own(lengths, label):
    return lengths.argmax(dim=2) != label


def mean_over_the_images(lengths, label):
    return lengths.mean(dim=1).argmax(dim=1) != label


def argmax_without_an_axis(lengths, label):
    return lengths.mean(dim=0).argmax() != label


def argmax_over_the_images(lengths, label):
    return lengths.mean(dim=0).argmax(dim=0) != label


def mean_over_the_classes(lengths, label):
    return lengths.mean(dim=2).argmax(dim=0) != label


def both_axes_one_too_far(lengths, label):
    return lengths.mean(dim=2).argmax(dim=1) != label


def lengths_for_classes(lengths, label):
    return lengths.mean(dim=0).amax(dim=1) != label


def vote_on_being_wrong(lengths, label):
    return (lengths.argmax(dim=2) != label).float().mean(dim=0) > 0.5


def count_of_wrong(lengths, label):
    return int(ensemble_wrong(lengths, label).sum())


def share_of_wrong(lengths, label):
    return ensemble_wrong(lengths, label).float().mean()


def predicted_classes(lengths, label):
    return lengths.mean(dim=0).argmax(dim=1)


ENSEMBLE_WRONG = Exercise(
    id="10-ensemble-wrong",
    goal=(
        "Write `ensemble_wrong(lengths, label)`: average the lengths over the networks, let the longest class win, "
        "and return True for every image that is then wrong."
    ),
    reference=ensemble_wrong,
    oracle=oracles.ensemble_wrong,
    axes=("n",),
    cases=_ensemble_cases,
    properties=(_all_right_stays_right,),
    mutants=(
        Mutant(
            majority_vote,
            "You let the networks vote. A vote forgets how sure each one was, and cannot decide a draw: average the "
            "lengths first, then take the longest.",
        ),
        Mutant(
            mean_of_the_classes,
            "You averaged the class numbers. Half of the networks saying 3 and half saying 5 does not make it a 4: "
            "average lengths.",
        ),
        Mutant(
            most_certain_network,
            "You took the longest capsule of any network, so one overconfident network overrules all the others. Take "
            "the mean.",
        ),
        Mutant(
            least_certain_network,
            "You took each class's shortest length, so one network can veto what all the others saw. Take the mean.",
        ),
        Mutant(first_network, "That is the first network alone. The seeds lie along axis 0: average over it."),
        Mutant(last_network, "That is the last network alone. The seeds lie along axis 0: average over it."),
        Mutant(
            product_of_lengths,
            "You multiplied the lengths (or averaged logarithms). One length near 0 then vetoes the rest. Take the "
            "plain mean.",
        ),
        Mutant(
            softmax_first,
            "You put the lengths through a softmax first. They already say how present a class is (lesson 05): "
            "average them as they are.",
        ),
        Mutant(
            median_of_lengths,
            "You took the median, which listens to the middle network only, and to the lower one of two. Take the "
            "mean.",
        ),
        Mutant(right_not_wrong, "You return True where the ensemble is right. True is for wrong: != instead of ==."),
        Mutant(
            any_network_wrong,
            "You mark an image that any network gets wrong. Average first: the ensemble can be right on it.",
        ),
        Mutant(
            every_network_wrong,
            "You mark only images that all networks get wrong. The ensemble can be wrong on others, and right on "
            "these.",
        ),
        Mutant(
            each_network_on_its_own,
            "You judge each network on its own, (seed, n). Average over the seeds first, so that one answer per image "
            "is left.",
        ),
        Mutant(
            mean_over_the_images,
            "You averaged over axis 1, the images. The seeds lie along axis 0 of (seed, n, j).",
        ),
        Mutant(
            argmax_without_an_axis,
            "Your argmax has no axis: it finds one place in the whole table and compares that with every label. Every "
            "image needs its own class: `argmax(dim=1)`.",
        ),
        Mutant(
            argmax_over_the_images,
            "After the mean the axes are (n, j), and your argmax runs over the images. Classes lie along dim=1.",
        ),
        Mutant(
            mean_over_the_classes,
            "You averaged over axis 2, the classes; then your argmax asks which network was loudest. The mean is over "
            "the networks, axis 0, and the argmax over the classes.",
        ),
        Mutant(
            both_axes_one_too_far,
            "You averaged over axis 2, the classes, and took the argmax over the images. In (seed, n, j) the mean is "
            "over axis 0; in the (n, j) that is left, the argmax is over axis 1.",
        ),
        Mutant(
            lengths_for_classes,
            "You compare lengths with class numbers, and those never agree. Average over the networks, dim=0, and ask "
            "WHICH class is the longest: argmax, not max.",
        ),
        Mutant(
            vote_on_being_wrong,
            "You ask whether more than half of the networks are wrong. That is a vote: the mean of lengths can be "
            "right when most are wrong, and wrong when most are right. Average lengths, not verdicts.",
        ),
        Mutant(count_of_wrong, "You return how many are wrong. Return which ones: a bool for every image."),
        Mutant(share_of_wrong, "You return the share of wrong images. Return which ones: a bool for every image."),
        Mutant(predicted_classes, "You return the classes that the ensemble says. Compare them with `label`: !=."),
    ),
    hints=(
        "Average what the networks know, not what they say in the end.",
        "The axes are (seed, n, j): a mean over axis 0 leaves (n, j), an argmax over the classes leaves (n,).",
        "`mean = lengths.mean(dim=0)`, `said = mean.argmax(dim=1)`; compare `said` with `label` by !=.",
    ),
    minutes=4,
    difficulty=1,
    importance=4,
    gradient=False,
)

EXERCISES = (ERROR_INTERVAL, PAIRED_TEST, HONEST_SCORE, ENSEMBLE_WRONG)

QUESTIONS = {
    "10-which-is-better": {
        "a": "The counts do differ by ten. But how far would they differ if both networks were equally good? Read on: "
        "chance alone moves such a count by five or six.",
        "b": "That is what two separate error bars suggest, and they overlap. But the two networks read the same "
        "images, and this changes everything: keep the question until section 4.",
        "c": "Yes. The two counts alone cannot tell. What is missing is whether the dots lie on the same images; "
        "section 4 uses it.",
    },
    "10-zero-wrong": {
        "a": "Then a test with one image, read rightly, would prove a perfect network. No mistake in 10,000 images "
        "only shows that mistakes are rare. How rare?",
        "b": "One image in 10,000 seems natural. But a network that makes one mistake in 10,000 on average gets "
        "through without any in 37 of 100 tests (1/e). So 0 wrong does not rule out rates well above it.",
        "c": "Yes: nearly four in 10,000. A network with a true rate of 0.03 % still has a chance of 5 in 100 to show "
        "no mistake at all (e⁻³).",
    },
    "10-best-epoch": {
        "a": "All fifty are equally good, that is true of the networks. Their counts differ by luck, and the minimum "
        "picks the luckiest. Look at the table.",
        "b": "One image is less than the luck of a single epoch, which is about 3 images here. The luckiest of fifty "
        "is luckier than that.",
        "c": "Yes: the luckiest of fifty lies more than two standard deviations below the mean. Nothing has been "
        "learned, and the number has improved.",
    },
    "10-all-wrong": {
        "a": "That is so for a vote: nobody speaks for the right class. A mean of lengths hears second choices, too. "
        "Compute the three sums.",
        "b": "Yes: if it is everybody's second choice and their first choices differ. Compute the three sums below.",
    },
}
