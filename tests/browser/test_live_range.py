"""Live charts of any number of changesets, whose picture and kernel always agree."""

from itertools import product
from pathlib import Path
from typing import Any

import nbformat
import pytest
from helpers.lab import Chart, Notebook, load_lab
from helpers.pointer import drag
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

_SETUP = """
import numpy as np
import pandas as pd
from imodels_nb import FileSizes, PushTimeline

def build_frame(count):
    random = np.random.default_rng(7)
    index = 1 + np.cumsum(random.choice([1, 1, 1, 3], count)) if count else np.zeros(0, int)
    hours = np.sort(random.random(count)) * 24 * 900
    states = np.where(np.arange(count) % 400 == 399, "waitingForFile", "fileUploaded")
    sizes = np.exp(random.normal(11, 2, count)).astype(int) + 1
    return pd.DataFrame(
        {
            "id": [f"{number:040x}" for number in index],
            "description": [f"<b>change {number}</b>" for number in index],
            "creator_id": pd.Categorical(random.choice(["user-one", "user-two"], count)),
            "state": pd.Categorical(states, categories=["waitingForFile", "fileUploaded"]),
            "push_date_time": pd.Timestamp("2023-02-27T09Z") + pd.to_timedelta(hours, unit="h"),
            "file_size": np.where(np.arange(count) % 300 == 299, 0, sizes),
            "containing_changes": random.choice([0, 1, 2, 4, 4, 6, 8, 16, 32, 64, 128], count),
        },
        index=pd.Index(index, name="changeset_index", dtype="int64"),
    )

chart = {kind}(build_frame({count}))
"""


KINDS = ("PushTimeline", "FileSizes")
Lab = tuple[Path, str]


def _long(*cases: Any) -> list[Any]:
    return [pytest.param(*case, marks=pytest.mark.long) for case in cases]


@pytest.fixture
def lab(lab_notebooks: Path, lab_url: str) -> Lab:
    """Return the folder of the notebooks, and the URL of their JupyterLab."""
    return lab_notebooks, lab_url


@pytest.fixture
def page(lab_tab: Page) -> Page:
    """Return the page that all tests share."""
    return lab_tab


def _notebook(page: Page, lab: Lab, kind: str, count: int, last: str = "chart", *, is_alone: bool = False) -> Notebook:
    folder, url = lab
    source = _SETUP.replace("{kind}", kind).replace("{count}", str(count)) + last
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=kernel)
    nbformat.write(book, folder / f"{kind}-{count}.ipynb")
    if is_alone:
        load_lab(page, url)
    notebook = Notebook(page, path=f"{kind}-{count}.ipynb")
    notebook.command("apputils:change-theme", theme="JupyterLab Light")
    notebook.run_cell()
    return notebook


def _grip(notebook: Notebook, name: str) -> Any:
    return notebook.cell(1).locator(".imodels-nb-overview").get_by_role("slider", name=name)


@pytest.mark.parametrize(
    ("kind", "count"), [("PushTimeline", 3_000), *_long(("FileSizes", 3_000), *product(KINDS, [1_000_000]))]
)
def test_overview_and_kernel_follow_each_other_without_a_loop(page: Page, lab: Lab, kind: str, count: int) -> None:
    output: list[bool] = []
    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: output.append("comm_msg" in str(frame)))
    )
    notebook = _notebook(page, lab, kind, count)
    chart = Chart(notebook, 1, "chart")
    low, high = chart.wait_for_range()
    notebook.evaluate(f"setattr(chart, 'index_range', ({low}, {low + (high - low) // 2}))")
    chart.wait_for_range()
    drag(notebook.cell(1).locator(".imodels-nb-overview"), 0.7, 0.9)
    first, last = chart.wait_for_range()
    assert low + 0.65 * (high - low) < first < low + 0.75 * (high - low)
    assert low + 0.85 * (high - low) < last < low + 0.95 * (high - low)
    drag(notebook.cell(1).locator(".imodels-nb-overview"), 0.8, 0.5)  # the window itself
    moved = chart.wait_for_range()
    assert moved[1] - moved[0] == last - first
    assert moved[0] < first
    chart.drag_upper(by=60)
    assert chart.wait_for_range()[1] > moved[1]
    page.wait_for_timeout(1_000)
    assert any(output)
    output.clear()
    page.wait_for_timeout(2_000)
    assert not any(output)  # whoever followed stands still


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("PushTimeline", 2),
        ("FileSizes", 1_000),
        *_long(("FileSizes", 2), ("PushTimeline", 1_000), *product(KINDS, [100_000, 1_000_000])),
    ],
)
def test_what_is_drawn_is_the_range_after_every_step(
    page: Page, lab: Lab, screenshots: Path, kind: str, count: int
) -> None:
    notebook = _notebook(page, lab, kind, count)
    chart = Chart(notebook, 1, "chart")
    low, high = chart.wait_for_range()
    notebook.cell(1).screenshot(path=screenshots / f"live-{kind}-{count}.png")

    chart.lower.focus()
    for key in ("ArrowRight", "PageUp", "Shift+ArrowRight", "ArrowLeft", "End", "Home", "ArrowRight"):
        page.keyboard.press(key)
        first, last = chart.wait_for_range()
        assert low <= first <= last == high
    assert first == low + 1
    _grip(notebook, "Last changeset").focus()
    for key in ("PageDown", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
        chart.wait_for_range()
    first, last = chart.wait_for_range()
    assert first == low + 1 <= last
    assert last < high or count == 2
    span = high - low
    for ends in [(low + span // 2, low + span // 2 + 300), (low + span // 3, low + span // 3), (0, 10**9)]:
        notebook.evaluate(f"setattr(chart, 'index_range', {ends})")
        assert chart.wait_for_range() == (min(max(ends[0], low), high), min(ends[1], high))
        notebook.cell(1).screenshot(path=screenshots / f"live-{kind}-{count}-{ends[1] - ends[0]}.png")


def test_a_typed_number_moves_an_end_within_the_bounds(page: Page, lab: Lab) -> None:
    notebook = _notebook(page, lab, "FileSizes", 1_000)
    chart = Chart(notebook, 1, "chart")
    low, high = chart.wait_for_range()
    entry, drawn = (notebook.cell(1).locator(selector) for selector in ("input[name='first']", "[data-first]"))
    typed = {"40": (40, 700), "1e9": (700, high), "-5": (low, 700), "3.7": (4, 700), "": (500, 700), "500": (500, 700)}
    for text, expected in typed.items():
        notebook.evaluate("setattr(chart, 'index_range', (500, 700))")
        assert chart.wait_for_range() == (500, 700)
        entry.select_text()
        entry.press("Delete")
        entry.press_sequentially(text)
        entry.press("Enter")
        expect(drawn).to_have_attribute("data-first", str(expected[0]))
        expect(entry).to_have_value(str(expected[0]))
        assert chart.wait_for_range() == expected


@pytest.mark.long
def test_a_request_without_response_does_not_block_the_next(page: Page, lab: Lab) -> None:
    notebook = _notebook(page, lab, "PushTimeline", 5_000)
    chart, grip = Chart(notebook, 1, "chart"), _grip(notebook, "First changeset")
    low, last = chart.wait_for_range()
    notebook.evaluate("chart._model.on_msg(chart._handle_request, remove=True)")  # as if it were interrupted
    grip.press("ArrowRight")  # within a column of two, so that the grid does not tell
    notebook.evaluate("chart._model.on_msg(chart._handle_request)")
    for _ in range(4):
        grip.press("ArrowRight")
    assert chart.wait_for_range() == (low + 5, last)


@pytest.mark.parametrize("kind", ["PushTimeline", *_long(("FileSizes",))])
def test_a_chart_without_its_kernel_draws_from_its_grid(page: Page, lab: Lab, screenshots: Path, kind: str) -> None:
    notebook = _notebook(page, lab, kind, 5_000)
    low, _ = Chart(notebook, 1, "chart").wait_for_range()
    notebook.evaluate("setattr(chart, 'index_range', (2_000, 2_101))")
    Chart(notebook, 1, "chart").wait_for_range()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    notebook.wait_until_idle()
    _grip(notebook, "First changeset").press("Home")
    drawn = notebook.cell(1).locator("[data-first]")
    expect(drawn).to_have_attribute("data-first", str(low))
    expect(drawn).to_have_attribute("data-exact", "false")  # of its columns, one reaches beyond the range
    assert 2_080 < int(drawn.get_attribute("data-last") or 0) < 2_101
    expect(_grip(notebook, "First changeset")).to_have_attribute("aria-valuenow", str(low))
    expect(notebook.cell(1).locator("input[name='last']")).to_have_value(drawn.get_attribute("data-last") or "")
    expect(
        notebook.cell(1).get_by_text("No kernel is connected, so the range is rounded to groups of about")
    ).to_be_visible()
    notebook.cell(1).screenshot(path=screenshots / f"without-kernel-{kind}.png")
    assert wrong == []


_PRESSES = """async ([selector, presses]) => {
  const cell = document.querySelector(".jp-Notebook .jp-Cell");
  const [handle, canvas] = [cell.querySelector(selector), cell.querySelector(".imodels-nb-canvas")];
  const next = () => new Promise((seen) => {
    const watch = new MutationObserver(() => { watch.disconnect(); seen(); });
    watch.observe(canvas, { attributes: true, attributeFilter: ["data-first"] });
  });
  const range = () => [...cell.querySelectorAll("[role=slider].imodels-nb-grip")].map((grip) => grip.ariaValueNow);
  const settled = () => range()[0] === canvas.dataset.first && canvas.dataset.exact === "true";
  for (let press = 0; press < presses; press++) {
    const painted = next();
    const key = press % 8 < 4 ? "ArrowRight" : "ArrowLeft";
    handle.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true }));
    await painted;
    while (!settled()) await next();
  }
}"""


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_small_and_leaves_nothing_behind(page: Page, lab: Lab, kind: str) -> None:
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    notebook = _notebook(page, lab, kind, 1_000_000, is_alone=True)
    chart = Chart(notebook, 1, "chart")
    chart.wait_for_range()
    first_paint = sum(frames)
    browser = page.context.new_cdp_session(page)

    def heap() -> float:
        for _ in range(2):
            browser.send("HeapProfiler.collectGarbage")
        return float(browser.send("Runtime.getHeapUsage")["usedSize"])

    def steps(presses: int) -> None:
        page.evaluate(_PRESSES, [".imodels-nb-grip", presses])

    steps(100)
    frames.clear()
    heaps = []
    for _ in range(8):
        steps(200)
        heaps.append(heap())
    assert first_paint <= 1_100_000
    assert sum(frames) / 1_600 <= 12_000
    # JupyterLab fills buffers of some megabytes and empties them every 600 steps or so: only the lowest points count.
    assert min(heaps[4:]) < min(heaps[:4]) + 1_000_000


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_that_is_run_again_leaves_no_picture_behind(page: Page, lab: Lab, kind: str) -> None:
    notebook = _notebook(page, lab, kind, 1_000, is_alone=True)
    browser = page.context.new_cdp_session(page)
    for _ in range(4):
        Chart(notebook, 1, "chart").wait_for_range()
        notebook.command("notebook:move-cursor-up")
        notebook.run_cell()
        notebook.wait_until_idle()
    Chart(notebook, 1, "chart").wait_for_range()
    for _ in range(3):
        browser.send("HeapProfiler.collectGarbage")
    picture = browser.send("Runtime.evaluate", {"expression": "HTMLCanvasElement.prototype"})["result"]
    alive = browser.send("Runtime.queryObjects", {"prototypeObjectId": picture["objectId"]})["objects"]
    count = {"objectId": alive["objectId"], "functionDeclaration": "function () { return this.length; }"}
    assert browser.send("Runtime.callFunctionOn", count)["result"]["value"] == page.locator("canvas").count() == 2


@pytest.mark.parametrize("kind", ["PushTimeline", *_long(("FileSizes",))])
def test_a_standalone_chart_draws_as_the_output_of_a_cell(page: Page, lab: Lab, screenshots: Path, kind: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    notebook = _notebook(page, lab, kind, 3_000, last="chart.chart")
    drawn = notebook.cell(1).locator(".imodels-nb-canvas[data-first]")
    expect(drawn).to_have_attribute("data-exact", "true")
    page.get_by_role("slider", name="First changeset").press("PageUp")
    expect(drawn).not_to_have_attribute("data-first", "1")
    notebook.cell(1).screenshot(path=screenshots / f"alone-{kind}.png")
    assert not [url for url in asked if "127.0.0.1" not in url and not url.startswith(("blob:", "data:"))]


def test_the_tooltip_of_a_changeset_has_details_of_the_kernel(page: Page, lab: Lab) -> None:
    notebook = _notebook(page, lab, "FileSizes", 2)
    Chart(notebook, 1, "chart").wait_for_range()
    box, plot = (
        notebook.cell(1).locator(selector).bounding_box() for selector in ("canvas.marks", ".imodels-nb-overview")
    )
    assert box
    assert plot
    tooltip = page.locator("#vg-tooltip-element")
    for y in range(60, 400, 2):
        page.mouse.move(plot["x"] + plot["width"] / 4, box["y"] + y)  # of two changesets the first
        if page.locator("#vg-tooltip-element.visible").count():
            break
    for words in ("pushed (UTC)", "person-", "<b>change", f"{4:040x}"):
        expect(tooltip).to_contain_text(words)


def test_each_changeset_of_a_narrow_range_has_a_tick_with_details(page: Page, lab: Lab, screenshots: Path) -> None:
    notebook = _notebook(page, lab, "PushTimeline", 5_000)
    chart = Chart(notebook, 1, "chart")
    chart.wait_for_range()
    notebook.evaluate("setattr(chart, 'index_range', (1001, 1300))")
    chart.wait_for_range()
    overview = notebook.cell(1).locator(".imodels-nb-overview")
    overview.scroll_into_view_if_needed()
    plot = overview.bounding_box()
    assert plot
    tooltip = page.locator("#vg-tooltip-element.visible")
    for y in range(-20, -200, -4):  # upwards from the overview, the ticks come before the bars
        for x in range(0, 8, 2):  # 300 ticks on 1,200 pixels
            page.mouse.move(plot["x"] + plot["width"] / 2 + x, plot["y"] + y)
            if "changeset" in (tooltip.text_content() if tooltip.count() else ""):
                break
        else:
            continue
        break
    page.screenshot(path=screenshots / "timeline-one-by-one.png")
    for words in ("pushed (UTC)", "size", "kinds", "person-", "<b>change 1"):
        expect(tooltip).to_contain_text(words)
    notebook.evaluate("setattr(chart, 'index_range', (2001, 2300))")
    expect(tooltip).to_have_count(0)  # its mark went away below the pointer


def test_the_range_has_one_control_in_line_with_the_plot(page: Page, lab: Lab, screenshots: Path) -> None:
    notebook = _notebook(page, lab, "PushTimeline", 3_000)
    chart = Chart(notebook, 1, "chart")
    chart.wait_for_range()
    cell = notebook.cell(1)
    expect(cell.locator(".noUi-handle")).to_have_count(0)
    expect(cell.get_by_role("slider")).to_have_count(2)
    notebook.evaluate("setattr(chart.slider, 'value', (200, 900))")
    assert chart.wait_for_range() == (200, 900)
    cell.screenshot(path=screenshots / "one-control.png")


_SPRING = ((">=", "2024-03-01"), ("<", "2024-05-01"))


def test_dates_names_and_presets_move_the_range_exactly(page: Page, lab: Lab) -> None:
    notebook = _notebook(page, lab, "FileSizes", 5_000)  # more than the browser's grid has columns
    chart = Chart(notebook, 1, "chart")
    low, high = chart.wait_for_range()
    cell = notebook.cell(1)
    pushed = "chart.changesets.push_date_time"
    start, stop = (f"chart.changesets[{pushed} {side} pd.Timestamp('{day}T00Z')].index" for side, day in _SPRING)
    expected = notebook.evaluate(f"({start}[0].item(), {stop}[-1].item())")
    for field, text in (("first", "March 2024"), ("last", "2024-04")):
        cell.locator(f"input[name='{field}']").fill(text)
        cell.locator(f"input[name='{field}']").press("Enter")
        expect(cell.locator(f"input[name='{field}']")).to_have_value(str(expected[0 if field == "first" else 1]))
    assert chart.wait_for_range() == expected
    expect(cell.locator(".imodels-nb-dates")).to_have_text("1 Mar 2024 – 30 Apr 2024")  # noqa: RUF001
    cell.locator("input[name='first']").fill("nothing <b>of this name")
    cell.locator("input[name='first']").press("Enter")
    expect(cell.get_by_role("status").filter(has_text="“nothing <b>of this name” is not known")).to_be_visible()
    expect(cell.locator("input[name='first']")).to_have_attribute("aria-invalid", "true")
    assert chart.wait_for_range() == expected
    cell.get_by_role("button", name="Undo").click()
    assert chart.wait_for_range() == (expected[0], high)
    cell.get_by_role("button", name="Last month").click()
    month = notebook.evaluate(f"({pushed} >= {pushed}.max() - pd.DateOffset(months=1)).idxmax().item()")
    assert chart.wait_for_range() == (month, high)
    cell.get_by_role("slider", name="First changeset").press("Control+z")
    assert chart.wait_for_range() == (expected[0], high)
    cell.get_by_role("button", name="Show all").click()
    assert chart.wait_for_range() == (low, high)


@pytest.mark.parametrize("kind", KINDS)
def test_a_drag_in_the_plot_zooms_and_a_double_click_goes_back(page: Page, lab: Lab, kind: str) -> None:
    notebook = _notebook(page, lab, kind, 5_000)
    chart = Chart(notebook, 1, "chart")
    low, high = chart.wait_for_range()
    overview, canvas = (notebook.cell(1).locator(selector) for selector in (".imodels-nb-overview", "canvas.marks"))
    canvas.scroll_into_view_if_needed()
    beside, picture = overview.bounding_box(), canvas.bounding_box()
    assert beside
    assert picture
    y = picture["y"] + 200
    page.mouse.move(beside["x"] + beside["width"] / 4, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(beside["x"] + beside["width"] * (0.25 + 0.025 * step), y)
    expect(notebook.cell(1).locator(".imodels-nb-zoom")).to_be_visible()
    page.mouse.up()
    first, last = chart.wait_for_range()
    assert first == pytest.approx(low + 0.25 * (high - low), abs=0.02 * high)
    assert last == pytest.approx(low + 0.5 * (high - low), abs=0.02 * high)
    expect(notebook.cell(1).locator(".imodels-nb-zoom")).to_be_hidden()
    page.mouse.dblclick(beside["x"] + beside["width"] / 2, y)
    assert chart.wait_for_range() == (low, high)
