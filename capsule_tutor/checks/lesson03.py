"""Lesson 03: votes."""

from math import ceil, prod

import torch
from torch import Tensor

from capsule_tutor import functional, layers
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers

# --- votes ------------------------------------------------------------------------------------------------


def _votes_cases() -> list[Case]:
    silent = numbers(2, 5, 4, seed=8)
    silent[:, 1] = 0
    return [
        case("u (b=2, i=5, d=4) and weight (i=5, j=3, d=4, z=6)", numbers(2, 5, 4), numbers(5, 3, 4, 6, seed=1)),
        case("a weight whose d and z are both 4", numbers(2, 5, 4, seed=2), numbers(5, 3, 4, 4, seed=3)),
        case("a batch of 1", numbers(1, 5, 4, seed=4), numbers(5, 3, 4, 6, seed=5)),
        case("one child and two parents", numbers(3, 1, 4, seed=6), numbers(1, 2, 4, 6, seed=7)),
        case("a batch in which child 1 is the zero vector", silent, numbers(5, 3, 4, 6, seed=9)),
        case("huge poses", numbers(2, 5, 4, seed=10, scale=1e4), numbers(5, 3, 4, 6, seed=11), atol=0.1),
        case("float64 tensors", numbers(2, 5, 4, seed=12).double(), numbers(5, 3, 4, 6, seed=13).double()),
    ]


def _silent_child_votes_zero(item: Case, value: Tensor) -> str | None:
    silent = (item.args[0] == 0).all(dim=2)  # (b, i)
    loud = bool(silent.any()) and value[silent].abs().max() > 0
    return "a child whose pose is zero gives votes that are not: a vote is u_i W_ij and nothing more." if loud else None


def transposed_weight(u, weight):
    return torch.einsum("bid,ijzd->bijz", u, weight)


def plain_matmul(u, weight):
    return u @ weight


def transposed_by_matmul(u, weight):
    return (u[:, :, None, None, :] @ weight.transpose(2, 3)).squeeze(3)


def one_axis_too_few(u, weight):
    return u.unsqueeze(2) @ weight


def parents_first_in_weight(u, weight):
    return torch.einsum("bid,jidz->bijz", u, weight)


def one_matrix_for_all_children(u, weight):
    return torch.einsum("bid,jdz->bijz", u, weight[0])


def first_child_for_all(u, weight):
    return functional.votes(u[:, :1].expand_as(u), weight)


def children_in_a_letter_of_their_own(u, weight):
    return torch.einsum("bkd,ijdz->bijz", u, weight)


def summed_over_children(u, weight):
    return torch.einsum("bid,ijdz->bjz", u, weight)


def summed_over_parents(u, weight):
    return torch.einsum("bid,ijdz->biz", u, weight)


def summed_over_images(u, weight):
    return torch.einsum("bid,ijdz->ijz", u, weight)


def not_summed_over_d(u, weight):
    return torch.einsum("bid,ijdz->bijdz", u, weight)


def mean_over_d(u, weight):
    return functional.votes(u, weight) / u.shape[2]


def overwritten_instead_of_added(u, weight):
    return u[:, :, -1, None, None] * weight[:, :, -1]


def parents_before_children(u, weight):
    return torch.einsum("bid,ijdz->bjiz", u, weight)


def squashed_votes(u, weight):
    return functional.squash(functional.votes(u, weight))


def one_image_line(u, weight):
    return torch.einsum("id,ijdz->ijz", u, weight)


def zeros_in_float32(u, weight):
    u_hat = torch.zeros(u.shape[0], *weight.shape[:2], weight.shape[3])
    u_hat += functional.votes(u, weight)
    return u_hat


VOTES = Exercise(
    id="03-votes",
    goal=(
        "Write `votes(u, weight)`: every child i of every image b votes for every parent j, û_{j|i} = u_i W_ij. "
        "`u` is (b, i, d), `weight` is (i, j, d, z), the votes are (b, i, j, z). Loops are allowed."
    ),
    reference=functional.votes,
    oracle=oracles.votes,
    axes=("b i j z",),
    cases=_votes_cases,
    properties=(_silent_child_votes_zero,),
    mutants=(
        Mutant(
            transposed_weight,
            "You multiply by the transposed matrix: W_ij is (d, z), so d is its first axis and z its second.",
        ),
        Mutant(
            plain_matmul,
            "You wrote `u @ weight`. It lines u's children up as rows of ONE matrix, but each child has matrices of "
            "its own: give u the axes (b, i, 1, 1, d) first, or use einsum.",
        ),
        Mutant(
            transposed_by_matmul,
            "You transposed the matrices before the product. Each W_ij is (d, z) already, ready for the row u_i.",
        ),
        Mutant(
            one_axis_too_few,
            "You gave u one new axis, and matmul still matches the children of u with the parents of weight. It needs "
            "two: (b, i, 1, 1, d), one for j and one to make u_i a row.",
        ),
        Mutant(
            parents_first_in_weight,
            "You read weight as (j, i, d, z). In this course the child comes first: (i, j, d, z).",
        ),
        Mutant(
            one_matrix_for_all_children,
            "You give every child the matrices of child 0. A nose and a mouth need different ones: `weight` has an "
            "axis i, and it must line up with that of u.",
        ),
        Mutant(
            first_child_for_all,
            "You let child 0 speak for everybody: each child votes with its own pose u[b, i].",
        ),
        Mutant(
            children_in_a_letter_of_their_own,
            "You gave the children of u another letter than those of weight, so einsum adds up all poses before it "
            "multiplies. The same i belongs in both.",
        ),
        Mutant(
            summed_over_children,
            "You added the votes of all children. That comes later, when each has its weight (routing): keep axis i.",
        ),
        Mutant(
            summed_over_parents,
            "You added up what a child says about different parents. Each parent gets a vote of its own: keep axis j.",
        ),
        Mutant(
            summed_over_images,
            "You added the votes of different images. The images of a batch know nothing of each other: keep axis b.",
        ),
        Mutant(
            not_summed_over_d,
            "You multiplied and did not add: a row vector times a matrix is a sum over d, and d must be gone.",
        ),
        Mutant(mean_over_d, "You took the mean over d. A matrix product is the sum."),
        Mutant(
            overwritten_instead_of_added,
            "Only the last d survives: inside the loop over d, add to the vote (`+=`) instead of overwriting it.",
        ),
        Mutant(parents_before_children, "Your votes come out as (b, j, i, z). Children first: (b, i, j, z)."),
        Mutant(
            squashed_votes,
            "You squashed the votes. A vote is an opinion about a pose, not yet a capsule: squash comes after the sum.",
        ),
        Mutant(
            one_image_line,
            "That is the line for one image, and u holds a batch: put b in front of u's letters and of the output's.",
        ),
        Mutant(
            zeros_in_float32,
            "The values are right, but your zeros are float32 whatever comes in, so float64 is rounded: make the zeros "
            "with u.new_zeros(…), which takes u's dtype.",
        ),
    ),
    hints=(
        "Start from the worked line for one image. What does it need for a whole batch?",
        "Every letter of the output is a loop that fills a place; a letter that is missing there is a loop that adds. "
        "The images of a batch are filled, not added.",
        'In `torch.einsum("…,…->…", u, weight)` write one letter per axis: `bid` for u, `ijdz` for weight, and the '
        "shape that you want after the arrow.",
    ),
    minutes=8,
    difficulty=2,
    importance=5,
)


# --- primary capsules -------------------------------------------------------------------------------------


def _primary_cases() -> list[Case]:
    return [
        case("5 types of 4-D capsules on a 3×6 grid", numbers(2, 20, 3, 6), 4),
        case("2 types of 3-D capsules on a 5×4 grid", numbers(3, 6, 5, 4, seed=1), 3),
        case("a batch of 1", numbers(1, 20, 3, 6, seed=2), 4),
        case("a single type", numbers(2, 4, 3, 6, seed=3), 4),
        case("a grid of one place", numbers(2, 20, 1, 1, seed=4), 4),
        case("1-D capsules", numbers(2, 5, 3, 6, seed=5), 1),
        case("float64 features", numbers(2, 20, 3, 6, seed=6).double(), 4),
    ]


def _same_numbers(item: Case, value: Tensor) -> str | None:
    before, after = item.args[0].flatten().sort().values, value.flatten().sort().values
    same = torch.allclose(before, after, atol=1e-6)
    return None if same else "the numbers themselves have changed; this function only puts them in another order."


def bare_view(features, d):
    return features.reshape(features.shape[0], -1, d)


def channels_interleaved(features, d):
    b, channels, h, w = features.shape
    return features.reshape(b, d, channels // d * h * w).transpose(1, 2)


def types_moved_last(features, d):
    b, channels, h, w = features.shape
    return features.reshape(b, channels // d, d, h, w).permute(0, 2, 3, 4, 1).reshape(b, -1, d)


def place_by_place(features, d):
    return features.permute(0, 2, 3, 1).reshape(features.shape[0], -1, d)


def columns_before_rows(features, d):
    return layers.primary_capsules(features.transpose(2, 3), d)


def batch_flattened(features, d):
    return layers.primary_capsules(features, d).reshape(-1, d)


def batch_of_one_squeezed(features, d):
    return layers.primary_capsules(features, d).squeeze()


def view_after_permute(features, d):
    b, channels, h, w = features.shape
    return features.view(b, channels // d, d, h, w).permute(0, 1, 3, 4, 2).view(b, -1, d)


def inverse_permutation(features, d):
    b, channels, h, w = features.shape
    return features.reshape(b, channels // d, d, h, w).permute(0, 1, 4, 2, 3).reshape(b, -1, d)


def only_the_first_type(features, d):
    return layers.primary_capsules(features[:, :d], d)


def types_not_merged(features, d):
    b, channels, h, w = features.shape
    return features.reshape(b, channels // d, d, h, w).permute(0, 1, 3, 4, 2)


def squashed_capsules(features, d):
    return functional.squash(layers.primary_capsules(features, d))


def relu_on_capsules(features, d):
    return layers.primary_capsules(features, d).relu()


PRIMARY_CAPSULES = Exercise(
    id="03-primary-capsules",
    goal=(
        "Fill in the three gaps of `primary_capsules(features, d)`: (b, types·d, h, w) → (b, i, d). Channels 0 … d−1 "
        "belong to type 0, the next d to type 1, and so on; a capsule is what its d channels say at ONE place. "
        "Capsules are numbered type by type, then row by row. Do not squash."
    ),
    reference=layers.primary_capsules,
    oracle=oracles.primary_capsules,
    axes=("b i d",),
    cases=_primary_cases,
    properties=(_same_numbers,),
    mutants=(
        Mutant(
            bare_view,
            "You cut the row of numbers as it lies in memory, so a capsule is made of neighbouring pixels of one "
            "channel. Bring d to the last axis with permute before you merge the others.",
        ),
        Mutant(
            channels_interleaved,
            "You take every n-th channel for one capsule (n types): split the channel axis as (types, d), not (d, "
            "types), since the d channels of a type are neighbours.",
        ),
        Mutant(
            types_moved_last,
            "You moved the types to the last axis. The last axis is the inside of a capsule: it must be d.",
        ),
        Mutant(
            place_by_place,
            "Your capsules are right, but they are numbered place by place. Here the types come first: (types, h, w).",
        ),
        Mutant(
            columns_before_rows,
            "You number the capsules of a type column by column: h comes before w.",
        ),
        Mutant(
            batch_flattened,
            "You merged the images of the batch into one long list of capsules: keep axis b, give (b, i, d).",
        ),
        Mutant(
            batch_of_one_squeezed,
            "squeeze() removes every axis of size 1, and a batch of 1 loses its b: your code would break on a single "
            "image. Name the axis, or do not squeeze.",
        ),
        Mutant(
            view_after_permute,
            "After permute the numbers no longer lie in a row in memory, and view refuses. The last step must be "
            "reshape, which copies where it has to.",
        ),
        Mutant(
            inverse_permutation,
            "You said where each old axis goes. permute asks, place by place, which old axis comes there: d was axis "
            "2, so the last number is 2.",
        ),
        Mutant(
            only_the_first_type,
            "You use the first d channels only. All types become capsules: i = types·h·w.",
        ),
        Mutant(
            types_not_merged,
            "The axes stand in the right order, but (types, h, w) are still three: merge them into one axis i.",
        ),
        Mutant(
            squashed_capsules,
            "You squashed as well. This function only re-orders; the layer squashes afterwards.",
        ),
        Mutant(
            relu_on_capsules,
            "You cut off the negative numbers. A pose may point anywhere: there is no ReLU on a capsule.",
        ),
    ),
    hints=(
        "Do it in three steps: split the channel axis in two, bring the pose to the end, merge what is in between.",
        "The first step gives (b, types, d, h, w). For the second, say where each axis of (b, types, h, w, d) stood "
        "before: permute wants those five numbers.",
        "`features.reshape(b, channels // d, d, h, w)`; d was axis 2, so `.permute(0, 1, 3, 4, 2)`; "
        "`.reshape(b, -1, d)` merges the rest.",
    ),
    minutes=10,
    difficulty=3,
    importance=5,
)


# --- the locality test ------------------------------------------------------------------------------------


def touched(to_capsules, features: Tensor, row: int, column: int) -> Tensor:
    """Which capsules of image 0 move when all channels of image 0 change at ONE place? → bool (i,)

    to_capsules   a function, features (b, channels, h, w) → capsules (b, i, d)
    """
    changed = features.clone()
    # every channel of image 0, at this place alone
    changed[0, :, row, column] += 1
    # a capsule has moved if any of its entries has
    return (to_capsules(changed) != to_capsules(features))[0].any(dim=-1)


def _cut(features):
    return layers.primary_capsules(features, 4)


def _bare(features):
    return bare_view(features, 4)


def _interleaved(features):
    return channels_interleaved(features, 4)


def _directions(features):
    return torch.nn.functional.normalize(_cut(features), dim=-1)


def _every_other_sign(features):
    return _cut(features) * torch.tensor([1, -1, 1, -1], dtype=features.dtype)


def _rolled(features):
    return _cut(features).roll(1, dims=0)


def _last_for_all(features):
    return _cut(features[-1:]).expand(len(features), -1, -1)


def _touched_cases() -> list[Case]:
    features = numbers(2, 12, 2, 5)
    return [
        case("the right cut, at row 1, column 4", _cut, features, 1, 4),
        case("the bare view, at row 1, column 3", _bare, features, 1, 3),
        case("the right cut, at row 0, column 1", _cut, features, 0, 1),
        case("features that are all zero", _cut, torch.zeros(2, 12, 2, 5), 1, 2),
        case("features that are all 1", _cut, torch.ones(2, 12, 2, 5), 0, 4),
        case("capsules that all have length 1", _directions, features, 1, 0),
        case("capsules with every other sign turned", _every_other_sign, features.round(), 1, 2),
        case("capsules made of every 3rd channel", _interleaved, features, 0, 4),
        case("a function that hands each image the capsules of another", _rolled, features, 0, 3),
        case("a function that gives every image the capsules of the last", _last_for_all, features, 1, 1),
        case("a batch of 1 in float64", _bare, numbers(1, 12, 2, 5, seed=1).double(), 0, 2),
    ]


def _turning_is_moving(item: Case, value: Tensor) -> str | None:
    if int(value.sum()) >= 3:  # one capsule per type
        return None
    if item.args[0] is _directions:
        return "you missed those that only turned: compare all entries of a capsule, not its length or its sum."
    if item.args[0] is _every_other_sign:
        return "you missed those whose entries move up and down by the same: compare entry by entry, not sums."
    return None


def _moved(to_capsules, features, changed):
    return to_capsules(changed) != to_capsules(features)


def _plus_one(features, where):
    changed = features.clone()
    changed[where] += 1
    return changed


def lengths_compared(to_capsules, features, row, column):
    changed = _plus_one(features, (0, slice(None), row, column))
    return ~torch.isclose(to_capsules(changed).norm(dim=-1), to_capsules(features).norm(dim=-1))[0]


def sums_compared(to_capsules, features, row, column):
    changed = _plus_one(features, (0, slice(None), row, column))
    return (to_capsules(changed) - to_capsules(features))[0].sum(dim=-1) != 0


def one_channel_changed(to_capsules, features, row, column):
    return _moved(to_capsules, features, _plus_one(features, (0, 0, row, column)))[0].any(dim=-1)


def whole_row_changed(to_capsules, features, row, column):
    return _moved(to_capsules, features, _plus_one(features, (0, slice(None), row)))[0].any(dim=-1)


def everything_changed(to_capsules, features, row, column):
    return _moved(to_capsules, features, features + 1)[0].any(dim=-1)


def all_images_changed(to_capsules, features, row, column):
    changed = _plus_one(features, (slice(None), slice(None), row, column))
    return _moved(to_capsules, features, changed)[0].any(dim=-1)


def row_and_column_exchanged(to_capsules, features, row, column):
    return touched(to_capsules, features, column, row)


def multiplied(to_capsules, features, row, column):
    changed = features.clone()
    changed[0, :, row, column] *= 2
    return _moved(to_capsules, features, changed)[0].any(dim=-1)


def set_to_zero(to_capsules, features, row, column):
    changed = features.clone()
    changed[0, :, row, column] = 0
    return _moved(to_capsules, features, changed)[0].any(dim=-1)


def set_to_one(to_capsules, features, row, column):
    changed = features.clone()
    changed[0, :, row, column] = 1
    return _moved(to_capsules, features, changed)[0].any(dim=-1)


def clone_forgotten(to_capsules, features, row, column):
    before = to_capsules(features)
    features[0, :, row, column] += 1
    return (to_capsules(features) != before)[0].any(dim=-1)


def all_entries_must_move(to_capsules, features, row, column):
    changed = _plus_one(features, (0, slice(None), row, column))
    return _moved(to_capsules, features, changed)[0].all(dim=-1)


def any_over_the_capsules(to_capsules, features, row, column):
    changed = _plus_one(features, (0, slice(None), row, column))
    return _moved(to_capsules, features, changed)[0].any(dim=0)


def any_over_the_batch(to_capsules, features, row, column):
    changed = _plus_one(features, (0, slice(None), row, column))
    return _moved(to_capsules, features, changed).any(dim=-1).any(dim=0)


def every_image_returned(to_capsules, features, row, column):
    changed = _plus_one(features, (0, slice(None), row, column))
    return _moved(to_capsules, features, changed).any(dim=-1)


def entries_counted(to_capsules, features, row, column):
    changed = _plus_one(features, (0, slice(None), row, column))
    return _moved(to_capsules, features, changed)[0].sum(dim=-1)


def numbers_of_the_moved(to_capsules, features, row, column):
    return touched(to_capsules, features, row, column).nonzero().flatten()


def those_that_stayed(to_capsules, features, row, column):
    return ~touched(to_capsules, features, row, column)


def own_cut_used(to_capsules, features, row, column):
    return touched(_cut, features, row, column)


TOUCHED = Exercise(
    id="03-touched",
    goal=(
        "Write the locality test: `touched(to_capsules, features, row, column)`. Change all channels of image 0 at ONE "
        "place of `features` (b, channels, h, w), and say for each capsule of image 0 whether any of its numbers "
        "moved. `to_capsules` is a function from features to capsules (b, i, d). Return a bool tensor (i,)."
    ),
    reference=touched,
    oracle=oracles.touched,
    axes=("i",),
    cases=_touched_cases,
    properties=(_turning_is_moving,),
    mutants=(
        Mutant(
            lengths_compared,
            "You compare lengths, but a capsule can turn and keep its length: compare all its entries.",
        ),
        Mutant(
            sums_compared,
            "You added up the differences of a capsule before you looked. Up and down cancel: ask each entry whether "
            "it moved, then any.",
        ),
        Mutant(
            one_channel_changed,
            "You change one channel only, so only one type can move. The place is (row, column) in ALL channels.",
        ),
        Mutant(
            whole_row_changed,
            "You change a whole row of places. One place has a row and a column: `[0, :, row, column]`.",
        ),
        Mutant(
            everything_changed,
            "You change every place at once, so everything moves and the test says nothing. Change one.",
        ),
        Mutant(
            all_images_changed,
            "You change all images. Change image 0 alone: if its capsules listen to another image, that is no answer.",
        ),
        Mutant(
            row_and_column_exchanged,
            "You exchanged row and column: the axes of features are (b, channels, h, w), the row comes first.",
        ),
        Mutant(
            multiplied,
            "You multiply the numbers at that place. Zeros stay zeros, and a direction stays a direction: add instead.",
        ),
        Mutant(
            set_to_zero,
            "You set the place to zero. Where it is zero already nothing changes, and you find nothing: add instead.",
        ),
        Mutant(
            set_to_one,
            "You set the place to 1. Where it is 1 already nothing changes, and you find nothing: add instead.",
        ),
        Mutant(
            clone_forgotten,
            "You changed the caller's features in place, and where capsules are a view of them they changed along: "
            "work on features.clone().",
        ),
        Mutant(
            all_entries_must_move,
            "You ask whether ALL entries of a capsule moved. One is enough; in the bare view it is often just one.",
        ),
        Mutant(
            any_over_the_capsules,
            "You asked which pose entries moved in any capsule. Ask for each capsule: any over d, the last axis.",
        ),
        Mutant(
            any_over_the_batch,
            "You count a capsule of image 0 as moved because one of another image did: look at image 0 alone.",
        ),
        Mutant(every_image_returned, "You answer for every image of the batch. Only image 0 is asked for: (i,)."),
        Mutant(
            entries_counted,
            "You counted how many entries moved. The question is yes or no: a bool per capsule.",
        ),
        Mutant(
            numbers_of_the_moved,
            "You return the numbers of the capsules that moved. Return one bool for every capsule, moved or not.",
        ),
        Mutant(those_that_stayed, "You mark the capsules that stayed: True means moved."),
        Mutant(
            own_cut_used,
            "You cut the capsules yourself. The function under test is handed to you: call `to_capsules`.",
        ),
    ),
    hints=(
        "It is an experiment: capsules before, capsules after one small change, compare.",
        "Clone the features, or you change the caller's. Add a number at one place of image 0 in all channels. A "
        "capsule moved if any of its d entries differs.",
        "`changed = features.clone()`; `changed[0, :, row, column] += 1`; compare `to_capsules(changed)` with "
        "`to_capsules(features)` by `!=`, take image `[0]`, then `.any(dim=-1)`.",
    ),
    minutes=10,
    difficulty=3,
    importance=4,
    gradient=False,
)


# --- how many capsules ------------------------------------------------------------------------------------


def capsule_count(size: int, kernels: tuple[int, ...], strides: tuple[int, ...], types: int) -> int:
    """How many primary capsules a stack of convolutions without padding makes of a (size, size) image."""
    for kernel, stride in zip(kernels, strides, strict=True):
        # n ← ⌊(n − k)/s⌋ + 1
        size = (size - kernel) // stride + 1
    return types * size**2


def _count_cases() -> list[Case]:
    return [
        case("size 28, kernels (9, 9), strides (1, 2), 32 types", 28, (9, 9), (1, 2), 32),
        case("size 36, kernels (9, 9), strides (1, 2), 32 types", 36, (9, 9), (1, 2), 32),
        case("size 11, kernels (3,), strides (3,), 5 types", 11, (3,), (3,), 5),
        case("size 10, kernels (4,), strides (3,), 1 type", 10, (4,), (3,), 1),
        case("size 29, kernels (5, 3, 4), strides (2, 1, 3), 6 types", 29, (5, 3, 4), (2, 1, 3), 6),
        case("size 7, kernels (7,), strides (1,), 4 types", 7, (7,), (1,), 4),
    ]


def _whole_number(item: Case, value: object) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole else f"the result is {value!r}; a count is an int: divide with //."


def _stack(size, kernels, strides, types, after):
    for kernel, stride in zip(kernels, strides, strict=True):
        size = after(size, kernel, stride)
    return types * size**2


def same_padding(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: ceil(n / s))


def plus_one_forgotten(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: (n - k) // s)


def plus_one_too_early(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: (n - k + 1) // s)


def stride_forgotten(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: n - k + 1)


def rounded_up(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: ceil((n - k) / s) + 1)


def not_rounded(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: (n - k) / s + 1)


def rounded_to_the_nearest(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: round((n - k) / s + 1))


def rounded_only_at_the_end(size, kernels, strides, types):
    return int(not_rounded(size, kernels, strides, types))


def stride_before_kernel(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: n // s - k + 1)


def brackets_forgotten(size, kernels, strides, types):
    return _stack(size, kernels, strides, types, lambda n, k, s: n - k // s + 1)


def strides_at_the_end(size, kernels, strides, types):
    return types * ((size - sum(k - 1 for k in kernels) - 1) // prod(strides) + 1) ** 2


def only_the_first_convolution(size, kernels, strides, types):
    return capsule_count(size, kernels[:1], strides[:1], types)


def only_the_last_convolution(size, kernels, strides, types):
    return capsule_count(size, kernels[-1:], strides[-1:], types)


def not_squared(size, kernels, strides, types):
    return types * round(capsule_count(size, kernels, strides, 1) ** 0.5)


def types_forgotten(size, kernels, strides, types):
    return capsule_count(size, kernels, strides, 1)


def types_squared(size, kernels, strides, types):
    return types**2 * capsule_count(size, kernels, strides, 1)


CAPSULE_COUNT = Exercise(
    id="03-capsule-count",
    goal=(
        "Write `capsule_count(size, kernels, strides, types)`: how many primary capsules come out of a stack of "
        "convolutions without padding on a square image? `kernels` and `strides` are tuples, one number per "
        "convolution; every kernel fits. Return an int: (28, (9, 9), (1, 2), 32) gives 1152."
    ),
    reference=capsule_count,
    oracle=oracles.capsule_count,
    axes=("",),
    cases=_count_cases,
    properties=(_whole_number,),
    mutants=(
        Mutant(
            same_padding,
            "You count as if the image were padded. Here the kernel must fit inside: n − k comes first.",
        ),
        Mutant(
            plus_one_forgotten,
            "You count the steps between the places. Places are one more than steps, like fence posts: + 1.",
        ),
        Mutant(
            plus_one_too_early,
            "You add the 1 before dividing. It stands for the first place, which needs no step: ⌊(n − k)/s⌋ + 1.",
        ),
        Mutant(stride_forgotten, "You let every kernel move by 1. It moves by its stride: divide n − k by s."),
        Mutant(
            rounded_up,
            "You round up: a kernel that would hang over the edge is not counted. Use //, which rounds down.",
        ),
        Mutant(not_rounded, "You count fractions of a place. A kernel fits or it does not: divide with //."),
        Mutant(
            rounded_to_the_nearest,
            "You round to the nearest number. A kernel that hangs over the edge by one pixel does not fit: use //.",
        ),
        Mutant(
            rounded_only_at_the_end,
            "You carry fractions from one convolution to the next and round at the end. Every output is a whole number "
            "of places: use // at each step.",
        ),
        Mutant(
            stride_before_kernel,
            "You divide n by the stride before you take off the kernel. First n − k, then divide.",
        ),
        Mutant(
            brackets_forgotten,
            "Python divides before it subtracts, so you divided the kernel alone: write (n − k) in brackets.",
        ),
        Mutant(
            strides_at_the_end,
            "You take off all kernels first and divide at the end. After a stride the image is smaller, and the next "
            "kernel counts in its pixels: one convolution after the other.",
        ),
        Mutant(
            only_the_first_convolution,
            "You stop after the first convolution. Is there a `return` inside the loop?",
        ),
        Mutant(
            only_the_last_convolution,
            "You use only the last convolution. Each one works on the output of the one before: update n in the loop.",
        ),
        Mutant(not_squared, "You counted one row of places. The grid is square: n times n."),
        Mutant(types_forgotten, "You counted the places. At each of them sits one capsule of every type."),
        Mutant(types_squared, "You squared the types as well. Only the side of the grid is squared: types · n²."),
    ),
    hints=(
        "Follow the side of the image through the convolutions, one after the other. Only at the end count capsules.",
        "One convolution turns n into ⌊(n − k)/s⌋ + 1. In Python // rounds down.",
        "Loop over `zip(kernels, strides)` with `size = (size - kernel) // stride + 1`; then one capsule of every type "
        "at each of the `size**2` places.",
    ),
    minutes=6,
    difficulty=2,
    importance=3,
    gradient=False,
)

EXERCISES = (VOTES, PRIMARY_CAPSULES, TOUCHED, CAPSULE_COUNT)

QUESTIONS = {
    "03-tilted": {
        "a": "You treat the matrices as if they remembered an upright face. They hold only how a part lies in its "
        "whole, and a tilt changes nothing about that. Look at the middle of the next picture.",
        "b": "Yes: nose, mouth and face turn together, so their relation stays, and the votes turn with them.",
        "c": "You think of the vote as a class label that ignores pose. A vote is a pose computed from a pose: if the "
        "child turns, it turns. Look at the middle of the next picture.",
    },
    "03-dropped": {
        "a": "You expect einsum to complain. It does not: dropping a letter is a legal way to ask for a sum.",
        "b": "Yes. A letter that is missing in the output is a loop that adds, and i is missing.",
        "c": "You think of indexing, where a missing axis means a choice. In einsum it means a sum over that axis.",
    },
    "03-bare-view": {
        "a": "That would be right for capsules that keep to one place: one per type. The bare view does not.",
        "b": "Yes: six numbers changed, one in each channel, and in memory they lie four apart: in six different "
        "groups of three.",
        "c": "Six numbers have changed, and one number lies in one capsule. They cannot touch eight.",
    },
    "03-std": {
        "a": "You expect each capsule to be undecided. But 1152 random votes add up, and their sum grows with "
        "√1152 ≈ 34.",
        "b": "Yes: every parent gets a long sum of votes that agree on nothing, and squash turns long into “certain”.",
        "c": "You expect random votes to cancel. They do in the mean, but a random walk of 1152 steps ends about "
        "√1152 ≈ 34 steps from home.",
    },
}
