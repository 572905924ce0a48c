"""`capsule-tutor show`: six looks at a trained network, and what is said where there is nothing to see."""

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

import capsule_tutor as caps
from capsule_tutor import attacks, cli, data, models, pretrained, show
from capsule_tutor.theatre.gallery import gallery

NAME = "efficient-capsnet-mnist"


@pytest.fixture(autouse=True)
def _no_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path))


@pytest.fixture(scope="module")
def network():
    return caps.load(NAME).requires_grad_(False)


@pytest.fixture(scope="module")
def shown():
    return gallery("digits")


def run(*arguments):
    return CliRunner().invoke(cli.app, ["show", *map(str, arguments)])


@pytest.mark.parametrize("look", show.LOOKS)
def test_every_look_is_drawn(look, tmp_path):
    out = tmp_path / "look.png"
    result = run(NAME, f"--{look}", "--out", out)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(str(out))
    with Image.open(out) as picture:
        assert min(picture.size) > 150


def test_reconstructions_are_those_of_the_network(network, shown):
    sheet = show.reconstruct(network, shown)
    assert sheet.pictures.shape == (3, 10, 28, 28)
    image, drawn, difference = sheet.pictures
    torch.testing.assert_close(drawn, network.reconstruct(image[:, None])[:, 0])
    torch.testing.assert_close(difference, (image - drawn).abs())
    said = network.predict(image[:, None]).tolist()
    assert [title[-1] for title in sheet.titles] == [str(answer) for answer in said]


def test_the_middle_of_every_dimension_is_the_same_drawing(network, shown):
    sheet = show.tweak(network, shown)
    assert sheet.pictures.shape == (16, 11, 28, 28)
    middle = sheet.pictures[:, 5]
    torch.testing.assert_close(middle, middle[:1].expand_as(middle))
    assert (sheet.pictures[:, 0] - middle).abs().amax(dim=(1, 2)).min() > 0.01
    assert sheet.titles[5] == "+0.00"


def test_attacked_pixels_stay_in_their_ball_and_titles_say_what_is_read(network, shown):
    sheet = show.adversarial(network, shown)
    image, *attacked = sheet.pictures
    n = len(image)
    for row, (eps, pictures) in enumerate(zip(show.EPS, attacked, strict=True), start=1):
        assert (pictures - image).abs().max() <= eps + 1e-6
        titles = sheet.titles[row * n : (row + 1) * n]
        survives = attacks.survives(network, pictures[:, None], torch.tensor([int(t.split()[1]) for t in titles]))
        assert [("→" not in title) for title in titles] == survives.tolist()


def test_unturned_is_the_image_itself(network, shown):
    sheet = show.affine(network, shown)
    first = show._first(shown)[0][:6, 0]
    torch.testing.assert_close(sheet.pictures[:, show.TURNS.index(0)], first, atol=1e-4, rtol=0)


def test_couplings_of_one_child_and_what_has_none(network, shown):
    sheet = show.couplings(network, shown)
    prior = network.encoder[-1].prior.sum(dim=1)  # (i,)
    torch.testing.assert_close(sheet.pictures[0].sum(dim=2), (1 + prior).expand(5, -1), atol=1e-4, rtol=0)
    result = run("convnet-mnist", "--couplings")
    assert result.exit_code == 1
    assert result.output.strip() == "convnet-mnist: the network ends in _Squashed, which has no couplings"


def test_mistakes_are_misread(network, shown):
    sheet = show.mistakes(network, shown)
    assert (network.predict(sheet.pictures[0][:, None]) != torch.tensor([int(t[-5]) for t in sheet.titles])).all()
    right = data.Split(*(part[:4] for part in data.digits("test")))
    with pytest.raises(ValueError, match="none of the 4 test images is misread"):
        show.mistakes(network, gallery(right))


def test_mistakes_of_a_network_without_a_decoder_are_shown_alone(shown):
    sheet = show.mistakes(models.efficient_capsnet(decoder=False).eval(), shown)
    assert sheet.names == ["image"]
    assert sheet.pictures.shape[0] == 1
    assert sheet.says.endswith("images are misread")


@pytest.mark.parametrize("flags", [[], ["--tweak", "--affine"]])
def test_one_look_at_a_time(flags):
    result = run(NAME, *flags)
    assert result.exit_code == 1
    assert "Choose one look" in result.output


@pytest.mark.parametrize("place", ["no/such/folder/look.png", "look.unknown"])
def test_a_place_that_cannot_be_written(tmp_path, place):
    result = run(NAME, "--reconstruct", "--out", tmp_path / place)
    assert result.exit_code == 1
    assert "choose another --out" in result.output
    assert len(result.output.splitlines()) == 1


def test_a_picture_needs_an_ending_that_says_what_it_is(tmp_path):
    result = run(NAME, "--reconstruct", "--out", tmp_path / "look")
    assert result.exit_code == 1
    assert "has no ending, as .png" in result.output
    assert not list(tmp_path.iterdir())


def test_files_and_folders_of_runs_are_networks_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pretrained.save(models.dense(), "dense", {}, tmp_path / "mine.safetensors")
    assert run("mine.safetensors", "--reconstruct").output.startswith("mine-reconstruct.png: ")
    assert "has no couplings" in run("mine.safetensors", "--couplings").output
    (tmp_path / "run").mkdir()
    assert "holds no run; name another folder" in run("run", "--reconstruct").output
    recipe = json.loads(json.dumps(pretrained.card("convnet-mnist")["recipe"]))
    (tmp_path / "run" / "result.json").write_text(json.dumps({"recipe": recipe, "seed": 0}), encoding="utf-8")
    save_file(caps.load("convnet-mnist").state_dict(), tmp_path / "run" / "weights.safetensors")
    assert run("run", "--reconstruct").output.startswith("run-reconstruct.png: ")
    assert torch.equal(caps.load("run").encoder[0][0].weight, caps.load("convnet-mnist").encoder[0][0].weight)


@pytest.mark.parametrize(
    ("trained_on", "with_mnist", "without"),
    [
        ("digits", "digits", "digits"),
        ("mnist", "mnist", "digits"),
        ("mnist-few", "mnist", "digits"),
        ("mnist-all", "mnist", "digits"),
    ],
)
def test_a_run_is_shown_the_test_images_of_its_recipe(trained_on, with_mnist, without, network, tmp_path, monkeypatch):
    monkeypatch.setitem(data.SETS, "mnist", data.digits)  # as if it were here
    recipe = pretrained.card(NAME)["recipe"] | {"data": trained_on}
    (tmp_path / "result.json").write_text(json.dumps({"recipe": recipe, "seed": 0}), encoding="utf-8")
    assert show.images_for(network, str(tmp_path)).name == without
    monkeypatch.setattr(data, "has_mnist", lambda: True)
    assert show.images_for(network, str(tmp_path)).name == with_mnist


def test_a_shipped_network_is_shown_the_test_images_of_its_recipe(monkeypatch):
    monkeypatch.setattr(data, "has_smallnorb", lambda: True)
    for name in ("toys", "smallnorb"):  # which takes long to render, or is not here: its name will do
        monkeypatch.setitem(data.SETS, name, data.digits)
    toys = pretrained.load("efficient-capsnet-toys")
    assert show.images_for(toys, "efficient-capsnet-toys").name == "toys"
    assert show.images_for(toys).name == "smallnorb"  # of which nothing is known but its shape


def test_without_a_decoder_there_is_nothing_to_draw(tmp_path):
    pretrained.save(models.dense(decoder=False), "dense", {"decoder": False}, tmp_path / "blind.safetensors")
    for look in ("tweak", "reconstruct"):
        result = run(tmp_path / "blind.safetensors", f"--{look}", "--out", tmp_path / "look.png")
        assert result.exit_code == 1
        assert result.output.strip().endswith("this network was built without a decoder")
        assert result.output.count("\n") == 1


def test_what_is_misread_already_has_no_attack(network, shown):
    answers = torch.cat([network.predict(part) for part in shown.images.split(250)])
    with pytest.raises(ValueError, match="none of the 10 images is read correctly, so none can be attacked; train"):
        show.adversarial(network, shown._replace(labels=((answers + 1) % 10)[:, None]))


def test_two_digits_have_no_attack(tmp_path):
    two = models.efficient_capsnet(shape=(1, 36, 36))
    with pytest.raises(ValueError, match="an attack needs one true class"):
        show.adversarial(two, show.images_for(two))
    assert show.reconstruct(two, show.images_for(two)).pictures.shape[2:] == (36, 36)
    with pytest.raises(ValueError, match="no data set has those"):
        show.images_for(models.capsnet(shape=(1, 32, 32)))
