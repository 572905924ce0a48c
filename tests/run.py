"""Every check of this project, in one list: `python tests/run.py` runs them all.

python tests/run.py --list                 what there is
python tests/run.py --only unit browser    some of it
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTEST = ["-m", "pytest"]
# One notebook stays whole on one worker: its cells share a kernel.
TWO_AT_A_TIME = ["-n", "2", "--dist", "loadfile"]
NOTEBOOKS = [*TWO_AT_A_TIME, "--nbval-current-env", "--nbval-cell-timeout=120", "-p", "no:cacheprovider"]


def notebooks(folder: str) -> list[str]:
    """All of a folder. Where there is none, a name that pytest cannot find: it would else take up all tests."""
    return sorted(f"{folder}/{path.name}" for path in (ROOT / folder).glob("*.ipynb")) or [f"{folder}/*.ipynb"]


def steps() -> dict[str, tuple[str, list[str]]]:
    """Name of the step → (what it proves, arguments for Python)."""
    sources = ["capsule_tutor", "solutions/source", "tests"]
    return {
        "lint": ("ruff finds nothing", ["-m", "ruff", "check", "."]),
        "format": ("ruff format would change nothing", ["-m", "ruff", "format", "--check", *sources]),
        "build": (
            "lessons and solutions are what their sources say",
            ["-m", "capsule_tutor", "build", "--check"],
        ),
        "unit": (
            "the package does what it says",
            [*PYTEST, "tests", "--ignore=tests/browser", "--ignore=tests/benchmarks", *TWO_AT_A_TIME],
        ),
        "solutions": (
            "solved notebooks print what they printed when they were stored",
            [
                *PYTEST,
                "--nbval",
                *NOTEBOOKS,
                "--nbval-sanitize-with=tests/nbval.cfg",
                *notebooks("solutions"),
            ],
        ),
        "lessons": (
            "unsolved lessons run to their end",
            [*PYTEST, "--nbval-lax", *NOTEBOOKS, *notebooks("lessons")],
        ),
        "browser": ("lessons run in JupyterLab in a browser", [*PYTEST, "tests/browser", "--benchmark-disable"]),
    }


def environment(step: str, scratch: str) -> dict[str, str]:
    """A learner's progress and IPython history stay untouched; two workers do not fight over the cores."""
    ours = {
        "CAPSULE_TUTOR_HOME": str(Path(scratch) / "progress"),
        "IPYTHONDIR": str(Path(scratch) / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    if step in ("solutions", "lessons", "browser"):
        # Where MNIST is found, a lesson trains on it for minutes; what is compared must not depend on it.
        ours["CAPSULE_TUTOR_DATA"] = str(Path(scratch) / "no-data")
    return os.environ | ours


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=steps(), metavar="STEP", help="run these steps alone")
    parser.add_argument("--list", action="store_true", help="list the steps and stop")
    options = parser.parse_args()
    if options.list:
        for name, (proves, _) in steps().items():
            print(f"{name:<10} {proves}")
        return 0

    results = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        for name, (proves, arguments) in steps().items():
            if options.only and name not in options.only:
                continue
            print(f"\n=== {name}: {proves}", flush=True)
            start = time.monotonic()
            # No step may wait for a person.
            code = subprocess.call(
                [sys.executable, *arguments], cwd=ROOT, env=environment(name, scratch), stdin=subprocess.DEVNULL
            )
            results.append((name, code, time.monotonic() - start))

    print()
    for name, code, seconds in results:
        print(f"{'passed' if code == 0 else 'FAILED':<7} {name:<10} {seconds:7.1f} s")
    print(f"{'':<7} {'together':<10} {sum(seconds for *_, seconds in results):7.1f} s")
    return int(any(code for _, code, _ in results))


if __name__ == "__main__":
    sys.exit(main())
