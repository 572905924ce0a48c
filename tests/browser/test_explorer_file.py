"""The explorer as one HTML file: it computes what PyTorch computes, and a person can use it with mouse or keyboard."""

import pytest
import torch

import capsule_tutor as caps
from capsule_tutor import data
from capsule_tutor.widgets import export, scene

pytestmark = pytest.mark.browser

SHOWN = """() => ({place: now.place, j: now.j, drawn: Array.from(now.drawn), lengths: now.lengths,
  second: now.second, said: document.getElementById('said').textContent, ms: now.ms,
  problem: document.getElementById('problem').textContent})"""
SETTLED = "() => now.second && document.getElementById('said').textContent"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "explorer.html"
    assert export(path) == path.stat().st_size <= 5_000_000
    return path


@pytest.fixture
def page(new_page, file):
    """The file, opened from disk; the test fails if the page asks for anything else or complains."""
    page, asked, complaints = new_page(width=1000), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_function(SETTLED)
    yield page
    assert asked == [file.as_uri()]
    assert not complaints


@pytest.fixture(scope="module")
def network():
    return caps.load("efficient-capsnet-mnist")


def torch_says(network, place, j, delta):
    image = data.digits("test").images[place][None]
    with torch.no_grad():
        v = network(image)
        return caps.lengths(v)[0], network.decoder(caps.perturb(v, delta, torch.tensor([j])))[0]


def test_pixels_and_lengths_are_pytorchs(page, network):
    choices = page.evaluate("() => [...document.getElementById('choice').options].map((o) => o.value)")
    assert len(choices) >= 24
    torch.manual_seed(0)
    for choice in choices[::6]:
        page.select_option("#choice", choice)
        shown = page.evaluate(SHOWN)
        lengths, drawn = torch_says(network, shown["place"], shown["j"], torch.zeros(16))
        torch.testing.assert_close(torch.tensor(shown["lengths"]), lengths, rtol=0, atol=1e-3)
        torch.testing.assert_close(torch.tensor(shown["drawn"]), drawn, rtol=0, atol=1e-2)
        steps = torch.randint(-5, 6, (16,))
        page.evaluate(
            "(steps) => { sliders().forEach((s, z) => { s.value = 0.05 * steps[z]; }); tick(); }", steps.tolist()
        )
        _, drawn = torch_says(network, shown["place"], shown["j"], 0.05 * steps)
        torch.testing.assert_close(torch.tensor(page.evaluate(SHOWN)["drawn"]), drawn, rtol=0, atol=1e-2)


def test_range_step_and_rest_are_those_of_the_notebook(page):
    found = page.evaluate("() => ['min', 'max', 'step', 'value'].map((name) => +document.getElementById('z7')[name])")
    assert found == [-scene.CONTROLS["range"], scene.CONTROLS["range"], scene.CONTROLS["step"], 0]
    waits = """() => new Promise((told) => {
      const start = performance.now(), look = () => now.second ? told(performance.now() - start) : setTimeout(look, 5);
      tick(); look(); })"""
    assert page.evaluate(waits) >= 1000 * scene.CONTROLS["rest"]


def test_keyboard_and_mouse_move_a_dimension_and_reset_brings_it_back(page):
    before = page.evaluate(SHOWN)
    page.focus("#z3")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.input_value("#z3") == "0.15"
    by_key = page.evaluate(SHOWN)
    assert max(abs(a - b) for a, b in zip(by_key["drawn"], before["drawn"], strict=True)) > 0.02
    box = page.locator("#z5").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    assert float(page.input_value("#z5")) > 0.15
    page.wait_for_function(SETTLED)
    assert page.evaluate(SHOWN)["said"].startswith("The image is a ")
    page.click("#reset")
    assert page.evaluate(SHOWN)["drawn"] == before["drawn"]


def test_the_canvas_shows_what_was_computed(page):
    painted = "(id) => Array.from(document.getElementById(id).getContext('2d').getImageData(0, 0, 28, 28).data)"
    drawn, pixels = page.evaluate(SHOWN)["drawn"], page.evaluate(painted, "drawn")
    assert all(abs(pixels[4 * n] - 255 * (1 - ink)) <= 1 for n, ink in enumerate(drawn))


def test_a_misread_image_is_drawn_from_the_longest_capsule(page, network):
    page.check("#wrong")
    shown = page.evaluate(SHOWN)
    label = data.digits("test").labels[shown["place"]].item()
    assert shown["j"] == max(range(10), key=shown["lengths"].__getitem__) != label
    assert f"read as {shown['j']}" in page.evaluate("() => $('choice').selectedOptions[0].text")
    page.select_option("#capsule", str(label))
    assert page.evaluate(SHOWN)["j"] == label


def test_set_shows_the_pose_itself_and_changes_nothing(page):
    before = page.evaluate(SHOWN)["drawn"]
    page.check("input[value=set]")
    values = page.evaluate("() => sliders().map((slider) => +slider.value)")
    own = page.evaluate("() => Array.from(now.v[now.j])")
    assert values == pytest.approx(own, abs=1e-4)
    assert page.evaluate(SHOWN)["drawn"] == pytest.approx(before, abs=1e-3)


def test_a_drawn_one_is_read_as_one_and_an_empty_paper_is_a_line(page):
    page.click("#use")
    assert page.evaluate(SHOWN)["problem"] == "There is nothing on the paper: draw a digit first."
    box = page.locator("#paper").bounding_box()
    page.mouse.move(box["x"] + 84, box["y"] + 25)
    page.mouse.down()
    page.mouse.move(box["x"] + 84, box["y"] + 143, steps=8)
    page.mouse.up()
    page.click("#use")
    page.wait_for_function(SETTLED)
    shown = page.evaluate(SHOWN)
    assert shown["j"] == 1
    assert shown["said"].startswith("The image is your drawing; the network reads 1.")
    assert shown["problem"] == ""


def test_a_range_out_of_bounds_is_a_line(page):
    page.fill("#range", "7")
    page.dispatch_event("#range", "change")
    assert page.evaluate(SHOWN)["problem"] == "The range must be between 0.05 and 1."


def test_code_names_the_setting(page):
    page.focus("#z2")
    page.keyboard.press("ArrowRight")
    page.click("#code")
    code, scope = page.text_content("#source"), {}
    assert "{2: 0.0500}" in code
    exec(code, scope)
    assert scope["drawn"].flatten().tolist() == pytest.approx(page.evaluate(SHOWN)["drawn"], abs=1e-2)


def test_it_fits_a_telephone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_every_control_has_a_name(page):
    nameless = """() => [...document.querySelectorAll('input, select, button, canvas')].filter((e) =>
      !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).map((e) => e.id || e.outerHTML)"""
    assert page.evaluate(nameless) == []


def test_a_tick_is_quick(page, benchmark, report, file):
    """A person would notice a tenth of a second; `make bench` prints what it is, and alone measures."""
    turn = """(count) => [...Array(count).keys()].map((n) => {
      sliders()[n % 16].value = (n >> 4) % 2 ? 0.1 : -0.1;
      const start = performance.now();
      tick();
      return performance.now() - start;
    })"""
    times = sorted(benchmark.pedantic(page.evaluate, args=(turn, 320), rounds=1))
    report("explorer.html: a tick, median, beside its limit", times[160], 8, "ms")
    report("explorer.html: a tick, 95th percentile, beside its limit", times[304], 8, "ms")
    report("explorer.html: size, beside its limit", file.stat().st_size / 1e6, 5, "MB")
    assert benchmark.disabled or times[160] < 100
