"""Write `mask_capsules(v, index=None)`: keep the capsule `index[b]` of each image, put zeros in the place of the
others, and flatten (b, j, z) to (b, j·z). Without an index, keep the longest capsule of each image. Leave v as it is.
"""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.properties import one_capsule_kept

EFFORT = {"minutes": 8, "difficulty": 2, "importance": 4}
HINTS = (
    "Multiply v by a mask that is 1 for one capsule of each image and 0 for the others.",
    "`torch.nn.functional.one_hot(index, j)` is (b, j). One more axis at its end, and it lines up with v (b, j, "
    "z). The longest capsule has the largest sum of squares along z.",
    "If index is None: `index = (v * v).sum(dim=...).argmax(dim=...)`. Then `keep = one_hot(index, v.shape[1])`, a "
    "last axis for it, a product, and `.flatten(1)`.",
)

AXES = ("b j·z",)

reference = functional.mask_capsules


def oracle(v, index=None):
    rows = []
    for n, image in enumerate(v):
        keep = (
            max(range(len(image)), key=lambda j: float((image[j] @ image[j]).detach()))
            if index is None
            else int(index[n])
        )
        rows.append(torch.cat([pose if j == keep else torch.zeros_like(pose) for j, pose in enumerate(image)]))
    return torch.stack(rows)


def cases():
    # The longest capsule is neither that with the largest entry, nor that with the largest sum, nor number 0.
    telling = torch.tensor(
        [
            [[0.1, 0.1, 0.0, 0.1], [0.0, 0.9, 0.0, 0.0], [-0.6, 0.6, -0.6, 0.6]],
            [[0.2, 0.2, 0.3, 0.3], [-0.7, -0.7, 0.1, -0.1], [0.5, 0.0, 0.0, 0.0]],
        ]
    )
    halves = torch.tensor([[[0.5, 0.5, 0.5], [0.0, 0.9, 0.0]]])  # lengths 0.87 and 0.9, sums of sizes 1.5 and 0.9
    return [
        case("v of shape (2, 3, 6) and index (1, 0)", numbers(2, 3, 6), torch.tensor([1, 0])),
        case("v of shape (2, 3, 4) without an index", telling),
        case("one capsule of three halves and one of a single 0.9, without an index", halves),
        case("v of shape (2, 3, 4) and index (0, 0)", telling, torch.tensor([0, 0])),
        case("a batch of 1", numbers(1, 5, 3, seed=1), torch.tensor([3])),
        case("v of shape (3, 4, 5) and index (1, 1, 2)", numbers(3, 4, 5, seed=2), torch.tensor([1, 1, 2])),
        case("a zero vector that is to be kept", torch.zeros(1, 3, 2), torch.tensor([1])),
        case("huge vectors without an index", numbers(2, 3, 4, seed=3, scale=500.0)),
        case("float64 capsules", numbers(2, 3, 6, seed=4).double(), torch.tensor([1, 2])),
    ]


def _somebody_is_kept(item, value):
    """Where an image has a capsule that is not zero, something of it is kept."""
    v = item.args[0]
    lost = (~value.flatten(1).any(1) & v.flatten(1).any(1)).nonzero().flatten().tolist()
    return (
        f"nothing is kept at b={lost[0]}. Each image keeps one capsule of its own: the longest of *its* row."
        if lost
        else None
    )


properties = (one_capsule_kept, _somebody_is_kept)


def _index(v: Tensor, index: Tensor | None) -> Tensor:
    return functional.lengths(v).argmax(1) if index is None else index


def _keep(v: Tensor, index: Tensor | None) -> Tensor:
    return one_hot(_index(v, index), v.shape[1]).to(v.dtype).unsqueeze(2)


class right:
    def by_choosing(v, index):
        if index is None:
            index = v.norm(dim=-1).argmax(dim=-1)
        rows = torch.arange(v.shape[0])
        out = torch.zeros_like(v)
        out[rows, index] = v[rows, index]
        return out.reshape(v.shape[0], -1)

    def by_where(v, index):
        index = torch.max((v**2).sum(-1), dim=1).indices if index is None else index
        hit = index[:, None] == torch.arange(v.shape[1])[None, :]
        return torch.where(hit[..., None], v, torch.zeros_like(v)).view(len(v), -1)

    def in_a_loop(v, index):
        rows = []
        for n in range(len(v)):
            keep = functional.lengths(v[n]).argmax() if index is None else index[n]
            rows.append(torch.cat([v[n, j] if j == keep else v[n, j] * 0 for j in range(v.shape[1])]))
        return torch.stack(rows)


class wrong:
    def always_the_longest(v, index):
        """You keep the longest capsule even where an index is given. Is the `if` missing, or turned round? In training
        the index is the true class, and an untrained network's longest capsule is mostly another one."""
        return functional.mask_capsules(v)

    def largest_entry(v, index):
        """Without an index you keep the capsule that holds the largest single number. The longest one counts, and a
        length takes all the entries, negative ones too."""
        return functional.mask_capsules(v, v.amax(2).argmax(1) if index is None else index)

    def largest_absolute_entry(v, index):
        """Without an index you judge a capsule by its one largest entry (in size). A length takes all its entries: sum
        their squares."""
        return functional.mask_capsules(v, v.abs().amax(2).argmax(1) if index is None else index)

    def largest_sum_of_sizes(v, index):
        """Without an index you add up the sizes of the entries. The length is the root of the sum of their squares, and
        the two do not always choose the same capsule."""
        return functional.mask_capsules(v, v.abs().sum(2).argmax(1) if index is None else index)

    def largest_sum(v, index):
        """Without an index you keep the capsule with the largest SUM of entries. A pose may be negative: sum the
        squares instead."""
        return functional.mask_capsules(v, v.sum(2).argmax(1) if index is None else index)

    def shortest(v, index):
        """Without an index you keep the shortest capsule. Is there an argmin for argmax, or a sort that begins with the
        smallest?"""
        return functional.mask_capsules(v, functional.lengths(v).argmin(1) if index is None else index)

    def class_zero_when_unknown(v, index):
        """Without an index you keep capsule 0 of every image. Find the longest one of each image."""
        return functional.mask_capsules(v, torch.zeros(len(v)).long() if index is None else index)

    def nothing_masked_when_unknown(v, index):
        """Without an index you mask nothing. Find the longest capsule of each image and zero the others."""
        return v.flatten(1) if index is None else functional.mask_capsules(v, index)

    def chosen_pose_alone(v, index):
        """You return the chosen pose alone, (b, z). Its place among the classes is lost, so the decoder cannot
        know a 3 from an 8. Keep the zeros of the others: (b, j·z)."""
        return v[torch.arange(len(v)), _index(v, index)]

    def index_or_the_longest(v, index):
        """You ask whether `index` is true (`index or …`, `if not index`). A tensor of several numbers is neither true
        nor false, and class 0 counts as false: ask `if index is None`."""
        index = index or functional.lengths(v).argmax(1)
        return functional.mask_capsules(v, index)

    def zeros_taken_for_no_index(v, index):
        """You take an index of zeros for no index (`not index.any()`, or a sum of 0). Class 0 is a class: ask `if index
        is None`, and nothing more."""
        return functional.mask_capsules(v, None if index is None or not index.any() else index)

    def squares_summed_over_the_classes(v, index):
        """Without an index you sum the squares over the classes, axis 1. Then argmax counts pose numbers. A length is a
        sum along the pose: dim=2."""
        index = (v * v).sum(1).argmax(1) if index is None else index
        return (v * one_hot(index, v.shape[1]).to(v.dtype).unsqueeze(2)).flatten(1)

    def squares_not_summed(v, index):
        """Without an index you ask for argmax along the pose, where the place of a pose number comes out. Sum the
        squares along dim=2 first: then the classes are axis 1, the one for argmax."""
        index = (v * v).argmax(2) if index is None else index
        return (v * one_hot(index, v.shape[1]).to(v.dtype).unsqueeze(2)).flatten(1)

    def one_for_the_batch(v, index):
        """Without an index you choose one capsule for the whole batch. Does argmax search all the images at once,
        without `dim`, or the first image alone? Each has its own longest: argmax(dim=1)."""
        return functional.mask_capsules(
            v, (functional.lengths(v).argmax() % v.shape[1]).repeat(len(v)) if index is None else index
        )

    def mask_unsqueezed_in_front(v, index):
        """Your mask does not line up with v: its classes, (b, j) or (b, 1, j), meet the pose axis z. It needs one more
        axis, at the end: unsqueeze(2), (b, j, 1)."""
        return (v * one_hot(_index(v, index), v.shape[1]).to(v.dtype).unsqueeze(1)).flatten(1)

    def classes_not_counted(v, index):
        """You called one_hot without the number of classes. It then counts up to the largest class of this batch, and
        the mask is too short: one_hot(index, v.shape[1])."""
        return (v * one_hot(_index(v, index)).to(v.dtype).unsqueeze(2)).flatten(1)

    def id_as_a_factor(v, index):
        """You multiplied the capsules by the class id itself. Make a row of 0 and 1 of it first (one_hot)."""
        return (v * _index(v, index).view(-1, 1, 1).to(v.dtype)).flatten(1)

    def mask_along_z(v, index):
        """Your mask is along the pose axis z: it keeps one number of every capsule. It belongs to axis j."""
        return (v * one_hot(_index(v, index), v.shape[2]).to(v.dtype).unsqueeze(1)).flatten(1)

    def poses_interleaved(v, index):
        """The poses are torn apart: your flat vector runs through the classes first. Flatten (b, j, z) in that order,
        so that each pose stays together."""
        return (v * _keep(v, index)).transpose(1, 2).flatten(1)

    def not_flattened(v, index):
        """The mask is right. Flatten it to (b, j·z), which a linear layer can take."""
        return v * _keep(v, index)

    def chosen_removed(v, index):
        """You zeroed the chosen capsule and kept the others. It is the other way round."""
        return (v * (1 - _keep(v, index))).flatten(1)

    def every_class_of_the_batch(v, index):
        """You keep, in every image, the classes of all images of the batch: `[:, index]` picks them everywhere. Pair
        each image with its own index, with one_hot or with torch.arange(len(v))."""
        index, out = _index(v, index), torch.zeros_like(v)
        out[:, index] = v[:, index]
        return out.flatten(1)

    def first_index_for_all(v, index):
        """You use the first number of `index` for every image. Each image has a number of its own, index[b]."""
        return functional.mask_capsules(v, None if index is None else index[:1].expand(len(v)))

    def ten_classes_typed_in(v, index):
        """You typed in ten classes. There are v.shape[1] of them."""
        return (v * one_hot(_index(v, index), 10).to(v.dtype).unsqueeze(2)).flatten(1)

    def stretched_to_length_one(v, index):
        """You stretched the kept pose to length 1. Only mask: its length says how sure the network is."""
        return torch.nn.functional.normalize(functional.mask_capsules(v, index), dim=1)

    def next_capsule(v, index):
        """You keep the capsule after the one that is wanted: classes are counted from 0."""
        return functional.mask_capsules(v, (_index(v, index) + 1) % v.shape[1])

    def all_longer_than_a_half(v, index):
        """Without an index you keep every capsule that is long enough. One is kept, the longest, however short it
        is."""
        if index is not None:
            return functional.mask_capsules(v, index)
        return (v * (functional.lengths(v) > 0.5).to(v.dtype).unsqueeze(2)).flatten(1)

    def lengths_for_their_places(v, index):
        """Without an index you took the largest length for the number of its class. `max(dim=1)` gives both: use its
        .indices, or argmax."""
        index = functional.lengths(v).amax(1).long().clamp(max=v.shape[1] - 1) if index is None else index
        return functional.mask_capsules(v, index)

    def scaled_by_the_length(v, index):
        """You multiplied the kept pose by its length. Only mask: 1 for the kept capsule, 0 for the others."""
        return functional.mask_capsules(v * functional.lengths(v).unsqueeze(2), index)

    def mask_itself(v, index):
        """You return the mask. Multiply v by it."""
        return _keep(v, index).expand_as(v).flatten(1)
