"""The explorer in JupyterLab: a click on a finding moves both charts, and what is told follows."""

from pathlib import Path

import nbformat
import pytest
from helpers.lab import Notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

_SOURCE = """
from imodels_nb import ChangesetExplorer, sample
explorer = ChangesetExplorer(sample.load_changesets(), sample.load_named_versions())
explorer
"""


def _open(page: Page, lab_notebooks: Path, lab_url: str) -> Notebook:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(_SOURCE)], metadata=kernel)
    nbformat.write(book, lab_notebooks / "clicks.ipynb")
    notebook = Notebook(page, f"{lab_url}/lab/tree/clicks.ipynb?reset")
    notebook.command("apputils:change-theme", theme="JupyterLab Light")
    notebook.run_cell()
    return notebook


@pytest.mark.parametrize("width", [800, 1280])
def test_a_click_on_any_finding_is_seen(
    page: Page, lab_notebooks: Path, lab_url: str, screenshots: Path, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    cell = _open(page, lab_notebooks, lab_url).cell(1)
    expect(cell.locator(".imodels-nb-canvas[data-first]")).to_have_count(2)
    clickable = cell.locator(".imodels-finding:enabled")
    for finding in (clickable.first, clickable.last):
        finding.click()
        expect(finding).to_have_attribute("aria-pressed", "true")
        expect(cell.locator(".imodels-nb-canvas").first).to_be_in_viewport(ratio=0.7)
        page.screenshot(path=screenshots / f"finding-{width}.png")


def test_a_click_on_a_finding_moves_both_charts(
    page: Page, lab_notebooks: Path, lab_url: str, screenshots: Path
) -> None:
    notebook = _open(page, lab_notebooks, lab_url)
    cell = notebook.cell(1)
    canvases = cell.locator(".imodels-nb-canvas")
    expect(canvases).to_have_count(2)

    storm = cell.get_by_role("button", name="schema storm")
    storm.click()
    _all_at(notebook, 6_400, 6_478)
    expect(storm).to_have_attribute("aria-pressed", "true")
    expect(cell.locator("code")).to_have_text("explorer.changesets.loc[6400:6478]  # after_index=6399, last_index=6478")
    assert notebook.evaluate(f"{cell.locator('code').inner_text().split('#')[0]}.equals(explorer.selected)")
    expect(cell.locator(".imodels-nb-overview")).to_have_count(1)

    contention = cell.get_by_role("button", name="contention")
    contention.focus()
    page.keyboard.press("Enter")
    _all_at(notebook, 9_284, 9_309)
    expect(storm).to_have_attribute("aria-pressed", "false")

    for theme in ("Light", "Dark"):
        notebook.command("apputils:change-theme", theme=f"JupyterLab {theme}")
        expect(page.locator(f"body[data-jp-theme-light='{str(theme == 'Light').lower()}']")).to_have_count(1)
        page.wait_for_timeout(500)
        cell.screenshot(path=screenshots / f"explorer-{theme.lower()}.png")


def _all_at(notebook: Notebook, first: int, last: int) -> None:
    for number in range(2):
        canvas = notebook.cell(1).locator(".imodels-nb-canvas").nth(number)
        expect(canvas).to_have_attribute("data-first", str(first))
        expect(canvas).to_have_attribute("data-last", str(last))
    assert notebook.evaluate("(explorer.index_range, explorer.sizes.index_range)") == ((first, last), (first, last))
    assert notebook.evaluate("len(explorer.selected)") == last - first + 1
