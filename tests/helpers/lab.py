"""A notebook in JupyterLab under the control of a test."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page

from helpers.pointer import drag

TIMEOUT = 60
_IDLE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.sessionContext?.session?.kernel?.status === "idle";
}"""
_EVALUATE = """async (expression) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const request = kernel.requestExecute({code: "", silent: true, user_expressions: {value: expression}});
  const response = (await request.done).content.user_expressions.value;
  if (response.status !== "ok") throw new Error(response.ename + ": " + response.evalue);
  return response.data["text/plain"];
}"""
_CLOSE = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.sessionContext.shutdown();
  panel.dispose();
}"""
_COMMAND = "async ([name, arguments]) => { await window.jupyterapp.commands.execute(name, arguments); }"


@contextmanager
def open_page(browser: Browser) -> Iterator[Page]:
    """Open an empty page with a cache of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(TIMEOUT * 1000)
    yield context.new_page()
    context.close()


def load_lab(page: Page, url: str) -> None:
    """Load JupyterLab without a notebook."""
    page.goto(f"{url}/lab?reset")
    page.wait_for_function("() => window.jupyterapp")
    page.evaluate("() => window.jupyterapp.restored")


def close_notebook(page: Page) -> None:
    """Stop the kernel of the notebook in front, and close it without saving."""
    page.evaluate(_CLOSE)


class Notebook:
    """One open notebook.

    Parameters
    ----------
    page
        Page of the browser.
    url
        Address of the notebook. Without it, the page shows JupyterLab, and the notebook `path` is opened in it.
    """

    def __init__(self, page: Page, url: str = "", *, path: str = "") -> None:
        self.page = page
        if url:
            page.goto(url)
        else:
            self.command("docmanager:open", path=path)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(_IDLE)

    def command(self, name: str, **arguments: Any) -> None:
        self.page.evaluate(_COMMAND, [name, arguments])

    @property
    def name(self) -> str:
        """The name of the file, without its ending."""
        return PurePosixPath(urlsplit(self.page.url).path).stem

    def set_hidden(self, *, hidden: bool) -> None:
        """Hide or show the notebook, as JupyterLab does when a user selects a tab."""
        self.page.evaluate("(hidden) => window.jupyterapp.shell.currentWidget.setHidden(hidden)", hidden)

    def run_all(self) -> None:
        """Run all cells, and do not wait for them."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def run_cell(self) -> None:
        """Run the selected cell and go on to the next."""
        self.command("notebook:run-cell-and-select-next")

    def select_next(self) -> None:
        self.command("notebook:move-cursor-down")

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number - 1)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the kernel, which has to be a literal."""
        return ast.literal_eval(self.page.evaluate(_EVALUATE, expression))


class Chart:
    """One chart with its overview: what is drawn, and what the kernel holds."""

    def __init__(self, notebook: Notebook, cell: int, name: str) -> None:
        self._notebook = notebook
        self._cell = notebook.cell(cell)
        self._name = name
        self.lower = self._cell.get_by_role("slider", name="First changeset")
        self.upper = self._cell.get_by_role("slider", name="Last changeset")

    def wait_for_range(self) -> tuple[int, int]:
        """Wait until overview, picture, kernel and selection agree; return their range."""
        deadline = monotonic() + TIMEOUT
        while len(seen := {self._read_overview(), self._read_picture()[:2], self._read_kernel()}) > 1:
            assert monotonic() < deadline, f"overview, picture and kernel do not agree: {seen}"
            self._notebook.page.wait_for_timeout(50)
        first, last, count = self._read_picture()
        selected = f"{self._name}.selected"
        same = f"{selected}.equals({self._name}.changesets.loc[{first}:{last}])"
        uploaded = f"({selected}.state == 'fileUploaded').sum().item()"
        assert self._notebook.evaluate(f"({same}, {uploaded})") == (True, count)
        return first, last

    def _read_overview(self) -> tuple[int, int]:
        first, last = (int(grip.get_attribute("aria-valuenow") or -1) for grip in (self.lower, self.upper))
        return first, last

    def _read_picture(self) -> tuple[int, int, int]:
        drawn = self._cell.locator("[data-first]")
        first, last, count = (int(drawn.get_attribute(f"data-{name}") or -1) for name in ("first", "last", "count"))
        return first, last, count

    def _read_kernel(self) -> tuple[int, int]:
        first, last = self._notebook.evaluate(f"{self._name}.index_range")
        return first, last

    def drag_upper(self, *, by: int) -> None:
        """Set the upper end: drag its grip by so many pixels, in steps as a hand does."""
        box = self.upper.bounding_box()
        assert box
        drag(self.upper, 0.5, 0.5 + by / box["width"])
