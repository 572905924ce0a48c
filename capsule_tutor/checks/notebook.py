"""A cell that ends in a check: what goes wrong above the check is told in the check's line, and the lesson goes on.

print(squash(s))                    # raises          try:
squash = checks.squash(squash)                            print(squash(s))
                                      is run as           squash = checks.squash(squash)
                                                      except Exception:
                                                          squash = checks.squash.slipped()
"""

import ast
import sys

from capsule_tutor.checks.exercise import Exercise


def watch() -> None:
    """In a notebook, have every cell from now on looked at before it is run. Elsewhere nothing happens."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
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
            above.append(statement)
            if _is_check(statement):
                done.append(_goes_on(above, statement))
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


def _goes_on(body: list[ast.stmt], check: ast.Assign | ast.Expr) -> ast.Try:
    slipped = ast.Call(ast.Attribute(check.value.func, "slipped", ast.Load()), [], [])
    instead = ast.Assign(check.targets, slipped) if isinstance(check, ast.Assign) else ast.Expr(slipped)
    handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.copy_location(instead, check)])
    return ast.copy_location(ast.Try(body, [ast.copy_location(handler, check)], [], []), body[0])
