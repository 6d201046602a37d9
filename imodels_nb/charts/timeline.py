"""Pushes over time: bars by leading kind in calendar-aligned bins, and below the milestones how they add up."""

from functools import partial
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import LABELS, MONDAY, STEPS, WAITING, Ledger, push_cells, push_grid
from imodels_nb.charts.faces import Subject, standalone
from imodels_nb.charts.milestones import milestone_layer, milestones
from imodels_nb.charts.parts import caption, heading, marked
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.words import CALENDAR, WHOLE, utc_text
from imodels_nb.frames import KINDS

BINS, _FEWEST = 200, 24
_CELLS = 1_000
_GROWTH, _BARS, _STRIP = (90, 16), (310, 124), 322
_IS_WAITING = f"datum.kind == {LABELS.index(WAITING)}"
_COLOURS = {kind.label: kind.colour for kind in KINDS.values()}
_OTHER_COLOUR = "#8c6d46"


def push_timeline(
    changesets: pd.DataFrame, named_versions: pd.DataFrame | None = None, *, theme: Theme = "light"
) -> Any:
    """Draw when changesets were pushed: a chart that stands alone, with sliders that need no kernel.

    Time runs along x, in UTC; the overview below, or the two sliders of the specification, choose a range of changeset
    indices. The chart holds counts on a grid of at most 1,000 index cells, so that its size does not grow with the
    number of changesets. It draws the whole cells inside the range exactly, and its first line says which those are.

    Parameters
    ----------
    changesets
        The changesets frame; only uploaded ones count, those waiting for their file are marked apart.
    named_versions
        The named versions frame, drawn as labelled rules. Left out are hidden ones, and those of a changeset that is
        not in the changesets frame: the baseline (index 0), too.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        An Altair chart, for example to ``.save("timeline.html")``: the page holds the engine and a grid of at most
        16,384 cells, and needs no internet. For no changesets at all, it says so.

    Raises
    ------
    TypeError
        If a frame is none.
    ValueError
        If a frame lacks a column that is needed or one holds what makes no sense; the message names it.
    """
    ledger = Ledger.of(changesets)
    return standalone(PUSH_TIMELINE, ledger, milestones(ledger, named_versions), theme=theme)


def _layers(ledger: Ledger, shown: pd.DataFrame) -> list[alt.Chart | alt.LayerChart]:
    labels = [LABELS[code] for code in sorted(set(ledger.code.tolist())) if LABELS[code] != WAITING]
    waits = not ledger.uploaded.all()
    return [
        _time_axis(drop=24 if waits else 0),
        # with nothing uploaded there is no kind, and a colour scale of no kinds would break the whole chart
        *([alt.layer(_bars(labels), _growth()).resolve_scale(y="independent")] if labels else []),
        *([_waiting()] if waits else []),
        *([milestone_layer(shown, _x("time:T"))] if len(shown) else []),
        heading(
            marked(),
            f"{_IS_WAITING} ? 0 : datum.count",
            f"{_IS_WAITING} ? datum.count : 0",
            above=38 if len(shown) else 16,
            middle=(_BARS[0] + _BARS[1]) // 2,
        ),
        caption("Uploaded so far in this range", _GROWTH[1] - 8),
        _bin_caption(),
    ]


def _x(field: str) -> alt.X:
    return alt.X(field, scale=alt.Scale(type="utc"), axis=None)


def _binned() -> alt.Chart:
    """Put every push in its bin; times are told to Vega by an expression, or it would read them as texts of dates."""
    return _stepped().transform_calculate(begin="datum.start * 60000", end="(datum.start + datum.step) * 60000")


def _stepped() -> alt.Chart:
    """Choose the step of the bins: the finest that keeps to `BINS`, or to fewer bins where pushes are few."""
    step = str(max(STEPS))
    for minutes in sorted(STEPS, reverse=True)[1:]:
        bins = f"floor((datum.newest - {MONDAY}) / {minutes}) - floor((datum.oldest - {MONDAY}) / {minutes})"
        step = f"{bins} < datum.bins ? {minutes} : {step}"
    return (
        marked()
        .transform_filter("datum.drawn")
        .transform_joinaggregate(oldest="min(minute)", newest="max(minute)", pushes="sum(count)")
        .transform_calculate(bins=f"min({BINS}, max({_FEWEST}, 4 * datum.pushes))")
        .transform_calculate(step=step)
        .transform_calculate(start=f"floor((datum.minute - {MONDAY}) / datum.step) * datum.step + {MONDAY}")
    )


def _time_axis(*, drop: int) -> alt.Chart:
    """Draw the axis over all bins, and at least `_FEWEST`, so that the bar of a single bin is still a bar."""
    axis = alt.Axis(
        orient="bottom",
        offset=drop,
        title="Time of push (UTC)",
        grid=False,
        labelExpr=CALENDAR,
        tickCount=alt.ExprRef("max(2, width / 110)"),
        labelFlush=True,
        labelOverlap="greedy",
        labelSeparation=16,
    )
    layer: alt.Chart = (
        _binned()
        .transform_aggregate(begin="min(begin)", end="max(end)", step="min(step)", groupby=[])
        .transform_calculate(spare=f"max(0, {_FEWEST} * datum.step * 60000 - (datum.end - datum.begin)) / 2")
        .transform_calculate(begin="datum.begin - datum.spare", end="datum.end + datum.spare")
        .mark_rule(opacity=0)
        .encode(x=_x("begin:T").axis(axis), x2="end:T", y=alt.value(_BARS[0]))
    )
    return layer


def _count_axis(ticks: int) -> alt.Axis:
    return alt.Axis(
        orient="left",
        title=None,
        tickCount=ticks,
        minExtent=60,
        labelExpr=WHOLE,
        gridOpacity=alt.when("datum.value % 1").then(alt.value(0)).otherwise(alt.value(1)),
        domain=False,
        ticks=False,
    )


def _bars(labels: list[str]) -> alt.Chart:
    colours = [_COLOURS.get(label, _OTHER_COLOUR) for label in labels]
    layer: alt.Chart = (
        _binned()
        .transform_filter(f"!({_IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end", "kind"])
        .transform_stack(["low", "high"], "pushes", groupby=["begin"], sort=[alt.SortField("kind", order="descending")])
        .transform_calculate(label=f"{list(LABELS)}[datum.kind]", bin=utc_text("datum.begin"))
        .mark_rect(x2Offset=-0.5)
        .encode(
            x=_x("begin:T"),
            x2="end:T",
            y=alt.Y("low:Q", scale=alt.Scale(range=list(_BARS)), axis=_count_axis(4)),
            y2="high:Q",
            color=alt.Color(
                "label:N",
                scale=alt.Scale(domain=labels, range=colours),
                legend=alt.Legend(title=None, columns=4),
            ),
            tooltip=[
                alt.Tooltip("bin:N", title="from (UTC)"),
                alt.Tooltip("label:N", title="leading kind"),
                alt.Tooltip("pushes:Q", format=","),
            ],
        )
    )
    return layer


def _waiting() -> alt.Chart:
    layer: alt.Chart = (
        _binned()
        .transform_filter(_IS_WAITING)
        .transform_aggregate(waiting="sum(count)", groupby=["begin", "end"])
        .transform_calculate(middle="(datum.begin + datum.end) / 2", bin=utc_text("datum.begin"))
        .mark_point(style="waiting", filled=True, size=28)
        .encode(
            x=_x("middle:T"),
            y=alt.value(_STRIP),
            tooltip=[alt.Tooltip("bin:N", title="from (UTC)"), alt.Tooltip("waiting:Q", title=WAITING, format=",")],
        )
    )
    return layer


def _growth() -> alt.LayerChart:
    """Draw the running count: it rises within a bin and rests between bins, so each bin has two corners."""
    corners = (
        _binned()
        .transform_filter(f"!({_IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end"])
        .transform_window(total="sum(pushes)", sort=[alt.SortField("begin")])
        .transform_calculate(corner="[datum.begin, datum.end]", level="[datum.total - datum.pushes, datum.total]")
        .transform_flatten(["corner", "level"])
    )
    y = alt.Y("level:Q", stack=None, scale=alt.Scale(range=list(_GROWTH)), axis=_count_axis(2))
    area = corners.mark_area(style="wash").encode(x=_x("corner:T"), y=y)
    both: alt.LayerChart = area + corners.mark_line(style="line").encode(x=_x("corner:T"), y=y)
    return both


def _bin_caption() -> alt.Chart:
    names = {str(minutes): name for minutes, name in STEPS.items()}
    layer: alt.Chart = (
        _binned()
        .transform_aggregate(step="min(step)", groupby=[])
        .transform_calculate(words=f"isValid(datum.step) ? 'Pushes per ' + {names}[toString(datum.step)] : ''")
        .mark_text(style="caption", align="left")
        .encode(x=alt.value(0), y=alt.value(_BARS[1] - 10), text="words:N")
    )
    return layer


PUSH_TIMELINE = Subject(
    title="Pushes over time",
    subtitle="Each changeset counts once, under the first of its kinds in legend order",
    height=_BARS[0],
    place="time",
    layers=_layers,
    overview=partial(push_cells, cells=_CELLS, bins=_CELLS),
    rows=partial(push_cells, cells=1, bins=BINS),
    kind="pushes",
    grid=lambda ledger, columns: push_grid(ledger, cells=columns, bins=2_048),
    detail=partial(push_grid, cells=1, bins=BINS),
    brought=_stepped,
)
