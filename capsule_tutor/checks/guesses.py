"""Guesses: a question before the cell that answers it. A card with a button for each choice; the first guess counts.

A question is a dict, choice → what is said to one who chooses it. To the right one it begins with "Yes" or "Right".
"""

import html
import re
from functools import partial

from capsule_tutor import frontend
from capsule_tutor.checks import progress, wording

_RIGHT = re.compile(r"(Yes|Right)\b")
_WHERE = re.compile(r"( (?:Run the|Look at the|Look closely at the|The next) [^.]*\.$)")


def right(question: dict[str, str]) -> str:
    """The right choice. Raises ValueError if there is not exactly one."""
    (choice,) = [choice for choice, said in question.items() if _RIGHT.match(said)]
    return choice


def verdict(question: dict[str, str], guess: str) -> tuple[str, str, str]:
    """(status, what was said, why): to a wrong guess also the right choice and its reason, and then where to look."""
    answer, why = right(question), question[guess]
    if guess == answer:
        return "passed", f"You said {guess}.", why
    reason, *where = _WHERE.split(why, maxsplit=1)
    reason += f" The answer is {answer}{_RIGHT.sub('', question[answer], count=1)}"
    if where and not _WHERE.search(reason):
        reason += where[0]
    return "not yet", f"You said {guess}.", reason


def tell(id_: str, question: dict[str, str], guess: str) -> None:
    """Record a guess that is written down, and print what it is worth."""
    progress.guess(id_, guess)
    wording.say(wording.line(*verdict(question, guess)))


def card(id_: str, question: dict[str, str]) -> None:
    """Show a button for each choice, and nothing about the answer until one is pressed. Without widgets, a line."""
    line = f'○ Your guess? Press a button, or write checks.predict("{id_}", "{next(iter(question))}")'
    try:
        from IPython.display import display
        from ipywidgets import HTML, Button, HBox, Layout, VBox
    except ImportError:
        display = None
    if display is None or not frontend.in_notebook():
        wording.say(line.replace("Press a button, or write", "Write"))
        return

    class Card(VBox):
        def __repr__(self) -> str:  # all that there is where no kernel listens
            return line

    buttons = [Button(description=choice, layout=Layout(width="auto", min_width="4em")) for choice in question]
    said = HTML("Your guess?")
    asleep = partial(frontend.asleep, "Are there no buttons?", "capsule-tutor-card")

    def show(guess: str) -> str:
        for button in buttons:
            button.button_style = "primary" if button.description == guess else ""
        status, head, why = verdict(question, guess)
        said.value = f"<b>{wording.MARKS[status][0]} {html.escape(head)}</b> {html.escape(why)}"
        return said.value

    def pressed(button: Button) -> None:
        progress.guess(id_, button.description)
        told = show(button.description)
        if beside:
            beside.update(asleep(told), raw=True)

    for button in buttons:
        button.on_click(pressed)
    earlier = progress.guesses().get(id_)
    told = show(earlier) if earlier in question else ""  # an update may have other choices
    shown = Card([HBox(buttons), said])
    shown.add_class("capsule-tutor-card")
    display(shown)
    beside = display(asleep(told), raw=True, display_id=True) if frontend.page() else None
