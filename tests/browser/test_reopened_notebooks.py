"""Notebooks that are opened again without their kernel: each chart is still seen."""

import base64
import json
from pathlib import Path

import nbformat
import pytest
from helpers.lab import Notebook
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat.sign import NotebookNotary
from playwright.sync_api import Page, expect
from traitlets.config import Config

from imodels_nb import engine

pytestmark = pytest.mark.browser

_CELLS = [
    "from imodels_nb import ChangesetExplorer, FileSizes, PushTimeline, sample",
    "changesets = sample.load_changesets(changesets=900)",
    "PushTimeline(changesets, index_range=(100, 800))",
    "ChangesetExplorer(changesets)",
]
_SEVERAL = [*_CELLS[:2], *["FileSizes(changesets)"] * 3]
_SEEN = "(image) => image.decode().then(() => image.naturalWidth)"


def _execute(cells: list[str]) -> nbformat.NotebookNode:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    sources = [nbformat.v4.new_code_cell(cell) for cell in cells]
    quiet = Config(KernelManager={"transport": "ipc"})  # over TCP the kernel warns that others could listen
    notebook = nbformat.v4.new_notebook(cells=sources, metadata=kernel)
    return NotebookClient(notebook, timeout=300, config=quiet).execute()


@pytest.fixture(scope="module")
def executed_notebook() -> nbformat.NotebookNode:
    """Run all cells in one kernel, and store the state of the widgets."""
    return _execute(_CELLS)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("stored", [True, False])
def test_a_reopened_notebook_shows_the_picture(
    lab_tab: Page,
    lab_notebooks: Path,
    executed_notebook: nbformat.NotebookNode,
    screenshots: Path,
    *,
    stored: bool,
    trusted: bool,
) -> None:
    notebook = nbformat.from_dict(json.loads(json.dumps(executed_notebook)))
    if not stored:
        del notebook.metadata["widgets"]
    if trusted:
        NotebookNotary(data_dir=str(lab_notebooks.parent / "jupyterlab" / "data")).sign(notebook)
    name = f"reopened-{stored}-{trusted}"
    nbformat.write(notebook, lab_notebooks / f"{name}.ipynb")
    opened = Notebook(lab_tab, path=f"{name}.ipynb")
    for number, pictures in ((3, 1), (4, 2)):
        images, drawn = (
            opened.cell(number).locator(selector) for selector in ("img", ".imodels-nb-canvas[data-first]")
        )
        if stored:
            expect(drawn).to_have_count(pictures)
            expect(drawn.first).to_be_visible()
            expect(images.first).to_be_hidden()
        else:
            expect(images).to_have_count(pictures)
            expect(images.first).to_be_visible()
            assert images.first.evaluate(_SEEN) > 500
        opened.cell(number).scroll_into_view_if_needed()
        opened.cell(number).screenshot(path=screenshots / f"{name}-{number}.png")


@pytest.mark.parametrize("stored", [True, False])
def test_a_converted_notebook_shows_the_picture_without_internet(
    page: Page, tmp_path: Path, executed_notebook: nbformat.NotebookNode, screenshots: Path, *, stored: bool
) -> None:
    notebook = nbformat.from_dict(json.loads(json.dumps(executed_notebook)))
    if not stored:
        del notebook.metadata["widgets"]
    body, _ = HTMLExporter().from_notebook_node(notebook)
    (tmp_path / "page.html").write_text(body, "utf-8")
    page.goto((tmp_path / "page.html").as_uri(), wait_until="domcontentloaded")
    images = page.locator(".imodels-nb-picture img")
    expect(images).to_have_count(3)
    for image in images.all():
        expect(image).to_be_visible()
        assert image.evaluate(_SEEN) > 500
    page.screenshot(path=screenshots / f"converted-offline-{stored}.png", full_page=True)


def test_several_charts_of_a_notebook_store_the_engine_once() -> None:
    start = base64.b64encode(engine.compress_engine()[:999]).decode()
    assert json.dumps(_execute(_SEVERAL)).count(start) == 1
