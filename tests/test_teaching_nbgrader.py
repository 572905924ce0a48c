"""A whole round with the real nbgrader: generate, release, submit, collect, autograde, feedback, export."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from patience import HUNG

from capsule_tutor import authoring, checks, course
from capsule_tutor.classroom import assignments

ROOT = Path(__file__).resolve().parents[1]
LESSON = course.find("02")
SOURCE = (ROOT / "solutions" / "source" / f"{LESSON.stem}.py").read_text(encoding="utf-8")
ANSWERS = {cell.id: cell.source for cell in authoring.solution_notebook(SOURCE, LESSON.stem).cells}
EXERCISES = {
    cell.id: checks.find(found[1])
    for cell in authoring.solution_notebook(SOURCE, LESSON.stem).cells
    if cell.cell_type == "code" and (found := authoring.CHECK.search(cell.source))
}
WRONG = "def {}(*args, **kwargs):\n    return args[0] * 0 + 3"
MISSED = next(id_ for id_ in EXERCISES if id_ != "squash")
SQUASH = EXERCISES["squash"].importance
ALL = sum(exercise.importance for exercise in EXERCISES.values())


def answer(id_: str) -> str:
    return authoring.CHECK.sub("", ANSWERS[id_]).rstrip()


# What each student writes into the answer cells, and the points that they earn.
STUDENTS = {
    "perfect": ({id_: answer(id_) for id_ in EXERCISES}, ALL),
    "wrong": (
        {id_: WRONG.format(exercise.name) for id_, exercise in EXERCISES.items()} | {"squash": answer("squash")},
        SQUASH,
    ),
    "syntax": (
        {id_: answer(id_) for id_ in EXERCISES} | {"squash": "def squash(s, dim=-1:\n    return s"},
        ALL - SQUASH,
    ),
}


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    assignments.write(folder, ["2"], say=lambda _: None)
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + f"\nc.Exchange.root = {str(exchange)!r}\n", encoding="utf-8")
    return folder


def nbgrader(folder: Path, *arguments: str, succeeds: bool = True, notebooks: int = 1) -> str:
    # Without this environment on PATH, as when somebody calls it by its full name.
    environment = {
        **os.environ,
        "CAPSULE_TUTOR_HOME": str(folder / "teacher"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-c", "from nbgrader.apps.nbgraderapp import main; main()", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=notebooks * HUNG
    )
    assert (result.returncode == 0) == succeeds, result.stderr[-3000:]
    return result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")
def test_a_whole_round(course_folder):
    pytest.importorskip("nbgrader", reason="nbgrader is not installed")
    assignment = LESSON.stem
    nbgrader(course_folder, "generate_assignment", assignment)
    released = (course_folder / "release" / assignment / f"{assignment}.ipynb").read_text(encoding="utf-8")
    assert "SOLUTION" not in released
    assert "stub:" not in released
    notebook = nbformat.reads(released, as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    for id_, exercise in EXERCISES.items():
        assert cells[f"{id_}-check"].metadata.nbgrader.points == exercise.importance
    # What is released says, cell by cell, what the learner's lesson says, so no answer is in it.
    lesson = authoring.learner_notebook(SOURCE, LESSON.stem, checks.brief)
    whole = "\n\n\n".join(cell.source for cell in notebook.cells)
    assert re.sub(r"\s+", " ", whole) == re.sub(r"\s+", " ", "\n".join(cell.source for cell in lesson.cells))

    nbgrader(course_folder, "release_assignment", assignment)
    for student, (answers, _) in STUDENTS.items():
        folder = course_folder / "homes" / student
        (folder / assignment).mkdir(parents=True)
        mine = nbformat.reads(released, as_version=4)
        for cell in mine.cells:
            cell.source = answers.get(cell.id, cell.source)
        nbformat.write(mine, folder / assignment / f"{assignment}.ipynb")
        place = f"--Exchange.assignment_dir={folder}"
        nbgrader(course_folder, "submit", assignment, f"--student={student}", place)
    nbgrader(course_folder, "collect", assignment)
    nbgrader(course_folder, "autograde", assignment, notebooks=len(STUDENTS))
    nbgrader(course_folder, "generate_feedback", assignment)
    nbgrader(course_folder, "release_feedback", assignment)
    nbgrader(course_folder, "export")

    with (course_folder / "grades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        s: points for s, (_, points) in STUDENTS.items()
    }
    assert {float(row["max_score"]) for row in rows} == {ALL}
    page = (course_folder / "feedback" / "wrong" / assignment / f"{assignment}.html").read_text(encoding="utf-8")
    assert f"{EXERCISES[MISSED].id}: not yet." in page
    assert "02-squash: passed." in page
    assert not (course_folder / "teacher").exists(), "grading recorded somebody's progress as the teacher's"


@pytest.mark.parametrize(("place", "ours"), [("lessons", True), ("solutions", False)])
def test_a_notebook_as_it_is_ends_in_a_clear_line(course_folder, tmp_path, place, ours):
    pytest.importorskip("nbgrader", reason="nbgrader is not installed")
    if ours:
        (tmp_path / "nbgrader_config.py").write_bytes((course_folder / "nbgrader_config.py").read_bytes())
    target = tmp_path / "source" / "02" / f"{LESSON.stem}.ipynb"
    target.parent.mkdir(parents=True)
    target.write_bytes((ROOT / place / target.name).read_bytes())
    (tmp_path / "gradebook.db").touch()
    path = str(Path(sys.executable).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([path, os.environ["PATH"]]))
        said = nbgrader(tmp_path, "generate_assignment", "02", "--course=x", succeeds=False)
    assert re.search(
        r"Make one of a lesson with `capsule-tutor nbgrader|make-one-with--capsule-tutor-nbgrader-02", said
    )
    assert not list((tmp_path / "release").rglob("*.ipynb"))
