"""Layers of the push timeline: time bins, bars, lanes, ticks and the axis of time."""

import json
from collections.abc import Sequence

import altair as alt

from imodels_nb.aggregate import LABELS, MONDAY, NOT_UPLOADED, STEPS, Lanes
from imodels_nb.charts.layers import LIMITS, select_cells
from imodels_nb.charts.vega_expressions import (
    CALENDAR_LABELS,
    INTEGER_LABELS,
    build_bytes_expression,
    build_clock_expression,
    replace_undrawable,
)
from imodels_nb.frames import KINDS

TICK_HEIGHT = 14
"""Height of a row of ticks in pixels."""

LANE_HEIGHT = 24
"""Height of a lane in pixels."""

STEP_OF_ONE = 60
"""Width in minutes of the only bar of a range: the axis then spans a day."""

IS_WAITING = f"datum.kind == {LABELS.index(NOT_UPLOADED)}"
_STEP_NAMES = {str(minutes): name for minutes, name in STEPS.items()}
COLORS = {kind.label: kind.color for kind in KINDS.values()}
OTHER_COLOR = "#8c6d46"

_TOTALS_WIDTH = 56  # pixels right of the plot
_MIN_MARK = 0.2  # of a lane: the mark of a single push
_MARK_RISE = 0.65  # of a lane: how much the most pushes add to it


def build_time_x(field: str) -> alt.X:
    """Build the x encoding of a time in milliseconds, without its axis."""
    return alt.X(field, scale=alt.Scale(type="utc"), axis=None)


def with_bins() -> alt.Chart:
    """Build begin and end of each bin as numbers, since Vega parses times as text."""
    return with_bin_step().transform_calculate(begin="datum.start * 60000", end="(datum.start + datum.step) * 60000")


def with_bin_step() -> alt.Chart:
    """Build bins of the narrowest width that keeps to the limit."""
    step = str(max(STEPS))
    for minutes in sorted(STEPS, reverse=True)[1:]:
        bins = f"floor((datum.newest - {MONDAY}) / {minutes}) - floor((datum.oldest - {MONDAY}) / {minutes})"
        step = f"{bins} < datum.bins ? {minutes} : {step}"
    step = f"datum.oldest == datum.newest ? {STEP_OF_ONE} : {step}"
    return (
        select_cells()
        .transform_filter("datum.drawn && !datum.alone")
        .transform_joinaggregate(oldest="min(minute)", newest="max(minute)", pushes="sum(count)")
        .transform_calculate(bins=f"min({LIMITS['max_bins']}, max({LIMITS['min_bins']}, 4 * datum.pushes))")
        .transform_calculate(step=step)
        .transform_calculate(start=f"floor((datum.minute - {MONDAY}) / datum.step) * datum.step + {MONDAY}")
    )


def draw_time_axis(bottom: int, *, drop: int, time_zone: str) -> alt.Chart:
    """Draw the axis of time over all bins, and over a minimum number of them."""
    axis = alt.Axis(
        orient="bottom",
        offset=drop,
        title=f"Time of push ({time_zone})",
        grid=False,
        labelExpr=CALENDAR_LABELS,
        tickCount=alt.ExprRef("max(3, width / 110)"),
        labelFlush=True,
        labelOverlap="greedy",
        labelSeparation=16,
    )
    layer: alt.Chart = (
        with_bins()
        .transform_aggregate(begin="min(begin)", end="max(end)", step="min(step)", groupby=[])
        .transform_calculate(spare=f"max(0, {LIMITS['min_bins']} * datum.step * 60000 - (datum.end - datum.begin)) / 2")
        .transform_calculate(begin="datum.begin - datum.spare", end="datum.end + datum.spare")
        .mark_rule(opacity=0)
        .encode(x=build_time_x("begin:T").axis(axis), x2="end:T", y=alt.value(bottom))
    )
    return layer


def draw_bin_caption(y: int, more: str = "") -> alt.Chart:
    """Draw the caption that names the width of a bin."""
    words = f"'Pushes per ' + {_STEP_NAMES}[toString(datum.step)] + '{more}'"
    layer: alt.Chart = (
        with_bins()
        .transform_aggregate(step="min(step)", groupby=[])
        .transform_calculate(words=f"isValid(datum.step) ? {words} : ''")
        .mark_text(style="caption", align="left")
        .encode(x=alt.value(0), y=alt.value(y), text="words:N")
    )
    return layer


def draw_cumulative_count(ends: tuple[int, int]) -> alt.LayerChart:
    """Draw the cumulative count, which rises in each bin and is level between bins."""
    corners = (
        with_bins()
        .transform_filter(f"!({IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end"])
        .transform_window(total="sum(pushes)", sort=[alt.SortField("begin")])
        .transform_calculate(corner="[datum.begin, datum.end]", level="[datum.total - datum.pushes, datum.total]")
        .transform_flatten(["corner", "level"])
    )
    y = alt.Y("level:Q", stack=None, scale=alt.Scale(range=list(ends)), axis=build_count_axis(2))
    area = corners.mark_area(style="wash", interpolate="step").encode(x=build_time_x("corner:T"), y=y)
    both: alt.LayerChart = area + corners.mark_line(style="line", interpolate="step").encode(
        x=build_time_x("corner:T"), y=y
    )
    return both


def build_count_axis(ticks: int) -> alt.Axis:
    """Build the axis of a count, with whole numbers only."""
    return alt.Axis(
        orient="left",
        title=None,
        tickCount=ticks,
        minExtent=60,
        labelExpr=INTEGER_LABELS,
        gridOpacity=alt.when("datum.value % 1").then(alt.value(0)).otherwise(alt.value(1)),
        domain=False,
        ticks=False,
    )


def draw_lanes(lanes: Lanes, top: int, time_zone: str) -> alt.Chart:
    """Draw a mark for each lane and bin, its height by pushes on a common log scale."""
    axis = alt.Axis(
        orient="left",
        title=None,
        values=[lane + 0.5 for lane in range(len(lanes.labels))],
        labelExpr=f"{_quote_names(lanes.labels)}[floor(datum.value)]",
        labelLimit=150,
        minExtent=60,
        domain=False,
        ticks=False,
    )
    tall = f"({_MIN_MARK} + {_MARK_RISE} * log(datum.pushes) / log(max(datum.most, 10))) / 2"
    layer: alt.Chart = (
        _count_by_lane(lanes, ["begin", "end"])
        .transform_joinaggregate(most="max(pushes)")
        .transform_calculate(
            low=f"datum.lane + 0.5 - {tall}",
            high=f"datum.lane + 0.5 + {tall}",
            label=f"{_quote_names(lanes.labels)}[datum.lane]",
            bin=build_clock_expression("datum.begin"),
        )
        .mark_rect(style="lane", x2Offset=-0.5)
        .encode(
            x=build_time_x("begin:T"),
            x2="end:T",
            y=_build_y("low:Q", lanes, top, axis),
            y2="high:Q",
            tooltip=[
                alt.Tooltip("bin:N", title=f"from ({time_zone})"),
                alt.Tooltip("label:N", title="lane"),
                alt.Tooltip("pushes:Q", format=","),
            ],
        )
    )
    return layer.encode(color=_color_by_kind(lanes)) if lanes.by == "kind" else layer


def draw_lane_totals(lanes: Lanes, top: int) -> alt.Chart:
    """Draw the number of changesets at the right of each lane."""
    room = alt.Axis(
        orient="right",
        title=None,
        labels=False,
        grid=False,
        domain=False,
        ticks=False,
        minExtent=_TOTALS_WIDTH,
        maxExtent=_TOTALS_WIDTH,
    )
    layer: alt.Chart = (
        _count_by_lane(lanes, [])
        .transform_calculate(middle="datum.lane + 0.5")
        .mark_text(style="caption", align="left", baseline="middle")
        .encode(
            x=alt.value(alt.expr("width + 8")),
            y=_build_y("middle:Q", lanes, top, room),
            text=alt.Text("pushes:Q", format=","),
        )
    )
    return layer


def _build_y(field: str, lanes: Lanes, top: int, axis: alt.Axis) -> alt.Y:
    ends = [top, top + LANE_HEIGHT * len(lanes.labels)]
    return alt.Y(field, scale=alt.Scale(domain=[0, len(lanes.labels)], range=ends, nice=False), axis=axis)


def _count_by_lane(lanes: Lanes, bins: list[str]) -> alt.Chart:
    """Build the counts of each lane; a changeset of several lanes is counted in each."""
    members = {str(code): list(held) for code, held in lanes.members.items()}
    return (
        with_bins()
        .transform_filter(f"!({IS_WAITING})")
        .transform_calculate(lane=f"{members}[toString(datum.kind)]")
        .transform_flatten(["lane"])
        .transform_aggregate(pushes="sum(count)", groupby=["lane", *bins])
    )


def _color_by_kind(lanes: Lanes) -> alt.Color:
    colors = [COLORS.get(label, OTHER_COLOR) for label in lanes.labels]
    return alt.Color("label:N", scale=alt.Scale(domain=list(lanes.labels), range=colors), legend=None)


def _quote_names(labels: Sequence[str]) -> str:
    """Format names as a Vega expression; no name can end it or a script tag."""
    return json.dumps([replace_undrawable(name) for name in labels]).replace("<", "\\u003c")


def draw_changeset_ticks(top: int, time_zone: str) -> alt.LayerChart:
    """Draw a tick for each row that is one changeset, with an area to hover over."""
    rows = (
        select_cells()
        .transform_filter("datum.drawn && datum.alone")
        .transform_calculate(pushed=build_clock_expression("datum.time"), bytes=build_bytes_expression("datum.size"))
        .encode(
            x=alt.value(alt.expr("scale('x', datum.time)")),  # a field of no rows would have no extent
            y=alt.value(top + TICK_HEIGHT / 2),
        )
    )
    tooltip = [
        alt.Tooltip("first:Q", title="changeset", format=","),
        alt.Tooltip("pushed:N", title=f"pushed ({time_zone})"),
        alt.Tooltip("bytes:N", title="size"),
        alt.Tooltip("kinds:N"),
    ]
    ticks = rows.mark_tick(style="changeset", orient="vertical", size=9)
    both: alt.LayerChart = ticks + rows.mark_square(opacity=0, size=81).encode(tooltip=tooltip)
    return both


def draw_waiting_marks(top: int, time_zone: str) -> alt.Chart:
    """Draw a mark at each bin with changesets that wait for their file."""
    layer: alt.Chart = (
        with_bins()
        .transform_filter(IS_WAITING)
        .transform_aggregate(waiting="sum(count)", groupby=["begin", "end"])
        .transform_calculate(middle="(datum.begin + datum.end) / 2", bin=build_clock_expression("datum.begin"))
        .mark_point(style="waiting", filled=True, size=28)
        .encode(
            x=build_time_x("middle:T"),
            y=alt.value(top + TICK_HEIGHT / 2),
            tooltip=[
                alt.Tooltip("bin:N", title=f"from ({time_zone})"),
                alt.Tooltip("waiting:Q", title=NOT_UPLOADED, format=","),
            ],
        )
    )
    return layer
