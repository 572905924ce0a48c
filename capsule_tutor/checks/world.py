"""The world around a check: what a notebook has changed in it, and what an answer must not leave changed."""

import builtins
import contextlib
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import _tensor_str


@contextlib.contextmanager
def usual() -> Iterator[list[str]]:
    """Torch as it is when it is first imported, whatever the notebook has done to it. Yields sentences about that.

    What the notebook has set for good is set back for good, so that the lesson can go on; what surrounds the check,
    as `with torch.inference_mode():`, does so again at its end.
    """
    changed = [f"{name} had been replaced by something else" for name in restore()]
    if torch.get_default_dtype() != torch.float32:
        changed.append(f"the default dtype was {_bare(torch.get_default_dtype())}")
        torch.set_default_dtype(torch.float32)
    if torch.get_default_device().type != "cpu":
        changed.append(f"the default device was {torch.get_default_device()}")
        torch.set_default_device(None)
    if not torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
        changed.append("gradients were switched off")
        torch.set_grad_enabled(True)
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False):
        yield changed


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Afterwards everything is as it was, as far as the same process can see to that."""
    before = [(put_back, get()) for get, put_back in _STATES]
    try:
        yield
    finally:
        for put_back, value in before:
            put_back(value)


def _set_device(device: torch.device) -> None:
    if device != torch.get_default_device():  # once set, it slows every torch function down
        torch.set_default_device(None if device.type == "cpu" else device)


def _set_environment(names: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(names)


def _set_filters(filters: list) -> None:
    warnings.filters[:] = filters
    warnings._filters_mutated()


def _set_list(of: list) -> Callable[[list], None]:
    return lambda values: of.__setitem__(slice(None), values)


_STATES: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
    (lambda: dict(vars(builtins)), vars(builtins).update),
    (os.getcwd, os.chdir),
    (lambda: dict(os.environ), _set_environment),
    (lambda: list(sys.path), _set_list(sys.path)),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (lambda: list(warnings.filters), _set_filters),
    (random.getstate, random.setstate),
    (np.random.get_state, np.random.set_state),
    (torch.get_rng_state, torch.set_rng_state),
    (np.get_printoptions, lambda options: np.set_printoptions(**options)),
    (lambda: dict(vars(_tensor_str.PRINT_OPTS)), lambda options: vars(_tensor_str.PRINT_OPTS).update(options)),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, _set_device),
    (torch.get_num_threads, torch.set_num_threads),
]


def _functions() -> dict[tuple[object, str], object]:
    """Those that an answer most likely uses, or replaces by mistake."""
    found = {(builtins, name): value for name, value in vars(builtins).items() if isinstance(value, type(len))}
    for name in ("input", "print", "open", "breakpoint"):  # a kernel or a tool puts its own there
        found.pop((builtins, name), None)
    for place in (torch, torch.nn.functional, torch.linalg, torch.Tensor):
        for name, value in vars(place).items():
            if callable(value) and not isinstance(value, type):
                found[place, name] = value
    return {(place, name): value for (place, name), value in found.items() if not name.startswith("__")}


_FUNCTIONS = _functions()


def restore() -> list[str]:
    """Put back every function that is not the one of the first import, and return the names."""
    replaced = []
    for (place, name), original in _FUNCTIONS.items():
        now = vars(place).get(name)
        if now is original:
            continue
        if _by_torch_itself(now, name):
            _FUNCTIONS[place, name] = now
        else:
            setattr(place, name, original)
            replaced.append(f"{'torch.Tensor' if place is torch.Tensor else place.__name__}.{name}")
    return replaced


def _by_torch_itself(function: object, name: str) -> bool:
    """Torch wraps some functions of its own, such as manual_seed, when its compiler is first imported."""
    module = getattr(function, "__module__", None) or ""
    return module.split(".")[0] == "torch" and getattr(function, "__name__", "") == name


def _bare(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
