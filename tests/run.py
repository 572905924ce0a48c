"""Every check of this project, in one list: `python tests/run.py` runs them all.

python tests/run.py --list                 what there is
python tests/run.py --only unit browser    some of it
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from patience import HUNG

ROOT = Path(__file__).resolve().parents[1]
PYTEST = ["-m", "pytest"]
TWO_AT_A_TIME = ["-n", "2", "--dist"]
# A file stays whole on one worker: one that takes minutes must not be the last to begin.
SLOW = [f"tests/test_{name}.py" for name in ("verdicts", "teaching_nbgrader", "training", "pretrained", "hostile")]
# One notebook stays whole on one worker: its cells share a kernel.
NOTEBOOKS = [*TWO_AT_A_TIME, "loadfile", "--nbval-current-env", f"--nbval-cell-timeout={HUNG}"]
NOTEBOOKS += ["-p", "no:cacheprovider"]
COMPARED = ["--nbval", *NOTEBOOKS, "--nbval-sanitize-with=tests/nbval.cfg"]

# Processors round differently, and nothing that is compared may depend on it. What a kernel is told to compute with:
ARITHMETICS = {
    "plain": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE"},
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "rounding": {"IPYTHONDIR": "{scratch}/rounding"},  # rounding.py stands for processors that we do not have
}
# Lessons that train or read a network: there sums are long, and a last bit can grow. The others print small sums.
ROUNDED = re.compile(r"\.backward\(|training\.train\(|(pretrained|caps)\.load\(")
# Lessons with something on the screen that moves. The browser tests run these in JupyterLab.
MOVING = re.compile(r"(theatre|dial|explorer|pull_apart|turntable)\(")
NOTHING = re.compile(r"(?!)")


def notebooks(folder: str, like: re.Pattern = re.compile(""), unlike: re.Pattern = NOTHING) -> list[str]:
    """All of a folder with such text and without the other, the long late ones first. Where there is none, a name
    that pytest cannot find: it would otherwise take up all tests."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / folder).glob("*.ipynb")}
    found = [name for name, text in texts.items() if like.search(text) and not unlike.search(text)]
    return sorted((f"{folder}/{name}" for name in found), reverse=True) or [f"{folder}/*.ipynb"]


def units() -> list[str]:
    """The files of the unit tests, the slow ones first."""
    found = [f"tests/{path.name}" for path in (ROOT / "tests").glob("test_*.py")]
    return sorted(found, key=lambda name: (name not in SLOW, name))


def arithmetics() -> list[str]:
    """Two that differ from this machine's own. Without wider vectors avx2 would only repeat it."""
    try:
        wider = " avx512f " in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        wider = False
    return ["plain", "avx2" if wider else "rounding"]


def steps() -> dict[str, tuple[str, list[str]]]:
    """Name of the step → (what it proves, arguments for Python)."""
    sources = ["capsule_tutor", "solutions/source", "tests"]
    # With CI set, "browser" cannot be skipped for want of one, and it runs these unsolved lessons in JupyterLab.
    elsewhere = MOVING if os.environ.get("CI") else NOTHING
    return {
        "lint": ("ruff finds nothing", ["-m", "ruff", "check", "."]),
        "format": ("ruff format would change nothing", ["-m", "ruff", "format", "--check", *sources]),
        "build": (
            "lessons and solutions are what their sources say",
            ["-m", "capsule_tutor", "build", "--check"],
        ),
        "unit": (
            "the package does what it says",
            [*PYTEST, *units(), *TWO_AT_A_TIME, "loadfile", "--no-loadscope-reorder"],
        ),
        "solutions": (
            "solved notebooks print what they printed when they were stored",
            [*PYTEST, *COMPARED, *notebooks("solutions")],
        ),
        **{
            f"solutions-{name}": (
                f"so they do with other rounding: {name}",
                [*PYTEST, *COMPARED, *notebooks("solutions", like=ROUNDED)],
            )
            for name in arithmetics()
        },
        "lessons": (
            "unsolved lessons run to their end, also without a browser",
            [*PYTEST, "--nbval-lax", *NOTEBOOKS, *notebooks("lessons", unlike=elsewhere)],
        ),
        "browser": (
            "lessons run in JupyterLab in a browser",
            [*PYTEST, "tests/browser", "--benchmark-disable", *TWO_AT_A_TIME, "load"],
        ),
    }


def environment(step: str, scratch: str) -> dict[str, str]:
    """A learner's progress and IPython history stay untouched; two workers do not fight over the cores."""
    ours = {
        "CAPSULE_TUTOR_HOME": f"{scratch}/progress",
        "CAPSULE_TUTOR_TIME_LIMIT": "60",  # for a check: on a busy machine a right answer may be slow
        "IPYTHONDIR": f"{scratch}/ipython",
        "OMP_NUM_THREADS": "1",
    }
    if step.startswith(("solutions", "lessons", "browser")):
        # Where MNIST is found, a lesson trains on it for minutes; what is compared must not depend on it.
        ours["CAPSULE_TUTOR_DATA"] = f"{scratch}/no-data"
    for name, value in ARITHMETICS.get(step.removeprefix("solutions-"), {}).items():
        ours[name] = value.format(scratch=scratch)
    return os.environ | ours


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=steps(), metavar="STEP", help="run these steps alone")
    parser.add_argument("--list", action="store_true", help="list the steps and stop")
    options = parser.parse_args()
    wanted = options.only or list(steps())
    if options.list:
        for name, (proves, _) in steps().items():
            print(f"{name:<20} {proves}")
        return 0

    results = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        startup = Path(scratch) / "rounding" / "profile_default" / "startup"  # IPython runs what lies there
        startup.mkdir(parents=True)
        shutil.copy(ROOT / "tests" / "rounding.py", startup)
        for name, (proves, arguments) in steps().items():
            if name not in wanted:
                continue
            print(f"\n=== {name}: {proves}", flush=True)
            start, used = time.monotonic(), processor_seconds()
            # No step may wait for a person.
            code = subprocess.call(
                [sys.executable, *arguments], cwd=ROOT, env=environment(name, scratch), stdin=subprocess.DEVNULL
            )
            results.append((name, code, time.monotonic() - start, processor_seconds() - used))

    print()
    for name, code, seconds, used in results:
        print(f"{'passed' if code == 0 else 'FAILED':<7} {name:<20} {seconds:7.1f} s, {used:7.1f} of the processor's")
    seconds, used = (sum(column) for column in list(zip(*results, strict=True))[2:])
    print(f"{'':<7} {'together':<20} {seconds:7.1f} s, {used:7.1f} of the processor's")
    return int(any(code for _, code, *_ in results))


def processor_seconds() -> float:
    """Of all processes that this one has started and that have ended: what a busy machine does not change."""
    spent = os.times()
    return spent.children_user + spent.children_system


if __name__ == "__main__":
    sys.exit(main())
