"""The theatre in JupyterLab, and the explorer as a web application: hands move what a person sees."""

import math
import os
import re
import subprocess
import sys

import pytest
import torch
from asking import barriers, show
from notebook_page import problems
from patience import HUNG, watch

import capsule_tutor as caps
from capsule_tutor import data
from capsule_tutor.data.views import CLASSES
from capsule_tutor.theatre import apart, explorer, pull_apart, routing, turntable
from capsule_tutor.theatre.table import FIRST

pytestmark = pytest.mark.browser

WRONG = """
import torch
from capsule_tutor import functional
from capsule_tutor.theatre import squash_dial, theatre

def mine(u_hat, iterations=3):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        c = torch.softmax(logits, dim=1)
        v = functional.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c
"""
UNTRAINED = """
from capsule_tutor import models

torch.manual_seed(0)
network = models.efficient_capsnet(shape=(1, 36, 36)).eval()
"""
CELLS = {
    "explorer": "from capsule_tutor import data\nfrom capsule_tutor.theatre import explorer\n\n"
    'explorer(images=data.digits("test"))',
    "turntable": "from capsule_tutor.theatre import turntable\n\nturntable()",
    "dial": WRONG + "squash_dial(torch.tanh)",
    "wrong and right": "theatre(mine, against=functional.dynamic_routing)",
    "apart": UNTRAINED + "from capsule_tutor.theatre import pull_apart\n\npull_apart(network)",
    "routing": "theatre()",
}
# The middle of the three pictures as it stands on the screen: 28 × 28 of ink.
INK = """() => {
  const canvas = document.querySelectorAll('.explorer .pictures canvas')[1];
  const pixels = canvas.getContext('2d').getImageData(0, 0, 28, 28).data;
  return Array.from(pixels).filter((_, n) => n % 4 === 0).map((grey) => 1 - grey / 255); }"""

# Milliseconds from a key, or a move of the mouse, to the picture that the browser has ready to paint.
STOPWATCH = """(box, counts) => {
  window.times = [];
  let pressed = null;
  for (const hand of ['keydown', 'pointermove'])
    document.addEventListener(hand, () => { pressed = performance.now(); }, true);
  window.watcher?.disconnect();  // one watch at a time
  window.watcher = new MutationObserver(() => {
    if (pressed !== null) times.push(performance.now() - pressed);
    pressed = null;
  });
  watcher.observe(box, { attributes: true, attributeFilter: [counts] });
}"""


@pytest.fixture(params=["JupyterLab", "Voilà"])
def page(request):
    """A page that shows the explorer of the embedded digits."""
    if request.param == "JupyterLab":
        page = request.getfixturevalue("stage")("explorer").page
    else:
        page = request.getfixturevalue("application")
    settled(page)
    return page


def elsewhere(page) -> list[str]:
    """Fills with the addresses that the page asks for and that are not on this machine."""
    asked, here = [], r"(http://(localhost|127\.0\.0\.1)[:/]|blob:|data:)"
    page.on("request", lambda sent: re.match(here, sent.url) or asked.append(sent.url))
    # What the page's own policy forbids never left the browser.
    page.on("requestfailed", lambda lost: lost.failure == "csp" and lost.url in asked and asked.remove(lost.url))
    return asked


@pytest.fixture(scope="module")
def stage(write, keep_notebook):
    """stage("dial"): a notebook of all scenes, this one's cell in sight. It is opened once, as kernels are slow."""
    notebook = keep_notebook(write("scenes.ipynb", *CELLS.values()))
    asked = elsewhere(notebook.page)
    assert not problems(notebook.run_all())

    def show(name):
        index = 1 + list(CELLS).index(name)
        notebook.cell(index, ".theatre[data-settled=true]")
        notebook.scene = notebook.page.locator(f".jp-Cell[data-windowed-list-index='{index}'] .theatre")
        return notebook

    yield show
    assert asked == []


@pytest.fixture(scope="module")
def application(chromium, voila):
    """The page of `capsule-tutor explore`."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(1000 * HUNG)
    page = context.new_page()
    asked = elsewhere(page)
    page.goto(voila)
    yield page
    assert asked == []
    context.close()


@pytest.fixture(scope="module")
def voila(tmp_path_factory, port):
    """`capsule-tutor explore`, on the embedded digits. → its address"""
    home = tmp_path_factory.mktemp("voila")
    own = {n: str(home / n) for n in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    environment = os.environ | own | {"CAPSULE_TUTOR_DATA": str(home)}
    command = [sys.executable, "-m", "capsule_tutor", "explore", "--no-browser", "--port", port()]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=home)
        try:
            for said in watch((home / "log").read_text, lambda said: f"the explorer does not listen:\n{said}"):
                if found := re.search(r"http://\S+", said):
                    break
                if server.poll() is not None:
                    pytest.fail(f"the explorer did not start:\n{said}")
            yield found[0]
        finally:
            server.terminate()
            server.wait(HUNG)


def settled(page, scene="explorer"):
    page.wait_for_selector(f".{scene}[data-settled=true]")


def assert_drawn(page, place, changes):
    settled(page)
    found = torch.tensor(page.evaluate(INK))
    torch.testing.assert_close(found, expected(place, changes), rtol=0, atol=5e-3)


def expected(place, changes):
    network, image = caps.load("efficient-capsnet-mnist"), data.digits("test").images[place][None]
    delta = torch.zeros(16)
    for z, change in changes.items():
        delta[z] = change
    with torch.no_grad():
        return network.decoder(caps.perturb(network(image), delta))[0]


def test_a_person_explores(page):
    assert_drawn(page, 0, {})

    page.focus("[data-z='3']")
    page.keyboard.press("ArrowRight")
    assert_drawn(page, 0, {3: 0.05})

    slider = page.locator("[data-z='5']")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    settled(page)
    assert_drawn(page, 0, {3: 0.05, 5: float(slider.input_value())})

    page.click(".reset")
    assert_drawn(page, 0, {})

    page.check("text=only misread images")
    page.wait_for_function("() => /is an? (\\d); the network reads (?!\\1)\\d/.test(document.body.innerText)")

    paper = page.locator(".paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    page.mouse.move(box["x"] + 84, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 84, box["y"] + 145, steps=8)
    page.wait_for_function("() => /your drawing; the network reads 1/.test(document.body.innerText)")
    page.mouse.up()
    settled(page)


def test_from_key_to_picture(page, benchmark, latencies, request):
    """A person would notice a second; `make bench` prints what it is, and alone measures: a busy machine is slow."""
    page.focus("[data-z='2']")
    page.locator(".explorer").evaluate(STOPWATCH, "data-ticks")

    def keys(count):
        for n in range(count):
            page.keyboard.press("ArrowRight" if n // 5 % 2 == 0 else "ArrowLeft")
            # Asking in every frame would slow what is measured; then a pause, as a person tapping a key makes.
            page.wait_for_function("(n) => times.length > n", arg=n, polling=100)
            page.wait_for_timeout(150)
        return page.evaluate("() => times")

    times = benchmark.pedantic(keys, args=(5 if benchmark.disabled else 40,), rounds=1)
    where = request.node.callspec.params["page"]
    assert latencies(f"explorer in {where}: key to picture", times, 40) < 1000 or benchmark.disabled


def test_the_toy_on_the_turntable_turns(stage):
    page = stage("turntable").page
    page.focus(".turntable input >> nth=0")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.turntable .said').innerText.includes('at azimuth 40°')")
    shown = page.evaluate("""() => Array.from(document.querySelector('.turntable canvas').getContext('2d')
        .getImageData(0, 0, 96, 96).data).filter((_, n) => n % 4 === 0)""")
    left = data.toy(*{**FIRST, "azimuth": 40}.values())[0]
    assert max(abs(a - 255 * b) for a, b in zip(shown, left.flatten().tolist(), strict=True)) <= 1


def test_your_own_functions_are_on_the_stage(stage):
    page = stage("dial").page
    page.focus(".dial input >> nth=0")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.dial .said').innerText.startsWith('s has length 2.00.')")
    settled(page, "dial")
    x, y = math.tanh(2 * math.cos(math.pi / 6)), math.tanh(2 * math.sin(math.pi / 6))
    turned = round(math.degrees(math.atan2(y, x)) - 30)
    assert f"tanh: {math.hypot(x, y):.2f}, turned by {turned}°" in page.inner_text(".dial .said")

    scene = stage("wrong and right").scene
    panels = scene.locator(".panel")
    assert scene.locator(".panel h3").all_inner_texts() == ["yours: mine", "beside it: dynamic_routing"]
    # The shares of a child should sum to 1, and those of a softmax over three children sum to 2/3.
    assert panels.nth(0).locator(".child + .name + .note").all_text_contents() == ["Σ0.67"] * 3
    assert panels.nth(1).locator(".child + .name + .note").all_text_contents() == [""] * 3
    scene.locator(".control:has(> span:text-is('numbers')) select").select_option("logits")
    assert panels.nth(0).locator(".numbers").inner_text().startswith("A function returns its v and its c.")
    assert panels.nth(1).locator("tbody td").all_inner_texts()[:6] == ["0.00"] * 6
    scene.locator(".timeline input").focus()
    page.keyboard.press("End")
    at_rest = "box => box.dataset.t === '10' && box.dataset.settled === 'true'"
    page.wait_for_function(at_rest, arg=scene.element_handle())
    votes = torch.tensor(routing.TOYS["two of three agree"]).float()
    for n, function in enumerate((None, caps.dynamic_routing)):
        scope = {}
        exec(WRONG, scope)
        c = (function or scope["mine"])(votes[None], routing.ITERATIONS)[1].flatten()
        widths = "lines => lines.map((line) => (line.getAttribute('stroke-width') - 0.6) / 8)"
        shown = torch.tensor(panels.nth(n).locator(".link").evaluate_all(widths), dtype=torch.float32)
        torch.testing.assert_close(shown, c, rtol=0, atol=1e-3)


def test_two_digits_are_pulled_apart(stage):
    page = stage("apart").page
    page.focus(".apart input[type=range]")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.apart output').value === '6 pixels'")
    settled(page, "apart")
    scope = {"torch": torch}
    exec(UNTRAINED, scope)
    told = apart.answer({"what": "pair", "digits": [3, 5], "distance": 6}, scope["network"])
    read = [float(number) for number in page.locator(".apart .number").all_inner_texts()]
    assert read == pytest.approx(told["lengths"].tolist(), abs=0.0051)
    assert page.inner_text(".apart .said").startswith("There: 3 and 5.")
    inks = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 36, 36).data)"
    pixels = torch.tensor(page.locator(".apart canvas").nth(0).evaluate(inks)).view(36, 36, 4)
    torch.testing.assert_close(pixels[..., 0] / 255, told["image"][0], rtol=0, atol=5e-3)


def test_from_hand_to_lines(stage, benchmark, latencies):
    """A vote is moved, by keys and then by mouse, and Python has routed it."""
    notebook = stage("routing")
    page = notebook.page
    notebook.scene.locator("[data-vote='2-0']").first.focus()
    notebook.scene.evaluate(STOPWATCH, "data-shows")

    def keys(count):
        for n in range(count):
            page.keyboard.press("ArrowUp")
            page.wait_for_function("(n) => times.length > n", arg=n, polling=100)
            page.wait_for_timeout(150)
        return page.evaluate("() => times")

    count = 5 if benchmark.disabled else 30
    times = benchmark.pedantic(keys, args=(count,), rounds=1)
    assert latencies("routing in JupyterLab: key to lines", times, 40) < 1000 or benchmark.disabled

    grip = notebook.scene.locator("[data-vote='2-0']").first
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    notebook.scene.evaluate(STOPWATCH, "data-shows")
    for n in range(count):
        page.mouse.move(x + 3 * (n % 7 + 1), y)
        page.wait_for_function("(n) => times.length > n", arg=n, polling=100)
        page.wait_for_timeout(150)
    page.mouse.up()
    times = page.evaluate("() => times")
    assert latencies("routing in JupyterLab: drag to lines", times, 40) < 1000 or benchmark.disabled


# ---- a scene by the script of a notebook, without JupyterLab around it

# Of every picture: its name, and how dark it is, from 0 to 1.
PICTURES = """() => Object.fromEntries([...document.querySelectorAll('.pictures figure')].map((figure) => {
  const canvas = figure.querySelector('canvas'), { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  return [figure.innerText, Array.from(data).filter((_, n) => n % 4 === 0).map((grey) => 1 - grey / 255)]; }))"""


def pictures(page):
    """Name → ink, of the pictures on the stage; whose length is beside a name is left out."""
    settled(page)
    return {name.partition(", length ")[0]: torch.tensor(ink) for name, ink in page.evaluate(PICTURES).items()}


def assert_near(ink, picture):
    torch.testing.assert_close(ink, picture.flatten(), rtol=0, atol=5e-3)


def assert_open_to_all(page, folder):
    """On a desk and, in the dark, on a telephone; `folder` gets a picture of both."""
    for width, height, scheme in ((1400, 900, "light"), (390, 844, "dark")):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f".theatre{'.dark' if scheme == 'dark' else ':not(.dark)'}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert barriers(page) == []
        page.screenshot(path=folder / f"{scheme}.png", full_page=True)


def click_at(page, z, share):
    """Where on a slider; what it is then."""
    slider = page.locator(f"[data-z='{z}']")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    return float(slider.input_value())


def test_two_digits_are_explored_by_mouse_and_keyboard(new_page, tmp_path):
    network, images = caps.load("efficient-capsnet-multimnist"), data.multidigits("test", count=40)
    page = new_page()
    show(page, "explorer", explorer("efficient-capsnet-multimnist", images).answer)
    with torch.no_grad():
        v = network(images.images[:1])  # (1, j, z)
    order = caps.lengths(v)[0].argsort(descending=True).tolist()

    def draws(j, z=None, to=0.0):
        pose = v.expand(1, -1, -1).clone()
        if z is not None:
            pose[0, j, z] = to
        return network.decode(pose, torch.tensor([j]))[0].detach()

    one, other = order[:2]
    seen = pictures(page)
    assert list(seen) == ["image", f"drawn by {one}", f"drawn by {other}", "difference"]
    for name, picture in (
        ("image", images.images[0]),
        (f"drawn by {one}", draws(one)),
        (f"drawn by {other}", draws(other)),
    ):
        assert_near(seen[name], picture)

    page.locator(".control:has(> span:text-is('capsule')) select").select_option(str(other))  # the other one is turned
    page.check("input[value=set]")
    settled(page)
    to = click_at(page, 5, 0.9)
    seen = pictures(page)
    assert list(seen)[1:3] == [f"drawn by {other}", f"drawn by {one}"]
    turned = draws(other, 5, to)
    assert_near(seen[f"drawn by {other}"], turned)
    assert_near(seen[f"drawn by {one}"], draws(one))
    with torch.no_grad():
        lengths = network.lengths((turned + draws(one)).clamp(max=1)[None])[0]
    again = sorted(lengths.topk(2).indices.tolist())
    said = page.inner_text(".said")
    assert f"Drawn: capsule {other} and, beside it, {one}." in said
    assert (
        f"the network reads {again[0]} and {again[1]} (lengths {lengths[again[0]]:.2f} and {lengths[again[1]]:.2f})"
        in said
    )

    page.check("input[value=add]")
    page.focus("[data-z='2']")
    page.keyboard.press("ArrowRight")
    assert_near(pictures(page)[f"drawn by {other}"], draws(other, 2, v[0, other, 2] + 0.05))
    assert_open_to_all(page, tmp_path)


def test_toys_are_explored_by_mouse_and_keyboard(new_page, tmp_path):
    network, classes = caps.load("efficient-capsnet-toys"), list(CLASSES)
    views = torch.stack([data.toy(label, 0, size=48) for label in range(5)])
    page = new_page()
    toys = data.Views(views, torch.arange(5), torch.zeros(5, 4, dtype=torch.long))
    show(page, "explorer", explorer("efficient-capsnet-toys", toys).answer)
    page.locator(".thumbnails button").nth(3).click()
    with torch.no_grad():
        v = network(views[3:4])
    j = caps.lengths(v)[0].argmax().item()

    def draws(z=None, by=0.0):
        pose = v.clone()
        if z is not None:
            pose[0, j, z] += by
        return 1 - torch.cat([*network.decode(pose, torch.tensor([j]))[0].detach()], dim=1)  # dark, both eyes in a row

    page.wait_for_function("() => document.querySelector('.said').innerText.startsWith('The image is a truck')")
    seen = pictures(page)
    drawn = "drawn by truck"
    assert list(seen) == ["image", drawn, "difference"]
    caption = page.locator(".pictures figcaption").nth(1)
    assert caption.inner_text() == f"drawn by truck, length {caps.lengths(v)[0, j]:.2f}"
    assert_near(seen["image"], 1 - torch.cat([*views[3]], dim=1))
    assert_near(seen[drawn], draws())
    page.focus("[data-z='4']")
    page.keyboard.press("ArrowLeft")
    assert_near(pictures(page)[drawn], draws(4, -0.05))
    page.click(".reset")
    by = click_at(page, 7, 0.1)
    assert_near(pictures(page)[drawn], draws(7, by))
    turned = v[0, j] + by * torch.eye(len(v[0, j]))[7]
    assert caption.inner_text() == f"drawn by truck, length {turned.norm():.2f}"
    names = page.locator(".length .class")
    assert names.all_inner_texts() == classes
    assert names.evaluate_all(
        "names => names.every((name) => name.scrollWidth <= name.clientWidth)"
    )  # none under its bar
    assert not page.locator(".paper").is_visible()
    assert_open_to_all(page, tmp_path)


@pytest.mark.parametrize("scene", ["apart", "turntable"])
def test_nobody_is_shut_out(new_page, tmp_path, scene):
    """The other scenes are looked at in test_theatre_file.py."""
    page = new_page()
    answers = {"apart": lambda: pull_apart(caps.load("efficient-capsnet-multimnist")), "turntable": turntable}
    show(page, scene, answers[scene]().answer)
    assert_open_to_all(page, tmp_path)
