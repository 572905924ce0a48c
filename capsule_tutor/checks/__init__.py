"""Checks: how an answer to an exercise is run, observed, compared and spoken of.

In a lesson, `squash = checks.squash(squash)` prints one line (passed, not yet and why, or not attempted) and
hands back the learner's function if it is right, else the reference, so that a lesson always runs to its end.
The exercises are in `capsule_tutor.exercises` and rest on this package; each is loaded when it is first wanted.
"""

import difflib
from collections.abc import Iterable

from capsule_tutor import course, frontend
from capsule_tutor.checks import guesses, notebook, progress, wording
from capsule_tutor.checks.exercise import CheckFailed, Exercise

__all__ = [
    "EXERCISES",
    "QUESTIONS",
    "CheckFailed",
    "Exercise",
    "board",
    "brief",
    "find",
    "following",
    "overview",
    "predict",
    "standing",
]


def __getattr__(name: str) -> object:
    from capsule_tutor import exercises

    if name == "EXERCISES":
        return {name: exercises.load(name) for name in exercises.files()}
    if name == "QUESTIONS":
        return exercises.predictions()
    if name in exercises.files():
        return exercises.load(name)
    raise AttributeError(f"checks has no exercise {name!r}.{_near(name, exercises.files())}")


def __dir__() -> list[str]:
    from capsule_tutor import exercises

    return [*__all__, *exercises.files()]


def find(id_: str) -> Exercise:
    """The exercise with this id or function name. Raises KeyError, with the nearest name, if there is none."""
    from capsule_tutor import exercises

    names = exercises.ids()
    name = names.get(id_, id_)
    if name not in names.values():
        raise KeyError(f"there is no exercise {id_!r}.{_near(id_, names)}")
    return exercises.load(name)


def board(lesson: str | int = "") -> None:
    """Print what this learner has passed, in one lesson ("4", "04" and "lesson 4" are the same) or in all of them."""
    try:
        wording.say(standing(lesson))
    except KeyError as error:
        wording.say(error.args[0])


def standing(lesson: str | int = "", effort: bool = False) -> str:
    """One line per exercise, as `board` prints them; with `effort`, attempts, minutes and so on beside them.

    Without a lesson: of all lessons that this installation holds, as a handout has only some.
    Raises KeyError, with a sentence, for a lesson that does not exist.
    """
    from capsule_tutor import exercises

    wanted = {course.find(lesson).number} if lesson else course.here() or {known.number for known in course.LESSONS}
    of_lesson = [exercises.load(name) for id_, name in exercises.ids().items() if id_[:2] in wanted]
    return progress.board(of_lesson, effort, _asked(wanted))


def following(lesson: str | int) -> str:
    """The id of the lesson's first exercise that is not passed yet, or "". Raises KeyError as `standing` does."""
    ids, records = _ids(course.find(lesson).number), progress.load()
    return next((id_ for id_ in ids if not _passed(id_, records)), "")


def _ids(number: str) -> list[str]:
    """Of the exercises of a lesson, in its order."""
    from capsule_tutor import exercises

    return [id_ for id_ in exercises.ids() if id_[:2] == number]


def _passed(id_: str, records: dict[str, dict]) -> bool:
    return records.get(id_, {}).get("status") == "passed"


def _asked(lessons: Iterable[str]) -> dict[str, str]:
    """Id → the right choice, of the questions of these lessons."""
    from capsule_tutor import exercises

    return {id_: guesses.right(question) for id_, question in exercises.predictions().items() if id_[:2] in lessons}


def overview() -> None:
    """Show how far this learner is: a line for each lesson that is here, and what comes next, as a link."""
    rows, following = _so_far()
    if frontend.in_notebook():
        from IPython.display import Markdown, display

        head = "| | lesson | exercises passed | guesses right |\n|---|---|---|---|\n"
        lines = [f"| {one.number} | [{one.title}]({one.stem}.ipynb) | {a} | {b} |" for one, a, b in rows]
        told = (
            f"**Next:** [lesson {following[0].number}]({following[0].stem}.ipynb), {following[1]}" if following else ""
        )
        display(Markdown(head + "\n".join(lines) + f"\n\n{told or 'You have passed everything that is here.'}"))
        return
    for one, passed, guessed in rows:
        wording.say(f"{one.number} {one.title:24} {passed:>8} passed, {guessed:>8} guesses right")
    wording.say(f"Next: lesson {following[0].number}, {following[1]}" if following else "You have passed all of them.")


def _so_far() -> tuple[list[tuple[course.Lesson, str, str]], tuple[course.Lesson, str] | None]:
    """(lesson, exercises passed, guesses right) for each lesson that is here; the first exercise not passed."""
    records = progress.load()
    rows, following = [], None
    for one in (known for known in course.LESSONS if known.number in course.here()):
        ids = _ids(one.number)
        asked = _asked([one.number])
        left = [id_ for id_ in ids if not _passed(id_, records)]
        rows.append((one, f"{len(ids) - len(left)} of {len(ids)}", f"{progress.guessed(asked)[1]} of {len(asked)}"))
        if left and not following:
            following = one, f"exercise {left[0]}"
    return rows, following


def predict(id_: str, guess: object = None) -> None:
    """Ask for a guess, on a card with buttons; or say what a guess that is written down is worth. The first counts.

    Guesses are never graded.
    """
    questions = __getattr__("QUESTIONS")
    question, guess = questions.get(id_), str(guess or "").strip().lower()
    if question is None:
        wording.say(f"There is no question {id_!r}.{_near(id_, questions)}")
    elif guess in question:
        guesses.tell(id_, question, guess)
    else:
        if len(guess) == 1 and guess.isalpha():
            wording.say(f"There is no choice {guess!r} here: {', '.join(question)}.")
        guesses.card(id_, question)


def brief(id_: str, hints: int = 3) -> str:
    """An exercise as markdown, for the head of its section in a lesson: goal, effort, and as many folded hints."""
    exercise = find(id_)
    titles = ("the direction", "the key idea", "nearly the code")
    folded = [
        f"<details><summary>Hint {n}: {title}</summary>\n\n{hint}\n\n</details>"
        for n, (title, hint) in enumerate(zip(titles, exercise.hints, strict=True), start=1)
    ]
    effort = (
        f"**Exercise {exercise.id}** · about {exercise.minutes} minutes · difficulty {exercise.difficulty} of 5 · "
        f"importance {exercise.importance} of 5"
    )
    return "\n\n".join([effort, exercise.goal, *folded[:hints]])


def _near(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else f" There are: {', '.join(names)}."


notebook.watch()
