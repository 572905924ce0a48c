"""Checks: what each exercise must do, its hints, and the wrong answers that it knows by name.

In a lesson, `squash = checks.squash(squash)` prints one line (passed, not yet and why, or not attempted) and
hands back the learner's function if it is right, else the reference, so that a lesson always runs to its end.
"""

import difflib

from capsule_tutor.checks import (
    engine,
    lesson01,
    lesson02,
    lesson03,
    lesson04,
    lesson05,
    lesson06,
    lesson08,
    lesson09,
    lesson10,
    lesson11,
)
from capsule_tutor.checks.engine import CheckFailed, Exercise

__all__ = ["EXERCISES", "CheckFailed", "Exercise", "board", "brief", "find", "predict"]

_LESSONS = (lesson01, lesson02, lesson03, lesson04, lesson05, lesson06, lesson08, lesson09, lesson10, lesson11)
EXERCISES: dict[str, Exercise] = {e.name: e for lesson in _LESSONS for e in lesson.EXERCISES}
QUESTIONS: dict[str, dict[str, str]] = {id_: q for lesson in _LESSONS for id_, q in lesson.QUESTIONS.items()}


def __getattr__(name: str) -> Exercise:
    if name in EXERCISES:
        return EXERCISES[name]
    raise AttributeError(f"checks has no exercise {name!r}.{_near(name, EXERCISES)}")


def __dir__() -> list[str]:
    return [*__all__, *EXERCISES]


def find(id_: str) -> Exercise:
    """The exercise with this id or function name. Raises KeyError, with the nearest name, if there is none."""
    for exercise in EXERCISES.values():
        if id_ in (exercise.id, exercise.name):
            return exercise
    raise KeyError(f"there is no exercise {id_!r}.{_near(id_, [e.id for e in EXERCISES.values()])}")


def board(lesson: str = "") -> None:
    """Print what this learner has passed, in one lesson ("02") or in all of them."""
    exercises = [e for e in EXERCISES.values() if e.lesson == lesson[:2] or not lesson]
    if not exercises:
        lessons = sorted({e.lesson for e in EXERCISES.values()})
        print(f"No lesson {lesson!r} with exercises here; there are {', '.join(lessons)}.")
    else:
        print(engine.board(exercises))


def predict(id_: str, guess: object) -> None:
    """Print what a guess says about the matter. Guesses are never graded."""
    question, guess = QUESTIONS.get(id_), str(guess).strip().lower()
    if question is None:
        print(f"There is no question {id_!r}.{_near(id_, QUESTIONS)}")
    elif guess not in question:
        choices = " or ".join(f'"{choice}"' for choice in question)
        print(f"○ No guess yet. Write {choices} between the quotation marks and run this cell again.")
    else:
        print(engine.filled(f"You said {guess}. {question[guess]}"))


def brief(id_: str) -> str:
    """An exercise as markdown, for the head of its section in a lesson: goal, effort, three folded hints."""
    exercise = find(id_)
    titles = ("the direction", "the key idea", "nearly the code")
    hints = "\n\n".join(
        f"<details><summary>Hint {n}: {title}</summary>\n\n{hint}\n\n</details>"
        for n, (title, hint) in enumerate(zip(titles, exercise.hints, strict=True), start=1)
    )
    return (
        f"**Exercise {exercise.id}** · about {exercise.minutes} minutes · difficulty {exercise.difficulty} of 5 · "
        f"importance {exercise.importance} of 5\n\n{exercise.goal}\n\n{hints}"
    )


def _near(name: str, names: object) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else f" There are: {', '.join(names)}."
