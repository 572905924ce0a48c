"""Write the verdict on two networks, `what_they_share(as_is, rotated, shuffled)`. `as_is` is how well the dimensions of
the first find partners in the second (mean |r| of the best partner, a number). `rotated` (n,) is the same with the
second network in n random rotated axes, `shuffled` (m,) the same with its images shuffled, m times. Return "nothing" if
the partners could be luck, "a space" if they are more than luck, but rotated axes would do as well, and "axes" if the
axes themselves are shared. Whatever a control reaches even once could be the control's doing."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case

EFFORT = {"minutes": 5, "difficulty": 3, "importance": 5}
HINTS = (
    "Two controls, two questions. What does it take to say “more than luck”, and what to say “these axes, and no "
    "others”?",
    "Ask about luck first: a network that fails this says nothing about axes. And a control that was tried "
    "many times speaks by its best, not by its mean.",
    'The first line is `if as_is <= shuffled.max():` and gives "nothing". One more comparison, with the other control, '
    "tells the other two verdicts apart.",
)
GRADIENT = False


def what_they_share(as_is: float, rotated: Tensor, shuffled: Tensor) -> str:
    """The verdict on two networks: "nothing", "a space" or "axes". rotated (n,), shuffled (m,)"""
    if as_is <= shuffled.max():
        return "nothing"
    return "axes" if as_is > rotated.max() else "a space"


reference = what_they_share


def oracle(as_is, rotated, shuffled):
    luck = any(as_is <= chance for chance in shuffled.tolist())
    any_axes = any(as_is <= turned for turned in rotated.tolist())
    return "nothing" if luck else "a space" if any_axes else "axes"


def cases():
    high, low = torch.tensor([0.58, 0.61, 0.55, 0.57, 0.60]), torch.tensor([0.33, 0.38, 0.31, 0.35])
    pairs = {
        "a network and itself": (1.0, high, low),
        "two networks with partners as good as in most rotated axes": (0.58, high, low),
        "two networks with better partners than in all rotated axes": (0.72, high, low),
        "two networks whose partners are above the mean rotation, and below the best": (0.605, high, low),
        "two networks whose partners are no better than with shuffled images": (0.34, high - 0.24, low),
        "two networks whose partners are above the mean shuffling, and below the best": (0.37, high - 0.2, low),
        "two networks that do better than in any rotated axes, and worse than with any shuffled images": (
            0.305,
            high - 0.32,
            low,
        ),
        "two networks whose partners are weak, and beyond luck": (0.44, high - 0.15, low),
        "two networks whose partners are weak, beyond luck, and beyond rotation": (0.48, high - 0.15, low),
        "two networks whose partners are as good as in the worst rotated axes": (0.56, high, low),
        "two networks whose partners are not even that good, and beyond luck": (0.5, high, low),
        "two networks with partners a hair better than in the best rotated axes": (0.62, high, low),
        "two networks with partners a hair worse than in the best rotated axes": (0.609, high, low),
        "two networks with partners a little better than in the best rotated axes": (0.645, high, low),
        # One try of forty is 2.5 %
        "two networks that a single rotation of forty does better than": (
            0.605,
            torch.linspace(0.5, 0.6, 40).index_fill(0, torch.tensor(7), 0.61),
            low,
        ),
        "two networks that a single shuffling of forty does better than": (
            0.375,
            high - 0.2,
            torch.linspace(0.3, 0.36, 40).index_fill(0, torch.tensor(7), 0.38),
        ),
        # Ties, at eighths, which float32 holds exactly
        "two networks exactly as good as with the best shuffling": (0.375, high, low.clamp(max=0.375)),
        "two networks exactly as good as in the best rotated axes": (
            0.625,
            torch.cat([high, torch.tensor([0.625])]),
            low,
        ),
    }
    return [case(says, as_is, rotated.clone(), shuffled.clone()) for says, (as_is, rotated, shuffled) in pairs.items()]


def _one_of_the_verdicts(item, value):
    verdicts = ("nothing", "a space", "axes")
    if value in verdicts:
        return None
    return f"the verdict is {value!r}; it should be one of {', '.join(map(repr, verdicts))}."


properties = (_one_of_the_verdicts,)


class right:
    def by_counting(as_is, rotated, shuffled):
        if (shuffled >= as_is).sum() > 0:
            return "nothing"
        return "a space" if int((rotated >= as_is).sum()) else "axes"

    def by_all(as_is, rotated, shuffled):
        if not all(as_is > x for x in shuffled.tolist()):
            return "nothing"
        if all(as_is > x for x in rotated.tolist()):
            return "axes"
        return "a space"


class wrong:
    def luck_is_the_only_control(as_is, rotated, shuffled):
        """You call axes shared that are better than luck. In rotated axes, which nobody trained, the partners may be as
        good: then it is the space that is shared."""
        return "axes" if as_is > shuffled.max() else "nothing"

    def rotation_is_the_only_control(as_is, rotated, shuffled):
        """You never ask about luck. The best of sixteen partners is good by luck alone: the shuffled images say how
        good."""
        return "axes" if as_is > rotated.max() else "a space"

    def rotation_as_luck(as_is, rotated, shuffled):
        """You say "nothing" of partners that rotated axes match. They may still be far beyond luck: then a space is
        shared. Luck is what the shuffled images tell."""
        return "axes" if as_is > rotated.max() else "nothing"

    def ties_for_beyond_luck(as_is, rotated, shuffled):
        """You let partners that are exactly as good as the best shuffling count as more than luck. What a control
        reaches even once is not beyond it: <= instead of <."""
        return "nothing" if as_is < shuffled.max() else "axes" if as_is > rotated.max() else "a space"

    def ties_for_axes(as_is, rotated, shuffled):
        """You say "axes" where a rotation does exactly as well. What a control reaches even once is not beyond it: >
        instead of >=."""
        return "nothing" if as_is <= shuffled.max() else "axes" if as_is >= rotated.max() else "a space"

    def ties_for_both(as_is, rotated, shuffled):
        """You let ties count as beyond a control, both times. What a control reaches even once is not beyond it: only
        more than its best is."""
        return "nothing" if as_is < shuffled.max() else "axes" if as_is >= rotated.max() else "a space"

    def below_all_rotations(as_is, rotated, shuffled):
        """You say "axes" where the partners are worse than in any rotated axes. Shared axes make them better: more than
        the best rotation."""
        return "nothing" if as_is <= shuffled.max() else "axes" if as_is < rotated.min() else "a space"

    def rotation_first(as_is, rotated, shuffled):
        """You ask about the axes first. What could be luck is nothing at all, however it compares with rotated axes:
        ask about luck first."""
        return "axes" if as_is > rotated.max() else "a space" if as_is > shuffled.max() else "nothing"

    def means_of_the_controls(as_is, rotated, shuffled):
        """You compare with the mean of a control. About half of all tries are above that: what a control reaches
        even once is not beyond it."""
        if as_is <= shuffled.mean():
            return "nothing"
        return "axes" if as_is > rotated.mean() else "a space"

    def medians_of_the_controls(as_is, rotated, shuffled):
        """You compare with the median of a control. About half of all tries are above that: what a control reaches even
        once is not beyond it."""
        return "nothing" if as_is <= shuffled.median() else "axes" if as_is > rotated.median() else "a space"

    def mean_rotation(as_is, rotated, shuffled):
        """You compare with the mean of the rotated axes. Some rotations do better by chance: the axes must beat all of
        them."""
        return "nothing" if as_is <= shuffled.max() else "axes" if as_is > rotated.mean() else "a space"

    def mean_shuffling(as_is, rotated, shuffled):
        """You compare with the mean of the shuffled images. Some shufflings do better by chance: more than luck is more
        than all of them."""
        return "nothing" if as_is <= shuffled.mean() else "axes" if as_is > rotated.max() else "a space"

    def worst_shuffling(as_is, rotated, shuffled):
        """You let partners that some shufflings beat count as more than luck. Is there a `min` where `max` belongs, or
        a limit of your own? What luck reaches even once is not beyond luck."""
        return "nothing" if as_is <= shuffled.min() else "axes" if as_is > rotated.max() else "a space"

    def quantiles_of_the_controls(as_is, rotated, shuffled):
        """You compare with a quantile of a control, or with its mean and its spread. From a handful of tries neither
        can be trusted. What a control reaches even once is not beyond it: compare with its best."""
        if as_is <= shuffled.quantile(0.95):
            return "nothing"
        return "axes" if as_is > rotated.quantile(0.95) else "a space"

    def worst_rotation(as_is, rotated, shuffled):
        """You compare with the worst rotated axes. The best of them decide: as long as one rotation does as well, the
        axes are nothing special."""
        return "nothing" if as_is <= shuffled.max() else "axes" if as_is > rotated.min() else "a space"

    def worst_of_both(as_is, rotated, shuffled):
        """You compare with the lowest value of each control. The highest decides: what a control reaches even once is
        not beyond it."""
        return "nothing" if as_is <= shuffled.min() else "axes" if as_is > rotated.min() else "a space"

    def controls_exchanged(as_is, rotated, shuffled):
        """You exchanged the two controls: shuffled images tell luck, rotated axes tell whether the axes matter."""
        return what_they_share(as_is, shuffled, rotated)

    def a_fixed_limit(as_is, rotated, shuffled):
        """You compare with a limit of your own. How high luck gets depends on the number of images and dimensions: the
        controls were measured to tell."""
        return "nothing" if as_is < 0.4 else "axes" if as_is > 0.65 else "a space"

    def fixed_limits_far_apart(as_is, rotated, shuffled):
        """You compare with limits of your own. How high luck and rotated axes get depends on the number of images and
        dimensions: the controls were measured to tell."""
        return "nothing" if as_is < 0.3 else "axes" if as_is > 0.9 else "a space"

    def names_exchanged(as_is, rotated, shuffled):
        """You exchanged two verdicts. Better than all rotated axes means that the axes themselves are shared; no better
        than they, that the space is."""
        verdict = what_they_share(as_is, rotated, shuffled)
        return {"axes": "a space", "a space": "axes"}.get(verdict, verdict)

    def two_spreads_above(as_is, rotated, shuffled):
        """You ask for two standard deviations above a control's mean. With a handful of tries that is far beyond its
        best; compare with the tries themselves."""
        far = [control.mean() + 2 * control.std() for control in (shuffled, rotated)]
        return "nothing" if as_is <= far[0] else "axes" if as_is > far[1] else "a space"

    def five_per_cent_allowed(as_is, rotated, shuffled):
        """You let a few tries of a control, 5 % of them, do better. What a control reaches even once is not beyond
        it."""
        if (shuffled >= as_is).double().mean() > 0.05:
            return "nothing"
        return "a space" if (rotated >= as_is).double().mean() > 0.05 else "axes"

    def p_below_five_per_cent(as_is, rotated, shuffled):
        """Wherever the images were shuffled only four times, you say "nothing". Do you ask whether p is below 0.05?
        With four tries, p is at least 1/5, however good the partners are. Ask whether a control reaches `as_is` even
        once."""

        def p(control):
            return (1 + int((control >= as_is).sum())) / (1 + len(control))

        return "nothing" if p(shuffled) > 0.05 else "axes" if p(rotated) < 0.05 else "a space"

    def beyond_both_or_nothing(as_is, rotated, shuffled):
        """You ask for both controls at once. Partners that are beyond luck, and not beyond rotation, are not nothing:
        then a space is shared."""
        return "axes" if as_is > max(rotated.max(), shuffled.max()) else "nothing"

    def both_comparisons_reversed(as_is, rotated, shuffled):
        """Both of your comparisons go the wrong way: partners ABOVE the best shuffling are more than luck, and those
        above the best rotation share axes."""
        return "nothing" if as_is >= shuffled.max() else "axes" if as_is < rotated.max() else "a space"
