"""Observing one run of a function on one case: its value, its gradients, its exception, the inputs that it changed.

The learner's answer, the reference, the oracle and every mutant are observed in the same way.
"""

import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import guard
from capsule_tutor.checks.cases import Case


@dataclass
class Observation:
    """One run of a function on one case."""

    case: Case
    value: Any = None
    error: BaseException | None = None
    gradients: tuple[Tensor | None, ...] | None = None  # per float input; None where the function has none
    changed: str | None = None  # the name of an input that was changed in place

    @property
    def tensors(self) -> tuple:
        """The value as a tuple, also where the function returns one thing."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


def observe(function: Callable, item: Case, gradient: bool = True) -> Observation:
    """Run `function` once on fresh copies of a case's inputs. Catches everything, the end of the thread too."""
    leaves = (_map(_leaf, item.args), _map(_leaf, item.kwargs)) if gradient else (item.args, item.kwargs)
    # Copies, not the leaves: an in-place change is then seen by us instead of refused by autograd.
    args, kwargs = _map(_copy, leaves[0]), _map(_copy, leaves[1])
    seen = Observation(item)
    try:
        seen.value = function(*args, **kwargs)
        inputs = _float_tensors(*leaves)
        seen.gradients = _gradients(seen.tensors, inputs) if gradient else (None,) * len(inputs)
    except guard.Stopped:
        raise
    except BaseException as error:
        # A learner's function runs in a thread of its own; in the main thread this is the stop button.
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise
        seen.error = error
    seen.changed = _changed(function, args, kwargs, item)
    seen.value = _map(_detached, seen.value) if isinstance(seen.value, tuple) else _detached(seen.value)
    return seen


def expect(oracle: Callable, reference: Callable, item: Case, gradient: bool = True) -> Observation:
    """What a right answer shows: the oracle's values and gradients in float64, in the dtypes of the reference."""
    exact = observe(oracle, Case(item.says, _map(_double, item.args), _map(_double, item.kwargs)), gradient)
    if exact.error is not None:
        raise exact.error
    right = observe(reference, item, gradient)
    values = tuple(map(_like, exact.tensors, right.tensors))
    gradients = tuple(map(_like, exact.gradients, _float_tensors(item.args, item.kwargs)))
    return Observation(item, values if isinstance(right.value, tuple) else values[0], None, gradients)


def float_inputs(function: Callable, item: Case) -> list[str]:
    """The names of the inputs that a gradient can flow back to."""
    named = {**dict(zip(_parameters(function), item.args, strict=False)), **item.kwargs}
    return [name for name, value in named.items() if _is_float(value)]


def _gradients(outputs: tuple, inputs: list[Tensor]) -> tuple[Tensor | None, ...]:
    """Of Σ (output · fixed weights), so that no gradient cancels by chance."""
    outputs = [o for o in outputs if _is_float(o) and o.requires_grad and o.numel()]
    if not outputs or not inputs:
        return (None,) * len(inputs)
    total = sum((o * torch.cos(torch.arange(o.numel(), dtype=o.dtype)).view_as(o)).sum() for o in outputs)
    return torch.autograd.grad(total, inputs, allow_unused=True)


def _changed(function: Callable, args: tuple, kwargs: dict, item: Case) -> str | None:
    """The name of the first tensor that is no longer what the case holds."""
    names = _parameters(function)
    now = {**dict(zip(names, args, strict=False)), **kwargs}
    before = {**dict(zip(names, item.args, strict=False)), **item.kwargs}
    for name, value in now.items():
        if isinstance(value, Tensor) and not torch.equal(value.detach().nan_to_num(), before[name].nan_to_num()):
            return name
    return None


def _parameters(function: Callable) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a builtin such as torch.softmax has no signature to read
        return [f"input {number}" for number in range(1, 10)]


def _map(function: Callable, values: Any) -> Any:
    if isinstance(values, dict):
        return {name: function(value) for name, value in values.items()}
    return tuple(function(value) for value in values)


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _float_tensors(args: tuple, kwargs: dict) -> list[Tensor]:
    return [value for value in (*args, *kwargs.values()) if _is_float(value)]


def _leaf(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    return value.detach().clone().requires_grad_(value.is_floating_point())


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def _double(value: Any) -> Any:
    return value.double() if _is_float(value) else value


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def _like(value: Any, example: Any) -> Any:
    return value.to(example.dtype) if isinstance(value, Tensor) and isinstance(example, Tensor) else value
