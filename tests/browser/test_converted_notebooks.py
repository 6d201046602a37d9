"""Notebooks that are executed, converted to HTML and opened with no kernel, no server and no internet."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect
from traitlets.config import Config

from imodels_nb.engine import standalone_script

pytestmark = pytest.mark.browser

_CELLS = [
    (
        "from imodels_nb import FileSizes, PushTimeline, charts, sample\n"
        "changesets, named_versions = sample.load_changesets(), sample.load_named_versions()"
    ),
    "timeline = PushTimeline(changesets, named_versions)\ntimeline.index_range = (2_000, 9_000)\ntimeline",
    "FileSizes(changesets, named_versions)",
    "charts.file_sizes(changesets, named_versions)",
]


def _converted(folder: Path, *, stored: bool) -> Path:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in _CELLS], metadata=kernel)
    quiet = Config(KernelManager={"transport": "ipc"})  # over TCP the kernel warns that others could listen
    NotebookClient(notebook, timeout=300, store_widget_state=stored, config=quiet).execute()
    body, _ = HTMLExporter(mathjax_url="", require_js_url="", mermaid_js_url="").from_notebook_node(notebook)
    page = folder / "converted.html"
    page.write_text(body.replace("</body>", f"{standalone_script()}</body>"), encoding="utf-8")
    return page


@pytest.mark.parametrize("stored", [False, True])
def test_charts_of_a_converted_notebook_slide_whether_or_not_widget_state_was_stored(
    page: Page, tmp_path: Path, screenshots: Path, *, stored: bool
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(_converted(tmp_path, stored=stored).as_uri())
    drawn = page.locator(".imodels-nb-canvas[data-first]")
    expect(drawn).to_have_count(3)
    spans = [(place.get_attribute("data-first"), place.get_attribute("data-last")) for place in drawn.all()]
    assert spans == [("2004" if stored else "2000", "9000"), ("1", "12000"), ("1", "12000")]  # of whole columns
    for number in range(3):
        first = page.get_by_role("slider", name="First changeset").nth(number)
        before = int(drawn.nth(number).get_attribute("data-first") or 0)
        first.press("PageUp")
        expect(drawn.nth(number)).not_to_have_attribute("data-first", str(before))
        assert int(first.get_attribute("aria-valuenow") or 0) > before
    page.screenshot(path=screenshots / f"converted-{'stored' if stored else 'plain'}.png", full_page=True)
    assert not errors
