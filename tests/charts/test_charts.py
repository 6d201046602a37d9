"""Standalone charts: their data, and pictures that equal counts in plain Python."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import altair as alt
import pytest
import vl_convert
from helpers.scenegraphs import build_spec, draw_spec, read_texts
from helpers.timelines import SECRET, START, build_frame, in_range, leading_kind, make_rows, make_versions, marks

from imodels_nb import engine
from imodels_nb._format import format_bytes
from imodels_nb.charts import (
    FileSizesDefinition,
    PushTimelineDefinition,
    build_live_spec,
    file_sizes,
    push_timeline,
    set_param_values,
)
from imodels_nb.charts.vega_expressions import build_bytes_expression
from imodels_nb.frames import KINDS

pytestmark = pytest.mark.slow


def cumulative_sizes(*frames: Any) -> Any:
    return file_sizes(*frames, cumulative=True)


CHARTS = [push_timeline, file_sizes]
_DEFINITIONS = {push_timeline: PushTimelineDefinition(), file_sizes: FileSizesDefinition()}
EVERY = [*CHARTS, cumulative_sizes]
Said = tuple[int, int, int]


@cache
def _plain(draw: Any) -> dict[str, Any]:
    return build_spec(draw, make_rows(3_000))


@cache
def _draw_range(draw: Any, first: int, last: int) -> Any:
    return draw_spec(set_param_values(_plain(draw), first=first, last=last))


@cache
def _build_sparse_spec(draw: Any) -> dict[str, Any]:
    rows = make_rows(100, step=5_000)
    return build_spec(draw, [replace(row, time=START + timedelta(days=9 * number)) for number, row in enumerate(rows)])


def _said(scenegraph: Any) -> Said:
    """Read the line that says what is drawn: first, last, uploaded."""
    words = next(text for text in read_texts(scenegraph) if text.startswith("Changeset"))
    changesets, uploaded = words.split(" · ")[:2]
    ends = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", changesets)]
    return (ends[0], ends[-1], int(uploaded.removesuffix(" uploaded").replace(",", "")))


@pytest.mark.parametrize("draw", EVERY)
@pytest.mark.parametrize("count", [0, 1, 2, 12_000])
def test_any_number_of_changesets_draws_without_a_row_limit(draw: Any, count: int) -> None:
    rows = make_rows(count)
    with alt.data_transformers.enable("default", max_rows=10):
        spec = build_spec(draw, rows, make_versions(rows))
    svg = vl_convert.vegalite_to_svg(spec)
    assert "NaN" not in svg
    assert ("There are no changesets" in svg) == (count == 0)


@pytest.mark.parametrize("draw", EVERY)
def test_the_specification_is_valid_vega_lite(draw: Any) -> None:
    rows = make_rows(900)
    assert draw(build_frame(rows), make_versions(rows)).to_dict(validate=True)


@pytest.mark.parametrize("draw", CHARTS)
def test_the_chart_grows_no_further_with_the_number_of_changesets(draw: Any) -> None:
    assert len(json.dumps(build_spec(draw, make_rows(20_000)))) < 500_000


@pytest.mark.parametrize("draw", EVERY)
def test_no_people_and_no_descriptions_reach_the_chart(draw: Any) -> None:
    rows = make_rows(50)
    text = json.dumps(build_spec(draw, rows, make_versions(rows)))
    assert SECRET not in text
    assert build_frame(rows)["id"].iloc[0] not in text


@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize("ends", [(1, 3_000), (400, 2_600), (2_600, 400), (1_211, 1_300), (2_950, 3_000)])
def test_the_chart_says_exactly_which_whole_cells_inside_the_range_it_draws(draw: Any, ends: tuple[int, int]) -> None:
    rows = make_rows(3_000)
    first, last, uploaded = _said(_draw_range(draw, *ends))

    chosen = in_range(rows, (first, last))
    assert min(ends) <= first <= last <= max(ends)
    assert first - min(ends) < 12 > max(ends) - last
    assert (chosen[0].index, chosen[-1].index) == (first, last)
    assert uploaded == sum(row.uploaded for row in chosen)


@pytest.mark.parametrize("ends", [(1, 3_000), (400, 2_600), (1_211, 1_300)])
def test_the_bars_of_the_timeline_add_up_to_what_it_says(ends: tuple[int, int]) -> None:
    rows = make_rows(3_000)
    scenegraph = _draw_range(push_timeline, *ends)
    first, last, _ = _said(scenegraph)

    heights: Counter[str] = Counter()
    for bar in [mark for mark in marks(scenegraph, "rect") if mark.get("opacity") != 0]:
        heights[bar["fill"]] += bar["height"]
    colors = {kind.label: kind.color for kind in KINDS.values()}
    held = Counter(leading_kind(row.flags) for row in in_range(rows, (first, last)) if row.uploaded)
    pixels = sum(heights.values()) / sum(held.values())
    assert held.keys() >= {"schema", "regular", "other"}
    for label, color in colors.items():
        assert heights[color] / pixels == pytest.approx(held[label], abs=0.01)


def test_a_single_changeset_a_column_is_a_dot_at_its_index_and_size() -> None:
    rows = make_rows(400)
    dots = marks(draw_spec(build_spec(file_sizes, rows, first=11, last=20)), "symbol")
    chosen = [row for row in in_range(rows, (11, 20)) if row.uploaded and row.size]
    assert len(dots) == len(chosen)
    assert [round((dot["x"] - dots[0]["x"]) / (dots[1]["x"] - dots[0]["x"])) for dot in dots] == [
        row.index - chosen[0].index for row in chosen
    ]


def test_storage_adds_up_the_files_of_the_range_and_of_no_other() -> None:
    rows = make_rows(400)
    corners = marks(draw_spec(build_spec(cumulative_sizes, rows, first=11, last=300)), "line")
    chosen = in_range(rows, (11, 300))
    total = [0, *accumulate(row.size if row.uploaded else 0 for row in chosen)]
    heights = [corners[0]["y"] - corner["y"] for corner in corners]
    assert len(heights) == 2 * len(chosen)
    for level, (before, after) in zip(pairwise(total), zip(heights[::2], heights[1::2], strict=True), strict=True):
        assert [before / heights[-1], after / heights[-1]] == pytest.approx([part / total[-1] for part in level])


def test_narrowing_the_range_reveals_finer_columns() -> None:
    wide, narrow = (_draw_range(file_sizes, 1, last) for last in (3_000, 600))
    columns = [[item for item in marks(drawn, "rect") if item.get("opacity") == 0] for drawn in (wide, narrow)]
    assert len(columns[0]) == 250
    assert 350 < len(columns[1]) <= 500


def test_empty_files_and_waiting_changesets_have_their_own_lanes() -> None:
    rows = make_rows(900)
    drawn = draw_spec(build_spec(file_sizes, rows, first=1, last=900))
    assert {"0 B", "waiting"} <= set(read_texts(drawn))
    assert len(marks(draw_spec(build_spec(push_timeline, rows)), "symbol")) == sum(not row.uploaded for row in rows)
    assert not {"0 B", "waiting"} & set(read_texts(draw_spec(build_spec(file_sizes, rows[:100]))))


@pytest.mark.parametrize("width", [240, 280, 340, 500])
def test_no_label_of_either_axis_is_left_out_where_the_chart_is_narrow(width: int) -> None:
    for draw in CHARTS:
        labels = marks(draw_spec(_build_sparse_spec(draw) | {"width": width}), "text", "axis-label")
        assert len(labels) > 4
        assert [label["text"] for label in labels if not label["opacity"]] == []


@pytest.mark.parametrize("draw", CHARTS)
def test_a_range_narrower_than_a_cell_says_so(draw: Any) -> None:
    drawn = _draw_range(draw, 5, 5)
    assert "This range is too narrow for this chart. Widen it." in read_texts(drawn)


@pytest.mark.parametrize("draw", CHARTS)
def test_a_gap_says_that_it_holds_no_changesets(draw: Any) -> None:
    drawn = draw_spec(build_spec(draw, make_rows(20, step=10), first=3, last=9))
    assert "No changesets in this range" in read_texts(drawn)


@pytest.mark.parametrize("draw", CHARTS)
def test_the_live_spec_has_no_rows_sliders_colors_or_precomputed_steps(draw: Any) -> None:
    definition = _DEFINITIONS[draw]
    spec = build_live_spec(_plain(draw), definition)
    assert spec["data"] == {"name": "cells"}
    assert "config" not in spec
    assert not [param for param in spec["params"] if param.get("bind", "legend") != "legend"]
    derived = [json.dumps(transform) for transform in definition.list_precomputed_transforms()]
    assert derived
    assert not [step for step in derived if step in json.dumps(spec)]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (1_234, "1.23 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (2 * 10**12, "2 TB"),
    ],
)
def test_sizes_are_formatted_alike_in_python_and_on_the_chart(count: int, text: str) -> None:
    spec = alt.Chart(alt.InlineData(values=[{"n": count}])).transform_calculate(text=build_bytes_expression("datum.n"))
    drawn = draw_spec(spec.mark_text().encode(text="text:N").to_dict())
    assert format_bytes(count) == text
    assert read_texts(drawn) == [text]


@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize("count", [1, 40])
def test_changesets_that_all_wait_for_their_files_are_drawn_as_waiting(draw: Any, count: int) -> None:
    spec = build_spec(draw, [replace(row, uploaded=False) for row in make_rows(count)])
    shown = next(text for text in read_texts(draw_spec(spec)) if text.startswith("Changeset"))
    assert re.search(r' height="\d{2,3}"', engine.render_svg(spec))  # a scale of nothing makes it endless
    assert "· 0 uploaded ·" in shown
    assert shown.endswith(f"· {count} not uploaded")
