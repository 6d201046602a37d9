"""Time bins: the calendar-aligned steps in which a timeline counts, and the axis that stands below them."""

import altair as alt

from imodels_nb.aggregate import LABELS, MONDAY, STEPS, WAITING
from imodels_nb.charts.parts import LIMITS, marked
from imodels_nb.charts.words import CALENDAR

BINS = LIMITS["max_bins"]
"""At most so many are drawn."""

IS_WAITING = f"datum.kind == {LABELS.index(WAITING)}"

_FEWEST = LIMITS["min_bins"]
_STEP_NAMES = {str(minutes): name for minutes, name in STEPS.items()}


def placed(field: str) -> alt.X:
    """Place a field of milliseconds on the scale of time; its axis is :func:`time_axis`."""
    return alt.X(field, scale=alt.Scale(type="utc"), axis=None)


def binned() -> alt.Chart:
    """Put every push in its bin; times are told to Vega by an expression, or it would read them as texts of dates."""
    return stepped().transform_calculate(begin="datum.start * 60000", end="(datum.start + datum.step) * 60000")


def stepped() -> alt.Chart:
    """Choose the step of the bins: the finest that keeps to `BINS`, or to fewer bins where pushes are few."""
    step = str(max(STEPS))
    for minutes in sorted(STEPS, reverse=True)[1:]:
        bins = f"floor((datum.newest - {MONDAY}) / {minutes}) - floor((datum.oldest - {MONDAY}) / {minutes})"
        step = f"{bins} < datum.bins ? {minutes} : {step}"
    return (
        marked()
        .transform_filter("datum.drawn && !datum.alone")
        .transform_joinaggregate(oldest="min(minute)", newest="max(minute)", pushes="sum(count)")
        .transform_calculate(bins=f"min({BINS}, max({_FEWEST}, 4 * datum.pushes))")
        .transform_calculate(step=step)
        .transform_calculate(start=f"floor((datum.minute - {MONDAY}) / datum.step) * datum.step + {MONDAY}")
    )


def time_axis(bottom: int, *, drop: int, time_zone: str) -> alt.Chart:
    """Draw the axis over all bins, and at least `_FEWEST`, so that the bar of a single bin is still a bar."""
    axis = alt.Axis(
        orient="bottom",
        offset=drop,
        title=f"Time of push ({time_zone})",
        grid=False,
        labelExpr=CALENDAR,
        tickCount=alt.ExprRef("max(3, width / 110)"),
        labelFlush=True,
        labelOverlap="greedy",
        labelSeparation=16,
    )
    layer: alt.Chart = (
        binned()
        .transform_aggregate(begin="min(begin)", end="max(end)", step="min(step)", groupby=[])
        .transform_calculate(spare=f"max(0, {_FEWEST} * datum.step * 60000 - (datum.end - datum.begin)) / 2")
        .transform_calculate(begin="datum.begin - datum.spare", end="datum.end + datum.spare")
        .mark_rule(opacity=0)
        .encode(x=placed("begin:T").axis(axis), x2="end:T", y=alt.value(bottom))
    )
    return layer


def bin_caption(y: int, more: str = "") -> alt.Chart:
    """Say how wide a bin is, and what else there is to say about it."""
    words = f"'Pushes per ' + {_STEP_NAMES}[toString(datum.step)] + '{more}'"
    layer: alt.Chart = (
        binned()
        .transform_aggregate(step="min(step)", groupby=[])
        .transform_calculate(words=f"isValid(datum.step) ? {words} : ''")
        .mark_text(style="caption", align="left")
        .encode(x=alt.value(0), y=alt.value(y), text="words:N")
    )
    return layer
