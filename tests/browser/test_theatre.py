"""The theatre in JupyterLab, and the explorer as a web application: hands move what a person sees."""

import math
import os
import re
import statistics
import subprocess
import sys

import pytest
import torch
from patience import HUNG, watch

import capsule_tutor as caps
from capsule_tutor import data
from capsule_tutor.theatre import apart, routing
from capsule_tutor.theatre.table import FIRST

pytestmark = pytest.mark.browser

CELL = "from capsule_tutor import data\nfrom capsule_tutor.theatre import explorer\n\n"
CELL += 'explorer(images=data.digits("test"))'
# The middle of the three pictures as it stands on the screen: 28 × 28 of ink.
INK = """() => {
  const canvas = document.querySelectorAll('.explorer .pictures canvas')[1];
  const pixels = canvas.getContext('2d').getImageData(0, 0, 28, 28).data;
  return Array.from(pixels).filter((_, n) => n % 4 === 0).map((grey) => 1 - grey / 255); }"""

# Milliseconds from a key to the picture that the browser has ready to paint.
STOPWATCH = """() => {
  window.times = [];
  let pressed = null;
  document.addEventListener('keydown', () => { pressed = performance.now(); }, true);
  new MutationObserver(() => {
    if (pressed !== null) times.push(performance.now() - pressed);
    pressed = null;
  }).observe(document.querySelector('.explorer'), { attributes: true, attributeFilter: ['data-ticks'] });
}"""


@pytest.fixture(params=["JupyterLab", "Voilà"])
def page(request):
    """A page that shows the explorer of the embedded digits; nothing on it leaves this machine."""
    asked = []
    if request.param == "JupyterLab":
        notebook = request.getfixturevalue("open_notebook")(request.getfixturevalue("explorer_notebook"))
        notebook.page.on("request", lambda sent: asked.append(sent.url))
        notebook.run_all()
        page = notebook.page
    else:
        page = request.getfixturevalue("new_page")()
        page.on("request", lambda sent: asked.append(sent.url))
        # What the page's own policy forbids never left the browser.
        page.on("requestfailed", lambda lost: lost.failure == "csp" and asked.remove(lost.url))
        page.goto(request.getfixturevalue("voila"))
    settled(page)
    yield page
    here = r"(http://(localhost|127\.0\.0\.1)[:/]|blob:|data:)"
    assert [url for url in asked if not re.match(here, url)] == []


@pytest.fixture
def explorer_notebook(write):
    return write("explorer.ipynb", CELL)


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    """`capsule-tutor explore`, on the embedded digits. → its address"""
    home = tmp_path_factory.mktemp("voila")
    own = {n: str(home / n) for n in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    environment = os.environ | own | {"CAPSULE_TUTOR_DATA": str(home)}
    command = [sys.executable, "-m", "capsule_tutor", "explore", "--no-browser", "--port", "8867"]
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

    page.check("text=only the misread")
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


def test_from_key_to_picture(page, benchmark, report):
    """A person would notice a second; `make bench` prints what it is, and alone measures: a busy machine is slow."""
    page.focus("[data-z='2']")
    page.evaluate(STOPWATCH)

    def keys(count):
        for n in range(count):
            page.keyboard.press("ArrowRight" if n // 5 % 2 == 0 else "ArrowLeft")
            # Asking in every frame would slow what is measured; then a pause, as a person tapping a key makes.
            page.wait_for_function("(n) => times.length > n", arg=n, polling=100)
            page.wait_for_timeout(150)
        return page.evaluate("() => times")

    times = benchmark.pedantic(keys, args=(5 if benchmark.disabled else 40,), rounds=1)
    report("explorer: from key to picture, median, beside its limit", statistics.median(times), 40, "ms")
    assert benchmark.disabled or statistics.median(times) < 1000


def test_the_toy_on_the_turntable_turns(write, open_notebook):
    notebook = open_notebook(write("turntable.ipynb", "from capsule_tutor.theatre import turntable\n\nturntable()"))
    notebook.run_all()
    page = notebook.page
    notebook.cell(1, ".turntable[data-settled=true]")
    page.focus(".turntable input >> nth=0")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.turntable .said').innerText.includes('at azimuth 40°')")
    shown = page.evaluate("""() => Array.from(document.querySelector('.turntable canvas').getContext('2d')
        .getImageData(0, 0, 96, 96).data).filter((_, n) => n % 4 === 0)""")
    left = data.toy(*{**FIRST, "azimuth": 40}.values())[0]
    assert max(abs(a - 255 * b) for a, b in zip(shown, left.flatten().tolist(), strict=True)) <= 1


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


def test_your_own_functions_are_on_the_stage(write, open_notebook):
    cells = [WRONG + "squash_dial(torch.tanh)", WRONG + "theatre(mine, against=functional.dynamic_routing)"]
    notebook = open_notebook(write("stage.ipynb", *cells))
    notebook.run_all()
    page = notebook.page
    notebook.cell(1, ".dial[data-settled=true]")
    page.focus(".dial input >> nth=0")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.dial .said').innerText.startsWith('s has length 2.00.')")
    settled(page, "dial")
    x, y = math.tanh(2 * math.cos(math.pi / 6)), math.tanh(2 * math.sin(math.pi / 6))
    turned = round(math.degrees(math.atan2(y, x)) - 30)
    assert f"tanh: {math.hypot(x, y):.2f}, turned by {turned}°" in page.inner_text(".dial .said")

    notebook.cell(2, ".routing[data-settled=true]")
    assert page.locator(".panel h3").all_inner_texts() == ["yours: mine", "beside it: dynamic_routing"]
    # The shares of a child should sum to 1, and those of a softmax over three children sum to 2/3.
    assert page.locator(".panel").nth(0).locator(".child + .name + .note").all_text_contents() == ["Σ0.67"] * 3
    assert page.locator(".panel").nth(1).locator(".child + .name + .note").all_text_contents() == [""] * 3
    page.focus(".timeline input")
    page.keyboard.press("End")
    settled(page, "routing")
    votes = torch.tensor(routing.TOYS["two of three agree"]).float()
    for n, function in enumerate((None, caps.dynamic_routing)):
        scope = {}
        exec(WRONG, scope)
        c = (function or scope["mine"])(votes[None], routing.ITERATIONS)[1].flatten()
        widths = "lines => lines.map((line) => (line.getAttribute('stroke-width') - 0.6) / 8)"
        shown = torch.tensor(page.locator(".panel").nth(n).locator(".link").evaluate_all(widths), dtype=torch.float32)
        torch.testing.assert_close(shown, c, rtol=0, atol=1e-3)


def test_two_digits_are_pulled_apart(write, open_notebook):
    made = "import torch\nfrom capsule_tutor import models\n\ntorch.manual_seed(0)\n"
    made += "network = models.efficient_capsnet(shape=(1, 36, 36)).eval()"
    shown = "from capsule_tutor.theatre import pull_apart\n\npull_apart(network)"
    notebook = open_notebook(write("apart.ipynb", made, shown))
    notebook.run_all()
    page = notebook.page
    notebook.cell(2, ".apart[data-settled=true]")
    page.focus(".apart input[type=range]")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.apart output').value === '6 pixels'")
    settled(page, "apart")
    scope = {}
    exec(made, scope)
    told = apart.answer({"what": "pair", "digits": [3, 5], "distance": 6}, scope["network"])
    read = [float(number) for number in page.locator(".apart .number").all_inner_texts()]
    assert read == pytest.approx(told["lengths"].tolist(), abs=0.0051)
    assert page.inner_text(".apart .said").startswith("There: 3 and 5.")
    inks = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 36, 36).data)"
    pixels = torch.tensor(page.locator(".apart canvas").nth(0).evaluate(inks)).view(36, 36, 4)
    torch.testing.assert_close(pixels[..., 0] / 255, told["image"][0], rtol=0, atol=5e-3)


def test_from_hand_to_lines(write, open_notebook, benchmark, report):
    """A vote is moved, and Python has routed it."""
    notebook = open_notebook(write("hand.ipynb", "from capsule_tutor.theatre import theatre\n\ntheatre()"))
    notebook.run_all()
    page = notebook.page
    notebook.cell(1, ".routing[data-settled=true]")
    page.locator("[data-vote='2-0']").first.focus()
    page.evaluate(STOPWATCH.replace(".explorer", ".routing").replace("data-ticks", "data-shows"))

    def keys(count):
        for n in range(count):
            page.keyboard.press("ArrowUp")
            page.wait_for_function("(n) => times.length > n", arg=n, polling=100)
            page.wait_for_timeout(150)
        return page.evaluate("() => times")

    times = benchmark.pedantic(keys, args=(5 if benchmark.disabled else 30,), rounds=1)
    report("theatre: from hand to lines, median, beside its limit", statistics.median(times), 40, "ms")
    assert benchmark.disabled or statistics.median(times) < 1000
