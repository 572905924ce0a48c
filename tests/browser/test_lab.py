"""Lessons run in JupyterLab in a browser, and a right answer that is typed into it turns green."""

import re

import pytest
import run
from notebook_page import problems

# Those with something on the screen that moves; nbval runs the others, without a browser.
LESSONS = [name.removeprefix("lessons/") for name in run.notebooks("lessons", like=run.MOVING)]

pytestmark = pytest.mark.browser

SQUASH = """def squash(s, dim=-1, eps=1e-8):
    squared = (s**2).sum(dim, keepdim=True)
    return squared / (1 + squared) * s / (squared + eps).sqrt()
"""


def test_there_are_lessons():
    assert LESSONS != ["*.ipynb"], "run: make build"


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_to_its_end_unsolved(open_notebook, name):
    notebook = open_notebook(name)
    state = notebook.run_all()
    assert not problems(state)
    assert not state["toast"], "a pop-up covers the lesson"
    last = max(index for index, cell in enumerate(state["cells"]) if cell["outputs"])
    assert_output_shows(notebook, last)


def test_a_broken_lesson_is_reported(open_notebook, write):
    cells = ["print('good')", "1 / 0", "print('never')"]
    state = open_notebook(write("broken.ipynb", *cells)).run_all()
    assert problems(state) == ["cell 2: ZeroDivisionError: division by zero", "cell 3 was not run"]


def test_a_long_notebook_is_read_beyond_the_window(open_notebook, write):
    notebook = open_notebook(write("long.ipynb", *[f"print({i})\n" + "#\n" * 30 for i in range(60)]))
    state = notebook.run_all()
    assert not problems(state)
    assert state["cells"][60]["outputs"][0]["text"] == "59\n"
    assert_output_shows(notebook, 60)


def test_a_right_answer_turns_green(open_notebook):
    notebook = open_notebook("02_squash.ipynb")
    state = notebook.run_all()
    check = "squash = checks.squash(squash)"
    exercise = next(i for i, cell in enumerate(state["cells"]) if "def squash(" in cell["source"])
    together = check in state["cells"][exercise]["source"]
    checked = next(i for i, cell in enumerate(state["cells"]) if i >= exercise and check in cell["source"])
    assert "passed" not in text(state, checked)

    before = state["cells"][checked]["count"]
    state = notebook.type_and_run(exercise, SQUASH + check if together else SQUASH)
    if not together:
        state = notebook.press_and_wait(checked, before)
    assert "passed" in text(state, checked)
    assert is_green(notebook, checked)


def test_a_guess_on_its_card_by_mouse_and_by_keyboard(open_notebook, write, jupyter):
    ask = 'from capsule_tutor import checks\nchecks.predict("02-zero")'
    other = 'checks.predict("02-steepest")\nchecks.board("02")'
    notebook = open_notebook(write("guess.ipynb", ask, other))
    notebook.run_all()

    card, second = (notebook.cell(index, ".jp-OutputArea-output .widget-vbox") for index in (1, 2))
    assert card.inner_text().split() == ["a", "b", "c", "Your", "guess?"], "Run All gives nothing away"
    card.query_selector("button:has-text('b')").click()
    said = card.wait_for_selector("text='✗ You said b.'").evaluate("mark => mark.parentElement.innerText")
    assert "0 would be the sensible answer" in said
    assert "The answer is a: 0/0 is NaN" in said

    second.query_selector("button").focus()
    notebook.page.keyboard.press("Tab")
    notebook.page.keyboard.press("Enter")
    second.wait_for_selector("text='✓ You said b.'")

    # Pressing others tells what they would have been told; the first one counts, also after the cell is run again.
    card.query_selector("button:has-text('a')").click()
    card.wait_for_selector("text='✓ You said a.'")
    state = notebook.run_all()
    assert "guesses: 1 right, 1 wrong, 1 not made" in text(state, 2)
    notebook.cell(1, ".jp-OutputArea-output .widget-vbox").wait_for_selector("text='✗ You said b.'")


def test_a_card_that_is_opened_again_says_what_was_said_and_what_to_do(open_notebook, write):
    name = write("asleep.ipynb", 'from capsule_tutor import checks\nchecks.predict("05-softmax-best")')
    notebook = open_notebook(name)
    notebook.run_all()
    card = notebook.cell(1, ".jp-OutputArea-output .widget-vbox")
    card.query_selector("button:has-text('a')").click()
    card.wait_for_selector("text='✗ You said a.'")
    assert notebook.page.locator(".capsule-tutor-asleep").is_hidden()
    notebook.page.evaluate(
        "async () => { const panel = jupyterapp.shell.currentWidget; await panel.context.save();"
        " await panel.sessionContext.shutdown(); panel.close(); }"
    )
    again = open_notebook(name).cell(1, ".jp-OutputArea-output .capsule-tutor-asleep")
    assert again.is_visible()
    mark, _, verdict = again.inner_text().partition(" ")
    assert mark == "✗"
    assert verdict == (
        "You said a. Surely it should. But softmax looks at differences, and lengths never differ by more than 1. The "
        "answer is c. The true class gets e¹ = 2.718 parts, and each of the nine others e⁰ = 1. Run the next cell. Are "
        "there no buttons? Choose Run → Run All Above Selected Cell in the menu, and then run this cell again."
    )


def test_opening_a_lesson_does_not_change_its_file(open_notebook, jupyter):
    """JupyterLab notes its Python in what it opens, and saves by itself: git would show every lesson as changed."""
    path = jupyter[0] / "07_bug_museum.ipynb"
    before = path.read_bytes()
    notebook = open_notebook(path.name)
    notebook.page.wait_for_function("jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.page.evaluate("() => jupyterapp.shell.currentWidget.context.save()")
    assert path.read_bytes() == before


def test_the_front_door_leads_to_a_lesson(open_notebook):
    notebook = open_notebook("00_start.ipynb")
    state = notebook.run_all()
    assert not problems(state)
    overview = next(i for i, cell in enumerate(state["cells"]) if "checks.overview()" in cell["source"])
    assert "**Next:** [lesson 01](01_capsules.ipynb)" in str(state["cells"][overview]["outputs"])
    notebook.cell(overview, ".jp-OutputArea-output a[href*='03_votes']").click()
    notebook.page.wait_for_function("jupyterapp.shell.currentWidget?.context?.path?.endsWith('03_votes.ipynb')")


def text(state: dict, index: int) -> str:
    """What a cell says, printed or as HTML."""
    outputs = state["cells"][index]["outputs"]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def is_green(notebook, index: int) -> bool:
    """The word "passed" as it is drawn, in any theme."""
    span = notebook.cell(index, ".jp-OutputArea-output .capsule-tutor-says b")
    colour = span.evaluate("element => getComputedStyle(element).color")
    red, green, blue = (int(value) for value in re.findall(r"\d+", colour)[:3])
    return "passed" in span.inner_text() and green > max(red, blue)


def assert_output_shows(notebook, index: int) -> None:
    box = notebook.cell(index, ".jp-OutputArea-output").bounding_box()
    assert box["height"] > 0
    assert box["width"] > 0
    assert 0 <= box["y"] + box["height"] / 2 <= 900
