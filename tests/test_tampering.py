"""Swapped couplings: as trained they give what the network gives, and every swap is what its name says."""

import pytest
import torch

import capsule_tutor as caps
from capsule_tutor import data, functional, models, tampering, training
from capsule_tutor.museum import exhibit
from capsule_tutor.tampering import COUPLINGS


@pytest.fixture(scope="module")
def images():
    return data.digits("test").images[:4]


@pytest.fixture(scope="module")
def routes(images):
    """Of every layer that has couplings."""
    torch.manual_seed(0)
    networks = {
        "attention": caps.load("efficient-capsnet-mnist"),
        "dynamic": caps.load("capsnet-mnist"),
        "biased": models.capsnet(released=True, decoder=False).eval(),
        "static": models.efficient_capsnet(routing="static", decoder=False).eval(),
        "random": models.efficient_capsnet(routing="random", decoder=False).eval(),
        "no prior": models.efficient_capsnet(routing="no prior", decoder=False).eval(),
    }
    with torch.no_grad():
        return {name: (network, tampering.routing(network, images)) for name, network in networks.items()}


KINDS = pytest.mark.parametrize("kind", ["attention", "dynamic", "biased", "static", "random", "no prior"])


@KINDS
def test_as_trained_is_what_the_network_gives(kind, routes, images):
    network, route = routes[kind]
    with torch.no_grad():
        torch.testing.assert_close(route.gather(COUPLINGS["as trained"](route)), network(images), atol=1e-5, rtol=1e-4)


@KINDS
def test_shares_sum_to_one_before_the_prior(kind, routes):
    _, route = routes[kind]
    for name, couplings in COUPLINGS.items():
        shares = couplings(route) - (0 if name.endswith("no prior") else route.prior)
        sums = shares.sum(dim=1 if name == "wrong axis" else 2)
        expected = torch.zeros_like(sums) if name == "prior alone" else torch.ones_like(sums)
        torch.testing.assert_close(sums, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("iterations", [1, 2, 5])
def test_iterations_are_dynamic_routing(iterations, routes):
    _, route = routes["dynamic"]
    v, c = functional.dynamic_routing(route.u_hat, iterations)
    torch.testing.assert_close(COUPLINGS[f"dynamic, {iterations}"](route), c, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(route.gather(c), v, atol=1e-5, rtol=1e-4)


def test_the_logits_with_the_wrong_axis_are_the_museums():
    u_hat = torch.randn(2, 5, 3, 6, generator=torch.Generator().manual_seed(0))
    logits = tampering.dynamic_logits(u_hat, 3, functional.squash, parents=1)
    torch.testing.assert_close(logits.softmax(dim=1), exhibit(1).wrong(u_hat, 3)[1])


def test_what_the_names_say(routes):
    _, route = routes["attention"]
    prior, own = route.prior, COUPLINGS["no prior"](route)
    torch.testing.assert_close(COUPLINGS["uniform"](route), (0.1 + prior).expand_as(own))
    torch.testing.assert_close(COUPLINGS["another image's"](route)[1:], (own + prior)[:-1])
    torch.testing.assert_close(COUPLINGS["mean of the batch"](route)[0], own.mean(dim=0) + prior)
    assert (COUPLINGS["4 times sharper"](route) - prior).amax(2).mean() > own.amax(2).mean()
    assert torch.equal(COUPLINGS["random"](route), COUPLINGS["random"](route))
    assert len(COUPLINGS) == 21


def test_some_swaps_break_a_network_and_others_do_not():
    digits = data.Split(*(part[:100] for part in data.digits("test")))
    with torch.no_grad():
        route = tampering.routing(caps.load("efficient-capsnet-mnist"), digits.images)
        right = {
            name: (functional.lengths(route.gather(couplings(route))).argmax(1) == digits.labels).float().mean().item()
            for name, couplings in COUPLINGS.items()
        }
    assert abs(right["as trained"] - right["no prior"]) < 0.05
    assert right["another image's"] < 0.5 < right["as trained"]


def test_a_network_without_couplings_is_refused(images):
    with pytest.raises(ValueError, match="the network ends in _Squashed, which has no couplings"):
        tampering.routing(caps.load("convnet-mnist"), images)


def test_entropy_is_one_for_equal_shares_and_zero_where_every_child_chose():
    assert tampering.entropy(torch.full((2, 5, 4), 0.25)).item() == pytest.approx(1)
    assert tampering.entropy(torch.eye(4)[torch.tensor([[0, 3, 1]])]).item() == 0
    # by hand: (½ ln 2 + ½ ln 2) / ln 4 = ½
    assert tampering.entropy(torch.tensor([[[0.5, 0.5, 0.0, 0.0]]])).item() == pytest.approx(0.5)


def test_what_is_measured_counts_the_images_that_change_sides():
    digits = data.digits("test")
    measured = tampering.measure("efficient-capsnet-mnist", images=digits.images, labels=digits.labels)
    own = measured["wrong"]["as trained"]
    assert (own["only here"], own["only as trained"]) == (0, 0)
    for wrong in measured["wrong"].values():
        assert wrong["all"] - own["all"] == wrong["only here"] - wrong["only as trained"]
    wrong_labels = tampering.measure("efficient-capsnet-mnist", images=digits.images, labels=(digits.labels + 1) % 10)
    assert wrong_labels["wrong"]["as trained"]["all"] > 270
    assert measured["entropy"]["uniform"] == pytest.approx(1)
    assert measured["entropy"]["4 times sharper"] < measured["entropy"]["as trained"] < 1


def test_of_a_pair_both_digits_have_to_be_right():
    pairs = data.multidigits("test", count=60)
    wrong = tampering.measure("efficient-capsnet-multimnist", images=pairs.images, labels=pairs.labels)["wrong"]
    by_network = training.error(caps.load("efficient-capsnet-multimnist"), pairs)
    assert 100 * wrong["as trained"]["all"] / 60 == pytest.approx(by_network)
    assert wrong["as trained"]["all"] < wrong["another image's"]["all"]


def test_every_swap_is_what_its_name_says():
    torch.manual_seed(0)
    u_hat, prior, bias = torch.randn(3, 5, 4, 6), torch.randn(5, 4), torch.randn(4, 6)
    route = tampering.Routing(u_hat, torch.randn(3, 5, 4), prior, bias, functional.exponential_squash)
    torch.testing.assert_close(COUPLINGS["4 times sharper"](route) - prior, (4 * route.logits).softmax(dim=2))
    assert COUPLINGS["random, no prior"](route).std(dim=0).min() > 0.01  # each image has its own
    logits = torch.zeros(3, 5, 4)
    for n in range(1, 11):
        c = logits.softmax(dim=2)
        torch.testing.assert_close(COUPLINGS[f"dynamic, {n}"](route), c + prior)
        v = route.squash(torch.einsum("bij,bijz->bjz", c, u_hat) + bias)
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
