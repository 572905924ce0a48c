"""Relations: what a wrong value has to do with the right one. Every sentence is true of the inputs it was seen on.

"Every number is 0.2 times what it should be" says more than 180 entries that differ, and it holds whatever function
the value came from. So does "right if `weight` is squared first". A relation must hold for all the numbers of a value,
one of inputs for all the cases; the first that does is said.
"""

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import wording
from capsule_tutor.checks.cases import Case


def of_values(got: Any, want: Any, axes: str, inputs: tuple = ()) -> str:
    """How a wrong value is related to the right one of the same shape, without a dot at the end; "" if it is not."""
    if not isinstance(want, Tensor) or want.ndim == 0:
        return ""  # one number has too many relations to another; `overall` looks at those of all inputs
    if want.dtype == torch.bool and want.numel() > 1 and (got == got.flatten()[0]).all():
        return f"every answer of yours is {got.flatten()[0].item()}"
    if not want.is_floating_point() or want.numel() < 2 or not want.any():
        return ""  # class numbers that differ by 1 each are no relation
    if not got.any():
        return "every number of yours is 0"
    letters = wording.letters(axes, want.ndim) or [f"axis {n}" for n in range(want.ndim)]
    return next(_found(got.double(), want.double(), letters, _sizes(want, *inputs)), "")


def of_shapes(got: tuple[int, ...], want: tuple[int, ...], axes: str) -> str:
    """What happened to the axes of a wrong shape; "" if that cannot be told."""
    letters = wording.letters(axes, len(want)) or [str(n) for n in range(len(want))]
    named = dict(zip(want, letters, strict=True))
    if sorted(got) == sorted(want) and len(named) == len(want):
        order = ", ".join(named[n] for n in got)
        return f"the axes are in another order, {f'({order})' if letters[0].isidentifier() else f'axes {order}'}"
    if ways := _left_over(want, got):
        missing = ways[0]
        if all(want[n] == 1 for n in missing):
            return "an axis of size 1 is gone: is there a squeeze() that does not say which axis?"
        several, of = len(missing) > 1, " and ".join(letters[n] for n in missing)
        are = f"axes {of} are" if several else f"axis {of} is"
        if len(ways) > 1:  # equal sizes do not tell which
            are = f"{len(missing)} axes are" if several else "an axis is"
        return f"{are} gone: is there a sum, a mean, an any() without a dim or an index too many?"
    if ways := _left_over(got, want):
        extra = ways[0]
        if all(got[n] == 1 for n in extra):
            return "there is an axis of size 1 too many: is there a keepdim=True, or a slice where an index belongs?"
        sizes = " and one of ".join(str(got[n]) for n in extra)
        return f"there is an axis of size {sizes} too many: is a sum, a mean, a max(), an any() or an index missing?"
    if len(got) < len(want) and torch.Size(got).numel() == torch.Size(want).numel():
        return "the numbers are all there, but some axes are merged into one"
    if torch.Size(got).numel() == torch.Size(want).numel():
        how = "some axes should be merged into one" if len(got) > len(want) else "they are cut in another way"
        return f"the numbers are all there, but {how}"
    other = [n for n, (a, b) in enumerate(zip(got, want, strict=False)) if a != b]
    if len(got) == len(want) and len(other) == 1 and got[other[0]] and want[other[0]] % got[other[0]] == 0:
        times = want[other[0]] // got[other[0]]
        where = letters[other[0]] if letters[0].isidentifier() else f"axis {letters[other[0]]}"
        lost = "is something added up, averaged or left out?"
        return f"there is one along {where} for every {times} that are wanted: {lost}"
    return ""


def of_inputs(cases: list[Case], function: Callable, explains: Callable[[list[Case]], bool], exact: bool) -> str:
    """The change of the inputs of a right function with which it gives the wrong values; "" if there is none.

    explains   whether it gives what was seen, if it is called with other inputs: cases → yes or no
    exact      whether the values are floats; few others agree by chance with what many a change gives
    """
    defaults = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}
    for said, others, nearly in _changed(cases, defaults, exact):
        if all(others) and explains(others) and not (nearly and all(nearly) and explains(nearly)):
            return said
    return ""


def _changed(
    cases: list[Case], defaults: dict[str, Any], exact: bool
) -> Iterator[tuple[str, list[Case | None], list[Case | None]]]:
    """(what is said if this explains the answer, the cases with a change, and with another one) for every change.

    The other one is a factor that is a fifth larger. If that explains the answer, too, no factor does, as where a large
    number is compared with a threshold.
    """
    for name, default in defaults.items():
        for value in _values(cases, defaults, name):
            others = [_with(case, defaults, name, lambda _, value=value: value) for case in cases]
            if value is None:
                yield f"Your answer is right without `{name}`, and takes no notice of it where it is given.", others, []
            else:
                shown = f"{value:g}" if isinstance(value, float) else value
                what = "its default, " * (value == default) + f"{shown}"
                yield (
                    f"Your answer is right if `{name}` is always {what}. Use the `{name}` that is handed in.",
                    others,
                    [],
                )
    for one, other in itertools.combinations(defaults, 2):
        others = [_exchanged(case, defaults, one, other) for case in cases]
        yield f"Your answer is right if `{one}` and `{other}` are exchanged.", others, []
    together = [name for name in defaults if all(_is_float(_given(case, defaults)[name]) for case in cases)]
    for names in [[name] for name in defaults] + [together] * (len(together) > 1):
        for changed, change in _OF_TENSORS if exact else _OF_TENSORS[-2:]:
            what = " and ".join(f"`{name}`" for name in names) + (" were " if len(names) > 1 else " was ") + changed
            how = f"What you return would be right if {what} first. Which line does that, or which should undo it?"
            others, nearly = list(cases), list(cases) if changed in _FACTORS else []
            larger = lambda x, change=change: 1.2 * change(x)  # noqa: E731
            for name in names:
                others = [case and _with(case, defaults, name, change) for case in others]
                nearly = [case and _with(case, defaults, name, larger) for case in nearly]
            yield how, others, nearly
    for name in defaults:
        for said, change in _OF_NUMBERS:
            yield said.format(name), [_with(case, defaults, name, change) for case in cases], []


def _values(cases: list[Case], defaults: dict[str, Any], name: str) -> list:
    """What a number may have been taken for in every case: its default, or one of the values that it has."""
    given = [_given(case, defaults)[name] for case in cases]
    if defaults[name] is None:
        return [None] if any(value is not None for value in given) else []
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in given):
        return []
    return [value for value in dict.fromkeys([defaults[name], *given]) if isinstance(value, (int, float))][:4]


def _given(case: Case, defaults: dict[str, Any]) -> dict[str, Any]:
    return {**defaults, **dict(zip(defaults, case.args, strict=False)), **case.kwargs}


def _exchanged(case: Case, defaults: dict[str, Any], one: str, other: str) -> Case | None:
    """The case with two inputs of one kind exchanged; None where they are not."""
    given = _given(case, defaults)
    a, b = given[one], given[other]
    kinds = [type(x) if not isinstance(x, Tensor) else (x.ndim, x.dtype) for x in (a, b)]
    if kinds[0] != kinds[1] or isinstance(a, (bool, str, type(None))) or callable(a):
        return None
    return _with(_with(case, defaults, one, lambda _: b), defaults, other, lambda _: a)


def _with(case: Case, defaults: dict[str, Any], name: str, change: Callable) -> Case | None:
    """The case with one input changed; None where this cannot be done to it."""
    given = _given(case, defaults)
    if given[name] is None:
        return case  # an input that may be missing is
    try:
        given[name] = change(given[name])
    except Exception:  # a change that is none for this kind of input
        return None
    args = tuple(given[n] for n in list(defaults)[: len(case.args)])
    kwargs = {n: given[n] for n in list(defaults)[len(case.args) :] if n in case.kwargs or n == name}
    return Case(case.says, args, kwargs, case.atol, case.gradient_atol)


def _found(got: Tensor, want: Tensor, letters: list[str], sizes: list[int]) -> Iterator[str]:
    for one_too_many, missing, change in _CHANGES:
        if _same(got, change(want)):
            yield one_too_many
        if missing and _same(want, change(got)):
            yield missing
    for n, letter in enumerate(letters):
        for name, change in _ALONG:
            if _same(got, change(want, n)):
                yield f"there is one {re.sub('^an? ', '', name)} over {letter} too many"
            if _same(want, change(got, n)):
                yield f"{name} over {letter} is missing"
    yield from _factor(got, want, sizes)
    off = (got - want).flatten()[0].item()
    if _same(got, want + off):
        yield f"every number is {abs(off):.4g} too {'large' if off > 0 else 'small'}"
    for order in itertools.permutations(range(want.ndim)):
        if order != tuple(sorted(order)) and _same(got.permute(order), want):
            yield "the numbers are right, but two axes are exchanged"
    for n, letter in enumerate(letters):
        yield from _along(got.movedim(n, 0), want.movedim(n, 0), letter)


def _factor(got: Tensor, want: Tensor, sizes: list[int]) -> Iterator[str]:
    large = want.abs() > 1e-3 * want.abs().max()
    k = (got[large] / want[large]).median().item()
    if not _same(got, k * want) or abs(k) < 1e-6:
        return
    why = ""
    for n in sizes:
        for number, text in (
            (1 / n, f": is something divided by {n}?"),
            (n, f": is something counted {n} times?"),
            (n**0.5, f", which is √{n}"),
            (n**-0.5, f", which is 1/√{n}"),
        ):
            why = why or text * (abs(k / number - 1) < 1e-3)
    yield f"every number is {k:.4g} times what it should be{why}"


def _along(got: Tensor, want: Tensor, letter: str) -> Iterator[str]:
    """Relations of the slices along an axis, which is the first one here."""
    if len(want) < 2:
        return
    if _same(got, got[:1].expand_as(got)) and not _same(want, want[:1].expand_as(want)):
        every = f"every {letter}" if letter.isidentifier() else f"every place along {letter}"
        yield f"your numbers are the same for {every}, and they should differ"
    if _same(got, want.flip(0)):
        yield f"the numbers are right, but {letter} runs backwards"
    if len(want) in (3, 4) and not _same(got, want):
        for order in itertools.permutations(range(len(want))):
            if _same(got, want[list(order)]):
                yield f"the numbers are right, but along {letter} they come in the order {', '.join(map(str, order))}"
    right = [str(n) for n, (a, b) in enumerate(zip(got, want, strict=True)) if _same(a, b)]
    if 0 < len(right) < min(3, len(want)) and letter.isidentifier() and (got[0].numel() > 1 or len(right) > 1):
        yield f"it is right only where {letter} is {' or '.join(right)}"


def _same(x: Tensor, y: Tensor) -> bool:
    return x.shape == y.shape and torch.allclose(x, y, rtol=1e-3, atol=1e-5)  # NaN is never the same


def _sizes(*values: Any) -> list[int]:
    """What a mean or a root may have been taken of: the sizes of all axes, and how many numbers an image has."""
    sizes: dict[int, None] = {}
    for value in values:
        if isinstance(value, Tensor) and value.ndim:
            sizes.update(dict.fromkeys([*value.shape, value[0].numel(), value.numel()]))
    return [n for n in sizes if n > 1]


def _left_over(longer: tuple[int, ...], shorter: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every choice of places without which `longer` has the sizes of `shorter`, in their order."""
    choices = itertools.combinations(range(len(longer)), max(0, len(longer) - len(shorter)))
    return [
        places
        for places in choices
        if places and tuple(size for n, size in enumerate(longer) if n not in places) == tuple(shorter)
    ]


def _length(x: Tensor, n: int) -> Tensor:
    return (x.square().sum(n, keepdim=True) + 1e-12).sqrt()


def _is_float(x: Any) -> bool:
    return isinstance(x, Tensor) and x.is_floating_point()


def _float(x: Any) -> Tensor:
    if not _is_float(x):
        raise TypeError("not a tensor of floats")
    return x


def _number(x: Any) -> int | float:
    if isinstance(x, bool) or not isinstance(x, (int, float)):
        raise TypeError("not a number")
    return x


def _root(x: float) -> float:
    if x < 0:
        raise TypeError("no real root")
    return x**0.5


_OF_TENSORS: tuple[tuple[str, Callable], ...] = (
    ("made positive (abs)", lambda x: _float(x).abs()),
    ("cut off at 0 (a ReLU, a clamp)", lambda x: _float(x).relu()),
    ("squared", lambda x: _float(x).square()),
    ("doubled", lambda x: 2 * _float(x)),
    ("halved", lambda x: _float(x) / 2),
    ("replaced by zeros", lambda x: torch.zeros_like(_float(x))),
    ("stretched to length 1 along its last axis", lambda x: torch.nn.functional.normalize(_float(x), dim=-1)),
    ("squashed along its last axis", lambda x: _ALONG[1][1](_float(x), -1)),
    ("put through a softmax along its last axis", lambda x: _float(x).softmax(-1)),
    ("put through a softmax along axis 1", lambda x: _float(x).softmax(1)),
    ("put through a sigmoid", lambda x: _float(x).sigmoid()),
    ("taken for radians and turned into degrees", lambda x: _float(x).rad2deg()),
    ("taken for degrees and turned into radians", lambda x: _float(x).deg2rad()),
    ("clamped to −1 … 1", lambda x: _float(x).clamp(-1, 1)),
    ("averaged over axis 0", lambda x: _float(x).mean(0, keepdim=True).expand_as(x)),
    ("replaced by copies of its entry `[0]`", lambda x: _float(x)[:1].expand_as(x)),
    ("transposed", lambda x: _float(x).transpose(-1, -2)),
    ("turned round along its last axis", lambda x: _float(x).flip(-1)),
)
_FACTORS = (
    "doubled",
    "halved",
    "taken for radians and turned into degrees",
    "taken for degrees and turned into radians",
)
_OF_NUMBERS: tuple[tuple[str, Callable], ...] = (
    (
        "You get what should come out if `{}` were twice as large: is there an extra factor of 2?",
        lambda x: 2 * _number(x),
    ),
    ("You get what should come out if `{}` were half as large: is a factor of 2 missing?", lambda x: _number(x) / 2),
    (
        "The power of `{}` in your answer is twice what it should be: is a root missing, or a square too many?",
        lambda x: _number(x) ** 2,
    ),
    (
        "The power of `{}` in your answer is half of what it should be: is a square missing, or a root too many?",
        lambda x: _root(_number(x)),
    ),
    ("You get what should come out if `{}` were larger by 1.", lambda x: _number(x) + 1),
    ("You get what should come out if `{}` were smaller by 1.", lambda x: _number(x) - 1),
)

# What is said if the change was made too often, what if it was left out ("" if that is the same), and the change.
_CHANGES: tuple[tuple[str, str, Callable], ...] = (
    ("every number has the wrong sign", "", torch.neg),
    ("every number below 0 has become 0: is there an extra ReLU or clamp?", "no number should be below 0: is a "
     "ReLU or a clamp missing?", torch.relu),
    ("every number has lost its sign: is there an extra abs()?", "no number should be below 0: is an abs() or a "
     "square missing?", torch.abs),
    ("every number is the square of what it should be", "every number is the root of what it should be", torch.square),
    ("every number has been through a sigmoid", "a sigmoid is missing", torch.sigmoid),
    ("every number has been through a tanh", "a tanh is missing", torch.tanh),
    ("every number has been through exp()", "every number is the logarithm of what it should be", torch.exp),
)  # fmt: skip
_ALONG: tuple[tuple[str, Callable], ...] = (
    ("a softmax", torch.softmax),
    ("a squash", lambda x, n: x * _length(x, n) / (1 + _length(x, n) ** 2)),
    ("an exponential squash", lambda x, n: x * (1 - (-_length(x, n)).exp()) / _length(x, n)),
    ("a division by the length", lambda x, n: x / _length(x, n)),
    ("a division by the sum", lambda x, n: x / x.sum(n, keepdim=True)),
)
