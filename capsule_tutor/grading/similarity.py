"""How much answers resemble each other: a hint for a conversation, never a score.

Compared are syntax trees without comments, layout and annotations, and with a student's own names numbered. A short
exercise has few right answers, so that only trees of some size are reported, and only if they are nearly the same.
"""

import difflib
import itertools
from dataclasses import dataclass
from pathlib import Path

from capsule_tutor.checks.exercise import Exercise
from capsule_tutor.grading import submissions
from capsule_tutor.grading.sandbox import Gone, Sandbox

FROM = 0.9  # similarity that is reported: 1 is the same tree
SMALLEST = 60  # words of a tree; below it, answers resemble each other by themselves
SOLUTION = "the solution"


@dataclass(frozen=True)
class Pair:
    """Two answers to one exercise that are nearly the same."""

    exercise: str
    one: str
    other: str
    similarity: float


def report(
    exercises: list[Exercise], found: dict[str, list[submissions.Notebook]], sandbox: Sandbox, kits: dict[str, str]
) -> list[Pair]:
    """All such pairs of students, and of a student and the solution, the most similar first."""
    pairs = []
    for exercise in exercises:
        answers = {name: submissions.holding(notebooks, exercise.name) for name, notebooks in found.items()}
        answers[SOLUTION] = _solution(exercise)
        answers = {name: list(cells) for name, cells in answers.items() if cells}
        trees = _trees(exercise, answers, sandbox, kits[exercise.id])
        for (one, a), (other, b) in itertools.combinations(trees.items(), 2):
            if min(len(a), len(b)) >= SMALLEST and (how := similarity(a, b)) >= FROM:
                pairs.append(Pair(exercise.id, one, other, how))
    return sorted(pairs, key=lambda pair: -pair.similarity)


def similarity(a: list[str], b: list[str]) -> float:
    """Share of words that two trees have in common, in order: between 0 and 1."""
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= FROM else matcher.quick_ratio()


def _trees(exercise: Exercise, answers: dict[str, list[str]], sandbox: Sandbox, kit: str) -> dict[str, list[str]]:
    """Made in a child, because even to parse a hostile text may end a process; one by one if it does."""
    found = {}
    for names in [list(answers), *[[name] for name in answers]]:
        with sandbox.child(kit) as line:
            try:
                trees = line.ask({"name": exercise.name, "trees": [answers[name] for name in names]})
            except Gone:
                continue
        if isinstance(trees, list) and all(isinstance(tree, str) for tree in trees):
            found.update(zip(names, (tree.split() for tree in trees), strict=False))
        if len(found) == len(answers):
            break
    return found


def _solution(exercise: Exercise) -> tuple[str, ...]:
    """The code cells of the solved lesson, where this is a checkout."""
    for path in (Path(__file__).parents[2] / "solutions").glob(f"{exercise.lesson}_*.ipynb"):
        return submissions.read("", path).cells
    return ()
