"""Two digits at once: pairs of different classes, from one split alone, that add up."""

import pytest
import torch

from capsule_tutor import data, functional, training


@pytest.fixture(scope="module")
def maker():
    return data.multidigits("train")


def pairs(maker, n=400, seed=0):
    return maker.batch(torch.arange(n), torch.Generator().manual_seed(seed))


def test_a_pair_is_the_sum_of_its_two_digits(maker):
    images, labels, drawings = pairs(maker)
    assert images.shape == (400, 1, 36, 36)
    assert labels.shape == (400, 2)
    assert drawings.shape == (400, 2, 1, 36, 36)
    torch.testing.assert_close(images, drawings.sum(dim=1).clamp(max=1))
    assert (labels[:, 0] != labels[:, 1]).all()
    assert torch.equal(labels[:, 0], maker.labels[:400])


def test_each_drawing_is_a_digit_of_its_label_moved_by_at_most_four(maker):
    _, labels, drawings = pairs(maker)
    padded = torch.nn.functional.pad(maker.images, (4, 4, 4, 4))
    moves, known = set(), {}
    for label, drawing in zip(labels[:40].flatten().tolist(), drawings[:40].flatten(0, 1), strict=True):
        candidates = known.setdefault(label, padded[maker.labels == label])
        found = None
        for row in range(-4, 5):
            for column in range(-4, 5):
                same = (candidates.roll((row, column), (2, 3)) == drawing).flatten(1).all(dim=1)
                found = (row, column) if same.any() else found
        assert found, f"a drawing is no {label}"
        moves.add(found)
    assert len(moves) > 40  # of 81


def test_partners_are_all_classes_alike(maker):
    _, labels, _ = maker.batch(torch.zeros(20_000, dtype=torch.long), torch.Generator().manual_seed(1))
    assert (labels[:, 0] == maker.labels[0]).all()
    share = torch.bincount(labels[:, 1], minlength=10) / 20_000
    others = maker.count / (len(maker.labels) - maker.count[maker.labels[0]])
    others[maker.labels[0]] = 0
    torch.testing.assert_close(share, others, atol=0.01, rtol=0)


def test_pairs_are_new_in_every_batch_and_repeatable_by_seed(maker):
    assert torch.equal(pairs(maker).images, pairs(maker).images)
    assert not torch.equal(pairs(maker).images, pairs(maker, seed=1).images)


def test_the_fixed_lists_come_from_their_own_split():
    images, labels, drawings = data.multidigits("test", count=600)
    assert images.shape == (600, 1, 36, 36)
    assert (labels[:, 0] != labels[:, 1]).all()
    again = data.multidigits("test", count=600)
    assert torch.equal(images, again.images)
    own, foreign = data.digits("test").images, data.digits("train").images
    first = drawings[:50, 0].flatten(1).sum(dim=1)
    ink = lambda split: split.flatten(1).sum(dim=1)  # noqa: E731
    assert all(((ink(own) - total).abs() < 1e-3).any() for total in first)
    assert not all(((ink(foreign) - total).abs() < 1e-3).any() for total in first)
    # Each of the 300 digits is the first of a pair twice before any is it three times.
    assert torch.equal(torch.bincount(labels[:, 0]), 2 * torch.bincount(data.digits("test").labels))


def test_impossible_shifts_and_sizes_are_refused():
    digits = data.digits("test")
    with pytest.raises(ValueError, match="shift is 9"):
        data.pair_maker(digits, 9)
    with pytest.raises(ValueError, match="shape"):
        data.pair_maker(data.Split(torch.zeros(3, 1, 36, 36), torch.arange(3)))
    assert data.pair_maker(digits, 6).batch(torch.arange(9), torch.Generator()).images.shape == (9, 1, 36, 36)


def test_right_means_both():
    lengths = torch.tensor([[0.9, 0.8, 0.1], [0.9, 0.8, 0.1], [0.9, 0.1, 0.8]])
    labels = torch.tensor([[1, 0], [1, 2], [0, 2]])
    assert training.exactly_right(lengths, labels).tolist() == [True, False, True]
    assert training.exactly_right(lengths, torch.tensor([0, 1, 0])).tolist() == [True, False, True]


def test_a_step_draws_each_digit_with_its_own_capsule(maker):
    """The loss is the two-hot margin plus two reconstructions, each against its own digit."""
    recipe = training.RECIPES["dense-multimnist"]
    run = training._new(recipe, 0, "cpu")
    run.way = training.Way("float32", 1)
    batch = pairs(maker, 8)
    model = run.model.train()
    with torch.no_grad():
        v = model(batch.images)
        expected = functional.margin_loss(functional.lengths(v), functional_two_hot(batch.labels))
        for k in range(2):
            expected += functional.reconstruction_loss(model.decode(v, batch.labels[:, k]), batch.drawings[:, k])
    training._step(run, training._Trained(model), batch, 0, 1)
    assert run.totals[0].item() / 8 == pytest.approx(expected.item(), rel=1e-4)


def functional_two_hot(labels):
    return torch.zeros(len(labels), 10).scatter_(1, labels, 1.0)


@pytest.mark.parametrize("count", [0, -1])
def test_a_list_of_no_pairs_is_refused(count):
    with pytest.raises(ValueError, match=f"count is {count}; a list needs at least 1 pair"):
        data.multidigits("test", count=count)


def test_a_split_without_a_list_of_its_own_needs_a_count():
    with pytest.raises(
        ValueError, match="split is 'all'; choose 'train', 'validation' or 'test', or give a count of pairs"
    ):
        data.multidigits("all")
    assert len(data.multidigits("all", count=7).labels) == 7


def test_a_class_alone_makes_no_pairs():
    with pytest.raises(ValueError, match="all 5 digits are of one class; a pair needs two classes"):
        data.pair_maker(data.Split(torch.rand(5, 1, 28, 28), torch.zeros(5, dtype=torch.long)))
