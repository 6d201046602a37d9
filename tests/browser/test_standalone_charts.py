"""Charts in files: a real browser, no kernel, no server, no internet."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from helpers.pointer import drag
from helpers.timelines import START, Row, build_frame, in_range, make_rows, make_versions
from helpers.vega_view import COUNT_RELAYS, COUNT_REPLACED_ROWS, KEEP_VEGA_VIEW
from playwright.sync_api import Locator, Page, Route, expect

from imodels_nb._format import format_bytes
from imodels_nb.charts import THEMES, file_sizes, push_timeline
from imodels_nb.charts.theme import Theme
from imodels_nb.engine import render_page_script
from imodels_nb.widgets import PushTimeline
from imodels_nb.widgets.file_sizes import FileSizes

pytestmark = pytest.mark.browser

CHARTS = [push_timeline, file_sizes]
ROWS = make_rows(12_000)

_LISTEN = """
  window.painted = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.painted.push(String(text));
    return write.call(this, text, ...rest);
  };
"""


@pytest.fixture(scope="module")
def save(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that saves a chart of all rows, each chart once."""

    @cache
    def save(draw: Any, **options: Any) -> Path:
        path = tmp_path_factory.mktemp("chart") / "chart.html"
        draw(build_frame(ROWS), **options).save(path)
        return path

    return save


@pytest.fixture(scope="module")
def small_chart() -> str:
    """Return the HTML of a live chart of three changesets."""
    return str(FileSizes(build_frame(make_rows(3)))._repr_mimebundle_()["text/html"])


@pytest.fixture
def offline(page: Page) -> Page:
    """Return a page that opens files only, and records other requests and texts."""

    def only_files(route: Route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    asked: list[str] = []
    page.route("**/*", only_files)
    page.add_init_script(_LISTEN)
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.asked = asked  # type: ignore[attr-defined]  # the test looks at it in the end
    return page


_LINE = "() => window.painted.findLast((text) => /^Changesets? \\d/.test(text))"


def _said(page: Page) -> tuple[int, int, int]:
    """Wait for the painting to end; read the last line about what is drawn."""
    page.wait_for_function(_LINE)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    changesets, uploaded = page.evaluate(_LINE).split(" · ")[:2]
    ends = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", changesets)]
    return ends[0], ends[-1], int(uploaded.removesuffix(" uploaded").replace(",", ""))


def _count_uploaded(rows: list[Row], first: int, last: int) -> int:
    return sum(row.uploaded for row in in_range(rows, (first, last)))


def _chosen(page: Page) -> tuple[int, int]:
    first, last = (page.locator(f"input[name='{end}']").input_value() for end in ("first", "last"))
    return int(first), int(last)


def _slide_and_read(page: Page) -> None:
    """Check what is drawn after each move of both ends, by keyboard and by number."""
    assert _said(page) == (1, 12_000, _count_uploaded(ROWS, 1, 12_000))
    keys = [("First", ["PageUp", "PageUp", "ArrowRight"]), ("Last", ["PageDown", "PageDown", "Shift+ArrowLeft"])]
    for end, presses in keys:
        for key in presses:
            page.get_by_role("slider", name=f"{end} changeset").press(key)
            assert _said(page) == (*_chosen(page), _count_uploaded(ROWS, *_chosen(page)))
    assert _chosen(page)[0] > 1_000
    assert _chosen(page)[1] < 11_000
    page.locator("input[name='last']").fill("3000")
    page.locator("input[name='last']").press("Enter")
    assert _said(page)[1] == 3_000 == _chosen(page)[1]


@pytest.mark.parametrize("draw", CHARTS)
def test_the_sliders_of_a_saved_chart_change_exactly_what_is_drawn(
    offline: Page, tmp_path: Path, screenshots: Path, draw: Any
) -> None:
    path = tmp_path / "chart.html"
    draw(build_frame(ROWS), make_versions(ROWS)).save(path)
    offline.add_init_script(KEEP_VEGA_VIEW)
    offline.goto(path.as_uri())
    _slide_and_read(offline)
    assert offline.evaluate(COUNT_RELAYS) > 0  # Vega's internals are the known ones
    assert offline.evaluate(COUNT_REPLACED_ROWS) == 0
    offline.screenshot(path=screenshots / f"saved-{draw.__name__}.png")
    assert offline.asked == []  # type: ignore[attr-defined]  # see the fixture


def test_one_script_activates_every_chart_of_a_page(offline: Page, tmp_path: Path, screenshots: Path) -> None:
    charts = [widget(build_frame(ROWS), make_versions(ROWS)) for widget in (PushTimeline, FileSizes)]
    pictures = "".join(chart._repr_mimebundle_()["text/html"] for chart in charts)
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'><body>{pictures}{render_page_script()}</body>", "utf-8")
    offline.goto(path.as_uri())
    offline.wait_for_function("() => document.querySelectorAll('.imodels-nb-chart .marks').length === 2")

    assert offline.locator(".imodels-nb-picture").count() == 0
    for element in offline.locator(".imodels-nb-chart").all():
        offline.evaluate("() => { window.painted = [] }")
        element.get_by_role("slider", name="First changeset").press("PageUp")
        first, last, uploaded = _said(offline)
        assert int(element.locator("input[name='first']").input_value()) == first  # the range asked for begins at 1,201
        assert 1_201 <= first < 1_207
        expect(
            element.get_by_text("No kernel is connected, so the range is rounded to groups of about 6")
        ).to_be_visible()
        assert (last, uploaded) == (12_000, _count_uploaded(ROWS, first, last))
    offline.screenshot(path=screenshots / "page-live.png", full_page=True)
    assert offline.asked == []  # type: ignore[attr-defined]  # see the fixture


def test_a_legend_filters_and_tooltips_have_the_whole_stack(offline: Page, save: Callable[..., Path]) -> None:
    offline.set_viewport_size({"width": 900, "height": 700})
    offline.goto(save(push_timeline).as_uri())
    box = offline.locator(".imodels-nb-canvas").bounding_box()
    offline.wait_for_selector("[data-first]")
    assert box
    tooltip = offline.locator("#vg-tooltip-element")
    offline.mouse.move(400, box["y"] + 250)
    expect(tooltip).to_contain_text(re.compile(r"pushes.*schema.*%.*regular.*%", re.DOTALL))
    offline.mouse.move(400, box["y"] + 130)
    expect(tooltip).to_contain_text("uploaded so far")
    offline.mouse.click(98, box["y"] + 482)  # the label "schema"
    offline.mouse.move(400, box["y"] + 250)
    expect(tooltip).to_contain_text(re.compile(r"schema\s*[\d,]+ · 100%"))
    assert offline.asked == []  # type: ignore[attr-defined]  # see the fixture


def test_joined_charts_show_the_same_range(offline: Page, tmp_path: Path, screenshots: Path) -> None:
    frame = build_frame(ROWS)
    other = build_frame(make_rows(12_000, seed=8))
    path = tmp_path / "joined.html"
    (push_timeline(frame) & file_sizes(frame) & file_sizes(other)).save(path)
    offline.goto(path.as_uri())
    offline.wait_for_function("() => document.querySelectorAll('.imodels-nb-chart .marks').length === 3")
    offline.get_by_role("slider", name="First changeset").first.press("PageUp")
    for chart, first in zip(offline.locator(".imodels-nb-canvas").all(), ("1201", "1201", "1"), strict=True):
        expect(chart).to_have_attribute("data-first", re.compile(rf"^{first[:-1]}\d?$"))
    offline.screenshot(path=screenshots / "joined.png", full_page=True)


def test_the_detail_of_a_page_is_not_drawn_for_a_wider_range(offline: Page, tmp_path: Path) -> None:
    chart = PushTimeline(build_frame(ROWS))
    chart.index_range = (6_000, 6_100)
    path = tmp_path / "page.html"
    picture = chart._repr_mimebundle_()["text/html"]
    path.write_text(f"<!doctype html><meta charset='utf-8'><body>{picture}{render_page_script()}</body>", "utf-8")
    offline.goto(path.as_uri())
    assert _said(offline) == (6_000, 6_100, _count_uploaded(ROWS, 6_000, 6_100))
    for end, index in (("first", "5000"), ("last", "7000")):
        offline.locator(f"input[name='{end}']").fill(index)
        offline.locator(f"input[name='{end}']").press("Enter")
    first, last, uploaded = _said(offline)
    assert 5_000 <= first < 5_010
    assert 6_990 < last <= 7_000
    assert uploaded == _count_uploaded(ROWS, first, last)


def test_a_page_without_the_script_shows_the_pictures(offline: Page, tmp_path: Path, screenshots: Path) -> None:
    chart = FileSizes(build_frame(ROWS), make_versions(ROWS))
    chart.index_range = (2_000, 9_000)
    path = tmp_path / "page.html"
    path.write_text(f"<meta charset='utf-8'>{chart._repr_mimebundle_()['text/html']}", "utf-8")
    offline.goto(path.as_uri())
    picture = offline.get_by_role("img", name="changesets 2,000 – 9,000 ·")  # noqa: RUF001  # a range has an en dash
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 500
    offline.screenshot(path=screenshots / "page-asleep.png")


@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_changesets_make_no_error(offline: Page, tmp_path: Path, draw: Any, count: int) -> None:
    path = tmp_path / "chart.html"
    draw(build_frame(make_rows(count))).save(path, inline=True)
    offline.goto(path.as_uri())
    offline.wait_for_function("() => window.painted.length > 0")
    painted = offline.evaluate("() => window.painted")
    assert "NaN" not in " ".join(painted)
    assert ("There are no changesets" in painted) == (count == 0)
    assert offline.asked == []  # type: ignore[attr-defined]  # see the fixture


def test_the_overview_is_brushed_and_its_window_dragged(
    offline: Page, save: Callable[..., Path], screenshots: Path
) -> None:
    offline.goto(save(file_sizes).as_uri())
    _said(offline)
    offline.locator("input[name='last']").fill("6000")
    offline.locator("input[name='last']").press("Enter")
    drag(offline.locator(".imodels-nb-overview"), 0.7, 0.9)  # beside the window: a new one
    first, last = _chosen(offline)
    assert (round(first, -2), round(last, -2)) == (8_400, 10_800)
    assert _said(offline) == (first, last, _count_uploaded(ROWS, first, last))
    drag(offline.locator(".imodels-nb-overview"), 0.8, 0.4)  # the window itself
    moved = _chosen(offline)
    assert moved[1] - moved[0] == last - first
    assert round(moved[0], -2) == 3_600
    assert _said(offline) == (*moved, _count_uploaded(ROWS, *moved))
    offline.get_by_role("button", name="Show all").click()
    assert _chosen(offline) == (1, 12_000)
    offline.screenshot(path=screenshots / "saved-overview.png")


@pytest.mark.parametrize("draw", CHARTS)
def test_a_drag_on_the_whole_window_selects_a_new_range(offline: Page, save: Callable[..., Path], draw: Any) -> None:
    offline.goto(save(draw).as_uri())
    assert _said(offline)[:2] == (1, 12_000)
    drag(offline.locator(".imodels-nb-overview"), 0.25, 0.5)
    first, last = _chosen(offline)
    assert 2_700 < first < 3_300
    assert 5_700 < last < 6_300
    assert _said(offline) == (first, last, _count_uploaded(ROWS, first, last))


def _narrow(page: Page, path: Path, last: int) -> Locator:
    """Open a page, set its last changeset, and return the overview."""
    page.goto(path.as_uri())
    _said(page)
    entry = page.locator("input[name='last']")
    entry.fill(str(last))
    entry.press("Enter")
    return page.locator(".imodels-nb-overview")


@pytest.mark.parametrize("draw", CHARTS)
def test_a_grip_dragged_beyond_the_overview_reaches_the_very_end(
    offline: Page, save: Callable[..., Path], draw: Any
) -> None:
    drag(_narrow(offline, save(draw), 1_200), 0.3, 0.6)
    first, last = _chosen(offline)
    assert 3_000 < first < last < 9_000
    drag(offline.get_by_role("slider", name="First changeset"), 0.5, -200)
    assert _chosen(offline) == (1, last)
    drag(offline.get_by_role("slider", name="Last changeset"), 0.5, 200)
    assert _chosen(offline) == (1, 12_000)


@pytest.mark.parametrize("order", ["at once", "back"])
def test_pushes_out_of_order_stand_side_by_side_in_the_overview(offline: Page, tmp_path: Path, order: str) -> None:
    path = tmp_path / "chart.html"
    times = [START if order == "at once" else START - timedelta(hours=number) for number in range(1_000)]
    rows = [replace(row, time=time) for row, time in zip(make_rows(1_000), times, strict=True)]
    push_timeline(build_frame(rows)).save(path)
    overview = _narrow(offline, path, 300)
    (window, whole) = (element.bounding_box() for element in (offline.locator(".imodels-nb-window"), overview))
    assert window
    assert whole
    assert window["width"] == pytest.approx(0.3 * whole["width"], abs=1)
    drag(overview, 0.5, 0.75)
    assert [round(end, -1) for end in _chosen(offline)] == [500, 750]


def _hover(page: Page, above: int) -> str:
    """Show a tooltip: move down to the overview at a quarter of its width."""
    _said(page)
    plot = page.locator(".imodels-nb-overview").bounding_box()
    assert plot
    for y in range(-above, 0, 2):
        page.mouse.move(plot["x"] + plot["width"] / 4, plot["y"] + y)
        if page.locator("#vg-tooltip-element.visible").count():
            break
    return page.locator("#vg-tooltip-element").inner_text()


def test_hovering_over_a_single_changeset_tells_about_it(offline: Page, tmp_path: Path) -> None:
    path = tmp_path / "chart.html"
    file_sizes(build_frame(make_rows(2))).save(path)
    offline.goto(path.as_uri())
    assert "pushed (UTC)" in _hover(offline, above=340)  # of two changesets the first


def test_the_tooltip_of_a_tick_shows_local_time(offline: Page, tmp_path: Path, screenshots: Path) -> None:
    path = tmp_path / "chart.html"
    rows = [replace(row, time=START + timedelta(minutes=number)) for number, row in enumerate(make_rows(200))]
    push_timeline(build_frame(rows), lanes="kind", time_zone="Asia/Kolkata").save(path)
    offline.goto(path.as_uri())
    output = _hover(offline, above=90)  # below the lanes
    index = int(re.findall(r"changeset\s+(\d+)", output)[0])
    clock = rows[index - 1].time + timedelta(hours=5, minutes=30)
    assert f"{clock:%Y-%m-%d %H:%M}" in output
    assert "pushed (Asia/Kolkata)" in output
    assert format_bytes(rows[index - 1].size) in output
    offline.screenshot(path=screenshots / "saved-timeline-one-by-one.png")


def test_the_right_button_moves_nothing_and_the_button_for_all_keeps_the_focus(
    offline: Page, save: Callable[..., Path]
) -> None:
    drag(_narrow(offline, save(file_sizes), 1_200), 0.6, 0.8, button="right")
    assert _chosen(offline) == (1, 1_200)
    button = offline.get_by_role("button", name="Show all")
    expect(button).to_be_enabled()
    button.press("Enter")
    assert _chosen(offline) == (1, 12_000)
    expect(button).to_be_disabled()
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", THEMES)
@pytest.mark.parametrize(
    ("start", "paper"),
    [
        ("<body>", "255"),
        ("<body style='background:#222'>", "17"),
        ("<html data-theme=dark><style>[data-theme=dark] body {background:#000}</style><body>", "17"),
        ("<body style='background:#222'><div style='background:#fffd'>", "255"),
        ("<html style='color-scheme:dark'><body>", "17"),
        ("<html style='color-scheme:light dark'><body>", None),
    ],
)
def test_a_chart_is_as_light_or_dark_as_the_page_behind_it(
    offline: Page, tmp_path: Path, small_chart: str, *, scheme: Theme, start: str, paper: str | None
) -> None:
    (tmp_path / "page.html").write_text(
        f"<!doctype html><meta charset='utf-8'>{start}{small_chart}{render_page_script()}", "utf-8"
    )
    offline.emulate_media(color_scheme=scheme)
    offline.goto((tmp_path / "page.html").as_uri())
    _said(offline)
    expected = paper or {"light": "255", "dark": "17"}[scheme]
    element = offline.locator(".imodels-nb-plot").locator("..")
    expect(element).to_have_css("background-color", f"rgb({expected}, {expected}, {expected})")


_BEHIND = """(button) => {
  for (let element = button; element; element = element.parentElement) {
    const { backgroundColor } = getComputedStyle(element);
    if (backgroundColor !== "rgba(0, 0, 0, 0)") return [getComputedStyle(button).color, backgroundColor];
  }
}"""


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scheme", THEMES)
def test_a_saved_page_has_the_background_of_its_theme(
    offline: Page, save: Callable[..., Path], theme: Theme, scheme: Theme
) -> None:
    offline.emulate_media(color_scheme=scheme)
    _narrow(offline, save(file_sizes, theme=theme), 1_200)
    button = offline.get_by_role("button", name="Show all")
    ink, paper = button.evaluate(_BEHIND)
    body = offline.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light, dark = "rgb(255, 255, 255)", "rgb(17, 17, 17)"
    assert paper == body == (light if theme == "light" else dark)
    assert ink == ("rgb(27, 36, 48)" if theme == "light" else "rgb(230, 234, 240)")
    edge = "rgb(91, 102, 117)" if theme == "light" else "rgb(154, 165, 180)"  # stands out from the paper as text does
    expect(button).to_have_css("border-top-color", edge)
