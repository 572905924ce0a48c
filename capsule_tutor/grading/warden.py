"""The warden: a program that starts the children in which students' cells run. It is run as a script, on its own.

It knows no exercise and no right answer, and a child has no capabilities, and another user where the grader is root.

`warden.py --warden`   imports torch once, inside of walls (files, network, processes), and forks a fresh child for
                       every exercise, in a few milliseconds. Orders come over the socket that is file 0: a line of
                       JSON, and a socket for the child.
`warden.py --single`   becomes the only child itself, which talks over the files 0 and 1: in a container, or where there
                       are no walls.
"""

import contextlib
import ctypes
import json
import math
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path

_ENDS = {100: "exit", **{number.value: number.name for number in signal.Signals}}
_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (2**n for n in (17, 26, 27, 28, 29, 30))
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 2**18


def main() -> None:
    order = json.loads(sys.argv[-1])
    if sys.argv[1] == "--single":
        _import_torch(all_of_it=False)
        _limit(order)
        _drop_rights(order["user"])
        _become_child(order, os.dup(0), os.dup(1))
    orders = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    _build_walls(order)  # the process goes on inside of them
    _import_torch(all_of_it=True)
    orders.sendall(b"ready")
    _take_orders(orders)


def _take_orders(orders: socket.socket) -> None:
    """One child after the other, until the grader hangs up."""
    while True:
        line, streams, _, _ = socket.recv_fds(orders, 2**16, 1)
        if not line:
            return
        order = json.loads(line)
        monitor, child = _start(order, streams[0])
        os.close(streams[0])
        orders.recv(1)  # the grader has seen enough
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)  # and with it, as the first of its namespace, all that it has started
        _, status = os.waitpid(monitor, 0)
        orders.sendall((_ENDS.get(os.waitstatus_to_exitcode(status), "") or " ").encode())


def _start(order: dict, stream: int) -> tuple[int, int]:
    """Fork a monitor, which forks the child and outlives it. Returns both process ids, as the warden sees them."""
    read, write = os.pipe()
    monitor = os.fork()
    if not monitor:
        status = 0
        try:
            _call("unshare", _NEWPID | _NEWNS | _NEWIPC)
            _mount("tmpfs", "/tmp", "tmpfs", _NOSUID | _NODEV, f"size={order['files']},mode=1777")
            child = os.fork()
            if not child:
                os.setsid()
                _limit(order)
                _drop_rights(order["user"])
                _become_child(order, stream, stream)
            os.write(write, str(child).encode())
            _, status = os.waitpid(child, 0)
            # A grandchild may still hold the stream; the grader is not to wait for that one.
            socket.socket(fileno=stream).shutdown(socket.SHUT_RDWR)
        finally:
            os._exit(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 100)
    os.close(write)
    child = int(os.read(read, 20) or b"0")
    os.close(read)
    return monitor, child


def _import_torch(all_of_it: bool) -> None:
    """Also what torch.compile and torch.func import when they are first used, for seconds, if many are to share it."""
    import torch

    torch.set_num_threads(1)
    if all_of_it:
        with contextlib.suppress(Exception):
            import torch._dynamo


# --- walls around all children ----------------------------------------------------------------------------------------


def _build_walls(order: dict) -> None:
    """Namespaces that hold only what `order` makes visible. Raises OSError where the system refuses them."""
    root = os.geteuid() == 0 and order["user"]
    if order["walled"]:  # bubblewrap has hidden the files and cut the network; children are to be apart, too
        if not root:
            _unshare(_NEWUSER | _NEWNS)
        return
    _unshare(_NEWNS | _NEWNET | _NEWIPC | _NEWUTS | _NEWPID | (0 if root else _NEWUSER))
    child = os.fork()  # the first process of the new process namespace goes on
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    _call("prctl", 1, signal.SIGKILL, 0, 0, 0)  # it ends with its parent
    _hide_files(order)


def _hide_files(order: dict) -> None:
    """A new root with nothing in it but the system, Python, and the grader's folder of kits, all read-only."""
    root = order["root"]
    _mount(None, "/", None, _REC | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    for path, place in order["visible"]:
        inside = Path(root + place)
        inside.parent.mkdir(parents=True, exist_ok=True)
        if Path(path).is_symlink():
            inside.symlink_to(Path(path).readlink())
        elif Path(path).is_dir():
            inside.mkdir(exist_ok=True)
            _bind(path, str(inside))
    for path in order["hidden"]:
        if Path(root + path).is_dir():
            _mount("tmpfs", root + path, "tmpfs", _RDONLY, "size=4k")
    for folder in ("dev", "tmp", "proc"):
        Path(root, folder).mkdir(exist_ok=True)
    for device in ("null", "zero", "urandom", "random"):
        Path(root, "dev", device).touch()
        _bind(f"/dev/{device}", f"{root}/dev/{device}")
    with contextlib.suppress(OSError):  # a container may refuse it; torch does without
        _mount("proc", f"{root}/proc", "proc", _NOSUID | _NODEV)
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", 2)  # the old root, which now covers the new one
    os.chdir("/")
    _mount(None, "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)


def _bind(path: str, inside: str) -> None:
    _mount(path, inside, None, _BIND | _REC)
    attributes = struct.pack("4Q", _RDONLY | _NOSUID, 0, 0, 0)
    # mount_setattr of Linux 5.12 reaches the mounts below; before it, the remount reaches the first alone.
    if _libc().syscall(442, -100, inside.encode(), 0x8000, attributes, len(attributes)):
        _mount(None, inside, None, _REMOUNT | _BIND | _RDONLY | _NOSUID)


def _unshare(flags: int) -> None:
    """Leave these namespaces; in a new one of users, the user stays who it is."""
    user, group = os.geteuid(), os.getegid()
    _call("unshare", flags)
    if flags & _NEWUSER:
        for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(line)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = (None if text is None else text.encode() for text in (source, target, kind, options))
    source_, target_, kind_, options_ = texts
    _call("mount", source_, target_, kind_, ctypes.c_ulong(flags), options_)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc(), name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


# --- one child --------------------------------------------------------------------------------------------------------


def _limit(order: dict) -> None:
    """Processor time, memory, files, processes; where the system has no such limits the grader's clock is all."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):  # memory beyond what Python and torch have mapped already
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + order["memory"],) * 2)
    seconds = math.ceil(time.process_time()) + order["seconds"]  # beyond what importing torch has taken
    for name, most in (("CPU", seconds), ("FSIZE", order["files"]), ("CORE", 0), ("NPROC", order["threads"])):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    with contextlib.suppress(OSError):  # if the machine runs out of memory, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")


def _drop_rights(user: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    if os.geteuid() == 0 and user:
        with contextlib.suppress(OSError):  # bubblewrap has made this user the only one there is
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
    with contextlib.suppress(OSError):
        header, none = struct.pack("Ii", 0x20080522, 0), bytes(24)
        _call("capset", header, none)  # no capabilities
    _call("prctl", 38, 1, 0, 0, 0)  # and no program that has the set-user-id bit gives them back
    _call("prctl", 4, 1, 0, 0, 0)  # a change of user forbids a process to read /proc/self, which torch does


def _become_child(order: dict, read: int, write: int) -> None:
    """Run the student's cells and answer the grader's questions; never returns."""
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    sys.path[:] = [order["kit"], *filter(None, sys.path)]
    work = Path(order["work"])
    work.mkdir(exist_ok=True, mode=0o700)
    os.chdir(work)
    os.environ["HOME"] = os.environ["TMPDIR"] = str(work)
    from capsule_tutor.grading.child import serve

    try:
        serve(lambda size: os.read(read, size), lambda message: _write(write, message))
    except BaseException:  # the grader has hung up, or the student's code has broken everything
        os._exit(1)
    os._exit(0)


def _write(file: int, message: bytes) -> None:
    while message:
        message = message[os.write(file, message) :]


if __name__ == "__main__":
    main()
