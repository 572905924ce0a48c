"""Exercises whose answer is a test: it runs on right code and on broken code, and is scored by its alarms.

A test takes an implementation. It is silent when all is well, and raises when it is not, mostly by `assert`. As under
pytest, any exception is an alarm.
"""

import ast
import functools
import re
from collections.abc import Callable

import torch

from capsule_tutor.checks import wording
from capsule_tutor.checks.observing import Observation

SILENT, ALARM, SOMETIMES = "silent", "alarm", "alarm with some random numbers"


class FalseAlarm(AssertionError):
    """An assert of the test's that fires on right code. Where it was raised is the learner's line."""


class RareFalseAlarm(AssertionError):
    """The same, with some random numbers only."""


_FALSE = (FalseAlarm.__name__, RareFalseAlarm.__name__)


def watched(test: Callable) -> Callable[..., str]:
    """(implementation, …) → what the test did with it: silent, alarm, or in words what no test should do.

    throws     under how many seeds at most: a rule that is nearly always true is no rule
    forgiven   None for right code: then the first alarm ends it, and is raised, since one is too many.
               For broken code how often the test may be silent by bad luck: beyond it it is no catch, but "silent", or
               "alarm with some random numbers"
    """

    @functools.wraps(test)
    def observed(implementation: Callable, throws: int = 1, forgiven: int | None = None) -> object:
        if forgiven is None:
            return _of_right_code(test, implementation, throws)
        said: list[object] = []
        while said.count(ALARM) < throws - forgiven and said.count(SILENT) <= forgiven:
            said.append(_once(test, implementation, len(said)))
            if said[-1] not in (ALARM, SILENT):
                return said[-1]
        if said.count(SILENT) <= forgiven:
            return ALARM
        return SOMETIMES if ALARM in said else SILENT

    return observed


def _of_right_code(test: Callable, implementation: Callable, throws: int) -> object:
    for seed in range(throws):
        try:
            said = _thrown(test, implementation, seed)
        except AssertionError as error:
            # Without its text, which may hold numbers: two tests that fire alike are then alike.
            raise (RareFalseAlarm if seed else FalseAlarm)().with_traceback(error.__traceback__) from None
        if said != SILENT:
            return said
    return SILENT


def _once(test: Callable, implementation: Callable, seed: int) -> object:
    try:
        return _thrown(test, implementation, seed)
    except Exception:
        return ALARM


def _thrown(test: Callable, implementation: Callable, seed: int) -> object:
    # The same dice for every implementation, so that what a test finds does not hang on luck.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        said = test(implementation)
    if said is ...:
        return said
    return SILENT if said is None else f"returned {wording.kind(said)}"


def score(seen: list[Observation], right: list[Observation]) -> str:
    """How many of the broken ones it caught, how many false alarms it gave, and which line of it gave the first."""
    broken = [o for o, r in zip(seen, right, strict=True) if r.value == ALARM]
    false, caught = _false_alarms(seen, right), sum(o.value == ALARM for o in broken)
    if len(false) == len(seen) - len(broken) > 1 and not any(o.error.name in _FALSE for o in false):
        return "It judges nothing yet: it ends in an error, on right code, too."
    said = f"Caught {caught} of {len(broken)}, {len(false) or 'no'} false alarm{'s' * (len(false) > 1)}."
    if false and false[0].error.name in _FALSE and (line := false[0].error.line):
        right_ones = len(seen) - len(broken)
        on = "every right one" if len(false) == right_ones > 1 else false[0].case
        said += f" On {on}, this line gives an alarm: `{line}`."
    return said


def complaint(seen: list[Observation], right: list[Observation]) -> str | None:
    """What a test does that it should not, and the first broken code that it lets pass."""
    for observation in seen:
        if str(observation.value).startswith("returned"):
            return (
                f"Your test {observation.value}. A test is silent when all is well, and speaks up with "
                '`assert condition, "what is wrong"`; whoever runs it does not look at what it returns.'
            )
    said = [_of_false_alarm(observation) for observation in _false_alarms(seen, right)[:1]]
    missed = [o for o, r in zip(seen, right, strict=True) if r.value == ALARM and o.value != ALARM]
    said += [
        f"{'With some random numbers it' if o.value == SOMETIMES else 'It'} lets pass {o.case}" for o in missed[:1]
    ]
    return " ".join(said) or None


def never(seen: list[Observation], tree: ast.AST) -> str:
    """Why a test that is silent whatever it is given cannot raise an alarm; "" if its own code does not tell."""
    if any(o.value != SILENT for o in seen):
        return ""
    nodes = list(ast.walk(tree))
    names = [getattr(node, "attr", getattr(node, "id", "")) for node in nodes]
    if not any(isinstance(node, ast.Assert | ast.Raise) for node in nodes) and not any("assert" in n for n in names):
        return 'Your test lets everything pass. It has no `assert`: say `assert condition, "what is wrong"`.'
    if any(isinstance(node, ast.ExceptHandler) for node in nodes):
        return "Your test lets everything pass: its `except` swallows what `assert` raises. Let that out."
    return ""


def _of_false_alarm(seen: Observation) -> str:
    error = seen.error
    if error.name == RareFalseAlarm.__name__:
        return "It does so with some random numbers only: what it demands is often true, but not always."
    if error.name not in _FALSE:
        return f"On {seen.case}, your test {wording.happened(error).removeprefix('it ')}"
    if not error.line:
        return f"On {seen.case}, it gives a false alarm."
    counted = re.search(r"\b(len|set|sorted)\(|\.shape\b|\.numel\(", error.line)  # which has nothing to round
    exact = "It asks by == or torch.equal: does it allow for rounding? " * bool(re.search(r"==|equal\(", error.line))
    return f"{'' if counted else exact}Is what it demands true of every right one, on the input that you give it?"


def too_slow(seen: list[Observation], of: int, seconds: float) -> str:
    """Of a test whose time was over before it had met all implementations; the last of `seen` is the one it was on."""
    met = str(seen[-1].case).split(". ")[0].rstrip(".?")  # without the advice that belongs to what it may let pass
    return (
        f"your test did not finish within {seconds:g} s for all {of} implementations: it was on number {len(seen)}, "
        f"{met}. Is there an endless loop? Or much to compute? A few small random tensors say enough, without a "
        "trained network or a data set."
    )


def _false_alarms(seen: list[Observation], right: list[Observation]) -> list[Observation]:
    """On right code, those that always come first."""
    found = [o for o, r in zip(seen, right, strict=True) if r.value == SILENT and o.error is not None]
    return sorted(found, key=lambda o: o.error.name == RareFalseAlarm.__name__)
