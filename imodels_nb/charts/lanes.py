"""Lanes: pushes of each kind, or of each creator, on a line of their own."""

import json
from collections.abc import Sequence

import altair as alt

from imodels_nb.aggregate import Lanes
from imodels_nb.charts.bars import COLOURS, OTHER_COLOUR
from imodels_nb.charts.bins import IS_WAITING, binned, placed
from imodels_nb.charts.words import clock_text, drawable

PITCH = 24
"""Pixels from one lane to the next."""

_TOTALS = 56  # pixels right of the plot, whatever the numbers that stand there
_LOWEST, _RISE = 0.2, 0.65  # of a pitch: the mark of a single push, and how much the most pushes add to it


def lane_marks(lanes: Lanes, top: int, time_zone: str) -> alt.Chart:
    """Draw for each lane and bin a mark, the taller the more pushes, on a log scale that all lanes share."""
    axis = alt.Axis(
        orient="left",
        title=None,
        values=[lane + 0.5 for lane in range(len(lanes.labels))],
        labelExpr=f"{_literal(lanes.labels)}[floor(datum.value)]",
        labelLimit=150,
        minExtent=60,
        domain=False,
        ticks=False,
    )
    tall = f"({_LOWEST} + {_RISE} * log(datum.pushes) / log(max(datum.most, 10))) / 2"
    layer: alt.Chart = (
        _in_lanes(lanes, ["begin", "end"])
        .transform_joinaggregate(most="max(pushes)")
        .transform_calculate(
            low=f"datum.lane + 0.5 - {tall}",
            high=f"datum.lane + 0.5 + {tall}",
            label=f"{_literal(lanes.labels)}[datum.lane]",
            bin=clock_text("datum.begin"),
        )
        .mark_rect(style="lane", x2Offset=-0.5)
        .encode(
            x=placed("begin:T"),
            x2="end:T",
            y=_y("low:Q", lanes, top, axis),
            y2="high:Q",
            tooltip=[
                alt.Tooltip("bin:N", title=f"from ({time_zone})"),
                alt.Tooltip("label:N", title="lane"),
                alt.Tooltip("pushes:Q", format=","),
            ],
        )
    )
    return layer.encode(color=_hues(lanes)) if lanes.by == "kind" else layer


def lane_totals(lanes: Lanes, top: int) -> alt.Chart:
    """Say right of each lane how many changesets of the range stand in it."""
    room = alt.Axis(
        orient="right",
        title=None,
        labels=False,
        grid=False,
        domain=False,
        ticks=False,
        minExtent=_TOTALS,
        maxExtent=_TOTALS,
    )
    layer: alt.Chart = (
        _in_lanes(lanes, [])
        .transform_calculate(middle="datum.lane + 0.5")
        .mark_text(style="caption", align="left", baseline="middle")
        .encode(
            x=alt.value(alt.expr("width + 8")),
            y=_y("middle:Q", lanes, top, room),
            text=alt.Text("pushes:Q", format=","),
        )
    )
    return layer


def _y(field: str, lanes: Lanes, top: int, axis: alt.Axis) -> alt.Y:
    ends = [top, top + PITCH * len(lanes.labels)]
    return alt.Y(field, scale=alt.Scale(domain=[0, len(lanes.labels)], range=ends, nice=False), axis=axis)


def _in_lanes(lanes: Lanes, bins: list[str]) -> alt.Chart:
    """Count the pushes of each lane: one that stands in several counts in each."""
    members = {str(code): list(held) for code, held in lanes.members.items()}
    return (
        binned()
        .transform_filter(f"!({IS_WAITING})")
        .transform_calculate(lane=f"{members}[toString(datum.kind)]")
        .transform_flatten(["lane"])
        .transform_aggregate(pushes="sum(count)", groupby=["lane", *bins])
    )


def _hues(lanes: Lanes) -> alt.Color:
    colours = [COLOURS.get(label, OTHER_COLOUR) for label in lanes.labels]
    return alt.Color("label:N", scale=alt.Scale(domain=list(lanes.labels), range=colours), legend=None)


def _literal(labels: Sequence[str]) -> str:
    """Spell names as a Vega expression: none can end it, nor the script tag into which Altair may write it."""
    return json.dumps([drawable(name) for name in labels]).replace("<", "\\u003c")
