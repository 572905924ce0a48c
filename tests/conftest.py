"""Settings for all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is not a bug; and a green run in CI must not be luck, so there the examples are fixed.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")


def mnist_on_this_machine():
    beside_the_checkout = Path(__file__).resolve().parents[2] / "shared" / "data"
    for folder in (os.environ.get("CAPSULE_TUTOR_DATA"), beside_the_checkout):
        if folder and (Path(folder) / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
            return Path(folder)
    return None


@pytest.fixture
def real_mnist(monkeypatch):
    folder = mnist_on_this_machine()
    if folder is None:
        pytest.skip("the MNIST files are neither in CAPSULE_TUTOR_DATA nor in ../shared/data")
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(folder))
    return folder


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


def pytest_terminal_summary(terminalreporter, config):
    if not config.stash[ROWS]:
        return
    terminalreporter.section("ours against the baseline")
    terminalreporter.write_line(f"{'':60}{'ours':>13}{'baseline':>13}{'ours/baseline':>16}")
    for what, ours, baseline, unit in config.stash[ROWS]:
        terminalreporter.write_line(f"{what:60}{ours:>9.4g} {unit:3}{baseline:>9.4g} {unit:3}{ours / baseline:>15.2f}x")
