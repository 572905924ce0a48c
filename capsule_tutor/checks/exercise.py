"""An exercise, and what it means to check an answer to it.

The learner's function runs on a few small inputs and each run is observed. The right answer and every mutant (a
classic wrong answer that has a name) are observed in the same way, so that a diagnosis is a comparison.
"""

import dis
import functools
import inspect
import os
import re
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from capsule_tutor.checks import alarms, guard, progress, relations, wording
from capsule_tutor.checks.borrowed import borrowed
from capsule_tutor.checks.cases import Case
from capsule_tutor.checks.comparing import complaints, differ, gradient_complaints
from capsule_tutor.checks.observing import Observation, expect, float_inputs, observe

_GAP = re.compile(r"(?<!\[)(?<!, )\.\.\.(?![,\]])")  # the `...` of a stub, not the one of x[..., None]
_THE_PACKAGES_OWN = (
    "That is the package's own `{}`, or a function that calls it. It is right, of course, but the answer should be "
    "yours: write the body yourself, and this check will compare the two."
)
TIME_LIMIT = 5.0  # seconds for all inputs of a check, unless CAPSULE_TUTOR_TIME_LIMIT says otherwise


class CheckFailed(AssertionError):
    """Raised instead of a printed line in strict mode, so that a grader sees the failure."""


@dataclass(frozen=True)
class Mutant:
    """A classic wrong answer, and the sentence that names the misconception behind it."""

    function: Callable
    says: str

    @property
    def name(self) -> str:
        return self.function.__name__


@dataclass(frozen=True)
class Exercise:
    """One exercise: what the learner should write, how it is checked, and what is said.

    name           of the function that the learner writes, as `checks.NAME`
    reference      the right function, handed back to a lesson that has not solved it
    oracle         the same as a slow loop, written independently: the source of expected values
    cases          small inputs whose dimensions all differ
    mutants        classic wrong answers; the first that behaves like the learner's speaks
    right          right answers in other styles, which must pass, too
    axes           the letters of each output, e.g. ("b j z", "b i j"); left out where they vary from case to case
    properties     (case, value) → a sentence where the value breaks an invariant, else None
    test           whether the answer is itself a test (`alarms`): each case is then right or broken code
    not_by         function → what is said to a right answer that calls it instead of doing its own work
    """

    lesson: str
    name: str
    goal: str
    hints: tuple[str, str, str]
    minutes: int
    difficulty: int  # 1 to 5
    importance: int  # 1 to 5
    reference: Callable
    oracle: Callable
    cases: Callable[[], list[Case]]
    mutants: tuple[Mutant, ...]
    right: tuple[Callable, ...] = ()
    axes: tuple[str, ...] = ()
    properties: tuple[Callable[[Case, Any], str | None], ...] = ()
    gradient: bool = True  # False for answers that are counts: then the inputs require none, and .numpy() is free
    test: bool = False
    not_by: tuple[tuple[Callable, str], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.lesson}-{self.name.replace('_', '-')}"

    def __call__(self, function: Callable) -> Callable:
        """Check the learner's function, print one line, record it; return it if right, else the reference.

        Never raises, except CheckFailed in strict mode (CAPSULE_TUTOR_STRICT=1, or under nbgrader).
        """
        status, sentence, printed = self.verdict(function)
        if status == "passed" and function is self.reference:
            status, sentence = "not attempted", _THE_PACKAGES_OWN.format(self.name)
        if printed:
            wording.say("Your function printed:\n" + textwrap.indent(printed.rstrip("\n"), "  "))
        if status != "not attempted":
            progress.record(self.id, status, sentence)
        if status != "passed" and strict():
            raise CheckFailed(f"{self.id}: {status}. {sentence}")
        wording.say(wording.line(status, f"{self.id}: {status}.", sentence))
        return function if status == "passed" else self.reference

    def hint(self, number: int = 1) -> None:
        """Print hint 1 (the direction), 2 (the key idea) or 3 (nearly the code)."""
        if number not in (1, 2, 3):
            wording.say(f"{self.id} has hints 1, 2 and 3, not {number!r}.")
        else:
            wording.say(wording.filled(f"Hint {number} of 3 for {self.id}: {self.hints[number - 1]}"))

    def verdict(self, function: Callable) -> tuple[str, str, str]:
        """(status, sentence, what the function printed), for one answer."""
        if not callable(function):
            return "not yet", f"expected your function `{self.name}`, got {wording.kind(function)}.", ""
        try:
            observations, report = self._observe_guarded(function)
            status, sentence = self._judge(function, observations, report)
            if status == "passed":
                status, sentence = self._borrowed(function) or (status, sentence)
            return status, sentence, report.printed
        except Exception as error:  # a check must never end the lesson, whatever strange thing it was given
            return "not yet", f"the check could not read your answer ({wording.described(error)}).", ""

    def _borrowed(self, function: Callable) -> tuple[str, str] | None:
        """What is said to a right answer that leaves the work to a function that does all of it.

        The reference itself passes here, so that a check can be tried with it; `__call__` speaks of it.
        """
        if function is self.reference:
            return None
        said = {self.reference: _THE_PACKAGES_OWN.format(self.name), **dict(self.not_by)}
        found = borrowed(function, said)
        if found is None:
            return None
        return "not attempted" if found is self.reference else "not yet", said[found]

    def _observe_guarded(self, function: Callable) -> tuple[list[Observation], guard.Report]:
        cases, seen = self.cases(), []
        _ = self._expected  # computed out here, with the learner's clock not yet running

        def work(over: threading.Event) -> None:
            for item in cases:
                if over.is_set():
                    return
                seen.append(Observation(item))
                seen[-1] = self._observe(function, item)
                if _unattempted(seen[-1]):
                    return

        return seen, guard.run(work, (function,), time_limit())

    def _judge(self, function: Callable, seen: list[Observation], report: guard.Report) -> tuple[str, str]:
        if report.replaced:
            return "not yet", (
                f"{report.replaced[0]} had been replaced by something else (perhaps an assignment to it?). It is "
                "back as it was: give your own function another name and run this cell again."
            )
        if any(_unattempted(o) for o in seen):
            return "not attempted", _what_is_left(function)
        if report.timed_out:
            where = f" on {seen[-1].case}" if seen else ""
            stuck = " It is still running inside one long call: restart the kernel." if report.still_running else ""
            cause = "is there an endless loop?"
            if _imports(function):
                cause = "an endless loop? Or a slow `import`? Put that above your function, where it is not timed."
            return "not yet", f"it did not finish within {time_limit():g} s{where}: {cause}{stuck}"
        complaint = self._complaint(seen)
        if self.test:
            score = alarms.score(seen, self._expected)
            return (
                ("passed", score) if complaint is None else ("not yet", f"{score} {self.diagnosis(seen) or complaint}")
            )
        if complaint is None:
            return "passed", f"{len(seen)} inputs: {self._what_was_checked()}."
        return "not yet", self.diagnosis(seen) or complaint

    def _observe(self, function: Callable, item: Case) -> Observation:
        if self.test:
            function = alarms.watched(function)
        elif isinstance(self._expected[0].value, tuple):
            function = _lists_are_tuples(function)
        return observe(function, item, self.gradient)

    def _complaint(self, seen: list[Observation]) -> str | None:
        """The first that there is, in the order of the cases."""
        if self.test:
            return alarms.complaint(seen, self._expected)
        for observation, right in zip(seen, self._expected, strict=True):
            axes = self.axes or ("",) * len(right.tensors)
            for complaint in complaints(observation, right, axes, self.properties):
                return complaint
            if self.gradient:
                inputs = float_inputs(self.reference, right.case)
                for complaint in gradient_complaints(observation, right, inputs):
                    return complaint
        return None

    def diagnosis(self, seen: list[Observation]) -> str | None:
        """The sentence of the mutant that behaves like what was seen, if there is one."""
        for compare_gradients in (True, False):
            for mutant, behaviour in self._mutant_behaviour:
                tells = compare_gradients or differ(behaviour, self._expected, gradients=False)
                if tells and not differ(seen, behaviour, compare_gradients):
                    return mutant.says
        return (self.gradient and self._one_of_two_mistakes(seen)) or self._of_other_inputs(seen) or None

    def _one_of_two_mistakes(self, seen: list[Observation]) -> str | None:
        """The sentence of the mutant that gives the same wrong numbers for the first case, though not for all of them.

        Where there are two mistakes, this is one. Only for floats of the right shape: those do not agree by chance.
        """
        got, want = seen[:1], self._expected[:1]
        value, right = got[0].tensors[0], want[0].tensors[0]
        if (
            not isinstance(value, Tensor)
            or value.shape != right.shape
            or value.numel() < 6
            or not differ(got, want, False)
        ):
            return None
        for mutant, behaviour in self._mutant_behaviour:
            if differ(behaviour[:1], want, False) and not differ(got, behaviour[:1], False):
                return mutant.says
        return None

    def _of_other_inputs(self, seen: list[Observation]) -> str:
        if self.test or len(seen) != len(self._expected) or not differ(seen, self._expected, gradients=False):
            return ""
        if any(o.error or not isinstance(o.tensors[0], (Tensor, int, float)) for o in seen):
            return ""

        def explains(cases: list[Case]) -> bool:
            pairs = zip(seen, cases, strict=True)
            return all(not differ([a], [observe(self.reference, c, False)], gradients=False) for a, c in pairs)

        return relations.of_inputs(self.cases(), self.reference, explains)

    @cached_property
    def _expected(self) -> list[Observation]:
        reference = alarms.watched(self.reference) if self.test else self.reference
        return [expect(self.oracle, reference, item, self.gradient) for item in self.cases()]

    @cached_property
    def _mutant_behaviour(self) -> list[tuple[Mutant, list[Observation]]]:
        return [(m, [self._observe(m.function, item) for item in self.cases()]) for m in self.mutants]

    def _what_was_checked(self) -> str:
        tensors = isinstance(self._expected[0].tensors[0], Tensor)
        parts = ["shape, dtype" if tensors else "type", "values"]
        parts += ["invariants"] * bool(self.properties) + ["gradient"] * self.gradient
        return ", ".join(parts)


def strict() -> bool:
    """Whether a failure must be raised: on request, or because nbgrader is running the notebook."""
    return os.environ.get("CAPSULE_TUTOR_STRICT", "0") not in ("", "0") or "NBGRADER_EXECUTION" in os.environ


def time_limit() -> float:
    try:
        return float(os.environ.get("CAPSULE_TUTOR_TIME_LIMIT", TIME_LIMIT))
    except ValueError:
        return TIME_LIMIT


def _lists_are_tuples(function: Callable) -> Callable:
    """The same function, whose list of results is a tuple of them: which brackets hold them is not the question."""

    @functools.wraps(function)
    def answer(*args: Any, **kwargs: Any) -> Any:
        value = function(*args, **kwargs)
        return tuple(value) if isinstance(value, list) else value

    return answer


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


def _what_is_left(function: Callable) -> str:
    try:
        gaps = [line.strip() for line in inspect.getsource(function).splitlines() if _GAP.search(line)]
    except (OSError, TypeError):
        gaps = []
    left = f"There is still a `...` to fill in: `{gaps[0]}`. " if gaps else ""
    return left + "The lesson goes on with the reference solution."


def _imports(function: Callable) -> bool:
    """Whether it imports something when it is called: the first import of a large library takes seconds."""
    return hasattr(function, "__code__") and any(i.opname == "IMPORT_NAME" for i in dis.get_instructions(function))
