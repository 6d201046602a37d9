"""Layers of the push timeline: time bins, bars, lanes, ticks and the axis of time."""

from functools import cache

import altair as alt

from imodels_nb.aggregate import LABELS, MONDAY, NOT_UPLOADED, STEPS
from imodels_nb.charts.layers import LIMITS, TEXT_LIMIT, LayerGroup, group_layers, select_cells
from imodels_nb.charts.vega_expressions import (
    CALENDAR_LABELS,
    INTEGER_LABELS,
    build_bytes_expression,
    build_clock_expression,
    build_period_expression,
)
from imodels_nb.frames import KINDS

TICK_HEIGHT = 14
"""Height of a row of ticks in pixels."""

LANE_HEIGHT = 24
"""Height of a lane in pixels."""

IS_WAITING = f"datum.kind == {LABELS.index(NOT_UPLOADED)}"
_STEP_NAMES = {str(minutes): name for minutes, name in STEPS.items()}
COLORS = {kind.label: kind.color for kind in KINDS.values()}
OTHER_COLOR = "#8d6f49"
_AXIS_WIDTH = 100  # pixels: room for names of people
_LEGEND_COLUMN_WIDTH = 125  # pixels: room for "sheets and drawings"


def build_time_x(field: str) -> alt.X:
    """Build the x encoding of a time in milliseconds, without its axis."""
    return alt.X(field, scale=alt.Scale(type="utc"), axis=None)


@cache
def build_bins() -> alt.Chart:
    """Build a chart of the time bins, with begin and end in milliseconds as numbers."""
    return build_bin_starts().transform_calculate(begin="datum.start * 60000", end="(datum.start + datum.step) * 60000")


@cache
def build_bin_starts() -> alt.Chart:
    """Build a chart of the time bins, with width and start of each in minutes.

    The width is the narrowest one that gives no more bins than the limit.
    """
    step = str(max(STEPS))
    for minutes in sorted(STEPS, reverse=True)[1:]:
        bins = f"floor((datum.newest - {MONDAY}) / {minutes}) - floor((datum.oldest - {MONDAY}) / {minutes})"
        step = f"{bins} < datum.bins ? {minutes} : {step}"
    step = f"datum.oldest == datum.newest ? {LIMITS['single_bin_minutes']} : {step}"
    return (
        select_cells()
        .transform_filter("datum.drawn && !datum.alone")
        .transform_joinaggregate(oldest="min(minute)", newest="max(minute)", pushes="sum(count)")
        .transform_calculate(bins=f"min(max_bins, max({LIMITS['min_bins']}, {LIMITS['bins_per_push']} * datum.pushes))")
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
        build_bins()
        .transform_aggregate(begin="min(begin)", end="max(end)", step="min(step)", groupby=[])
        .transform_calculate(spare=f"max(0, {LIMITS['min_bins']} * datum.step * 60000 - (datum.end - datum.begin)) / 2")
        .transform_calculate(begin="datum.begin - datum.spare", end="datum.end + datum.spare")
        .mark_rule(opacity=0)
        .encode(x=build_time_x("begin:T").axis(axis), x2=alt.X2("end:T"), y=alt.YValue(bottom))
    )
    return layer


def draw_bin_caption(y: int, more: str = "", *, what: str = "Pushes") -> alt.Chart:
    """Draw the caption that names the width of a bin."""
    words = f"'{what} per ' + {_STEP_NAMES}[toString(datum.step)] + '{more}'"
    layer: alt.Chart = (
        build_bins()
        .transform_aggregate(step="min(step)", groupby=[])
        .transform_calculate(words=f"isValid(datum.step) ? {words} : ''")
        .mark_text(style="caption", align="left", limit=TEXT_LIMIT)
        .encode(x=alt.XValue(0), y=alt.YValue(y), text=alt.Text("words:N"))
    )
    return layer


def draw_cumulative_count(ends: tuple[int, int], time_zone: str) -> LayerGroup:
    """Draw the cumulative count, which rises in each bin and is level between bins."""
    totals = (
        build_bins()
        .transform_filter(f"!({IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end"])
        .transform_window(total="sum(pushes)", sort=[alt.SortField("begin")])
    )
    corners = totals.transform_calculate(
        corner="[datum.begin, datum.end]", level="[datum.total - datum.pushes, datum.total]"
    ).transform_flatten(["corner", "level"])
    y = alt.Y("level:Q", stack=None, scale=alt.Scale(range=list(ends)), axis=build_count_axis(2))
    area = corners.mark_area(style="wash", interpolate="step").encode(x=build_time_x("corner:T"), y=y)
    line = corners.mark_line(style="line", interpolate="step").encode(x=build_time_x("corner:T"), y=y)
    hover = (
        totals.transform_calculate(period=build_period_expression("datum.begin", "datum.end"))
        .mark_rect(opacity=0)
        .encode(
            x=build_time_x("begin:T"),
            x2=alt.X2("end:T"),
            y=alt.YValue(ends[0]),
            y2=alt.Y2Value(ends[1]),
            tooltip=[
                alt.Tooltip("period:N", title=time_zone),
                alt.Tooltip("pushes:Q", format=","),
                alt.Tooltip("total:Q", title="uploaded so far", format=","),
            ],
        )
    )
    return group_layers(area, line, hover)


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


def build_label_color(labels: list[str], colors: list[str]) -> alt.Color:
    """Build the color of each label, with a legend of one to four columns."""
    # The width of the plot alone would change while it is laid out, and cut a legend of more rows.
    width = f"(isFinite(containerSize()[0]) ? containerSize()[0] - {_AXIS_WIDTH} : width)"
    columns = alt.expr(f"clamp(floor({width} / {_LEGEND_COLUMN_WIDTH}), 1, 4)")
    scale = alt.Scale(domain=labels, range=colors)
    return alt.Color("label:N", scale=scale, legend=alt.Legend(title=None, columns=columns))


def draw_changeset_ticks(top: int, time_zone: str) -> LayerGroup:
    """Draw a tick for each row that is one changeset, with an area to hover over."""
    rows = (
        select_cells()
        .transform_filter("datum.drawn && datum.alone")
        .transform_calculate(pushed=build_clock_expression("datum.time_ms"), bytes=build_bytes_expression("datum.size"))
        .encode(
            x=alt.XValue(alt.expr("scale('x', datum.time_ms)")),  # a field of no rows would have no extent
            y=alt.YValue(top + TICK_HEIGHT / 2),
        )
    )
    tooltip = [
        alt.Tooltip("first:Q", title="changeset", format=","),
        alt.Tooltip("pushed:N", title=f"pushed ({time_zone})"),
        alt.Tooltip("bytes:N", title="size"),
        alt.Tooltip("kinds:N"),
    ]
    ticks = rows.mark_tick(style="changeset", orient="vertical", size=9)
    return group_layers(ticks, rows.mark_square(opacity=0, size=81).encode(tooltip=tooltip))


def draw_waiting_marks(top: int, time_zone: str) -> alt.Chart:
    """Draw a mark at each bin with changesets that wait for their file."""
    layer: alt.Chart = (
        build_bins()
        .transform_filter(IS_WAITING)
        .transform_aggregate(waiting="sum(count)", groupby=["begin", "end"])
        .transform_calculate(middle="(datum.begin + datum.end) / 2", bin=build_clock_expression("datum.begin"))
        .mark_point(style="waiting", filled=True, size=28)
        .encode(
            x=build_time_x("middle:T"),
            y=alt.YValue(top + TICK_HEIGHT / 2),
            tooltip=[
                alt.Tooltip("bin:N", title=f"from ({time_zone})"),
                alt.Tooltip("waiting:Q", title=NOT_UPLOADED, format=","),
            ],
        )
    )
    return layer
