"""What it means to check an exercise.

An exercise runs the learner's function on a few small inputs and *observes* each run: the value, the gradient,
the exception, whether an input was changed. The right answer and every mutant (a classic wrong answer that
has a name) are observed in the same way, so that a diagnosis is a comparison of observations.
"""

import dis
import inspect
import linecache
import math
import os
import re
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import guard, progress

_OURS = str(Path(__file__).parents[1])
_GAP = re.compile(r"(?<!\[)(?<!, )\.\.\.(?![,\]])")  # the `...` of a stub, not the one of x[..., None]
TIME_LIMIT = 5.0  # seconds for all inputs of a check, unless CAPSULE_TUTOR_TIME_LIMIT says otherwise


class CheckFailed(AssertionError):
    """Raised instead of a printed line in strict mode, so that a grader sees the failure."""


@dataclass(frozen=True)
class Case:
    """One input: `says` finishes the sentence "on …". `atol` is how far a right value may be off."""

    says: str
    args: tuple
    kwargs: dict = field(default_factory=dict)
    atol: float = 1e-5

    def __str__(self) -> str:
        return self.says + "".join(f", {name}={_short(value)}" for name, value in self.kwargs.items())


def case(says: str, *args: Any, atol: float = 1e-5, **kwargs: Any) -> Case:
    """case("a batch of two", u, weight, iterations=2): the arguments go to the learner's function."""
    return Case(says, args, kwargs, atol)


def numbers(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    """Reproducible normal numbers for a case."""
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@dataclass(frozen=True)
class Mutant:
    """A classic wrong answer, and the sentence that names the misconception behind it."""

    function: Callable
    says: str

    @property
    def name(self) -> str:
        return self.function.__name__


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


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is asked, how it is checked, and what is said.

    reference      the right function, handed back to a lesson that has not solved it; its name is the exercise's
    oracle         the same as a slow loop, written independently: the source of expected values
    axes           the letters of each output, e.g. ("b j z", "b i j"); "" where they vary from case to case
    cases          small inputs whose dimensions all differ
    """

    id: str
    goal: str
    reference: Callable
    oracle: Callable
    axes: tuple[str, ...]
    cases: Callable[[], list[Case]]
    mutants: tuple[Mutant, ...]
    hints: tuple[str, str, str]
    minutes: int
    difficulty: int  # 1 to 5
    importance: int  # 1 to 5
    properties: tuple[Callable[[Case, Any], str | None], ...] = ()  # a sentence where a case breaks it
    gradient: bool = True  # False for answers that are counts: then the inputs require none, and .numpy() is free

    @property
    def name(self) -> str:
        return self.reference.__name__

    @property
    def lesson(self) -> str:
        return self.id.split("-")[0]

    def __call__(self, function: Callable) -> Callable:
        """Check the learner's function, print one line, record it; return it if right, else the reference.

        Never raises, except CheckFailed in strict mode (CAPSULE_TUTOR_STRICT=1, or under nbgrader).
        """
        status, sentence, printed = self.verdict(function)
        if printed:
            print("Your function printed:\n" + textwrap.indent(printed.rstrip("\n"), "  "))
        if status != "not attempted":
            progress.record(self.id, status)
        if status != "passed" and strict():
            raise CheckFailed(f"{self.id}: {status}. {sentence}")
        print(_line(status, f"{self.id}: {status}.", sentence))
        return function if status == "passed" else self.reference

    def hint(self, number: int = 1) -> None:
        """Print hint 1 (the direction), 2 (the key idea) or 3 (nearly the code)."""
        if number not in (1, 2, 3):
            print(f"{self.id} has hints 1, 2 and 3, not {number!r}.")
        else:
            print(filled(f"Hint {number} of 3 for {self.id}: {self.hints[number - 1]}"))

    def verdict(self, function: Callable) -> tuple[str, str, str]:
        """(status, sentence, what the function printed), for one answer."""
        if not callable(function):
            return "not yet", f"expected your function `{self.name}`, got {_kind(function)}.", ""
        try:
            observations, report = self._observe_guarded(function)
            status, sentence = self._judge(function, observations, report)
            return status, sentence, report.printed
        except Exception as error:  # a check must never end the lesson, whatever strange thing it was given
            return "not yet", f"the check could not read your answer ({_described(error)}).", ""

    def _judge(self, function: Callable, seen: list[Observation], report: guard.Report) -> tuple[str, str]:
        if report.replaced:
            return "not yet", (
                f"{report.replaced[0]} had been replaced by something else (perhaps an assignment to it?). It is "
                "back as it was: give your own function another name and run this cell again."
            )
        if any(_unattempted(o) for o in seen):
            return "not attempted", self._what_is_left(function)
        if report.timed_out:
            where = f" on {seen[-1].case}" if seen else ""
            stuck = " It is still running inside one long call: restart the kernel." if report.still_running else ""
            cause = "is there an endless loop?"
            if _imports(function):
                cause = "an endless loop? Or a slow `import`? Put that above your function, where it is not timed."
            return "not yet", f"it did not finish within {time_limit():g} s{where}: {cause}{stuck}"
        complaint = self._complaint(seen)
        if complaint is None:
            return "passed", f"{len(seen)} inputs: {self._what_was_checked()}."
        return "not yet", self.diagnosis(seen) or complaint

    def _what_is_left(self, function: Callable) -> str:
        try:
            gaps = [line.strip() for line in inspect.getsource(function).splitlines() if _GAP.search(line)]
        except (OSError, TypeError):
            gaps = []
        left = f"There is still a `...` to fill in: `{gaps[0]}`. " if gaps else ""
        return left + "The lesson goes on with the reference solution."

    def diagnosis(self, seen: list[Observation]) -> str | None:
        """The sentence of the mutant that behaves like what was seen, if there is one."""
        for compare_gradients in (True, False):
            for mutant, behaviour in self._mutant_behaviour:
                tells = compare_gradients or _differ(behaviour, self._expected, gradients=False)
                if tells and not _differ(seen, behaviour, compare_gradients):
                    return mutant.says
        return None

    def _complaint(self, seen: list[Observation]) -> str | None:
        for observation, right in zip(seen, self._expected, strict=True):
            for complaint in self._complaints(observation, right):
                return complaint
        return None

    def _complaints(self, seen: Observation, right: Observation) -> Iterator[str]:
        """Properties before values, and the first failure speaks."""
        where = f"On {seen.case}"
        if seen.error is not None:
            yield f"{where} it raised {_described(seen.error)}."
        if seen.value is None:
            yield f"{where} it returned None. Is the `return` missing?"
        if isinstance(seen.value, list) and isinstance(right.value, tuple):
            yield f"{where} it returned a list of {len(seen.value)}; return a tuple of {len(right.value)}."
        if len(seen.tensors) != len(right.tensors):
            yield f"{where} it returned {_count(seen.value)}; expected {_count(right.value)}."
        for got, want, axes in zip(seen.tensors, right.tensors, self.axes, strict=True):
            if not _same_kind(got, want):
                yield f"{where} it returned {_kind(got)}; expected {_kind(want)}."
            if isinstance(want, Tensor):
                if got.shape != want.shape:
                    yield f"{where} the shape is {tuple(got.shape)}; expected {_named_shape(want, axes)}."
                if got.dtype != want.dtype:
                    yield f"{where} the dtype is {_dtype(got)}; expected {_dtype(want)}."
                if not torch.isfinite(got).all():
                    yield f"{where} there are {_not_finite(got)} in the result."
        if seen.changed:
            yield f"{where} it changed its input `{seen.changed}` in place. Make a new tensor instead."
        for prop in self.properties:
            if sentence := prop(seen.case, seen.value):
                yield f"{where} {sentence}"
        for got, want, axes in zip(seen.tensors, right.tensors, self.axes, strict=True):
            if not _close(got, want, seen.case.atol):
                yield f"{where} {_first_difference(got, want, axes, seen.case.atol)}."
        if self.gradient:
            yield from self._gradient_complaints(seen, right, where)

    def _gradient_complaints(self, seen: Observation, right: Observation, where: str) -> Iterator[str]:
        for name, got, want in zip(self._float_inputs(right.case), seen.gradients, right.gradients, strict=True):
            if want is None:
                continue
            if got is None:
                yield (
                    f"{where} the value is right, but no gradient flows back to `{name}`: look for .detach(), "
                    ".item(), .data, torch.no_grad() or torch.tensor(…)."
                )
            elif not torch.isfinite(got).all():
                yield f"{where} the value is right, but its gradient with respect to `{name}` has {_not_finite(got)}."
            elif not _close(got, want, max(1e-3, seen.case.atol)):
                yield f"{where} the value is right, but its gradient with respect to `{name}` is not."

    @cached_property
    def _expected(self) -> list[Observation]:
        """Values and gradients of the oracle, in the dtypes of the reference."""
        observations = []
        for item in self.cases():
            doubled = Case(item.says, _map(_double, item.args), _map(_double, item.kwargs))
            exact = observe(self.oracle, doubled, self.gradient)
            if exact.error is not None:
                raise exact.error
            reference = observe(self.reference, item, self.gradient)
            values = tuple(map(_like, exact.tensors, reference.tensors))
            gradients = tuple(map(_like, exact.gradients, _float_tensors(item.args, item.kwargs)))
            value = values if isinstance(reference.value, tuple) else values[0]
            observations.append(Observation(item, value, None, gradients))
        return observations

    @cached_property
    def _mutant_behaviour(self) -> list[tuple[Mutant, list[Observation]]]:
        return [(m, [observe(m.function, item, self.gradient) for item in self.cases()]) for m in self.mutants]

    def _observe_guarded(self, function: Callable) -> tuple[list[Observation], guard.Report]:
        cases, seen = self.cases(), []
        _ = self._expected  # computed out here, with the learner's clock not yet running

        def work(over: threading.Event) -> None:
            for item in cases:
                if over.is_set():
                    return
                seen.append(Observation(item))
                seen[-1] = observe(function, item, self.gradient)
                if _unattempted(seen[-1]):
                    return

        return seen, guard.run(work, (function,), time_limit())

    def _float_inputs(self, item: Case) -> list[str]:
        named = {**dict(zip(_parameters(self.reference), item.args, strict=False)), **item.kwargs}
        return [name for name, value in named.items() if _is_float(value)]

    def _what_was_checked(self) -> str:
        tensors = isinstance(self._expected[0].tensors[0], Tensor)
        parts = ["shape, dtype" if tensors else "type", "values"]
        parts += ["invariants"] * bool(self.properties) + ["gradient"] * self.gradient
        return ", ".join(parts)


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


def _gradients(outputs: tuple, inputs: list[Tensor]) -> tuple[Tensor | None, ...]:
    """Of Σ (output · fixed weights), so that no gradient cancels by chance."""
    outputs = [o for o in outputs if _is_float(o) and o.requires_grad and o.numel()]
    if not outputs or not inputs:
        return (None,) * len(inputs)
    total = sum((o * torch.cos(torch.arange(o.numel(), dtype=o.dtype)).view_as(o)).sum() for o in outputs)
    return torch.autograd.grad(total, inputs, allow_unused=True)


def _differ(seen: list[Observation], other: list[Observation], gradients: bool) -> bool:
    return len(seen) != len(other) or any(_differs(a, b, gradients) for a, b in zip(seen, other, strict=True))


def _differs(a: Observation, b: Observation, gradients: bool) -> bool:
    if a.error is not None or b.error is not None:
        return type(a.error) is not type(b.error) or str(a.error) != str(b.error)
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
        return same_kind and torch.allclose(x, y, rtol=1e-3, atol=atol, equal_nan=True)
    if _is_number(x) and _is_number(y):
        return math.isclose(x, y, rel_tol=1e-6, abs_tol=atol) or (x != x and y != y)
    return type(x) is type(y) and not isinstance(x, Tensor) and bool(x == y)


def _same_kind(x: Any, y: Any) -> bool:
    """Whether the two can be compared at all. A number of numpy's is one of Python's only if it says so itself."""
    tensors = isinstance(x, Tensor), isinstance(y, Tensor)
    return all(tensors) or (not any(tensors) and (type(x) is type(y) or (_is_number(x) and _is_number(y))))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def strict() -> bool:
    """Whether a failure must be raised: on request, or because nbgrader is running the notebook."""
    return os.environ.get("CAPSULE_TUTOR_STRICT", "0") not in ("", "0") or "NBGRADER_EXECUTION" in os.environ


def time_limit() -> float:
    try:
        return float(os.environ.get("CAPSULE_TUTOR_TIME_LIMIT", TIME_LIMIT))
    except ValueError:
        return TIME_LIMIT


# --- inputs -----------------------------------------------------------------------------------------------


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _map(function: Callable, values: Any) -> Any:
    if isinstance(values, dict):
        return {name: function(value) for name, value in values.items()}
    return tuple(function(value) for value in values)


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


# --- sentences --------------------------------------------------------------------------------------------


def _unattempted(seen: Observation) -> bool:
    """The stub as it was: it raises NotImplementedError, or a `...` of it is still there."""
    if seen.value is ... or any(part is ... for part in seen.tensors):
        return True
    if isinstance(seen.error, NotImplementedError):
        return _raised_by_statement(seen.error)
    return isinstance(seen.error, (TypeError, AttributeError)) and "ellipsis" in str(seen.error)


def _raised_by_statement(error: BaseException) -> bool:
    """By a `raise` in Python code. Torch, too, raises NotImplementedError, where an operation lacks a dtype."""
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    return dis.opname[place.tb_frame.f_code.co_code[place.tb_lasti]] == "RAISE_VARARGS"


def _imports(function: Callable) -> bool:
    """Whether it imports something when it is called: the first import of a large library takes seconds."""
    return hasattr(function, "__code__") and any(i.opname == "IMPORT_NAME" for i in dis.get_instructions(function))


def _described(error: BaseException) -> str:
    if isinstance(error, guard.Exited):
        return "an exit: exit() would end the whole lesson, use `return`"
    text = " ".join(str(error).split())
    line = _line_of(error)
    text = textwrap.shorten(text, 200, placeholder=" …")
    return f"{type(error).__name__}: {text}" + (f" (in the line `{line}`)" if line else "")


def _line_of(error: BaseException) -> str:
    """The learner's line, not one of torch or of ours."""
    found, place = "", error.__traceback__
    while place:
        filename = place.tb_frame.f_code.co_filename
        if "site-packages" not in filename and not filename.startswith(_OURS):
            found = linecache.getline(filename, place.tb_lineno).strip()
        place = place.tb_next
    return found


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}" + (f" ({value})" if isinstance(value, (int, float)) else "")


def _short(value: Any) -> str:
    return f"{'×'.join(map(str, value.shape))} tensor" if isinstance(value, Tensor) else repr(value)


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _count(value: Any) -> str:
    return f"{len(value)} values" if isinstance(value, tuple) else f"one value ({_kind(value)})"


def _named_shape(want: Tensor, axes: str) -> str:
    if want.ndim == 0:
        return "a scalar, ()"
    letters = [f"{letter}=" for letter in axes.split()] or [""] * want.ndim
    return "(" + ", ".join(f"{letter}{n}" for letter, n in zip(letters, want.shape, strict=True)) + ")"


def _not_finite(value: Tensor) -> str:
    return "NaNs" if torch.isnan(value).any() else "infinities"


def _first_difference(got: Any, want: Any, axes: str, atol: float) -> str:
    if not isinstance(want, Tensor):
        return "the result is {}; expected {}".format(*told_apart(got, want, 6))
    if want.ndim == 0:
        return "the result is {}; expected {}".format(*told_apart(got.item(), want.item(), 6))
    wrong = ~torch.isclose(got, want, rtol=1e-3, atol=atol)
    place = tuple(wrong.nonzero()[0].tolist())
    letters = axes.split() or [f"axis {number}" for number in range(want.ndim)]
    name = ", ".join(f"{letter}={n}" for letter, n in zip(letters, place, strict=True))
    share = int(wrong.sum())
    is_now, should_be = told_apart(got[place].item(), want[place].item())
    return f"{share} of {want.numel()} entries differ; the first, at {name}, is {is_now} and should be {should_be}"


def told_apart(got: Any, want: Any, digits: int = 4) -> tuple[str, str]:
    """Two numbers, or two tuples of them, as texts with so many digits that the texts differ as the numbers do."""
    for precision in range(digits, 18):
        texts = _written(got, precision), _written(want, precision)
        if texts[0] != texts[1]:
            break
    return texts


def _written(value: Any, digits: int) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(_written(part, digits) for part in value) + ")"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


_MARKS = {"passed": ("✓", "32"), "not yet": ("✗", "31"), "not attempted": ("○", "33")}


def _line(status: str, head: str, sentence: str) -> str:
    mark, colour = _MARKS[status]
    return filled(f"{mark} {head} {sentence}").replace(f"{mark} {head}", _coloured(f"{mark} {head}", colour), 1)


def filled(text: str) -> str:
    """One line; in a notebook several, because JupyterLab breaks a long line in the middle of a word."""
    if not _in_notebook():
        return text
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _coloured(text: str, colour: str) -> str:
    """In a notebook, where ANSI colours are drawn by the page's own theme; elsewhere as it is."""
    return f"\x1b[1;{colour}m{text}\x1b[0m" if _in_notebook() else text


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def board(exercises: Iterable[Exercise]) -> str:
    """One line per exercise: what has been passed, and what is left."""
    records, lines, passed = progress.load(), [], 0
    for exercise in exercises:
        status = records.get(exercise.id, {}).get("status", "not attempted")
        passed += status == "passed"
        lines.append(_line(status, exercise.id, status))
    return "\n".join([*lines, f"{passed} of {len(lines)} passed"])
