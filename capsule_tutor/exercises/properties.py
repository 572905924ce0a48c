"""Invariants of more than one exercise: (case, value) → a sentence where the value breaks it, otherwise None."""

from typing import Any

from torch import Tensor

from capsule_tutor.checks.cases import Case


def shorter_than_one(item: Case, value: Any) -> str | None:
    """No squashed vector is longer than 1; of several results, the first holds the vectors."""
    vectors = value[0] if isinstance(value, tuple) else value
    longest = vectors.double().norm(dim=item.kwargs.get("dim", -1)).max().item()
    return f"the longest vector has length {longest:.4g}; squash never exceeds 1." if longest > 1.0001 else None


def one_capsule_kept(item: Case, value: Tensor) -> str | None:
    """Of the capsules of an image, all but one are zero."""
    kept = value.reshape(item.args[0].shape).ne(0).any(dim=2).sum(dim=1).max().item()
    return f"{kept} capsules of one image are not zero; only one may be." if kept > 1 else None


def whole_number(item: Case, value: Any) -> str | None:
    """A count is an int."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    asked = "Is there a / where // belongs, or a number with a decimal point?"
    return None if whole else f"the result is {value!r}; a count is an int. {asked}"
