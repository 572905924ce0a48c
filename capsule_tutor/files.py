"""Files that survive a crash."""

import contextlib
import os
import secrets
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path


def write_text(path: Path, text: str, newline: str | None = None) -> None:
    """Write `text` as UTF-8 with `write_atomically`, and `newline` as in `Path.write_text`. Raises OSError."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline=newline))


class Busy(Exception):
    """Another process holds the lock."""


@contextlib.contextmanager
def alone(lock: Path, seconds: float = 0) -> Iterator[bool]:
    """Hold the file `lock`, which one process can do at a time; where the file system cannot lock, do without it.

    Gives whether it is locked. Raises Busy if another process still holds it after so many seconds; below 0, it waits
    as long as it takes.
    """
    from filelock import FileLock, Timeout

    with contextlib.ExitStack() as stack:
        locked = False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that it locks in another way is no news for a user
                stack.enter_context(FileLock(lock, timeout=seconds))
            locked = True
        except Timeout:
            raise Busy(f"{lock} is held by another process") from None
        except (OSError, NotImplementedError):  # as in some network homes
            pass
        yield locked


def table_cell(text: str) -> str:
    """A name in a table: one that a spreadsheet would take for a formula is text, too."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text


def check_place(path: Path) -> None:
    """Raises OSError, with half a sentence, where no file can be `path`: before long work, not after it."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}: make it first")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it")


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, flush it to the disk, and give it the name `path`.

    A reader sees the old file or the new one, never a part of it. Whatever goes wrong, the temporary file is removed
    and the old file stays. Raises what `write` raises, and OSError if the disk is full, or the folder is read-only or
    not there.
    """
    check_place(path)
    # Not the process id: two containers that share a home may both be process 7.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):  # what went wrong first is what a person should read
            temporary.unlink(missing_ok=True)
