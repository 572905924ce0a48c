"""The bug museum: every mistake is found, every right twin passes, and so do our own networks."""

import inspect
import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

import capsule_tutor as caps
from capsule_tutor import data, functional, layers, models, museum, study
from capsule_tutor.exercises.lesson07 import routing_test
from capsule_tutor.museum import exhibit, exhibits, network, patient, suite
from capsule_tutor.museum.inputs import numbers


def of(exhibits_):
    return pytest.mark.parametrize("one", exhibits_, ids=lambda one: f"{one.number:02d}")


def test_all_of_the_museum_is_there():
    assert [one.number for one in exhibits()] == list(range(1, 30))
    with pytest.raises(KeyError, match="there is no exhibit 30; there are 1 to 29"):
        exhibit(30)


@of(exhibits())
def test_an_exhibit_has_its_plate_and_its_twin(one):
    assert not one.title.endswith(".")
    assert "\nSeen in: " in one.plate
    assert "\nSymptom: " in one.plate
    assert one.part in museum.PARTS
    assert one.test.endswith(".")
    assert list(inspect.signature(one.wrong).parameters) == list(inspect.signature(one.right).parameters)


@of(exhibits())
def test_the_mistake_is_found_and_its_right_twin_passes(one):
    said = one.finds(one.wrong)
    assert isinstance(said, str)
    assert len(said) > 20
    assert "\n" not in said
    assert one.finds(one.right) is None


def _block(x, mean, variance):
    relu, normalised = models.efficient_capsnet().encoder[0][1:3]
    assert isinstance(relu, nn.ReLU)
    return nn.functional.batch_norm(relu(x), mean, variance, eps=normalised.eps)


def _first_weights(i, j, d, z):
    return layers.RoutedCapsules(i, j, d, z).weight.detach()


def _primary_capsules(features, d):
    return functional.squash(layers.primary_capsules(features, d))


def _layer(u, weight):
    return functional.dynamic_routing(functional.votes(u, weight), 1)[0]


def _group_norm(x, groups):
    return nn.functional.group_norm(x.permute(0, 3, 1, 2), groups, eps=1e-3).permute(0, 2, 3, 1)


U_HAT, V, LENGTHS, TARGET = numbers(2, 5, 3, 6), numbers(4, 3, 6), numbers(4, 10).sigmoid(), torch.tensor([1, 0, 2, 1])
# part → the package's own function, and arguments to compare it on
OWN = {
    "route": (functional.dynamic_routing, (U_HAT, 3)),
    "squash": (functional.squash, (V,)),
    "first_weights": (_first_weights, (5, 3, 4, 6)),
    "primary_capsules": (_primary_capsules, (numbers(2, 12, 5, 3), 4)),
    "margin_loss": (functional.margin_loss, (LENGTHS, TARGET)),
    "reconstruction_loss": (functional.reconstruction_loss, (numbers(4, 784), numbers(4, 784, seed=1))),
    "decoder_input": (functional.mask_capsules, (V, TARGET)),
    "perturb": (functional.perturb, (V, numbers(6, seed=1), TARGET)),
    "layer": (_layer, (numbers(2, 5, 4), numbers(5, 3, 4, 6))),
    "block": (_block, (numbers(2, 1, 5, 3), torch.tensor([0.4]), torch.tensor([0.003]))),
    "group_norm": (_group_norm, (numbers(2, 3, 5, 6), 2)),
}


@of([one for one in exhibits() if one.part in OWN])
def test_the_right_twin_agrees_with_the_package(one):
    own, arguments = OWN[one.part]
    assert one.finds(own) is None
    torch.manual_seed(0)
    expected = own(*arguments)
    torch.manual_seed(0)
    torch.testing.assert_close(one.right(*arguments), expected, atol=1e-5, rtol=1e-5)


def test_the_package_pairs_no_digit_with_its_own_class():
    def partners(labels, generator):
        maker = data.pair_maker(data.Split(torch.zeros(len(labels), 1, 28, 28), labels))
        # Digit number k of the test's labels is one of class k.
        return maker.batch(torch.arange(len(labels)), generator).labels[:, 1]

    assert exhibit(17).finds(partners) is None


def test_the_package_draws_its_digits_where_a_sigmoid_can():
    images = data.digits("train").images
    assert (images.min(), images.max()) == (0, 1)


# --- suite ---------------------------------------------------------------------------------------------------


def failed(results):
    return [result.test for result in results if result.outcome == "failed"]


@pytest.fixture(scope="module")
def digits():
    return data.digits("test").images[:3]


@pytest.mark.parametrize("mistakes", [(), (6,)], ids=str)
def test_places_are_told_apart_whatever_the_dice_say(mistakes, digits):
    torch.manual_seed(1)
    networks = [patient.Patient(*mistakes).children]
    if not mistakes:  # trained, with ReLUs that are shut for one image and open for another
        networks.append(caps.load("efficient-capsnet-mnist").encoder[:2])
    for children in networks:
        for _ in range(3):
            assert bool(network.child_is_at_one_place(children, digits, None)) == bool(mistakes)


@pytest.mark.parametrize(("name", "before"), [("capsnet", 3), ("efficient-capsnet", 2), ("convnet", None)])
def test_our_own_networks_pass(name, before, digits):
    ours = caps.load(f"{name}-mnist")
    parts = {"children": ours.encoder[:before]} if before else {}
    results = suite(ours, digits, draw=ours.decode, **parts)
    assert failed(results) == []
    assert sum(result.outcome == "passed" for result in results) == (15 if before else 12)


def test_a_healthy_patient_passes():
    results = patient.examined_by_the_suite()
    assert failed(results) == []
    assert sum(result.outcome == "passed" for result in results) > 30


@pytest.mark.parametrize("mistakes", [*((number,) for number in patient.ALONE), *patient.PAIRS], ids=str)
def test_every_mistake_of_a_patient_is_found(mistakes):
    results = patient.examined_by_the_suite(*mistakes)
    assert {exhibit(number).test for number in mistakes} <= set(failed(results))


# What of the whole network the suite sees without being handed its parts.
SEEN_FROM_OUTSIDE = {
    (1,): "Neither every class is there nor none.",
    (2,): "Neither every class is there nor none.",
    (3,): "Neither every class is there nor none.",
    (6,): "One pixel changes all numbers of a child or none.",
    (11,): "Only the chosen capsule is drawn: the others may change.",
    (12,): "The same pose in another class is drawn differently.",
    (24,): "A child may point anywhere: some of its numbers are negative.",
    (2, 5): "No capsule is longer than 1.",
    (2, 13): "What an image gets does not depend on its companions in the batch.",
}


@pytest.mark.parametrize("mistakes", SEEN_FROM_OUTSIDE, ids=str)
def test_from_outside(mistakes, digits):
    torch.manual_seed(0)
    ill = patient.Patient(*mistakes)
    assert SEEN_FROM_OUTSIDE[mistakes] in failed(suite(ill, digits, children=ill.children, draw=ill.draw))


def test_the_axis_hides_the_weights_and_the_weights_hide_the_axis(digits):
    torch.manual_seed(0)
    assert failed(suite(patient.Patient(1, 2), digits)) == []


def _broken(change):
    torch.manual_seed(0)
    network = patient.Patient()
    return lambda images: change(network, images)


BROKEN = {
    "It gives one vector for each image and class.": lambda network, x: network(x).flatten(1),
    "A batch of one gives what the same image gives in a larger batch.": lambda network, x: network(x).squeeze(0),
    "What an image gets does not depend on its companions in the batch.": lambda network, x: network(x - x.mean(0)),
    "Different images give different capsules.": lambda network, x: network(torch.zeros_like(x)),
    "No capsule is longer than 1.": lambda network, x: network(x) * 20,
    "Neither every class is there nor none.": lambda network, x: network(x) * 1e-3,
    "A black image gives finite capsules and gradients.": lambda network, x: network(x / x.norm()),
    "Evaluating twice gives the same numbers.": lambda network, x: network(x + 0.1 * torch.rand_like(x)),
    "It leaves its input as it was.": lambda network, x: network(x.mul_(0.5)) if not x.requires_grad else network(x),
}


@pytest.mark.parametrize("test", BROKEN)
def test_what_is_wrong_with_a_whole_network_is_found(test, digits):
    results = suite(_broken(BROKEN[test]), digits.clone())
    assert test in failed(results)


def test_a_parameter_without_a_gradient_is_named(digits):
    torch.manual_seed(0)
    network = patient.Patient()
    network.couplings = nn.Parameter(torch.zeros(144, 10))
    (result,) = [
        r for r in suite(network, digits, loss=lambda x, y: network.loss(network(x), x, y)) if r.part == "loss"
    ]
    assert (result.outcome, result.sentence) == ("failed", "no gradient reaches couplings")


def test_a_bias_in_the_routing_is_no_mistake():
    results = suite(route=lambda u_hat, k: functional.dynamic_routing(u_hat, k, bias=torch.full((3, 6), 0.1)))
    assert failed(results) == []
    shy = suite(route=lambda u_hat, k: functional.dynamic_routing(u_hat.relu(), k))
    assert "Votes with their signs flipped give flipped poses and the same couplings." in failed(shy)


def test_an_order_among_children_is_found():
    def first_child_counts_twice(u_hat, iterations):
        return functional.dynamic_routing(torch.cat([u_hat[:, :1], u_hat], dim=1), iterations)[0], torch.zeros(2, 5, 3)

    assert "The order of the children does not matter." in failed(suite(route=first_child_counts_twice))


@pytest.mark.parametrize("kind", ["sound", "broken"])
def test_the_suite_tells_right_routings_from_broken_ones(kind):
    routings = [route for route in vars(getattr(routing_test, kind)).values() if callable(route)]
    assert len(routings) > 2
    for route in routings:
        assert bool(failed(suite(route=route))) == (kind == "broken"), route.__name__


def test_what_was_not_handed_in_is_not_applicable():
    results = suite(squash=functional.squash)
    assert {r.part for r in results if r.outcome == "passed"} == {"squash"}
    assert {r.outcome for r in results if r.part != "squash"} == {"not applicable"}
    assert {r.sentence for r in results if r.part == "route"} == {"Hand in `route` to run it."}


def test_an_exception_is_what_the_test_found():
    results = suite(squash=lambda s: s.nonsense)
    assert {r.sentence for r in results if r.outcome == "failed"} == {
        "it raised AttributeError: 'Tensor' object has no attribute 'nonsense'"
    }


def test_refusals():
    with pytest.raises(TypeError, match="the museum has no tests for rout; it knows model, children,"):
        suite(rout=functional.dynamic_routing)
    with pytest.raises(ValueError, match="hand in the model and at least three different images"):
        suite(patient.Patient(), torch.zeros(2, 1, 28, 28))
    for mistakes in ((1, 13), (17,)):
        with pytest.raises(ValueError, match="a patient cannot have"):
            patient.Patient(*mistakes)


def test_the_network_and_the_random_numbers_are_afterwards_as_they_were(digits):
    network = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5), patient.Patient())
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.random.get_rng_state()
    assert failed(suite(network, digits)) == []
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (network.training, network[0].training, network[1].training) == (True, True, False)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_under_pytest(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        textwrap.dedent("""
        import pytest
        from capsule_tutor.museum import exhibit, suite

        @pytest.mark.parametrize("result", suite(route=exhibit(1).wrong), ids=lambda r: r.test)
        def test_capsule_network(result):
            result.check()
        """)
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path], capture_output=True, text=True
    )
    assert "2 failed, 7 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "a child has one unit to give" in ran.stdout


def test_plates_are_there_where_python_drops_docstrings():
    code = "from capsule_tutor import museum; print(museum.__doc__, museum.exhibit(1).plate)"
    said = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert said.stdout.startswith("None Each child should divide one unit"), said.stderr


def test_the_page_to_print_holds_every_test():
    lines = museum.page().splitlines()
    assert len(lines) == len(network.TESTS) + len(exhibits()) <= 55  # lines of a sheet of paper
    assert all(line.startswith("☐ ") for line in lines)
    assert {line.split()[1] for line in lines} == set(museum.PARTS)


# --- the study -----------------------------------------------------------------------------------------------


def test_the_study_is_declared():
    declared = study.STUDIES["museum"]
    assert declared.arms["healthy"].args == ((),)
    assert declared.arms["1+2"].args == ((1, 2),)
    assert len(declared.arms) == 1 + len(patient.ALONE) + len(patient.PAIRS)
    assert len(declared.seeds) == 5


def test_a_run_of_the_study(monkeypatch, tmp_path):
    few = data.Split(*(part[:40] for part in data.digits("train")))
    monkeypatch.setattr(data, "digits", lambda split: few)
    monkeypatch.setattr(study, "FOLDER", tmp_path)
    arms = {"healthy": partial(patient.train, (), epochs=10), "10+12": partial(patient.train, (10, 12), epochs=10)}
    short = replace(study.STUDIES["museum"], arms=arms, seeds=(3,))
    monkeypatch.setitem(study.STUDIES, "museum", short)
    rows = []
    runs = study.run("museum", tmp_path / "runs", say=lambda what, row: rows.append((what, row["epoch"])))["runs"]
    assert [(entry["arm"], entry["seed"]) for entry in runs] == [("healthy", 3), ("10+12", 3)]
    assert rows[-1] == ("10+12, seed 3", 10)
    for entry in runs:
        assert len(entry["heard"]) == 1
        assert [row["epoch"] for row in entry["log"]] == list(range(1, 11))
        assert 0 < entry["measured"]["drawing"] < 1
    assert runs[0]["heard"] != runs[1]["heard"]
    stored, again = study.repeat("museum", tmp_path / "runs")
    assert {**stored, "seconds": 0, "log": []} == {**again, "seconds": 0, "log": []}
