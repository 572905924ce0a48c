"""Running a learner's function on every case, where nothing that it does can end the lesson.

In a fork of this process where there can be one, in a thread of it elsewhere.
"""

import threading
import warnings
from collections.abc import Callable
from typing import Any

from capsule_tutor.checks import apart, guard, world
from capsule_tutor.checks.cases import Case
from capsule_tutor.checks.comparing import differ
from capsule_tutor.checks.observing import Observation, Raised, heard, observe, told, unfilled

_CHANGEABLE = (
    "gave something else when it was called on this input once more: is there something random in it, or does it keep "
    "something from one call to the next?"
)


def run(
    function: Callable, cases: list[Case], gradient: bool, seconds: float, again: bool = False
) -> tuple[list[Observation], guard.Report]:
    """What the function does on each case, up to the first that it does not come back from, and what else happened.

    again   whether it is called on the first case once more at the end, to see whether it does the same
    """
    asked = cases + cases[:1] * again
    seen, report = _in_a_fork(function, asked, gradient, seconds) if apart.possible() else ([], None)
    if report is None or any("forked subprocess" in o.error.text for o in seen if o.error):  # what CUDA says of one
        seen, report = _in_a_thread(function, asked, gradient, seconds)
    if len(seen) > len(cases):
        first, last = seen[0], seen.pop()
        if not first.error and differ([first], [last], gradients=False):
            first.left = first.left or _CHANGEABLE
    return seen, report


def search(work: Callable[[], Any], function: Callable, seconds: float) -> Any:
    """What `work` returns, plain values, if it comes to its end. It calls others that are made of the function.

    Nobody has written those, and in a notebook's own process they might change it: None where it cannot be forked.
    """
    if not apart.possible():
        return None

    def quietly() -> Any:
        with warnings.catch_warnings():  # of code that nobody wrote
            warnings.simplefilter("ignore")
            return work()

    said, _ = apart.run(lambda say: say(quietly()), (function,), seconds)
    return said[0] if said else None


def _in_a_fork(function: Callable, cases: list[Case], gradient: bool, seconds: float) -> tuple:
    def work(say: Callable[[Any], None]) -> None:
        for item in cases:
            seen = _observe(function, item, gradient)
            say(told(seen))
            if unfilled(seen):
                return

    said, report = apart.run(work, (function,), seconds)
    seen = [heard(item, what) for item, what in zip(cases, said, strict=False)]
    if report.timed_out:
        seen.append(Observation(cases[len(seen)]))
    elif report.died:
        seen.append(
            Observation(cases[len(seen)], error=Raised("Exited" if report.died == "exit" else "Died", report.died))
        )
    return seen, report


def _in_a_thread(function: Callable, cases: list[Case], gradient: bool, seconds: float) -> tuple:
    seen: list[Observation] = []

    def work(over: threading.Event) -> None:
        for item in cases:
            if over.is_set():
                return
            seen.append(Observation(item))
            seen[-1] = _observe(function, item, gradient)
            if unfilled(seen[-1]):
                return

    report = guard.run(work, (function,), seconds)
    return list(seen), report


def _observe(function: Callable, item: Case, gradient: bool) -> Observation:
    seen = observe(function, item, gradient, stop_button=False)
    if replaced := world.restore():
        seen.error = Raised("Replaced", replaced[0])
    return seen
