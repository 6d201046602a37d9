"""Appearance of live charts in JupyterLab, with its styles around them."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from helpers.lab import Chart, Notebook
from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

PAPERS = {"JupyterLab Light": [255, 255, 255], "JupyterLab Dark": [17, 17, 17]}
_CHART = (
    "from imodels_nb import {0}, sample; chart = {0}(sample.load_changesets(), sample.load_named_versions()); chart"
)
_PICTURE = """(element) => {
  const canvas = element.querySelector("canvas");
  if (!canvas || !canvas.width) return null;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const inks = new Set(new Uint32Array(pixels.buffer));
  return { paper: [...pixels.slice(0, 3)], inks: inks.size, width: canvas.clientWidth, room: element.clientWidth };
}"""


@pytest.fixture(params=["PushTimeline", pytest.param("FileSizes", marks=pytest.mark.long)])
def notebook(request: pytest.FixtureRequest, page: Page, lab_notebooks: Path, lab_url: str) -> Notebook:
    """Open a notebook of one cell, which draws one chart."""
    cells = [nbformat.v4.new_code_cell(_CHART.format(request.param))]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lab_notebooks / f"{request.param}.ipynb")
    opened = Notebook(page, f"{lab_url}/lab/tree/{request.param}.ipynb?reset")
    opened.command("apputils:change-theme", theme="JupyterLab Light")
    return opened


def _element(notebook: Notebook) -> Locator:
    return notebook.cell(1).locator(".imodels-nb-canvas")


def _wait_for_a_whole_picture(notebook: Notebook, theme: str) -> None:
    """Wait until the chart fills its width, in the theme, with more than background."""
    element, seen = _element(notebook), dict[str, Any]()
    for _ in range(100):
        seen = element.evaluate(_PICTURE) or {}
        if seen and seen["paper"] == PAPERS[theme] and seen["inks"] > 5 and seen["room"] - 1 <= seen["width"]:
            return
        notebook.page.wait_for_timeout(100)
    pytest.fail(f"no whole picture in {theme}: {seen}")


def test_a_chart_keeps_its_width_and_changes_its_colors_with_the_theme(notebook: Notebook, screenshots: Path) -> None:
    notebook.run_cell()
    Chart(notebook, 1, "chart").wait_for_range()
    _wait_for_a_whole_picture(notebook, "JupyterLab Light")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.command("apputils:change-theme", theme=theme)
        _wait_for_a_whole_picture(notebook, theme)
        notebook.cell(1).screenshot(path=screenshots / f"{notebook.name}-{theme[11:].lower()}.png")


def test_a_chart_drawn_in_a_hidden_tab_is_complete_when_shown(notebook: Notebook) -> None:
    notebook.set_hidden(hidden=True)
    notebook.run_cell()
    _element(notebook).wait_for(state="attached")
    notebook.wait_until_idle()
    notebook.page.wait_for_timeout(2_000)  # for it to embed, if it ever does so without an element
    notebook.set_hidden(hidden=False)
    Chart(notebook, 1, "chart").wait_for_range()
    _wait_for_a_whole_picture(notebook, "JupyterLab Light")
