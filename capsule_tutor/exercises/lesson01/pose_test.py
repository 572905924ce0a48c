"""Write a test, `pose_test(pose)`, for anybody's function `pose`: it takes images (b, h, w) and gives poses (b, 3). Two
things are true of every correct pose function. A shift by dx columns and dy rows adds dx to the first number and dy to
the second, and leaves the third as it is. Fainter ink changes nothing. Both hold for every image of a batch. Your test
is silent when both are so, and fails by `assert` when one is not. A correct function may count from 1 or from the
middle, or give the slant as an angle. So never compare its numbers with ours: compare its answers before and after a
change."""

import torch
from torch import Tensor

from capsule_tutor.exercises.lesson01.pose import pose as _pose

EFFORT = {"minutes": 12, "difficulty": 3, "importance": 5}
HINTS = (
    "Each of the two things in the task is a comparison of two poses: of the image, and of a changed image.",
    "Move the ink with `image.roll((dy, dx), dims=(1, 2))`, by numbers that differ, and not over the edge. Compare all "
    "three numbers, and allow for rounding. Then do the same with an image that is half as bright.",
    "`moved = image.roll((3, 2), dims=(1, 2))`, then `assert torch.allclose(pose(moved), before + torch.tensor([...]), "
    "atol=1e-3)`: which number belongs where? And what is `pose(0.5 * image)`?",
)


def pose_test(pose):
    image = torch.zeros(2, 12, 14)
    image[:, 3:7, 4:9] = torch.rand(2, 4, 5)
    before = pose(image)
    moved = pose(image.roll((3, 2), dims=(1, 2)))  # 3 rows down, 2 columns to the right
    assert torch.allclose(moved, before + torch.tensor([2.0, 3.0, 0.0]), atol=1e-3), "it does not follow a shift"
    assert torch.allclose(pose(0.5 * image), before, atol=1e-3), "it depends on the brightness"


reference = pose_test


def _moments(image: Tensor) -> tuple[Tensor, ...]:
    """mass, mean x, mean y, covariance and variance, each (b,)"""
    h, w = image.shape[1:]
    x, y = torch.arange(w, dtype=image.dtype), torch.arange(h, dtype=image.dtype)[:, None]
    mass = image.sum(dim=(1, 2)) + 1e-8
    mean_x, mean_y = (image * x).sum(dim=(1, 2)) / mass, (image * y).sum(dim=(1, 2)) / mass
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    covariance, variance = (image * dx * dy).sum(dim=(1, 2)) / mass, (image * dy * dy).sum(dim=(1, 2)) / mass
    return mass, mean_x, mean_y, covariance, variance


class sound:
    def as_in_the_lesson(image):
        """the pose of this lesson"""
        return _pose(image)

    def counted_from_one(image):
        """a right pose that counts columns and rows from 1"""
        return _pose(image) + torch.tensor([1.0, 1.0, 0.0])

    def slant_as_an_angle(image):
        """a right pose that gives the slant as an angle"""
        x, y, slant = _pose(image).unbind(dim=1)
        return torch.stack([x, y, torch.rad2deg(slant.atan())], dim=1)

    def from_the_ends(image):
        """a right pose that takes the brightest pixels of the top and of the bottom row with ink for the ends of a
        line, and gives its middle and its slant"""
        inked = (image.amax(dim=2) > 0).int()  # (b, h)
        top, bottom = inked.argmax(dim=1), image.shape[1] - 1 - inked.flip(1).argmax(dim=1)
        brightest = image.argmax(dim=2)  # (b, h)
        x_top, x_bottom = (brightest.gather(1, row[:, None])[:, 0] for row in (top, bottom))
        slant = (x_bottom - x_top) / (bottom - top).clamp(min=1)
        return torch.stack([(x_top + x_bottom) / 2, (top + bottom) / 2, slant], dim=1)


class broken:
    def row_before_column(image):
        """a pose that gives the row first and the column second."""
        return _pose(image)[:, [1, 0, 2]]

    def rows_from_the_bottom(image):
        """a pose whose y shrinks when the ink moves down."""
        x, y, slant = _pose(image).unbind(dim=1)
        return torch.stack([x, image.shape[1] - 1 - y, slant], dim=1)

    def columns_from_the_right(image):
        """a pose whose x shrinks when the ink moves to the right."""
        x, y, slant = _pose(image).unbind(dim=1)
        return torch.stack([image.shape[2] - 1 - x, y, slant], dim=1)

    def both_the_wrong_way_round(image):
        """a pose whose x and y both shrink when the ink moves to the right and down."""
        x, y, slant = _pose(image).unbind(dim=1)
        return torch.stack([image.shape[2] - 1 - x, image.shape[1] - 1 - y, slant], dim=1)

    def never_moves(image):
        """a pose that says the same of every image."""
        return torch.tensor([[6.5, 5.5, 0.0]]).expand(len(image), 3)

    def twice_as_far(image):
        """a pose that moves twice as far as the ink. Do you compare how far?"""
        return _pose(image) * torch.tensor([2.0, 2.0, 1.0])

    def right_for_the_first_image(image):
        """a pose that is right for the first image of a batch and never moves for the others. Do you look at every
        image of a batch of two or more?"""
        return torch.cat([_pose(image[:1]), torch.tensor([[6.5, 5.5, 0.0]]).expand(len(image) - 1, 3)])

    def right_on_average(image):
        """a pose that moves the first image of a batch too far and the others not at all, so that their mean is right.
        Do you compare every image alone?"""
        still = torch.tensor([[6.5, 5.5, 0.0]]).expand(len(image) - 1, 3)
        return torch.cat([_pose(image[:1]) * torch.tensor([len(image), len(image), 1.0]), still])

    def slant_about_the_corner(image):
        """a pose whose slant is measured from the corner of the image, so that it changes with the place. Do you look
        at the third number, and closely?"""
        h, w = image.shape[1:]
        x, y = torch.arange(w, dtype=image.dtype), torch.arange(h, dtype=image.dtype)[:, None]
        slant = (image * x * y).sum(dim=(1, 2)) / ((image * y * y).sum(dim=(1, 2)) + 1e-8)
        return torch.cat([_pose(image)[:, :2], slant[:, None]], dim=1)

    def slant_grows_with_the_ink(image):
        """a pose whose third number grows with the ink. Do you look at all three numbers of the fainter image, and
        closely?"""
        return _pose(image) + image.sum(dim=(1, 2))[:, None] * torch.tensor([0.0, 0.0, 0.1])

    def slant_not_divided_by_the_ink(image):
        """a pose whose third number is a sum where the mean over the ink is meant. Do you look at all three numbers of
        the fainter image, and does its ink lean?"""
        mass, x, y, covariance, _ = _moments(image)
        return torch.stack([x, y, mass * covariance], dim=1)

    def place_sinks_with_the_ink(image):
        """a pose whose y grows with the ink. Do you look at all three numbers of the fainter image?"""
        return _pose(image) + image.sum(dim=(1, 2))[:, None] * torch.tensor([0.0, 0.1, 0.0])

    def strokes_brighter_than_a_half(image):
        """a pose that takes only ink brighter than a half. What does it say of fainter ink?"""
        return _pose((image > 0.5).to(image.dtype))


class right:
    def number_by_number(pose):
        image = torch.zeros(2, 20, 20)
        image[:, 5:9, 6:12] = torch.rand(2, 4, 6)
        for dx, dy in ((4, -2), (-3, 5)):
            moved = pose(torch.roll(image, (dy, dx), (1, 2)))
            for (x, y, slant), (x_now, y_now, slant_now) in zip(pose(image), moved, strict=True):
                assert abs(x_now - x - dx) < 1e-2
                assert abs(y_now - y - dy) < 1e-2
                assert abs(slant_now - slant) < 1e-2
        for brightness in (0.1, 0.7):
            torch.testing.assert_close(pose(brightness * image), pose(image), atol=1e-3, rtol=0)

    def by_adding_black_columns(pose):
        image = torch.rand(3, 6, 7)
        wider = torch.nn.functional.pad(image, (5, 2, 1, 4))  # 5 columns on the left, 1 row above
        least = torch.nn.functional.pad(image, (0, 7, 0, 5))
        assert (pose(wider) - pose(least) - torch.tensor([5.0, 1.0, 0.0])).abs().max() < 1e-3
        assert (pose(least / 3) - pose(least)).abs().max() < 1e-3


def _image():
    image = torch.zeros(2, 12, 14)
    image[:, 3:7, 4:9] = torch.rand(2, 4, 5)
    return image


def _follows(pose, image, dx, dy, numbers=3):
    expected = pose(image) + torch.tensor([float(dx), float(dy), 0.0])
    moved = pose(image.roll((dy, dx), dims=(1, 2)))
    assert torch.allclose(moved[:, :numbers], expected[:, :numbers], atol=1e-3)


def _indifferent_to_ink(pose, image, numbers=3):
    assert torch.allclose(pose(0.5 * image)[:, :numbers], pose(image)[:, :numbers], atol=1e-3)


def _errors(pose, image, dx=2, dy=3):
    """How far the pose of the moved image and that of the fainter one are off, with their signs: two tensors (b, 3)."""
    moved, fainter = pose(image.roll((dy, dx), dims=(1, 2))), pose(0.5 * image)
    return moved - pose(image) - torch.tensor([2.0, 3.0, 0.0]), fainter - pose(image)


class wrong:
    def shift_alone(pose):
        """Your test follows a shift, and finds no pose that depends on the brightness. Does it take the pose of `0.5 *
        image`, and compare it in an `assert` that can fail? (After `faint = image` there is one tensor with two names,
        and `faint *= 0.5` darkens both.)"""
        _follows(pose, _image(), 2, 3)

    def brightness_alone(pose):
        """Your test finds what depends on the brightness, and lets pass even a pose that never moves. Does it take the
        pose of shifted ink, and compare it in an `assert` that can fail?"""
        _indifferent_to_ink(pose, _image())

    def as_far_down_as_sideways(pose):
        """Whoever exchanges x and y is not found by your test. Does it shift as far down as sideways, or add up the
        errors, which then cancel? Let the two shifts differ, and look at each number alone."""
        _follows(pose, _image(), 2, 2)
        _indifferent_to_ink(pose, _image())

    def sideways_alone(pose):
        """A pose whose y shrinks when the ink moves down gets past your test. Do you shift down as well as sideways,
        and compare the second number, too?"""
        _follows(pose, _image(), 3, 0)
        _indifferent_to_ink(pose, _image())

    def down_alone(pose):
        """A pose whose x shrinks when the ink moves to the right gets past your test. Do you shift sideways as well as
        down, and compare the first number, too?"""
        _follows(pose, _image(), 0, 3)
        _indifferent_to_ink(pose, _image())

    def slant_overlooked(pose):
        """Broken slants get past your test. The third number of a right pose does not change, and in a broken one it
        may: compare all three, and allow no more than rounding."""
        _follows(pose, _image(), 2, 3, numbers=2)
        _indifferent_to_ink(pose, _image(), numbers=2)

    def slant_of_fainter_ink_overlooked(pose):
        """Your test looks at the slants after the shift, but a slant that depends on the brightness gets past it.
        Compare all three numbers of the fainter image, too, and allow no more than rounding."""
        _follows(pose, _image(), 2, 3)
        _indifferent_to_ink(pose, _image(), numbers=2)

    def rows_for_columns(pose):
        """Your test fails on every right pose, and is silent on one that gives the row first. Which number of `roll`
        moves the columns? With `dims=(1, 2)` the first moves the rows, which is y, the second number of the pose."""
        image = _image()
        moved = pose(image.roll((3, 2), dims=(1, 2)))
        assert torch.allclose(moved, pose(image) + torch.tensor([3.0, 2.0, 0.0]), atol=1e-3)
        _indifferent_to_ink(pose, image)

    def first_image_alone(pose):
        """A pose that is right for the first image of a batch and never moves for the others gets past your test. Do
        you compare `[0]` alone, or is one right image enough for it? All rows should be right."""
        image = _image()
        moved = pose(image.roll((3, 2), dims=(1, 2)))
        assert torch.allclose(moved[0], pose(image)[0] + torch.tensor([2.0, 3.0, 0.0]), atol=1e-3)
        assert torch.allclose(pose(0.5 * image)[0], pose(image)[0], atol=1e-3)

    def batch_of_one(pose):
        """Your test never hands over more than one image at a time. A pose may be right for the first of a batch and
        broken for the others: hand over two or more together, and compare all rows."""
        _follows(pose, _image()[:1], 2, 3)
        _indifferent_to_ink(pose, _image()[:1])

    def first_image_alone_without_its_slant(pose):
        """There are two mistakes. A pose that is right for the first image of the batch only gets past your test:
        compare all rows. And so do broken slants: compare the third number, too."""
        moved, fainter = _errors(pose, _image())
        assert moved[0, :2].abs().max() < 1e-3
        assert fainter[0, :2].abs().max() < 1e-3

    def mean_over_the_batch(pose):
        """Your test compares the mean over the batch (or the sum), in which the error of one image makes up for that of
        another. Compare every image alone."""
        moved, fainter = _errors(pose, _image())
        assert moved.mean(dim=0).abs().max() < 1e-3
        assert fainter.mean(dim=0).abs().max() < 1e-3

    def place_of_fainter_ink_overlooked(pose):
        """A pose whose y changes with the brightness gets past your test. Compare all three numbers of the fainter
        image, the slant and the place."""
        moved, fainter = _errors(pose, _image())
        assert moved.abs().max() < 1e-3
        assert fainter[:, 2].abs().max() < 1e-3

    def ink_that_does_not_lean(pose):
        """A slant that is multiplied by the ink gets past your test. Is your ink symmetrical? Then its slant is 0, and
        stays 0 whatever multiplies it. Take ink that leans, such as random numbers."""
        image = torch.zeros(2, 12, 14)
        image[:, 3:7, 4:9] = 1
        _follows(pose, image, 2, 3)
        _indifferent_to_ink(pose, image)

    def same_shift_and_no_fainter_ink(pose):
        """There are two mistakes. Whoever exchanges x and y is not found: does your test shift as far down as sideways?
        And neither is a pose that depends on the brightness, the second thing in the task."""
        _follows(pose, _image(), 2, 2)

    def no_absolute_value(pose):
        """A pose that falls short gets past your test: a difference of −3 is smaller than 0.001. Take abs() of each
        difference, or `torch.allclose`."""
        assert all(errors.max() < 1e-3 for errors in _errors(pose, _image()))

    def no_absolute_value_of_the_negative(pose):
        """A pose that goes too far gets past your test: expected minus measured is then negative, and smaller than
        0.001. Take abs() of each difference, or `torch.allclose`."""
        assert all((-errors).max() < 1e-3 for errors in _errors(pose, _image()))

    def one_number_is_enough(pose):
        """Your test is content when one number is right, as with any(). All numbers of all images must be: all(), or
        `torch.allclose`."""
        assert all((errors.abs() < 1e-3).any() for errors in _errors(pose, _image()))

    def whole_pixels_forgiven(pose):
        """Your test forgives too much. Is its tolerance a pixel? Nearly every slant is smaller than that. A thousandth
        is enough for rounding."""
        image = _image()
        before, moved = pose(image), pose(image.roll((3, 2), dims=(1, 2)))
        assert torch.allclose(moved, before + torch.tensor([2.0, 3.0, 0.0]), atol=1)
        assert torch.allclose(pose(0.5 * image), before, atol=1)

    def half_pixels_forgiven(pose):
        """Your test forgives too much. Is its tolerance larger than a slant, or do you round the numbers before you
        compare? A thousandth is enough for what the arithmetic rounds."""
        assert all(errors.abs().max() < 0.5 for errors in _errors(pose, _image()))

    def all_errors_added(pose):
        """Your test adds up the errors of all numbers, or takes their mean, so that they cancel: one is positive,
        another negative. Compare each number of each image alone."""
        assert all(errors.sum().abs() < 1e-3 for errors in _errors(pose, _image()))

    def any_move_will_do(pose):
        """Your test demands that the place changes, and not by how much: one that runs twice as far as the ink would
        pass. Add the shift to the pose of before, and compare."""
        image = _image()
        moved, before = pose(image.roll((3, 2), dims=(1, 2))), pose(image)
        assert not torch.allclose(moved[:, :2], before[:, :2])
        assert torch.allclose(moved[:, 2], before[:, 2], atol=1e-3)
        _indifferent_to_ink(pose, image)

    def growth_will_do(pose):
        """Your test asks whether x and y grow, and not by how much: with the two exchanged, or twice as far, both grow,
        too. Add the shift to the pose of before, and compare each number."""
        image = _image()
        moved, before = pose(image.roll((3, 2), dims=(1, 2))), pose(image)
        assert (moved[:, :2] > before[:, :2]).all()
        assert torch.allclose(moved[:, 2], before[:, 2], atol=1e-3)
        _indifferent_to_ink(pose, image)

    def sizes_of_the_moves(pose):
        """Your test asks how far x and y move, and not which way: both may shrink where they should grow. Compare with
        the pose of before PLUS the shift, and leave out the abs() of the move itself."""
        image = _image()
        moved, before = pose(image.roll((3, 2), dims=(1, 2))), pose(image)
        assert torch.allclose((moved - before).abs(), torch.tensor([2.0, 3.0, 0.0]).expand(2, 3), atol=1e-3)
        _indifferent_to_ink(pose, image)

    def distance_of_the_move(pose):
        """Your test asks how far the place moves as the crow flies, and not which way: x and y may even be exchanged.
        Compare each number with that of before PLUS its shift."""
        image = _image()
        moved = pose(image.roll((3, 2), dims=(1, 2))) - pose(image)
        assert ((moved[:, :2].norm(dim=1) - 13**0.5).abs() < 1e-3).all()
        assert (moved[:, 2].abs() < 1e-3).all()
        _indifferent_to_ink(pose, image)

    def faint_from_the_start(pose):
        """Your test uses faint ink from the start, or two shifts of equal ink, and never compares the poses of bright
        and of faint ink: they should be the same."""
        _follows(pose, 0.5 * _image(), 2, 3)

    def both_moves_turned_round(pose):
        """Your test expects the pose to go the other way than the ink. Is the shift added to the wrong side, or its
        sign turned? After `roll` by positive numbers the pose is that of before PLUS (dx, dy, 0)."""
        assert all(errors.abs().max() < 1e-3 for errors in _errors(pose, _image(), -2, -3))

    def rows_turned_round(pose):
        """Your test expects y to shrink where the ink moves down, or to grow where it moves up. Rows are counted from
        the top: a positive number in `roll` adds to y."""
        assert all(errors.abs().max() < 1e-3 for errors in _errors(pose, _image(), 2, -3))

    def columns_turned_round(pose):
        """Your test expects x to shrink where the ink moves to the right, or to grow where it moves to the left. A
        positive number in `roll` adds to x."""
        assert all(errors.abs().max() < 1e-3 for errors in _errors(pose, _image(), -2, 3))

    def fails_on_everything(pose):
        """Your test fails on everything, right code and broken code alike. Is a condition turned round, or is something
        wanted that should not change? Or does the shift go along other axes than rows and columns, which are
        `dims=(1, 2)`, or push ink over the edge, so that it comes back on the other side?"""
        image = _image()
        assert torch.allclose(pose(0.5 * image), 0.5 * pose(image), atol=1e-3)

    def equal_bits(pose):
        """Your test demands equal bits, or nearly, or it changes the ink otherwise than by a factor. A mean of another
        image is rounded in another way: allow a thousandth, as `torch.allclose(…, atol=1e-3)` does. And fainter ink is
        `0.5 * image`."""
        image = _image()
        assert (pose(image.roll((3, 2), dims=(1, 2))) == pose(image) + torch.tensor([2.0, 3.0, 0.0])).all()
        assert (pose(0.3 * image) == pose(image)).all()

    def numbers_of_one_pose(pose):
        """Your test asks for the numbers of this lesson's pose. Right ones may count from 1 or from the middle, or
        give an angle: compare a pose with that of the same code, before and after."""
        image = _image()
        assert torch.allclose(pose(image), _pose(image), atol=1e-3)

    def returned(pose):
        """Your test returned a bool. A test is silent when all is well, and speaks up with `assert condition, "what is
        wrong"`; whoever runs it does not look at what it returns."""
        image = _image()
        return torch.allclose(pose(0.5 * image), pose(image))

    def nothing_asserted(pose):
        """Your test lets everything pass. Can its `assert` fail? One of a tuple, `assert (condition, "text")`, never
        does, nor does one that compares a pose with itself. And is there an `or` between the two demands? Then one of
        them is enough, and each broken pose breaks only one: write two asserts."""
        found = pose(_image().roll((3, 2), dims=(1, 2)))
        assert found is found
