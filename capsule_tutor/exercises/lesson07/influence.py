"""Write `influence(function, x)`: who hears whom? Replace x[k] alone by random numbers, one k at a time, and see
which outputs move. x is (n, …) and `function(x)` is (m, …). Return a bool tensor (n, m): its entry [k, l] is True if
output l moved when input k changed."""

import torch
from torch import Tensor

from capsule_tutor import layers
from capsule_tutor.checks.cases import case, numbers, order
from capsule_tutor.museum import exhibit

EFFORT = {"minutes": 11, "difficulty": 3, "importance": 5}
HINTS = (
    "It is lesson 03's experiment, `touched`, once for every input: outputs before, outputs after one change, compare.",
    "A loop over k. In each turn a fresh clone of x, of which only row k is new. An output (any shape) moved if any "
    "of its numbers did.",
    "`changed = x.clone()`, `changed[k] = torch.randn_like(changed[k])`; then `(function(changed) != before)` "
    "has the axes (m, …), and m may be its only one: `.reshape(m, -1)`, then any of its numbers; `torch.stack` the n "
    "rows.",
)
AXES = ("n m",)
GRADIENT = False


def influence(function, x: Tensor) -> Tensor:
    """Who hears whom: does output l move when input k changes? function: (n, …) → (m, …) → bool (n, m)"""
    before = function(x)
    rows = []
    for k in range(len(x)):
        changed = x.clone()
        changed[k] = torch.randn_like(changed[k])
        moved = function(changed) != before  # (m, …)
        rows.append(moved.reshape(len(moved), -1).any(dim=1))
    return torch.stack(rows)


reference = influence


def oracle(function, x):
    """Three changes of each input, number by number."""
    before = function(x).reshape(len(function(x)), -1).tolist()
    heard = []
    for k in range(len(x)):
        rows = []
        for trial in range(3):
            changed = x.clone()
            changed[k] = numbers(*x.shape[1:], seed=trial).to(x)
            after = function(changed).reshape(len(before), -1).tolist()
            rows.append([any(a != b for a, b in zip(*pair, strict=True)) for pair in zip(after, before, strict=True)])
        heard.append([any(column) for column in zip(*rows, strict=True)])
    return torch.tensor(heard)


def _routed(u_hat):
    return exhibit(13).right(u_hat)[0]


def _shared(u_hat):
    return exhibit(13).wrong(u_hat)[0]


def _shares(logits):
    return logits.softmax(dim=1)


def _spread(x):
    """What no sum of a row sees: each number minus the mean of its row."""
    return x - x.mean(dim=1, keepdim=True)


def _sizes(x):
    return x.abs()


def _pairs(x):
    """Output l hears inputs l and l + 1. (n, …) → (n − 1, …)"""
    return x[:-1] * x[1:]


def _softly(x):
    """Output l hears its neighbour, but softly."""
    return x + 1e-3 * x.roll(1, dims=0)


def _first_entry(x):
    """Of every output only one number hears anything."""
    return torch.cat([x[:, :1], torch.zeros_like(x[:, 1:])], dim=1)


def _lengths(x):
    return x.norm(dim=1)


def _directions(x):
    return torch.nn.functional.normalize(x, dim=1)


def _view(places):
    """(places, channels) → (capsules, 4), cut across places."""
    return exhibit(6).wrong(places.T.reshape(1, -1, len(places), 1), 4)[0]


def _cut(places):
    return layers.primary_capsules(places.T.reshape(1, -1, len(places), 1), 4)[0]


def _reversed(x):
    return x.flip(0)[:3]


def _inputs(*shape):
    """Not of seed 0: after `torch.manual_seed(0)` an answer's own random numbers would be the same, and none new."""
    return numbers(*shape, seed=2017)


def cases():
    return [
        case("a routing whose images are apart", _routed, _inputs(3, 5, 2, 4)),
        case("a routing whose images share their logits", _shared, _inputs(3, 5, 2, 4)),
        case("a softmax of each row", _shares, _inputs(4, 5)),
        case("a function of the differences in a row", _spread, _inputs(4, 5)),
        case("a function that drops the signs", _sizes, _inputs(4, 6)),
        case("a function that multiplies neighbours", _pairs, _inputs(5, 3)),
        case("a function that hears a neighbour softly", _softly, _inputs(5, 4)),
        case("inputs that are all zero", _sizes, torch.zeros(4, 6)),
        case("inputs that are all one and outputs that are one number each", _lengths, torch.ones(4, 6)),
        case("a function whose outputs move in one number only", _first_entry, _inputs(4, 3)),
        case("a function that keeps directions and drops lengths", _directions, _inputs(4, 6)),
        case("a function with one number for each input", _lengths, _inputs(5, 3)),
        case("a function that reverses the order", _reversed, _inputs(5, 4)),
        case("capsules cut across channels", _cut, _inputs(6, 12)),
        case("capsules cut across places", _view, _inputs(6, 12)),
        case("float64, one input", _lengths, _inputs(1, 3).double()),
    ]


def _nobody_moved(item, value):
    """Where all inputs are alike, whatever is made of them may be what was there before."""
    function, x = item.args
    if len(x) < 2 or not (x == x[:1]).all():
        return None
    everybody = influence(function, x)
    if value.shape == everybody.shape and everybody.any() and not value.any():
        return (
            "you find nothing that moves. Is what you put in the place of x[k] made of x, such as another row or the "
            "same numbers in another order? Where these are all alike, nothing changes: take random numbers."
        )
    return None


def _who_moved_a_little_or_down(item, value):
    everybody = influence(*item.args)
    missed = everybody & ~value if value.shape == everybody.shape else everybody & False
    if value.any() and missed.any() and not (value & ~everybody).any():
        return (
            "you missed some that moved. Do you change every number of x[k], and count numbers that shrink, too? Or do "
            "you ask for more than a threshold? Equal numbers in batches of the same size are rounded in the same way, "
            "so any difference counts."
        )
    return None


properties = (_nobody_moved, _who_moved_a_little_or_down)


def _rows(function, x, change, moved=lambda difference: difference.ne(0).reshape(len(difference), -1).any(dim=1)):
    before, rows = function(x), []
    for k in range(len(x)):
        changed = x.clone()
        changed[k] = change(changed[k])
        rows.append(moved(function(changed) - before))
    return torch.stack(rows)


def _random(row):
    return torch.randn_like(row)


class right:
    def by_shuffling_and_adding(function, x):
        ramp = lambda row: row.flatten()[order(row.numel())].view_as(row) + torch.rand_like(row) + 0.1  # noqa: E731
        return _rows(function, x, ramp)

    def as_a_double_loop(function, x):
        before = function(x)
        table = torch.zeros(len(x), len(before), dtype=torch.bool)
        for k in range(len(x)):
            changed = x.clone()
            changed[k] = changed[k] + torch.randn_like(changed[k])
            after = function(changed)
            for l in range(len(before)):
                table[k, l] = not torch.equal(after[l], before[l])
        return table

    def by_the_largest_difference(function, x):
        return _rows(function, x, _random, lambda difference: difference.abs().reshape(len(difference), -1).amax(1) > 0)


class wrong:
    def one_number_changed(function, x):
        """You seem to change one number of x[k] only. An output may hear only the others: replace all of x[k] by random
        numbers."""
        before, rows = function(x), []
        for k in range(len(x)):
            changed = x.clone()
            changed[k].view(-1)[0] += torch.rand(()) + 0.1
            rows.append((function(changed) != before).reshape(len(before), -1).any(dim=1))
        return torch.stack(rows)

    def compared_with_the_turn_before(function, x):
        """You compare outputs with those of the turn before, in which another row was changed. Compare with the outputs
        of x itself, in every turn."""
        before, rows = function(x), []
        for k in range(len(x)):
            changed = x.clone()
            changed[k] = torch.randn_like(changed[k])
            after = function(changed)
            rows.append((after != before).reshape(len(before), -1).any(dim=1))
            before = after
        return torch.stack(rows)

    def one_added(function, x):
        """You add the same number to all numbers of x[k]. A softmax, or anything that looks at differences, does not
        see that: use random numbers."""
        return _rows(function, x, lambda row: row + 1)

    def doubled(function, x):
        """You multiply x[k] by one number. What is zero stays zero, and a function of directions sees nothing: replace
        x[k] by random numbers."""
        return _rows(function, x, lambda row: 2 * row)

    def sign_turned(function, x):
        """A function that drops the signs seems to hear nothing: do you turn the sign of x[k]? Replace it by random
        numbers."""
        return _rows(function, x, lambda row: -row)

    def set_to_zero(function, x):
        """With inputs that are all zero you find nothing. Do you set x[k] to zero, or multiply it? Where it is zero,
        nothing changes then: replace it by random numbers."""
        return _rows(function, x, torch.zeros_like)

    def set_to_one(function, x):
        """With inputs that are all one you find nothing. Do you set x[k] to 1? Where it is 1 already, nothing changes:
        replace it by random numbers."""
        return _rows(function, x, torch.ones_like)

    def never_put_back(function, x):
        """In turn k all rows up to k are changed. Is there one clone for all turns, or a slice like `[:k + 1]`? Take a
        fresh clone in every turn, and change row k of it alone."""
        before, changed, rows = function(x), x.clone(), []
        for k in range(len(x)):
            changed[k] = torch.randn_like(changed[k])
            rows.append((function(changed) != before).reshape(len(before), -1).any(dim=1))
        return torch.stack(rows)

    def transposed(function, x):
        """Your table is (m, n). Row k is the input that was changed, column l the output that moved."""
        return influence(function, x).T

    def all_numbers_must_move(function, x):
        """You ask whether ALL numbers of an output moved. One is enough."""
        return _rows(function, x, _random, lambda difference: difference.ne(0).reshape(len(difference), -1).all(dim=1))

    def sums_compared(function, x):
        """You add up the numbers of an output before you compare. Shares that sum to 1 always do: compare number by
        number."""
        return _rows(
            function, x, _random, lambda difference: difference.reshape(len(difference), -1).sum(1).abs() > 1e-6
        )

    def summed_over_no_axes(function, x):
        """Where each output is one number, your table loses its axis m. Do you sum over the axes behind m? There are
        none then, and `dim=()` means all axes, m as well. Reshape to (m, -1) first, so that there is always one axis
        behind m."""
        before, rows = function(x), []
        for k in range(len(x)):
            changed = x.clone()
            changed[k] = torch.randn_like(changed[k])
            moved = function(changed) != before
            rows.append(moved.sum(dim=tuple(range(1, moved.ndim))) > 0)
        return torch.stack(rows)

    def only_itself(function, x):
        """You look at output k alone when input k changes. The question is who ELSE hears it: compare all outputs."""
        table = influence(function, x)
        return table & torch.eye(*table.shape, dtype=torch.bool)

    def one_row(function, x):
        """Your table has one row, that of the first input. Is the `return` inside the loop? It belongs after the loop,
        when there is one row for each input."""
        return influence(function, x)[:1]

    def last_row(function, x):
        """Your table has one row, that of the last input. Does every turn start a new list, or overwrite the row? Make
        the list before the loop, and append a row in each turn."""
        return influence(function, x)[-1:]
