"""Wording: errors, kinds, shapes and numbers in a learner's words, and how a line looks in a notebook."""

import html
import itertools
import re
import sys
import textwrap
from typing import Any

import torch
from torch import Tensor

from capsule_tutor import frontend
from capsule_tutor.checks import errors
from capsule_tutor.checks.observing import Raised
from capsule_tutor.checks.wire import Foreign

PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
MARKS = {"passed": ("✓", "32"), "not yet": ("✗", "31"), "not attempted": ("○", "33")}
MOST_LINES, MOST_LETTERS = 20, 400  # of what an answer printed: lines that are shown, and letters of each
_COLOURED = re.compile(r"\x1b\[1;(\d+)m(.*?)\x1b\[0m", re.DOTALL)
# JupyterLab breaks a printed line in the middle of a word, and prints coloured letters too dark for its dark theme.
_STYLE = (
    "<style>.capsule-tutor-says { white-space: pre-wrap; max-width: 100ch; "
    "font: var(--jp-code-font-size) / var(--jp-code-line-height) var(--jp-code-font-family) } "
    + "".join(
        f"[data-jp-theme-light] .capsule-tutor-{colour} {{ color: {light} }} "
        f"[data-jp-theme-light=false] .capsule-tutor-{colour} {{ color: {dark} }} "
        for colour, light, dark in (
            ("32", "#00702b", "#5fd38d"),
            ("31", "#b3242b", "#ff8f8a"),
            ("33", "#7a5a00", "#e5c05a"),
        )
    )
    + "</style>"
)


def say(text: str) -> None:
    """Print, with a ? for each letter that standard output cannot show, as in an old terminal or a file on Windows.

    On a page of JupyterLab it is HTML, which breaks lines between words, at the width of the page.
    """
    if frontend.page():
        from IPython.display import display

        inner = _COLOURED.sub(r'<b class="capsule-tutor-\1">\2</b>', html.escape(text))
        shown = f'{_STYLE}<div class="capsule-tutor-says mathjax_ignore">{inner}</div>'
        display({"text/plain": _COLOURED.sub(r"\2", text), "text/html": shown}, raw=True)
        return
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # a notebook's or a test's own may name none
    print(text.encode(encoding, "replace").decode(encoding))


def happened(error: Raised) -> str:
    """What an answer did instead of returning, as the end of a sentence: "it raised …"."""
    if error.name == "Exited":
        return "it called an exit, and exit() would end the whole lesson: use `return`."
    if error.name == "Died":
        return f"it crashed Python itself ({error.text}): in the notebook, your kernel would be gone."
    if error.name == "Replaced":
        return (
            f"it replaced {error.text} by something else (perhaps an assignment to it?): give your own function "
            "another name."
        )
    return f"it raised {described(error)}"


def described(error: Raised) -> str:
    text = textwrap.shorten(error.text, 200, placeholder=" …")
    means = errors.meaning(f"{error.name}: {error.text}")
    where = f" (in the line `{error.line}`)" if error.line else ""
    return ended(f"{error.name}: {text}{where}") + (f" That is: {ended(means)}" if means else "")


def ended(text: str) -> str:
    """As a sentence, with its full stop where it has no question mark."""
    return text if text.endswith(("?", "…")) else f"{text}."


def kind(value: Any) -> str:
    if value is None:
        return "None"
    name = value.kind if isinstance(value, Foreign) else type(value).__name__
    article = "an" if name[0] in "aeio" or name == "ndarray" else "a"  # a uint8
    return f"{article} {name}" + (f" ({value})" if isinstance(value, (int, float)) else "")


def count(value: Any) -> str:
    return f"{len(value)} values" if isinstance(value, tuple) else f"one value, {kind(value)}"


def dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def named_shape(want: Tensor, axes: str) -> str:
    if want.ndim == 0:
        return "a scalar, ()"
    named = letters(axes, want.ndim)
    if not named:
        return str(tuple(want.shape))
    return "(" + ", ".join(f"{letter}={n}" for letter, n in zip(named, want.shape, strict=True)) + ")"


def letters(axes: str, ndim: int) -> list[str]:
    """The letters of the last `ndim` axes: of "b j z", a single vector has z. None where an exercise names none."""
    named = axes.split()[-ndim:]
    return named if len(named) == ndim else []


def not_finite(value: Tensor) -> str:
    return "NaNs" if torch.isnan(value).any() else "infinities"


def told_apart(got: Any, want: Any, digits: int = 4) -> tuple[str, str]:
    """Two numbers, or two tuples of them, as texts with so many digits that the texts differ as the numbers do."""
    for precision in range(digits, 18):
        texts = _written(got, precision), _written(want, precision)
        if texts[0] != texts[1]:
            break
    return texts


def _written(value: Any, digits: int) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(_written(part, digits) for part in value) + ")"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value + 0.0:.{digits}g}" if isinstance(value, float) else str(value)  # + 0.0 takes its sign from −0


def line(status: str, head: str, sentence: str) -> str:
    """A verdict: its mark and head in the colour of the status, then the sentence."""
    mark, colour = MARKS[status]
    return filled(f"{mark} {head} {sentence}").replace(f"{mark} {head}", _coloured(f"{mark} {head}", colour), 1)


def filled(text: str) -> str:
    """One line; in a notebook that is no page of JupyterLab several, so that none is broken in the middle of a word."""
    if frontend.page() or not frontend.in_notebook():
        return text
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def folded(printed: str) -> str:
    """What an answer printed in all its cases, not too much of it: a line that comes again at once is counted."""
    runs = [(line, len(list(again))) for line, again in itertools.groupby(printed.rstrip("\n").split("\n"))]
    lines = [line if times == 1 else f"{line}   ({times} times)" for line, times in runs]
    more = len(lines) - MOST_LINES
    shown = [line if len(line) <= MOST_LETTERS else f"{line[:MOST_LETTERS]}…" for line in lines[:MOST_LINES]]
    return "\n".join(shown + [f"… and {more} more line{'s' * (more > 1)}"] * (more > 0))


def _coloured(text: str, colour: str) -> str:
    """In a notebook, where ANSI colours are drawn by the page's own theme; elsewhere as it is."""
    return f"\x1b[1;{colour}m{text}\x1b[0m" if frontend.in_notebook() else text
