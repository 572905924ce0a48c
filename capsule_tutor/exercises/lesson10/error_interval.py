"""Write `error_interval(wrong, n, z=1.96)`: the two ends of Wilson's interval, (low, high), the rates p between 0 and 1
with (share − p)² = z² p (1 − p)/n. It must make sense for a network with no mistake at all."""

from math import erfc, isclose, sqrt

from capsule_tutor.checks.cases import case, dice
from capsule_tutor.checks.wording import told_apart

EFFORT = {"minutes": 8, "difficulty": 3, "importance": 5}
HINTS = (
    "Multiply out both sides: the left gives three terms, the right two. Then bring all to the left and collect.",
    "Left: share² − 2·share·p + p². Right: (z²/n)·p − (z²/n)·p². a is all that comes with p², b all that is "
    "with p, c what is left alone. What comes over from the right changes its sign.",
    "`a = 1 + z**2 / n`; b is minus the sum of `2 * share` and `z**2 / n`; c is `share**2`.",
)
GRADIENT = False


def error_interval(wrong: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for the true error rate of one network that got `wrong` of `n` images wrong → (low, high)

    Shares between 0 and 1. It holds every true rate p for which the count is at most z standard errors off.
    """
    share = wrong / n
    # (share + z²/2n ± z √(share (1 − share)/n + z²/4n²)) / (1 + z²/n)
    centre = share + z**2 / (2 * n)
    half = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


reference = error_interval


def oracle(wrong, n, z=1.96):
    def too_far(p: float) -> bool:
        return abs(wrong / n - p) > z * sqrt(p * (1 - p) / n)

    ends = []
    for outside in (0.0, 1.0):
        inside = wrong / n
        for _ in range(200):  # halve the gap between a rate that agrees with the count and one that does not
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if too_far(middle) else (middle, outside)
        ends.append(inside)
    return ends[0], ends[1]


_SIX_PLACES = 1.01e-6


def cases():
    return [
        case("25 wrong of 10,000", 25, 10_000, atol=_SIX_PLACES),
        case("none wrong of 10,000", 0, 10_000, atol=_SIX_PLACES),
        case("1 wrong of 20", 1, 20, atol=_SIX_PLACES),
        case("all 10 wrong of 10", 10, 10, atol=_SIX_PLACES),
        case("12 wrong of 300", 12, 300, z=2.576, atol=_SIX_PLACES),
        case("350 wrong of 10,000", 350, 10_000, z=1.0, atol=_SIX_PLACES),
    ]


def more_cases():
    found = []
    for n, z in enumerate((1.96, 1.96, 1.0, 2.576)):
        size = dice(50, 5_000, seed=n)
        wrong = dice(1, size - 1, seed=n + 10)
        found.append(case(f"{wrong} wrong of {size}", wrong, size, z=z, atol=_SIX_PLACES))
    return found


def _in_order(item, value):
    low, high = value
    return f"low is {low:.4g} and high is {high:.4g}: low comes first." if low > high else None


def _a_share(item, value):
    low, high = value
    if low < -1e-9:
        return f"the interval begins at {low:.4g}. No error rate is below 0."
    return f"the interval ends at {high:.4g}. A share of images is at most 1." if high > 1 + 1e-9 else None


def _holds_the_share(item, value):
    (low, high), (wrong, n) = value, item.args
    outside = not low - 1e-9 <= wrong / n <= high + 1e-9
    return f"the share itself, {wrong / n:.4g}, is outside ({low:.4g}, {high:.4g})." if outside else None


def _middle_and_reach(item, value):
    (low, high), (right_low, right_high) = value, error_interval(*item.args, **item.kwargs)
    middle, reach, right_middle, right_reach = low + high, high - low, right_low + right_high, right_high - right_low
    if _near(low, right_low) and _near(high, right_high):
        return None
    if _near(middle, right_middle):
        ends = told_apart(reach / 2, right_reach / 2)
        return "the middle is right, but the ends are {} away from it; expected {}.".format(*ends)
    if _near(reach, right_reach):
        middles = told_apart(middle / 2, right_middle / 2)
        return "the width is right, but the middle is {}; expected {}.".format(*middles)
    said = "the ends are {}; expected {}.".format(*told_apart((low, high), (right_low, right_high)))
    if high - low < 1e-9:
        without = "An interval without a width says that this one test has settled the rate."
        return f"{said} {without} Does a special case return before the equation is solved?"
    bar = [min(1.0, max(0.0, end)) for end in _wald(*item.args, item.kwargs.get("z", 1.96))]
    if all(map(_near, (min(1.0, max(0.0, low)), min(1.0, max(0.0, high))), bar)):
        said += " That is the bar of before, with the standard error taken at the share. Wilson takes it at p."
    return said


def _near(x, y):
    """Six places are enough for an error rate: then a slow search and a rounded end are right, too."""
    return isclose(x, y, rel_tol=1e-6, abs_tol=_SIX_PLACES)


properties = (_in_order, _a_share, _holds_the_share, _middle_and_reach)


def _formula(share, z, n, moved, under_the_root):
    """The closed formula with two of its parts to choose: what moves the centre, and what is added under the root."""
    half = z * (share * (1 - share) / n + under_the_root) ** 0.5
    return (share + moved - half) / (1 + z**2 / n), (share + moved + half) / (1 + z**2 / n)


def _roots(a, b, c):
    """As the lesson's stub has them, so that its slips give the same digits."""
    root = (b**2 - 4 * a * c) ** 0.5
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def _wald(wrong, n, z):
    share = wrong / n
    half = z * (share * (1 - share) / n) ** 0.5
    return share - half, share + half


class right:
    def by_quadratic(wrong, n, z):
        """(share − p)² = z² p (1 − p)/n, solved for p."""
        share = wrong / n
        a, b, c = 1 + z * z / n, -(2 * share + z * z / n), share * share
        root = sqrt(b * b - 4 * a * c)
        return (-b - root) / (2 * a), (-b + root) / (2 * a)

    def from_the_stub(wrong, n, z):
        share = wrong / n
        a = 1 + z**2 / n
        b = -2 * share - z * z / n
        c = share * share
        root = (b**2 - 4 * a * c) ** 0.5
        return (-b - root) / (2 * a), (-b + root) / (2 * a)

    def by_halving(wrong, n, z):
        """The idea of the slow way: the last rate that agrees, to the left and to the right of the share."""
        share, ends = wrong / n, []
        for far in (0.0, 1.0):
            near = share
            for _ in range(100):
                p = (near + far) / 2
                agrees = (share - p) ** 2 <= z**2 * p * (1 - p) / n
                near, far = (p, far) if agrees else (near, p)
            ends.append(far)
        return ends[0], ends[1]

    def in_counts(wrong, n, z):
        half = z * sqrt(wrong * (n - wrong) / n + z**2 / 4)
        return (wrong + z**2 / 2 - half) / (n + z**2), (wrong + z**2 / 2 + half) / (n + z**2)

    def rounded_to_six_places(wrong, n, z):
        low, high = error_interval(wrong, n, z)
        return round(low, 6), round(high, 6)

    def by_a_short_halving(wrong, n, z):
        """Twenty halvings: each end is known to a millionth."""
        share, ends = wrong / n, []
        for far in (0.0, 1.0):
            near = share
            for _ in range(20):
                p = (near + far) / 2
                near, far = (p, far) if (share - p) ** 2 <= z**2 * p * (1 - p) / n else (near, p)
            ends.append((near + far) / 2)
        return ends[0], ends[1]

    def kept_in_bounds(wrong, n, z):
        p, f = wrong / n, 1 / (1 + z**2 / n)
        centre, half = f * (p + z**2 / (2 * n)), f * z * sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
        return max(0, centre - half), min(1, centre + half)


class wrong:
    def wald(wrong, n, z):
        """You took the standard error at the observed share. With 0 wrong that interval has no width, and with a few
        wrong it goes below 0. Wilson takes it at the true rate p, which moves the centre and adds z²/4n² under the
        root."""
        return _wald(wrong, n, z)

    def wald_clipped(wrong, n, z):
        """You cut the symmetric interval off at 0. That hides the trouble: with 0 wrong it still has no width, as if
        one faultless test proved a faultless network. Solve Wilson's equation, with the true rate p under the root."""
        low, high = _wald(wrong, n, z)
        return max(0.0, low), min(1.0, high)

    def wald_with_n_minus_one(wrong, n, z):
        """You divided by n − 1, as for the spread of measured values. For right and wrong the spread follows from the
        share itself: no n − 1. And Wilson takes it at the true rate p."""
        share = wrong / n
        half = z * (share * (1 - share) / (n - 1)) ** 0.5
        return share - half, share + half

    def variance_for_standard_error(wrong, n, z):
        """You used share · (1 − share)/n, the variance. A standard error is its square root. (And Wilson takes it at
        the true rate p.)"""
        share = wrong / n
        half = z * share * (1 - share) / n
        return share - half, share + half

    def not_divided_by_n(wrong, n, z):
        """You took √(share · (1 − share)), the spread of ONE image. The share of n images spreads √n times less."""
        share = wrong / n
        half = z * (share * (1 - share)) ** 0.5
        return share - half, share + half

    def root_of_the_count(wrong, n, z):
        """That is the rule of thumb, wrong ± z√wrong. It says ±0 for 0 wrong. Wilson's equation says how far zero may
        reach."""
        return (wrong - z * wrong**0.5) / n, (wrong + z * wrong**0.5) / n

    def plus_two_plus_four_clipped(wrong, n, z):
        """You added z²/2 wrong images and z² images and took the symmetric bar around that (Agresti and Coull), cut off
        at 0 and 1. It is close, and cutting off hides that it leaves 0 to 1. Take the two roots of Wilson's
        equation."""
        low, high = _wald(wrong + z**2 / 2, n + z**2, z)
        return max(0.0, low), min(1.0, high)

    def plus_two_plus_four(wrong, n, z):
        """You added z²/2 wrong images and z² images and went on symmetrically (Agresti and Coull). It is close, but it
        can leave 0 to 1. Take the two roots of Wilson's equation."""
        return _wald(wrong + z**2 / 2, n + z**2, z)

    def add_two_and_four(wrong, n, z):
        """You added 2 wrong images and 4 images, the rule of thumb for z ≈ 2. It can leave 0 to 1 and does not know z.
        Take the two roots of Wilson's equation."""
        return _wald(wrong + 2, n + 4, z)

    def clopper_pearson(wrong, n, z):
        """That is the exact interval of Clopper and Pearson, a good one and a little wider. Here Wilson's is wanted."""
        from scipy.special import betaincinv

        tail = erfc(z / 2**0.5) / 2
        low = float(betaincinv(wrong, n - wrong + 1, tail)) if wrong else 0.0
        high = float(betaincinv(wrong + 1, n - wrong, 1 - tail)) if wrong < n else 1.0
        return low, high

    def in_images(wrong, n, z):
        """You return numbers of images. Divide by n: a rate is a share between 0 and 1."""
        low, high = error_interval(wrong, n, z)
        return n * low, n * high

    def in_percent(wrong, n, z):
        """You return percentages. The ends are shares between 0 and 1; multiply when you print."""
        low, high = error_interval(wrong, n, z)
        return 100 * low, 100 * high

    def of_the_accuracy(wrong, n, z):
        """That is the interval of the accuracy. Take the share that is wrong, `wrong / n`."""
        return error_interval(n - wrong, n, z)

    def high_first(wrong, n, z):
        """You return (high, low). The lower end comes first. (If you brought all to the right side, a is negative, and
        the two roots change places: bring all to the left.)"""
        return error_interval(wrong, n, z)[::-1]

    def centre_and_half(wrong, n, z):
        """You return the centre and the half width. Return centre − half and centre + half."""
        low, high = error_interval(wrong, n, z)
        return (low + high) / 2, (high - low) / 2

    def centre_not_moved(wrong, n, z):
        """You left the centre at the share. Wilson's centre is pulled towards ½: (share + z²/2n)/(1 + z²/n)."""
        low, high = error_interval(wrong, n, z)
        return wrong / n - (high - low) / 2, wrong / n + (high - low) / 2

    def not_divided_at_the_end(wrong, n, z):
        """You forgot to divide by 1 + z²/n at the end. Both ends need it."""
        low, high = error_interval(wrong, n, z)
        return low * (1 + z**2 / n), high * (1 + z**2 / n)

    def only_the_centre_divided(wrong, n, z):
        """You divided the centre by 1 + z²/n, but not the half width. It is for both."""
        low, high = error_interval(wrong, n, z)
        centre, half = (low + high) / 2, (high - low) / 2 * (1 + z**2 / n)
        return centre - half, centre + half

    def one_standard_error(wrong, n, z):
        """Your ends are those for z = 1, whatever `z` is: one standard error. The interval reaches z of them to each
        side. Is z² missing?"""
        return error_interval(wrong, n, 1.0)

    def always_95_percent(wrong, n, z):
        """You always use 1.96. Use the z that comes in: 2.576 is for 99 %."""
        return error_interval(wrong, n, 1.96)

    def z_not_squared(wrong, n, z):
        """Your z is not squared. The quadratic equation puts z² into the centre and under the root."""
        share = wrong / n
        half = z * (share * (1 - share) / n + z / (4 * n**2)) ** 0.5
        return (share + z / (2 * n) - half) / (1 + z / n), (share + z / (2 * n) + half) / (1 + z / n)

    def two_n_forgotten(wrong, n, z):
        """You moved the centre by z²/n. It is z²/2n: half of that."""
        share = wrong / n
        half = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
        return (share + z**2 / n - half) / (1 + z**2 / n), (share + z**2 / n + half) / (1 + z**2 / n)

    def four_n_not_squared(wrong, n, z):
        """Under the root you have z²/4n. The n is squared, too: z²/(4n²), otherwise the interval is far too wide: about
        ±2 points for 10,000 images."""
        share = wrong / n
        half = z * (share * (1 - share) / n + z**2 / (4 * n)) ** 0.5
        return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)

    def z_inside_only(wrong, n, z):
        """The root is multiplied by z: half = z · √(…). Your z is only under it and in the centre."""
        share = wrong / n
        half = (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
        return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)

    def root_forgotten(wrong, n, z):
        """The square root is missing: half = z · √(share · (1 − share)/n + z²/4n²)."""
        share = wrong / n
        half = z * (share * (1 - share) / n + z**2 / (4 * n**2))
        return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)

    def divided_without_brackets(wrong, n, z):
        """In Python `z**2 / 2 * n` means (z²/2) · n. Write `z**2 / (2 * n)` and `z**2 / (4 * n**2)`."""
        share = wrong / n
        centre, half = share + z**2 / 2 * n, z * (share * (1 - share) / n + z**2 / 4 * n**2) ** 0.5
        return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)

    def brackets_forgotten_in_the_centre(wrong, n, z):
        """In your centre `z**2 / 2 * n` means (z²/2) · n. Add brackets: `z**2 / (2 * n)`."""
        return _formula(wrong / n, z, n, z**2 / 2 * n, z**2 / (4 * n**2))

    def brackets_forgotten_under_the_root(wrong, n, z):
        """Under your root `z**2 / 4 * n**2` means (z²/4) · n². Add brackets: `z**2 / (4 * n**2)`."""
        return _formula(wrong / n, z, n, z**2 / (2 * n), z**2 / 4 * n**2)

    def four_squared_too(wrong, n, z):
        """Under your root `(4 * n)**2` squares the 4, too. Only n is squared: `4 * n**2`."""
        return _formula(wrong / n, z, n, z**2 / (2 * n), z**2 / (4 * n) ** 2)

    def z_not_squared_in_the_centre(wrong, n, z):
        """In your centre z is not squared. The centre is moved by z²/2n."""
        return _formula(wrong / n, z, n, z / (2 * n), z**2 / (4 * n**2))

    def z_not_squared_under_the_root(wrong, n, z):
        """Under your root z is not squared. What is added there is z²/4n²."""
        return _formula(wrong / n, z, n, z**2 / (2 * n), z / (4 * n**2))

    def z_not_squared_at_the_end(wrong, n, z):
        """You divided by 1 + z/n at the end. There, too, z is squared: 1 + z²/n."""
        low, high = error_interval(wrong, n, z)
        return low * (1 + z**2 / n) / (1 + z / n), high * (1 + z**2 / n) / (1 + z / n)

    def negative_under_the_root(wrong, n, z):
        """Under the root b² − 4ac is negative, so two things are off in a and b. In b the share counts twice, as in
        (share − p)² = share² − 2·share·p + p², and both a and b hold z²/n, squared."""
        share = wrong / n
        return _roots(1 + z / n, -(share + z**2 / n), share**2)

    def z_not_squared_in_a(wrong, n, z):
        """In a your z is not squared: what comes with p² from the right side is z²/n."""
        share = wrong / n
        return _roots(1 + z / n, -(2 * share + z**2 / n), share**2)

    def z_not_squared_in_b(wrong, n, z):
        """In b your z is not squared: what comes with p from the right side is z²/n."""
        share = wrong / n
        return _roots(1 + z**2 / n, -(2 * share + z / n), share**2)

    def one_minus_share_forgotten(wrong, n, z):
        """Under your root is share/n. One toss has the variance share · (1 − share): the second factor is missing.
        For small shares it hardly shows, for large ones it does."""
        share = wrong / n
        half = z * (share / n + z**2 / (4 * n**2)) ** 0.5
        return (share + z**2 / (2 * n) - half) / (1 + z**2 / n), (share + z**2 / (2 * n) + half) / (1 + z**2 / n)

    def one_twice_in_a(wrong, n, z):
        """Your a has one p² too many: a is 2 + z²/n, and (share − p)² gives p² once. With that, b² − 4ac is negative
        where few are wrong."""
        share = wrong / n
        return _roots(2 + z**2 / n, -(2 * share + z**2 / n), share**2)

    def count_for_share(wrong, n, z):
        """Your share is the number of wrong images. It is `wrong / n`."""
        return _roots(1 + z**2 / n, -(2 * wrong + z**2 / n), wrong**2)

    def share_in_percent(wrong, n, z):
        """Your share is in per cent, 100 times too large, while z²/n is not. Stay with shares between 0 and 1; multiply
        when you print."""
        share = 100 * wrong / n
        return _roots(1 + z**2 / n, -(2 * share + z**2 / n), share**2)

    def z_not_squared_and_b_unturned(wrong, n, z):
        """There are two mistakes. Your z is not squared in a and b; and in b its term kept its sign: brought over to
        the left, (z²/n) · p turns negative."""
        share = wrong / n
        return _roots(1 + z / n, -2 * share + z / n, share**2)

    def a_with_a_minus_and_c_not_squared(wrong, n, z):
        """There are two mistakes. In a the sign of z²/n is wrong: brought over to the left, −(z²/n) · p² turns
        positive. And your c is the share, not share²."""
        share = wrong / n
        return _roots(1 - z**2 / n, -(2 * share + z**2 / n), share)

    def mixed_term_once(wrong, n, z):
        """(share − p)² = share² − 2 · share · p + p². The term in the middle comes twice: b holds 2 · share."""
        share = wrong / n
        return _roots(1 + z**2 / n, -(share + z**2 / n), share**2)

    def b_without_its_minus(wrong, n, z):
        """Your b has the wrong sign, so both ends come out below 0. All that comes with p is −2 · share · p from the
        left and −(z²/n) · p, brought over from the right."""
        share = wrong / n
        return _roots(1 + z**2 / n, 2 * share + z**2 / n, share**2)

    def b_without_the_right_side(wrong, n, z):
        """In b the right side is missing, so b² − 4ac is negative as soon as an image is wrong. Each side has one term
        with p: −2 · share from the left and, brought over, −z²/n from the right."""
        share = wrong / n
        return _roots(1 + z**2 / n, -2 * share, share**2)

    def b_as_a_product(wrong, n, z):
        """In b the two terms are multiplied, so b² − 4ac is negative as soon as an image is wrong. Each side has one
        term with p, −2 · share and, brought over, −z²/n: they are added."""
        share = wrong / n
        return _roots(1 + z**2 / n, -(2 * share * z**2 / n), share**2)

    def b_with_the_right_side_unturned(wrong, n, z):
        """In b the sign of z²/n is wrong. The right side is (z²/n) · p − (z²/n) · p²; brought over to the left, its
        term with p turns negative."""
        share = wrong / n
        return _roots(1 + z**2 / n, -2 * share + z**2 / n, share**2)

    def a_with_a_minus(wrong, n, z):
        """In a the sign of z²/n is wrong. The right side holds −(z²/n) · p²; brought over to the left, it turns
        positive."""
        share = wrong / n
        return _roots(1 - z**2 / n, -(2 * share + z**2 / n), share**2)

    def right_side_not_turned(wrong, n, z):
        """You added the right side to the left instead of subtracting it. Bringing it over turns both of its signs:
        −(z²/n) · p + (z²/n) · p²."""
        share = wrong / n
        return _roots(1 - z**2 / n, -2 * share + z**2 / n, share**2)

    def one_minus_p_forgotten(wrong, n, z):
        """Your a is 1, as if the right side were z² p/n. It is z² p (1 − p)/n: its p² comes over to the left, too."""
        share = wrong / n
        return _roots(1, -(2 * share + z**2 / n), share**2)

    def left_p_squared_forgotten(wrong, n, z):
        """Your a holds only what comes from the right. (share − p)² has a p² of its own: a is 1 and that."""
        share = wrong / n
        return _roots(z**2 / n, -(2 * share + z**2 / n), share**2)

    def c_not_squared(wrong, n, z):
        """Your c is the share. What is left alone in (share − p)² is share²."""
        share = wrong / n
        return _roots(1 + z**2 / n, -(2 * share + z**2 / n), share)

    def z_not_squared_in_a_and_b(wrong, n, z):
        """Your z is not squared in a and b. Squaring both sides squares z as well: z²/n."""
        share = wrong / n
        return _roots(1 + z / n, -(2 * share + z / n), share**2)

    def n_forgotten_in_a_and_b(wrong, n, z):
        """You have z² where z²/n belongs: the interval is that of a single image. Divide by n in a and in b."""
        share = wrong / n
        return _roots(1 + z**2, -(2 * share + z**2), share**2)

    def n_squared_in_a_and_b(wrong, n, z):
        """You have (z/n)² where z²/n belongs: your n is squared as well. In z √(p (1 − p)/n) it is under the root, and
        squaring only takes that root away."""
        share = wrong / n
        return _roots(1 + (z / n) ** 2, -(2 * share + (z / n) ** 2), share**2)

    def share_divided_again(wrong, n, z):
        """In b you divided all by n, the share as well. Only z² is divided: `-(2 * share + z**2 / n)`."""
        share = wrong / n
        return _roots(1 + z**2 / n, -(2 * share + z**2) / n, share**2)

    def right_side_twice_in_b(wrong, n, z):
        """In b you doubled z²/n as well. Only the mixed term of the left side comes twice: `-(2 * share + z**2 /
        n)`."""
        share = wrong / n
        return _roots(1 + z**2 / n, -2 * (share + z**2 / n), share**2)

    def divided_by_the_root_of_n(wrong, n, z):
        """You divided z² by √n. Both sides are squared, and so the n under the root becomes n: z²/n."""
        share = wrong / n
        return _roots(1 + z**2 / n**0.5, -(2 * share + z**2 / n**0.5), share**2)

    def rounded_to_three_places(wrong, n, z):
        """You rounded to three places, and an error rate of 0.0025 lives in the fourth. Leave the ends as they are."""
        low, high = error_interval(wrong, n, z)
        return round(low, 3), round(high, 3)

    def right_side_left_out(wrong, n, z):
        """You set the left side to 0: its only root is the share. The right side, z² p (1 − p)/n, comes over into a and
        b."""
        share = wrong / n
        return _roots(1, -2 * share, share**2)

    def c_divided_by_n(wrong, n, z):
        """You divided c by n. What is alone on the left side is share², as it is."""
        share = wrong / n
        return _roots(1 + z**2 / n, -(2 * share + z**2 / n), share**2 / n)

    def two_for_z(wrong, n, z):
        """You typed in 2 for z. Use the z that comes in: 1.96 is for 95 %, 2.576 for 99 %."""
        return error_interval(wrong, n, 2.0)

    def two_without_the_share(wrong, n, z):
        """In b the share is missing: the mixed term of (share − p)² is −2 · share · p."""
        share = wrong / n
        return _roots(1 + z**2 / n, -(2 + z**2 / n), share**2)

    def n_minus_one(wrong, n, z):
        """You divided z² by n − 1. Both sides have n: z²/n."""
        share = wrong / n
        return _roots(1 + z**2 / (n - 1), -(2 * share + z**2 / (n - 1)), share**2)

    def z_cubed(wrong, n, z):
        """You have z³. Squaring both sides squares z: z²/n."""
        return error_interval(wrong, n, z**1.5)

    def z_doubled(wrong, n, z):
        """You have 2 · z where z² belongs. Did you write `*` for `**`? Squaring both sides squares z: z²/n."""
        share = wrong / n
        return _roots(1 + 2 * z / n, -(2 * share + 2 * z / n), share**2)

    def half_of_z_squared(wrong, n, z):
        """You have z²/2n in a and b. Before the formula is solved it is z²/n: the 2 comes in later, by itself."""
        return error_interval(wrong, n, z / 2**0.5)
