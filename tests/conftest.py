"""Settings for all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is not a bug; and a green run in CI must not be luck, so there the examples are fixed.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")


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


def pytest_terminal_summary(terminalreporter, config):
    if not config.stash[ROWS]:
        return
    terminalreporter.section("ours against the baseline")
    terminalreporter.write_line(f"{'':60}{'ours':>13}{'baseline':>13}{'ours/baseline':>16}")
    for what, ours, baseline, unit in config.stash[ROWS]:
        terminalreporter.write_line(f"{what:60}{ours:>9.4g} {unit:3}{baseline:>9.4g} {unit:3}{ours / baseline:>15.2f}x")
