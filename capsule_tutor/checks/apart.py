"""Runs a learner's function in a fork of this process, which may hang or die while the notebook goes on.

The fork sees all that the notebook has defined, and nothing that it changes, prints to a file descriptor or leaves
running outlives it. What comes back are messages of plain values. It costs some ten milliseconds.
"""

import contextlib
import faulthandler
import gc
import importlib
import os
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from capsule_tutor.checks import guard, wire

with contextlib.suppress(ImportError):
    import resource

Work = Callable[[Callable[[Any], None]], None]
MEMORY = 2 * 2**30  # bytes that an answer may take beyond those of the notebook

_imported: set[str] = set()  # modules of torch's that were imported here because an answer asked for them


def possible() -> bool:
    """On Linux. macOS forbids a process that has used its own libraries to fork, and Windows has no fork."""
    return sys.platform.startswith("linux") and os.environ.get("CAPSULE_TUTOR_APART", "1") != "0"


def run(work: Work, functions: tuple[Callable, ...], seconds: float) -> tuple[list, guard.Report]:
    """(what `work` has said, report). `work(say)` runs in a fork, for `seconds` of processor time.

    An answer that sleeps or waits has as many seconds. The stop button ends the fork, and is heard by the caller.
    """
    while True:
        said, report, lazy = _run_once(work, functions, seconds)
        if lazy is None:
            return said, report
        # Torch imports some of itself when it is first needed, for seconds. Here it is done once, and off the clock.
        _imported.add(lazy)
        with contextlib.suppress(Exception):
            importlib.import_module(lazy)


def _run_once(work: Work, functions: tuple, seconds: float) -> tuple[list, guard.Report, str | None]:
    read, write = os.pipe()
    with _stop_button_waits() as pressed:
        pid = os.fork()
        if pid == 0:
            _be_the_fork(work, functions, seconds, write)
    os.close(write)
    came: dict[str, list] = {"said": [], "printed": [], "lazy": [], "import": [], "end": []}
    try:
        if pressed:
            raise KeyboardInterrupt
        for kind, content in _messages(read, pid, seconds):
            came[kind].append(content)
            if kind == "lazy":
                break
    finally:
        os.close(read)
        ended = _end(pid)
    report = guard.Report(printed="".join(came["printed"]))
    if not came["end"]:
        report.timed_out = ended in ("stopped", "SIGPROF")
        report.died = "" if report.timed_out else ended
    return came["said"], report, next(iter(came["lazy"]), None)


@contextlib.contextmanager
def _stop_button_waits() -> Iterator[list]:
    """A KeyboardInterrupt in the middle of a fork would be lost, as Python ignores it there: it is written down."""
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread:
        signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # a kernel has threads; the fork touches none of their locks
            yield pressed
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, before)


def _messages(read: int, pid: int, seconds: float) -> Iterator[tuple[str, Any]]:
    """What the fork sends until it has ended, or has had its time."""
    deadline, received, over = time.monotonic() + seconds, b"", False
    while not over:
        ready, _, _ = select.select([read], [], [], 0.05)
        part = os.read(read, 2**20) if ready else b""
        received += part
        while len(received) >= 8 and len(received) >= (end := 8 + int.from_bytes(received[:8], "big")):
            message, received = wire.loads(received[8:end]), received[end:]
            if message[0] == "import":
                deadline = time.monotonic() + seconds
            yield message
        late = time.monotonic() - deadline
        over = (
            (ready and not part) or (not ready and _has_ended(pid)) or late > 3 * seconds or (late > 0 and _idle(pid))
        )


def _idle(pid: int) -> bool:
    """Whether none of its threads computes or is about to. On a busy machine a fork is slow, which is not idle."""
    for _ in range(5):
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                if (task / "stat").read_text().rsplit(")", 1)[1].split()[0] in "RD":
                    return False
        time.sleep(0.02)
    return True


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(pid: int) -> str:
    """Kill what is left of the fork and of all that it has started. Returns how it ended: a signal, or "exit"."""
    for _ in range(50):  # a pipe is closed a moment before its process has ended
        if ended := _has_ended(pid):
            break
        time.sleep(0.002)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not ended:
        return "stopped"
    return signal_name(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else "exit"


def signal_name(number: int) -> str:
    """Such as SIGKILL; real-time signals have no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# --- in the fork ------------------------------------------------------------------------------------------------------


def _be_the_fork(work: Work, functions: tuple, seconds: float, write: int) -> None:
    """Never returns: what follows in the notebook is for the process that was there before."""
    leave, write_ = os._exit, os.write  # an answer may replace them

    def put(message: bytes) -> None:
        while message:
            message = message[write_(write, message) :]

    def tell(kind: str, content: Any) -> None:
        wire.send(put, wire.dumps((kind, content)))

    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        os.closerange(3, write)  # the kernel's sockets are not an answer's to write to
        os.closerange(write + 1, 4_096)
        faulthandler.disable()  # its report on a crash would go to the terminal of the notebook's server
        gc.disable()  # objects of the notebook, such as its sockets, are not the fork's to close
        _limit(seconds)
        torch.set_num_threads(1)  # the threads of before are not in the fork, and a second one would wait for them
        if "torch._dynamo" in sys.modules and hasattr(torch.compiler, "set_stance"):
            torch.compiler.set_stance("force_eager")  # what is checked is what it computes, and to compile takes long
        sys.meta_path.insert(0, _Clock(tell, seconds))
        output = guard.Output(lambda text: tell("printed", text))
        with guard.disarmed(functions), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            work(lambda content: tell("said", content))
        tell("printed", output.end())
        tell("end", None)
    finally:
        leave(0)


def _limit(seconds: float) -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    with contextlib.suppress(OSError, ValueError):
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, the notebook stays


class _Clock:
    """Sees every import of the fork: it is not timed, as the answer is, and torch's own are left to the notebook."""

    def __init__(self, tell: Callable[[str, Any], None], seconds: float) -> None:
        self.tell, self.seconds, self.left = tell, seconds, 5_000

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.startswith("torch.") and name not in _imported:
            self.tell("lazy", name)
            signal.pause()
        if self.left:  # not for ever: a loop may import, too
            self.left -= 1
            self.tell("import", name)
            signal.setitimer(signal.ITIMER_PROF, self.seconds)
