"""Write `read_angle(poses, degrees, new)`: read an azimuth off capsules with least squares. Fit two linear functions,
each with a constant, from poses (n, z) to the sine and to the cosine of `degrees` (n,). Apply them to `new` (m, z), and
turn the two numbers into degrees with atan2, from 0 up to 360. Return (m,)."""

import math

import numpy as np
import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers, uniform

EFFORT = {"minutes": 12, "difficulty": 4, "importance": 5}
HINTS = (
    "Three steps: a table of targets, (n, 2), that has no jump at 360°; one least squares for both columns; and the "
    "way back.",
    "`torch.linalg.lstsq(A, B).solution` minimises ‖A X − B‖. The constant is a column of ones in A, and `new` gets "
    "one, too. Trigonometry wants radians.",
    "With `ones` added, A is (n, z + 1) and X (z + 1, 2). Of the two columns of `B @ X` for the new poses, sine and "
    "cosine, `torch.atan2(sine, cosine)` makes radians from −π to π: then degrees, then `% 360`.",
)
AXES = ("m",)
GRADIENT = False


def read_angle(poses: Tensor, degrees: Tensor, new: Tensor) -> Tensor:
    """poses (n, z) with their angles (n,), and new (m, z) → the angles of the new ones, (m,) in degrees, from 0 up to
    360"""
    angle = torch.deg2rad(degrees.to(poses))
    targets = torch.stack([angle.sin(), angle.cos()], dim=1)  # (n, 2)
    # min_X ‖[poses 1] X − [sin cos]‖
    weights = torch.linalg.lstsq(_with_ones(poses), targets).solution  # (z + 1, 2)
    sine, cosine = (_with_ones(new) @ weights).unbind(dim=1)
    return torch.rad2deg(torch.atan2(sine, cosine)) % 360


reference = read_angle


def oracle(poses, degrees, new):
    """The normal equations, solved by elimination."""
    rows = [[*row, 1.0] for row in poses.tolist()]
    size = len(rows[0])
    angles = [math.radians(d) for d in degrees.tolist()]
    weights = []
    for targets in ([math.sin(a) for a in angles], [math.cos(a) for a in angles]):
        table = [
            [sum(r[p] * r[q] for r in rows) for q in range(size)]
            + [sum(r[p] * t for r, t in zip(rows, targets, strict=True))]
            for p in range(size)
        ]
        for p in range(size):
            best = max(range(p, size), key=lambda q: abs(table[q][p]))
            table[p], table[best] = table[best], table[p]
            for q in range(size):
                if q != p:
                    factor = table[q][p] / table[p][p]
                    table[q] = [x - factor * y for x, y in zip(table[q], table[p], strict=True)]
        weights.append([table[p][-1] / table[p][p] for p in range(size)])
    read = []
    for row in new.tolist():
        sine, cosine = (sum(w * x for w, x in zip(column, [*row, 1.0], strict=True)) for column in weights)
        read.append(math.degrees(math.atan2(sine, cosine)) % 360)
    return torch.tensor(read, dtype=poses.dtype)


def _turning(
    n: int, z: int, seed: int, noise: float = 0.02, first: float = 0, last: float = 360
) -> tuple[Tensor, Tensor]:
    """Poses (n, z) around a mean that is not 0, which turn with their angle, and angles (n,) away from 0 and 360."""
    degrees = first + (last - first) * (0.03 + 0.94 * uniform(n, seed=seed))
    angle = torch.deg2rad(degrees)
    circle = torch.stack([angle.sin(), angle.cos()], dim=1) @ numbers(2, z, seed=1000 + z)
    return 0.3 * circle + 0.5 + noise * numbers(n, z, seed=seed + 1), degrees


def cases():
    found = []
    for says, n, m, z, options in (
        ("40 poses of 6 numbers", 40, 7, 6, {}),
        ("60 poses of 4 numbers, noisy", 60, 9, 4, {"noise": 0.15}),
        ("30 poses from the left half alone", 30, 5, 3, {"first": 180}),
        ("20 poses that hardly hold the angle", 20, 6, 3, {"noise": 1.5}),
        ("poses that hold the angle exactly, but for their mean", 25, 1, 3, {"noise": 1e-2}),
    ):
        poses, degrees = _turning(n, z, seed=n, **options)
        found.append(case(says, poses, degrees, _turning(m, z, seed=n + 5, **options)[0], atol=0.05))
    exact = [part.double() for part in (*_turning(20, 5, seed=77), _turning(4, 5, seed=78)[0])]
    return [*found, case("float64", *exact, atol=0.05)]


def _from_0_to_360(item, value):
    if value.ndim == 1 and len(value) and value.min() < -1e-3 and value.max() > 4:
        return f"{value.min():.4g} is among your angles. From 0 up to 360: % 360 brings −90 to 270."
    return None


properties = (_from_0_to_360,)


def _with_ones(poses: Tensor) -> Tensor:
    return torch.cat([poses, torch.ones_like(poses[:, :1])], dim=1)


def _targets(degrees: Tensor) -> Tensor:
    return torch.stack([torch.deg2rad(degrees).sin(), torch.deg2rad(degrees).cos()], dim=1)


def _fitted(poses: Tensor, targets: Tensor, new: Tensor) -> Tensor:
    return _with_ones(new) @ torch.linalg.lstsq(_with_ones(poses), targets).solution


def _degrees(sine: Tensor, cosine: Tensor) -> Tensor:
    return torch.rad2deg(torch.atan2(sine, cosine)) % 360


class right:
    def by_the_pseudoinverse(poses, degrees, new):
        read = _with_ones(new) @ (torch.linalg.pinv(_with_ones(poses)) @ _targets(degrees))
        return _degrees(read[:, 0], read[:, 1])

    def centred(poses, degrees, new):
        targets, middle = _targets(degrees), poses.mean(dim=0)
        weights = torch.linalg.lstsq(poses - middle, targets - targets.mean(dim=0)).solution
        read = (new - middle) @ weights + targets.mean(dim=0)
        return _degrees(*read.T)

    def with_numpy(poses, degrees, new):
        a = np.column_stack([poses.numpy(), np.ones(len(poses))])
        angle = np.radians(degrees.numpy())
        weights = np.linalg.lstsq(a, np.column_stack([np.cos(angle), np.sin(angle)]), rcond=None)[0]
        cosine, sine = (np.column_stack([new.numpy(), np.ones(len(new))]) @ weights).T
        return torch.from_numpy(np.degrees(np.arctan2(sine, cosine)) % 360).to(poses.dtype)

    def two_fits(poses, degrees, new):
        sine, cosine = (_fitted(poses, column[:, None], new)[:, 0] for column in _targets(degrees).T)
        turn = torch.atan2(sine, cosine)
        turn = torch.where(turn < 0, turn + 2 * math.pi, turn)
        return turn * 180 / math.pi


class wrong:
    def degrees_themselves(poses, degrees, new):
        """You fit the angle itself. 359° and 1° are neighbours on the table and far apart as numbers (in radians, too),
        so the fit meets in the middle: fit sine and cosine."""
        return _fitted(poses, degrees[:, None], new)[:, 0]

    def no_constant(poses, degrees, new):
        """Your fit has no constant. The poses of a class have a mean that is not 0: add a column of ones, to both."""
        return _degrees(*(new @ torch.linalg.lstsq(poses, _targets(degrees)).solution).T)

    def sine_and_cosine_exchanged(poses, degrees, new):
        """You gave atan2 the cosine first. It is `atan2(sine, cosine)`: y comes before x."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return _degrees(cosine, sine)

    def in_radians(poses, degrees, new):
        """Your angles are in radians. Degrees are wanted: `torch.rad2deg`."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.atan2(sine, cosine) % (2 * math.pi)

    def in_radians_with_a_sign(poses, degrees, new):
        """Your angles are in radians, from −π to π. Degrees from 0 up to 360 are wanted."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.atan2(sine, cosine)

    def remainder_of_radians(poses, degrees, new):
        """atan2 gives radians, and you took them `% 360` as they are. Make degrees of them first: `torch.rad2deg`."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.atan2(sine, cosine) % 360

    def remainder_by_2_pi(poses, degrees, new):
        """You took degrees `% (2π)`. Once they are degrees, a whole turn is 360."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.rad2deg(torch.atan2(sine, cosine)) % (2 * math.pi)

    def solution_not_taken_out(poses, degrees, new):
        """`torch.linalg.lstsq` gives several things at once, with names. The weights are its `.solution`."""
        return _degrees(*(_with_ones(new) @ torch.linalg.lstsq(_with_ones(poses), _targets(degrees))).T)

    def from_minus_180(poses, degrees, new):
        """Your angles go from −180 to 180. From 0 up to 360 is wanted: `% 360` at the end."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.rad2deg(torch.atan2(sine, cosine))

    def half_a_turn_added(poses, degrees, new):
        """Every angle of yours is off by half a turn. Did you add 180 to get rid of the minus? `% 360` adds 360, and
        only to those below 0."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.rad2deg(torch.atan2(sine, cosine)) + 180

    def size_of_the_angle(poses, degrees, new):
        """None of your angles is above 180: left and right are the same to you. Did you take the absolute value? −90 is
        270, not 90: `% 360` at the end. Or did you take `acos` where `atan2` belongs?"""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.rad2deg(torch.atan2(sine, cosine)).abs()

    def remainder_by_180(poses, degrees, new):
        """None of your angles is above 180: a direction and its opposite are the same to you. Did you take the
        remainder by 180? A whole turn is 360. Or did you take `atan` where `atan2` belongs?"""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.rad2deg(torch.atan2(sine, cosine)) % 180

    def sine_of_degrees(poses, degrees, new):
        """You took the sine of degrees. `sin` and `cos` want radians: `torch.deg2rad` first."""
        sine, cosine = _fitted(poses, torch.stack([degrees.sin(), degrees.cos()], dim=1), new).T
        return _degrees(sine, cosine)

    def sine_alone(poses, degrees, new):
        """You use the sine alone. 30° and 150° have the same: without the cosine you cannot tell front from back."""
        sine = _fitted(poses, _targets(degrees), new)[:, 0]
        return torch.rad2deg(torch.asin(sine.clamp(-1, 1))) % 360

    def cosine_alone(poses, degrees, new):
        """You use the cosine alone. 30° and 330° have the same: without the sine you cannot tell left from right."""
        cosine = _fitted(poses, _targets(degrees), new)[:, 1]
        return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))

    def tangent(poses, degrees, new):
        """You took atan of sine over cosine. It cannot tell a direction from its opposite: atan2 sees both signs."""
        sine, cosine = _fitted(poses, _targets(degrees), new).T
        return torch.rad2deg(torch.atan(sine / cosine)) % 360

    def of_the_training_poses(poses, degrees, new):
        """You read the angles of the poses that you fitted. Read those of `new`."""
        return _degrees(*_fitted(poses, _targets(degrees), poses).T)

    def sine_and_cosine_returned(poses, degrees, new):
        """You return sine and cosine. One angle for each new pose is wanted: atan2."""
        return _fitted(poses, _targets(degrees), new)

    def ones_for_the_fit_alone(poses, degrees, new):
        """Your new poses lack the column of ones that the fit had. Give both the same columns."""
        return _degrees(*(new @ torch.linalg.lstsq(_with_ones(poses), _targets(degrees)).solution[:-1]).T)

    def ones_forgotten_for_new(poses, degrees, new):
        """Your fit has z + 1 numbers for each target, one for the column of ones, and `new` has z. Give `new` its
        column of ones, too."""
        return _degrees(*(new @ torch.linalg.lstsq(_with_ones(poses), _targets(degrees)).solution).T)

    def each_by_its_own_mean(poses, degrees, new):
        """You centre `new` by its own mean. Then the angle of a pose depends on which others are read beside it, and a
        single one is read as nothing. Subtract the mean of `poses`, the set that you fit, from both."""
        targets, middle = _targets(degrees), poses.mean(dim=0)
        weights = torch.linalg.lstsq(poses - middle, targets - targets.mean(dim=0)).solution
        read = (new - new.mean(dim=0)) @ weights + targets.mean(dim=0)
        return _degrees(*read.T)

    def by_its_own_mean_without_a_constant(poses, degrees, new):
        """You centre `poses` and `new`, each by its own mean. Then the angle of a pose depends on which others are read
        beside it. Keep the mean of `poses`, the set that you fit, or add a column of ones to both."""
        weights = torch.linalg.lstsq(poses - poses.mean(dim=0), _targets(degrees)).solution
        return _degrees(*((new - new.mean(dim=0)) @ weights).T)

    def nearest_pose(poses, degrees, new):
        """You take the angle of the nearest pose. That is a memory, not a linear map: what is wanted is least
        squares."""
        return degrees[torch.cdist(new, poses).argmin(dim=1)]
