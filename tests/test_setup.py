"""The set-up: what the Makefile refuses and how, and files that must agree with pyproject.toml."""

import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from patience import HUNG

from capsule_tutor import teaching

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [*PROJECT["dependencies"], *(d for extra in PROJECT["optional-dependencies"].values() for d in extra)]

# ---- Makefile

needs_make = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("make"), reason="the Makefile is for systems that have make"
)


@pytest.fixture
def make(tmp_path):
    """`make("lab", python="exit 1")` runs in a copy of the checkout, with a pretended Python (a shell script)."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)

    def make_(*arguments: str, python: str = "") -> subprocess.CompletedProcess:
        command = ["make", *arguments]
        if python:
            script = tmp_path / "python"
            script.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n{python}\n')
            script.chmod(0o755)
            command.append(f"PYTHON={script}")
        # The make that may have started these tests must not hand its variables down.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HUNG)

    return make_


def refusal(result: subprocess.CompletedProcess) -> str:
    """The one line that a person reads; the other is make's own last word."""
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, result.stderr
    return lines[0]


@needs_make
@pytest.mark.parametrize("target", ["lab", "test", "progress", "build", "bench"])
def test_an_old_python_is_refused_before_anything_is_made(make, tmp_path, target):
    result = make(target, python='case "$*" in *version_info*) exit 1;; esac')
    assert "too new: Python 3.11 to 3.14 is needed" in refusal(result)
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_doctor_does_not_install_what_it_should_examine(make, tmp_path):
    assert refusal(make("doctor", python="exit 0")) == "There is no .venv yet: make lab sets it up"
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_a_python_without_venv_is_refused_before_anything_is_made(make, tmp_path):
    result = make("lab", python='case "$*" in *ensurepip*) echo ModuleNotFoundError >&2; exit 1;; esac')
    assert "python3-venv" in refusal(result)
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_a_missing_python_is_refused(tmp_path, make):
    result = make("lab", "PYTHON=python-that-is-not-there")
    assert "install Python 3.11 to 3.14" in refusal(result)
    assert not (tmp_path / ".venv").exists()


# A Python that makes a .venv whose own python is the same script, so that no package is really installed.
PRETENDER = """case "$*" in "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;; esac
case "$*" in *"pip install"*) test ! -e pip-breaks;; esac"""


@needs_make
def test_what_is_installed_is_not_installed_again(make, tmp_path):
    assert make("test", python=PRETENDER).returncode == 0
    assert make("lab").returncode == 0
    assert make("test", python=PRETENDER).returncode == 0
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    assert calls.count("pip install") == 1
    assert calls.count("tests/run.py") == 2
    assert calls.count("capsule_tutor lab") == 1


@needs_make
def test_an_interrupted_install_is_carried_on_by_the_next_call(make, tmp_path):
    (tmp_path / "pip-breaks").touch()
    assert make("lab", python=PRETENDER).returncode != 0
    (tmp_path / "pip-breaks").unlink()
    assert make("lab", python=PRETENDER).returncode == 0
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    assert calls.count("-m venv") == 1
    assert calls.count("pip install") == 2
    assert calls.count("capsule_tutor lab") == 1


@needs_make
def test_help_names_every_command():
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    assert all(f"make {target} " in told for target in phony)


# ---- agreement


def test_every_dependency_has_its_reason_beside_it():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for dependency in DEPENDENCIES:
        line = next(line for line in text.splitlines() if f'"{dependency}"' in line)
        if not dependency.startswith("capsule-tutor["):
            assert re.search(r'",\s+# \w+', line), line


def test_every_dependency_has_both_bounds():
    for dependency in map(Requirement, DEPENDENCIES):
        if dependency.name == "capsule-tutor":
            continue
        operators = {bound.operator for bound in dependency.specifier}
        assert operators in ({">=", "<"}, {"=="}), dependency


def test_environment_yml_says_what_pyproject_says():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    python, pip, packages = environment["dependencies"]
    assert python == f"python{PROJECT['requires-python']}"
    assert pip == "pip"
    assert packages == {"pip": ["-e .[lab]"]}
    assert "lab" in PROJECT["optional-dependencies"]


def test_the_workflow_runs_the_list_of_checks_everywhere():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert [entry["versions"] for entry in matrix["include"]] == matrix["versions"]
    oldest = next(entry for entry in matrix["include"] if entry["versions"] == "oldest")
    assert PROJECT["requires-python"] == f">={oldest['python']},<3.15"
    assert oldest["resolution"] == "lowest-direct"
    assert job["steps"][-1]["run"] == "python tests/run.py"


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_to_a_commit(path):
    """A tag can be moved to other code; beside the commit there is the version that it is."""
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert used
    for one in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)


def test_the_pages_workflow_builds_the_site_and_only_its_last_job_may_publish():
    workflow = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8"))
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in build
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert publish["needs"] == "build"
    install, make = (step["run"] for step in build["steps"] if "run" in step)
    assert '-e ".[site]"' in install
    assert "site" in PROJECT["optional-dependencies"]
    assert make == "python -m capsule_tutor site"
    default = inspect.signature(teaching.site).parameters["out"].default
    assert build["steps"][-1]["with"] == {"path": str(default)}


def test_the_makefile_and_ci_run_the_same_list():
    assert "tests/run.py" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").rstrip().endswith("make test")


def test_with_ci_set_every_lesson_runs_unsolved_once(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests")
    import run

    monkeypatch.setenv("CI", "1")
    still = [name for name in run.steps()["lessons"][1] if name.endswith(".ipynb")]
    moving = run.notebooks("lessons", like=run.MOVING)  # which the browser tests take
    assert sorted(still + moving) == sorted(f"lessons/{path.name}" for path in (ROOT / "lessons").glob("*.ipynb"))


def test_a_list_without_notebooks_cannot_pass(monkeypatch, tmp_path):
    """pytest without a file name would collect tests/ and pass."""
    monkeypatch.syspath_prepend(ROOT / "tests")
    import run

    monkeypatch.setattr(run, "ROOT", tmp_path)
    assert run.notebooks("lessons") == ["lessons/*.ipynb"]
