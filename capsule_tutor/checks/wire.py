"""Values as bytes, so that what a learner's function gave can be judged in another process.

A message is a line of JSON that tells the kinds, and behind it the raw numbers of its tensors. Nothing in it is ever
executed: whoever writes it may be hostile, and the reader still gets plain values, a Foreign or a WireError.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

LARGEST = 64 * 2**20  # bytes of a message; the largest answer to an exercise has a few thousand
DEEPEST, LONGEST_TEXT = 8, 200_000

_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    )
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class WireError(Exception):
    """These bytes are no message."""


@dataclass(frozen=True)
class Foreign:
    """A value that is not sent, only named: a generator, a NumPy array, an object of a class of the learner's."""

    kind: str


def dumps(value: Any, functions: list[Callable] | None = None) -> bytes:
    """A value as a message. Functions in it are collected in `functions` and sent as their places there."""
    payloads: list[bytes] = []
    text = json.dumps(_told(value, payloads, functions, 0)).encode()
    return b"".join([len(text).to_bytes(8, "big"), text, *payloads])


def loads(message: bytes, function: Callable[[int], Any] = lambda place: Foreign("function")) -> Any:
    """The value of a message; `function` makes something of a place. Raises WireError, and nothing else."""
    try:
        length = int.from_bytes(message[:8], "big")
        value, rest = _built(json.loads(message[8 : 8 + length]), memoryview(message)[8 + length :], function)
        if rest:
            raise WireError("there are bytes left over")
        return value
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError) as error:
        raise WireError(f"no message ({type(error).__name__})") from None


def plain(value: Any) -> Any:
    """What the other side would get: tensors cut off from their graph and their class, all else as it is told."""
    return loads(dumps(value))


def _told(value: Any, payloads: list[bytes], functions: list[Callable] | None, depth: int) -> Any:
    type_ = type(value)  # and not isinstance, which believes what a value says of its class
    if value is None or value is True or value is False:
        return value
    if value is ...:
        return {"ellipsis": 0}
    if type_ is Foreign:
        return {"foreign": value.kind}
    if issubclass(type_, Tensor):
        return _told_tensor(value, payloads)
    if issubclass(type_, int):
        number = int.__index__(value)
        return {"int": str(number)} if number.bit_length() < 64 else {"foreign": "huge int"}
    if issubclass(type_, float):
        return {"float": float.__repr__(value)}
    if type_ is complex:
        return {"foreign": f"complex number, {value:.6g}"}
    if issubclass(type_, str):
        return {"str": str.__str__(value)[:LONGEST_TEXT]}
    for container in (tuple, list, dict):
        if issubclass(type_, container):
            if depth == DEEPEST or len(value) > 1_000:
                return {"foreign": f"{container.__name__} of {len(value)}"}
            parts = [part for pair in value.items() for part in pair] if container is dict else value
            return {container.__name__: [_told(part, payloads, functions, depth + 1) for part in parts]}
    if functions is not None and callable(value):
        functions.append(value)
        return {"function": len(functions) - 1}
    return {"foreign": type.__getattribute__(type_, "__name__")[:100] or "nameless object"}


def _told_tensor(value: Tensor, payloads: list[bytes]) -> dict:
    with torch._C.DisableTorchFunctionSubclass():  # a subclass may lie about its shape, or loop when it is asked
        try:
            own = Tensor.as_subclass(Tensor.detach(value), Tensor)
            shape = own.shape
            if own.numel() * own.element_size() > LARGEST // 2:
                return {"foreign": f"Tensor of {own.numel()} numbers"}
            own = own.cpu().resolve_conj().resolve_neg().reshape(-1).clone(memory_format=torch.contiguous_format)
            raw = own.view(torch.uint8).numpy().tobytes()
            told = [_NAMES[own.dtype], *shape]
        except Exception:  # sparse, nested, quantised, without values: a kind of its own
            return {
                "foreign": f"{str(Tensor.layout.__get__(value)).removeprefix('torch.')} Tensor without plain numbers"
            }
        payloads.append(raw)
        return {"tensor": told}


def _built(told: Any, rest: memoryview, function: Callable[[int], Any], depth: int = 0) -> tuple[Any, memoryview]:
    """The value that was told, and the bytes that are left for those after it."""
    if told is None or told is True or told is False:
        return told, rest
    if depth > DEEPEST + 1 or not isinstance(told, dict) or len(told) != 1:
        raise WireError("a value is not told as one")
    ((kind, content),) = told.items()
    if kind == "ellipsis":
        return ..., rest
    if kind == "tensor":
        return _built_tensor(content, rest)
    if kind == "int":
        return int(content), rest
    if kind == "float":
        return float(content), rest
    if kind == "str":
        return str(content)[:LONGEST_TEXT], rest
    if kind in ("tuple", "list", "dict"):
        parts = []
        for part in content:
            built, rest = _built(part, rest, function, depth + 1)
            parts.append(built)
        if kind == "dict":
            return dict(zip(parts[::2], parts[1::2], strict=True)), rest
        return tuple(parts) if kind == "tuple" else parts, rest
    if kind == "function":
        return function(int(content)), rest
    if kind == "foreign":
        return Foreign(str(content)[:100] or "nameless object"), rest
    raise WireError(f"there is no kind {str(kind)[:20]!r}")


def _built_tensor(told: list, rest: memoryview) -> tuple[Tensor, memoryview]:
    kind, *shape = told
    dtype = _DTYPES[kind]
    if len(shape) > 16 or not all(type(size) is int and 0 <= size <= LARGEST for size in shape):
        raise WireError("a tensor has no such shape")
    size = math.prod(shape) * dtype.itemsize
    if size > len(rest):
        raise WireError("a tensor is cut off")
    if size == 0:
        return torch.empty(shape, dtype=dtype, device="cpu"), rest
    raw = torch.frombuffer(bytearray(rest[:size]), dtype=torch.uint8)
    value = raw.ne(0) if dtype is torch.bool else raw.view(dtype)  # a byte that is 2 would be no truth value
    return value.reshape(shape), rest[size:]


# --- messages over a pipe or a socket ---------------------------------------------------------------------------------


def send(write: Callable[[bytes], Any], message: bytes) -> None:
    write(len(message).to_bytes(8, "big") + message)


def receive(read: Callable[[int], bytes]) -> bytes:
    """The next message. Raises EOFError at the end of the stream, WireError for one that is too long."""
    length = int.from_bytes(_exactly(8, read), "big")
    if length > LARGEST:
        raise WireError("a message is too long")
    return _exactly(length, read)


def _exactly(length: int, read: Callable[[int], bytes]) -> bytes:
    parts = []
    while length:
        part = read(min(length, 2**20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
