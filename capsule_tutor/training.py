"""The one training loop: recipes as data, nothing lost, the same command on one process or many.

A run lives in a folder: checkpoint.pt (the whole state, written after every epoch and, by a single process, when you
press Ctrl-C), log.csv (one row per epoch), and at its end weights.safetensors and result.json. The validation split
alone guides any choice; the test split is read once, at the end.
"""

import contextlib
import csv
import ctypes
import hashlib
import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn

from capsule_tutor import __version__, augment, data, files, fourier, functional, models

STATE_VERSION = 3
SCHEDULES = ("one-cycle", "steps", "epochs")


class TrainingError(RuntimeError):
    """Training cannot begin or continue; the message says why and what to do next."""


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. Learning rates are Adam's.

    model            a name in `models.MODELS`, built with `options`
    data             a name in `data.SETS`, or a folder of pictures ("leaves/"), whose shape is in `options`
    schedule         one of `SCHEDULES`. "one-cycle": up to `rate` for the share `rise` of the way, and down again;
                     "steps": × `decay` over every `decay_steps` steps, little by little; "epochs": × `decay` after
                     every epoch. Never below `floor`
    augmentation     a name in `augment.AUGMENTATIONS`
    reconstruction   weight of the reconstruction loss; 1 is the paper's 0.0005 × sum of squares
    pictures         of a folder: the fingerprint of its pictures (`data.pictures_of`), which must stay the same
    clip             the largest norm that the gradient of all weights may have, or 0: any
    """

    model: str
    epochs: int
    batch_size: int
    rate: float
    schedule: str
    decay: float = 1.0
    decay_steps: int = 1
    floor: float = 0.0
    augmentation: str = "shift"
    reconstruction: float = 1.0
    eps: float = 1e-8  # Adam's
    data: str = "mnist"
    options: dict = field(default_factory=dict)
    note: str = ""
    pictures: str = ""
    rise: float = 0.3
    clip: float = 0.0

    @property
    def fingerprint(self) -> str:
        """Eight digits of the SHA-256 of all that it says."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]

    def network(self) -> models.CapsuleNetwork:
        """The network that this recipe trains, with its first weights. Raises TrainingError for an unknown model."""
        if self.model not in models.MODELS:
            raise TrainingError(
                f"there is no model {self.model!r} here; import the file that enters it in models.MODELS first, or "
                "name it where a command has --code"
            )
        return models.MODELS[self.model](**self.options)

    def split(self, name: str) -> "data.Split":
        """The "train", "validation" or "test" images that it is for. Raises DataError if they are not available."""
        if self.data in data.SETS:
            return data.SETS[self.data](name)
        if "shape" not in self.options:  # which a folder's pictures are scaled to
            raise data.DataError(f"there is no data set {self.data!r}; there are: {', '.join(data.SETS)}")
        if self.pictures and data.pictures_of(self.data) != self.pictures:
            # Another picture may move others from one side to the other.
            raise data.DataError(
                f"the pictures in {self.data} are no longer those of this recipe; make it again, and train"
            )
        return data.folder(self.data, name, tuple(self.options["shape"]))


_MAZZIA = Recipe("", 150, 16, 5e-4, "epochs", decay=0.97, floor=5e-5, augmentation="mazzia", eps=1e-7)
_FAST = Recipe("", 15, 128, 3e-3, "one-cycle", augmentation="affine")
# Pairs are never seen twice: an epoch is 55,000 pairs, one for each training digit.
_PAIRS = Recipe("", 80, 256, 3e-3, "one-cycle", augmentation="none", data="multimnist", options={"shape": (1, 36, 36)})
# Mazzia's released code weighs the squares of smallNORB's 4,608 pixels as if they were MNIST's 784.
_TOYS = Recipe(
    "", 15, 128, 3e-3, "one-cycle", augmentation="lit", reconstruction=0.170, data="toys",
    options={"classes": 5, "shape": (2, 48, 48)},
)  # fmt: skip

RECIPES = {
    "capsnet-paper": Recipe(
        "capsnet", 700, 128, 1e-3, "steps", decay=0.96, decay_steps=2000, floor=1e-6, reconstruction=20.0,
        options={"released": True},
        note="Sabour 2017, released code: 300,000 steps; its loss ratio is 20 times the paper's formula",
    ),
    "capsnet-fast": replace(_FAST, model="capsnet", rate=1e-3),
    "efficient-capsnet-paper": replace(
        _MAZZIA, model="efficient-capsnet",
        note="Mazzia 2021, released code; ours resamples bilinearly where the authors' resamples with Lanczos, and "
        "pixels are divided by 255 where theirs are divided by 256",
    ),
    "efficient-capsnet-fast": replace(_FAST, model="efficient-capsnet"),
    "dense-paper": replace(_MAZZIA, model="dense", note="the control, trained as Efficient-CapsNet is in its paper"),
    "dense-fast": replace(_FAST, model="dense", note="the control: Efficient-CapsNet without votes and routing"),
    "convnet-paper": replace(_MAZZIA, model="convnet", note="a pooling network, trained in the same way"),
    "convnet-fast": replace(_FAST, model="convnet", note="a pooling network, trained in the same way"),
    "efficient-capsnet-multimnist": replace(_PAIRS, model="efficient-capsnet"),
    "dense-multimnist": replace(_PAIRS, model="dense", note="the control: the same without votes and routing"),
    "capsnet-multimnist": replace(_PAIRS, model="capsnet", rate=1e-3),
    "efficient-capsnet-toys": replace(_TOYS, model="efficient-capsnet"),
    "dense-toys": replace(_TOYS, model="dense", note="the control: the same without votes and routing"),
    "efficient-capsnet-small": replace(
        _FAST, model="efficient-capsnet", epochs=40, reconstruction=0.0,
        options={"channels": (8, 16, 16, 40), "decoder": False}, note="19,386 parameters, all of them in the encoder",
    ),
}  # fmt: skip


def for_folder(recipe: Recipe, folder: Path | str, shape: tuple[int, int, int]) -> Recipe:
    """The recipe for a person's own pictures (`data.folder`), scaled to `shape`.

    Images of 784 pixels weigh the reconstruction as the paper does; larger ones have a larger sum of squares, and
    weigh as much less. Other light takes the place of turns and shears, which would let black corners in.
    Raises TrainingError for a model or a shape that does not go with it, DataError for a folder that does not.
    """
    if recipe.model not in ("efficient-capsnet", "dense"):
        raise TrainingError(
            f"{recipe.model} cannot take pictures of your own; choose an efficient-capsnet or dense recipe"
        )
    if shape[0] not in (1, 3):
        raise TrainingError(f"pictures have 1 channel (grey) or 3 (colours), not {shape[0]}; choose another --shape")
    try:
        layers = models.fitting(shape)
    except ValueError as error:
        raise TrainingError(f"{error}; choose another --shape") from None
    return replace(
        recipe,
        data=f"{Path(folder).as_posix()}/",  # never the name of a data set
        pictures=data.pictures_of(folder),
        augmentation="lit",
        # The recipe's weight is made for as many pixels as its own images have.
        reconstruction=recipe.reconstruction * math.prod(_shape(recipe)) / math.prod(shape),
        options=recipe.options
        | {"classes": len(data.classes_of(folder)), "shape": list(shape), "layers": [list(layer) for layer in layers]},
    )


def _shape(recipe: Recipe) -> tuple[int, int, int]:
    """(c, h, w) of the images that its network takes: MNIST's, where its options name no other."""
    return tuple(recipe.options.get("shape", (1, 28, 28)))


# --- the loop ----------------------------------------------------------------------------------------------


class Way(NamedTuple):
    """How a step is computed: "float32" or "bfloat16", and on a CPU with how many threads."""

    precision: str
    threads: int

    @property
    def bfloat16(self) -> bool:
        """Whether it is "bfloat16"."""
        return self.precision == "bfloat16"


class Place(NamedTuple):
    """Where a run is computed and kept: a folder, a device, and this process's number among all of torchrun's."""

    out: Path
    device: str
    rank: int = 0
    world: int = 1


@dataclass
class Run:
    """Everything that a checkpoint holds, and what is derived from it."""

    recipe: Recipe
    seed: int
    model: nn.Module
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    totals: Tensor  # (3,) loss · images, right and images, summed over the steps that are done
    way: Way | None = None  # chosen at the start; a resumed run keeps it, for the same bits
    epoch: int = 0  # epochs finished
    step: int = 0  # steps of the next one already done
    seconds: float = 0.0
    log: list[dict] | None = None


def train(
    recipe: Recipe,
    out: Path,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    threads: int = 0,
    resume: bool = False,
    load: Callable[[str], data.Split] | None = None,
    say: Callable[[dict], None] = lambda row: None,
    tick: Callable[[int, int, int], None] = lambda epoch, step, steps: None,
) -> dict:
    """Train to the end of the recipe and return the result, which also is in out/result.json.

    device       "cpu", "cuda", … or "auto"
    precision    "float32", "bfloat16" or "auto"; threads on a CPU, or 0 for "auto": what is left open is timed at the
                 start, a few steps each way, and the fastest is taken
    resume       go on from out/checkpoint.pt; without it, a folder that holds a run is refused
    load         split name → images and labels, instead of the recipe's data
    say, tick    `say` gets every row of the log, `tick` every step
    Raises TrainingError with one line; KeyboardInterrupt, after saving, when the user stops it.
    """
    device = usable(device)
    if device.startswith("cuda") and torch.cuda.current_stream() == torch.cuda.default_stream():
        # A step is captured as a graph, which the default stream cannot do.
        with torch.cuda.stream(torch.cuda.Stream(device)):
            return train(recipe, out, seed, device, precision, threads, resume, load, say, tick)
    place, load = Place(Path(out), device, *_processes(device)), load or recipe.split
    for what, name, known in (
        ("schedule", recipe.schedule, SCHEDULES),
        ("augmentation", recipe.augmentation, augment.AUGMENTATIONS),
    ):
        if name not in known:
            raise TrainingError(f"there is no {what} {name!r}; there are: {', '.join(known)}")
    for what, number in (("epochs", recipe.epochs), ("batch_size", recipe.batch_size), ("threads", threads or 1)):
        if number < 1:
            raise TrainingError(f"{what} is {number}; a training needs at least 1")
    ways = _ways(precision, threads, device)
    run = _begin(recipe, seed, place, resume)
    split, validation = load("train").to(device), load("validation")
    batch = min(recipe.batch_size, len(split.images))
    if batch % place.world:
        raise TrainingError(
            f"a batch of {batch} cannot be shared by {place.world} processes; choose a --batch-size that "
            f"{place.world} divides"
        )
    if validation.images.shape[1:] != run.model.shape:
        raise TrainingError(_other_images(recipe, tuple(validation.images.shape[1:]), run.model.shape))
    with _alone(place):
        if run.way not in ways:
            run.way = _fastest(ways, recipe, split, batch, place)
        take = _stepper(run, split, batch, place)
        with threads_of(run.way):
            while run.epoch < recipe.epochs:
                with _ctrl_c_waits() as stop:  # also while validation images are read: an epoch is not lost for that
                    _epoch(run, take, len(split.images), batch, place, tick, stop)
                    run.log[-1]["validation_error"] = error(run.model, validation, device, run.way.bfloat16)
                    if place.rank == 0:
                        _save(run, place.out)
                        say(run.log[-1])
                if stop:
                    raise KeyboardInterrupt
            return _finish(run, place, load("test"))


def _other_images(recipe: Recipe, found: tuple, taken: tuple) -> str:
    """What to do where images of one shape are given to a network that takes another."""
    fitting = [name for name, known in RECIPES.items() if _shape(known) == found]
    advice = f"choose a recipe for them ({', '.join(fitting)}), or other --data" if fitting else "choose other --data"
    return f"images of {recipe.data} have shape {found}, the network takes {taken}; {advice}"


def trained(recipe: Recipe, runs: Path, name: str, seed: int = 0, **how) -> str:
    """Train, or go on with what was interrupted, or leave what is finished. → the run's folder, `runs`/NAME-…-SEED

    The folder is named after the recipe, too: another rate, shape or picture makes another run. `how` as for `train`.
    """
    folder = Path(runs) / f"{name}-{recipe.fingerprint}-{seed}"
    if not (folder / "result.json").exists():
        train(recipe, folder, seed, resume=(folder / "checkpoint.pt").exists(), **how)
    return str(folder)


def _epoch(
    run: Run, take: Callable[[Tensor], None], images: int, batch: int, place: Place, tick: Callable, stop: list
) -> None:
    """Train for one epoch, or for what is left of it, and add its row to the log. `take` does a step.

    Once there is something in `stop`, the state is saved, and KeyboardInterrupt ends it.
    """
    started, steps = time.monotonic(), images // batch
    if run.step == 0:
        run.totals.zero_()
    order = torch.randperm(images, generator=torch.Generator().manual_seed(run.seed * 100_003 + run.epoch))
    order = order.to(run.totals.device)
    run.model.train()
    for step in range(run.step, steps):
        _set_rate(run.optimiser, learning_rate(run.recipe, run.epoch * steps + step, steps))
        take(order[step * batch : (step + 1) * batch])
        run.step = step + 1
        tick(run.epoch, run.step, steps)
        if stop and place.world == 1:  # several processes stop where they meet, after the epoch
            run.seconds += time.monotonic() - started
            _refuse_nan(run, place.out)
            _save(run, place.out)
            raise KeyboardInterrupt
    loss, right, seen = _summed(run.totals, place.world).tolist()
    _refuse_nan(run, place.out, loss)
    rate = learning_rate(run.recipe, run.epoch * steps + steps - 1, steps)
    run.epoch, run.step = run.epoch + 1, 0
    run.seconds += time.monotonic() - started
    run.log.append(
        {
            "epoch": run.epoch,
            "loss": loss / seen,
            "train_error": 100 * (1 - right / seen),
            "validation_error": math.nan,  # `train` asks for it
            "rate": rate,
            "seconds": round(run.seconds, 1),
        }
    )


def _refuse_nan(run: Run, out: Path, loss: float = 0.0) -> None:
    """Raise TrainingError where the loss or a weight is no number: that must not take the place of a good state."""
    if math.isfinite(loss) and all(bool(weight.isfinite().all()) for weight in run.model.parameters()):
        return
    kept = f"; {out / 'checkpoint.pt'} holds the last good state" if (out / "checkpoint.pt").exists() else ""
    raise TrainingError(
        f"the loss is no longer finite in epoch {run.epoch + 1}{kept}. Continue with --precision float32, or begin "
        "again with another recipe or batch size."
    )


def _stepper(run: Run, split: "data.Split", batch: int, place: Place) -> Callable[[Tensor], None]:
    """A function that does one step with the images whose numbers it gets."""
    network = _parallel(run.model, place)
    take = lambda chosen: _step(run, network, split.batch(chosen, run.generator), place.rank, place.world)  # noqa: E731
    captured = place.device.startswith("cuda") and place.world == 1
    return _captured(take, batch, run.generator) if captured else take


def _captured(take: Callable[[Tensor], None], batch: int, generator: torch.Generator) -> Callable[[Tensor], None]:
    """The same step as one CUDA graph. Starting its few hundred small kernels one by one takes longer than they run.

    The first three steps are taken as they are: they set up what a graph may not, such as the optimiser's state.
    """
    graph, stays, done = torch.cuda.CUDAGraph(), torch.empty(batch, dtype=torch.long, device=generator.device), count()
    graph.register_generator_state(generator)

    def graphed(chosen: Tensor) -> None:
        stays.copy_(chosen)
        step = next(done)
        if step < 3:
            return take(stays)
        if step == 3:
            # Whatever another thread asks of the GPU meanwhile is its own business.
            with _CAPTURING, torch.cuda.graph(graph, stream=torch.cuda.current_stream(), capture_error_mode="relaxed"):
                take(stays)
        graph.replay()

    return graphed


_CAPTURING = Lock()  # one graph at a time: the memory that a capture uses is set aside for it


def _step(run: Run, network: nn.Module, batch: data.Batch, rank: int, world: int) -> None:
    # Every process draws for the whole batch and keeps its share: so the batch is the same for any number of them.
    images, labels, drawings = batch
    images = augment.AUGMENTATIONS[run.recipe.augmentation](images, run.generator)
    if drawings is None:  # one digit in each image, and its capsule should draw the image
        labels, drawings = labels.unsqueeze(1), images.unsqueeze(1)
    images, labels, drawings = (part.chunk(world)[rank] for part in (images, labels, drawings))
    with torch.autocast(images.device.type, torch.bfloat16, enabled=run.way.bfloat16):
        v, reconstruction = network(images.contiguous(memory_format=torch.channels_last), labels)
    lengths = functional.lengths(v.float())
    present = torch.zeros_like(lengths).scatter_(1, labels, 1.0)  # (b, j)
    loss = functional.margin_loss(lengths, present)
    if reconstruction is not None:
        # Each drawing is held against its own digit; the mean over b·k drawings, times k, is the sum for an image.
        drawn = functional.reconstruction_loss(reconstruction.float(), drawings.flatten(0, 1))
        loss = loss + run.recipe.reconstruction * labels.shape[1] * drawn
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if run.recipe.clip:
        # Adam divides by a mean of squares, which one huge gradient spoils for a thousand steps.
        nn.utils.clip_grad_norm_(run.model.parameters(), run.recipe.clip)
    run.optimiser.step()
    right = exactly_right(lengths, labels).sum()
    # Stays on the device: reading it here would make the host wait in every step.
    run.totals += torch.stack([loss.detach() * len(labels), right, torch.full_like(right, len(labels))])


class _Trained(nn.Module):
    """Capsules and what the capsules of the true classes draw, in one forward call, which is what DDP wraps.

    images (b, c, h, w), labels (b, k) → v (b, j, z) and drawings (b·k, c, h, w), or None without a decoder
    """

    def __init__(self, model: models.CapsuleNetwork) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor | None]:
        v = self.model(images)
        if self.model.decoder is None:
            return v, None
        return v, self.model.decode(v.repeat_interleave(labels.shape[1], dim=0), labels.flatten())


def exactly_right(lengths: Tensor, labels: Tensor) -> Tensor:
    """Whether the longest capsules are the true classes, all of them. lengths (b, j), labels (b,) or (b, k) → (b,)

    Sabour 2017, released code: an image of two digits is right if both are.
    """
    labels = labels.unsqueeze(1) if labels.ndim == 1 else labels
    longest = lengths.topk(labels.shape[1]).indices  # (b, k)
    return (longest.unsqueeze(2) == labels.unsqueeze(1)).any(dim=2).all(dim=1)


def error(
    model: nn.Module,
    split: data.Split,
    device: str = "cpu",
    bfloat16: bool = False,
    batch: int = 500,
    tick: Callable[[int], None] = lambda images: None,
) -> float:
    """Percentage of images whose longest capsules are not the true classes. `tick` hears how many are done."""
    was_training, wrong = model.training, 0
    model.eval()
    with torch.inference_mode(), torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bfloat16):
        for images, labels in zip(split.images.split(batch), split.labels.split(batch), strict=True):
            images = images.to(device).contiguous(memory_format=torch.channels_last)
            wrong += (~exactly_right(model.lengths(images).cpu(), labels)).sum().item()
            tick(len(images))
    model.train(was_training)
    return 100 * wrong / len(split.labels)


def _begin(recipe: Recipe, seed: int, place: Place, resume: bool) -> Run:
    """The run in the folder, or a new one."""
    out, path = place.out, place.out / "checkpoint.pt"
    if not resume and path.exists():
        raise TrainingError(f"{out} already holds a run: add --resume to continue it, or choose another --out")
    if not resume and (out / "result.json").exists():
        raise TrainingError(f"{out} already holds a finished run: choose another --out")
    run = _new(recipe, seed, place.device)
    if resume:
        _restore(run, path, place.device)
    return run


def _new(recipe: Recipe, seed: int, device: str) -> Run:
    torch.manual_seed(seed)
    model = recipe.network().to(device, memory_format=torch.channels_last)
    fourier.through_frequencies(model)
    kind = torch.device(device).type
    fused = kind in ("cpu", "cuda")  # one pass over the weights instead of a dozen
    # A captured step finds its rate in the GPU's memory.
    rate = torch.tensor(recipe.rate, device=device) if kind == "cuda" else recipe.rate
    optimiser = torch.optim.Adam(model.parameters(), rate, eps=recipe.eps, fused=fused, capturable=kind == "cuda")
    generator = torch.Generator(device).manual_seed(seed)
    return Run(recipe, seed, model, optimiser, generator, torch.zeros(3, device=device), log=[])


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Adam's rate in `step`, counted from 0 over all epochs of `steps` steps each."""
    if recipe.schedule == "steps":
        return max(recipe.rate * recipe.decay ** (step / recipe.decay_steps), recipe.floor)
    if recipe.schedule == "epochs":
        return max(recipe.rate * recipe.decay ** (step // steps), recipe.floor)
    # One cycle (Smith 2018): from rate/25 up by half a cosine, and down to nearly 0 by another.
    done, rise = step / (recipe.epochs * steps), recipe.rise
    if done < rise:
        share = 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * done / rise)) / 2
    else:
        share = (1 + math.cos(math.pi * (done - rise) / (1 - rise))) / 2
    return max(recipe.rate * share, recipe.floor)


# --- nothing lost ------------------------------------------------------------------------------------------


def _save(run: Run, out: Path) -> None:
    state = {
        "version": STATE_VERSION,
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "model": run.model.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "generator": run.generator.get_state(),
        "way": tuple(run.way),
        "epoch": run.epoch,
        "step": run.step,
        "totals": run.totals,
        "seconds": run.seconds,
        "log": run.log,
    }
    with _full_disk(out / "checkpoint.pt"):
        files.write_atomically(out / "checkpoint.pt", lambda temporary: torch.save(state, temporary))
        files.write_atomically(out / "log.csv", lambda temporary: _write_csv(run.log, temporary))


@contextlib.contextmanager
def _full_disk(path: Path) -> Iterator[None]:
    """What cannot be written ends in TrainingError, which says that nothing is lost."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as problem:  # torch's own error is a RuntimeError
        what = str(problem).splitlines()[0]
        raise TrainingError(
            f"{path} cannot be written ({what}); the last good state is kept. Make room, then continue with --resume."
        ) from problem


@contextlib.contextmanager
def _alone(place: Place) -> Iterator[None]:
    """One training at a time in a folder: two would write over each other. Raises TrainingError for the second."""
    try:
        place.out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise TrainingError(f"{place.out} cannot be created ({problem.strerror}); choose another --out") from None
    try:
        with files.alone(place.out / ".lock") if place.rank == 0 else contextlib.nullcontext():
            yield
    except files.Busy:
        raise TrainingError(f"another process is training in {place.out} now; choose another --out") from None


def _restore(run: Run, path: Path, device: str) -> None:
    again = "start again, in another folder"
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise TrainingError(f"{path} is not there: nothing to resume; {again}") from None
    except Exception as problem:
        raise TrainingError(f"{path} is damaged ({type(problem).__name__}): delete it, or {again}") from None
    if not isinstance(state, dict) or state.get("version") != STATE_VERSION:
        raise TrainingError(f"{path} is not a checkpoint of this version; {again}")
    if Recipe(**state["recipe"]) != run.recipe or state["seed"] != run.seed:
        raise TrainingError(f"{path} is of another recipe or seed; resume with the same options, delete it, or {again}")
    run.model.load_state_dict(state["model"])
    here = [{option: group[option] for option in ("lr", "capturable")} for group in run.optimiser.param_groups]
    run.optimiser.load_state_dict(state["optimiser"])
    for group, own in zip(run.optimiser.param_groups, here, strict=True):
        group.update(own)  # which the device decides, and it may be another one now
    try:
        run.generator.set_state(state["generator"].cpu())
    except RuntimeError:  # of another kind of device, whose numbers nothing can continue here
        run.generator.manual_seed((run.seed + 1) * 100_003 + state["epoch"])
    run.way = Way(*state["way"])
    for name in ("epoch", "step", "totals", "seconds", "log"):
        setattr(run, name, state[name])


def _finish(run: Run, place: Place, test: data.Split) -> dict:
    result = {
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "validation_error": run.log[-1]["validation_error"],
        "test_error": error(run.model, test, place.device, run.way.bfloat16),
        "epochs": run.epoch,
        "seconds": round(run.seconds, 1),
        "device": hardware(place.device),
        "precision": run.way.precision,
        "parameters": models.count_parameters(run.model),
        "version": __version__,
        "torch": torch.__version__,
    }
    if place.rank == 0:
        from safetensors.torch import save_file

        weights = {name: value.cpu().contiguous() for name, value in run.model.state_dict().items()}
        with _full_disk(place.out / "weights.safetensors"):
            files.write_atomically(place.out / "weights.safetensors", lambda temporary: save_file(weights, temporary))
            files.write_text(place.out / "result.json", json.dumps(result, indent=1))
    return result


def _write_csv(log: list[dict], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(log[0]) if log else ["epoch"])
        writer.writeheader()
        writer.writerows(log)


def read_log(path: Path) -> list[dict]:
    """The rows of a log.csv, as numbers of six digits. Raises OSError, or ValueError or TypeError for a damaged one."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{key: float(f"{float(value):.6g}") for key, value in row.items()} for row in csv.DictReader(file)]
    if not rows or not {"epoch", "train_error", "validation_error"} <= rows[0].keys():
        raise ValueError("no log of a training")
    return rows


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[list]:
    """Ctrl-C and SIGTERM end the loop after the current step, when the state is whole. Yields a list, then full."""
    stop: list = []
    names = [signal.SIGINT, signal.SIGTERM]
    try:
        before = [signal.signal(name, lambda number, _frame: stop.append(number)) for name in names]
    except ValueError:  # not in the main thread: a notebook's or a server's business
        yield stop
        return
    try:
        yield stop
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


# --- where it runs -----------------------------------------------------------------------------------------


def _processes(device: str) -> tuple[int, int]:
    """(rank, world size): those of torchrun, otherwise one process alone."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return int(os.environ.get("RANK", "0")), world


def _parallel(model: nn.Module, place: Place) -> nn.Module:
    if place.world == 1:
        return _Trained(model)
    if place.device.startswith("cuda"):
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return nn.parallel.DistributedDataParallel(_Trained(model))


def _summed(totals: Tensor, world: int) -> Tensor:
    totals = totals.clone()
    if world > 1:
        dist.all_reduce(totals)
    return totals


def usable(name: str) -> str:
    """The device that a person means by "auto", "cpu", "cuda" … Raises TrainingError if it cannot be used."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if name == "cuda" else name  # torchrun: one process, one GPU
    try:
        torch.ones(1, device=device).item()  # "meta" makes tensors, but without numbers in them
    except (RuntimeError, AssertionError, ImportError) as problem:
        what = str(problem).partition(". ")[0].splitlines()[0][:120]  # torch may list all it was built with
        raise TrainingError(f"device {name!r} cannot be used ({what}); choose --device cpu") from None
    return device


def _ways(precision: str, threads: int, device: str) -> list[Way]:
    """The ways to compute a step that are left open, on this device."""
    if precision not in ("auto", "float32", "bfloat16"):
        raise TrainingError(f"precision is {precision!r}; choose auto, float32 or bfloat16")
    if device.startswith("cuda"):
        auto = "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
        return [Way(auto if precision == "auto" else precision, torch.get_num_threads())]
    # Without units of its own, bfloat16 is emulated, and never faster.
    auto = ["float32", "bfloat16"] if device == "cpu" and _has_bfloat16_units() else ["float32"]
    counts = [threads] if threads else sorted({1, torch.get_num_threads()}, reverse=True)
    return [Way(p, n) for p in (auto if precision == "auto" else [precision]) for n in counts]


def _fastest(ways: list[Way], recipe: Recipe, split: data.Split, batch: int, place: Place) -> Way:
    """Time a few steps of every way on a network that is thrown away. The first way where processes must agree."""
    if len(ways) == 1 or place.world > 1:
        return ways[0]
    seconds = {}
    for way in ways:
        run = _new(recipe, 0, place.device)
        run.way, network = way, _Trained(run.model).train()
        with threads_of(way):
            took = []
            for _ in range(4):
                started = time.perf_counter()
                _step(run, network, split.batch(torch.arange(batch, device=place.device), run.generator), 0, 1)
                took.append(time.perf_counter() - started)
        seconds[way] = min(took[1:])  # the first one also sets things up
    return min(seconds, key=seconds.get)


@contextlib.contextmanager
def threads_of(way: Way) -> Iterator[None]:
    """The way's number of threads, for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(way.threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _has_bfloat16_units() -> bool:
    return torch.backends.cpu.get_cpu_capability() == "AVX512" and bool(
        getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    )


def keep_memory() -> None:
    """Let freed memory stay with the process, where the C library is glibc. For commands that train and then end.

    A step of CapsNet frees 1.5 GB and asks for it again, and a fresh page costs more than the numbers written on it.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # no such knob: macOS, Windows, musl
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-4, 0)  # M_MMAP_MAX: large blocks come from the heap …
        mallopt(-1, -1)  # M_TRIM_THRESHOLD: … which is never handed back


def hardware(device: str) -> str:
    """What the card says about the machine: the GPU's name, or a CPU's threads, architecture and vector units."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    import platform

    if device != "cpu":
        return f"{device}, {platform.machine()}"
    threads = torch.get_num_threads()
    units = " with bfloat16" * _has_bfloat16_units()
    kind = f"{torch.backends.cpu.get_cpu_capability()}{units}"
    return f"CPU, {threads} thread{'s' * (threads > 1)}, {platform.machine()}, {kind}"
