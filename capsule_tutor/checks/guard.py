"""Runs a learner's function so that nothing it does can end the lesson.

It may loop for ever, call exit(), raise anything, flood the output, replace a torch function, or reseed the
random numbers. The work runs in a thread of its own with a time limit, which is the one way that works on
every system and inside a notebook kernel; afterwards the world is as it was before.
"""

import builtins
import contextlib
import ctypes
import io
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch

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
    replaced: list[str] = field(default_factory=list)  # torch functions that were replaced, now put back


class _BoundedOutput(io.TextIOBase):
    """Keeps the first characters and counts the rest, so that a flood costs nothing."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.kept = self.total = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.total += len(text)
        if self.kept < PRINT_LIMIT:
            self.parts.append(text[: PRINT_LIMIT - self.kept])
            self.kept += len(self.parts[-1])
        return len(text)

    def text(self) -> str:
        more = self.total - self.kept
        return "".join(self.parts) + (f" … and {more} more characters" if more else "")


def run(work: Callable[[threading.Event], None], functions: tuple[Callable, ...] = (), seconds: float = 5.0) -> Report:
    """Run `work` in a thread for at most `seconds`. `functions` are the learner's, whose exit() is disarmed.

    `work` gets an event that is set when its time is over, and should then begin nothing new. It must catch what
    it wants to report; whatever escapes it is dropped here. A KeyboardInterrupt (the stop button) ends the work
    and goes on to the caller.
    """
    report = Report(replaced=_restore_torch())
    over, done = threading.Event(), threading.Event()
    output = _BoundedOutput()

    def body() -> None:
        try:
            work(over)
        except BaseException:  # Stopped, and whatever else escaped
            pass
        finally:
            done.set()

    with _world_kept(functions, output):
        thread = threading.Thread(target=body, daemon=True, name="capsule-tutor-check")
        thread.start()
        try:
            deadline = time.monotonic() + seconds
            # In slices, between which the stop button is heard on every system; and not by join, because an
            # interrupted join takes a running thread for a dead one.
            while not done.wait(0.05) and time.monotonic() < deadline:
                pass
            report.timed_out = not done.is_set()
        finally:
            over.set()
            report.still_running = not _stop(thread, done)
    report.printed = output.text()
    report.replaced += _restore_torch()
    return report


def _stop(thread: threading.Thread, done: threading.Event) -> bool:
    """Raise Stopped in the thread until it ends. A call into C that never returns cannot be ended."""
    for _ in range(20):
        if done.is_set():
            return True
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stopped))
        done.wait(0.05)
    return done.is_set()


@contextlib.contextmanager
def _world_kept(functions: tuple[Callable, ...], output: io.TextIOBase) -> Iterator[None]:
    def leave(*_args: object, **_kwargs: object) -> None:
        raise Exited

    # In a notebook `exit` is an object in the notebook's own names that shuts the kernel down.
    namespaces = [vars(builtins), vars(sys), vars(os)]
    namespaces += [f.__globals__ for f in functions if hasattr(f, "__globals__")]
    exits = [(names, name, names[name]) for names in namespaces for name in ("exit", "quit", "_exit") if name in names]
    dtype, python_random = torch.get_default_dtype(), random.getstate()
    try:
        for names, name, _ in exits:
            names[name] = leave
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
            torch.random.fork_rng(devices=[]),
        ):
            yield
    finally:
        for names, name, original in exits:
            names[name] = original
        torch.set_default_dtype(dtype)
        random.setstate(python_random)


def _torch_functions() -> dict[tuple[object, str], object]:
    places = (torch, torch.nn.functional, torch.linalg, torch.Tensor)
    return {
        (place, name): value
        for place in places
        for name, value in vars(place).items()
        if callable(value) and not name.startswith("__") and not isinstance(value, type)
    }


_TORCH = _torch_functions()


def _restore_torch() -> list[str]:
    """Put back every torch function that is not the one of the first import, and return the names."""
    replaced = []
    for (place, name), original in _TORCH.items():
        now = vars(place).get(name)
        if now is original:
            continue
        if _by_torch_itself(now, name):
            _TORCH[place, name] = now
        else:
            setattr(place, name, original)
            replaced.append(f"{'torch.Tensor' if place is torch.Tensor else place.__name__}.{name}")
    return replaced


def _by_torch_itself(function: object, name: str) -> bool:
    """Torch wraps some functions of its own, such as manual_seed, when its compiler is first imported."""
    module = getattr(function, "__module__", None) or ""
    return module.split(".")[0] == "torch" and getattr(function, "__name__", "") == name
