"""Whatever a learner's function does, the check says one clear line, the lesson goes on and nothing is lost."""

import _thread
import builtins
import ctypes
import html
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from capsule_tutor import checks, course, frontend, functional
from capsule_tutor.checks import apart, exercise, guard, progress, wording

SQUASH = checks.find("02-squash")
by_norm = SQUASH.right[0]  # a right answer that is not the package's own
CORRELATION = checks.find("11-correlation")  # has no gradient, and gives three numbers


pytestmark = pytest.mark.usefixtures("own_progress")


@pytest.fixture(params=["in a fork", "in a thread"])
def way(request, monkeypatch):
    """Both ways to run an answer. Windows and macOS know only the second."""
    if request.param == "in a thread":
        monkeypatch.setenv("CAPSULE_TUTOR_APART", "0")
    elif not apart.possible():
        pytest.skip("this system cannot fork a notebook")
    return request.param


def loops_for_ever(s, dim=-1, eps=1e-8):
    while True:
        pass


def loops_and_catches_everything(s, dim=-1, eps=1e-8):
    for _ in range(8):  # a bare except in a loop: each Stopped ends one round
        try:
            while True:
                pass
        except:  # noqa: E722
            pass
    return s


def loops_after_an_import(s, dim=-1, eps=1e-8):
    import math

    while math.pi:
        pass


def exits(s, dim=-1, eps=1e-8):
    exit()


def exits_by_sys(s, dim=-1, eps=1e-8):
    sys.exit(1)


def exits_at_once(s, dim=-1, eps=1e-8):
    os._exit(1)


def raises(s, dim=-1, eps=1e-8):
    return s[7]


def raises_keyboard_interrupt(s, dim=-1, eps=1e-8):
    raise KeyboardInterrupt


def recurses(s, dim=-1, eps=1e-8):
    return recurses(s)


def returns_nothing(s, dim=-1, eps=1e-8):
    s * 2


def returns_a_list(s, dim=-1, eps=1e-8):
    return s.tolist()


def returns_two(s, dim=-1, eps=1e-8):
    return s, s


def returns_a_string(s, dim=-1, eps=1e-8):
    return "squashed"


def returns_numpy(s, dim=-1, eps=1e-8):
    return s.detach().numpy()


def returns_complex(s, dim=-1, eps=1e-8):
    return s * 1j


def returns_sparse(s, dim=-1, eps=1e-8):
    return s.detach().to_sparse()


def returns_double(s, dim=-1, eps=1e-8):
    return functional.squash(s, dim, eps).double()


def returns_infinity(s, dim=-1, eps=1e-8):
    return s / 0


def takes_no_input():
    return 1


def misses_a_dtype(s, dim=-1, eps=1e-8):
    return torch.arange(3, dtype=torch.complex64)


def replaces_torch(s, dim=-1, eps=1e-8):
    torch.sqrt = torch.square
    return functional.squash(s, dim, eps)


def changes_the_length(s, dim=-1, eps=1e-8):
    return 1.5 * functional.squash(s, dim, eps)


def slightly_wrong(s, dim=-1, eps=1e-8):
    return 0.9 * functional.squash(s, dim, eps)


def no_gradient(s, dim=-1, eps=1e-8):
    return functional.squash(s.detach(), dim, eps)


BAD = {
    loops_for_ever: "did not finish within 0.5 s",
    loops_and_catches_everything: "did not finish within 0.5 s",
    loops_after_an_import: "Or a slow `import`? Put that above your function",
    exits: "exit() would end the whole lesson",
    exits_by_sys: "exit() would end the whole lesson",
    exits_at_once: "exit() would end the whole lesson",
    raises: "raised IndexError: index 7 is out of bounds",
    raises_keyboard_interrupt: "raised KeyboardInterrupt",
    recurses: "raised RecursionError",
    returns_nothing: "returned None. Is the `return` missing?",
    returns_a_list: "returned a list; expected a Tensor",
    returns_two: "returned 2 values; expected one value",
    returns_a_string: "returned a str; expected a Tensor",
    returns_numpy: "returned an ndarray; expected a Tensor",
    returns_complex: "the dtype is complex64; expected float32",
    takes_no_input: "takes 0 positional arguments but 1 was given",
    misses_a_dtype: "raised ",  # NotImplementedError or RuntimeError, by the version of torch
    returns_double: "the dtype is float64; expected float32",
    returns_infinity: "there are infinities in the result",
    replaces_torch: "it replaced torch.sqrt by something else",
    changes_the_length: "squash never exceeds 1",
    slightly_wrong: "entries differ; the first, at [0, 0, 0]",
    no_gradient: "no gradient flows back to `s`",
}


@pytest.mark.parametrize("function", BAD, ids=lambda f: f.__name__)
def test_one_clear_line_and_the_reference_back(function, way, capsys, monkeypatch):
    if "loops" in function.__name__:
        monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", "0.5")
    assert SQUASH(function) is functional.squash
    out = capsys.readouterr().out
    assert out.startswith("✗ 02-squash: not yet. ")
    assert BAD[function] in out
    assert out.count("\n") == 1
    assert "Traceback" not in out


@pytest.mark.parametrize("strange", [returns_sparse, 3, None, "squash", torch.ones(2), type, print, torch.softmax, len])
def test_strange_answers_never_raise(strange, capsys):
    assert SQUASH(strange) is functional.squash
    assert capsys.readouterr().out.splitlines()[-1].startswith("✗ 02-squash: not yet. ")


def test_a_loop_that_catches_everything_leaves_no_thread_behind(monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", "0.5")
    SQUASH(loops_and_catches_everything)
    assert not [thread for thread in threading.enumerate() if thread.name == "capsule-tutor-check"]


def test_the_learners_line_is_quoted(tmp_path, capsys):
    source = tmp_path / "cell.py"
    source.write_text("def squash(s, dim=-1, eps=1e-8):\n    return s.no_such_method()\n")
    names = {}
    exec(compile(source.read_text(encoding="utf-8"), str(source), "exec"), names)
    SQUASH(names["squash"])
    assert "(in the line `return s.no_such_method()`)" in capsys.readouterr().out


@pytest.mark.parametrize("body", ["raise NotImplementedError", "return ...", "scale = ...\n    return scale * s"])
def test_an_unfilled_stub_is_no_attempt(body, capsys):
    names = {}
    exec(f"def squash(s, dim=-1, eps=1e-8):\n    {body}", names)
    assert SQUASH(names["squash"]) is functional.squash
    assert capsys.readouterr().out.startswith("○ 02-squash: not attempted.")
    assert "02-squash" not in progress.load()


def test_a_half_filled_stub_is_shown_its_gap(tmp_path, capsys):
    def squash(s, dim=-1, eps=1e-8):
        n2 = (s * s)[..., :].sum(dim, keepdim=True)
        scale = ...
        return scale * s / n2

    SQUASH(squash)
    assert "not attempted. There is still a `...` to fill in: `scale = ...`." in capsys.readouterr().out


def test_a_flood_of_prints_is_cut(capsys):
    def floods(s, dim=-1, eps=1e-8):
        for _ in range(10_000):
            print("x" * 100)
        return by_norm(s, dim, eps)

    assert SQUASH(floods) is floods
    out = capsys.readouterr().out
    assert len(out) < 3 * guard.PRINT_LIMIT
    assert "more characters" in out
    assert out.splitlines()[-1].startswith("✓ 02-squash: passed.")


def test_prints_are_shown_because_learners_debug_with_them(capsys):
    def prints(s, dim=-1, eps=1e-8):
        print("length", 7)
        return by_norm(s, dim, eps)

    SQUASH(prints)
    assert "  length 7   (10 times)\n" in capsys.readouterr().out


class Liar(torch.Tensor):
    """Says that it is close to everything, and has the shape that is wanted."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True

    shape = (2, 5, 4)


class Unreadable(Exception):
    def __str__(self):
        raise self


def holds_the_interpreter_lock(s, dim=-1, eps=1e-8):
    return re.match(r"(a+)+$", "a" * 40 + "b")


def sleeps(s, dim=-1, eps=1e-8):
    time.sleep(1e6)


def has_an_endless_message(s, dim=-1, eps=1e-8):
    class Endless(Exception):
        def __str__(self):
            while True:
                pass

    raise Endless


def has_an_unreadable_message(s, dim=-1, eps=1e-8):
    raise Unreadable


def exits_by_another_name(s, dim=-1, eps=1e-8, leave=os._exit):
    leave(0)


def becomes_another_program(s, dim=-1, eps=1e-8):
    os.execv("/bin/true", ["true"])


def kills_itself(s, dim=-1, eps=1e-8):
    os.kill(os.getpid(), signal.SIGKILL)


def aborts(s, dim=-1, eps=1e-8):
    os.abort()


def reads_nowhere(s, dim=-1, eps=1e-8):
    ctypes.string_at(0)


def recurses_in_c(s, dim=-1, eps=1e-8):
    sys.setrecursionlimit(10**9)
    nested = []
    for _ in range(10**6):
        nested = [nested]
    return repr(nested)


def takes_all_memory(s, dim=-1, eps=1e-8):
    return torch.ones(10**12)


def lies_about_itself(s, dim=-1, eps=1e-8):
    return torch.ones(7).as_subclass(Liar)


def asks(s, dim=-1, eps=1e-8):
    return input("How long? ")


def generates(s, dim=-1, eps=1e-8):
    yield s


async def waits(s, dim=-1, eps=1e-8):
    return s


HOSTILE = {
    holds_the_interpreter_lock: "did not finish within 0.5 s",
    sleeps: "did not finish within 0.5 s",
    has_an_endless_message: "did not finish within 0.5 s",
    has_an_unreadable_message: "raised Unreadable",
    exits_by_another_name: "exit() would end the whole lesson",
    becomes_another_program: "exit() would end the whole lesson",
    kills_itself: "it crashed Python itself (SIGKILL)",
    aborts: "it crashed Python itself (SIGABRT)",
    reads_nowhere: "it crashed Python itself (SIGSEGV)",
    recurses_in_c: "it ",  # a crash or no end, by the version of Python
    takes_all_memory: "can't allocate memory",
    lies_about_itself: "the shape is (7,)",
    asks: "nobody answers input() during a check",
    generates: "returned a generator; expected a Tensor",
    waits: "returned a coroutine; expected a Tensor",
}


@pytest.mark.skipif(not apart.possible(), reason="this system cannot fork a notebook")
@pytest.mark.parametrize("function", HOSTILE, ids=lambda f: f.__name__)
def test_what_would_end_a_kernel_costs_one_line(function, capfd, monkeypatch):
    if "0.5 s" in HOSTILE[function]:
        monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", "0.5")
    assert SQUASH(function) is functional.squash
    out, err = capfd.readouterr()
    assert out.startswith("✗ 02-squash: not yet. ")
    assert HOSTILE[function] in out
    assert not err
    with pytest.raises(ChildProcessError):  # nothing is left of the fork
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.skipif(not apart.possible(), reason="this system cannot fork a notebook")
def test_what_an_answer_starts_ends_with_it(capfd):
    seconds = f"9876{os.getpid()}"  # a program that no other test has started

    def leaves_things_running(s, dim=-1, eps=1e-8):
        subprocess.Popen(["sleep", seconds])
        threading.Thread(target=loops_for_ever, args=(s,)).start()
        os.write(1, b"x" * 10_000)
        return by_norm(s, dim, eps)

    threads = threading.active_count()
    assert SQUASH(leaves_things_running) is leaves_things_running
    assert capfd.readouterr().out.count("\n") == 1
    assert threading.active_count() == threads
    for _ in range(100):  # a process that was killed takes a moment to go
        running = [p for p in Path("/proc").glob("[0-9]*/cmdline") if seconds.encode() in _read(p)]
        if not running:
            break
        time.sleep(0.1)
    assert not running


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_world_is_as_it_was(way, tmp_path):
    def world():
        numbers = (torch.rand(1).item(), random.random(), np.random.rand())  # noqa: NPY002
        names = (torch.sqrt, builtins.exit, builtins.sum, builtins.input, sys.exit, os._exit, sys.stdout, Path.cwd())
        options = (torch._tensor_str.PRINT_OPTS.precision, np.get_printoptions()["precision"], list(warnings.filters))
        return numbers, names, options, dict(os.environ), list(sys.path), sys.getrecursionlimit(), torch.ones(1).dtype

    def vandal(s, dim=-1, eps=1e-8):
        torch.manual_seed(7)
        random.seed(7)
        np.random.seed(7)  # noqa: NPY002
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.set_grad_enabled(False)
        torch.set_printoptions(precision=1)
        np.set_printoptions(precision=1)
        warnings.simplefilter("error")
        os.chdir(tmp_path)
        os.environ["HOME"] = "nowhere"
        sys.path.insert(0, "nowhere")
        sys.setrecursionlimit(10_000)
        torch.sqrt = builtins.sum = None
        exit()

    def seeded():
        for seed in (torch.manual_seed, random.seed, np.random.seed):
            seed(1)

    seeded()
    before = world()
    seeded()
    SQUASH(vandal)
    assert world() == before
    assert torch.is_grad_enabled()


def test_the_reference_that_a_lesson_went_on_with_is_not_the_learners(capsys):
    squash = SQUASH(slightly_wrong)
    capsys.readouterr()
    squash = SQUASH(squash)
    assert squash is functional.squash
    out = capsys.readouterr().out
    assert out.startswith(
        "○ 02-squash: not attempted. That is the package's own `squash`, with which the lesson goes on"
    )
    assert progress.load()["02-squash"]["attempts"] == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: torch.set_grad_enabled(False), "gradients were switched off"),
        (lambda: torch.set_default_dtype(torch.float64), "the default dtype was float64"),
        (lambda: torch.set_default_device("meta"), "the default device was meta"),
    ],
    ids=["gradients", "dtype", "device"],
)
def test_what_an_untidy_notebook_has_set_is_named_and_set_back(change, sentence, capsys):
    change()
    assert SQUASH(by_norm) is by_norm
    assert f"(In this notebook {sentence}. That is back as it usually is.)" in capsys.readouterr().out
    assert torch.ones(1, requires_grad=True).exp().requires_grad
    assert (torch.ones(1).dtype, torch.ones(1).device.type) == (torch.float32, "cpu")
    assert SQUASH(slightly_wrong) is functional.squash
    assert "In this notebook" not in capsys.readouterr().out


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu")])
def test_a_right_answer_passes_inside_of_anything(around):
    with around():
        assert SQUASH(by_norm) is by_norm


def test_a_torch_function_replaced_in_the_notebook_is_named_and_put_back(capsys):
    original = torch.softmax
    torch.softmax = "my favourite function"
    SQUASH(by_norm)
    assert torch.softmax is original
    assert "torch.softmax had been replaced" in capsys.readouterr().out
    assert SQUASH(by_norm) is by_norm


def test_torch_may_wrap_its_own_functions():
    # In a fresh process, because a compiler is imported only once.
    code = (
        "import torch; from capsule_tutor import checks, functional; before = torch.manual_seed\n"
        "import torch._dynamo; assert torch.manual_seed is not before, 'torch no longer does this'\n"
        "assert checks.squash.verdict(functional.squash)[0] == 'passed'"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_exit_of_a_notebook_is_disarmed_too(capsys):
    class KernelExit:  # stands for IPython's `exit`, which lives in the notebook's own names
        def __call__(self):
            raise AssertionError("the kernel is gone")

    names = {"exit": KernelExit()}
    exec("def squash(s, dim=-1, eps=1e-8):\n    exit()", names)
    SQUASH(names["squash"])
    assert "exit() would end the whole lesson" in capsys.readouterr().out
    assert isinstance(names["exit"], KernelExit)


@pytest.fixture
def stop_button():
    """As in a kernel; a shell that starts its children in the background lets them ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield _thread.interrupt_main
    signal.signal(signal.SIGINT, before)


def test_the_stop_button_reaches_the_notebook(stop_button):
    SQUASH(by_norm)  # what a check computes once is computed
    started = time.monotonic()

    def stopped():  # the timer begins inside, so that on a busy machine no interrupt comes before it is expected
        threading.Timer(0.3, stop_button).start()
        SQUASH(loops_for_ever)

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert time.monotonic() - started < 50
    assert not [thread for thread in threading.enumerate() if thread.name == "capsule-tutor-check"]


def test_a_right_answer_comes_back_and_is_recorded(capsys):
    def squash(s, dim=-1, eps=1e-8):
        return by_norm(s, dim, eps)

    assert SQUASH(squash) is squash
    assert "✓ 02-squash: passed." in capsys.readouterr().out
    assert progress.load()["02-squash"]["status"] == "passed"


@pytest.mark.parametrize("variable", ["CAPSULE_TUTOR_STRICT", "NBGRADER_EXECUTION"])
@pytest.mark.parametrize("function", [None, loops_for_ever])
def test_strict_mode_raises(variable, function, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", "0.5")
    monkeypatch.setenv(variable, "1")
    with pytest.raises(checks.CheckFailed, match="02-squash: not yet"):
        SQUASH(function)


def test_strict_mode_gives_a_blank_no_marks(monkeypatch):
    def squash(s, dim=-1, eps=1e-8):
        raise NotImplementedError

    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(checks.CheckFailed, match="not attempted"):
        SQUASH(squash)


def test_strict_mode_goes_on_with_the_reference(monkeypatch):
    # As in a notebook: the name is the notebook's own, and the exception is caught where the grade is taken.
    notebook = {"checks": checks, "__name__": "__main__"}
    exec("def squash(s, dim=-1, eps=1e-8):\n    return s", notebook)
    monkeypatch.setenv("CAPSULE_TUTOR_STRICT", "1")
    with pytest.raises(checks.CheckFailed):
        exec("squash = checks.squash(squash)", notebook)
    assert notebook["squash"] is functional.squash


def test_strict_mode_lets_a_right_answer_through(monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_STRICT", "1")
    assert SQUASH(by_norm) is by_norm


def test_hints_and_questions(capsys):
    SQUASH.hint(2)
    SQUASH.hint(9)
    checks.predict("02-zero", "?")
    checks.predict("02-zerro", "a")
    checks.predict("02-zero", ["unhashable"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Hint 2 of 3 for 02-squash: ")
    assert lines[1] == "02-squash has hints 1, 2 and 3, not 9."
    assert lines[2] == '○ Your guess? Write checks.predict("02-zero", "a")'
    assert lines[3] == "There is no question '02-zerro'. Did you mean '02-zero'?"
    assert lines[4] == lines[2]


def test_a_guess_gets_mark_answer_and_reason_and_the_first_one_counts(capsys):
    for guess in ("b", "A", "c"):
        checks.predict("02-zero", guess)
    wrong, right, _ = capsys.readouterr().out.splitlines()
    assert wrong.startswith("✗ You said b. 0 would be the sensible answer")
    assert wrong.endswith("The answer is a: 0/0 is NaN, and NaN times anything is NaN.")
    assert right == "✓ You said a. Yes: 0/0 is NaN, and NaN times anything is NaN."
    assert progress.guesses() == {"02-zero": "b"}
    assert checks.standing("02").endswith("0 of 4 passed\nguesses: 0 right, 1 wrong, 2 not made")
    checks.predict("02-steepest", "b")
    assert checks.standing("02").endswith("0 of 4 passed\nguesses: 1 right, 1 wrong, 1 not made")


def test_where_to_look_is_the_last_thing_that_a_wrong_guess_is_told(capsys):
    checks.predict("02-steepest", "a")
    said = capsys.readouterr().out.strip()
    assert said == (
        "✗ You said a. A sigmoid is steepest at 0. Squash is flat there: its curve begins like n². The answer is b, at "
        "1/√3 ≈ 0.577, where the new length is 1/4. The next picture shows it."
    )


def test_a_page_of_jupyterlab_gets_html(monkeypatch):
    shown = []
    monkeypatch.setattr(frontend, "page", lambda: Path("lessons/02_squash.ipynb"))
    monkeypatch.setattr(frontend, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    sentence = "with a < b it is " + "much too long for one printed line, " * 5 + "and ends."
    wording.say(wording.line("not yet", "02-squash: not yet.", sentence))
    (data,) = shown
    assert data["text/plain"] == f"✗ 02-squash: not yet. {sentence}"
    assert f'<b class="capsule-tutor-31">✗ 02-squash: not yet.</b> {html.escape(sentence)}</div>' in data["text/html"]


def test_what_an_answer_prints_in_every_case_does_not_flood_the_cell():
    assert wording.folded("fine\n" * 60) == "fine   (60 times)"
    lines = wording.folded("".join(f"{n}\n" for n in range(60))).split("\n")
    assert lines == [*map(str, range(wording.MOST_LINES)), f"… and {60 - wording.MOST_LINES} more lines"]
    assert len(wording.folded("x" * 10**6)) == wording.MOST_LETTERS + 1


def test_the_overview_counts_by_lesson_and_names_what_comes_next(capsys):
    progress.record("01-lengths", "passed")
    progress.record("01-pose", "passed")
    progress.guess("01-parts", "c")
    checks.overview()
    lines = capsys.readouterr().out.splitlines()
    assert re.split(r" {2,}", lines[0]) == ["01 Capsules", "2 of 4 passed,", "1 of 5 guesses right"]
    assert len(lines) == len(course.here()) + 1
    assert lines[-1] == "Next: lesson 01, exercise 01-equivariance-error"


@pytest.mark.parametrize("lesson", [4, "4", "04", "lesson 4", "Lesson 04", "04_dynamic_routing"])
def test_a_board_takes_a_lesson_however_it_is_called(lesson, capsys):
    checks.board(lesson)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "○ 04-parent-poses not attempted"
    assert lines[-2:] == ["0 of 5 passed", "guesses: 0 right, 0 wrong, 5 not made"]


@pytest.mark.parametrize(
    ("lesson", "sentence"),
    [
        ("77", "There is no lesson '77'; there are 01 to 16."),
        ("squash", "There is no lesson 'squash'; there are 01 to 16."),
    ],
)
def test_a_board_says_what_is_not_there(lesson, sentence, capsys):
    checks.board(lesson)
    assert capsys.readouterr().out == sentence + "\n"


def test_the_whole_board_knows_the_effort():
    SQUASH(by_norm)
    lines = checks.standing(effort=True).splitlines()
    assert len(lines) == len(checks.EXERCISES) + 3
    assert lines[0].split() == ["exercise", "status", "attempts", "minutes", "difficulty", "importance"]
    (squash,) = (line for line in lines if " 02-squash " in line)
    assert squash.split() == ["✓", "02-squash", "passed", "1", "10", "2", "of", "5", "5", "of", "5"]
    told = [f"1 of {len(checks.EXERCISES)} passed", f"guesses: 0 right, 0 wrong, {len(checks.QUESTIONS)} not made"]
    assert lines[-2:] == told


def test_unknown_exercises_name_the_nearest():
    with pytest.raises(AttributeError, match=r"checks has no exercise 'squosh'\. Did you mean 'squash'\?"):
        checks.squosh  # noqa: B018
    with pytest.raises(KeyError, match="there is no exercise '02-squish'"):
        checks.find("02-squish")


@pytest.mark.parametrize("questions", [checks.QUESTIONS])
def test_every_question_has_choices_that_answer(questions):
    assert len(questions) >= 3
    for choices in questions.values():
        assert len(choices) >= 2
        assert all(len(answer) > 15 for answer in choices.values())
        assert len(set(choices.values())) == len(choices)


def test_without_a_gradient_to_check_the_inputs_need_none(recwarn, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_APART", "0")  # what a fork appends to a list stays there
    required = []

    def correlation(x, y):
        required.append(x.requires_grad or y.requires_grad)
        return CORRELATION.reference(x, y)

    def learns(x, y):
        return tuple(torch.tensor(part, requires_grad=True) * x.sum() for part in CORRELATION.reference(x, y))

    assert CORRELATION.verdict(correlation)[0] == "passed"
    assert set(required) == {False}
    assert "returned a Tensor; expected a float" in CORRELATION.verdict(learns)[1]
    assert not recwarn.list


def test_a_tensor_of_one_number_is_that_number():
    def tensors(x, y):
        return tuple(torch.tensor(part) for part in CORRELATION.reference(x, y))

    def wholes(x, y):
        return tuple(torch.tensor(int(part)) for part in CORRELATION.reference(x, y))

    assert CORRELATION.verdict(tensors)[0] == "passed"
    assert "returned a Tensor; expected a float" in CORRELATION.verdict(wholes)[1]


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda numbers: list(numbers[:2]), "it returned 2 values; expected 3 values."),
        (lambda numbers: numbers[:2], "it returned 2 values; expected 3 values."),
        (lambda numbers: numbers[0], "expected 3 values."),
        (lambda numbers: (str(numbers[0]), *numbers[1:]), "it returned a str; expected a float ("),
        (lambda numbers: (*numbers[:2], np.float32(numbers[2])), "it returned a float32; expected a float ("),
        (lambda numbers: (numbers[0] + 1.1e-4, *numbers[1:]), "r is 0.9041; expected 0.904."),
    ],
)
def test_several_numbers_are_told_what_is_wrong_with_them(made, sentence):
    status, said, _ = CORRELATION.verdict(lambda x, y: made(CORRELATION.reference(x, y)))
    assert status == "not yet"
    assert sentence in said


def test_two_numbers_that_differ_are_two_texts():
    assert wording.told_apart(0.5, 0.25) == ("0.5", "0.25")
    assert wording.told_apart(0.123412, 0.123411) == ("0.123412", "0.123411")
    assert wording.told_apart((0.1391, 0.895012), (0.1391, 0.895049)) == ("(0.1391, 0.89501)", "(0.1391, 0.89505)")
    assert wording.told_apart(7, 12345678) == ("7", "12345678")
    assert wording.told_apart(float("nan"), float("nan")) == ("nan", "nan")


def test_a_bad_time_limit_is_ignored(monkeypatch):
    for said in ("soon", "nan", "-1", "-inf"):
        monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", said)
        assert exercise.time_limit() == exercise.TIME_LIMIT
    for said in ("0", "inf", "1e12"):  # as people say that there is none
        monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", said)
        assert SQUASH.verdict(by_norm)[0] == "passed"


def _steps(objective, images, eps):
    """The step of 13-fgsm, from a gradient that is left in `images`."""
    images.requires_grad_(True)
    objective(images).sum().backward()
    return (images.detach() + eps * images.grad.sign()).clamp(0, 1)


def leaves_a_gradient(objective, images, eps):
    attacked = _steps(objective, images, eps)
    images.requires_grad_(False)
    return attacked


def carries_the_graph(objective, images, eps):
    x = images.clone().requires_grad_()
    objective(x).sum().backward()
    return (x + eps * x.grad.sign()).clamp(0, 1)


def cleans_up(objective, images, eps):
    attacked = leaves_a_gradient(objective, images, eps)
    images.grad = None
    return attacked


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (_steps, "it left `requires_grad` or a `.grad` on its input `images`"),
        (leaves_a_gradient, "it left `requires_grad` or a `.grad` on its input `images`"),
        (carries_the_graph, "still carries the graph"),
        (cleans_up, "7 inputs: shape, dtype, values"),
    ],
)
def test_what_is_left_of_autograd_is_told(answer, says):
    assert says in checks.find("fgsm").verdict(answer)[1]


def test_an_error_inside_what_an_answer_calls_shows_both_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path))

    def coupling(logits):
        return functional.squash(logits, dim=7)

    _, sentence, _ = checks.find("coupling").verdict(coupling)
    assert "(in the line `return functional.squash(logits, dim=7)`, inside what it calls, at `" in sentence

    def coupling(logits):
        return functional.dynamic_routing(logits[0])[1]

    _, sentence, _ = checks.find("coupling").verdict(coupling)
    assert sentence.endswith("(in the line `return functional.dynamic_routing(logits[0])[1]`)."), "said once is enough"
