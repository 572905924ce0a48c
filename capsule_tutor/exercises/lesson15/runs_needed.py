"""Write `runs_needed(difference, spread)`: a first estimate of how many seeds a paired comparison needs for a chance of
80 % to see a true `difference` between two recipes, when the differences of single seeds scatter with standard
deviation `spread`. It is the smallest whole number n, at least 2, with |difference| ≥ (1.96 + 0.84) · spread/√n. The
difference is not 0. (It is an estimate: 1.96 is for many seeds, and few have a larger t.)"""

from math import ceil, log2, sqrt
from statistics import NormalDist

from capsule_tutor.checks.cases import case

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 5}
HINTS = (
    "Solve the inequality for n. What does the root turn into, and in which direction do you have to round?",
    "√n ≥ 2.8 · spread/difference. Square both sides. A run cannot be cut in pieces, and one run has no spread.",
    "`n = math.ceil((2.8 * … / …) ** 2)`, and of n and 2 the larger one. The square takes care of a minus, a loop does "
    "not: it needs abs(difference).",
)
GRADIENT = False


def runs_needed(difference: float, spread: float) -> int:
    """Seeds for a power of 80 % at a level of 5 %, both sides. difference and spread in the same unit → n ≥ 2"""
    # difference ≥ (z_{0.975} + z_{0.80}) · spread/√n
    return max(2, ceil((2.8 * spread / abs(difference)) ** 2))


reference = runs_needed


def oracle(difference, spread):
    n = 2
    while (1.96 + 0.84) * spread / sqrt(n) > abs(difference) + 1e-12:
        n += 1
    return n


def cases():
    return [
        case("a difference of 0.1 with a spread of 0.1", 0.1, 0.1),
        case("a difference of 0.03 with a spread of 0.06", 0.03, 0.06),
        case("a difference of −0.05 with a spread of 0.06", -0.05, 0.06),
        case("a difference of 1.0 with a spread of 0.1", 1.0, 0.1),
        case("a difference of 0.2 with a spread of 0.9", 0.2, 0.9),
        case("a difference of 0.11 with a spread of 0.09", 0.11, 0.09),
        case("a difference of 1.0 with a spread of 1.01", 1.0, 1.01),
        case("a difference of 1.148 with a spread of 2.05", 1.148, 2.05),  # (2.8 · spread/difference)² is 25 exactly
    ]


def _an_int(item, value):
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    return f"the result is {value!r}; a number of runs is an int, as math.ceil returns it."


def _at_least_two(item, value):
    return f"the result is {value}. One run has no spread: at least 2 are needed." if value < 2 else None


def _enough(item, value):
    difference, spread = abs(item.args[0]), item.args[1]
    if value >= 1 and (1.96 + 0.84) * spread / sqrt(value) > difference + 1e-9:
        reach = 2.8 * spread / sqrt(value)
        return f"{value} runs can see only differences from {reach:.4f} on, and {difference:g} is smaller: too few."
    return None


properties = (_an_int, _at_least_two, _enough)


class right:
    def in_steps(difference, spread):
        ratio = (1.96 + 0.84) * spread / difference
        return max(ceil(round(ratio * ratio, 9)), 2)

    def by_search(difference, spread):
        n = 2
        while 2.8 * spread / n**0.5 > abs(difference):
            n += 1
        return n

    def by_floor(difference, spread):
        return max(2, int(-((-((2.8 * spread) ** 2) / difference**2) // 1)))


class wrong:
    def rounded_down(difference, spread):
        """You rounded down: these runs are a little too few. Round up, with math.ceil."""
        return max(2, int((2.8 * spread / difference) ** 2))

    def rounded_to_the_nearest(difference, spread):
        """You rounded to the nearest whole number. If that is down, the runs are a little too few: math.ceil."""
        return max(2, round((2.8 * spread / difference) ** 2))

    def not_rounded(difference, spread):
        """You did not round. Half a run does not exist: math.ceil."""
        return max(2, (2.8 * spread / difference) ** 2)

    def not_squared(difference, spread):
        """You forgot to square. √n is in the inequality, so halving the difference takes FOUR times as many
        runs."""
        return max(2, ceil(2.8 * spread / abs(difference)))

    def not_squared_and_the_minus_kept(difference, spread):
        """You forgot to square. √n is in the inequality, so halving the difference takes FOUR times as many
        runs. The square takes care of a minus, too."""
        return max(2, ceil(2.8 * spread / difference))

    def root_for_square(difference, spread):
        """You took a root where a square is needed. From √n ≥ 2.8 · spread/difference n follows by squaring."""
        return max(2, ceil(sqrt(2.8 * spread / abs(difference))))

    def squared_too_late_and_the_minus_kept(difference, spread):
        """You rounded up before you squared. Round once, at the end: ceil of the square. The square takes care of a
        minus, too."""
        return max(2, ceil(2.8 * spread / difference) ** 2)

    def smaller_of_both(difference, spread):
        """You return the SMALLER of n and 2. At least 2 are needed: max."""
        return min(2, ceil((2.8 * spread / difference) ** 2))

    def squared_too_late(difference, spread):
        """You rounded up before you squared. Round once, at the end: ceil of the square, not the square of a ceil."""
        return max(2, ceil(2.8 * spread / abs(difference)) ** 2)

    def cut_off_before_the_square(difference, spread):
        """You rounded down before you squared. Round once, at the end, and up: ceil of the square."""
        return max(2, int(2.8 * spread / abs(difference)) ** 2)

    def factor_not_squared(difference, spread):
        """You squared spread/difference but not the 2.8. All of 2.8 · spread/difference is squared."""
        return max(2, ceil(2.8 * (spread / difference) ** 2))

    def factor_forgotten(difference, spread):
        """You left out the factor (1.96 + 0.84) = 2.8. With so few runs, most studies miss a true difference of this
        size. All of 2.8 · spread/difference is squared."""
        return max(2, ceil((spread / difference) ** 2))

    def difference_not_squared(difference, spread):
        """You squared the spread and not the difference. All of 2.8 · spread/difference is squared."""
        return max(2, ceil(2.8**2 * spread**2 / difference))

    def difference_alone_squared(difference, spread):
        """You squared the difference alone. All of 2.8 · spread/difference is squared."""
        return max(2, ceil(2.8 * spread / difference**2))

    def two_for_the_level(difference, spread):
        """You took 2 for the 1.96 or something like it. The task says (1.96 + 0.84) = 2.8."""
        return max(2, ceil(((2 + 0.84) * spread / difference) ** 2))

    def all_digits_of_z(difference, spread):
        """You took the two quantiles with all their digits. The task says (1.96 + 0.84) = 2.8, and now and then a run
        hangs on it."""
        z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
        return max(2, ceil((z * spread / difference) ** 2))

    def power_of_a_half_rounded_down(difference, spread):
        """Two things: you took 1.96 without the 0.84, which gives a power of one half, and you rounded down."""
        return max(2, int((1.96 * spread / difference) ** 2))

    def power_of_a_half_rounded_to_the_nearest(difference, spread):
        """Two things: you took 1.96 without the 0.84, which gives a power of one half, and you rounded to the
        nearest."""
        return max(2, round((1.96 * spread / difference) ** 2))

    def power_of_a_half(difference, spread):
        """You took 1.96 alone. Then a true difference of this size is found in half of all studies and missed in the
        other half. The 0.84 makes it 80 %."""
        return max(2, ceil((1.96 * spread / difference) ** 2))

    def two_squares_added(difference, spread):
        """You squared 1.96 and 0.84 one by one. Their SUM is squared: 2.8² is 7.84."""
        return max(2, ceil((1.96**2 + 0.84**2) * (spread / difference) ** 2))

    def one_sided(difference, spread):
        """You took 1.64, which looks to one side only. Routing might also hurt: 1.96 looks to both."""
        return max(2, ceil(((1.645 + 0.84) * spread / difference) ** 2))

    def ninety_percent(difference, spread):
        """That is the number for a power of 90 % (1.28 in place of 0.84). Here 80 % is wanted."""
        return max(2, ceil(((1.96 + 1.28) * spread / difference) ** 2))

    def unpaired(difference, spread):
        """You doubled the number, as for two groups of runs that have nothing to do with each other. Here the runs are
        paired by seed, and `spread` is that of their differences."""
        return max(2, ceil(2 * (2.8 * spread / difference) ** 2))

    def runs_of_both_recipes(difference, spread):
        """On every input you return twice the number that is wanted. Did you count the runs of both recipes? The number
        of seeds is wanted, and for each seed there is one run of each recipe."""
        return 2 * max(2, ceil((2.8 * spread / difference) ** 2))

    def upside_down(difference, spread):
        """You divided the difference by the spread. The larger the spread, the MORE runs are needed."""
        return max(2, ceil((2.8 * difference / spread) ** 2))

    def upside_down_and_not_squared(difference, spread):
        """Two things: you divided the difference by the spread, and you did not square."""
        return max(2, ceil(2.8 * difference / spread))

    def variance_for_spread(difference, spread):
        """You did not square the spread, as if it were a variance. It is a standard deviation, in the same unit as the
        difference: all of 2.8 · spread/difference is squared."""
        return max(2, ceil(2.8**2 * spread / difference**2))

    def one_run_is_enough(difference, spread):
        """For a large difference you return 1. One run has no spread, so it could not show anything: at least 2."""
        return ceil((2.8 * spread / difference) ** 2)

    def one_more(difference, spread):
        """You return one run more than is needed. math.ceil alone rounds up: is 1 added to it?"""
        return max(2, ceil((2.8 * spread / difference) ** 2) + 1)

    def always_one_more(difference, spread):
        """Where the number comes out whole, 25.0 say, you return one more. Do you cut off and add 1, or search on while
        both sides are equal? The task says ≥: 25.0 runs are 25, as with math.ceil."""
        return max(2, int((2.8 * spread / difference) ** 2) + 1)

    def minus_kept(difference, spread):
        """For a negative difference you return 2. What counts is its size, not its sign: square it, or take abs."""
        return max(2, ceil(2.8 * spread / difference * abs(2.8 * spread / difference)))

    def powers_of_two(difference, spread):
        """You rounded up to a power of two. The smallest number of runs was wanted."""
        return max(2, 2 ** ceil(log2((2.8 * spread / difference) ** 2)))
