"""A notebook in JupyterLab, driven as a person drives it, with the kernel's own word beside the picture."""

import ast
from typing import Any

from playwright.sync_api import Locator, Page

_IDLE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.sessionContext?.session?.kernel?.status === "idle";
}"""
_EVALUATE = """async (expression) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const request = kernel.requestExecute({code: "", silent: true, user_expressions: {value: expression}});
  const answer = (await request.done).content.user_expressions.value;
  if (answer.status !== "ok") throw new Error(answer.ename + ": " + answer.evalue);
  return answer.data["text/plain"];
}"""


class Notebook:
    """One open notebook."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(_IDLE)

    def command(self, name: str) -> None:
        self.page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)

    def run_cell(self) -> None:
        """Run the selected cell and go on to the next."""
        self.command("notebook:run-cell-and-select-next")

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number - 1)

    def evaluate(self, expression: str) -> Any:
        """Ask the kernel; what it answers has to be a literal."""
        return ast.literal_eval(self.page.evaluate(_EVALUATE, expression))


class Chart:
    """One chart with its slider: what is drawn, and what the kernel holds."""

    def __init__(self, notebook: Notebook, cell: int, name: str) -> None:
        self._notebook = notebook
        self._cell = notebook.cell(cell)
        self._name = name
        self.lower = self._cell.locator(".noUi-handle-lower")
        self.upper = self._cell.locator(".noUi-handle-upper")

    def index_range(self) -> tuple[int, int]:
        first, last = self._notebook.evaluate(f"{self._name}.index_range")
        return first, last

    def agrees_on(self, index_range: tuple[int, int]) -> None:
        """Wait until what is drawn spans exactly this range, and check that the kernel's selection is the same."""
        first, last = index_range
        drawn = self._cell.locator(f"[data-first='{first}'][data-last='{last}']")
        drawn.wait_for()
        selected = self._notebook.evaluate(
            f"({self._name}.index_range, tuple(map(int, {self._name}.selected.index[[0, -1]])), "
            f"int(({self._name}.selected.state == 'fileUploaded').sum()))"
        )
        assert selected == (index_range, index_range, int(drawn.get_attribute("data-count") or -1))

    def drag_upper(self, *, by: int) -> None:
        """Drag the upper handle by so many pixels, in steps as a hand does."""
        self.upper.scroll_into_view_if_needed()
        box = self.upper.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self._notebook.page.mouse
        mouse.move(x, y)
        mouse.down()
        for step in range(1, 11):
            mouse.move(x + by * step / 10, y)
        mouse.up()
