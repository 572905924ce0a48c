"""For the lessons whose exercises have not yet moved into files of their own."""

from capsule_tutor.checks import exercise
from capsule_tutor.checks.cases import Case, case, numbers
from capsule_tutor.checks.exercise import Mutant
from capsule_tutor.checks.wording import told_apart

__all__ = ["Case", "Exercise", "Mutant", "case", "numbers", "told_apart"]


def Exercise(*, id, reference, **rest):
    return exercise.Exercise(lesson=id[:2], name=reference.__name__, reference=reference, **rest)
