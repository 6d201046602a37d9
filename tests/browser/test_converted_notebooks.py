"""Executed notebooks that are converted to HTML and opened without any server."""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect
from traitlets.config import Config

from imodels_nb import charts, sample
from imodels_nb.engine import render_page_script

pytestmark = pytest.mark.browser

_SETUP = (
    "from imodels_nb import FileSizes, PushTimeline, charts, sample\n"
    "changesets, named_versions = sample.load_changesets(), sample.load_named_versions()"
)
_ALONE = "charts.file_sizes(changesets, named_versions)"
_LIVE = [
    "timeline = PushTimeline(changesets, named_versions)\ntimeline.index_range = (2_000, 9_000)\ntimeline",
    "FileSizes(changesets, named_versions)",
]


@pytest.fixture(scope="module")
def executed_notebook() -> nbformat.NotebookNode:
    """Run all cells in one kernel, and store the state of the widgets."""
    cells = [nbformat.v4.new_code_cell(cell) for cell in (_SETUP, _ALONE, *_LIVE)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    quiet = Config(KernelManager={"transport": "ipc"})  # over TCP the kernel warns that others could listen
    return NotebookClient(notebook, timeout=300, config=quiet).execute()


def _convert(executed: nbformat.NotebookNode, *, without: str = "", stored: bool) -> str:
    """Convert the notebook without one of its cells, with widget state or without."""
    notebook = deepcopy(executed)
    notebook.cells = [cell for cell in notebook.cells if cell.source != without]
    if not stored:
        del notebook.metadata["widgets"]
    body, _ = HTMLExporter(mathjax_url="", require_js_url="", mermaid_js_url="").from_notebook_node(notebook)
    return str(body)


def _slide(page: Page, count: int) -> list[str]:
    """Set the first end of every chart; return the ranges that were drawn before."""
    drawn = page.locator(".imodels-nb-canvas[data-first]")
    expect(drawn).to_have_count(count)
    spans = [f"{element.get_attribute('data-first')}-{element.get_attribute('data-last')}" for element in drawn.all()]
    for number in range(count):
        first = page.get_by_role("slider", name="First changeset").nth(number)
        before = int(drawn.nth(number).get_attribute("data-first") or 0)
        first.press("PageUp")
        expect(drawn.nth(number)).not_to_have_attribute("data-first", str(before))
        assert int(first.get_attribute("aria-valuenow") or 0) > before
    return spans


@pytest.fixture
def errors(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("stored", [False, True])
def test_charts_of_a_converted_notebook_slide_with_and_without_widget_state(
    page: Page, tmp_path: Path, executed_notebook: nbformat.NotebookNode, errors: list[str], *, stored: bool
) -> None:
    path = tmp_path / "converted.html"
    body = _convert(executed_notebook, without=_ALONE, stored=stored)
    path.write_text(body.replace("</body>", f"{render_page_script()}</body>"), encoding="utf-8")
    page.goto(path.as_uri())
    assert _slide(page, 2) == ["2000-9000", "1-12000"]
    assert not errors


@pytest.mark.parametrize("stored", [False, True])
def test_one_standalone_chart_activates_all_charts_of_a_converted_notebook(
    page: Page,
    tmp_path: Path,
    executed_notebook: nbformat.NotebookNode,
    screenshots: Path,
    errors: list[str],
    *,
    stored: bool,
) -> None:
    path = tmp_path / "converted.html"
    path.write_text(_convert(executed_notebook, stored=stored), encoding="utf-8")
    page.goto(path.as_uri())
    assert _slide(page, 3) == ["1-12000", "2000-9000", "1-12000"]
    page.screenshot(path=screenshots / f"converted-{'stored' if stored else 'plain'}.png", full_page=True)
    assert not errors


_FOREIGN = """<!doctype html><html lang="en"><meta charset="utf-8"><style>
* {{ box-sizing: border-box; line-height: 2 }}
body {{ background: #fdf6e3; font: 20px serif; letter-spacing: 1px }}
main {{ max-width: 720px; margin: auto; text-align: center }}
canvas, svg, img {{ max-width: 100%; border: 0 }}
div {{ margin-block: 1em }} input, button, label {{ text-transform: uppercase }}
</style><main><h1>A book</h1>{}<p>And more text.</p></main></html>"""


def test_standalone_charts_work_in_a_page_with_foreign_styles(
    page: Page, tmp_path: Path, screenshots: Path, errors: list[str]
) -> None:
    changesets, versions = sample.load_changesets(), sample.load_named_versions()
    drawn = [charts.push_timeline(changesets, versions, lanes="kind"), charts.file_sizes(changesets, versions)]
    path = tmp_path / "book.html"
    path.write_text(_FOREIGN.format("".join(chart._repr_mimebundle_()["text/html"] for chart in drawn)), "utf-8")
    page.goto(path.as_uri())
    assert _slide(page, 2) == ["1-12000", "1-12000"]
    for overview in page.locator(".imodels-nb-overview").all():
        boxes = [part.bounding_box() or {} for part in (overview, overview.locator(".imodels-nb-window"))]
        assert [box["height"] for box in boxes] == [44, 44]
    spacing = page.locator("canvas.marks").first.evaluate("(canvas) => getComputedStyle(canvas).letterSpacing")
    assert spacing == "normal"  # or labels were wider than Vega measures them
    page.screenshot(path=screenshots / "foreign-page.png", full_page=True)
    assert not errors
