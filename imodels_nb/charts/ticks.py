"""Ticks below the bars: changesets that wait for their file, and where there are few, each changeset by itself."""

import altair as alt

from imodels_nb.aggregate import WAITING
from imodels_nb.charts.bins import IS_WAITING, binned, placed
from imodels_nb.charts.parts import marked
from imodels_nb.charts.words import bytes_expr, clock_text

ROOM = 14
"""Pixels that either needs below what stands above it."""


def changeset_ticks(top: int, time_zone: str) -> alt.LayerChart:
    """Draw a tick for each row that is one changeset, and around it room to rest on."""
    rows = (
        marked()
        .transform_filter("datum.drawn && datum.alone")
        .transform_calculate(pushed=clock_text("datum.time"), bytes=bytes_expr("datum.size"))
        .encode(
            x=alt.value(alt.expr("scale('x', datum.time)")),  # a field of no rows would have no extent
            y=alt.value(top + ROOM / 2),
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


def waiting_marks(top: int, time_zone: str) -> alt.Chart:
    """Mark each bin with changesets that wait for their file."""
    layer: alt.Chart = (
        binned()
        .transform_filter(IS_WAITING)
        .transform_aggregate(waiting="sum(count)", groupby=["begin", "end"])
        .transform_calculate(middle="(datum.begin + datum.end) / 2", bin=clock_text("datum.begin"))
        .mark_point(style="waiting", filled=True, size=28)
        .encode(
            x=placed("middle:T"),
            y=alt.value(top + ROOM / 2),
            tooltip=[
                alt.Tooltip("bin:N", title=f"from ({time_zone})"),
                alt.Tooltip("waiting:Q", title=WAITING, format=","),
            ],
        )
    )
    return layer
