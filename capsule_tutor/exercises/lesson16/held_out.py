"""Repair your colleague's split: write `held_out(labels, things)`, which says of each picture whether it is for the
test. Every thing has a number of its own. All pictures of one thing go the same way. Of each class, the things with
the highest numbers are for the test: a fifth of its things, rounded down, but at least one."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, order

EFFORT = {"minutes": 8, "difficulty": 3, "importance": 5}
HINTS = (
    "What is split are things, not pictures. How many things has a class, and which pictures show the chosen ones?",
    "For one class: `things[labels == j].unique()` are its things, in rising order. The chosen ones are at the end; "
    "`torch.isin(things, chosen)` finds their pictures.",
    "In a loop over `labels.unique()`: `own = things[labels == j].unique()`, then how many are a fifth of `len(own)`? "
    "`own[-fifth:]` are the chosen ones. Collect the masks with `|`.",
)
AXES = ("n",)
GRADIENT = False


def held_out(labels: Tensor, things: Tensor) -> Tensor:
    """labels (n,) and things (n,), the number of the thing that each picture shows → (n,) bool, True for the test"""
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for j in labels.unique():
        own = things[labels == j].unique()
        chosen |= torch.isin(things, own[-max(1, len(own) // 5) :])
    return chosen


reference = held_out


def oracle(labels, things):
    of_class = {}
    for label, thing in zip(labels.tolist(), things.tolist(), strict=True):
        of_class.setdefault(label, set()).add(thing)
    chosen = set()
    for own in of_class.values():
        for _ in range(max(1, len(own) // 5)):
            chosen.add(max(own - chosen))
    return torch.tensor([thing in chosen for thing in things.tolist()])


def _pictures(*counts: int, shots: int = 3, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Classes of so many things; every thing has a number of its own and one picture more than the one before it."""
    labels, things, number = [], [], 0
    for label, count in enumerate(counts):
        for thing in range(count):
            pictures = shots + thing % 3
            labels += [label] * pictures
            things += [7 * number % 101] * pictures
            number += 1
    shuffled = order(len(labels), seed=seed)
    return torch.tensor(labels)[shuffled], torch.tensor(things)[shuffled]


def _numbered(numbers: tuple[int, ...], labels: Tensor, things: Tensor) -> tuple[Tensor, Tensor]:
    return torch.tensor(numbers)[labels], things


def cases():
    return [
        case("two classes of 10 and 5 things", *_pictures(10, 5)),
        case("three classes of 4, 11 and 7 things", *_pictures(4, 11, 7, seed=1)),
        case("one picture of each thing", *_pictures(6, 9, shots=1, seed=2)),
        case("a class of a single thing", *_pictures(1, 10, seed=3)),
        case("classes with the numbers 2 and 5", *_numbered((2, 5), *_pictures(7, 12, seed=8))),
    ]


def more_cases():
    return [case("three other classes", *_pictures(12, 15, 3, seed=n)) for n in range(4, 7)]


def _no_thing_on_both_sides(item, value):
    things = item.args[1]
    both = set(things[value].tolist()) & set(things[~value].tolist()) if value.dtype == torch.bool else set()
    if not both:
        return None
    which = f"{len(both)} things are on both sides, and thing {min(both)} is one of them"
    if len(both) == 1:
        which = f"thing {min(both)} is on both sides"
    return f"{which}. The network has seen such a thing: its score there tells whether it knows the thing again."


def _every_class_is_tested(item, value):
    labels = item.args[0]
    lost = set(labels.tolist()) - set(labels[value].tolist()) if value.dtype == torch.bool else set()
    return f"there is no picture of class {min(lost)} in the test." if lost else None


properties = (_no_thing_on_both_sides, _every_class_is_tested)


class right:
    def by_sets(labels, things):
        chosen = set()
        for label in set(labels.tolist()):
            own = sorted({t for t, k in zip(things.tolist(), labels.tolist(), strict=True) if k == label})
            chosen |= set(own[len(own) - max(1, len(own) // 5) :])
        return torch.tensor([t in chosen for t in things.tolist()])

    def by_topk(labels, things):
        mask = torch.zeros_like(labels, dtype=torch.bool)
        for label in range(int(labels.max()) + 1):
            own = torch.unique(things[labels == label])
            if len(own):
                for thing in own.topk(max(len(own) // 5, 1)).values:
                    mask[things == thing] = True
        return mask


class wrong:
    def every_fifth_picture(labels, things):
        """Every fifth picture is what your colleague had. The other pictures of the same thing are in the training
        part: split the things."""
        return torch.arange(len(labels)) % 5 == 0

    def last_pictures_of_a_class(labels, things):
        """You take a fifth of each class's PICTURES. Some things are then cut in two. Take a fifth of its things, and
        of these every picture."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            places = (labels == j).nonzero()[:, 0]
            mask[places[-max(1, len(places) // 5) :]] = True
        return mask

    def last_pictures_in_the_order_of_things(labels, things):
        """You sort a class's pictures by their things, and take a fifth of the PICTURES. One thing is then cut in two.
        Take a fifth of the things, and of these every picture."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            places = (labels == j).nonzero()[:, 0]
            places = places[things[places].argsort(stable=True)]
            mask[places[-max(1, len(places) // 5) :]] = True
        return mask

    def one_picture_of_each_thing(labels, things):
        """You put one picture of each thing into the test. That makes every thing known, which is the leak itself."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for thing in things.unique():
            mask[(things == thing).nonzero()[-1, 0]] = True
        return mask

    def without_the_classes(labels, things):
        """You take a fifth of all things, whatever their class. A class may then have none in the test: take a fifth
        class by class."""
        own = things.unique()
        return torch.isin(things, own[-max(1, len(own) // 5) :])

    def never_at_least_one(labels, things):
        """A class of fewer than five things gets none in the test. At least one: max(1, …)."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[len(own) - len(own) // 5 :])
        return mask

    def nothing_from_the_end_is_all(labels, things):
        """A class of fewer than five things goes WHOLLY into the test: a fifth of it is 0, and `own[-0:]` is all of it.
        At least one: max(1, …)."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[-(len(own) // 5) :])
        return mask

    def four_fifths(labels, things):
        """You put all but the lowest fifth of each class's things into the test, and all things of a class that has
        fewer than five. Is a minus missing, as in `own[2:]` for `own[-2:]`? And the number of things for the test is at
        least one: max(1, …)."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[len(own) // 5 :])
        return mask

    def all_but_a_fifth(labels, things):
        """You put all but the lowest fifth of each class's things into the test. Is a minus missing, as in `own[2:]`
        for `own[-2:]`? Or did you choose the lowest things, and return the mask of the training part?"""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[max(1, len(own) // 5) :])
        return mask

    def rounded_to_the_nearest(labels, things):
        """You rounded the fifth to the nearest. The task says down, and at least one."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[-max(1, round(len(own) / 5)) :])
        return mask

    def every_fifth_thing(labels, things):
        """You took every fifth number. The task says those with the highest numbers of each class, a fifth of them."""
        return things % 5 == 0

    def a_fifth_of_the_pictures_in_things(labels, things):
        """You took as many things as a fifth of the PICTURES. It is a fifth of the class's things."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            mask |= torch.isin(things, things[labels == j].unique()[-max(1, int((labels == j).sum()) // 5) :])
        return mask

    def lowest_numbers(labels, things):
        """You took the things with the lowest numbers. Both are fair; the task says the highest, so that all have the
        same split."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[: max(1, len(own) // 5)])
        return mask

    def the_training_part(labels, things):
        """Your mask is True for the training pictures. True is for the test."""
        return ~held_out(labels, things)

    def rounded_up(labels, things):
        """You rounded the fifth up. The task says down, and at least one."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[-((len(own) + 4) // 5) :])
        return mask

    def last_pictures_for_their_things(labels, things):
        """You look for a class's highest things among its last PICTURES. Pictures come in any order: `unique()` gives
        each thing once, in rising order."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j]
            mask |= torch.isin(things, own[-max(1, len(own) // 5) :])
        return mask

    def the_last_class_alone(labels, things):
        """Only your last class has pictures in the test. Does each round of the loop write over the one before it?
        Collect with `|=`."""
        last = labels == labels.max()
        return held_out(labels, things) & last

    def the_first_class_alone(labels, things):
        """Only your first class has pictures in the test. Is the `return` inside the loop? There it ends the loop in
        its first round. Put it after the loop."""
        return held_out(labels, things) & (labels == labels.min())

    def nothing_for_the_test(labels, things):
        """You put nothing into the test. One way to get this: the mask begins with False everywhere, and `&` keeps it
        so. Collect with `|`."""
        return torch.zeros(len(labels), dtype=torch.bool)

    def lowest_and_rounded_up(labels, things):
        """There are two mistakes: you took the things with the lowest numbers, and rounded the fifth up. Wanted are the
        highest, rounded down."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[: (len(own) + 4) // 5])
        return mask

    def lowest_and_perhaps_none(labels, things):
        """There are two mistakes: you took the things with the lowest numbers, and a class of fewer than five gets
        none. Wanted are the highest, and at least one: max(1, …)."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            mask |= torch.isin(things, own[: len(own) // 5])
        return mask

    def duplicates_counted(labels, things):
        """You counted the things as often as they have pictures: `unique()` is missing before the fifth is taken."""
        mask = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].sort().values
            mask |= torch.isin(things, own[-max(1, len(own) // 5) :])
        return mask

    def things_returned(labels, things):
        """You return the numbers of the chosen things. A mask is wanted, with one True or False for each PICTURE:
        `torch.isin(things, chosen)`."""
        chosen = []
        for j in labels.unique():
            own = things[labels == j].unique()
            chosen.append(own[-max(1, len(own) // 5) :])
        return torch.cat(chosen)
