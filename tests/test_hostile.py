"""Hostile and careless answers. Graded, each ends in a fair 0 or the right score, and harms nobody else; in a lesson
it costs one line, and the notebook's kernel goes on."""

import ast
import contextlib
import linecache
import os
import sys
import textwrap
from dataclasses import replace

import pytest

from capsule_tutor import checks
from capsule_tutor.checks import apart, notebook
from capsule_tutor.grading import answers, kit, sandbox

SQUASH = checks.find("02-squash")
SETUP = "import os, sys, time, math, torch\nfrom torch import nn\nfrom capsule_tutor import checks, functional\n"
CHECK = "squash = checks.squash(squash)"
GOOD = "n2 = (s * s).sum(dim, keepdim=True); good = n2 / (1 + n2) * s / (n2 + eps).sqrt()"


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """One sandbox for all: what one answer does must not reach the next."""
    run = tmp_path_factory.mktemp("run")
    place = kit.write(run / "inside", SQUASH)
    with sandbox.opened(run, place, sandbox.Limits(seconds=1, patience=300)) as opened:
        if "WITHIN REACH" in opened.says:
            # Where nobody reads the skips, missing walls must not look like a pass.
            strict = "CI" in os.environ and sys.platform.startswith("linux")
            (pytest.fail if strict else pytest.skip)("no walls on this machine: install bubblewrap")
        yield opened, place


@pytest.fixture(scope="module")
def questions():
    return SQUASH.secret_questions(12345)


def verdict(box, questions, *cells, **limits):
    opened, place = box
    before = opened.limits
    opened.limits = replace(before, **limits)
    try:
        return answers.judge(questions, [SETUP, *map(textwrap.dedent, cells)], opened, place, {}, seed=3)
    finally:
        opened.limits = before


def body(text, given=GOOD):
    return f"def squash(s, dim=-1, eps=1e-8):\n    {given}\n" + textwrap.indent(textwrap.dedent(text), "    ")


# ---- answers that earn nothing, and what is said of them

WRONG = {
    # no end
    "a loop": (body("while True: pass"), "did not finish within"),
    "a catastrophic expression": (
        body("import re; return re.match('(a+)+$', 'a' * 40 + 'b')"),
        "did not finish within",
    ),
    "a long sum": (body("return sum(range(10**12))"), "did not finish within"),
    "a large power": (body("return 7 ** 10**8"), "did not finish within"),
    "a loop that catches everything": (
        body("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        "did not finish within",
    ),
    "a message without an end": (
        "class E(Exception):\n    def __str__(self):\n        while True: pass\n" + body("raise E"),
        "did not finish within",
    ),
    # the end of the process
    "exit": (body("exit()"), ""),
    "sys.exit": (body("sys.exit()"), "SystemExit"),
    "os._exit by another name": ("leave = os._exit\n" + body("leave(0)"), "exit() would end"),
    "os._exit with a right answer first": (body("torch.save; os._exit(0); return good"), "exit() would end"),
    "abort": (body("os.abort()"), "crashed Python itself"),
    "execv": (body("os.execv('/bin/true', ['true'])"), "exit() would end"),
    "a segmentation fault": (body("import ctypes; ctypes.string_at(0)"), "crashed Python itself (SIGSEGV)"),
    "recursion without a limit": (body("sys.setrecursionlimit(10**9)\nreturn squash(s)"), ""),
    "recursion through C": (
        body("sys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**6): x = [x]\nreturn repr(x)"),
        "",
    ),
    "recursion": (body("return squash(s, dim, eps)"), ""),
    # memory
    "memory in one piece": (body("return torch.ones(10**12)"), "can't allocate memory"),
    "memory in steps": (body("x = []\nwhile True: x.append(torch.ones(10**7))"), ""),
    "a list without an end": (body("x = []\nwhile True: x += [0] * 10**7"), ""),
    # exceptions
    "a message that raises": ("class E(Exception):\n    def __str__(self): raise self\n" + body("raise E"), "raised E"),
    "a message that exits": (
        "class E(Exception):\n    def __str__(self): os._exit(0)\n" + body("raise E"),
        "exit() would end",
    ),
    "KeyboardInterrupt": (body("raise KeyboardInterrupt"), "raised KeyboardInterrupt"),
    "input": (body("return input()"), "raised EOFError"),
    # strange values
    "None": (body("good"), "returned None"),
    "a generator": (body("yield good"), "returned a generator"),
    "a coroutine": ("async " + body("return good"), "returned a coroutine"),
    "NaN": (body("return good * float('nan')"), "NaN"),
    "infinity": (body("return good / 0"), "in the result"),
    "complex": (body("return good * 1j"), "complex64"),
    "float16": (body("return good.half()"), "float16"),
    "a list": (body("return good.tolist()"), "returned a list"),
    "NumPy": (body("return good.detach().numpy()"), "returned an ndarray"),
    "a deep tuple": (body("x = ()\nfor _ in range(10**5): x = (x,)\nreturn x"), ""),
    "a wide tuple": (body("return tuple(good for _ in range(10**6))"), ""),
    "a list in itself": (body("x = [good]; x.append(x); return x"), "returned a list"),
    "a huge tensor without memory": (body("return torch.ones(1).expand(10**12)"), "returned"),
    "a sparse tensor": (body("return good.detach().to_sparse()"), "returned"),
    "no parameters": ("def squash(): return 1", "takes 0 positional arguments"),
    "too many parameters": ("def squash(s, dim, eps, more): return s", "missing"),
    "a number": ("squash = 7", "not callable"),
    "a class": ("class squash: pass", "takes no arguments"),
    "a string": ("squash = 'squash'", "not callable"),
    "detached": (body("return good.detach()"), "no gradient flows back"),
    "changes its input": (body("s *= 2; return good"), "You changed s in place"),
    # lies
    "a subclass that lies about its shape": (
        "class T(torch.Tensor):\n    shape = (2, 5, 4)\n" + body("return torch.ones(7).as_subclass(T)"),
        "the shape is (7,)",
    ),
    "a subclass that agrees with everything": (
        textwrap.dedent(
            """
        class T(torch.Tensor):
            def __eq__(self, other): return True
            def allclose(self, *args, **kwargs): return True
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None): return True
        """
        )
        + body("return torch.zeros_like(s).as_subclass(T)"),
        "",
    ),
    "an object that says it is a tensor": (
        "class T:\n    __class__ = torch.Tensor\n    def __getattr__(self, name): return self\n" + body("return T()"),
        "",
    ),
    "a number that is equal to all": (
        "class N(float):\n    def __eq__(self, other): return True\n" + body("return N(1)"),
        "returned a float",
    ),
    "allclose patched": (
        "torch.allclose = torch.equal = torch.isclose = lambda *a, **k: True\n" + body("return s"),
        "not yet",
    ),
    "builtins patched": (
        "import builtins\nbuiltins.all = builtins.isinstance = lambda *a: True\n" + body("return s"),
        "",
    ),
    "checks replaced": (
        "from unittest.mock import MagicMock\nchecks = MagicMock()\n"
        + body("return s")
        + "\nsquash = checks.squash(squash)",
        "returned",
    ),
    "the environment cleaned": ('os.environ.pop("NBGRADER_EXECUTION", 0)\n' + body("return s"), "s unchanged"),
    "the grader's program patched": (
        textwrap.dedent(
            """
        from capsule_tutor.checks import observing, wire
        observing._gradients = wire.dumps = lambda *a, **k: b"passed"
        """
        )
        + body("return s"),
        "",
    ),
    "a verdict of its own": (
        "for file in range(64):\n    try: os.write(file, (8).to_bytes(8, 'big') + b'{\"a\": 1}')\n"
        "    except OSError: pass\n" + body("return s"),
        "",
    ),
    "a message without an end to the grader": (
        "for file in range(3, 64):\n    try: os.write(file, (2**62).to_bytes(8, 'big') + b'x' * 10**6)\n"
        "    except OSError: pass\n" + body("return s"),
        "",
    ),
    # looking it up
    "the reference": (body("return functional.squash(s, dim, eps)"), "that is the reference: write it yourself"),
    "the reference by the package": (
        "import capsule_tutor\n" + body("return capsule_tutor.squash(s, dim, eps)"),
        "that is the reference: write it yourself",
    ),
    "the reference as it is": ("from capsule_tutor.functional import squash", "that is the reference"),
    "the reference through routing": (
        body("return functional.dynamic_routing(s[:, :, None], 1)[0] if s.ndim == 3 else good"),
        "that is the reference: write it yourself",
    ),
    "the oracle": ("from capsule_tutor.exercises.lesson02.squash import oracle as squash", "there is no answer"),
    "the source of the reference": (
        "import inspect\n"
        + body("exec(inspect.getsource(functional.squash), vars(functional))\nreturn functional.squash(s, dim, eps)"),
        "that is the reference",
    ),
    "a search on the stack": (
        body(
            "frame = sys._getframe()\nwhile frame:\n    for value in frame.f_locals.values():\n"
            "        if 'oracle' in dir(value): return value.oracle(s, dim, eps)\n    frame = frame.f_back\nreturn s"
        ),
        "",
    ),
    "a search in the memory": (
        "import gc\n"
        + body(
            "for x in gc.get_objects():\n    if callable(x) and getattr(x, '__name__', '') == 'oracle':\n"
            "        return x(s, dim, eps)\nreturn s"
        ),
        "",
    ),
    "a table of the fixed inputs": (
        "seeds = {tuple(torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(n)).flatten()[:3].tolist()) "
        "for n in range(10)}\n" + body("return good if tuple(s.flatten()[:3].tolist()) in seeds else s"),
        "",
    ),
    "the number of calls": (
        "calls = []\n" + body("calls.append(1); return good if len(calls) <= 9 else s"),
        "again in another order, it gives another answer",
    ),
    "the last answer": ("last = []\n" + body("last.append(good); return last[-2] if len(last) > 8 else good"), ""),
    "forged progress": (
        'open(os.path.expanduser("~/progress.json"), "w").write(\'{"02-squash": "passed"}\')\n' + body("return s"),
        "s unchanged",
    ),
    # nothing there
    "a stub": (body("raise NotImplementedError", ""), "the stub"),
    "half a stub": (body("scale = ...\nreturn scale * s", ""), "the stub"),
    "nothing": ("x = 1", "there is no answer"),
    "not Python": ("def squash(s, dim=-1, eps=1e-8:\n    return s", "cell 2 is not Python"),
    "a bomb of brackets": ("squash = " + "(" * 10_000, "is not Python"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_it_earns_nothing_and_harms_nobody(box, questions, kind):
    cell, says = WRONG[kind]
    found = verdict(box, questions, cell, CHECK if "checks.squash" not in cell else "")
    assert found.status in ("not yet", "not attempted"), found
    assert says in f"{found.status} {found.sentence}"
    assert len(found.sentence) < 600
    assert not found.share(partial=False)


def test_sleeping_costs_the_patience_of_the_grader(box, questions):
    found = verdict(box, questions, body("time.sleep(10**6)"), CHECK, patience=15)
    assert (found.status, "did not finish within 15 s" in found.sentence) == ("not yet", True)


@pytest.mark.parametrize(
    "attack",
    [
        "for _ in range(10**6):\n    if not os.fork(): time.sleep(100)",
        "import subprocess\nsubprocess.Popen(['sh', '-c', 'while true; do :; done'])\nos._exit(0)",
        "import signal\nos.kill(-1, signal.SIGKILL)",
        "import signal\nfor n in range(2, 5000):\n    try: os.kill(n, signal.SIGKILL)\n    except OSError: pass",
        "import threading\nfor _ in range(10): threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()",
        "open('/tmp/fill', 'wb').write(bytes(10**9))",
        "while True: print('x' * 10**5); os.write(1, b'x' * 10**5)",
    ],
    ids=["forks", "what stays behind", "signals to all", "signals to each", "threads", "files", "prints"],
)
def test_what_it_does_to_the_machine_is_its_own_affair(box, questions, attack):
    assert verdict(box, questions, body(attack), CHECK).status == "not yet"
    assert verdict(box, questions, body("return good"), CHECK).status == "passed", "the next student"


# ---- right answers in other styles

RIGHT = {
    "as usual": body("return good"),
    "a lambda": "squash = lambda s, dim=-1, eps=1e-8: s * s.norm(dim=dim, keepdim=True) / (1 + (s * s).sum(dim, True))",
    "partial": "from functools import partial\ndef f(k, s, dim=-1, eps=1e-8):\n    " + GOOD + "\n    return k * good\n"
    "squash = partial(f, 1)",
    "__call__": "class Squash:\n    def __call__(self, s, dim=-1, eps=1e-8):\n        "
    + GOOD
    + "\n        return good\n"
    "squash = Squash()",
    "nn.Module": "class Squash(nn.Module):\n    def forward(self, s, dim: int = -1, eps: float = 1e-8):\n        "
    + GOOD
    + "\n        return good\nsquash = Squash()",
    "jit.script": "@torch.jit.script\ndef squash(s, dim: int = -1, eps: float = 1e-8):\n"
    "    n2 = (s * s).sum(dim, True)\n    return n2 / (1 + n2) * s / (n2 + eps).sqrt()",
    "torch.compile": "@torch.compile\n" + body("return good"),
    "a default device inside": body(
        "torch.set_default_device('cpu'); torch.set_default_dtype(torch.float64)\nreturn good"
    ),
    "vmap": "def one(v, eps):\n    n2 = (v * v).sum()\n    return n2 / (1 + n2) * v / (n2 + eps).sqrt()\n"
    "def squash(s, dim=-1, eps=1e-8):\n    m = s.movedim(dim, -1)\n"
    "    f = torch.func.vmap(lambda v: one(v, eps))\n"
    "    return f(m.reshape(-1, m.shape[-1])).reshape(m.shape).movedim(-1, dim)",
    "prints": body("print('x' * 10**6); os.write(1, b'x' * 10**6)\nreturn good"),
    "a generator of random numbers": body("torch.manual_seed(time.time_ns() % 1000); return good + 0 * torch.rand(1)"),
    "gradients switched off and on": body("torch.set_grad_enabled(True); return good"),
    "a subclass that is honest": "class T(torch.Tensor): pass\n" + body("return good.as_subclass(T)"),
    "threads left behind": body(
        "import threading\nthreading.Thread(target=time.sleep, args=(60,)).start()\nreturn good"
    ),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_answer_passes_in_any_style(box, questions, kind):
    found = verdict(box, questions, RIGHT[kind], CHECK, seconds=20)
    assert found.status == "passed", found.sentence


UNTIDY = {
    "a helper in another cell": [
        "def n2_of(s, dim):\n    return (s * s).sum(dim, keepdim=True)",
        body("n2 = n2_of(s, dim)\nreturn n2 / (1 + n2) * s / (n2 + eps).sqrt()", ""),
        CHECK,
    ],
    "settings in a dictionary": [
        "SETTINGS = {}",
        "SETTINGS['one'] = 0",
        "SETTINGS.update(one=1)",
        body("return good * SETTINGS['one']"),
        CHECK,
    ],
    "a demonstration that never ends": ["while True: pass", body("return good"), CHECK],
    "a demonstration that exits": ["os._exit(0)", body("return good"), CHECK],
    "a broken cell": ["def broken(:", body("return good"), CHECK],
    "lines of IPython": ["%matplotlib inline\n!ls\ntorch.sum?\nimport torch", "%%time\n" + body("return good"), CHECK],
    "another language": ["%%html\n<b>squash</b>", body("return good"), CHECK],
    "renamed": [body("return good").replace("squash", "my_squash"), "squash = checks.squash(my_squash)"],
    "not kept": [body("return good").replace("squash", "my_squash"), "checks.squash(my_squash)"],
    "no check": [body("return good")],
    "the stub first": [body("raise NotImplementedError", ""), body("return good"), CHECK],
    "overwritten later": [body("return good"), CHECK, "squash = None", "n2 = None"],
    "by way of exec": ["exec('def helper(s):\\n    return s')", body("return helper(good)"), CHECK],
    "all names of a module": ["from math import *", body("return good * cos(0.0)"), CHECK],
    "its own file beside it": ["open('capsule_tutor.py', 'w').write('1/0')", body("return good"), CHECK],
}


@pytest.mark.parametrize("kind", UNTIDY)
def test_an_untidy_notebook_costs_no_points(box, questions, kind):
    found = verdict(box, questions, *UNTIDY[kind], seconds=20)
    assert found.status == "passed", found.sentence


@pytest.mark.parametrize(
    ("way", "root"), [("bubblewrap", False), ("namespaces", True), ("namespaces", False), ("limits", True)]
)
def test_every_way_of_starting_an_answer_lets_it_end_alone(way, root, questions, tmp_path, monkeypatch):
    # With limits alone each answer waits for torch to be imported.
    if not (root and sandbox._is_root()):
        monkeypatch.setattr(sandbox, "_is_root", lambda: False)
    place = kit.write(tmp_path / "inside", SQUASH)
    try:
        with sandbox.opened(tmp_path, place, sandbox.Limits(seconds=2, patience=300), way=way) as opened:
            assert ("WITHIN REACH" in opened.says) == (way == "limits")
            for kind in ["a segmentation fault", *["a long sum", "the reference"] * (way != "limits")]:
                assert verdict((opened, place), questions, WRONG[kind][0], CHECK).status == "not yet", kind
            found = verdict((opened, place), questions, body("return good"), CHECK, seconds=20)
            assert found.status == "passed", found.sentence
    except sandbox.SandboxError as error:
        pytest.skip(str(error))


# ---- the same in a lesson

FOOLED = {  # answers that a check in a lesson may take for right: whoever writes them fools nobody else
    *("the reference through routing", "a search on the stack", "a search in the memory"),
    *("a table of the fixed inputs", "the number of calls"),
}
# Which break a notebook before any check, or write to the files of these tests' own runner.
NO_CELLS = {"not Python", "a bomb of brackets", "builtins patched"}
NO_CELLS |= {"a verdict of its own", "a message without an end to the grader"}
NO_LINE = {"checks replaced"}


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """kernel(cells) → what a notebook prints that runs these cells; its last word shows that it is still there."""
    for name in ("HOME", "CAPSULE_TUTOR_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)

    def run(*cells, seconds):
        monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", str(seconds))
        out, leave = tmp_path / "out", os._exit
        pid = os.fork()
        if not pid:
            with contextlib.suppress(BaseException), out.open("w") as file, contextlib.redirect_stdout(file):
                names = {"__name__": "__main__"}
                for cell in cells:
                    tree = ast.fix_missing_locations(notebook.Cells().visit(ast.parse(textwrap.dedent(cell))))
                    lines = textwrap.dedent(cell).splitlines(keepends=True)
                    linecache.cache["<cell>"] = (0, None, lines, "<cell>")  # as a notebook keeps them for torch.jit
                    exec(compile(tree, "<cell>", "exec"), names)
                print("The kernel is there.")
            leave(0)
        os.waitpid(pid, 0)
        return out.read_text(encoding="utf-8")

    _ = SQUASH.questions.expected  # what a check computes once is computed
    return run


@pytest.mark.skipif(not apart.possible(), reason="this system cannot fork a notebook")
@pytest.mark.parametrize("kind", [kind for kind in WRONG if kind not in NO_CELLS])
def test_in_a_lesson_it_costs_one_line(kernel, kind):
    cell = WRONG[kind][0]
    said = kernel(SETUP, cell, *[CHECK] * ("checks.squash" not in cell), seconds=1)
    assert said.endswith("The kernel is there.\n")
    if kind not in NO_LINE:
        assert "02-squash: passed" not in said or kind in FOOLED, said
        assert "02-squash: " in said


@pytest.mark.skipif(not apart.possible(), reason="this system cannot fork a notebook")
@pytest.mark.parametrize("kind", RIGHT)
def test_in_a_lesson_a_right_answer_passes_in_any_style(kernel, kind):
    said = kernel(SETUP, RIGHT[kind], CHECK, seconds=60)
    assert "✓ 02-squash: passed" in said, said
    assert said.endswith("The kernel is there.\n")
