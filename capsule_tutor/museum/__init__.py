"""The bug museum: classic mistakes of public capsule code, each beside its right twin and the test that finds it.

One file is one exhibit, and a new file `mNN_name.py` is in the museum without being listed anywhere:

docstring        what it is, where it was seen (names are those of GitHub accounts; some have fixed it since), symptom
PART             which part of a capsule network it is a version of, as in PARTS
TEST             in one sentence, what is true of every right version
wrong, right     two functions with the signature of that part
finds            the test: an implementation → None, or a sentence that says what is wrong with it

`suite` runs these tests on a network of your own.
"""

import ast
import inspect
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from capsule_tutor.museum.testing import PARTS, Result, suite

__all__ = ["PARTS", "Exhibit", "Result", "exhibit", "exhibits", "page", "suite"]


class Exhibit(NamedTuple):
    """One mistake. `plate` is the text on its wall: what it is, where it was seen, its symptom."""

    number: int
    title: str
    plate: str
    part: str
    test: str
    wrong: Callable
    right: Callable
    finds: Callable[[Callable], str | None]


@cache
def exhibits() -> tuple[Exhibit, ...]:
    """All exhibits, by number."""
    return tuple(_exhibit(path.stem) for path in sorted(Path(__file__).parent.glob("m[0-9][0-9]_*.py")))


def exhibit(number: int) -> Exhibit:
    """The exhibit of this number. Raises KeyError, with a sentence, if there is none."""
    for one in exhibits():
        if one.number == number:
            return one
    raise KeyError(f"there is no exhibit {number!r}; there are {exhibits()[0].number} to {exhibits()[-1].number}")


def page() -> str:
    """All tests on one page, to print and tick off: a box, the part of a network, and what is true of it."""
    from capsule_tutor.museum import network

    tests = [(part, sentence) for part, sentence, _ in network.TESTS] + [(one.part, one.test) for one in exhibits()]
    tests.sort(key=lambda test: list(PARTS).index(test[0]))
    return "\n".join(f"☐ {part:20} {sentence}" for part, sentence in tests)


def _exhibit(stem: str) -> Exhibit:
    module = import_module(f"{__name__}.{stem}")
    # From the source, because `python -OO` drops docstrings.
    title, _, plate = ast.get_docstring(ast.parse(inspect.getsource(module))).partition("\n\n")
    parts = module.PART, module.TEST, module.wrong, module.right, module.finds
    return Exhibit(int(stem[1:3]), title.removesuffix("."), plate, *parts)
