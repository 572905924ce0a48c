"""A real JupyterLab, on a copy of the lessons, and a real browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_page import Notebook
from patience import HUNG, watch

LESSONS = Path(__file__).resolve().parents[2] / "lessons"


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """A headless Chromium: the one named, else one on PATH, else Playwright's own."""
    from playwright.sync_api import Error, sync_playwright

    found = map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))
    path = os.environ.get("CAPSULE_TUTOR_CHROMIUM") or next(filter(None, found), None)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=flags)
        except Error as error:
            reason = f"no browser ({str(error).splitlines()[0]}); python -m playwright install chromium"
            # Where nobody reads the skips, a missing browser must not look like a pass.
            (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium) -> Iterator[Callable]:
    """`new_page()`: an empty page that waits for what it should show as long as it takes. `settings`: its context's."""
    contexts = []

    def new_page_(**settings):
        contexts.append(new_context(chromium, **settings))
        return contexts[-1].new_page()

    yield new_page_
    for context in contexts:
        context.close()


def new_context(chromium, **settings):
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}} | settings)
    context.set_default_timeout(1000 * HUNG)
    return context


@pytest.fixture(scope="session")
def lab(chromium) -> Iterator:
    """One context for all notebooks: only the first of them has to load JupyterLab's megabytes of scripts."""
    context = new_context(chromium)
    yield context
    context.close()


@pytest.fixture(scope="session")
def port() -> Callable[[], str]:
    """`port()`: one that nobody listens on. Two servers that begin to look for one at the same time find the same."""

    def port_() -> str:
        with socket.create_server(("localhost", 0)) as server:
            return str(server.getsockname()[1])

    return port_


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory, port) -> Iterator[tuple[Path, str, str]]:
    """A JupyterLab of its own on a copy of the lessons: (folder, address, token)."""
    home = tmp_path_factory.mktemp("jupyter")
    folder = home / "lessons"
    shutil.copytree(LESSONS, folder) if LESSONS.is_dir() else folder.mkdir()
    # Neither the settings nor the progress of the person who runs the tests matter, or are touched.
    own = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR"]
    own += ["JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "CAPSULE_TUTOR_HOME"]
    environment = os.environ | {name: str(home / name) for name in own}
    environment["CAPSULE_TUTOR_STRICT"] = ""
    # The learner's own command, on a copy, and with its inside open to the tests.
    command = [sys.executable, "-m", "capsule_tutor", "lab", "--no-browser"]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port()}"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            address, token = _address(Path(environment["JUPYTER_RUNTIME_DIR"]), server, home / "log")
            yield folder, address, token
        finally:
            server.terminate()
            server.wait(HUNG)


def _address(runtime: Path, server: subprocess.Popen, log: Path) -> tuple[str, str]:
    """Jupyter writes its address down shortly before it listens there."""

    def listening() -> dict:
        for file in runtime.glob("jpserver-*.json"):
            if (text := file.read_text(encoding="utf-8")).endswith("}"):
                info = json.loads(text)
                with suppress(OSError), socket.create_connection(("localhost", info["port"])):
                    return info
        return {}

    for info in watch(listening, lambda _: f"JupyterLab does not listen:\n{log.read_text(encoding='utf-8')}"):
        if server.poll() is not None:
            pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")
        if info:
            return info["url"], info["token"]


@pytest.fixture(scope="session")
def write(jupyter):
    """`write("name.ipynb", cell, …)` puts a small notebook beside the lessons."""

    def write_(name: str, *sources: str) -> str:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        cells = [new_markdown_cell("# A toy"), *map(new_code_cell, sources)]
        nbformat.write(new_notebook(cells=cells, metadata=kernel), jupyter[0] / name)
        return name

    return write_


@pytest.fixture
def open_notebook(lab, jupyter, tmp_path) -> Iterator[Callable[[str], Notebook]]:
    """`open_notebook("02_squash.ipynb")`; afterwards its kernel is gone and a screenshot lies in tmp_path."""
    with opening(lab, jupyter, tmp_path) as open_:
        yield open_


@pytest.fixture(scope="module")
def keep_notebook(lab, jupyter, tmp_path_factory) -> Iterator[Callable[[str], Notebook]]:
    """The same for all tests of a module."""
    with opening(lab, jupyter, tmp_path_factory.mktemp("notebook")) as open_:
        yield open_


@contextmanager
def opening(lab, jupyter, folder: Path) -> Iterator[Callable[[str], Notebook]]:
    """A page for a notebook, and at last a screenshot of it, in `folder`."""
    _, address, token = jupyter
    page = lab.new_page()

    def open_(name: str) -> Notebook:
        # A workspace per notebook: else each page would open the notebooks of the pages before it.
        page.goto(f"{address}lab/workspaces/{Path(name).stem}/tree/{name}?token={token}")
        return Notebook(page)

    yield open_
    page.screenshot(path=folder / "screenshot.png")
    page.evaluate("async () => { await window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown(); }")
    page.close()
