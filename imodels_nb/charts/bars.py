"""Bars of the push timeline, cut where one is far taller, and a note on pauses."""

import altair as alt

from imodels_nb.aggregate import LABELS
from imodels_nb.charts.push_layers import COLORS, IS_WAITING, OTHER_COLOR, build_count_axis, build_time_x, with_bins
from imodels_nb.charts.vega_expressions import build_clock_expression, count_expression

_CUT_RATIO = 8  # a bar that is this many times as tall as the next one is cut
_MAX_CUT = 3  # bars; where more are that tall, they are the usual ones
_CUT_RISE = 1.25  # height of a cut bar, against the tallest of the others
_NOTCH = 0.88  # of a cut bar: where a white line shows that it is cut
_MIN_PAUSE = 0.4  # of the range: a pause that gets a note
_DAY = 86_400_000  # milliseconds


def draw_bars(labels: list[str], ends: tuple[int, int], time_zone: str) -> list[alt.Chart]:
    """Draw a bar for each bin, stacked by leading kind, between two heights in pixels.

    A bar that is many times as tall as all others is cut: its parts keep their shares, a gap shows the cut, and its
    count stands above it.
    """
    colors = [COLORS.get(label, OTHER_COLOR) for label in labels]
    scale = alt.Scale(range=list(ends))
    stacked = (
        _with_cut()
        .transform_stack(["low", "high"], "height", groupby=["begin"], sort=[alt.SortField("kind", order="descending")])
        .transform_calculate(label=f"{list(LABELS)}[datum.kind]", bin=build_clock_expression("datum.begin"))
    )
    bars = stacked.mark_rect(x2Offset=-0.5).encode(
        x=build_time_x("begin:T"),
        x2="end:T",
        y=alt.Y("low:Q", scale=scale, axis=build_count_axis(4)),
        y2="high:Q",
        color=alt.Color(
            "label:N",
            scale=alt.Scale(domain=labels, range=colors),
            legend=alt.Legend(title=None, columns=4),
        ),
        tooltip=[
            alt.Tooltip("bin:N", title=f"from ({time_zone})"),
            alt.Tooltip("label:N", title="leading kind"),
            alt.Tooltip("pushes:Q", format=","),
        ],
    )
    return [bars, *_draw_cut(scale)]


def _draw_cut(scale: alt.Scale) -> list[alt.Chart]:
    """Draw a gap in each cut bar, and its count above."""
    cut = (
        _with_cut()
        .transform_filter("datum.is_cut")
        .transform_aggregate(total="min(total)", limit="min(limit)", end="min(end)", groupby=["begin"])
        .transform_calculate(
            notch=f"datum.limit * {_NOTCH}",
            middle="(datum.begin + datum.end) / 2",
            words=f"{count_expression('datum.total')} + ' (bar cut)'",
        )
    )
    notch = cut.mark_rule(style="cut").encode(x=build_time_x("begin:T"), x2="end:T", y=alt.Y("notch:Q", scale=scale))
    count = cut.mark_text(style="caption", baseline="bottom", dy=-2).encode(
        x=build_time_x("middle:T"),
        y=alt.Y("limit:Q", scale=scale),
        text="words:N",
    )
    return [notch, count]


def _with_cut() -> alt.Chart:
    """Build the count and the drawn height of each bin and kind."""
    is_step = f"datum.above < {_MAX_CUT} + 0.5 && datum.below > 0 && datum.total >= {_CUT_RATIO} * datum.below"
    return (
        with_bins()
        .transform_filter(f"!({IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end", "kind"])
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


def draw_pause(y: int) -> alt.Chart:
    """Draw a note in the middle of the longest pause, if it takes much of the range."""
    days = f"datum.pause / {_DAY}"
    words = (
        f"{days} >= 730 ? format({days} / 365.25, '.1~f') + ' years'"
        f" : {days} >= 60 ? format({days} / 30.44, '.0f') + ' months'"
        f" : {days} >= 2 ? format({days}, '.0f') + ' days' : format({days} * 24, '.0f') + ' hours'"
    )
    layer: alt.Chart = (
        with_bins()
        .transform_aggregate(groupby=["begin", "end"], count="count()")
        .transform_window(before="lag(end)", sort=[alt.SortField("begin")])
        .transform_joinaggregate(oldest="min(begin)", newest="max(end)")
        .transform_calculate(pause="isValid(datum.before) ? datum.begin - datum.before : 0")
        .transform_filter(f"datum.pause > {_MIN_PAUSE} * (datum.newest - datum.oldest)")
        .transform_calculate(words=f"'no pushes for ' + ({words})", middle="(datum.begin + datum.before) / 2")
        .mark_text(style="caption")
        .encode(x=build_time_x("middle:T"), y=alt.value(y), text="words:N")
    )
    return layer
