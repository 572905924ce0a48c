"""Grading a folder: fair scores, a report that can be trusted, and a copy of the package without the answers."""

import inspect
import json
import os
import time
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from capsule_tutor import checks, cli
from capsule_tutor.checks import wire
from capsule_tutor.grading import cells, grader, kit, report, sandbox, similarity, submissions

ROOT = Path(__file__).parents[1]
SETUP = "import torch\nfrom capsule_tutor import checks"
SLOPE = "def squash_slope(n):\n    return 2 * n / (1 + n**2) ** 2\nsquash_slope = checks.squash_slope(squash_slope)"
SQUASH = (
    "def squash(s, dim=-1, eps=1e-8):\n    n2 = (s * s).sum(dim, keepdim=True)\n"
    "    return n2 / (1 + n2) * s / (n2 + eps).sqrt()\nsquash = checks.squash(squash)"
)
POSES = (
    "def parent_poses(c, u_hat):\n    return squash((c.unsqueeze(-1) * u_hat).sum(1))\n"
    "parent_poses = checks.parent_poses(parent_poses)"
)


def notebook(path, *sources):
    path.parent.mkdir(parents=True, exist_ok=True)
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code}), encoding="utf-8")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """nbgrader's folders, with students of every kind."""
    folder = tmp_path_factory.mktemp("course")
    for place, name in (("solutions", "perfect"), ("lessons", "blank")):
        for path in (ROOT / place).glob("0[24]_*.ipynb"):
            copy = folder / "submitted" / name / "homework" / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    half = folder / "submitted" / "half" / "homework"
    notebook(half / "02_squash.ipynb", SETUP, SQUASH, SLOPE.replace("2 * n", "n"))
    (half / "timestamp.txt").write_text("2026-03-03 10:00:00.000000 UTC")
    notebook(folder / "submitted" / "=SUM(A1)<b>" / "homework" / "02_squash.ipynb", SETUP, SQUASH + " )", SLOPE)
    broken = folder / "submitted" / "torn" / "homework" / "02_squash.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    notebook(folder / "release" / "homework" / "02_squash.ipynb", SETUP)
    return folder


@pytest.fixture(scope="module")
def graded(course):
    late = grader.Late(datetime(2026, 3, 1, 23, 59), per_day=0.1, most=0.5)
    return grader.grade(course, ["02", "4"], seed=7, late=late, limits=sandbox.Limits(patience=300))


def test_honest_scores_are_fair(graded):
    assert graded.of == sum(checks.find(id_).importance for id_ in graded.students[0].points) == 39
    scores = {student.name: sum(student.points.values()) for student in graded.students}
    assert scores == {"perfect": 39, "blank": 0, "half": 5, "=SUM(A1)<b>": 3, "torn": 0}
    by_name = {student.name: student for student in graded.students}
    assert {verdict.status for verdict in by_name["blank"].verdicts.values()} == {"not attempted"}
    assert by_name["half"].verdicts["02-squash-slope"].sentence.startswith("The factor 2 is missing")
    assert "is not Python (SyntaxError" in by_name["=SUM(A1)<b>"].verdicts["02-squash"].sentence
    assert "02_squash.ipynb: it is not a notebook (JSONDecodeError" in by_name["torn"].problems[0]


def test_coming_late_costs_a_share_for_each_day_begun(graded):
    (half,) = (student for student in graded.students if student.name == "half")
    assert half.lost == pytest.approx(0.2)
    assert half.total == pytest.approx(5 * 0.8)
    due = datetime(2026, 1, 1)
    late = grader.Late(due, per_day=0.25, most=0.6)
    assert [late.lost(datetime(2026, 1, day)) for day in (1, 2, 3, 9)] == [0, 0.25, 0.5, 0.6]
    assert grader.Late().lost(due) == 0


def test_the_table_and_the_page(graded):
    rows = report.as_csv(graded).splitlines()
    assert rows[0].startswith("student,02-squash,02-squash-slope,")
    assert rows[0].endswith(",late,total,of,not read")
    assert any(row.startswith("torn,") and "02_squash.ipynb: it is not a notebook" in row for row in rows)
    assert len(rows) == 1 + 5
    assert any(row.startswith("'=SUM(A1)<b>,0,3,") for row in rows), "no spreadsheet is to compute a name"
    page = report.as_html(graded)
    assert "=SUM(A1)&lt;b&gt;" in page
    assert "<b>" not in page.replace("<b>0", "")
    assert "--seed 7" in page
    assert "out of reach are" in page
    assert "http" not in page, "the page needs no network"


def test_no_spreadsheet_computes_the_name_of_a_file():
    eve = grader.Student("eve", problems=["=1+1.ipynb: it is not a notebook"])
    row = report.as_csv(grader.Report([], [eve], 0, "", False, [])).splitlines()[1]
    assert row.endswith(",'=1+1.ipynb: it is not a notebook")


def test_the_same_answer_as_the_solution_is_a_hint(graded):
    assert any({pair.one, pair.other} == {"perfect", similarity.SOLUTION} for pair in graded.pairs)
    assert all(pair.similarity >= similarity.FROM for pair in graded.pairs)


def test_similarity_sees_through_names_and_layout():
    mine = cells.normalised([SETUP, SQUASH], "squash").split()
    names = SQUASH.replace("n2", "length_squared").replace("    return", "    # the rest\n    return")
    assert cells.normalised([SETUP, names], "squash").split() == mine
    other = "def squash(s, dim=-1, eps=1e-8):\n    n = s.norm(dim=dim, keepdim=True)\n    return s * n / (1 + n * n)"
    assert similarity.similarity(cells.normalised([other], "squash").split(), mine) < similarity.FROM


def test_parts_of_an_answer_earn_parts_of_its_points(tmp_path):
    no_eps = SQUASH.replace("(n2 + eps).sqrt()", "n2.sqrt()")
    no_gradient = SQUASH.replace("(s * s)", "(s * s).detach()")
    for name, answer in (
        ("edges", no_eps),
        ("gradient", no_gradient),
        ("shape", SQUASH.replace("return", "return 1,")),
    ):
        notebook(tmp_path / f"{name}.ipynb", SETUP, answer)
    found = grader.grade(tmp_path, ["02"], seed=1, partial=True, limits=sandbox.Limits(patience=300))
    points = {student.name: student.points["02-squash"] for student in found.students}
    assert points == {"edges": 3.75, "gradient": 2.5, "shape": 0}
    assert {student.name: student.verdicts["02-squash"].status for student in found.students} == dict.fromkeys(
        points, "not yet"
    )


def test_a_test_sees_that_its_input_was_changed_in_place(tmp_path):
    test = inspect.getsource(checks.find("perturb_test").reference)
    notebook(tmp_path / "ada.ipynb", SETUP, f"{test}\nperturb_test = checks.perturb_test(perturb_test)")
    found = grader.grade(tmp_path, ["07"], seed=1, limits=sandbox.Limits(patience=300))
    verdict = found.students[0].verdicts["07-perturb-test"]
    assert verdict.status == "passed", verdict.sentence


def test_a_lesson_goes_on_with_the_reference(tmp_path):
    coupling = "def coupling(logits):\n    raise NotImplementedError\ncoupling = checks.coupling(coupling)"
    routing = (
        "from capsule_tutor.functional import squash\n"
        "def dynamic_routing(u_hat, iterations=3, bias=None):\n"
        "    b = u_hat.new_zeros(u_hat.shape[:3])\n"
        "    for n in range(iterations):\n"
        "        c = coupling(b)\n"
        "        s = torch.einsum('bij,bijz->bjz', c, u_hat)\n"
        "        v = squash(s if bias is None else s + bias)\n"
        "        b = b + torch.einsum('bijz,bjz->bij', u_hat, v)\n"
        "    return v, c\n"
        "dynamic_routing = checks.dynamic_routing(dynamic_routing)"
    )
    notebook(tmp_path / "ada.ipynb", SETUP, coupling, routing)
    found = grader.grade(tmp_path, ["04"], seed=1, limits=sandbox.Limits(patience=300))
    verdicts = found.students[0].verdicts
    assert verdicts["04-coupling"].status == "not attempted"
    assert verdicts["04-dynamic-routing"].status == "passed", verdicts["04-dynamic-routing"].sentence


def test_the_command(tmp_path):
    notebook(tmp_path / "in" / "ada.ipynb", SETUP, SQUASH, SLOPE)
    arguments = ["grade", str(tmp_path / "in"), "--lessons", "02", "--csv", str(tmp_path / "grades.csv")]
    arguments += ["--html", str(tmp_path / "page.html"), "--seed", "3"]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    earned = sum(checks.find(name).importance for name in ("squash", "squash_slope"))
    whole = sum(exercise.importance for exercise in checks.EXERCISES.values() if exercise.lesson == "02")
    assert f"ada: {earned} of {whole}" in done.output
    row = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[1]
    assert row.startswith("ada,5,3,0,")
    assert row.endswith(f",-0%,{earned},{whole},")
    assert "ada" in (tmp_path / "page.html").read_text(encoding="utf-8")
    empty = CliRunner().invoke(cli.app, ["grade", str(tmp_path / "out"), "--lessons", "02"])
    assert (empty.exit_code, empty.exception.__class__) == (1, SystemExit)
    unknown = CliRunner().invoke(cli.app, ["grade", str(tmp_path), "--lessons", "77"])
    assert "There is no lesson '77'" in unknown.output


def test_what_cannot_be_written_is_said_before_the_grading(tmp_path):
    notebook(tmp_path / "ada.ipynb", SETUP, SQUASH)
    arguments = ["grade", str(tmp_path), "--lessons", "02"]
    done = CliRunner().invoke(cli.app, [*arguments, "--csv", str(tmp_path / "typo" / "grades.csv")])
    assert (done.exit_code, "there is no folder" in done.output, "ada" in done.output) == (1, True, False)
    done = CliRunner().invoke(cli.app, [*arguments, "--late", "10"])
    assert (done.exit_code, "--late needs --due" in done.output) == (1, True)
    done = CliRunner().invoke(cli.app, [*arguments, "--due", "2026-03-01"])
    assert (done.exit_code, "--due needs --late" in done.output) == (1, True)
    done = CliRunner().invoke(cli.app, [*arguments, "--csv", str(tmp_path)])
    assert (done.exit_code, "is a folder: name a file in it" in done.output, "ada" in done.output) == (1, True, False)
    done = CliRunner().invoke(cli.app, [*arguments, "--without", "squach"])
    assert (done.exit_code, "There is no exercise 'squach' to leave out" in done.output) == (1, True)


def test_a_teacher_can_leave_an_exercise_out():
    names = [one.name for one in grader.of_lessons(["11"], ["what_they_share"])]
    assert [one.name for one in grader.of_lessons(["11"]) if one.name not in names] == ["what_they_share"]


def test_one_strange_answer_does_not_end_the_grading(tmp_path, monkeypatch):
    notebook(tmp_path / "ada.ipynb", SETUP, SQUASH, SLOPE)
    judged = grader.judge

    def strange(asked, *more):
        if asked.exercise.name == "squash":
            raise OverflowError("int too large")
        return judged(asked, *more)

    monkeypatch.setattr(grader, "judge", strange)
    (ada,) = grader.grade(tmp_path, ["02"], seed=1, limits=sandbox.Limits(patience=300)).students
    assert "could not be judged (OverflowError: int too large)" in ada.verdicts["02-squash"].sentence
    assert ada.verdicts["02-squash-slope"].status == "passed"


def test_a_number_beyond_all_counts_is_a_wrong_answer(tmp_path):
    huge = "def capsnet_parameters(**_):\n    return 1152**160\ncapsnet_parameters = checks.capsnet_parameters("
    notebook(tmp_path / "ada.ipynb", SETUP, huge + "capsnet_parameters)")
    (ada,) = grader.grade(tmp_path, ["06"], seed=1, limits=sandbox.Limits(patience=300)).students
    assert ada.verdicts["06-capsnet-parameters"].status == "not yet"
    assert "could not be judged" not in ada.verdicts["06-capsnet-parameters"].sentence


def test_another_lesson_costs_no_lateness(tmp_path):
    for lesson, source, day in (("02_squash", SLOPE, 30), ("05_losses", "x = 1", 31)):
        folder = tmp_path / "submitted" / "ada" / lesson
        notebook(folder / f"{lesson}.ipynb", SETUP, source)
        (folder / "timestamp.txt").write_text(f"2026-01-{day} 12:00")
    late = grader.Late(datetime(2026, 1, 30, 23), per_day=0.1)
    (ada,) = grader.grade(tmp_path, ["02"], seed=1, late=late, limits=sandbox.Limits(patience=300)).students
    assert ada.lost == 0


def test_a_function_of_a_case_takes_no_number_that_would_keep_it_busy():
    said = sandbox._called(
        [lambda iterations: range(iterations)], {"remote": 0, "args": (), "kwargs": {"iterations": 9**9}}
    )
    assert said == {"raised": ("ValueError", "these inputs are too large")}


# ---- what a child has, and what it has not


def test_a_kit_has_no_answers(tmp_path):
    squash = checks.find("02-squash")
    copy = tmp_path / kit.write(tmp_path, squash) / "capsule_tutor"
    for name in ("exercises", "museum", "cli.py", "checks/exercise.py", "checks/comparing.py", "grading/grader.py"):
        assert not (copy / name).exists(), name
    text = (copy / "functional.py").read_text(encoding="utf-8")
    assert "n2 / (m**-2 + n2)" not in text
    assert kit.TAKEN_OUT in text
    assert (copy / "weights" / "capsnet-mnist.json").is_file()


def test_what_is_taken_out_must_be_there():
    assert "raise RuntimeError" in kit.without("class A:\n    def f(self):\n        return 1", "A.f")
    with pytest.raises(KeyError, match=r"there is no A\.g"):
        kit.without("class A:\n    def f(self):\n        return 1", "A.g")


@pytest.mark.parametrize("exercise", checks.EXERCISES.values(), ids=lambda e: e.id)
def test_a_reference_can_be_handed_to_a_child_without_its_file(exercise):
    source = kit.reference_source(exercise.name)
    assert "oracle" not in source
    assert "exercises" not in source
    names = {}
    exec(compile(source, "reference", "exec"), names)
    assert callable(names["reference"])


# ---- finding notebooks


def test_students_are_folders_or_files(tmp_path):
    notebook(tmp_path / "ada" / "02.ipynb", "a = 1")
    notebook(tmp_path / "ada" / ".ipynb_checkpoints" / "02-checkpoint.ipynb", "a = 2")
    notebook(tmp_path / "bob.ipynb", "b = 1")
    (tmp_path / "eve.ipynb").symlink_to(tmp_path / "bob.ipynb")
    found = submissions.find(tmp_path)
    assert {name: [n.path.name for n in notebooks] for name, notebooks in found.items()} == {
        "ada": ["02.ipynb"],
        "bob": ["bob.ipynb"],
    }
    os.utime(tmp_path / "bob.ipynb", (0, 86_400))
    assert submissions.find(tmp_path)["bob"][0].when == datetime.fromtimestamp(86_400)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has one time zone for all")
@pytest.mark.parametrize(
    ("stamp", "when"),
    [
        ("2026-02-01 02:00:00.000000 UTC", datetime(2026, 1, 31, 21)),
        ("2026-02-01 02:00:00.000000 +02:00", datetime(2026, 1, 31, 19)),
        ("2026-02-01 02:00:00 Europe/Paris", datetime(2026, 1, 31, 20)),
        ("2026-02-01 02:00:00 Middle/Earth", datetime(2026, 1, 31, 21)),
        ("2026-02-01 02:00", datetime(2026, 2, 1, 2)),
    ],
)
def test_a_timestamp_is_read_in_its_own_time_zone(tmp_path, monkeypatch, stamp, when):
    notebook(tmp_path / "ada" / "02.ipynb", "a = 1")
    (tmp_path / "ada" / "timestamp.txt").write_text(stamp)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert submissions.find(tmp_path)["ada"][0].when == when
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": 3}]}'])
def test_no_file_ends_the_grading(tmp_path, content):
    (tmp_path / "ada.ipynb").write_text(content)
    (found,) = submissions.find(tmp_path)["ada"]
    assert found.cells == ()


def test_magic_and_other_languages_are_left_out():
    assert cells.without_magic("%matplotlib inline\nx = 1\n!ls\nx?") == "pass\nx = 1\npass\npass"
    assert cells.without_magic("%%time\nx = 1") == "\nx = 1"
    assert cells.without_magic("%%html\n<b>x</b>") == ""
    assert cells.without_magic("files = !ls\nused = %timeit -o f()") == "files = None\nused = None"


@pytest.mark.parametrize(
    "source",
    ["x = 5 % 3\ny = a if b else c", "x = (\n    i\n    % n\n)", "y = (\n    a\n    != b\n)", 't = """\n!ls\n"""'],
)
def test_what_is_python_stays_as_it_is(source):
    assert cells.without_magic(source) == source
    with_magic = f"%matplotlib inline\n{source}"
    if '"' not in source:
        assert cells.without_magic(with_magic) == f"pass\n{source}"


def test_only_what_an_answer_needs_is_run():
    sources = ["import torch, os", "helper = 3\nother = 4", "print(other)", "def f(x):\n    return x * helper", "f(1)"]
    needed = cells.needed(cells.statements(sources)[0], "f")
    assert [(s.cell, s.node.lineno) for s in needed] == [(1, 1), (3, 1)]


# ---- the language


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00" * 8,
        (2).to_bytes(8, "big") + b"[]",
        (3).to_bytes(8, "big") + b"{}x",
        (50_000).to_bytes(8, "big") + b"[" * 50_000,
        (24).to_bytes(8, "big") + b'{"tensor": ["float32",9]}'[:24],
        (25).to_bytes(8, "big") + b'{"tensor": ["float32",-1]}'[:25],
        (23).to_bytes(8, "big") + b'{"tensor": ["evil", 1]}',
        (26).to_bytes(8, "big") + b'{"tensor": ["float32", 4]}' + b"abc",
        (9).to_bytes(8, "big") + b'{"eval":1}'[:9],
        (13).to_bytes(8, "big") + b'{"pickle": 1}',
    ],
)
def test_no_message_does_more_than_to_be_refused(message):
    with pytest.raises(wire.WireError):
        wire.loads(message)


def test_lateness_is_typed_in_per_cent(tmp_path, monkeypatch):
    asked = []

    def graded(*given, **_):
        asked.append(given)
        raise OSError("enough")

    monkeypatch.setattr(grader, "grade", graded)
    typed = ["--due", "2026-01-31", "--late", "10", "--late-cap", "40", "--partial", "--seconds", "7"]
    CliRunner().invoke(cli.app, ["grade", str(tmp_path), "--lessons", "02", *typed])
    ((_, _, _, partial, late, _, limits),) = asked
    assert (partial, late) == (True, grader.Late(datetime(2026, 1, 31), 0.1, 0.4))
    assert (limits.seconds, limits.patience) == (7, 21)
