"""The loader: a new file is an exercise at once, and a file that lacks something is refused with one line."""

import re
import subprocess
import sys
from types import ModuleType

import pytest

from capsule_tutor import exercises

GOAL = '"""Write `double(x, times=2)`: x added to itself."""'
REST = '''
from capsule_tutor.checks.cases import case, numbers

EFFORT = {"minutes": 3, "difficulty": 1, "importance": 1}
HINTS = ("Add.", "Add x to x.", "`return times * x`")


def double(x, times=2):
    return times * x


reference = double


def oracle(x, times=2):
    return sum(x for _ in range(times))


def cases():
    return [case("three numbers", numbers(3)), case("three numbers", numbers(3), times=5)]


class right:
    def by_sum(x, times):
        return sum([x] * times)


class wrong:
    def squared(x, times):
        """You squared x.

        Double   it.
        """
        return x * x

    def two_typed_in(x, *, times):
        """You typed in the 2."""
        return x + x
'''


@pytest.fixture
def course(tmp_path, monkeypatch):
    """course("lesson98/double.py", text) writes a file of a course of its own, beside the real one."""
    monkeypatch.setattr(exercises, "FOLDER", tmp_path)
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    for cached in (exercises.files, exercises.load):
        cached.cache_clear()

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write("lesson98/__init__.py", "ORDER = ()\nPREDICTIONS = {}\n")
    yield write
    for cached in (exercises.files, exercises.load):
        cached.cache_clear()
    for name in [name for name in sys.modules if name.startswith(("capsule_tutor.exercises.lesson9",))]:
        del sys.modules[name]


def test_a_new_file_is_an_exercise_without_being_listed(course, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "home"))
    course("lesson98/double.py", GOAL + REST)
    double = exercises.load("double")
    assert (double.id, double.goal) == ("98-double", "Write `double(x, times=2)`: x added to itself.")
    assert [mutant.says for mutant in double.mutants] == ["You squared x.\n\nDouble it.", "You typed in the 2."]
    for function in (double.reference, *double.right):
        assert double.verdict(function)[0] == "passed"
    for mutant in double.mutants:
        assert double.verdict(mutant.function)[:2] == ("not yet", mutant.says)
    assert double.right[0](3) == 6, "the reference's default"
    assert double(lambda x, times=2: times * x)(4) == 8
    assert "✓ 98-double: passed." in capsys.readouterr().out


@pytest.mark.parametrize("part", ["ORDER", "PREDICTIONS"])
def test_a_lesson_says_its_order_and_its_answers(course, part):
    course("lesson98/__init__.py", "ORDER = ()\nPREDICTIONS = {}\n".replace(part, part.lower()))
    with pytest.raises(exercises.ExerciseError, match=rf"^lesson98/__init__.py: it has no {part}$"):
        exercises.files()


def test_files_that_no_order_names_come_after_those_it_does(course):
    course("lesson98/__init__.py", 'ORDER = ("triple",)\nPREDICTIONS = {}\n')
    for name in ("double", "triple", "single"):
        course(f"lesson98/{name}.py", GOAL + REST)
    assert list(exercises.files()) == ["triple", "double", "single"]


@pytest.mark.parametrize(
    ("file", "before", "after", "problem"),
    [
        ("double", GOAL, "", "lesson98/double.py: it has no docstring: write there what the learner is to do"),
        ("double", "EFFORT = ", "effort = ", "lesson98/double.py: it has no `EFFORT`"),
        ("double", "reference = double", "", "lesson98/double.py: it has no `reference`"),
        ("double", "class wrong", "class mutants", "lesson98/double.py: it has no `wrong`"),
        ("double", '"importance": 1', "", "double.py: its EFFORT does not name minutes, difficulty and importance"),
        ("double", '"Add.", ', "", "double.py: it does not have three HINTS"),
        ("double", '"Add.", ', '"Add." ', "double.py: it does not have three HINTS"),
        ("double", '"Add.", ', '"", ', "double.py: it does not have three HINTS"),
        ("double", '"""You typed in the 2."""', "", "double.py: wrong.two_typed_in has no docstring"),
        ("double", "def two_typed_in", "def squared", "double.py: wrong.squared is there twice"),
        ("twice", "", "", "lesson98/twice.py: its reference is called double, not twice"),
        (
            "double",
            "def squared(x, ",
            "def squared(x=1, other, ",
            "double.py: wrong.squared must have its parameters in",
        ),
        ("board", "", "", "lesson98/board.py: the name is taken by checks.board itself"),
    ],
)
def test_what_is_missing_is_said_in_one_line(course, file, before, after, problem):
    text = (GOAL + REST).replace(before, after)
    if "other" in after:  # a default of its own before a parameter that has none
        text = (GOAL + REST).replace("def squared(x, times)", "def squared(times, x)")
    course(f"lesson98/{file}.py", text)
    with pytest.raises(exercises.ExerciseError) as error:
        exercises.load(file)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


AS_A_TEST = '''
EFFORT = {"minutes": 3, "difficulty": 1, "importance": 1}
HINTS = ("Run it.", "Run it on 2.", "`assert double(2) == 4`")


def double_test(double):
    assert double(3) == 6


reference = double_test


class sound:
    def by_sum(x):
        """a right double"""
        return x + x


class broken:
    def squared(x):
        """a square."""
        return x * x


class right:
    def on_five(double):
        assert double(5) == 10


class wrong:
    def on_two(double):
        """Two is its own secret: 2 · 2 is 2 + 2."""
        assert double(2) == 4
'''


def test_an_answer_may_be_a_test(course):
    course("lesson98/double_test.py", '"""Write a test of `double(x)`."""' + AS_A_TEST)
    exercise = exercises.load("double_test")
    assert [str(case) for case in exercise.cases()] == ["a right double", "a square."]
    for function in (exercise.reference, *exercise.right):
        assert exercise.verdict(function)[:2] == ("passed", "Caught 1 of 1, no false alarm.")
    said = "Caught 0 of 1, no false alarm. Two is its own secret: 2 · 2 is 2 + 2."
    assert exercise.verdict(exercise.mutants[0].function)[:2] == ("not yet", said)


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        ('"""a square."""', "double_test.py: broken.squared has no docstring: write there what code it is"),
        ("class sound", "double_test.py: it has no `sound`"),
    ],
)
def test_the_code_of_a_test_is_described(course, before, problem):
    text = '"""Write a test of `double(x)`."""' + AS_A_TEST.replace(before, "" if "square" in before else "class fine")
    course("lesson98/double_test.py", text)
    with pytest.raises(exercises.ExerciseError, match=re.escape(problem)):
        exercises.load("double_test")


def test_a_name_belongs_to_one_exercise(course):
    course("lesson98/double.py", GOAL + REST)
    course("lesson99/__init__.py", "ORDER = ()\nPREDICTIONS = {}\n")
    course("lesson99/double.py", GOAL + REST)
    with pytest.raises(exercises.ExerciseError, match=r"^lesson99/double.py: the name is taken by lesson98/double.py$"):
        exercises.files()


def test_an_order_names_only_what_is_there(course):
    course("lesson98/__init__.py", 'ORDER = ("treble",)\nPREDICTIONS = {}\n')
    with pytest.raises(exercises.ExerciseError, match=r"its ORDER names 'treble', and there is no such file$"):
        exercises.files()


def test_sentences_are_there_where_python_drops_docstrings(course, monkeypatch):
    course("lesson98/double.py", GOAL + REST)
    module = ModuleType("capsule_tutor.exercises.lesson98.double")
    exec(compile(GOAL + REST, "double.py", "exec", optimize=2), vars(module))  # as `python -OO` does
    monkeypatch.setitem(sys.modules, module.__name__, module)
    double = exercises.load("double")
    assert double.mutants[1].function.__doc__ is None
    assert double.mutants[1].says == "You typed in the 2."
    assert double.goal == "Write `double(x, times=2)`: x added to itself."


def test_an_exercise_is_loaded_when_it_is_asked_for():
    code = (
        "import sys\n"
        "from capsule_tutor import checks\n"
        "assert not [name for name in sys.modules if name.startswith('capsule_tutor.exercises')]\n"
        "checks.squash\n"
        "print(*(name for name in sys.modules if 'exercises.lesson' in name and name.count('.') == 3))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.stdout.split() == ["capsule_tutor.exercises.lesson02.squash"], said.stderr
