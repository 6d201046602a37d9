"""Bars of pushes by leading kind, and how pushes add up."""

import altair as alt

from imodels_nb.aggregate import LABELS
from imodels_nb.charts.bins import IS_WAITING, binned, placed
from imodels_nb.charts.words import WHOLE, clock_text
from imodels_nb.frames import KINDS

COLOURS = {kind.label: kind.colour for kind in KINDS.values()}
OTHER_COLOUR = "#8c6d46"


def bars(labels: list[str], ends: tuple[int, int], time_zone: str) -> alt.Chart:
    """Draw a bar for each bin, stacked by leading kind: those of `labels`, between two pixels from the top."""
    colours = [COLOURS.get(label, OTHER_COLOUR) for label in labels]
    layer: alt.Chart = (
        binned()
        .transform_filter(f"!({IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end", "kind"])
        .transform_stack(["low", "high"], "pushes", groupby=["begin"], sort=[alt.SortField("kind", order="descending")])
        .transform_calculate(label=f"{list(LABELS)}[datum.kind]", bin=clock_text("datum.begin"))
        .mark_rect(x2Offset=-0.5)
        .encode(
            x=placed("begin:T"),
            x2="end:T",
            y=alt.Y("low:Q", scale=alt.Scale(range=list(ends)), axis=_count_axis(4)),
            y2="high:Q",
            color=alt.Color(
                "label:N",
                scale=alt.Scale(domain=labels, range=colours),
                legend=alt.Legend(title=None, columns=4),
            ),
            tooltip=[
                alt.Tooltip("bin:N", title=f"from ({time_zone})"),
                alt.Tooltip("label:N", title="leading kind"),
                alt.Tooltip("pushes:Q", format=","),
            ],
        )
    )
    return layer


def growth(ends: tuple[int, int]) -> alt.LayerChart:
    """Draw the running count: it rises within a bin and rests between bins, so each bin has two corners."""
    corners = (
        binned()
        .transform_filter(f"!({IS_WAITING})")
        .transform_aggregate(pushes="sum(count)", groupby=["begin", "end"])
        .transform_window(total="sum(pushes)", sort=[alt.SortField("begin")])
        .transform_calculate(corner="[datum.begin, datum.end]", level="[datum.total - datum.pushes, datum.total]")
        .transform_flatten(["corner", "level"])
    )
    y = alt.Y("level:Q", stack=None, scale=alt.Scale(range=list(ends)), axis=_count_axis(2))
    area = corners.mark_area(style="wash").encode(x=placed("corner:T"), y=y)
    both: alt.LayerChart = area + corners.mark_line(style="line").encode(x=placed("corner:T"), y=y)
    return both


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
