"""Bars of the push timeline, cut where one is far taller, and a note on pauses."""

import json
from functools import cache

import altair as alt

from imodels_nb.aggregate import LABELS
from imodels_nb.charts.push_layers import (
    COLORS,
    IS_WAITING,
    OTHER_COLOR,
    build_bins,
    build_count_axis,
    build_label_color,
    build_time_x,
)
from imodels_nb.charts.vega_expressions import build_count_expression, build_period_expression

_CUT_RATIO = 8  # a bar that is this many times as tall as the next one is cut
_MAX_CUT = 3  # bars; if more are that tall, they are usual, and none is cut
_CUT_RISE = 1.25  # height of a cut bar, as a multiple of the tallest bar that is not cut
_NOTCH = 0.88  # share of the height of a cut bar, where a white line shows that it is cut
_MIN_PAUSE = 0.4  # share of the range: a pause of this length has a note
_DAY = 86_400_000  # milliseconds
_BARS = "bars"  # name of the view with the legend
_KIND_FILTER = "chosen_kinds"  # name of the selection: the kinds clicked in the legend


def draw_bars(labels: list[str], ends: tuple[int, int], time_zone: str) -> list[alt.Chart]:
    """Draw a bar for each bin, stacked by leading kind, between two heights in pixels.

    A bar that is many times as tall as all others is cut: its parts keep their shares, a gap shows the cut, and its
    count stands above it.
    """
    colors = [COLORS.get(label, OTHER_COLOR) for label in labels]
    scale = alt.Scale(range=list(ends))
    stacked = _build_cut_bars().transform_stack(
        ["low", "high"], "height", groupby=["begin"], sort=[alt.SortField("kind", order="descending")]
    )
    bars = (
        stacked.properties(name=_BARS)
        .mark_rect(x2Offset=-0.5)
        .encode(
            x=build_time_x("begin:T"),
            x2=alt.X2("end:T"),
            y=alt.Y("low:Q", scale=scale, axis=build_count_axis(4)),
            y2=alt.Y2("high:Q"),
            color=build_label_color(labels, colors),
        )
    )
    return [bars, *_draw_cut(scale), _draw_hover_areas(labels, ends, time_zone)]


def build_kind_filter() -> alt.TopLevelSelectionParameter:
    """Build the parameter of the kinds that are chosen in the legend of the bars."""
    select = alt.PointSelectionConfig(type="point", fields=["label"])
    return alt.TopLevelSelectionParameter(name=_KIND_FILTER, select=select, bind="legend", views=[_BARS])


def _draw_hover_areas(labels: list[str], ends: tuple[int, int], time_zone: str) -> alt.Chart:
    """Draw an invisible area over each bin, whose tooltip has the whole stack."""
    codes = [LABELS.index(label) for label in labels]
    total = " + ".join(f"(datum['{code}'] || 0)" for code in codes)
    parts = [f"{{{json.dumps(time_zone)}: datum.period, 'pushes': format(datum.total, ',')}}"]
    for label, code in zip(labels, codes, strict=True):
        count = f"datum['{code}']"
        words = f"format({count}, ',') + ' · ' + format({count} / datum.total, '.0%')"
        parts.append(f"({count} ? {{{json.dumps(label)}: {words}}} : {{}})")
    layer: alt.Chart = (
        _build_kind_counts()
        .transform_pivot("kind", value="pushes", groupby=["begin", "end"])
        .transform_calculate(total=total, period=build_period_expression("datum.begin", "datum.end"))
        .mark_rect(opacity=0)
        .encode(
            x=build_time_x("begin:T"),
            x2=alt.X2("end:T"),
            y=alt.YValue(ends[0]),
            y2=alt.Y2Value(ends[1]),
            tooltip=alt.TooltipValue(alt.expr(f"merge({', '.join(parts)})")),
        )
    )
    return layer


def _draw_cut(scale: alt.Scale) -> list[alt.Chart]:
    """Draw a gap in each cut bar, and its count above."""
    cut = (
        _build_cut_bars()
        .transform_aggregate(total="min(total)", limit="min(limit)", is_cut="max(is_cut)", groupby=["begin", "end"])
        .transform_calculate(
            top="datum.is_cut ? datum.limit : 0",
            notch=f"datum.is_cut ? datum.limit * {_NOTCH} : 0",
            middle="(datum.begin + datum.end) / 2",
            words=f"datum.is_cut ? {build_count_expression('datum.total')} + ' (bar cut)' : ''",
        )
    )
    notch = cut.mark_rule(style="cut").encode(
        x=build_time_x("begin:T"),
        x2=alt.X2("end:T"),
        y=alt.Y("notch:Q", scale=scale),
        opacity=alt.when("datum.is_cut").then(alt.value(1)).otherwise(alt.value(0)),
    )
    count = cut.mark_text(style="caption", baseline="bottom", dy=-2).encode(
        x=build_time_x("middle:T"),
        y=alt.Y("top:Q", scale=scale),
        text=alt.Text("words:N"),
    )
    return [notch, count]


@cache
def _build_cut_bars() -> alt.Chart:
    """Build the count and the drawn height of each bin and kind."""
    is_step = f"datum.above < {_MAX_CUT} + 0.5 && datum.below > 0 && datum.total >= {_CUT_RATIO} * datum.below"
    return (
        _build_kind_counts()
        .transform_joinaggregate(total="sum(pushes)", kinds="count()", groupby=["begin"])
        .transform_calculate(share="1 / datum.kinds")
        .transform_window(
            above="sum(share)",  # number of bars at least as tall
            below="lead(total)",
            sort=[alt.SortField("total", order="descending")],
        )
        .transform_calculate(step=f"{is_step} ? datum.below : null")
        .transform_joinaggregate(others="min(step)")
        .transform_calculate(
            is_cut="isValid(datum.others) && datum.total > datum.others",
            limit=f"datum.others * {_CUT_RISE}",
        )
        .transform_calculate(height="datum.is_cut ? datum.pushes * datum.limit / datum.total : datum.pushes")
    )


@cache
def _build_kind_counts() -> alt.Chart:
    """Build the count of each bin and kind, of the kinds chosen in the legend."""
    return (
        build_bins()
        .transform_filter(f"!({IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end", "kind"])
        .transform_calculate(label=f"{list(LABELS)}[datum.kind]")
        .transform_filter(alt.ParameterPredicate(param=_KIND_FILTER))
    )


def draw_pause(y: int) -> alt.Chart:
    """Draw a note in the middle of the longest pause, if it takes much of the range."""
    days = f"datum.pause / {_DAY}"
    words = (
        f"{days} >= 730 ? format({days} / 365.25, '.1~f') + ' years'"
        f" : {days} >= 60 ? format({days} / 30.44, '.0f') + ' months'"
        f" : {days} >= 2 ? format({days}, '.0f') + ' days' : format({days} * 24, '.0f') + ' hours'"
    )
    layer: alt.Chart = (
        build_bins()
        .transform_aggregate(groupby=["begin", "end"], count="count()")
        .transform_window(before="lag(end)", sort=[alt.SortField("begin")])
        .transform_joinaggregate(oldest="min(begin)", newest="max(end)")
        .transform_calculate(pause="isValid(datum.before) ? datum.begin - datum.before : 0")
        .transform_calculate(
            middle="(datum.begin + (isValid(datum.before) ? datum.before : datum.end)) / 2",
            words=f"datum.pause > {_MIN_PAUSE} * (datum.newest - datum.oldest) ? 'no pushes for ' + ({words}) : ''",
        )
        .mark_text(style="caption")
        .encode(x=build_time_x("middle:T"), y=alt.YValue(y), text=alt.Text("words:N"))
    )
    return layer
