"""A cell that ends in a check: what goes wrong above the check is told in the check's line, and the lesson goes on.

print(squash(s))                    # raises          try:
squash = checks.squash(squash)                            print(squash(s))
                                      is run as           squash = checks.squash(squash)
                                                      except Exception:
                                                          squash = checks.squash.slipped()

And a cell that defines `sqaush` asks for no check of the `squash` of an earlier run.
"""

import ast
import difflib
import sys

from capsule_tutor import frontend
from capsule_tutor.checks.exercise import Exercise


def watch() -> None:
    """In a notebook, have every cell from now on looked at before it is run. Elsewhere nothing happens."""
    shell = frontend.shell()
    if shell and not any(isinstance(known, Cells) for known in shell.ast_transformers):
        shell.ast_transformers.append(Cells())


class Cells(ast.NodeTransformer):
    """Puts every check of a cell, with the statements above it, into a `try`."""

    def visit_Module(self, cell: ast.Module) -> ast.Module:
        done, above = [], []
        for statement in cell.body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                done.append(statement)  # nothing but these may come before it
                continue
            if not _is_check(statement):
                above.append(statement)
                continue
            misnamed = _misnamed(cell, statement)
            asks = _instead(statement, misnamed) if misnamed else statement
            done.append(_goes_on([*above, asks], statement))
            above = []
        cell.body = done + above
        return cell


def _is_check(statement: ast.stmt) -> bool:
    """Whether it is `NAME = checks.NAME(…)`, with or without the first `NAME =`."""
    match statement:
        case ast.Assign(targets=[ast.Name()]) | ast.Expr():
            call = statement.value
        case _:
            return False
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="checks"), attr=name)):
            return isinstance(getattr(sys.modules[__package__], name, None), Exercise)
    return False


def _misnamed(cell: ast.Module, check: ast.Assign | ast.Expr) -> str:
    """The function of this cell that was meant to have the name that its check asks for; "" if one has it, or none."""
    asked = check.value.args
    if len(asked) != 1 or not isinstance(asked[0], ast.Name):
        return ""
    checked = {statement.value.func.attr for statement in cell.body if _is_check(statement)}
    bound = {
        name
        for statement in cell.body
        if not _is_check(statement)
        for node in ast.walk(statement)
        for name in (getattr(node, "name", None), getattr(node, "asname", None), getattr(node, "id", None))
        if not isinstance(getattr(node, "ctx", None), ast.Load)
    }
    functions = [statement.name for statement in cell.body if isinstance(statement, ast.FunctionDef)]
    near = difflib.get_close_matches(asked[0].id, set(functions) - checked, n=1, cutoff=0.8)
    return near[0] if near and not bound & {asked[0].id, "*"} else ""


def _instead(check: ast.Assign | ast.Expr, *arguments: str) -> ast.Assign | ast.Expr:
    """`NAME = checks.NAME.slipped(…)` in place of the check."""
    slipped = ast.Call(
        ast.Attribute(check.value.func, "slipped", ast.Load()), [ast.Constant(text) for text in arguments], []
    )
    instead = ast.Assign(check.targets, slipped) if isinstance(check, ast.Assign) else ast.Expr(slipped)
    return ast.fix_missing_locations(ast.copy_location(instead, check))


def _goes_on(body: list[ast.stmt], check: ast.Assign | ast.Expr) -> ast.Try:
    handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [_instead(check)])
    return ast.copy_location(ast.Try(body, [ast.copy_location(handler, check)], [], []), body[0])
