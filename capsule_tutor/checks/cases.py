"""A case is one call of the learner's function: the inputs, and the words for them.

Every random input comes from `numbers`, `uniform`, `whole`, `dice` or `order`, with a seed of its own: the same
on every machine, and others altogether inside `shifted`, where a grader asks what nobody can look up.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Case:
    """One input: `says` finishes the sentence "on …".

    `atol` is how far a right value may be off, `gradient_atol` how far its gradient may be.
    """

    says: str
    args: tuple
    kwargs: dict = field(default_factory=dict)
    atol: float = 1e-5
    gradient_atol: float = 1e-3

    @property
    def edge(self) -> bool:
        """Whether it holds what an answer breaks on that is right in general: zeros, large numbers, a batch of 1."""
        floats = [part for part in (*self.args, *self.kwargs.values()) if isinstance(part, Tensor) and part.numel()]
        floats = [part for part in floats if part.is_floating_point() and part.ndim > 1]
        return any(
            part.shape[0] == 1 or part.abs().max() > 100 or bool((part == 0).all(dim=-1).any()) for part in floats
        )

    def __str__(self) -> str:
        given = ", ".join(f"{name}={_short(value)}" for name, value in self.kwargs.items())
        return f"{self.says} ({given})" if given else self.says


def case(says: str, *args: Any, atol: float = 1e-5, gradient_atol: float = 1e-3, **kwargs: Any) -> Case:
    """case("a batch of two", u, weight, iterations=2): the arguments go to the learner's function."""
    return Case(says, args, kwargs, atol, gradient_atol)


def numbers(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    """Normal numbers: poses, votes, weights."""
    return scale * torch.randn(*shape, generator=_generator(seed))


def uniform(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between 0 and 1: pixels, lengths."""
    return torch.rand(*shape, generator=_generator(seed))


def whole(below: int, *shape: int, seed: int = 0) -> Tensor:
    """Whole numbers from 0 to `below` − 1: labels."""
    return torch.randint(0, below, shape, generator=_generator(seed))


def dice(least: int, most: int, seed: int = 0) -> int:
    """One whole number from `least` to `most`: a size, a count."""
    return least + int(whole(most - least + 1, seed=seed))


def order(n: int, seed: int = 0) -> Tensor:
    """The numbers from 0 to n − 1, shuffled."""
    return torch.randperm(n, generator=_generator(seed))


_shift = 0


@contextlib.contextmanager
def shifted(by: int) -> Iterator[None]:
    """Other random inputs of the same shapes, for each `by` of its own."""
    global _shift
    before, _shift = _shift, by
    try:
        yield
    finally:
        _shift = before


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed + _shift)


def _short(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{'×'.join(map(str, value.shape))} tensor"
    return getattr(value, "__name__", None) or repr(value)  # a function by its name, without its address
