"""Write the locality test: `touched(to_capsules, features, row, column)`. Change all channels of image 0 at ONE place
of `features` (b, channels, h, w), and say for each capsule of image 0 whether any of its numbers moved. `to_capsules`
is a function from features to capsules (b, i, d). Hand it the whole batch both times, once as it is and once changed,
and not image 0 alone: otherwise you would miss a cut that mixes up images. Return a bool tensor (i,)."""

import torch
from torch import Tensor

from capsule_tutor import layers
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson03.primary_capsules import wrong as wrong_primary_capsules

EFFORT = {"minutes": 8, "difficulty": 3, "importance": 4}
HINTS = (
    "It is an experiment: capsules before, capsules after one small change, compare.",
    "Clone the features, or you change the caller's. Add a number at one place of image 0 in all channels. A "
    "capsule moved if any of its d entries differs.",
    "`changed = features.clone()`; `changed[0, :, row, column] += 1`; compare `to_capsules(changed)` with "
    "`to_capsules(features)` by `!=`. That is (b, i, d), and (i,) is wanted: what becomes of b, and of d?",
)
AXES = ("i",)
GRADIENT = False


def touched(to_capsules, features: Tensor, row: int, column: int) -> Tensor:
    """Which capsules of image 0 move when all channels of image 0 change at ONE place? → bool (i,)

    to_capsules   a function, features (b, channels, h, w) → capsules (b, i, d)
    """
    changed = features.clone()
    # every channel of image 0, at this place alone
    changed[0, :, row, column] += 1
    # a capsule has moved if any of its entries has
    return (to_capsules(changed) != to_capsules(features))[0].any(dim=-1)


reference = touched


def oracle(to_capsules, features, row, column):
    changed = features.clone()
    for channel in range(features.shape[1]):
        changed[0, channel, row, column] = features[0, channel, row, column] - 7.25 - channel
    pairs = zip(to_capsules(features)[0].tolist(), to_capsules(changed)[0].tolist(), strict=True)
    return torch.tensor([old != new for old, new in pairs])


def _cut(features):
    return layers.primary_capsules(features, 4)


def _bare(features):
    return wrong_primary_capsules.bare_view(features, 4)


def _interleaved(features):
    return wrong_primary_capsules.channels_interleaved(features, 4)


def _directions(features):
    return torch.nn.functional.normalize(_cut(features), dim=-1)


def _every_other_sign(features):
    return _cut(features) * torch.tensor([1, -1, 1, -1], dtype=features.dtype)


def _faint(features):
    return 1e-5 * _cut(features)


def _rolled(features):
    return _cut(features).roll(1, dims=0)


def _last_for_all(features):
    return _cut(features[-1:]).expand(len(features), -1, -1)


def cases():
    features = numbers(2, 12, 2, 5)
    return [
        case("the correct cut, at row 1, column 4", _cut, features, 1, 4),
        case("the bare view, at row 1, column 3", _bare, features, 1, 3),
        case("the correct cut, at row 0, column 1", _cut, features, 0, 1),
        case("features that are all zero", _cut, torch.zeros(2, 12, 2, 5), 1, 2),
        case("features that are all 1", _cut, torch.ones(2, 12, 2, 5), 0, 4),
        case("capsules that all have length 1", _directions, features, 1, 0),
        case("capsules with every other sign turned", _every_other_sign, features.round(), 1, 2),
        case("capsules made of every 3rd channel", _interleaved, features, 0, 4),
        case("features near 10,000", _cut, 1e4 + features, 1, 1),
        case("capsules whose numbers are about 0.00001", _faint, features, 0, 2),
        case("a function that hands each image the capsules of another", _rolled, features, 0, 3),
        case("a function that gives every image the capsules of the last", _last_for_all, features, 1, 1),
        case("a batch of 1 in float64", _bare, numbers(1, 12, 2, 5, seed=1).double(), 0, 2),
    ]


_ANY = "or ask for more than some threshold? Compare all entries of a capsule: any difference counts."
_MISSED = {
    _directions: f"you missed some that moved a little, or only turned. Do you compare lengths or sums, {_ANY}",
    _every_other_sign: f"you missed some whose entries move up and down by the same. Do you compare sums, {_ANY}",
    _faint: f"you missed some that moved by very little. Do you round, {_ANY}",
}
_THREE_THINGS = (
    "you missed capsules that moved. Change ALL channels at that place of image 0, look at image 0, and let ONE entry "
    "that moved be enough, however little it moved."
)


def _every_move_counts(item, value):
    to_capsules, features, *place = item.args
    if not (touched(to_capsules, features, *place) & ~value).any():
        return None
    if not features.any():
        return (
            "you missed capsules that moved. Do you multiply the numbers at that place? Zeros stay zeros: add a number "
            "instead."
        )
    if features.abs().max() > 1e3:
        return (
            "you missed capsules that moved. Beside large numbers a small step is lost, and a relative tolerance hides "
            "a larger one: add 1, and compare with `!=`."
        )
    return _MISSED.get(to_capsules, _THREE_THINGS)


properties = (_every_move_counts,)


def _plus_one(features, where):
    changed = features.clone()
    changed[where] += 1
    return changed


def _moved(to_capsules, features, changed):
    return to_capsules(changed) != to_capsules(features)


class right:
    def by_loops(to_capsules, features, row, column):
        before = to_capsules(features)[0]
        changed = features.clone()
        for channel in range(features.shape[1]):
            changed[0, channel, row, column] = changed[0, channel, row, column] + 3.0
        after = to_capsules(changed)[0]
        return torch.tensor([not torch.equal(before[i], after[i]) for i in range(len(before))])

    def by_distance(to_capsules, features, row, column):
        bump = torch.zeros_like(features)
        bump[0, :, row, column] = torch.arange(1.0, 1 + features.shape[1])
        difference = to_capsules(features + bump) - to_capsules(features)
        return difference[0].abs().amax(dim=1) > 0

    def by_gradient(to_capsules, features, row, column):
        features = features.detach().clone().requires_grad_()
        capsules = to_capsules(features)[0]
        moved = []
        for capsule in capsules:
            gradient = sum(torch.autograd.grad(entry, features, retain_graph=True)[0].abs() for entry in capsule)
            moved.append(bool(gradient[0, :, row, column].any()))
        return torch.tensor(moved)


class wrong:
    def lengths_compared(to_capsules, features, row, column):
        """You missed capsules that turned, or moved a little. Do you compare lengths, or ask for more than some
        threshold? A capsule can turn and keep its length: compare all its entries, and any difference counts."""
        changed = _plus_one(features, (0, slice(None), row, column))
        return ~torch.isclose(to_capsules(changed).norm(dim=-1), to_capsules(features).norm(dim=-1))[0]

    def sums_compared(to_capsules, features, row, column):
        """Differences that cancel get past you. Do you add up those of a capsule, or compare its sums? Up and down
        cancel there: ask each entry whether it moved, then any."""
        changed = _plus_one(features, (0, slice(None), row, column))
        return (to_capsules(changed) - to_capsules(features))[0].sum(dim=-1) != 0

    def one_channel_changed(to_capsules, features, row, column):
        """Only the first type can move, as if one channel changed. Is a channel typed in, or a `return` inside the loop
        over them? The place is (row, column) in ALL channels."""
        return _moved(to_capsules, features, _plus_one(features, (0, 0, row, column)))[0].any(dim=-1)

    def last_channel_changed(to_capsules, features, row, column):
        """Only the last type can move, as if the last channel alone changed. Is `features.clone()` inside a loop over
        the channels? Then each round starts over: clone once, and change ALL channels."""
        return _moved(to_capsules, features, _plus_one(features, (0, -1, row, column)))[0].any(dim=-1)

    def channel_for_the_row(to_capsules, features, row, column):
        """You index image 0 with two numbers, so that the row is taken for a channel, and the column for a row. There
        are three axes left: `[0, :, row, column]`."""
        return _moved(to_capsules, features, _plus_one(features, (0, row, column)))[0].any(dim=-1)

    def whole_row_changed(to_capsules, features, row, column):
        """You change a whole row of places. One place has a row and a column: `[0, :, row, column]`."""
        return _moved(to_capsules, features, _plus_one(features, (0, slice(None), row)))[0].any(dim=-1)

    def whole_column_changed(to_capsules, features, row, column):
        """You change a whole column of places, in every row. One place has a row and a column: `[0, :, row, column]`,
        and no more colons than that one."""
        changed = _plus_one(features, (0, slice(None), slice(None), column))
        return _moved(to_capsules, features, changed)[0].any(dim=-1)

    def everything_changed(to_capsules, features, row, column):
        """Every capsule moves, wherever you look. Do you change every place at once, or the capsules by hand? Change
        the features at one place, and hand those to `to_capsules`."""
        return _moved(to_capsules, features, features + 1)[0].any(dim=-1)

    def all_images_changed(to_capsules, features, row, column):
        """You change all images, or hand over image 0 alone. Change image 0 and hand over all: if its capsules listen
        to another image, they should not move."""
        changed = _plus_one(features, (slice(None), slice(None), row, column))
        return _moved(to_capsules, features, changed)[0].any(dim=-1)

    def one_image_without_its_axis(to_capsules, features, row, column):
        """You hand over image 0 without its batch axis. `to_capsules` takes (b, channels, h, w): change image 0 in the
        batch, and hand over the whole batch."""
        changed = features[0].clone()
        changed[:, row, column] += 1
        return (to_capsules(changed) != to_capsules(features[0])).any(dim=-1)

    def channel_index_forgotten(to_capsules, features, row, column):
        """You index features with too few indices, so that the row is taken for a channel. Name all four axes: `[0, :,
        row, column]`."""
        return _moved(to_capsules, features, _plus_one(features, (slice(None), row, column)))[0].any(dim=-1)

    def row_and_column_exchanged(to_capsules, features, row, column):
        """You exchanged row and column, or their axes: those of features are (b, channels, h, w), the row comes
        first."""
        return touched(to_capsules, features, column, row)

    def step_too_small(to_capsules, features, row, column):
        """What you add is so small that it is lost beside large features, and nothing moves: add 1."""
        changed = features.clone()
        changed[0, :, row, column] += 1e-4
        return _moved(to_capsules, features, changed)[0].any(dim=-1)

    def multiplied(to_capsules, features, row, column):
        """You miss what only grows or shrinks in proportion. Do you multiply the numbers at that place? Zeros stay
        zeros, and a direction stays a direction: add instead."""
        changed = features.clone()
        changed[0, :, row, column] *= 2
        return _moved(to_capsules, features, changed)[0].any(dim=-1)

    def set_to_zero(to_capsules, features, row, column):
        """Where the features are zero already you find nothing. Do you set the place to zero, or ask for the slope of
        |u| or u², which is 0 there? Add a number to the place instead, and compare."""
        changed = features.clone()
        changed[0, :, row, column] = 0
        return _moved(to_capsules, features, changed)[0].any(dim=-1)

    def set_to_one(to_capsules, features, row, column):
        """You set the place to 1. Where it is 1 already nothing changes, and you find nothing: add instead."""
        changed = features.clone()
        changed[0, :, row, column] = 1
        return _moved(to_capsules, features, changed)[0].any(dim=-1)

    def clone_forgotten(to_capsules, features, row, column):
        """You changed the caller's features in place, and where capsules are a view of them they changed along: work on
        features.clone()."""
        before = to_capsules(features)
        features[0, :, row, column] += 1
        return (to_capsules(features) != before)[0].any(dim=-1)

    def slice_changed(to_capsules, features, row, column):
        """You changed the caller's features in place: a slice, as `features[:1]`, is not a copy. Work on
        features.clone()."""
        image = features[:1]
        before = to_capsules(image).clone()
        image[0, :, row, column] += 1
        return (to_capsules(image) != before)[0].any(dim=-1)

    def all_entries_must_move(to_capsules, features, row, column):
        """You ask whether ALL entries of a capsule moved. One is enough; in the bare view it is often just one."""
        changed = _plus_one(features, (0, slice(None), row, column))
        return _moved(to_capsules, features, changed)[0].all(dim=-1)

    def entries_not_joined(to_capsules, features, row, column):
        """You answer for each entry of a capsule. One answer per capsule is wanted, (i,): any over d, the last axis."""
        return _moved(to_capsules, features, _plus_one(features, (0, slice(None), row, column)))[0]

    def any_over_the_capsules(to_capsules, features, row, column):
        """You asked which pose entries moved in any capsule. Ask for each capsule: any over d, the last axis."""
        changed = _plus_one(features, (0, slice(None), row, column))
        return _moved(to_capsules, features, changed)[0].any(dim=0)

    def any_over_the_batch(to_capsules, features, row, column):
        """Capsules of image 0 count as moved where those of another image did, or your batch is not the one that you
        got. Hand over the whole batch twice, as it is and changed, and look at `[0]` of both."""
        changed = _plus_one(features, (0, slice(None), row, column))
        return _moved(to_capsules, features, changed).any(dim=-1).any(dim=0)

    def one_answer_for_the_batch(to_capsules, features, row, column):
        """You give one answer for the whole batch, as any() without a `dim` does. Each capsule of image 0 needs an
        answer of its own: compare with `!=`, then take any over d, the last axis."""
        return _moved(to_capsules, features, _plus_one(features, (0, slice(None), row, column))).any()

    def one_answer_for_all_capsules(to_capsules, features, row, column):
        """You give one answer for all capsules of image 0, as any() without a `dim` does. Each capsule needs an answer
        of its own: compare with `!=`, then take any over d, the last axis."""
        return _moved(to_capsules, features, _plus_one(features, (0, slice(None), row, column)))[0].any()

    def every_image_returned(to_capsules, features, row, column):
        """You answer for every image of the batch. Only image 0 is wanted: (i,)."""
        changed = _plus_one(features, (0, slice(None), row, column))
        return _moved(to_capsules, features, changed).any(dim=-1)

    def entries_counted(to_capsules, features, row, column):
        """You counted how many entries moved. The question is yes or no: a bool per capsule."""
        changed = _plus_one(features, (0, slice(None), row, column))
        return _moved(to_capsules, features, changed)[0].sum(dim=-1)

    def numbers_of_the_moved(to_capsules, features, row, column):
        """You return the numbers of the capsules that moved. Return one bool for every capsule, moved or not."""
        return touched(to_capsules, features, row, column).nonzero().flatten()

    def those_that_stayed(to_capsules, features, row, column):
        """You mark the capsules that stayed: True means moved."""
        return ~touched(to_capsules, features, row, column)

    def some_entry_stayed(to_capsules, features, row, column):
        """You mark the capsules in which some entry stayed as it was, as `==` and then any() do. A capsule has moved if
        any entry differs: compare with `!=`, then take any()."""
        return ~_moved(to_capsules, features, _plus_one(features, (0, slice(None), row, column)))[0].all(dim=-1)

    def own_cut_used(to_capsules, features, row, column):
        """You cut the capsules yourself. The function under test is handed to you: call `to_capsules`."""
        return touched(_cut, features, row, column)

    def last_image_changed(to_capsules, features, row, column):
        """You change the last image and look at its capsules. Image 0 is wanted, in both places: `[0]`."""
        return _moved(to_capsules, features, _plus_one(features, (-1, slice(None), row, column)))[-1].any(dim=-1)
