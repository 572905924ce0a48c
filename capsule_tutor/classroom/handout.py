"""`capsule-tutor handout`: some lessons, and all that they need, in one ZIP file for a class."""

import ast
import zipfile
from collections.abc import Iterable
from pathlib import Path

from capsule_tutor import authoring, checks, course, files
from capsule_tutor.doctor import ROOT

FOLDER = "capsule-tutor"  # inside the ZIP file
_FILES = ("pyproject.toml", "environment.yml", "environment-cpu.yml", "Makefile", "LICENSE")
_README = """# Capsule Tutor: lessons {numbers}

You write functions, and a check below each cell says what is right or what went wrong, and why.

Linux and macOS, with Python 3.11 to 3.14, in this folder:

    make lab

On Linux this downloads several GB, even without a GPU. To save them, make the environment first, install PyTorch's CPU
build with the line that pytorch.org shows for Linux, Pip, Python, CPU, and go on with `make lab`:

    python3 -m venv .venv
    source .venv/bin/activate
    # here the line from pytorch.org
    touch .venv/.made
    make lab

Windows (PowerShell):

    py -m venv .venv
    .venv\\Scripts\\python -m pip install -e ".[lab]"
    .venv\\Scripts\\capsule-tutor lab

JupyterLab opens lessons/00_start.ipynb, which says how a lesson works. The lessons, in this order:

{lessons}

If something fails, `make doctor` (Windows: `.venv\\Scripts\\capsule-tutor doctor`) says what and how to fix it.
Your progress is kept on your machine: `make progress`. The code and the lessons are under the MIT licence (LICENSE).
"""


def write(out: Path, lessons: Iterable[str]) -> list[str]:
    """Write `out`, a ZIP file of these lessons and of the package; returns the names of the files in it.

    It holds no solutions, no tests and no history, and of the exercises no right answers that are there for our tests.
    (The reference functions stay: a lesson goes on with them where a learner has not finished.) The progress board
    shows these lessons alone. Raises KeyError for an unknown lesson, AuthoringError for one that is not here.
    """
    if not (ROOT / "pyproject.toml").is_file():
        raise authoring.AuthoringError(f"There is no pyproject.toml in {ROOT}: make handouts in a checkout.")
    wanted = [course.find(name) for name in lessons]
    chosen = [lesson for lesson in course.LESSONS if lesson in wanted]  # they build on each other
    content = {f"lessons/{lesson.stem}.ipynb": _lesson(lesson, chosen) for lesson in (course.START, *chosen)}
    if course.LESSONS[-1] in chosen:
        content |= {f"lessons/projects/{path.name}": path.read_text(encoding="utf-8") for path in course.projects()}
    content |= {name: (ROOT / name).read_text(encoding="utf-8") for name in _FILES if (ROOT / name).is_file()}
    content["README.md"] = _README.format(
        numbers=", ".join(lesson.number for lesson in chosen),
        lessons="\n".join(f"- lessons/{lesson.stem}.ipynb ({lesson.minutes} minutes)" for lesson in chosen),
    )
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*")):
        place = path.relative_to(package)
        if path.is_file() and "__pycache__" not in place.parts and place.parts[0] != "lessons":
            text = _without_right(path) if place.parts[0] == "exercises" and path.suffix == ".py" else path.read_bytes()
            content[f"capsule_tutor/{place.as_posix()}"] = text
    files.write_atomically(out, lambda temporary: _zipped(temporary, content))
    return list(content)


def _zipped(out: Path, content: dict[str, str | bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(f"{FOLDER}/{name}", text)


def _lesson(lesson: course.Lesson, chosen: list[course.Lesson]) -> str:
    """A lesson as it is made for a class that has `chosen` alone: never the copy in which somebody may have written."""
    source = course.source(lesson)
    if source.is_file():
        notebook = authoring.learner_notebook(source.read_text(encoding="utf-8"), source.name, checks.brief, chosen)
        return authoring.as_text(notebook)
    path = course.folder() / f"{lesson.stem}.ipynb"
    if not path.is_file():
        raise authoring.AuthoringError(f"Lesson {lesson.number}, {lesson.title}, is not here.")
    return path.read_text(encoding="utf-8")


def _without_right(path: Path) -> str:
    """An exercise's file without the bodies of its right answers."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == "right":
            lines[node.lineno : node.end_lineno] = ['    """Left out of the handout."""\n']
    return "".join(lines)
