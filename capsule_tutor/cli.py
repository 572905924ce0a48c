"""The command line: `capsule-tutor --help`."""

import contextlib
import math
import os
import platform
import shlex
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from capsule_tutor import __version__, teaching
from capsule_tutor.doctor import ROOT, examine, missing, pip_install, pip_install_extra, short, stop
from capsule_tutor.grading import command

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(teaching.app)


def _version(asked: bool) -> None:
    """What a report of a problem should name. It works where PyTorch is missing or broken, too."""
    if asked:
        torch = next((found.version for found in metadata.distributions(name="torch")), "missing")
        typer.echo(f"Capsule Tutor {__version__}, PyTorch {torch}, Python {platform.python_version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the versions and exit.")
    ] = False,
) -> None:
    """A hands-on course on capsule networks that checks your every step."""


# ---- lab ---------------------------------------------------------------------------------------------------


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open the lessons in JupyterLab. Further arguments (--port 9000) are passed on to JupyterLab."""
    from capsule_tutor import course

    home = next((place for place in (*_here(), ROOT) if (place / "lessons").is_dir()), None)
    if home is None:
        raise stop("No lessons here: `capsule-tutor start FOLDER` copies them to a folder of yours; open them there.")
    try:
        from jupyterlab.labapp import LabApp
    except Exception as error:
        raise stop(f"JupyterLab is missing ({short(error)}). Fix it: {pip_install_extra('lab')}") from None

    # Jupyter's news and update pop-ups are switched off by a file there; no command-line option hides both.
    ours, others = str(Path(__file__).parent / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [ours, others]))
    door = f"lessons/{course.START.stem}.ipynb"
    arguments = [
        f"--ServerApp.root_dir={home}",  # not lessons/ alone: the solutions can be browsed, too
        f"--LabApp.default_url=/lab/tree/{door if (home / door).is_file() else 'lessons'}",
        "--Application.log_level=WARN",  # otherwise thirty lines of log bury the address
    ]
    if not _has_desktop():
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # usual in containers; Jupyter refuses unless told
        typer.echo("You are root, so the notebooks run as root, too.")
        arguments.append("--allow-root")

    # What is given by hand wins; Jupyter itself would refuse an option that comes twice.
    given = {argument.split("=")[0] for argument in context.args}
    arguments = [argument for argument in arguments if argument.split("=")[0] not in given] + context.args

    with warnings.catch_warnings():  # of Jupyter's own parts about each other, which no learner can fix
        warnings.simplefilter("ignore")
        server = LabApp.initialize_server(argv=arguments)  # binds the port, so that the address is known
        address = server.public_url
    typer.echo(f"The lessons in {home / 'lessons'}")
    says = "JupyterLab is at" if server.open_browser else "Open this address in a browser:"
    typer.echo(f"{says} {address}")
    if "SSH_CONNECTION" in os.environ:
        typer.echo(f"On your own machine, first: ssh -L {server.port}:localhost:{server.port} THIS_MACHINE")
    typer.echo("Press Ctrl-C twice to stop it.")
    server.start()


def _here() -> list[Path]:
    """Where a person's own lessons may be: in this folder; of those who are in `lessons` itself, in the one above."""
    here = Path.cwd()
    return [here, here.parent] if here.name == "lessons" else [here]


def _has_desktop() -> bool:
    if "SSH_CONNECTION" in os.environ:  # a browser would open on the wrong machine, or inside the terminal
        return False
    return not sys.platform.startswith("linux") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


@app.command()
def start(folder: Annotated[Path, typer.Argument(help="A folder of yours; made if it is not there.")]) -> None:
    """Copy the lessons to a folder of your own, where you can work in them."""
    from capsule_tutor.classroom import versions

    try:
        lessons = versions.start(folder, say=typer.echo)
    except (KeyError, OSError) as error:
        raise stop(error.args[0] if isinstance(error, KeyError) else short(error)) from None
    place = f'"{folder}"' if " " in str(folder) else folder
    typer.echo(f"The lessons are in {lessons}. Open them with these two commands:\n  cd {place}\n  capsule-tutor lab")


@app.command()
def update(
    lessons: Annotated[
        list[str] | None, typer.Argument(help='Notebooks, or lessons by number ("02"); all of them if none.')
    ] = None,
    new: Annotated[Path | None, typer.Option(help="The new version: a notebook, a folder or a ZIP file.")] = None,
) -> None:
    """Bring lessons up to date; what you wrote in them stays, and the old files, too."""
    from capsule_tutor import authoring
    from capsule_tutor.classroom import versions

    try:
        versions.update(_notebooks(lessons or []), new, say=typer.echo)
    except ImportError as error:
        raise missing(error, "author") from None
    except (versions.VersionError, authoring.AuthoringError, KeyError) as error:
        raise stop(error.args[0]) from None
    except OSError as error:
        raise stop(f"{short(error)}; nothing was lost") from None


def _notebooks(names: list[str]) -> list[Path]:
    """The files that a person means: given as such, or as numbers of lessons in this folder or in the checkout."""
    from capsule_tutor import course

    home = next((place / "lessons" for place in _here() if (place / "lessons").is_dir()), None) or course.folder()
    every = sorted(path for path in home.glob("[0-9][0-9]_*.ipynb") if "before-update" not in path.stem)
    if not names:
        return every
    paths = []
    for name in names:
        if name.endswith(".ipynb"):
            paths.append(Path(name))
        else:
            stem = course.find(name).stem
            paths += [path for path in every if path.stem == stem] or [home / f"{stem}.ipynb"]
    return paths


# ---- build -------------------------------------------------------------------------------------------------


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help='Lessons by number ("02"); all of them if none.')] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if anything has drifted.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run solutions again even if unchanged.")] = False,
) -> None:
    """Make lessons and executed solutions from solutions/source (for authors)."""
    from capsule_tutor import authoring, checks, exercises

    try:
        authoring.build(ROOT, names or (), check=check, force=force, expand=checks.brief, say=typer.echo)
    except ImportError as error:
        raise missing(error, "author") from None
    except (authoring.AuthoringError, exercises.ExerciseError, KeyError) as error:
        raise stop(error.args[0]) from None


# ---- progress ----------------------------------------------------------------------------------------------


@app.command()
def progress(lesson: Annotated[str, typer.Argument(help='One lesson ("4"); all if left out.')] = "") -> None:
    """Show which exercises you have passed, and where that is recorded."""
    from capsule_tutor import checks
    from capsule_tutor.checks import progress as record

    try:
        typer.echo(checks.standing(lesson, effort=True))
        if not lesson:
            checks.overview()
        elif following := checks.following(lesson):
            typer.echo(f"Next: exercise {following}.")
    except KeyError as error:
        raise stop(error.args[0]) from None
    try:
        folder = record.folder()
    except OSError as error:
        raise stop(f"Nothing is recorded: {error}. Set CAPSULE_TUTOR_HOME to a folder that you may write to.") from None
    typer.echo(f"Recorded in {folder}")


IN = "The folder of the data sets: for MNIST the one that holds MNIST/raw."
FOLDER = Annotated[str, typer.Option("--folder", help=IN)]


# ---- train -------------------------------------------------------------------------------------------------


def _took(recipe: object) -> str:
    """How long a seed of the shipped network took that was trained so, as its card has it; "" if there is none."""
    from dataclasses import replace

    from capsule_tutor import pretrained

    for name in pretrained.NAMES:
        if replace(pretrained.recipe(name), note=recipe.note).fingerprint == recipe.fingerprint:
            card = pretrained.card(name)
            return f"{card['seconds']['mean'] / 60:.1f} minutes on {card['hardware']}"
    return ""


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="One of the recipes; `capsule-tutor train list` names them.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the run.", show_default="runs/RECIPE-SEED")] = None,
    data_set: Annotated[str, typer.Option("--data", help="Another data set than the recipe's, as digits.")] = "",
    folder: FOLDER = "",
    pictures: Annotated[
        Path | None, typer.Option(help="A folder of your own pictures, one folder in it for each class.")
    ] = None,
    shape: Annotated[tuple[int, int, int], typer.Option(help="Of your pictures: channels (3 or 1), height, width.")] = (
        3,
        64,
        64,
    ),
    registered: Annotated[
        Path | None, typer.Option(help="A registration; RECIPE is then the name of one of its arms.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1)] = 0,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, …")] = "auto",
    precision: Annotated[str, typer.Option(help="float32 or bfloat16; auto takes the faster")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="On a CPU; 0 takes the faster of one and all.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in --out.")] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write events for TensorBoard, too.")] = False,
) -> None:
    """Train a network; continue a run that was stopped or killed with --resume."""
    from capsule_tutor import data, registration, training

    if recipe == "list":
        for name, known in training.RECIPES.items():
            told = "; ".join(filter(None, (_took(known), known.note)))
            typer.echo(f"{name:28} {known.epochs:4} epochs, batch {known.batch_size:3}  {told}")
        return
    changes = {"epochs": epochs, "batch_size": batch_size, "data": data_set}
    changes = {name: value for name, value in changes.items() if value}
    if data_set and pictures:
        raise stop("Images come from --data or from --pictures: leave one of them out.")
    if registered and (changes or pictures):
        raise stop("A registered recipe cannot be changed: leave out --data, --pictures, --epochs and --batch-size.")
    if folder:
        os.environ["CAPSULE_TUTOR_DATA"] = folder
    out = out or Path("runs") / f"{recipe}-{seed}"
    if pictures and pictures.resolve() in (out.resolve(), *out.resolve().parents):
        raise stop(f"{out} is inside {pictures}, where it would become a class of pictures; choose another --out")
    try:
        chosen = _arm(registered, recipe, seed) if registered else _changed(recipe, changes)
        if pictures:
            chosen = training.for_folder(chosen, pictures, shape)
            if not (epochs or batch_size or resume) and (advice := _few_steps(chosen)):
                typer.echo(advice)
        with _bar(chosen.epochs) as (tick, say), _events(out if tensorboard else None, say) as say:
            training.keep_memory()
            result = training.train(chosen, out, seed, device, precision, threads, resume, None, say, tick)
    except (training.TrainingError, data.DataError, registration.RegistrationError) as error:
        raise stop(str(error)) from None
    except KeyboardInterrupt:
        saved = (out / "checkpoint.pt").exists()
        typer.echo(f"\nStopped and saved. Continue with: {_again('--resume')}" if saved else "\nStopped.", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"test error {result['test_error']:.2f} %, weights and log in {out}")


def _changed(recipe: str, changes: dict) -> object:
    """The recipe of this name, with what a person has typed instead of its own."""
    from dataclasses import replace

    from capsule_tutor import data, training

    if recipe not in training.RECIPES:
        raise stop(f"There is no recipe {recipe!r}. There are: {', '.join(training.RECIPES)}.")
    data_set = changes.get("data", "mnist")
    if data_set not in data.SETS:
        hint = " Name a folder of MNIST by --folder, of pictures by --pictures." if Path(data_set).is_dir() else ""
        raise stop(f"There is no data set {data_set!r}. There are: {', '.join(data.SETS)}.{hint}")
    return replace(training.RECIPES[recipe], **changes)


def _few_steps(recipe: object) -> str:
    """A line on a training that would be over after fewer than 300 steps, otherwise nothing."""
    pictures = len(recipe.split("train").labels)
    batch = min(recipe.batch_size, pictures)
    steps = recipe.epochs * (pictures // batch)
    if steps >= 300:
        return ""
    smaller = max(1, min(16, pictures // 4))
    return (
        f"{pictures} pictures in batches of {batch} make {steps} steps in {recipe.epochs} epochs, too few to learn "
        f"much; stop, and add --batch-size {smaller} --epochs {math.ceil(300 / (pictures // smaller))}"
    )


def _arm(registered: Path, arm: str, seed: int) -> object:
    """The recipe that a registration has for an arm, if it has promised this seed, too."""
    from capsule_tutor import registration

    claim = registration.read(registered)
    chosen = registration.bound(claim, arm)
    if seed not in claim.seeds:
        raise stop(f"Seed {seed} is not registered; choose one of {', '.join(map(str, claim.seeds))}.")
    return chosen


def _again(*more: str) -> str:
    """What was typed, with `more` unless it is there."""
    return shlex.join(["capsule-tutor", *sys.argv[1:], *(word for word in more if word not in sys.argv)])


@app.command()
def study(
    name: Annotated[str, typer.Argument(help="One of the studies; `capsule-tutor study list` names them.")],
    check: Annotated[bool, typer.Option("--check", help="Repeat the quickest run, and compare.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of the runs that are not finished.")] = Path("runs") / "studies",
    folder: FOLDER = "",
    device: Annotated[str, typer.Option(help="cpu, cuda, …")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="On a CPU, for each process.")] = 1,
) -> None:
    """Train a declared set of networks for a lesson (for authors); stopped or killed, it goes on when called again."""
    from capsule_tutor import data, training
    from capsule_tutor import study as studies

    if name == "list":
        wide = max(map(len, studies.STUDIES))
        for known, declared in studies.STUDIES.items():
            done, planned = studies.progress(known)
            typer.echo(f"{known:{wide}}  {done:3} of {planned:3} runs  {declared.question}")
        return
    if folder:
        os.environ["CAPSULE_TUTOR_DATA"] = folder
    try:
        training.keep_memory()
        if check:
            stored, again = studies.repeat(name, out, device, threads)
            who = f"{stored['arm']}, seed {stored['seed']}"
            for key in sorted({"validation_error", "test_error"} & stored.keys(), reverse=True):
                typer.echo(f"{who}: {key} {again[key]:.2f} %, on file {stored[key]:.2f} %")
            numbers = dict(_numbers(again))  # an arm may have measured something else
            for key, number in _numbers(stored):
                if key not in ("seed", "seconds", "validation_error", "test_error"):
                    typer.echo(f"{who}: {key.removeprefix('measured, ')} {numbers.get(key)}, on file {number}")
            typer.echo(f"now on {again['hardware']}; then on {stored['hardware']}")
            return
        finished = studies.run(name, out, device, threads, lambda what, row: typer.echo(f"{what}: {_row(row)}"))
    except (studies.StudyError, training.TrainingError, data.DataError) as error:
        raise stop(str(error)) from None
    except KeyboardInterrupt:
        typer.echo(f"\nStopped and saved. Continue with: {_again()}", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"{name}: {len(finished['runs'])} runs are finished, in {studies.FOLDER / name}.json")


def _numbers(measured: dict, before: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of nested dictionaries, each with its path, as "wrong, uniform, all"."""
    for name, value in measured.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{before}{name}, ")
        elif isinstance(value, int | float):
            yield f"{before}{name}", value


@contextlib.contextmanager
def _bar(epochs: int) -> Iterator[tuple[Callable, Callable]]:
    """A progress bar over all steps, with the time left, and a line per epoch above it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=int(os.environ.get("RANK", "0")) > 0) as progress:
        task = progress.add_task("", total=None, visible=False)

        def tick(epoch: int, step: int, steps: int) -> None:
            description = f"epoch {epoch + 1} of {epochs}"
            progress.update(
                task, completed=epoch * steps + step, total=epochs * steps, description=description, visible=True
            )

        def say(row: dict) -> None:
            progress.console.print(_row(row), highlight=False)

        yield tick, say


def _row(row: dict) -> str:
    return (
        f"epoch {row['epoch']:3}  loss {row['loss']:.4f}  training error {row['train_error']:5.2f} %  "
        f"validation error {row['validation_error']:5.2f} %  {row['seconds']:.0f} s"
    )


@contextlib.contextmanager
def _events(out: Path | None, say: Callable) -> Iterator[Callable]:
    """`say` that also writes every number of the log for TensorBoard, if there is a folder `out`."""
    if out is None or int(os.environ.get("RANK", "0")) > 0:
        yield say
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise stop(f"TensorBoard is missing. Install it: {pip_install('tensorboard')}") from None
    with SummaryWriter(str(out / "tensorboard")) as writer:

        def say_and_write(row: dict) -> None:
            for name, value in row.items():
                writer.add_scalar(name, value, row["epoch"])
            say(row)

        yield say_and_write


# ---- shipped networks --------------------------------------------------------------------------------------

# Listed without torch, so that --help is quick.
SHIPPED = ", ".join(sorted(card.stem for card in (Path(__file__).parent / "weights").glob("*.json")))
NETWORK = typer.Option("--network", metavar="NAME", help=f"One of {SHIPPED}.")


@app.command()
def evaluate(
    name: Annotated[str, typer.Argument(help=f"One of {SHIPPED}.")],
    split: Annotated[str, typer.Option(help="test or validation")] = "test",
    partners: Annotated[
        int, typer.Option(min=0, help="Two digits: pair every test digit with so many others; the paper has 1,000.")
    ] = 0,
    folder: Annotated[str, typer.Option(help=IN)] = "",
) -> None:
    """Measure a shipped network's error again, and compare it with its card."""
    from rich.progress import Progress

    from capsule_tutor import data, pretrained

    if split not in ("test", "validation"):
        raise stop(f"The split is {split!r}; the card knows test and validation.")
    if name not in pretrained.NAMES and Path(name).is_dir():
        raise stop(f"{name} is a run, which has no card; count its mistakes with: capsule-tutor report {name}")
    if folder:
        os.environ["CAPSULE_TUTOR_DATA"] = folder
    try:
        said, trained_on = pretrained.card(name)[f"{split}_error"]["shipped"], pretrained.recipe(name).data
        if partners and split != "test":
            raise stop("--partners pairs the test digits: leave out --split")
        if partners and trained_on != "multimnist":
            raise stop(f"{name} reads one digit; --partners is for networks that read two")
        if partners:
            with Progress(transient=True) as progress:
                task = progress.add_task(name, total=10_000 * partners)
                found = pretrained.evaluate_pairs(name, partners, tick=lambda done: progress.advance(task, done))
            typer.echo(
                f"{name}: {found:.2f} % of {10_000 * partners:,} pairs, every test digit with {partners:,} others"
            )
            return
        images = data.SETS[trained_on](split)
        with Progress(transient=True) as progress:
            task = progress.add_task(name, total=len(images.labels))
            found = pretrained.evaluate(name, images, lambda done: progress.advance(task, done))
    except (pretrained.WeightsError, data.DataError) as error:
        raise stop(str(error)) from None
    typer.echo(f"{name}: {split} error {found:.2f} % of {len(images.labels):,} images; its card says {said:.2f} %")
    # Other processors round otherwise: that may tip one image or two.
    if abs(found - said) > 100 * 2 / len(images.labels) + 1e-9:
        raise stop("They differ by more than two images: the weights, the data or this machine's arithmetic are wrong.")


@app.command()
def predict(
    picture: Annotated[str, typer.Argument(help="A picture of one digit, as a photograph; - reads standard input.")],
    name: Annotated[str, NETWORK] = "efficient-capsnet-mnist",
    out: Annotated[Path | None, typer.Option(help="Where to draw.", show_default="PICTURE-read.png")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 where the network is in doubt.")] = False,
) -> None:
    """Read a digit of your own, and draw what the network thinks it saw."""
    from rich.console import Console
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    from capsule_tutor import data, figures, pretrained

    out = out or Path("digit-read.png" if picture == "-" else f"{Path(picture).stem}-read.png")
    try:
        itself = out.exists() and Path(picture).exists() and out.samefile(picture)
    except OSError as error:  # a name that is too long
        raise stop(f"{short(error)}; choose another name") from None
    if itself:
        raise stop(f"{out} is the picture itself, which would be lost; choose another --out")
    try:
        image = data.read_picture(picture)
        network = pretrained.load(name)
    except (pretrained.WeightsError, data.DataError) as error:
        raise stop(str(error)) from None
    if network.shape != image.shape[1:]:
        fitting = [known for known in pretrained.NAMES if pretrained.recipe(known).data == "mnist"]
        raise stop(f"{name} does not read pictures of one digit; choose one of {', '.join(fitting)}")
    lengths = network.lengths(image)[0]
    table = Table("digit", "length", "")
    for digit in lengths.argsort(descending=True).tolist()[:3]:
        length = lengths[digit].item()
        table.add_row(str(digit), f"{length:.2f}", ProgressBar(total=1, completed=length, width=30))
    Console().print(table)
    doubt = pretrained.doubt(name, lengths)
    answer = f"No answer: {doubt}." if doubt else f"{lengths.argmax().item()}."
    try:
        drawing = [network.reconstruct(image)[0, 0]] if network.decoder else []
        figures.save_pictures([image[0, 0], *drawing], out)
    except (OSError, ValueError) as error:  # Pillow: a folder that is not there, an ending that it does not know
        typer.echo(answer)
        raise stop(f"{out} cannot be written ({short(error)}); choose another --out, ending in .png") from None
    right = "; on the right what it thinks it saw" if drawing else ""
    typer.echo(f"{answer} In {out}{', on the left' if drawing else ''}: the digit as the network got it{right}.")
    if doubt and strict:
        raise typer.Exit(1)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help=f"One of {SHIPPED}, a .safetensors file, or the folder of a run.")],
    reconstruct: Annotated[bool, typer.Option("--reconstruct", help="Images and what the network draws.")] = False,
    tweak: Annotated[bool, typer.Option("--tweak", help="Every dimension of a capsule, moved alone.")] = False,
    adversarial: Annotated[bool, typer.Option("--adversarial", help="Attacked images, and what is read.")] = False,
    affine: Annotated[bool, typer.Option("--affine", help="Turned images, and what is read.")] = False,
    couplings: Annotated[bool, typer.Option("--couplings", help="How children divide themselves.")] = False,
    mistakes: Annotated[bool, typer.Option("--mistakes", help="Images that are misread.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where to draw.", show_default="NAME-LOOK.png")] = None,
    folder: FOLDER = "",
    code: teaching.CODE = None,
) -> None:
    """Draw one look at a trained network, on its test images or, if they are not on this machine, on similar ones."""
    flags = {
        "reconstruct": reconstruct,
        "tweak": tweak,
        "adversarial": adversarial,
        "affine": affine,
        "couplings": couplings,
        "mistakes": mistakes,
    }
    chosen = [look for look, wanted in flags.items() if wanted]
    if len(chosen) != 1:
        raise stop("Choose one look: --reconstruct, --tweak, --adversarial, --affine, --couplings or --mistakes.")
    from capsule_tutor import data, pretrained
    from capsule_tutor import show as looks

    if folder:
        os.environ["CAPSULE_TUTOR_DATA"] = folder
    out = out or Path(f"{looks.named(name)}-{chosen[0]}.png")
    try:
        if code:
            pretrained.run_code(code)
        network = pretrained.load(name).requires_grad_(False)
        sheet = looks.LOOKS[chosen[0]](network, looks.images_for(network, name))
    except (pretrained.WeightsError, data.DataError, ValueError) as error:
        raise stop(str(error) if name in str(error) else f"{name}: {error}") from None
    try:
        looks.draw(sheet, out)
    except (OSError, ValueError) as error:  # a folder that is not there, an ending that matplotlib does not know
        raise stop(f"{out} cannot be written ({short(error)}); choose another --out, ending in .png") from None
    typer.echo(f"{out}: {sheet.says}")


@app.command()
def report(
    names: Annotated[
        list[str], typer.Argument(help=f"The folder of a run, several that differ in their seed, or one of {SHIPPED}.")
    ],
    out: Annotated[Path | None, typer.Option(help="The page to write.", show_default="NAME-report.html")] = None,
    board: Annotated[Path, typer.Option(help="The leaderboard file that gets an entry.")] = Path("leaderboard.json"),
    who: Annotated[str, typer.Option(help="Your name on the leaderboard.")] = "",
    folder: FOLDER = "",
    code: teaching.CODE = None,
) -> None:
    """Write a report on a trained network, as a page and as a notebook, and add its entry to a leaderboard."""
    from rich.progress import Progress

    from capsule_tutor import data, leaderboard, pretrained
    from capsule_tutor import report as reports

    if folder:
        os.environ["CAPSULE_TUTOR_DATA"] = folder
    try:
        if out:
            reports.refuse(out)
        if code:
            pretrained.run_code(code)
        with Progress(transient=True) as progress:
            task = progress.add_task("reading the test images", total=None)
            found = reports.measure(names, lambda done: progress.advance(task, done))
        page = out or Path(f"{found.name}-report.html")
        written = reports.write(found, names, page, code)
        leaderboard.add(board, leaderboard.entry(found, who))
    except (pretrained.WeightsError, data.DataError, leaderboard.BoardError) as error:
        raise stop(str(error)) from None
    except ImportError as error:
        raise missing(error, "lab") from None
    except OSError as error:
        raise stop(f"{short(error)}; choose another --out or --board") from None
    run = found.runs[found.best]
    typer.echo(f"{found.name}: {int(run.wrong.sum())} of {len(run.wrong):,} test images are misread")
    typer.echo(f"{' and '.join(map(str, written))}; its entry is in {board}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def explore(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Option(
            "--network",
            metavar="NAME",
            help=f"One of {SHIPPED}, or the folder of a run.",
            show_default="efficient-capsnet-mnist",
        ),
    ] = "",
    export: Annotated[Path | None, typer.Option(help="Write one HTML file that needs no Python, and stop.")] = None,
) -> None:
    """Turn the knobs of a capsule in the browser. Further arguments (--port 9000) are passed on to Voilà."""
    if export:
        from capsule_tutor import pretrained
        from capsule_tutor.theatre.one_file import export as write

        if name or context.args:
            raise stop("The file always holds the same networks: leave out --network and what is meant for Voilà.")
        try:
            size = write(export)
        except (pretrained.WeightsError, OSError) as error:
            raise stop(f"{export} cannot be written ({short(error)}); choose another place") from None
        typer.echo(f"{export}, {size / 1e6:.1f} MB: open it in any browser, or send it to a telephone")
        return
    try:
        from voila.app import Voila
    except Exception as error:
        raise stop(f"Voilà is missing ({short(error)}). Fix it: {pip_install_extra('lab')}") from None
    import nbformat

    from capsule_tutor import data, pretrained
    from capsule_tutor.theatre import explorer

    name = name or "efficient-capsnet-mnist"
    try:
        explorer(name)  # what it refuses Voilà would hide
    except (pretrained.WeightsError, data.DataError, ValueError) as error:
        raise stop(str(error)) from None
    here = f"import os\n\nos.chdir({str(Path.cwd())!r})"  # Voilà works in another folder
    source = f"{here}\nfrom capsule_tutor.theatre import explorer\n\nexplorer({name!r})"
    cells = [nbformat.v4.new_markdown_cell("# The capsule explorer"), nbformat.v4.new_code_cell(source)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explorer.ipynb"
        nbformat.write(notebook, path)
        # Voilà's page asks a content delivery network for icons that it has itself; a lecture hall may be offline.
        policy = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws: wss:"
        headers = {"headers": {"Content-Security-Policy": policy}}
        arguments = [str(path), f"--Voila.tornado_settings={headers}", *context.args]
        if not _has_desktop():
            arguments.append("--no-browser")
        typer.echo("Starting the explorer; Ctrl-C stops it.")
        Voila.launch_instance(argv=arguments)


@app.command("import")
def import_keras(
    file: Annotated[Path, typer.Argument(help="An .h5 file of EscVM/Efficient-CapsNet.")],
    kind: Annotated[str, typer.Option("--as", help="efficient-capsnet-mnist, -multimnist, -smallnorb, capsnet-mnist")],
    out: Annotated[Path | None, typer.Option(help="Where to write.  \\[default: KIND-authors.safetensors]")] = None,
) -> None:
    """Bring the authors' Keras weights into a file that `capsule_tutor.load` reads."""
    from capsule_tutor import keras, pretrained

    path = out or Path(f"{kind}-authors.safetensors")
    try:
        network = keras.read(file, kind)
        pretrained.save(network, *keras.KINDS[kind], path)
    except keras.KerasError as error:
        raise stop(str(error)) from None
    except ImportError as error:
        raise missing(error, "export") from None
    except OSError as error:
        raise stop(f"{path} cannot be written ({short(error)}); choose another --out") from None
    typer.echo(f'{path}: use it as capsule_tutor.load("{path}"), on capsule_tutor.keras.prepared(images, "{kind}")')


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="One of the shipped networks.")],
    onnx: Annotated[Path | None, typer.Option("--onnx", help="Where to write.  \\[default: NAME.onnx]")] = None,
) -> None:
    """Write a shipped network as ONNX, for programs without PyTorch, and compare the two."""
    from capsule_tutor import pretrained

    path = onnx or Path(f"{name}.onnx")
    try:
        difference = pretrained.export_onnx(name, path)
    except pretrained.WeightsError as error:
        raise stop(str(error)) from None
    except ImportError as error:
        raise missing(error, "export") from None
    except OSError as error:
        raise stop(f"{path} cannot be written ({short(error)}); choose another place") from None
    typer.echo(f"{path}: any number of images; in onnxruntime it differs by at most {difference:.0e}")


@app.command()
def pack(
    name: Annotated[str, typer.Argument(help="The name to ship under.")],
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs that differ in their seed alone.")],
) -> None:
    """Make shipped weights and their card from finished runs (for authors)."""
    from capsule_tutor import data, pretrained

    try:
        made = pretrained.pack(name, runs)
    except (pretrained.WeightsError, data.DataError) as error:
        raise stop(str(error)) from None
    typer.echo(f"{name}: seed {made['shipped_seed']} of {len(made['seeds'])}, test error {made['test_error']} %")


# ---- doctor ------------------------------------------------------------------------------------------------


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a teacher who collects them.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Of a folder of such files: whose machine lacks what.")
    ] = None,
) -> None:
    """Say what is installed, what is missing and how to fix it."""
    from capsule_tutor import doctor as examination

    if report:
        try:
            typer.echo(examination.of_class(report))
        except examination.Broken as error:
            raise stop(str(error)) from None
        return
    if as_json:
        typer.echo(examination.as_json())
        return
    if broken := examine():
        raise stop(f"To fix before the lessons run: {broken}. The command is below each of them.")


# ---- for those who teach -----------------------------------------------------------------------------------

app.command(context_settings={"allow_extra_args": True})(command.grade)  # --lessons 02 04: the 04 is extra


def main() -> None:
    """Run the command line. What no command foresaw becomes one line and a file that holds the details."""
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal, or a file on Windows, may lack some of our letters: a ? is better than no answer.
        sys.stdout.reconfigure(errors="replace")
    try:
        app()
    except Exception as error:
        said = short(error).rstrip(".")
        typer.echo(f"{said}. {_written(error)}`capsule-tutor doctor` looks for what is broken.", err=True)
        sys.exit(1)


def _written(error: Exception) -> str:
    """Write down what happened, for whoever is to help, and say where."""
    details = [f"{sys.argv}, Python {sys.version}, {platform.platform()}\n", *traceback.format_exception(error)]
    options = {"prefix": "capsule-tutor-", "suffix": ".log", "encoding": "utf-8", "errors": "replace"}
    try:
        with tempfile.NamedTemporaryFile("w", delete=False, **options) as file:
            file.writelines(details)
    except OSError:  # a full disk, no temporary folder: the line must do
        return ""
    return f"The details are in {file.name}; "
