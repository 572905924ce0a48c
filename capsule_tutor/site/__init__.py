"""The site: every lesson as a page, with its outputs, its answers behind a fold and the theatre alive. No kernel runs.

A page is the learner's notebook with the outputs of the executed solution. Sphinx makes it (with MyST-NB and the theme
Furo): search, previous and next, a dark mode and a style for paper come from there. All that a page loads is beside it.
"""

import html
import json
import re
import tempfile
from importlib.resources import files as resources
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

from capsule_tutor import __version__, authoring, checks, course, files
from capsule_tutor.checks import guesses, wording
from capsule_tutor.doctor import ROOT
from capsule_tutor.theatre import offline, page

_HERE = Path(__file__).parent
_CORNER = '<th class="head"><p></p></th>', '<td class="head"></td>'
_NOTEBOOK_ONLY = "notebook-only"  # the tag of a cell that means nothing on a page
_GUESS = re.compile(r'^checks\.predict\("([^"]+)"\)$')
_SCENE = re.compile(r"^\[theatre: (.+), live\]")
_SHOWN = {  # the beginning of what a cell says → the scene, the data that it needs, and a word about it
    "routing": ("routing", "digits", "In the notebook this scene can also play a function of yours."),
    "the squash dial": ("dial", "digits", "In the notebook this cell shows the functions that you wrote."),
    "the explorer": (
        "explorer",
        "digits",
        "The network and its weights are part of this page: nothing that you draw leaves it.",
    ),
    "the map of ": ("map", "digits", "The notebook shows every image."),
    "pull two digits apart": ("apart", "pairs", "The network and its weights are part of this page."),
    "the turntable": ("turntable", "toys", "This page renders the toys by itself, as the package does."),
}
_PROJECT = re.compile(r"\[([^\]]+)\]\((projects/\w+\.ipynb)\)")  # a notebook to begin with is no page: it is downloaded
_DATA = ("digits", "pairs", "toys")  # functions of theatre/offline.py, and modules that answer from what they return


class SiteError(Exception):
    """The site cannot be built. The message is for people."""


def build(out: Path) -> list[Path]:
    """Build the site into the folder `out`; returns its pages. Raises SiteError, or AuthoringError for a bad source."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    complaints = StringIO()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        _write_sources(source)
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=source,
                confdir=None,
                outdir=out,
                doctreedir=Path(scratch) / "doctrees",
                buildername="html",
                confoverrides=_settings(source),
                status=None,
                warning=complaints,
                freshenv=True,
            )
            app.build()
    if complaints.getvalue():
        raise SiteError(f"Sphinx complains:\n{complaints.getvalue().strip()}")
    pages = [out / f"{name}.html" for name in (*sorted(app.env.found_docs), "search")]
    for path in pages:  # a corner of a table is no heading
        files.write_text(path, path.read_text(encoding="utf-8").replace(*_CORNER))
    return pages


def _settings(source: Path) -> dict[str, object]:
    """What Sphinx would read in a conf.py."""
    return {
        "project": "Capsule Tutor",
        "author": "Capsule Tutor",
        "release": __version__,
        "language": "en",
        "extensions": ["myst_nb", "sphinx.ext.githubpages"],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "myst_enable_extensions": ["dollarmath"],
        "suppress_warnings": ["myst.header"],  # a lesson may begin with a deeper heading
        "exclude_patterns": ["notebooks", "projects"],
        "root_doc": "index",
        "html_theme": "furo",
        "html_title": "Capsule Tutor",
        "html_static_path": [str(source / "_static")],
        "html_css_files": ["katex/katex.min.css", "theatre.css", "site.css"],
        "html_js_files": ["site.js"],
        "html_favicon": str(_HERE / "favicon.svg"),
        "html_copy_source": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_use_index": False,
        # KaTeX reads what Sphinx writes for MathJax. It is smaller, and the slides bring it along.
        "mathjax_path": "katex/formulas.js",
    }


def _write_sources(folder: Path) -> None:
    """All that Sphinx reads: pages as notebooks, the learner's notebooks to download, scripts and styles."""
    static = folder / "_static"
    (static / "katex" / "fonts").mkdir(parents=True)
    for name in ("notebooks", "projects"):
        (folder / name).mkdir()
    if not course.source(course.START).is_file():
        raise SiteError("The site is made in a checkout of the repository, which has the lessons' sources.")
    for path in course.projects():
        (folder / "projects" / path.name).write_bytes(path.read_bytes())
    vendor = resources("capsule_tutor.classroom") / "vendor"
    (static / "katex" / "katex.min.css").write_bytes((vendor / "katex.min.css").read_bytes())
    parts = [(vendor / name).read_text(encoding="utf-8") for name in ("katex.min.js", "auto-render.min.js")]
    start = "renderMathInElement(document.body, { throwOnError: false });"
    files.write_text(static / "katex" / "formulas.js", "\n".join([*parts, start]))
    for font in (vendor / "fonts").iterdir():
        (static / "katex" / "fonts" / font.name).write_bytes(font.read_bytes())
    for name in ("site.css", "site.js"):
        (static / name).write_bytes((_HERE / name).read_bytes())
    files.write_text(static / "theatre.css", page.style())
    files.write_text(static / "theatre.js", _theatre())
    for name in _DATA:
        content = json.dumps(getattr(offline, name)())
        files.write_text(static / f"{name}.js", f"capsules.{name} = {content};\n")

    for lesson in course.NOTEBOOKS:
        text = course.source(lesson).read_text(encoding="utf-8")
        learners = authoring.learner_notebook(text, lesson.stem, checks.brief)
        files.write_text(folder / "notebooks" / f"{lesson.stem}.ipynb", authoring.as_text(learners))
        made = _page(lesson, text)
        name = "index" if lesson is course.START else lesson.stem
        files.write_text(folder / f"{name}.ipynb", authoring.as_text(made))


def _page(lesson: course.Lesson, text: str):
    """A lesson as a notebook to be read: the learner's cells, the solution's outputs, answers folded."""
    import nbformat

    stored = ROOT / "solutions" / f"{lesson.stem}.ipynb"
    if not stored.is_file():
        raise SiteError(f"There is no {stored}: run capsule-tutor build {lesson.number}")
    solved = {cell.id: cell for cell in nbformat.read(stored, as_version=4).cells}
    made = authoring.learner_notebook(text, lesson.stem, checks.brief)
    answers = authoring.folded_notebook(text, lesson.stem, checks.brief)
    folded = {cell.id: cell.source for cell in answers.cells}
    cells = []
    for cell in made.cells:
        if _NOTEBOOK_ONLY in cell.metadata.get("tags", []) or cell.source.startswith("checks.board("):
            continue
        if cell.cell_type == "markdown":
            cells.append(_markdown(folded[cell.id]))
        elif guess := _GUESS.match(cell.source):
            cells.append(_markdown(_card(guess[1])))
        else:
            cells += _code(cell, solved[cell.id])
    cells += _frame(lesson)
    made.cells = cells
    made.metadata.pop("capsule_tutor")
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"
    return made


def _markdown(source: str):
    from nbformat.v4 import new_markdown_cell

    source = source.replace(f"]({course.START.stem}.ipynb", "](index.ipynb")  # the start is the site's first page
    return new_markdown_cell(_PROJECT.sub(r"{download}`\1 <\2>`", source))


def _code(learners, solved) -> list:
    """A cell with its output; where the learner writes, the gap, and below it the answer, folded."""
    scene = next((found[1] for output in solved.outputs if (found := _SCENE.match(_plain(output)))), None)
    if scene:
        solved.outputs = []
        start = next((start for start in _SHOWN if scene.startswith(start)), None)
        if not start:
            raise SiteError(f"No page can show the scene of {solved.source!r}: add it to {__name__}._SHOWN")
        name, needs, word = _SHOWN[start]
        state = urlencode(_state(name, scene.removeprefix(start), solved.source))
        place = f'<div class="scene" data-scene="{name}" data-needs="{needs}" data-state="{html.escape(state)}"></div>'
        return [_shown(solved), _markdown(f"{place}\n\n*{word}*")]
    if learners.source == solved.source:
        return [_shown(solved)]
    learners.outputs = []
    solved.metadata["tags"] = ["hide-cell"]
    solved.metadata["mystnb"] = {"code_prompt_show": "Show an answer", "code_prompt_hide": "Hide the answer"}
    return [_shown(learners), solved]


def _state(name: str, of: str, source: str) -> dict[str, str]:
    """What a scene is opened with, from what its cell says of it and from the cell's code."""
    if name != "map":
        return {}
    return {"network": of} | ({"parameters": "hide"} if "parameters=False" in source else {})


def _shown(cell):
    """A cell whose code would only separate the text from its picture shows the picture alone."""
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
    cell.metadata = {"tags": ["remove-input"]} if hidden else {}
    return cell


def _plain(output) -> str:
    return output.get("data", {}).get("text/plain", "")


def _card(id_: str) -> str:
    """What a guess's card says, behind a fold for each choice."""
    question = checks.QUESTIONS[id_]
    folds = []
    for choice in question:
        status, head, why = guesses.verdict(question, choice)
        told = f"<p><strong>{wording.MARKS[status][0]} {html.escape(head)}</strong> {html.escape(why)}</p>"
        folds.append(f'<details name="{id_}"><summary>{html.escape(choice)}</summary>{told}</details>')
    return '<div class="guess"><p>Your guess?</p>' + "".join(folds) + "</div>"


def _frame(lesson: course.Lesson) -> list:
    """What a page has below the lesson: the notebook, and on the first page the list of all pages."""
    name = f"notebooks/{lesson.stem}.ipynb"
    cells = [_markdown(f"To write the code yourself: {{download}}`the notebook of this page <{name}>`.")]
    if lesson is course.START:
        pages = "\n".join(f"{one.number} · {one.title} <{one.stem}>" for one in course.LESSONS)
        cells = [_markdown(f"```{{toctree}}\n:hidden:\n\n{pages}\n```")]
    return cells


def _theatre() -> str:
    """The scenes, their arithmetic, and what starts them: one script for all pages."""
    start = (_HERE / "scenes.js").read_text(encoding="utf-8")
    scenes = {name for name, _, _ in _SHOWN.values()}
    return f"(() => {{\n{page.script(*sorted(scenes), *_DATA, 'address')}\n{start}\n}})();\n"
