"""Lanes of the push timeline: a heat strip with numbers."""

import json
from collections.abc import Sequence

import altair as alt

from imodels_nb.aggregate import Lanes
from imodels_nb.charts.heat import build_strength, draw_numbers
from imodels_nb.charts.layers import LayerGroup, build_empty_axis, group_layers
from imodels_nb.charts.push_layers import COLORS, IS_WAITING, LANE_HEIGHT, OTHER_COLOR, build_bins, build_time_x
from imodels_nb.charts.vega_expressions import build_period_expression, replace_undrawable

_TOTALS_WIDTH = 56  # pixels right of the plot
_GAP = 0.06  # share of a lane that is free above and below its rectangles


def draw_lanes(lanes: Lanes, top: int, time_zone: str) -> LayerGroup:
    """Draw a rectangle for each lane and bin: a stronger color for more pushes.

    The strength is on a log scale, and the number stands in the rectangle where there is room.
    """
    counted = (
        _count_by_lane(lanes, ["begin", "end"])
        .transform_joinaggregate(most="max(pushes)")
        .transform_calculate(
            low=f"datum.lane + {_GAP}",
            high=f"datum.lane + 1 - {_GAP}",
            label=f"{quote_names(lanes.labels)}[datum.lane]",
            period=build_period_expression("datum.begin", "datum.end"),
            strength=build_strength("datum.pushes", "datum.most"),
        )
    )
    y = build_lane_y("low:Q", lanes, top)
    rects = counted.mark_rect(style="lane", x2Offset=-0.5).encode(
        x=build_time_x("begin:T"),
        x2=alt.X2("end:T"),
        y=y,
        y2=alt.Y2("high:Q"),
        opacity=alt.Opacity("strength:Q", scale=None),
        tooltip=[
            alt.Tooltip("period:N", title=time_zone),
            alt.Tooltip("label:N", title="lane"),
            alt.Tooltip("pushes:Q", format=","),
        ],
    )
    rects = rects.encode(color=_color_by_kind(lanes)) if lanes.by == "kind" else rects
    numbers = draw_numbers(
        counted.transform_calculate(center="(datum.begin + datum.end) / 2", middle="datum.lane + 0.5"),
        x=build_time_x("center:T"),
        y=alt.Y("middle:Q", scale=y["scale"], axis=y["axis"]),
        room="(scale('x', datum.end) - scale('x', datum.begin))",
        row="lane",
        strong="number" if lanes.by == "kind" else "strong_number",  # kinds have colors of their own
    )
    return group_layers(rects, *numbers)


def draw_lane_totals(lanes: Lanes, top: int) -> alt.Chart:
    """Draw the number of changesets at the right of each lane."""
    room = build_empty_axis(_TOTALS_WIDTH)
    layer: alt.Chart = (
        _count_by_lane(lanes, [])
        .transform_calculate(middle="datum.lane + 0.5")
        .mark_text(style="caption", align="left", baseline="middle")
        .encode(
            x=alt.XValue(alt.expr("width + 8")),
            y=build_lane_y("middle:Q", lanes, top, room),
            text=alt.Text("pushes:Q", format=","),
        )
    )
    return layer


def build_lane_y(field: str, lanes: Lanes, top: int, axis: alt.Axis | None = None) -> alt.Y:
    """Build the y encoding of a lane, with the names of the lanes by default."""
    names = alt.Axis(
        orient="left",
        title=None,
        values=[lane + 0.5 for lane in range(len(lanes.labels))],
        labelExpr=f"{quote_names(lanes.labels)}[floor(datum.value)]",
        labelLimit=150,
        minExtent=60,
        grid=False,
        domain=False,
        ticks=False,
    )
    ends = [top, top + LANE_HEIGHT * len(lanes.labels)]
    scale = alt.Scale(domain=[0, len(lanes.labels)], range=ends, nice=False)
    return alt.Y(field, scale=scale, axis=names if axis is None else axis)


def _count_by_lane(lanes: Lanes, bins: list[str]) -> alt.Chart:
    """Build the counts of each lane; a changeset of several lanes is counted in each."""
    return build_lane_bins(lanes).transform_aggregate(pushes="sum(count)", groupby=["lane", *bins])


def build_lane_bins(lanes: Lanes) -> alt.Chart:
    """Build the bins of uploaded changesets, once for each of their lanes."""
    members = {str(code): list(held) for code, held in lanes.members.items()}
    return (
        build_bins()
        .transform_filter(f"!({IS_WAITING})")
        .transform_calculate(lane=f"{members}[toString(datum.kind)]")
        .transform_flatten(["lane"])
    )


def _color_by_kind(lanes: Lanes) -> alt.Color:
    colors = [COLORS.get(label, OTHER_COLOR) for label in lanes.labels]
    return alt.Color("label:N", scale=alt.Scale(domain=list(lanes.labels), range=colors), legend=None)


def quote_names(labels: Sequence[str]) -> str:
    """Format names as a Vega expression; no name can end it or a script tag."""
    return json.dumps([replace_undrawable(name) for name in labels]).replace("<", "\\u003c")
