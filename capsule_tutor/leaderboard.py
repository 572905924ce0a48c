"""A leaderboard: one entry for each report, in a JSON file on your own machine that others can be merged with.

Nothing in an entry is typed: parameters are counted in the network, mistakes on the test images, and error and rank
follow from them. `checked` counts parameters again, from the recipe alone, and `recounted` mistakes, from the weights.
Neither can count in a network whose code is not here. Its entry stays, and `lines` says that nothing was counted.
"""

import csv
import hashlib
import io
import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import torch

from capsule_tutor import files, models, pretrained, report, training
from capsule_tutor.data.splits import DataError, one_line

LIMIT = 0.6  # per cent of MNIST: the track "small" ranks those below by their parameters
_FORMAT = "capsule-tutor leaderboard 1"
_KEYS = {
    "who": str,
    "name": str,
    "exam": str,
    "images": int,
    "parameters": int,
    "recipe": dict,
    "runs": list,
    "date": str,
    "version": str,
}
_RUN = {"seed": int, "wrong": int, "validation_error": (int, float), "weights": str}


class BoardError(Exception):
    """A file is no leaderboard, or an entry cannot be what it says. The message is one line for people."""


def entry(found: report.Found, who: str = "") -> dict:
    """What a report adds to a leaderboard. Of a folder of one's own pictures it tells the name alone."""
    return {
        "who": who or ("Capsule Tutor" if found.name in pretrained.NAMES else ""),
        "name": found.name,
        "exam": report.exam(found.shown.images, found.shown.labels),
        "images": len(found.shown.labels),
        "parameters": sum(found.parameters.values()),
        "recipe": _said(found.recipe),
        "runs": [
            {
                "seed": run.seed,
                "wrong": int(run.wrong.sum()),
                "validation_error": run.validation_error,
                "weights": run.weights,
            }
            for run in found.runs
        ],
        "date": date.today().isoformat(),
        "version": found.version,
    }


def _said(recipe: training.Recipe) -> dict:
    """A recipe as an entry tells it."""
    return json.loads(json.dumps(asdict(recipe) | {"data": Path(recipe.data).name}))


def error(one: dict) -> float:
    """Mean error of an entry's runs, in per cent."""
    return 100 * statistics.mean(run["wrong"] for run in one["runs"]) / one["images"]


def checked(one: object) -> dict:
    """An entry that is one. Raises BoardError, in one line, for what is missing, impossible or does not add up.

    Of a model that is not in `models.MODELS` here, the parameters are taken as they are.
    """
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        raise BoardError("an entry is not what `capsule-tutor report` writes")
    said = f"the entry of {one['name']!r}"
    for key, kind in _KEYS.items():
        if not isinstance(one.get(key), kind) or isinstance(one[key], bool):
            raise BoardError(f"{said} has no valid {key!r}; make it again with `capsule-tutor report`")
    if one.keys() - _KEYS:
        raise BoardError(f"{said} also says {sorted(one.keys() - _KEYS)[0]!r}, which no report writes")
    for key in ("model", "data"):
        if not isinstance(one["recipe"].get(key), str):
            raise BoardError(f"{said} has no valid {key!r} in its recipe; make it again with `capsule-tutor report`")
    if one["images"] < 1 or not one["runs"]:
        raise BoardError(f"{said} has no images or no runs")
    for run in one["runs"]:
        sound = isinstance(run, dict) and run.keys() == _RUN.keys()
        if not (sound and all(isinstance(run[key], kind) for key, kind in _RUN.items())):
            raise BoardError(f"{said} has a run without seed, wrong, validation_error and weights")
        if not 0 <= run["wrong"] <= one["images"]:
            raise BoardError(f"{said} has {run['wrong']} wrong of {one['images']} images")
    for what in ("weights", "seed"):
        if len({run[what] for run in one["runs"]}) < len(one["runs"]):
            raise BoardError(f"{said} counts the same {what} twice")
    built = _parameters(one, said)
    if built not in (None, one["parameters"]):
        raise BoardError(f"{said} says {one['parameters']:,} parameters; its recipe builds {built:,}")
    return one


def _parameters(one: dict, said: str) -> int | None:
    """Counted in the network that the recipe builds, without memory: a recipe from elsewhere may ask for any size.

    None if the model is not known here.
    """
    try:
        recipe = training.Recipe(**one["recipe"])
        if not counted(one):
            return None
        if any(isinstance(size, int) and size > 10_000 for size in recipe.options.values()):
            raise ValueError("a size above 10,000")  # time is spent even where no memory is
        with torch.device("meta"):
            return models.count_parameters(recipe.network())
    except Exception as problem:
        raise BoardError(f"{said} has a recipe that builds no network ({one_line(problem)[:140]})") from None


def add(path: Path, one: dict) -> None:
    """Put an entry into a leaderboard file, which is made if there is none; the same runs of the same person once.

    Raises BoardError if the entry is not sound or the file holds anything else, OSError if it cannot be written.
    """
    try:
        with files.alone(path.with_name(f".{path.name}.lock"), seconds=10):
            write(path, merged([*(read(path) if path.exists() else []), checked(one)]))
    except files.Busy:
        raise BoardError(f"another process is writing {path}; try again") from None


def merged(entries: Iterable[dict]) -> list[dict]:
    """Entries without repetitions, the newest of each person and set of weights, ranked as `ranked` does."""
    newest: dict[tuple, dict] = {}
    for one in entries:
        key = one["who"], one["exam"], tuple(sorted(run["weights"] for run in one["runs"]))
        if key not in newest or one["date"] >= newest[key]["date"]:
            newest[key] = one
    return ranked(newest.values())


def ranked(entries: Iterable[dict]) -> list[dict]:
    """By exam, since errors on other images are no rivals; then by error.

    On MNIST, those below LIMIT come first, the smallest in front, if their parameters can be counted here.
    """

    def rank(one: dict) -> tuple:
        small = one["recipe"]["data"] == "mnist" and error(one) <= LIMIT and counted(one)
        return one["recipe"]["data"], one["exam"], not small, one["parameters"] if small else error(one), one["name"]

    return sorted(entries, key=rank)


def counted(one: dict) -> bool:
    """Whether an entry's parameters were counted here, which needs its model."""
    return one["recipe"]["model"] in models.MODELS


def write(path: Path, entries: list[dict]) -> None:
    """Write a leaderboard file. Raises OSError."""
    files.write_text(path, json.dumps({"format": _FORMAT, "entries": entries}, indent=1) + "\n")


def read(path: Path) -> list[dict]:
    """The entries of a leaderboard file, checked. Raises BoardError."""
    entries, problems = _sound(path)
    if problems:
        raise BoardError(problems[0])
    return entries


def _sound(path: Path) -> tuple[list[dict], list[str]]:
    """(the sound entries of a leaderboard file, a line for each of the others). Raises BoardError for another file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BoardError(f"{path} is not there") from None
    except (OSError, ValueError) as problem:
        raise BoardError(f"{path} cannot be read ({type(problem).__name__})") from None
    if not isinstance(found, dict) or found.get("format") != _FORMAT or not isinstance(found.get("entries"), list):
        raise BoardError(f"{path} is not a Capsule Tutor leaderboard")
    entries, problems = [], []
    for one in found["entries"]:
        try:
            entries.append(checked(one))
        except BoardError as problem:
            problems.append(f"{path}: {problem}")
    return entries, problems


def collect(places: Iterable[Path]) -> tuple[list[dict], list[str]]:
    """Everything in leaderboard files, or in folders of them: (merged entries, a line for each entry or file left out).

    An entry without a name of its maker gets that of the folder that it is in, or of its file where it is in none.
    JSON files in a folder that are no leaderboards are passed over.
    """
    entries, problems = [], []
    for place in places:
        for path in sorted(place.rglob("*.json")) if place.is_dir() else [place]:
            if place.is_dir() and _FORMAT not in path.read_text(encoding="utf-8", errors="replace")[:200]:
                continue
            parts = path.relative_to(place).parts if place.is_dir() else ()
            try:
                who = parts[0] if len(parts) > 1 else path.stem
                sound, unsound = _sound(path)
                entries += [one | {"who": one["who"] or who} for one in sound]
                problems += unsound
            except BoardError as problem:
                problems.append(str(problem))
    return merged(entries), problems


def recounted(one: dict, folders: Iterable[Path]) -> str:
    """Count what an entry says again, from the weights that `folders` or this package hold: what came out, in words.

    Other processors round otherwise, which may tip an image or two. Raises BoardError where more mistakes differ, and
    where the recipe, the parameters or the number of images are not those of the runs.
    """
    says = f"{one['name']!r} of {one['who']} says"
    shipped = {pretrained.card(name)["sha256"]: name for name in pretrained.NAMES}
    runs = {run["weights"]: run for run in one["runs"]}
    found = {weights: shipped[weights] for weights in runs if weights in shipped}
    for folder in folders:
        for path in folder.rglob("weights.safetensors") if folder.is_dir() else ():
            found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), str(path.parent))
    if missing := [run["seed"] for weights, run in runs.items() if weights not in found]:
        return f"not counted again: the weights of seed {missing[0]} are not here"
    recipe = _said(training.Recipe(**one["recipe"]))  # an earlier version may have said less
    for weights, run in runs.items():
        try:
            again = entry(report.measure([found[weights]]))
        except (pretrained.WeightsError, DataError) as problem:  # it says nothing of the other entries
            return f"not counted again: {problem}"
        if differ := [key for key in recipe if recipe[key] != again["recipe"][key]]:
            raise BoardError(
                f"{says} another recipe than that of its run, seed {run['seed']}: they differ in {', '.join(differ)}"
            )
        if again["parameters"] != one["parameters"]:
            raise BoardError(f"{says} {one['parameters']:,} parameters; counted: {again['parameters']:,}")
        if again["exam"] != one["exam"]:
            return "not counted again: its test images are not here"
        if again["images"] != one["images"]:
            raise BoardError(f"{says} {one['images']:,} test images; counted: {again['images']:,}")
        wrong = again["runs"][0]["wrong"]
        if abs(wrong - run["wrong"]) > 2:
            raise BoardError(f"{says} {run['wrong']} wrong, seed {run['seed']}; counted: {wrong}")
    return "counted again"


def lines(entries: list[dict]) -> list[str]:
    """The board in words, a heading for each exam. It says of which entries the parameters cannot be counted here."""
    said, exam = [], None
    for one in entries:
        if one["exam"] != exam:
            exam = one["exam"]
            said.append(f"{one['recipe']['data']}, {one['images']:,} test images ({exam})")
        seeds, model = len(one["runs"]), one["recipe"]["model"]
        unknown = f"  (not counted: there is no model {model!r} here; name its file: --code FILE)"
        said.append(
            f"  {one['who'] or '–':16} {one['name']:28} {one['parameters']:>11,} parameters  {error(one):6.2f} %  "
            f"{seeds} seed{'s' * (seeds > 1)}{'' if counted(one) else unknown}"
        )
    return said


def as_csv(entries: list[dict]) -> str:
    """The board as a table for a spreadsheet."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ("data", "test images", "exam", "who", "name", "parameters", "counted", "error in %", "seeds", "date")
    )
    for one in entries:
        data, seeds = one["recipe"]["data"], len(one["runs"])
        who, name = files.table_cell(one["who"]), files.table_cell(one["name"])
        size = one["parameters"], "yes" if counted(one) else "no"
        row = (data, one["images"], one["exam"], who, name, *size, f"{error(one):.4f}", seeds, one["date"])
        table.writerow(row)
    return text.getvalue()
