"""A table of ratios at the end of a benchmark run."""

import pytest

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
