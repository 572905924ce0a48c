"""Lesson 01: the length of a capsule, a pose measured by hand, and what equivariance means."""

from collections.abc import Callable

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers

# --- lengths ----------------------------------------------------------------------------------------------


def _lengths_cases() -> list[Case]:
    return [
        case("capsules of shape (b=2, j=3, z=6)", numbers(2, 3, 6)),
        case("the two vectors (-3, 4) and (0.3, -0.4)", torch.tensor([[-3.0, 4.0], [0.3, -0.4]])),
        case("a batch of 1", numbers(1, 3, 6, seed=1)),
        # √(0 + eps) is 0.0001 with our eps, and 0 for those who treat zero apart
        case("capsules with a zero vector among them", torch.cat([numbers(1, 3, 4), torch.zeros(1, 3, 4)]), atol=2e-4),
        case("vectors of length about 1000", numbers(2, 3, 6, seed=2, scale=400.0)),
        case("float64 vectors", numbers(2, 3, 6, seed=3).double()),
    ]


def _between_the_largest_and_the_sum(item: Case, value: Tensor) -> str | None:
    v = item.args[0].abs()
    slack = 1e-3 * (1 + v.sum(-1))
    if bool((value < v.amax(-1) - slack).any()):
        return "a length is smaller than one of the entries of its vector, which cannot be."
    return (
        "a length is greater than all its entries laid end to end." if bool((value > v.sum(-1) + slack).any()) else None
    )


def no_root(v, eps=1e-8):
    return (v * v).sum(-1) + eps


def batch_axis(v, eps=1e-8):
    return ((v * v).sum(0) + eps).sqrt()


def capsule_axis(v, eps=1e-8):
    return ((v * v).sum(1) + eps).sqrt()


def always_axis_2(v, eps=1e-8):
    return ((v * v).sum(2) + eps).sqrt()


def one_length_for_all(v, eps=1e-8):
    return ((v * v).sum() + eps).sqrt()


def keepdim_left(v, eps=1e-8):
    return ((v * v).sum(-1, keepdim=True) + eps).sqrt()


def sum_of_absolutes(v, eps=1e-8):
    return v.abs().sum(-1)


def sum_of_entries(v, eps=1e-8):
    return v.sum(-1)


def largest_entry(v, eps=1e-8):
    return v.abs().amax(-1)


def root_mean_square(v, eps=1e-8):
    return ((v * v).mean(-1) + eps).sqrt()


def root_without_eps(v, eps=1e-8):
    return (v * v).sum(-1).sqrt()


def half_the_square(v, eps=1e-8):
    return ((v * v).sum(-1) + eps) ** 1 / 2


def squared_in_place(v, eps=1e-8):
    v *= v
    return (v.sum(-1) + eps).sqrt()


def length_detached(v, eps=1e-8):
    return ((v * v).sum(-1) + eps).sqrt().detach()


LENGTHS = Exercise(
    id="01-lengths",
    goal=(
        "Write `lengths(v, eps=1e-8)`: the length √(Σ v²) of every vector along the last axis, so that (b, j, z) "
        "becomes (b, j). With `eps` under the root, so that the gradient at a zero vector is finite."
    ),
    reference=functional.lengths,
    oracle=oracles.lengths,
    axes=("",),
    cases=_lengths_cases,
    properties=(_between_the_largest_and_the_sum,),
    mutants=(
        Mutant(no_root, "You return the squared length. Pythagoras ends with a square root."),
        Mutant(
            half_the_square,
            "`**1/2` is read as (…**1)/2, half the squared length. Write `**0.5`, or `.sqrt()`.",
        ),
        Mutant(
            squared_in_place,
            "You squared v in place (`*=`, `**=`): whoever holds v now holds something else. Write `v * v`.",
        ),
        Mutant(
            batch_axis,
            "You summed along axis 0: that mixes different images. The entries of one vector lie along the last axis.",
        ),
        Mutant(
            capsule_axis,
            "You summed along axis 1, over the capsules: that mixes different things. The entries of one vector lie "
            "along the last axis, dim=-1.",
        ),
        Mutant(
            always_axis_2,
            "You always sum along axis 2. The vectors may come as (b, j, z) or as (j, z): count from the end, dim=-1.",
        ),
        Mutant(one_length_for_all, "You took one length for everything. Sum along the last axis only: dim=-1."),
        Mutant(
            keepdim_left,
            "Your lengths still carry an axis of size 1: (b, j, 1) where (b, j) is asked. Leave out keepdim=True.",
        ),
        Mutant(
            sum_of_absolutes,
            "You added the absolute entries, as a taxi drives. The length is the straight line: squares, then a root.",
        ),
        Mutant(
            sum_of_entries,
            "You added the entries, so that −3 and 4 give 1. Square them first: a length does not care about signs.",
        ),
        Mutant(largest_entry, "You took the largest entry. Every entry of a vector adds to its length."),
        Mutant(
            root_mean_square,
            "You took the mean of the squares, so that a vector with more entries counts for less. Take their sum.",
        ),
        Mutant(
            root_without_eps,
            "The values are right, but at a zero vector the gradient is NaN: the slope of √x at 0 is infinite. "
            "Add eps under the root; added after it, it comes too late.",
        ),
        Mutant(
            length_detached,
            "The values are right, but no gradient passes: look for .detach(), .data, .item() or torch.no_grad().",
        ),
    ),
    hints=(
        "Pythagoras, with as many sides as the vector has entries.",
        "Square, sum along the last axis, take the root. The sum takes that axis away, which is what you want here.",
        "`(v * v).sum(dim=-1)` is the squared length. Add eps to it, then `.sqrt()`.",
    ),
    minutes=5,
    difficulty=1,
    importance=5,
)


# --- pose -------------------------------------------------------------------------------------------------


def pose(image: Tensor, eps: float = 1e-8) -> Tensor:
    """Where the ink lies and how it leans. image (b, h, w) → (b, 3): mean column x, mean row y, slant

    The slant says by how many columns the ink moves to the right per row downwards. `eps` makes it 0 where
    there is no ink, or ink in one row only.
    """
    x, y = _columns_and_rows(image)
    mass = image.sum(dim=(1, 2)) + eps  # (b,)
    # x̄ = Σ ink·x / Σ ink, ȳ = Σ ink·y / Σ ink
    mean_x = (image * x).sum(dim=(1, 2)) / mass
    mean_y = (image * y).sum(dim=(1, 2)) / mass
    dx = x - mean_x[:, None, None]  # (b, 1, w)
    dy = y - mean_y[:, None, None]  # (b, h, 1)
    # slant = cov(x, y) / var(y)
    covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
    variance = (image * dy * dy).sum(dim=(1, 2)) / mass
    return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)


def _columns_and_rows(image: Tensor) -> tuple[Tensor, Tensor]:
    """x (w,) and y (h, 1): both line up with (b, h, w)."""
    h, w = image.shape[1:]
    return torch.arange(w, dtype=image.dtype), torch.arange(h, dtype=image.dtype)[:, None]


def _toy() -> Tensor:
    """The 5×5 picture of the lesson."""
    picture = torch.zeros(5, 5)
    picture[1] = torch.tensor([0, 0, 0, 0.5, 1])
    picture[2, 3] = 1
    picture[3] = torch.tensor([0, 0, 1, 0.5, 0])
    return picture


def _pose_cases() -> list[Case]:
    dash = torch.zeros(1, 5, 7)
    dash[0, 3, 1:5] = 1
    return [
        case("images of shape (b=2, h=5, w=6)", numbers(2, 5, 6).abs()),
        case("the 5×5 picture worked by hand", _toy()[None]),
        case("a batch of 1, higher than wide", numbers(1, 7, 4, seed=1).abs()),
        case("an image with brightnesses up to 255", 255 * numbers(2, 5, 6, seed=2).sigmoid()),
        case("an empty image, whose pose shall be (0, 0, 0)", torch.zeros(1, 5, 6)),
        case("a horizontal dash, whose slant shall be 0", dash),
        case("float64 images", numbers(2, 5, 6, seed=3).abs().double()),
    ]


def _inside_the_image(item: Case, value: Tensor) -> str | None:
    _, h, w = item.args[0].shape
    for name, mean, size in (("mean x", value[:, 0], w), ("mean y", value[:, 1], h)):
        if bool((mean < -0.01).any() or (mean > size - 0.99).any()):
            return f"{name} lies outside the image: it must be between 0 and {size - 1}."
    return None


def _moments(image: Tensor, x: Tensor, y: Tensor, mass: Tensor) -> tuple[Tensor, ...]:
    """Mean x, mean y, cov(x, y), var(x), var(y), each (b,), for mutants that spoil one ingredient."""

    def mean(values: Tensor) -> Tensor:
        return (image * values).sum(dim=(1, 2)) / mass

    mean_x, mean_y = mean(x), mean(y)
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    return mean_x, mean_y, mean(dx * dy), mean(dx * dx), mean(dy * dy)


def _pose_of(image: Tensor, x: Tensor, y: Tensor, mass: Tensor, eps: float) -> Tensor:
    mean_x, mean_y, covariance, _, variance = _moments(image, x, y, mass)
    return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)


def _mass(image: Tensor, eps: float) -> Tensor:
    return image.sum(dim=(1, 2)) + eps


def x_and_y_exchanged(image, eps=1e-8):
    return pose(image, eps)[:, [1, 0, 2]]


def not_divided_by_the_mass(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    return _pose_of(image, x, y, torch.ones(len(image), dtype=image.dtype), eps)


def every_lit_pixel_the_same(image, eps=1e-8):
    return pose((image > 0).to(image.dtype), eps)


def divided_by_lit_pixels(image, eps=1e-8):
    return _pose_of(image, *_columns_and_rows(image), _mass((image > 0).to(image.dtype), eps), eps)


def divided_by_all_pixels(image, eps=1e-8):
    return _pose_of(image, *_columns_and_rows(image), _mass(torch.ones_like(image), eps), eps)


def one_mass_for_the_batch(image, eps=1e-8):
    return _pose_of(image, *_columns_and_rows(image), image.sum() + eps, eps)


def one_mass_without_eps(image, eps=1e-8):
    return _pose_of(image, *_columns_and_rows(image), image.sum(), eps)


def counted_from_one(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    return _pose_of(image, x + 1, y + 1, _mass(image, eps), eps)


def y_upwards(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    return _pose_of(image, x, image.shape[1] - 1 - y, _mass(image, eps), eps)


def measured_from_the_middle(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    h, w = image.shape[1:]
    return _pose_of(image, x - (w - 1) / 2, y - (h - 1) / 2, _mass(image, eps), eps)


def fractions_of_the_size(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    h, w = image.shape[1:]
    return _pose_of(image, x / (w - 1), y / (h - 1), _mass(image, eps), eps)


def brightest_pixel(image, eps=1e-8):
    place = image.flatten(1).argmax(dim=1)
    x, y = place % image.shape[2], place // image.shape[2]
    return torch.stack([x.to(image.dtype), y.to(image.dtype), pose(image, eps)[:, 2]], dim=1)


def rows_per_column(image, eps=1e-8):
    mean_x, mean_y, covariance, variance_x, _ = _moments(image, *_columns_and_rows(image), _mass(image, eps))
    return torch.stack([mean_x, mean_y, covariance / (variance_x + eps)], dim=1)


def covariance_not_divided(image, eps=1e-8):
    mass = _mass(image, eps)
    mean_x, mean_y, covariance, _, variance = _moments(image, *_columns_and_rows(image), mass)
    return torch.stack([mean_x, mean_y, covariance * mass / (variance + eps)], dim=1)


def covariance_alone(image, eps=1e-8):
    mean_x, mean_y, covariance, _, _ = _moments(image, *_columns_and_rows(image), _mass(image, eps))
    return torch.stack([mean_x, mean_y, covariance], dim=1)


def correlation(image, eps=1e-8):
    mean_x, mean_y, covariance, variance_x, variance = _moments(image, *_columns_and_rows(image), _mass(image, eps))
    return torch.stack([mean_x, mean_y, covariance / (variance_x * variance + eps).sqrt()], dim=1)


def divided_by_the_spread(image, eps=1e-8):
    mean_x, mean_y, covariance, _, variance = _moments(image, *_columns_and_rows(image), _mass(image, eps))
    return torch.stack([mean_x, mean_y, covariance / (variance.sqrt() + eps)], dim=1)


def means_not_taken_off(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
    slant = (image * x * y).sum(dim=(1, 2)) / ((image * y * y).sum(dim=(1, 2)) + eps)
    return torch.stack([mean_x, mean_y, slant], dim=1)


def covariance_unweighted(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    slant = (dx * dy).sum(dim=(1, 2)) / ((dy * dy).expand_as(image).sum(dim=(1, 2)) + eps)
    return torch.stack([mean_x, mean_y, slant], dim=1)


def angle_in_radians(image, eps=1e-8):
    mean_x, mean_y, slant = pose(image, eps).unbind(dim=1)
    return torch.stack([mean_x, mean_y, slant.atan()], dim=1)


def slant_with_the_other_sign(image, eps=1e-8):
    return pose(image, eps) * torch.tensor([1, 1, -1])


def slant_without_a_sign(image, eps=1e-8):
    mean_x, mean_y, slant = pose(image, eps).unbind(dim=1)
    return torch.stack([mean_x, mean_y, slant.abs()], dim=1)


def no_eps(image, eps=1e-8):
    return _pose_of(image, *_columns_and_rows(image), image.sum(dim=(1, 2)), 0.0)


def no_eps_under_the_covariance(image, eps=1e-8):
    return _pose_of(image, *_columns_and_rows(image), _mass(image, eps), 0.0)


def columns_numbered_by_the_height(image, eps=1e-8):
    h, w = image.shape[1:]
    x, y = torch.arange(h, dtype=image.dtype), torch.arange(w, dtype=image.dtype)[:, None]
    return _pose_of(image, x, y, _mass(image, eps), eps)


def rows_laid_along_the_columns(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    return _pose_of(image, x, y.squeeze(1), _mass(image, eps), eps)


def means_without_axes(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
    dx, dy = x - mean_x, y - mean_y
    slant = (image * dx * dy).sum(dim=(1, 2)) / ((image * dy * dy).sum(dim=(1, 2)) + eps)
    return torch.stack([mean_x, mean_y, slant], dim=1)


def means_one_axis_short(image, eps=1e-8):
    x, y = _columns_and_rows(image)
    mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
    dx, dy = x - mean_x[:, None], y - mean_y[:, None]
    slant = (image * dx * dy).sum(dim=(1, 2)) / ((image * dy * dy).sum(dim=(1, 2)) + eps)
    return torch.stack([mean_x, mean_y, slant], dim=1)


def stacked_the_other_way(image, eps=1e-8):
    return pose(image, eps).T


def joined_end_to_end(image, eps=1e-8):
    return torch.cat(pose(image, eps).unbind(dim=1))


def joined_along_axis_1(image, eps=1e-8):
    return torch.cat(pose(image, eps).unbind(dim=1), dim=1)


def three_tensors(image, eps=1e-8):
    return pose(image, eps).unbind(dim=1)


POSE = Exercise(
    id="01-pose",
    goal=(
        "Write `pose(image, eps=1e-8)` for a whole batch: images (b, h, w) become poses (b, 3), each with the mean "
        "column, the mean row and the slant cov(x, y)/var(y), weighted by brightness. No loops. "
        "`eps` is added to what you divide by, so that an empty image has the pose (0, 0, 0)."
    ),
    reference=pose,
    oracle=oracles.pose,
    axes=("b z",),
    cases=_pose_cases,
    properties=(_inside_the_image,),
    mutants=(
        Mutant(
            x_and_y_exchanged,
            "You exchanged x and y. The mean column, x, comes first; in (b, h, w) the columns are the LAST axis.",
        ),
        Mutant(
            not_divided_by_the_mass,
            "You summed place times ink and stopped. A mean is that sum divided by the mass, else twice as bright is "
            "twice as far.",
        ),
        Mutant(
            every_lit_pixel_the_same,
            "You count every lit pixel the same. Weigh it by its brightness, else a grey edge pulls like a stroke.",
        ),
        Mutant(
            divided_by_lit_pixels,
            "You divided by the number of lit pixels. The weights are the ink: divide by the sum of their brightness.",
        ),
        Mutant(
            divided_by_all_pixels,
            "You divided by the number of pixels (.mean does). The weights are the ink: divide by the mass, their sum.",
        ),
        Mutant(
            one_mass_for_the_batch,
            "You divided by the mass of the whole batch, so an image's pose depends on its companions. Sum over "
            "dim=(1, 2) only.",
        ),
        Mutant(
            one_mass_without_eps,
            "image.sum() adds up the ink of the whole batch, and an empty image gives 0/0. Every image has a mass of "
            "its own, image.sum(dim=(1, 2)) + eps.",
        ),
        Mutant(
            counted_from_one,
            "You number rows and columns from 1. The first of each is number 0, as everywhere in Python.",
        ),
        Mutant(
            y_upwards,
            "You let y grow upwards, as in geometry. In an image, row 0 is at the top and y grows downwards.",
        ),
        Mutant(
            measured_from_the_middle,
            "You measure from the middle of the image. Here the place (0, 0) is the top left pixel.",
        ),
        Mutant(
            fractions_of_the_size,
            "You return fractions of the image's size. x and y are asked in pixels, so that a shift by 3 adds 3.",
        ),
        Mutant(
            brightest_pixel,
            "You return the place of the brightest pixel. One pixel is not the digit: take the mean over all ink.",
        ),
        Mutant(
            rows_per_column,
            "You divided by var(x): that is rows per column. A slant in columns per row divides by var(y).",
        ),
        Mutant(
            covariance_not_divided,
            "Your covariance is a sum, your variance a mean. Divide the covariance by the mass, too.",
        ),
        Mutant(
            covariance_alone,
            "You return cov(x, y) itself, which grows with the digit. Divide it by var(y) to get columns per row.",
        ),
        Mutant(
            correlation,
            "You return the correlation: divided by both spreads, it is at most 1. Divide by var(y) alone.",
        ),
        Mutant(
            divided_by_the_spread,
            "You divided by the spread of y, the root of var(y), so that the slant is in pixels. Leave out the root.",
        ),
        Mutant(
            means_not_taken_off,
            "You used x and y themselves in the slant, so that a mere shift changes it. Subtract the means first.",
        ),
        Mutant(
            covariance_unweighted,
            "Your slant forgets the ink: it is a property of the image's frame. Weigh dx·dy and dy² by brightness.",
        ),
        Mutant(
            angle_in_radians,
            "You return an angle. The slant is its tangent, cov/var: a shear adds to the tangent, not to the angle.",
        ),
        Mutant(
            slant_with_the_other_sign,
            "Your slant has the wrong sign. Here y grows downwards, so a digit that leans right, like /, is negative.",
        ),
        Mutant(
            slant_without_a_sign,
            "Your slant has lost its sign, so that leaning left and leaning right look the same. Leave out abs.",
        ),
        Mutant(
            no_eps,
            "An empty image has mass 0, and 0/0 is NaN. Add eps to the mass and to the variance before you divide.",
        ),
        Mutant(
            no_eps_under_the_covariance,
            "The mass is safe, but without ink, or with ink in one row only, the variance is 0: 0/0 is NaN. Add eps.",
        ),
        Mutant(
            columns_numbered_by_the_height,
            "You numbered the columns with h and the rows with w. The columns run along the width w, the rows along h.",
        ),
        Mutant(
            rows_laid_along_the_columns,
            "Your y has shape (h,), which lines up with the columns. Stand it up: y[:, None] has shape (h, 1).",
        ),
        Mutant(
            means_without_axes,
            "The means have shape (b,) and do not line up with pixels. Give them two axes: mean_x[:, None, None].",
        ),
        Mutant(
            means_one_axis_short,
            "mean_x[:, None] has shape (b, 1), one axis short of (b, h, w). It needs two: mean_x[:, None, None].",
        ),
        Mutant(
            stacked_the_other_way,
            "Your result is (3, b). Stack the three along dim=1, so that every image has a row: (b, 3).",
        ),
        Mutant(
            joined_end_to_end,
            "You joined the three end to end: (3·b,). torch.cat makes no new axis; torch.stack(…, dim=1) does.",
        ),
        Mutant(
            joined_along_axis_1,
            "torch.cat joins along an axis that is already there, and (b,) has no axis 1. torch.stack makes a new one.",
        ),
        Mutant(three_tensors, "You return three tensors. Make one of them: torch.stack([…], dim=1)."),
    ),
    hints=(
        "Do what the loop does, with tensors that hold the column and the row of every pixel.",
        "`x = torch.arange(w, dtype=image.dtype)` has shape (w,), y the shape (h, 1): both broadcast against "
        "(b, h, w). Every sum is over dim=(1, 2).",
        "`mean_x = (image * x).sum(dim=(1, 2)) / mass`, likewise mean_y; `dx = x - mean_x[:, None, None]`, likewise "
        "dy; covariance `(image * dx * dy).sum(dim=(1, 2)) / mass`, variance with `dy * dy`. Stack along dim=1.",
    ),
    minutes=12,
    difficulty=3,
    importance=4,
    gradient=False,  # a measurement; at an empty image its slope depends on where exactly eps stands
)


# --- equivariance -----------------------------------------------------------------------------------------


def equivariance_error(f: Callable, move: Callable, move_pose: Callable, image: Tensor) -> Tensor:
    """How far f is from being equivariant, on these images: the largest difference, a scalar.

    f           images (b, h, w) → features (b, …)
    move        images → moved images
    move_pose   features → what the features of the moved images ought to be
    """
    # max | f(move(image)) − move_pose(f(image)) |
    return (f(move(image)) - move_pose(f(image))).abs().max()


def _right(image: Tensor) -> Tensor:
    return image.roll(1, dims=2)


def _mean_ink(image: Tensor) -> Tensor:
    return image.mean(dim=(1, 2))


def _columns(image: Tensor) -> Tensor:
    return image.sum(dim=1)  # (b, w)


def _equivariance_cases() -> list[Case]:
    images = numbers(2, 5, 6)
    return [
        case(
            "f = column sums, move = one column to the right, move_pose = the list of sums one place on (error 0)",
            _columns,
            _right,
            lambda sums: sums.roll(1, dims=1),
            images,
        ),
        case(
            "f = the mean brightness, move = half as bright, move_pose = plus 3 (a wrong rule)",
            _mean_ink,
            lambda image: image / 2,
            lambda mean: mean + 3,
            images,
        ),
        case(
            "f = column sums, move = one column to the right, move_pose = the list two places on (a wrong rule)",
            _columns,
            _right,
            lambda sums: sums.roll(2, dims=1),
            numbers(2, 5, 6, seed=1),
        ),
        case(
            "f = row sums, move = upside down, move_pose = nothing changes (a wrong rule), a batch of 1",
            lambda image: image.sum(dim=2),
            lambda image: image.flip(1),
            lambda sums: sums,
            numbers(1, 5, 6, seed=2),
        ),
        case(
            "f = the largest pixel, move = 2·image + 1, move_pose = 2·pixel + 1 (error 0), float64",
            lambda image: image.amax(dim=(1, 2)),
            lambda image: 2 * image + 1,
            lambda pixel: 2 * pixel + 1,
            numbers(2, 5, 6, seed=3).double(),
        ),
    ]


def _never_negative(item: Case, value: Tensor) -> str | None:
    return "the error is negative; how far two numbers are apart never is." if bool(value < 0) else None


def invariance_instead(f, move, move_pose, image):
    return (f(move(image)) - f(image)).abs().max()


def moved_twice(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(move(image)))).abs().max()


def pose_of_the_moved_image_moved(f, move, move_pose, image):
    return (move_pose(f(move(image))) - f(image)).abs().max()


def nothing_moved_but_the_pose(f, move, move_pose, image):
    return (f(image) - move_pose(f(image))).abs().max()


def f_forgotten(f, move, move_pose, image):
    return (move(image) - move_pose(image)).abs().max()


def relative_error(f, move, move_pose, image):
    expected = move_pose(f(image))
    return (f(move(image)) - expected).abs().max() / expected.abs().max()


def relative_to_each(f, move, move_pose, image):
    expected = move_pose(f(image))
    return ((f(move(image)) - expected) / expected).abs().max()


def image_move_on_the_pose(f, move, move_pose, image):
    return (f(move(image)) - move(f(image))).abs().max()


def no_absolute_value(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).max()


def absolute_value_too_late(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).max().abs()


def mean_with_signs(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).mean().abs()


def sum_with_signs(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).sum().abs()


def mean_of_the_differences(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).abs().mean()


def sum_of_the_differences(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).abs().sum()


def straight_line_distance(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).square().sum().sqrt()


def mean_of_the_squares(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).square().mean()


def difference_of_the_maxima(f, move, move_pose, image):
    return (f(move(image)).max() - move_pose(f(image)).max()).abs()


def one_error_per_image(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).abs().flatten(1).amax(dim=1)


def every_difference(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).abs()


def yes_or_no(f, move, move_pose, image):
    return torch.allclose(f(move(image)), move_pose(f(image)))


def python_number(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).abs().max().item()


EQUIVARIANCE_ERROR = Exercise(
    id="01-equivariance-error",
    goal=(
        "Write `equivariance_error(f, move, move_pose, image)`: the largest absolute difference between the two ways "
        "round the square, f(move(image)) and move_pose(f(image)). `f`, `move` and `move_pose` are functions, and "
        "the answer is a tensor with one number."
    ),
    reference=equivariance_error,
    oracle=oracles.equivariance_error,
    axes=("",),
    cases=_equivariance_cases,
    properties=(_never_negative,),
    mutants=(
        Mutant(
            invariance_instead,
            "You compare with f(image) itself: that measures invariance. Let move_pose act on f(image) first.",
        ),
        Mutant(
            moved_twice,
            "You moved the image on both sides. On the side of move_pose, f sees the image as it was.",
        ),
        Mutant(
            pose_of_the_moved_image_moved,
            "One side has moved twice, the other not at all. Each way round the square moves once: move then f, or f "
            "then move_pose.",
        ),
        Mutant(
            nothing_moved_but_the_pose,
            "You never moved the image, so you measure how much move_pose does. The first way is f(move(image)).",
        ),
        Mutant(
            f_forgotten,
            "You compare images: f is missing. Both ways round the square lead through it, f(move(image)) and "
            "move_pose(f(image)).",
        ),
        Mutant(
            relative_error,
            "You divided by the largest pose, so that the error has no unit. The difference itself is asked.",
        ),
        Mutant(
            relative_to_each,
            "You divided every difference by its pose, which may be 0. The difference itself is asked.",
        ),
        Mutant(
            image_move_on_the_pose,
            "You applied `move` to the pose. It moves images; the rule for poses is `move_pose`.",
        ),
        Mutant(
            no_absolute_value,
            "You forgot the absolute value: of two differences −3 and 0.1, the larger one is 0.1.",
        ),
        Mutant(
            absolute_value_too_late,
            "You took the maximum before the absolute value: it finds 0.1 where the difference −3 is waiting.",
        ),
        Mutant(mean_with_signs, "You averaged signed differences, so that +1 and −1 cancel to “perfect”."),
        Mutant(sum_with_signs, "You added signed differences, so that +1 and −1 cancel. Take abs() of each first."),
        Mutant(
            mean_of_the_differences,
            "You average the differences, so that one broken entry hides among good ones. Take the largest.",
        ),
        Mutant(
            sum_of_the_differences,
            "You add the differences up, so that a bigger batch looks worse. Take the largest.",
        ),
        Mutant(
            straight_line_distance,
            "You took the root of the summed squares: a fair distance, but the largest difference is asked.",
        ),
        Mutant(
            mean_of_the_squares,
            "You took the mean squared error, whose unit is pixels². Take the largest absolute difference.",
        ),
        Mutant(
            difference_of_the_maxima,
            "You compare the two maxima, which may sit in different entries. Subtract first, entry by entry.",
        ),
        Mutant(one_error_per_image, "You return one error per image. One number for the whole batch is asked."),
        Mutant(every_difference, "You return every difference. Take the largest of them: .max()."),
        Mutant(yes_or_no, "You answer yes or no. The question is how far the two ways are apart."),
        Mutant(python_number, "You return a Python number. Leave out .item(), so that the answer stays a tensor."),
    ),
    hints=(
        "Two ways lead round the square. Write both down, then compare them.",
        "One way is f(move(image)), the other move_pose(f(image)). Each moves exactly once.",
        "Subtract one from the other, then `.abs().max()`.",
    ),
    minutes=6,
    difficulty=2,
    importance=5,
    gradient=False,  # a measurement, not a loss
)

EXERCISES = (LENGTHS, POSE, EQUIVARIANCE_ERROR)

QUESTIONS = {
    "01-max-pool": {
        "a": "Yes. The best match is found at another place, and the maximum does not ask where. Run the next cell.",
        "b": "You think of a detector that sits in one place. This one looks everywhere and keeps the best score.",
        "c": "You expect the shift to leave a trace. It would, in the map of scores; the maximum wipes it out.",
    },
    "01-parts": {
        "a": "You feel that a broken digit must break the features. But each only asks: is there such a stroke?",
        "b": "You expect misplaced parts to cost something. No feature here knows about places, so nothing is lost.",
        "c": "Yes: each feature looks for its stroke everywhere, and every stroke is still there.",
    },
    "01-shear": {
        "a": "Yes: cov(x, y)/var(y) grows by k·var(y)/var(y) = k. The digit has no say in it.",
        "b": "You think of how far the top moves, which does depend on the height. The slant is counted per row.",
        "c": "You think of the slant as shape. It is pose: the same 4 leans now, and the number should say so.",
    },
    "01-two-digits": {
        "a": "You expect it to choose, as you would. A mean never chooses: all ink pulls.",
        "b": "Yes: the mean of two places lies between them, where nothing is.",
        "c": "You want an answer per digit, and you are right to. But the function returns one row per image.",
    },
}
