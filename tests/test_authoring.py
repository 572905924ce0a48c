"""One source makes both notebooks, the same ones on every build; drift and malformed sources are named."""

import json
import shutil
from pathlib import Path

import pytest

from capsule_tutor import authoring

ROOT = Path(__file__).parents[1]

SOURCE = '''\
# %% [markdown] id="title"
# # Two times
#
# {{ exercise 00-double }}
#
# What is 2·3?
#
# <!-- BEGIN SOLUTION -->
# It is six.
# <!-- END SOLUTION -->
#
# After it.

# %% id="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


def half(x):
    if x:
        ### BEGIN SOLUTION
        # stub: half = ...
        half = x / 2
        ### END SOLUTION
        return half

# %% id="guess" tags=["nbval-ignore-output"]
### BEGIN SOLUTION
# stub: guess = "?"
guess = "six"
### END SOLUTION
print(guess)
'''


@pytest.fixture
def root(tmp_path):
    (tmp_path / "solutions" / "source").mkdir(parents=True)
    (tmp_path / "solutions" / "source" / "00_double.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def cells(notebook):
    return {cell["id"]: cell for cell in notebook["cells"]}


def expand(id_):
    return f"Exercise {id_}: double it."


def test_the_learner_gets_stubs_and_no_answers():
    made = cells(authoring.learner_notebook(SOURCE, "source", expand))
    assert made["title"].source == "# Two times\n\nExercise 00-double: double it.\n\nWhat is 2·3?\n\nAfter it."
    double, half = made["double"].source.split("\n\n\n")
    assert double == 'def double(x):\n    """Twice x."""\n    raise NotImplementedError("your turn")'
    assert half == "def half(x):\n    if x:\n        half = ...\n        return half"
    assert made["guess"].source == 'guess = "?"\nprint(guess)'
    assert made["guess"].metadata == {"tags": ["nbval-ignore-output"]}


def test_the_solution_has_the_answers_and_no_markers():
    made = cells(authoring.solution_notebook(SOURCE, "source", expand))
    assert "It is six." in made["title"].source
    assert made["double"].source.startswith('def double(x):\n    """Twice x."""\n    return 2 * x')
    assert made["guess"].source == 'guess = "six"\nprint(guess)'
    everything = json.dumps([cell.source for cell in made.values()])
    assert "SOLUTION" not in everything
    assert "stub:" not in everything


@pytest.mark.parametrize(
    ("call", "folded"), [("figures.curves(x)", True), ("pictures.routing(x)", True), ("x = 1", False)]
)
def test_a_cell_that_draws_is_folded(call, folded):
    made = authoring.learner_notebook(f'# %% id="a"\n{call}\n')
    assert made.cells[0].metadata == ({"jupyter": {"source_hidden": True}} if folded else {})


def test_build_writes_both_and_a_second_build_changes_nothing(root):
    said = []
    authoring.build(root, expand=expand, say=said.append)
    written = {p: p.read_bytes() for p in root.rglob("*.ipynb")}
    assert said == ["wrote lessons/00_double.ipynb", "running solutions/00_double.ipynb …"]
    authoring.build(root, expand=expand, say=said.append)
    authoring.build(root, check=True, expand=expand)
    assert len(said) == 2
    assert {p: p.read_bytes() for p in root.rglob("*.ipynb")} == written
    solution = json.loads(written[root / "solutions" / "00_double.ipynb"])
    assert [c["execution_count"] for c in solution["cells"] if c["cell_type"] == "code"] == [1, 2]
    assert solution["cells"][-1]["outputs"][0]["text"] == ["six\n"]
    assert "widgets" not in solution["metadata"]
    assert b"\r" not in b"".join(written.values())


def test_a_lesson_is_byte_identical_on_a_forced_build(root):
    authoring.build(root, expand=expand, say=lambda _: None)
    first = [(root / place / "00_double.ipynb").read_bytes() for place in ("lessons", "solutions")]
    authoring.build(root, force=True, expand=expand, say=lambda _: None)
    assert [(root / place / "00_double.ipynb").read_bytes() for place in ("lessons", "solutions")] == first


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def unexecuted(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
    path.write_text(json.dumps(notebook), encoding="utf-8")


DRIFTS = {
    "lesson edited by hand": lambda r: edit(r / "lessons/00_double.ipynb", "Two times", "Three times"),
    "lesson deleted": lambda r: (r / "lessons/00_double.ipynb").unlink(),
    "solution edited by hand": lambda r: edit(r / "solutions/00_double.ipynb", "return 2 * x", "return x + x"),
    "solution not executed": lambda r: unexecuted(r / "solutions/00_double.ipynb"),
    "source changed": lambda r: edit(r / "solutions/source/00_double.py", "It is six.", "Six."),
    "lesson without a source": lambda r: shutil.copy(r / "lessons/00_double.ipynb", r / "lessons/99_gone.ipynb"),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_check_finds_drift_and_writes_nothing(root, drift):
    authoring.build(root, expand=expand, say=lambda _: None)
    DRIFTS[drift](root)
    before = {p: p.read_bytes() for p in root.rglob("*.ipynb")}
    with pytest.raises(authoring.AuthoringError, match=r"not what the sources say: .*00_double|99_gone"):
        authoring.build(root, check=True, expand=expand)
    assert {p: p.read_bytes() for p in root.rglob("*.ipynb")} == before


MALFORMED = {
    "# %%\nx = 1\n": r"bad\.py has a cell without an id: 'x = 1'",
    '# %% id="a"\nx = 1\n\n# %% id="a"\nx = 2\n': r"bad\.py has the id 'a' twice",
    '# %% id="a"\n### BEGIN SOLUTION\nx = 1\n': r"bad\.py, cell a: ### BEGIN SOLUTION without ### END SOLUTION",
    '# %% id="a"\n### END SOLUTION\nx = 1\n': r"bad\.py, cell a: ### END SOLUTION without ### BEGIN SOLUTION",
    '# %% id="a"\n### BEGIN SOLUTION\n### BEGIN SOLUTION\n': r"bad\.py, cell a: ### BEGIN SOLUTION inside another",
}


@pytest.mark.parametrize("source", MALFORMED)
def test_malformed_sources_are_named(source):
    for make in (authoring.learner_notebook, authoring.solution_notebook):
        with pytest.raises(authoring.AuthoringError, match=MALFORMED[source]):
            make(source, "bad.py")


def test_a_solution_that_fails_is_not_written(root):
    edit(root / "solutions/source/00_double.py", 'guess = "six"', "guess = 1 / 0")
    with pytest.raises(authoring.AuthoringError, match="fails when it is run: ZeroDivisionError: division by zero"):
        authoring.build(root, expand=expand, say=lambda _: None)
    assert not (root / "solutions" / "00_double.ipynb").exists()


def test_a_solution_that_is_no_notebook_is_named(root):
    authoring.build(root, expand=expand, say=lambda _: None)
    (root / "solutions" / "00_double.ipynb").write_text("{")
    with pytest.raises(authoring.AuthoringError, match=r"00_double\.ipynb is not a notebook"):
        authoring.build(root, check=True, expand=expand)


def test_an_unknown_lesson_names_those_that_there_are(root):
    for name in ("77", "02-04"):  # a range is no lesson
        with pytest.raises(authoring.AuthoringError, match=f"There is no lesson '{name}'"):
            authoring.build(root, names=(name,), expand=expand)
    with pytest.raises(authoring.AuthoringError, match=r"no lesson source 4 .*there: 00_double"):
        authoring.build(root, names=("4",), expand=expand)
    for name in ("1", "04", "lesson 4", "00"):
        chosen = [source.stem[:2] for source in authoring._sources(ROOT, (name,))]
        assert [int(number) for number in chosen] == [int(name.split()[-1])]


@pytest.mark.parametrize(
    ("ours", "kernel", "kept"), [(True, "python3", True), (True, "my-env", False), (False, "python3", False)]
)
def test_what_jupyter_notes_of_its_python_is_not_saved(ours, kernel, kept):
    noted = {
        "kernelspec": {"name": kernel, "display_name": "mine"},
        "language_info": {"name": "python", "version": "3.1"},
    }
    metadata = noted | ({"capsule_tutor": {}} if ours else {})
    authoring.keep_kernel_as_stored(model={"type": "notebook", "content": {"metadata": metadata}}, path="x")
    assert (metadata["language_info"] == {"name": "python"}) == kept
    assert (metadata["kernelspec"]["display_name"] != "mine") == kept


def test_files_that_are_no_notebooks_are_saved_as_they_are():
    model = {"type": "file", "content": "text"}
    authoring.keep_kernel_as_stored(model=model, path="x")
    assert model == {"type": "file", "content": "text"}
