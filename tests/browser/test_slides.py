"""A deck in a real browser: one slide a heading, nothing off the page, no network; printed, it is a handout."""

import re

import nbformat
import pytest
from patience import HUNG

from capsule_tutor import authoring, checks, course
from capsule_tutor.classroom import slides
from capsule_tutor.doctor import ROOT

pytestmark = pytest.mark.browser
LESSON = course.find("04")


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    path = tmp_path_factory.mktemp("deck") / "04.html"
    slides.write(LESSON, path)
    return path


@pytest.fixture
def page(new_page, deck):
    page = new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(deck.as_uri(), timeout=1000 * HUNG)
    page.wait_for_selector("html[data-ready=yes]")
    return page


def headings() -> list[str]:
    source = ROOT / "solutions" / "source" / f"{LESSON.stem}.py"
    lesson = authoring.learner_notebook(source.read_text(encoding="utf-8"), source.name, checks.brief)
    text = "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")
    return re.findall(r"^#{1,4} (.+)$", text, re.MULTILINE)


def test_one_slide_a_heading_and_nothing_off_the_page(page, deck):
    assert [url for url in page.asked if not url.startswith("data:")] == [deck.as_uri()]
    titles = page.eval_on_selector_all(
        ".slides > section", "all => all.map(one => one.querySelector('h1, h2, h3, h4').firstChild.textContent)"
    )
    assert titles == headings()
    heights = page.eval_on_selector_all(
        ".slides section:not(:has(section))",
        "all => all.map(one => {one.style.display = 'block'; return one.scrollHeight})",
    )
    assert len(heights) > len(titles)
    assert max(heights) <= 720
    assert page.locator(".katex-error").count() == 0
    assert page.locator(".katex").count() > 50
    pictures = page.eval_on_selector_all(".slides img", "all => all.map(one => [one.naturalWidth, one.alt.length])")
    assert pictures
    assert all(width > 0 and alt >= 40 for width, alt in pictures)


def test_keys_lead_down_a_slide_and_on(page):
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("Reveal.getIndices().h === 1 && Reveal.getIndices().v === 1")
    assert page.locator("section.present .running").last.inner_text() == headings()[1]


def test_no_answer_and_no_hint_is_on_a_slide(deck):
    text = deck.read_text(encoding="utf-8")
    stored = nbformat.read(ROOT / "solutions" / f"{LESSON.stem}.ipynb", as_version=4)
    recap = next(cell.source for cell in stored.cells if cell.id == "recap")
    assert "Our words" in recap
    for secret in ("Our words", ": passed.", "You said", "Hint 1", "BEGIN SOLUTION"):
        assert secret not in text
    assert "your turn" in text


def test_printed_it_is_a_handout(page, tmp_path):
    page.emulate_media(media="print")
    seen = page.evaluate(
        "[...document.querySelectorAll('.slides h2, .slides img, .slides pre')].map(one => one.getClientRects().length)"
    )
    assert all(seen), "something of the lesson is not on paper"
    page.pdf(path=tmp_path / "handout.pdf", prefer_css_page_size=True)
    written = (tmp_path / "handout.pdf").read_bytes()
    pages = re.findall(rb"/Type\s*/Page\b", written)
    assert 8 <= len(pages) <= 24  # one per slide would be more than forty
    breaks = page.evaluate(
        "[...document.querySelectorAll('.slides section.after')].map(one => getComputedStyle(one).breakBefore)"
    )
    asked = (ROOT / "lessons" / "04_dynamic_routing.ipynb").read_text(encoding="utf-8").count("checks.predict(")
    assert breaks == ["page"] * asked, "what comes after a question to guess"
    assert b"/MediaBox [0 0 594.9" in written or b"/MediaBox [0 0 595" in written  # A4
