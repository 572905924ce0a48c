"""What `capsule_tutor.checks` is inside a child: every function comes back as it is, and nothing is judged.

`given` holds the references of earlier exercises that the student has not solved, with which a lesson goes on.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

answers: dict[str, Any] = {}
given: dict[str, Callable] = {}


def __getattr__(name: str) -> Callable:
    if name.startswith("_") or Path(__file__).with_name(f"{name}.py").exists():
        raise AttributeError(name)

    def check(function: Any) -> Any:
        answers[name] = function
        return given.get(name, function)

    check.hint = _nothing
    return check


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    """Boards and predictions have nothing to say here."""


board = overview = predict = brief = _nothing
