"""Write `split_views(info, train_toys, test_toys, familiar)`: three masks over the rows of `info`. The network learns
from the training toys at familiar azimuths; it is tested on the test toys at familiar azimuths, and on the test toys at
all others. `train_toys` and `test_toys` are instance numbers, `familiar` azimuths as `info` counts them. Some rows are
in none of the three."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, order, whole

EFFORT = {"minutes": 7, "difficulty": 2, "importance": 5}
HINTS = (
    "Each mask is the answer to two questions about a row: which toy, and from where? Which columns of `info` say it?",
    "`torch.isin(values, wanted)` asks for each value whether it is among `wanted`. The instance is column 0, the "
    "azimuth column 2.",
    "With `front = torch.isin(info[:, 2], familiar)` the first mask is `torch.isin(info[:, 0], train_toys) & "
    "front`. The other two begin with the test toys.",
)
AXES = ("n", "n", "n")
GRADIENT = False


def split_views(info: Tensor, train_toys: Tensor, test_toys: Tensor, familiar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """info (n, 4): instance, elevation, azimuth, lighting → train, familiar test, novel test, each (n,) bool"""
    front, held_out = torch.isin(info[:, 2], familiar), torch.isin(info[:, 0], test_toys)
    return torch.isin(info[:, 0], train_toys) & front, held_out & front, held_out & ~front


reference = split_views


def oracle(info, train_toys, test_toys, familiar):
    train, near, far = [], [], []
    for instance, _, azimuth, _ in info.tolist():
        seen, tested = instance in train_toys.tolist(), instance in test_toys.tolist()
        from_the_front = azimuth in familiar.tolist()
        train.append(seen and from_the_front)
        near.append(tested and from_the_front)
        far.append(tested and not from_the_front)
    return torch.tensor(train), torch.tensor(near), torch.tensor(far)


def _info(n: int, seed: int) -> Tensor:
    """Random views, in no order."""
    sizes = (10, 9, 18, 6)
    info = torch.stack([whole(size, n, seed=seed + k) for k, size in enumerate(sizes)], dim=1)
    return info * torch.tensor([1, 1, 2, 1])  # azimuths are counted in tens of degrees, and even


def _every(toys: int, azimuths: int) -> Tensor:
    rows = torch.cartesian_prod(torch.arange(toys), torch.arange(9), 2 * torch.arange(azimuths), torch.arange(2))
    return rows[order(len(rows))]


def cases():
    front = torch.tensor([30, 32, 34, 0, 2, 4])
    return [
        case(
            "every view of ten toys, shuffled", _every(10, 18), torch.tensor([4, 6, 7]), torch.tensor([0, 1, 2]), front
        ),
        case(
            "200 random views", _info(200, seed=1), torch.tensor([8, 9, 1]), torch.tensor([0, 3]), torch.tensor([6, 8])
        ),
        case(
            "150 random views and one familiar azimuth", _info(150, 7), torch.tensor([2]), torch.tensor([5]), front[:1]
        ),
        case(
            "a single view, of a toy that nobody asks for", _info(1, 9), torch.tensor([10]), torch.tensor([11]), front
        ),
    ]


def more_cases():
    toys = [order(10, seed=n) for n in range(3)]
    return [
        case("random views", _info(180, 20 + n), some[:4], some[4:7], 2 * order(18, seed=n + 9)[:5])
        for n, some in enumerate(toys)
    ]


def _in_one_mask(item, value):
    twice = int((torch.stack(list(value)).sum(dim=0) > 1).sum())
    return f"{twice} of {len(item.args[0])} rows are in more than one of your masks." if twice else None


properties = (_in_one_mask,)


def _among(values, wanted):
    return torch.isin(values, wanted)


class right:
    def by_comparison(info, train_toys, test_toys, familiar):
        near = (info[:, 2, None] == familiar).any(dim=1)
        seen = (info[:, 0, None] == train_toys).any(dim=1)
        tested = (info[:, 0, None] == test_toys).any(dim=1)
        return seen & near, tested & near, tested & ~near

    def row_by_row(info, train_toys, test_toys, familiar):
        rows = [(int(i), int(a)) for i, _, a, _ in info]
        toys = [train_toys.tolist(), test_toys.tolist(), test_toys.tolist()]
        want = [True, True, False]
        return tuple(
            torch.tensor([i in some and (a in familiar.tolist()) == near for i, a in rows])
            for some, near in zip(toys, want, strict=True)
        )

    def by_multiplying(info, train_toys, test_toys, familiar):
        instance, _, azimuth, _ = info.T
        near, seen, tested = _among(azimuth, familiar), _among(instance, train_toys), _among(instance, test_toys)
        return seen * near, tested * near, tested * near.logical_not()


class wrong:
    def novel_of_all_toys(info, train_toys, test_toys, familiar):
        """Your novel test holds training toys. From a new side, but the same toys: their paint and their shape are
        known. Take the test toys alone."""
        near = _among(info[:, 2], familiar)
        return _among(info[:, 0], train_toys) & near, _among(info[:, 0], test_toys) & near, ~near

    def tests_on_the_training_toys(info, train_toys, test_toys, familiar):
        """Your familiar test holds the views that the network learned from. A test needs toys that it has never
        seen."""
        near = _among(info[:, 2], familiar)
        train = _among(info[:, 0], train_toys) & near
        return train, train | (_among(info[:, 0], test_toys) & near), _among(info[:, 0], test_toys) & ~near

    def trains_on_all_sides(info, train_toys, test_toys, familiar):
        """Your training mask holds every azimuth. Then no viewpoint of the test is novel: train at the familiar ones
        alone."""
        near = _among(info[:, 2], familiar)
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys), tested & near, tested & ~near

    def whatever_was_not_trained_on(info, train_toys, test_toys, familiar):
        """Your novel test is all the rest. That takes in training toys, or toys of no list: a row needs a test toy AND
        a novel azimuth."""
        near = _among(info[:, 2], familiar)
        train = _among(info[:, 0], train_toys) & near
        return train, _among(info[:, 0], test_toys) & near, ~train & ~(_among(info[:, 0], test_toys) & near)

    def every_toy_that_is_not_trained_on(info, train_toys, test_toys, familiar):
        """Your test toys are all that are not training toys. Toys that were held out for choices (validation) get into
        the test like that: ask for `test_toys`."""
        near, seen = _among(info[:, 2], familiar), _among(info[:, 0], train_toys)
        return seen & near, ~seen & near, ~seen & ~near

    def elevation_for_azimuth(info, train_toys, test_toys, familiar):
        """You look at column 1 of `info`, the elevation. The azimuth is column 2."""
        near = _among(info[:, 1], familiar)
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) & near, tested & near, tested & ~near

    def lighting_for_azimuth(info, train_toys, test_toys, familiar):
        """You look at column 3 of `info`, the lighting. The azimuth is column 2, counted from 0."""
        near = _among(info[:, 3], familiar)
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) & near, tested & near, tested & ~near

    def elevation_for_the_toy(info, train_toys, test_toys, familiar):
        """You take column 1 of `info`, the elevation, for the toy. The instance is column 0."""
        near = _among(info[:, 2], familiar)
        tested = _among(info[:, 1], test_toys)
        return _among(info[:, 1], train_toys) & near, tested & near, tested & ~near

    def columns_counted_from_one(info, train_toys, test_toys, familiar):
        """You take column 1 of `info` for the instance and column 3 for the azimuth. Do you count from 1? Counted from
        0, the instance is column 0 and the azimuth is column 2."""
        near = _among(info[:, 3], familiar)
        tested = _among(info[:, 1], test_toys)
        return _among(info[:, 1], train_toys) & near, tested & near, tested & ~near

    def up_to_the_last(info, train_toys, test_toys, familiar):
        """You ask whether the azimuth is at most the last of `familiar`. That is a list, not a range: 34 and 0 are
        neighbours on the table. Use `torch.isin`."""
        near = info[:, 2] <= familiar[-1]
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) & near, tested & near, tested & ~near

    def from_the_smallest_to_the_largest(info, train_toys, test_toys, familiar):
        """You ask whether the azimuth is between the smallest and the largest of `familiar`. That is a list, not a
        range: 34 and 0 are neighbours on the table, and 6 to 28 are not among them. Use `torch.isin`."""
        near = (info[:, 2] >= familiar.min()) & (info[:, 2] <= familiar.max())
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) & near, tested & near, tested & ~near

    def up_to_40_degrees(info, train_toys, test_toys, familiar):
        """You ask whether the azimuth is at most 4, that is 40°. The front is on both sides of 0, and `familiar` may
        name any azimuths: use `torch.isin`."""
        near = info[:, 2] <= 4
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) & near, tested & near, tested & ~near

    def always_the_front(info, train_toys, test_toys, familiar):
        """You use the front, 300° to 40°, whatever is handed in. The familiar azimuths come as `familiar`."""
        near = _among(info[:, 2], torch.tensor([30, 32, 34, 0, 2, 4]))
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) & near, tested & near, tested & ~near

    def tested_unless_learned(info, train_toys, test_toys, familiar):
        """Your novel test is every test toy that is not in the training mask. That holds its familiar views, too: the
        azimuth must be novel."""
        near, tested = _among(info[:, 2], familiar), _among(info[:, 0], test_toys)
        train = _among(info[:, 0], train_toys) & near
        return train, tested & near, tested & ~train

    def in_degrees(info, train_toys, test_toys, familiar):
        """You multiplied the azimuths by 10 or 20. `familiar` counts as `info` does, in tens of degrees: compare the
        two as they are."""
        near = _among(info[:, 2] * 10, familiar)
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) & near, tested & near, tested & ~near

    def or_for_and(info, train_toys, test_toys, familiar):
        """You combined toy and azimuth with “or”. A row belongs to a mask if BOTH are right: &."""
        near = _among(info[:, 2], familiar)
        tested = _among(info[:, 0], test_toys)
        return _among(info[:, 0], train_toys) | near, tested | near, tested | ~near

    def places_for_masks(info, train_toys, test_toys, familiar):
        """You return the numbers of the rows. Masks are wanted: one True or False for every row, (n,) bool."""
        return tuple(mask.nonzero().flatten() for mask in split_views(info, train_toys, test_toys, familiar))

    def rows_for_masks(info, train_toys, test_toys, familiar):
        """You return the rows themselves. Masks are wanted, one True or False for every row, (n,) bool: with a mask the
        pictures of these rows can be taken, too."""
        return tuple(info[mask] for mask in split_views(info, train_toys, test_toys, familiar))

    def novel_first(info, train_toys, test_toys, familiar):
        """Your two test masks are exchanged: familiar first, then novel."""
        train, near, far = split_views(info, train_toys, test_toys, familiar)
        return train, far, near

    def toys_exchanged(info, train_toys, test_toys, familiar):
        """You exchanged the two lists of toys. The network learns from `train_toys`, and both tests are on
        `test_toys`."""
        return split_views(info, test_toys, train_toys, familiar)

    def compared_with_equals(info, train_toys, test_toys, familiar):
        """`==` compares a column with one value. You want to know for each row whether its value is among several:
        `torch.isin(column, wanted)`."""
        near, tested = info[:, 2] == familiar, info[:, 0] == test_toys
        return (info[:, 0] == train_toys) & near, tested & near, tested & ~near

    def isin_turned_round(info, train_toys, test_toys, familiar):
        """You gave `torch.isin` its two arguments in the wrong order. The column comes first, for the answer has one
        entry for each entry of the first: `torch.isin(column, wanted)`."""
        near, tested = torch.isin(familiar, info[:, 2]), torch.isin(test_toys, info[:, 0])
        return torch.isin(train_toys, info[:, 0]) & near, tested & near, tested & ~near

    def rows_for_columns(info, train_toys, test_toys, familiar):
        """`info[2]` is row 2, a single view. Column 2 of all views is `info[:, 2]`."""
        near, tested = _among(info[2], familiar), _among(info[0], test_toys)
        return _among(info[0], train_toys) & near, tested & near, tested & ~near

    def learned_toys_from_novel_sides(info, train_toys, test_toys, familiar):
        """Your familiar test holds training toys from novel sides. Both tests are on the test toys: the familiar one
        from familiar azimuths."""
        near, seen = _among(info[:, 2], familiar), _among(info[:, 0], train_toys)
        return seen & near, seen & ~near, _among(info[:, 0], test_toys) & ~near

    def in_for_isin(info, train_toys, test_toys, familiar):
        """Python's `in` gives one answer for the whole column. For one answer a row use `torch.isin(column,
        wanted)`."""
        near = info[:, 2] in familiar
        return info[:, 0] in train_toys and near, info[:, 0] in test_toys and near, info[:, 0] in test_toys and not near
