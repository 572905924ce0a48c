"""A child's copy of the package, from which the answer to its exercise has been taken out.

Exercises, oracles, mutants, commands and the grader itself are not in it. The reference, and whatever else in the
package answers the exercise (its file says what, as ALSO_TAKEN_OUT), raises instead.
"""

import ast
import compileall
import functools
import inspect
import os
import shutil
import symtable
from collections.abc import Iterable
from pathlib import Path

import capsule_tutor
from capsule_tutor import exercises
from capsule_tutor.checks.exercise import Exercise

_PACKAGE = Path(capsule_tutor.__file__).parent
_LEFT_OUT = {
    *("authoring.py", "checks", "cli.py", "doctor.py", "exercises", "grading", "jupyter", "teaching.py", "weights"),
    "__main__.py",
}
_OF_CHECKS = ("alarms", "cases", "guard", "observing", "wire", "wording", "world")
TAKEN_OUT = "that is the reference: write it yourself"


def write(run: Path, exercise: Exercise) -> str:
    """Write the copy for an exercise into the folder of a run, once. Returns its place there, "kits/02-squash"."""
    place = f"kits/{exercise.id}"
    copy = run / place / "capsule_tutor"
    if copy.exists():
        return place
    if not (run / "weights").exists():  # many megabytes, which all the kits share
        shutil.copytree(_PACKAGE / "weights", run / "weights")
    # The museum shows right code beside the wrong. Its own lesson works with it, and needs it.
    left_out = _LEFT_OUT if exercise.lesson == "07" else _LEFT_OUT | {"museum"}
    shutil.copytree(_PACKAGE, copy, ignore=functools.partial(_left_out, left_out))
    shutil.copytree(run / "weights", copy / "weights", copy_function=_linked)
    for room, files in (("checks", _OF_CHECKS), ("grading", ("cells", "child"))):
        (copy / room).mkdir()
        for name in files:
            shutil.copyfile(_PACKAGE / room / f"{name}.py", copy / room / f"{name}.py")
    (copy / "grading" / "__init__.py").touch()
    shutil.copyfile(_PACKAGE / "grading" / "inside.py", copy / "checks" / "__init__.py")
    for name in taken_out(exercise):
        module, _, function = name.partition(":")
        path = copy / f"{module}.py"
        path.write_text(without(path.read_text(encoding="utf-8"), function), encoding="utf-8")
    compileall.compile_dir(copy, quiet=2)  # once, and not in every child
    return place


def _linked(source: str, target: str) -> None:
    """The same file under a second name. (Windows keeps symbolic links for administrators.)"""
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def _left_out(rooms: set[str], folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or (Path(folder) == _PACKAGE and name in rooms)}


def taken_out(exercise: Exercise) -> list[str]:
    """What a child must not have, as "functional:squash": the reference, if the package has it, and its equals."""
    found = list(exercise.also_taken_out)
    path = Path(inspect.getsourcefile(exercise.reference) or "")
    if _PACKAGE in path.parents and _PACKAGE / "exercises" not in path.parents:
        module = path.relative_to(_PACKAGE).with_suffix("").as_posix()
        found.insert(0, f"{module}:{exercise.reference.__qualname__}")
    return found


def without(source: str, name: str) -> str:
    """A module whose function or method `name` ("PrimaryCapsules.forward") raises. KeyError if there is none."""
    tree = ast.parse(source)
    node: ast.AST = tree
    for part in name.split("."):
        node = next((n for n in node.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == part), None)
        if node is None:
            raise KeyError(f"there is no {name} to be taken out")
    node.body = ast.parse(f"raise RuntimeError({TAKEN_OUT!r})").body
    return ast.unparse(tree)


@functools.cache
def reference_source(name: str) -> str:
    """The reference alone, as a module that defines `reference`: what it needs of its file, without oracle and mutants.

    A child gets it for an earlier exercise that the student has not solved, as the lesson goes on with it.
    """
    path = exercises.files()[name]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    wanted, chosen = {"reference"}, []
    for node in reversed(tree.body):
        table = symtable.symtable(ast.unparse(node), str(path), "exec")
        if wanted & {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}:
            chosen.insert(0, node)
            wanted |= set(_read(table))
    return ast.unparse(ast.Module(chosen, []))


def _read(table: symtable.SymbolTable) -> Iterable[str]:
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced())
    for child in table.get_children():
        yield from _read(child)
