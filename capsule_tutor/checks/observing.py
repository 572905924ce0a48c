"""Observing one run of a function on one case: its value, its gradients, its exception, the inputs that it changed.

The learner's answer, the reference, the oracle and every mutant are observed in the same way.
"""

import dis
import inspect
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import guard, wire
from capsule_tutor.checks.cases import Case

_OURS = str(Path(__file__).parents[1])


@dataclass(frozen=True)
class Raised:
    """An exception, told in plain text: its own code should not run where it is judged."""

    name: str
    text: str
    line: str = ""  # the learner's, not one of torch or of ours
    unfilled: bool = False  # the stub as it was: `raise NotImplementedError`, or a `...` that is still there


@dataclass
class Observation:
    """One run of a function on one case."""

    case: Case
    value: Any = None
    error: Raised | None = None
    gradients: tuple[Tensor | None, ...] | None = None  # per float input; None where the function has none
    changed: str | None = None  # the name of an input that was changed in place
    left: str | None = None  # what of autograd was left behind where nobody wanted a gradient, as the end of "it …"

    @property
    def tensors(self) -> tuple:
        """The value as a tuple, also where the function returns one thing."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


def observe(function: Callable, item: Case, gradient: bool = True, stop_button: bool = True) -> Observation:
    """Run `function` once on fresh copies of a case's inputs. Catches everything but the end of its time.

    What it gave is looked at here and then told in plain values, because it, too, may run code of the learner's.
    `stop_button` tells whether a KeyboardInterrupt can come from a person, and is to be heard.
    """
    leaves = (_map(_leaf, item.args), _map(_leaf, item.kwargs)) if gradient else (item.args, item.kwargs)
    # Copies, not the leaves: an in-place change is then seen by us instead of refused by autograd.
    args, kwargs = _map(_copy, leaves[0]), _map(_copy, leaves[1])
    seen = Observation(item)
    try:
        value = function(*args, **kwargs)
        inputs = _float_tensors(*leaves)
        outputs = tuple(map(_of_no_subclass, _parts(value)))
        seen.gradients = _gradients(outputs, inputs) if gradient else (None,) * len(inputs)
        seen.value = wire.plain(value)
        seen.changed = _changed(function, args, kwargs, item)
        seen.left = None if gradient else _left(function, args, kwargs, outputs)
    except BaseException as error:
        if isinstance(error, guard.Stopped) or (isinstance(error, KeyboardInterrupt) and stop_button):
            raise
        seen.error = raised(error)
    return seen


def expect(oracle: Callable, reference: Callable, item: Case, gradient: bool = True) -> Observation:
    """What a right answer shows: the oracle's values and gradients in float64, in the dtypes of the reference."""
    exact = observe(oracle, Case(item.says, _map(_double, item.args), _map(_double, item.kwargs)), gradient)
    if exact.error is not None:
        raise RuntimeError(f"the oracle raised {exact.error} on {item}")
    right = observe(reference, item, gradient)
    values = tuple(map(_like, exact.tensors, right.tensors))
    gradients = tuple(map(_like, exact.gradients, _float_tensors(item.args, item.kwargs)))
    value = values if isinstance(right.value, tuple) else values[0]
    return Observation(item, value, None, gradients, left=right.left)


def told(seen: Observation) -> dict:
    """An observation as plain values, to be sent from where a learner's function runs to where it is judged."""
    error = seen.error and (seen.error.name, seen.error.text, seen.error.line, seen.error.unfilled)
    parts = {"value": seen.value, "gradients": seen.gradients, "changed": seen.changed, "left": seen.left}
    return {**parts, "error": error}


def heard(item: Case, said: Any) -> Observation:
    """The observation that was told. Raises WireError if it is none."""
    try:
        error = said["error"] and Raised(*said["error"])
        seen = Observation(item, said["value"], error, said["gradients"], said["changed"], said["left"])
        texts = [seen.changed or "", seen.left or "", *((error.name, error.text, error.line) if error else ())]
        plain = all(gradient is None or isinstance(gradient, Tensor) for gradient in seen.gradients or ())
    except (TypeError, KeyError) as problem:
        raise wire.WireError(f"no observation ({type(problem).__name__})") from None
    if not plain or not all(isinstance(text, str) for text in texts):
        raise wire.WireError("an observation of other kinds")
    return seen


def unfilled(seen: Observation) -> bool:
    """Whether the function is the stub as it was."""
    if seen.error is not None:
        return seen.error.unfilled
    return any(part is ... for part in _parts(seen.value))


def raised(error: BaseException) -> Raised:
    try:
        text = " ".join(str(error).split())[:300]
    except guard.Stopped:
        raise
    except BaseException:
        text = "an exception that cannot be read"
    stub = isinstance(error, NotImplementedError) and _raised_by_statement(error)
    stub = stub or (isinstance(error, TypeError | AttributeError) and "ellipsis" in text)
    return Raised(type(error).__name__, text, _line_of(error), stub)


def _raised_by_statement(error: BaseException) -> bool:
    """By a `raise` in Python code. Torch, too, raises NotImplementedError, where an operation lacks a dtype."""
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    return dis.opname[place.tb_frame.f_code.co_code[place.tb_lasti]] == "RAISE_VARARGS"


def _line_of(error: BaseException) -> str:
    """The learner's own line that raised it; and if that was inside a function of ours, also the line there."""
    found, inside, place = "", "", error.__traceback__
    while place:
        filename = place.tb_frame.f_code.co_filename
        if filename.startswith(_OURS):
            inside = linecache.getline(filename, place.tb_lineno).strip()
        elif "site-packages" not in filename:
            found, inside = linecache.getline(filename, place.tb_lineno).strip(), ""
        place = place.tb_next
    told = found and inside and not inside.startswith("raise ")  # whose text the message already is
    return f"{found}`, inside what it calls, at `{inside}" if told else found


def float_inputs(function: Callable, item: Case) -> list[str]:
    """The names of the inputs that a gradient can flow back to."""
    return [name for name, value in named(function, item.args, item.kwargs).items() if _is_float(value)]


def _parts(value: Any) -> tuple:
    return tuple(value) if issubclass(type(value), tuple | list) else (value,)


def _gradients(outputs: tuple, inputs: list[Tensor]) -> tuple[Tensor | None, ...]:
    """Of Σ (output · fixed weights), so that no gradient cancels by chance."""
    outputs = [o for o in outputs if _is_float(o) and o.requires_grad and o.numel()]
    if not outputs or not inputs:
        return (None,) * len(inputs)
    total = sum((o * _weights(o)).sum() for o in outputs)
    return torch.autograd.grad(total, inputs, allow_unused=True)


def _of_no_subclass(value: Any) -> Any:
    """A tensor of torch's own class: a subclass may say anything of itself."""
    if type(value) is Tensor or not issubclass(type(value), Tensor):
        return value
    with torch._C.DisableTorchFunctionSubclass():
        return Tensor.as_subclass(value, Tensor)


def _weights(output: Tensor) -> Tensor:
    return torch.cos(torch.arange(output.numel(), dtype=output.dtype, device=output.device)).view(output.shape)


def _changed(function: Callable, args: tuple, kwargs: dict, item: Case) -> str | None:
    """The name of the first tensor that is no longer what the case holds."""
    now, before = named(function, args, kwargs), named(function, item.args, item.kwargs)
    return next((name for name, value in now.items() if _is_other(value, before[name])), None)


def _is_other(now: Any, before: Any) -> bool:
    """Whether a tensor has other numbers, or a tuple or a list other entries."""
    if isinstance(now, Tensor) and isinstance(before, Tensor):
        return now.dtype != before.dtype or not torch.equal(now.detach().nan_to_num(), before.detach().nan_to_num())
    if type(now) is not type(before):
        return True
    if type(now) in (tuple, list):
        return len(now) != len(before) or any(map(_is_other, now, before))
    return isinstance(now, (int, float, str)) and now == now and now != before


def _left(function: Callable, args: tuple, kwargs: dict, outputs: tuple) -> str | None:
    """What is left of autograd on inputs that required no gradient, and on the result. The next call would meet it."""
    for name, value in named(function, args, kwargs).items():
        if isinstance(value, Tensor) and (value.requires_grad or (value.is_leaf and value.grad is not None)):
            return (
                f"left `requires_grad` or a `.grad` on its input `{name}`, and the next call would add its gradient to "
                f"that one. Work on a copy: `{name}.detach().clone().requires_grad_()`."
            )
    if any(_is_float(part) and part.requires_grad for part in outputs):
        return (
            "returned a result that still carries the graph it was computed by, which grows with every use: "
            "`.detach()` it, or compute it under `torch.no_grad()`."
        )
    return None


def named(function: Callable, args: tuple, kwargs: dict) -> dict[str, Any]:
    return {**dict(zip(_parameters(function), args, strict=False)), **kwargs}


def _parameters(function: Callable) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except Exception:  # a builtin such as torch.softmax has no signature to read
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
    if type(value) in (tuple, list):
        return type(value)(map(_copy, value))
    if type(value) is dict:
        return {name: _copy(part) for name, part in value.items()}
    return value.clone() if isinstance(value, Tensor) else value


def _double(value: Any) -> Any:
    return value.double() if _is_float(value) else value


def _like(value: Any, example: Any) -> Any:
    return value.to(example.dtype) if isinstance(value, Tensor) and isinstance(example, Tensor) else value
