"""Write `equivariance_error(f, move, move_pose, image)`: the largest absolute difference between the two ways round the
square, f(move(image)) and move_pose(f(image)). `f`, `move` and `move_pose` are functions, and the answer is a tensor
of shape (), in the dtype of the features."""

from collections.abc import Callable

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 5}
HINTS = (
    "Two ways lead round the square. Write both down, then compare them.",
    "One way is f(move(image)), the other move_pose(f(image)). Each moves exactly once.",
    "Their difference has an entry for every feature of every image, and some are negative. You want one number: the "
    "size of the worst.",
)
GRADIENT = False  # a measurement, not a loss


def equivariance_error(f: Callable, move: Callable, move_pose: Callable, image: Tensor) -> Tensor:
    """How far f is from being equivariant, on these images: the largest difference, a scalar.

    f           images (b, h, w) → features (b, …)
    move        images → moved images
    move_pose   features → what the features of the moved images ought to be
    image       a batch of images (b, h, w)
    """
    # max | f(move(image)) − move_pose(f(image)) |
    return (f(move(image)) - move_pose(f(image))).abs().max()


reference = equivariance_error


def oracle(f, move, move_pose, image):
    pairs = zip(f(move(image)).flatten(), move_pose(f(image)).flatten(), strict=True)
    return torch.stack([abs(a - b) for a, b in pairs]).max()


def _right(image: Tensor) -> Tensor:
    return image.roll(1, dims=2)


def _mean_ink(image: Tensor) -> Tensor:
    return image.mean(dim=(1, 2))


def _columns(image: Tensor) -> Tensor:
    return image.sum(dim=1)  # (b, w)


def cases():
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


def _never_negative(item, value):
    return "the error is negative; how far two numbers are apart never is." if bool(value < 0) else None


properties = (_never_negative,)


class right:
    def in_steps(f, move, move_pose, image):
        measured = f(move(image))
        predicted = move_pose(f(image))
        return torch.max(torch.abs(measured - predicted))

    def by_norm(f, move, move_pose, image):
        return torch.linalg.vector_norm(move_pose(f(image)) - f(move(image)), ord=float("inf"))


class wrong:
    def invariance_instead(f, move, move_pose, image):
        """You compare with f(image) itself: that measures invariance. Let move_pose act on f(image) first."""
        return (f(move(image)) - f(image)).abs().max()

    def moved_twice(f, move, move_pose, image):
        """You moved the image on both sides. On the side of move_pose, f sees the image as it was."""
        return (f(move(image)) - move_pose(f(move(image)))).abs().max()

    def pose_of_the_moved_image_moved(f, move, move_pose, image):
        """One side has moved twice, the other not at all. Each way round the square moves once: move then f, or f then
        move_pose."""
        return (move_pose(f(move(image))) - f(image)).abs().max()

    def nothing_moved_but_the_pose(f, move, move_pose, image):
        """You never moved the image, so you measure how much move_pose does. The first way is f(move(image))."""
        return (f(image) - move_pose(f(image))).abs().max()

    def f_forgotten(f, move, move_pose, image):
        """You compare images: f is missing. Both ways round the square lead through it, f(move(image)) and
        move_pose(f(image))."""
        return (move(image) - move_pose(image)).abs().max()

    def relative_error(f, move, move_pose, image):
        """You divided by the largest pose, so that the error has no unit. The difference itself is wanted."""
        expected = move_pose(f(image))
        return (f(move(image)) - expected).abs().max() / expected.abs().max()

    def relative_to_each(f, move, move_pose, image):
        """You divided every difference by its pose, which may be 0. The difference itself is wanted."""
        expected = move_pose(f(image))
        return ((f(move(image)) - expected) / expected).abs().max()

    def pose_rule_on_the_image(f, move, move_pose, image):
        """You applied move_pose to the image. It is a rule for poses: it acts on f(image)."""
        return (f(move(image)) - f(move_pose(image))).abs().max()

    def image_move_on_the_pose(f, move, move_pose, image):
        """You applied `move` to the pose. It moves images; the rule for poses is `move_pose`."""
        return (f(move(image)) - move(f(image))).abs().max()

    def moves_exchanged(f, move, move_pose, image):
        """You exchanged the two moves. `move` acts on images, `move_pose` on features: f(move(image)) and
        move_pose(f(image))."""
        return (f(move_pose(image)) - move(f(image))).abs().max()

    def no_absolute_value(f, move, move_pose, image):
        """You forgot the absolute value: of two differences −3 and 0.1, the larger one is 0.1."""
        return (f(move(image)) - move_pose(f(image))).max()

    def absolute_value_too_late(f, move, move_pose, image):
        """You took the maximum before the absolute value: it finds 0.1 where the difference −3 is waiting."""
        return (f(move(image)) - move_pose(f(image))).max().abs()

    def sizes_subtracted(f, move, move_pose, image):
        """You take the absolute values before you subtract, so that 3 and −3 count as equal. Subtract first, and
        then take the size of the difference."""
        return (f(move(image)).abs() - move_pose(f(image)).abs()).abs().max()

    def mean_with_signs(f, move, move_pose, image):
        """You averaged signed differences, so that +1 and −1 cancel to “perfect”."""
        return (f(move(image)) - move_pose(f(image))).mean().abs()

    def mean_and_no_absolute_value(f, move, move_pose, image):
        """There are two mistakes: you averaged where the largest difference is wanted, and there is no abs(), so that
        +1 and −1 cancel."""
        return (f(move(image)) - move_pose(f(image))).mean()

    def sum_and_no_absolute_value(f, move, move_pose, image):
        """There are two mistakes: you added up where the largest difference is wanted, and there is no abs(), so that
        +1 and −1 cancel."""
        return (f(move(image)) - move_pose(f(image))).sum()

    def invariance_and_no_absolute_value(f, move, move_pose, image):
        """There are two mistakes: you compare with f(image) itself, which measures invariance (let move_pose act on it
        first), and the absolute value is missing."""
        return (f(move(image)) - f(image)).max()

    def sum_with_signs(f, move, move_pose, image):
        """You added signed differences, so that +1 and −1 cancel. Take abs() of each first."""
        return (f(move(image)) - move_pose(f(image))).sum().abs()

    def mean_of_the_differences(f, move, move_pose, image):
        """You average the differences, so that one broken entry hides among good ones. Take the largest."""
        return (f(move(image)) - move_pose(f(image))).abs().mean()

    def sum_of_the_differences(f, move, move_pose, image):
        """You add the differences up, so that a bigger batch looks worse. Take the largest."""
        return (f(move(image)) - move_pose(f(image))).abs().sum()

    def straight_line_distance(f, move, move_pose, image):
        """You took the root of the summed squares: a fair distance, but the largest difference is wanted."""
        return (f(move(image)) - move_pose(f(image))).square().sum().sqrt()

    def mean_of_the_squares(f, move, move_pose, image):
        """You took the mean squared error, in which one broken entry hides among good ones. Take the largest absolute
        difference."""
        return (f(move(image)) - move_pose(f(image))).square().mean()

    def difference_of_the_maxima(f, move, move_pose, image):
        """You compare two maxima, which may sit in different entries. Subtract first, entry by entry."""
        return (f(move(image)).max() - move_pose(f(image)).max()).abs()

    def one_error_per_image(f, move, move_pose, image):
        """You return one error per image. One number for the whole batch is wanted."""
        return (f(move(image)) - move_pose(f(image))).abs().flatten(1).amax(dim=1)

    def one_error_per_feature(f, move, move_pose, image):
        """You return one error per feature. One number is wanted, for the whole batch and all features: use max()
        without a dim."""
        return (f(move(image)) - move_pose(f(image))).abs().amax(dim=0)

    def first_image_alone(f, move, move_pose, image):
        """You look at the first image alone. The worst may be in another: take the largest over the whole batch."""
        return (f(move(image)) - move_pose(f(image)))[0].abs().max()

    def place_of_the_largest(f, move, move_pose, image):
        """You return where the largest difference is, as argmax does. The question is how large it is: take
        .max()."""
        return (f(move(image)) - move_pose(f(image))).abs().argmax()

    def every_difference(f, move, move_pose, image):
        """You return every difference. Take the largest of them: .max()."""
        return (f(move(image)) - move_pose(f(image))).abs()

    def yes_or_no(f, move, move_pose, image):
        """You answer yes or no. The question is how far the two ways are apart."""
        return torch.allclose(f(move(image)), move_pose(f(image)))
