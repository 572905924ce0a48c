"""`capsule-tutor misconceptions`: every mistake that a check knows by name, and what it says to whoever makes it."""

import csv
import io
from collections.abc import Iterable
from typing import NamedTuple

from capsule_tutor import checks, course


class Misconception(NamedTuple):
    lesson: str  # "02"
    exercise: str  # "02-squash"
    name: str  # "no eps"
    says: str


def of(lessons: Iterable[str] = ()) -> list[Misconception]:
    """Those of some lessons, or all of them, in the order of the course. Raises KeyError for an unknown lesson."""
    chosen = [course.find(lesson).number for lesson in lessons]
    return [
        Misconception(exercise.lesson, exercise.id, mutant.name.replace("_", " "), mutant.says)
        for exercise in checks.EXERCISES.values()
        if exercise.lesson in chosen or not chosen
        for mutant in exercise.mutants
    ]


def as_text(found: list[Misconception]) -> str:
    """For a terminal: under each exercise its mistakes."""
    lines, exercise = [], ""
    for one in found:
        if one.exercise != exercise:
            exercise = one.exercise
            lines += ["", exercise]
        lines.append(f"  {one.name}: {one.says}")
    return "\n".join(lines).lstrip()


def as_csv(found: list[Misconception]) -> str:
    """For a spreadsheet, with a line of headings."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(Misconception._fields)
    rows.writerows(found)
    return out.getvalue()


def as_html(found: list[Misconception]) -> str:
    """One page with a table for each lesson, to print or to send."""
    from capsule_tutor.classroom import pages

    lessons = [(known, [one for one in found if one.lesson == known.number]) for known in course.LESSONS]
    return pages.render("misconceptions.html.j2", lessons=[pair for pair in lessons if pair[1]], count=len(found))
