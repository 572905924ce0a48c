"""What a learner has done, kept in one small JSON file.

The file lies in the user's data folder, or in the folder that CAPSULE_TUTOR_HOME names. It is written whole
to a temporary file and then renamed, under a lock, so that neither a crash nor a second notebook can tear it.
Where it cannot be written, progress is kept in memory and the lesson goes on.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from capsule_tutor import files

VERSION = 1

_memory: dict[str, dict] = {}  # what could not be saved
_said: set[str] = set()  # each complaint is made once per session


def folder() -> Path:
    """The folder that holds the progress file; it need not exist yet."""
    from platformdirs import user_data_path

    home = os.environ.get("CAPSULE_TUTOR_HOME")
    return Path(home) if home else user_data_path("capsule-tutor", appauthor=False)


def load() -> dict[str, dict]:
    """Exercise id → {"status": "passed" or "not yet", "attempts", "first_passed", "last": ISO times}."""
    return {**_content()["exercises"], **_memory}


def record(exercise: str, status: str) -> None:
    """Add one attempt with its result. A passed exercise stays passed. Never raises for a bad file or disk."""
    try:
        with _locked():
            content = _content()
            if content["version"] > VERSION:
                raise OSError("the file belongs to a newer version")
            content["exercises"][exercise] = _next(content["exercises"].get(exercise, {}), status)
            text = json.dumps(content, indent=1, sort_keys=True)
            files.write_atomically(_path(), lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except (OSError, TimeoutError) as error:
        _memory[exercise] = _next(load().get(exercise, {}), status)
        _say(
            f"Progress cannot be saved in {folder()} ({error}); it is kept until this kernel stops. "
            "Set CAPSULE_TUTOR_HOME to a folder that you may write to."
        )


def _next(record: dict, status: str) -> dict:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    was_passed = record.get("status") == "passed"
    first_passed = record.get("first_passed") or (now if status == "passed" else None)
    return {
        "status": "passed" if was_passed else status,
        "attempts": record.get("attempts", 0) + 1,
        "first_passed": first_passed,
        "last": now,
    }


def _path() -> Path:
    return folder() / "progress.json"


def _content() -> dict:
    path = _path()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        records = [*content["exercises"].values()]
        if not (isinstance(content["version"], int) and all("status" in record for record in records)):
            raise ValueError("not a progress file")
        return content
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        _say(f"{path} cannot be read ({error}); the lesson goes on without earlier progress.")
    except (ValueError, KeyError, TypeError, AttributeError):
        _set_aside(path)
    return {"version": VERSION, "exercises": {}}


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
    from filelock import FileLock

    folder().mkdir(parents=True, exist_ok=True)
    with FileLock(folder() / "progress.lock", timeout=5):
        yield


def _say(line: str) -> None:
    if line not in _said:
        _said.add(line)
        print(line)
