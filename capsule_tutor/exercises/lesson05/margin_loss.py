"""Finish `margin_loss(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5)`: the two squared hinges, summed
over the classes, averaged over the batch. `target` is either class ids (b,) or rows T (b, j) of 0 and 1; the first
lines turn ids into rows for you."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot, relu

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, uniform

EFFORT = {"minutes": 10, "difficulty": 2, "importance": 5}
HINTS = (
    "Make two tables of shape (b, j): how far each length falls below m_plus, and how far it rises above m_minus. "
    "Where there is nothing to complain about, the entry is 0.",
    "`.clamp(min=0)` is the hinge; square after it. `present` picks the first table where T is 1, and "
    "`1 - present` the second where T is 0.",
    "`too_short = (m_plus - lengths).clamp(min=0) ** 2`, `too_long` likewise from `lengths - m_minus`. Which table "
    "counts where T is 1, which where T is 0, and which has the weight? Then a sum over one axis, and a mean.",
)

reference = functional.margin_loss


def oracle(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    total = lengths.new_zeros(())
    for n, row in enumerate(lengths):
        for j, length in enumerate(row):
            present = bool(target[n] == j) if target.ndim == 1 else bool(target[n, j])
            gap = m_plus - length if present else length - m_minus
            if gap > 0:
                total = total + (1 if present else absent_weight) * gap * gap
    return total / len(lengths)


def cases():
    zeros = torch.zeros(2, 10)
    both = torch.tensor([[0, 1, 0, 1, 0], [1, 0, 0, 0, 0]])
    return [
        case("lengths of shape (2, 3) and class ids", uniform(2, 3), torch.tensor([2, 0])),
        case("lengths of shape (2, 5) and two classes in one image", uniform(2, 5, seed=1), both),
        case("an image without any of the classes", uniform(1, 3, seed=2), torch.zeros(1, 3).long()),
        case("ten classes, all lengths 0", zeros, torch.tensor([4, 7])),
        case("ten classes, all lengths 1", zeros + 1, torch.tensor([4, 7])),
        case("a batch of 1", uniform(1, 4, seed=3), torch.tensor([3])),
        case("lengths that need no more change", torch.tensor([[0.95, 0.05, 0.0]]), torch.tensor([0])),
        case(
            "other margins",
            uniform(3, 4, seed=4),
            torch.tensor([1, 3, 0]),
            m_plus=0.7,
            m_minus=0.2,  # not 1 − m_plus
            absent_weight=0.25,
        ),
        case("float64 lengths", uniform(2, 3, seed=5).double(), torch.tensor([1, 2])),
    ]


def never_negative(item, value):
    return f"the loss is {value.item():.4g}; a sum of squares is never negative." if value.item() < -1e-6 else None


def _not_done(item, value):
    done = item.says == "lengths that need no more change"
    return f"the loss is {value.item():.4g} and should be 0." if done and value.item() > 1e-6 else None


properties = (never_negative, _not_done)


def _rows(target: Tensor, lengths: Tensor) -> Tensor:
    target = one_hot(target, lengths.shape[1]) if target.ndim == 1 else target
    return target.to(lengths.dtype)


def _hinges(lengths: Tensor, m_plus: float, m_minus: float) -> tuple[Tensor, Tensor]:
    return (m_plus - lengths).clamp(min=0), (lengths - m_minus).clamp(min=0)


class right:
    def in_loops(lengths, target, m_plus, m_minus, absent_weight):
        total = 0 * lengths.sum()
        for n in range(lengths.shape[0]):
            for j in range(lengths.shape[1]):
                is_present = target[n] == j if target.ndim == 1 else target[n, j] == 1
                if is_present:
                    total = total + max(0 * lengths[n, j], m_plus - lengths[n, j]) ** 2
                else:
                    total = total + absent_weight * max(0 * lengths[n, j], lengths[n, j] - m_minus) ** 2
        return total / lengths.shape[0]

    def by_where(lengths, target, m_plus, m_minus, absent_weight):
        present = target.bool() if target.ndim == 2 else one_hot(target, lengths.size(1)).bool()
        terms = torch.where(present, relu(m_plus - lengths) ** 2, absent_weight * relu(lengths - m_minus) ** 2)
        return terms.sum() / len(lengths)

    def by_maximum(lengths, target, m_plus, m_minus, absent_weight):
        t = target if target.ndim == 2 else torch.eye(lengths.shape[1])[target]
        t = t.to(lengths)
        zero = torch.zeros_like(lengths)
        short = torch.maximum(zero, m_plus - lengths).pow(2)
        long = torch.maximum(zero, lengths - m_minus).pow(2)
        return torch.einsum("bj->", t * short + absent_weight * (1 - t) * long) / lengths.size(0)


class wrong:
    def not_squared(lengths, target, m_plus, m_minus, absent_weight):
        """You did not square the hinges. With ten classes your loss is 0.9 for all-zero lengths; it should be 0.81, and
        a nearly right length should be pulled less than a very wrong one."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * short + absent_weight * (1 - present) * long).sum(1).mean()

    def hinge_on_the_sum_of_absent_lengths(lengths, target, m_plus, m_minus, absent_weight):
        """You summed the lengths of the absent classes and took one hinge of the sum. Each class has a hinge of its
        own: nine lengths of 0.09 are all fine. Hinge and square first, sum last."""
        present = _rows(target, lengths)
        short, _ = _hinges(lengths, m_plus, m_minus)
        long = (((1 - present) * lengths).sum(1) - m_minus).clamp(min=0)
        return ((present * short**2).sum(1) + absent_weight * long**2).mean()

    def both_hinges_turned(lengths, target, m_plus, m_minus, absent_weight):
        """Both your hinges point the wrong way: they punish lengths that are right. A present class is too short by
        m_plus − length, an absent one too long by length − m_minus, each at least 0: clamp(min=0)."""
        present = _rows(target, lengths)
        short, long = (lengths - m_plus).clamp(min=0), (m_minus - lengths).clamp(min=0)
        return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def present_hinge_turned(lengths, target, m_plus, m_minus, absent_weight):
        """The hinge of the present class points the wrong way: it punishes lengths above m_plus. It should be m_plus −
        length, and at least 0: clamp(min=0)."""
        present = _rows(target, lengths)
        short, long = (lengths - m_plus).clamp(min=0), (lengths - m_minus).clamp(min=0)
        return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def absent_hinge_turned(lengths, target, m_plus, m_minus, absent_weight):
        """The hinge of the absent classes points the wrong way: it punishes lengths below m_minus. It should be length
        − m_minus, and at least 0: clamp(min=0)."""
        present = _rows(target, lengths)
        short, long = (m_plus - lengths).clamp(min=0), (m_minus - lengths).clamp(min=0)
        return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def absent_weight_squared(lengths, target, m_plus, m_minus, absent_weight):
        """Your absent classes count 0.25 where 0.5 is given, the square of `absent_weight`. Is it inside the square, or
        there twice? Square the hinge first, then multiply once."""
        return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight**2)

    def pythons_max(lengths, target, m_plus, m_minus, absent_weight):
        """Something asks a whole table for one yes or no, as Python's `max` and `if` do. Neither can choose entry by
        entry: use `.clamp(min=0)` or torch.relu for a hinge."""
        present = _rows(target, lengths)
        short, long = max(0, m_plus - lengths), max(0, lengths - m_minus)
        return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def softmax_first(lengths, target, m_plus, m_minus, absent_weight):
        """You took a softmax of the lengths. Each length is a score of its own between 0 and 1, and a softmax of ten
        such numbers never exceeds 0.232. Use the lengths as they are."""
        return functional.margin_loss(lengths.softmax(1), target, m_plus, m_minus, absent_weight)

    def absent_weight_forgotten(lengths, target, m_plus, m_minus, absent_weight):
        """You forgot `absent_weight`: the hinge of an absent class counts half, otherwise nine absent classes shout
        down the present one."""
        return functional.margin_loss(lengths, target, m_plus, m_minus, 1.0)

    def absent_weight_on_the_present(lengths, target, m_plus, m_minus, absent_weight):
        """You multiplied the present class by `absent_weight`. It belongs to the absent ones."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (absent_weight * present * short**2 + (1 - present) * long**2).sum(1).mean()

    def absent_weight_on_both(lengths, target, m_plus, m_minus, absent_weight):
        """You multiplied both terms by `absent_weight`. It belongs to the absent classes alone."""
        return absent_weight * functional.margin_loss(lengths, target, m_plus, m_minus, 1.0)

    def margins_exchanged(lengths, target, m_plus, m_minus, absent_weight):
        """You exchanged the margins: a present class should be longer than m_plus, an absent one shorter than
        m_minus."""
        return functional.margin_loss(lengths, target, m_minus, m_plus, absent_weight)

    def roles_exchanged(lengths, target, m_plus, m_minus, absent_weight):
        """You exchanged present and absent: your loss asks the right class to be short and the others to be long. T
        goes with m_plus, 1 − T with m_minus."""
        return functional.margin_loss(lengths, 1 - _rows(target, lengths), m_plus, m_minus, absent_weight)

    def mean_over_the_classes(lengths, target, m_plus, m_minus, absent_weight):
        """Your loss is divided by the number of classes, as by a mean over all. The classes are summed; only the images
        of the batch are averaged."""
        return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight) / lengths.shape[1]

    def sum_over_the_batch(lengths, target, m_plus, m_minus, absent_weight):
        """You summed over the images, so that twice the batch gives twice the loss. Sum over the classes, then take the
        mean over the batch."""
        return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight) * len(lengths)

    def one_loss_per_image(lengths, target, m_plus, m_minus, absent_weight):
        """You return one loss per image. backward needs a single number: take the mean over the batch."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1)

    def one_loss_per_class(lengths, target, m_plus, m_minus, absent_weight):
        """You return the table (b, j) of all the terms. Sum over the classes (dim=1), then take the mean."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return present * short**2 + absent_weight * (1 - present) * long**2

    def no_clamp(lengths, target, m_plus, m_minus, absent_weight):
        """You punish lengths that are already right, too: a length of 0.95 for a present class should cost nothing.
        Clamp the difference at 0 before you square; after the square it is too late, as no square is negative."""
        present = _rows(target, lengths)
        short, long = m_plus - lengths, lengths - m_minus
        return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def first_present_class_only(lengths, target, m_plus, m_minus, absent_weight):
        """You count one class of each image as present. A row of T may hold two, or none: use every 1 in it, not its
        argmax."""
        target = target if target.ndim == 1 else target.argmax(1)
        return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight)

    def absent_mask_forgotten(lengths, target, m_plus, m_minus, absent_weight):
        """You punish the present class for being long, too. Multiply the second hinge by 1 − T."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * short**2 + absent_weight * long**2).sum(1).mean()

    def present_mask_forgotten(lengths, target, m_plus, m_minus, absent_weight):
        """You ask every class to be long. Multiply the first hinge by T."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def absent_classes_forgotten(lengths, target, m_plus, m_minus, absent_weight):
        """Your absent classes cost nothing, so a network that makes every capsule long would be perfect. Add the second
        hinge."""
        return functional.margin_loss(lengths, target, m_plus, m_minus, 0.0)

    def margins_typed_in(lengths, target, m_plus, m_minus, absent_weight):
        """Your loss is the one of 0.9, 0.1 and 0.5, whatever is handed in. Use the arguments m_plus, m_minus and
        absent_weight."""
        return functional.margin_loss(lengths, target)

    def absolute_differences(lengths, target, m_plus, m_minus, absent_weight):
        """You took absolute differences, or there is neither a hinge nor a square: lengths that are right cost
        something. Clamp each difference at 0, then square it."""
        present = _rows(target, lengths)
        short, long = (m_plus - lengths).abs(), (lengths - m_minus).abs()
        return (present * short + absent_weight * (1 - present) * long).sum(1).mean()

    def cross_entropy_for_each_class(lengths, target, m_plus, m_minus, absent_weight):
        """You took the binary cross-entropy. It never stops pulling; the margin loss is content at m_plus and m_minus:
        two squared hinges."""
        present = _rows(target, lengths)
        return torch.nn.functional.binary_cross_entropy(lengths.clamp(1e-6, 1 - 1e-6), present)

    def squared_after_the_sum(lengths, target, m_plus, m_minus, absent_weight):
        """You squared the sum of the hinges. Each class is judged alone: square every hinge, then sum."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * short + absent_weight * (1 - present) * long).sum(1).square().mean()

    def each_side_squared_after_its_sum(lengths, target, m_plus, m_minus, absent_weight):
        """You summed the hinges of the absent classes and squared the sum. Each class is judged alone: square every
        hinge, then sum."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return ((present * short).sum(1) ** 2 + absent_weight * ((1 - present) * long).sum(1) ** 2).mean()

    def tables_exchanged(lengths, target, m_plus, m_minus, absent_weight):
        """You exchanged the two tables: `present` goes with too_short, `1 - present` with too_long. Yours asks a class
        that is there to be short, and the others to be long."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * long**2 + absent_weight * (1 - present) * short**2).sum(1).mean()

    def absent_classes_averaged(lengths, target, m_plus, m_minus, absent_weight):
        """You averaged over the absent classes. They are summed, as the present ones are; that there are so many of
        them is what `absent_weight` is for."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        absent = ((1 - present) * long**2).sum(1) / (1 - present).sum(1).clamp(min=1)
        return ((present * short**2).sum(1) + absent_weight * absent).mean()

    def divided_by_the_present(lengths, target, m_plus, m_minus, absent_weight):
        """You divided by the number of classes that are there. That is the number of images only where each holds one
        class: divide by the number of images."""
        present = _rows(target, lengths)
        total = functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight) * len(lengths)
        return total / present.sum().clamp(min=1)

    def divided_by_the_present_or_zero(lengths, target, m_plus, m_minus, absent_weight):
        """You divided by the number of classes that are there. It is 0 where no image holds any, and too large where
        one holds two: divide by the number of images."""
        present = _rows(target, lengths)
        return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight) * len(lengths) / present.sum()

    def weight_on_the_present_and_not_squared(lengths, target, m_plus, m_minus, absent_weight):
        """You did not square the hinges. And you multiplied the present class by `absent_weight`, which belongs to the
        absent ones."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (absent_weight * present * short + (1 - present) * long).sum(1).mean()

    def neither_squared_nor_weighted(lengths, target, m_plus, m_minus, absent_weight):
        """You did not square the hinges. And you forgot `absent_weight`: the hinge of an absent class counts half."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * short + (1 - present) * long).sum(1).mean()

    def no_clamp_and_mean_over_the_classes(lengths, target, m_plus, m_minus, absent_weight):
        """You punish lengths that are already right: clamp the difference at 0 before you square. And the classes are
        summed; only the images are averaged."""
        return wrong.no_clamp(lengths, target, m_plus, m_minus, absent_weight) / lengths.shape[1]

    def second_hinge_not_clamped(lengths, target, m_plus, m_minus, absent_weight):
        """You clamp the first hinge only. An absent class shorter than m_minus should cost nothing, too."""
        present = _rows(target, lengths)
        short, _ = _hinges(lengths, m_plus, m_minus)
        return (present * short**2 + absent_weight * (1 - present) * (lengths - m_minus) ** 2).sum(1).mean()

    def first_hinge_not_clamped(lengths, target, m_plus, m_minus, absent_weight):
        """Your first hinge is not cut off at 0: a present class longer than m_plus should cost nothing, too. Is the
        clamp missing there, or do the brackets end before it, so that it acts on the length alone?"""
        present = _rows(target, lengths)
        _, long = _hinges(lengths, m_plus, m_minus)
        return (present * (m_plus - lengths) ** 2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def second_hinge_not_squared(lengths, target, m_plus, m_minus, absent_weight):
        """The hinge of the absent classes is not squared. Both are: a nearly right length should be pulled less than a
        very wrong one."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * short**2 + absent_weight * (1 - present) * long).sum(1).mean()

    def first_hinge_not_squared(lengths, target, m_plus, m_minus, absent_weight):
        """The hinge of the present class is not squared. Both are: the nearer a length is to its margin, the less it
        should be pulled."""
        present = _rows(target, lengths)
        short, long = _hinges(lengths, m_plus, m_minus)
        return (present * short + absent_weight * (1 - present) * long**2).sum(1).mean()

    def cross_entropy(lengths, target, m_plus, m_minus, absent_weight):
        """You took the cross-entropy. It makes the classes compete through a softmax; here each has a squared hinge of
        its own."""
        return -(_rows(target, lengths) * lengths.log_softmax(1)).sum(1).mean()

    def margins_of_one_and_zero(lengths, target, m_plus, m_minus, absent_weight):
        """Your margins are 1 and 0, written or left out. They are m_plus and m_minus: what is good enough costs
        nothing."""
        return functional.margin_loss(lengths, target, 1.0, 0.0, absent_weight)
