"""Attacks stay in their ball, make things worse for the network, and tell the truth about masked gradients."""

import pytest
import torch

import capsule_tutor as caps
from capsule_tutor import attacks, data, functional
from capsule_tutor.museum import exhibit

EPS = 0.1


@pytest.fixture(scope="module")
def network():
    return caps.load("efficient-capsnet-mnist").requires_grad_(False)


@pytest.fixture(scope="module")
def digits():
    return data.Split(*(part[:6] for part in data.digits("test")))


def _score(network, images, labels):
    with torch.no_grad():
        return attacks.difference(functional.lengths(network(images)), labels)


ATTACKS = {
    "fgsm": attacks.fgsm,
    "pgd from the image": lambda *given: attacks.pgd(*given, steps=4, restarts=0),
    "pgd from random starts": lambda *given: attacks.pgd(*given, steps=4, restarts=2),
    "pgd on artanh": lambda *given: attacks.pgd(*given, steps=4, restarts=1, objective=attacks.artanh),
    "random search": lambda *given: attacks.random_search(*given, steps=8),
    "votes": lambda network, *given: attacks.fgsm(attacks.averaged_votes(network), *given),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_inside_the_ball_and_worse_for_the_network(attack, network, digits):
    images, labels = digits
    before = images.clone()
    attacked = attack(network, images, labels, EPS)
    assert torch.equal(images, before)
    assert (attacked - images).abs().max() <= EPS + 1e-6
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    assert not attacked.requires_grad
    gained = _score(network, attacked, labels) - _score(network, images, labels)
    assert (gained >= 0).all()
    assert gained.mean() > 0.05


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_image_is_attacked_without_regard_to_its_companions(attack, network, digits):
    images, labels = digits
    together = attack(network, images, labels, EPS)
    torch.testing.assert_close(attack(network, images[2:4], labels[2:4], EPS), together[2:4])


def test_a_wider_ball_and_more_steps_are_worse(network, digits):
    images, labels = digits
    scores = [_score(network, attacks.pgd(network, images, labels, eps, 4, 0), labels).mean() for eps in (0.02, 0.1)]
    assert scores[0] < scores[1]
    with_restarts = attacks.pgd(network, images, labels, EPS, steps=2, restarts=3)
    one_start = attacks.pgd(network, images, labels, EPS, steps=2, restarts=1)
    assert (_score(network, with_restarts, labels) >= _score(network, one_start, labels)).all()


def test_nothing_flows_into_the_parameters(digits):
    network = caps.load("efficient-capsnet-mnist")
    attacks.fgsm(network, *digits, EPS)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_batches_change_nothing(network, digits, monkeypatch):
    whole = attacks.fgsm(network, *digits, EPS)
    monkeypatch.setattr(attacks, "BATCH", 4)
    torch.testing.assert_close(attacks.fgsm(network, *digits, EPS), whole)


def test_the_objectives_by_hand():
    lengths, labels = torch.tensor([[0.9, 0.2, 0.3], [0.5, 0.8, 0.1]]), torch.tensor([0, 0])
    torch.testing.assert_close(attacks.difference(lengths, labels), torch.tensor([-0.6, 0.3]))
    torch.testing.assert_close(attacks.margin(lengths, labels), torch.tensor(0.5 * (0.01 + 0.04) + 0.16 + 0.5 * 0.49))
    expected = torch.tensor([0.3, 0.8]).atanh() - torch.tensor([0.9, 0.5]).atanh()
    torch.testing.assert_close(attacks.artanh(lengths, labels), expected)
    assert attacks.artanh(torch.tensor([[1.0, 0.2]]), torch.tensor([0])).isfinite().all()


def test_the_margin_loss_hides_the_gradient_of_capsules_that_are_sure():
    digits = data.Split(*(part[:100] for part in data.digits("test")))
    share = {}
    for name in ("efficient-capsnet-mnist", "convnet-mnist"):
        network = caps.load(name).requires_grad_(False)
        masked = attacks.masked(network, *digits)
        share[name] = masked.float().mean().item()
        # Zero gradient means what the equation says: the true class at least 0.9 long, all others at most 0.1.
        with torch.no_grad():
            lengths = functional.lengths(network(digits.images))
        true = lengths.gather(1, digits.labels[:, None])[:, 0]
        others = lengths.scatter(1, digits.labels[:, None], 0).amax(dim=1)
        assert torch.equal(masked, (true >= 0.9) & (others <= 0.1))
        assert not attacks.masked(network, *digits, attacks.difference).any()
    # These digits are not MNIST's, so fewer answers are sure than there.
    assert share["efficient-capsnet-mnist"] > 0.3


def test_the_attack_passes_the_museums_own_test():
    def attack(model, images, labels, eps, steps):
        as_capsules = lambda pixels: (model(pixels) + 10).unsqueeze(2)  # noqa: E731, lengths are positive
        return attacks.pgd(as_capsules, images, labels, eps, steps, restarts=0)

    assert exhibit(25).finds(attack) is None


def test_votes_need_couplings(digits):
    with pytest.raises(ValueError, match="the network ends in _Squashed, which has no couplings"):
        attacks.averaged_votes(caps.load("convnet-mnist"))(digits.images)


@pytest.mark.parametrize("steps", [0, -1])
def test_an_attack_needs_a_step(network, digits, steps):
    with pytest.raises(ValueError, match=f"steps is {steps}; an attack needs at least 1"):
        attacks.pgd(network, *digits, EPS, steps)
