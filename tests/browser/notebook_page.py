"""A notebook that is open in JupyterLab, as a test sees it.

JupyterLab draws only the cells near the window, so cells and outputs are read from the notebook's model, and
the page is asked only about what a test has scrolled to. Nothing waits for a quiet network: a live kernel
never is.
"""

from collections.abc import Callable

import pytest
from patience import watch

# What the notebook in front holds, as plain data.
STATE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  if (!panel?.context?.isReady || !panel.sessionContext) return null;
  return {
    idle: panel.sessionContext.session?.kernel?.status === 'idle',
    ran: window.ran ?? false,
    dialog: document.querySelector('.jp-Dialog')?.innerText ?? null,
    toast: document.querySelector('.Toastify__toast')?.innerText ?? null,
    cells: Array.from(panel.content.model.cells).map(cell => ({
      type: cell.type,
      source: cell.sharedModel.getSource(),
      count: cell.executionCount ?? null,
      outputs: cell.type === 'code' ? cell.outputs.toJSON() : [],
    })),
  };
}"""

RUN = """() => {
  window.ran = false;
  jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.ran = true; });
}"""


class Notebook:
    """One notebook, open in one page."""

    def __init__(self, page) -> None:
        self.page = page
        self.wait("an idle kernel", lambda state: state["idle"])

    def state(self) -> dict:
        return self.page.evaluate(STATE) or {"idle": False, "ran": False, "dialog": None, "toast": None, "cells": []}

    def wait(self, what: str, reached: Callable[[dict], bool]) -> dict:
        """Until `reached(state)`. Failing that, the test ends with what JupyterLab shows instead."""

        def instead(state: dict) -> str:
            return f"no {what}; dialog: {state['dialog']}; {problems(state)}"

        for state in watch(self.state, instead):
            if reached(state):
                return state
            if state["dialog"]:
                pytest.fail(instead(state))

    def run_all(self) -> dict:
        """Run every cell; end early at an error, as the cells after it never run."""
        # At the very end of a run JupyterLab takes the focus: a test that moved it earlier would press keys for nobody.
        self.page.evaluate(RUN)
        return self.wait("end of the run", lambda state: state["idle"] and state["ran"])

    def cell(self, index: int, selector: str):
        """An element inside one cell, scrolled to, so that JupyterLab draws it."""
        find = "([index, selector]) => jupyterapp.shell.currentWidget.content.widgets[index].node" + (
            ".querySelector(selector)"
        )
        scroll = "index => jupyterapp.shell.currentWidget.content.scrollToItem(index, 'smart')"
        self.page.evaluate(scroll, index)
        self.page.wait_for_function(find, arg=[index, selector])
        element = self.page.evaluate_handle(find, [index, selector]).as_element()
        element.scroll_into_view_if_needed()
        return element

    def type_and_run(self, index: int, source: str) -> dict:
        """What a learner does: click into the cell, replace its text, Shift+Enter."""
        before = self.state()["cells"][index]["count"]
        self.cell(index, ".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)
        assert self.state()["cells"][index]["source"] == source
        return self.press_and_wait(index, before)

    def press_and_wait(self, index: int, before: int | None) -> dict:
        self.page.keyboard.press("Shift+Enter")
        return self.wait(
            f"new run of cell {index}",
            lambda state: state["idle"] and state["cells"][index]["count"] not in (None, before),
        )


def errors(state: dict) -> list[str]:
    """Every error that some cell shows."""
    return [
        f"cell {index}: {output['ename']}: {output['evalue']}"
        for index, cell in enumerate(state["cells"])
        for output in cell["outputs"]
        if output["output_type"] == "error"
    ]


def not_run(state: dict) -> list[str]:
    return [
        f"cell {index} was not run"
        for index, cell in enumerate(state["cells"])
        if cell["type"] == "code" and cell["source"].strip() and cell["count"] is None
    ]


def problems(state: dict) -> list[str]:
    """Why a lesson cannot be called good; empty if it can."""
    return errors(state) + not_run(state)
