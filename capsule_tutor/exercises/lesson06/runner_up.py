"""Write `runner_up(v)`: for capsules v (b, j, z) return three tensors (b,): the class of the longest capsule, the class
of the second longest, and the gap, the longest length minus the second."""

import torch
from torch import Tensor, nn

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson01.lengths import oracle as slow_lengths

EFFORT = {"minutes": 5, "difficulty": 1, "importance": 3}
HINTS = (
    "One function of torch finds the largest k numbers along an axis, and where they are.",
    "`functional.lengths(v)` is (b, j). `.topk(2, dim=1)` returns values and indices, both (b, 2), largest first.",
    "`longest, classes = functional.lengths(v).topk(2, dim=1)`, both (b, 2). Each of the three answers is a column, or "
    "a difference of columns, of one of the two.",
)
AXES = ("b", "b", "b")
GRADIENT = False  # nobody trains through it


def runner_up(v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The class of the longest capsule, of the second longest, and by how much they differ. v (b, j, z) → 3 × (b,)"""
    longest, classes = functional.lengths(v).topk(2, dim=1)  # (b, 2)
    # gap = ‖v_first‖ − ‖v_second‖
    return classes[:, 0], classes[:, 1], longest[:, 0] - longest[:, 1]


reference = runner_up


def oracle(v):
    first, second, gap = [], [], []
    for image in slow_lengths(v):
        order = sorted(range(len(image)), key=lambda j: -image[j].item())
        first.append(order[0])
        second.append(order[1])
        gap.append(image[order[0]] - image[order[1]])
    return torch.tensor(first), torch.tensor(second), torch.stack(gap)


def cases():
    # In each image, the orders by length, by largest entry, by largest size of an entry and by sum all differ.
    faint = [0.1, 0.0, -0.1, 0.0]
    telling = torch.tensor(
        [
            [[0.5, 0.5, 0.5, 0.0], [0.8, 0.0, 0.0, 0.0], [-0.7, 0.3, -0.3, -0.3], faint, [0.3, 0.3, 0.3, 0.3]],
            [[0.1, 0.1, 0.1, 0.2], [-0.6, -0.6, -0.1, 0.1], [0.0, 0.0, 0.7, 0.0], [0.2, 0.4, 0.3, 0.4], faint],
            [faint, [0.3, 0.3, 0.3, 0.3], [-0.7, 0.3, -0.3, -0.3], [0.5, 0.5, 0.5, 0.0], [0.8, 0.0, 0.0, 0.0]],
        ]
    )
    absent = functional.squash(numbers(2, 4, 3, seed=2))
    absent[:, 0] = 0
    return [
        case("capsules of shape (3, 5, 4)", telling),
        case("capsules of shape (3, 5, 2)", functional.squash(numbers(3, 5, 2, seed=1))),
        case("a batch of 1", functional.squash(numbers(1, 6, 3, seed=7))),
        case("capsules of which class 0 is the zero vector", absent),
        case("two classes", functional.squash(numbers(3, 2, 5, seed=4))),
        case("float64 capsules", functional.squash(numbers(2, 4, 6, seed=5).double())),
    ]


def _two_different_classes(item, value):
    same = bool((value[0] == value[1]).any())
    return "winner and runner-up are the same class in one of the images." if same else None


def _gap_is_not_negative(item, value):
    return "a gap is negative: the longest capsule is never shorter." if (value[2] < 0).any() else None


properties = (_two_different_classes, _gap_is_not_negative)


def _top(score: Tensor, like: Tensor, dim: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Winner and runner-up by some score, with the gap between the lengths."""
    order, n = score.argsort(dim=dim, descending=True), functional.lengths(like)
    first, second = order[:, 0], order[:, 1]
    at = torch.arange(len(like))
    return first, second, n[at, first] - n[at, second]


class right:
    def by_argsort(v):
        n = v.norm(dim=-1)
        order = n.argsort(dim=1, descending=True)
        longest = n.gather(1, order)
        return order[:, 0], order[:, 1], longest[:, 0] - longest[:, 1]

    def by_knocking_out(v):
        n = functional.lengths(v)
        first = n.argmax(dim=1)
        rest = n.masked_fill(nn.functional.one_hot(first, n.shape[1]).bool(), -1.0)
        return first, rest.argmax(dim=1), n.max(dim=1).values - rest.max(dim=1).values

    def one_by_one(v):
        rows = [torch.sort(image.pow(2).sum(1).add(1e-12).sqrt(), descending=True) for image in v]
        first, second = (torch.stack([row.indices[k] for row in rows]) for k in (0, 1))
        return first, second, torch.stack([row.values[0] - row.values[1] for row in rows])


class wrong:
    def numbers_of_the_pose_ranked(v):
        """You ranked v itself, number by number, and an axis is left over. Rank the lengths of the capsules, which are
        (b, j)."""
        longest, classes = v.topk(2, dim=1)
        return classes[:, 0], classes[:, 1], longest[:, 0] - longest[:, 1]

    def values_taken_for_classes(v):
        """You return lengths as classes. `topk` gives the values first and the indices second."""
        classes, longest = functional.lengths(v).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], longest[:, 0] - longest[:, 1]

    def by_the_largest_entry(v):
        """You rank the capsules by their largest single number. The length counts, and it takes all entries."""
        return _top(v.amax(2), v)

    def by_the_size_of_one_entry(v):
        """You rank the capsules by the size of their one largest entry. A length takes all of them: use
        functional.lengths."""
        return _top(v.abs().amax(2), v)

    def by_the_sum_of_entries(v):
        """You rank the capsules by the sum of their entries, where negative ones count against the others. Use the
        length."""
        return _top(v.sum(2), v)

    def lengths_over_the_classes(v):
        """Your lengths run over the classes (dim=1). A capsule's vector is in the last axis, z: use
        functional.lengths, or dim=2."""
        two, classes = v.norm(dim=1).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]

    def sums_for_lengths(v):
        """You added up the entries of each capsule, with their signs, and took the sums for lengths. A length is the
        root of the sum of squares: functional.lengths."""
        two, classes = v.sum(2).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]

    def sums_of_sizes_for_lengths(v):
        """You added up the sizes of the entries and took the sums for lengths. A length is the root of the sum of
        squares: functional.lengths."""
        two, classes = v.abs().sum(2).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]

    def largest_entries_for_lengths(v):
        """You took each capsule's largest entry for its length. A length takes all entries: functional.lengths."""
        two, classes = v.amax(2).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]

    def rows_for_columns(v):
        """You took the rows of topk's tables for its columns. They are (b, 2): `[0]` is the first image, `[:, 0]` the
        winner of every image."""
        two, classes = functional.lengths(v).topk(2, dim=1)
        return classes[0], classes[1], two[0] - two[1]

    def longest_over_the_images(v):
        """You looked for the two longest among the images: `dim=0`. The classes of an image are axis 1, and then the
        winners are a column, `[:, 0]`."""
        two, classes = functional.lengths(v).topk(2, dim=0)
        return classes[0], classes[1], two[0] - two[1]

    def shortest_for_runner_up(v):
        """Your runner-up is the shortest capsule of all. It is the second longest: topk(2), or a sort."""
        n = functional.lengths(v)
        return n.argmax(1), n.argmin(1), n.amax(1) - n.amin(1)

    def second_shortest(v):
        """Your runner-up is the second SHORTEST capsule. kthvalue counts from the smallest, as an ascending sort does;
        topk(2) begins with the largest."""
        second, where = functional.lengths(v).kthvalue(2, dim=1)
        return functional.lengths(v).argmax(1), where, functional.lengths(v).amax(1) - second

    def the_two_shortest(v):
        """You found the two shortest capsules. sort and argsort begin with the smallest, unless you say
        descending=True; topk begins with the largest."""
        n = functional.lengths(v)
        two, classes = n.topk(2, dim=1, largest=False)
        return classes[:, 0], classes[:, 1], two[:, 1] - two[:, 0]

    def the_two_shortest_and_a_negative_gap(v):
        """You found the two shortest capsules, and their gap is negative. Did you sort? sort and argsort begin with the
        smallest, unless you say descending=True; then the longest come first, in the columns 0 and 1."""
        two, classes = functional.lengths(v).topk(2, dim=1, largest=False)
        return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]

    def last_but_one_first(v):
        """Winner and runner-up are exchanged, in the gap as well. Did you sort from the shortest on? Then the winner is
        last: [:, -1], then [:, -2]. From topk it is the first column."""
        order = functional.lengths(v).argsort(dim=1)
        n = functional.lengths(v).sort(dim=1).values
        return order[:, -2], order[:, -1], n[:, -2] - n[:, -1]

    def gap_of_squares(v):
        """Your gap is one of squared lengths. Take the roots first."""
        two, classes = (v * v).sum(2).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]

    def gap_turned_round(v):
        """You subtracted the longest from the second. The gap is the longest minus the second."""
        first, second, gap = runner_up(v)
        return first, second, -gap

    def runner_up_first(v):
        """You exchanged the two: the winner comes first, then the runner-up."""
        first, second, gap = runner_up(v)
        return second, first, gap

    def lengths_for_classes(v):
        """You return the two lengths in the place of the two classes. topk and sort return both: values, then
        indices."""
        two = functional.lengths(v).topk(2, dim=1).values
        return two[:, 0], two[:, 1], two[:, 0] - two[:, 1]

    def ratio_for_gap(v):
        """You divided the two lengths. The gap is their difference."""
        two, classes = functional.lengths(v).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] / two[:, 1]

    def share_of_the_winner(v):
        """You divided the second length by the longest. The gap is their difference: the longest minus the second."""
        two, classes = functional.lengths(v).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 1] / two[:, 0]

    def length_of_the_winner(v):
        """You return the winner's length as gap. Two capsules can be long at once: subtract the second."""
        two, classes = functional.lengths(v).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0]

    def gap_to_the_shortest(v):
        """You subtracted the shortest length. The gap is to the second longest."""
        n = functional.lengths(v)
        first, second, _ = runner_up(v)
        return first, second, n.amax(1) - n.amin(1)

    def gap_to_the_mean_of_the_others(v):
        """You subtracted the mean of all the others. One serious rival is lost in it: subtract the second longest."""
        n = functional.lengths(v)
        first, second, _ = runner_up(v)
        return first, second, n.amax(1) - (n.sum(1) - n.amax(1)) / (n.shape[1] - 1)

    def gap_to_the_mean(v):
        """You subtracted the mean of all the lengths. The gap is to one rival: subtract the second longest."""
        n = functional.lengths(v)
        first, second, _ = runner_up(v)
        return first, second, n.amax(1) - n.mean(1)

    def gap_after_a_softmax(v):
        """You took a softmax of the lengths first. Each length is a score of its own (lesson 05), and a softmax
        squeezes their differences: take the lengths as they are."""
        two, classes = functional.lengths(v).softmax(1).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]

    def gap_of_class_numbers(v):
        """You subtracted the class numbers. The gap is between their lengths: topk returns these, too."""
        classes = functional.lengths(v).topk(2, dim=1).indices
        return classes[:, 0], classes[:, 1], (classes[:, 0] - classes[:, 1]).to(v.dtype)

    def distance_between_the_poses(v):
        """Your gap is the distance between the two poses. We compare how sure they are: their lengths."""
        first, second, _ = runner_up(v)
        at = torch.arange(len(v))
        return first, second, (v[at, first] - v[at, second]).norm(dim=1)

    def first_image_only(v):
        """You return the first image's answer only. There is one for each image of the batch."""
        first, second, gap = runner_up(v)
        return first[0], second[0], gap[0]

    def gap_relative_to_the_winner(v):
        """You divided the gap by the winner's length. The gap is the plain difference."""
        first, second, gap = runner_up(v)
        return first, second, gap / functional.lengths(v).amax(1)

    def third_for_runner_up(v):
        """Your runner-up is the third longest. With topk(2) there are two columns: the first and the second."""
        n, classes = functional.lengths(v).topk(min(3, v.shape[1]), dim=1)
        return classes[:, 0], classes[:, -1], n[:, 0] - n[:, -1]

    def counted_without_the_winner(v):
        """Your runner-up is one class too low wherever it comes after the winner. Did you take the winner out? Then
        every class after it gets a number that is one lower. Leave it in its place with a length of −1, or use
        topk(2)."""
        first, second, gap = runner_up(v)
        return first, second - (second > first).long(), gap

    def squares_and_turned_round(v):
        """There are two mistakes. Your gap is one of squared lengths: take the roots first. And you subtracted the
        longest from the second: the gap is the longest minus the second."""
        first, second, gap = wrong.gap_of_squares(v)
        return first, second, -gap

    def squares_and_exchanged(v):
        """You exchanged the two: the winner comes first. And the gap is one of squared lengths: take the roots
        first."""
        first, second, gap = wrong.gap_of_squares(v)
        return second, first, gap

    def lengths_added(v):
        """You added the two lengths. The gap is the longest minus the second."""
        two, classes = functional.lengths(v).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], two[:, 0] + two[:, 1]
