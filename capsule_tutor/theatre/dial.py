"""The squash dial: turn a vector, and see what each squash makes of it."""

from collections.abc import Callable

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.theatre import page

MOST = 3  # the longest s


def squash_dial(first: Callable = functional.squash, second: Callable = functional.exponential_squash) -> object:
    """A vector s in the plane, and two squashes of it. Returns a widget: put it last in a cell.

    Each is a function of vectors (…, 2): your own is shown as it is, mistakes included.
    """
    functions = titles(first, second)
    return page.widget("dial", lambda question: answer(question, functions), "[theatre: the squash dial, live]")


def answer(question: dict, functions: dict[str, Callable]) -> dict:
    """What the dial shows. question: {"what": "programme"} or {"what": "squash", "s": [x, y]}"""
    if question["what"] == "programme":
        lengths = torch.linspace(0, MOST, 101)
        along = torch.stack([lengths, torch.zeros_like(lengths)], dim=1)  # (n, 2)
        curves = [squashed(function, along)[0].norm(dim=1) for function in functions.values()]
        return {"most": MOST, "names": list(functions), "curves": curves}
    s = torch.tensor(question["s"])
    made = [squashed(function, s) for function in functions.values()]
    problems = [f"{name} {why}" for name, (_, why) in zip(functions, made, strict=True) if why]
    return {"s": s, "squashed": [v for v, _ in made], "problems": problems}


def squashed(function: Callable, s: Tensor) -> tuple[Tensor, str]:
    """(v, "") or, where the function fails, (NaNs, what it did). s (…, 2)"""
    try:
        with torch.no_grad():
            v = function(s.clone())
    except Exception as error:  # a learner's function may do anything
        return torch.full_like(s, torch.nan), f"raised {type(error).__name__}: {error}."
    if not isinstance(v, Tensor) or v.shape != s.shape:
        return torch.full_like(s, torch.nan), "returned no tensor of the shape of s."
    if not torch.isfinite(v).all():
        return v, "returned numbers that are not finite."
    return v.float(), ""


def titles(first: Callable, second: Callable) -> dict[str, Callable]:
    """What each of the two is called, in a legend."""
    known = {"squash": "squash (Sabour 2017)", "exponential_squash": "exponential squash (Xi 2017)"}
    names = [getattr(function, "__name__", "a squash") for function in (first, second)]
    one, other = (known.get(name, name) for name in names)
    return {one: first, other if other != one else f"{other}, second": second}
