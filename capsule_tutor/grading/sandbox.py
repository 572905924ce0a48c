"""Starting children from outside: in bubblewrap, in namespaces of the warden's own, in a container, or as can be.

    with opened(run, "kits/02-squash", Limits()) as sandbox, sandbox.child("kits/02-squash") as line:
        line.ask(…)

What a sandbox keeps out is tried before a student's code runs in it, and said in `sandbox.says`.
"""

import contextlib
import json
import os
import shutil
import signal
import site
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from capsule_tutor.checks import wire
from capsule_tutor.checks.apart import signal_name

_PACKAGE = Path(__file__).parents[1]
_LARGEST_CALL = 20_000  # numbers in the inputs of a function that a child has called here
_LARGEST_NUMBER = 1_000  # and how large a plain int of them may be
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix")


class SandboxError(RuntimeError):
    """No child can be started; one line says why."""


class Gone(Exception):
    """The child did not answer: what ended it, in a word that a student understands."""


@dataclass(frozen=True)
class Limits:
    """Of one child."""

    seconds: int = 20  # of processor time
    patience: float = 60  # seconds of a clock on the wall, for one that sleeps
    memory: int = 2 * 2**30  # bytes beyond what Python and torch take
    files: int = 32 * 2**20  # bytes that it may write


@dataclass
class Line:
    """What a grader and a child say to each other."""

    socket: socket.socket
    deadline: float
    ended: str = ""  # how the child ended by itself, once that is known: the name of a signal, or "exit"

    def ask(self, question: Any) -> Any:
        """The child's answer. Functions in the question stay here, and are called here for the child.

        Raises Gone if the child has ended, is too slow, or does not keep to the language.
        """
        functions: list[Callable] = []
        try:
            self._send(wire.dumps(question, functions))
            for _ in range(10_000):
                answer = wire.loads(wire.receive(self._read))
                if not (isinstance(answer, dict) and "remote" in answer):
                    return answer
                self._send(wire.dumps(_called(functions, answer)))
        except TimeoutError:
            raise Gone("late") from None
        except (EOFError, OSError):
            raise Gone("ended") from None
        except wire.WireError as error:
            raise Gone(f"its answer cannot be read: {error}") from None
        raise Gone("it calls a function too often")

    def _send(self, message: bytes) -> None:
        self._be_on_time()
        wire.send(self.socket.sendall, message)

    def _read(self, size: int) -> bytes:
        self._be_on_time()
        return self.socket.recv(size)

    def _be_on_time(self) -> None:
        self.socket.settimeout(max(0.001, self.deadline - time.monotonic()))


def _called(functions: list[Callable], call: dict) -> dict:
    """Call a function of a case, such as a decoder, with what a child has sent."""
    try:
        args, kwargs = tuple(call["args"]), dict(call["kwargs"])
        tensors = [part for part in (*args, *kwargs.values()) if isinstance(part, Tensor)]
        numbers = [part for part in (*args, *kwargs.values()) if isinstance(part, int)]  # such as rounds of a loop
        if sum(part.numel() for part in tensors) > _LARGEST_CALL or any(abs(n) > _LARGEST_NUMBER for n in numbers):
            raise ValueError("these inputs are too large")
        if "gradients" not in call:
            before = [part.clone() for part in tensors]
            with torch.no_grad():
                value = functions[call["remote"]](*args, **kwargs)
            # A test may ask whether an input is afterwards as it was, so what was changed in place goes back as well.
            changed = [None if torch.equal(*pair) else pair[0] for pair in zip(tensors, before, strict=True)]
            return {"value": value, "changed": changed}
        floats = [part.requires_grad_() for part in tensors if part.is_floating_point()]
        outputs = functions[call["remote"]](*args, **kwargs)
        found = torch.autograd.grad(outputs, floats, call["gradients"], allow_unused=True)
        gradients = iter(found)
        return {"value": tuple(next(gradients) if part.is_floating_point() else None for part in tensors)}
    except Exception as error:  # the child's mistake, and told to it as such
        return {"raised": (type(error).__name__, str(error)[:300])}


class Sandbox:
    """Starts children, one after the other. `says` tells what keeps them in.

    In bubblewrap or namespaces they come from a warden, which has imported torch once. In a container, as another user
    or with limits alone each is a program of its own, which takes seconds to start.
    """

    def __init__(self, run: Path, way: str, limits: Limits, container: str = "") -> None:
        self.run, self.way, self.limits, self.container = run, way, limits, container
        self.says = ""
        self._warden: subprocess.Popen | None = None
        self._orders: socket.socket | None = None
        self._number = 0

    @contextlib.contextmanager
    def child(self, kit: str) -> Iterator[Line]:
        """A fresh child with this kit. At the end it is killed, with all that it has started."""
        ours, theirs = socket.socketpair()
        self._number += 1
        start = self._start_in_warden if self.way in ("bubblewrap", "namespaces") else self._start_single
        with ours, theirs:
            end = start(kit, theirs)
            line = Line(ours, time.monotonic() + self.limits.patience)
            try:
                yield line
            finally:
                line.ended = end()

    def close(self) -> None:
        if self._warden is not None:
            self._orders.close()
            try:
                self._warden.wait(2)
            except subprocess.TimeoutExpired:
                self._warden.kill()
                self._warden.wait()
            self._warden = None

    def _start_in_warden(self, kit: str, theirs: socket.socket) -> Callable[[], str]:
        if self._warden is None:
            self._start_warden()
        order = self._order(kit=f"/grading/{kit}", work=f"/tmp/{self._number}")
        try:
            socket.send_fds(self._orders, [json.dumps(order).encode()], [theirs.fileno()])
        except OSError:
            self.close()
            raise SandboxError("the process that starts the students' processes has ended") from None
        theirs.close()

        def end() -> str:
            try:
                self._orders.settimeout(10)
                self._orders.sendall(b".")
                status = self._orders.recv(16).decode()
            except OSError:
                status = ""
            if not status:
                self.close()  # the next child gets another warden
            return status.strip()

        return end

    def _start_warden(self) -> None:
        self._orders, theirs = socket.socketpair()
        walled = self.way == "bubblewrap"
        program = "/grading/warden.py" if walled else str(self.run / "inside" / "warden.py")
        command = [*(_bubblewrap(self.run) if walled else ()), sys.executable, "-I", "-B", program, "--warden"]
        visible = [*_visible(), [str(self.run / "inside"), "/grading"]]
        order = self._order(walled=walled, visible=visible, hidden=_hidden(), root=str(self.run / "root"))
        with theirs:
            self._warden = subprocess.Popen(
                [*command, json.dumps(order)],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                stderr=None if "CAPSULE_TUTOR_DEBUG" in os.environ else subprocess.DEVNULL,
                start_new_session=True,
            )
        self._orders.settimeout(120)
        try:
            ready = self._orders.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            self.close()
            raise SandboxError("it does not start here")

    def _start_single(self, kit: str, theirs: socket.socket) -> Callable[[], str]:
        name = f"capsule-grading-{os.getpid()}-{self._number}"
        contained = self.way == "container"
        folder = "/grading" if contained else str(self.run / "inside")
        work = Path("/tmp/work") if contained else self.run / "work" / str(self._number)
        order = json.dumps(self._order(kit=f"{folder}/{kit}", work=str(work)))
        program = ["-I", "-B", f"{folder}/warden.py", "--single", order]
        command = [sys.executable, *program]
        if contained:
            command = [*_container(self.container, name, self.run, self.limits), *program]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        _pump(process, theirs.dup())

        def end() -> str:
            if contained:
                engine = self.container.partition("=")[0]
                subprocess.run([engine, "rm", "--force", name], capture_output=True, check=False)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
            status = process.poll()
            with contextlib.suppress(OSError, AttributeError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
            if status is None:
                return ""
            return signal_name(-status) if status < 0 else "exit"

        return end

    def _order(self, **more: Any) -> dict:
        limits = {name: getattr(self.limits, name) for name in ("seconds", "memory", "files")}
        # Where the grader is root a child is a user with a number that no other has; 0 leaves it the grader's own.
        user = 60_000 + os.getpid() % 5_000 if _is_root() and self.way != "limits" else 0
        return {**limits, "user": user, "threads": 64 + _threads_of_this_user(), **more}


def _pump(process: subprocess.Popen, far: socket.socket) -> None:
    """Connect the program's standard input and output with a socket: what every system can do."""

    def to_child() -> None:
        with contextlib.suppress(OSError, ValueError):
            while part := far.recv(2**16):
                process.stdin.write(part)
                process.stdin.flush()

    def from_child() -> None:
        with contextlib.suppress(OSError, ValueError):
            while part := process.stdout.read1(2**16):
                far.sendall(part)
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)

    for work in (to_child, from_child):
        threading.Thread(target=work, daemon=True).start()


# --- ways to start it -------------------------------------------------------------------------------------------------


def _visible() -> list[list[str]]:
    """Folders that Python and torch need, each with its place inside; none that lies in another of them."""
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()]
    paths = [path for path in dict.fromkeys([*_SYSTEM, *python]) if Path(path).exists()]
    own = [p for p in paths if not any(p != other and Path(other) in Path(p).parents for other in paths)]
    return [[path, path] for path in own]


def _hidden() -> list[str]:
    """The package, and a checkout's solutions, where they lie in a visible folder: a child is to find its kit only."""
    solutions = _PACKAGE.parent / "solutions"
    ours = [_PACKAGE, *([solutions] if solutions.is_dir() else [])]
    return [str(place) for place in ours if any(Path(path) in place.parents for path, _ in _visible())]


def _bubblewrap(run: Path) -> list[str]:
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    if _is_root():  # no namespace of users, in which a child could not become another one
        kept = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL")
        command[1:2] = ["--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts", "--cap-drop", "ALL"]
        command += [part for capability in kept for part in ("--cap-add", capability)]
    for path, inside in _visible():
        for folder in reversed(Path(inside).parents):  # which another user could otherwise not enter
            command += ["--perms", "755", "--dir", str(folder)]
        if Path(path).is_symlink():
            command += ["--symlink", str(Path(path).readlink()), inside]
        else:
            command += ["--ro-bind", path, inside]
    for path in _hidden():
        command += ["--tmpfs", path]
    return [*command, "--ro-bind", str(run / "inside"), "/grading", "--chdir", "/", "--"]


def _container(container: str, name: str, run: Path, limits: Limits) -> list[str]:
    """`container` is "docker=IMAGE" or "podman=IMAGE"; the image has Python and this package."""
    engine, _, image = container.partition("=")
    memory = str(limits.memory + 2**30)
    return [
        *(engine, "run", "--rm", "--interactive", "--name", name, "--network", "none", "--read-only"),
        *("--memory", memory, "--memory-swap", memory, "--pids-limit", "64", "--cpus", "1"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534"),
        *("--tmpfs", f"/tmp:size={limits.files},mode=1777", "--volume", f"{run / 'inside'}:/grading:ro"),
        *("--env", "OMP_NUM_THREADS=1", "--env", "TORCHDYNAMO_DISABLE=1", image or "capsule-tutor", "python"),
    ]


def _threads_of_this_user() -> int:
    """Those that there are already count where the system counts by user."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == os.getuid():
                found += len(list((process / "task").iterdir()))
    return found


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    # An answer may be compiled; what is graded is what it computes, and to compile takes longer than all the rest.
    ours = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TORCHDYNAMO_DISABLE": "1", "MPLBACKEND": "agg"}
    return {**kept, **ours, "LANG": "C.UTF-8", "HOME": "/tmp"}


# --- which of them ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(run: Path, kit: str, limits: Limits, container: str = "", way: str = "") -> Iterator[Sandbox]:
    """The best sandbox that works here, or the one that is asked for. Raises SandboxError if none does."""
    for folder in ("inside", "work", "root"):
        (run / folder).mkdir(exist_ok=True)
    run.chmod(0o755)
    (run / "work").chmod(0o1777)
    shutil.copyfile(Path(__file__).with_name("warden.py"), run / "inside" / "warden.py")
    problems = []
    for candidate in [way] if way else _ways(container):
        sandbox = Sandbox(run, candidate, limits, container)
        try:
            _try_out(sandbox, kit)
        except (SandboxError, Gone, OSError) as error:
            problems.append(f"{candidate}: {error or type(error).__name__}")
            sandbox.close()
            continue
        try:
            yield sandbox
        finally:
            sandbox.close()
        return
    raise SandboxError(
        f"students' code cannot be run on this machine ({'; '.join(problems)}). Is Capsule Tutor installed in an "
        "environment of its own (venv)? What is installed with --user is not found"
    )


def _ways(container: str) -> list[str]:
    if container:
        return ["container"]
    if not sys.platform.startswith("linux"):
        return ["limits"]
    return [
        *["bubblewrap"] * bool(shutil.which("bwrap")),
        "namespaces",
        *["another user"] * _is_root(),
        "limits",
    ]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


_TRIAL = """
import os, socket

def trial(package, run):
    files = not os.path.exists(package) and not os.access(run, os.W_OK)
    network = [name for _, name in socket.if_nameindex() if name != "lo"] == []
    return files, network, os.getpid() == 1
"""


def _try_out(sandbox: Sandbox, kit: str) -> None:
    """Run a harmless answer, which tells what it can reach from inside."""
    with sandbox.child(kit) as line:
        line.ask({"name": "trial", "cells": [_TRIAL], "given": {}, "whole": False, "test": False})
        paths = (str(_PACKAGE / "exercises"), str(sandbox.run / "inside"))
        seen = line.ask({"args": paths, "kwargs": {}, "gradient": False})["seen"]
    if seen["error"] is not None:
        raise SandboxError(f"an answer cannot run ({seen['error'][0]}: {seen['error'][1]})")
    what = ("the files of this machine", "the network", "other processes")
    kept = [name for name, kept in zip(what, seen["value"], strict=True) if kept]
    out = [name for name, kept in zip(what, seen["value"], strict=True) if not kept]
    sandbox.says = (
        f"{sandbox.way}: {f'out of reach are {_listed(kept)}' if kept else 'nothing is out of reach'}"
        f"{f'; WITHIN REACH are {_listed(out)}' if out else ''}; {_limited(sandbox)}"
    )


def _limited(sandbox: "Sandbox") -> str:
    """What a child may use: not every system can limit it."""
    seconds, memory = f"{sandbox.limits.seconds} s of processor time", f"{sandbox.limits.memory / 2**30:g} GB"
    if sandbox.way == "container" or sys.platform.startswith("linux"):
        return f"at most {seconds} and {memory} for each exercise"
    if sys.platform == "win32":
        return f"at most {sandbox.limits.patience} s by the clock for each exercise, and memory WITHOUT LIMIT"
    return f"at most {seconds} for each exercise, and memory WITHOUT LIMIT"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
