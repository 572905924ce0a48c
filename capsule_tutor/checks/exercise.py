"""An exercise, and what it means to check an answer to it.

The learner's function runs on a few small inputs and each run is observed. The right answer and every mutant (a
classic wrong answer that has a name) are observed in the same way, so that a diagnosis is a comparison.
"""

import dis
import functools
import inspect
import os
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import alarms, guard, overall, progress, relations, repairs, running, twofold, wording, world
from capsule_tutor.checks.borrowed import borrowed
from capsule_tutor.checks.cases import Case, shifted
from capsule_tutor.checks.comparing import complaints, cut_gradient, differ, gradient_complaints
from capsule_tutor.checks.observing import Observation, expect, float_inputs, observe, raised, unfilled

_GAP = re.compile(r"(?<!\[)(?<!, )\.\.\.(?![,\]])")  # the `...` of a stub, not the one of x[..., None]
_THE_PACKAGES_OWN = (
    "That is the package's own `{}`, or a function that calls it. It is right, of course, but the answer should be "
    "yours: write the body yourself, and this check will compare the two."
)
_RUN_YOURS = (
    "That is the package's own `{}`, with which the lesson goes on while yours is not there: run the cell that defines "
    "yours, then this one."
)
TIME_LIMIT = 5.0  # seconds for all inputs of a check, unless CAPSULE_TUTOR_TIME_LIMIT says otherwise
_NO_LIMIT = 1e6


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
    more_cases     for a grader alone, where `cases` holds no random numbers
    also_taken_out what else in the package answers it, as "layers:PrimaryCapsules.forward": a graded answer lacks it
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
    more_cases: Callable[[], list[Case]] = list
    also_taken_out: tuple[str, ...] = ()
    gradient: bool = True  # False for answers that are counts: then the inputs require none, and .numpy() is free
    test: bool = False
    not_by: tuple[tuple[Callable, str], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.lesson}-{self.name.replace('_', '-')}"

    def __call__(self, function: Callable) -> Callable:
        """Check the learner's function, print one line, record it; return it if right, else the reference.

        Never raises, except CheckFailed in strict mode (CAPSULE_TUTOR_STRICT=1, or under nbgrader), where the reference
        takes the function's place among the caller's names.
        """
        status, sentence, printed = self.verdict(function)
        if status == "passed" and function is self.reference:
            status, sentence = "not attempted", _RUN_YOURS.format(self.name)
        if printed:
            wording.say("Your function printed:\n" + textwrap.indent(wording.folded(printed), "  "))
        names = sys._getframe(1).f_globals
        if status != "passed" and strict() and names.get(self.name) is function:
            names[self.name] = self.reference
        self._say(status, sentence)
        return function if status == "passed" else self.reference

    def slipped(self, misnamed: str = "") -> Callable:
        """Say why a cell's check was not asked; return the reference. Raises CheckFailed in strict mode.

        Called by `notebook` where what was raised above the check is handled, or with the name of a function that was
        meant to have this exercise's.
        """
        error = sys.exc_info()[1]
        if misnamed:
            status = "not yet"
            sentence = f"This cell defines `{misnamed}`, and its check asks for `{self.name}`. Is one of them a slip?"
        elif isinstance(error, CheckFailed):
            raise error
        elif isinstance(error, NameError) and error.name == self.name:
            status, sentence = "not yet", f"There is no `{self.name}` here. Does your function have another name?"
        elif (seen := raised(error)).unfilled:
            status, sentence = "not attempted", "A line above the check calls it, and it is not written yet."
        else:
            status, sentence = "not yet", f"The cell did not reach its check: it raised {wording.described(seen)}"
        if strict():
            sys._getframe(1).f_globals[self.name] = self.reference
        with world.usual() as changed:
            self._say(status, f"{sentence} The lesson goes on with the reference solution.{_set_back(changed)}")
        return self.reference

    def _say(self, status: str, sentence: str) -> None:
        """Record the verdict, and print its line, or in strict mode raise it."""
        if status != "not attempted":
            progress.record(self.id, status, sentence)
        if status != "passed" and strict():
            raise CheckFailed(f"{self.id}: {status}. {sentence}")
        wording.say(wording.line(status, f"{self.id}: {status}.", sentence))

    def hint(self, number: int = 1) -> None:
        """Print hint 1 (the direction), 2 (the key idea) or 3 (nearly the code)."""
        if number not in (1, 2, 3):
            wording.say(f"{self.id} has hints 1, 2 and 3, not {number!r}.")
        else:
            wording.say(wording.filled(f"Hint {number} of 3 for {self.id}: {self.hints[number - 1]}"))

    def verdict(self, function: Callable) -> tuple[str, str, str]:
        """(status, sentence, what the function printed), for one answer."""
        if not callable(function):
            return "not yet", f"Expected your function `{self.name}`, got {wording.kind(function)}.", ""
        try:
            with world.usual() as changed:
                _ = self.questions.expected  # computed out here, with the learner's clock not yet running
                run, again = self.as_run(function), not self.test
                observations, report = running.run(run, self.cases(), self.gradient, time_limit(), again)
                status, sentence = self._judge(function, observations, report)
            if status == "passed":
                status, sentence = self._borrowed(function) or (status, sentence)
            return status, sentence + _set_back(changed), report.printed
        except Exception as error:  # a check must never end the lesson, whatever strange thing it was given
            return "not yet", f"The check could not read your answer ({type(error).__name__}: {error}).", ""

    def _borrowed(self, function: Callable) -> tuple[str, str] | None:
        """What is said to a right answer that leaves the work to a function that does all of it.

        The reference itself passes here, so that a check can be tried with it; `__call__` speaks of it.
        """
        if function is self.reference:
            return None
        own = dict.fromkeys((self.reference, self.oracle), _THE_PACKAGES_OWN.format(self.name))
        said = {**own, **dict(self.not_by)}
        found = borrowed(function, said)
        if found is None:
            return None
        return "not attempted" if found in own else "not yet", said[found]

    def as_run(self, function: Callable) -> Callable:
        """What is observed of an answer: itself, or where it is a test, whether it raises an alarm."""
        return alarms.watched(function) if self.test else function

    def _judge(self, function: Callable, seen: list[Observation], report: guard.Report) -> tuple[str, str]:
        if any(unfilled(o) for o in seen):
            return "not attempted", _what_is_left(function)
        if report.timed_out:
            stuck = " It is still running inside one long call: restart the kernel." if report.still_running else ""
            cause = "is there an endless loop?"
            if _imports(function):
                cause = "an endless loop? Or a slow `import`? Put that above your function, where it is not timed."
            if self.test:
                return "not yet", alarms.too_slow(seen, len(self.cases()), time_limit()) + stuck
            return "not yet", f"It did not finish within {time_limit():g} s on {seen[-1].case}: {cause}{stuck}"
        return self.questions.judge(seen, function)

    @functools.cached_property
    def questions(self) -> "Questions":
        """The cases of a lesson's check, the same every time."""
        return Questions(self, self.cases())

    def secret_questions(self, seed: int) -> "Questions":
        """Cases of the same kinds that nobody can look up, and those that only a grader has."""
        with shifted(seed):
            return Questions(self, [*self.cases(), *self.more_cases()], seed)


class Questions:
    """Cases, with what a right answer and every mutant show on them."""

    def __init__(self, exercise: Exercise, cases: list[Case], seed: int = 0) -> None:
        self.exercise, self.cases, self.seed = exercise, cases, seed

    def judge(self, seen: list[Observation], function: Callable | None = None) -> tuple[str, str]:
        """(status, sentence) for what was seen on each of the cases; of the function itself, where it is at hand."""
        seen = list(map(_in_its_brackets, seen, self.expected))
        if self.exercise.test:
            return self._judge_test(seen, function)
        complaint = next(filter(None, map(self.complaint, seen, self.expected)), None)
        if complaint is None:
            return "passed", f"{len(seen)} inputs: {self._what_was_checked()}."
        source = repairs.read(function)
        # A result that is thrown away may look like a known mistake; one change that makes all right, like two of them.
        if said := self._kept(seen, source) or self.diagnosis(seen):
            return "not yet", said
        repaired = self._repaired(seen, source)
        if not repaired.endswith(repairs.RIGHT) and (said := self._in_part(seen)):
            return "not yet", said
        related, (kind, what) = "", complaint
        if kind == "values" and not any(o.changed for o in seen):
            related = overall.of_results(seen, self.expected, self.exercise.reference)
        if repaired:  # which knows more than a question or than one of two mistakes
            what = re.sub(r" [A-Z][^.]*\?$| That is: .*$| Leave it as it is, and .*$", "", what)
            related = related if repaired.endswith(repairs.RIGHT) else related.removesuffix(" The rest is right.")
        return "not yet", " ".join(filter(None, [related, repaired, what]))

    def _judge_test(self, seen: list[Observation], function: Callable | None) -> tuple[str, str]:
        score, complaint = alarms.score(seen, self.expected), alarms.complaint(seen, self.expected)
        if not complaint:
            return "passed", score
        by_chance = any(o.value == alarms.SOMETIMES for o in seen)  # then a change may be right by chance, too
        source = None if by_chance else repairs.read(function)
        never = alarms.never(seen, source.tree) if source else ""
        said = never or self._kept(seen, source) or self.diagnosis(seen)
        return "not yet", " ".join(
            filter(None, [score, said or complaint, "" if said else self._repaired(seen, source)])
        )

    def _kept(self, seen: list[Observation], source: repairs.Source | None) -> str:
        """What is said where an answer is right once a result is kept that it throws away."""
        thrown_away = list(source.kept()) if source else []
        return self._repaired(seen, source, thrown_away) if thrown_away else ""

    def _repaired(self, seen: list[Observation], source: repairs.Source | None, changes: list | None = None) -> str:
        """What is said of the small change of an answer's source with which it is right, if there is one."""
        if source is None or len(seen) != len(self.expected):
            return ""
        pairs = enumerate(zip(seen, self.expected, strict=True))
        wrong = next((n for n, (a, b) in pairs if differ([a], [b], False)), 0)
        score = functools.partial(self._score, wrong=wrong)
        work = functools.partial(repairs.found, source, source.changes() if changes is None else changes, score)
        return running.search(work, source.function, 5 * repairs.SECONDS) or ""

    def _score(self, function: Callable, wrong: int) -> tuple[float, str]:
        """How much of a function is right, from 0 to 1, and the sentence of the mutant that it behaves like.

        It is run on the case that is `wrong` in the learner's answer, and on the others only if that is right now.
        """
        run = self.exercise.as_run(function)
        first = _in_its_brackets(observe(run, self.cases[wrong], False), self.expected[wrong])
        share = _share(first, self.expected[wrong])
        if self.exercise.test:  # up to the first case on which it fails: a test is slow, and most fail on everything
            pairs = zip(self.cases, self.expected, strict=True)
            right = share == 1 and all(not differ([observe(run, item, False)], [want], False) for item, want in pairs)
            return float(right), ""
        alike = [one for one in self._of_mutants if not differ([first], one[1][wrong : wrong + 1], False)]
        if share < 1 and not alike:
            return share / 2, ""
        seen = self._shown_by(run)
        if not any(map(self.complaint, seen, self.expected)):
            others = self._others  # a change may be right by chance, but then not on numbers that were never seen
            return (0.5 if any(map(others.complaint, others._shown_by(run), others.expected)) else 1), ""
        right = sum(not differ([a], [b], False) for a, b in zip(seen, self.expected, strict=True)) / len(seen)
        same = (mutant.says for mutant, behaviour in alike if not differ(seen, behaviour, self.exercise.gradient))
        return share / 2 + 0.4 * right * (share == 1), next(same, "") if _says_much(seen) else ""

    def _shown_by(self, run: Callable) -> list[Observation]:
        seen = [observe(run, item, self.exercise.gradient) for item in self.cases]
        return list(map(_in_its_brackets, seen, self.expected))

    @functools.cached_property
    def _others(self) -> "Questions":
        return self.exercise.secret_questions(self.seed + 1)

    def complaint(self, seen: Observation, right: Observation) -> tuple[str, str] | None:
        """("shape", "values" or "gradient", the first thing that is wrong with it)"""
        exercise, seen = self.exercise, _in_its_brackets(seen, right)
        with shifted(self.seed):  # a property may make the numbers of its case again
            for complaint in complaints(seen, right, exercise.axes, exercise.properties):
                return complaint
        if exercise.gradient:
            for sentence in gradient_complaints(seen, right, float_inputs(exercise.reference, right.case)):
                return "gradient", sentence
        return None

    def parts(self, seen: list[Observation]) -> dict[str, bool]:
        """Which parts of the answer are right: its shapes, its values, its gradients, and all of it on edge cases."""
        found = dict.fromkeys(["shape", "values", *["gradient"] * self.exercise.gradient, "edge cases"], True)
        for observation, right in zip(seen, self.expected, strict=True):
            if complaint := self.complaint(observation, right):
                wrong = ("shape", "values", "gradient")[("shape", "values", "gradient").index(complaint[0]) :]
                # A wrong shape is wrong everywhere; a wrong value, and with it a gradient, may be so on edges alone.
                wrong = ["edge cases", *["shape"] * (complaint[0] == "shape")] if right.case.edge else wrong
                found.update({part: False for part in wrong if part in found})
        if not any(case.edge for case in self.cases) or not found["values"]:
            found["edge cases"] = found["values"]
        return found

    def diagnosis(self, seen: list[Observation]) -> str | None:
        """The sentence of the mutant that behaves like what was seen, if there is one."""
        for compare_gradients in (True, False):
            for mutant, behaviour in self._of_mutants:
                tells = compare_gradients or differ(behaviour, self.expected, gradients=False)
                if tells and not differ(seen, behaviour, compare_gradients):
                    return mutant.says + self._cut(seen, behaviour)
        return None

    def _cut(self, seen: list[Observation], behaviour: list[Observation]) -> str:
        """What is said besides of an answer that is like a mutant, but for a gradient that is cut off."""
        if not self.exercise.gradient:
            return ""
        inputs = [float_inputs(self.exercise.reference, item) for item in self.cases]
        said = next(filter(None, map(cut_gradient, seen, behaviour, inputs)), "")
        return f" And {said}" * bool(said)

    def _in_part(self, seen: list[Observation]) -> str | None:
        """What is said of two mistakes at once, of one of them, or of a right function of other inputs."""
        return self._two_mistakes(seen) or self._one_of_two_mistakes(seen) or self._of_other_inputs(seen) or None

    def _two_mistakes(self, seen: list[Observation]) -> str:
        if len(seen) != len(self.expected):
            return ""
        known = [(mutant.says, behaviour) for mutant, behaviour in self._of_mutants]
        return twofold.of_two(seen, self.expected, known, self.exercise.axes)

    def _one_of_two_mistakes(self, seen: list[Observation]) -> str | None:
        """The sentence of the mutant that gives the same wrong numbers for the first case, or for most of the others.

        Where there are two mistakes, this is one. Only for floats of the right shape, more than zeros and ones: those
        do not agree by chance.
        """
        telling = [n for n, pair in enumerate(zip(seen, self.expected, strict=False)) if _telling(*pair)]
        for mutant, behaviour in self._of_mutants:
            shows = [n for n in telling if differ(behaviour[n : n + 1], self.expected[n : n + 1], False)]
            if any(not differ(seen[n : n + 1], self.expected[n : n + 1], False) for n in shows):
                continue  # the answer is right where this mistake would show
            alike = [n for n in shows if not differ(seen[n : n + 1], behaviour[n : n + 1], False)]
            if 0 in alike or len(alike) >= max(2, len(shows) / 2):
                return mutant.says
        return None

    def _of_other_inputs(self, seen: list[Observation]) -> str:
        if len(seen) != len(self.expected) or not differ(seen, self.expected, gradients=False):
            return ""
        if any(o.error or not o.tensors or not isinstance(o.tensors[0], (Tensor, int, float)) for o in seen):
            return ""
        if any(_shape(a) != _shape(b) for a, b in zip(seen, self.expected, strict=True)):
            return ""  # a wrong shape says more
        results = [o.tensors[0] for o in seen]
        numbers = {n for x in results for n in (x.flatten().tolist() if isinstance(x, Tensor) else [x])}
        exact = any(isinstance(number, float) for number in numbers)
        if len(numbers) < (2 if exact or numbers <= {False, True} else 4):
            return ""  # few numbers: they fit too many changes of an input, and mostly none was made
        if exact and all(abs(number) < 1e-4 for number in numbers):
            return ""  # next to nothing: within rounding it fits every change that gives zeros

        def explains(cases: list[Case]) -> bool:
            pairs = zip(seen, cases, strict=True)
            return all(not differ([a], [observe(self.exercise.reference, c, False)], gradients=False) for a, c in pairs)

        return relations.of_inputs(self.cases, self.exercise.reference, explains, exact)

    @functools.cached_property
    def expected(self) -> list[Observation]:
        """What a right answer shows."""
        exercise = self.exercise
        reference = exercise.as_run(exercise.reference)
        return [expect(exercise.oracle, reference, item, exercise.gradient) for item in self.cases]

    @functools.cached_property
    def _of_mutants(self) -> list[tuple[Mutant, list[Observation]]]:
        exercise = self.exercise
        runs = [(mutant, exercise.as_run(mutant.function)) for mutant in exercise.mutants]
        return [(m, [observe(function, item, exercise.gradient) for item in self.cases]) for m, function in runs]

    def _what_was_checked(self) -> str:
        tensors = isinstance(self.expected[0].tensors[0], Tensor)
        parts = ["shape, dtype" if tensors else "type", "values"]
        parts += ["invariants"] * bool(self.exercise.properties) + ["gradient"] * self.exercise.gradient
        return ", ".join(parts)


def strict() -> bool:
    """Whether a failure must be raised: on request, or because nbgrader is running the notebook."""
    return os.environ.get("CAPSULE_TUTOR_STRICT", "0") not in ("", "0") or "NBGRADER_EXECUTION" in os.environ


def time_limit() -> float:
    """Seconds, from the environment variable CAPSULE_TUTOR_TIME_LIMIT if that is a number; 0 and inf: no limit."""
    try:
        limit = float(os.environ.get("CAPSULE_TUTOR_TIME_LIMIT", TIME_LIMIT))
    except ValueError:
        return TIME_LIMIT
    if limit == 0 or limit > _NO_LIMIT:
        return _NO_LIMIT
    return limit if limit > 0 else TIME_LIMIT


def _set_back(changed: list[str]) -> str:
    return f" (In this notebook {', and '.join(changed)}. That is back as it usually is.)" if changed else ""


def _telling(seen: Observation, right: Observation) -> bool:
    """Whether the first result on this case cannot be what it is by chance."""
    if not seen.tensors:
        return False  # an empty tuple
    value, wanted = seen.tensors[0], right.tensors[0]
    return (
        isinstance(value, Tensor)
        and isinstance(wanted, Tensor)
        and value.shape == wanted.shape
        and value.is_floating_point()
        and value.numel() >= 6
        and len(value.unique()) >= 3
    )


def _share(seen: Observation, right: Observation) -> float:
    """How much of a result is right, from 0 to 1."""
    if not differ([seen], [right], False):
        return 1.0
    if seen.error:
        return 0.0
    if len(seen.tensors) != len(right.tensors):
        return 0.05
    shares = []
    for got, want in zip(seen.tensors, right.tensors, strict=True):
        if isinstance(got, Tensor) and isinstance(want, Tensor) and got.shape == want.shape and got.numel():
            shares.append(0.1 + 0.8 * torch.isclose(got.double(), want.double(), 1e-3, 1e-5).double().mean().item())
        else:
            alike = type(got) is type(want) and not isinstance(got, Tensor) and got == want
            shares.append(0.9 if alike else 0.05)
    return sum(shares) / len(shares)


def _says_much(seen: list[Observation]) -> bool:
    """Whether two functions do not give such results by chance: different floats. Labels and lists of few words, two
    functions often share."""
    parts = [part for o in seen if o.error is None for part in o.tensors]
    values = [x for part in parts for x in (part.flatten().tolist() if isinstance(part, Tensor) else [part])]
    return len({round(value, 9) for value in values if isinstance(value, float) and value == value}) > 2


def _shape(seen: Observation) -> tuple[int, ...]:
    return tuple(getattr(seen.tensors[0], "shape", ()))


def _in_its_brackets(seen: Observation, right: Observation) -> Observation:
    """A list of results is a tuple of them, and a tensor of one number that number: this is not the question."""
    if isinstance(seen.value, list) and isinstance(right.value, tuple):
        seen = replace(seen, value=tuple(seen.value))
    if len(seen.tensors) == len(right.tensors) and not seen.left:
        parts = tuple(map(_as_number, seen.tensors, right.tensors))
        seen = replace(seen, value=parts if isinstance(seen.value, tuple) else parts[0])
    return seen


def _as_number(got: Any, want: Any) -> Any:
    """The number in a tensor of one, where a number of that kind is wanted."""
    alike = isinstance(got, Tensor) and got.ndim == 0 and type(want) in (int, float)
    return got.item() if alike and got.is_floating_point() == isinstance(want, float) else got


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
