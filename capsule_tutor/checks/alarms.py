"""Exercises whose answer is a test: it runs on right code and on broken code, and is scored by its alarms.

A test takes an implementation. It is silent when all is well, and raises when it is not, mostly by `assert`. As under
pytest, any exception is an alarm.
"""

import functools
from collections.abc import Callable

import torch

from capsule_tutor.checks import wording
from capsule_tutor.checks.observing import Observation, raised

SILENT, ALARM, RARE_ALARM = "silent", "alarm", "alarm with other random numbers"
_FALSE = {
    ALARM: "gives a false alarm",
    RARE_ALARM: "gives a false alarm with some random numbers: what it demands is often true, but not always",
}


def watched(test: Callable) -> Callable[..., str]:
    """(implementation, throws) → what the test did with it: silent, alarm, or in words what no test should do.

    Under each of `throws` seeds, up to the first at which it is not silent: right code is thrown often, since a rule
    that is nearly always true is no rule.
    """

    @functools.wraps(test)
    def observed(implementation: Callable, throws: int = 1) -> object:
        said, seed = _once(test, implementation, 0), 0
        while said == SILENT and (seed := seed + 1) < throws:
            said = _once(test, implementation, seed)
        return RARE_ALARM if said == ALARM and seed else said

    return observed


def _once(test: Callable, implementation: Callable, seed: int) -> object:
    try:
        # The same dice for every implementation, so that what a test finds does not hang on luck.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
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
        said.append(f"On {observation.case} your test {_FALSE.get(observation.value, observation.value)}.")
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
    return observation.value in (ALARM, RARE_ALARM) or str(observation.value).startswith("raised")


def _false_alarms(seen: list[Observation], right: list[Observation]) -> list[Observation]:
    return [o for o, r in zip(seen, right, strict=True) if r.value == SILENT and _alarm(o)]
