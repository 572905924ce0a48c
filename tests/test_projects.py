"""The notebooks that a project begins with: they run as they are, and again, and what they leave can be reported."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from patience import HUNG

from capsule_tutor import course

ROOT = Path(__file__).parents[1]
PROJECTS = sorted((ROOT / "lessons" / "projects").glob("*.ipynb"))


def test_every_track_has_one_and_the_lesson_links_to_it():
    assert [path.stem for path in PROJECTS] == ["own_data", "reproduce", "small"]
    assert course.projects() == PROJECTS
    text = (ROOT / "lessons" / f"{course.LESSONS[-1].stem}.ipynb").read_text(encoding="utf-8")
    for path in PROJECTS:
        assert f"](projects/{path.name})" in text


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.stem)
def test_it_runs_as_it_is_and_a_second_time_trains_nothing(path, tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path / "no-data"))
    shutil.copy(path, tmp_path)
    for _ in range(2):
        notebook = nbformat.read(tmp_path / path.name, as_version=4)
        assert not any(cell.get("outputs") for cell in notebook.cells)
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        resources = {"metadata": {"path": tmp_path}}
        NotebookClient(notebook, timeout=HUNG, resources=resources).execute(env=environment)
        printed = "".join(output.get("text", "") for c in notebook.cells for output in c.get("outputs", []))
    assert "epoch" not in printed
    assert list((tmp_path / "runs").glob("*/result.json"))
