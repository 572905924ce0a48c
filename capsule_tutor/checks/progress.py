"""What a learner has done, kept in one small JSON file.

The file is in the user's data folder, or in the folder that CAPSULE_TUTOR_HOME names. It is written whole
to a temporary file and then renamed, under a lock, so that neither a crash nor a second notebook can tear it.
Where it cannot be written, progress is kept in memory and the lesson goes on. While somebody's work is being graded
it is neither read nor written: it would be the teacher's own. Nor is it in a solved notebook: the answers are ours.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from capsule_tutor import files, frontend
from capsule_tutor.checks import wording

VERSION = 1
MOST_SAID = 20  # different sentences kept for an exercise

_memory: dict[str, dict] = {}  # what could not be saved
_guessed: dict[str, str] = {}  # the same of guesses
_said: set[str] = set()  # each complaint is made once per session
_lockless: set[Path] = set()  # folders where no lock can be had: asking again would cost seconds in every check


def folder() -> Path:
    """The folder that holds the progress file; it need not exist yet. Raises OSError if this user has no home."""
    from platformdirs import user_data_path

    home = os.environ.get("CAPSULE_TUTOR_HOME")
    try:
        # A ~ that came from a settings file or from %env was never seen by a shell.
        return (Path(home) if home else user_data_path("capsule-tutor", appauthor=False)).expanduser()
    except RuntimeError:
        raise OSError("this user has no home folder") from None


def load() -> dict[str, dict]:
    """Exercise id → {"status": "passed" or "not yet", "attempts", "first", "first_passed", "last": ISO times, "said"}.

    `said` counts the sentences that the learner has read, as they name the mistakes.
    """
    if apart():
        return dict(_memory)
    try:
        stored = _content()["exercises"]
    except OSError as error:
        _say(f"Earlier progress cannot be read{_where()} ({error.strerror or error}); the lesson goes on without it.")
        stored = {}
    return {**stored, **_memory}


def guesses() -> dict[str, str]:
    """Id of a question → the first guess."""
    if apart():
        return dict(_guessed)
    try:
        return {**_guessed, **_content()["guesses"]}
    except OSError:  # `load` says so
        return dict(_guessed)


def guessed(questions: dict[str, str]) -> tuple[int, int]:
    """Of these questions (id → the right choice): how many have a guess, and how many first guesses are right."""
    made = {id_: choice for id_, choice in guesses().items() if id_ in questions}
    return len(made), sum(choice == questions[id_] for id_, choice in made.items())


def apart() -> bool:
    """Whether what is run here is no attempt of whoever runs it: nbgrader runs a submission, or a solved notebook is
    open in JupyterLab. (When learners validate their own with nbgrader, they are at home.)
    """
    return os.environ.get("NBGRADER_EXECUTION") == "autograde" or _solved()


def _solved() -> bool:
    notebook = frontend.page()
    folder = notebook and notebook.parent
    return bool(folder) and folder.name == "solutions" and (folder / "source").is_dir()  # the course's own


def record(exercise: str, status: str, sentence: str = "") -> None:
    """Add one attempt with its result, and the sentence if it did not pass. A passed exercise stays passed.

    Never raises for a bad file or disk.
    """

    def add(exercises: dict) -> None:
        stored = exercises.get(exercise, {})
        # An attempt that could not be saved counts, too, and what another process has passed stays passed.
        before = stored if stored.get("status") == "passed" else _memory.get(exercise, stored)
        exercises[exercise] = _next(before, status, sentence)

    if _saved("exercises", add):
        _memory.pop(exercise, None)
    else:
        _memory[exercise] = _next(load().get(exercise, {}), status, sentence)


def guess(question: str, choice: str) -> None:
    """Keep the first guess at a question. Never raises for a bad file or disk."""
    if not _saved("guesses", lambda guesses: guesses.setdefault(question, choice)):
        _guessed.setdefault(question, choice)


def _saved(part: str, change: Callable[[dict], object]) -> bool:
    """Change one part of the file, or say why it cannot be saved. Nothing is saved of what is `apart`."""
    if apart():
        if _solved():
            _say("This notebook is solved, so nothing in it counts as an attempt or a guess of yours.")
        return False
    try:
        with _locked():
            content = _content()
            if content["version"] > VERSION:
                raise OSError("the file belongs to a newer version")
            change(content[part])
            files.write_text(_path(), json.dumps(content, indent=1, sort_keys=True))
    except OSError as error:
        _say(
            f"Progress cannot be saved{_where()} ({error.strerror or error}); it is kept until this kernel stops. "
            "Set CAPSULE_TUTOR_HOME to a folder that you may write to."
        )
        return False
    return True


def board(exercises: Iterable, effort: bool = False, questions: dict[str, str] | None = None) -> str:
    """One line per exercise: what has been passed, and what is left. With `effort`, a table of all that is known.

    questions   id → the right choice, of the guesses that are counted below
    """
    records, lines, passed = load(), [], 0
    for exercise in exercises:
        done = records.get(exercise.id, {})
        status = done.get("status", "not attempted")
        passed += status == "passed"
        if effort:
            told = f"{wording.MARKS[status][0]} {exercise.id:32}{status:15}{done.get('attempts', 0):8}"
            lines.append(f"{told}{exercise.minutes:9}{exercise.difficulty:7} of 5{exercise.importance:7} of 5")
        else:
            lines.append(wording.line(status, exercise.id, status))
    head = [f"  {'exercise':32}{'status':15}attempts  minutes  difficulty  importance"] if effort else []
    tail = [f"{passed} of {len(lines)} passed"]
    if questions:
        made, right = guessed(questions)
        some = f"guesses: {right} right, {made - right} wrong, {len(questions) - made} not made"
        tail.append(some if made < len(questions) else f"{right} of {made} guesses right")
    return "\n".join([*head, *lines, *tail])


def _next(record: dict, status: str, sentence: str) -> dict:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    was_passed = record.get("status") == "passed"
    first_passed = record.get("first_passed") or (now if status == "passed" else None)
    said = dict(record.get("said", {}))
    if sentence and status != "passed" and (sentence in said or len(said) < MOST_SAID):
        said[sentence] = said.get(sentence, 0) + 1
    return {
        "status": "passed" if was_passed else status,
        "attempts": record.get("attempts", 0) + 1,
        "first": record.get("first") or now,
        "first_passed": first_passed,
        "last": now,
        "said": said,
    }


def _path() -> Path:
    return folder() / "progress.json"


def _content() -> dict:
    """What the file holds, as far as it makes sense: a person may have edited it. Raises OSError if unreadable."""
    path = _path()
    try:
        content = json.loads(path.read_bytes())  # from bytes json knows the marks that editors put before UTF-8 and 16
        if not isinstance(content["version"], int):
            raise ValueError("not a progress file")
        records = {exercise: sound(found) for exercise, found in content["exercises"].items()}
        guesses = content.get("guesses", {})
        return {
            "version": content["version"],
            "exercises": {name: record for name, record in records.items() if record},
            "guesses": {id_: choice for id_, choice in guesses.items() if isinstance(choice, str)},
        }
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        _set_aside(path)
    return {"version": VERSION, "exercises": {}, "guesses": {}}


def sound(found: object) -> dict:
    """A record with what makes no sense replaced by nothing; empty if it has no status."""
    if not isinstance(found, dict) or found.get("status") not in ("passed", "not yet"):
        return {}
    attempts, times = found.get("attempts"), {name: found.get(name) for name in ("first", "first_passed", "last")}
    said = found.get("said") if isinstance(found.get("said"), dict) else {}
    return {
        "status": found["status"],
        "attempts": attempts if isinstance(attempts, int) and attempts > 0 else 0,
        **{name: time if isinstance(time, str) else None for name, time in times.items()},
        "said": {sentence: count for sentence, count in said.items() if isinstance(count, int) and count > 0},
    }


def _set_aside(path: Path) -> None:
    """Keep a damaged file under another name, so that nothing is lost."""
    for number in range(1, 1000):
        aside = path.with_name(f"progress.damaged-{number}.json")
        if not aside.exists():
            break
    try:
        path.rename(aside)
    except OSError:
        _say(f"{path} is damaged and cannot be renamed; delete it to record progress again.")
    else:
        _say(f"The progress file was damaged; it is kept as {aside}, and a new one begins.")


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock, if there is one. Without it, of two attempts made at the same moment one may not be counted."""
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if home not in _lockless:
            locked = False
            with contextlib.suppress(files.Busy):  # nobody writes for so long: on some network homes locks seem taken
                locked = stack.enter_context(files.alone(home / "progress.lock", seconds=5))
            if not locked:
                _lockless.add(home)
        yield


def _where() -> str:
    try:
        return f" in {folder()}"
    except OSError:
        return ""


def _say(line: str) -> None:
    if line not in _said:
        _said.add(line)
        wording.say(line)
