"""Two mistakes at once: two known ones whose effects add up or multiply, or a known one and a relation.

One sentence for each is said only if the two together explain every number on every input.
"""

import itertools

import torch
from torch import Tensor

from capsule_tutor.checks import relations, wording
from capsule_tutor.checks.observing import Observation


def of_two(
    seen: list[Observation], right: list[Observation], known: list[tuple[str, list[Observation]]], axes: tuple[str, ...]
) -> str:
    """The sentences for two mistakes that together give what was seen; "" if there are no two that do.

    known   (sentence, what the mistake alone shows) for each
    """
    got, want = _numbers(seen, right), _numbers(right, right)
    if got is None or want is None or not torch.isfinite(got).all() or _same(got, want):
        return ""
    where = _where(right)
    if _relation(got, want, where) or _related(seen, right, axes):
        return ""  # one is enough
    known = [(says, shown) for says, shown in known if not all(map(_gives_an_input, shown))]
    alone = [(says, numbers) for says, shown in known if (numbers := _alone(shown, right, want)) is not None]
    pairs = [
        f"There are two mistakes. {says} And: {other}"
        for (says, a), (other, b) in itertools.combinations(alone, 2)
        if _multiplies(got, want, a, b, where) or _adds(got, want, a, b, where)
    ]
    if len(pairs) == 1:  # of two pairs that explain it one is chance
        return pairs[0]
    for says, a in alone:
        if torch.allclose(got, a, rtol=1e-4, atol=1e-6):
            return says  # one is enough: only its gradient or its kind is another
        if said := _relation(got, a, where) or _related(seen, dict(known)[says], axes):
            return wording.ended(f"There are two mistakes. {says} And besides, {said}")
    return ""


def _where(right: list[Observation]) -> Tensor:
    """For each number, which result of its case it belongs to, and which case. → (2, numbers)"""
    found = [
        (place, n)
        for n, o in enumerate(right)
        for place, x in enumerate(o.tensors)
        for _ in range(torch.as_tensor(x).numel())
    ]
    return torch.tensor(found).T


def _gives_an_input(shown: Observation) -> bool:
    """Whether the result is an input as it came: that is nothing done, and not one of two mistakes."""
    result, given = shown.tensors[0] if shown.tensors else None, (*shown.case.args, *shown.case.kwargs.values())
    return isinstance(result, Tensor) and any(
        isinstance(x, Tensor) and x.dtype == result.dtype and torch.equal(x, result) for x in given
    )


def _alone(shown: list[Observation], right: list[Observation], want: Tensor) -> Tensor | None:
    """The numbers of a known mistake that can be one of two; None if it has none, or only right ones."""
    numbers = _numbers(shown, right)
    return None if numbers is None or not torch.isfinite(numbers).all() or _same(numbers, want) else numbers


def _numbers(observations: list[Observation], right: list[Observation]) -> Tensor | None:
    """All numbers of all cases in a row; None where there is anything else, or in another shape than the right ones."""
    parts = []
    for observation, wanted in zip(observations, right, strict=True):
        if observation.error or observation.changed or len(observation.tensors) != len(wanted.tensors):
            return None
        for part, example in zip(observation.tensors, wanted.tensors, strict=True):
            if isinstance(part, bool) or not isinstance(part, (int, float, Tensor)):
                return None
            if getattr(part, "shape", ()) != getattr(example, "shape", ()):
                return None
            if isinstance(part, Tensor) and not part.is_floating_point():
                return None
            parts.append(torch.as_tensor(part, dtype=torch.float64).detach().flatten())
    return torch.cat(parts)


def _adds(got: Tensor, want: Tensor, a: Tensor, b: Tensor, where: Tensor) -> bool:
    """Whether the effects add up: on the same numbers, or each on results of its own, never as patchwork."""
    if (
        not _same_in_each(got, a + b - want, where)
        or not any(map(_many, (a - want, b - want)))
        or not _apart(got, want, a, b)
    ):
        return False
    one, other = (~torch.isclose(x, want, rtol=1e-4, atol=1e-6) for x in (a, b))
    return int((one & other).sum()) >= 3 or not set(where[0, one].tolist()) & set(where[0, other].tolist())


def _multiplies(got: Tensor, want: Tensor, a: Tensor, b: Tensor, where: Tensor) -> bool:
    some = want.abs() > 1e-6
    if (
        int(some.sum()) < 3
        or not _same_in_each(got * want, a * b, where)
        or not all(_same(x[~some], want[~some]) for x in (got, a, b))
    ):
        return False
    effects = a[some] / want[some], b[some] / want[some]
    return any(map(_many, effects)) and _apart(got, want, a, b)


def _apart(got: Tensor, want: Tensor, a: Tensor, b: Tensor) -> bool:
    """Whether the two together are neither of them nor nothing, and are not the same mistake in two dresses."""
    return not any(_same(x, y) for x, y in ((got, want), (got, a), (got, b), (a, b)))


def _many(effect: Tensor) -> bool:
    """Whether an effect has several sizes: those do not agree by chance."""
    effect = effect[effect.abs() > 1e-4 * effect.abs().max()]
    return len(effect) > 0 and len(torch.unique((effect / effect.abs().max() * 1e3).round())) > 2


def _relation(got: Tensor, a: Tensor, where: Tensor) -> str:
    """A factor or a sign between what was seen and what a known mistake shows, the same for all numbers."""
    large = a.abs() > 1e-3 * a.abs().max()
    if not _many(a) or len(a) < 4 or not large.any():
        return ""
    k = (got[large] / a[large]).median().item()
    if abs(k - 1) < 1e-3 or abs(k) < 1e-6 or not _same_in_each(got, k * a, where):
        return ""
    return "every number has the wrong sign" if abs(k + 1) < 1e-4 else f"every number is multiplied by {k:.4g}"


# Where a part alone agrees, or where one result has a property of its own, nothing relates it to the other. And of two
# powers of one number, one is always a root or a square of the other.
_NO_RELATION = ("right only where", "are the same for every", "of yours is 0", "the root of", "the square of")


def _related(seen: list[Observation], shown: list[Observation], axes: tuple[str, ...]) -> str:
    """A relation of the results of all cases to what a known mistake, or a right answer, shows: the same on each."""
    said = ""
    for a, b in zip(seen, shown, strict=True):
        if len(b.tensors) != 1 or not isinstance(b.tensors[0], Tensor) or b.tensors[0].ndim == 0:
            return ""
        if not a.tensors[0].any() and not b.tensors[0].any():
            continue  # of zeros nothing can be told
        found = relations.of_values(a.tensors[0], b.tensors[0], axes[0] if axes else "")
        if not found or (said and found != said) or any(part in found for part in _NO_RELATION):
            return ""
        said = found
    return said


def _same_in_each(x: Tensor, y: Tensor, where: Tensor) -> bool:
    """Whether two are the same on each result of each case, and not only beside the largest number of all."""
    place, case = where
    return all(_same_result(x[place == n], y[place == n], case[place == n]) for n in place.unique())


def _same_result(x: Tensor, y: Tensor, case: Tensor) -> bool:
    if torch.equal(y, y.round()):
        return torch.equal(x, y)  # counts are exact
    least = min(1e-6, 1e-5 * max(1e-3, y.abs().max().item()))  # what rounding leaves of a 0
    parts = [(x[case == k], y[case == k]) for k in case.unique()]
    return all(torch.allclose(a, b, rtol=1e-4, atol=max(least, 1e-5 * b.abs().max().item())) for a, b in parts)


def _same(x: Tensor, y: Tensor) -> bool:
    if not len(y):
        return True
    if torch.equal(y, y.round()):
        return torch.equal(x, y)  # counts are exact
    return torch.allclose(x, y, rtol=1e-4, atol=1e-5 * max(1e-3, y.abs().max().item()))
