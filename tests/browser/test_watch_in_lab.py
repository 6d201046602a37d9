"""A chart in JupyterLab that watches the sample hub."""

from pathlib import Path

import nbformat
import pytest
from helpers.lab import Chart, Notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

CELL = """\
from imodels_nb import IModelsClient, PushTimeline, fetch_changesets, sample
hub = sample.start(changesets=1_000)
client = IModelsClient(hub.credential, base_url=hub.base_url)
chart = PushTimeline(fetch_changesets(client, hub.imodel_id), index_range=(900, 1_000))
chart.watch(client, hub.imodel_id, every=5)
chart"""


def test_new_pushes_appear_and_the_range_follows_or_stays(
    page: Page, lab_url: str, lab_notebooks: Path, screenshots: Path
) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(CELL)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lab_notebooks / "watch.ipynb")
    notebook = Notebook(page, f"{lab_url}/lab/tree/watch.ipynb?reset")
    notebook.run_cell()
    chart = Chart(notebook, 1, "chart")
    assert chart.wait_for_range() == (900, 1_000)
    expect(notebook.cell(1).get_by_text("Watching for new pushes, every 5 seconds.")).to_be_visible()
    notebook.evaluate("len(hub.push(3))")
    expect(notebook.cell(1).get_by_text("3 new pushes at")).to_be_visible()
    assert chart.wait_for_range() == (900, 1_003)
    chart.upper.focus()
    page.keyboard.press("ArrowLeft")
    assert chart.wait_for_range() == (900, 1_002)
    notebook.evaluate("len(hub.push(2))")
    expect(notebook.cell(1).get_by_text("2 new pushes at")).to_be_visible()
    expect(chart.upper).to_be_focused()
    expect(chart.upper).to_have_attribute("aria-valuemax", "1005")
    assert chart.wait_for_range() == (900, 1_002)
    assert notebook.cell(1).locator(".imodels-nb-canvas").count() == 1
    notebook.cell(1).screenshot(path=screenshots / "watch.png")
