"""Exercises whose answer is a test: it runs on right code and on broken code, and is scored by its alarms.

A test takes an implementation. It is silent when all is well, and raises when it is not, mostly by `assert`. As under
pytest, any exception is an alarm.
"""

import functools
from collections.abc import Callable

import torch

from capsule_tutor.checks import wording
from capsule_tutor.checks.observing import Observation, raised

SILENT, ALARM = "silent", "alarm"


def watched(test: Callable) -> Callable[[Callable], str]:
    """implementation → what the test did with it: silent, alarm, or in words what no test should do."""

    @functools.wraps(test)
    def observed(implementation: Callable) -> object:
        try:
            # The same dice for every implementation, so that what a test finds does not hang on luck.
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                said = test(implementation)
        except AssertionError:
            return ALARM
        except NotImplementedError:
            raise  # the stub
        except Exception as error:
            if "ellipsis" in str(error):
                raise  # a stub that is half filled in
            return f"raised {wording.described(raised(error))}"
        if said is ...:
            return said
        return SILENT if said is None else f"returned {wording.kind(said)}"

    return observed


def score(seen: list[Observation], right: list[Observation]) -> str:
    """How many of the broken ones it caught, and how many false alarms it gave."""
    broken = [o for o, r in zip(seen, right, strict=True) if r.value == ALARM]
    false = len(_false_alarms(seen, right))
    caught = sum(_alarm(o) for o in broken)
    return f"Caught {caught} of {len(broken)}, {false or 'no'} false alarm{'s' * (false > 1)}."


def complaint(seen: list[Observation], right: list[Observation]) -> str | None:
    """What a test does that it should not, and the first broken code that it lets pass."""
    for observation in seen:
        if str(observation.value).startswith("returned"):
            return (
                f"Your test {observation.value}. A test is silent when all is well, and speaks by "
                '`assert condition, "what is wrong"`; whoever runs it does not look at what it returns.'
            )
    said = []
    for observation in _false_alarms(seen, right)[:1]:
        how = "gives a false alarm" if observation.value == ALARM else observation.value
        said.append(f"On {observation.case} your test {how}.")
    missed = [o.case for o, r in zip(seen, right, strict=True) if r.value == ALARM and not _alarm(o)]
    said += [f"It lets pass {case}" for case in missed[:1]]
    return " ".join(said) or None


def too_slow(seen: list[Observation], of: int, seconds: float) -> str:
    """Of a test whose time was over before it had met all implementations; the last of `seen` is the one it was on."""
    met = str(seen[-1].case).split(". ")[0].rstrip(".?")  # without the advice that belongs to what it may let pass
    return (
        f"your test did not finish within {seconds:g} s for all {of} implementations: it was on number {len(seen)}, "
        f"{met}. Is there an endless loop? Or much to compute? A few small random tensors say enough, without a "
        "trained network or a data set."
    )


def _alarm(observation: Observation) -> bool:
    return observation.value == ALARM or str(observation.value).startswith("raised")


def _false_alarms(seen: list[Observation], right: list[Observation]) -> list[Observation]:
    return [o for o, r in zip(seen, right, strict=True) if r.value == SILENT and _alarm(o)]
