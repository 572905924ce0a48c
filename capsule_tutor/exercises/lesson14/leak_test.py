"""Write a test, `leak_test(split)`, for splits into training and novel views. `split(labels, info)` takes labels (n,)
and info (n, 4) and gives two masks (n,) bool, train and test. Silent if (1) no toy is in both, (2) no azimuth is in
both, and (3) every class is in both. Otherwise `assert`. A toy is a class AND an instance: instance 4 of the cars and
instance 4 of the animals are two toys."""

import torch

from capsule_tutor.checks.cases import order

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 5}
HINTS = (
    "You need a table of views to split. Make one in which every toy is seen from every azimuth, for several "
    "classes and instances. Then three questions, each about two sets.",
    "Turn what must not be shared into Python sets, of azimuths and of (label, instance) pairs. Two sets share "
    "nothing if `a & b` is empty, or `a.isdisjoint(b)`.",
    "`rows = torch.cartesian_prod(torch.arange(5), torch.arange(10), 2 * torch.arange(18))` has label, instance and "
    "azimuth in its columns; put zeros for elevation and lighting into `info`. `set(map(tuple, rows[train][:, "
    ":2].tolist()))` are the training toys. What are the azimuths, and the classes?",
)


def leak_test(split):
    rows = torch.cartesian_prod(torch.arange(5), torch.arange(10), 2 * torch.arange(18))  # label, instance, azimuth
    zero = torch.zeros(len(rows), dtype=torch.long)
    train, test = split(rows[:, 0], torch.stack([rows[:, 1], zero, rows[:, 2], zero], dim=1))

    def found(mask, *columns):
        return {tuple(row) for row in rows[mask][:, columns].tolist()}

    for what, *columns in (("toys", 0, 1), ("azimuths", 2)):
        shared = found(train, *columns) & found(test, *columns)
        assert not shared, f"{what} in both: {shared}"
    for mask in (train, test):
        assert len(found(mask, 0)) == 5, "a class is missing"


reference = leak_test


def _front(info, n=6):
    return info[:, 2] < 2 * n


def _views(n=5, elevations=1):
    """Every class, instance and azimuth. → labels, info"""
    rows = torch.cartesian_prod(torch.arange(n), torch.arange(10), torch.arange(elevations), 2 * torch.arange(18))
    return rows[:, 0], torch.cat([rows[:, 1:], torch.zeros(len(rows), 1).long()], dim=1)


class sound:
    def by_instance(labels, info):
        """a right split, with the same instances of every class"""
        seen, front = info[:, 0] < 5, _front(info)
        return seen & front, ~seen & ~front

    def other_instances_in_each_class(labels, info):
        """a right split, with other instances in each class"""
        seen, front = (info[:, 0] + 3 * labels) % 10 < 6, _front(info)
        return seen & front, ~seen & ~front

    def uneven(labels, info):
        """a right split that leaves most of the views out: one toy a class to test on, and two azimuths"""
        front, back = info[:, 2] < 20, info[:, 2] > 30
        return (info[:, 0] != (labels + 2) % 10) & front, (info[:, 0] == (labels + 2) % 10) & back

    def as_in_the_lesson(labels, info):
        """a right split that learns from the front, azimuths 300° to 40°, which are not in a row as numbers"""
        seen, front = info[:, 0] < 5, (info[:, 2] >= 30) | (info[:, 2] <= 4)
        return seen & front, ~seen & ~front

    def two_toys_of_each_class(labels, info):
        """a right split that learns from one toy of each class and tests on another"""
        return (info[:, 0] == 0) & _front(info), (info[:, 0] == 1) & ~_front(info)

    def toys_by_a_sum(labels, info):
        """a right split that learns, in each class, from the toys whose label + instance is at most 5"""
        seen, front = labels + info[:, 0] <= 5, _front(info)
        return seen & front, ~seen & ~front


class broken:
    def random_rows(labels, info):
        """a split of the rows at random: every toy is in both, from every side."""
        train = torch.zeros(len(labels), dtype=torch.bool)
        train[order(len(labels))[: len(labels) // 2]] = True
        return train, ~train

    def same_toys(labels, info):
        """a split by azimuth alone: the same toys are in both."""
        return _front(info), ~_front(info)

    def same_azimuths(labels, info):
        """a split by toy alone: the same azimuths are in both. (Two sets of TENSORS share nothing, whatever is in them:
        tolist() first.)"""
        return info[:, 0] < 5, info[:, 0] >= 5

    def one_toy_in_both(labels, info):
        """a split that has one toy in both. Do you compare whole sets of toys?"""
        train, test = sound.by_instance(labels, info)
        return train, test | ((info[:, 0] == 4) & (labels == labels.max()) & ~_front(info))

    def one_azimuth_in_both(labels, info):
        """a split that has one azimuth in both. Do you compare whole sets of azimuths?"""
        seen = info[:, 0] < 5
        return seen & _front(info), ~seen & ~_front(info, 5)

    def azimuths_of_another_class(labels, info):
        """a split that learns some classes from the front and the others from behind, and tests each from its other
        side: every azimuth is in both. Do you ask about azimuths for all classes together?"""
        seen, front = info[:, 0] < 5, _front(info) == (labels % 2 == 0)
        return seen & front, ~seen & ~front

    def a_class_without_a_test(labels, info):
        """a split whose test lacks a class. Do you ask for the classes of the test?"""
        train, test = sound.by_instance(labels, info)
        return train, test & (labels != 3)

    def a_class_without_training(labels, info):
        """a split that trains on four classes of five. Do you ask for the classes of the training rows?"""
        train, test = sound.by_instance(labels, info)
        return train & (labels != 1), test

    def nothing_to_test(labels, info):
        """a split without a test. Nothing shares anything with nothing: do you ask whether something is there?"""
        train, test = sound.by_instance(labels, info)
        return train, test & False

    def a_class_in_neither(labels, info):
        """a split that leaves a class out of both. Its two halves have the same classes, but not all: compare each
        with the classes of your table."""
        train, test = sound.by_instance(labels, info)
        return train & (labels != 3), test & (labels != 3)

    def nothing_at_all(labels, info):
        """a split that puts no row into either half. Two empty sets are equal: compare each with the classes of your
        table."""
        return labels < 0, labels < 0

    def everything_in_both(labels, info):
        """a split whose two halves are the same rows."""
        return labels >= 0, labels >= 0


def _sets(labels, info, train, test):
    toys = [set(zip(labels[m].tolist(), info[m, 0].tolist(), strict=True)) for m in (train, test)]
    azimuths = [set(info[m, 2].tolist()) for m in (train, test)]
    return toys, azimuths, [set(labels[m].tolist()) for m in (train, test)]


class right:
    def by_sets(split):
        labels, info = _views(elevations=2)
        (a, b), (c, d), (e, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d
        assert e == f == set(range(5))

    def by_numbers(split):
        labels, info = _views()
        shuffled = torch.randperm(len(labels))
        labels, info = labels[shuffled], info[shuffled]
        train, test = split(labels, info)
        toy = 10 * labels + info[:, 0]
        assert not torch.isin(toy[train], toy[test]).any()
        assert not torch.isin(info[train, 2], info[test, 2]).any()
        for mask in (train, test):
            assert len(labels[mask].unique()) == 5


class wrong:
    def no_row_in_both(split):
        """Your test only asks whether a ROW is in both. Two views of one toy are two rows: ask for toys and
        azimuths."""
        labels, info = _views()
        train, test = split(labels, info)
        assert not (train & test).any()

    def instances_alone(split):
        """Your test compares instance numbers without their class. Instance 4 of the cars and instance 4 of the animals
        are two toys, so a right split is called a leak: compare pairs."""
        labels, info = _views()
        train, test = split(labels, info)
        _, (c, d), (e, f) = _sets(labels, info, train, test)
        assert not set(info[train, 0].tolist()) & set(info[test, 0].tolist())
        assert not c & d
        assert e == f == set(range(5))

    def label_plus_instance(split):
        """Your test takes two toys for one. Did you add label and instance? That gives 5 for instance 2 of class 3, and
        for instance 3 of class 2, too. Make pairs of the two numbers, or take `10 * label + instance`."""
        labels, info = _views()
        train, test = split(labels, info)
        _, (c, d), (e, f) = _sets(labels, info, train, test)
        toy = labels + info[:, 0]
        assert not set(toy[train].tolist()) & set(toy[test].tolist())
        assert not c & d
        assert e == f == set(range(5))

    def toys_alone(split):
        """Your test asks for toys and not for azimuths. If a test view is from a familiar side, nothing about it is
        novel but the toy."""
        labels, info = _views()
        (a, b), _, (e, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert e == f == set(range(5))

    def azimuths_alone(split):
        """Your test asks for azimuths and not for toys. If a toy is in both, the network may know it by something that
        does not turn."""
        labels, info = _views()
        _, (c, d), (e, f) = _sets(labels, info, *split(labels, info))
        assert not c & d
        assert e == f == set(range(5))

    def no_classes(split):
        """Your test asks for toys and azimuths, and not whether every class is there. An empty test shares nothing with
        anything, and passes."""
        labels, info = _views()
        (a, b), (c, d), _ = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d

    def only_something(split):
        """Your test notices a half without any row, and not one that lacks a class. Either it does not ask for every
        class, or its table has but one. A class that was never learned, or never tested, changes the error."""
        labels, info = _views()
        train, test = split(labels, info)
        (a, b), (c, d), _ = _sets(labels, info, train, test)
        assert not a & b
        assert not c & d
        assert train.any()
        assert test.any()

    def every_row_used(split):
        """Your test fails on everything, right code too. Does it demand more than the three points? A training toy from
        a novel side is in neither half, so not every row is used, and the halves need not be equally large. Or does it
        take two toys for one? Or are the columns of your `info` in another order? Instance is column 0, and azimuth is
        column 2."""
        labels, info = _views()
        train, test = split(labels, info)
        (a, b), (c, d), (e, f) = _sets(labels, info, train, test)
        assert not a & b
        assert not c & d
        assert e == f == set(range(5))
        assert (train | test).all()

    def same_classes_in_both(split):
        """Your test asks whether both halves have the same classes. A class that is in neither is missing, too: compare
        each half with all the classes of your table."""
        labels, info = _views()
        (a, b), (c, d), (e, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d
        assert e == f

    def too_few_toys(split):
        """Your table holds too few toys. A right split may train on most instances of a class and test on one: put all
        ten instances of each class into the table."""
        labels, info = _views()
        labels, info = (part[info[:, 0] < 2] for part in (labels, info))
        (a, b), (c, d), (e, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d
        assert e == f == set(range(5))

    def too_few_classes(split):
        """Your table holds too few classes. There are five, and a split may lose any one of them: put all five into
        the table."""
        labels, info = _views(3)
        (a, b), (c, d), (e, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d
        assert e == f == set(range(3))

    def split_is_not_called(split):
        """Your test lets everything pass. Does it call the `split` that is handed in, with your labels and info, or
        does it look at one of its own? Can each `assert` fail? With brackets around condition and text it cannot, and
        three conditions joined by `or` hardly can."""
        labels, info = _views()
        (a, b), (c, d), (e, f) = _sets(labels, info, *sound.by_instance(labels, info))
        assert not a & b
        assert not c & d
        assert e == f == set(range(5))

    def same_view_in_both(split):
        """Your test asks whether the same VIEW is in both halves: a toy and an azimuth together. Ask for toys and for
        azimuths, each for itself."""
        labels, info = _views()
        train, test = split(labels, info)
        assert not (train & test).any()
        _, _, (e, f) = _sets(labels, info, train, test)
        assert e == f == set(range(5))

    def sets_of_tensors(split):
        """Your test notices a missing class, and neither a toy nor an azimuth that is in both. Do your sets hold
        tensors? Two tensors are never the same entry of a set: make numbers of them, `.tolist()`."""
        labels, info = _views()
        _, _, (e, f) = _sets(labels, info, *split(labels, info))
        assert e == f == set(range(5))

    def one_class_in_the_table(split):
        """Your test lets a split lose a class. Does your table hold only one? Put all five into it, and compare the
        classes of each half with all of them."""
        labels, info = _views(1)
        (a, b), (c, d), (e, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d
        assert e == f

    def classes_apart(split):
        """Your test calls every right split a leak. Does it want the classes of the two halves to be apart? Point (3)
        wants every class in BOTH. Or does it take another column of `info` than 2 for the azimuth?"""
        labels, info = _views()
        (a, b), (c, d), (e, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d
        assert not e & f

    def another_column(split):
        """Your test calls every right split a leak, but not one without any row. Which column of `info` do you take for
        the azimuth? It is number 2; a column of zeros is the same in both halves."""
        labels, info = _views()
        train, test = split(labels, info)
        (a, b), _, (e, f) = _sets(labels, info, train, test)
        assert not a & b
        assert not set(info[train, 1].tolist()) & set(info[test, 1].tolist())
        assert e == f

    def test_classes_alone(split):
        """Your test asks for the classes of the test rows alone. A class that the network never learned is missing
        among the training rows."""
        labels, info = _views()
        (a, b), (c, d), (_, f) = _sets(labels, info, *split(labels, info))
        assert not a & b
        assert not c & d
        assert f == set(range(5))

    def returned(split):
        """Your test returned a bool. A test is silent when all is well, and speaks up with `assert condition, "what is
        wrong"`; whoever runs it does not look at what it returns."""
        labels, info = _views()
        (a, b), _, _ = _sets(labels, info, *split(labels, info))
        return not a & b
