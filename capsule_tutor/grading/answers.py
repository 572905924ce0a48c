"""Judging one answer: it is asked in a child, and what it says is compared here."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from capsule_tutor.checks import wire, wording
from capsule_tutor.checks.exercise import Exercise, Questions
from capsule_tutor.checks.observing import Observation, Raised, heard, unfilled
from capsule_tutor.grading.sandbox import Gone, Sandbox


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth, and why."""

    status: str  # "passed", "not yet" or "not attempted"
    sentence: str
    parts: dict[str, bool] = field(default_factory=dict)  # shape, values, gradient, edge cases; empty if it did not run

    def share(self, partial: bool) -> float:
        """Of the points: all or nothing, or with `partial` as many as parts are right."""
        if self.status == "passed" or not partial or not self.parts:
            return float(self.status == "passed")
        return sum(self.parts.values()) / len(self.parts)


def judge(
    questions: Questions, cells: Sequence[str], sandbox: Sandbox, kit: str, given: dict[str, str], seed: int
) -> Verdict:
    """The verdict on the answer in a notebook's code cells. `given` holds references that its lesson went on with."""
    exercise = questions.exercise
    verdict = _ask(questions, cells, sandbox, kit, given, seed, whole=False)
    if verdict is None:  # something is missing that the answer does not name; perhaps the whole notebook makes it
        verdict = _ask(questions, cells, sandbox, kit, given, seed, whole=True)
    return verdict or Verdict("not attempted", f"there is no `{exercise.name}` in the notebook.")


def _ask(questions: Questions, cells: Sequence[str], sandbox: Sandbox, kit: str, given: dict, seed: int, whole: bool):
    exercise = questions.exercise
    seen: list[Observation] = []
    again: list[tuple[int, Observation]] = []
    found, problems, gone = False, [], None
    with sandbox.child(kit) as line:
        try:
            task = {"name": exercise.name, "cells": list(cells), "given": given, "whole": whole, "test": exercise.test}
            ready = line.ask(task)
            found, problems = bool(ready["found"]), [str(problem)[:200] for problem in ready["problems"]]
            if found:
                for item in questions.cases:
                    seen.append(_observation(line, item, exercise))
                    if unfilled(seen[-1]):
                        break
                    if not whole and len(seen) == 1 and seen[0].error and seen[0].error.name == "NameError":
                        return None
                if len(seen) == len(questions.cases):
                    places = list(range(len(seen)))
                    random.Random(seed).shuffle(places)
                    for place in places:
                        again.append((place, _observation(line, questions.cases[place], exercise)))
        except Gone as error:
            gone = str(error)
        except (wire.WireError, KeyError, TypeError):
            gone = "its answer cannot be read"
    if gone and not seen and not found:
        return Verdict(
            "not yet", f"the cells that it needs do not come to an end ({_ending(gone, line.ended, sandbox)})."
        )
    if not found:
        if not whole:
            return None
        return Verdict("not yet", f"there is no answer: {problems[0]}.") if problems else None
    return _judged(questions, seen, again, _ending(gone, line.ended, sandbox) if gone else "")


def _observation(line, item, exercise: Exercise) -> Observation:
    reply = line.ask({"args": item.args, "kwargs": item.kwargs, "gradient": exercise.gradient})
    return heard(item, reply["seen"])


def _judged(
    questions: Questions, seen: list[Observation], again: list[tuple[int, Observation]], ending: str
) -> Verdict:
    if any(unfilled(observation) for observation in seen):
        return Verdict("not attempted", "it is the stub, or there is still a `...` to fill in.")
    if ending and not again:
        where = questions.cases[min(len(seen), len(questions.cases) - 1)]
        return Verdict("not yet", f"On {where}, {ending}.")
    status, sentence = questions.judge(seen)
    parts = questions.parts(seen)
    if status == "passed":
        if ending:
            return Verdict("not yet", f"asked a second time, {ending}.")
        for place, observation in again:
            if complaint := questions.complaint(observation, questions.expected[place]):
                return Verdict(
                    "not yet", f"Given the same inputs again in another order, it gives another answer. {complaint[1]}"
                )
    return Verdict(status, sentence, parts)


def _ending(gone: str, ended: str, sandbox: Sandbox) -> str:
    if gone == "late":
        return f"it did not finish within {sandbox.limits.patience:g} s"
    if gone != "ended":
        return gone
    if ended in ("SIGKILL", "SIGXCPU"):  # by the system: the limit of processor time, or of the machine's memory
        return f"it did not finish within {sandbox.limits.seconds} s of processor time, or took too much memory"
    if ended == "exit":
        return wording.happened(Raised("Exited", "")).removesuffix(".")
    return f"it crashed Python itself ({ended or 'no trace is left'})"
