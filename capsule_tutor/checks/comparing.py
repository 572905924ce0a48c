"""Comparing observations: what was seen with what a right answer shows, and with what each mutant shows.

Pure functions of values: it does not matter where, or in which process, an observation was made.
"""

import cmath
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import relations, wording
from capsule_tutor.checks.observing import Observation

RTOL = 1e-3  # how far a right value may be off, relative to itself


def complaints(
    seen: Observation, right: Observation, axes: tuple[str, ...], properties: Iterable[Callable] = ()
) -> Iterator[tuple[str, str]]:
    """("shape" or "values", what is wrong with it), properties before values. The first is the one to be said."""
    where = f"On {seen.case},"
    for problem in _of_another_kind(seen, right, axes or ("",) * len(right.tensors)):
        yield "shape", f"{where} {problem}"
    if any(isinstance(got, Tensor) and not torch.isfinite(got).all() for got in seen.tensors):
        (got, *_) = (got for got in seen.tensors if isinstance(got, Tensor) and not torch.isfinite(got).all())
        yield "values", f"{where} there are {wording.not_finite(got)} in the result."
    if seen.changed:
        yield (
            "values",
            f"{where} it changed its input `{seen.changed}` in place. Leave it as it is, and make a new one.",
        )
    if seen.left and not right.left:
        yield "values", f"{where} it {seen.left}"
    for prop in properties:
        if sentence := prop(seen.case, seen.value):
            yield "values", f"{where} {sentence}"
    for got, want, letters in zip(seen.tensors, right.tensors, axes or ("",) * len(right.tensors), strict=True):
        if not _close(got, want, seen.case.atol):
            related = relations.of_values(got, want, letters, (*seen.case.args, *seen.case.kwargs.values()))
            said = _sentences(related, _first_difference(got, want, letters, seen.case.atol))
            yield "values", f"{where} {said}"


def _of_another_kind(seen: Observation, right: Observation, axes: tuple[str, ...]) -> Iterator[str]:
    if seen.error is not None:
        yield wording.happened(seen.error)
    if seen.value is None:
        yield "it returned None. Is the `return` missing?"
    if len(seen.tensors) != len(right.tensors):
        how = ""
        if len(right.tensors) == 1 and _values_and_places(seen.tensors):
            want = right.tensors[0]
            take = ".values" if not isinstance(want, Tensor) or want.is_floating_point() else ".values or .indices"
            how = " Along an axis, max, min, sort and topk return two tensors, the values and their places: "
            how += f"take {take}."
        yield f"it returned {wording.count(seen.value)}; expected {wording.count(right.value)}.{how}"
    for n, (got, want, letters) in enumerate(zip(seen.tensors, right.tensors, axes, strict=True)):
        of = f" of your {wording.PLACES[n]} result" if 1 < len(right.tensors) <= len(wording.PLACES) else ""
        tensors = isinstance(want, Tensor)
        if not _same_kind(got, want):
            why = ", the root of a negative number" if "complex" in wording.kind(got) else ""
            how = _made_of_list(got, right) if isinstance(got, list) and tensors else ""
            if tensors and "ndarray" in wording.kind(got):
                how = ": torch.from_numpy makes one" + ", but no gradient flows through numpy" * _has_gradient(right)
            yield f"it returned {wording.kind(got)}{why}; expected {wording.kind(want)}{how}."
        if tensors:
            if got.shape != want.shape:
                related = relations.of_shapes(tuple(got.shape), tuple(want.shape), letters)
                expected = f"the shape{of} is {tuple(got.shape)}; expected {wording.named_shape(want, letters)}"
                yield _sentences(expected, related)
            if got.dtype != want.dtype:
                yield f"the dtype{of} is {wording.dtype(got)}; expected {wording.dtype(want)}."


def _made_of_list(got: list, right: Observation) -> str:
    """How a tensor is made of what is in the list. Numbers become one without a gradient, which may be wanted."""
    inner, levels = got, 0
    while isinstance(inner, list) and inner:
        inner, levels = inner[0], levels + 1
    if isinstance(inner, Tensor):
        return ": torch.stack makes one of a list of tensors" + ", once for each level of brackets" * (levels > 1)
    if not isinstance(inner, (int, float)):
        return ""  # a list of nothing, of tuples, of arrays
    if _has_gradient(right):
        return ": stay with tensors, since plain numbers have no gradient"
    return ": torch.tensor makes one of such a list"


def _has_gradient(right: Observation) -> bool:
    return any(gradient is not None for gradient in right.gradients or ())


def _values_and_places(results: tuple) -> bool:
    """Whether two results look like what max(dim=…) returns: values, and as many whole numbers that say where."""
    if len(results) != 2 or not all(isinstance(x, Tensor) for x in results):
        return False
    values, places = results
    return values.shape == places.shape and values.is_floating_point() and places.dtype == torch.int64


def gradient_complaints(seen: Observation, right: Observation, inputs: list[str]) -> Iterator[str]:
    """What is wrong with the gradients of a right value; `inputs` names the float inputs."""
    where = f"On {seen.case}, the value is right, but"
    for name, got, want in zip(inputs, seen.gradients or (None,) * len(inputs), right.gradients, strict=True):
        if want is None:
            continue
        if got is None:
            yield f"{where} {_cut(name)}"
        elif not torch.isfinite(got).all():
            yield f"{where} its gradient with respect to `{name}` has {wording.not_finite(got)}."
        elif not _close(got, want, max(seen.case.gradient_atol, seen.case.atol)):
            difference = _first_difference(got, want, "", max(seen.case.gradient_atol, seen.case.atol))
            cause = "Is one part of it detached, or computed under no_grad?"
            yield f"{where} its gradient with respect to `{name}` is not: {difference}. {cause}"


def cut_gradient(seen: Observation, right: Observation, inputs: list[str]) -> str:
    """Which input's gradient is missing in `seen` alone; empty if none is."""
    pairs = zip(inputs, seen.gradients or (), right.gradients or (), strict=False)  # none where it raised
    return next((_cut(name) for name, got, want in pairs if got is None and want is not None), "")


def _cut(name: str) -> str:
    return (
        f"no gradient flows back to `{name}`: look for .detach(), .item(), .data, torch.no_grad() or torch.tensor(…)."
    )


def differ(seen: list[Observation], other: list[Observation], gradients: bool) -> bool:
    """Whether two functions behave differently on the same cases."""
    return len(seen) != len(other) or any(_differs(a, b, gradients) for a, b in zip(seen, other, strict=True))


def _differs(a: Observation, b: Observation, gradients: bool) -> bool:
    if a.error is not None or b.error is not None:
        return a.error is None or b.error is None or (a.error.name, a.error.text) != (b.error.name, b.error.text)
    if len(a.tensors) != len(b.tensors) or a.changed != b.changed:
        return True
    if not all(_close(x, y, a.case.atol) for x, y in zip(a.tensors, b.tensors, strict=True)):
        return True
    return gradients and not all(map(_same_gradient, a.gradients, b.gradients))


def _same_gradient(x: Tensor | None, y: Tensor | None) -> bool:
    return x is y is None or (x is not None and y is not None and _close(x, y, 1e-3))


def _close(x: Any, y: Any, atol: float) -> bool:
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        same_kind = x.shape == y.shape and x.dtype == y.dtype
        return same_kind and torch.allclose(x, y, rtol=RTOL, atol=atol, equal_nan=True)
    if _is_number(x) and _is_number(y):
        return math.isclose(x, y, rel_tol=1e-6, abs_tol=atol) or (x != x and y != y)
    if isinstance(x, (list, tuple)) and type(x) is type(y):  # which may hold tensors
        return len(x) == len(y) and all(_close(a, b, atol) for a, b in zip(x, y, strict=True))
    if isinstance(x, complex) and isinstance(y, complex):
        return cmath.isclose(x, y, rel_tol=1e-6, abs_tol=atol)
    return type(x) is type(y) and not isinstance(x, Tensor) and bool(x == y)


def _same_kind(x: Any, y: Any) -> bool:
    """Whether the two can be compared at all. A number of numpy's is one of Python's only if it says so itself."""
    tensors = isinstance(x, Tensor), isinstance(y, Tensor)
    return all(tensors) or (not any(tensors) and (type(x) is type(y) or (_is_number(x) and _is_number(y))))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _sentences(*parts: str) -> str:
    """The parts that are not empty, as sentences; the first goes on after "on this input"."""
    said = [wording.ended(part) for part in parts if part]
    return " ".join([said[0], *(part[0].upper() + part[1:] for part in said[1:])])


def _as_zero(x: Any, atol: float) -> Any:
    """What rounding has left of a 0 is a 0."""
    return 0.0 if isinstance(x, float) and abs(x) < atol / 100 else x


def _first_difference(got: Any, want: Any, axes: str, atol: float) -> str:
    if not isinstance(want, Tensor):
        return "the result is {}; expected {}".format(*wording.told_apart(got, want, 6))
    if want.ndim == 0:
        return "the result is {}; expected {}".format(*wording.told_apart(got.item(), want.item(), 6))
    wrong = ~torch.isclose(got, want, rtol=RTOL, atol=atol)
    place = tuple(wrong.nonzero()[0].tolist())
    letters = wording.letters(axes, want.ndim)
    name = ", ".join(f"{letter}={n}" for letter, n in zip(letters, place, strict=True)) if letters else f"{list(place)}"
    is_now, should_be = wording.told_apart(got[place].item(), _as_zero(want[place].item(), atol))
    count = int(wrong.sum())
    if want.numel() == 1:
        return f"the only entry is {is_now} and should be {should_be}"
    if count == 1:
        return f"1 of {want.numel()} entries differs; the one at {name} is {is_now} and should be {should_be}"
    return f"{count} of {want.numel()} entries differ; the first, at {name}, is {is_now} and should be {should_be}"
