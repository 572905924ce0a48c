"""Runs a learner's function in a thread of this process, where no other process can be had.

It may loop for ever, call exit(), raise anything, flood the output, replace a torch function, or reseed the
random numbers. The thread has a time limit, and afterwards the world is as it was before. What a thread cannot
survive, a loop inside one call into C or a crash, `apart` survives: there the function runs in a forked process.
"""

import builtins
import contextlib
import ctypes
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from capsule_tutor.checks import world

PRINT_LIMIT = 2_000  # characters of a learner's own prints that are shown


class Stopped(BaseException):
    """Raised inside the learner's thread when its time is over. Not an Exception, so `except Exception` lets it by."""


class Exited(BaseException):
    """The learner's code called exit(), quit(), sys.exit() or os._exit()."""


@dataclass
class Report:
    """What happened besides the work itself."""

    timed_out: bool = False
    still_running: bool = False
    printed: str = ""
    died: str = ""  # how the process ended that the function ran in, if it did


class Output(io.TextIOBase):
    """Hands on the first characters and counts the rest, so that a flood costs nothing."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.kept = self.total = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.total += len(text)
        if self.kept < PRINT_LIMIT:
            part = text[: PRINT_LIMIT - self.kept]
            self.kept += len(part)
            self.tell(part)
        return len(text)

    def end(self) -> str:
        more = self.total - self.kept
        return f" … and {more} more characters" if more else ""


def run(work: Callable[[threading.Event], None], functions: tuple[Callable, ...] = (), seconds: float = 5.0) -> Report:
    """Run `work` in a thread for at most `seconds`. `functions` are the learner's, whose exit() is disarmed.

    `work` gets an event that is set when its time is over, and should then begin nothing new. It must catch what
    it wants to report; whatever escapes it is dropped here. A KeyboardInterrupt (the stop button) ends the work
    and goes on to the caller.
    """
    report, over, printed = Report(), threading.Event(), []
    output = Output(printed.append)

    def body() -> None:
        with contextlib.suppress(BaseException):  # Stopped, and whatever else escaped
            work(over)

    with world.kept(), disarmed(functions), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        thread = threading.Thread(target=body, daemon=True, name="capsule-tutor-check")
        thread.start()
        try:
            deadline = time.monotonic() + seconds
            # In slices, between which the stop button is heard on every system; and not by join, because an
            # interrupted join takes a running thread for a dead one.
            while thread.is_alive() and time.monotonic() < deadline:
                time.sleep(0.002)
            report.timed_out = thread.is_alive()
        finally:
            over.set()
            report.still_running = not _stop(thread)
    world.restore()
    report.printed = "".join(printed) + output.end()
    return report


def _stop(thread: threading.Thread) -> bool:
    """Raise Stopped in the thread until it ends. A call into C that never returns cannot be ended."""
    for _ in range(20):
        if not thread.is_alive():
            return True
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stopped))
        time.sleep(0.05)
    return not thread.is_alive()


@contextlib.contextmanager
def disarmed(functions: tuple[Callable, ...]) -> Iterator[None]:
    """Neither exit() nor input() does what it does: the one would end the lesson, the other would wait for ever."""

    def leave(*_args: object, **_kwargs: object) -> None:
        raise Exited

    def ask(*_args: object, **_kwargs: object) -> None:
        raise EOFError("nobody answers input() during a check; let the function take what it needs as an argument")

    # In a notebook `exit` is an object in the notebook's own names that shuts the kernel down.
    namespaces = [vars(builtins), vars(sys), vars(os)]
    namespaces += [f.__globals__ for f in functions if isinstance(getattr(f, "__globals__", None), dict)]
    stand_ins = {"exit": leave, "quit": leave, "_exit": leave, "input": ask}
    armed = [(names, name, names[name]) for names in namespaces for name in stand_ins if name in names]
    try:
        for names, name, original in armed:
            if name != "input" or original is builtins.input:
                names[name] = stand_ins[name]
        yield
    finally:
        for names, name, original in armed:
            names[name] = original
