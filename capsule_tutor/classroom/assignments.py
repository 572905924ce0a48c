"""`capsule-tutor nbgrader`: lessons as assignments, with points, answers and checks in cells of their own.

The source version holds our answer between nbgrader's markers; `nbgrader generate_assignment` takes it away and leaves
the lesson's own stub (`stubs`). A check is a locked cell that is worth as many points as its exercise is important:
under nbgrader a check that does not pass raises, so that a blank earns nothing.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from capsule_tutor import authoring, checks, course, files
from capsule_tutor.doctor import ROOT

_IMPORTS = re.compile(r"^from capsule_tutor import .*\bchecks\b", re.MULTILINE)
_CONFIG = Path(__file__).with_name("nbgrader_config.py.txt")


def write(out: Path, lessons: Iterable[str], hints: int = 3, say: Callable[[str], None] = print) -> None:
    """Make nbgrader's course folder `out`, with an assignment for each lesson and a configuration that fits.

    lessons   as people name them: "02", "4", "04_dynamic_routing"
    hints     how many of the three hints are left over each exercise
    What is there already and differs is left as it is, with a line, as a teacher may have changed it.
    Raises KeyError for an unknown lesson and AuthoringError for one that has no source here.
    """
    made = {}
    for lesson in [course.find(name) for name in lessons]:
        notebook = assignment(lesson, hints)
        made[Path("source") / lesson.stem / f"{lesson.stem}.ipynb"] = authoring.as_text(notebook)
        points = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
        say(f"{lesson.number} · {lesson.title}: {points} points")
    made[Path("nbgrader_config.py")] = _CONFIG.read_text(encoding="utf-8")
    for place, text in made.items():
        path = out / place
        if path.exists() and path.read_text(encoding="utf-8") != text:
            say(f"left {path} as it is, as it differs from what would be written; delete it to have it made again")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(path, text)
        say(f"wrote {path}")


def assignment(lesson: course.Lesson, hints: int = 3):
    """One lesson as the source version of an assignment. Raises AuthoringError if it has no source here."""
    path = course.source(lesson)
    if not path.is_file():
        raise authoring.AuthoringError(
            f"There is no source of lesson {lesson.number} in {ROOT}: assignments are made in a checkout of the "
            "repository."
        )
    expand = partial(checks.brief, hints=hints)
    notebook = authoring.assignment_notebook(path.read_text(encoding="utf-8"), path.name, expand)
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)  # the title's, which is there to make nbgrader refuse other notebooks
    notebook.cells = [part for cell in notebook.cells for part in _parts(cell)]
    return notebook


def _parts(cell) -> list:
    """An exercise as two cells, answer and check; any other cell as it is."""
    found = authoring.CHECK.search(cell.source) if cell.cell_type == "code" else None
    if not found:
        if cell.cell_type == "code" and _IMPORTS.search(cell.source):  # put back before grading, whatever it became
            cell.metadata["nbgrader"] = authoring.nbgrader_cell(cell.id, locked=True)
        return [cell]
    from nbformat.v4 import new_code_cell

    exercise = checks.find(found[1])
    check = new_code_cell(cell.source[found.start() :], id=f"{cell.id}-check")
    check.metadata["nbgrader"] = authoring.nbgrader_cell(check.id, grade=True, locked=True, points=exercise.importance)
    cell.source = cell.source[: found.start()].rstrip()
    cell.metadata["nbgrader"] = authoring.nbgrader_cell(cell.id, solution=True)
    return [cell, check]
