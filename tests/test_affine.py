"""affNIST-style digits: what is on file is what was done, and nothing else."""

from functools import partial

import pytest
import torch

from capsule_tutor import data
from capsule_tutor.data.affine import SIDE, matrix
from capsule_tutor.measure import PROPERTIES, measure

digits = partial(data.affine, "test", data.digits)
STILL = {"turn": 0, "shear": 0, "stretch": (1, 1), "move": 0}


def measured(images, name):
    return measure(images)[:, PROPERTIES.index(name)]


def column(made, name):
    return made.transform[:, data.TRANSFORM.index(name)]


def test_shapes_labels_and_ranges():
    made, plain = digits(), data.digits("test")
    assert made.images.shape == (len(plain.labels), 1, SIDE, SIDE)
    assert torch.equal(made.labels, plain.labels)
    assert 0 <= made.images.min() <= made.images.max() <= 1
    ranges = {"turn": (-20, 20), "shear": (-0.2, 0.2), "wide": (0.8, 1.2), "high": (0.8, 1.2)}
    for name, (low, high) in {**ranges, "right": (-6, 6), "up": (-6, 6)}.items():
        values = column(made, name)
        assert low <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high


def test_the_same_on_every_call_and_other_transforms_for_another_seed():
    made, again, other = digits(), digits(), digits(seed=1)
    assert torch.equal(made.images, again.images)
    assert torch.equal(made.transform, again.transform)
    assert not torch.equal(made.transform, other.transform)


def test_nothing_done_is_a_digit_in_the_middle():
    made, plain = digits(**STILL), data.digits("test").images
    torch.testing.assert_close(made.images, torch.nn.functional.pad(plain, (6,) * 4), atol=1e-5, rtol=0)
    assert torch.equal(made.transform, torch.tensor([0.0, 0, 1, 1, 0, 0]).expand_as(made.transform))


# What the ruler of `measure` says of it: transform → (property, how it depends on the digit's own value).
RULER = {
    "right": ({"move": 6}, "x", lambda own, by: own + by),
    "up": ({"move": 6}, "y", lambda own, by: own + by),
    "shear": ({"shear": 0.2}, "slant", lambda own, by: own + by),
    "wide": ({"stretch": (0.8, 1.2)}, "width", lambda own, by: own * by),
    "high": ({"stretch": (0.8, 1.2)}, "height", lambda own, by: own * by),
}


@pytest.mark.parametrize("name", RULER)
def test_a_ruler_finds_what_is_on_file(name):
    ranges, of, expected = RULER[name]
    plain, made = digits(**STILL), digits(**{**STILL, **ranges})
    found, by = measured(made.images, of), column(made, name).double()
    # Enlarging and shrinking are bilinear: a stroke at the edge of a digit gains or loses a part of a pixel.
    torch.testing.assert_close(found, expected(measured(plain.images, of), by), atol=0.35, rtol=0.04)
    assert torch.corrcoef(torch.stack([found - measured(plain.images, of), by]))[0, 1] > 0.95


def test_a_bar_turns_anticlockwise():
    bar = torch.zeros(1, 1, SIDE, SIDE)
    bar[..., 19:21, 8:32] = 1  # along x
    turned = data.transformed(bar, torch.tensor([[20.0, 0, 1, 1, 0, 0]]))
    assert turned[0, 0, :18, 24:].sum() > 5  # its right end is above the middle: row 0 is the top
    assert turned[0, 0, 22:, 24:].sum() < 0.1
    upright = data.transformed(bar, torch.tensor([[90.0, 0, 1, 1, 0, 0]]))
    torch.testing.assert_close(upright, bar.transpose(2, 3), atol=1e-4, rtol=0)


def test_the_order_is_stretch_shear_turn():
    quarter = torch.tensor([[90.0, 0.5, 2.0, 3.0, 0, 0]])
    # (0, 1) → stretched (0, 3) → sheared (1.5, 3) → turned by 90° (−3, 1.5)
    torch.testing.assert_close(matrix(quarter)[0] @ torch.tensor([0.0, 1.0]), torch.tensor([-3.0, 1.5]))


def test_no_ink_leaves_the_picture():
    free, kept = digits(move=0), digits()
    lost = (free.images.sum(dim=(1, 2, 3)) - kept.images.sum(dim=(1, 2, 3))).abs()
    assert (lost / free.images.sum(dim=(1, 2, 3))).max() < 0.02


def test_shifted_moves_by_whole_pixels_and_nothing_else():
    plain, moved = data.digits("test"), data.shifted("test", data.digits)
    assert torch.equal(moved.labels, plain.labels)
    torch.testing.assert_close(moved.images.sum(dim=(1, 2, 3)), plain.images.sum(dim=(1, 2, 3)))
    for of in "xy":
        by = measured(moved.images, of) - measured(plain.images, of)
        torch.testing.assert_close(by, by.round(), atol=1e-4, rtol=0)
        assert (by.min().round(), by.max().round()) == (-6, 6)
    assert torch.equal(moved.images, data.shifted("test", data.digits).images)
    assert not torch.equal(moved.images, data.shifted("test", data.digits, seed=1).images)


def test_training_digits_move_again_in_every_batch():
    split, generator = data.SETS["shifted-digits"]("train").to("cpu"), torch.Generator().manual_seed(0)
    chosen = torch.tensor([3, 1, 3])
    first, second = split.batch(chosen, generator), split.batch(chosen, generator)
    assert first.images.shape == (3, 1, SIDE, SIDE)
    assert first.labels.tolist() == split.labels[chosen].tolist()
    assert first.drawings is None
    assert not torch.equal(first.images, second.images)
    assert not torch.equal(first.images[0], first.images[2])


@pytest.mark.parametrize(
    ("make", "options", "complaint"),
    [
        (data.affine, {"stretch": (1.2, 0.8)}, r"stretch is \(1.2, 0.8\); expected two positive factors, the smaller"),
        (data.affine, {"stretch": (0, 1)}, r"stretch is \(0, 1\); expected two positive"),
        (data.affine, {"turn": -5}, "turn, shear and move are -5, 0.2 and 6.0; none may be below 0"),
        (data.shifted, {"move": 7}, "move is 7; a digit of 28×28 has 6 pixels of room on each side"),
    ],
)
def test_refusals(make, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        make("test", data.digits, **options)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="split is 'dev'"):
        data.affine("dev", data.digits)
