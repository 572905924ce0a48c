"""Write `two_hot(labels, classes)`: the rows T of the margin loss. labels (b, k) holds the k classes that are in each
image; return float32 rows (b, classes) with 1 where a class is there and 0 elsewhere. Where a class appears twice, T is
still 1."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from capsule_tutor.checks.cases import case, whole

EFFORT = {"minutes": 4, "difficulty": 1, "importance": 4}
HINTS = (
    "Begin with a table of zeros, (b, classes). Which entries become 1?",
    "`scatter_(1, labels, 1.0)` writes a 1 into row b at every class that row b of `labels` names. Or add up one_hot "
    "rows, and think of a class that is there twice.",
    "`torch.zeros(len(labels), ...)`, then `.scatter_(...)` along axis 1.",
)
AXES = ("b j",)
GRADIENT = False


def two_hot(labels: Tensor, classes: int) -> Tensor:
    """T of the margin loss. labels (b, k) → float32 (b, classes), 1 where a class is there"""
    return torch.zeros(len(labels), classes).scatter_(1, labels, 1.0)


reference = two_hot


def oracle(labels, classes):
    return torch.tensor([[float(j in row) for j in range(classes)] for row in labels.tolist()])


def cases():
    return [
        case("three images of two digits", torch.tensor([[3, 0], [1, 4], [4, 2]]), 5),
        case("four images, ten classes", torch.tensor([[8, 1], [9, 0], [2, 5], [7, 6]]), 10),
        case("an image with the same class twice", torch.tensor([[2, 2], [1, 3]]), 4),
        case("a batch of 1 with three classes in the image", torch.tensor([[5, 0, 3]]), 7),
        case("six images, random labels", whole(9, 6, 2, seed=1), 9),
    ]


def _zeros_and_ones(item, value):
    strange = value[(value != 0) & (value != 1)]
    return f"an entry is {strange[0].item():.4g}; T holds 0 and 1 alone." if len(strange) else None


properties = (_zeros_and_ones,)


class right:
    def by_one_hot(labels, classes):
        return one_hot(labels, classes).amax(dim=1).float()

    def in_a_loop(labels, classes):
        rows = torch.zeros(len(labels), classes)
        for row, present in zip(rows, labels, strict=True):
            row[present] = 1
        return rows

    def by_comparison(labels, classes):
        return (labels.unsqueeze(2) == torch.arange(classes)).any(dim=1).to(torch.float32)


class wrong:
    def first_digit_alone(labels, classes):
        """You marked the first class alone. An image holds all the classes of its row."""
        return one_hot(labels[:, 0], classes).float()

    def counted(labels, classes):
        """You added the one_hot rows, so a class that is there twice counts 2. T says whether, not how often: take the
        largest, or clamp at 1."""
        return one_hot(labels, classes).sum(dim=1).float()

    def shared(labels, classes):
        """Your rows sum to 1: each class got its share. That is a target for a softmax. Capsules are judged one by
        one: each class that is there gets a whole 1."""
        rows = two_hot(labels, classes)
        return rows / rows.sum(dim=1, keepdim=True)

    def two_typed_in(labels, classes):
        """You typed in two: you read columns 0 and 1 of `labels` alone. There are k of them, here sometimes three."""
        return two_hot(labels[:, :2], classes)

    def absent_marked(labels, classes):
        """You marked the absent classes. T is 1 where a class IS there."""
        return 1 - two_hot(labels, classes)

    def one_row_for_each_digit(labels, classes):
        """You return one row per digit, (b, k, classes). An image gets one row, with all its classes in it."""
        return one_hot(labels, classes).float()

    def whole_numbers(labels, classes):
        """Your table holds whole numbers. The margin loss computes with it: make it float32."""
        return one_hot(labels, classes).amax(dim=1)

    def one_row_for_all(labels, classes):
        """You wrote the classes of all images into every row. Row b gets the classes of image b: along axis 1."""
        rows = torch.zeros(len(labels), classes)
        rows[:, labels.flatten()] = 1
        return rows

    def rows_named_by_classes(labels, classes):
        """`T[labels]` names rows of T, which are images, by the numbers of classes. Name the class along axis 1, beside
        the row it belongs to: `T[torch.arange(len(T)).unsqueeze(1), labels]`, or scatter_ along axis 1."""
        rows = torch.zeros(len(labels), classes)
        rows[labels] = 1
        return rows

    def class_numbers_written(labels, classes):
        """At each class that is there you wrote its number. `labels` says where; what is to be written there is 1."""
        return torch.zeros(len(labels), classes).scatter_(1, labels, labels.float())

    def ten_typed_in(labels, classes):
        """You typed in ten classes. There are `classes` of them."""
        return two_hot(labels, 10)

    def classes_guessed(labels, classes):
        """Your table ends at the largest label of the batch, and that does not tell how many classes there are.
        `classes` does: hand it to one_hot, or make a table of (b, classes)."""
        return one_hot(labels).amax(dim=1).float()
