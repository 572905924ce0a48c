"""Borrowed answers: whether a function is, wraps or calls another one. Read from its code, without running it."""

import dis
import functools
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

_PASSES_ON = {"COPY", "CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "POP_TOP", "PUSH_NULL", "RESUME", "SWAP"}


def borrowed(function: Callable, originals: Iterable[Callable]) -> Callable | None:
    """The first of `originals` that `function` is or calls: renamed, in a lambda, in a partial, in a helper."""
    by_code = {_code(original): original for original in originals if _code(original)}
    return next((by_code[code] for code in _reached(function, set()) if code in by_code), None)


def _reached(function: Any, visited: set[CodeType]) -> Iterable[CodeType]:
    """The code of a function, and of all that it mentions. Library code is named and not entered."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    code = _code(function)
    if code is None or code in visited:
        return
    visited.add(code)
    yield code
    if isinstance(function, FunctionType) and not _of_a_library(function):
        for mentioned in _mentioned(code, _names(function)):
            yield from _reached(mentioned, visited)


def _mentioned(code: CodeType, names: dict[str, Any]) -> Iterable[Any]:
    """What a code looks up by name: `f`, `module.f`, `from module import f`, in inner functions, too."""
    names, last, imported = dict(names), None, None
    for step in dis.get_instructions(code):
        if isinstance(step.argval, CodeType):
            yield from _mentioned(step.argval, _without_locals(names, step.argval))
        if step.opname.startswith("STORE_"):
            if isinstance(step.argval, str) and last is not None and step.opname != "STORE_ATTR":
                names[step.argval] = last
            last = None
        elif step.opname == "IMPORT_NAME":
            last = imported = sys.modules.get(step.argval)
        elif step.opname == "IMPORT_FROM":  # `import a.b as c`, too, takes b from a.b
            last = getattr(imported, step.argval, imported)
        elif step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            # only a module's attribute is looked up: asking any other object might run a property
            last = getattr(last, step.argval, None) if isinstance(last, ModuleType) else None
        elif step.opname.startswith("LOAD_"):
            last = names.get(step.argval) if isinstance(step.argval, str) else None
        elif step.opname not in _PASSES_ON:
            last = None
        if last is not None and not isinstance(last, ModuleType):
            yield last


def _names(function: FunctionType) -> dict[str, Any]:
    """Its globals, what it closes over, and the defaults of its parameters."""
    closed = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    filled = {name: cell.cell_contents for name, cell in closed.items() if not _is_empty(cell)}
    parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
    positional = function.__defaults__ or ()
    defaults = dict(zip(parameters[len(parameters) - len(positional) :], positional, strict=True))
    outside = _without_locals(function.__globals__, function.__code__)
    return {**outside, **filled, **defaults, **(function.__kwdefaults__ or {})}


def _without_locals(names: dict[str, Any], code: CodeType) -> dict[str, Any]:
    """A parameter or a local variable hides a global of its name."""
    return {name: value for name, value in names.items() if name not in code.co_varnames}


def _is_empty(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return True
    return False


def _code(function: Any) -> CodeType | None:
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _of_a_library(function: FunctionType) -> bool:
    """Whether it is torch's, Python's or this package's: what such a function calls is its own business."""
    package = str(function.__globals__.get("__name__", "")).partition(".")[0]
    return package in ("torch", "numpy", "scipy", "functools", "capsule_tutor")
