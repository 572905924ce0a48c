"""Settings for all tests."""

import os
import statistics
from pathlib import Path

import pytest
import torch
from hypothesis import settings

# A busy machine is not a bug; and a green run in CI must not be luck, so there the examples are fixed.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")


@pytest.fixture(autouse=True)
def nobody(tmp_path_factory, monkeypatch):
    """No test reads or writes what belongs to the person who runs it; random numbers do not hang on the order."""
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path_factory.getbasetemp() / "progress"))
    monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", "60")  # for a check: a busy machine is not a bug
    for name in ("CAPSULE_TUTOR_STRICT", "NBGRADER_EXECUTION", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    torch.manual_seed(0)


@pytest.fixture
def own_progress(tmp_path, monkeypatch):
    """The test's own record of progress, empty at first."""
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "progress"))


@pytest.fixture
def real_mnist():
    folder = os.environ.get("CAPSULE_TUTOR_DATA")
    if not folder or not (Path(folder) / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        pytest.skip("CAPSULE_TUTOR_DATA names no folder with the MNIST files")
    return Path(folder)


# ---- a table of ratios at the end of a benchmark run

ROWS = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[ROWS] = []


@pytest.fixture
def report(request):
    """report(what, ours, baseline, unit): one line of the table."""

    def add(what: str, ours: float, baseline: float, unit: str) -> None:
        request.config.stash[ROWS].append((what, ours, baseline, unit))

    return add


@pytest.fixture
def latencies(report):
    """latencies(what, milliseconds, limit): their median and what 90 % of them stay below. → the median"""

    def add(what: str, milliseconds: list[float], limit: float) -> float:
        middle, most = statistics.median(milliseconds), statistics.quantiles(milliseconds, n=10)[-1]
        report(f"{what}, median", middle, limit, "ms")
        report(f"{what}, 90 %", most, limit, "ms")
        return middle

    return add


def pytest_terminal_summary(terminalreporter, config):
    if not config.stash[ROWS]:
        return
    terminalreporter.section("ours against the baseline")
    if hasattr(os, "getloadavg"):  # not on Windows
        load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
        terminalreporter.write_line(f"load in the last 1, 5 and 15 minutes: {load}; {os.cpu_count()} cores")
    terminalreporter.write_line(f"{'':60}{'ours':>13}{'baseline':>13}{'ours/baseline':>16}")
    for what, ours, baseline, unit in config.stash[ROWS]:
        terminalreporter.write_line(f"{what:60}{ours:>9.4g} {unit:3}{baseline:>9.4g} {unit:3}{ours / baseline:>15.2f}x")
