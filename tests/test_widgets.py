"""The explorer tells the truth: what it shows is what the network computes, and it computes no more than it must."""

import io
import json
import math
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import capsule_tutor as caps
from capsule_tutor import data, pretrained
from capsule_tutor.widgets import explorer, export, microscope, one_file, routing, scene, squash_dial


@pytest.fixture(scope="module")
def network():
    return caps.load("efficient-capsnet-mnist")


@pytest.fixture
def made(monkeypatch):
    """An explorer of the embedded digits whose slider never rests by itself."""
    import asyncio

    waiting = []

    def call_later(_seconds, function):
        waiting[:] = [function]
        return SimpleNamespace(cancel=waiting.clear)

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: SimpleNamespace(call_later=call_later))
    made = explorer(images=data.digits("test")).explorer
    made.rest_now = lambda: [function() for function in waiting]
    return made


def painted(png):
    return torch.from_numpy(np.array(Image.open(io.BytesIO(png)).convert("RGB")))


def reconstruction_in(made):
    """The middle picture, back from its pixels: (28, 28) of ink."""
    sheet = painted(made.pictures.value)[:, :, 0]
    return 1 - sheet[:, 29:57].float() / 255


# ---- functional.perturb


def test_perturb_by_nothing_is_masking(network):
    v = network(data.digits("test").images[:5]).detach()
    for index in (None, torch.tensor([1, 2, 3, 4, 5])):
        assert torch.equal(caps.perturb(v, torch.zeros(16), index), caps.mask_capsules(v, index))


def test_perturb_adds_to_one_capsule_and_leaves_the_others_zero():
    torch.manual_seed(0)
    v, delta = torch.randn(2, 3, 4), torch.randn(2, 4)
    moved = caps.perturb(v, delta, torch.tensor([2, 0])).view(2, 3, 4)
    torch.testing.assert_close(moved[0, 2], v[0, 2] + delta[0])
    torch.testing.assert_close(moved[1, 0], v[1, 0] + delta[1])
    assert not moved[0, :2].any()
    assert not moved[1, 1:].any()
    torch.testing.assert_close(
        caps.perturb(v, delta[0]), torch.cat([caps.perturb(v[b : b + 1], delta[0]) for b in (0, 1)])
    )
    with pytest.raises(ValueError, match=r"delta has shape \(3,\)"):
        caps.perturb(v, torch.zeros(3))


# ---- the scene


def test_untouched_sliders_show_the_reconstruction(network):
    image = data.digits("test").images[7:8]
    seen = scene.look(network, image)
    view = scene.tick(seen, torch.zeros(16))
    torch.testing.assert_close(view.reconstruction, network.reconstruct(image)[0, 0].detach())
    torch.testing.assert_close(view.lengths, network.lengths(image)[0].detach())
    assert seen.index == network.predict(image).item()


def test_lengths_follow_the_moved_capsule_and_no_other(network):
    seen = scene.look(network, data.digits("test").images[7:8])
    delta = torch.zeros(16)
    delta[3] = 0.25
    before, after = scene.tick(seen, torch.zeros(16)).lengths, scene.tick(seen, delta).lengths
    others = torch.arange(10) != seen.index
    assert torch.equal(before[others], after[others])
    expected = (seen.v[0, seen.index] + delta).norm()
    assert after[seen.index].item() == pytest.approx(expected.item(), abs=1e-4)


def test_a_tick_never_runs_the_encoder(network):
    seen = scene.look(network, data.digits("test").images[:1])
    calls = []
    hook = network.encoder.register_forward_hook(lambda *_: calls.append(1))
    try:
        view = scene.tick(seen, torch.full((16,), 0.1))
        assert not calls
        scene.again(seen, view.reconstruction)
        assert calls
    finally:
        hook.remove()


def test_pictures_hold_the_pixels(network):
    seen = scene.look(network, data.digits("test").images[:1])
    view = scene.tick(seen, torch.zeros(16))
    sheet = painted(scene.pictures(seen, view.reconstruction)).float() / 255
    torch.testing.assert_close(sheet[:, :28, 0], 1 - seen.image[0, 0], rtol=0, atol=3e-3)
    torch.testing.assert_close(sheet[:, 29:57, 0], 1 - view.reconstruction, rtol=0, atol=3e-3)
    lacks = (seen.image[0, 0] - view.reconstruction) > 0.3
    assert (sheet[:, 58:, 0][lacks] > sheet[:, 58:, 2][lacks]).all()  # more red than blue: orange


# ---- the explorer


def test_the_bar_of_a_pose_longer_than_1_ends_with_the_axis():
    one, longer = (painted(scene.bars(torch.tensor([0.2, length]), None, 1)) for length in (1.0, 1.6))
    differs = (one != longer).any(dim=2)  # (row, column)
    assert differs.any()  # the number says 1.60
    number = torch.zeros_like(differs)
    number[20 + 4 : 20 + 18, 18 + 300 + 6 :] = True
    assert not (differs & ~number).any()


def test_a_slider_moves_the_picture_and_reset_brings_it_back(made):
    before = made.pictures.value
    made.sliders[4].value = 0.2
    assert made.pictures.value != before
    torch.testing.assert_close(reconstruction_in(made), made.view.reconstruction, rtol=0, atol=3e-3)
    made.reset.click()
    assert made.pictures.value == before
    assert all(slider.value == 0 for slider in made.sliders)


def test_while_a_slider_moves_the_encoder_rests(made):
    calls = []
    encoder = made.scene.network.encoder
    hook = encoder.register_forward_hook(lambda *_: calls.append(1))
    try:
        for value in (0.05, 0.1, 0.15):
            made.sliders[0].value = value
        assert not calls
        made.rest_now()
        assert len(calls) == 1
    finally:
        hook.remove()
    assert "Shown its own drawing, the network reads" in made.said.value


def test_the_longest_capsule_is_drawn_though_the_image_is_another(made, network):
    made.wrong.value = True
    place = made.choice[made.number.value]
    image, label = data.digits("test").images[place][None], data.digits("test").labels[place].item()
    assert made.scene.index == network.predict(image).item() != label
    torch.testing.assert_close(reconstruction_in(made), network.reconstruct(image)[0, 0].detach(), rtol=0, atol=3e-3)
    made.capsule.value = label
    assert made.scene.index == label


def test_set_begins_at_the_pose_and_changes_nothing(made):
    before = reconstruction_in(made)
    made.mode.value = "set"
    own = made.scene.v[0, made.scene.index]
    torch.testing.assert_close(torch.tensor([s.value for s in made.sliders]), own, rtol=0, atol=1e-5)
    torch.testing.assert_close(reconstruction_in(made), before, rtol=0, atol=5e-3)
    made.sliders[2].value = own[2].item() + 0.1
    assert made.delta()[2].item() == pytest.approx(0.1, abs=1e-5)


def test_the_range_is_selectable_and_the_rest_stays(made):
    made.range.value = 0.5
    assert {(slider.min, slider.max) for slider in made.sliders} == {(-0.5, 0.5)}
    made.range.value = 7
    assert made.range.value == 1.0


def test_a_filter_that_keeps_nothing_is_a_line(made):
    labels = data.digits("test").labels
    right = [j for j in range(10) if not (made._answers()[labels == j] != j).any()]
    if not right:
        pytest.skip("this network misreads some of every class")
    made.label.value = right[0]
    made.wrong.value = True
    assert "No image of this kind" in made.problem.value
    made.wrong.value = False
    assert made.problem.value == ""


def test_an_empty_paper_is_a_line_and_a_drawing_is_read(made):
    made.use_drawing.click()
    assert "nothing on the paper" in made.problem.value
    paper = torch.zeros(140, 140, dtype=torch.uint8)
    paper[20:120, 64:76] = 255
    made.canvas.pixels = paper.numpy().tobytes()
    made.use_drawing.click()
    assert made.problem.value == ""
    assert made.scene.index == 1
    made.rest_now()
    assert "your drawing" in made.said.value
    made.clear_drawing.click()
    assert made.canvas.pixels == b""


@pytest.mark.parametrize("mode", ["add", "set"])
def test_the_copied_code_draws_what_is_shown(made, mode):
    made.number.value = 5
    made.mode.value = mode
    made.sliders[3].value += 0.15
    made.sliders[9].value -= 0.1
    made.copy.click()
    scope = {}
    exec(made.code.value, scope)
    torch.testing.assert_close(scope["drawn"].detach(), made.view.reconstruction, rtol=0, atol=2e-3)


def test_a_sweep_turns_one_dimension_there_and_back(made):
    made.sweep_dimension.value = 6
    seen = set()
    for frame in range(1, 40):
        made.sweep.value = frame
        seen.add(round(made.sliders[6].value, 2))
        assert all(slider.value == 0 for z, slider in enumerate(made.sliders) if z != 6)
    assert {-0.25, 0.0, 0.25} <= seen


def test_notebook_and_file_take_range_step_rest_and_colours_from_one_place(made, monkeypatch, tmp_path):
    other = {"range": 0.3, "most": 0.9, "step": 0.1, "rest": 0.7}
    for name, value in other.items():
        monkeypatch.setitem(scene.CONTROLS, name, value)
    monkeypatch.setitem(scene.COLOURS, "missing", "#123456")
    again = explorer(images=data.digits("test")).explorer
    assert {(slider.min, slider.max, slider.step) for slider in again.sliders} == {(-0.3, 0.3, 0.1)}
    assert (again.range.min, again.range.value, again.range.max) == (0.1, 0.3, 0.9)
    export(tmp_path / "explorer.html")
    html = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    written = json.loads(re.search(r"^const DATA = (.*);$", html, re.MULTILINE)[1])
    assert written["controls"] == other
    assert written["colours"] == scene.COLOURS


def test_the_template_of_the_file_names_no_colour_and_no_range_of_its_own():
    template = Path(one_file.__file__).with_name("explorer.html").read_text(encoding="utf-8")
    script = template.split("<script>")[1]
    assert set(re.findall(r"#[0-9a-fA-F]{3,6}\b", script)) == {"#000", "#fff"}  # the pen and the paper of the canvas
    assert not re.search(r"<input[^>]*\b(min|max|step)=", template)
    for number in {*scene.CONTROLS.values(), 1000 * scene.CONTROLS["rest"]} - {1}:
        assert f"{number:g}" not in re.findall(r"[\d.]+", script)


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_every_network_can_be_explored(made, name):
    made.network.value = name
    assert made.problem.value == ""
    torch.testing.assert_close(reconstruction_in(made), made.view.reconstruction, rtol=0, atol=3e-3)


def test_all_controls_have_names(made):
    import ipywidgets

    for control in vars(made).values():
        if isinstance(control, ipywidgets.ValueWidget) and hasattr(control, "description"):
            unnamed = isinstance(control, ipywidgets.HTML | ipywidgets.Play | ipywidgets.Textarea)
            assert control.description or unnamed or control is made.mode


# ---- the routing microscope


def test_the_microscope_shows_what_routing_computes():
    torch.manual_seed(0)
    u_hat = torch.randn(5, 3, 4)
    for iterations in (1, 2, 5):
        ways = routing.routed(u_hat, iterations)
        dynamic, attention, uniform = ways.values()
        v, c = caps.dynamic_routing(u_hat[None], iterations)
        torch.testing.assert_close(dynamic.c, c[0])
        torch.testing.assert_close(dynamic.lengths, caps.lengths(v[0]))
        torch.testing.assert_close(dynamic.agreement[2, 1], u_hat[2, 1] @ v[0, 1])
        torch.testing.assert_close(attention.c, caps.self_attention_routing(u_hat[None])[1][0])
        torch.testing.assert_close(uniform.c, torch.full((5, 3), 1 / 3))
        assert uniform.entropy == pytest.approx(math.log2(3), abs=1e-4)
        assert dynamic.entropy <= uniform.entropy + 1e-4


def controls(box):
    """Everything in a box, by its class."""
    found = dict.fromkeys(box._dom_classes, box)
    for child in getattr(box, "children", ()):
        found |= controls(child)
    return found


def test_stepping_through_the_iterations_decides_the_toy():
    made = controls(microscope())
    before = made["microscope-picture"].value
    made["microscope-iterations"].value = 3
    assert made["microscope-picture"].value != before
    # The colour of child 0's coupling with parent 0 is that of 0.88 on a scale up to 0.88.
    sheet = painted(made["microscope-picture"].value)
    ways = routing.routed(torch.tensor(routing.TOYS["toy: two of three agree"]).float(), 3)
    couplings = torch.stack([one.c for one in ways.values()])
    expected = routing._colour(couplings[0, 0, 0].item() / couplings.max().item())
    assert tuple(sheet[25, 22].tolist()) == expected


def test_a_real_digit_is_routed_with_the_votes_of_the_network():
    made = controls(microscope())
    assert made["microscope-number"].disabled
    made["microscope-votes"].value = "a real digit"
    assert not made["microscope-number"].disabled
    before = made["microscope-picture"].value
    made["microscope-number"].value = 9
    assert made["microscope-picture"].value != before
    label = data.digits("test").labels[9].item()
    assert any(f"The image is a {label}." in w.value for w in [made["capsule-microscope"].children[-1]])


# ---- the squash dial


@pytest.mark.parametrize("length", [0, 0.05, 1, 5])
def test_the_dial_says_what_squash_says(length):
    made = controls(squash_dial())
    made["dial-length"].value = length
    made["dial-angle"].value = -90
    assert f"s has length {length:.2f}" in made["dial-said"].value
    assert f"Squashed (2017): {length**2 / (1 + length**2):.2f}" in made["dial-said"].value
    assert f"(2021): {1 - math.exp(-length):.2f}" in made["dial-said"].value
    assert painted(made["dial-picture"].value).shape == (280, 550, 3)
