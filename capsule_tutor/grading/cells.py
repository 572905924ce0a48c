"""Which statements of a notebook an answer needs, and running those alone.

A demonstration that hangs, or a broken cell further up, then costs nothing; and an answer is graded in a moment,
although its lesson trains a network. All of this happens in the child: a student's text is not even parsed outside.
"""

import ast
import linecache
import re
import symtable
import types
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

_HARMLESS_MAGIC = ("%%time", "%%capture")


@dataclass(frozen=True)
class Statement:
    """One statement at the top level of a cell: the names that it binds or changes, and those that it reads."""

    cell: int
    node: ast.stmt
    changes: frozenset[str]
    reads: frozenset[str]
    checks: frozenset[str]  # the exercises whose check it calls, as in `squash = checks.squash(squash)`


def statements(cells: Iterable[str]) -> tuple[list[Statement], list[tuple[int, str]]]:
    """All statements of the code cells, and (cell, what is wrong) of those that are not Python."""
    found, broken = [], []
    for number, source in enumerate(cells):
        try:
            text = without_magic(source)
            nodes = [part for node in ast.parse(text).body for part in _one_by_one(node)]
            linecache.cache[title(number)] = (len(text), None, text.splitlines(keepends=True), title(number))
            found += [_statement(number, node) for node in nodes]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            broken.append((number, f"{type(error).__name__}: {getattr(error, 'msg', error)}{line}"))
    modules = {name for s in found if isinstance(s.node, ast.Import | ast.ImportFrom) for name in s.changes}
    # CONFIG.update(…) belongs to an answer that reads CONFIG; checks.board() and torch.manual_seed(…) do not.
    return [replace(s, changes=s.changes - modules) if isinstance(s.node, ast.Expr) else s for s in found], broken


def needed(all_: list[Statement], name: str) -> list[Statement]:
    """The statements that make what is checked as `name`: its definition, and whatever that reads, up to the check."""
    checks = [place for place, statement in enumerate(all_) if name in statement.checks]
    before = all_[: checks[-1] + 1] if checks else all_
    wanted, chosen = {name, "*"}, set()
    while True:
        for place, statement in enumerate(before):
            if place not in chosen and (statement.changes & wanted or name in statement.checks):
                chosen.add(place)
                wanted |= statement.reads
                break
        else:
            return [before[place] for place in sorted(chosen)]


def run(chosen: Iterable[Statement], names: dict[str, Any]) -> list[str]:
    """Execute the statements in `names`. Whatever they raise is told in a line, and the next one goes on."""
    problems = []
    for statement in chosen:
        try:
            code = compile(ast.Module([statement.node], []), title(statement.cell), "exec")
            exec(code, names)
        except BaseException as error:  # an exit, too: the next statement may still define the answer
            problems.append(f"{type(error).__name__} in cell {statement.cell + 1}, line {statement.node.lineno}")
    return problems


def title(number: int) -> str:
    return f"<cell {number + 1}>"


def module() -> types.ModuleType:
    """The notebook's own names, with what IPython puts there."""
    main = types.ModuleType("__main__")
    main.display = main.get_ipython = lambda *_args, **_kwargs: None
    return main


def without_magic(source: str) -> str:
    """A cell without IPython's own lines; nothing is left of a cell in another language.

    A cell that is Python stays as it is: in `a\\n% b` the sign is no magic.
    """
    if source.lstrip().startswith("%%"):
        first, _, source = source.lstrip().partition("\n")
        source = "\n" + source if first.split()[0] in _HARMLESS_MAGIC else ""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        source = re.sub(r"^(\s*[\w, ]+=\s*)(?:%(?=\w)|!(?!=)).*$", r"\1None", source, flags=re.MULTILINE)
        magic = r"^(\s*)(?:(?:%(?=[\w%])|!(?!=)).*|\??[\w.]+\?{1,2}|\?\S*)$"
        source = re.sub(magic, r"\1pass", source, flags=re.MULTILINE)
    return source


def normalised(cells: Iterable[str], name: str) -> str:
    """An answer as words: its syntax tree without comments, layout, annotations, and with its own names numbered."""
    chosen = needed(statements(cells)[0], name)
    own = [s.node for s in chosen if not isinstance(s.node, ast.Import | ast.ImportFrom) and name not in s.checks]
    numbers: dict[str, str] = {}
    words = [word for node in own for word in _words(node, numbers)]
    return " ".join(words)[:50_000]


def _words(node: ast.AST, numbers: dict[str, str]) -> Iterable[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.arg):
        numbers.setdefault(node.arg if isinstance(node, ast.arg) else node.name, f"n{len(numbers)}")
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Store):
            numbers.setdefault(node.id, f"n{len(numbers)}")
        yield numbers.get(node.id, node.id)
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return
    yield type(node).__name__
    yield from (
        str(getattr(node, part))
        for part in ("attr", "value")
        if isinstance(getattr(node, part, None), str | int | float)
    )
    for field, part in ast.iter_fields(node):
        if field not in ("annotation", "returns", "ctx", "type_comment"):
            for child in part if isinstance(part, list) else [part]:
                if isinstance(child, ast.AST):
                    yield from _words(child, numbers)


def _statement(cell: int, node: ast.stmt) -> Statement:
    table = symtable.symtable(ast.unparse(node), title(cell), "exec")
    changes = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    for part in ast.walk(node):
        if isinstance(part, ast.ImportFrom) and part.names[0].name == "*":
            changes.add("*")
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store | ast.Del):
            changes.add(_root(part))  # CONFIG["eps"] = 1e-8
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        changes.add(_root(node.value.func))
    reads = set(_globals(table)) | {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    checks = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute) and _root(call.func) == "checks"}
    return Statement(cell, node, frozenset(changes - {""}), frozenset(reads), frozenset(checks))


def _one_by_one(node: ast.stmt) -> Iterable[ast.stmt]:
    """`from capsule_tutor import checks, data` as two imports, of which an answer may need one."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return [node]
    kept = {name: getattr(node, name) for name in ("module", "level") if hasattr(node, name)}
    return [ast.copy_location(type(node)(names=[alias], **kept), node) for alias in node.names]


def _globals(table: symtable.SymbolTable) -> Iterable[str]:
    for child in table.get_children():
        for symbol in child.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                yield symbol.get_name()
        yield from _globals(child)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
