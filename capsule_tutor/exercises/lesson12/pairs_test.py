"""Write a test, `pairs_test(measure)`, that tells whether a measure is the exact-pair accuracy. `measure(lengths,
labels)` takes lengths (b, j) and the two different classes of each image, labels (b, 2), and gives one number: the
share of images whose two longest capsules are their two classes. Your test is silent for such a measure, and fails by
`assert` for measures that make one of the usual mistakes. Choose images for which they give something else. A share is
a float, so allow for rounding: compare by `abs(… - …) < 1e-4`."""

import torch
from torch import Tensor

from capsule_tutor import training

EFFORT = {"minutes": 12, "difficulty": 3, "importance": 5}
HINTS = (
    "You know the right answer if you make the images yourself. Which four or five images would have to be in your "
    "batch, so that no impostor gets the same number?",
    "Both right; both right, the labels in the other order; one of two right; both right but both shorter than 0.5; "
    "none right. Let the digits of a wrong image be named in others. Write down the share by hand, and ask about the "
    "batch and about each image alone: in a batch a slip may be made up for by another.",
    "`lengths = torch.tensor([[0.9, 0.1, 0.8, 0.0], [0.1, 0.9, 0.2, 0.8], ...])`, "
    "`labels = torch.tensor([[2, 0], [0, 1], ...])`: the first is right, the second half right, and its 0 is named in "
    "the first. Then `assert abs(float(measure(lengths, labels)) - ...) < 1e-4`, and once more for each image: "
    "`measure(lengths[n : n + 1], labels[n : n + 1])`.",
)


def pairs_test(measure):
    lengths = torch.tensor(
        [
            [0.9, 0.1, 0.8, 0.0, 0.2],  # both right
            [0.8, 0.1, 0.9, 0.0, 0.2],  # both right, named in the other order
            [0.3, 0.1, 0.4, 0.0, 0.2],  # both right, both faint
            [0.9, 0.8, 0.2, 0.0, 0.7],  # one right
            [0.9, 0.0, 0.2, 0.8, 0.7],  # none right
            [0.0, 0.9, 0.8, 0.7, 0.2],  # one right, and the other one long, too
        ]
    )
    labels = torch.tensor([[0, 2], [0, 2], [0, 2], [0, 2], [1, 2], [1, 3]])
    assert abs(float(measure(lengths, labels)) - 3 / 6) < 1e-4, "the share of the whole batch is wrong"
    for n, want in enumerate([1, 1, 1, 0, 0, 0]):
        got = float(measure(lengths[n : n + 1], labels[n : n + 1]))
        assert abs(got - want) < 1e-4, f"image {n} counts {got:.2f}, not {want}"


reference = pairs_test


def _found(lengths: Tensor, labels: Tensor) -> Tensor:
    """Which of the two classes are among the two longest. → float (b, 2)"""
    return (labels.unsqueeze(2) == lengths.topk(2).indices.unsqueeze(1)).any(dim=2).float()


def _with_a_batch(lengths: Tensor, labels: Tensor) -> None:
    """A right measure raises where the axis of the images is missing, instead of giving some number."""
    for name, part, axes in (("lengths", lengths, "(b, j)"), ("labels", labels, "(b, 2)")):
        if part.ndim != 2:
            raise ValueError(f"{name} has shape {tuple(part.shape)}; expected {axes}, also for one image")


class sound:
    def as_in_the_package(lengths, labels):
        """the package's own measure"""
        _with_a_batch(lengths, labels)
        return training.exactly_right(lengths, labels).float().mean()

    def as_a_number(lengths, labels):
        """a right measure that gives a plain number"""
        _with_a_batch(lengths, labels)
        pairs = zip(lengths.topk(2).indices.tolist(), labels.tolist(), strict=True)
        return sum(set(said) == set(present) for said, present in pairs) / len(labels)

    def by_look_up(lengths, labels):
        """a right measure that uses the labels as an index"""
        _with_a_batch(lengths, labels)
        said = torch.zeros_like(lengths).scatter(1, lengths.topk(2).indices, 1.0)
        return said.gather(1, labels).prod(dim=1).mean()

    def by_products(lengths, labels):
        """a right measure that rounds in the seventh digit"""
        _with_a_batch(lengths, labels)
        return _found(lengths, labels).prod(dim=1).mean() * (1 - 2e-7)


class broken:
    def half_credit(lengths, labels):
        """half a point for one of two: the share of the digits, not of the pairs. Is there an image that is half
        right, and does no other slip make up for it?"""
        return _found(lengths, labels).mean()

    def one_is_enough(lengths, labels):
        """a measure that is content with one of the two digits. Is there an image that is half right?"""
        return _found(lengths, labels).amax(dim=1).mean()

    def longest_alone(lengths, labels):
        """a measure that looks at the longest capsule alone. Is there an image whose second digit is wrong?"""
        return (labels == lengths.argmax(dim=1, keepdim=True)).any(dim=1).float().mean()

    def in_order(lengths, labels):
        """a measure that wants the longer digit to be named first. Do your labels come in both orders?"""
        return (lengths.topk(2).indices == labels).all(dim=1).float().mean()

    def above_a_half(lengths, labels):
        """a measure that calls a digit found above 0.5. Is there an image whose two longest capsules are faint, or
        one with a third capsule that is long?"""
        return (lengths.gather(1, labels) > 0.5).all(dim=1).float().mean()

    def found_squared(lengths, labels):
        """the square of the share of digits, as if digits were found independently. Does your share differ from
        that?"""
        return _found(lengths, labels).mean() ** 2

    def batch_together(lengths, labels):
        """a measure that looks for a digit in the whole batch, not in its image. Do you ask about a whole batch, too,
        in which what a wrong image misses is named in another?"""
        said = set(lengths.topk(2).indices.flatten().tolist())
        return sum(set(row) <= said for row in labels.tolist()) / len(labels)


class right:
    def one_by_one(measure):
        def ask(row, present):
            return float(measure(torch.tensor([row]), torch.tensor([present])))

        assert ask([0.9, 0.8, 0.1, 0.2], [0, 1]) > 0.99
        assert ask([0.9, 0.8, 0.1, 0.2], [1, 0]) > 0.99
        assert ask([0.3, 0.4, 0.1, 0.2], [1, 0]) > 0.99
        assert ask([0.9, 0.8, 0.1, 0.2], [0, 2]) < 0.01
        assert ask([0.9, 0.8, 0.7, 0.2], [1, 2]) < 0.01
        both = torch.tensor([[0.9, 0.8, 0.1, 0.2], [0.1, 0.2, 0.9, 0.8]]), torch.tensor([[0, 2], [3, 2]])
        assert abs(float(measure(*both)) - 0.5) < 0.001

    def against_a_loop(measure):
        for seed in range(6):
            numbers = torch.Generator().manual_seed(seed)
            lengths = torch.rand(20, 5, generator=numbers)
            labels = lengths.topk(2).indices.clone()
            labels[::2] = labels[::2].flip(1)
            labels[5:9, 0] = lengths[5:9].argmin(dim=1)
            labels[9:13] = lengths[9:13].topk(2, largest=False).indices
            right = [set(a) == set(b) for a, b in zip(lengths.topk(2).indices.tolist(), labels.tolist(), strict=True)]
            torch.testing.assert_close(float(measure(lengths, labels)), sum(right) / 20, atol=1e-3, rtol=0)


class wrong:
    def all_right(measure):
        """Your test lets everything pass. Is there an `assert` that can fail? With brackets around it all,
        `assert (condition, "text")`, it cannot; nor does an alarm get out of a `try`. Are all your images answered
        perfectly? An impostor gives those 1, too: which image would make it give something else?"""
        lengths = torch.tensor([[0.9, 0.8, 0.1, 0.2], [0.1, 0.2, 0.9, 0.8]])
        assert abs(float(measure(lengths, torch.tensor([[0, 1], [2, 3]]))) - 1) < 1e-4

    def half_credit_expected(measure):
        """Your test wants half a point for an image that is half right, so it rings at right measures. Such an image
        counts 0."""
        lengths = torch.tensor([[0.9, 0.8, 0.1, 0.2]])
        assert abs(float(measure(lengths, torch.tensor([[0, 2]]))) - 0.5) < 1e-4

    def compared_with_equals(measure):
        """Your test fails on everything, or on a right measure whose last digit is rounded: a share is a float, so
        allow for rounding."""
        lengths = torch.tensor([[0.9, 0.8, 0.1, 0.2], [0.9, 0.8, 0.1, 0.2], [0.9, 0.8, 0.1, 0.2]])
        assert float(measure(lengths, torch.tensor([[0, 1], [1, 0], [2, 3]]))) == 2 / 3

    def returned(measure):
        """Your test returned a bool. A test is silent when all is well, and speaks up with `assert`: whoever runs it
        does not look at what it returns."""
        lengths = torch.tensor([[0.9, 0.8, 0.1, 0.2]])
        return float(measure(lengths, torch.tensor([[0, 2]]))) == 0

    def wrong_share_expected(measure):
        """Your test fails on every measure, right or broken. Is the number that you expect a share of the *images*,
        from 0 to 1, in which one that is half right counts 0?"""
        lengths = torch.tensor([[0.9, 0.8, 0.1, 0.2], [0.9, 0.1, 0.2, 0.8]])
        assert abs(float(measure(lengths, torch.tensor([[0, 1], [0, 2]]))) - 50) < 1e-4

    def lists_handed_over(measure):
        """You hand Python lists to the measure. It takes tensors: torch.tensor([[0.9, …]]), torch.tensor([[0, 2]])."""
        assert abs(float(measure([[0.9, 0.1, 0.8, 0.0]], [[0, 2]])) - 1) < 1e-4

    def always_in_order(measure):
        """Two impostors get past, and both count too few: one wants the longer digit to be named first, and one takes
        only capsules above 0.5. Is there an `abs` around your difference? And an image whose labels come in the other
        order, and one whose two longest are faint?"""
        lengths = torch.tensor([[0.9, 0.8, 0.1, 0.0], [0.9, 0.1, 0.8, 0.0]])
        labels = torch.tensor([[0, 1], [0, 1]])
        assert abs(float(measure(lengths, labels)) - 0.5) < 1e-4
        assert abs(float(measure(lengths[1:], labels[1:]))) < 1e-4

    def half_right_alone(measure):
        """Your test asks about images that are half right, and catches half credit. What of labels in the other order,
        of digits that are found but faint, and of a third long capsule?"""
        lengths = torch.tensor([[0.9, 0.8, 0.1, 0.2]])
        assert float(measure(lengths, torch.tensor([[0, 2]]))) < 1e-4
