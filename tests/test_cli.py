"""doctor names what is broken and what fixes it; lab starts JupyterLab as a learner needs it."""

import importlib.metadata
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from patience import HUNG
from typer.testing import CliRunner

from capsule_tutor import cli, doctor


@pytest.fixture(autouse=True)
def own_progress(monkeypatch, tmp_path):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "progress"))


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


def test_doctor_is_content_with_a_working_setup():
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert "[FAIL]" not in result.output
    names = ("Python", "torch", "jupyterlab", "torch computes", "digits load", "shipped networks load")
    for name in (*names, "progress can be saved"):
        assert f"[OK]   {name}: " in result.output


def test_doctor_looks_at_all_that_the_lessons_need_and_no_more():
    names = {need.name for need in doctor._requirements()}
    assert {"torch", "scikit-learn", "jupyterlab", "ipywidgets"} <= names
    assert not {"pytest", "jupytext", "capsule-tutor"} & names


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
    (tmp_path / "lessons").mkdir()
    for name in ("SSH_CONNECTION", "WAYLAND_DISPLAY", "JUPYTER_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    return arguments


def test_lab_opens_the_lessons(started, tmp_path):
    result = run("lab")
    assert result.exit_code == 0, result.output
    assert f"--ServerApp.root_dir={tmp_path}" in started
    assert "--LabApp.default_url=/lab/tree/lessons" in started
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
    assert "checkout" in result.output
    assert not started


def test_lab_without_jupyterlab_is_one_line(started, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    result = run("lab")
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert "-m pip install" in result.output
