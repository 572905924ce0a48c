"""The site: valid pages whose links lead somewhere, nothing from elsewhere, answers folded, the theatre alive."""

import copy
import functools
import http.server
import re
import threading
import time
from pathlib import Path

import html5lib
import pytest
import torch
from asking import asked, assert_alike
from axe_playwright_python.sync_playwright import Axe
from filelock import FileLock
from patience import HUNG

import capsule_tutor as caps
from capsule_tutor import authoring, checks, course, site
from capsule_tutor.theatre import apart, page, table

pytestmark = pytest.mark.browser

LESSONS = course.LESSONS
PAGES = ["index", "search", *(lesson.stem for lesson in LESSONS)]
SCENES = {
    "02_squash": "dial",
    "04_dynamic_routing": "routing",
    "08_self_attention_routing": "routing",
    "11_dimension_perturbation": "explorer",
    "12_multimnist": "apart",
    "14_viewpoints": "turntable",
    "index": "map",
}
# axe-core takes a formula for nothing: a column may be headed by one. The scenes are looked at in test_theatre_file.py.
LOOKED_AT = ["index", "search", "01_capsules", "04_dynamic_routing", "07_bug_museum"]  # all kinds of cells are on these
NOT_LOOKED_AT = ["th:has(.katex)", ".scene"]


@pytest.fixture(scope="session")
def folder(tmp_path_factory, worker_id) -> Path:
    """The site, built once for all workers."""
    root = tmp_path_factory.getbasetemp()
    place = (root if worker_id == "master" else root.parent) / "site"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            start = time.monotonic()
            pages = site.build(place)
            assert {path.stem for path in pages} == set(PAGES)
            (place / "built").write_text(f"{time.monotonic() - start:.0f} seconds")
    return place


@pytest.fixture(scope="session")
def address(folder) -> str:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def visit(new_page, address):
    """visit("04_dynamic_routing"): a page that has loaded. Whatever it asks for is beside it, and is there."""
    troubles = []

    def visit_(name, hash_="", **settings):
        page = new_page(**settings)
        page.on("request", lambda request: request.url.startswith((address, "data:")) or troubles.append(request.url))
        page.on("response", lambda response: response.status < 400 or troubles.append(response.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{address}{name}.html#{hash_}", timeout=1000 * HUNG)
        return page

    yield visit_
    assert not troubles


@functools.cache
def parsed(folder, name):
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return parser, parser.parse((folder / f"{name}.html").read_text(encoding="utf-8"))


def test_it_is_built_within_three_minutes(folder):
    assert int((folder / "built").read_text(encoding="utf-8").split()[0]) <= 180


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_valid(folder, name):
    parser, page = parsed(folder, name)
    assert [(position, code) for position, code, _ in parser.errors] == []
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert sorted(ids) == sorted(set(ids))
    assert page.find(".").get("lang") == "en"
    assert "Capsule Tutor" in page.find("head/title").text
    for picture in page.iter("img"):
        assert len(picture.get("alt", "")) >= 40
    assert not any(element.get("src", "").startswith("http") for element in page.iter())


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(folder, name):
    for element in parsed(folder, name)[1].iter():
        for target in filter(None, (element.get("href"), element.get("src"))):
            if element.tag == "a" and target.startswith("https://"):
                continue
            if target.startswith("data:"):
                continue
            file, _, place = target.partition("#")
            file = file.split("?")[0]
            assert not file or (folder / file).is_file(), target
            stem = Path(file).stem if file else name
            if place and file.endswith((".html", "")) and stem in PAGES:
                assert place in {one.get("id") for one in parsed(folder, stem)[1].iter()}, target


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_answers_are_folded_and_exercises_unsolved(folder, lesson):
    page = copy.deepcopy(parsed(folder, lesson.stem)[1])
    folds = list(page.iter("details"))
    told = "\n".join("".join(fold.itertext()) for fold in folds)
    for parent in list(page.iter()):
        for fold in parent.findall("details"):
            parent.remove(fold)
    open_text = "\n".join("".join(page.itertext()).splitlines())
    source = course.source(lesson).read_text(encoding="utf-8")
    regions = re.findall(rf"{authoring.BEGIN}\n(.*?){authoring.END}", source, re.DOTALL)
    answers = {line.strip() for region in regions for line in region.splitlines() if len(line.strip()) > 25}
    answers = {line for line in answers if not line.startswith(("#", "checks."))}
    assert answers
    for line in answers:
        assert line in told
        if line not in "\n".join(cell.source for cell in authoring.learner_notebook(source, lesson.stem).cells):
            assert line not in open_text
    exercises = [one for one in checks.EXERCISES.values() if one.lesson == lesson.number]
    assert open_text.count('raise NotImplementedError("your turn")') + open_text.count("...") >= len(exercises)
    questions = [id_ for id_ in checks.QUESTIONS if id_.startswith(lesson.number)]
    assert {fold.get("name") for fold in folds} >= set(questions)


def test_pages_follow_each_other_and_the_theme_can_be_chosen(visit):
    page = visit("index")
    for stem in PAGES[2:4]:
        page.click(".related-pages .next-page")
        page.wait_for_url(f"**/{stem}.html")
    page.click(".related-pages .prev-page")
    page.wait_for_url(f"**/{PAGES[2]}.html")
    colours = set()
    for _ in range(3):
        page.click(".content-icon-container .theme-toggle")
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


def test_search_finds_a_word(visit):
    page = visit("index")
    page.fill(".sidebar-search", "equivariance")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results a[href*='01_capsules.html']")
    assert page.locator("article h1").inner_text() == "Search"


def test_a_guess_tells_only_when_it_is_opened_by_keyboard(visit):
    page = visit("02_squash")
    fold = page.locator("details[name='02-zero']")
    answer = page.get_by_text("NaN times anything is NaN").nth(0)
    assert not answer.is_visible()
    fold.nth(0).locator("summary").focus()
    page.keyboard.press("Enter")
    answer.wait_for(state="visible")
    fold.nth(1).locator("summary").click()  # one at a time
    answer.wait_for(state="hidden")


@pytest.mark.parametrize(("name", "scene"), SCENES.items())
def test_a_scene_is_alive_and_dark_where_the_page_is(visit, name, scene):
    page = visit(name, color_scheme="dark")
    stage = page.locator(f"[data-scene={scene}] .theatre[data-settled=true]")
    stage.wait_for()
    assert "dark" in stage.get_attribute("class").split()
    page.locator(".theme-toggle:visible").first.click()  # from the system's wish to light
    page.locator(f"[data-scene={scene}] .theatre:not(.dark)").wait_for()


@pytest.mark.parametrize("name", ["index", "06_capsnet", "09_efficient_capsnet"])
def test_a_map_opens_with_its_lessons_network_and_keeps_what_the_lesson_asks_for(visit, name):
    page = visit(name)
    page.locator(".map[data-settled=true]").wait_for()
    network = "efficient-capsnet-mnist" if name == "09_efficient_capsnet" else "capsnet-mnist"
    assert page.locator(".network select").input_value() == network
    told = page.locator(".map dt").all_inner_texts()
    assert ("parameters" in told) == (name == "index")


def test_two_digits_are_pulled_apart(visit):
    page = visit("12_multimnist")
    page.locator(".apart[data-settled=true]").wait_for()
    network = caps.load("efficient-capsnet-multimnist")
    for first, steps in ((3, 6), (1, 14)):
        page.locator(".apart select").first.select_option(str(first))
        page.locator(".apart input[type=range]").fill(str(steps))
        page.wait_for_function("n => document.querySelector('.apart output').value === `${n} pixels`", arg=steps)
        page.locator(".apart[data-settled=true]").wait_for()
        told = apart.answer({"what": "pair", "digits": [first, 5], "distance": steps}, network)
        inks = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 36, 36).data)"
        pixels = torch.tensor(page.locator(".apart canvas").first.evaluate(inks)).view(36, 36, 4)
        torch.testing.assert_close(pixels[..., 0] / 255, told["image"][0], rtol=0, atol=5e-3)


@pytest.fixture(scope="module")
def ask(chromium, address):
    """ask("pairs", {"what": …}) answers as the pages of the site do."""
    context = chromium.new_context()
    page_ = context.new_page()
    page_.goto(f"{address}search.html")
    page_.add_script_tag(content=f"{page.script('pairs', 'toys')}\nwindow.capsules = {{}};")
    for name in ("pairs", "toys"):
        page_.add_script_tag(url=f"{address}_static/{name}.js")
    yield lambda name, question: asked(page_, f"modules.{name}.{name}(capsules.{name})()", question)
    context.close()


@pytest.mark.parametrize(("digits", "distance"), [([3, 5], 0), ([9, 0], 7), ([1, 1], 14)])
def test_pairs_are_pytorchs(ask, digits, distance):
    network = caps.load("efficient-capsnet-multimnist")
    for question in ({"what": "programme"}, {"what": "pair", "digits": digits, "distance": distance}):
        assert_alike(ask("pairs", question), apart.answer(question, network))


@pytest.mark.parametrize("label", range(5))
def test_toys_are_the_packages(ask, label):
    question = {"what": "toy", "label": label, "instance": 2 * label, "azimuth": 70 * label}
    question |= {"elevation": 30 + 10 * label, "light": 5 - label}
    ours = table.answer(question)["eyes"].flatten()
    difference = 255 * (ask("toys", question)["eyes"] - ours).abs()
    assert difference.max() < 1.01  # as between two machines: a grey level may be rounded up or down
    assert (difference > 0.5).double().mean() < 1e-3


def test_the_toy_on_the_turntable_turns_and_the_address_says_which(visit):
    page = visit("14_viewpoints")
    page.locator(".turntable[data-settled=true]").wait_for()
    page.locator(".turntable input").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.turntable .said').innerText.includes('at azimuth 40°')")
    page.wait_for_function("() => location.hash.startsWith('#turntable?')")
    other = visit("14_viewpoints", hash_=page.url.split("#")[1])
    other.locator(".turntable[data-settled=true]").wait_for()
    assert "at azimuth 40°" in other.locator(".turntable .said").inner_text()
    other.wait_for_function("() => document.querySelector('.turntable').getBoundingClientRect().top < innerHeight")


def test_an_address_says_look_at_this_one_and_who_only_looks_writes_none(visit):
    page = visit("04_dynamic_routing", hash_="routing?t=7&look=parent-1")
    page.locator(".routing[data-settled=true]").wait_for()
    assert page.get_attribute(".routing", "data-t") == "7"
    assert page.locator(".panel").first.locator(".link.off").count() == 3
    page = visit("04_dynamic_routing", hash_="theatre-text")
    page.locator(".routing[data-settled=true]").wait_for()
    page.wait_for_timeout(500)  # longer than the address waits
    assert page.url.endswith("#theatre-text")


def test_routing_plays_on_a_telephone_and_nothing_is_off_the_page(visit):
    page = visit("04_dynamic_routing", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator("[data-scene] .theatre[data-settled=true]").wait_for()
    before = page.locator("[data-scene] .words").first.inner_text()
    page.locator("[data-scene] .timeline input").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('[data-scene] .words').innerText !== before", arg=before)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_on_paper_there_is_only_the_text(visit):
    page = visit("04_dynamic_routing")
    page.emulate_media(media="print")
    assert page.locator("article h1").is_visible()
    for other in (".sidebar-drawer", ".toc-drawer", ".scene", ".guess"):
        assert not page.locator(other).first.is_visible(), other


@pytest.mark.parametrize(
    ("name", "scheme"),
    [*((name, None) for name in LOOKED_AT), ("01_capsules", "light"), ("01_capsules", "dark")],
)
def test_nobody_is_shut_out(visit, name, scheme):
    """With a scheme, contrast alone is looked at: it takes long, and the colours of all pages are the same."""
    page = visit(name, color_scheme=scheme or "light")
    page.evaluate("for (const fold of document.querySelectorAll('details')) { fold.name = ''; fold.open = true; }")
    # The theme fades over from light to dark: between the two a colour is neither.
    page.evaluate("async () => { await Promise.allSettled(document.getAnimations().map((one) => one.finished)); }")
    rules = {"runOnly": ["color-contrast"]} if scheme else {"rules": {"color-contrast": {"enabled": False}}}
    found = Axe().run(page, context={"exclude": NOT_LOOKED_AT}, options=rules).response
    assert found["passes"]
    assert [(one["id"], node["html"]) for one in found["violations"] for node in one["nodes"]] == []
