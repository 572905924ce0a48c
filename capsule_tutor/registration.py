"""Pre-registration: what will be compared, and which outcome means what, written down before the first run.

    registration.write(claim, Path("claim.json"))
    recipe = registration.bound(claim, "routed")  # its note holds the fingerprint of claim.json; train it, seed by seed
    registration.decide(claim, folders)  # refuses runs that are too few, too many, or not bound

A run is bound to a registration by the fingerprint in its recipe, which its checkpoint holds from the first step on.
That protects from slips: a run left out, one too many, another recipe, another margin. It is no seal. Whoever registers
after the runs can run again, or write the fingerprint into files that are older. Against that, two things together
help: seeds that somebody else names, and a date in other hands.
"""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from capsule_tutor import files, pretrained, report, training

VERDICTS = ("as claimed", "the contrary", "no difference that matters", "cannot tell")


class RegistrationError(Exception):
    """A registration is damaged, or its runs are not those that it promised. The message is one line for people."""


@dataclass(frozen=True)
class Registration:
    """A claim that can fail: "the first arm has a lower error than the second", by an interval over paired seeds.

    claim    the sentence, and `source` where it is from: the paper and its table
    arms     two names → a recipe as `dataclasses.asdict` gives it; the first is the one that is claimed to be better
    seeds    that both arms are trained with, all of them, at least 2
    margin   in points of error: a difference that would not matter
    rule     what will be said, before there is anything to say it about
    measure  "test_error": counted once, after the last epoch
    """

    claim: str
    source: str
    arms: dict[str, dict]
    seeds: tuple[int, ...]
    margin: float
    rule: str
    measure: str = "test_error"

    @property
    def text(self) -> str:
        """As its file holds it."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @property
    def fingerprint(self) -> str:
        """Sixteen digits of the SHA-256 of its text: another comma, and they are others."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def register(
    claim: str, source: str, arms: dict[str, training.Recipe], seeds: Iterable[int], margin: float
) -> Registration:
    """A registration of two recipes. Raises RegistrationError for one that could decide nothing."""
    seeds = tuple(seeds)
    if not all(type(seed) is int for seed in seeds):  # a bool would pass `isinstance`
        raise RegistrationError(f"seeds are {seeds}; an interval needs whole numbers, such as 0, 1, 2")
    if len(arms) != 2 or len({str(replace(arm, note="")) for arm in arms.values()}) != 2:
        raise RegistrationError(f"a comparison has two different arms; there are {len(arms)}")
    if len(set(seeds)) != len(seeds) or len(seeds) < 2:
        raise RegistrationError(f"seeds are {seeds}; an interval needs at least 2, all of them different")
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not 0 < margin < math.inf:
        raise RegistrationError(f"margin is {margin}; say above 0 how many points of error would matter to you")
    if not claim.strip() or not source.strip():
        raise RegistrationError("write the claim itself, and its source")
    plain = {name: _plain(recipe) for name, recipe in arms.items()}
    return Registration(claim, source, plain, seeds, margin, _rule(*arms, len(seeds), margin))


def _rule(first: str, second: str, seeds: int, margin: float) -> str:
    return (
        f"error of {first} minus error of {second}, paired by seed, 95 % interval over {seeds} seeds: "
        f"if all of it is within ±{margin:g} points, on whichever side of 0, it is {VERDICTS[2]!r}; "
        f"otherwise, wholly below 0 it is {VERDICTS[0]!r}, wholly above 0 {VERDICTS[1]!r}, and in every other case "
        f"{VERDICTS[3]!r}"
    )


def write(registered: Registration, path: Path) -> None:
    """Write it down. Raises RegistrationError if the file holds anything else, OSError if it cannot be written."""
    try:
        held = path.read_text(encoding="utf-8") if path.exists() else registered.text
    except ValueError:  # its bytes are no UTF-8
        raise RegistrationError(f"{path} holds something else; keep it, and choose another file for this one") from None
    if held != registered.text:
        raise RegistrationError(f"{path} holds another registration; keep it, and choose another file for this one")
    files.write_text(path, registered.text)


def read(path: Path) -> Registration:
    """Raises RegistrationError if there is none or it was damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        registered = Registration(**found | {"seeds": tuple(found["seeds"])})
        again = register(
            registered.claim,
            registered.source,
            {name: training.Recipe(**arm) for name, arm in registered.arms.items()},
            registered.seeds,
            registered.margin,
        )
        if registered.rule != again.rule:
            raise RegistrationError(
                "its rule is not what its arms, seeds and margin give here; register again, before the runs"
            )
        if registered.measure != Registration.measure:
            raise RegistrationError(f"measure is {registered.measure!r}; expected {Registration.measure!r}")
    except RegistrationError as problem:
        raise RegistrationError(f"{path}: {problem}") from None
    except FileNotFoundError:
        raise RegistrationError(f"{path} is not there; write the registration first") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise RegistrationError(f"{path} is not a registration ({type(problem).__name__})") from None
    return registered


def bound(registered: Registration, arm: str) -> training.Recipe:
    """The recipe of an arm, bound to the registration by its note. Raises RegistrationError if there is no such arm."""
    if arm not in registered.arms:
        raise RegistrationError(f"there is no arm {arm!r}; there are {', '.join(registered.arms)}")
    recipe = training.Recipe(**registered.arms[arm])
    return replace(recipe, note=f"{recipe.note} registered {registered.fingerprint}".strip())


def decide(registered: Registration, folders: Iterable[Path]) -> tuple[str, tuple[float, float, float]]:
    """The verdict that the rule gives, and (mean, low, high) of the difference in points.

    `folders` are those of all runs, in any order. Raises RegistrationError if they are not exactly the promised ones:
    each arm with each seed, once, by the registered recipe, with the fingerprint of this registration; WeightsError
    for a folder without a finished run.
    """
    wanted = {arm: _plain(bound(registered, arm)) for arm in registered.arms}
    errors: dict[tuple[str, int], float] = {}
    for folder in folders:
        result = pretrained.result(Path(folder))
        followed = _plain(training.Recipe(**result["recipe"]))
        arm = next((arm for arm, recipe in wanted.items() if recipe == followed), None)
        if arm is None:
            bears = f"registered {registered.fingerprint}" in result["recipe"].get("note", "")
            why = "follows neither recipe" if bears else "does not carry this registration's fingerprint"
            raise RegistrationError(f"{folder} {why}: it is not one of the promised runs")
        key = arm, result["seed"]
        if key[1] not in registered.seeds:
            raise RegistrationError(f"{folder} has seed {key[1]}, which was not registered")
        if key in errors:
            raise RegistrationError(f"{folder}: {arm} with seed {key[1]} is there twice")
        errors[key] = result[registered.measure]
    if missing := [f"{arm}, seed {seed}" for arm in wanted for seed in registered.seeds if (arm, seed) not in errors]:
        raise RegistrationError(f"{len(missing)} of the promised runs are missing, the first is {missing[0]}")
    first, second = registered.arms
    mean, low, high = report.over_seeds([errors[first, seed] - errors[second, seed] for seed in registered.seeds])
    return verdict(low, high, registered.margin), (mean, low, high)


def verdict(low: float, high: float, margin: float) -> str:
    """What an interval of (error of the first arm − error of the second) says, as in lesson 15."""
    if -margin < low and high < margin:
        return VERDICTS[2]
    return VERDICTS[0] if high < 0 else VERDICTS[1] if low > 0 else VERDICTS[3]


def _plain(recipe: training.Recipe) -> dict:
    """As a file gives it back: lists for tuples."""
    return json.loads(json.dumps(asdict(recipe)))
