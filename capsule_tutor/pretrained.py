"""Shipped weights: trained networks that load offline, and the cards that say how they were made.

`weights/` holds three files for each name:
NAME.safetensors            the weights of one seed, the best on the validation split, as float16
NAME.json                   the card: recipe, the errors and the log of every seed, hardware, parameters, hash
NAME-mistakes.safetensors   what every seed said to the test images that any of them got wrong
"""

import hashlib
import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from capsule_tutor import data, files, fourier, functional, models, training

FOLDER = Path(__file__).parent / "weights"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


USUAL = 0.995  # the share of validation images whose lengths are what one expects


class WeightsError(RuntimeError):
    """Shipped weights are unknown, missing or damaged; the message says what to do next."""


def load(name: str) -> models.CapsuleNetwork:
    """A trained network, ready to classify: evaluation mode, float32, on the CPU. Offline.

    `name` is one of NAMES, the path of a .safetensors file that `save` wrote, or the folder of a finished run. Raises
    WeightsError if the file is missing or damaged, or if its SHA-256 is not the card's.
    """
    if name not in NAMES and Path(name).is_dir():
        return _load_run(Path(name))
    if str(name).endswith(".safetensors"):
        return _load_file(Path(name))
    content, said = _read(name, ".safetensors"), card(name)
    found = hashlib.sha256(content).hexdigest()
    if found != said["sha256"]:
        raise WeightsError(
            f"the weights of {name} are damaged: their SHA-256 begins {found[:8]}, the card says {said['sha256'][:8]}; "
            "install the package again"
        )
    return _network(recipe(name), _tensors(content))


def save(network: models.CapsuleNetwork, model: str, options: dict, path: Path) -> None:
    """Write a network so that `load` finds it by its path. `model` and `options` say how `models.MODELS` builds it."""
    content = _bytes(network.state_dict(), {"model": model, "options": json.dumps(options)})
    files.write_atomically(path, lambda temporary: temporary.write_bytes(content))


def run_code(path: Path) -> None:
    """Run a file of one's own, which enters its networks in `models.MODELS`. Raises WeightsError, with one line."""
    import runpy

    try:
        runpy.run_path(str(path))
    except Exception as problem:
        raise WeightsError(f"{path} cannot be run ({data.splits.one_line(problem)[:120]})") from None


def _load_file(path: Path) -> models.CapsuleNetwork:
    from safetensors import safe_open

    if path.name == "weights.safetensors" and (path.parent / "result.json").exists():
        raise WeightsError(f"{path} holds weights alone; name the folder of the run: {path.parent}")
    try:
        with safe_open(path, "pt") as file:
            built = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
        return _network(training.Recipe(built["model"], 0, 0, 0.0, "", options=json.loads(built["options"])), weights)
    except FileNotFoundError:
        raise WeightsError(f"{path} is not there; name a file that capsule-tutor wrote") from None
    except Exception as problem:  # damaged, or what it says cannot be built: each model refuses in its own way
        what = " ".join(str(problem).split())[:120]
        raise WeightsError(f"{path} is not a network that Capsule Tutor wrote ({what}); write it again") from None


def _load_run(folder: Path) -> models.CapsuleNetwork:
    from safetensors.torch import load_file

    followed = recipe(str(folder))
    with _reading(folder):
        return _network(followed, load_file(folder / "weights.safetensors"))


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """What is missing or damaged in a run's folder ends in one line: WeightsError."""
    try:
        yield
    except FileNotFoundError:
        begun = (folder / "checkpoint.pt").exists()
        finish = "no finished run; finish it: capsule-tutor train … --resume"
        advice = finish if begun else "no run; name another folder"
        raise WeightsError(f"{folder} holds {advice}") from None
    except training.TrainingError as problem:  # of a model that is not known here
        raise WeightsError(f"{folder}: {problem}") from None
    except Exception as problem:
        what = " ".join(str(problem).split())[:120]
        raise WeightsError(f"{folder} holds no run that can be read ({what}); train it again") from None


def card(name: str) -> dict:
    """How a shipped network was trained and what it scored, every seed. Errors are percentages.

    seeds: one entry per seed with seed, validation_error, test_error, seconds and log (one row per epoch)
    at_once: how many classes there are in each image, 1 or 2
    test_error and validation_error: mean and standard deviation over the seeds, and those of the shipped seed.
    Raises WeightsError if the card is missing or damaged.
    """
    try:
        return json.loads(_read(name, ".json"))
    except ValueError:
        raise WeightsError(f"the card of {name} is damaged; install the package again") from None


def recipe(name: str) -> training.Recipe:
    """How a shipped network, or that of a run's folder, was trained; `recipe(name).data` says on what."""
    if name not in NAMES and Path(name).is_dir():
        return training.Recipe(**result(Path(name))["recipe"])
    return training.Recipe(**card(name)["recipe"])


def result(folder: Path) -> dict:
    """What `training.train` left in result.json. Raises WeightsError if it is not there or damaged."""
    with _reading(folder):
        found = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        training.Recipe(**found["recipe"]), found["seed"]  # KeyError and TypeError tell of damage
        return found


def doubts(name: str) -> dict[str, float | str] | None:
    """Which lengths are no answer of a shipped network, and in which words; None for weights of one's own.

    They are compared with those of the validation images, which the card knows. "present" is the least that the
    shortest of the present capsules should have, "absent" the most of any other; "short" and "long" say half a
    sentence about one that has less or more, with {} for its length.
    """
    if name not in NAMES:
        return None
    expected = card(name)["lengths"]
    which, another = ("longest", "a second") if card(name)["at_once"] == 1 else ("second-longest", "a third")
    usual = "and in images like the training images it is almost always at"
    return expected | {
        "short": f"the {which} capsule has length {{}}, {usual} least {expected['present']:.2f}",
        "long": f"{another} capsule has length {{}}, {usual} most {expected['absent']:.2f}",
    }


def doubt(name: str, lengths: Tensor) -> str:
    """Why lengths (j,) of one image are no answer of a shipped network, in half a sentence; empty if they are one."""
    limits = doubts(name)
    if limits is None:
        return ""
    ordered, classes = lengths.sort(descending=True).values, card(name)["at_once"]
    last, following = ordered[classes - 1].item(), ordered[classes].item()
    if last < limits["present"]:
        return limits["short"].format(f"{last:.2f}")
    if following > limits["absent"]:
        return limits["long"].format(f"{following:.2f}")
    return ""


def expected_lengths(lengths: Tensor, classes: int = 1) -> dict[str, float]:
    """What lengths (n, j) to expect: of the longest `classes` capsules at least, of all others at most.

    Each limit holds for a share USUAL of the images. `classes` is how many are present at once.
    """
    ordered = lengths.sort(dim=1, descending=True).values
    present, absent = ordered[:, classes - 1].quantile(1 - USUAL), ordered[:, classes].quantile(USUAL)
    return {"present": round(present.item(), 4), "absent": round(absent.item(), 4)}


class Mistakes(NamedTuple):
    """The test images that at least one seed got wrong. lengths (seed, n, j) and capsules (n, j, z) say why.

    index (n,) places in the test split, label (n,) or (n, k) the true classes; capsules are the shipped seed's.
    """

    index: Tensor
    label: Tensor
    lengths: Tensor
    capsules: Tensor


def mistakes(name: str) -> Mistakes:
    """What every seed said to the hard images of the test split. Offline, and without the images themselves.

    All other images were classified correctly by every seed, and so by any average of their lengths.
    """
    stored = _tensors(_read(name, "-mistakes.safetensors"))
    return Mistakes(**{part: stored[part] for part in Mistakes._fields})


def evaluate(name: str, split: data.Split, tick: Callable[[int], None] = lambda images: None) -> float:
    """The percentage of a split that a shipped network gets wrong, in float32. `tick` hears how many are done."""
    return round(training.error(fourier.through_frequencies(load(name)), split, batch=250, tick=tick), 4)


def evaluate_pairs(
    name: str, partners: int, digits: Callable = data.mnist, tick: Callable[[int], None] = lambda pairs: None
) -> float:
    """The percentage of pairs that a network for two digits gets wrong, every test digit with `partners` others.

    The full protocol of Sabour 2017, section 6, has 1,000 partners, ten million pairs of MNIST. They are made one
    partner after the other, so that memory holds one pair for each digit at most. `tick` hears how many are done.
    """
    network, singles, wrong = fourier.through_frequencies(load(name)), digits("test"), 0.0
    for partner in range(partners):
        pairs = data.multimnist("test", lambda split: singles, count=len(singles.labels), seed=1 + partner)
        wrong += training.error(network, pairs, batch=250, tick=tick)
    return round(wrong / partners, 4)


class _Everything(nn.Module):
    """All that a network says, in one forward call. images (b, c, h, w) → v (b, j, z), lengths (b, j), drawing"""

    def __init__(self, network: models.CapsuleNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        v = self.network(images)
        return v, functional.lengths(v), self.network.decode(v)


def export_onnx(name: str, path: Path) -> float:
    """Write a shipped network as ONNX for batches of any size, and compare it with the original in onnxruntime.

    Its input is `images`, its outputs are `capsules`, `lengths` and `drawing`. → the largest difference of any output
    over batches of 1 and 3 images. Raises ImportError if the `export` extra is not installed, OSError if `path` cannot
    be written, and WeightsError if the network has no decoder or the difference is above 1e-5. Then nothing is written.
    """
    import onnxruntime

    loaded = load(name)
    if loaded.decoder is None:
        raise WeightsError(f"{name} has no decoder, and so no drawing to export; train it with one")
    network = _Everything(loaded).requires_grad_(False).eval()
    numbers = torch.Generator().manual_seed(0)
    images = torch.rand(3, *network.network.shape, generator=numbers)
    program = torch.onnx.export(
        network,
        (images,),
        input_names=["images"],
        output_names=["capsules", "lengths", "drawing"],
        dynamic_shapes=({0: torch.export.Dim("b")},),
        dynamo=True,
        verbose=False,
    )
    differences = []

    def write(temporary: Path) -> None:
        program.save(temporary, external_data=False)
        session = onnxruntime.InferenceSession(str(temporary))
        for batch in (images, images[:1]):
            found = session.run(None, {"images": batch.numpy()})
            pairs = zip(network(batch), found, strict=True)
            differences.extend((ours - torch.from_numpy(theirs)).abs().max().item() for ours, theirs in pairs)
        if not max(differences) <= 1e-5:
            off = f"{max(differences):.1e}"
            raise WeightsError(
                f"{path} would differ from {name} by {off}: this version of onnxruntime computes otherwise"
            )

    files.write_atomically(Path(path), write)
    return max(differences)


def pack(name: str, runs: list[Path], folder: Path = FOLDER) -> dict:
    """Make the three files of `name` from finished runs of one recipe with different seeds. Returns the card.

    Every error is measured again, with the weights rounded to float16 as they are shipped and float32 arithmetic.
    The seed with the lowest validation error is shipped; where two tie, the earlier run.
    """
    results = [result(run) for run in runs]
    followed = training.Recipe(**results[0]["recipe"])
    if any(training.Recipe(**found["recipe"]) != followed for found in results):
        raise WeightsError(f"the runs of {name} follow different recipes; pack runs that differ in their seed alone")
    if len({found["seed"] for found in results}) < len(results):
        raise WeightsError(f"two runs of {name} have one seed; pack runs that differ in their seed")
    if followed.data not in data.SETS:
        raise WeightsError(f"the runs of {name} were trained on {followed.data}; only those for a named data set ship")
    splits = {part: data.SETS[followed.data](part) for part in ("train", "validation", "test")}
    asked = [_asked(run, found, splits) for run, found in zip(runs, results, strict=True)]
    best = min(range(len(runs)), key=lambda n: asked[n][0]["validation_error"])
    seeds, lengths, said = [seed for seed, _, _ in asked], asked[best][1], [v for _, _, v in asked]
    weights = _bytes(_rounded(runs[best]))
    made = _card(name, results[best], seeds, best, splits, lengths) | {"sha256": hashlib.sha256(weights).hexdigest()}
    hard = _bytes(_mistakes(said, splits["test"].labels, best))
    folder.mkdir(parents=True, exist_ok=True)
    files.write_atomically(folder / f"{name}.safetensors", lambda path: path.write_bytes(weights))
    files.write_atomically(folder / f"{name}-mistakes.safetensors", lambda path: path.write_bytes(hard))
    files.write_text(folder / f"{name}.json", json.dumps(made, indent=1) + "\n")
    return made


def _asked(run: Path, found: dict, splits: dict) -> tuple[dict, Tensor, Tensor]:
    """One seed's entry in the card, its lengths of the validation images, and its capsules of the test images."""
    network = fourier.through_frequencies(_network(training.Recipe(**found["recipe"]), _rounded(run)))
    lengths = functional.lengths(capsules(network, splits["validation"].images))
    v = capsules(network, splits["test"].images)
    seed = {
        "seed": found["seed"],
        "validation_error": _error(lengths, splits["validation"].labels),
        "test_error": _error(functional.lengths(v), splits["test"].labels),
        "seconds": found["seconds"],
        "log": training.read_log(run / "log.csv"),
    }
    return seed, lengths, v


def _card(name: str, found: dict, seeds: list[dict], best: int, splits: dict, lengths: Tensor) -> dict:
    """The card, but for the weights' checksum. `found` is the shipped run's result, `lengths` of validation images."""
    followed, at_once = training.Recipe(**found["recipe"]), splits["validation"].labels[0].numel()
    shipped = followed.network()
    sizes = [f"{len(splits['train'].images):,} training", f"{len(splits['validation'].images):,} validation"]
    return {
        "name": name,
        "model": followed.model,
        "data": f"{followed.data}: {', '.join(sizes)} and {len(splits['test'].images):,} test images",
        "at_once": at_once,
        "recipe": found["recipe"],
        "epochs": len(seeds[best]["log"]),
        "validation_error": _summary(seeds, "validation_error", best),
        "test_error": _summary(seeds, "test_error", best),
        "lengths": expected_lengths(lengths, at_once),
        "shipped_seed": seeds[best]["seed"],
        "chosen_by": ("lowest validation error" if len(seeds) > 1 else "the only seed")
        + "; the test split was read once, after the last epoch",
        "hardware": found["device"],
        "precision": found["precision"],
        "seconds": {"mean": statistics.mean(seed["seconds"] for seed in seeds)},
        "date": date.today().isoformat(),
        "parameters": {
            "encoder": models.count_parameters(shipped.encoder),
            "decoder": models.count_parameters(shipped.decoder) if shipped.decoder else 0,
        },
        "version": found["version"],
        "torch": found.get("torch", "not noted"),  # by runs that finished before runs noted it
        "seeds": seeds,
    }


def capsules(network: models.CapsuleNetwork, images: Tensor, tick: Callable[[int], None] = lambda n: None) -> Tensor:
    """v (n, j, z) of images (n, c, h, w), some at a time; `tick` hears how many are done."""
    parts = []
    with torch.inference_mode():
        for part in images.split(250):
            parts.append(network(part))
            tick(len(part))
    return torch.cat(parts)


def _error(lengths: Tensor, labels: Tensor) -> float:
    return round(100 * (~training.exactly_right(lengths, labels)).float().mean().item(), 4)


def _mistakes(said: list[Tensor], labels: Tensor, best: int) -> dict[str, Tensor]:
    lengths = torch.stack([functional.lengths(v) for v in said])  # (seed, n, j)
    wrong = torch.stack([~training.exactly_right(each, labels) for each in lengths])  # (seed, n)
    index = wrong.any(dim=0).nonzero().squeeze(1)
    # Lengths stay float32: rounding could make two of them equal and change who is the longest.
    return Mistakes(index.int(), labels[index].int(), lengths[:, index], said[best][index].half())._asdict()


def _summary(seeds: list[dict], what: str, best: int) -> dict:
    values = [seed[what] for seed in seeds]
    spread = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": round(statistics.mean(values), 4), "sd": spread and round(spread, 4), "shipped": values[best]}


def _rounded(run: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    stored = load_file(run / "weights.safetensors")
    return {key: value.half() if value.is_floating_point() else value for key, value in stored.items()}


def _network(followed: training.Recipe, stored: dict[str, Tensor]) -> models.CapsuleNetwork:
    # Neither the caller's random numbers nor their default dtype or device have to do with it.
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        network = followed.network().float()
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in stored.items()})
    return network.eval()


def _bytes(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    from safetensors.torch import save

    return save({key: value.contiguous() for key, value in tensors.items()}, metadata)


def _tensors(content: bytes) -> dict[str, Tensor]:
    from safetensors.torch import load

    return load(content)


def _read(name: str, ending: str) -> bytes:
    if name not in NAMES:
        if Path(name).is_dir():  # `load` and `recipe` know runs; only a shipped network has more
            raise WeightsError(f"{name} is the folder of a run, which has no card: `capsule-tutor report` tells of it")
        missing = f"are no weights {name!r}" if Path(name).name == name else f"is no folder {name}"
        raise WeightsError(f"there {missing}; choose one of {', '.join(NAMES)}, or the folder of a finished run")
    path = FOLDER / f"{name}{ending}"
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({type(error).__name__}); install the package again") from None
