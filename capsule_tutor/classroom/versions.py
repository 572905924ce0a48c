"""`capsule-tutor start` and `update`: lessons in a folder of the learner's own, and new versions that keep answers."""

import tempfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path

from capsule_tutor import authoring, checks, course, files


class VersionError(Exception):
    """There is nothing to copy or to update. The message is one line for people."""


def start(folder: Path, say: Callable[[str], None] = print) -> Path:
    """Copy the lessons of this installation to `folder`/lessons; what is there already is left as it is.

    Returns the folder that holds them. Raises KeyError if this installation has no lessons, OSError if it cannot write.
    """
    lessons = folder / "lessons"
    lessons.mkdir(parents=True, exist_ok=True)
    for path in (*sorted(course.folder().glob("[0-9][0-9]_*.ipynb")), *course.projects()):
        mine = lessons / path.relative_to(course.folder())
        if mine.exists():
            say(f"left {mine} as it is")
        else:
            mine.parent.mkdir(exist_ok=True)
            text = path.read_bytes()
            files.write_atomically(mine, lambda temporary, text=text: temporary.write_bytes(text))
    return lessons


def update(paths: Iterable[Path], new: Path | None = None, say: Callable[[str], None] = print) -> None:
    """Bring lessons up to date and keep the learner's work in them, cell by cell; the old file is kept, too.

    new   where the new version is: a notebook, a folder or a ZIP file of notebooks; otherwise this installation's own
    Raises VersionError.
    """
    with _folder_of(new) as fresh:
        for path in paths:
            mine, theirs = _read(path), _new_version(path, fresh)
            merged, kept, twice = merge(mine, theirs)
            if _as_made(merged) == _as_made(mine):
                say(f"{path} is up to date")
                continue
            backup = _aside(path)
            path.rename(backup)
            files.write_text(path, authoring.as_text(merged))
            work = f"kept your work in {len(kept)} cells ({', '.join(kept)})" if kept else "it held no work of yours"
            say(f"updated {path}: {work}; as it was: {backup.name}")
            if twice:
                say(f"  The course has changed these cells, too, so compare them with a new copy: {', '.join(twice)}")


def merge(mine, new) -> tuple:
    """(the new version with the learner's work in it, ids of the cells kept, ids of those that the course changed, too)

    A cell is the learner's work if it differs from what it was when the lesson was made. One that they added, or that
    the new version no longer has, follows the cell that it followed before. What a cell has shown stays, too, as long
    as its code is the same.
    """
    work = dict.fromkeys(authoring.changed(mine, new))
    made = mine.metadata.get("capsule_tutor", {}).get("cells", {})
    ours = {cell.id: cell for cell in new.cells}
    mine_by_id = {cell.id: cell for cell in mine.cells}
    if not made:  # a lesson from before there were fingerprints: what is not a gap and not the learner's id is ours
        work = {id_: None for id_ in work if (id_ in ours and _is_gap(ours[id_])) or not _is_our_id(id_)}
    twice = [id_ for id_ in work if id_ in ours and id_ in made and authoring.fingerprint(ours[id_]) != made[id_]]

    merged = new.copy()
    merged.cells = [
        mine_by_id[cell.id] if cell.id in work else _as_run(cell, mine_by_id.get(cell.id)) for cell in new.cells
    ]
    previous = None
    for cell in mine.cells:
        if cell.id in work and cell.id not in ours:
            places = [place for place, other in enumerate(merged.cells, start=1) if other.id == previous]
            merged.cells.insert(places[0] if places else 0, cell)
        if cell.id in work or cell.id in ours:
            previous = cell.id
    return merged, list(work), twice


def _as_run(cell, mine):
    """A new cell with the outputs of the learner's, if that has the same source."""
    if mine and cell.cell_type == "code" and authoring.fingerprint(cell) == authoring.fingerprint(mine):
        cell = cell.copy()
        cell.outputs, cell.execution_count = mine.outputs, mine.execution_count
    return cell


def _as_made(notebook) -> tuple:
    """What a version is told by: neither outputs nor what Jupyter writes beside a cell, or adds, as an empty one."""
    cells = [(cell.id, authoring.fingerprint(cell)) for cell in notebook.cells if cell.source.strip()]
    return cells, notebook.metadata.get("capsule_tutor")


def _is_gap(cell) -> bool:
    return cell.cell_type == "code" and any(sign in cell.source for sign in ("NotImplementedError", "...", '"?"'))


def _is_our_id(id_: str) -> bool:
    """Ours are words; an editor's are eight or more characters at random, with digits among them."""
    return not any(character.isdigit() for character in id_)


def _read(path: Path):
    try:
        return authoring.read(path)
    except FileNotFoundError:
        raise VersionError(f"There is no {path}.") from None


def _new_version(path: Path, folder: Path | None):
    """The lesson that a notebook is a version of, by its file's name."""
    try:
        lesson = course.find(path.stem, course.NOTEBOOKS)
    except KeyError as error:
        raise VersionError(f"{path} is not a lesson. {error.args[0]}") from None
    source = course.source(lesson)
    if folder is None and source.is_file():
        return authoring.learner_notebook(source.read_text(encoding="utf-8"), source.name, checks.brief)
    try:
        place = folder or course.folder()
    except KeyError as error:
        raise VersionError(error.args[0]) from None
    there = sorted(filter(_is_original, place.rglob(f"{lesson.number}_*.ipynb"))) if place.is_dir() else [place]
    for one in there:
        notebook = _read(one)
        if "capsule_tutor" not in notebook.metadata:
            continue  # a solved lesson, which has no fingerprints
        if one.resolve() == path.resolve():
            raise VersionError(f"{path} is this installation's own copy: name the new version, as --new class.zip")
        return notebook
    raise VersionError(f"There is no lesson {lesson.number} for learners in {place}.")


def _is_original(path: Path) -> bool:
    """Whether it is no copy that Jupyter or an update has left."""
    return ".ipynb_checkpoints" not in path.parts and "before-update" not in path.stem


@contextmanager
def _folder_of(new: Path | None):
    if new is None or not zipfile.is_zipfile(new):
        if new is not None and not new.exists():
            raise VersionError(f"There is no {new}.")
        yield new
        return
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(new) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.endswith(".ipynb")])
        yield Path(folder)


def _aside(path: Path) -> Path:
    for number in range(1, 1000):
        aside = path.with_name(f"{path.stem}.before-update-{number}{path.suffix}")
        if not aside.exists():
            return aside
    raise VersionError(f"There are a thousand old copies beside {path}: delete some.")
