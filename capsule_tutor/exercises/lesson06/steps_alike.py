"""Write the tool that finds a wrong wire: `steps_alike(ours, theirs, x)` says how many steps of a port agree with the
original before one does not. `ours` and `theirs` are two lists of the same steps: each is a function of one tensor, and
gets what the step before it in its own list gave; the first gets x. Two results agree if they have the same shape and
no entry differs by more than a thousandth of the largest entry of `theirs` (the largest in size, whatever its sign).
A result with NaN in it never agrees. Return the number of steps that agree, from the first on, as an int: 0 if the
first is wrong, `len(ours)` if all agree."""

from itertools import accumulate, takewhile

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.layers import primary_capsules

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 5}
HINTS = (
    "Walk along both lists at once with two tensors, one for each, and stop where they part.",
    "After each step ask two questions, and the shape comes first: two shapes that differ may broadcast, and then the "
    "numbers are compared with copies of others.",
    '`torch.allclose(a, b, rtol=0, atol=…)` answers the second question, and says "no" to NaN. Its atol is how much '
    "may differ: compute that from b. What you return is the number of steps that came before.",
)
GRADIENT = False


def steps_alike(ours: list, theirs: list, x: Tensor) -> int:
    """How many steps of a port agree with the original's, from the first on."""
    a = b = x
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        a, b = our(a), their(b)
        # alike: max |a − b| ≤ 0.001 · max |b|
        if a.shape != b.shape or not (a - b).abs().max() <= 1e-3 * b.abs().max():
            return number
    return len(ours)


reference = steps_alike


def oracle(ours, theirs, x):
    results = []
    for steps in (ours, theirs):
        results.append([x])
        for step in steps:
            results[-1].append(step(results[-1][-1]))
    alike = 0
    for a, b in list(zip(*results, strict=True))[1:]:
        same = a.shape == b.shape
        allowed = max(abs(entry) for entry in b.flatten().tolist()) / 1000
        for one, other in zip(a.flatten().tolist(), b.flatten().tolist(), strict=False):
            same = same and abs(one - other) <= allowed
        if not same:
            break
        alike += 1
    return alike


def _steps(**changes):
    """The steps from feature maps (b, 6, 2, 2) to lengths (b, i = 8), with some of them exchanged."""
    steps = {
        "front": lambda x: 2 * x,
        "cut": lambda x: primary_capsules(x, 3),  # (b, 8, 3)
        "squash": functional.squash,
        "lengths": functional.lengths,  # (b, 8)
    }
    return list((steps | changes).values())


def _hair_off(x):
    return 2 * x + 1e-5


def _bare_view(x):
    return x.reshape(len(x), -1, 3)


def _order_reversed(x):
    return primary_capsules(x, 3).flip(1)


def _nan(x):
    return functional.squash(x) * float("nan")


def _overflowing(x):
    changed = functional.squash(x)
    changed[0, 0, 0] = float("inf")
    return changed


def _summed(x):
    return functional.lengths(x).mean(dim=1, keepdim=True)


def _turned(x):
    return -functional.squash(x)


def _one_entry(x):
    changed = functional.squash(x)
    changed[-1, -1, -1] -= 0.003  # less than a thousandth of the norm
    return changed


def _first_entry(x):
    changed = functional.squash(x)
    changed[0, 0, 0] -= 0.003
    return changed


def _minus_lengths(x):
    return -functional.lengths(x)


def _alike_capsules(x):
    return torch.ones_like(x)


X = numbers(2, 6, 2, 2, seed=1)
# port → the steps in which it differs, those in which the original does, and why the first that differs does
WIRINGS = {
    "a port that is right": ({}, {}, "All agree."),
    "a port that rounds otherwise, by 0.00001": ({"front": _hair_off}, {}, "A difference of 0.00001 is allowed."),
    "a port whose first step is wrong": ({"front": lambda x: x.relu()}, {}, "The first gives other numbers."),
    "a port that cuts its capsules with a bare view": ({"cut": _bare_view}, {}, "Entry by entry the second differs."),
    "a port with a wrong cut, in a network whose numbers are around 0.0001": (
        {"front": lambda x: 1e-4 * x, "cut": _bare_view},
        {"front": lambda x: 1e-4 * x},
        "The second differs in nearly every entry. All its numbers are below 0.001, where a fixed tolerance of that "
        "size lets any wire pass: allow a thousandth of the largest entry of theirs.",
    ),
    "a port that has its capsules in another order": (
        {"cut": _order_reversed},
        {},
        "Entry by entry the second differs.",
    ),
    "a port whose squash gives NaN": (
        {"squash": _nan},
        {},
        "The third gives NaN, which agrees with nothing. `NaN > 0.001` is False, so ask whether the difference is "
        "small and not whether it is big. And `nan_to_num` would hide it.",
    ),
    "a port whose squash overflows in one entry": (
        {"squash": _overflowing},
        {},
        "One entry of the third is inf, and no finite number is near that.",
    ),
    "a port whose squash turns every pose round, so that the lengths are right again": (
        {"squash": _turned},
        {},
        "The third has every sign changed; that the fourth agrees again does not count.",
    ),
    "a port with one entry that is 0.003 too small, in poses shorter than 1": (
        {"squash": _one_entry},
        {},
        "One entry of the third, in the last image, is too small by more than three times what is allowed. It drowns "
        "in a mean or a norm, it is not seen without abs(), and `a[0] - b[0]` does not look there.",
    ),
    "a port with one entry that is 0.003 too small, in the first image": (
        {"squash": _first_entry},
        {},
        "One entry of the third is too small by more than three times what is allowed.",
    ),
    "a port whose first step is 0.5 % off": (
        {"front": lambda x: 2.01 * x},
        {},
        "0.5 % of the largest entry is five times what is allowed: a thousandth is 0.1 %.",
    ),
    "a port whose last step gives (2, 8, 1) instead of (2, 8)": (
        {"lengths": lambda x: functional.lengths(x).unsqueeze(2)},
        {},
        "The fourth has the same numbers in another shape: ask for the shape, and not for how many there are.",
    ),
    "a port whose last step gives (2, 1) instead of (2, 8), all capsules being alike": (
        {"front": _alike_capsules, "lengths": _summed},
        {"front": _alike_capsules},
        "The fourth has another shape, and (2, 1) against (2, 8) broadcasts: ask for the shape first.",
    ),
    "a port with a wrong cut and a wrong last step": (
        {"cut": _bare_view, "lengths": lambda x: x.sum(dim=2)},
        {},
        "The second differs, and nothing behind it counts.",
    ),
    "a port whose cut also caps what the front has made larger": (
        {"cut": lambda maps: primary_capsules(maps.clamp(max=1.2 * X.max().item()), 3)},
        {},
        "The second differs on what the first one gave; on x itself it would not.",
    ),
    "a port that rounds otherwise, by 0.005 in numbers around 1000": (
        {"front": lambda x: x + 1000.005},
        {"front": lambda x: x + 1000},
        "0.005 is far less than a thousandth of 1000: what is allowed grows with the largest entry of theirs.",
    ),
    "a port that gives 0.00001 where the original gives 0": (
        {"front": lambda x: x.relu() + 1e-5},
        {"front": torch.relu},
        "What is allowed is one number for a whole result. A thousandth of each entry allows nothing where that is 0.",
    ),
    "a port that is right, with numbers below zero alone": (
        {"front": lambda x: -x.abs() - 1e-4, "lengths": _minus_lengths},
        {"front": lambda x: -x.abs(), "lengths": _minus_lengths},
        "All agree. The largest entry is the largest in SIZE: `b.abs().max()`.",
    ),
    "a port that is 0.06 % off after its first step and 0.12 % off after its second": (
        {"front": lambda x: 2.0012 * x, "cut": lambda maps: 1.0006 * primary_capsules(maps, 3)},
        {},
        "Of the largest entry a thousandth is allowed, 0.1 %, and the second gets what the first of its OWN list gave.",
    ),
}


def cases():
    return [case(says, _steps(**ours), _steps(**theirs), X) for says, (ours, theirs, _) in WIRINGS.items()]


def _why(item, value):
    if isinstance(value, int) and not isinstance(value, bool) and value != (agree := steps_alike(*item.args)):
        return f"your function says {value}; expected {agree}. {WIRINGS[item.says][2]}"
    return None


properties = (_why,)


def _first_apart(ours, theirs, x, alike) -> int:
    """How many steps agree in a learner's own sense of it."""
    a = b = x
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        a, b = our(a), their(b)
        if not alike(a, b):
            return number
    return len(ours)


def _allowed(b: Tensor) -> Tensor:
    return 1e-3 * b.abs().max()


def _close(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool((a - b).abs().max() <= _allowed(b))


def _walk(x, step):
    return step(x)


class right:
    def by_allclose(ours, theirs, x):
        a, b, count = x, x.clone(), 0
        for k in range(len(ours)):
            a, b = ours[k](a), theirs[k](b)
            if a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max().item()):
                count += 1
            else:
                break
        return count

    def by_testing_tools(ours, theirs, x):
        mine, original = x, x
        for done, (f, g) in enumerate(zip(ours, theirs, strict=True)):
            mine, original = f(mine), g(original)
            try:
                torch.testing.assert_close(mine, original, rtol=0, atol=original.abs().max().item() / 1000)
            except AssertionError:
                return done
        return len(theirs)

    def by_shares(ours, theirs, x):
        def alike(a, b):
            return a.shape == b.shape and ((a - b) / b.abs().max()).abs().amax().item() <= 0.001

        return _first_apart(ours, theirs, x, alike)

    def by_accumulate(ours, theirs, x):
        results = zip(accumulate(ours, _walk, initial=x), accumulate(theirs, _walk, initial=x), strict=True)
        alike = (a.shape == b.shape and bool(((a - b).abs() <= b.abs().max() / 1e3).all()) for a, b in results)
        return sum(1 for _ in takewhile(bool, alike)) - 1


class wrong:
    def exactly_equal(ours, theirs, x):
        """You demand equal bits. Another library adds in another order, and its last digits differ: allow a thousandth
        of the largest entry of theirs."""
        return _first_apart(ours, theirs, x, torch.equal)

    def allclose_as_it_comes(ours, theirs, x):
        """You allow a hundred-thousandth of each entry, or less, which is next to nothing where an entry is near zero.
        Are these torch.allclose's own tolerances? Say rtol=0, and a thousandth of the largest entry of theirs for
        atol."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape and torch.allclose(a, b))

    def a_thousandth_of_each_entry(ours, theirs, x):
        """You allow a thousandth of each entry, so that where the original gives 0 next to nothing is allowed. One
        number is wanted for the whole result: a thousandth of its largest entry."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=0)
        )

    def fixed_tolerance(ours, theirs, x):
        """What you allow is the same after every step, such as 0.001. In a network whose capsules are shorter than that
        every wire passes: allow a thousandth of the largest entry of theirs."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=1e-3)
        )

    def fixed_tolerance_and_nan_unseen(ours, theirs, x):
        """You allow 0.001, whatever the size of the numbers: allow a thousandth of the largest entry of theirs. And NaN
        gets past you, for it is not larger than 0.001: ask whether the difference is small, not whether it is large."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape and not (a - b).abs().max() > 1e-3)

    def largest_without_abs(ours, theirs, x):
        """What you allow depends on `b.max()`, and that is too little, or even less than 0, where the largest entry in
        size is negative. Take `.abs()` first, then the largest."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).abs().max() <= 1e-3 * b.max())
        )

    def largest_of_ours(ours, theirs, x):
        """What you allow is a thousandth of the largest entry of OURS, so that a port that overflows allows itself
        everything. The original says what is allowed: take theirs."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).abs().max() <= _allowed(a))
        )

    def mean_of_theirs(ours, theirs, x):
        """You allow a thousandth of the mean entry of theirs, which is too little. Take a thousandth of the largest."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).abs().max() <= 1e-3 * b.abs().mean())
        )

    def first_step_alone(ours, theirs, x):
        """For you no more than the first step ever agrees. Is there a `return` inside the loop, or does one of the
        lists get x again in every step? While the results agree, go on with what each list gave."""
        return min(steps_alike(ours, theirs, x), 1)

    def one_entry_is_enough(ours, theirs, x):
        """One entry that agrees is enough for you, as with any(). No entry may differ by more: all(), or the largest
        difference."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool(((a - b).abs() <= _allowed(b)).any())
        )

    def a_hundredth(ours, theirs, x):
        """A result that is 0.5 % too large gets past you. Do you allow a hundredth, or compare directions alone?
        A thousandth of the largest entry of theirs is allowed."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).abs().max() <= 1e-2 * b.abs().max())
        )

    def first_image_alone(ours, theirs, x):
        """A mistake in the last image gets past you. Do you compare the first one alone? Compare all entries of the
        two results."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape and _close(a[0], b[0]))

    def as_many_numbers(ours, theirs, x):
        """You compare how many entries there are, or flatten both, so that another shape gets past you. Ask whether the
        shapes are equal."""
        return _first_apart(ours, theirs, x, lambda a, b: a.numel() == b.numel() and _close(a.flatten(), b.flatten()))

    def differences_added(ours, theirs, x):
        """You add up the differences of all the entries, so that many small ones look like a large one. Take the
        largest one alone."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).abs().sum() <= _allowed(b))
        )

    def only_shapes(ours, theirs, x):
        """You compare shapes. A wrong wire is just what no shape gives away: compare the numbers, too."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape)

    def only_the_end(ours, theirs, x):
        """You compare the last results alone. Then you know that something is wrong, and not where; and two steps may
        make up for each other. Compare after every step."""
        a = b = x
        for f, g in zip(ours, theirs, strict=True):
            a, b = f(a), g(b)
        return len(ours) if _close(a, b) else len(ours) - 1

    def all_or_none(ours, theirs, x):
        """You compare the last results alone, and say all or none. Then nobody knows where they part, and two steps may
        make up for each other. Compare after every step."""
        a = b = x
        for f, g in zip(ours, theirs, strict=True):
            a, b = f(a), g(b)
        return len(ours) if _close(a, b) else 0

    def sums_compared(ours, theirs, x):
        """You compare the sums, or the means, of the results. The same entries in another order have the same sum, and
        capsules that are mixed up are what you look for: compare entry by entry."""

        def alike(a, b):
            return a.shape == b.shape and bool((a.sum() - b.sum()).abs() <= _allowed(b))

        return _first_apart(ours, theirs, x, alike)

    def norms_compared(ours, theirs, x):
        """You compare one number of each result, such as its norm. Entries in another order, or with another sign, have
        the same norm: compare entry by entry."""

        def alike(a, b):
            return a.shape == b.shape and bool((a.norm() - b.norm()).abs() <= _allowed(b))

        return _first_apart(ours, theirs, x, alike)

    def norm_of_the_difference(ours, theirs, x):
        """You compare norms, or means, of the differences and of theirs. One wrong entry drowns among many: compare the
        largest difference with the largest entry."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).norm() <= 1e-3 * b.norm())
        )

    def without_abs(ours, theirs, x):
        """An entry that is too small gets past you. Is the largest difference taken with its sign? Take `.abs()`
        first."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).max() <= _allowed(b)))

    def nan_unseen(ours, theirs, x):
        """NaN gets past you: it is not larger than what is allowed, nor smaller. Ask whether the difference is small,
        not whether it is large."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape and not (a - b).abs().max() > _allowed(b))

    def shapes_broadcast(ours, theirs, x):
        """Shapes that differ get past you: (2, 1) against (2, 8) is not an error, it broadcasts. Ask for the shape
        first."""

        def alike(a, b):
            try:
                return bool((a - b).abs().max() <= _allowed(b))
            except RuntimeError:
                return False

        return _first_apart(ours, theirs, x, alike)

    def mean_difference(ours, theirs, x):
        """You take the mean difference, in which one wrong entry drowns. Ask for the largest."""
        return _first_apart(
            ours, theirs, x, lambda a, b: a.shape == b.shape and bool((a - b).abs().mean() <= _allowed(b))
        )

    def mean_and_nan_unseen(ours, theirs, x):
        """You take the mean difference, in which one wrong entry drowns: ask for the largest. And NaN gets past you,
        for it is not larger than what is allowed: ask whether the difference is small, not whether it is large."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape and not (a - b).abs().mean() > _allowed(b))

    def without_abs_and_nan_unseen(ours, theirs, x):
        """You take the largest difference with its sign, so an entry that is too small passes: take `.abs()` first. And
        NaN gets past you, for it is not larger than what is allowed: ask whether the difference is small, not whether
        it is large."""
        return _first_apart(ours, theirs, x, lambda a, b: a.shape == b.shape and not (a - b).max() > _allowed(b))

    def shapes_broadcast_and_nan_unseen(ours, theirs, x):
        """You never compare the shapes, and (2, 1) against (2, 8) broadcasts: ask for the shape first. And NaN gets
        past you, for it is not larger than what is allowed: ask whether the difference is small, not whether it is
        large."""
        return _first_apart(ours, theirs, x, lambda a, b: not (a - b).abs().max() > _allowed(b))

    def neither_shape_nor_sign_nor_nan(ours, theirs, x):
        """There are three mistakes. You never compare the shapes, and (2, 1) against (2, 8) broadcasts. You take the
        largest difference with its sign, so an entry that is too small passes: take `.abs()` first. And NaN gets past
        you: ask whether the difference is small, not whether it is large."""
        return _first_apart(ours, theirs, x, lambda a, b: not (a - b).max() > _allowed(b))

    def fixed_and_neither_shape_nor_sign_nor_nan(ours, theirs, x):
        """There are four mistakes. You never compare the shapes, and (2, 1) against (2, 8) broadcasts. You take the
        largest difference with its sign: take `.abs()` first. NaN gets past you: ask whether the difference is small,
        not whether it is large. And 0.001 is much for small numbers: allow a thousandth of the largest entry of
        theirs."""
        return _first_apart(ours, theirs, x, lambda a, b: not (a - b).max() > 1e-3)

    def fed_by_the_original(ours, theirs, x):
        """You give both steps the same input, what the step before them gave in ONE of the lists. Each should get what
        its own list gave, so that small differences add up as they do when the port runs."""
        for k, (f, g) in enumerate(zip(ours, theirs, strict=True)):
            mine, x = f(x), g(x)
            if not _close(mine, x):
                return k
        return len(ours)

    def counted_from_one(ours, theirs, x):
        """You return the number of the wrong step, counted from 1. It should be how many agree before it: one less."""
        number = steps_alike(ours, theirs, x)
        return number + 1 if number < len(ours) else number

    def last_index_for_all(ours, theirs, x):
        """Where all agree you return the last step's index, which counts from 0. All of them are one more:
        len(ours)."""
        return min(steps_alike(ours, theirs, x), len(ours) - 1)

    def every_step_that_agrees(ours, theirs, x):
        """You count all steps that agree, also those behind a wrong one, where two mistakes may have made up for each
        other. Stop at the first that does not agree."""
        a = b = x
        count = 0
        for f, g in zip(ours, theirs, strict=True):
            a, b = f(a), g(b)
            count += _close(a, b)
        return count

    def last_difference(ours, theirs, x):
        """You return the last step that differs. What comes behind a wrong step differs because of it: the first one is
        the one to fix, so return there."""
        a = b = x
        found = len(ours)
        for k, (f, g) in enumerate(zip(ours, theirs, strict=True)):
            a, b = f(a), g(b)
            if not _close(a, b):
                found = k
        return found

    def x_for_every_step(ours, theirs, x):
        """You give x to every step. In a network a step gets what the one before it in its list gave, and may be wrong
        on that alone: hand the results on."""
        count = 0
        for f, g in zip(ours, theirs, strict=True):
            if not _close(f(x), g(x)):
                break
            count += 1
        return count

    def x_for_every_step_and_all_counted(ours, theirs, x):
        """You give x to every step, and you count all steps that agree. Hand the results on: a step gets what the one
        before it in its list gave. And stop at the first that does not agree."""
        return sum(_close(f(x), g(x)) for f, g in zip(ours, theirs, strict=True))

    def yes_or_no(ours, theirs, x):
        """You return whether all agree. A number is wanted: how many steps agree before one does not."""
        return steps_alike(ours, theirs, x) == len(ours)
