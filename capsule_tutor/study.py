"""Studies: declared sets of trainings, and the small result files that lessons read.

A study is data: a question, arms (a recipe each, which should differ in one thing) and seeds. `run` trains every arm
with every seed through `training.train`; an arm that is no recipe is a function, which measures for itself. What is
finished is in `studies/NAME.json`, one entry per run, so that a study that is stopped or killed goes on where it was.
Several processes may work on one study at once.
"""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache, partial
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from capsule_tutor import __version__, attacks, data, files, functional, nuisance, pretrained, tampering, training
from capsule_tutor.museum import patient

FOLDER = Path(__file__).parent / "studies"


class StudyError(RuntimeError):
    """A study is unknown or has no results yet; the message says what to do next."""


@dataclass(frozen=True)
class Study:
    """What is compared. Every arm is trained once with every seed.

    arms      name → a recipe, or a function of (seed, say) that returns what it measured, `seconds` among it
    measure   what is measured on each trained network beyond its errors: (network, its recipe) → {name: number}
    precision "float32" or "bfloat16", the same for all arms
    together  keep the networks until all seeds are there, and ask them for one answer, too: the mean of their lengths
    """

    question: str
    arms: dict[str, training.Recipe | Callable[..., dict]]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    measure: Callable[[nn.Module, training.Recipe], dict[str, float]] = lambda network, recipe: {}
    precision: str = "float32"
    together: bool = False


def _error(network: nn.Module, split: data.Split) -> float:
    return training.error(network, split, str(next(network.parameters()).device))


@cache
def _toys(split: str, viewpoints: str) -> data.Views:
    return data.toys(split, viewpoints)


def _viewpoints(network: nn.Module, recipe: training.Recipe) -> dict[str, float]:
    """Errors on toys that were trained on ("seen") and on others, from the side that was trained on and from others."""
    side = recipe.data.removeprefix("toys-")  # azimuths or elevations
    whose = {"": "test", "seen ": "train"}
    return {
        f"{seen}{known}": _error(network, _toys(split, f"{known} {side}"))
        for seen, split in whose.items()
        for known in ("familiar", "novel")
    }


def _nearest(side: str, seed: int, say: Callable[[dict], None]) -> dict:
    """No network: each view gets the class of the nearest view that was learned from, by pixels of 24×24 pictures."""
    started = time.monotonic()
    learned, wrong = _toys("train", f"familiar {side}"), {}
    pixels = avg_pool2d(learned.images, 2).flatten(1)
    for known in ("familiar", "novel"):
        test = _toys("test", f"{known} {side}")
        places = [torch.cdist(avg_pool2d(some, 2).flatten(1), pixels).argmin(dim=1) for some in test.images.split(500)]
        wrong[known] = round(100 * (learned.labels[torch.cat(places)] != test.labels).float().mean().item(), 4)
    return {"measured": wrong, "seconds": round(time.monotonic() - started, 1)}


_condition = cache(nuisance.condition)


def _robustness(network: nn.Module, recipe: training.Recipe) -> dict[str, float]:
    return {name: _error(network, _condition(name)) for name in nuisance.CONDITIONS}


def _abroad(network: nn.Module, recipe: training.Recipe) -> dict[str, float]:
    """Errors on MNIST's test images, and on the same made as coarse as the digits that need no download."""
    images, labels = data.mnist("test")
    return {
        "MNIST": _error(network, data.Split(images, labels)),
        "MNIST, coarse": _error(network, data.Split(nuisance.coarse(images), labels)),
    }


def _shipped_abroad(seed: int, say: Callable[[dict], None]) -> dict:
    started = time.monotonic()
    measured = _abroad(pretrained.load("capsnet-mnist"), pretrained.recipe("capsnet-mnist"))
    return {"measured": measured, "seconds": round(time.monotonic() - started, 1)}


def _affine(network: nn.Module, recipe: training.Recipe) -> dict[str, float]:
    return {"affine": _error(network, _condition("affine", count=10_000))}


def _drawing(network: nn.Module, recipe: training.Recipe) -> dict[str, float]:
    """The mean squared difference of a pixel between a test image and what its own class's capsule draws."""
    test, squares = data.SETS[recipe.data]("test"), []
    device = next(network.parameters()).device
    with torch.inference_mode():
        for images, labels in zip(test.images.to(device).split(500), test.labels.to(device).split(500), strict=True):
            squares.append((network.reconstruct(images, labels) - images).square().mean())
    return {"drawing": torch.stack(squares).mean().item()}


def _attacked(network: nn.Module, recipe: training.Recipe) -> dict[str, float]:
    """Per cent of 500 test digits that are still read correctly under attack, and that have no gradient (lesson 13)."""
    test = data.SETS[recipe.data]("test")
    images, labels = test.images[:500], test.labels[:500]
    network = network.cpu().requires_grad_(False)
    coins = 2.0 * torch.randint(2, images.shape, generator=torch.Generator().manual_seed(0)) - 1
    pgd = partial(attacks.pgd, network, images, labels, steps=10, restarts=0)
    attacked = {
        "clean": images,
        "coin, 0.2": (images + 0.2 * coins).clamp(0, 1),
        "FGSM on margin, 0.2": attacks.fgsm(network, images, labels, 0.2, attacks.margin),
        "FGSM on artanh, 0.2": attacks.fgsm(network, images, labels, 0.2, attacks.artanh),
        "PGD on margin, 1": pgd(eps=1.0, objective=attacks.margin),
        "PGD on artanh, 0.05": pgd(eps=0.05, objective=attacks.artanh),
        "PGD on artanh, 0.1": pgd(eps=0.1, objective=attacks.artanh),
    }
    per_cent = lambda which: 100 * which.float().mean().item()  # noqa: E731
    kept = {name: per_cent(attacks.survives(network, some, labels)) for name, some in attacked.items()}
    return kept | {"masked": per_cent(attacks.masked(network, images, labels))}


_ROUTED = replace(training.RECIPES["efficient-capsnet-fast"], epochs=10, data="digits", batch_size=32)


def _ladder(recipe: training.Recipe, without: tuple[str, ...] = ()) -> dict[str, training.Recipe]:
    """One parameter count, and less and less routing: which rung is needed? `without`: rungs that are left out"""
    ways = {"attention": "attention", "attention, no prior": "no prior", "static": "static", "random": "random"}
    ways |= {f"dynamic, {n}": n for n in (1, 2, 3, 5, 10)}
    routed = {arm: replace(recipe, options=recipe.options | {"routing": way}) for arm, way in ways.items()}
    rungs = {"dense": replace(recipe, model="dense")} | routed
    return {arm: rung for arm, rung in rungs.items() if arm not in without}


def _depths() -> dict[str, training.Recipe]:
    """One small network with one to three capsule layers, routed or with equal couplings, and two sizes of its first
    votes: what suits one depth and one way of coupling need not suit the other."""
    recipe = replace(_ROUTED, model="deep-capsnet", epochs=8)
    return {
        f"{layers}, {way}, gain {gain}": replace(
            recipe, options={"layers": layers, "iterations": iterations, "gain": gain}
        )
        for layers in (1, 2, 3)
        for way, iterations in (("routed", 3), ("uniform", 1))
        for gain in (1.0, 2.0)
    }


_SLOW = ("dynamic, 2", "dynamic, 5", "dynamic, 10")
_FIVE = ("attention, no prior", "random", *_SLOW)  # without these, five rungs are left
# Small batches: with these few pairs 32 at once leave a third fewer mistakes than 128.
_TWO_DIGITS = replace(training.RECIPES["efficient-capsnet-multimnist"], epochs=2, batch_size=32)
_SHIFTED = replace(
    _ROUTED, epochs=5, batch_size=256, data="shifted", augmentation="none", options={"shape": (1, 40, 40)}
)
_FROM_SIDES = training.Recipe(
    "efficient-capsnet", 60, 64, 2e-3, "one-cycle", augmentation="none", reconstruction=0.0,
    options={"classes": 5, "shape": (2, 48, 48), "decoder": False},
)  # fmt: skip
_THIN = training.Recipe("deep-capsnet", 30, 64, 2e-3, "one-cycle", data="mnist-few")


def _sides() -> dict[str, training.Recipe]:
    return {
        f"{way}, {side}, {epochs} epochs": replace(_FROM_SIDES, model=model, data=f"toys-{side}", epochs=epochs)
        for side in ("azimuths", "elevations")
        for epochs in (5, 15, 60)
        for way, model in (("routed", "efficient-capsnet"), ("dense", "dense"))
    }


STUDIES = {
    "routing-digits": Study("On 1,200 digits that need no download: does routing matter?", _ladder(_ROUTED)),
    "routing-few": Study(
        "On a twentieth of MNIST: does routing matter?",
        _ladder(replace(_ROUTED, epochs=20, batch_size=64, data="mnist-few"), _SLOW),
    ),
    "routing-mnist": Study(
        "On all of MNIST: does routing matter?",
        _ladder(replace(_ROUTED, epochs=2, batch_size=32, data="mnist"), _FIVE),
        precision="bfloat16",
    ),
    "routing-multimnist": Study(
        "On two digits at once: does routing matter?",
        _ladder(_TWO_DIGITS, _FIVE),
        precision="bfloat16",
    ),
    "routing-shifted": Study(
        "On transforms that were never seen: does routing matter?",
        _ladder(replace(_SHIFTED, epochs=1, batch_size=32), _FIVE),
        measure=_affine,
        precision="bfloat16",
    ),
    "routing-toys": Study(
        "On toys that were never seen: does routing matter?",
        _ladder(replace(_FROM_SIDES, data="toys", epochs=4, augmentation="lit"), _FIVE),
        precision="bfloat16",
    ),
    "robustness": Study(
        "Trained on digits that were only moved: what do networks make of anything else?",
        {
            "routed": replace(_SHIFTED, epochs=15),
            "dense": replace(_SHIFTED, epochs=15, model="dense"),
            "pooled": replace(_SHIFTED, epochs=15, model="convnet"),
        },
        measure=_robustness,
    ),
    "attacks": Study(
        "On MNIST: who withstands attacks, and who only seems to?",
        {
            name: replace(training.RECIPES[f"{model}-fast"], epochs=2)
            for name, model in {"routed": "efficient-capsnet", "dense": "dense", "pooled": "convnet"}.items()
        },
        measure=_attacked,
        precision="bfloat16",
    ),
    "viewpoints": Study(
        "Trained on some viewpoints: what do networks make of the others?", _sides(), measure=_viewpoints
    ),
    "viewpoints-pixels": Study(
        "Without any network: what does the nearest picture say about novel viewpoints?",
        {side: partial(_nearest, side) for side in ("azimuths", "elevations")},
        seeds=(0,),  # nothing is drawn by chance
    ),
    "controls": Study(
        "On MNIST: what do votes and routing add?",
        {"routed": training.RECIPES["efficient-capsnet-fast"], "dense": training.RECIPES["dense-fast"]},
    ),
    "all-digits": Study(
        "On MNIST: what do five Efficient-CapsNets read together, once the recipe of `controls` has all 60,000 digits?",
        {"routed": replace(training.RECIPES["efficient-capsnet-fast"], data="mnist-all")},
        precision="bfloat16",
        together=True,
    ),
    "batches": Study(
        "On MNIST: do five Efficient-CapsNets read better, alone or together, in batches of half the size?",
        {"batches of 64": replace(training.RECIPES["efficient-capsnet-fast"], batch_size=64)},  # of 128: in `controls`
        precision="bfloat16",
        together=True,
    ),
    "capsnet": Study(
        "On MNIST: how much of CapsNet's error depends on its seed?",
        {"as shipped": training.RECIPES["capsnet-fast"]},
        seeds=(1, 2),  # hours each; seed 0 is the shipped one
    ),
    "pairs": Study(
        "On pairs of MNIST's digits: how much better does Efficient-CapsNet read after more and smaller steps?",
        # Eight times the steps of the shipped recipe, and ten with a quarter more epochs.
        {
            "batches of 32": replace(training.RECIPES["efficient-capsnet-multimnist"], batch_size=32, epochs=100),
            # The first run lost two points in epochs 74 and 75, all at once. Half the rate, soon at its top, and no
            # gradient longer than 1: twice what is usual in the shipped network.
            "half the rate": replace(
                training.RECIPES["efficient-capsnet-multimnist"],
                batch_size=32,
                epochs=90,
                rate=1.5e-3,
                rise=0.05,
                clip=1.0,
            ),
            # It did not jump, but the whole rate had gained more between epochs 60 and 73: whole again, and kept short.
            "no long steps": replace(
                training.RECIPES["efficient-capsnet-multimnist"], batch_size=32, epochs=100, rise=0.05, clip=1.0
            ),
        },
        seeds=(0,),  # hours
        precision="bfloat16",
    ),
    "small": Study(
        "How much of MNIST do fewer than 20,000 parameters read?",
        {"19,386 parameters": training.RECIPES["efficient-capsnet-small"]},
    ),
    "loss-ratio": Study(
        "The reconstruction loss of the released code weighs 20 times the paper's: does it matter?",
        {f"× {weight}": replace(_THIN, reconstruction=float(weight)) for weight in (1, 20)},
        measure=_drawing,
    ),
    "abroad": Study(
        "A thin CapsNet that learned 1,200 digits of 13 people: how does it read MNIST?",
        {
            "thin": training.Recipe(
                "capsnet", 6, 50, 3e-3, "steps", augmentation="shift", data="digits", options={"maps": 32, "types": 4}
            )
        },
        measure=_abroad,
    ),
    "coarse": Study(
        "CapsNet as shipped: how does it read MNIST's test images once they are coarse?",
        {"capsnet-mnist": _shipped_abroad},
        seeds=(0,),  # nothing is trained
    ),
    "depth": Study("Does routing help more where there are more capsule layers?", _depths()),
    "couplings": Study(
        "What do trained networks make of couplings that are not their own?",
        # Nothing is trained, so that nothing hangs on a seed.
        {
            name: lambda seed, say, name=name: tampering.measure(name)
            for name in ("efficient-capsnet-mnist", "capsnet-mnist", "efficient-capsnet-multimnist")
        },
        seeds=(0,),
    ),
    "museum": Study(
        "What does each classic mistake cost, alone and beside another?",
        {arm: partial(patient.train, mistakes) for arm, mistakes in patient.ARMS.items()},
    ),
}


def results(name: str) -> dict:
    """The result file of a study: name, question and runs, one entry for each arm and seed that is finished.

    Each run has arm, seed, seconds, hardware, precision, date, version and, of newer ones, torch, PyTorch's; one that
    was trained also has recipe, validation_error and test_error in per cent, measured and log, another what its arm
    returned. A study that asks its networks together has `together`, too: arm → their test_error and validation_error.
    Raises StudyError if there is no such study or nothing is finished.
    """
    _known(name)
    path = FOLDER / f"{name}.json"
    if not path.exists():
        raise StudyError(f"study {name} has no results yet; run it: capsule-tutor study {name}")
    return json.loads(path.read_text(encoding="utf-8"))


def errors(name: str, split: str = "test") -> dict[str, list[float]]:
    """arm → its error in per cent, one number for each seed, in the order of the seeds: ready for a paired test.

    Of a study that was cut short, seeds that some arm lacks are left out. Raises StudyError if none is left, and what
    `results` raises.
    """
    return _paired(name, lambda entry: entry[f"{split}_error"])


def measured(name: str, what: str) -> dict[str, list[float]]:
    """arm → what the study's `measure` calls `what`; otherwise as `errors`."""
    return _paired(name, lambda entry: entry["measured"][what])


def _paired(name: str, number: Callable[[dict], float]) -> dict[str, list[float]]:
    found: dict[str, dict[int, float]] = {arm: {} for arm in _known(name).arms}
    for entry in results(name)["runs"]:
        try:
            found[entry["arm"]][entry["seed"]] = number(entry)
        except KeyError as missing:
            known = sorted({key for key in entry if key.endswith("_error")} | set(entry.get("measured", {})))
            there = ", ".join(known) or "other things"
            raise StudyError(f"the runs of study {name} have no {missing} for each seed; they have {there}") from None
    seeds = sorted(set.intersection(*map(set, found.values())))
    if not seeds:
        raise StudyError(f"no seed of study {name} is finished in every arm; go on with it: capsule-tutor study {name}")
    return {arm: [of_seed[seed] for seed in seeds] for arm, of_seed in found.items()}


def run(
    name: str,
    out: Path,
    device: str = "auto",
    threads: int = 1,
    say: Callable[[str, dict], None] = lambda what, row: None,
    tick: Callable[[int, int, int], None] = lambda epoch, step, steps: None,
) -> dict:
    """Train whatever is not finished, each run in a folder of its own below `out`, and return the result file.

    `say` gets "arm, seed" with every row of that run's log; `tick` every step. What another process is training now is
    left to it. Raises StudyError, TrainingError, DataError, and KeyboardInterrupt after saving.
    """
    study = _known(name)
    if unknown := sorted(_done(name) - set(_runs(study))):
        run_ = "{} {}".format(*unknown[0])
        raise StudyError(f"{FOLDER / name}.json has a run that the study does not have, {run_}: take it out first")
    for seed in study.seeds:  # seed by seed, so that a study that is cut short still compares every arm
        for arm, recipe in study.arms.items():
            if (arm, seed) in _done(name):
                continue
            folder = Path(out) / name / f"{arm}-{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            try:
                with files.alone(folder / "lock"):
                    if (arm, seed) not in _done(name):
                        entry = _train(study, arm, recipe, seed, folder, device, threads, say, tick, study.precision)
                        _add(name, study, entry)
            except files.Busy:
                continue
            if not study.together:
                shutil.rmtree(folder, ignore_errors=True)
    if study.together:
        _ask_together(name, study, Path(out) / name)
    return results(name)


def repeat(name: str, out: Path, device: str = "auto", threads: int = 1) -> tuple[dict, dict]:
    """Train the quickest finished run of a study once more. → (what the result file says, what came out now)"""
    study, stored = _known(name), min(results(name)["runs"], key=lambda entry: entry["seconds"])
    folder = Path(out) / name / f"check-{stored['arm']}-{stored['seed']}"
    shutil.rmtree(folder, ignore_errors=True)
    recipe = training.Recipe(**stored["recipe"]) if "recipe" in stored else study.arms[stored["arm"]]
    silent = lambda *_: None  # noqa: E731
    again = _train(
        study, stored["arm"], recipe, stored["seed"], folder, device, threads, silent, silent, stored["precision"]
    )
    shutil.rmtree(folder, ignore_errors=True)
    return stored, again


def _train(study: Study, arm: str, recipe, seed: int, folder: Path, device, threads, say, tick, precision: str) -> dict:
    resume = (folder / "checkpoint.pt").exists()
    hear = lambda row: say(f"{arm}, seed {seed}", row)  # noqa: E731
    if not isinstance(recipe, training.Recipe):
        return _measured(arm, recipe, seed, threads, hear)
    result = training.train(recipe, folder, seed, device, precision, threads, resume, None, hear, tick)
    network = pretrained.load(str(folder)).to(training.usable(device))
    return {
        "arm": arm,
        "seed": seed,
        "recipe": asdict(recipe),
        **{key: round(result[key], 4) for key in ("validation_error", "test_error")},
        "measured": {key: round(value, 4) for key, value in study.measure(network, recipe).items()},
        "log": training.read_log(folder / "log.csv"),
        "seconds": result["seconds"],
        "hardware": result["device"],
        "precision": result["precision"],
        "date": date.today().isoformat(),
        "version": result["version"],
        "torch": result["torch"],
    }


def _ask_together(name: str, study: Study, out: Path) -> None:
    """Enter the errors of all seeds of an arm together, once they are there, and let go of the networks."""
    if "together" in results(name):
        return
    out.mkdir(parents=True, exist_ok=True)
    with files.alone(out.with_suffix(".lock"), seconds=-1):
        done, planned = progress(name)
        if done < planned or "together" in results(name):
            return  # another process still trains one of them, or has been here
        together = {arm: {} for arm in study.arms}
        for arm, recipe in study.arms.items():
            try:
                networks = [pretrained.load(str(out / f"{arm}-{seed}")) for seed in study.seeds]
            except pretrained.WeightsError as gone:
                raise StudyError(
                    f"{gone}: the networks of {name} must all be there to be asked together; name the --out where they "
                    f"were trained, or delete the runs in {FOLDER / name}.json and begin again"
                ) from None
            for which in ("validation", "test"):
                split = recipe.split(which)
                lengths = [functional.lengths(pretrained.capsules(network, split.images)) for network in networks]
                # the class is argmax_j of the mean length over the seeds
                together[arm][f"{which}_error"] = pretrained._error(torch.stack(lengths).mean(dim=0), split.labels)
        _write(name, study, lambda found: found | {"together": together})
        shutil.rmtree(out, ignore_errors=True)


def _measured(arm: str, measure: Callable[..., dict], seed: int, threads: int, say: Callable) -> dict:
    with training.threads_of(training.Way("float32", threads or torch.get_num_threads())):
        return {
            "arm": arm,
            "seed": seed,
            **measure(seed, say=say),
            "hardware": training.hardware("cpu"),
            "precision": "float32",
            "date": date.today().isoformat(),
            "version": __version__,
            "torch": torch.__version__,
        }


def progress(name: str) -> tuple[int, int]:
    """How many runs of a study are finished, and how many it has. Raises StudyError for an unknown name."""
    runs, done = _runs(_known(name)), _done(name)
    return sum(run in done for run in runs), len(runs)


def _runs(study: Study) -> list[tuple[str, int]]:
    """arm and seed of every run that a study has, in the order of its result file"""
    return [(arm, seed) for arm in study.arms for seed in study.seeds]


def _done(name: str) -> set[tuple[str, int]]:
    """arm and seed of every run in a study's result file, as it is now"""
    path = FOLDER / f"{name}.json"
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []
    return {(entry["arm"], entry["seed"]) for entry in runs}


def _add(name: str, study: Study, entry: dict) -> None:
    order = _runs(study)
    place = lambda run: order.index((run["arm"], run["seed"]))  # noqa: E731
    _write(name, study, lambda found: found | {"runs": sorted([*found["runs"], entry], key=place)})


def _write(name: str, study: Study, change: Callable[[dict], dict]) -> None:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    with files.alone(FOLDER / f".{name}.lock", seconds=-1):
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        found = {"name": name, "question": "", "runs": []} | kept | {"question": study.question}
        files.write_text(path, json.dumps(change(found), indent=1) + "\n")


def _known(name: str) -> Study:
    if name not in STUDIES:
        raise StudyError(f"there is no study {name!r}; choose one of {', '.join(STUDIES)}")
    return STUDIES[name]
