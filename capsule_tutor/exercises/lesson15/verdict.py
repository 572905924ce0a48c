"""Write `verdict(low, high, margin)`. (low, high) is the 95 % interval for "error with routing minus error of the
control", in points; `margin` is the smallest difference that would matter to you. Return one of four sentences, the
first that is true: "no difference that matters" if the whole interval is between −margin and margin; "routing helps" if
it is wholly below 0; "routing hurts" if it is wholly above 0; otherwise "cannot tell". (An end exactly at −margin, at
margin or at 0 does not count as within, below or above.)"""

from capsule_tutor.checks.cases import case

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 5}
HINTS = (
    "Draw a line with 0, −margin and margin on it, and lay the interval on it in all possible ways. Only its two ends "
    "matter, never its middle.",
    "The difference is an ERROR: below 0 means that the network with routing makes fewer mistakes. Ask in the order "
    "of the task: first the margin, then the two sides.",
    "`if -margin < low and high < margin: return …`, then `if high < 0: return …`, then the mirror image, and at the "
    "end the sentence that is left.",
)
GRADIENT = False
EQUAL, HELPS, HURTS, UNKNOWN = "no difference that matters", "routing helps", "routing hurts", "cannot tell"


def verdict(low: float, high: float, margin: float) -> str:
    """What an interval of (error with routing − error of the control) says, if `margin` is what would matter."""
    if -margin < low and high < margin:
        return EQUAL
    if high < 0:
        return HELPS
    return HURTS if low > 0 else UNKNOWN


reference = verdict


def oracle(low, high, margin):
    inside = all(abs(end) < margin for end in (low, high))
    sides = {end > 0 for end in (low, high)}
    return EQUAL if inside else UNKNOWN if len(sides) > 1 else HURTS if sides == {True} else HELPS


def cases():
    return [
        case("an interval from −0.9 to −0.3 with a margin of 0.1", -0.9, -0.3, 0.1),
        case("an interval from 0.2 to 1.1 with a margin of 0.1", 0.2, 1.1, 0.1),
        case("an interval from −0.03 to 0.04 with a margin of 0.1", -0.03, 0.04, 0.1),
        case("an interval from −0.9 to 0.8 with a margin of 0.1", -0.9, 0.8, 0.1),
        case("an interval from −0.05 to −0.02 with a margin of 0.1", -0.05, -0.02, 0.1),
        case("an interval from 0.02 to 0.05 with a margin of 0.1", 0.02, 0.05, 0.1),
        case("an interval from −0.3 to 0.05 with a margin of 0.1", -0.3, 0.05, 0.1),
        case("an interval from −0.05 to 0.6 with a margin of 0.1", -0.05, 0.6, 0.1),
        case("an interval from −0.3 to −0.05 with a margin of 0.1", -0.3, -0.05, 0.1),
        case("an interval from 0.05 to 0.3 with a margin of 0.1", 0.05, 0.3, 0.1),
        case("an interval from −0.5 to 0.4 with a margin of 0.6", -0.5, 0.4, 0.6),
        case("an interval from 0.2 to 0.25 with a margin of 0.1", 0.2, 0.25, 0.1),
        case("an interval from −0.25 to −0.2 with a margin of 0.1", -0.25, -0.2, 0.1),
        case("an interval from 0.9 to 1.5 with a margin of 1", 0.9, 1.5, 1.0),
        case("an interval from −1.5 to −0.9 with a margin of 1", -1.5, -0.9, 1.0),
    ]


def _one_of_four(item, value):
    known = (EQUAL, HELPS, HURTS, UNKNOWN)
    if not isinstance(value, str) or value in known:
        return None
    return f"your sentence is {value!r}; it should be one of {', '.join(map(repr, known))}, letter by letter."


properties = (_one_of_four,)


class right:
    def by_cases(low, high, margin):
        if max(abs(low), abs(high)) < margin:
            return "no difference that matters"
        elif high < 0:
            return "routing helps"
        elif low > 0:
            return "routing hurts"
        else:
            return "cannot tell"

    def in_one_expression(low, high, margin):
        side = HELPS if high < 0 else HURTS if low > 0 else UNKNOWN
        return EQUAL if -margin < low < margin and -margin < high < margin else side

    def from_behind(low, high, margin):
        answer = UNKNOWN
        if low > 0:
            answer = HURTS
        if high < 0:
            answer = HELPS
        if abs(low) < margin and abs(high) < margin:
            answer = EQUAL
        return answer


class wrong:
    def absence_of_evidence(low, high, margin):
        """You call it "no difference that matters" whenever the interval contains 0. From −0.9 to 0.8 is no proof of
        equality: it leaves room for differences far above the margin. Few runs would make everything equal."""
        return HELPS if high < 0 else HURTS if low > 0 else EQUAL

    def sides_first(low, high, margin):
        """You let the side of 0 decide about an interval that is wholly within the margin. From 0.02 to 0.05 is above
        0 for certain, and with a margin of 0.1 it does not matter. Ask for the margin first, whether 0 is inside or
        not."""
        return HELPS if high < 0 else HURTS if low > 0 else EQUAL if -margin < low and high < margin else UNKNOWN

    def sides_first_and_one_end_within(low, high, margin):
        """Two things: the margin comes first, whether 0 is inside or not, and BOTH ends must be within it. −0.9 to 0.05
        is within it at one end only."""
        if high < 0 or low > 0:
            return HELPS if high < 0 else HURTS
        return EQUAL if -margin < low or high < margin else UNKNOWN

    def helps_and_hurts_exchanged(low, high, margin):
        """You exchanged "helps" and "hurts". The numbers are differences of ERRORS: below 0 means fewer mistakes with
        routing."""
        return EQUAL if -margin < low and high < margin else HURTS if high < 0 else HELPS if low > 0 else UNKNOWN

    def by_the_middle(low, high, margin):
        """You judged by the middle of the interval. The middle is a single guess; what the runs have shown is in the
        two ends."""
        middle = (low + high) / 2
        return EQUAL if abs(middle) < margin else HELPS if middle < 0 else HURTS

    def by_the_middle_for_the_margin(low, high, margin):
        """You asked whether the MIDDLE is within the margin. The whole interval must be, both of its ends."""
        return EQUAL if abs(low + high) / 2 < margin else HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def one_end_within(low, high, margin):
        """You are content if ONE end is within the margin. From −0.3 to 0.05 leaves room for a difference of 0.3: both
        ends must be within."""
        near = abs(low) < margin or abs(high) < margin
        return EQUAL if near else HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def width_within(low, high, margin):
        """You compared the WIDTH of the interval with the margin. A narrow interval may be far from 0. Compare its
        ends."""
        return EQUAL if high - low < margin else HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def width_within_twice(low, high, margin):
        """You compared the WIDTH of the interval with twice the margin. From 0.9 to 1.5 is narrow, and still far from
        0. Compare its two ends, one with −margin and one with margin."""
        return EQUAL if high - low < 2 * margin else HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def either_end_is_enough(low, high, margin):
        """It is enough for you that ONE of the two comparisons holds, as if they were joined by `or`. One of them holds
        even for an interval far to one side of 0. BOTH ends must be within: `and`."""
        return EQUAL if -margin < low or high < margin else HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def lower_end_alone(low, high, margin):
        """You compare only the lower end with the margin. From −0.05 to 0.6 leaves room for 0.6: both ends must be
        within."""
        return EQUAL if abs(low) < margin else HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def upper_margin_alone(low, high, margin):
        """You compare only the upper end with the margin. Then −0.9 to −0.3 counts as no difference: ask for −margin,
        too."""
        return EQUAL if high < margin else HURTS if low > 0 else UNKNOWN

    def lower_margin_alone(low, high, margin):
        """You compare only the lower end with −margin. Then 0.2 to 1.1 counts as no difference: ask for the upper end,
        too."""
        return EQUAL if low > -margin else HELPS if high < 0 else UNKNOWN

    def one_end_above_is_enough(low, high, margin):
        """You let one end above 0 count as "hurts". From −0.9 to 0.8 leaves room for both: only an interval that is
        WHOLLY above 0 says "hurts"."""
        return EQUAL if -margin < low and high < margin else HELPS if high < 0 else HURTS

    def beyond_both_margins(low, high, margin):
        """You ask whether the interval reaches BEYOND both margins. Such an interval is wide and says the least.
        Ask whether it is WITHIN them."""
        return EQUAL if low < -margin and margin < high else HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def exchanged_and_the_margin_last(low, high, margin):
        """Two things: you exchanged "helps" and "hurts" (below 0 means fewer errors with routing), and the margin comes
        first."""
        return HURTS if high < 0 else HELPS if low > 0 else EQUAL if -margin < low and high < margin else UNKNOWN

    def unknown_first(low, high, margin):
        """Where 0 is inside, you always say "cannot tell". From −0.03 to 0.04 with a margin of 0.1 holds 0, and it is
        evidence: no difference that matters. Ask for the margin first."""
        if low < 0 < high:
            return UNKNOWN
        return EQUAL if -margin < low and high < margin else HELPS if high < 0 else HURTS

    def margin_for_both_sides(low, high, margin):
        """You want "helps" to be beyond the margin. The task asks for 0: from −0.3 to −0.05 every value is a help, of a
        size that may or may not matter."""
        if -margin < low and high < margin:
            return EQUAL
        return HELPS if high < -margin else HURTS if low > margin else UNKNOWN

    def never_unknown(low, high, margin):
        """You never say "cannot tell". An interval that holds 0 and reaches beyond the margin has not answered the
        question, and to say so is a result."""
        return EQUAL if -margin < low and high < margin else HELPS if low < 0 else HURTS

    def never_equal(low, high, margin):
        """You say "no difference that matters" on none of the inputs. An interval that is wholly within the margin
        shows just that. Do you ask for it first, and with the margin as it is handed in, in points?"""
        return HELPS if high < 0 else HURTS if low > 0 else UNKNOWN

    def upper_end_alone(low, high, margin):
        """You compare the upper end with the margin and forget the lower one. −0.9 is below −margin: it would matter
        very much."""
        return EQUAL if high < margin and low < 0 else HURTS if low > 0 else UNKNOWN

    def half_the_margin(low, high, margin):
        """You halved the margin. It reaches from −margin to margin."""
        return verdict(low, high, margin / 2)

    def a_tenth_for_the_margin(low, high, margin):
        """The interval from −0.5 to 0.4 is wholly within a margin of 0.6, and you say "cannot tell". Do you compare
        with 0.1, whatever the margin is? Use the one that is handed in: somebody else may care about less, or about
        more."""
        return verdict(low, high, 0.1)

    def touches_the_margin(low, high, margin):
        """You say "no difference that matters" wherever the interval reaches into the range from −margin to margin. It
        must be wholly within: low is above −margin, and high is below margin. Did you take low for high, and high for
        low?"""
        if low < margin and high > -margin:
            return EQUAL
        return HELPS if high < 0 else HURTS if low > 0 else UNKNOWN
