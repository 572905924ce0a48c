"""Write `perturb(v, delta, index=None)`: keep the capsule `index[b]` of each image, add `delta` (z,) to its pose, put
zeros in the place of all others, and flatten (b, j, z) to (b, j·z) for the decoder. Without an index, keep the capsule
that is the longest in v. With delta = 0 it is `mask_capsules(v, index)`. Leave v as it is."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.properties import one_capsule_kept

EFFORT = {"minutes": 7, "difficulty": 2, "importance": 5}
HINTS = (
    "You have `mask_capsules` already. Decide first which capsule is to be kept, then move, then mask.",
    "`v + delta` moves every capsule: delta (z,) lines up with the last axis of v (b, j, z). The mask then removes "
    "all but one. Without an index, ask for the longest capsule BEFORE you add.",
    "If index is None: `index = lengths(v).argmax(dim=1)`. Then return `mask_capsules(v + delta, index)`.",
)
AXES = ("b j·z",)
GRADIENT = False  # nobody learns through a moved pose

reference = functional.perturb


def oracle(v, delta, index=None):
    rows = []
    for n, image in enumerate(v):
        size = [float(sum(x * x for x in pose)) for pose in image]
        keep = size.index(max(size)) if index is None else int(index[n])
        flat = []
        for j, pose in enumerate(image):
            flat += [x + d if j == keep else 0 * x for x, d in zip(pose, delta, strict=True)]
        rows.append(torch.stack(flat))
    return torch.stack(rows)


def telling() -> tuple[Tensor, Tensor]:
    """(v, delta): the longest capsule has neither the largest sum nor number 0, and is another in v + delta."""
    v = torch.tensor(
        [
            [[0.1, 0.1, 0.0, 0.1], [0.0, 0.9, 0.0, 0.0], [-0.6, 0.6, -0.6, 0.6]],
            [[0.2, 0.2, 0.3, 0.3], [-0.7, -0.7, 0.1, -0.1], [0.5, 0.0, 0.0, 0.0]],
        ]
    )
    return v, torch.tensor([0.4, 0.2, 0.5, -0.3])


def three_lengths() -> Tensor:
    """Capsule 0 has the largest sum of absolute values, capsule 1 the largest length, capsule 2 the largest entry."""
    return torch.tensor([[[0.4, 0.4, 0.4, -0.4], [0.0, 0.8, 0.0, 0.4], [0.1, -0.2, 0.82, 0.0]]])


def cases():
    v, delta = telling()
    return [
        case("v of shape (2, 3, 6) and index (2, 0)", numbers(2, 3, 6), numbers(6, seed=1), torch.tensor([2, 0])),
        case("v of shape (2, 3, 4) without an index, where v + delta has another longest capsule", v, delta),
        case("delta = 0 in all dimensions", v, torch.zeros(4), torch.tensor([1, 2])),
        # The same poses in another order: here the second image holds the longest of all, and as its first capsule
        case("a delta of 0.25 in one dimension alone", v.flip(0).roll(1, dims=1), torch.tensor([0.0, 0.0, 0.25, 0.0])),
        case("v of shape (3, 5, 4) without an index", numbers(3, 5, 4, seed=8), delta),
        case("a longest pose with zeros in it", three_lengths(), delta),
        case("a batch of 1", numbers(1, 5, 3, seed=2), numbers(3, seed=3), torch.tensor([3])),
        case(
            "v of shape (3, 4, 5) and index (1, 1, 2)",
            numbers(3, 4, 5, seed=4),
            numbers(5, seed=5),
            torch.tensor([1, 1, 2]),
        ),
        case("a zero vector that is to be moved", torch.zeros(1, 3, 2), torch.tensor([0.5, -0.2]), torch.tensor([1])),
        case(
            "float64 capsules",
            numbers(2, 3, 6, seed=6).double(),
            numbers(6, seed=7).double(),
            torch.tensor([1, 2]),
        ),
    ]


def _mask_where_nothing_moves(item, value):
    v, delta, *index = item.args
    off = not delta.any() and not torch.allclose(value, functional.mask_capsules(v, *index))
    return "nothing moves, and yet it is not what mask_capsules gives." if off else None


properties = (one_capsule_kept, _mask_where_nothing_moves)


def longest(v: Tensor) -> Tensor:
    return functional.lengths(v).argmax(1)


def chosen(v: Tensor, index: Tensor | None) -> Tensor:
    return longest(v) if index is None else index


def keep_one(v: Tensor, index: Tensor | None) -> Tensor:
    return one_hot(chosen(v, index), v.shape[1]).to(v.dtype).unsqueeze(2)  # (b, j, 1)


class right:
    def by_mask(v, delta, index):
        if index is None:
            index = functional.lengths(v).argmax(dim=1)
        return functional.mask_capsules(v + delta, index)

    def by_choosing(v, delta, index):
        index = v.norm(dim=-1).argmax(dim=-1) if index is None else index
        rows = torch.arange(v.shape[0])
        out = torch.zeros_like(v)
        out[rows, index] = v[rows, index] + delta
        return out.reshape(v.shape[0], -1)

    def by_two_masks(v, delta, index):
        """Masked capsules, plus a masked delta."""
        index = (v * v).sum(2).argmax(1) if index is None else index
        keep = torch.nn.functional.one_hot(index, v.shape[1]).to(v.dtype)
        return functional.mask_capsules(v, index) + torch.einsum("bj,z->bjz", keep, delta).flatten(1)

    def in_a_loop(v, delta, index):
        rows = []
        for n, image in enumerate(v):
            keep = int(image.square().sum(1).argmax()) if index is None else int(index[n])
            rows.append(torch.cat([pose + delta if j == keep else pose * 0 for j, pose in enumerate(image)]))
        return torch.stack(rows)

    def with_numpy(v, delta, index):
        poses = v.numpy()
        keep = (poses**2).sum(axis=2).argmax(axis=1) if index is None else index.numpy()
        rows, out = np.arange(len(poses)), np.zeros_like(poses)
        out[rows, keep] = poses[rows, keep] + delta.numpy()
        return torch.from_numpy(out).flatten(1)


class wrong:
    def delta_in_every_slot(v, delta, index):
        """You added delta after masking, so all the masked capsules hold delta, too. The decoder was trained with zeros
        there: add first, mask afterwards."""
        return (v * keep_one(v, index) + delta).flatten(1)

    def delta_on_capsule_zero(v, delta, index):
        """You added delta to capsule 0, whichever capsule is kept. Did you mask and flatten first? Then the first
        places of the flat vector belong to capsule 0: add to the pose first, then mask and flatten."""
        masked = functional.mask_capsules(v, index)
        return torch.cat([masked[:, : v.shape[2]] + delta, masked[:, v.shape[2] :]], dim=1)

    def set_not_added(v, delta, index):
        """You put delta in the place of the pose. It is ADDED: the picture should change a little, from what this
        image's own pose draws."""
        return (delta * keep_one(v, index)).flatten(1)

    def zeros_not_moved(v, delta, index):
        """You moved only the entries that are not 0 after the mask. The kept pose may hold a 0 of its own, and it
        moves, too: let the index decide, not the values."""
        masked = functional.mask_capsules(v, index).view_as(v)
        return torch.where(masked != 0, masked + delta, masked).flatten(1)

    def set_where_delta_is_not_zero(v, delta, index):
        """You replaced the entries of the pose where delta is not 0. Delta says how far to move from the entry, not
        where to: add it."""
        return (torch.where(delta != 0, delta, v) * keep_one(v, index)).flatten(1)

    def longest_after_the_change(v, delta, index):
        """Without an index you took the longest capsule of v + delta. The change can make another class the longest:
        choose by v itself, before anything is added."""
        return functional.mask_capsules(v + delta, index)

    def one_class_for_the_whole_batch(v, delta, index):
        """You keep the first image's class in every image. Each image has a capsule of its own to keep."""
        return functional.perturb(v, delta, chosen(v, index)[:1].expand(len(v)))

    def longest_of_the_first_image(v, delta, index):
        """You keep the longest capsule of the first image in the whole batch. Each image has its own: argmax(dim=1)
        gives one per image, without [0]."""
        return functional.perturb(v, delta, longest(v)[:1].expand(len(v)) if index is None else index)

    def longest_of_the_whole_table(v, delta, index):
        """You keep one class in every image: that of the longest capsule in the whole batch. Does your argmax look at
        all images at once? Each image has a longest capsule of its own: argmax(dim=1)."""
        place = functional.lengths(v).argmax() % v.shape[1]
        return functional.perturb(v, delta, place.expand(len(v)) if index is None else index)

    def every_class_of_the_batch(v, delta, index):
        """You keep, in every image, the classes of all images of the batch: `[:, index]` picks them everywhere. Pair
        each image with its own index, with mask_capsules or with torch.arange(len(v))."""
        index, out = chosen(v, index), torch.zeros_like(v)
        out[:, index] = v[:, index] + delta
        return out.flatten(1)

    def scaled_by_the_length(v, delta, index):
        """You multiplied delta by the capsule's length. It is added as it is, to short and long capsules alike."""
        return ((v + delta * functional.lengths(v).unsqueeze(2)) * keep_one(v, index)).flatten(1)

    def multiplied(v, delta, index):
        """You multiplied the pose by delta. Add it: with delta = 0 the pose stays as it was."""
        return (v * delta * keep_one(v, index)).flatten(1)

    def multiplied_by_one_plus_delta(v, delta, index):
        """You multiplied the pose by 1 + delta. An entry of 0 would then never move. Add delta."""
        return (v * (1 + delta) * keep_one(v, index)).flatten(1)

    def index_ignored(v, delta, index):
        """You keep the longest capsule even where an index is given. Look for the longest only if index is None."""
        return functional.perturb(v, delta)

    def shortest_kept(v, delta, index):
        """Without an index you keep the shortest capsule. Did you write argmin for argmax?"""
        return functional.perturb(v, delta, functional.lengths(v).argmin(1) if index is None else index)

    def lengths_over_the_classes(v, delta, index):
        """Without an index your lengths run over the classes (dim=1). A capsule's numbers are in the last axis, z: use
        functional.lengths, or dim=2."""
        return functional.perturb(v, delta, v.norm(dim=1).argmax(1) if index is None else index)

    def truth_of_the_index(v, delta, index):
        """You ask whether `index` is true (`if not index`, `index or …`). A tensor of several numbers is neither true
        nor false, and class 0 counts as false: ask `if index is None`."""
        return functional.perturb(v, delta, index or longest(v))

    def class_zero_for_no_index(v, delta, index):
        """You treat class 0 like a missing index: where index[b] is 0, you keep the longest capsule. 0 is a class like
        the others. Ask once, `if index is None`, and not whether one of its numbers is 0."""
        best = longest(v)
        return functional.perturb(v, delta, best if index is None else torch.where(index > 0, index, best))

    def clamped_to_length_one(v, delta, index):
        """You cut the moved pose back to length 1 where it became longer. Only add: nothing follows, and the length may
        change."""
        moved = v + delta
        moved = moved / functional.lengths(moved).clamp(min=1).unsqueeze(2)
        return (moved * keep_one(v, index)).flatten(1)

    def entries_clamped(v, delta, index):
        """You clamped the moved entries. Only add: nothing follows, and an entry may be any number."""
        return ((v + delta).clamp(-1, 1) * keep_one(v, index)).flatten(1)

    def stretched_to_length_one(v, delta, index):
        """You stretched the moved pose to length 1. Only add: the length may change, and it does."""
        moved = torch.nn.functional.normalize(v + delta, dim=2)
        return (moved * keep_one(v, index)).flatten(1)

    def largest_sum_kept(v, delta, index):
        """Without an index you keep the capsule with the largest SUM of entries. A pose may be negative: the length
        takes the squares."""
        return functional.perturb(v, delta, v.sum(2).argmax(1) if index is None else index)

    def largest_sum_of_absolute_values_kept(v, delta, index):
        """Without an index you added up the absolute values of a pose. The length takes the squares, and may be larger
        in another capsule."""
        return functional.perturb(v, delta, v.abs().sum(2).argmax(1) if index is None else index)

    def largest_entry_kept(v, delta, index):
        """Without an index you keep the capsule with the largest single ENTRY. The length is that of the whole pose."""
        return functional.perturb(v, delta, v.amax(2).argmax(1) if index is None else index)

    def largest_absolute_entry_kept(v, delta, index):
        """Without an index you keep the capsule with the largest single entry, its sign aside. The length is that of
        the whole pose."""
        return functional.perturb(v, delta, v.abs().amax(2).argmax(1) if index is None else index)

    def class_zero_when_unknown(v, delta, index):
        """Without an index you keep capsule 0 of every image. Find the longest one of each image."""
        return functional.perturb(v, delta, torch.zeros(len(v)).long() if index is None else index)

    def not_flattened(v, delta, index):
        """The poses are right. Flatten (b, j, z) to (b, j·z), which the decoder reads."""
        return (v + delta) * keep_one(v, index)

    def poses_interleaved(v, delta, index):
        """The poses are torn apart: your flat vector runs through the classes first. Flatten (b, j, z) in that order,
        so that each pose stays together."""
        return ((v + delta) * keep_one(v, index)).transpose(1, 2).flatten(1)

    def kept_pose_alone(v, delta, index):
        """You return the moved pose alone, (b, z). The decoder needs its place among the classes: keep the zeros of the
        others, (b, j·z)."""
        return v[torch.arange(len(v)), chosen(v, index)] + delta

    def delta_subtracted(v, delta, index):
        """You subtracted delta. Add it."""
        return functional.perturb(v, -delta, index)

    def delta_forgotten(v, delta, index):
        """You masked, but nothing moved: delta is not used. Add it to the kept pose."""
        return functional.mask_capsules(v, index)

    def others_left_as_they_are(v, delta, index):
        """You moved the right capsule, but the others are still there. Put zeros in their place."""
        return (v + delta * keep_one(v, index)).flatten(1)

    def everything_moved_and_nothing_masked(v, delta, index):
        """You moved every capsule and masked none. One capsule of each image is kept; the others are zeros."""
        return (v + delta).flatten(1)

    def brought_back_to_its_length(v, delta, index):
        """You brought the moved pose back to its old length, and so changed its other entries, too. Only add: the
        length may change."""
        moved = v + delta
        moved = moved * functional.lengths(v).unsqueeze(2) / functional.lengths(moved).unsqueeze(2)
        return (moved * keep_one(v, index)).flatten(1)

    def squashed_again(v, delta, index):
        """You squashed the moved pose. v has been through squash; delta is added after it, and nothing follows."""
        return (functional.squash(v + delta) * keep_one(v, index)).flatten(1)

    def half_of_delta(v, delta, index):
        """You added half of delta. Add all of it."""
        return functional.perturb(v, delta / 2, index)

    def delta_twice(v, delta, index):
        """You added delta twice. Once is enough."""
        return functional.perturb(v, 2 * delta, index)

    def set_and_longest_of_what_was_set(v, delta, index):
        """You put delta in the place of every pose, and v is not used. Delta is ADDED to the kept pose, and the longest
        is chosen by v."""
        return functional.mask_capsules(delta.expand_as(v), index)

    def first_entry_alone(v, delta, index):
        """You moved the first number of the pose alone. Add all of delta, entry by entry."""
        first = torch.zeros_like(delta)
        first[0] = delta[0]
        return functional.perturb(v, first, index)
