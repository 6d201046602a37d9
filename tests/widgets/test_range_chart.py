"""The live charts in the kernel; tests/browser has tests of their pictures."""

import gzip
import inspect
import json
import math
import re
from base64 import b64decode
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch

import altair as alt
import numpy as np
import pandas as pd
import pytest
import traitlets
from helpers.pictures import decode_picture
from helpers.timelines import SECRET, build_frame, in_range, make_rows, make_versions

from imodels_nb.charts import build_live_spec, push_timeline
from imodels_nb.engine import compress_engine, render_chart_element
from imodels_nb.frames import pseudonymize
from imodels_nb.widgets.file_sizes import FileSizes
from imodels_nb.widgets.push_timeline import PushTimeline
from imodels_nb.widgets.range_chart import RangeChart

WIDGETS = [PushTimeline, FileSizes]
ROWS = make_rows(1_200, step=3)


@pytest.fixture(scope="module", params=WIDGETS)
def chart(request: pytest.FixtureRequest) -> RangeChart:
    widget: RangeChart = request.param(build_frame(ROWS), make_versions(ROWS))
    return widget


@pytest.fixture(autouse=True)
def _whole_range(request: pytest.FixtureRequest) -> None:
    if "chart" in request.fixturenames:
        request.getfixturevalue("chart").index_range = (1, 3_598)


@dataclass(frozen=True)
class Response:
    """Message of the kernel to the browser for one request."""

    content: dict[str, Any]
    buffers: list[bytes]

    @property
    def size(self) -> int:
        return len(json.dumps(self.content)) + sum(map(len, self.buffers))

    def column(self, name: str) -> list[float]:
        """Read a column as the browser does."""
        column = self.content["header"][name]
        if "fill" in column:
            return [column["fill"]] * column["length"]
        dtype = {"Uint8Array": "<u1", "Uint16Array": "<u2", "Uint32Array": "<u4", "Float64Array": "<f8"}[column["type"]]
        values = np.frombuffer(self.buffers[column["buffer"]], dtype)
        numbers: list[float] = (column["start"] + np.cumsum(values) if "start" in column else values).tolist()
        return numbers

    @property
    def uploaded(self) -> int:
        """The number of uploaded changesets that the browser counts."""
        if "counts" not in self.content["header"]:
            return int(sum(self.column("count")))
        codes, waiting = (self.content["header"][name] for name in ("codes", "waiting"))
        return int(sum(n for number, n in enumerate(self.column("counts")) if number % len(codes) != waiting))


def _send_request(chart: RangeChart, request: dict[str, Any]) -> Response:
    """Send a request as the browser does, and return the one response."""
    sent: list[Response] = []
    with patch.object(chart._model, "send", lambda content, buffers=(): sent.append(Response(content, list(buffers)))):
        chart._model._handle_custom_msg(request, [])
    (response,) = sent
    return response


def _request_range_grid(chart: RangeChart, index_range: tuple[int, int]) -> Response:
    return _send_request(chart, {"range": list(index_range)})


def _label(chart: Any) -> str:
    label: str = chart._repr_mimebundle_()["text/plain"]
    return label


class _Scripts(HTMLParser):
    """Collect what a browser would take for the data of inert scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside, self.found = False, list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script" and ("type", "text/plain") in attrs

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(gzip.decompress(b64decode(data)).decode())


def test_the_slider_and_the_range_follow_each_other(chart: RangeChart) -> None:
    seen: list[Any] = []
    chart.observe(lambda change: seen.append(change["new"]), "index_range")
    chart.slider.value = (100, 2_000)
    chart.index_range = (200, 300)
    assert seen == [(100, 2_000), (200, 300)]
    assert chart.slider.value == (200, 300)


def test_one_step_of_the_slider_sends_nothing_but_the_range(chart: RangeChart) -> None:
    sent: list[Any] = []
    watch = lambda change: sent.append(change["name"])  # noqa: E731  # kept to unhook
    chart._model.observe(watch)
    chart.slider.value = (4, 999)
    chart._model.unobserve(watch)
    assert sent == []


def test_the_selection_is_a_copy_of_the_rows_in_range(chart: RangeChart) -> None:
    chart.index_range = (101, 203)
    expected = build_frame(in_range(ROWS, (101, 203)))
    pd.testing.assert_frame_equal(chart.selected, expected)
    mine = chart.selected
    mine["file_size"] = -1
    pd.testing.assert_frame_equal(chart.selected, expected)


def test_the_response_for_a_range_counts_what_the_selection_holds(chart: RangeChart) -> None:
    for index_range in [(1, 3_598), (1_000, 1_300), (7, 7)]:
        chart.index_range = index_range
        response = _request_range_grid(chart, index_range)
        assert response.content["range"] == list(index_range)
        assert response.uploaded == (chart.selected["state"] == "fileUploaded").sum()


def test_the_label_tells_range_count_and_size(chart: RangeChart) -> None:
    chart.index_range = (1, 1_300)
    figures = r"changesets 1 – 1,300 · 433 uploaded · [\d.]+ [kMG]B · 1 not uploaded"  # noqa: RUF001  # a range is set with an en dash
    assert re.fullmatch(f"[^:]+: {figures}", _label(chart))


def test_a_step_stays_small_and_holds_no_people(chart: RangeChart) -> None:
    response = _request_range_grid(chart, (4, 1_503))
    assert response.size < 12_000
    assert SECRET not in json.dumps(response.content, allow_nan=False)


@pytest.mark.slow
@pytest.mark.parametrize("widget", WIDGETS)
def test_a_step_stays_small_however_many_the_changesets(widget: Any) -> None:
    rows = make_rows(20_000)
    large = widget(build_frame([replace(row, size=row.size * 10**9) for row in rows]))
    for index_range in [(2, 19_999), (2, 501), (2, 502), (9_000, 12_000)]:
        assert _request_range_grid(large, index_range).size < 12_000


def test_a_request_beyond_the_frame_gets_a_response_within_it(chart: RangeChart) -> None:
    response = _request_range_grid(chart, (-7, 10**9))
    assert response.content["range"] == [-7, 10**9]
    assert response.uploaded == sum(row.uploaded for row in ROWS)


def test_the_kernel_sends_details_of_one_changeset(chart: RangeChart) -> None:
    response = _send_request(chart, {"changeset": 4})
    assert response.content == {
        "changeset": 4,
        "details": {"id": f"{4:040x}", "by": pseudonymize(SECRET), "description": SECRET},
    }


@pytest.mark.parametrize("unknown", [0, -1, 10**9, 2.5, None, "4", [4, 5]])
def test_the_kernel_answers_a_request_for_an_unknown_changeset(chart: RangeChart, unknown: Any) -> None:
    response = _send_request(chart, {"changeset": unknown})
    assert response.content == {"changeset": unknown, "details": {}}


def test_at_most_300_changesets_are_sent_one_by_one() -> None:
    timeline = PushTimeline(build_frame(make_rows(5_000)))
    few, many = _request_range_grid(timeline, (1_001, 1_300)), _request_range_grid(timeline, (1_001, 1_301))
    assert len(few.column("time_seconds")) == len(few.column("size")) == 300
    assert "time_seconds" not in many.content["header"]


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"lanes": "kind"}, {"lanes": "creator"}, {"time_zone": "Asia/Tokyo"}])
def test_lanes_and_time_zone_match_the_standalone_chart(options: Any) -> None:
    rows = make_rows(500)
    timeline = PushTimeline(build_frame(rows), make_versions(rows), **options)
    alone = push_timeline(build_frame(rows), make_versions(rows), **options).to_dict(validate=False)
    assert timeline._model.spec == build_live_spec(alone, timeline._definition)
    assert timeline.chart.to_dict(validate=False) == alone


def test_an_unknown_time_zone_or_lane_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no time zone 'Berlin'; give an IANA name such as 'Europe/London'"):
        PushTimeline(build_frame(make_rows(2)), time_zone="Berlin")
    with pytest.raises(ValueError, match=r"lanes should be 'kind', 'creator' or 'creator_name', not 'size'"):
        PushTimeline(build_frame(make_rows(2)), lanes="size")  # type: ignore[arg-type]  # that is the point


def test_ends_beyond_the_frame_move_to_its_edge(chart: RangeChart) -> None:
    chart.index_range = (-5, 10**12)
    assert chart.index_range == (1, 3_598)
    chart.index_range = (10**6, 10**7)
    assert chart.index_range == (3_598, 3_598)


def test_numpy_integers_and_lists_are_as_good_as_any(chart: RangeChart) -> None:
    chart.index_range = [np.int64(10), np.uint8(20)]
    assert chart.index_range == (10, 20)
    assert all(type(end) is int for end in chart.index_range)


@pytest.mark.parametrize(
    "nonsense", [(9, 3), (1.0, 2.0), ("1", "2"), (1,), (1, 2, 3), (None, 5), 7, "12", None, (True, 5)]
)
def test_an_invalid_range_changes_nothing(chart: RangeChart, nonsense: Any) -> None:
    chart.index_range = (10, 20)
    with pytest.raises(traitlets.TraitError, match="index_range"):
        chart.index_range = nonsense
    assert chart.index_range == (10, 20)
    assert chart.slider.value == (10, 20)


@pytest.mark.parametrize(
    ("nonsense", "error"),
    [
        *[(value, TypeError) for value in (None, 7, range(1, 3), "12", {1, 2}, (1.0, 2.0), (math.nan, 5), ("1", "2"))],
        *[(value, ValueError) for value in ((), (1,), (1, 2, 3), (9, 3))],
    ],
)
def test_an_invalid_range_raises_a_type_or_value_error(
    chart: RangeChart, nonsense: Any, error: type[Exception]
) -> None:
    chart.index_range = (10, 20)
    with pytest.raises(error, match="index_range should be"):
        chart.index_range = nonsense
    assert chart.index_range == (10, 20)


@pytest.mark.slow
@pytest.mark.parametrize("widget", WIDGETS)
@pytest.mark.parametrize(
    ("count", "bounds", "words"),
    [(0, (0, 0), "no changesets"), (1, (1, 1), "changeset 1 · 1 uploaded"), (2, (1, 2), "2 uploaded")],
)
def test_a_chart_of_no_one_and_two_changesets(widget: Any, count: int, bounds: tuple[int, int], words: str) -> None:
    rows = make_rows(count)
    chart = widget(build_frame(rows), make_versions(rows))
    assert chart.index_range == chart.slider.value == (chart.slider.min, chart.slider.max) == bounds
    assert len(chart.selected) == count
    assert words in _label(chart)
    chart.index_range = (-3, 99)
    assert chart.index_range == bounds
    assert "text/html" in chart._repr_mimebundle_()


def test_a_gap_in_the_index_is_a_range_without_changesets(chart: RangeChart) -> None:
    chart.index_range = (2, 3)
    assert chart.selected.empty
    assert _request_range_grid(chart, (2, 3)).uploaded == 0


def test_frames_are_returned_unchanged() -> None:
    frame, versions = build_frame(make_rows(30))[::-1], make_versions(make_rows(30))
    before = frame.copy(deep=True), versions.copy(deep=True)
    chart = PushTimeline(frame, versions)
    chart.index_range = (5, 6)
    assert chart.selected.index.tolist() == [5, 6]
    assert chart.changesets is frame
    assert chart.named_versions is versions
    for given, stored in zip((frame, versions), before, strict=True):
        pd.testing.assert_frame_equal(given, stored)


@pytest.mark.parametrize(
    ("widget", "options"), [(PushTimeline, ["lanes", "time_zone"]), (FileSizes, ["cumulative", "time_zone"])]
)
def test_another_frame_or_keyword_is_refused(widget: Any, options: list[str]) -> None:
    with pytest.raises(ValueError, match="lacks state, file_size"):
        widget(build_frame(make_rows(2)).drop(columns=["state", "file_size"]))
    with pytest.raises(TypeError, match="color"):
        widget(build_frame(make_rows(2)), color="red")
    options = [*options, "index_range", "time_range", "overview"]
    parameters = inspect.signature(widget).parameters
    assert list(parameters) == ["changesets", "named_versions", *options]
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in options)


@pytest.mark.slow
def test_cumulative_sizes_are_drawn_live_and_standalone() -> None:
    frame = build_frame(make_rows(300))
    assert "Stored so far in this range" in str(FileSizes(frame, cumulative=True)._model.spec)
    assert "Stored so far in this range" in str(FileSizes(frame, cumulative=True).chart.to_dict())
    assert "Stored so far in this range" not in str(FileSizes(frame, cumulative=False)._model.spec)


def test_all_charts_share_one_engine(chart: RangeChart) -> None:
    other = FileSizes(build_frame(make_rows(2)))
    assert chart._model.engine is other._model.engine
    assert b"imodelsNbEngine" in gzip.decompress(chart._model.engine.source)
    state = chart._model.get_state()
    assert state["engine"].startswith("IPY_MODEL_")
    grid, axis = state.pop("grid"), state.pop("axis")
    assert len(json.dumps(state)) < 100_000
    assert sum(map(len, grid["buffers"] + axis["buffers"])) < 40_000


def _count_first_bytes(chart: RangeChart) -> int:
    """Return the bytes of the model and the output of a chart."""
    state = chart._model.get_state()
    buffers = [buffer for name in ("grid", "axis") for buffer in state[name].pop("buffers")]
    return sum(map(len, buffers)) + len(json.dumps(state)) + len(json.dumps(chart._repr_mimebundle_()))


def test_four_charts_keep_the_budget_of_the_first_paint() -> None:
    frame = build_frame(make_rows(20_000))
    both = sum(_count_first_bytes(chart) for chart in (FileSizes(frame), PushTimeline(frame)))
    other_messages = 80_000  # of the kernel and the front end
    assert len(compress_engine()) + 2 * both + other_messages <= 1_300_000


def test_a_closed_engine_is_replaced() -> None:
    before = FileSizes(build_frame(make_rows(2)))._model.engine
    before.close()
    after = FileSizes(build_frame(make_rows(2)))._model.engine
    assert after is not before
    assert after.comm is not None


@pytest.mark.slow
def test_the_standalone_chart_has_the_range_of_the_widget(chart: RangeChart) -> None:
    chart.index_range = (30, 60)
    params = {param["name"]: param for param in chart.chart.to_dict(validate=False)["params"]}
    assert isinstance(chart.chart, alt.LayerChart)
    assert [(params[end]["value"], params[end]["bind"]["input"]) for end in ("first", "last")] == [
        (30, "range"),
        (60, "range"),
    ]


@pytest.mark.slow
def test_a_page_without_a_kernel_gets_a_label_a_picture_and_the_chart(chart: RangeChart) -> None:
    chart.index_range = (301, 2_000)
    bundle = chart._repr_mimebundle_()
    page = bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == _label(chart)
    assert "301" in bundle["text/plain"]
    assert decode_picture(page).count("<svg ") == 1
    assert len(page) < 80_000
    (live,) = (json.loads(text) for text in _Scripts(page).found)
    assert (live["range"], live["bounds"]) == ([301, 2_000], [1, 3_598])


def test_no_text_of_a_spec_can_break_out_of_the_page() -> None:
    nasty = {"title": "</script><!-- <script> <img src=x onerror=alert(1)>"}
    drawn = {"data": {"values": [{}]}, "mark": "point"}
    page = render_chart_element(drawn, nasty, 'a "label" <b>')
    assert [json.loads(text) for text in _Scripts(page).found] == [nasty]
    assert "<img" not in page
    assert "&lt;b&gt;" in page


@pytest.mark.slow
def test_names_cannot_break_out_of_the_page(chart: RangeChart) -> None:
    page = chart._repr_mimebundle_()["text/html"]
    assert len(_Scripts(page).found) == page.count("</script>") == 1
    assert "Milestone 1 &lt;/script&gt;" in decode_picture(page)
    assert SECRET not in page
