"""The lessons of the course: their numbers, titles and minutes. Everything that lists lessons reads them here."""

import re
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Lesson:
    """One lesson. The minutes of a planned one are an intention."""

    number: str  # "04"
    title: str
    minutes: int
    planned: bool = False

    @property
    def stem(self) -> str:
        """The name of its notebooks and of its source, without the ending: "04_dynamic_routing"."""
        return f"{self.number}_" + "_".join(re.findall(r"\w+", self.title.lower()))


LESSONS = (
    Lesson("01", "Capsules", 60),
    Lesson("02", "Squash", 40),
    Lesson("03", "Votes", 75),
    Lesson("04", "Dynamic routing", 90),
    Lesson("05", "Losses", 80),
    Lesson("06", "CapsNet", 90),
    Lesson("07", "Bug museum", 75),
    Lesson("08", "Self-attention routing", 90),
    Lesson("09", "Efficient-CapsNet", 90),
    Lesson("10", "Full training", 90),
    Lesson("11", "Dimension perturbation", 90),
    Lesson("12", "MultiMNIST", 50, planned=True),
    Lesson("13", "Robustness", 50, planned=True),
    Lesson("14", "Viewpoints", 50, planned=True),
    Lesson("15", "Does routing matter?", 45, planned=True),
    Lesson("16", "Capstone", 75, planned=True),
)


def find(lesson: str | int) -> Lesson:
    """4, "4", "04", "lesson 4" and "04_dynamic_routing" are the same lesson. Raises KeyError with a sentence."""
    number = re.search(r"\d+", str(lesson))
    for known in LESSONS:
        if number and int(known.number) == int(number[0]):
            return known
    raise KeyError(f"There is no lesson {str(lesson)!r}; there are {LESSONS[0].number} to {LESSONS[-1].number}.")


def folder() -> Path:
    """Where this installation keeps the learner's notebooks: in its checkout, or inside the package (a wheel).

    Raises KeyError, with a sentence, if it has none.
    """
    for place in (_PACKAGE.parent / "lessons", _PACKAGE / "lessons"):
        if any(place.glob("[0-9][0-9]_*.ipynb")):
            return place
    raise KeyError(f"There are no lessons beside {_PACKAGE}: install Capsule Tutor again, or clone its repository.")


def source(lesson: Lesson) -> Path:
    """What a lesson is made from. It is there in a checkout alone, and not for a planned lesson."""
    return _PACKAGE.parent / "solutions" / "source" / f"{lesson.stem}.py"


def here() -> set[str]:
    """The numbers of the lessons that this installation holds: a class may have been handed some of them."""
    try:
        return {path.stem[:2] for path in folder().glob("[0-9][0-9]_*.ipynb")}
    except KeyError:
        return set()
