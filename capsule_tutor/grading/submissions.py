"""Finding what has been submitted: nbgrader's folders, or any folder of notebooks. Nothing of it is executed here."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

_NOT_SUBMITTED = {"source", "release", "autograded", "feedback", "__pycache__", ".ipynb_checkpoints"}
_LARGEST = 30 * 2**20  # bytes of a notebook


@dataclass(frozen=True)
class Notebook:
    """One file: its code cells, or the problem that keeps it from being read."""

    student: str
    path: Path
    when: datetime
    cells: tuple[str, ...] = ()
    problem: str = ""

    def mentions(self, name: str) -> int:
        """2 if the notebook checks an exercise of this name, 1 if it holds the word at all."""
        text = "\n".join(self.cells)
        return 2 if re.search(rf"\bchecks\s*\.\s*{name}\b", text) else int(bool(re.search(rf"\b{name}\b", text)))


def find(folder: Path) -> dict[str, list[Notebook]]:
    """Student → notebooks, by name. A student is a folder, or the stem of a file that lies in `folder` itself."""
    root = folder / "submitted" if (folder / "submitted").is_dir() else folder
    found: dict[str, list[Notebook]] = {}
    for path in sorted(root.rglob("*.ipynb")):
        place = path.relative_to(root)
        if path.is_file() and not path.is_symlink() and not _NOT_SUBMITTED & set(place.parts[:-1]):
            student = place.parts[0] if len(place.parts) > 1 else path.stem
            found.setdefault(student, []).append(read(student, path))
    return dict(sorted(found.items()))


def holding(notebooks: list[Notebook], name: str) -> tuple[str, ...]:
    """The code cells of the notebook that answers an exercise; none if no notebook so much as mentions it."""
    best = max(notebooks, key=lambda notebook: (notebook.mentions(name), notebook.when))
    return best.cells if best.mentions(name) else ()


def read(student: str, path: Path) -> Notebook:
    when = _submitted(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("larger than 30 MB")
        content = json.loads(path.read_text(encoding="utf-8"))
        cells = tuple(_code(content))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return Notebook(student, path, when, problem=f"it is not a notebook ({type(error).__name__}: {error})"[:200])
    return Notebook(student, path, when, cells)


def _code(content: dict) -> Iterator[str]:
    sheets = content.get("worksheets") or [content]  # version 3 had sheets
    for cell in (cell for sheet in sheets for cell in sheet.get("cells", [])):
        if cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            yield source if isinstance(source, str) else "".join(source)


def _submitted(path: Path) -> datetime:
    """By nbgrader's timestamp.txt beside the notebook, else by the file itself: in the time of this machine."""
    stamp = path.with_name("timestamp.txt")
    try:
        text = stamp.read_text(encoding="utf-8").strip()
        pattern = r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(.*)"
        day, time, zone = re.match(pattern, text).groups()
        when = datetime.fromisoformat(f"{day} {time}")
        return when.replace(tzinfo=_zone(zone)).astimezone().replace(tzinfo=None) if zone else when
    except (OSError, AttributeError, ValueError):
        return datetime.fromtimestamp(path.stat().st_mtime)


def _zone(name: str) -> tzinfo:
    """Such as UTC, which is nbgrader's, +02:00 or Europe/Paris; one that nobody knows is taken for UTC."""
    if offset := re.fullmatch(r"([+-]\d\d):?(\d\d)", name):
        hours, minutes = offset.groups()
        return timezone(timedelta(hours=int(hours), minutes=int(f"{hours[0]}{minutes}")))
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return UTC
