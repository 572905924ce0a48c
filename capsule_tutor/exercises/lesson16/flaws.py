"""Judge what others claim: write `flaws(claim)`, which returns a sorted list of what is wrong with it. `claim` is a
dictionary, and its `says` is "better", "equal" (short for "no difference that matters") or "cannot tell". There are
five flaws: "another size" (`parameters`, ours and theirs, differ by more than a twentieth of the larger), "chosen on
the test" (`chosen_by` is "test"), "leak" (`shared_things`, the number of test things in the training, is not 0), "one
seed" (`seeds`, their number, is 1), "says too much": it says "better" and the interval from `low` to `high`, of our
error minus theirs, is not wholly below 0, or it says "equal" and the interval is not wholly within ±`margin` (an end
exactly at the margin is not within). "cannot tell" is never too much."""

from capsule_tutor.checks.cases import case

EFFORT = {"minutes": 10, "difficulty": 2, "importance": 5}
HINTS = (
    "Five questions, each with a yes or a no, and a list that grows. Which of the five needs two cases?",
    'For "better" only the upper end matters, for "equal" both do. For the sizes, compare the difference with a '
    "twentieth of the larger one; it does not matter whose it is.",
    'Begin with `found = []`. `if claim["shared_things"] > 0: found.append("leak")` and so on. Too much is `says == '
    '"better" and high >= 0`, or `says == "equal"` and not …. At the end `return sorted(found)`.',
)
GRADIENT = False
_SOUND = {
    "parameters": (20_000, 20_000),
    "chosen_by": "validation",
    "shared_things": 0,
    "seeds": 5,
    "low": -0.9,
    "high": -0.2,
    "margin": 0.3,
    "says": "better",
}


def flaws(claim: dict) -> list[str]:
    """dict of parameters (ours, theirs), chosen_by, shared_things, seeds, low, high, margin, says → sorted list"""
    ours, theirs = claim["parameters"]
    low, high, margin, says = claim["low"], claim["high"], claim["margin"], claim["says"]
    found = {
        "another size": abs(ours - theirs) > max(ours, theirs) / 20,
        "chosen on the test": claim["chosen_by"] == "test",
        "leak": claim["shared_things"] > 0,
        "one seed": claim["seeds"] < 2,
        "says too much": (says == "better" and high >= 0)
        or (says == "equal" and not (-margin < low and high < margin)),
    }
    return [flaw for flaw, there in found.items() if there]


reference = flaws


def oracle(claim):
    found = []
    small, large = sorted(claim["parameters"])
    if 20 * (large - small) > large:
        found.append("another size")
    if claim["chosen_by"] == "test":
        found.append("chosen on the test")
    if claim["shared_things"]:
        found.append("leak")
    if claim["seeds"] in (0, 1):
        found.append("one seed")
    allowed = {"better": claim["high"] < 0, "equal": max(-claim["low"], claim["high"]) < claim["margin"]}
    if not allowed.get(claim["says"], True):
        found.append("says too much")
    return found


def cases():
    told = {
        "a sound claim": {},
        "a control of half the size": {"parameters": (20_000, 10_000)},
        "a control of twice the size": {"parameters": (20_000, 40_000)},
        "a control that is a twentieth larger": {"parameters": (19_000, 20_000)},
        "a control just less than a twentieth smaller": {"parameters": (20_000, 19_005)},
        "a control of nearly the same size": {"parameters": (20_000, 19_900)},
        "an epoch chosen on the test": {"chosen_by": "test"},
        "3 things on both sides": {"shared_things": 3},
        "one seed": {"seeds": 1},
        "two seeds": {"seeds": 2},
        "a control larger by 1,010, less than a twentieth of the larger network": {"parameters": (20_000, 21_010)},
        "a control smaller by 1,010, less than a twentieth of the larger network": {"parameters": (21_010, 20_000)},
        "a control a little more than a twentieth smaller": {"parameters": (20_000, 18_970)},
        "a control a little more than a twentieth larger": {"parameters": (18_970, 20_000)},
        "one thing on both sides": {"shared_things": 1},
        "no choice at all": {"chosen_by": "nobody"},
        '"better" with an interval that ends at 0': {"high": 0.0},
        '"equal" with an interval that ends at the margin': {"says": "equal", "low": -0.1, "high": 0.3},
        '"equal" with an interval that begins at the margin': {"says": "equal", "low": -0.3, "high": 0.1},
        '"equal" with the upper end outside': {"says": "equal", "low": -0.1, "high": 0.9},
        '"cannot tell" with an interval below 0': {"says": "cannot tell"},
        '"cannot tell" within the margin': {"says": "cannot tell", "low": -0.1, "high": 0.1},
        '"better" with an interval that holds 0': {"high": 0.1},
        '"better" with an interval that is wholly above 0': {"low": 0.2, "high": 0.9},
        '"better" with an interval from below 0 to beyond the margin': {"low": -0.1, "high": 0.5},
        '"better" by less than the margin': {"low": -0.2, "high": -0.1},
        '"equal" within the margin': {"says": "equal", "low": -0.1, "high": 0.2},
        '"equal" within the margin, and wholly above 0': {"says": "equal", "low": 0.05, "high": 0.2},
        '"equal" with an interval that holds 0 and is wide': {"says": "equal", "low": -0.9, "high": 0.8},
        '"equal" with one end outside': {"says": "equal", "low": -0.9, "high": 0.1},
        '"cannot tell" with a wide interval': {"says": "cannot tell", "low": -0.9, "high": 0.8},
        "all five": {
            "parameters": (9_000, 20_000),
            "chosen_by": "test",
            "shared_things": 7,
            "seeds": 1,
            "says": "equal",
        },
    }
    return [case(says, _SOUND | changes) for says, changes in told.items()]


def _a_list_of_flaws(item, value):
    known = ("another size", "chosen on the test", "leak", "one seed", "says too much")
    if isinstance(value, list) and (strange := [one for one in value if not isinstance(one, str) or one not in known]):
        return f"your list holds {strange[0]!r}; the five are {', '.join(map(repr, known))}, letter by letter."
    return None


properties = (_a_list_of_flaws,)


class right:
    def one_by_one(claim):
        found = []
        if claim["seeds"] < 2:
            found.append("one seed")
        if claim["shared_things"] > 0:
            found.append("leak")
        if claim["chosen_by"] == "test":
            found.append("chosen on the test")
        a, b = claim["parameters"]
        if min(a, b) < 0.95 * max(a, b):
            found.append("another size")
        if claim["says"] == "better" and not claim["high"] < 0:
            found.append("says too much")
        if claim["says"] == "equal" and (claim["low"] <= -claim["margin"] or claim["high"] >= claim["margin"]):
            found.append("says too much")
        return sorted(found)

    def by_a_set(claim):
        ends, m = (claim["low"], claim["high"]), claim["margin"]
        fits = {"better": max(ends) < 0, "equal": all(abs(end) < m for end in ends), "cannot tell": True}
        a, b = claim["parameters"]
        found = {"another size"} if abs(a - b) * 20 > max(a, b) else set()
        found |= {"chosen on the test"} if claim["chosen_by"] == "test" else set()
        found |= {"leak"} if claim["shared_things"] else set()
        found |= {"one seed"} if claim["seeds"] <= 1 else set()
        found |= set() if fits[claim["says"]] else {"says too much"}
        return sorted(found)


def _with(claim, flaw, there):
    """The right list, but for one flaw."""
    return sorted({*flaws(claim)} - {flaw} | ({flaw} if there else set()))


def _apart(claim):
    ours, theirs = claim["parameters"]
    return abs(ours - theirs)


class wrong:
    def absence_of_evidence(claim):
        """You let "equal" pass wherever the interval holds 0. From −0.9 to 0.8 is no evidence of equality: both ends
        must be within the margin."""
        holds = claim["low"] <= 0 <= claim["high"]
        bad = not holds if claim["says"] == "equal" else claim["says"] == "better" and claim["high"] >= 0
        return _with(claim, "says too much", bad)

    def by_the_middle(claim):
        """You judged the middle of the interval. "Better" needs all of it below 0, its upper end, too."""
        middle, m = (claim["low"] + claim["high"]) / 2, claim["margin"]
        bad = {"better": middle >= 0, "equal": abs(middle) >= m}.get(claim["says"], False)
        return _with(claim, "says too much", bad)

    def middle_for_equal(claim):
        """For "equal" you judged the middle of the interval. Both ends have to be within ±margin."""
        if claim["says"] != "equal":
            return flaws(claim)
        return _with(claim, "says too much", abs(claim["low"] + claim["high"]) / 2 > claim["margin"])

    def lower_end_for_better(claim):
        """For "better" you looked at the lower end. It is the upper one that has to be below 0."""
        if claim["says"] != "better":
            return flaws(claim)
        return _with(claim, "says too much", claim["low"] >= 0)

    def better_up_to_the_margin(claim):
        """For "better" you allow everything below +margin. That is for "equal"; better is wholly below 0."""
        if claim["says"] != "better":
            return flaws(claim)
        return _with(claim, "says too much", claim["high"] >= claim["margin"])

    def equal_never_blamed(claim):
        """You never blame "equal". It says too much, too, where the interval is not wholly within ±margin."""
        return _with(claim, "says too much", claim["says"] == "better" and claim["high"] >= 0)

    def better_never_blamed(claim):
        """You never blame "better". It says too much, too, where the interval is not wholly below 0."""
        return _with(claim, "says too much", claim["says"] == "equal" and "says too much" in flaws(claim))

    def below_zero_for_all(claim):
        """You hold every claim to "wholly below 0". That is for "better" alone: ask first what the claim says."""
        return _with(claim, "says too much", claim["high"] >= 0 or "says too much" in flaws(claim))

    def unsure_judged_as_equal(claim):
        """You judge "cannot tell" as if it said "equal". Is that what your `else` does? That never says too much."""
        return flaws(claim | {"says": "equal"}) if claim["says"] == "cannot tell" else flaws(claim)

    def not_of_the_first_alone(claim):
        """For "equal" you blame only what is below −margin. One way to get this: `not` belongs to the first of two
        conditions alone. Put both in its bracket: not (… and …)."""
        if claim["says"] != "equal":
            return flaws(claim)
        return _with(claim, "says too much", claim["low"] <= -claim["margin"] and claim["high"] < claim["margin"])

    def a_fifth_for_a_twentieth(claim):
        """You let sizes differ by more than a twentieth of the larger one. That is 1/20: five per cent, 0.05."""
        return _with(claim, "another size", _apart(claim) > max(claim["parameters"]) / 5)

    def one_end_within(claim):
        """For "equal" you are content if ONE end is within the margin. Both have to be."""
        if claim["says"] != "equal":
            return flaws(claim)
        near = -claim["margin"] < claim["low"] or claim["high"] < claim["margin"]
        return _with(claim, "says too much", not near)

    def better_by_the_margin(claim):
        """For "better" you want more than the margin. It says better, not how much: all below 0 is enough."""
        if claim["says"] != "better":
            return flaws(claim)
        return _with(claim, "says too much", claim["high"] >= -claim["margin"])

    def unsure_is_a_flaw(claim):
        """You blame "cannot tell". It is an honest answer to a wide interval, and never says too much."""
        return _with(claim, "says too much", claim["says"] == "cannot tell" or "says too much" in flaws(claim))

    def smaller_control_alone(claim):
        """You only ask whether the control is SMALLER. A larger one is not equal either."""
        ours, theirs = claim["parameters"]
        return _with(claim, "another size", ours - theirs > max(ours, theirs) / 20)

    def larger_control_alone(claim):
        """You only ask whether the control is LARGER. A smaller one makes us look good."""
        ours, theirs = claim["parameters"]
        return _with(claim, "another size", theirs - ours > max(ours, theirs) / 20)

    def any_difference_in_size(claim):
        """You want exactly equal sizes. Up to a twentieth of the larger one is let pass."""
        return _with(claim, "another size", len(set(claim["parameters"])) > 1)

    def twentieth_of_the_smaller(claim):
        """You take a twentieth of the smaller network. Of the larger one, says the task, and it is a little more."""
        return _with(claim, "another size", _apart(claim) > min(claim["parameters"]) / 20)

    def twentieth_of_theirs(claim):
        """You take a twentieth of the second network, whichever it is. Of the larger one, says the task."""
        return _with(claim, "another size", _apart(claim) > claim["parameters"][1] / 20)

    def twentieth_of_ours(claim):
        """You take a twentieth of the first network, whichever it is. Of the larger one, says the task."""
        return _with(claim, "another size", _apart(claim) > claim["parameters"][0] / 20)

    def twentieth_of_the_mean(claim):
        """You take a twentieth of the mean of both. Of the larger one, says the task."""
        return _with(claim, "another size", _apart(claim) > sum(claim["parameters"]) / 40)

    def a_twentieth_is_too_much(claim):
        """You blame a difference of exactly a twentieth. It has to be MORE than that. (Or does rounding do it? In
        floats 1 - 0.95 is a little more than 0.05.)"""
        return _with(claim, "another size", _apart(claim) >= max(claim["parameters"]) / 20)

    def zero_is_below_zero(claim):
        """You let "better" pass where the interval ends at 0. Wholly below 0 leaves 0 out."""
        return _with(claim, "says too much", "says too much" in flaws(claim) and claim["high"] != 0)

    def margin_is_within(claim):
        """You let "equal" pass where an end is exactly at the margin. Wholly within ±margin leaves both out."""
        low, high, m = claim["low"], claim["high"], claim["margin"]
        if claim["says"] != "equal":
            return flaws(claim)
        return _with(claim, "says too much", not -m <= low <= high <= m)

    def lower_end_for_equal(claim):
        """For "equal" you look at the lower end alone. Both ends have to be within ±margin."""
        bad = claim["low"] <= -claim["margin"] if claim["says"] == "equal" else "says too much" in flaws(claim)
        return _with(claim, "says too much", bad)

    def upper_end_for_equal(claim):
        """For "equal" you look at the upper end alone. Both ends have to be within ±margin."""
        bad = claim["high"] >= claim["margin"] if claim["says"] == "equal" else "says too much" in flaws(claim)
        return _with(claim, "says too much", bad)

    def one_sign_for_better(claim):
        """You blame "better" where the interval begins below 0. Below 0 our error is the smaller one."""
        if claim["says"] != "better":
            return flaws(claim)
        return _with(claim, "says too much", claim["low"] <= 0)

    def unsure_though_certain(claim):
        """You blame "cannot tell" where the interval leaves 0 out. To claim less than one might is never too much."""
        sure = claim["says"] == "cannot tell" and not claim["low"] <= 0 <= claim["high"]
        return _with(claim, "says too much", sure or "says too much" in flaws(claim))

    def one_shared_thing_forgiven(claim):
        """You let one shared thing pass. Above 0 is a leak."""
        return _with(claim, "leak", claim["shared_things"] > 1)

    def one_seed_forgiven(claim):
        """You let one seed pass. That is the flaw: one has no spread."""
        return _with(claim, "one seed", claim["seeds"] < 1)

    def only_validation_will_do(claim):
        """You blame whatever was not chosen on the validation part. The flaw is a choice on the test; where nothing was
        chosen there is none."""
        return _with(claim, "chosen on the test", claim["chosen_by"] != "validation")

    def two_seeds_too_few(claim):
        """You blame two seeds. They have a spread, if a poor one; the flaw is a single one."""
        return _with(claim, "one seed", claim["seeds"] < 3)

    def first_flaw_alone(claim):
        """You stop at the first flaw. All of them are wanted: use `if` for each, not `elif` or `return`."""
        return flaws(claim)[:1]

    def leak_forgiven(claim):
        """You never say "leak". Things that were trained on are known again, whatever the network has understood."""
        return _with(claim, "leak", False)

    def test_choice_forgiven(claim):
        """You never say "chosen on the test". A number that was chosen for being low is too low on
        average."""
        return _with(claim, "chosen on the test", False)

    def not_sorted(claim):
        """Your list is right but for its order. Sort it."""
        return flaws(claim)[::-1]
