"""The board of many iModels in a browser that runs no script."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from imodels_nb import sample, write_portfolio

pytestmark = pytest.mark.browser

COUNTS = {"Bridge": 200, "Airport": 400, "Depot": 100}


def _read_order(page: Page) -> list[str]:
    """Return the names in the order in which a reader sees them."""
    rows = {row.locator("bdi").inner_text(): row.bounding_box() for row in page.locator("tbody tr").all()}
    return sorted(rows, key=lambda name: (rows[name] or {"y": 0.0})["y"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_headings_sort_without_a_script(browser: Browser, tmp_path: Path, screenshots: Path, scheme: str) -> None:
    timelines = {
        str(seed): sample.load_changesets(changesets=count, seed=seed) for seed, count in enumerate(COUNTS.values())
    }
    names = pd.DataFrame({"display_name": [*COUNTS]}, index=pd.Index([*timelines], name="id"))
    file = write_portfolio(tmp_path / "board.html", pd.concat(timelines, names=["imodel_id"]), names)
    context = browser.new_context(java_script_enabled=False, color_scheme=scheme)  # type: ignore[arg-type]  # one of two
    page = context.new_page()
    page.goto(file.as_uri())
    page.locator("th.board-changesets").click()
    assert _read_order(page) == ["Airport", "Bridge", "Depot"]
    page.locator("th.board-changesets").click()
    assert _read_order(page) == ["Depot", "Bridge", "Airport"]
    page.locator("th.board-name").first.click()
    assert _read_order(page) == ["Airport", "Bridge", "Depot"]
    page.keyboard.press("ArrowRight")  # to the other direction of the same heading
    assert _read_order(page) == ["Depot", "Bridge", "Airport"]
    page.keyboard.press("Enter")  # sends no form
    assert page.url == file.as_uri()
    page.screenshot(path=screenshots / f"portfolio-{scheme}.png")
    context.close()
