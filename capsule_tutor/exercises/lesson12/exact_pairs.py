"""Write `exact_pairs(lengths, labels)`: is the whole answer right? lengths (b, j), and labels (b, 2) holds the two
different classes of each image, in any order. An image is right if its two longest capsules are its two classes. Return
bool (b,)."""

import torch
from torch import Tensor

from capsule_tutor import training
from capsule_tutor.checks.cases import case, uniform

EFFORT = {"minutes": 7, "difficulty": 2, "importance": 5}
HINTS = (
    "Two sets of two classes per image: what the network says, and what is there. Order within a set means nothing.",
    "`lengths.topk(2).indices` is what it says, (b, 2). Sort both sets and they can be compared place by place; both "
    "places have to agree.",
    "`said = lengths.topk(2, dim=1).indices.sort(dim=1).values`, the same for `labels`, then `==` and `.all(...)`.",
)
AXES = ("b",)
GRADIENT = False


def exact_pairs(lengths: Tensor, labels: Tensor) -> Tensor:
    """Whether the two longest capsules are the two classes. lengths (b, j), labels (b, 2) → bool (b,)"""
    said = lengths.topk(2, dim=1).indices.sort(dim=1).values  # (b, 2)
    return (said == labels.sort(dim=1).values).all(dim=1)


reference = exact_pairs
ALSO_TAKEN_OUT = ("training:exactly_right",)
NOT_BY = (
    (
        training.exactly_right,
        "That is the package's own measure. Write yours: you will have to judge those of others, line by line.",
    ),
)


def oracle(lengths, labels):
    right = []
    for row, present in zip(lengths.tolist(), labels.tolist(), strict=True):
        order = sorted(range(len(row)), key=lambda j: -row[j])
        right.append(set(order[:2]) == set(present))
    return torch.tensor(right)


# An image a row: both right in order and out of it, both right though faint, one right, a third one nearly as long,
# none right, the best one right and the other one only third, two far above 0.5 beside a third, the second longest
# alone right, none right though the numbers of the classes have the right sum.
_LENGTHS = torch.tensor(
    [
        [0.95, 0.10, 0.05, 0.90, 0.08, 0.02],
        [0.91, 0.10, 0.05, 0.97, 0.08, 0.02],
        [0.10, 0.30, 0.05, 0.08, 0.40, 0.12],
        [0.93, 0.80, 0.05, 0.20, 0.08, 0.02],
        [0.05, 0.92, 0.85, 0.10, 0.84, 0.02],
        [0.05, 0.92, 0.90, 0.10, 0.08, 0.02],
        [0.20, 0.92, 0.03, 0.10, 0.70, 0.55],
        [0.06, 0.91, 0.88, 0.10, 0.08, 0.60],
        [0.06, 0.91, 0.08, 0.10, 0.88, 0.20],
        [0.06, 0.91, 0.08, 0.10, 0.88, 0.20],
    ]
)
_LABELS = torch.tensor([[0, 3], [0, 3], [1, 4], [0, 3], [1, 2], [4, 0], [1, 5], [2, 1], [4, 3], [2, 3]])


def cases():
    random = uniform(6, 7, seed=2)
    truth = random.topk(2).indices.flip(1)
    truth[1], truth[4, 0] = random[1].topk(2, largest=False).indices, random[4].argmin()
    return [
        case("ten images of six classes", _LENGTHS, _LABELS),
        case("the same labels in the other order", _LENGTHS, _LABELS.flip(1)),
        case("six images of seven classes", random, truth),
        case("a batch of 1 that is half right", _LENGTHS[3:4], _LABELS[3:4]),
        case("a batch of 1 that is right", _LENGTHS[2:3], _LABELS[2:3]),
        case("two images, float64", _LENGTHS[4:6].double(), _LABELS[4:6]),
    ]


class right:
    def as_sets(lengths, labels):
        said = lengths.topk(2).indices
        return torch.tensor([set(a.tolist()) == set(b.tolist()) for a, b in zip(said, labels, strict=True)])

    def by_two_hot_rows(lengths, labels):
        said = torch.zeros_like(lengths).scatter_(1, lengths.topk(2).indices, 1)
        present = torch.zeros_like(lengths).scatter_(1, labels, 1)
        return (said == present).all(dim=1)

    def by_the_third_longest(lengths, labels):
        third = lengths.sort(dim=1, descending=True).values[:, 2:3]
        return (lengths.gather(1, labels) > third).all(dim=1)


def _found(lengths: Tensor, labels: Tensor) -> Tensor:
    """Which of the two classes are among the two longest. → bool (b, 2)"""
    return (labels.unsqueeze(2) == lengths.topk(2).indices.unsqueeze(1)).any(dim=2)


class wrong:
    def one_is_enough(lengths, labels):
        """You count an image as right where one of its digits is found. That is what `any` says: here both have to be
        there, `all`."""
        return _found(lengths, labels).any(dim=1)

    def half_credit(lengths, labels):
        """You give half a point for one of two. Half credit hides the pairs that are half wrong: an image is right or
        it is not, a bool."""
        return _found(lengths, labels).float().mean(dim=1)

    def one_bool_for_each_digit(lengths, labels):
        """You say it for every digit, (b, 2). The question is about the image: both digits have to be found."""
        return _found(lengths, labels)

    def in_order(lengths, labels):
        """You compare place by place without sorting, so an image is wrong where its digits are named in the other
        order. Two digits on top of each other have no order: sort both sides."""
        return (lengths.topk(2).indices == labels).all(dim=1)

    def only_the_answer_sorted(lengths, labels):
        """You sorted what the network says, but not the labels. They come in any order: sort both sides."""
        return (lengths.topk(2).indices.sort(dim=1).values == labels).all(dim=1)

    def only_the_labels_sorted(lengths, labels):
        """You sorted the labels, but not what the network says: its longest capsule comes first, whichever class that
        is. Sort both sides."""
        return (lengths.topk(2).indices == labels.sort(dim=1).values).all(dim=1)

    def sorted_over_the_batch(lengths, labels):
        """You sorted along axis 0, over the images: then digits of different images change places. Sort the two of each
        image, along axis 1."""
        return (lengths.topk(2).indices.sort(dim=0).values == labels.sort(dim=0).values).all(dim=1)

    def anywhere_in_the_batch(lengths, labels):
        """You ask whether a class is named anywhere in the batch: that is what `isin` looks at. Compare each image with
        its own two labels."""
        return torch.isin(lengths.topk(2).indices, labels).all(dim=1)

    def labels_anywhere_in_the_batch(lengths, labels):
        """You ask whether a label is named anywhere in the batch: that is what `isin` looks at. Compare each image with
        its own two labels."""
        return torch.isin(labels, lengths.topk(2).indices).all(dim=1)

    def values_for_indices(lengths, labels):
        """Not one image counts as right. Is one side sorted upwards, and the other one downwards? Do you read other
        places than the first two, 0 and 1, of what is sorted by length? Do you compare lengths with classes?
        `topk(2).values` are the two lengths, `topk(2).indices` the classes that have them. Or sets of tensors? Those
        are never equal: `.tolist()` first."""
        return (lengths.topk(2).values.sort(dim=1).values == labels.sort(dim=1).values).all(dim=1)

    def order_of_the_sort(lengths, labels):
        """You compared which place each class had before sorting: that is what `.indices` of a sort, or argsort, says.
        The sorted classes themselves are its `.values`."""
        return (lengths.topk(2).indices.argsort(dim=1) == labels.argsort(dim=1)).all(dim=1)

    def topk_not_opened(lengths, labels):
        """`topk` gives two tensors at once, `.values` and `.indices`. The classes of the two longest capsules are its
        `.indices`: sort those."""
        return (lengths.topk(2, dim=1).sort(dim=1).values == labels.sort(dim=1).values).all(dim=1)

    def two_longest_of_the_batch(lengths, labels):
        """You took `topk` along axis 0: for each class the two images where it is longest. You want the two longest
        capsules of each image, along axis 1."""
        said = lengths.topk(2, dim=0).indices.sort(dim=0).values.T
        return (said == labels.sort(dim=1).values).all(dim=1)

    def longest_alone(lengths, labels):
        """You look at the longest capsule alone. Here the two longest are the answer."""
        return (labels == lengths.argmax(dim=1, keepdim=True)).any(dim=1)

    def above_a_half(lengths, labels):
        """You call a digit found where its capsule is longer than 0.5. Then the network may name three digits, or none.
        It is told that there are two: take the two longest."""
        return (lengths.gather(1, labels) > 0.5).all(dim=1)

    def named_above_a_half(lengths, labels):
        """You take all capsules above 0.5 for the answer. The network is told that there are two digits: take the two
        longest, however long they are."""
        present = torch.zeros_like(lengths).scatter_(1, labels, 1)
        return ((lengths > 0.5) == present.bool()).all(dim=1)

    def long_and_right(lengths, labels):
        """You turn down a right pair where a capsule is shorter than 0.5. The network is told that there are two
        digits: its two longest are the answer, however long they are."""
        return exact_pairs(lengths, labels) & (lengths.gather(1, labels) > 0.5).all(dim=1)

    def two_shortest(lengths, labels):
        """You took the two shortest capsules. `topk` finds the largest, argsort the smallest first."""
        return exact_pairs(-lengths, labels)

    def three_longest(lengths, labels):
        """You accept a digit that is only the third longest. There are two digits, so the two longest are the
        answer."""
        return (labels.unsqueeze(2) == lengths.topk(3).indices.unsqueeze(1)).any(dim=2).all(dim=1)

    def sums_of_the_classes(lengths, labels):
        """You compared a sum or a mean of the class numbers. 1 and 4 have the same sum as 2 and 3, and are not the same
        digits."""
        return lengths.topk(2).indices.sum(dim=1) == labels.sum(dim=1)

    def one_number(lengths, labels):
        """You return one number for the batch. Say it for every image, bool (b,); means come later."""
        return exact_pairs(lengths, labels).float().mean()

    def first_label_alone(lengths, labels):
        """You looked for the first label only. Both have to be among the two longest."""
        return _found(lengths, labels)[:, 0]
