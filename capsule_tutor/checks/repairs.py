"""Repairs: the one small change with which a wrong answer is right, found by trying.

The learner's source is changed in one place and run again, as if it were a new answer. What is said is therefore
proved: the change that is named makes the answer pass. Changes are tried in the order in which people slip: a result
thrown away, a `return` inside a loop, another axis, an operator, one too many. `_REWRITTEN` is the table of them.
"""

import ast
import copy
import functools
import inspect
import itertools
import re
import string
import textwrap
import time
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

_IN_PLACE = " append extend add update insert pop sort reverse remove clear backward step zero_grad "
_ALONG = (  # what works along an axis
    " sum mean prod max min amax amin argmax argmin any all softmax log_softmax norm std var cumsum flip roll "
    "logsumexp sort argsort topk cummax cummin unsqueeze squeeze stack cat gather normalize "
)

_MODULES = ("torch", "F", "math", "np", "caps", "functional", "torch.nn.functional", "nn.functional", "torch.linalg")

# Names that are taken for one another: any of a row may stand where another belongs.
_TAKEN = (
    "sum mean prod", "max min", "argmax argmin", "amax amin", "max amax argmax", "min amin argmin", "any all sum",
    "std var", "softmax log_softmax sigmoid", "floor ceil round", "round int", "zeros ones", "zeros_like ones_like",
    "exp log", "log log2 log10 log1p", "sin cos tan", "sort argsort", "view reshape", "square sqrt", "abs square",
    "relu abs", "detach clone", "randn rand", "squeeze unsqueeze", "minimum maximum", "clamp_min clamp_max", "len sum",
)  # fmt: skip

# What is written → what is meant, and why, as the end of a sentence. A capital letter is any expression.
_SLIPS: tuple[tuple[str, str, str], ...] = (
    ("A + B", "A - B", "the sign is wrong"),
    ("A - B", "A + B", "the sign is wrong"),
    ("(A - B).max()", "(A - B).abs().max()", "a difference may be negative, too"),
    ("(A - B).mean()", "(A - B).abs().mean()", "a difference may be negative, too"),
    ("(A - B).sum()", "(A - B).abs().sum()", "a difference may be negative, too"),
    ("torch.max(A - B)", "torch.max(abs(A - B))", "a difference may be negative, too"),
    ("A - B < C", "abs(A - B) < C", "a difference may be negative, too"),
    ("A - B <= C", "abs(A - B) <= C", "a difference may be negative, too"),
    ("round(A / B)", "A // B", "it should be rounded down"),
    ("math.ceil(A / B)", "A // B", "it should be rounded down"),
    ("A - B // C", "(A - B) // C", "Python divides before it subtracts"),
    ("A - B / C", "(A - B) / C", "Python divides before it subtracts"),
    ("A + B // C", "(A + B) // C", "Python divides before it adds"),
    ("A + B / C", "(A + B) / C", "Python divides before it adds"),
    ("(A + B) / C", "A + B / C", "the brackets hold too much"),
    ("(A + B) / C", "A / C + B", "the brackets hold too much"),
    ("(A - B) / C", "A - B / C", "the brackets hold too much"),
    ("(A + B) // C", "A // C + B", "the brackets hold too much"),
    ("A + B ** C", "(A + B) ** C", "Python takes the power before it adds"),
    ("A ^ B", "A ** B", "`^` compares bits; a power is `**`"),
    ("A ** B / C", "A ** (B / C)", "Python takes the power before it divides"),
    ("A / B ** C / D", "A / B ** (C / D)", "Python takes the power before it divides"),
    ("A * B ** C / D", "A * B ** (C / D)", "Python takes the power before it divides"),
    ("A / B + C", "A / (B + C)", "brackets are missing"),
    ("A / B * C", "A / (B * C)", "brackets are missing: Python divides first"),
    ("A * B + C", "A * (B + C)", "brackets are missing"),
    ("A * (B + C)", "A * B + C", "the brackets hold too much"),
    ("A * B - C", "A * (B - C)", "brackets are missing"),
    ("A - B - C", "A - (B - C)", "brackets are missing"),
    ("A - B + C", "A - (B + C)", "brackets are missing"),
    ("-A ** B", "(-A) ** B", "brackets are missing"),
    ("A * B ** C", "(A * B) ** C", "brackets are missing"),
    ("(A * B) ** C", "A * B ** C", "the brackets hold too much"),
    ("A < B", "A <= B", "both may be equal"),
    ("A <= B", "A < B", "they may not be equal"),
    ("A > B", "A >= B", "both may be equal"),
    ("A >= B", "A > B", "they may not be equal"),
    ("A < B", "A > B", "the comparison goes the wrong way"),
    ("A > B", "A < B", "the comparison goes the wrong way"),
    ("A <= B", "A >= B", "the comparison goes the wrong way"),
    ("A >= B", "A <= B", "the comparison goes the wrong way"),
    ("A < B", "A >= B", "the comparison goes the wrong way"),
    ("A > B", "A <= B", "the comparison goes the wrong way"),
    ("A == B", "A != B", "equal and different are exchanged"),
    ("A != B", "A == B", "equal and different are exchanged"),
    ("not A", "~A", "`not` wants one yes or no; entry by entry it is `~`"),
    ("A and B", "A & B", "`and` wants one yes or no; entry by entry it is `&`"),
    ("A or B", "A | B", "`or` wants one yes or no; entry by entry it is `|`"),
    ("A and B", "A or B", "both are wanted, where one is enough"),
    ("A or B", "A and B", "one is enough for you, where both are wanted"),
    ("A & B", "A | B", "both are wanted, where one is enough"),
    ("A | B", "A & B", "one is enough for you, where both are wanted"),
    ("A & B", "A & ~B", "a not is missing"),
    ("A & ~B", "A & B", "there is one `not` too many"),
    ("A and not B", "A and B", "there is one `not` too many"),
    ("range(A)", "range(A + 1)", "`range` stops one before its end"),
    ("range(A)", "range(A - 1)", "there is one round too many"),
    ("range(A)", "range(1, A)", "it should begin at 1"),
    ("range(1, A)", "range(A)", "it should begin at 0"),
    ("range(A, B)", "range(A, B + 1)", "`range` stops one before its end"),
    ("range(A, B)", "range(A, B - 1)", "there is one round too many"),
)
_REWRITTEN: tuple[tuple[str, str, str], ...] = (
    ("A if B else C", "C if B else A", "the two branches are exchanged"),
    ("A - B", "B - A", "the difference is taken the wrong way round"),
    ("A / B", "B / A", "top and bottom are exchanged"),
    ("A / B", "A // B", "a whole number is wanted"),
    ("A // B", "A / B", "the rest of the division is lost"),
    ("A // B", "-(-A // B)", "it should be rounded up"),
    ("A * B", "A / B", "it should be divided, not multiplied"),
    ("A / B", "A * B", "it should be multiplied, not divided"),
    ("A * B", "A ** B", "`**` is a power"),
    ("A ** B", "A * B", "`*` is a product"),
    ("A * B", "A + B", "it should be added, not multiplied"),
    ("A + B", "A * B", "it should be multiplied, not added"),
    ("A * B", "A @ B", "`@` is the product of matrices"),
    ("A @ B", "A * B", "`*` is the product entry by entry"),
    ("A @ B", "B @ A", "the order of a matrix product counts"),
    ("A @ B", "A.mT @ B", "rows and columns are exchanged"),
    ("A @ B", "A @ B.mT", "rows and columns are exchanged"),
    ("A.sum(B) ** C", "(A ** C).sum(B)", "the power comes before the sum"),
    ("A.sum(dim=B) ** C", "(A ** C).sum(dim=B)", "the power comes before the sum"),
    ("A.mean(B) ** C", "(A ** C).mean(B)", "the power comes before the mean"),
    ("A.mean(dim=B) ** C", "(A ** C).mean(dim=B)", "the power comes before the mean"),
    ("A.mean() ** C", "(A ** C).mean()", "the power comes before the mean"),
    ("A.sum() ** C", "(A ** C).sum()", "the power comes before the sum"),
    ("(A ** C).sum(B)", "A.sum(B) ** C", "the sum comes before the power"),
    ("(A ** C).sum(dim=B)", "A.sum(dim=B) ** C", "the sum comes before the power"),
    ("(A ** C).mean()", "A.mean() ** C", "the mean comes before the power"),
    ("A.max() - B.max()", "(A - B).max()", "subtract entry by entry, then take the largest"),
    ("A[B]", "A[:, B]", "the index is one of another axis"),
    ("A[B]", "A[torch.arange(len(A)), B]", "an index of its own for every row needs the numbers of the rows beside it"),
    ("A[:, B]", "A[torch.arange(len(A)), B]", "`:` takes all rows for each index, where every row has its own"),
    ("A[:, B]", "A[B]", "the index is one of another axis"),
    ("A[B, C]", "A[C, B]", "the two indices are exchanged"),
    ("A[B, C, D]", "A[C, B, D]", "two indices are exchanged"),
    ("A[B, C, D]", "A[B, D, C]", "two indices are exchanged"),
    ("A[B, C, D, E]", "A[B, C, E, D]", "two indices are exchanged"),
    ("A[:, C, D]", "A[0, :, C, D]", "the first index is that of the image"),
    ("A[:, C, D]", "A[:, :, C, D]", "there is one more axis"),
)  # fmt: skip

# What may be missing around any expression X, tried last.
_MISSING = (
    "X.float()", "X.squeeze(-1)", "X.squeeze(1)", "X.unsqueeze(-1)", "X.unsqueeze(1)", "X.clone()", "-X", "X.abs()",
    "X ** 2", "X ** 0.5", "X + 1", "X - 1", "1 - X", "2 * X", "X / 2", "~X", "not X", "X.relu()", "X.exp()",
    "X.log()", "X.softmax(-1)", "X.softmax(1)", "X.any(-1)", "X.all(-1)", "X.sum(-1)", "X.sum(1)", "X.sum(0)",
    "X.mean(0)", "X.mean(-1)", "X.sum()", "X.mean()", "X.item()", "int(X)", "float(X)", "X[0]", "X.detach()",
    "X[:, None]", "X.flatten(1)",
)  # fmt: skip


SECONDS = 0.7  # of processor time for the search in one answer; what is found at all is found in half of it
RIGHT = "With that, your answer is right."
Score = Callable[[Callable], tuple[float, str]]


def read(function: Any) -> "Source | None":
    """The source of a function, if it can be read: not of a lambda, or of what is no function of Python's."""
    try:
        return Source(function) if type(function) is types.FunctionType else None
    except (OSError, TypeError, ValueError, SyntaxError):
        return None


def found(source: "Source", changes: Iterable["Change"], score: Score) -> str:
    """The sentences for a change, or for two, with which a wrong answer is right; "" if there is none.

    score   of a function: how much of it is right, from 0 to 1, and the sentence of the known mistake that it makes
    """
    deadline = time.process_time() + SECONDS
    before, known, better = score(source.function)[0], "", []
    for change, right, says in _tried(source, changes, score, deadline):
        if right == 1:
            return f"{source.said(change)} {RIGHT}"
        # What only makes an error go away, or one wrong number another one, is no mistake beside the known one.
        if says and not known and change.why and change.likely and right > before > 0:
            known = f"There are two mistakes. {says} And: {source.said(change)}"
        if right > before and change.likely:
            better.append((right, len(better), change))
    if known:
        return known
    for _, _, first in sorted(better, key=lambda entry: (-entry[0], entry[1]))[:4]:
        said = source.said(first)
        undo = made(first)
        for second, right, _ in _tried(source, source.changes(), score, deadline):
            if right == 1 and second.likely:
                return f"There are two mistakes. {said} And: {source.said(second)}"
        undo()
    return ""


def _tried(source: "Source", changes: Iterable["Change"], score: Score, deadline: float) -> Iterator[tuple]:
    """(change, how much is right with it, the known mistake that is then made) for each, until the time is over."""
    for change in changes:
        if time.process_time() > deadline:
            return
        try:
            function = source.changed(change)
        except (SyntaxError, TypeError, ValueError):
            continue  # it is no Python
        yield change, *score(function)


Spot = tuple[Any, str, int | None, Any]  # owner, field, place in it or None where it holds one, and a node


@dataclass(frozen=True)
class Change:
    """A change of a syntax tree: each (owner, field, place) of `spots` becomes what is beside it.

    before, after  the part that is spoken of, and what it becomes; None where whole lines move
    likely         whether it easily slips in beside another mistake
    """

    spots: list[Spot]
    before: ast.AST
    after: ast.AST | None
    why: str
    likely: bool = False


class Source:
    """A function's source, as a tree that can be changed and run again."""

    def __init__(self, function: Callable) -> None:
        """Raises TypeError, OSError or SyntaxError where there is no source to read, as of a lambda or a builtin."""
        self.lines = textwrap.dedent(inspect.getsource(function)).splitlines()
        self.module = ast.parse("\n".join(self.lines))
        (self.tree,) = self.module.body
        if not isinstance(self.tree, ast.FunctionDef):
            raise TypeError("no function that is defined by def")
        self.tree.decorator_list.clear()
        self.function = function
        closed = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        self.names = {**function.__globals__, "torch": torch, **{name: cell.cell_contents for name, cell in closed}}

    def kept(self) -> Iterator[Change]:
        """What is computed on a line of its own and thrown away is kept, and so is what an assert in brackets tests."""
        for owner, field, lines in _bodies(self.tree):
            for n, line in enumerate(lines):
                if isinstance(line, ast.Assert) and isinstance(line.test, ast.Tuple) and line.test.elts:
                    why = "a pair in brackets is always true. Leave the brackets out"
                    new = ast.Assert(*line.test.elts[:2])
                    yield _of_lines(owner, field, lines, n, n + 1, [new], why)
                if isinstance(line, ast.Expr) and (target := _changed_in_place(line.value)):
                    name, what = ast.unparse(target), ast.unparse(line.value)
                    why = f"it leaves `{name}` as it is, and what it gives is thrown away. Keep it: `{name} = {what}`"
                    yield _of_lines(owner, field, lines, n, n + 1, [ast.Assign([_to_store(target)], line.value)], why)

    def changes(self) -> Iterator[Change]:
        """Everything else, the likeliest first."""
        nodes = [at for at in _nodes(self.tree) if not _is_tolerance(at[0])]
        names = {node.arg for node in ast.walk(self.tree.args) if isinstance(node, ast.arg)}
        yield from _in_loops(self.tree)
        yield from _inputs_used(nodes, names)
        yield from _without_conditions(self.tree)
        for kind in _KINDS:
            yield from _of_kind(kind, nodes)
        yield from _lines_moved(self.tree)
        names |= {node.id for *_, node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        yield from _other_names(nodes, names)
        yield from _names_exchanged(nodes, names)
        yield from _around(nodes)

    def changed(self, change: Change) -> Callable:
        """The function with this change. Raises SyntaxError, ValueError or TypeError if it is none."""
        undo = made(change)
        try:
            code = compile(self.module, "<a changed answer>", "exec")
        finally:
            undo()
        names = dict(self.names)
        exec(code, names)
        other = names[self.tree.name]
        other.__defaults__, other.__kwdefaults__ = self.function.__defaults__, self.function.__kwdefaults__
        return other

    def said(self, change: Change) -> str:
        """What should be changed, as a sentence."""
        line = self.lines[change.before.lineno - 1].strip()
        why = f": {change.why}" if change.why else ""
        if change.after is None:
            return f"Look at the line `{line}`{why}."
        before, after = ast.unparse(change.before), ast.unparse(change.after)
        (owner, *_), *more = change.spots
        if (
            isinstance(owner, ast.expr | ast.keyword)
            and not isinstance(owner, ast.Attribute)
            and len(before) < 8
            and len(ast.unparse(owner)) < 60
        ):
            before = ast.unparse(owner)
            undo = made(change)
            after = ast.unparse(owner)
            undo()
        why += ", here and elsewhere" * bool(more)
        return f"In the line `{line}`, {_difference(before, after)}{why}."


def _inputs_used(nodes: list[Spot], names: set[str]) -> Iterator[Change]:
    """An input that is never read, in the place of anything."""
    used = {node.id for *_, node in nodes if isinstance(node, ast.Name) and _is_read(node)}
    for name in sorted(names - used):
        why = f"`{name}` is handed in, and you take no notice of it"
        for owner, field, place, node in nodes:
            if _is_number(node) or _is_read(node):
                yield _of_part(owner, field, place, node, ast.Name(name, _LOAD), why, True)


def _without_conditions(tree: ast.FunctionDef) -> Iterator[Change]:
    """Each `if` that has no `else`, left out."""
    for owner, field, lines in _bodies(tree):
        for n, line in enumerate(lines):
            if isinstance(line, ast.If) and not line.orelse:
                yield _of_lines(owner, field, lines, n, n + 1, [], "it should not be there")


def _of_kind(kind: Callable, nodes: list[Spot]) -> Iterator[Change]:
    """What `kind` makes of every node, and at last of all nodes at once for which it says the same."""
    same: dict[str, list[Change]] = {}
    for owner, field, place, node in nodes:
        if kind is _underscores and isinstance(owner, ast.Expr):
            continue  # a line of its own, which would do nothing without it
        for new, why in kind(node):
            likely = kind in _LIKELY or (kind is _left_out and isinstance(node, ast.BinOp | ast.UnaryOp))
            change = _of_part(owner, field, place, node, new, why, likely)
            key = why if why and kind is not _exchanged else f"{_name(node)} {_name(new)} {why}"
            same.setdefault(key, []).append(change)
            yield change
    if kind in _EVERYWHERE:
        yield from (_everywhere(changes) for changes in same.values() if len(changes) > 1)


def _other_names(nodes: list[Spot], names: set[str]) -> Iterator[Change]:
    """One of the function's own names in the place of another, or of a number; two conditions in the place of one."""
    for owner, field, place, node in reversed(nodes):  # who writes (h, h) for (h, w) means the second
        if not _is_number(node) and not (_is_read(node) and _name(node) in names):
            continue
        why = "a number is typed in" if _is_number(node) else "another name is meant"
        for name in sorted(names - {_name(node)}):
            yield _of_part(owner, field, place, node, ast.Name(name, _LOAD), why)
            if isinstance(node, ast.Name):
                both = ast.BinOp(node, ast.BitAnd(), ast.UnaryOp(ast.Invert(), ast.Name(name, _LOAD)))
                yield _of_part(owner, field, place, node, both, "a condition is missing")


def _names_exchanged(nodes: list[Spot], names: set[str]) -> Iterator[Change]:
    """Two of the function's own names, each wherever the other one is."""
    for one, other in itertools.combinations(sorted(names), 2):
        both = [(a, f, p, ast.Name(other if n.id == one else one, n.ctx), n) for a, f, p, n in nodes
                if isinstance(n, ast.Name) and n.id in (one, other)]  # fmt: skip
        if len({spot[3].id for spot in both}) == 2:
            for spot in both:
                _place(spot[3], spot[4])
            spots = [spot[:4] for spot in both]
            yield Change(spots, both[0][4], None, f"`{one}` and `{other}` are exchanged throughout")


def _around(nodes: list[Spot]) -> Iterator[Change]:
    """What may be missing around any expression."""
    for template in map(_parsed, _MISSING):
        for owner, field, place, node in nodes:
            if not _is_read(node) or isinstance(owner, ast.Slice) or _name(node) in ("dim", "axis"):
                continue  # nobody means x[: n ** 2] or sum(~dim)
            likely = "squeeze" in ast.dump(template)
            yield _of_part(owner, field, place, node, _filled(template, {"X": node}), "", likely)


def made(change: Change) -> Callable[[], None]:
    """Make the change; what is returned takes it back."""
    before = []
    for owner, field, place, new in change.spots:
        where, key = (vars(owner), field) if place is None else (getattr(owner, field), place)
        before.append((where, key, where[key]))
        where[key] = new

    def undo() -> None:
        for where, key, old in reversed(before):
            where[key] = old

    return undo


def _difference(before: str, after: str) -> str:
    """What is missing, superfluous or different in the second of two expressions, in words."""
    for short, long, says in ((before, after, "is missing"), (after, before, "should go")):
        for part in (short, f"({short})"):
            if says == "is missing" and part == short and _reads_otherwise(short, long):
                break
            place = f" behind `{_tail(short)}`" if says == "is missing" else ""
            if long.startswith(part) and not f"_{long[len(part)]}".isidentifier():
                return f"`{long.removeprefix(part).strip()}` {says}{place}"
            if long.endswith(part) and not f"_{long[-len(part) - 1]}".isidentifier():
                return f"`{long.removesuffix(part).strip()}` {says}{place.replace('behind', 'before')}"
    same = 0
    for n, (a, b) in enumerate(zip(before, after, strict=False)):
        if a != b:
            break
        if a == "." and before[n + 1].isalpha() and before[:n].count("(") == before[:n].count(")"):
            same = n + 1
    return f"`{before[same:]}` should be `{after[same:]}`"


def _reads_otherwise(short: str, long: str) -> bool:
    """Whether what is added behind an expression binds to a part of it: `** 2` behind `a / n` is n's."""
    added = long.removeprefix(short).strip() if long.startswith(short) else ""
    return added[:1] in set("*/%@+-&|<>=") and any(f" {operator} " in short for operator in "+-*/%@&|<>")


def _tail(text: str) -> str:
    return text if len(text) < 50 else f"…{text[-45:]}"


# --- where a change can be made ---------------------------------------------------------------------------------------

_LOAD = ast.Load()
_VALUES = (ast.BinOp, ast.Call, ast.Subscript, ast.Name, ast.Compare)


def _nodes(parent: ast.AST) -> Iterator[Spot]:
    """(owner, field, place in it or None, node) for all nodes of a function's body."""
    for field in ("body",) if isinstance(parent, ast.FunctionDef) else parent._fields:
        value = getattr(parent, field, None)
        for place, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(node, ast.AST):
                yield parent, field, place, node
                yield from _nodes(node)


def _is_tolerance(node: ast.AST) -> bool:
    """Such as atol=0.01: another number may be right on the inputs of a check, and never is what was meant."""
    return isinstance(node, ast.keyword) and (node.arg or "").endswith("tol")


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, _VALUES) and isinstance(getattr(node, "ctx", _LOAD), ast.Load)


def _bodies(tree: ast.AST) -> Iterator[tuple[ast.AST, str, list[ast.stmt]]]:
    """(owner, field, lines) for the body of the function and of each `for`, `if` and so on in it."""
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            if isinstance(lines := getattr(node, field, None), list) and lines and not isinstance(node, ast.Module):
                yield node, field, lines


def _of_part(
    owner: ast.AST, field: str, place: int | None, old: ast.AST, new: ast.AST, why: str, likely: bool = False
) -> Change:
    _place(new, old)
    return Change([(owner, field, place, new)], old, new, why, likely)


def _everywhere(changes: list[Change]) -> Change:
    """The same slip in several places."""
    return replace(changes[0], spots=[spot for change in changes for spot in change.spots])


def _of_lines(
    owner: ast.AST, field: str, lines: list, start: int, end: int, new: list, why: str, said: Any = 0
) -> Change:
    """Lines from `start` to `end` of a body become `new` ones; `said` is the line that is spoken of, or its number."""
    for line in new:
        _place(line, lines[start])
    before = lines[start + said] if isinstance(said, int) else said
    return Change([(owner, field, None, [*lines[:start], *new, *lines[end:]])], before, None, why)


def _place(new: ast.AST, like: ast.AST) -> None:
    """Line numbers for the nodes that have none yet."""
    if "lineno" in new._attributes and not hasattr(new, "lineno"):
        ast.copy_location(new, like)
    for child in ast.iter_child_nodes(new):
        if not hasattr(child, "lineno"):
            _place(child, new if hasattr(new, "lineno") else like)


# --- changes of lines -------------------------------------------------------------------------------------------------


def _changed_in_place(value: ast.expr) -> ast.expr | None:
    """What somebody took for changed in place who wrote this as a line of its own: x in `x.clamp(0)`, torch.relu(x)."""
    if isinstance(value, ast.BinOp):
        return value.left if _is_place(value.left) else None
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return None
    name, target = value.func.attr, value.func.value
    if name.endswith("_") or f" {name} " in _IN_PLACE:
        return None
    if ast.unparse(target) in _MODULES:
        target = value.args[0] if value.args else None
    return target if _is_place(target) else None


def _is_place(value: ast.AST | None) -> bool:
    return isinstance(value, ast.Name | ast.Subscript)


def _to_store(target: ast.expr) -> ast.expr:
    target = copy.copy(target)
    target.ctx = ast.Store()
    return target


def _in_loops(tree: ast.AST) -> Iterator[Change]:
    for owner, field, lines in _bodies(tree):
        for n, line in enumerate(lines):
            if isinstance(line, ast.For | ast.While) and (found := _without_its_return(line)):
                why = "it is inside the loop, and ends it in the first round. It belongs behind the loop"
                spot = owner, field, None, [*lines[:n], *found, *lines[n + 1 :]]
                yield Change([spot], found[1], None, why, True)
            if isinstance(owner, ast.For | ast.While) and isinstance(line, ast.Assign) and len(line.targets) == 1:
                why = "every round overwrites what the one before it gave. Add to it, with `+=`"
                new = ast.AugAssign(line.targets[0], ast.Add(), line.value)
                yield _of_lines(owner, field, lines, n, n + 1, [new], why)
            if isinstance(line, ast.AugAssign):
                why = "it goes on from what was there before, where a plain `=` is meant"
                yield _of_lines(owner, field, lines, n, n + 1, [ast.Assign([line.target], line.value)], why)


def _without_its_return(loop: ast.For | ast.While) -> list[ast.stmt] | None:
    """The loop without the `return` at the end of its body, and that `return`; None if it has none there."""
    last = loop.body[-1]
    inner = _without_its_return(last) if isinstance(last, ast.For | ast.While) else None
    kept, found = (inner[:1], inner[1]) if inner else ([], last)
    body = [*loop.body[:-1], *kept]
    if not isinstance(found, ast.Return) or not body:
        return None
    loop = copy.copy(loop)
    loop.body = body
    return [loop, found]


def _lines_moved(tree: ast.AST) -> Iterator[Change]:
    for owner, field, lines in _bodies(tree):
        for n, line in enumerate(lines):
            below = lines[n + 1] if n + 1 < len(lines) else None
            if isinstance(line, ast.For) and len(line.body) > 1 and not isinstance(line.body[-1], ast.Return):
                *kept, last = line.body
                why = "it is done in every round, and should be done once, after the loop"
                yield _of_lines(owner, field, lines, n, n + 1, [_with_body(line, kept), last], why, last)
            if isinstance(line, ast.For) and below is not None and not isinstance(below, ast.Return):
                why = "it is done once, after the loop, and should be done in every round"
                yield _of_lines(owner, field, lines, n, n + 2, [_with_body(line, [*line.body, below])], why, 1)
            if isinstance(below, ast.For) and isinstance(line, ast.Assign):
                why = "it is done once, before the loop, and should be done again in every round"
                yield _of_lines(owner, field, lines, n, n + 2, [_with_body(below, [line, *below.body])], why)
            if below is not None and not isinstance(below, ast.Return):
                why = "it should come after the line that is below it now"
                yield _of_lines(owner, field, lines, n, n + 2, [below, line], why)
            if len(lines) > 1 and not isinstance(line, ast.Return):
                yield _of_lines(owner, field, lines, n, n + 1, [], "it should not be there")


def _with_body(loop: ast.For, body: list[ast.stmt]) -> ast.For:
    loop = copy.copy(loop)
    loop.body = body
    return loop


# --- changes of expressions: node → (what it becomes, why) ------------------------------------------------------------

_Found = Iterator[tuple[ast.AST, str]]


def _underscores(node: ast.AST) -> _Found:
    """`clamp_` for `clamp`: it writes into what the caller goes on using."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and re.search("[^_]_$", node.func.attr):
        func = copy.copy(node.func)
        func.attr = func.attr.removesuffix("_")
        yield ast.Call(func, node.args, node.keywords), "with the underscore it writes into what it is called on"


def _axes(node: ast.AST) -> _Found:
    if not isinstance(node, ast.Call) or f" {_name(node)} " not in _ALONG:
        return
    why = "another axis is meant"
    first = int(_is_function(node))
    named = [n for n, keyword in enumerate(node.keywords) if keyword.arg in ("dim", "axis")]
    for axis in (-1, 0, 1, 2, -2, 3):
        if named:
            old = node.keywords[named[0]]
            if ast.unparse(old.value) != str(axis):
                new = [ast.keyword(k.arg, _constant(axis)) if k is old else k for k in node.keywords]
                yield ast.Call(node.func, node.args, new), why
        elif len(node.args) > first and ast.unparse(node.args[first]) != str(axis) and _is_whole(node.args[first]):
            args = [*node.args[:first], _constant(axis), *node.args[first + 1 :]]
            yield ast.Call(node.func, args, node.keywords), why
        elif len(node.args) == first and isinstance(node.func, ast.Attribute) and _name(node) not in ("stack", "cat"):
            yield ast.Call(node.func, [*node.args, _constant(axis)], node.keywords), "it does not say along which axis"


def _slips(node: ast.AST) -> _Found:
    yield from _by_pattern(node, _SLIPS)


def _rewritten(node: ast.AST) -> _Found:
    for new, why in _by_pattern(node, _REWRITTEN):
        if not (why == "it should be rounded up" and isinstance(node.left, ast.UnaryOp)):  # it is rounded up already
            yield new, why


def _by_pattern(node: ast.AST, table: tuple[tuple[str, str, str], ...]) -> _Found:
    for pattern, template, why in _patterns(table).get(type(node), ()):
        bound: dict[str, ast.expr] = {}
        if _matches(pattern, node, bound):
            new = _filled(template, bound)
            if isinstance(node, ast.Subscript):
                new.ctx = node.ctx  # it may be what is assigned to
            yield new, why


def _taken_for(node: ast.AST) -> _Found:
    """`mean` for `sum`, and so on: the name of a method or a function."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        for other in _OTHERS.get(_name(node), ()):
            func = ast.Name(other, _LOAD) if isinstance(node.func, ast.Name) else copy.copy(node.func)
            if isinstance(func, ast.Attribute):
                func.attr = other
            yield ast.Call(func, node.args, node.keywords), ""


def _one_more(node: ast.AST) -> _Found:
    """Another number, near it or its counterpart."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, complex | str | bytes | None | type(...)):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value), ""
    elif isinstance(value, int):
        near = (value + 1, value - 1) if abs(value) < 20 else ()  # 1025 for 1024 would only hide a sum
        for other in (*near, -value, 1e-3):
            if other != value:
                yield _constant(other), ""
    else:
        root = abs(value) ** 0.5
        for other in (0.0, 2 * value, value / 2, 1 - value, -value, value * value, root, 1e-3):
            yield _constant(round(other, 12)), ""


def _left_out(node: ast.AST) -> _Found:
    """A part that should go."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        parts = [node.operand]
    elif isinstance(node, ast.BoolOp):
        parts = node.values
    elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Load):
        parts = [node.value]
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.Call):
        if _name(node) in _OF_LISTS and not node.keywords and not _is_function(node):
            yield node.func.value, f"a list's .{_name(node)}() changes the list itself, and returns None"
        parts = node.args[:1] if _is_function(node) else [node.func.value]
        for n in (n for n, keyword in enumerate(node.keywords) if not _is_tolerance(keyword)):
            parts.append(ast.Call(node.func, node.args, [*node.keywords[:n], *node.keywords[n + 1 :]]))
        for n in range(len(node.args)):
            parts.append(ast.Call(node.func, [*node.args[:n], *node.args[n + 1 :]], node.keywords))
        if f" {_name(node)} " in _ALONG and not any(keyword.arg == "keepdim" for keyword in node.keywords):
            keep = [*node.keywords, ast.keyword("keepdim", ast.Constant(True))]
            yield ast.Call(node.func, node.args, keep), "the axis should stay, with size 1"
    yield from ((part, "") for part in parts)


def _orders(node: ast.AST) -> _Found:
    """Every order of the axes where there is one."""
    if not isinstance(node, ast.Call) or _is_function(node) or _name(node) not in ("permute", "transpose"):
        return
    sizes = (len(node.args),) if _name(node) == "permute" else (3, 4, 5)
    for order in itertools.chain.from_iterable(itertools.permutations(range(n)) for n in sizes if n < 6):
        func = ast.Attribute(node.func.value, "permute", _LOAD)
        yield ast.Call(func, [ast.Constant(n) for n in order], []), "the axes belong in another order"


def _exchanged(node: ast.AST) -> _Found:
    """Two neighbours in a call or a list, or two steps of a chain such as x.max().abs()."""
    if isinstance(node, ast.Call) and len(node.args) > 1 and _name(node) != "permute":
        for one in range(len(node.args)):
            for other in range(one + 1, len(node.args)):
                yield ast.Call(node.func, _swapped(node.args, one, other), node.keywords), "two of them are exchanged"
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load):
        for one in range(len(node.elts) - 1):
            for other in range(one + 1, min(len(node.elts), one + 4)):
                yield type(node)(_swapped(node.elts, one, other), _LOAD), "two of them are exchanged"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        inner = node.func.value
        if isinstance(inner.func, ast.Attribute):
            first = ast.Call(ast.Attribute(inner.func.value, node.func.attr, _LOAD), node.args, node.keywords)
            why = f"`{node.func.attr}` comes before `{inner.func.attr}`"
            yield ast.Call(ast.Attribute(first, inner.func.attr, _LOAD), inner.args, inner.keywords), why


def _letters(node: ast.AST) -> _Found:
    """The letters of an einsum: two exchanged, one another, one missing after the arrow."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    if "," in node.value and "->" not in node.value and set(node.value) <= set(string.ascii_letters + ", "):
        why = "without `->` einsum keeps only the letters that are there once, in the order of the alphabet"
        letters = list(dict.fromkeys(filter(str.isalpha, node.value)))
        for size in range(len(letters) + 1):
            for kept in itertools.combinations(letters, size):
                yield ast.Constant(f"{node.value}->{''.join(kept)}"), why
    if "->" not in node.value:
        return
    text, arrow = node.value, node.value.index("->")
    used = sorted(set(filter(str.isalpha, text)))
    for n, letter in enumerate(text):
        if not letter.isalpha():
            continue
        if text[n + 1 : n + 2].isalpha():
            yield ast.Constant(text[:n] + text[n + 1] + letter + text[n + 2 :]), "two letters are exchanged"
        if text[n + 2 : n + 3].isalpha() and text[n + 1].isalpha():
            swapped = text[:n] + text[n + 2] + text[n + 1] + letter + text[n + 3 :]
            yield ast.Constant(swapped), "two letters are exchanged"
        for other in used:
            if other != letter:
                yield ast.Constant(text[:n] + other + text[n + 1 :]), f"`{letter}` is another letter"
        if n > arrow:
            yield ast.Constant(text[:n] + text[n + 1 :]), f"there should be a sum over `{letter}`"
    for letter in used:
        for n in range(arrow + 2, len(text) + 1):
            if letter not in text[arrow:]:
                yield ast.Constant(text[:n] + letter + text[n:]), f"`{letter}` is lost after the arrow, and so added up"


def _swapped(values: list, one: int, other: int) -> list:
    values = list(values)
    values[one], values[other] = values[other], values[one]
    return values


def _is_function(call: ast.Call) -> bool:
    """Whether it is a function, f(x) or torch.f(x), and not a method, x.f()."""
    return not isinstance(call.func, ast.Attribute) or ast.unparse(call.func.value) in _MODULES


def _name(call: ast.AST) -> str:
    call = getattr(call, "func", call)
    return getattr(call, "attr", getattr(call, "id", ""))


def _constant(number: float) -> ast.expr:
    return ast.Constant(number) if number >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-number))


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _is_whole(node: ast.AST) -> bool:
    try:
        return isinstance(ast.literal_eval(node), int)
    except ValueError:
        return False


# --- patterns ---------------------------------------------------------------------------------------------------------


def _parsed(pattern: str) -> ast.expr:
    return ast.parse(pattern, mode="eval").body


@functools.cache
def _patterns(table: tuple[tuple[str, str, str], ...]) -> dict[type, list[tuple[ast.expr, ast.expr, str]]]:
    found: dict[type, list[tuple[ast.expr, ast.expr, str]]] = {}
    for written, meant, why in table:
        found.setdefault(type(_parsed(written)), []).append((_parsed(written), _parsed(meant), why))
    return found


def _matches(pattern: Any, node: Any, bound: dict[str, ast.expr]) -> bool:
    """Whether a node is written like the pattern; then `bound` holds what its capital letters stand for."""
    if isinstance(pattern, ast.Name) and pattern.id in _ANY:
        if not isinstance(node, ast.expr) or isinstance(node, ast.Slice | ast.Tuple):
            return False
        bound[pattern.id] = node
        return True
    if isinstance(pattern, list):
        return len(pattern) == len(node) and all(_matches(a, b, bound) for a, b in zip(pattern, node, strict=True))
    if not isinstance(pattern, ast.AST):
        return pattern == node
    if type(pattern) is not type(node):
        return False
    return all(_matches(getattr(pattern, f), getattr(node, f), bound) for f in pattern._fields if f != "ctx")


def _filled(template: Any, bound: dict[str, ast.expr]) -> Any:
    """The template, with what its capital letters stand for; new nodes, but for those."""
    if isinstance(template, ast.Name) and template.id in bound:
        return bound[template.id]
    if isinstance(template, list):
        return [_filled(part, bound) for part in template]
    if not isinstance(template, ast.AST):
        return template
    return type(template)(**{field: _filled(getattr(template, field), bound) for field in template._fields})


_ANY = set("ABCDEX")
_OTHERS: dict[str, dict[str, None]] = {}
for _row in map(str.split, _TAKEN):
    for _word in _row:
        _OTHERS.setdefault(_word, {}).update(dict.fromkeys(w for w in _row if w != _word))
# What is made of one node: all of them in the order in which they are tried; those that easily slip in beside another
# mistake; those that are made in several places at once.
_KINDS = (
    _underscores, _axes, _left_out, _slips, _one_more, _taken_for, _exchanged, _orders, _letters, _rewritten,
)  # fmt: skip
_OF_LISTS = ("append", "extend", "insert", "reverse", "sort")
_LIKELY = (_axes, _slips, _exchanged, _letters, _taken_for, _rewritten)
_EVERYWHERE = (_underscores, _slips, _taken_for, _exchanged, _rewritten)
