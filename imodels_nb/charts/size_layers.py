"""Layers of the chart of file sizes: band, dots, lanes, storage and axis."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts.layers import LIMITS, TEXT_LIMIT, Layer, LayerGroup, draw_caption, group_layers, select_cells
from imodels_nb.charts.vega_expressions import (
    INTEGER_LABELS,
    build_bytes_expression,
    build_clock_expression,
    build_range_expression,
)

SIZE_HEIGHT = 260
"""Height of the log scale in pixels."""

LANE_GAP = 8
"""Pixels above the first lane."""

LANE_HEIGHT = 18
"""Height of a lane in pixels."""

STORAGE_HEIGHT = 124
"""Height of the storage in pixels, with its caption and the gap below."""

DATES_DROP = 28
"""Pixels from the axis to the dates below it."""

_STORAGE_CAPTION = 16
_STORAGE_GAP = 34
_BELOW = 0.95  # factor on the smallest size, so that its mark is not on the edge of the plot
_MAX_LABELED_DECADES = 3  # more have a tick at powers of ten only
_MAX_PEAKS = 20


@cache
def select_finest_level() -> alt.Chart:
    """Build a chart of all cells; ``drawn`` is true for those to draw.

    They are the cells in the range of the finest level that is not crowded.
    """
    fits = f"datum.level == 0 || datum.crowd <= {LIMITS['max_dots']}"
    return (
        select_cells()
        .transform_joinaggregate(crowd="sum(drawn)", groupby=["level"])
        .transform_calculate(fit=f"datum.drawn && ({fits}) ? datum.level : -1")
        .transform_joinaggregate(finest="max(fit)")
        .transform_calculate(
            drawn="datum.fit >= 0 && datum.fit == datum.finest",
            middle="(datum.first + datum.last) / 2",
            extent="datum.count + datum.waiting",
        )
    )


@cache
def _select_drawn() -> alt.Chart:
    """Build a chart of the cells to draw."""
    return select_finest_level().transform_filter("datum.drawn")


def build_index_x(field: str) -> alt.X:
    """Build the x encoding of a changeset index, without its axis."""
    edges = [alt.ExprRef("lo - 0.5"), alt.ExprRef("hi + 0.5")]
    return alt.X(field, scale=alt.Scale(domain=edges, nice=False, zero=False), axis=None)


def compute_decades(data: ChangesetColumns) -> range:
    """Compute the powers of ten around all files above 0 bytes."""
    sizes = data.size[data.uploaded & (data.size > 0)]
    low, high = (sizes.min(), sizes.max()) if len(sizes) else (1_000, 100_000)
    return range(math.floor(math.log10(low * _BELOW)), math.floor(math.log10(high)) + 2)


@dataclass(frozen=True)
class SizeScale:
    """Scale of the sizes: the powers of ten around them, and its top in pixels."""

    decades: range
    top: int


def _build_size_y(field: str, scale: SizeScale) -> alt.Y:
    """Build the y encoding of a size between two powers of ten."""
    decades = scale.decades
    steps = (1, 2, 5) if len(decades) <= _MAX_LABELED_DECADES else (1,)
    ends = [10.0 ** decades[0], 10.0 ** decades[-1]]
    ticks = [step * 10.0**power for power in decades for step in steps if step * 10.0**power <= ends[1]]
    axis = alt.Axis(
        orient="left",
        title=None,
        values=ticks,
        labelExpr=build_bytes_expression("datum.value"),
        minExtent=60,
        domain=False,
        ticks=False,
    )
    return alt.Y(field, scale=alt.Scale(type="log", domain=ends, range=[scale.top + SIZE_HEIGHT, scale.top]), axis=axis)


def draw_index_axis(bottom: int, *, drop: int) -> alt.Chart:
    """Draw the index axis below the lanes, also for a range without changesets."""
    axis = alt.Axis(
        orient="bottom",
        offset=drop,
        title="Changeset index · date of its push",
        titlePadding=DATES_DROP - 12,
        grid=False,
        labelExpr=INTEGER_LABELS,
        tickCount=alt.ExprRef("max(2, width / 110)"),
        tickOpacity={"condition": {"test": "datum.value % 1", "value": 0}, "value": 1},
        labelFlush=True,
        labelOverlap="greedy",
        labelSeparation=16,
    )
    somewhere = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(index="lo")
    layer: alt.Chart = somewhere.mark_rule(opacity=0).encode(
        x=build_index_x("index:Q").axis(axis), y=alt.YValue(bottom)
    )
    return layer


@cache
def _select_cells_to_draw(*, single: bool) -> alt.Chart:
    """Build a chart of the cells to draw: of one changeset each, or of several."""
    return (
        _select_drawn()
        .transform_joinaggregate(widest="max(extent)")
        .transform_filter(f"datum.widest {'==' if single else '>'} 1")
        .transform_filter("isValid(datum.max)")
    )


def draw_band(scale: SizeScale) -> list[alt.Chart]:
    """Draw most files of each cell as a band, with their median and the outliers.

    The band has 10 to 90 % of the files. The largest and the smallest file of a cell have a dot if they are
    outside the band, and the largest files of all cells have a ring.
    """
    cells = _select_cells_to_draw(single=False)
    corners = cells.transform_calculate(edge="[datum.first - 0.5, datum.last + 0.5]").transform_flatten(["edge"])
    ranked = cells.transform_window(rank="row_number()", sort=[alt.SortField("max", order="descending")])
    sides = cells.transform_calculate(left="datum.first - 0.5", right="datum.last + 0.5")
    outliers = cells.transform_calculate(
        outlier="[datum.max > datum.p90 * 1.005 ? datum.max : null, datum.min < datum.p10 * 0.995 ? datum.min : null]"
    ).transform_flatten(["outlier"])
    band = corners.mark_area(style="band").encode(
        x=build_index_x("edge:Q"), y=_build_size_y("p90:Q", scale), y2=alt.Y2("p10:Q")
    )
    return [
        band,
        outliers.transform_filter("isValid(datum.outlier)")
        .mark_point(style="outlier", filled=True, size=7)
        .encode(x=build_index_x("middle:Q"), y=_build_size_y("outlier:Q", scale)),
        corners.mark_line(style="middle").encode(x=build_index_x("edge:Q"), y=_build_size_y("median:Q", scale)),
        _add_tooltip(
            sides.mark_rect(opacity=0),
            x=build_index_x("left:Q"),
            x2=alt.X2("right:Q"),
            y=_build_size_y("max:Q", scale),
            y2=alt.Y2("min:Q"),
        ),
        _add_tooltip(
            ranked.transform_filter(f"datum.rank <= {_MAX_PEAKS}").mark_point(style="peak", filled=True, size=30),
            x=build_index_x("middle:Q"),
            y=_build_size_y("max:Q", scale),
        ),
    ]


def _add_tooltip(chart: alt.Chart, **encodings: Any) -> alt.Chart:
    """Add the summary of a cell as a tooltip."""
    sizes = {name: build_bytes_expression(f"datum.{name}") for name in ("max", "p90", "median", "p10", "min", "sum")}
    texts = {f"{name}_text": text for name, text in sizes.items()}
    layer: alt.Chart = chart.transform_calculate(
        changesets=build_range_expression("datum.first", "datum.last"), **texts
    ).encode(
        tooltip=[
            alt.Tooltip("changesets:N"),
            alt.Tooltip("count:Q", title="uploaded", format=","),
            alt.Tooltip("max_text:N", title="largest"),
            alt.Tooltip("p90_text:N", title="90 % up to about"),
            alt.Tooltip("median_text:N", title="median"),
            alt.Tooltip("p10_text:N", title="10 % up to about"),
            alt.Tooltip("min_text:N", title="smallest"),
            alt.Tooltip("sum_text:N", title="together"),
        ],
        **encodings,
    )
    return layer


def draw_dots(scale: SizeScale, time_zone: str) -> alt.Chart:
    """Draw a dot for each changeset, where each cell is one changeset."""
    layer: alt.Chart = (
        _select_cells_to_draw(single=True)
        .transform_calculate(pushed=build_clock_expression("datum.time_ms"), size=build_bytes_expression("datum.sum"))
        .mark_point(style="dot", filled=True, size=28)
        .encode(
            x=build_index_x("first:Q"),
            y=_build_size_y("max:Q", scale),
            tooltip=[
                alt.Tooltip("first:Q", title="changeset", format=","),
                alt.Tooltip("size:N"),
                alt.Tooltip("pushed:N", title=f"pushed ({time_zone})"),
                alt.Tooltip("kinds:N"),
            ],
        )
    )
    return layer


def draw_state_lanes(data: ChangesetColumns, bottom: int) -> list[LayerGroup]:
    """Draw a lane for files of 0 bytes, and one for changesets without a file."""
    zeros = bool((data.size[data.uploaded] == 0).any())
    kinds = [("zeros", "0 B", "tick", zeros), ("waiting", "waiting", "point", not data.uploaded.all())]
    present = [(field, label, mark) for field, label, mark, is_present in kinds if is_present]
    top = bottom + LANE_GAP
    return [_draw_lane(*kind, y=top + int((row + 0.5) * LANE_HEIGHT)) for row, kind in enumerate(present)]


def _draw_lane(field: str, label: str, mark: str, *, y: int) -> LayerGroup:
    marks = _select_drawn().transform_filter(f"datum.{field} > 0")
    shown = (
        marks.mark_tick(style="zero", orient="vertical", size=9)
        if mark == "tick"
        else marks.mark_point(style="waiting", filled=True, size=28)
    )
    tooltip = [alt.Tooltip("first:Q", title="from changeset", format=","), alt.Tooltip(f"{field}:Q", format=",")]
    lane = shown.encode(x=build_index_x("middle:Q"), y=alt.YValue(y), tooltip=tooltip)
    return group_layers(lane, draw_caption(label, y, x=-8, align="right"))


def draw_dates(y: int) -> alt.Chart:
    """Draw the day of push of some changesets, at equal distances."""
    count = "max(1, floor(width / 130))"
    part = f"floor(({{number}}) * {count} / datum.all)"
    layer: alt.Chart = (
        _select_drawn()
        .transform_window(number="row_number()", sort=[alt.SortField("first")])
        .transform_joinaggregate(all="count()")
        .transform_calculate(
            part=part.format(number="datum.number - 1"),
            before=part.format(number="datum.number - 2"),
        )
        .transform_calculate(words="datum.part > datum.before ? utcFormat(datum.time_ms, '%-d %b %Y') : ''")
        .mark_text(style="caption", align="left", baseline="middle")
        .encode(x=build_index_x("first:Q"), y=alt.YValue(y), text=alt.Text("words:N"))
    )
    return layer


def draw_mark_caption(top: int) -> alt.Chart:
    """Draw a caption that says what is drawn now: dots, or cells of several files."""
    band = "'band: 10 to 90 % of the files · line: median · dots: smallest and largest · rings: the largest of all'"
    layer: alt.Chart = (
        _select_drawn()
        .transform_aggregate(widest="max(extent)")
        .transform_calculate(words=f"datum.widest > 1 ? {band} : datum.widest == 1 ? 'one dot for each file' : ''")
        .mark_text(style="caption", align="left", baseline="middle", limit=TEXT_LIMIT)
        .encode(x=alt.XValue(4), y=alt.YValue(top + 10), text=alt.Text("words:N"))
    )
    return layer


def draw_storage() -> list[Layer]:
    """Draw the cumulative size, at the top of the plot.

    Returns
    -------
    list
        Area and line, on a scale of their own, and a caption.
    """
    total = _select_drawn().transform_window(total="sum(sum)", sort=[alt.SortField("first")])
    corners = total.transform_calculate(
        corner="[datum.first - 0.5, datum.last + 0.5]",
        level="[datum.total - datum.sum, datum.total]",
        changesets=build_range_expression("datum.first", "datum.last"),
        added=build_bytes_expression("datum.sum"),
        stored=build_bytes_expression("datum.total"),
    ).transform_flatten(["corner", "level"])
    axis = alt.Axis(
        orient="left",
        title=None,
        tickCount=2,
        minExtent=60,
        labelExpr=build_bytes_expression("datum.value"),
        domain=False,
        ticks=False,
    )
    y = alt.Y(
        "level:Q",
        stack=None,
        scale=alt.Scale(range=[STORAGE_HEIGHT - _STORAGE_GAP, _STORAGE_CAPTION], zero=True),
        axis=axis,
    )
    tooltip = [
        alt.Tooltip("changesets:N"),
        alt.Tooltip("added:N", title="add"),
        alt.Tooltip("stored:N", title="stored so far"),
    ]
    area = corners.mark_area(style="wash", interpolate="step").encode(x=build_index_x("corner:Q"), y=y, tooltip=tooltip)
    line = corners.mark_line(style="line", interpolate="step").encode(x=build_index_x("corner:Q"), y=y)
    return [group_layers(area, line), draw_caption("Stored so far in this range", _STORAGE_CAPTION - 8)]
