"""What a class needs: handouts without solutions, new versions that keep answers, lessons out of a wheel."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from html import unescape
from pathlib import Path

import nbformat
import pytest
import typer
import yaml
from nbformat.v4 import new_code_cell
from typer.testing import CliRunner

from capsule_tutor import authoring, checks, cli, course, museum, site
from capsule_tutor.checks import progress
from capsule_tutor.classroom import assignments, handout, misconceptions, report, slides, versions

ROOT = Path(__file__).resolve().parents[1]


pytestmark = pytest.mark.usefixtures("own_progress")


def run(*arguments: object):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def lesson(number: str = "02"):
    path = ROOT / "solutions" / "source" / f"{course.find(number).stem}.py"
    return authoring.learner_notebook(path.read_text(encoding="utf-8"), path.name, checks.brief)


def cell(notebook, id_: str):
    return next(cell for cell in notebook.cells if cell.id == id_)


# ---- assignments


@pytest.mark.parametrize("hints", [0, 1, 2, 3])
def test_as_many_hints_as_a_teacher_leaves(hints):
    text = "\n".join(cell.source for cell in assignments.assignment(course.find("02"), hints).cells)
    for exercise in (checks.find(name) for name in ("02-squash", "02-squash-slope", "02-exponential-squash")):
        assert [hint in text for hint in exercise.hints] == [n <= hints for n in (1, 2, 3)]


@pytest.mark.parametrize("known", course.LESSONS, ids=lambda known: known.stem)
def test_every_exercise_of_every_lesson_has_its_two_cells(known):
    cells = assignments.assignment(known).cells
    points = {c.id.removesuffix("-check"): c.metadata.nbgrader["points"] for c in cells if c.id.endswith("-check")}
    asked = {c.id for c in cells if c.cell_type == "code" and "### BEGIN SOLUTION" in c.source}
    assert asked == points.keys() == {c.id for c in cells if c.metadata.get("nbgrader", {}).get("solution")}
    exercises = [exercise for exercise in checks.EXERCISES.values() if exercise.lesson == known.number]
    assert sum(points.values()) == sum(exercise.importance for exercise in exercises)
    locked = [
        c for c in cells if c.metadata.get("nbgrader", {}).get("locked") and c.id not in map("{}-check".format, asked)
    ]
    assert len(locked) == 1
    assert re.search(r"import .*checks", locked[0].source)


def test_a_teachers_changes_to_an_assignment_are_left(tmp_path):
    assert run("nbgrader", "02", "--out", tmp_path).exit_code == 0
    changed = tmp_path / "source" / "02_squash" / "02_squash.ipynb"
    changed.write_text(changed.read_text(encoding="utf-8").replace("Squash", "Squeeze"), encoding="utf-8")
    result = run("nbgrader", "02", "4", "--out", tmp_path)
    points = sum(exercise.importance for exercise in checks.EXERCISES.values() if exercise.lesson == "04")
    assert f"04 · Dynamic routing: {points} points" in result.output
    assert f"left {changed} as it is" in result.output
    assert "Squeeze" in changed.read_text(encoding="utf-8")
    assert (tmp_path / "source" / "04_dynamic_routing").is_dir()


@pytest.mark.parametrize("command", ["nbgrader", "handout"])
def test_an_assignment_that_cannot_be_made_is_a_line(command, tmp_path):
    result = run(command, "99", "--out", tmp_path / command)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert "There is no lesson '99'" in result.output


def test_grading_neither_reads_nor_writes_the_teachers_progress(monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "_memory", {})
    progress.record("02-squash", "passed")
    mine = (tmp_path / "progress" / "progress.json").read_bytes()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert progress.load() == {}
    progress.record("02-squash", "not yet", "Why.")
    progress.record("03-votes", "passed")
    assert {id_: record["status"] for id_, record in progress.load().items()} == {
        "02-squash": "not yet",
        "03-votes": "passed",
    }
    assert (tmp_path / "progress" / "progress.json").read_bytes() == mine


# ---- handouts


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handout")
    assert run("handout", "02", "04", "--out", folder / "class.zip").exit_code == 0
    with zipfile.ZipFile(folder / "class.zip") as archive:
        archive.extractall(folder)
    return folder / handout.FOLDER


def test_a_handout_holds_its_lessons_and_no_solutions(unpacked):
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert {name for name in names if name.endswith(".ipynb")} == {
        "lessons/00_start.ipynb",
        "lessons/02_squash.ipynb",
        "lessons/04_dynamic_routing.ipynb",
    }
    assert not [name for name in names if re.match(r"solutions|tests|\.git|\.venv|runs", name)]
    assert {"README.md", "LICENSE", "pyproject.toml", "Makefile", "capsule_tutor/cli.py"} <= names
    assert not [name for name in names if "__pycache__" in name]
    for lesson_, name in (("02", "02_squash"), ("04", "04_dynamic_routing")):
        assert (unpacked / "lessons" / f"{name}.ipynb").read_text(encoding="utf-8") == authoring.as_text(
            lesson(lesson_)
        )
    right = next(answer for answer in checks.squash.right)
    assert right.__name__ not in (unpacked / "capsule_tutor" / "exercises" / "lesson02" / "squash.py").read_text(
        encoding="utf-8"
    )


def test_a_handouts_first_page_knows_its_lessons_alone(unpacked):
    text = (unpacked / "lessons" / "00_start.ipynb").read_text(encoding="utf-8")
    assert "Begin with [lesson 02](02_squash.ipynb)" in text
    assert set(re.findall(r"\]\((\w+\.ipynb)\)", text)) == {"02_squash.ipynb", "04_dynamic_routing.ipynb"}
    assert "Begin with [lesson 01](01_capsules.ipynb)" in (ROOT / "lessons" / "00_start.ipynb").read_text(
        encoding="utf-8"
    )


def test_a_handouts_board_shows_its_lessons_and_its_checks_work(unpacked, tmp_path):
    code = (
        "from capsule_tutor import checks, functional\n"
        "def squash(s, dim=-1, eps=1e-8):\n"
        "    n2 = (s * s).sum(dim, keepdim=True)\n"
        "    return n2 / (1 + n2) * s / (n2 + eps).sqrt()\n"
        "checks.squash(squash)\n"
        "checks.board()\n"
    )
    (tmp_path / "try.py").write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONIOENCODING": "utf-8"}
    said = subprocess.run(
        [sys.executable, tmp_path / "try.py"], env=environment, capture_output=True, encoding="utf-8", cwd=tmp_path
    ).stdout
    assert "02-squash: passed" in said
    shown = set(re.findall(r"\b(\d\d)-[a-z]", said))
    assert shown == {"02", "04"}
    assert f"\n1 of {len([e for e in checks.EXERCISES.values() if e.lesson in shown])} passed\n" in said


def test_a_handout_is_made_in_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(handout, "ROOT", tmp_path)
    with pytest.raises(authoring.AuthoringError, match="make handouts in a checkout"):
        handout.write(tmp_path / "class.zip", ["02"])
    assert list(tmp_path.iterdir()) == []


# ---- new versions


@pytest.fixture
def mine(tmp_path):
    """A lesson in which somebody has worked, and the folder that it is in."""
    notebook = lesson()
    cell(notebook, "squash").source = "def squash(s, dim=-1, eps=1e-8):\n    return s  # mine"
    place = [c.id for c in notebook.cells].index("table") + 1
    notebook.cells.insert(place, new_code_cell("print('an experiment')", id="1a2b3c4d"))
    notebook.cells.append(new_code_cell("", id="9f8e7d6c"))  # as JupyterLab adds one at the end
    path = tmp_path / "lessons" / "02_squash.ipynb"
    path.parent.mkdir()
    path.write_text(authoring.as_text(notebook), encoding="utf-8")
    return path


def new_version(tmp_path: Path) -> Path:
    """The same lesson, as its authors have changed it: a text, a gap, one cell gone, one more."""
    notebook = lesson()
    cell(notebook, "table-read").source = "Read the table twice."
    cell(notebook, "exponential-squash").source += "\n# a new comment"
    cell(notebook, "squash").source += "\n# a new comment"
    notebook.cells.remove(cell(notebook, "exercise-squash"))
    notebook.cells.append(new_code_cell("print('new')", id="news"))
    notebook.metadata["capsule_tutor"] = {"cells": {c.id: authoring.fingerprint(c) for c in notebook.cells}}
    path = tmp_path / "new" / "02_squash.ipynb"
    path.parent.mkdir()
    path.write_text(authoring.as_text(notebook), encoding="utf-8")
    return path


def test_an_update_brings_the_new_and_keeps_the_answers(mine, tmp_path):
    before, new = mine.read_bytes(), new_version(tmp_path)
    for left in (".ipynb_checkpoints/02_squash-checkpoint.ipynb", "02_squash.before-update-1.ipynb"):
        (new.parent / left).parent.mkdir(exist_ok=True)
        (new.parent / left).write_bytes(before)
    result = run("update", mine, "--new", new.parent)
    assert result.exit_code == 0, result.output
    assert "kept your work in 2 cells (1a2b3c4d, squash)" in result.output
    assert "changed these cells, too, so compare them with a new copy: squash\n" in result.output
    updated, wanted = nbformat.read(mine, as_version=4), nbformat.read(new, as_version=4)
    assert cell(updated, "squash").source.endswith("# mine")
    assert cell(updated, "table-read").source == "Read the table twice."
    ids = [c.id for c in updated.cells]
    assert ids[ids.index("table") + 1] == "1a2b3c4d"
    assert [id_ for id_ in ids if id_ != "1a2b3c4d"] == [c.id for c in wanted.cells]
    assert mine.with_name("02_squash.before-update-1.ipynb").read_bytes() == before
    # A second time nothing is left to do, and the answers are still known as such.
    assert "up to date" in run("update", mine, "--new", new.parent).output
    assert "1a2b3c4d" in authoring.changed(nbformat.read(mine, as_version=4), wanted)


def test_an_archive_of_the_repository_holds_solutions_too(mine, tmp_path):
    """As GitHub packs it: lessons, then solutions of the same names, and what Jupyter leaves behind."""
    before = nbformat.read(mine, as_version=4)
    archive = tmp_path / "main.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("main/lessons/.ipynb_checkpoints/02_squash-checkpoint.ipynb", "{")
        packed.write(new_version(tmp_path), "main/lessons/02_squash.ipynb")
        packed.write(ROOT / "solutions" / "02_squash.ipynb", "main/solutions/02_squash.ipynb")
    assert run("update", mine, "--new", archive).exit_code == 0
    updated = nbformat.read(mine, as_version=4)
    assert cell(updated, "table-read").source == "Read the table twice."
    assert cell(updated, "exponential-squash").source.startswith(cell(before, "exponential-squash").source)
    assert not any(c.get("outputs") for c in updated.cells)
    result = run("update", mine, "--new", ROOT / "solutions" / "02_squash.ipynb")
    assert result.exit_code == 1
    assert "There is no lesson 02 for learners in" in result.output


def test_what_a_lesson_has_shown_is_kept(mine, tmp_path):
    """A lesson that was only run, and saved by Jupyter, is up to date; a new version keeps what still holds."""
    ran = nbformat.read(mine, as_version=4)
    for number, code in enumerate((c for c in ran.cells if c.cell_type == "code"), start=1):
        code.outputs, code.execution_count = [nbformat.v4.new_output("stream", text=f"shown {code.id}")], number
        code.metadata["collapsed"] = False
    ran.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    nbformat.write(ran, mine)
    before = mine.read_bytes()
    assert "02_squash.ipynb is up to date" in run("update", mine).output
    assert mine.read_bytes() == before
    assert run("update", mine, "--new", new_version(tmp_path)).exit_code == 0
    updated = nbformat.read(mine, as_version=4)
    for kept in ("table", "1a2b3c4d", "squash"):
        assert cell(updated, kept).outputs[0].text == f"shown {kept}"
    assert not cell(updated, "exponential-squash").outputs, "its code has changed"


def test_an_update_keeps_an_answer_whose_cell_is_gone_and_of_a_lesson_without_fingerprints(mine, tmp_path):
    notebook = nbformat.read(mine, as_version=4)
    cell(notebook, "exercise-squash").source = "My own notes."
    mine.write_text(authoring.as_text(notebook), encoding="utf-8")
    new = new_version(tmp_path)
    assert run("update", mine, "--new", new).exit_code == 0
    ids = [c.id for c in nbformat.read(mine, as_version=4).cells]
    assert ids[ids.index("by-hand") + 1] == "exercise-squash"

    del notebook.metadata["capsule_tutor"]
    mine.write_text(authoring.as_text(notebook), encoding="utf-8")
    assert run("update", mine, "--new", new).exit_code == 0
    updated = nbformat.read(mine, as_version=4)
    assert cell(updated, "squash").source.endswith("# mine")
    assert cell(updated, "1a2b3c4d")
    assert cell(updated, "table-read").source == "Read the table twice."


def test_an_update_of_a_notebook_that_colab_saved(mine, tmp_path):
    """It moves ids to the metadata, and adds some of its own."""
    saved = json.loads(mine.read_text(encoding="utf-8"))
    saved["nbformat_minor"] = 0
    for one in saved["cells"]:
        one["metadata"] |= {"id": one.pop("id"), "outputId": "b4dd"}
    mine.write_text(json.dumps(saved), encoding="utf-8")
    result = run("update", mine, "--new", new_version(tmp_path))
    assert "kept your work in 2 cells (1a2b3c4d, squash)" in result.output, result.output


def test_an_update_from_the_checkout_and_from_a_handout(mine, unpacked, tmp_path, monkeypatch):
    archive = unpacked.parent / "class.zip"
    text = mine.read_text(encoding="utf-8")
    stale = json.loads(text)
    stale["cells"][2]["source"] = "Old text."
    stale["metadata"]["capsule_tutor"]["cells"][stale["cells"][2]["id"]] = authoring.fingerprint(
        nbformat.from_dict({"cell_type": stale["cells"][2]["cell_type"], "source": "Old text."})
    )
    monkeypatch.chdir(tmp_path)
    for arguments in (["02"], [mine, "--new", archive], []):
        mine.write_text(json.dumps(stale), encoding="utf-8")
        result = run("update", *arguments)
        assert "kept your work in 2 cells" in result.output, result.output
        assert "Old text." not in mine.read_text(encoding="utf-8")


def test_the_front_door_is_started_and_updated_like_a_lesson_and_taught_by_no_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("start", ".").exit_code == 0
    door = Path("lessons") / f"{course.START.stem}.ipynb"
    door.write_text(door.read_text(encoding="utf-8").replace("start here", "begin here"), encoding="utf-8")
    result = run("update", door)
    assert result.exit_code == 0
    assert "up to date" in result.output
    assert "begin here" in door.read_text(encoding="utf-8")
    for command in ("nbgrader", "handout", "slides"):
        result = run(command, "00")
        assert result.exit_code == 1
        assert "There is no lesson '00'" in result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.ipynb"], "There is no gone.ipynb."),
        (["02", "--new", "gone.zip"], "There is no gone.zip."),
        (["77"], "There is no lesson '77'"),
        (["other.ipynb"], "other.ipynb is not a lesson."),
        (["03_broken.ipynb"], "03_broken.ipynb is not a notebook"),
    ],
)
def test_an_update_that_cannot_be_made_is_a_line(mine, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    shutil.copy(mine, "other.ipynb")
    Path("03_broken.ipynb").write_text("{", encoding="utf-8")
    result = run("update", *arguments)
    assert result.exit_code == 1
    assert says in result.output
    assert len(result.output.splitlines()) == 1


def test_build_never_overwrites_answers(tmp_path, mine):
    (tmp_path / "solutions" / "source").mkdir(parents=True)
    source = (ROOT / "solutions" / "source" / "02_squash.py").read_text(encoding="utf-8")
    (tmp_path / "solutions" / "source" / "02_squash.py").write_text(
        source.replace("By hand first", "By hand"), encoding="utf-8"
    )
    shutil.copy(ROOT / "solutions" / "02_squash.ipynb", tmp_path / "solutions")
    edited = (
        (tmp_path / "solutions" / "02_squash.ipynb").read_text(encoding="utf-8").replace("By hand first", "By hand")
    )
    (tmp_path / "solutions" / "02_squash.ipynb").write_text(edited, encoding="utf-8")
    before, said = mine.read_bytes(), []
    authoring.build(tmp_path, expand=checks.brief, say=said.append)
    assert mine.read_bytes() == before
    assert said == [
        "left lessons/02_squash.ipynb as it is, as it holds a learner's work (1a2b3c4d, squash); "
        "`capsule-tutor update 02` brings the new version and keeps that"
    ]
    # An untouched lesson, even one that was run, is replaced.
    untouched = lesson()
    for number, code in enumerate([c for c in untouched.cells if c.cell_type == "code"], start=1):
        code.execution_count = number
    mine.write_text(authoring.as_text(untouched), encoding="utf-8")
    authoring.build(tmp_path, expand=checks.brief, say=said.append)
    assert said[1:] == ["wrote lessons/02_squash.ipynb"]


def test_a_change_in_metadata_alone_runs_nothing(tmp_path):
    (tmp_path / "solutions" / "source").mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / "source" / "02_squash.py", tmp_path / "solutions" / "source")
    stored = json.loads((ROOT / "solutions" / "02_squash.ipynb").read_text(encoding="utf-8"))
    stored["cells"][0]["metadata"] = {}
    (tmp_path / "solutions" / "02_squash.ipynb").write_text(json.dumps(stored))
    said = []
    authoring.build(tmp_path, expand=checks.brief, say=said.append)
    assert said == ["wrote lessons/02_squash.ipynb"]
    authoring.build(tmp_path, check=True, expand=checks.brief)


# ---- start


def notebooks(folder):
    """All notebooks of a folder, those that projects begin with, too."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")}


def test_start_copies_the_lessons_and_overwrites_nothing(tmp_path):
    mine = tmp_path / "mine" / "lessons" / "02_squash.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("my answers")
    result = run("start", tmp_path / "mine")
    assert result.exit_code == 0
    assert f"left {mine} as it is" in result.output
    assert mine.read_text(encoding="utf-8") == "my answers"
    assert notebooks(mine.parent) == notebooks(ROOT / "lessons")


def test_start_without_lessons_is_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "_PACKAGE", tmp_path / "capsule_tutor")
    result = run("start", tmp_path / "mine")
    assert result.exit_code == 1
    assert "There are no lessons beside" in result.output


def test_a_wheels_lessons_are_found(tmp_path, monkeypatch):
    inside = tmp_path / "capsule_tutor" / "lessons"
    inside.mkdir(parents=True)
    shutil.copy(ROOT / "lessons" / "02_squash.ipynb", inside)
    monkeypatch.setattr(course, "_PACKAGE", tmp_path / "capsule_tutor")
    assert versions.start(tmp_path / "mine", say=print) == tmp_path / "mine" / "lessons"
    assert [path.name for path in (tmp_path / "mine" / "lessons").iterdir()] == ["02_squash.ipynb"]
    assert course.here() == {"02"}


# ---- misconceptions and reports


def test_misconceptions_are_all_there_in_three_forms(tmp_path):
    every = misconceptions.of()
    assert len(every) == sum(len(exercise.mutants) for exercise in checks.EXERCISES.values())
    text = run("misconceptions").output
    rows = list(csv.reader(io.StringIO(run("misconceptions", "--csv").output)))
    assert rows[0] == ["lesson", "exercise", "name", "says"]
    assert [tuple(row) for row in rows[1:]] == every
    page = tmp_path / "page.html"
    assert run("misconceptions", "--html", "--out", page).exit_code == 0
    shown = unescape(page.read_text(encoding="utf-8"))
    for one in every:
        assert one.says in text
        assert one.says in shown
    assert shown.count("<h2>") == len({one.lesson for one in every})
    assert run("misconceptions", "--csv", "--html").exit_code == 1


def test_misconceptions_of_the_lesson_that_is_taught_today():
    rows = list(csv.reader(io.StringIO(run("misconceptions", "4", "02", "--csv").output)))
    assert {row[0] for row in rows[1:]} == {"02", "04"}
    unknown = run("misconceptions", "77")
    assert unknown.exit_code == 1
    assert "There is no lesson '77'" in unknown.output


def progress_file(folder: Path, records: dict) -> None:
    folder.mkdir(parents=True)
    content = {"version": 1, "exercises": records}
    (folder / "progress.json").write_text(json.dumps(content), encoding="utf-8")


NO_EPS = next(mutant for mutant in checks.squash.mutants if "eps" in mutant.name)


@pytest.fixture
def a_class(tmp_path):
    """Three learners: one has passed, one took long, one is stuck; two made the same mistake."""
    at = "2026-03-02T10:{:02}:00+00:00".format
    passed = {"status": "passed", "attempts": 1, "first": at(0), "first_passed": at(1), "last": at(1)}
    slow = {"status": "passed", "attempts": 7, "first": at(0), "first_passed": at(40), "last": at(40)}
    stuck = {"status": "not yet", "attempts": 6, "first": at(0), "last": at(50)}
    progress_file(tmp_path / "all" / "ada", {"02-squash": passed, "03-votes": passed})
    progress_file(tmp_path / "all" / "bo", {"02-squash": {**slow, "said": {NO_EPS.says: 5, "Something else.": 1}}})
    progress_file(tmp_path / "all" / "<cy>", {"02-squash": {**stuck, "said": {NO_EPS.says: 6}}})
    grades = "student,02-squash,late,total,of\nada,5,-0%,5,5\ndi,0,-0%,0,5\n"
    (tmp_path / "all" / "grades.csv").write_text(grades)
    (tmp_path / "all" / "notes.json").write_text("[1]")
    return tmp_path / "all"


def test_a_class_on_one_page(a_class, tmp_path):
    result = run("class-report", a_class, "--out", tmp_path / "class.html")
    assert result.exit_code == 0, result.output
    assert "4 learners" in result.output
    page = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert "<cy>" not in page
    assert "&lt;cy&gt;: 02-squash, 6 attempts" in page
    assert "5 of 5" in page

    learners = report.read(a_class)
    assert [one.name for one in learners] == ["<cy>", "ada", "bo", "di"]
    assert report.mistakes(learners)[0] == (2, "02-squash", NO_EPS.name.replace("_", " "), NO_EPS.says)
    assert report.mistakes(learners)[1][:3] == (1, "02-squash", "")
    effort = next(row for row in report.efforts(learners) if row["exercise"].id == "02-squash")
    assert (effort["begun"], effort["passed"], effort["attempts"], effort["minutes"]) == (3, 2, 6, 20.5)
    assert effort["long"]
    assert not next(row for row in report.efforts(learners) if row["exercise"].id == "03-votes")["long"]


def test_a_table_that_a_spreadsheet_has_saved_is_read_and_a_part_is_no_pass(tmp_path):
    table = "student;02-squash;03-votes;total;of\nada;5;0,25;5,25;10\n"
    (tmp_path / "grades.csv").write_text(table, encoding="utf-8-sig")
    (ada,) = report.read(tmp_path)
    assert ada.points == {"02-squash": 5, "03-votes": 0.25}
    assert ada.passed([checks.squash, checks.votes]) == 1
    (tmp_path / "grades.csv").write_text("student,02-squash,total,of\nada,good,5,10\n")
    with pytest.raises(report.ReportError, match="'good' for 02-squash are not a number"):
        report.read(tmp_path)


def test_what_a_learner_reads_is_recorded_for_the_report(tmp_path):
    checks.squash(NO_EPS.function)
    checks.squash(NO_EPS.function)
    checks.squash(checks.squash.right[0])
    learners = report.read(tmp_path / "progress")
    assert [row[:3] for row in report.mistakes(learners)] == [(1, "02-squash", NO_EPS.name.replace("_", " "))]
    assert progress.load()["02-squash"]["said"] == {NO_EPS.says: 2}


def test_a_learner_whose_file_is_damaged_is_asked_for_it_again(a_class, tmp_path):
    (a_class / "zoe").mkdir()
    (a_class / "zoe" / "progress.json").write_text("{", encoding="utf-8")
    result = run("class-report", a_class, "--out", tmp_path / "class.html")
    assert "Not read, ask for it again: " in result.output
    assert "4 learners" in result.output


@pytest.mark.parametrize("command", ["update", "build"])
def test_without_jupytext_the_fix_is_named(command, monkeypatch):
    def without(*_, **__):
        raise ModuleNotFoundError("No module named 'jupytext'", name="jupytext")

    monkeypatch.setattr(versions, "update", without)
    monkeypatch.setattr(authoring, "build", without)
    assert "jupytext is missing or broken. Install it: " in run(command, "02").output


def test_what_comes_after_a_question_begins_a_new_page(tmp_path):
    slides.write(course.find("04"), tmp_path / "deck.html")
    asked = (ROOT / "lessons" / "04_dynamic_routing.ipynb").read_text(encoding="utf-8").count("checks.predict(")
    assert (tmp_path / "deck.html").read_text(encoding="utf-8").count('<div class="break">') == asked > 0


def test_a_folder_without_progress_is_a_line(tmp_path):
    result = run("class-report", tmp_path)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1


def test_doctors_findings_of_a_class(tmp_path, monkeypatch):
    said = json.loads(run("doctor", "--json").output)
    assert {need["name"] for need in said["findings"]} >= {"Python", "torch", "digits load"}
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines" / "ada.json").write_text(json.dumps(said))
    for need in said["findings"]:
        if need["name"] == "torch":
            need |= {"ok": False, "detail": "not installed", "fix": "pip install torch"}
    (tmp_path / "machines" / "bo.json").write_text(json.dumps(said))
    (tmp_path / "machines" / "cy.json").write_text("{")
    told = run("doctor", "--report", tmp_path / "machines").output
    assert told.startswith("1 of 2 machines are ready.")
    assert "torch: 1\n  bo (" in told
    assert "pip install torch" in told
    assert "Not read: cy.json" in told
    assert run("doctor", "--report", tmp_path).exit_code == 0  # also from folders below
    (tmp_path / "empty").mkdir()
    assert run("doctor", "--report", tmp_path / "empty").exit_code == 1


# ---- a wheel


def test_the_citation_agrees_with_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == "MIT"
    assert {"cff-version", "message", "title", "authors", "type"} <= citation.keys()


@pytest.mark.skipif(sys.platform == "win32" and "CI" not in os.environ, reason="builds a wheel")
def test_a_wheel_is_enough(tmp_path):
    """It holds the lessons, and `start` copies them out where there is no checkout."""
    builder = "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    pytest.importorskip("hatchling")
    subprocess.run([sys.executable, "-c", builder, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    names = notebooks(tmp_path / "site" / "capsule_tutor" / "lessons")
    assert names == notebooks(ROOT / "lessons")
    code = "import sys; sys.argv[1:] = ['start', 'mine']; from capsule_tutor.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert notebooks(tmp_path / "mine" / "lessons") == names


# ---- TEACHING.md


def test_the_mistakes_are_as_often_as_the_museum_says():
    text = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
    seen = {}
    for exhibit in museum.exhibits():
        names = re.sub(r"\(.*?\)|;.*", "", re.search(r"Seen in: (.*?)\.\n", exhibit.plate + "\n", re.DOTALL)[1])
        seen[exhibit.number] = len(names.split(","))
    rows = re.findall(r"^\| (.+?) \| (\d+) \| (\d\d) \|", text.split("## The mistakes you will see")[1], re.MULTILINE)
    exhibits = (2, 1, 4, 10, 13, 6, 7, 11, 5, 23, 24, 19)
    assert [int(count) for _, count, _ in rows] == [seen[number] for number in exhibits]


def test_every_command_that_teaching_names_is_there():
    text = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"capsule-tutor ([a-z][a-z-]+)", text)) - {"python", "import"}
    group = typer.main.get_command(cli.app)
    assert len(named) > 8
    for name in named:
        assert name in group.commands, name
    asked = re.findall(r"capsule-tutor ([a-z][a-z-]+)([^`\n]*)", text)
    options = [(name, option) for name, rest in asked for option in re.findall(r"--[a-z-]+", rest)]
    assert len(options) > 10
    for name, option in options:
        known = {"--help"}.union(*(parameter.opts for parameter in group.commands[name].params))
        assert option in known, (name, option)


def test_the_cpu_environment_differs_in_torch_alone():
    usual, cpu = (
        yaml.safe_load((ROOT / f"environment{kind}.yml").read_text(encoding="utf-8")) for kind in ("", "-cpu")
    )
    torch_ = [line for line in cpu["dependencies"] if line not in usual["dependencies"]]
    assert [line for line in cpu["dependencies"] if line not in torch_] == usual["dependencies"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [line for line in project["dependencies"] if line.startswith("torch")]
    assert torch_ == [line.replace("torch>", "pytorch-cpu>") for line in needed]


# ---- the site


def test_a_site_without_sources_or_solutions_is_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "ROOT", tmp_path)
    result = run("site", "--out", tmp_path / "site")
    assert result.exit_code == 1
    assert "00_start.ipynb: run capsule-tutor build 00" in result.output
    monkeypatch.setattr(course, "_PACKAGE", tmp_path / "capsule_tutor")
    result = run("site", "--out", tmp_path / "site")
    assert "The site is made in a checkout of the repository" in result.output


def test_what_differs_from_the_solution_is_folded_and_what_a_page_cannot_do_is_left_out():
    source = course.source(course.find("02")).read_text(encoding="utf-8")
    cells = site._page(course.find("02"), source).cells
    stub = next(place for place, cell in enumerate(cells) if "def squash(" in cell.source)
    assert "NotImplementedError" in cells[stub].source
    assert not cells[stub].outputs
    assert cells[stub + 1].metadata["tags"] == ["hide-cell"]
    assert "passed" in str(cells[stub + 1].outputs)
    text = "\n".join(cell.source for cell in cells)
    assert "checks.predict" not in text
    assert "checks.board" not in text
    assert text.count('<details name="02-zero">') == 3
    assert '<div class="scene" data-scene="dial" data-needs="digits"' in text
    door = site._page(course.START, course.source(course.START).read_text(encoding="utf-8"))
    assert "doctor.findings" not in "\n".join(cell.source for cell in door.cells)
