"""The lessons of the course: numbers, titles, minutes, aims. Everything that lists lessons reads them here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Lesson:
    """One lesson."""

    number: str  # "04"
    title: str
    minutes: int
    about: str  # "you will …"

    @property
    def stem(self) -> str:
        """The name of its notebooks and of its source, without the ending: "04_dynamic_routing"."""
        return f"{self.number}_" + "_".join(re.findall(r"\w+", self.title.lower()))


LESSONS = (
    Lesson("01", "Capsules", 85, "see what pooling forgets, measure a pose, test for equivariance"),
    Lesson("02", "Squash", 65, "choose, code and break the function that turns length into presence"),
    Lesson(
        "03",
        "Votes",
        70,
        "cut feature maps into capsules without scrambling them, and let children predict parents "
        "(15 minutes more for its appendices)",
    ),
    Lesson(
        "04",
        "Dynamic routing",
        90,
        "route by agreement: by hand, in a loop, for a batch (25 minutes more for its appendices)",
    ),
    Lesson(
        "05",
        "Losses",
        85,
        "read a stuck log like a doctor; train a small capsule network in under a minute "
        "(5 minutes more for its appendix)",
    ),
    Lesson(
        "06",
        "CapsNet",
        90,
        "assemble the network of 2017, count its 8.2 million parameters, question a trained one about its mistakes "
        "(45 minutes more for its second sitting)",
    ),
    Lesson(
        "07",
        "Bug museum",
        55,
        "hear, find and fix the mistakes of public capsule code, and write the tests that catch them "
        "(50 minutes more for its second sitting)",
    ),
    Lesson(
        "08",
        "Self-attention routing",
        80,
        "go from formula to code and from O(n²) to O(n), and find the bridge to dynamic routing "
        "(20 minutes more for its second sitting)",
    ),
    Lesson(
        "09",
        "Efficient-CapsNet",
        70,
        "do the same task with 161,824 parameters, trained on your own CPU (45 minutes more for its second sitting)",
    ),
    Lesson(
        "10",
        "Full training",
        90,
        "put intervals on errors, compare networks image by image, look at the wrong ones "
        "(45 minutes more for its second sitting, 30 for its appendices)",
    ),
    Lesson(
        "11",
        "Dimension perturbation",
        70,
        "turn the knobs of a capsule, measure what each one does, and find out what it does not mean "
        "(40 minutes more for its second sitting, 15 for its appendix)",
    ),
    Lesson(
        "12",
        "MultiMNIST",
        90,
        "read two digits on top of each other, measure it honestly, and take their pixels apart "
        "(10 minutes more for its optional section)",
    ),
    Lesson(
        "13",
        "Robustness",
        75,
        "hold networks against digits they never met, write attacks, and find out when an attack is blind "
        "(35 minutes more for its second sitting, 10 for its appendix)",
    ),
    Lesson(
        "14",
        "Viewpoints",
        80,
        "turn toys on a table, train on some sides and test on others, read the angle off a capsule "
        "(35 minutes more for its second sitting, 10 for its appendix)",
    ),
    Lesson(
        "15",
        "Does routing matter?",
        80,
        "swap the couplings of trained networks, plan a study, and give a verdict that the numbers bear "
        "(50 minutes more for its second sitting, 20 for its appendix)",
    ),
    Lesson(
        "16",
        "Capstone",
        80,
        "carry out a project of your own: your pictures, the smallest network, or a claim put to the test "
        "(15 minutes more for its appendix)",
    ),
)

# The front door. It is made as a lesson is, but it has no exercises, and of the commands only `build` takes its number.
START = Lesson("00", "Start", 5, "see what there is, how far you are, and how a lesson works")
NOTEBOOKS = (START, *LESSONS)


def find(lesson: str | int, among: tuple[Lesson, ...] = LESSONS) -> Lesson:
    """4, "4", "04", "lesson 4" and "04_dynamic_routing" are the same lesson. Raises KeyError with a sentence."""
    number = re.fullmatch(r"(?:lesson)?\s*(\d+)(?:_.*)?", str(lesson).strip().lower())
    for known in among:
        if number and int(known.number) == int(number[1]):
            return known
    raise KeyError(f"There is no lesson {str(lesson)!r}; there are {LESSONS[0].number} to {LESSONS[-1].number}.")


def table(folder: str = "", lessons: Iterable[Lesson] = LESSONS) -> str:
    """Lessons as a table in markdown, with links to the notebooks in `folder`, as "lessons/"."""
    rows = [
        f"| {one.number} | [{one.title}]({folder}{one.stem}.ipynb) | {one.minutes} | {one.about} |" for one in lessons
    ]
    return "\n".join(["| | lesson | minutes | you will |", "|---|---|---|---|", *rows])


def folder() -> Path:
    """Where this installation keeps the learner's notebooks: in its checkout, or inside the package (a wheel).

    Raises KeyError, with a sentence, if it has none.
    """
    for place in (_PACKAGE.parent / "lessons", _PACKAGE / "lessons"):
        if any(place.glob("[0-9][0-9]_*.ipynb")):
            return place
    raise KeyError(f"There are no lessons beside {_PACKAGE}: install Capsule Tutor again, or clone its repository.")


def projects() -> list[Path]:
    """The notebooks that a project of the last lesson begins with. Raises KeyError as `folder` does."""
    return sorted((folder() / "projects").glob("*.ipynb"))


def source(lesson: Lesson) -> Path:
    """What a lesson is made from. It is there in a checkout alone."""
    return _PACKAGE.parent / "solutions" / "source" / f"{lesson.stem}.py"


def here() -> set[str]:
    """The numbers of the lessons that this installation holds: a class may have been handed some of them."""
    try:
        return {path.stem[:2] for path in folder().glob("[0-9][0-9]_*.ipynb") if path.stem != START.stem}
    except KeyError:
        return set()
