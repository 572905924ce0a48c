"""`capsule-tutor class-report`: progress files and grades of a class on one page.

Where the files come from: each learner's progress.json (`capsule-tutor progress` says where it is), in a folder or
under a file name that is theirs, and the table that `capsule-tutor grade --csv` writes.
"""

import csv
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from capsule_tutor import checks, course

LONG = 1.5  # times as many minutes as an exercise says
MANY = 5  # attempts without success: time for a word


class ReportError(Exception):
    """The folder holds nothing to report. The message is one line for people."""


@dataclass
class Learner:
    name: str
    records: dict[str, dict] = field(default_factory=dict)  # exercise id → as in progress.json
    points: dict[str, float] = field(default_factory=dict)  # exercise id → points
    total: str = ""  # "8 of 11"

    @property
    def last(self) -> str:
        """The day of the last attempt."""
        return max((record.get("last") or "" for record in self.records.values()), default="")[:10]

    def passed(self, exercises: list) -> int:
        return sum(
            self.records.get(one.id, {}).get("status") == "passed" or self.points.get(one.id, 0) >= one.importance
            for one in exercises
        )


def read(folder: Path, say: Callable[[str], None] = print) -> list[Learner]:
    """All learners that a folder tells of, by name. Files that are neither progress nor grades are passed over.

    `say` is told of progress files that are damaged. Raises ReportError if there are no others.
    """
    learners: dict[str, Learner] = {}
    for path in sorted(folder.rglob("*.json")):
        records = _records(path)
        if records is None and path.name.startswith("progress"):
            say(f"Not read, ask for it again: {path}")
        if records is not None:
            name = _name(path.relative_to(folder))
            learners.setdefault(name, Learner(name)).records.update(records)
    for path in sorted(folder.rglob("*.csv")):
        for row in _rows(path):
            one = learners.setdefault(row["student"], Learner(row["student"]))
            one.points |= {id_: _number(points, path, id_) for id_, points in row.items() if id_ in _known() and points}
            one.total = f"{row['total']} of {row['of']}"
    if not learners:
        raise ReportError(
            f"{folder} holds no progress.json and no table of `capsule-tutor grade --csv`: put each learner's "
            "progress.json into a folder of their name."
        )
    return sorted(learners.values(), key=lambda one: one.name.lower())


def as_html(learners: list[Learner]) -> str:
    """Who is where, the common mistakes, the exercises that took long, and who may need a word."""
    from capsule_tutor.classroom import pages

    begun = {id_[:2] for one in learners for id_ in one.records.keys() | one.points.keys()}
    lessons = [(known, _of(known)) for known in course.LESSONS if known.number in begun]
    return pages.render(
        "report.html.j2",
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        learners=learners,
        lessons=lessons,
        graded=any(one.total for one in learners),
        mistakes=mistakes(learners),
        efforts=efforts(learners),
        stuck=stuck(learners),
        many=MANY,
    )


def mistakes(learners: list[Learner], most: int = 20) -> list[tuple[int, str, str, str]]:
    """(how many learners, exercise id, the mistake's name or "", what was said), the most common first."""
    names = {
        (exercise.id, m.says): m.name.replace("_", " ") for exercise in _known().values() for m in exercise.mutants
    }
    made: Counter = Counter()
    unnamed: dict[str, set[str]] = defaultdict(set)
    for one in learners:
        for id_, record in one.records.items():
            found = {
                key for sentence in record.get("said", {}) for key in names if key[0] == id_ and key[1] in sentence
            }
            made.update(found)
            if any(not any(key[1] in sentence for key in found) for sentence in record.get("said", {})):
                unnamed[id_].add(one.name)
    rows = [(count, id_, names[id_, says], says) for (id_, says), count in made.items()]
    rows += [(len(who), id_, "", "other mistakes, without a name") for id_, who in unnamed.items()]
    return sorted(rows, key=lambda row: (-row[0], not row[2], row[1]))[:most]


def efforts(learners: list[Learner]) -> list[dict]:
    """For each exercise that somebody has begun: how many passed, medians of attempts and minutes, and if it took long.

    Minutes are those between the first attempt and the first that passed: thinking before the first is not in them.
    """
    rows = []
    for exercise in _known().values():
        records = [one.records[exercise.id] for one in learners if exercise.id in one.records]
        passed = [record for record in records if record.get("status") == "passed"]
        minutes = [taken for record in passed if (taken := _minutes(record)) is not None]
        if records:
            median = statistics.median(minutes) if minutes else None
            attempts = statistics.median(record.get("attempts", 0) for record in records)
            rows.append(
                {
                    "exercise": exercise,
                    "begun": len(records),
                    "passed": len(passed),
                    "attempts": attempts,
                    "minutes": median,
                    "long": (median or 0) > LONG * exercise.minutes or attempts >= MANY,
                }
            )
    return rows


def stuck(learners: list[Learner]) -> list[tuple[str, str, int]]:
    """(name, exercise id, attempts) where many attempts have not led to success."""
    return [
        (one.name, id_, record["attempts"])
        for one in learners
        for id_, record in one.records.items()
        if record.get("status") != "passed" and record.get("attempts", 0) >= MANY
    ]


def _known() -> dict:
    return {exercise.id: exercise for exercise in checks.EXERCISES.values()}


def _of(lesson: course.Lesson) -> list:
    return [exercise for exercise in _known().values() if exercise.lesson == lesson.number]


def _records(path: Path) -> dict[str, dict] | None:
    try:
        found = json.loads(path.read_bytes())["exercises"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    from capsule_tutor.checks import progress

    return {id_: record for id_, record in ((id_, progress.sound(record)) for id_, record in found) if record}


def _name(place: Path) -> str:
    """The learner's: the folder that the file is in, or its own name where it lies in none."""
    return place.parts[0] if len(place.parts) > 1 else place.stem


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # a spreadsheet may have saved it
            semicolons = ";" in file.readline()
            file.seek(0)
            rows = list(csv.DictReader(file, delimiter=";" if semicolons else ","))
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return rows if rows and {"student", "total", "of"} <= rows[0].keys() else []


def _number(text: str, path: Path, exercise: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ReportError(f"{path}: the points {text!r} for {exercise} are not a number.") from None


def _minutes(record: dict) -> float | None:
    try:
        begun, done = (datetime.fromisoformat(record[name]) for name in ("first", "first_passed"))
        return (done - begun).total_seconds() / 60
    except (KeyError, TypeError, ValueError):
        return None
