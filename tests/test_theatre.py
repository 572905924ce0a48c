"""The theatre tells the truth: what a scene is told is what the functions compute, and no more than it asked for."""

import base64
import json
import math
import re
from dataclasses import replace

import pytest
import torch

import capsule_tutor as caps
from capsule_tutor import data, functional, measure, models, pretrained, training
from capsule_tutor.data.views import CLASSES
from capsule_tutor.theatre import (
    apart,
    dial,
    explore,
    explorer,
    export,
    network_map,
    offline,
    page,
    pull_apart,
    routing,
    squash_dial,
    theatre,
    turntable,
)
from capsule_tutor.theatre.gallery import Gallery, embedded, gallery, loaded, read

NETWORK = "efficient-capsnet-mnist"
DIGITS = data.digits("test")


@pytest.fixture(scope="module")
def network():
    return caps.load(NETWORK)


def asks(**question):
    """What the explorer of the embedded digits is told."""
    return explore.answer({"network": NETWORK} | question, [NETWORK], gallery("digits"))


# ---- routing on a stage


def test_every_step_is_what_routing_computes():
    torch.manual_seed(0)
    u_hat = torch.randn(5, 3, 4)
    dynamic, attention, uniform = routing.play(u_hat, routing._algorithms(None))["ways"]
    for k in range(routing.ITERATIONS):
        v, c = caps.dynamic_routing(u_hat[None], k + 1)
        torch.testing.assert_close(dynamic["c"][k], c[0])
        torch.testing.assert_close(dynamic["v"][k], v[0])
        torch.testing.assert_close(dynamic["lengths"][k], caps.lengths(v[0]))
        torch.testing.assert_close(dynamic["agreement"][k, 2, 1], u_hat[2, 1] @ v[0, 1])
    torch.testing.assert_close(attention["c"], caps.self_attention_routing(u_hat[None])[1])
    torch.testing.assert_close(uniform["c"], torch.full((1, 5, 3), 1 / 3))
    assert uniform["entropy"].item() == pytest.approx(math.log2(3), abs=1e-4)
    assert (dynamic["entropy"][1:] < uniform["entropy"]).all()
    assert (attention["steps"], dynamic["steps"]) == (1, routing.ITERATIONS)
    assert [way["logits"] for way in (dynamic, attention, uniform)] == ["sums", "products", "sums"]


def test_a_digit_is_played_with_the_votes_and_the_prior_of_the_network(network):
    told = theatre().answer({"what": "play", "name": routing.REAL, "digit": 9})
    assert told["says"] == f"a {DIGITS.labels[9].item()}"
    assert torch.equal(told["image"], DIGITS.images[9, 0])
    with_prior = next(way for way in told["ways"] if "with prior" in way["name"])
    torch.testing.assert_close(with_prior["v"][0], network(DIGITS.images[9:10])[0].detach())
    # A prior is added after the softmax: such couplings are no shares, and have no entropy.
    assert with_prior["entropy"].isnan().all()
    assert len(told["ways"]) == 4


def test_a_moved_vote_is_played_as_it_lies():
    votes = torch.tensor(routing.TOYS["two of three agree"]).float()
    votes[2, 0] = torch.tensor([1.5, 0.7])
    moved = {"votes": votes.flatten().tolist(), "sizes": list(votes.shape)}
    told = theatre().answer({"what": "play", "name": "two of three agree"} | moved)
    torch.testing.assert_close(told["ways"][0]["c"][-1], caps.dynamic_routing(votes[None], routing.ITERATIONS)[1][0])


@pytest.mark.parametrize("name", routing.TOYS)
def test_no_vote_of_a_toy_is_cut_off(name):
    told = theatre().answer({"what": "play", "name": name})
    assert told["draggable"]
    assert told["votes"].abs().max() <= told["limit"]


def softmax_over_children(u_hat, iterations=3):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        c = logits.softmax(dim=1)
        v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c


def test_your_function_plays_beside_the_right_one():
    yours, right = theatre(softmax_over_children, against=caps.dynamic_routing).answer(
        {"what": "play", "name": "two of three agree"}
    )["ways"]
    assert (yours["name"], right["name"]) == ("yours: softmax_over_children", "beside it: dynamic_routing")
    torch.testing.assert_close(yours["c"].sum(dim=1), torch.ones(routing.ITERATIONS, 2))
    assert yours["entropy"].isnan().all()
    assert (yours["logits"], right["logits"]) == ("", "sums")  # what a function keeps inside nobody can see
    torch.testing.assert_close(right["c"].sum(dim=2), torch.ones(routing.ITERATIONS, 3))


def test_a_function_that_has_passed_plays_alone():
    ways = theatre(caps.dynamic_routing, against=caps.dynamic_routing).answer(
        {"what": "play", "name": "two of three agree"}
    )["ways"]
    assert [way["name"] for way in ways] == ["dynamic_routing"]


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda u_hat: None, "it returns nothing yet."),
        (lambda u_hat: ..., "it returns nothing yet."),
        (lambda u_hat: u_hat, "it returned Tensor; the stage needs two tensors, v and c."),
        (lambda u_hat: (u_hat, u_hat), "its v has shape (1, 3, 2, 2); expected (b, j, z) = (1, 2, 2)."),
        (lambda u_hat: (u_hat[:, 0], u_hat[..., 0] / 0), "its c holds numbers that are not finite."),
        (lambda u_hat: u_hat @ u_hat[0, 0, 0, :1], "it raised RuntimeError: "),
        (lambda u_hat: [][0], "it raised IndexError: list index out of range."),
    ],
)
def test_a_function_that_fails_is_a_line_on_the_stage(function, problem):
    (way,) = theatre(function).answer({"what": "play", "name": "two of three agree"})["ways"]
    assert way["problem"].startswith(problem)
    assert way["problem"].endswith(".")


def test_a_function_cannot_spoil_the_votes_of_the_next():
    def greedy(u_hat):
        v, c = caps.dynamic_routing(u_hat)
        u_hat.zero_()
        return v, c

    told = theatre(greedy, against=caps.dynamic_routing).answer({"what": "play", "name": "two of three agree"})
    assert told["votes"].any()
    assert told["ways"][1]["lengths"].max() > 0.9


def test_your_own_votes_come_first():
    torch.manual_seed(0)
    u_hat = torch.randn(1, 6, 3, 8)
    asked = theatre(votes=u_hat).answer
    assert asked({"what": "programme"})["plays"][0] == routing.OWN
    told = asked({"what": "play", "name": routing.OWN})
    torch.testing.assert_close(told["ways"][0]["c"][2], caps.dynamic_routing(u_hat, 3)[1][0])
    assert not told["draggable"]


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ((2, 5, 3, 4), "expected (i, j, z)"),
        ((5, 3), "expected (i, j, z)"),
        ((41, 3, 4), "votes[:40]"),
        ((0, 3, 4), "votes are empty or not all finite"),
    ],
)
def test_votes_that_cannot_be_shown_are_refused(shape, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        theatre(votes=torch.zeros(shape))


# ---- the squash dial


@pytest.mark.parametrize("length", [0, 0.05, 1, 3])
def test_the_dial_is_told_what_squash_says(length):
    told = squash_dial().answer({"what": "squash", "s": [0.0, -float(length)]})
    first, second = told["squashed"]
    assert first.norm().item() == pytest.approx(length**2 / (1 + length**2), abs=1e-4)
    assert second.norm().item() == pytest.approx(1 - math.exp(-length), abs=1e-4)
    assert told["problems"] == []


def test_the_dial_shows_your_own_squash_with_its_mistakes():
    asked = squash_dial(torch.sigmoid, lambda s: s / 0).answer
    assert asked({"what": "programme"})["names"] == ["sigmoid", "<lambda>"]
    told = asked({"what": "squash", "s": [-1.0, 0.0]})
    torch.testing.assert_close(told["squashed"][0], torch.tensor([-1.0, 0.0]).sigmoid())
    assert told["problems"] == ["<lambda> returned numbers that are not finite."]


def test_two_squashes_of_one_name_are_told_apart():
    assert list(dial.titles(functional.squash, functional.squash)) == [
        "squash (Sabour 2017)",
        "squash (Sabour 2017), second",
    ]


# ---- two digits, pulled apart


@pytest.fixture(scope="module")
def of_pairs():
    torch.manual_seed(0)
    return models.efficient_capsnet(shape=(1, 36, 36)).eval()


def test_two_digits_are_shown_where_they_are_and_as_the_network_reads_them(of_pairs):
    told = pull_apart(of_pairs).answer({"what": "pair", "digits": [3, 5], "distance": 7})
    assert told["image"].shape == (1, 36, 36)
    torch.testing.assert_close(told["image"], told["parts"].sum(dim=0).clamp(max=1))
    v = of_pairs(told["image"][None])
    torch.testing.assert_close(told["lengths"], caps.lengths(v[0]).detach())
    torch.testing.assert_close(told["drawn"][1], of_pairs.decode(v, torch.tensor([5]))[0].detach())


@pytest.mark.parametrize("distance", [0, 1, 8, apart.MOST])
def test_digits_are_moved_apart_without_losing_ink(distance):
    label = {label: int((DIGITS.labels == label).nonzero()[0]) for label in (3, 5)}
    pair = DIGITS.images[[label[3], label[5]]]
    first, second = apart.pulled(pair, distance)
    torch.testing.assert_close(first.sum() + second.sum(), pair.sum())
    before, after = (measure.measure(part)[:, 4] for part in (pair, torch.stack([first, second])))
    assert ((after - before)[1] - (after - before)[0]).item() == pytest.approx(distance)


def test_a_network_of_other_images_is_refused(network):
    with pytest.raises(ValueError, match=r"^the network takes \(1, 28, 28\); expected one of \(1, 36, 36\)"):
        pull_apart(network)


# ---- the turntable


def test_the_turntable_shows_the_toy_that_is_on_it():
    asked = turntable().answer
    programme = asked({"what": "programme"})
    told = asked({"what": "toy", **programme["first"], "azimuth": 140})
    label, instance = (programme["first"][name] for name in ("label", "instance"))
    torch.testing.assert_close(told["eyes"], data.toy(label, instance, azimuth=140))
    assert programme["names"][label][instance] == data.toy_name(label, instance)


def test_what_is_not_on_the_turntable_is_a_line():
    with pytest.raises(ValueError, match="there is no toy"):
        turntable().answer({"what": "toy", **turntable().answer({"what": "programme"})["first"], "instance": 10})


# ---- the explorer


def test_an_untouched_pose_is_drawn_as_the_networks_reconstruction(network):
    seen = asks(what="look", place=7)
    j = seen["lengths"].argmax().item()
    told = asks(what="tick", j=j, pose=seen["v"][j].tolist())
    torch.testing.assert_close(told["drawn"], network.reconstruct(DIGITS.images[7:8])[0, 0].detach())
    torch.testing.assert_close(seen["lengths"], network.lengths(DIGITS.images[7:8])[0].detach())
    assert told["length"] == pytest.approx(seen["lengths"][j].item(), abs=1e-4)
    assert seen["says"] == f"a {DIGITS.labels[7].item()}"


def test_a_turned_pose_is_drawn_as_perturb_says_and_asked_again(network):
    seen = asks(what="look", place=7)
    delta = torch.zeros(16)
    delta[3], delta[9] = 0.25, -0.1
    pose = (seen["v"][4] + delta).tolist()
    told = asks(what="tick", j=4, pose=pose)
    expected = network.decoder(caps.perturb(seen["v"][None], delta, torch.tensor([4]))).view(28, 28)
    torch.testing.assert_close(told["drawn"], expected.detach())
    again = asks(what="again", j=4, pose=pose)["lengths"]
    torch.testing.assert_close(again, network.lengths(told["drawn"].view(1, 1, 28, 28))[0].detach())


def test_while_a_slider_moves_the_encoder_rests(network):
    encoder, calls = loaded(NETWORK).encoder, []
    hook = encoder.register_forward_hook(lambda *_: calls.append(1))
    try:
        pose = [0.1] * 16
        asks(what="tick", j=0, pose=pose)
        assert not calls
        asks(what="again", j=0, pose=pose)
        assert len(calls) == 1
    finally:
        hook.remove()


def test_images_are_chosen_by_class_and_by_mistake(network):
    every = asks(what="page", label="all", wrong=False, **{"from": 0}, count=20)
    assert (every["total"], len(every["items"])) == (300, 20)
    assert torch.equal(every["ink"], DIGITS.images[:20, 0])
    fours = asks(what="page", label="4", wrong=False, **{"from": 20}, count=20)
    assert {item["says"] for item in fours["items"]} == {"a 4"}
    assert fours["total"] == (DIGITS.labels == 4).sum()
    wrong = asks(what="page", label="all", wrong=True, **{"from": 0}, count=20)
    for item in wrong["items"]:
        said, place = network.predict(DIGITS.images[item["place"]][None]).item(), item["place"]
        assert item["says"].endswith(f" {DIGITS.labels[place]}, read as {said}")
        assert said != DIGITS.labels[place]
    right = next(j for j in range(10) if not asks(what="page", label=j, wrong=True, **{"from": 0}, count=20)["total"])
    assert asks(what="random", label=right, wrong=True)["place"] is None
    assert asks(what="random", label=4, wrong=False)["place"] in (DIGITS.labels == 4).nonzero()


def test_a_drawing_is_read_and_an_empty_paper_is_a_line():
    paper = torch.zeros(168, 168, dtype=torch.uint8)
    assert "draw a digit" in asks(what="look", ink=paper.numpy().tobytes(), side=168)["problem"]
    paper[20:148, 78:90] = 255
    seen = asks(what="look", ink=paper.numpy().tobytes(), side=168)
    assert seen["lengths"].argmax().item() == 1
    assert (seen["place"], seen["says"], seen["source"]) == (None, "your drawing", None)


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_every_network_can_be_explored(name):
    shown = gallery(embedded(pretrained.recipe(name).data))

    def ask(**question):
        return explore.answer({"network": name} | question, [name], shown)

    seen, sizes = ask(what="look", place=0), ask(what="network")
    assert tuple(seen["v"].shape) == (len(sizes["classes"]), sizes["z"])
    drawn = ask(what="tick", j=2, pose=seen["v"][2].tolist())["drawn"]
    assert drawn.shape == shown.sheet(shown.images[0]).shape


# What a network reads decides what is shown: recipe, first weights.
KINDS = {
    "two digits": (training.RECIPES["efficient-capsnet-multimnist"], "multidigits"),
    "toys": (
        training.Recipe("efficient-capsnet", 1, 1, 0.0, "", data="toys", options={"classes": 5, "shape": (2, 48, 48)}),
        "toys",
    ),
}


@pytest.fixture
def kind(request, monkeypatch):
    """A shipped network of this name that has never learned anything. → its name, and the network"""
    recipe, _ = KINDS[request.param]
    torch.manual_seed(0)
    network = recipe.network().eval()
    monkeypatch.setattr(pretrained, "recipe", lambda name: recipe)
    monkeypatch.setattr(pretrained, "load", lambda name: network)
    loaded.cache_clear()
    yield request.param, network
    loaded.cache_clear()
    routing._shown.cache_clear()


def toys():
    """Six toys, each seen once. No test needs all 24,300 pictures."""
    images = torch.stack([data.toy(label, 0, size=48) for label in (0, 1, 2, 3, 4, 0)])
    return data.Views(images, torch.tensor([0, 1, 2, 3, 4, 0]), torch.zeros(6, 4, dtype=torch.long))


@pytest.mark.parametrize("kind", ["two digits"], indirect=True)
def test_a_network_of_two_digits_is_explored_on_two_digits(kind):
    name, network = kind
    shown = data.multidigits("test", count=40)
    asked = explorer(name, shown).answer
    said = {"network": name, "what": "look", "place": 3}
    seen = asked(said)
    one, other = sorted(shown.labels[3].tolist())
    assert seen["says"] == f"{one} and {other}"
    assert seen["image"].shape == (36, 36)
    assert asked(said | {"what": "network"})["present"] == 2
    assert [label for label, _ in asked({"what": "programme"})["labels"]] == list(range(10))
    pose = seen["v"][one]
    told = asked(said | {"what": "tick", "j": one, "pose": pose.tolist()})
    torch.testing.assert_close(told["drawn"], network.decode(seen["v"][None], torch.tensor([one]))[0, 0].detach())
    with_fours = asked(said | {"what": "page", "label": 4, "wrong": False, "from": 0, "count": 40})
    assert [item["place"] for item in with_fours["items"]] == (shown.labels == 4).any(dim=1).nonzero()[:, 0].tolist()
    wrong = asked(said | {"what": "page", "label": "all", "wrong": True, "from": 0, "count": 40})
    for item in wrong["items"]:
        found = sorted(network.lengths(shown.images[item["place"]][None])[0].topk(2).indices.tolist())
        assert item["says"].endswith(f", read as {found[0]} and {found[1]}")
        assert found != sorted(shown.labels[item["place"]].tolist())
    paper = torch.zeros(168, 168, dtype=torch.uint8)
    paper[20:148, 78:90] = 255
    assert asked({"network": name, "what": "look", "ink": paper.numpy().tobytes(), "side": 168})["image"].shape == (
        36,
        36,
    )
    played = theatre(network=name).answer({"what": "play", "name": routing.REAL, "digit": 0})
    assert played["image"].shape == (36, 36)
    assert " and " in played["says"]


@pytest.mark.parametrize("kind", ["toys"], indirect=True)
def test_a_network_of_toys_is_explored_in_stereo(kind):
    name, network = kind
    asked, views = explorer(name, toys()).answer, toys()
    seen = asked({"network": name, "what": "look", "place": 2})
    assert seen["says"] == "an airplane"
    torch.testing.assert_close(seen["image"], 1 - torch.cat([views.images[2, 0], views.images[2, 1]], dim=1))
    info = asked({"network": name, "what": "network"})
    assert (info["classes"], info["shape"], info["paper"]) == (list(CLASSES), [2, 48, 48], False)
    told = asked({"network": name, "what": "tick", "j": 2, "pose": seen["v"][2].tolist()})
    picture = network.decode(seen["v"][None], torch.tensor([2]))[0].detach()
    torch.testing.assert_close(told["drawn"], 1 - torch.cat([*picture], dim=1))
    again = asked({"network": name, "what": "again", "j": 2, "pose": seen["v"][2].tolist()})["lengths"]
    torch.testing.assert_close(again, network.lengths(picture[None])[0].detach())


@pytest.mark.parametrize("kind", ["toys"], indirect=True)
def test_images_of_another_shape_are_refused(kind):
    with pytest.raises(ValueError, match=re.escape("toys reads (n, 2, 48, 48)")):
        explorer(kind[0], data.digits("test"))


def test_a_network_without_its_routing_has_no_stage():
    with pytest.raises(ValueError, match="choose an Efficient-CapsNet"):
        theatre(network="convnet-mnist")


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_what_a_network_misreads_of_its_own_test_images_is_not_worked_out_again(name):
    # The stored mistakes must be what a look at the images would find: as many as the card says, and the same ones.
    stored, card = pretrained.mistakes(name), pretrained.card(name)
    images, k = int(re.search(r"([\d,]+) test images", card["data"])[1].replace(",", "")), card["at_once"]
    labels = torch.arange(k).repeat(images, 1)
    labels[stored.index] = stored.label.long().view(-1, k).sort(dim=1).values
    found = read(name, Gallery(torch.zeros(images, 1, 1, 1), labels, name=pretrained.recipe(name).data))
    wrong = (found != labels).any(dim=1)
    assert 100 * wrong.sum().item() / images == pytest.approx(card["test_error"]["shipped"], abs=1e-4)
    said = stored.lengths[[seed["seed"] for seed in card["seeds"]].index(card["shipped_seed"])]
    assert torch.equal(found[stored.index], said.topk(k).indices.sort(dim=1).values)
    right = training.exactly_right(said, stored.label.long())
    assert torch.equal(wrong.nonzero()[:, 0], stored.index[~right].long())


def test_a_run_is_asked_what_it_misreads(tmp_path):
    """It has no card with stored mistakes, also where its data have the name of those that are shown."""
    recipe = replace(
        training.RECIPES["efficient-capsnet-fast"], epochs=1, data="digits", options={"channels": (8, 8, 8, 16)}
    )
    training.train(recipe, tmp_path, device="cpu", precision="float32", threads=1)
    answer, few = (
        explorer(str(tmp_path), images).answer
        for images in ("digits", data.Split(*(part[:9] for part in data.digits("test"))))
    )
    shown, network = data.digits("test"), caps.load(str(tmp_path))
    wrong = (network.predict(shown.images) != shown.labels).nonzero()[:, 0].tolist()
    question = {"what": "page", "network": str(tmp_path), "label": "all", "wrong": True, "from": 0, "count": 500}
    assert [item["place"] for item in answer(question)["items"]] == wrong
    assert [item["place"] for item in few(question)["items"]] == [place for place in wrong if place < 9]


def test_networks_of_the_same_data_stand_beside_the_one_asked_for():
    names = explorer("capsnet-mnist", "digits").answer({"what": "programme"})["networks"]
    assert names[0] == "capsnet-mnist"
    assert len(names) == len(set(names)) > 1


# ---- the map


@pytest.mark.parametrize("name", ["capsnet-mnist", "efficient-capsnet-mnist"])
def test_the_map_counts_every_parameter_and_holds_what_the_network_computes(name):
    network, asked = caps.load(name), network_map(name).answer
    stages = asked({"what": "network", "network": name})["stages"]
    assert sum(stage["parameters"] for stage in stages) == sum(p.numel() for p in network.parameters())
    told = asked({"what": "look", "network": name, "place": 3})
    assert [list(tile.shape) for tile in told["tiles"]] == [stage["sizes"] for stage in stages]
    assert told["says"] == gallery("digits").says([DIGITS.labels[3].item()])
    held = dict(zip([stage["name"] for stage in stages], told["tiles"], strict=True))
    image = DIGITS.images[3:4]
    with torch.no_grad():
        torch.testing.assert_close(held["class capsules"], network(image))
        torch.testing.assert_close(held["reconstruction"], network.reconstruct(image)[0])
        torch.testing.assert_close(told["lengths"], network.lengths(image)[0])
    if name == "capsnet-mnist":
        torch.testing.assert_close(held["convolution 1"], network.encoder[:2](image)[0].detach())
        torch.testing.assert_close(held["couplings"].sum(dim=0), torch.ones(32, 36))
    shapes = {stage["name"]: stage["shape"] for stage in stages}
    assert shapes["votes"] == ([1152, 10, 16] if name == "capsnet-mnist" else [16, 10, 16])


def test_the_map_says_what_its_layers_compute():
    _, first, *_ = network_map("efficient-capsnet-toys").answer(
        {"what": "network", "network": "efficient-capsnet-toys"}
    )["stages"]
    assert "negative outputs shrink to 0.3 of themselves" in first["says"]
    assert first["formula"] == "x ← norm(LeakyReLU(w ∗ x + b))"


def test_the_map_of_a_network_for_two_digits_says_so():
    *_, capsules, drawing = network_map("efficient-capsnet-multimnist").answer(
        {"what": "network", "network": "efficient-capsnet-multimnist"}
    )["stages"]
    assert "The two longest of them say what the network reads" in capsules["says"]
    assert "each digit is drawn alone" in drawing["says"]


def test_where_a_lesson_asks_for_them_the_map_tells_no_parameters():
    asked = network_map("capsnet-mnist", parameters=False).answer
    stages = asked({"what": "network", "network": "capsnet-mnist"})["stages"]
    assert {stage["parameters"] for stage in stages} == {None}


def test_a_network_without_a_decoder_has_nothing_to_explore(monkeypatch):
    small = models.efficient_capsnet(decoder=False).eval()
    monkeypatch.setattr(explore, "loaded", lambda name: small)
    for scene in (explorer, network_map):
        with pytest.raises(ValueError, match="has no decoder to draw with; choose another one"):
            scene("efficient-capsnet-mnist")


def test_a_network_without_routing_has_no_map():
    with pytest.raises(ValueError, match="which does not route"):
        network_map("convnet-mnist")


# ---- into a page


def test_a_widget_answers_in_floats_and_a_mistake_is_a_line():
    made, sent = squash_dial(), []
    made.send = lambda *parts: sent.append(parts)
    made.reply(made, {"id": "x-0", "question": {"what": "squash", "s": [3.0, 4.0]}, "bytes": []}, [])
    ((content, buffers),) = sent
    assert content["id"] == "x-0"
    values = torch.frombuffer(bytearray(buffers[content["reply"]["squashed"][0]["floats"]]), dtype=torch.float32)
    torch.testing.assert_close(values, caps.squash(torch.tensor([3.0, 4.0])))

    def refuses(question):
        raise question.get("error", ValueError)("one line")

    failing, sent = page.widget("dial", refuses, "says"), []
    failing.send = lambda *parts: sent.append(parts)
    failing.reply(failing, {"id": "x-1", "question": {}, "bytes": []}, [])
    assert sent == [({"id": "x-1", "error": "one line"},)]
    with pytest.raises(KeyError):  # no mistake of a person: the page is told, and a programmer sees it, too
        failing.reply(failing, {"id": "x-2", "question": {"error": KeyError}, "bytes": []}, [])
    assert sent[1] == ({"id": "x-2", "error": "KeyError: 'one line'"},)
    with pytest.raises(KeyboardInterrupt):  # somebody stops a function that loops: the page waits no longer
        failing.reply(failing, {"id": "x-3", "question": {"error": KeyboardInterrupt}, "bytes": []}, [])
    assert sent[2] == ({"id": "x-3", "error": "KeyboardInterrupt: one line"},)


def test_without_a_kernel_a_scene_says_what_it_is():
    assert repr(theatre()) == "[theatre: routing, live]"


def test_a_script_holds_every_module_once_in_the_order_of_need():
    script = page.script("routing", "file")
    modules = re.findall(r"^modules\.(\w+) = \(\(\) => \{$", script, re.MULTILINE)
    assert len(modules) == len(set(modules))
    assert modules.index("parts") < modules.index("chooser") < modules.index("routing") < modules.index("file")
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_no_scene_names_an_address():
    for path in page.FOLDER.iterdir():
        found = re.findall(r"https?://[^\s\"'`)]+", path.read_text(encoding="utf-8"))
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path.name  # a name, never asked for


def test_the_file_holds_what_was_worked_out(tmp_path, network):
    size = export(tmp_path / "theatre.html")
    assert size == (tmp_path / "theatre.html").stat().st_size < 5_000_000
    html = (tmp_path / "theatre.html").read_text(encoding="utf-8")
    content = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html)[1])
    places = content["examples"]["places"]
    stored = base64.b64decode(content["encoded"]["v"]["single"])
    v = torch.frombuffer(bytearray(stored), dtype=torch.float32).view(len(places), 10, 16)
    torch.testing.assert_close(v, network(DIGITS.images[places]).detach(), rtol=0, atol=1e-3)
    assert content["explorer"]["programme"]["controls"] == explore.CONTROLS
    assert content["explorer"]["programme"]["colours"] == explore.COLOURS
    assert content["toys"] == routing.TOYS


def test_a_network_is_described_by_its_sizes():
    said = offline.described(NETWORK)
    assert (said["children"], said["classes"], said["d"], said["z"]) == (16, 10, 8, 16)
    assert said["shape"] == [1, 28, 28]
    assert [part["stride"] for part in said["front"]] == [1, 1, 1, 2]
