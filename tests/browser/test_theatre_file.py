"""The theatre as one HTML file: it computes what PyTorch computes, and a person can use it in many ways."""

import pytest
import torch
from asking import asked, assert_alike, barriers
from patience import HUNG

import capsule_tutor as caps
from capsule_tutor import data, functional
from capsule_tutor.theatre import dial, explore, export, page, routing
from capsule_tutor.theatre import map as network_map
from capsule_tutor.theatre.gallery import gallery, read, some
from capsule_tutor.theatre.offline import KEPT, LARGE, NETWORK

pytestmark = pytest.mark.browser

DIGITS, GALLERY = data.digits("test"), gallery("digits")
PLACES = some(NETWORK, GALLERY)
LABELS, READ = GALLERY.labels[PLACES, 0], read(NETWORK, GALLERY)[PLACES, 0]
SCREENS = {
    "desk": {"viewport": {"width": 1400, "height": 900}},
    "telephone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "zoomed": {"viewport": {"width": 700, "height": 450}, "device_scale_factor": 2},
    "dark": {"viewport": {"width": 1400, "height": 900}, "color_scheme": "dark"},
    "calm": {"viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce"},
}

# Another scene from the beginning, at the top of the page; the address that is there already would change nothing.
CHANGE = """(address) => new Promise((done) => {
  history.replaceState(null, "", "#-");
  addEventListener("hashchange", () => { scrollTo(0, 0); done(); }, { once: true });
  location.hash = address; })"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "theatre.html"
    assert export(path) == path.stat().st_size <= 5_000_000
    return path


@pytest.fixture(scope="module")
def desks(chromium, file):
    """desks(screen, n): the n-th page of a screen, with the file in it. Loading it for each test would take longer."""
    pages, troubles = {}, []

    def open_(screen, n=0):
        if (screen, n) not in pages:
            context = chromium.new_context(**SCREENS[screen])
            context.set_default_timeout(1000 * HUNG)
            page = pages[screen, n] = context.new_page()
            page.on("request", lambda sent: sent.url.split("#")[0] == file.as_uri() or troubles.append(sent.url))
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.goto(f"{file.as_uri()}#dial")
            settled(page)
        return pages[screen, n]

    open_.troubles = troubles
    yield open_
    for one in pages.values():
        one.context.close()


@pytest.fixture
def visit(desks):
    """visit("routing?t=3", "desk"): a scene that has come to rest. Nothing may be asked for, nothing complained of."""
    used = []

    def visit_(address="", screen="desk"):
        page = desks(screen, used.count(screen))
        used.append(screen)
        if "touch" not in str(SCREENS[screen]):
            page.mouse.move(0, 0)
        page.evaluate(CHANGE, f"#{address}")
        settled(page)
        return page

    desks.troubles.clear()
    yield visit_
    assert not desks.troubles


def settled(page):
    page.wait_for_selector(".theatre[data-settled=true]")


def control(page, name):
    """The input or list beside this word."""
    return page.locator(f".control:has(> span:text-is('{name}'))").locator("select, input")


def couplings(page, panel=0):
    """The couplings as the lines of a panel show them, back from their widths; (i·j,)"""
    read = """lines => lines.map((line) => {
      const c = (line.getAttribute('stroke-width') - 0.6) / 8;
      return line.getAttribute('stroke-dasharray') === 'none' ? c : -c; })"""
    return torch.tensor(page.locator(".panel").nth(panel).locator(".link").evaluate_all(read), dtype=torch.float32)


def iteration(page):
    return float(page.get_attribute(".routing", "data-t"))


# ---- the same numbers as PyTorch


@pytest.fixture(scope="module")
def workshop(chromium, file):
    """A page with the modules of the file, and with its answers: `ask("routing")({"what": …})`."""
    context = chromium.new_context()
    context.set_default_timeout(1000 * HUNG)
    page_ = context.new_page()
    page_.goto(file.as_uri() + "#dial")
    page_.add_script_tag(content=page.script("file"))
    data_ = "JSON.parse(document.getElementById('data').textContent)"
    page_.evaluate(f"() => {{ window.ask = modules.digits.digits({data_}); }}")
    yield page_
    context.close()


@pytest.fixture(scope="module")
def ask(workshop):
    """ask("routing", {"what": …}) answers as the file does, lists as tensors."""
    return lambda scene, question: asked(workshop, f"ask('{scene}')", question)


@pytest.mark.parametrize("name", [*routing.TOYS, routing.REAL])
def test_routing_is_pytorchs(ask, name):
    for digit in PLACES[::9] if name == routing.REAL else (0,):
        question = {"what": "play", "name": name, "digit": digit}
        assert_alike(ask("routing", question), routing.answer(question, {}, None, NETWORK))


def test_routing_of_moved_votes_is_pytorchs(ask):
    torch.manual_seed(0)
    for children in (1, 2, 5):
        votes = (2.5 * torch.rand(children, 2, 2) - 1.2).flatten().tolist()
        question = {"what": "play", "name": "two of three agree", "votes": votes, "sizes": [children, 2, 2]}
        assert_alike(ask("routing", question), routing.answer(question, {}, None, NETWORK))


@pytest.mark.parametrize("length", [0.0, 0.1, 1.0, 3.0])
def test_the_dial_is_pytorchs(ask, length):
    functions = dial.titles(functional.squash, functional.exponential_squash)
    for question in ({"what": "programme"}, {"what": "squash", "s": [0.6 * length, -0.8 * length]}):
        assert_alike(ask("dial", question), dial.answer(question, functions))


def test_the_explorer_is_pytorchs(ask):
    torch.manual_seed(0)
    for place in PLACES[::10]:
        look = {"what": "look", "place": place, "network": NETWORK}
        seen = explore.answer(look, [NETWORK], GALLERY)
        assert_alike(ask("explorer", look), seen)
        j = seen["lengths"].argmax().item()
        pose = (seen["v"][j] + 0.05 * torch.randint(-5, 6, (16,))).tolist()
        for what in ("tick", "again"):
            question = {"what": what, "j": j, "pose": pose, "network": NETWORK}
            assert_alike(ask("explorer", question), explore.answer(question, [NETWORK], GALLERY))


def drawing(kind):
    """168 × 168 bytes of ink, as the paper has them after a pen has been over it."""
    y, x = torch.meshgrid(torch.arange(168.0), torch.arange(168.0), indexing="ij")
    stroke = {
        "upright": (x - 84).abs().maximum((y - 84).abs() - 60),
        "wide": (y - 60).abs().maximum((x - 70).abs() - 40),
        "slanted": (x - 40 - 0.7 * y).abs().maximum((y - 90).abs() - 55),
        "ring": (((x - 100).square() + 2 * (y - 70).square()).sqrt() - 45).abs(),
        "dot": ((x - 20).square() + (y - 150).square()).sqrt(),
    }[kind]
    return ((8 - stroke).clamp(0, 1) * 255).byte()


@pytest.mark.parametrize("kind", ["upright", "wide", "slanted", "ring", "dot"])
def test_a_drawing_is_read_alike(kind, ask):
    question = {"what": "look", "side": 168, "network": NETWORK}
    ink = drawing(kind)
    here = explore.answer(question | {"ink": ink.numpy().tobytes()}, [NETWORK], GALLERY)
    there = ask("explorer", question | {"ink": ink.flatten().tolist()})
    assert_alike(there, here)
    assert there["lengths"].argmax() == here["lengths"].argmax()


def test_an_empty_paper_is_told_so(ask):
    empty = ask("explorer", {"what": "look", "side": 168, "network": NETWORK, "ink": [0] * 168 * 168})
    assert "draw a digit" in empty["problem"]


# ---- routing, as a person uses it


def test_lines_are_as_wide_as_their_couplings(visit):
    for name, digit in (("two of three agree", 0), (routing.REAL, PLACES[3])):
        shown = visit(f"routing?votes={name.replace(' ', '+')}&t=3&digit={digit}")
        told = routing.answer({"what": "play", "name": name, "digit": digit}, {}, None, NETWORK)
        for n, way in enumerate(told["ways"]):
            c = way["c"][min(2, way["steps"] - 1)].flatten()
            torch.testing.assert_close(couplings(shown, n), c, rtol=0, atol=1e-3)
        words = shown.locator(".panel .words").first.inner_text()
        longest = told["ways"][0]["lengths"][2].argmax().item()
        assert words.startswith(f"After 3 iterations, parent {told['parents'][longest]} is longest")


@pytest.mark.parametrize("screen", ["desk", "calm"])
def test_keys_step_from_iteration_to_iteration(visit, screen):
    page = visit("routing", screen)
    first = couplings(page)
    page.focus(".timeline input")
    for key, expected in (("ArrowRight", 2), ("ArrowRight", 3), ("End", 10), ("ArrowLeft", 9), ("Home", 1)):
        page.keyboard.press(key)
        page.wait_for_function("t => document.querySelector('.routing').dataset.t == t", arg=expected)
        settled(page)
    assert torch.equal(couplings(page), first)
    assert page.get_attribute(".timeline input", "aria-valuetext") == "iteration 1"


def test_between_two_iterations_is_between_their_couplings(visit):
    page = visit("routing?t=2.5")
    told = routing.answer({"what": "play", "name": "two of three agree"}, {}, None, NETWORK)["ways"][0]["c"]
    torch.testing.assert_close(couplings(page), ((told[1] + told[2]) / 2).flatten(), rtol=0, atol=1e-3)
    assert page.locator(".timeline .time").inner_text() == "2 → 3"
    assert page.locator(".panel.between h3").all_inner_texts() == ["dynamic routing"]  # numbers wait for the picture
    control(page, "votes").select_option("a crowd and a whisper")
    settled(page)
    assert iteration(page) == 1
    assert page.locator(".panel.between").count() == 0


def test_play_goes_to_the_end_and_pauses(visit):
    page = visit("routing?t=8")
    page.click(".play")
    page.wait_for_function("() => document.querySelector('.routing').dataset.t == 10")
    settled(page)
    assert page.locator(".play").inner_text() == "▶ play"
    page.click(".play")  # once more, from the first iteration
    page.wait_for_function(
        "() => document.querySelector('.routing').dataset.t > 1 && document.querySelector('.routing').dataset.t < 10"
    )
    page.click(".play")
    settled(page)
    stopped = iteration(page)
    assert stopped < 10
    page.wait_for_timeout(300)
    assert iteration(page) == stopped


def test_a_dragged_vote_changes_the_couplings(visit):
    page = visit("routing?t=10")
    before = couplings(page)
    head = page.locator(".panel").first.locator("[data-vote='2-0']").bounding_box()
    x, y = head["x"] + head["width"] / 2, head["y"] + head["height"] / 2
    friend = page.locator(".panel").first.locator("[data-vote='0-0']").bounding_box()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(friend["x"] + friend["width"] / 2, friend["y"] + friend["height"] / 2, steps=6)
    page.mouse.up()
    settled(page)
    after = couplings(page)
    assert before[4] < 0.05  # child 2 had left parent A
    assert after[4] > 0.95
    votes = torch.tensor(routing.TOYS["two of three agree"]).float()
    votes[2, 0] = votes[0, 0]
    expected = caps.dynamic_routing(votes[None], 10)[1][0].flatten()
    torch.testing.assert_close(after, expected, rtol=0, atol=2e-2)  # a hand meets the place to a pixel or so


def test_a_vote_is_moved_by_keys_and_the_address_keeps_it(visit):
    page = visit("routing")
    page.locator("[data-vote='0-1']").first.focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    settled(page)
    label = page.locator("[data-vote='0-1']").first.get_attribute("aria-label")
    assert label == "vote of child 0 for parent B: (0.00, 1.00); arrow keys move it"
    page.wait_for_function("() => location.hash.includes('u=2%2C1%2C0%2C1%2C2%2C0')")
    shown = couplings(page)
    page.reload()
    settled(page)
    torch.testing.assert_close(couplings(page), shown)


def test_children_come_and_go(visit):
    page = visit("routing")
    for count in (4, 5):
        page.click("text=add a child")
        page.wait_for_selector(f"[data-node='child-{count - 1}']")
    assert page.locator("text=add a child").is_disabled()
    settled(page)
    assert len(couplings(page)) == 10
    for _ in range(4):
        page.click("text=remove a child")
        settled(page)
    assert page.locator("text=remove a child").is_disabled()
    assert len(couplings(page)) == 2


def test_a_look_isolates_lines_by_mouse_keys_and_click(visit):
    page = visit("routing")
    lines = "panel => [...panel.querySelectorAll('.link:not(.off)')].map(l => l.dataset.i + l.dataset.j).join(' ')"
    panel = page.locator(".panel").first
    page.hover("[data-node='child-1'] circle >> nth=0")
    assert panel.evaluate(lines) == "10 11"
    page.hover(".legend")
    assert panel.evaluate(lines) == "00 01 10 11 20 21"
    panel.locator("[data-node='child-0']").focus()
    for key, expected in (
        ("ArrowDown", "10 11"),
        ("ArrowDown", "20 21"),
        ("ArrowRight", "01 11 21"),
        ("ArrowUp", "00 10 20"),
    ):
        page.keyboard.press(key)
        assert panel.evaluate(lines) == expected, key
    page.keyboard.press("Enter")
    page.locator(".play").focus()
    assert panel.evaluate(lines) == "00 10 20"  # kept
    assert panel.locator("[data-node='child-0'] .note").text_content() == "0.50"  # and with its numbers
    page.keyboard.press("Escape")
    assert panel.evaluate(lines) == "00 01 10 11 20 21"


def test_numbers_are_shown_on_demand(visit):
    page = visit("routing?t=3")
    control(page, "numbers").select_option("c")
    cells = page.locator(".panel").first.locator("td").all_inner_texts()
    c = caps.dynamic_routing(torch.tensor([routing.TOYS["two of three agree"]]).float(), 3)[1][0]
    assert [cell for cell in cells if cell][:3] == [f"{c[0, 0]:.2f}", f"{c[0, 1]:.2f}", "1.00"]
    control(page, "numbers").select_option("")
    assert page.locator(".panel td").count() == 0


def logits(u_hat, name, k):
    """Of the k-th softmax, from 0. Sabour 2017, procedure 1; Mazzia 2021, eq. 3"""
    if name.startswith("self-attention"):
        return (u_hat * u_hat.sum(dim=0)).sum(dim=2) / u_hat.shape[2] ** 0.5
    b = torch.zeros(u_hat.shape[:2])
    for step in range(k if name == "dynamic routing" else 0):
        b += (u_hat * caps.dynamic_routing(u_hat[None], step + 1)[0]).sum(dim=2)
    return b


def table(page, panel=0):
    """The numbers of a table's children, one row for each."""
    rows = page.locator(".panel").nth(panel).locator("tbody tr:not(.foot)")
    said = rows.evaluate_all("rows => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.innerText))")
    return torch.tensor([[float(number.replace("−", "-")) for number in row] for row in said])


@pytest.mark.parametrize("name", ["a crowd and a whisper", routing.REAL])
def test_logits_are_what_the_softmax_was_given(visit, name):
    page = visit(f"routing?votes={name.replace(' ', '+')}&digit={PLACES[3]}")
    told = routing.answer({"what": "play", "name": name, "digit": PLACES[3]}, {}, None, NETWORK)
    control(page, "numbers").select_option("logits")
    page.focus(".timeline input")
    for k, key in enumerate(("Home", "ArrowRight", "ArrowRight")):
        page.keyboard.press(key)
        page.wait_for_function("t => document.querySelector('.routing').dataset.t == t", arg=k + 1)
        settled(page)
        for n, way in enumerate(told["ways"]):
            shown, expected = table(page, n), logits(told["votes"], way["name"], k)
            # Two digits of small numbers, one of larger ones where room is scarce.
            digit = torch.where(expected.abs() < 0.99, 0.0051, 0.0051 if told["draggable"] else 0.051)
            assert ((shown - expected).abs() <= digit.where(expected.abs() < 9.9, 0.51)).all()
            if "prior" not in way["name"]:
                c = way["c"][min(k, way["steps"] - 1)]
                torch.testing.assert_close(expected.softmax(dim=1), c, rtol=0, atol=1e-3)


def overlap(page):
    """Of each two votes for parent A: how far apart their shafts run, in units of the drawing."""
    read = """lines => lines.map((line) => ['x1', 'y1', 'x2', 'y2'].map((name) => +line.getAttribute(name)))"""
    lines = torch.tensor(page.locator(".panel").first.locator("line.vote").evaluate_all(read))[::2]
    starts = lines[:, :2]
    return (starts[:, None] - starts[None]).norm(dim=2)[0]


def test_votes_of_one_direction_run_side_by_side(visit):
    page = visit("routing?votes=a+crowd+and+a+whisper&t=10")
    assert overlap(page).tolist() == pytest.approx([0, 6, 12], abs=0.02)  # as wide as the widest shaft
    outline = page.locator(".panel").first.locator("polygon.v").first
    assert outline.evaluate("shape => getComputedStyle(shape).fill") == "none"  # and are seen through v
    texts = page.locator(".panel").first.locator(".tip")
    assert texts.all_text_contents()[:4:2] == ["0", "1, 2"]
    ys = [float(texts.nth(n).get_attribute("y")) for n in (0, 2)]
    assert ys[0] < ys[1] - 15  # on either side
    page = visit("routing?t=10")  # 27° and more apart
    assert overlap(page).tolist() == [0, 0, 0]


@pytest.mark.parametrize("numbers", ["logits", "c", "agreement"])
@pytest.mark.parametrize("votes", ["two of three agree", routing.REAL])
def test_all_tables_and_the_legend_are_in_view_at_once(visit, votes, numbers):
    page = visit(f"routing?votes={votes.replace(' ', '+')}&t=3&numbers={numbers}")
    boxes = [one.bounding_box() for one in page.locator(".numbers table").all()]
    assert len(boxes) == (3 if votes != routing.REAL else 4)
    assert len({box["y"] for box in boxes}) == 1  # one beside the other
    seen = [*boxes, page.locator(".legend").bounding_box()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 1400 for box in seen)
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= 900 for box in seen)
    # No column is cut off.
    wider = "tables => tables.some((one) => one.scrollWidth > one.parentElement.clientWidth)"
    assert not page.locator(".numbers table").evaluate_all(wider)


@pytest.mark.parametrize("screen", ["desk", "telephone"])
def test_the_legend_is_above_the_fold(visit, screen):
    page = visit("routing", screen)
    box = page.locator(".legend").bounding_box()
    assert box["y"] + box["height"] <= SCREENS[screen]["viewport"]["height"]
    assert (
        page.locator(".scale").get_attribute("aria-label").startswith("A line's width and darkness are the coupling c")
    )


def test_algorithms_leave_and_enter_the_stage(visit):
    page = visit("routing")
    assert page.locator(".panel:visible").count() == 3
    tops = page.locator(".panel svg").evaluate_all("stages => stages.map((one) => one.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    page.uncheck("text=uniform")
    assert page.locator(".panel:visible h3").all_inner_texts() == ["dynamic routing", "self-attention"]
    page.uncheck("text=dynamic routing")
    page.locator(".timeline input").focus()
    page.keyboard.press("End")
    page.wait_for_selector(".routing[data-t='10'][data-settled=true]")
    page.check("text=dynamic routing")
    # The one that comes back is where the others are.
    assert page.locator(".panel .words").first.inner_text().startswith("After 10 iterations")


def test_the_first_stage_in_sight_takes_the_tab_key(visit):
    page = visit("routing")
    page.uncheck("text=dynamic routing")
    stops = "(handles) => handles.map((one) => one.getAttribute('tabindex'))"
    assert set(page.locator(".panel").nth(0).locator("[data-vote]").evaluate_all(stops)) == {"-1"}
    assert set(page.locator(".panel").nth(1).locator("[data-vote]").evaluate_all(stops)) == {"0"}


def test_a_vote_stays_where_it_is_when_it_is_only_clicked(visit):
    page = visit("routing")
    handle = page.locator("[data-vote='0-0']").first
    before, box = handle.get_attribute("aria-label"), handle.bounding_box()
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.6 * box["height"])
    settled(page)
    assert handle.get_attribute("aria-label") == before


def test_a_table_is_of_the_iteration_that_the_sentence_is_about(visit):
    page = visit("routing?numbers=c&t=10")
    page.evaluate(
        """() => { const time = document.querySelector(".timeline input");
        time.value = 3.4; time.dispatchEvent(new Event("input")); }"""
    )
    assert page.locator(".panel .words").first.inner_text().startswith("After 3 iterations, parent A is longest (0.89)")
    assert page.locator(".foot td").first.inner_text() == "0.89"
    page.evaluate("""() => document.querySelector(".timeline input").dispatchEvent(new Event("change"))""")
    page.wait_for_selector(".routing[data-t='3'][data-settled=true]")


def test_a_digit_is_chosen_by_thumbnail_and_by_keys(visit):
    page = visit("routing?votes=a+real+digit")
    page.locator(".thumbnails button").nth(4).click()
    settled(page)
    place = PLACES[4]
    page.wait_for_function("place => location.hash.includes(`digit=${place}`)", arg=place)
    page.keyboard.press("ArrowRight")
    settled(page)
    assert page.locator(".thumbnails [aria-checked=true]").get_attribute("aria-label").startswith("a ")
    assert page.locator(".seen figcaption").inner_text() == GALLERY.says([LABELS[5].item()])


def test_fingers_can_do_it_all(visit):
    page = visit("routing?t=10", "telephone")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.locator("[data-node='parent-1'] circle").first.tap()
    assert page.locator(".panel").first.locator(".link.off").count() == 3
    grip = page.locator("[data-vote='2-0']").first
    grip.scroll_into_view_if_needed()
    box, before = grip.bounding_box(), couplings(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    for kind, by in (("touchStart", 0), ("touchMove", 30), ("touchMove", 60), ("touchMove", 90), ("touchEnd", None)):
        points = [] if by is None else [{"x": x + by, "y": y - by / 2}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    settled(page)
    assert (couplings(page) - before).abs().max() > 0.5


# ---- the map


def test_the_map_is_pytorchs(ask):
    for place in PLACES[::10]:
        question = {"what": "look", "network": NETWORK, "place": place}
        assert_alike(ask("map", question), network_map.answer(question, [NETWORK], GALLERY))


def test_the_map_of_a_network_that_is_too_large_to_travel_is_pytorchs(ask):
    few = ask("map", {"what": "page", "network": LARGE, "label": "all", "wrong": False, "from": 0, "count": 20})
    assert len(few["items"]) == KEPT
    for item in few["items"]:
        question = {"what": "look", "network": LARGE, "place": item["place"]}
        told = network_map.answer(question, [LARGE], GALLERY)
        assert_alike(ask("map", question), told)
        assert told["lengths"].argmax() == GALLERY.labels[item["place"], 0]


def test_the_networks_of_the_map_take_turns(visit):
    page = visit("map?stage=6")
    counts = [page.locator(".road button").count()]
    control(page, "network").select_option(LARGE)
    page.wait_for_function("() => document.querySelector('.map .note')?.innerText.includes('do not fit on this page')")
    settled(page)
    counts.append(page.locator(".road button").count())
    assert counts == [10, 7]
    assert page.evaluate("() => document.activeElement.value") == LARGE
    assert not page.locator(".chooser .row").is_visible()
    page.locator(".thumbnails button").nth(2).click()
    settled(page)
    page.locator(".road button").nth(4).click()
    page.wait_for_function("() => location.hash.includes(`network=capsnet-mnist`) && location.hash.endsWith('stage=4')")
    place = int(page.url.split("digit=")[1].split("&")[0])
    said = f"The image is {GALLERY.says(GALLERY.labels[place].tolist())}."
    assert page.locator(".reads").inner_text().startswith(said)
    page.reload()
    settled(page)
    assert page.locator(".about h3").inner_text() == "couplings"
    control(page, "network").select_option(NETWORK)
    page.wait_for_function("() => document.querySelectorAll('.road button').length === 10")
    settled(page)
    page.click("text=Squash")  # and nothing of the map stays behind
    page.wait_for_selector(".dial[data-settled=true]")
    assert page.locator(".map").count() == 0


def test_keys_walk_from_stage_to_stage_and_the_address_follows(visit):
    page = visit(f"map?stage=6&digit={PLACES[3]}")
    assert page.locator(".about h3").inner_text() == "votes"
    page.focus(".large canvas")
    assert page.locator(".large output").inner_text().startswith("picture 0, row 0, column 0: ")
    for key in ["ArrowLeft"] + 16 * ["ArrowRight"]:  # not out of the picture, but over the gap to the next
        page.keyboard.press(key)
    assert page.locator(".large output").inner_text().startswith("picture 1, row 0, column 0: ")
    page.focus(".road [aria-checked=true]")
    for key, expected in (("ArrowRight", "couplings"), ("End", "reconstruction"), ("Home", "image")):
        page.keyboard.press(key)
        assert page.locator(".about h3").inner_text() == expected
        assert page.evaluate("() => document.activeElement.getAttribute('aria-checked')") == "true"
    page.keyboard.press("End")
    page.wait_for_function(
        "place => location.hash === `#map?network=efficient-capsnet-mnist&digit=${place}&stage=9`", arg=PLACES[3]
    )
    large = page.locator(".large canvas")
    pixels = "c => Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data).filter((_, n) => n % 4 === 0)"
    ink = torch.tensor(large.evaluate(pixels), dtype=torch.float32)
    question = {"what": "look", "network": NETWORK, "place": PLACES[3]}
    expected = network_map.answer(question, [NETWORK], GALLERY)["tiles"][-1].flatten()
    most = expected.sort().values[int(0.995 * (len(expected) - 1))]
    torch.testing.assert_close(ink, 255 * (1 - (expected / most).clamp(max=1)), rtol=0, atol=1.5)
    box = large.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator(".large output").inner_text() == f"row 14, column 14: {expected.view(28, 28)[14, 14]:.2f}"
    page.focus(".large canvas")  # keys go on from there
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert page.locator(".large output").inner_text() == f"row 13, column 15: {expected.view(28, 28)[13, 15]:.2f}"
    page.click("text=Play the routing of this image")
    page.wait_for_selector(".routing[data-settled=true]")
    assert page.locator(".seen figcaption").inner_text() == GALLERY.says([LABELS[3].item()])


# ---- the dial


def test_the_dial_turns_by_slider_and_by_hand(visit):
    page = visit("dial?length=1&angle=30")
    assert "squash (Sabour 2017): 0.50; exponential squash (Xi 2017): 0.63" in page.inner_text(".said")
    page.focus(".dial input >> nth=0")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    settled(page)
    assert "squash (Sabour 2017): 0.80; exponential squash (Xi 2017): 0.86" in page.inner_text(".said")
    plane = page.locator(".planes svg").first.bounding_box()
    page.mouse.move(plane["x"] + plane["width"] / 2 + 3, plane["y"] + plane["height"] / 2 + 3)
    page.mouse.down()
    page.mouse.move(plane["x"] + plane["width"] + 200, plane["y"] + plane["height"] / 2, steps=4)
    page.mouse.up()
    settled(page)
    # Far outside, s ends where the plane ends, and the dial says so.
    assert page.inner_text(".said").startswith(f"s has length {dial.MOST:.2f}.")
    assert page.input_value(".dial input >> nth=1") == "0"


def heads(page):
    """Where the arrows s and v end in each plane, in its own numbers. (plane, arrow, 2)"""
    ends = torch.tensor(
        page.locator(".plane-of polygon").evaluate_all(
            "heads => heads.map((head) => head.getAttribute('points').split(' ')[0].split(',').map(Number))"
        )
    )
    # Lines of the grid lie at -3 … 3.
    at = (
        page.locator(".plane-of svg")
        .first.locator(".grid, .axis")
        .evaluate_all("lines => lines.map((line) => +line.getAttribute('x1')).filter((x, n) => n % 2 === 0)")
    )
    unit = (at[-1] - at[0]) / (2 * dial.MOST)
    return ((ends - at[dial.MOST]) * torch.tensor([1, -1]) / unit).view(-1, 2, 2)


@pytest.mark.parametrize("screen", ["desk", "telephone"])
def test_both_squashes_of_one_s_are_beside_one_another(visit, screen):
    page = visit("dial?length=2&angle=30", screen)
    s = 2 * torch.tensor([3**0.5 / 2, 0.5])
    torch.testing.assert_close(
        heads(page),
        torch.stack([s, functional.squash(s), s, functional.exponential_squash(s)]).view(2, 2, 2),
        rtol=0,
        atol=1e-3,
    )
    assert page.locator(".plane-of figcaption").all_inner_texts() == [
        "squash (Sabour 2017): ‖v‖ 0.80",
        "exponential squash (Xi 2017): ‖v‖ 0.86",
    ]
    left, right = (plane.bounding_box() for plane in page.locator(".plane-of svg").all())
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    assert right["y"] + right["height"] <= SCREENS[screen]["viewport"]["height"]


def test_the_dial_shows_a_squash_that_is_no_number_at_zero_and_one_that_is_steep(workshop):
    seen = workshop.evaluate(
        """async () => {
      const box = document.body.appendChild(document.createElement("div"));
      const lengths = Array.from({ length: 101 }, (_, n) => 0.03 * n);
      const curves = [lengths.map((n) => n / n), lengths.map((n) => 1e7 * n)];
      const answers = {
        programme: () => ({ most: 3, names: ["mine", "steep"], curves }),
        squash: ({ s }) => ({ s, squashed: [[NaN, NaN], [2e7, 0]], problems: [] }) };
      const ask = async (question) => answers[question.what](question);
      const close = await modules.dial.dial(box, { ask, state: { length: 0 } });
      while (box.querySelector(".dial").dataset.settled !== "true") await new Promise((go) => setTimeout(go));
      const curve = [...box.querySelectorAll("polyline")].at(-1).getAttribute("points");
      const lines = box.querySelectorAll(".planes > svg .grid").length, said = box.querySelector(".said").textContent;
      close(); box.remove();
      return [said, curve.includes("NaN") || !curve.length, lines]; }"""
    )
    assert "mine: NaN" in seen[0]
    assert not seen[1]
    assert seen[2] < 30


def test_s_is_dragged_in_either_plane(visit):
    page = visit("dial?length=1&angle=30")
    for n in (0, 1):
        plane = page.locator(".plane-of svg").nth(n).bounding_box()
        x, y = plane["x"] + plane["width"] / 2, plane["y"] + plane["height"] / 2
        page.mouse.move(x + 60, y)
        page.mouse.down()
        page.mouse.move(x, y - 60 - 30 * n, steps=3)
        page.mouse.up()
        settled(page)
        drawn_ = heads(page)
        assert torch.equal(drawn_[0, 0], drawn_[1, 0])
        assert page.input_value(".dial input >> nth=1") == "90"
        torch.testing.assert_close(
            drawn_[:, 1],
            torch.stack([functional.squash(drawn_[0, 0]), functional.exponential_squash(drawn_[0, 0])]),
            rtol=0,
            atol=1e-3,
        )


# ---- the explorer


DRAWN = """() => { const pen = document.querySelectorAll('.pictures canvas')[1].getContext('2d');
  return Array.from(pen.getImageData(0, 0, 28, 28).data).filter((_, n) => n % 4 === 0).map((x) => 1 - x / 255); }"""


def drawn(page):
    return torch.tensor(page.evaluate(DRAWN))


def torch_draws(place, changes, j=None):
    network, image, delta = caps.load(NETWORK), DIGITS.images[place][None], torch.zeros(16)
    for z, change in changes.items():
        delta[z] = change
    with torch.no_grad():
        return network.decoder(caps.perturb(network(image), delta, None if j is None else torch.tensor([j])))[0]


def test_keyboard_and_mouse_turn_a_dimension_and_reset_brings_it_back(visit):
    page, place = visit(), PLACES[0]
    before = drawn(page)
    torch.testing.assert_close(before, torch_draws(place, {}), rtol=0, atol=1e-2)
    page.focus("[data-z='3']")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    settled(page)
    torch.testing.assert_close(drawn(page), torch_draws(place, {3: 0.15}), rtol=0, atol=1e-2)
    box = page.locator("[data-z='5']").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    settled(page)
    turned = float(page.input_value("[data-z='5']"))
    assert turned >= 0.2
    torch.testing.assert_close(drawn(page), torch_draws(place, {3: 0.15, 5: turned}), rtol=0, atol=1e-2)
    page.click(".reset")
    settled(page)
    assert torch.equal(drawn(page), before)


def test_a_clear_stroke_is_read_and_two_digits_are_called_doubtful(visit):
    page = visit()
    paper = page.locator(".paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()

    def stroke(x):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.15 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.85 * box["height"], steps=8)
        page.mouse.up()
        settled(page)
        return page.inner_text(".said")

    assert "hardly an answer" not in stroke(0.5)
    said = [stroke(x) for x in (0.1, 0.9, 0.3, 0.7)]  # a fence
    assert any("This is hardly an answer: " in sentence for sentence in said), said


def test_a_tap_on_the_paper_is_a_dot(visit):
    page = visit()
    page.locator(".paper").scroll_into_view_if_needed()
    page.locator(".paper").click()
    page.wait_for_function("() => document.querySelector('.said').innerText.startsWith('The image is your drawing')")
    assert page.locator(".choose .problem").all_inner_texts() == ["", "", ""]


def test_a_slider_is_one_tab_stop(visit):
    page = visit()
    page.focus("[data-z='7']")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.dataset.z") == "8"


def test_a_misread_image_is_drawn_from_the_longest_capsule(visit):
    page = visit()
    page.check("text=only misread images")
    page.wait_for_function(
        "() => /is an? (\\d); the network reads (?!\\1)\\d/.test(document.querySelector('.said').innerText)"
    )
    settled(page)
    n = (READ != LABELS).nonzero()[0].item()
    torch.testing.assert_close(drawn(page), torch_draws(PLACES[n], {}), rtol=0, atol=1e-2)
    label = LABELS[n].item()
    control(page, "capsule").select_option(str(label))
    settled(page)
    torch.testing.assert_close(drawn(page), torch_draws(PLACES[n], {}, label), rtol=0, atol=1e-2)
    assert page.locator(".turned .class").inner_text() == str(label)


def test_set_starts_at_the_pose_and_changes_nothing(visit):
    page = visit()
    before = drawn(page)
    page.check("input[value=set]")
    settled(page)
    with torch.no_grad():
        v = caps.load(NETWORK)(DIGITS.images[PLACES[0]][None])[0]
    own = v[caps.lengths(v).argmax()]
    values = page.evaluate("() => [...document.querySelectorAll('.sliders input')].map((input) => +input.value)")
    assert values == pytest.approx(own.tolist(), abs=1e-3)
    torch.testing.assert_close(drawn(page), before, rtol=0, atol=5e-3)


@pytest.mark.parametrize("screen", ["desk", "telephone"])
def test_the_network_answers_while_one_draws(visit, screen):
    page = visit("", screen)
    page.locator(".paper").scroll_into_view_if_needed()
    box = page.locator(".paper").bounding_box()
    x, y = box["x"] + 84, box["y"]
    finger = page.context.new_cdp_session(page)

    def pen(kind, dy=None):
        if screen == "desk":
            page.mouse.move(x, y + dy) if dy else None
            {"touchStart": page.mouse.down, "touchEnd": page.mouse.up}.get(kind, lambda: None)()
        else:
            points = [] if dy is None else [{"x": x, "y": y + dy}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    pen("touchStart", 25)
    for dy in range(35, 150, 10):
        pen("touchMove", dy)
    # The pen is still down.
    page.wait_for_function("() => /your drawing; the network reads 1/.test(document.querySelector('.said').innerText)")
    pen("touchEnd")
    settled(page)
    assert page.locator(".turned .class").inner_text() == "1"
    assert page.locator(".thumbnails [aria-checked=true]").count() == 0


def test_messages_are_where_the_eye_is(visit):
    page = visit()
    control(page, "range ±").fill("7")
    page.keyboard.press("Tab")
    assert page.locator(".knobs .problem").first.inner_text() == "The range must be between 0.05 and 1."
    control(page, "range ±").fill("0.33")
    page.keyboard.press("Tab")
    assert set(page.locator("[data-z]").evaluate_all("sliders => sliders.map((one) => one.value)")) == {"0"}, (
        "in the middle"
    )
    control(page, "range ±").fill("0.5")
    page.keyboard.press("Tab")
    assert page.locator(".knobs .problem").first.inner_text() == ""
    assert page.get_attribute("[data-z='0']", "max") == "0.5"
    right = next(j for j in range(10) if not (READ != LABELS)[j == LABELS].any())
    page.check("text=only misread images")
    control(page, "class").select_option(str(right))
    page.wait_for_function("() => /misreads no image/.test(document.querySelector('.chooser .problem').innerText)")


def test_the_code_is_fresh_and_the_copy_copies(visit):
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("summary")
    page.focus("[data-z='2']")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.code pre').textContent.includes('{2: 0.0500}')")
    page.click("text=copy")
    page.wait_for_selector("text=copied")
    code, scope = page.evaluate("() => navigator.clipboard.readText()"), {}
    exec(code, scope)
    settled(page)
    torch.testing.assert_close(scope["drawn"].flatten().detach(), drawn(page), rtol=0, atol=1e-2)


def test_a_sweep_turns_one_dimension_there_and_back(visit):
    page = visit()
    control(page, "dimension").select_option("6")
    page.click("text=▶ sweep")
    for reached in ("+input.value > 0.15", "+input.value < -0.15"):
        page.wait_for_function(f"() => {{ const input = document.querySelector('[data-z=\"6\"]'); return {reached}; }}")
    page.click("text=❚❚ stop")
    settled(page)
    values = page.evaluate("() => [...document.querySelectorAll('.sliders input')].map((input) => +input.value)")
    assert all(value == 0 for z, value in enumerate(values) if z != 6)


def test_on_a_telephone_the_pictures_stay_in_sight_of_every_slider(visit):
    page = visit("", "telephone")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    for z in (0, 8, 15):
        page.locator(f"[data-z='{z}']").scroll_into_view_if_needed()
        slider, picture = (
            page.locator(f"[data-z='{z}']").bounding_box(),
            page.locator(".pictures canvas").nth(1).bounding_box(),
        )
        assert picture["y"] >= 0
        assert picture["y"] + picture["height"] <= slider["y"]
        assert slider["y"] + slider["height"] <= 844


def test_on_a_telephone_the_legend_of_a_digit_is_in_sight_with_it(visit):
    page = visit("routing?votes=a+real+digit&t=3", "telephone")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    legend, images = (page.locator(name).bounding_box() for name in (".legend", ".chooser"))
    assert images["y"] >= 0
    assert images["x"] + images["width"] <= 390
    assert legend["y"] + legend["height"] <= 844
    # The last of the images is reached by scrolling sideways, or with a key: left of the first is the last.
    page.locator(".thumbnails button").first.focus()
    page.keyboard.press("ArrowLeft")
    settled(page)
    last = page.locator(".thumbnails button").last
    assert last.get_attribute("aria-checked") == "true"
    assert last.bounding_box()["x"] + last.bounding_box()["width"] <= 390


# ---- hands that are quicker than answers


# Observers that are at work are kept in `live`, for as long as hands move.
QUICK = """(hands) => {
  const live = window.live = new Set(), { observe, disconnect } = MutationObserver.prototype;
  MutationObserver.prototype.observe = function (...all) { live.add(this); observe.apply(this, all); };
  MutationObserver.prototype.disconnect = function () { live.delete(this); disconnect.call(this); };
  const go = (name) => {
    history.replaceState(null, "", `#${name}`);
    dispatchEvent(new HashChangeEvent("hashchange")); };
  const choose = (selector, value) => {
    const select = document.querySelector(selector);
    select.value = value;
    select.dispatchEvent(new Event("change")); };
  for (const [hand, ...where] of hands) ({ go, choose })[hand](...where);
}"""


@pytest.mark.parametrize(
    ("first", "hands"),
    [
        ("dial", [["go", name] for name in ("explorer", "map", "routing", "dial", "map", "explorer")]),
        ("map", [["choose", ".network select", LARGE], ["go", "routing"], ["go", "map"]]),
    ],
)
def test_a_scene_that_is_left_while_it_opens_leaves_nothing_behind(visit, first, hands):
    """No answer can come between these hands, for they are one task of the page."""
    page = visit(first)
    page.evaluate(QUICK, hands)
    settled(page)
    page.wait_for_function("() => live.size === 1")
    assert page.locator(".theatre").count() == page.locator(f".theatre.{hands[-1][1]}").count() == 1


def test_votes_stay_where_quick_keys_put_them(workshop):
    """An answer comes after the next key only, and tells of the votes before it."""
    label = workshop.evaluate(
        """async () => {
      const box = document.body.appendChild(document.createElement("div")), waiting = [];
      const late = async (question) => {
        if (question.votes) await new Promise((go) => waiting.push(go));
        return ask("routing")(question); };
      const close = await modules.routing.routing(box, { ask: late });
      const until = async (reached) => { while (!reached()) await new Promise((go) => setTimeout(go)); };
      await until(() => box.querySelector("[data-vote='0-0']"));
      const key = { key: "ArrowLeft", bubbles: true };
      const press = () => box.querySelector("[data-vote='0-0']").dispatchEvent(new KeyboardEvent("keydown", key));
      press(); press();
      await until(() => waiting.length === 1);
      waiting[0]();
      await until(() => waiting.length === 2);  // the first answer is shown, the second question is out
      press();
      waiting[1]();
      await until(() => waiting.length === 3);
      waiting[2]();
      await until(() => box.querySelector(".routing").dataset.settled === "true");
      const told = box.querySelector("[data-vote='0-0']").getAttribute("aria-label");
      close(); box.remove();
      return told; }"""
    )
    x, y = routing.TOYS["two of three agree"][0][0]
    assert label == f"vote of child 0 for parent A: ({x - 0.3:.2f}, {y:.2f}); arrow keys move it"


def test_the_explorer_shows_no_answer_of_a_network_that_was_left(workshop):
    """Networks with poses of two and three numbers: a pose of one must never be sent to the other."""
    seen = workshop.evaluate(
        """async () => {
      const box = document.body.appendChild(document.createElement("div")), waiting = [], wrong = [];
      const sizes = { two: 2, three: 3 }, zeros = (n) => new Float32Array(n);
      const programme = await ask("explorer")({ what: "programme" });
      const about = await ask("explorer")({ what: "network" });
      const judge = ({ network, pose }) => { if (pose.length !== sizes[network]) wrong.push(network); };
      const answers = {
        programme: () => ({ ...programme, networks: Object.keys(sizes) }),
        network: ({ network }) => ({ ...about, z: sizes[network] }),
        page: () => ({ total: 1, ink: zeros(784), items: [{ place: 0, says: "a 0" }] }),
        look: ({ network, place }) => ({
          image: zeros(784), v: zeros(10 * sizes[network]), lengths: zeros(10), place, says: network, source: "" }),
        tick: (question) => { judge(question); return { drawn: zeros(784), length: 0 }; },
        again: (question) => { judge(question); return { lengths: zeros(10) }; },
      };
      const late = async (question) => {
        if (question.what !== "programme") await new Promise((go) => waiting.push(go));
        return answers[question.what](question); };
      const opening = modules.explorer.explorer(box, { ask: late });
      const until = async (reached) => {
        while (!reached()) { waiting.shift()?.(); await new Promise((go) => setTimeout(go)); } };
      const choose = (name) => {
        const select = box.querySelector(".choose select");
        select.value = name;
        select.dispatchEvent(new Event("change")); };
      await until(() => box.querySelector(".choose select"));
      choose("three"); choose("two");
      const settled = () => box.querySelector(".explorer").dataset.settled === "true";
      await until(settled);
      const turn = () => box.querySelector("[data-z]").dispatchEvent(new Event("input"));
      turn(); choose("three"); turn();  // one question is out, one waits
      await until(() => box.querySelectorAll("[data-z]").length === 3);
      await until(settled);
      const said = box.querySelector(".said").textContent;
      (await opening)(); box.remove();
      return [said, wrong]; }"""
    )
    assert seen[0].startswith("The image is three;")
    assert seen[1] == []


# ---- the address


def test_an_address_says_look_at_this_one(visit):
    place = PLACES[7]
    page = visit(f"explorer?digit={place}&d=3:0.15,9:-0.1&capsule=4")
    torch.testing.assert_close(drawn(page), torch_draws(place, {3: 0.15, 9: -0.1}, 4), rtol=0, atol=1e-2)
    page.click("text=Routing")
    settled(page)
    control(page, "votes").select_option("a crowd and a whisper")
    page.focus(".timeline input")
    page.keyboard.press("End")
    page.wait_for_function("() => location.hash === '#routing?votes=a+crowd+and+a+whisper&t=10'")
    sent = page.url
    other = visit(sent.split("#")[1])
    assert iteration(other) == 10
    torch.testing.assert_close(couplings(other), couplings(page))


def test_a_scene_that_is_left_writes_no_address_over_the_next_ones(visit):
    page = visit("dial")
    page.evaluate("""() => {
      const real = setTimeout;
      let late;
      window.setTimeout = (write) => { late = write; };
      document.querySelector(".dial input").dispatchEvent(new Event("input"));
      window.setTimeout = real;
      location.hash = "#routing?t=3";
      late(); }""")
    page.wait_for_selector(".routing[data-settled=true]")
    assert iteration(page) == 3


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "explorer?digit=x&d=99:a,3:&capsule=77&range=9&mode=q",
        "routing?votes=?&t=-3&u=1,2&look=child-99&hide=~~&numbers=x",
        "dial?length=NaN&angle=x",
    ],
)
def test_a_broken_address_opens_a_scene_all_the_same(visit, address):
    visit(address)


# ---- quick, legible, for everybody


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(
    "scene", ["explorer", "routing?t=3", "routing?votes=a+real+digit&t=3&numbers=c", "dial", "map?stage=6"]
)
def test_a_picture_of_each_state(visit, scene, screen, tmp_path_factory):
    """For the eyes of whoever changes a scene. Nothing may stick out at the side, nobody may be shut out."""
    page = visit(scene, screen)
    assert barriers(page) == []
    width = SCREENS[screen]["viewport"]["width"]
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    folder = tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"{scene.split('?')[0]}{len(scene)}-{screen}.png", full_page=True)


def test_the_first_picture_comes_soon(new_page, benchmark, report, file):
    page = new_page()
    page.goto(file.as_uri())
    settled(page)
    first = "() => performance.getEntriesByName('first picture')[0].startTime"
    milliseconds = benchmark.pedantic(page.evaluate, args=(first,), rounds=1)
    report("theatre.html: first picture, beside its limit", milliseconds, 1000, "ms")
    report("theatre.html: size, beside its limit", file.stat().st_size / 1e6, 5, "MB")
    assert benchmark.disabled or milliseconds < 5000


def test_a_tick_is_quick(visit, benchmark, latencies):
    """A person would notice a tenth of a second; `make bench` prints what it is, and alone measures."""
    page = visit()
    turn = """async (count) => {
      const box = document.querySelector('.explorer'), inputs = [...box.querySelectorAll('.sliders input')], times = [];
      for (let n = 0; n < count; n++) {
        const input = inputs[n % 16], before = box.dataset.ticks, start = performance.now();
        input.value = (n >> 4) % 2 ? 0.1 : -0.1;
        input.dispatchEvent(new Event('input'));
        while (box.dataset.ticks === before) await null;
        times.push(performance.now() - start);
      }
      return times; }"""
    times = benchmark.pedantic(page.evaluate, args=(turn, 32 if benchmark.disabled else 320), rounds=1)
    assert latencies("explorer in the file: input to drawing", times, 8) < 100 or benchmark.disabled


def test_from_hand_to_lines(visit, benchmark, latencies):
    """A vote is moved, by keys and then by mouse, and the page has routed it."""
    page = visit("routing")
    move = """async ([count, kind]) => {
      const box = document.querySelector('.routing'), grip = box.querySelector("[data-vote='2-0']"), times = [];
      const area = grip.getBoundingClientRect(), clientY = area.y + area.height / 2;
      const at = (n) => ({ bubbles: true, pointerId: 1, clientX: area.x + 3 * (n % 7), clientY });
      grip.hasPointerCapture = () => true;
      for (let n = 0; n < count; n++) {
        const before = box.dataset.shows, key = n % 2 ? 'ArrowUp' : 'ArrowDown', start = performance.now();
        const press = () => new KeyboardEvent('keydown', { key, bubbles: true });
        grip.dispatchEvent(kind === 'key' ? press() : new PointerEvent('pointermove', at(n)));
        while (box.dataset.shows === before) await null;
        times.push(performance.now() - start);
      }
      return times; }"""
    count = 32 if benchmark.disabled else 320
    both = benchmark.pedantic(lambda: [page.evaluate(move, [count, kind]) for kind in ("key", "drag")], rounds=1)
    for kind, times in zip(("key", "drag"), both, strict=True):
        assert latencies(f"routing in the file: {kind} to lines", times, 8) < 100 or benchmark.disabled


def test_scrubbing_sixteen_by_ten_lines_is_smooth(visit, benchmark, report):
    page = visit("routing?votes=a+real+digit")
    scrub = """(frames) => new Promise((done) => {
      const time = document.querySelector('.timeline input'), work = [];
      let n = 0, start = null;
      const frame = (now) => {
        start ??= now;
        if (n === frames)
          return done({ work: work.sort((a, b) => a - b)[frames >> 1], fps: 1000 * frames / (now - start) });
        const begin = performance.now();
        time.value = 1 + 9 * (n++ / frames);
        time.dispatchEvent(new Event('input'));
        work.push(performance.now() - begin);
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame); })"""
    seen = benchmark.pedantic(page.evaluate, args=(scrub, 30 if benchmark.disabled else 180), rounds=1)
    report("theatre.html: script of a frame of four panels, median", seen["work"], 16.7, "ms")
    report("theatre.html: frames a second while scrubbing", seen["fps"], 60, "fps")
    assert benchmark.disabled or seen["work"] < 100


def test_a_barrier_is_found(visit):
    page = visit("dial")
    page.evaluate("() => document.querySelector('.control > span').remove()")
    assert any("label" in barrier for barrier in barriers(page))
