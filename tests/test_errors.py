"""What an error message is said to mean: each error is provoked here, in the torch and Python that are installed."""

import math

import pytest
import torch
import torch.nn.functional as F

from capsule_tutor import functional
from capsule_tutor.checks import errors

x, v, whole = torch.ones(2, 3, 4), torch.ones(3), torch.tensor([1, 2, 3])
single, leaf = torch.tensor(1.0), torch.ones(3, requires_grad=True)
matrix, other, rows = torch.ones(2, 3), torch.ones(4, 5), [[1], [2]]


def no_value(flag=False):
    if flag:
        total = 1
    total += 1
    return total


def endless():
    return endless()


def unpacked():
    a, b = x.shape
    return a, b


def one_for_two():
    a, b = 3
    return a, b


def changed_in_between():
    y = leaf.sigmoid()
    z = y**2
    y += 1
    return torch.autograd.grad(z.sum(), leaf)


def twice():
    loss = (leaf**2).exp().sum()
    return torch.autograd.grad(loss, leaf), torch.autograd.grad(loss, leaf)


# What is done → words of the meaning.
PROVOKED = {
    lambda: x.sum * 2: "brackets",
    lambda: x.shape.index[0]: "brackets",
    lambda: torch.sqrt(x.sum): "brackets",
    lambda: None + x: "None",
    lambda: functional.votes(torch.ones(1, 4, 2), torch.ones(3, 5, 2, 6)): "4 capsules were made",
    lambda: (1, 2).append(3): "cannot be changed",
    lambda: torch.sum([].append(1)): "None",
    lambda: x - x.max(dim=0): "take .values or .indices",
    lambda: v @ torch.linalg.lstsq(torch.eye(3), torch.eye(3)): "several things, each with a name",
    lambda: torch.nn.Softmax(x): "first made",
    lambda: x(1): "calls a function",
    lambda: x.shape(0): "calls a function",
    lambda: len(a for a in [1]): "a generator gives its items",
    lambda: zip([1]) * 2: "a zip gives its items",
    lambda: [1] * 2.5: "cannot be multiplied",
    lambda: [1] - [2]: "entry by entry",
    lambda: (1, 2) ** 2: "entry by entry",
    lambda: (x, x) - (x, x): "take the one that you mean",
    lambda: (x, x).sum(): "take it apart, as in",
    lambda: [1] + 1: "entry by entry",
    lambda: [1].sum(): "not a tensor",
    lambda: torch.sqrt((1, 2)): "not a tensor",
    lambda: x.sum().item().sqrt(): "a plain float",
    lambda: torch.maximum(x, 0): "a plain int",
    lambda: torch.nn.functional.batch_norm(x, (x[0], x[0]), x[0], x[0]): "take the tuple apart first",
    lambda: torch.conv2d(torch.ones(1, 1, 5, 5), torch.ones(1, 1, 3, 3), 2): "Name it, as in stride=2",
    lambda: torch.stack([1.0, 2.0]): "want a list of tensors",
    lambda: rows[0, 0]: "[a][b]",
    unpacked: "one number for each axis",
    one_for_two: "one thing on the right",
    lambda: F.squash(x): "is it spelled so",
    lambda: x.lenght(): "is it spelled so",
    lambda: torch.where(x > 0, "a", "b"): "of the wrong kind",
    lambda: torch.corrcoef(v, v): "more is handed over",
    lambda: {}["mean"]: "no such key",
    no_value: "total has no value yet",
    lambda: undefined_name: "no line that has run",  # noqa: F821
    lambda: v + torch.ones(4): "from the right",
    lambda: matrix @ other: "last but one",
    lambda: v @ torch.ones(4): "last but one",
    lambda: torch.bmm(x, x): "last but one",
    lambda: torch.mm(x, x): "one number of axes only",
    lambda: torch.einsum("bi,ij->bj", matrix, other): "i has two",
    lambda: torch.einsum("bi->b", x): "one letter for each axis",
    lambda: torch.einsum("bij->bk", x): "only letters of its inputs",
    lambda: torch.einsum("bij,jk->bik", x): "as many tensors",
    lambda: v.expand(4): "axes of size 1",
    lambda: x.expand(3): "axes of size 1",
    lambda: x.reshape(5, 5): "does not fit",
    lambda: x.permute(0, 2, 1).view(2, 12): "order of the axes",
    lambda: torch.stack([v, torch.ones(2)]): "must have one shape",
    lambda: torch.cat([matrix, other]): "along that axis alone",
    lambda: torch.cat([matrix, v]): "along that axis alone",
    lambda: torch.cat([single]): "torch.stack",
    lambda: torch.stack([]): "the list is empty",
    lambda: x.permute(0, 1): "every axis once",
    lambda: x.sum(dim=3): "fewer axes",
    lambda: v[0, 1]: "fewer axes",
    lambda: len(single): "is one number",
    lambda: single[0]: "is one number",
    lambda: v[3]: "from 0 to n − 1",
    lambda: v.topk(5): "topk takes at most",
    lambda: [1][1]: "from 0 to n − 1",
    lambda: F.conv2d(torch.ones(1, 1, 5, 5), torch.ones(2, 3, 3, 3)): "(out, in, height, width)",
    lambda: F.conv2d(torch.ones(1, 3, 2, 2), torch.ones(2, 3, 3, 3)): "smaller than the window",
    lambda: torch.tensor([[1, 2], [3]]): "rows differ",
    lambda: [1, 2][v]: "wants one number",
    lambda: math.exp(x): "want one number",
    lambda: x.item(): "want one number",
    lambda: torch.tensor([x, x]): "want one number",
    lambda: math.sqrt([1]): "torch has its own",
    lambda: x[v]: "whole number",
    lambda: rows[:1.0]: "whole number",
    lambda: x.gather(0, x): "whole number",
    lambda: range(3 / 1): "`//`",
    lambda: range(3) * x: "torch.arange",
    lambda: [1, 2] * v: "Do you compute with a list?",
    lambda: eval("np.exp(1)", {}): "np is not imported here",
    lambda: eval("exp(1)", {}): "torch.exp",
    lambda: message(): "nothing over for 'function'",
    lambda: torch.zeros(3 / 1): "`//`",
    lambda: x.reshape(2, 6 / 1): "`//`",
    lambda: torch.full(3, 0.0): "(3,)",
    lambda: whole.mean(): "wants floats",
    lambda: whole.norm(): "wants floats",
    lambda: torch.softmax(whole, 0): "wants floats",
    lambda: whole.add_(0.5): "in place",
    lambda: matrix @ torch.ones(3, 2).double(): "different kinds of number",
    lambda: F.one_hot(v): ".long()",
    lambda: F.one_hot(whole, 2): "number of classes",
    lambda: F.cross_entropy(matrix, torch.tensor([1, 5])): "number of classes",
    lambda: (x > 0) - (x > 0): "truth values",
    lambda: ~x: "compare first",
    lambda: x ^ 2: "a power is `**`",
    lambda: x > 0.5 & x < 2: "in brackets",
    lambda: bool(x > 0): ".all()",
    lambda: sum(1.0): "several are wanted",
    lambda: torch.autograd.grad(leaf * 2, leaf): "sum first",
    lambda: torch.autograd.grad(v.sum(), v): "nothing that leads back",
    lambda: torch.autograd.grad(leaf.sum(), torch.ones(1, requires_grad=True)): "does not depend",
    twice: "retain_graph",
    lambda: leaf.add_(1): "changes its input in place",
    changed_in_between: "changed in place",
    lambda: leaf.numpy(): "knows no gradients",
    lambda: whole.requires_grad_(): "whole numbers",
    endless: "calls itself",
    lambda: math.sqrt(-1): "negative",
}


def message(function) -> str:
    with pytest.raises(Exception) as raised:
        function()
    return f"{type(raised.value).__name__}: {' '.join(str(raised.value).split())}"


@pytest.mark.parametrize(("function", "words"), PROVOKED.items(), ids=range(len(PROVOKED)))
def test_an_error_is_said_in_words_that_fit_it(function, words):
    assert words in errors.meaning(message(function))


def test_no_meaning_is_kept_for_an_error_that_nothing_raises():
    messages = [message(function) for function in PROVOKED]
    assert [pattern.pattern for pattern, _ in errors._FOUND if not any(map(pattern.search, messages))] == []


@pytest.mark.parametrize("text", ["", "division by zero", "a sentence of the learner's own"])
def test_nothing_is_said_of_what_is_not_known(text):
    assert errors.meaning(text) == ""
