"""Overview below a chart, which shows the range: a real browser, no kernel."""

from pathlib import Path

import pytest
from helpers.timelines import build_frame, make_rows
from playwright.sync_api import Page

from imodels_nb.charts import file_sizes

pytestmark = pytest.mark.browser

_FIND_COVERED_LABELS = """() => {
  const boxes = [...document.querySelectorAll(".imodels-nb-tick-text")].map((text) => text.getBoundingClientRect());
  return [boxes.length, boxes.filter((box, number) => number && boxes[number - 1].right > box.left).length];
}"""


def test_no_label_of_the_overview_covers_another(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "chart.html"
    file_sizes(build_frame(make_rows(10_003))).save(path)
    page.goto(path.as_uri())
    page.wait_for_selector(".imodels-nb-tick-text")
    for width in range(400, 1_000, 20):
        page.set_viewport_size({"width": width, "height": 700})
        page.wait_for_timeout(50)
        labels, covered = page.evaluate(_FIND_COVERED_LABELS)
        assert labels > 1
        assert covered == 0, width
