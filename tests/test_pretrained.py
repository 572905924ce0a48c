"""Shipped weights load offline, are what their cards say, and fail loudly."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from patience import HUNG
from PIL import Image
from test_training import few
from typer.testing import CliRunner

import capsule_tutor as caps
from capsule_tutor import cli, data, functional, models, pretrained, training

ROOT = Path(__file__).parents[1]


SINGLE = [name for name in pretrained.NAMES if pretrained.recipe(name).data == "mnist"]  # they read one digit
OTHERS = [name for name in pretrained.NAMES if name not in SINGLE]


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


# ---- what is shipped


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_a_card_is_complete_and_true(name):
    card, network = pretrained.card(name), caps.load(name)
    assert card["parameters"] == {
        "encoder": models.count_parameters(network.encoder),
        "decoder": models.count_parameters(network.decoder),
    }
    assert not network.training
    assert next(network.parameters()).dtype == torch.float32
    for split in ("validation_error", "test_error"):
        errors = [seed[split] for seed in card["seeds"]]
        assert card[split]["mean"] == pytest.approx(sum(errors) / len(errors), abs=1e-3)
        assert (card[split]["sd"] is None) == (len(errors) == 1)
    shipped = min(card["seeds"], key=lambda seed: seed["validation_error"])
    assert (card["shipped_seed"], card["test_error"]["shipped"]) == (shipped["seed"], shipped["test_error"])
    assert len({seed["seed"] for seed in card["seeds"]}) == len(card["seeds"])
    assert training.Recipe(**card["recipe"]).model == card["model"]
    for seed in card["seeds"]:
        assert [row["epoch"] for row in seed["log"]] == list(range(1, card["epochs"] + 1))
        assert 0 < seed["seconds"] < 7 * 86400
    for key in ("hardware", "precision", "date", "version", "data", "chosen_by"):
        assert card[key]


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_mistakes_are_those_that_the_card_counts(name):
    card, wrong = pretrained.card(name), pretrained.mistakes(name)
    assert len(set(wrong.index.tolist())) == len(wrong.index)
    missed = torch.stack([~training.exactly_right(lengths, wrong.label.long()) for lengths in wrong.lengths])
    assert missed.any(dim=0).all()
    images = int(re.search(r"([\d,]+) test images", card["data"])[1].replace(",", ""))
    for seed, of_seed in zip(card["seeds"], missed, strict=True):  # (n,)
        assert of_seed.sum() == round(images * seed["test_error"] / 100)
    shipped = [seed["seed"] for seed in card["seeds"]].index(card["shipped_seed"])
    own = functional.lengths(wrong.capsules.float())
    torch.testing.assert_close(own, wrong.lengths[shipped].float(), rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_the_card_says_what_lengths_are_an_answer(name):
    expected = pretrained.card(name)["lengths"]
    lengths = torch.full((10,), 0.05)
    if pretrained.card(name)["at_once"] == 2:
        lengths[7] = 0.99
    lengths[3] = expected["present"] + 0.01
    assert pretrained.doubt(name, lengths) == ""
    lengths[3] = expected["present"] - 0.01
    assert re.search("the (second-)?longest capsule has length", pretrained.doubt(name, lengths))
    lengths[3], lengths[5] = 0.99, expected["absent"] + 0.01
    assert re.search("a (second|third) capsule has length", pretrained.doubt(name, lengths))
    assert pretrained.doubt("mine.safetensors", lengths) == ""


def test_expected_lengths_hold_for_nearly_all_images():
    lengths = torch.rand(2000, 6, generator=torch.Generator().manual_seed(0))
    for classes in (1, 2):
        expected = pretrained.expected_lengths(lengths, classes)
        ordered = lengths.sort(dim=1, descending=True).values
        assert 9 <= (ordered[:, classes - 1] < expected["present"]).sum() <= 11  # half a percent; cards are rounded
        assert 9 <= (ordered[:, classes] > expected["absent"]).sum() <= 11


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_the_readme_says_what_the_card_says(name):
    card = pretrained.card(name)
    errors = ", ".join(f"{seed['test_error']:.2f} %" for seed in card["seeds"])
    parameters = f"{card['parameters']['encoder']:,} + {card['parameters']['decoder']:,}"
    shipped, minutes = f"{card['test_error']['shipped']:.2f} %", round(card["seconds"]["mean"] / 60)
    trained = f"{card['epochs']} epochs, {minutes} minute{'s' * (minutes != 1)} on {card['hardware']}"
    row = f"| `{name}` | {parameters} | {errors} | {shipped} | {trained} |"
    assert row in (ROOT / "README.md").read_text(encoding="utf-8"), row


def test_the_weights_are_small_enough_to_ship():
    assert sum(path.stat().st_size for path in pretrained.FOLDER.iterdir()) <= 40 * 10**6
    names = {f"{name}{end}" for name in pretrained.NAMES for end in (".json", ".safetensors", "-mistakes.safetensors")}
    assert {path.name for path in pretrained.FOLDER.iterdir()} == names


@pytest.mark.parametrize("name", SINGLE)
def test_shipped_networks_read_and_redraw_the_digits_of_strangers(name):
    images, labels = data.digits("test")
    network = caps.load(name)
    assert pretrained.evaluate(name, data.Split(images, labels)) < 15
    redrawn = network.reconstruct(images).detach()
    nothing, mean = images.square().mean(), (images - images.mean(dim=0)).square().mean()
    assert (redrawn - images).square().mean() < 0.9 * min(nothing, mean)


@pytest.mark.mnist
@pytest.mark.parametrize("name", [name for name in pretrained.NAMES if pretrained.recipe(name).data != "toys"])
def test_the_listed_images_are_wrong_and_others_are_right(real_mnist, name):
    images, labels = data.SETS[pretrained.recipe(name).data]("test")[:2]
    network, wrong = caps.load(name), pretrained.mistakes(name)
    listed = wrong.index.long()
    with torch.inference_mode():
        v = network(images[listed])
    torch.testing.assert_close(labels[listed], wrong.label.long())
    torch.testing.assert_close(v, wrong.capsules.float(), rtol=1e-2, atol=1e-2)
    others = torch.ones(len(labels), dtype=torch.bool)
    others[listed] = False
    some = others.nonzero().squeeze(1)[::50]
    with torch.inference_mode():
        missed = (~training.exactly_right(network.lengths(images[some]), labels[some])).sum().item()
    assert missed <= 1  # other processors round otherwise


@pytest.mark.mnist
def test_evaluate_agrees_with_the_card(real_mnist):
    name = "efficient-capsnet-mnist"
    result = run("evaluate", name)
    assert result.exit_code == 0, result.output
    error = pretrained.card(name)["test_error"]["shipped"]
    assert f"{name}: test error {error:.2f} % of 10,000 images; its card says {error:.2f} %" in result.output


def test_every_digit_meets_its_partners():
    heard = []
    found = pretrained.evaluate_pairs("dense-multimnist", 2, data.digits, heard.append)
    digits = len(data.digits("test").labels)
    assert sum(heard) == 2 * digits
    rounds = [data.multimnist("test", data.digits, count=digits, seed=seed) for seed in (1, 2)]
    assert not torch.equal(rounds[0].images, rounds[1].images)
    expected = sum(pretrained.evaluate("dense-multimnist", pairs) for pairs in rounds) / 2
    assert found == pytest.approx(expected, abs=1e-3)


def test_partners_are_for_networks_that_read_two():
    result = run("evaluate", "dense-mnist", "--partners", "3")
    assert result.exit_code == 1
    assert "dense-mnist reads one digit; --partners is for networks that read two" in " ".join(result.output.split())


# ---- what goes wrong


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A folder with one shipped network, which a test may damage."""
    for path in pretrained.FOLDER.glob("convnet-mnist*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    return tmp_path


def test_a_flipped_bit_is_refused(copied):
    content = bytearray((copied / "convnet-mnist.safetensors").read_bytes())
    content[100_000] ^= 1
    (copied / "convnet-mnist.safetensors").write_bytes(content)
    with pytest.raises(pretrained.WeightsError, match="damaged: their SHA-256 begins"):
        caps.load("convnet-mnist")


def test_missing_and_unknown_weights_are_one_line(copied):
    (copied / "convnet-mnist.safetensors").unlink()
    with pytest.raises(pretrained.WeightsError, match="cannot be read"):
        caps.load("convnet-mnist")
    with pytest.raises(pretrained.WeightsError, match="choose one of capsnet-mnist"):
        caps.load("convnet")
    with pytest.raises(pretrained.WeightsError, match="there is no folder runs/gone; choose one of capsnet-mnist"):
        caps.load("runs/gone")
    (copied / "convnet-mnist.json").write_text('{"sha256": "')
    with pytest.raises(pretrained.WeightsError, match="the card of convnet-mnist is damaged; install"):
        pretrained.card("convnet-mnist")
    result = run("evaluate", "convnet")
    assert result.exit_code == 1
    assert "choose one of capsnet-mnist" in result.output
    assert "Traceback" not in result.output


def test_a_network_that_is_not_its_card_is_told(copied, real_mnist, monkeypatch):
    card = json.loads((copied / "convnet-mnist.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(pretrained, "evaluate", lambda *_: card["test_error"]["shipped"] + 0.03)
    result = run("evaluate", "convnet-mnist")
    assert result.exit_code == 1
    assert "differ by more than two images" in result.output
    monkeypatch.setattr(pretrained, "evaluate", lambda *_: card["test_error"]["shipped"] + 0.02)
    assert run("evaluate", "convnet-mnist").exit_code == 0


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("dense", {"width": 3}),
        ("dense", [10]),
        ("dense", {"classes": 0}),
        ("lenet", {}),
        ("efficient-capsnet", {"channels": 8}),
    ],
)
def test_a_file_whose_network_cannot_be_built_is_one_line(tmp_path, model, options):
    path = tmp_path / "mine.safetensors"
    pretrained.save(models.dense(), model, options, path)
    with pytest.raises(
        pretrained.WeightsError,
        match=r"mine.safetensors is not a network that Capsule Tutor wrote \(.*\); write it again",
    ):
        caps.load(str(path))


# ---- pack


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two short runs on the embedded digits."""
    folder = tmp_path_factory.mktemp("runs")
    thin = {"channels": (8, 16, 16, 40)}
    recipe = replace(training.RECIPES["efficient-capsnet-fast"], epochs=2, data="digits", options=thin)
    for seed in (0, 1):
        training.train(recipe, folder / str(seed), seed=seed, device="cpu")
    training.train(replace(recipe, epochs=1), folder / "other", device="cpu", load=few)
    return folder


def test_pack_ships_the_best_seed_of_equal_runs(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    card = pretrained.pack("convnet-mnist", [runs / "0", runs / "1"], tmp_path)
    assert card == pretrained.card("convnet-mnist")
    assert [seed["seed"] for seed in card["seeds"]] == [0, 1]
    best = min(card["seeds"], key=lambda seed: seed["validation_error"])
    assert card["shipped_seed"] == best["seed"]
    assert pretrained.evaluate("convnet-mnist", data.digits("test")) == card["test_error"]["shipped"]
    wrong = pretrained.mistakes("convnet-mnist")
    said = caps.load("convnet-mnist")(data.digits("test").images[wrong.index]).detach()
    torch.testing.assert_close(said, wrong.capsules.float(), rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(data.digits("test").labels[wrong.index], wrong.label.long())


def test_pack_refuses_runs_of_different_recipes(runs, tmp_path, monkeypatch):
    with pytest.raises(pretrained.WeightsError, match="different recipes"):
        pretrained.pack("convnet-mnist", [runs / "0", runs / "other"], tmp_path)
    assert not list(tmp_path.iterdir())
    result = run("pack", "convnet-mnist", tmp_path / "nothing")
    assert result.exit_code == 1
    assert "holds no run; name another folder" in result.output


# ---- predict


@pytest.fixture(scope="module")
def without_decoder(tmp_path_factory):
    """A run of a recipe without a decoder, too short to read well."""
    folder = tmp_path_factory.mktemp("small") / "run"
    recipe = replace(training.RECIPES["efficient-capsnet-small"], epochs=1, data="digits")
    training.train(recipe, folder, device="cpu", load=few)
    return folder


def test_a_network_without_a_decoder_ships(without_decoder, tmp_path):
    card = pretrained.pack("convnet-mnist", [without_decoder], tmp_path)
    assert card["parameters"] == {"encoder": 19_386, "decoder": 0}


def test_a_network_without_a_decoder_has_no_drawing_to_export(without_decoder, tmp_path):
    pytest.importorskip("onnxruntime")
    with pytest.raises(pretrained.WeightsError, match="has no decoder, and so no drawing to export"):
        pretrained.export_onnx(str(without_decoder), tmp_path / "network.onnx")


@pytest.fixture
def picture(tmp_path):
    image, label = data.digits("test").images[0, 0], data.digits("test").labels[0].item()
    Image.fromarray((255 - 255 * image).byte().numpy()).resize((300, 300)).save(tmp_path / "mine.png")
    return tmp_path / "mine.png", label


@pytest.mark.parametrize("name", OTHERS)
def test_predict_refuses_a_network_for_other_pictures(picture, name):
    result = run("predict", picture[0], "--network", name)
    assert result.exit_code == 1
    assert f"{name} does not read pictures of one digit; choose one of {', '.join(SINGLE)}" in " ".join(
        result.output.split()
    )


@pytest.mark.parametrize("name", OTHERS)
def test_other_networks_read_what_they_were_trained_on(name):
    """On a few of their like, which need no download: far from the 80 and 98 % of guessing."""
    if pretrained.recipe(name).data == "toys":
        unseen = [(label, instance) for label in range(5) for instance in (0, 1, 2, 3, 5)]
        images = [data.toy(*which, azimuth=30, light=which[1], size=48) for which in unseen]
        split = data.Split(torch.stack(images), torch.tensor([label for label, _ in unseen]))
    else:
        split = data.multidigits("test", count=100)
    assert pretrained.evaluate(name, split) < 70


@pytest.mark.parametrize("name", SINGLE)
def test_predict_reads_and_draws(picture, name, tmp_path):
    path, label = picture
    result = run("predict", path, "--network", name, "--out", tmp_path / "read.png")
    assert result.exit_code == 0, result.output
    assert f"\n{label}. In " in result.output
    with Image.open(tmp_path / "read.png") as drawn:
        assert drawn.size == (600, 300)  # two of 28 pixels and a frame, ten times as large


def test_predict_as_a_command_writes_beside_you(picture, tmp_path):
    command = [sys.executable, "-m", "capsule_tutor", "predict", str(picture[0])]
    done = subprocess.run(command, cwd=tmp_path, env=None, capture_output=True, text=True, timeout=HUNG)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine-read.png").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.png"], "is not there"),
        (["--network", "lenet"], "choose one of"),
        (["--out", "no/such/folder/a.png"], "cannot be written"),
        (["--out", "a.what"], "cannot be written"),
    ],
)
def test_predict_refuses_in_one_line(picture, arguments, says, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    first = [] if arguments[0] == "none.png" else [picture[0]]
    result = run("predict", *first, *arguments)
    assert result.exit_code == 1
    *before, last = result.output.strip().splitlines()
    assert says in last
    assert bool(before) == (arguments[0] == "--out")  # where the drawing cannot be kept, the answer still is given


def test_a_run_is_not_called_missing(runs):
    said = run("evaluate", runs / "0")
    assert said.exit_code == 1
    assert "is a run, which has no card; count its mistakes with: capsule-tutor report" in said.output


def test_the_weights_of_a_run_are_not_called_damaged(runs):
    with pytest.raises(pretrained.WeightsError, match="holds weights alone; name the folder of the run: "):
        caps.load(str(runs / "0" / "weights.safetensors"))


def test_a_run_has_no_card_and_an_empty_folder_no_run(runs, tmp_path):
    with pytest.raises(
        pretrained.WeightsError, match="is the folder of a run, which has no card: `capsule-tutor report`"
    ):
        pretrained.card(str(runs / "0"))
    with pytest.raises(pretrained.WeightsError, match="holds no run; name another folder"):
        pretrained.load(str(tmp_path))


def test_a_network_for_ones_own_pictures_does_not_ship(runs, tmp_path):
    shutil.copytree(runs / "0", tmp_path / "mine")
    result = json.loads((tmp_path / "mine" / "result.json").read_text(encoding="utf-8"))
    result["recipe"]["data"] = "leaves/"
    (tmp_path / "mine" / "result.json").write_text(json.dumps(result), encoding="utf-8")
    with pytest.raises(pretrained.WeightsError, match="were trained on leaves/; only those for a named data set"):
        pretrained.pack("mine", [tmp_path / "mine"], tmp_path)
