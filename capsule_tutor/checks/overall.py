"""Relations that hold on all the inputs of an exercise: of single numbers, labels, lists, masks and several results.

One number says little: 4 for 2 is twice as much, the square, and 2 too many. Over all inputs only one of these holds,
and it is said. Nothing is, where two inputs with different right answers are missing.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import wording
from capsule_tutor.checks.cases import Case
from capsule_tutor.checks.observing import Observation, named

_FACTORS = (
    (100, "100 times what it should be: is it a percentage, where a share is wanted?"),
    (0.01, "a hundredth of what it should be: is it a share, where a percentage is wanted?"),
    (180 / math.pi, "in degrees, where radians are wanted"),
    (math.pi / 180, "in radians, where degrees are wanted"),
    (1 / math.log(2), "1/ln 2 times what it should be: is it a logarithm to base 2, where ln is wanted?"),
    (math.log(2), "ln 2 times what it should be: is it a natural logarithm, where one to base 2 is wanted?"),
    (2, "twice what it should be"),
    (0.5, "half of what it should be"),
)
_CHANGES: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("has the wrong sign", lambda x: -x),
    ("is 1 minus what it should be: is it the share of the others?", lambda x: 1 - x),
    ("is 1 over what it should be: are top and bottom exchanged?", lambda x: 1 / x),
    ("is the square of what it should be", lambda x: x * x),
    ("is the root of what it should be", math.sqrt),
    ("has lost its sign: is there an extra abs()?", abs),
    ("is 0 where it should be below 0: is there an extra max(0, …)?", lambda x: max(x, 0)),
    ("is rounded, and should not be", lambda x: float(round(x))),
    ("is rounded down, and should not be", lambda x: float(math.floor(x))),
)


def of_results(seen: list[Observation], right: list[Observation], function: Callable) -> str:
    """What all wrong results have to do with the right ones, as whole sentences; "" if that cannot be told."""
    if len(seen) != len(right) or any(o.error for o in seen):
        return ""
    got, want = ([o.tensors for o in observations] for observations in (seen, right))
    if len({len(parts) for parts in (*got, *want)}) != 1:
        return ""
    columns = list(zip(zip(*got, strict=True), zip(*want, strict=True), strict=True))
    sizes = _sizes([o.case for o in right], function)
    return _of_one(*columns[0], sizes) if len(columns) == 1 else _of_several(columns, sizes)


def _of_one(got: tuple, want: tuple, sizes: dict[str, list[float]]) -> str:
    """What one result has to do with the right one, on all inputs."""
    if _all_same(got, want):
        return ""
    if _are(Tensor, got, want):
        if any(a.shape != b.shape or a.dtype != b.dtype for a, b in zip(got, want, strict=True)):
            return ""
        if want[0].dtype == torch.bool:
            return _of_masks(torch.cat([a.flatten() for a in got]), torch.cat([b.flatten() for b in want]))
        if not want[0].is_floating_point():
            got, want = ([int(x) for a in values for x in a.flatten()] for values in (got, want))
            off = got[0] - want[0]
            if len(set(want)) > 2 and off and _holds(got, want, lambda x: x + off):
                return f"Every number is {abs(off)} too {'large' if off > 0 else 'small'}."
            return ""
        if any(a.ndim for a in want):
            return ""  # `relations` looks at those
        got, want = [a.item() for a in got], [b.item() for b in want]
    if _are((str, bool), got, want):
        foreign = [word for word in got if isinstance(word, str) and word not in want]
        if foreign and len(set(want)) > 1:
            return f'"{foreign[0]}" is none of the answers that are wanted.'
        return _of_labels(got, want)
    if _are((int, float), got, want):
        said = next(_of_numbers(got, want, sizes), "")
        return said and wording.ended(f"On every input the result {said}")
    return _of_lists(got, want) if _are((list, tuple), got, want) else ""


def _of_several(columns: list[tuple], sizes: dict[str, list[float]]) -> str:
    """Which of several results are wrong, and how: their order, the ends of an interval, one of them."""
    right = [_all_same(*column) for column in columns]
    if all(right) or len(right) > len(wording.PLACES):
        return ""
    for order in itertools.permutations(range(len(columns))):
        if all(_all_same(columns[place][0], want) for place, (_, want) in zip(order, columns, strict=True)):
            places = ", ".join(wording.PLACES[order.index(n)] for n in range(len(order)))
            return (
                f"The results are right, but in another order: yours are, one after the other, the {places} of those "
                "wanted."
            )
    # An interval, alone, around its middle, or after it.
    ends = not (right[0] or right[-1]) or (len(right) == 3 and right == [True, False, False])
    ends = ends and all(_are((int, float), *column) for column in columns)
    if said := ends and _of_intervals(columns, sizes):
        return said
    good = [wording.PLACES[n] for n, fits in enumerate(right) if fits]
    first = right.index(False)
    said = _of_one(*columns[first], sizes).replace("On every input the result", "On every input it", 1)
    if good:
        listed = " and ".join(filter(None, [", ".join(f"the {place}" for place in good[:-1]), f"the {good[-1]}"]))
        are = f"{listed} {'is' if len(good) == 1 else 'are'} right"
        return f"Of your {len(right)} results {are}. Look at the {wording.PLACES[first]}. {said}".strip()
    return said and f"Look at the {wording.PLACES[first]} of your {len(right)} results. {said}"


def _of_intervals(columns: list[tuple], sizes: dict[str, list[float]]) -> str:
    """Of two ends, with or without a middle: whether the middle is right, and how wide it is."""
    rows = [list(zip(*values, strict=True)) for values in zip(*columns, strict=True)]
    middles = [[(max(row) + min(row)) / 2 for row in side] for side in rows]
    widths = [[max(row) - min(row) for row in side] for side in rows]
    if _all_same(*middles):
        how = next(_of_factors(*widths, sizes), "")
        return wording.ended(f"The middle of your interval is right on every input. Its width is {how or 'not'}")
    if _all_same(*widths):
        return "The width of your interval is right on every input. Its middle is not."
    return ""


def _of_numbers(got: Any, want: Any, sizes: dict[str, list[float]]) -> Iterator[str]:
    """Relations of numbers that hold for all of them, as what follows "the result"."""
    if len({round(x, 9) for x in want}) < (3 if _are(int, got, want) else 2):
        return
    for said in _of_factors(got, want, sizes):
        yield f"is {said}"
    for said, change in _CHANGES:
        if _holds(got, want, change):
            yield said
    off = got[0] - want[0]
    if _holds(got, want, lambda x: x + off) and off:
        yield f"is {abs(off):.4g} too {'large' if off > 0 else 'small'}"


def _of_factors(got: Any, want: Any, sizes: dict[str, list[float]]) -> Iterator[str]:
    """The factor between numbers, as "twice what it should be": a known one, a size of the input, or another."""
    pairs = [(a, b, n) for n, (a, b) in enumerate(zip(got, want, strict=True)) if a or b]
    if len(pairs) < 2 or not all(a and b and math.isfinite(a) and math.isfinite(b) for a, b, _ in pairs):
        return
    factors = [a / b for a, b, _ in pairs]
    for name, numbers in sizes.items():
        size = [numbers[n] for *_, n in pairs]
        if len(set(size)) > 1:
            for power, text in (
                (1, f"as many times what it should be as {name}"),
                (-1, f"what it should be divided by {name}"),
                (0.5, f"√n times what it should be, where n is {name}"),
                (-0.5, f"1/√n of what it should be, where n is {name}"),
            ):
                if all(math.isclose(k, n**power, rel_tol=1e-4) for k, n in zip(factors, size, strict=True)):
                    yield text
    if max(factors) - min(factors) > 1e-4 * abs(factors[0]) or math.isclose(factors[0], 1, rel_tol=1e-4):
        return
    for factor, text in _FACTORS:
        if math.isclose(factors[0], factor, rel_tol=1e-4):
            yield text
    if factors[0] > 0:
        yield f"{factors[0]:.4g} times what it should be"


def _of_labels(got: tuple, want: tuple) -> str:
    """Which answers of few are confused, never given, or the only one."""
    if len(set(want)) < 2:
        return ""
    if len(set(got)) == 1:
        return f"Your answer is {_quoted(got[0])} on every input."
    confused = dict.fromkeys((a, b) for a, b in zip(got, want, strict=True) if a != b)  # in the order of the inputs
    right = {b for a, b in zip(got, want, strict=True) if a == b}
    for a, b in confused:
        if (b, a) in confused and len(confused) == 2 and not {a, b} & right:
            return f"You exchanged {_quoted(b)} and {_quoted(a)}: each is your answer where it should be the other."
    if missing := sorted({_quoted(b) for b in want if b not in got}):
        return f"On none of the {len(want)} inputs is your answer {' or '.join(missing)}."
    if len(confused) == 1 and sum(a != b for a, b in zip(got, want, strict=True)) > 1:
        ((a, b),) = confused
        return f"All that is wrong is that you answer {_quoted(a)} in some cases of {_quoted(b)}."
    return ""


def _of_lists(got: tuple, want: tuple) -> str:
    """Which entries are missing or too many in lists of words."""
    if not all(isinstance(entry, str) for entries in (*got, *want) for entry in entries):
        return ""
    if all(sorted(a) == sorted(b) for a, b in zip(got, want, strict=True)):
        return "Your lists hold the right entries in another order."
    pairs = list(zip(got, want, strict=True))
    if all(set(a) <= set(b) and len(a) < 2 for a, b in pairs) and any(len(b) > 1 and a for a, b in pairs):
        return "You never give more than one entry, where several are right."
    words = sorted({entry for entries in (*got, *want) for entry in entries})
    wrong = {}
    for word in words:
        too_much = any(word in a and word not in b for a, b in pairs)
        missing = any(word not in a and word in b for a, b in pairs)
        never = missing and not any(word in a for a in got)
        if too_much or missing:
            how = "never there" if never else "there too rarely" if not too_much else "there too often"
            wrong[word] = f"{_quoted(word)} is {'there at the wrong times' if too_much and missing else how}"
    if not 0 < len(wrong) < min(3, len(words)):
        return ""
    without = [[[word for word in entries if word not in wrong] for entries in pair] for pair in pairs]
    rest = "The rest is right." if all(a == b for a, b in without) else ""
    return f"In your lists {' and '.join(wrong.values())}. {rest}".strip()


def _of_masks(got: Tensor, want: Tensor) -> str:
    if len(want.unique()) < 2 or len(want) < 4:
        return ""
    if torch.equal(got, ~want):
        return "True and False are exchanged throughout."
    if len(got.unique()) < 2:
        return f"Every answer of yours is {got[0].item()}."
    if not (want & ~got).any():
        return "You found every True, and some more: is a condition missing, or too weak?"
    if not (got & ~want).any():
        cause = "is something left out, too strict, or overwritten later?"
        return f"Every True of yours is right, but you miss some: {cause}"
    return ""


def _sizes(cases: list[Case], function: Callable) -> dict[str, list[float]]:
    """What a mean may have been taken of: for each size that all cases have, its name and its value on each."""
    found: dict[str, list[float]] = {}
    for case in cases:
        for name, value in named(function, case.args, case.kwargs).items():
            if isinstance(value, int) and not isinstance(value, bool):
                found.setdefault(f"`{name}`", []).append(value)
            elif isinstance(value, Tensor) and value.ndim:
                for axis, size in enumerate(value.shape):
                    found.setdefault(f"the length of axis {axis} of `{name}`", []).append(size)
                found.setdefault(f"the number of entries in `{name}`", []).append(value.numel())
                found.setdefault(f"the number of entries in `{name}[0]`", []).append(value[0].numel())
            elif isinstance(value, (list, tuple)):
                found.setdefault(f"the length of `{name}`", []).append(len(value))
    return {name: sizes for name, sizes in found.items() if len(sizes) == len(cases) and min(sizes) > 0}


def _holds(got: Any, want: Any, change: Callable[[float], float]) -> bool:
    """Whether the change explains all numbers, and changes any."""
    try:
        changed = [change(x) for x in want]
    except (ValueError, ZeroDivisionError, OverflowError):
        return False
    return _all_same(got, changed) and not _all_same(changed, want)


def _all_same(xs: Any, ys: Any) -> bool:
    """Whether two columns are the same, as far as rounding lets one tell."""
    return all(map(_same, xs, ys))


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        return x.shape == y.shape and x.dtype == y.dtype and torch.allclose(x, y, rtol=1e-3, atol=1e-5)
    if _are((int, float), [x], [y]):
        return math.isclose(x, y, rel_tol=1e-4, abs_tol=1e-6)
    return type(x) is type(y) and not isinstance(x, Tensor) and bool(x == y)


def _are(kinds: type | tuple[type, ...], *columns: Any) -> bool:
    """Whether all entries are of these kinds; a bool is a number only to Python."""
    found = {type(x) for column in columns for x in column}
    return all(issubclass(kind, kinds) and (kind is not bool or kinds == (str, bool)) for kind in found)


def _quoted(label: Any) -> str:
    return f'"{label}"' if isinstance(label, str) else str(label)
