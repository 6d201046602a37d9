"""The explorer in JupyterLab: clicks on findings move the charts and the texts."""

from pathlib import Path

import nbformat
import pytest
from helpers.lab import Notebook
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

_SOURCE = """
from imodels_nb import ChangesetExplorer, sample
explorer = ChangesetExplorer(sample.load_changesets(), sample.load_named_versions())
explorer
"""


@pytest.fixture
def page(lab_tab: Page) -> Page:
    """Return the page that all tests share."""
    return lab_tab


def _open(page: Page, lab_notebooks: Path) -> Notebook:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(_SOURCE)], metadata=kernel)
    nbformat.write(book, lab_notebooks / "clicks.ipynb")
    notebook = Notebook(page, path="clicks.ipynb")
    notebook.command("apputils:change-theme", theme="JupyterLab Light")
    notebook.run_cell()
    return notebook


@pytest.mark.parametrize("width", [800, 1280])
def test_a_click_on_any_finding_is_seen(page: Page, lab_notebooks: Path, screenshots: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    cell = _open(page, lab_notebooks).cell(1)
    expect(cell.locator(".imodels-nb-canvas[data-first]")).to_have_count(2)
    clickable = cell.locator(".imodels-finding:enabled")
    for finding in (clickable.first, clickable.last):
        finding.click()
        expect(finding).to_have_attribute("aria-pressed", "true")
        expect(cell.locator(".imodels-nb-canvas").first).to_be_in_viewport(ratio=0.7)
        page.screenshot(path=screenshots / f"finding-{width}.png")


def test_a_click_on_a_finding_moves_both_charts(page: Page, lab_notebooks: Path, screenshots: Path) -> None:
    notebook = _open(page, lab_notebooks)
    cell = notebook.cell(1)
    canvases = cell.locator(".imodels-nb-canvas")
    expect(canvases).to_have_count(2)

    finding = cell.get_by_role("button", name="schema storm")
    finding.click()
    _all_at(notebook, 6_400, 6_478)
    expect(finding).to_have_attribute("aria-pressed", "true")
    expect(cell.locator("code")).to_have_text("explorer.changesets.loc[6400:6478]  # after_index=6399, last_index=6478")
    assert notebook.evaluate(f"{cell.locator('code').inner_text().split('#')[0]}.equals(explorer.selected)")
    expect(cell.locator(".imodels-nb-overview")).to_have_count(1)

    contention = cell.get_by_role("button", name="contention")
    contention.focus()
    page.keyboard.press("Enter")
    _all_at(notebook, 9_284, 9_309)
    expect(finding).to_have_attribute("aria-pressed", "false")

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


def test_the_table_shows_the_range_and_marks_its_changesets_in_the_charts(
    page: Page, lab_notebooks: Path, screenshots: Path
) -> None:
    notebook = _open(page, lab_notebooks)
    cell = notebook.cell(1)
    table = cell.get_by_role("table", name="Changesets of the range")
    expect(cell.get_by_text("12,000 changesets in the range")).to_be_visible()
    notebook.evaluate("setattr(explorer, 'index_range', (6400, 6478))")
    expect(cell.get_by_text("79 changesets in the range")).to_be_visible()
    table.get_by_role("button", name="Size").click()
    expect(table.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "descending")
    largest = notebook.evaluate("explorer.selected['file_size'].idxmax().item()")
    first = table.locator("tbody tr").first
    expect(first).to_have_attribute("data-index", str(largest))

    first.get_by_role("button").press("Enter")
    expect(first).to_have_attribute("aria-selected", "true")
    markers = cell.locator(".imodels-nb-marker:visible")
    expect(markers).to_have_count(2)
    expect(markers.first).to_have_attribute("data-index", f"{largest:,}")
    assert notebook.evaluate("explorer.timeline.slider.selected_changeset['index']") == largest
    cell.screenshot(path=screenshots / "explorer-table.png")

    other = _click_a_mark(page, cell, largest)
    expect(table.locator("tbody tr[aria-selected='true']")).to_have_attribute("data-index", str(other))
    expect(markers.first).to_have_attribute("data-index", f"{other:,}")

    cell.get_by_role("searchbox").fill("schema")
    found = notebook.evaluate("int(explorer.selected['has_schema'].sum())")
    expect(cell.get_by_text("of 79 changesets")).to_be_visible()
    assert int(cell.get_by_text("of 79 changesets").inner_text().split()[0]) >= found > 0


def _click_a_mark(page: Page, cell: Locator, before: int) -> int:
    """Send clicks over the file sizes until another changeset is selected."""
    canvas = cell.locator("canvas.marks").nth(1)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    marker = cell.locator(".imodels-nb-marker").nth(1)
    for y in range(90, 340, 4):
        for x in range(0, 60, 4):
            page.mouse.click(box["x"] + box["width"] * 0.5 + x, box["y"] + y)
            index = int((marker.get_attribute("data-index") or "0").replace(",", ""))
            if index not in (0, before):
                return index
    raise AssertionError("no mark could be clicked")
