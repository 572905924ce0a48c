"""Conditions: each does what its name says, to the same digits, and the same way every time."""

import math

import pytest
import torch

from capsule_tutor import data, nuisance


@pytest.fixture(scope="module")
def clean():
    return nuisance.condition("clean", "validation", data.digits, count=20)


@pytest.mark.parametrize("name", nuisance.CONDITIONS)
def test_every_condition_keeps_labels_and_range_and_is_the_same_again(name, clean):
    found, again = (nuisance.condition(name, "validation", data.digits, count=20) for _ in range(2))
    assert found.images.shape == (20, 1, 40, 40)
    assert torch.equal(found.images, again.images)
    assert torch.equal(found.labels, clean.labels)
    assert 0 <= found.images.min() <= found.images.max() <= 1
    assert torch.equal(found.images, clean.images) == (name == "clean")


def test_noise_has_the_spread_it_says():
    grey = torch.full((4, 1, 40, 40), 0.5)
    found = nuisance.noisy(grey, 0.1, torch.Generator().manual_seed(0)) - grey
    assert found.std().item() == pytest.approx(0.1, rel=0.05)
    assert abs(found.mean().item()) < 0.01


@pytest.mark.parametrize("side", [4, 8, 12])
def test_occlusion_takes_a_square_with_ink_under_it_and_nothing_else(side, clean):
    found = nuisance.occluded(torch.full_like(clean.images, 1.0), side, torch.Generator().manual_seed(0))
    for picture in 1 - found[:, 0]:
        rows, columns = picture.any(1).nonzero().flatten(), picture.any(0).nonzero().flatten()
        # A square whose middle is near the border is cut off by it.
        assert 0 < len(rows) <= side
        assert picture.sum() == len(rows) * len(columns)
    found = nuisance.occluded(clean.images, side, torch.Generator().manual_seed(0))
    assert (found != clean.images).flatten(1).any(1).all()


def test_a_stroke_gains_and_loses_its_rim():
    stroke = torch.zeros(1, 1, 9, 9)
    stroke[..., 3:6, 2:7] = 1
    assert nuisance.thicker(stroke).sum() == 5 * 7
    assert nuisance.thinner(stroke).sum() == 1 * 3


def test_a_condition_does_as_much_as_its_name_says(monkeypatch):
    def ask(name):
        return nuisance.condition(name, "test", data.digits, count=300)

    clean, asked = ask("clean").images, {}
    for name in nuisance.CONDITIONS:
        kind, _, amount = name.partition(" ")
        if kind == "noise":  # on paper half of it is cut off: E max(0, N) = spread/√2π
            change = (ask(name).images - clean)[clean == 0].mean().item()
            assert change == pytest.approx(float(amount) / math.sqrt(2 * math.pi), rel=0.08)
        elif kind == "occlusion":
            gone = (ask(name).images != clean).flatten(1).sum(dim=1).max()
            assert 0.3 * int(amount) ** 2 < gone <= int(amount) ** 2
        elif kind in ("thinner", "thicker"):
            assert (ask(name).images.sum() < clean.sum()) == (kind == "thinner")

    def affine(split, digits, *, seed, **options):
        asked.update(options)
        return clean, clean, None

    monkeypatch.setattr(nuisance.data, "affine", affine)
    for name in nuisance.CONDITIONS:
        kind, _, amount = name.partition(" ")
        if kind in ("turn", "shear", "stretch"):
            asked.clear()
            ask(name)
            by = float(amount)
            assert asked == nuisance._STILL | {kind: (1 - by, 1 + by) if kind == "stretch" else by}, name


def test_a_turn_turns_and_does_nothing_else():
    """Without turn, shear and stretch there is only the move, which is whole in neither direction."""
    still = data.affine("validation", data.digits, turn=0, shear=0, stretch=(1, 1))
    turned = data.affine("validation", data.digits, turn=30, shear=0, stretch=(1, 1))
    assert turned.transform[:, 0].abs().max() > 25
    assert torch.equal(still.transform[:, 1:4], turned.transform[:, 1:4])


@pytest.mark.parametrize(("name", "split"), [("snow", "test"), ("clean", "train")])
def test_what_is_not_there_is_said(name, split):
    with pytest.raises(ValueError, match="choose"):
        nuisance.condition(name, split, data.digits)


def test_a_blank_image_stays_blank_where_it_is_made_coarse():
    digits = data.digits("test").images[:2]
    found = nuisance.coarse(torch.cat([digits, torch.zeros(1, 1, 28, 28)]))
    assert torch.equal(found[2], torch.zeros(1, 28, 28))
    assert torch.equal(found[:2], nuisance.coarse(digits))
    assert found[:2].amax(dim=(2, 3)).min() > 0.9
