"""Authoring: one source per lesson, `solutions/source/NN_name.py`, becomes `lessons/` and `solutions/`.

A source is the solved lesson in jupytext's percent format. Every cell has an id in its `# %%` line. The learner's
notebook is made by taking the answers away:

    ### BEGIN SOLUTION          The markers are nbgrader's own. The lines between them become
    # stub: scale = ...         the lines after "# stub:", if there are any (a half-filled exercise);
    scale = n2 / (1 + n2)
    ### END SOLUTION            otherwise `raise NotImplementedError`, which a check reads as "not attempted".

What is in `solutions/source/projects/` becomes a notebook to begin a project with, in `lessons/projects/`.

In markdown, text between `<!-- BEGIN SOLUTION -->` and `<!-- END SOLUTION -->` appears in the solution alone, and
`{{ exercise 02-squash }}` on a line of its own is replaced by what the caller's `expand` makes of "02-squash", and
`{{ lessons }}` by the table of all lessons; `{{ first }}` is a link to the first of them.
A cell that begins with `figures.` or `pictures.` is shown folded, with its picture below.

A lesson remembers in its metadata what its cells were when it was made: what differs from that is a learner's work,
which `build` never overwrites and `update` carries into a new version.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from capsule_tutor import course, files

BEGIN, END, STUB = "### BEGIN SOLUTION", "### END SOLUTION", "# stub:"
CHECK = re.compile(r"^(\w+) = checks\.\1\(\1\)$", re.MULTILINE)  # the line below an exercise that asks its check
_MARKDOWN_SOLUTION = re.compile(r"\n*<!-- BEGIN SOLUTION -->\n?(.*?)<!-- END SOLUTION -->\n?", re.DOTALL)
_EXERCISE = re.compile(r"^\{\{ exercise (\S+) \}\}$", re.MULTILINE)
_TITLE = re.compile(r"^# \d\d · .*$", re.MULTILINE)
_LESSONS = re.compile(r"^\{\{ lessons \}\}$", re.MULTILINE)
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class AuthoringError(Exception):
    """A source, a lesson or a solution is malformed. The message is one line for people."""


def build(
    root: Path,
    names: Iterable[str] = (),
    check: bool = False,
    force: bool = False,
    expand: Callable[[str], str] = str,
    say: Callable[[str], None] = print,
) -> None:
    """Write `root`/lessons and `root`/solutions from `root`/solutions/source, or with `check` only compare.

    names    lessons to build ("02", "2" or "02_squash"), and "00", the start; all of them if empty
    force    execute solutions again even if their cells have not changed
    A lesson that holds a learner's work is left as it is, with a line. Raises AuthoringError for a malformed source, a
    solution that fails, or, with `check`, any drift.
    """
    drifted = []
    for source in _sources(root, names):
        lesson_path = root / "lessons" / f"{source.stem}.ipynb"
        solution_path = root / "solutions" / f"{source.stem}.ipynb"
        text = source.read_text(encoding="utf-8")
        lesson = learner_notebook(text, source.name, expand)
        solution = solution_notebook(text, source.name, expand)
        if not lesson_path.exists() or lesson_path.read_text(encoding="utf-8") != as_text(lesson):
            drifted.append(f"lessons/{lesson_path.name}")
            if not check:
                _write_lesson(lesson_path, lesson, say)
        stored = _stored(solution_path)
        if force or not _has_run(stored) or _skeleton(stored) != _skeleton(solution):
            drifted.append(f"solutions/{solution_path.name}")
            if not check and not force and _has_run(stored) and _code(stored) == _code(solution):
                for old, new in zip(stored.cells, solution.cells, strict=True):  # nothing need run again
                    old.metadata, old.source = new.metadata, new.source
                _write(solution_path, as_text(stored))
            elif not check:
                say(f"running solutions/{solution_path.name} …")
                _write(solution_path, as_text(_executed(solution, solution_path)))
    for source in _projects(root, names):
        path = root / "lessons" / "projects" / f"{source.stem}.ipynb"
        project = learner_notebook(source.read_text(encoding="utf-8"), source.name, expand)
        if not path.exists() or path.read_text(encoding="utf-8") != as_text(project):
            drifted.append(f"lessons/projects/{path.name}")
            if not check:
                _write_lesson(path, project, say)
    if check and not names and (orphans := _orphans(root)):
        raise AuthoringError(f"no source makes {', '.join(orphans)}; delete what the course no longer has")
    if check and drifted:
        raise AuthoringError(f"not what the sources say: {', '.join(drifted)}. Fix this with: capsule-tutor build")


def learner_notebook(
    source: str,
    name: str = "source",
    expand: Callable[[str], str] = str,
    lessons: Sequence[course.Lesson] = course.LESSONS,
):
    """Return the notebook that a learner gets: answers taken away, nothing executed. Raises AuthoringError.

    `lessons` are those that this learner has.
    """
    notebook = _notebook(source, name, expand, without_solution, r"\n", lessons)
    notebook.metadata["capsule_tutor"] = {"cells": {cell.id: fingerprint(cell) for cell in notebook.cells}}
    return notebook


def assignment_notebook(source: str, name: str = "source", expand: Callable[[str], str] = str):
    """Return the learner's notebook, whose exercises keep their answers between the markers. Raises AuthoringError."""

    def code(text: str, where: str) -> str:
        stub = without_solution(text, where)
        return text if CHECK.search(text) else stub

    return _notebook(source, name, expand, code, r"\n")


def solution_notebook(source: str, name: str = "source", expand: Callable[[str], str] = str):
    """Return the solved notebook, not yet executed, with a title that says so. Raises AuthoringError."""
    notebook = _notebook(source, name, expand, _without_markers, r"\n\n\1")
    title = notebook.cells[0]
    title.source = _TITLE.sub(r"\g<0> (solved)", title.source, count=1)
    return notebook


def folded_notebook(source: str, name: str = "source", expand: Callable[[str], str] = str):
    """Return the learner's notebook, with the answers that are text behind a fold. Raises AuthoringError."""
    fold = r"\n\n<details><summary>An answer</summary>\n\n\1\n</details>\n\n"
    return _notebook(source, name, expand, without_solution, fold)


def _notebook(
    source: str,
    name: str,
    expand: Callable,
    code: Callable,
    markdown: str,
    lessons: Sequence[course.Lesson] = course.LESSONS,
):
    import jupytext

    notebook = jupytext.reads(source, fmt="py:percent")
    seen = set()
    for cell in notebook.cells:
        id_ = cell.metadata.pop("id", None)
        if not id_ or id_ in seen:
            what = f"the id {id_!r} twice" if id_ else f"a cell without an id: {cell.source[:40]!r}"
            raise AuthoringError(f'{name} has {what}. Write id="…" in its # %% line.')
        seen.add(id_)
        cell.id = id_
        if cell.cell_type == "code":
            cell.source = code(cell.source, f"{name}, cell {id_}").strip("\n")
            if cell.source.startswith(
                ("figures.", "pictures.")
            ):  # a picture's code would only separate the text from its picture
                cell.metadata["jupyter"] = {"source_hidden": True}
        else:
            cell.source = _EXERCISE.sub(lambda match: expand(match[1]), _MARKDOWN_SOLUTION.sub(markdown, cell.source))
            cell.source = _LESSONS.sub(lambda _: course.table(lessons=lessons), cell.source).strip("\n")
            first = f"[lesson {lessons[0].number}]({lessons[0].stem}.ipynb)"
            cell.source = cell.source.replace("{{ first }}", first)
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    _warn_nbgrader(notebook.cells[0], name)
    notebook.metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _warn_nbgrader(title, name: str) -> None:
    """Make nbgrader refuse a lesson or a solution that is given to it as it is.

    It would give no points for the one, and release the answers with the other. What makes it stop is a graded cell
    without points, whose name it prints: "nbgrader cell 'not-an-assignment-…' does not have points".
    """
    if title.cell_type == "markdown" and name[:2].isdigit():
        advice = f"not-an-assignment-make-one-with--capsule-tutor-nbgrader-{name[:2]}"
        title.metadata["nbgrader"] = nbgrader_cell(advice, grade=True, solution=True)


def nbgrader_cell(grade_id: str, **changes: object) -> dict:
    """nbgrader's metadata of a cell (version 3 of its format)."""
    kind = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"grade_id": grade_id, "schema_version": 3, **kind, **changes}


def without_solution(code: str, where: str) -> str:
    """The code of a cell with its answers taken away, stubs in their place. Raises AuthoringError."""
    lines, region, indent = [], None, ""
    for line in code.splitlines():
        text = line.strip()
        if text == BEGIN:
            if region is not None:
                raise AuthoringError(f"{where}: {BEGIN} inside another")
            region, indent = [], line[: len(line) - len(line.lstrip())]
        elif text == END:
            if region is None:
                raise AuthoringError(f"{where}: {END} without {BEGIN}")
            lines += region or [f'{indent}raise NotImplementedError("your turn")']
            region = None
        elif region is None:
            lines.append(line)
        elif text.startswith(STUB):
            region.append(indent + text.removeprefix(STUB).removeprefix(" "))
    if region is not None:
        raise AuthoringError(f"{where}: {BEGIN} without {END}")
    return "\n".join(lines)


def _without_markers(code: str, where: str) -> str:
    without_solution(code, where)  # complains about unpaired markers, here too
    lines = [line for line in code.splitlines() if line.strip() not in (BEGIN, END)]
    return "\n".join(line for line in lines if not line.strip().startswith(STUB))


def _executed(notebook, path: Path):
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # otherwise a line printed on a busy machine may be stored in two pieces
        resources={"metadata": {"path": path.parent}},
    )
    with tempfile.TemporaryDirectory() as home:  # the author's own progress stays untouched
        try:
            client.execute(env={**os.environ, "CAPSULE_TUTOR_HOME": home, "CAPSULE_TUTOR_STRICT": "1"})
        except CellExecutionError as error:
            what = f"{error.ename}: {error.evalue}"
            raise AuthoringError(f"solutions/{path.name} fails when it is run: {what}") from error
    # A kernel draws the widgets; their stored views would only trouble readers who have no kernel.
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop("application/vnd.jupyter.widget-view+json", None)
            if "text/html" in data:  # the same picture once more, for front ends that drop HTML
                data.pop("image/png", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def read(path: Path):
    """A notebook, every cell of which has an id: Colab keeps ids in the metadata, older editors have none.

    Raises FileNotFoundError, or AuthoringError if it is no notebook.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        for number, cell in enumerate(notebook.cells):
            kept = cell.metadata.pop("id", None)
            cell.id = cell.get("id") or kept or f"cell-{number}"
        notebook.nbformat_minor = max(5, notebook.nbformat_minor)  # the first that has ids
        nbformat.validate(notebook)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise AuthoringError(f"{path} is not a notebook ({type(error).__name__})") from error
    return notebook


def keep_kernel_as_stored(model: dict, **_) -> None:
    """Jupyter's hook before it saves, as it also does by itself: opening a lesson does not change its file.

    JupyterLab writes the names and the version of its Python into every notebook that it opens, and git would show
    them. Notebooks that are not ours, and kernels of another name, are left as they are.
    """
    metadata = model["content"].get("metadata", {}) if model["type"] == "notebook" else {}
    if "capsule_tutor" in metadata and metadata.get("kernelspec", {}).get("name") == _KERNEL["name"]:
        metadata |= {"kernelspec": dict(_KERNEL), "language_info": {"name": "python"}}


def _stored(path: Path):
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except AuthoringError as error:
        raise AuthoringError(f"{error}; delete it and build again") from error


def _has_run(notebook) -> bool:
    """Whether every code cell was executed and none failed."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"] if notebook else []
    failed = any(output.output_type == "error" for cell in code for output in cell.outputs)
    return notebook is not None and all(cell.execution_count for cell in code) and not failed


def _code(notebook) -> list[tuple]:
    return [(cell.id, cell.cell_type, cell.cell_type == "code" and cell.source.strip("\n")) for cell in notebook.cells]


def _skeleton(notebook) -> list[tuple]:
    return [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]


def _sources(root: Path, names: Iterable[str]) -> list[Path]:
    sources = sorted((root / "solutions" / "source").glob("[0-9][0-9]_*.py"))
    numbers = _numbers(names)
    chosen = [s for s in sources if not numbers or s.stem[:2] in numbers]
    if not chosen:
        there = ", ".join(s.stem for s in sources) or "none"
        raise AuthoringError(f"no lesson source {' '.join(names)} in {root / 'solutions' / 'source'} (there: {there})")
    return chosen


def _numbers(names: Iterable[str]) -> set[str]:
    """Of lessons as every command takes them, and of the start."""
    try:
        return {course.find(name, course.NOTEBOOKS).number for name in names}
    except KeyError as error:
        raise AuthoringError(error.args[0]) from None


def _projects(root: Path, names: Iterable[str]) -> list[Path]:
    """Sources of the notebooks that a project begins with. They belong to the last lesson, and have no solution."""
    wanted = not names or course.LESSONS[-1].number in _numbers(names)
    return sorted((root / "solutions" / "source" / "projects").glob("*.py")) if wanted else []


def _orphans(root: Path) -> list[str]:
    """Notebooks that look like lessons and have no source. A copy of a lesson under a longer name is a learner's."""
    sources = tuple(source.stem for source in _sources(root, ()))
    there = [path for place in ("lessons", "solutions") for path in sorted((root / place).glob("[0-9][0-9]_*.ipynb"))]
    return [f"{path.parent.name}/{path.name}" for path in there if not path.stem.startswith(sources)]


def as_text(notebook) -> str:
    """A notebook as its file holds it: the same bytes every time."""
    import nbformat

    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1) + "\n"


def fingerprint(cell) -> str:
    """Eight hexadecimal digits that tell whether a cell is still as it was."""
    return hashlib.sha256(f"{cell.cell_type}\n{cell.source.strip()}".encode()).hexdigest()[:8]


def changed(notebook, new) -> list[str]:
    """Ids of the cells of a lesson that are a learner's work: neither as they were made nor as `new` has them."""
    made = notebook.metadata.get("capsule_tutor", {}).get("cells", {})
    today = {cell.id: fingerprint(cell) for cell in new.cells}
    mine = {cell.id: fingerprint(cell) for cell in notebook.cells if cell.source.strip()}
    return [id_ for id_, now in mine.items() if now not in (made.get(id_), today.get(id_))]


def _write_lesson(path: Path, lesson, say: Callable[[str], None]) -> None:
    place = f"{path.parent.name}/{path.name}"
    stored = _stored(path)
    if stored and (work := changed(stored, lesson)):
        left = f"left {place} as it is, as it holds a learner's work ({', '.join(work[:3])}{' …' * (len(work) > 3)})"
        update = f"; `capsule-tutor update {path.stem[:2]}` brings the new version and keeps that"
        say(left + update * path.stem[:2].isdigit())
        return
    _write(path, as_text(lesson))
    say(f"wrote {place}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, text, newline="\n")
