"""What a learner waits for: the answer of a check, and a lesson from top to bottom, beside the limit for each."""

import os
import statistics
import time
from functools import cached_property
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from capsule_tutor import checks

LESSONS = sorted((Path(__file__).parents[2] / "lessons").glob("*.ipynb"))


def first_answer(exercise):
    """Seconds for a right answer to an exercise that nothing has been computed for yet."""
    for name, value in vars(type(exercise)).items():
        if isinstance(value, cached_property):
            vars(exercise).pop(name, None)
    start = time.perf_counter()
    assert exercise.verdict(exercise.reference)[0] == "passed"
    return time.perf_counter() - start


def test_a_check_answers(benchmark, report):
    seconds = benchmark.pedantic(lambda: [first_answer(e) for e in checks.EXERCISES.values()], rounds=3)
    report("a check's answer, median of all exercises, beside its limit", statistics.median(seconds), 0.3, "s")
    report("a check's answer, slowest exercise, beside its limit", max(seconds), 1.0, "s")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_from_top_to_bottom(benchmark, report, path, tmp_path):
    def run():
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}})
        client.execute(env={**os.environ, "CAPSULE_TUTOR_HOME": str(tmp_path)})

    start = time.perf_counter()
    benchmark.pedantic(run, rounds=1)
    report(f"lesson {path.stem}, unsolved, beside its limit", time.perf_counter() - start, 60, "s")
