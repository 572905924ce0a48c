"""What runs in a child: the student's cells, then the grader's questions. It knows no right answer.

The grader sends plain values and gets plain values: whatever a student's code does to this process, it can only answer.
"""

import builtins
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from capsule_tutor import checks  # the one of a child, which is `inside.py`
from capsule_tutor.checks import alarms, wire
from capsule_tutor.checks.cases import Case
from capsule_tutor.checks.observing import Observation, observe, raised, told
from capsule_tutor.grading import cells


def serve(read: Callable[[int], bytes], write: Callable[[bytes], Any]) -> None:
    """Do what the first message says, then answer until the grader hangs up, which raises EOFError.

    {"name", "cells", "given", "whole", "test"}  → {"found", "problems"}, then {"seen": observation} for every case
    {"name", "trees": [cells, …]}         → the normalised syntax tree of each answer, for the similarity report
    """

    def ask(question: Any) -> Any:
        wire.send(write, wire.dumps(question))
        return wire.loads(wire.receive(read))

    def hear() -> Any:
        return wire.loads(wire.receive(read), lambda place: Remote(ask, place))

    task = hear()
    if "trees" in task:
        wire.send(write, wire.dumps([cells.normalised(of, task["name"]) for of in task["trees"]]))
        return
    answer, problems = _prepare(task)
    wire.send(write, wire.dumps({"found": answer is not None, "problems": problems}))
    if task["test"]:
        answer = alarms.watched(answer)
    while True:
        question = hear()
        seen = _observe(answer, Case("", question["args"], question["kwargs"]), question["gradient"])
        wire.send(write, wire.dumps({"seen": told(seen)}))


def _prepare(task: dict) -> tuple[Any, list[str]]:
    """Run what the answer needs, or the whole notebook. Returns the answer, None if there is none, and problems."""
    for name, source in task["given"].items():
        checks.given[name] = _run_reference(source)
    main = sys.modules["__main__"] = cells.module()
    all_, broken = cells.statements(task["cells"])
    chosen = all_ if task["whole"] else cells.needed(all_, task["name"])
    problems = [f"cell {number + 1} is not Python ({what})" for number, what in broken]
    problems += cells.run(chosen, vars(main))
    answer = checks.answers.get(task["name"], vars(main).get(task["name"]))
    return answer, problems[:5]


def _run_reference(source: str) -> Callable:
    names: dict[str, Any] = {"__name__": "reference"}
    exec(compile(source, "<reference>", "exec"), names)
    return names["reference"]


def _observe(answer: Any, item: Case, gradient: bool) -> Observation:
    """Under torch's usual settings, whatever an earlier call of the answer has left."""
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    try:
        with torch.inference_mode(False), torch.enable_grad():
            return observe(answer, item, gradient, stop_button=False)
    except BaseException as error:  # the answer has broken what surrounds it
        return Observation(item, error=raised(error))


class Remote:
    """A function of a case, such as a decoder, that stays with the grader: a call is a question, with a gradient."""

    def __init__(self, ask: Callable[[Any], Any], place: int) -> None:
        self._ask, self._place = ask, place

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        names = [*range(len(args)), *kwargs]
        values = [*args, *kwargs.values()]
        tensors = {name: value for name, value in zip(names, values, strict=True) if isinstance(value, Tensor)}
        if not tensors:
            return self._asked(args, kwargs)
        return _Call.apply(self, args, kwargs, list(tensors), *tensors.values())

    def _asked(self, args: tuple, kwargs: dict, **more: Any) -> Any:
        reply = self._ask({"remote": self._place, "args": args, "kwargs": kwargs, **more})
        if "raised" in reply:
            name, text = reply["raised"]
            kind = getattr(builtins, name, RuntimeError)
            raise (kind if issubclass(kind, Exception) else RuntimeError)(text)
        tensors = [part for part in (*args, *kwargs.values()) if isinstance(part, Tensor)]
        for tensor, changed in zip(tensors, reply.get("changed", ()), strict=False):
            if changed is not None:
                tensor.data.copy_(changed)
        return reply["value"]


class _Call(torch.autograd.Function):
    """remote(…) as one differentiable operation of its tensors."""

    @staticmethod
    def forward(remote: Remote, args: tuple, kwargs: dict, names: list, *tensors: Tensor) -> Any:
        return remote._asked(*_filled(args, kwargs, names, tensors))

    @staticmethod
    def setup_context(context: Any, inputs: tuple, output: Any) -> None:
        context.remote, context.args, context.kwargs, context.names = inputs[:4]
        context.save_for_backward(*inputs[4:])

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple:
        args, kwargs = _filled(context.args, context.kwargs, context.names, context.saved_tensors)
        return (None,) * 4 + context.remote._asked(args, kwargs, gradients=gradients)

    @staticmethod
    def vmap(info: Any, dims: tuple, remote: Remote, args: tuple, kwargs: dict, names: list, *tensors: Tensor) -> tuple:
        def one(n: int) -> Any:
            parts = (t if d is None else t.select(d, n) for t, d in zip(tensors, dims[4:], strict=True))
            return _Call.apply(remote, args, kwargs, names, *parts)

        results = [one(n) for n in range(info.batch_size)]
        if isinstance(results[0], tuple):
            return tuple(map(torch.stack, zip(*results, strict=True))), (0,) * len(results[0])
        return torch.stack(results), 0


def _filled(args: tuple, kwargs: dict, names: list, tensors: Any) -> tuple[tuple, dict]:
    """The arguments of a call, with these tensors in their places."""
    values = {**dict(enumerate(args)), **kwargs, **dict(zip(names, tensors, strict=True))}
    return tuple(values[n] for n in range(len(args))), {name: values[name] for name in kwargs}
