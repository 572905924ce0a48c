"""The one training loop: recipes as data, nothing lost, the same command on one process or many.

A run lives in a folder: checkpoint.pt (the whole state, written after every epoch and when you press Ctrl-C),
log.csv (one row per epoch), and at its end weights.safetensors and result.json. The validation split alone guides
any choice; the test split is read once, at the end.
"""

import contextlib
import csv
import ctypes
import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from capsule_tutor import __version__, data, functional, models

STATE_VERSION = 2


class TrainingError(RuntimeError):
    """Training cannot begin or go on; the message says why and what to do next."""


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. Learning rates are Adam's.

    schedule         "one-cycle": up to `rate` and down again; "steps": × `decay` every `decay_steps` steps;
                     "epochs": × `decay` after every epoch, not below `floor`
    augmentation     "none", "shift" (±2 pixels per side), "affine" (turn, stretch, shear and shift a little) or
                     "mazzia" (rotate, shift, squish, erase)
    reconstruction   weight of the reconstruction loss; 1 is the paper's 0.0005 × sum of squares
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
    released: bool = False
    note: str = ""


RECIPES = {
    "capsnet-paper": Recipe(
        "capsnet", 640, 128, 1e-3, "steps", decay=0.96, decay_steps=2000, released=True, reconstruction=20.0,
        note="Sabour 2017, released code: 300,000 steps; its loss ratio is 20 times the paper's formula",
    ),
    "capsnet-fast": Recipe("capsnet", 15, 128, 1e-3, "one-cycle", augmentation="affine"),
    "efficient-capsnet-paper": Recipe(
        "efficient-capsnet", 150, 16, 5e-4, "epochs", decay=0.97, floor=5e-5, augmentation="mazzia",
        note="Mazzia 2021; bilinear where the authors resample with Lanczos",
    ),
    "efficient-capsnet-fast": Recipe("efficient-capsnet", 15, 128, 3e-3, "one-cycle", augmentation="affine"),
    "convnet-paper": Recipe(
        "convnet", 150, 16, 5e-4, "epochs", decay=0.97, floor=5e-5, augmentation="mazzia",
        note="the control, trained as Efficient-CapsNet is in its paper",
    ),
    "convnet-fast": Recipe("convnet", 15, 128, 3e-3, "one-cycle", augmentation="affine"),
}  # fmt: skip


# --- augmentation: whole batches, on the device ------------------------------------------------------------


def shift(images: Tensor, generator: torch.Generator, pixels: int = 2) -> Tensor:
    """Move every image by its own −pixels … pixels, along both axes; what enters is black. (b, c, h, w)"""
    b, _, h, w = images.shape
    padded = nn.functional.pad(images, (pixels,) * 4)
    offset = torch.randint(0, 2 * pixels + 1, (2, b, 1), generator=generator, device=images.device)
    rows = offset[0] + torch.arange(h, device=images.device)  # (b, h)
    columns = offset[1] + torch.arange(w, device=images.device)  # (b, w)
    image = torch.arange(b, device=images.device)[:, None, None]
    # Indexing with (b, h, w) in places 0, 2, 3 puts the channels last.
    return padded[image, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def affine(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turn each image by up to 10°, stretch both axes by up to 10 %, shear by 0.1, move by 2 pixels. (b, c, h, w)"""
    b, _, h, w = images.shape
    u = 2 * torch.rand(6, b, generator=generator, device=images.device) - 1  # (6, b) in (−1, 1)
    turn, shear = math.radians(10) * u[0], 0.1 * u[1]
    wide, high = 1 + 0.1 * u[2], 1 + 0.1 * u[3]
    cos, sin = turn.cos(), turn.sin()
    # Where an output pixel comes from: turned, sheared, stretched; a move of 2 pixels is 4/w of half the image.
    rows = [cos * wide, (shear * cos - sin) * high, 4 / w * u[4], sin * wide, (shear * sin + cos) * high, 4 / h * u[5]]
    return _affine(images, torch.stack(rows, dim=1))


def mazzia(images: Tensor, generator: torch.Generator) -> Tensor:
    """Efficient-CapsNet's augmentation, in its order: rotate, shift, squish, erase. (b, c, h, w)

    Half of the images are turned by 30° · N(0, 0.33), cut off at ±30°; each is moved inside its free margin by a
    half-normal share, narrowed by 1 to 7 pixels, and loses one patch of 4×4 pixels.
    """
    b, _, h, w = images.shape
    device = images.device
    normal = lambda *shape: torch.randn(*shape, generator=generator, device=device)  # noqa: E731
    uniform = lambda *shape: torch.rand(*shape, generator=generator, device=device)  # noqa: E731

    angle = math.radians(30) * (0.33 * normal(b)).clamp(-1, 1) * (uniform(b) < 0.5)
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros(b, device=device), torch.ones(b, device=device)
    images = _affine(images, torch.stack([cos, -sin, zero, sin, cos, zero], dim=1))

    # Free margins in pixels, before the first and after the last ink, for columns and rows.
    move = []
    for ink in ((images > 0.05).any(dim=2).any(dim=1), (images > 0.05).any(dim=3).any(dim=1)):  # (b, w), (b, h)
        before, after = ink.float().argmax(dim=1), ink.flip(1).float().argmax(dim=1)
        share = (0.33 * normal(b)).abs().clamp(max=1)
        forward = uniform(b) < 0.5
        move.append(torch.where(forward, share * after, -share * before).round())
    narrow = w / (w - torch.randint(1, 8, (b,), generator=generator, device=device))
    # grid_sample asks where an output pixel comes from, in units of half the image.
    from_x, from_y = -2 * move[0] / w * narrow, -2 * move[1] / h
    images = _affine(images, torch.stack([narrow, zero, from_x, zero, one, from_y], dim=1))

    row = torch.randint(0, h - 3, (b, 1), generator=generator, device=device)
    column = torch.randint(0, w - 3, (b, 1), generator=generator, device=device)
    rows, columns = torch.arange(h, device=device), torch.arange(w, device=device)
    in_rows, in_columns = (rows >= row) & (rows < row + 4), (columns >= column) & (columns < column + 4)
    return images * ~(in_rows[:, None, :, None] & in_columns[:, None, None, :])


def _affine(images: Tensor, theta: Tensor) -> Tensor:
    grid = nn.functional.affine_grid(theta.view(-1, 2, 3), list(images.shape), align_corners=False)
    return nn.functional.grid_sample(images, grid, align_corners=False).clamp(0, 1)


AUGMENTATIONS: dict[str, Callable] = {
    "none": lambda images, _: images,
    "shift": shift,
    "affine": affine,
    "mazzia": mazzia,
}


# --- the loop ----------------------------------------------------------------------------------------------


@dataclass
class Run:
    """Everything that a checkpoint holds, and what is derived from it."""

    recipe: Recipe
    seed: int
    model: nn.Module
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    epoch: int = 0  # epochs finished
    step: int = 0  # steps of the next one already done
    totals: Tensor | None = None  # loss · images, right, images, of the steps done
    seconds: float = 0.0
    log: list[dict] | None = None


def train(
    recipe: Recipe,
    out: Path,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    resume: bool = False,
    load: Callable[[str], data.Split] = data.mnist,
    say: Callable[[dict], None] = lambda row: None,
    tick: Callable[[int, int, int], None] = lambda epoch, step, steps: None,
) -> dict:
    """Train to the end of the recipe and return the result, which also stands in out/result.json.

    device       "cpu", "cuda", … or "auto"; precision "float32", "bfloat16" or "auto" (bfloat16 where it is fast)
    resume       go on from out/checkpoint.pt; without it, a folder that holds a run is refused
    load         split name → images and labels; `say` gets every row of the log, `tick` every step
    Raises TrainingError with one line; KeyboardInterrupt, after saving, when the user stops it.
    """
    rank, world = _processes()
    device = _device(device)
    _keep_memory()
    bfloat16 = _bfloat16(precision, device)
    out = Path(out)
    images, labels = (part.to(device) for part in load("train"))
    validation = load("validation")
    batch = min(recipe.batch_size, len(images))
    if batch % world:
        raise TrainingError(f"a batch of {batch} cannot be shared by {world} processes; choose a multiple")
    steps = len(images) // batch
    run = _begin(recipe, seed, device, out, resume)
    network = _parallel(run.model, device, world)

    while run.epoch < recipe.epochs:
        started, run.totals = time.monotonic(), run.totals if run.step else torch.zeros(3, device=device)
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed * 100_003 + run.epoch))
        order = order.to(device)
        run.model.train()
        with _ctrl_c_waits() as stop:
            for step in range(run.step, steps):
                rate = learning_rate(recipe, run.epoch * steps + step, steps)
                for group in run.optimiser.param_groups:
                    group["lr"] = rate
                chosen = order[step * batch : (step + 1) * batch]
                _step(run, network, images[chosen], labels[chosen], bfloat16, rank, world)
                run.step = step + 1
                tick(run.epoch, run.step, steps)
                if stop:
                    run.seconds += time.monotonic() - started
                    if rank == 0:
                        _save(run, out)
                    raise KeyboardInterrupt
        loss, right, seen = _summed(run.totals, world).tolist()
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is no longer finite in epoch {run.epoch + 1}; {out / 'checkpoint.pt'} holds the last good "
                "one. Try a lower learning rate or --precision float32."
            )
        run.epoch, run.step = run.epoch + 1, 0
        run.seconds += time.monotonic() - started
        row = {
            "epoch": run.epoch,
            "loss": loss / seen,
            "train_error": 100 * (1 - right / seen),
            "validation_error": error(run.model, validation, device, bfloat16),
            "rate": rate,
            "seconds": round(run.seconds, 1),
        }
        run.log.append(row)
        if rank == 0:
            _save(run, out)
            say(row)
    return _finish(run, out, load("test"), device, bfloat16, rank)


def _step(run: Run, network: nn.Module, images: Tensor, labels: Tensor, bfloat16: bool, rank: int, world: int) -> None:
    # Every process draws for the whole batch and keeps its share: so the batch is the same for any number of them.
    images = AUGMENTATIONS[run.recipe.augmentation](images, run.generator)
    images, labels = images.chunk(world)[rank], labels.chunk(world)[rank]
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bfloat16):
        v, reconstruction = network(images.contiguous(memory_format=torch.channels_last), labels)
    lengths = functional.lengths(v.float())
    loss = functional.margin_loss(lengths, labels)
    loss = loss + run.recipe.reconstruction * functional.reconstruction_loss(reconstruction.float(), images)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    run.optimiser.step()
    right = (lengths.argmax(dim=1) == labels).sum()
    # Stays on the device: reading it here would make the host wait in every step.
    run.totals += torch.stack([loss.detach() * len(labels), right, torch.full_like(right, len(labels))])


class _Trained(nn.Module):
    """Capsules and the reconstruction from the true class in one forward call, which is what DDP wraps."""

    def __init__(self, model: models.CapsuleNetwork) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        v = self.model(images)
        return v, self.model.decode(v, labels)


def error(model: nn.Module, split: data.Split, device: str = "cpu", bfloat16: bool = False, batch: int = 500) -> float:
    """Percentage of images whose longest capsule is not the true class."""
    was_training, wrong = model.training, 0
    model.eval()
    with torch.inference_mode(), torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bfloat16):
        for images, labels in zip(split.images.split(batch), split.labels.split(batch), strict=True):
            images = images.to(device).contiguous(memory_format=torch.channels_last)
            wrong += (model.predict(images).cpu() != labels).sum().item()
    model.train(was_training)
    return 100 * wrong / len(split.labels)


def _begin(recipe: Recipe, seed: int, device: str, out: Path, resume: bool) -> Run:
    torch.manual_seed(seed)
    options = {"released": True} if recipe.released else {}
    model = models.MODELS[recipe.model](**options).to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.rate, fused=device.startswith("cuda") or None)
    generator = torch.Generator(device).manual_seed(seed)
    run = Run(recipe, seed, model, optimiser, generator, log=[])
    path = out / "checkpoint.pt"
    if not resume and path.exists():
        raise TrainingError(f"{out} already holds a run: add --resume to go on, or choose another --out")
    if resume:
        _restore(run, path, device)
    out.mkdir(parents=True, exist_ok=True)
    return run


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Adam's rate in `step`, counted from 0 over all epochs of `steps` steps each."""
    if recipe.schedule == "steps":
        return recipe.rate * recipe.decay ** (step // recipe.decay_steps)
    if recipe.schedule == "epochs":
        return max(recipe.rate * recipe.decay ** (step // steps), recipe.floor)
    # One cycle (Smith 2018): from rate/25 up by half a cosine for 30 % of the way, and down to nearly 0.
    done = step / (recipe.epochs * steps)
    if done < 0.3:
        return recipe.rate * (1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * done / 0.3)) / 2)
    return recipe.rate * (1 + math.cos(math.pi * (done - 0.3) / 0.7)) / 2


# --- nothing lost ------------------------------------------------------------------------------------------


def _save(run: Run, out: Path) -> None:
    state = {
        "version": STATE_VERSION,
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "model": run.model.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "generator": run.generator.get_state(),
        "epoch": run.epoch,
        "step": run.step,
        "totals": run.totals,
        "seconds": run.seconds,
        "log": run.log,
    }
    path = out / "checkpoint.pt"
    try:
        _atomically(path, lambda temporary: torch.save(state, temporary))
        _atomically(out / "log.csv", lambda temporary: _write_csv(run.log, temporary))
    except (OSError, RuntimeError) as problem:  # torch reports a full disk as a RuntimeError
        what = str(problem).splitlines()[0]
        raise TrainingError(
            f"{path} cannot be written ({what}); the last good one is kept. Make room, then go on with --resume."
        ) from problem


def _restore(run: Run, path: Path, device: str) -> None:
    again = "start anew without --resume, in another --out"
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise TrainingError(f"{path} is not there: nothing to resume; {again}") from None
    except Exception as problem:
        raise TrainingError(f"{path} is damaged ({type(problem).__name__}): delete it, or {again}") from None
    if not isinstance(state, dict) or state.get("version") != STATE_VERSION:
        raise TrainingError(f"{path} is not a checkpoint of this version; {again}")
    if state["recipe"] != asdict(run.recipe) or state["seed"] != run.seed:
        raise TrainingError(f"{path} is of another recipe or seed; resume with the same options, or {again}")
    run.model.load_state_dict(state["model"])
    run.optimiser.load_state_dict(state["optimiser"])
    run.generator.set_state(state["generator"].cpu())
    for name in ("epoch", "step", "totals", "seconds", "log"):
        setattr(run, name, state[name])


def _finish(run: Run, out: Path, test: data.Split, device: str, bfloat16: bool, rank: int) -> dict:
    result = {
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "validation_error": run.log[-1]["validation_error"],
        "test_error": error(run.model, test, device, bfloat16),
        "epochs": run.epoch,
        "seconds": round(run.seconds, 1),
        "device": _hardware(device),
        "precision": "bfloat16" if bfloat16 else "float32",
        "parameters": models.count_parameters(run.model),
        "version": __version__,
    }
    if rank == 0:
        from safetensors.torch import save_file

        weights = {name: value.cpu().contiguous() for name, value in run.model.state_dict().items()}
        _atomically(out / "weights.safetensors", lambda temporary: save_file(weights, temporary))
        _atomically(out / "result.json", lambda temporary: temporary.write_text(json.dumps(result, indent=1)))
    return result


def _atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside, flush to the disk, rename: a reader sees the old file or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_csv(log: list[dict], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(log[0]) if log else ["epoch"])
        writer.writeheader()
        writer.writerows(log)


def read_log(path: Path) -> list[dict]:
    """The rows of a log.csv, as numbers."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: round(float(value), 6) for key, value in row.items()} for row in csv.DictReader(file)]


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


def _processes() -> tuple[int, int]:
    """(rank, world size): those of torchrun, else one process alone."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return int(os.environ.get("RANK", "0")), world


def _parallel(model: nn.Module, device: str, world: int) -> nn.Module:
    if world == 1:
        network = _Trained(model)
        # Fuses the small kernels of routing and replays them as one graph.
        return torch.compile(network, mode="reduce-overhead") if device.startswith("cuda") else network
    if device.startswith("cuda"):
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return nn.parallel.DistributedDataParallel(_Trained(model))


def _summed(totals: Tensor, world: int) -> Tensor:
    totals = totals.clone()
    if world > 1:
        dist.all_reduce(totals)
    return totals


def _device(name: str) -> str:
    if name == "auto":
        return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as problem:
        what = str(problem).splitlines()[0]
        raise TrainingError(f"device {name!r} cannot be used ({what}); choose --device cpu") from None
    return name


def _bfloat16(precision: str, device: str) -> bool:
    if precision not in ("auto", "float32", "bfloat16"):
        raise TrainingError(f"precision is {precision!r}; choose auto, float32 or bfloat16")
    if precision != "auto":
        return precision == "bfloat16"
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported()
    return device == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX512" and _has_bfloat16_units()


def _has_bfloat16_units() -> bool:
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


def _keep_memory() -> None:
    """Let freed memory stay with the process, where the C library is glibc.

    A step of CapsNet frees 1.5 GB and asks for it again, and a fresh page costs more than the numbers written on it.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # no such knob: macOS, Windows, musl
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-4, 0)  # M_MMAP_MAX: large blocks come from the heap …
        mallopt(-1, -1)  # M_TRIM_THRESHOLD: … which is never handed back


def _hardware(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    import platform

    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' * (threads > 1)}, {platform.machine()}"
