"""`capsule-tutor slides`: a lesson as a deck for the lecture hall, in one file, and on paper as a handout.

Text and code are the learner's, outputs are the solution's, wherever a cell is the same in both: no answer is shown,
and no hint.
"""

import base64
import re
from functools import partial
from pathlib import Path

from capsule_tutor import authoring, checks, course, files
from capsule_tutor.doctor import ROOT

_HERE = Path(__file__).parent
_VENDOR = _HERE / "vendor"
_HEADING = re.compile(r"^(?=#{1,4} )", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[\d;]*m")


def write(lesson: course.Lesson, out: Path) -> int:
    """Write the deck of a lesson, one slide a heading, as one HTML file that needs no network; returns how many slides.

    Raises AuthoringError if the lesson has no source or no solution here, OSError if `out` cannot be written.
    """
    import nbformat
    from jinja2 import Environment, FileSystemLoader
    from pygments.formatters import HtmlFormatter

    source = course.source(lesson)
    solution = ROOT / "solutions" / f"{lesson.stem}.ipynb"
    if not (source.is_file() and solution.is_file()):
        raise authoring.AuthoringError(
            f"There is no solution of lesson {lesson.number} in {ROOT}: slides are made in a checkout of the "
            "repository."
        )
    brief = partial(checks.brief, hints=0)
    learners = authoring.learner_notebook(source.read_text(encoding="utf-8"), source.name, brief)
    slides = _slides(learners, nbformat.read(solution, as_version=4))
    template = Environment(loader=FileSystemLoader(_HERE), autoescape=False).get_template("deck.html.j2")
    page = template.render(
        title=f"{lesson.number} · {lesson.title}",
        slides=slides,
        reveal_css=_vendor("reveal.css"),
        reveal_js=_vendor("reveal.js"),
        katex_css=_with_fonts(_vendor("katex.min.css")),
        katex_js=_vendor("katex.min.js") + "\n" + _vendor("auto-render.min.js"),
        code_css=HtmlFormatter(style="default").get_style_defs(".code"),
    )
    files.write_text(out, page)
    return len(slides)


_BREAK = '<div class="break"></div>'


def _slides(learners, solved) -> list[str]:
    """The HTML of each slide: what stands between one heading and the next."""
    by_id = {cell.id: cell for cell in solved.cells}
    slides: list[list[str]] = []
    for cell in learners.cells:
        if cell.cell_type == "markdown":
            for part in filter(None, _HEADING.split(cell.source)):
                if part.startswith("#") or not slides:
                    slides.append([])
                slides[-1].append(_text(part))
        else:
            hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
            same = by_id[cell.id].source == cell.source
            slides[-1] += [] if hidden else [_code(cell.source)]
            slides[-1] += [_BREAK] if "checks.predict(" in cell.source else []  # the class raises its hands first
            slides[-1] += [_output(output) for output in by_id[cell.id].outputs] if same else []
    return ["\n".join(filter(None, slide)) for slide in slides]


def _text(markdown: str) -> str:
    from nbconvert.filters import markdown2html

    return f'<div class="text">{markdown2html(markdown)}</div>'


def _code(source: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return highlight(source, PythonLexer(), HtmlFormatter(cssclass="code"))


def _output(output) -> str:
    """Pictures and what was printed; a widget needs a kernel and is left out."""
    from html import escape

    data = output.get("data", {})
    if "text/html" in data:
        return f"<figure>{data['text/html']}</figure>"
    text = output.get("text") or data.get("text/plain", "")
    if not text.strip() or re.match(r"\w+\(children=|\[theatre: ", text):
        return ""
    return f'<pre class="output">{escape(_ANSI.sub("", text.rstrip()))}</pre>'


def _vendor(name: str) -> str:
    return (_VENDOR / name).read_text(encoding="utf-8")


def _with_fonts(css: str) -> str:
    """KaTeX's style sheet with its fonts inside it."""

    def inside(match: re.Match) -> str:
        font = base64.b64encode((_VENDOR / "fonts" / f"{match[1]}.woff2").read_bytes()).decode()
        return f'src:url(data:font/woff2;base64,{font}) format("woff2")'

    return re.sub(r'src:url\(fonts/([\w-]+)\.woff2\) format\("woff2"\)[^}]*(?=})', inside, css)
