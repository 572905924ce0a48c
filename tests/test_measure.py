"""Measurements of drawn digits move by what was done to the digit."""

import math

import pytest
import torch

from capsule_tutor import augment, data, measure


def moved(images, matrix):
    return augment._affine(images, torch.tensor(matrix).float().reshape(1, 6).expand(len(images), 6))


def change(images, altered):
    before, after = measure.measure(images), measure.measure(altered)
    return dict(zip(measure.PROPERTIES, (after - before).mean(dim=0).tolist(), strict=True))


@pytest.fixture(scope="module")
def digits():
    return data.digits("train").images[:200]


def test_a_box_has_its_own_sides():
    box = torch.zeros(1, 1, 28, 28)
    box[:, :, 4:24, 12:15] = 1
    found = dict(zip(measure.PROPERTIES, measure.measure(box)[0].tolist(), strict=True))
    assert found["height"] == pytest.approx(20, abs=0.1)
    assert found["width"] == pytest.approx(3, abs=0.2)
    assert found["thickness"] == pytest.approx(3, abs=0.4)
    assert (found["x"], found["y"], found["slant"]) == pytest.approx((-0.5, 0, 0), abs=1e-9)


@pytest.mark.parametrize("shear", [-0.2, 0.1, 0.3])
def test_shearing_changes_the_slant_by_as_much(digits, shear):
    # An output pixel comes from x + shear·y, with y downwards: ink above moves right by shear per pixel upwards.
    differences = change(digits, moved(digits, [1, shear, 0, 0, 1, 0]))
    assert differences["slant"] == pytest.approx(shear, abs=0.02)
    assert abs(differences["height"]) < 0.05
    assert abs(differences["width"]) < 0.3


def test_moving_changes_the_place_by_as_much(digits):
    differences = change(digits, digits.roll((2, 3), dims=(2, 3)))
    assert differences["x"] == pytest.approx(3, abs=0.05)
    assert differences["y"] == pytest.approx(-2, abs=0.05)
    assert all(abs(differences[name]) < 0.05 for name in ("thickness", "slant", "width", "height"))


def test_stretching_changes_width_and_height(digits):
    wide, before = change(digits, moved(digits, [1 / 1.2, 0, 0, 0, 1, 0])), measure.measure(digits).mean(dim=0)
    assert wide["width"] == pytest.approx(0.2 * before[2].item(), rel=0.15)
    assert abs(wide["height"]) < 0.1


def test_thicker_strokes_are_thicker(digits):
    differences = change(digits, torch.nn.functional.max_pool2d(digits, 3, 1, 1))
    assert differences["thickness"] == pytest.approx(2, abs=0.4)


def test_fainter_ink_is_not_thinner(digits):
    differences = change(digits, 0.6 * digits)
    assert all(abs(value) < 1e-6 for value in differences.values())


def test_nothing_has_no_measure_and_a_wrong_shape_is_named():
    assert measure.measure(torch.zeros(1, 1, 28, 28)).isnan().all()
    with pytest.raises(ValueError, match=r"images has shape \(28, 28\)"):
        measure.measure(torch.zeros(28, 28))
    assert math.isfinite(measure.measure(torch.ones(1, 1, 28, 28)).sum().item())
