"""The checks are checked: right answers pass, every mutant is told its own misconception, a stub is no attempt."""

import json
import re
from pathlib import Path

import pytest

from capsule_tutor import checks

ROOT = Path(__file__).parents[1]
EXERCISES = list(checks.EXERCISES.values())
MUTANTS = [(e, m) for e in EXERCISES for m in e.mutants]


pytestmark = pytest.mark.usefixtures("own_progress")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_right_answers_pass(exercise):
    assert len(exercise.right) >= 2
    for function in (exercise.reference, *exercise.right):
        status, sentence, _ = exercise.verdict(function)
        assert status == "passed", f"{function.__name__}: {sentence}"


@pytest.mark.parametrize(("exercise", "mutant"), MUTANTS, ids=[f"{e.id}-{m.name}" for e, m in MUTANTS])
def test_mutants_are_told_their_own_misconception(exercise, mutant):
    status, sentence, _ = exercise.verdict(mutant.function)
    assert status == "not yet"
    score = r"(Caught \d+ of \d+, (no|\d+) false alarms?\.|It judges nothing yet: .*?, too\.) " if exercise.test else ""
    assert re.sub(f"^{score}", "", sentence) == mutant.says


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_stub_in_the_lesson_is_not_attempted(exercise):
    stub = _function_in(ROOT / "lessons", exercise)
    assert exercise.verdict(stub)[0] == "not attempted"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_solution_in_the_notebook_passes(exercise):
    status, sentence, _ = exercise.verdict(_function_in(ROOT / "solutions", exercise))
    assert status == "passed", sentence


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_declaration_is_complete(exercise):
    assert re.fullmatch(r"\d\d-[a-z-]+", exercise.id)
    assert len(exercise.mutants) >= 4
    assert len({m.says for m in exercise.mutants}) == len(exercise.mutants)
    assert len({m.name for m in exercise.mutants}) == len(exercise.mutants)
    assert all(len(text) > 20 for text in (exercise.goal, *exercise.hints))
    assert len(exercise.hints) == 3
    assert 1 <= exercise.difficulty <= 5
    assert 1 <= exercise.importance <= 5
    assert 1 <= exercise.minutes <= 20


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.gradient], ids=lambda e: e.id)
def test_oracle_gives_a_gradient_to_compare_with(exercise):
    assert any(g is not None for o in exercise.questions.expected for g in o.gradients)


def test_the_course_has_exercises_and_mutants_enough():
    assert len(EXERCISES) >= 12
    assert len(MUTANTS) >= 60


def _function_in(folder, exercise):
    """The learner's function as the notebook of this exercise's lesson defines it."""
    (path,) = folder.glob(f"{exercise.lesson}_*.ipynb")
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    sources = ["".join(c["source"]) for c in cells]
    (cell,) = [s for s in sources if f"checks.{exercise.name}({exercise.name})" in s]
    namespace = {}
    imports = [line for s in sources for line in s.splitlines() if line.startswith(("import ", "from "))]
    exec("\n".join(imports), namespace)
    exec(cell.replace(f"{exercise.name} = checks.{exercise.name}({exercise.name})", ""), namespace)
    return namespace[exercise.name]
