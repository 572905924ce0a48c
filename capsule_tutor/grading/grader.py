"""Grading a folder: every student, every exercise of the chosen lessons, each answer in a process of its own."""

import math
import secrets
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from capsule_tutor import course, exercises
from capsule_tutor.checks.exercise import Exercise, Questions
from capsule_tutor.grading import kit, similarity, submissions
from capsule_tutor.grading.answers import Verdict, judge
from capsule_tutor.grading.sandbox import Limits, Sandbox, SandboxError, opened


@dataclass(frozen=True)
class Late:
    """What is lost by coming late: a share of the points for every day begun, and at most `most`."""

    due: datetime | None = None
    per_day: float = 0.0
    most: float = 1.0

    def lost(self, when: datetime) -> float:
        if self.due is None or when <= self.due:
            return 0.0
        return min(self.most, self.per_day * math.ceil((when - self.due).total_seconds() / 86_400))


@dataclass
class Student:
    """What one student has submitted, and what it is worth."""

    name: str
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by the id of the exercise
    points: dict[str, float] = field(default_factory=dict)
    lost: float = 0.0  # share of the points, by coming late
    problems: list[str] = field(default_factory=list)  # files that cannot be read

    @property
    def total(self) -> float:
        return round(sum(self.points.values()) * (1 - self.lost), 2)


@dataclass
class Report:
    """The grades of a folder, and what one should know about them."""

    exercises: list[Exercise]
    students: list[Student]
    seed: int
    sandbox: str
    partial: bool
    pairs: list[similarity.Pair]

    @property
    def of(self) -> int:
        return sum(points(exercise) for exercise in self.exercises)


def points(exercise: Exercise) -> int:
    """What an exercise is worth: as much as it is important, as in an assignment for nbgrader."""
    return exercise.importance


def of_lessons(lessons: Iterable[str], without: Iterable[str] = ()) -> list[Exercise]:
    """The exercises of these lessons, except those whose names are in `without`.

    Raises KeyError, with a sentence, for a lesson that is not there, and for a name that they do not have.
    """
    numbers = [course.find(lesson).number for lesson in lessons]
    chosen = [exercises.load(name) for id_, name in exercises.ids().items() if id_[:2] in numbers]
    names = [exercise.name for exercise in chosen]
    if unknown := [name for name in without if name not in names]:
        raise KeyError(f"There is no exercise {unknown[0]!r} to leave out; there are: {', '.join(names)}.")
    return [exercise for exercise in chosen if exercise.name not in without]


def grade(
    folder: Path,
    lessons: Iterable[str],
    seed: int | None = None,
    partial: bool = False,
    late: Late | None = None,
    container: str = "",
    limits: Limits | None = None,
    say: Callable[[str], None] = lambda line: None,
    without: Iterable[str] = (),
) -> Report:
    """Grade what lies in `folder`. Raises KeyError for a lesson or name unknown, SandboxError and FileNotFoundError."""
    chosen = of_lessons(lessons, without)
    found = submissions.find(folder)
    if not found:
        raise FileNotFoundError(f"there are no notebooks in {folder}")
    seed = secrets.randbelow(2**31) if seed is None else seed
    questions = {exercise.id: exercise.secret_questions(1_000 + seed) for exercise in chosen}
    with tempfile.TemporaryDirectory(prefix="capsule-grading-", ignore_cleanup_errors=True) as folder_of_run:
        run = Path(folder_of_run)
        kits = {exercise.id: kit.write(run / "inside", exercise) for exercise in chosen}
        with opened(run, kits[chosen[0].id], limits or Limits(), container) as sandbox:
            say(f"{sandbox.says}. Secret inputs: --seed {seed}")
            students = []
            for name, notebooks in found.items():
                student = _student(name, notebooks, questions, kits, sandbox, seed, partial)
                answering = [n for n in notebooks if any(n.mentions(one.name) == 2 for one in chosen)] or notebooks
                student.lost = (late or Late()).lost(max(notebook.when for notebook in answering))
                students.append(student)
                unread = "".join(f"; NOT READ: {problem}" for problem in student.problems)
                say(f"{name}: {student.total:g} of {sum(map(points, chosen))}{unread}")
            pairs = similarity.report(chosen, found, sandbox, kits)
    return Report(chosen, students, seed, sandbox.says, partial, pairs)


def _student(
    name: str,
    notebooks: list[submissions.Notebook],
    questions: dict[str, Questions],
    kits: dict[str, str],
    sandbox: Sandbox,
    seed: int,
    partial: bool,
) -> Student:
    student = Student(name, problems=[f"{n.path.name}: {n.problem}" for n in notebooks if n.problem])
    given: dict[str, dict[str, str]] = {}  # of each lesson, the references that it goes on with
    for id_, asked in questions.items():
        exercise = asked.exercise
        cells = submissions.holding(notebooks, exercise.name)
        if not cells:
            verdict = Verdict("not attempted", f"there is no `{exercise.name}` in what was submitted.")
        else:
            try:
                verdict = judge(asked, cells, sandbox, kits[id_], given.get(exercise.lesson, {}), seed)
            except SandboxError:
                raise
            except Exception as error:  # whatever one answer does, the others are to be graded
                why = f"{type(error).__name__}: {error}"[:200]
                verdict = Verdict("not yet", f"it could not be judged ({why}): look at it yourself.")
        if verdict.status != "passed":
            given.setdefault(exercise.lesson, {})[exercise.name] = kit.reference_source(exercise.name)
        student.verdicts[id_] = verdict
        student.points[id_] = round(points(exercise) * verdict.share(partial), 2)
    return student
