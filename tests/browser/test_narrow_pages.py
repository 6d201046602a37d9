"""Charts on narrow pages: a real browser, no kernel."""

from pathlib import Path
from typing import Any

import pytest
from helpers.timelines import build_frame, make_rows
from playwright.sync_api import Page

from imodels_nb.aggregate import LABELS
from imodels_nb.charts import file_sizes, people, push_timeline

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


_RECORD_TEXTS = """
  window.painted = {};
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    const { e, f } = this.getTransform();
    const { width, height } = this.canvas;
    window.painted[text] = e + x + this.measureText(text).width <= width && f + y <= height;
    return write.call(this, text, x, y, ...rest);
  };
"""


@pytest.mark.parametrize("draw", [push_timeline, people])
def test_a_narrow_chart_has_its_whole_legend(page: Page, tmp_path: Path, draw: Any, screenshots: Path) -> None:
    path = tmp_path / "chart.html"
    draw(build_frame(make_rows(300))).save(path)
    page.add_init_script(_RECORD_TEXTS)
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(path.as_uri())
    page.wait_for_function("window.painted.schema !== undefined")
    page.screenshot(path=screenshots / f"narrow-{draw.__name__}.png", full_page=True)
    painted = page.evaluate("window.painted")
    labels = painted.keys() & set(LABELS)
    assert len(labels) > 6
    assert {label: painted[label] for label in labels} == dict.fromkeys(labels, True)
