"""Exercises: one file is one exercise, and a wrong answer's docstring is what the learner reads.

lesson02/__init__.py   the ORDER of the lesson's exercises, and what is said to its PREDICTIONS
lesson02/squash.py     everything about `checks.squash`; a new file is found without being listed anywhere

Where the answer is a test, `sound` and `broken` code takes the place of `oracle` and `cases`.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

from capsule_tutor import checks
from capsule_tutor.checks import alarms
from capsule_tutor.checks.cases import Case
from capsule_tutor.checks.exercise import Exercise, Mutant

FOLDER = Path(__file__).parent
_THROWS = 10  # how often a learner's test meets each code, with new random numbers each time
_FORGIVEN = 2  # how often of these it may be silent on broken code: a good test now and then has bad luck


class ExerciseError(Exception):
    """A file that is no exercise: which one, and what it lacks, in one line."""


@cache
def files() -> dict[str, Path]:
    """Name → file of every exercise, in the order of the course. Raises ExerciseError for a name that is taken."""
    found: dict[str, Path] = {}
    for folder in sorted(FOLDER.glob("lesson[0-9][0-9]")):
        paths = {path.stem: path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"}
        order = _lesson(folder.name).ORDER
        if lost := [name for name in order if name not in paths]:
            raise ExerciseError(f"{folder.name}/__init__.py: its ORDER names {lost[0]!r}, and there is no such file")
        for name in [*order, *(name for name in paths if name not in order)]:
            if name in found:
                raise ExerciseError(f"{_place(paths[name])}: the name is taken by {_place(found[name])}")
            if name in vars(checks):
                raise ExerciseError(f"{_place(paths[name])}: the name is taken by checks.{name} itself")
            found[name] = paths[name]
    return found


@cache
def load(name: str) -> Exercise:
    """The exercise of this name. Raises ExerciseError if its file lacks something, KeyError if there is none."""
    path = files()[name]
    module = import_module(f"{__name__}.{path.parent.name}.{name}")
    said = _docstrings(path)
    for problem in _problems(name, module, said):
        raise ExerciseError(f"{_place(path)}: {problem}")
    complete = partial(_with_defaults, reference=module.reference, path=path)
    if hasattr(module, "broken"):
        checked = _test_of(module, said)
    else:
        checked = {"oracle": module.oracle, "cases": module.cases, "gradient": getattr(module, "GRADIENT", True)}
    return Exercise(
        lesson=_number(path),
        name=name,
        goal=said[""],
        hints=module.HINTS,
        **module.EFFORT,
        **checked,
        reference=module.reference,
        mutants=tuple(Mutant(complete(f), said[f"wrong.{f.__name__}"]) for f in _answers(module.wrong)),
        right=tuple(complete(f) for f in _answers(module.right)),
        axes=getattr(module, "AXES", ()),
        properties=getattr(module, "properties", ()),
        not_by=getattr(module, "NOT_BY", ()),
        more_cases=getattr(module, "more_cases", list),
        also_taken_out=getattr(module, "ALSO_TAKEN_OUT", ()),
    )


def _test_of(module: ModuleType, said: dict[str, str]) -> dict:
    """An exercise whose answer is a test has right and broken code in place of an oracle and cases."""
    sound, broken = _answers(module.sound), _answers(module.broken)
    cases = [Case(said[f"sound.{f.__name__}"], (f, _THROWS)) for f in sound]
    cases += [Case(said[f"broken.{f.__name__}"], (f, _THROWS, _FORGIVEN)) for f in broken]
    oracle = lambda code, *_: alarms.ALARM if code in broken else alarms.SILENT  # noqa: E731
    return {"oracle": oracle, "cases": lambda: cases, "gradient": False, "test": True}


def ids() -> dict[str, str]:
    """Id → name, as "02-exponential-squash" → "exponential_squash", in the order of the course."""
    return {f"{_number(path)}-{name.replace('_', '-')}": name for name, path in files().items()}


def predictions() -> dict[str, dict[str, str]]:
    """Id of a question → choice → what is said to it, of all lessons."""
    lessons = dict.fromkeys(path.parent.name for path in files().values())
    return {id_: choices for name in lessons for id_, choices in _lesson(name).PREDICTIONS.items()}


def _lesson(folder: str) -> ModuleType:
    module = import_module(f"{__name__}.{folder}")
    for part in ("ORDER", "PREDICTIONS"):
        if not hasattr(module, part):
            raise ExerciseError(f"{folder}/__init__.py: it has no {part}")
    return module


def _number(path: Path) -> str:
    return path.parent.name.removeprefix("lesson")


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _answers(group: type) -> list[FunctionType]:
    return [value for value in vars(group).values() if isinstance(value, FunctionType)]


def _docstrings(path: Path) -> dict[str, str]:
    """Name → docstring, as "wrong.no_eps"; "" is the goal. From the source, because `python -OO` drops docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes: dict[str, ast.AST] = {"": tree}
    for group in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for function in (node for node in group.body if isinstance(node, ast.FunctionDef)):
            name = f"{group.name}.{function.name}"
            if name in nodes:
                raise ExerciseError(f"{_place(path)}: {name} is there twice; the second would replace the first")
            nodes[name] = function
    return {name: _flowing(ast.get_docstring(node) or "") for name, node in nodes.items()}


def _flowing(text: str) -> str:
    """A docstring without its line breaks; an empty line still begins a paragraph."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _problems(name: str, module: ModuleType, said: dict[str, str]) -> Iterator[str]:
    """What keeps a file from being an exercise."""
    if not said[""]:
        yield "it has no docstring: write there what the learner is to do"
    tested = ("sound", "broken") if hasattr(module, "broken") else ("oracle", "cases")
    for part in ("EFFORT", "HINTS", "reference", *tested, "right", "wrong"):
        if not hasattr(module, part):
            yield f"it has no `{part}`"
    if not (isinstance(module.HINTS, tuple) and len(module.HINTS) == 3 and all(module.HINTS)):
        yield "it does not have three HINTS: the direction, the key idea, nearly the code"
    if module.EFFORT.keys() != {"minutes", "difficulty", "importance"}:
        yield "its EFFORT does not name minutes, difficulty and importance"
    if module.reference.__name__ != name:
        yield f"its reference is called {module.reference.__name__}, not {name}"
    for group in ("wrong", *(tested if "broken" in tested else ())):
        for function in _answers(getattr(module, group)):
            if not said.get(f"{group}.{function.__name__}"):
                what = "what one who answers so should read" if group == "wrong" else "what code it is"
                yield f"{group}.{function.__name__} has no docstring: write there {what}"


def _with_defaults(function: FunctionType, reference: Callable, path: Path) -> FunctionType:
    """The same function, whose parameters have the reference's defaults where they have none of their own."""
    theirs = {name: p.default for name, p in inspect.signature(reference).parameters.items()}
    parameters = inspect.signature(function).parameters.values()
    own = {p.name: theirs.get(p.name, p.empty) if p.default is p.empty else p.default for p in parameters}
    positional = [own[p.name] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    while positional and positional[0] is inspect.Parameter.empty:
        del positional[0]
    if inspect.Parameter.empty in positional:
        raise ExerciseError(
            f"{_place(path)}: {function.__qualname__} must have its parameters in the reference's order"
        )
    function.__defaults__ = tuple(positional)
    function.__kwdefaults__ = {p.name: own[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY}
    return function
