"""A lesson goes on to its end whatever stands above a check, and the check's line says what it was."""

import ast
from pathlib import Path

import pytest

from capsule_tutor import checks, functional
from capsule_tutor.checks import notebook, progress

ROOT = Path(__file__).parents[1]
CHECK = "squash = checks.squash(squash)"
RIGHT = """def squash(s, dim=-1, eps=1e-8):
    n2 = (s * s).sum(dim, keepdim=True)
    return n2 / (1 + n2) * s / (n2 + eps).sqrt()
"""
SLIP = RIGHT.replace("def squash", "def sqaush")
SLIPS = {
    "a line that raises": (RIGHT + "print(squash(3))\n" + CHECK, "it raised AttributeError: 'int' object has no attr"),
    "a default that is not there": (RIGHT.replace("1e-8", "epsilon") + CHECK, "NameError: name 'epsilon' is not"),
    "another name": (RIGHT.replace("squash", "shrink") + CHECK, "There is no `squash` here"),
    "a slip in the name": (SLIP + CHECK, "This cell defines `sqaush`, and its check asks for"),
    "a slip in the check": ("checks.squash(1 / 0)", "ZeroDivisionError: division by zero"),
}


pytestmark = pytest.mark.usefixtures("own_progress")


def run(source, **names):
    """A cell as a notebook runs it. Returns the notebook's names."""
    names = {"checks": checks, **names}
    exec(compile(ast.fix_missing_locations(notebook.Cells().visit(ast.parse(source))), "cell", "exec"), names)
    return names


@pytest.mark.parametrize(("cell", "says"), SLIPS.values(), ids=SLIPS)
def test_what_goes_wrong_above_a_check_is_its_line(cell, says, capsys):
    names = run(cell)
    assert names.get("squash", functional.squash) is functional.squash or cell.startswith("checks")
    said = capsys.readouterr().out
    assert said.startswith("✗ 02-squash: not yet. ")
    assert says in said
    assert progress.load()["02-squash"]["attempts"] == 1


def test_a_slip_in_the_name_is_not_answered_for_an_earlier_function(capsys):
    names = run(RIGHT + CHECK)
    run(SLIP + CHECK, **names)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["✓", "✗"]
    assert progress.load()["02-squash"]["attempts"] == 2


def test_a_slip_in_the_name_below_a_line_that_raises_and_in_strict_mode(capsys, monkeypatch):
    run(f"{SLIP}print(sqaush(s))\n{CHECK}")
    assert "it raised NameError: name 's' is not defined" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("CAPSULE_TUTOR_STRICT", "1")
    with pytest.raises(checks.CheckFailed, match="This cell defines `sqaush`"):
        run(SLIP + CHECK)


SLOPE = "def squash_slope(n):\n    return 2 * n / (1 + n**2) ** 2\nsquash_slope = checks.squash_slope(squash_slope)\n"


@pytest.mark.parametrize(
    "cell",
    [
        SLOPE.replace("squash_slope", "squash_slopes").replace("checks.squash_slopes", "checks.squash_slope") + CHECK,
        "def squash_plot(n):\n    return n\n" + CHECK,
        SLIP + "from os.path import *\n" + CHECK,
        SLIP + "squash = sqaush\n" + CHECK,
        "def squashed(n):\n    return n\n" + RIGHT + CHECK,
        "def helper(n):\n    return n\n" + CHECK,  # the answer is in a cell above
        RIGHT.replace("def squash", "def my_squash") + "squash = checks.squash(my_squash)",
    ],
)
def test_a_function_that_has_the_name_is_checked(cell, capsys):
    given = {}
    exec(RIGHT, given)
    run(cell, squash=given["squash"])
    assert "✓ 02-squash: passed" in capsys.readouterr().out


def test_a_stub_that_is_called_above_its_check_is_not_attempted(capsys):
    names = run("def squash(s):\n    raise NotImplementedError\nsquash(3)\n" + CHECK)
    assert names["squash"] is functional.squash
    assert capsys.readouterr().out.startswith("○ 02-squash: not attempted. A line above the check calls it")


def test_each_check_of_a_cell_speaks_for_what_is_above_it(capsys):
    slope = "def squash_slope(n):\n    return 2 * n / (1 + n**2) ** 2\nsquash_slope = checks.squash_slope(squash_slope)"
    names = run(f"{CHECK}\n{slope}\nafter = 3")
    assert names["after"] == 3
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["✗", "✓"]


def test_an_import_from_the_future_stays_first(capsys):
    run(f"from __future__ import annotations\n{RIGHT}{CHECK}")
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize(
    "cell", ["1 / 0", "checks.board('77')\n1 / 0", "squash = other.squash(1 / 0)", "a, b = checks.squash(1 / 0), 2"]
)
def test_other_cells_are_left_alone(cell):
    assert ast.dump(notebook.Cells().visit(ast.parse(cell))) == ast.dump(ast.parse(cell))


def test_strict_mode_raises_and_goes_on_with_the_reference(monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_STRICT", "1")
    names = {}
    with pytest.raises(checks.CheckFailed, match="There is no `squash` here"):
        names = run(CHECK)
    with pytest.raises(checks.CheckFailed, match="not yet"):
        run(RIGHT.replace("n2 / (1 + n2) * ", "") + CHECK, **names)


def test_a_lesson_in_an_untidy_notebook_runs_to_its_end(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    (lesson,) = (ROOT / "lessons").glob("02_*.ipynb")
    untidy = nbformat.read(lesson, as_version=4)
    cells = {cell.id: cell for cell in untidy.cells}
    first = next(cell for cell in untidy.cells if "import checks" in cell.source)
    first.source += "\ntorch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)"
    cells["squash"].source = RIGHT + "print(squash(3))\n" + CHECK
    again = nbformat.v4.new_code_cell(CHECK)
    untidy.cells.insert(untidy.cells.index(cells["squash"]) + 1, again)
    where = {"metadata": {"path": tmp_path}}
    client = nbclient.NotebookClient(untidy, timeout=300, kernel_name="python3", resources=where)
    client.execute()  # raises where a cell does
    assert "it raised AttributeError" in cells["squash"].outputs[0].text
    assert "the default dtype was float64, and gradients were" in " ".join(cells["squash"].outputs[0].text.split())
    assert "package's own `squash`" in again.outputs[0].text
