"""The doctor: what the lessons need, what is missing, and the command that fixes it.

It imports what it examines inside the examination: whatever is broken becomes a line.
"""

import json
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # the checkout, if the package is used from one


class Broken(Exception):
    """What is wrong and, if it is not the usual one, the command that fixes it."""

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(problem)
        self.fix = fix


def findings() -> Iterator[dict[str, object]]:
    """Of each need: its name, whether it is met, whether it is optional, a detail or the problem, and the fix."""
    for name, test, fix in _needs():
        found = {"name": name, "ok": True, "optional": name == "MNIST files", "detail": "", "fix": ""}
        try:
            found["detail"] = test()
        except Exception as error:
            problem = str(error) if isinstance(error, Broken) else short(error)
            found |= {"ok": False, "detail": problem, "fix": getattr(error, "fix", "") or fix}
        yield found


def examine() -> int:
    """Print a line for each need, and below a broken one the command that fixes it. Returns how many are broken."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)  # a command broken over two lines cannot be copied
    broken = 0
    for found in findings():
        if found["ok"]:
            console.print(Text.assemble(("[OK]", "green"), f"   {found['name']}: {found['detail']}"))
            continue
        broken += not found["optional"]
        mark = ("[--]", "yellow") if found["optional"] else ("[FAIL]", "bold red")
        console.print(Text.assemble(mark, f"{'  ' * found['optional']} {found['name']}: {found['detail']}"))
        console.print(Text(f"       {found['fix']}"))
    return broken


def as_json() -> str:
    """All findings, for a teacher who collects those of a class (`of_class`)."""
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return json.dumps({"system": system, "findings": list(findings())}, indent=1)


def of_class(folder: Path) -> str:
    """What is broken on whose machine, from a folder of such files, each under its owner's name.

    Raises Broken if there are none.
    """
    machines, unreadable = {}, []
    for path in sorted(folder.rglob("*.json")):
        try:
            found = json.loads(path.read_bytes())
            machines[path.relative_to(folder).with_suffix("").as_posix()] = found["system"], found["findings"]
        except (OSError, ValueError, KeyError, TypeError):
            unreadable.append(path.name)
    if not machines:
        raise Broken(f"{folder} holds no file of `capsule-tutor doctor --json`.")
    broken: dict[str, dict] = {}
    for owner, (_, needs) in machines.items():
        for need in needs:
            if not (need["ok"] or need["optional"]):
                broken.setdefault(need["name"], {})[owner] = need
    failing = {owner for owners in broken.values() for owner in owners}
    lines = [f"{len(machines) - len(failing)} of {len(machines)} machines are ready."]
    for name, owners in sorted(broken.items(), key=lambda item: -len(item[1])):
        lines.append(f"\n{name}: {len(owners)}")
        for owner, need in owners.items():
            lines += [f"  {owner} ({machines[owner][0]}): {need['detail']}", f"    {need['fix']}"]
    if unreadable:
        lines.append(f"\nNot read: {', '.join(unreadable)}")
    return "\n".join(lines)


def pip_install(*arguments: str) -> str:
    """The command that installs into the Python that runs this, whichever is first on PATH."""
    return " ".join([_this_python(), "-m pip install", *(a if a.startswith("-") else f'"{a}"' for a in arguments)])


def pip_install_extra(extra: str) -> str:
    """The command that installs this package with an extra, from where pip got it (PEP 610)."""
    if (ROOT / "pyproject.toml").is_file():
        return pip_install("-e", f"{ROOT}[{extra}]")
    from importlib.metadata import distribution

    try:
        noted = json.loads(distribution("capsule-tutor").read_text("direct_url.json") or "")
        address = f"{noted['vcs_info']['vcs']}+{noted['url']}" if "vcs_info" in noted else noted["url"]
    except Exception:  # installed by its name, as from a wheelhouse; or damaged
        return pip_install(f"FOLDER_OF_THE_COURSE[{extra}]")
    return pip_install(f"capsule-tutor[{extra}] @ {address}")


def _this_python() -> str:
    if " " not in sys.executable:
        return sys.executable
    call = "& " if os.name == "nt" else ""  # without it PowerShell takes a text in quotes for a text
    return f'{call}"{sys.executable}"'


def stop(problem: str) -> Exception:
    """`raise stop("…")` ends a command with one line on stderr."""
    import typer

    typer.echo(problem, err=True)
    return typer.Exit(1)


def missing(error: ImportError, extra: str) -> Exception:
    """`raise missing(error, "lab")` ends a command with the line that says which library of an extra is not there."""
    return stop(f"{error.name or short(error)} is missing or broken. Install it: {pip_install_extra(extra)}")


def short(error: BaseException) -> str:
    """An error's name and the first line of what it says, cut to 200 characters."""
    lines = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return said if len(said) <= 200 else f"{said[:199]}…"


def _needs() -> list[tuple[str, Callable[[], str], str]]:
    """(name, test that returns a detail or raises, the command that usually fixes it)"""
    try:
        packages = [(need.name, partial(_package, need), pip_install(str(need))) for need in _requirements()]
    except Exception:  # the row "capsule-tutor" says why
        packages = []
    itself = (
        "Get the file again: git checkout -- capsule_tutor in a clone; elsewhere unpack or install the course again."
    )
    python = "Install another Python, delete the folder .venv, and install the course again, as its README says."
    return [
        ("Python", _python, python),
        ("capsule-tutor", _itself, pip_install_extra("lab")),
        *packages,
        ("torch computes", _torch, pip_install("--force-reinstall", "torch", "torchvision")),
        ("digits load", _digits, itself),
        ("shipped networks load", _networks, itself),
        ("progress can be saved", _progress, ""),  # the command depends on what can be written
        ("MNIST files", _mnist, f'{_this_python()} -c "from capsule_tutor import data; data.mnist()"'),
    ]


def _requirements() -> list:
    """What the package's own metadata demand, with the `lab` extra."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    needs = [Requirement(line) for line in requires("capsule-tutor") or []]
    needs = [need for need in needs if need.marker is None or need.marker.evaluate({"extra": "lab"})]
    for need in needs:
        need.marker = None  # has done its work, and would be noise in a command
    return needs


def _python() -> str:
    from importlib.metadata import metadata

    from packaging.specifiers import SpecifierSet

    found, needed = platform.python_version(), metadata("capsule-tutor")["Requires-Python"]
    if not SpecifierSet(needed).contains(found, prereleases=True):
        raise Broken(f"{found} is installed, {needed} is needed")
    return f"{found}, {sys.executable}"


def _itself() -> str:
    from importlib.metadata import version

    _requirements()
    return version("capsule-tutor")


def _package(need) -> str:
    """Installed, in a version that `need` admits, and importable."""
    from importlib import import_module
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version(need.name)
    except PackageNotFoundError:
        raise Broken("not installed") from None
    if not need.specifier.contains(found, prereleases=True):
        raise Broken(f"{found} is installed, {need.specifier} is needed")
    try:
        import_module({"pillow": "PIL"}.get(need.name, need.name))
    except Exception as error:
        raise Broken(f"{found} is broken ({short(error)})", pip_install("--force-reinstall", str(need))) from None
    return found


def _torch() -> str:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    ones = torch.ones(2, 2, device=device)
    if (ones @ ones).tolist() != [[2.0, 2.0], [2.0, 2.0]]:
        raise Broken(f"a product of two matrices is wrong on {device}")
    return torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"


def _digits() -> str:
    from capsule_tutor import data

    images, _ = data.digits()
    return f"{len(images)} images to train with"


def _networks() -> str:
    from capsule_tutor import pretrained

    for name in pretrained.NAMES:
        pretrained.load(name)
    return ", ".join(pretrained.NAMES)


def _progress() -> str:
    from capsule_tutor.checks import progress

    try:
        folder = progress.folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError as error:
        raise Broken(short(error), _another_home()) from None


def _another_home() -> str:
    """The command that keeps progress in the first of three folders that can be written."""
    for place in (Path.home, Path.cwd, tempfile.gettempdir):
        try:
            folder = Path(place())
            with tempfile.TemporaryFile(dir=folder):
                pass
        except (OSError, RuntimeError):  # not there, read-only; a user without a home
            continue
        folder /= "capsule-tutor-progress"
        if os.name == "nt":
            return f'setx CAPSULE_TUTOR_HOME "{folder}", then open a new terminal'
        return f"export CAPSULE_TUTOR_HOME={shlex.quote(str(folder))}"
    return "Set CAPSULE_TUTOR_HOME to a folder that you may write to; no usual one can be written."


def _mnist() -> str:
    from capsule_tutor import data

    if not data.has_mnist():
        raise Broken(f"not in {data.mnist_folder()}; optional, as the digits need no download")
    return str(data.mnist_folder())
