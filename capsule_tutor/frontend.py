"""Where a notebook is shown: on a page of JupyterLab, by another program, or not at all."""

import html
import os
import re
import sys
from pathlib import Path


def shell() -> object | None:
    """The IPython that runs this, in a notebook or a terminal; elsewhere None."""
    ipython = sys.modules.get("IPython")
    return ipython and ipython.get_ipython()


def in_notebook() -> bool:
    """Whether a kernel runs this, for a page, an editor, or a program that runs notebooks."""
    return hasattr(shell(), "kernel")


def page() -> Path | None:
    """The notebook that somebody has open in JupyterLab, or on another page of a Jupyter server; elsewhere None."""
    path = os.environ.get("JPY_SESSION_NAME")
    return Path(path) if path and in_notebook() else None


def asleep(missing: str, awake: str, said: str = "") -> dict[str, str]:
    """What to display beside something live: words for the day when the notebook is opened again, and it is dead.

    JupyterLab itself says no more than that a model is not found. `awake` is the CSS class of what is live: as long as
    that is on the page, the words are hidden. `said` (HTML) comes first: what the dead thing would still have to say.
    """
    advice = f"{said} {missing} Choose Run → Run All Above Selected Cell in the menu, and then run this cell again."
    plain = html.unescape(re.sub("<[^>]*>", "", advice)).strip()
    # Disconnected is what is live after a restart: it is there, and nobody listens.
    alive = f".jp-OutputArea:has(.{awake}):not(:has(.jupyter-widgets-disconnected))"
    hidden = f"<style>{alive} .capsule-tutor-asleep {{ display: none }}</style>"
    shown = f'{hidden}<small class="capsule-tutor-asleep">{advice}</small>'
    return {"text/html": shown, "text/plain": plain}
