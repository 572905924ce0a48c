"""doctor names what is broken and what fixes it; lab starts JupyterLab as a learner needs it."""

import importlib.metadata
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from patience import HUNG
from typer.testing import CliRunner

import capsule_tutor
from capsule_tutor import cli, data, doctor, figures, models

pytestmark = pytest.mark.usefixtures("own_progress")


def run(*arguments: str):
    return CliRunner().invoke(cli.app, arguments)


def after(output: str, start: str) -> str:
    """The line that begins like this, and the one below it."""
    lines = output.splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith(start))
    return "\n".join(lines[index : index + 2])


@pytest.mark.parametrize("command", [[], ["doctor"], ["lab"]])
def test_help_works(command):
    """Old releases of Typer cannot print it with a new Click."""
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("train", "runs/RECIPE-SEED"),
        ("predict", "PICTURE-read.png"),
        ("predict", "capsnet-mnist, convnet-mnist, dense-mnist"),
        ("evaluate", "capsnet-mnist, convnet-mnist, dense-mnist"),
    ],
)
def test_help_names_choices_and_what_happens_by_default(command, told, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert told in re.sub(r"\s+", " ", run(command, "--help").output)


# ---- the explorer


@pytest.mark.parametrize("name", ["efficient-capsnet-mnist", "efficient-capsnet-toys"])
def test_the_explorer_opens_the_network_that_is_named(monkeypatch, name):
    opened = []
    monkeypatch.setattr(
        "voila.app.Voila.launch_instance", lambda argv: opened.append((Path(argv[0]).read_text(encoding="utf-8"), argv))
    )
    chosen = [] if name == "efficient-capsnet-mnist" else ["--network", name]
    assert run("explore", *chosen, "--port", "9000").exit_code == 0
    ((notebook, arguments),) = opened
    assert f"explorer('{name}')" in notebook
    assert f"os.chdir('{Path.cwd()}')" in notebook, "a run's pictures may be in a folder beside you"
    assert "--port 9000" in " ".join(arguments)
    assert "--network" not in arguments


def test_the_explorer_of_no_network_is_a_line():
    result = run("explore", "--network", "nobody")
    assert result.exit_code == 1
    assert "there are no weights 'nobody'; choose one of" in result.output


def test_what_the_explorer_would_refuse_is_said_before_it_starts(monkeypatch):
    """Voilà hides it."""
    monkeypatch.setattr("voila.app.Voila.launch_instance", lambda argv: pytest.fail("started"))
    small = models.efficient_capsnet(decoder=False).eval()
    monkeypatch.setattr("capsule_tutor.theatre.explore.loaded", lambda name: small)
    result = run("explore")
    assert (result.exit_code, "has no decoder to draw with; choose another one" in result.output) == (1, True)


@pytest.mark.parametrize("wish", [["--network", "capsnet-mnist"], ["--port", "9000"]])
def test_an_exported_file_is_not_made_of_wishes_that_it_cannot_fulfil(tmp_path, wish):
    result = run("explore", "--export", tmp_path / "explorer.html", *wish)
    assert result.exit_code == 1
    assert "The file always holds the same networks" in result.output
    assert not list(tmp_path.iterdir())


# ---- whatever happens


@pytest.fixture
def main(monkeypatch, tmp_path):
    """main("doctor", encoding="ascii") → (exit code, stdout, stderr) of the whole program."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def main_(*arguments, encoding="utf-8"):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
        err.reconfigure(errors="backslashreplace")  # as Python's own
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["capsule-tutor", *map(str, arguments)])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as end:
                cli.main()
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode(encoding))
        return end.value.code, *texts

    return main_


def zero(n, path):
    """The embedded test digits' 0 number n, as a picture on white paper."""
    split = data.digits("test")
    figures.save_pictures([split.images[(split.labels == 0).nonzero()[n, 0], 0]], path)
    return path


@pytest.fixture
def picture(tmp_path):
    return zero(2, tmp_path / "mine.png")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "ascii"])
def test_an_answer_is_printed_whatever_letters_the_terminal_has(main, picture, tmp_path, encoding):
    code, out, err = main("predict", picture, "--out", tmp_path / "read.png", encoding=encoding)
    assert (code, err) == (0, "")
    assert "0. In " in out
    assert ("━━━" if encoding == "utf-8" else "---") in out
    assert main("train", "list", encoding=encoding)[0] == 0
    assert main("predict", "--help", encoding=encoding)[0] == 0


@pytest.mark.parametrize("place", ["no/such/folder/read.png", "read.unknown"])
def test_a_drawing_that_cannot_be_saved_does_not_swallow_the_answer(picture, tmp_path, place):
    result = run("predict", str(picture), "--out", str(tmp_path / place))
    assert result.exit_code == 1
    assert "\n0.\n" in result.stdout
    assert "choose another --out" in result.stderr


@pytest.mark.parametrize("link", [False, True])
def test_the_picture_itself_is_never_overwritten(picture, link):
    content, out = picture.read_bytes(), picture
    if link:
        out = picture.with_name("other.png")
        out.hardlink_to(picture)
    result = run("predict", str(picture), "--out", str(out))
    assert result.exit_code == 1
    assert result.output.strip() == f"{out} is the picture itself, which would be lost; choose another --out"
    assert picture.read_bytes() == content


def test_doubt_is_said_without_a_number(tmp_path):
    strange = zero(4, tmp_path / "strange.png")  # to the network it is neither a 0 nor anything else
    for strict, code in (([], 0), (["--strict"], 1)):
        result = run("predict", str(strange), "--out", str(tmp_path / "read.png"), *strict)
        assert result.exit_code == code, result.output
        assert "No answer: the longest capsule has length 0.5" in result.output
        assert not re.search(r"^\d\.", result.output, re.MULTILINE)


def test_what_nobody_foresaw_is_one_line_and_a_file(main, monkeypatch):
    def fail():
        raise ZeroDivisionError("first line\nsecond line " + 1000 * "x")

    monkeypatch.setattr(cli, "examine", fail)
    code, out, err = main("doctor")
    assert (code, out) == (1, "")
    assert err.startswith("ZeroDivisionError: first line. The details are in ")
    assert len(err.splitlines()) == 1
    details = Path(re.search(r"details are in (.*?);", err)[1]).read_text(encoding="utf-8")
    assert "Traceback" in details
    assert "second line" in details
    assert "capsule-tutor" in details
    assert sys.version in details


def test_a_machine_that_cannot_even_keep_the_details_still_says_what_happened(main, monkeypatch):
    def fail():
        raise RuntimeError("x" * 10_000)

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "examine", fail)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    code, out, err = main("doctor")
    assert (code, out) == (1, "")
    assert err.startswith("RuntimeError: xxx")
    assert len(err) < 300


def test_progress_of_a_lesson_ends_with_what_comes_next(monkeypatch, tmp_path):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path))
    from capsule_tutor.checks import progress

    progress.record("02-squash", "passed")
    lines = run("progress", "2").stdout.splitlines()
    assert lines[-4].endswith(" passed")
    assert lines[-2] == "Next: exercise 02-squash-slope."


def test_recipes_say_how_long_they_took_where_that_is_known():
    lines = {line.split()[0]: line for line in run("train", "list").stdout.splitlines()}
    assert re.search(r" \d+\.\d minutes on CPU", lines["efficient-capsnet-fast"])
    assert "minutes on" not in lines["capsnet-paper"]


def test_progress_without_a_home_is_a_line(monkeypatch):
    def none():
        raise OSError("this user has no home folder")

    monkeypatch.setattr("capsule_tutor.checks.progress.folder", none)
    result = run("progress")
    assert result.exit_code == 1
    assert result.stderr.startswith("Nothing is recorded: this user has no home folder. Set CAPSULE_TUTOR_HOME")


# ---- doctor


@pytest.fixture
def versions(monkeypatch):
    """`versions(numpy="1.0")` pretends; None: not installed."""

    def pretend(**pretended):
        def version(name):
            if name not in pretended:
                return real(name)
            if pretended[name] is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return pretended[name]

        monkeypatch.setattr(importlib.metadata, "version", version)

    real = importlib.metadata.version
    return pretend


def test_the_versions_that_a_question_should_name(monkeypatch):
    told = f"Capsule Tutor {capsule_tutor.__version__}, PyTorch {importlib.metadata.version('torch')}, Python 3."
    assert run("--version").output.startswith(told)
    monkeypatch.setattr(importlib.metadata, "distributions", lambda name: [])
    assert "PyTorch missing" in run("--version").output


def test_doctor_is_content_with_a_working_setup():
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert "[FAIL]" not in result.output
    names = ("Python", "torch", "jupyterlab", "torch computes", "digits load", "shipped networks load")
    for name in (*names, "progress can be saved"):
        assert f"[OK]   {name}: " in result.output


def test_doctor_looks_at_all_that_the_lessons_need_and_no_more():
    names = {need.name for need in doctor._requirements()}
    assert {"torch", "scipy", "jupyterlab", "ipywidgets", "jupytext"} <= names
    assert not {"pytest", "nbval", "capsule-tutor"} & names


def test_doctor_names_a_missing_package(versions):
    versions(jupyterlab=None)
    result = run("doctor")
    assert result.exit_code == 1
    assert "not installed" in after(result.output, "[FAIL] jupyterlab:")
    assert f'{sys.executable} -m pip install "jupyterlab' in after(result.output, "[FAIL] jupyterlab:")


@pytest.mark.parametrize("found", ["1.0", "99.0"])
def test_doctor_names_a_version_that_will_not_do(versions, found):
    versions(numpy=found)
    result = run("doctor")
    assert result.exit_code == 1
    told = after(result.output, "[FAIL] numpy:")
    assert f"{found} is installed" in told
    assert 'pip install "numpy' in told
    assert ">=1.26" in told
    assert result.output.count("[FAIL]") == 1


def test_doctor_survives_a_broken_import(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    result = run("doctor")
    assert result.exit_code == 1
    told = after(result.output, "[FAIL] ipywidgets:")
    assert "is broken" in told
    assert 'pip install --force-reinstall "ipywidgets' in told
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("noted", "wanted"),
    [
        ('{"url": "file:///home/me/course", "dir_info": {}}', '"capsule-tutor[lab] @ file:///home/me/course"'),
        (
            '{"url": "https://x.org/c.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}',
            '"capsule-tutor[lab] @ git+https://x.org/c.git"',
        ),
        (None, '"FOLDER_OF_THE_COURSE[lab]"'),  # from a wheelhouse
        ("{", '"FOLDER_OF_THE_COURSE[lab]"'),
    ],
)
def test_without_a_checkout_an_extra_comes_from_where_the_package_came_from(noted, wanted, monkeypatch, tmp_path):
    class Installed:
        def read_text(self, name):
            return noted if name == "direct_url.json" else None

    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    assert doctor.pip_install_extra("lab").endswith(f"-m pip install {wanted}")


def test_doctor_survives_broken_modules_of_our_own(monkeypatch):
    monkeypatch.setitem(sys.modules, "capsule_tutor.data", None)
    monkeypatch.delattr("capsule_tutor.data", raising=False)
    result = run("doctor")
    assert result.exit_code == 1
    assert "[FAIL] digits load: " in result.output
    assert "[--]   MNIST files: " in result.output
    assert "Traceback" not in result.output


def test_doctor_survives_a_package_that_is_not_installed(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", missing)
    result = run("doctor")
    assert result.exit_code == 1
    assert "pip install -e" in after(result.output, "[FAIL] capsule-tutor:")
    assert "Traceback" not in result.output


def test_doctor_survives_a_broken_torch(tmp_path):
    """The commonest broken set-up of all."""
    (tmp_path / "torch.py").write_text("raise OSError('a library of torch cannot be loaded')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "capsule_tutor", "doctor"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HUNG)
    assert result.returncode == 1
    assert "a library of torch cannot be loaded" in after(result.stdout, "[FAIL] torch:")
    assert "Traceback" not in result.stdout + result.stderr


def test_doctor_names_a_progress_folder_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")  # holds for root, too, unlike a mode
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "file" / "progress"))
    result = run("doctor")
    assert result.exit_code == 1
    assert "CAPSULE_TUTOR_HOME" in after(result.output, "[FAIL] progress can be saved:")


@pytest.mark.parametrize("home", ["a folder", "a file", "none"])
def test_doctor_moves_progress_to_a_place_that_can_be_written(monkeypatch, tmp_path, home):
    """A remedy in the very home that cannot be written would be none."""
    file = tmp_path / "file"
    file.write_text("not a folder")
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(file / "progress"))
    (tmp_path / "my work").mkdir()
    monkeypatch.chdir(tmp_path / "my work")

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    places = {"a folder": lambda: tmp_path, "a file": lambda: file, "none": no_home}
    monkeypatch.setattr(Path, "home", places[home])
    with pytest.raises(doctor.Broken) as broken:
        doctor._progress()
    expected = (tmp_path if home == "a folder" else tmp_path / "my work") / "capsule-tutor-progress"
    assert str(expected) in broken.value.fix
    assert "CAPSULE_TUTOR_HOME" in broken.value.fix


def test_doctor_says_so_where_no_place_can_be_written(monkeypatch, tmp_path):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(doctor.Broken) as broken:
        doctor._progress()
    assert "no usual one can be written" in broken.value.fix


def test_doctor_does_not_demand_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path))
    result = run("doctor")
    assert result.exit_code == 0
    assert "data.mnist()" in after(result.output, "[--]   MNIST files:")


# ---- lab


@pytest.fixture
def started(monkeypatch, tmp_path):
    """What JupyterLab was started with, instead of starting it."""
    from jupyterlab.labapp import LabApp

    arguments = []

    def initialize_server(argv):
        arguments.extend(argv)
        return SimpleNamespace(
            open_browser="--no-browser" not in argv,
            public_url="http://localhost:8888/lab/tree/lessons?token=t",
            port=8888,
            start=lambda: arguments.append("started"),
        )

    monkeypatch.setattr(LabApp, "initialize_server", initialize_server)
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lessons").mkdir()
    for name in ("SSH_CONNECTION", "WAYLAND_DISPLAY", "JUPYTER_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    return arguments


@pytest.mark.parametrize("door", ["", "/00_start.ipynb"])
def test_lab_opens_the_front_door_or_a_handouts_lessons(started, tmp_path, door):
    if door:
        (tmp_path / "lessons" / "00_start.ipynb").touch()
    result = run("lab")
    assert result.exit_code == 0, result.output
    assert f"--ServerApp.root_dir={tmp_path}" in started
    assert f"--LabApp.default_url=/lab/tree/lessons{door}" in started
    assert "--no-browser" not in started
    assert started[-1] == "started"


def test_lab_passes_arguments_on_and_yields_to_them(started):
    run("lab", "--port", "9000", "--ServerApp.root_dir=elsewhere", "--no-browser")
    assert started[-5:-1] == ["--port", "9000", "--ServerApp.root_dir=elsewhere", "--no-browser"]
    assert sum("root_dir" in argument for argument in started) == 1
    assert started.count("--no-browser") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a desktop")
def test_lab_prints_the_address_where_there_is_no_desktop(started, monkeypatch):
    monkeypatch.delenv("DISPLAY")
    result = run("lab")
    assert "--no-browser" in started
    assert "Open this address in a browser: http://localhost:8888/lab/tree/lessons?token=t" in result.output


def test_lab_over_ssh_prints_the_address_and_how_to_reach_it(started, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    result = run("lab")
    assert "--no-browser" in started
    assert "ssh -L 8888:localhost:8888" in result.output


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no root")
@pytest.mark.parametrize("user", [0, 1000])
def test_lab_starts_for_root_too(started, monkeypatch, user):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    result = run("lab")
    assert ("--allow-root" in started) == (user == 0)
    assert ("You are root" in result.output) == (user == 0)


def test_lab_without_lessons_is_one_line(started, tmp_path):
    (tmp_path / "lessons").rmdir()
    result = run("lab")
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert "capsule-tutor start FOLDER" in result.output
    assert not started


def test_lab_prefers_the_lessons_of_the_folder_that_one_is_in(started, tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    (mine / "lessons").mkdir(parents=True)
    monkeypatch.chdir(mine)
    assert run("lab").exit_code == 0
    assert f"--ServerApp.root_dir={mine}" in started


def test_whoever_is_in_the_lessons_means_these(started, tmp_path, monkeypatch):
    mine = tmp_path / "mine" / "lessons"
    mine.mkdir(parents=True)
    (mine / "02_squash.ipynb").touch()
    monkeypatch.chdir(mine)
    assert f"The lessons in {mine}" in run("lab").output
    assert f"--ServerApp.root_dir={mine.parent}" in started
    assert cli._notebooks(["02"]) == [mine / "02_squash.ipynb"]


def test_lab_without_jupyterlab_is_one_line(started, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    result = run("lab")
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert "-m pip install" in result.output
