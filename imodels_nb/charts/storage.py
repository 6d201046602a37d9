"""Storage: how the files of a range add up, below their sizes."""

import altair as alt

from imodels_nb.charts.parts import caption
from imodels_nb.charts.size_columns import drawn
from imodels_nb.charts.size_scales import placed
from imodels_nb.charts.words import bytes_expr, span_expr

HEIGHT = 100
"""Pixels that storage takes below what stands above it, its caption included."""

_CAPTION = 30


def storage_layers(top: int) -> list[alt.Chart | alt.LayerChart]:
    """Draw how files add up below the pixel `top`: each column adds what it holds.

    Returns
    -------
    list
        Area and line, on a scale of their own, and a caption.
    """
    total = drawn().transform_window(total="sum(sum)", sort=[alt.SortField("first")])
    corners = total.transform_calculate(
        corner="[datum.first - 0.5, datum.last + 0.5]",
        level="[datum.total - datum.sum, datum.total]",
        changesets=span_expr("datum.first", "datum.last"),
        added=bytes_expr("datum.sum"),
        stored=bytes_expr("datum.total"),
    ).transform_flatten(["corner", "level"])
    axis = alt.Axis(
        orient="left",
        title=None,
        tickCount=2,
        minExtent=60,
        labelExpr=bytes_expr("datum.value"),
        domain=False,
        ticks=False,
    )
    y = alt.Y("level:Q", stack=None, scale=alt.Scale(range=[top + HEIGHT, top + _CAPTION], zero=True), axis=axis)
    tooltip = [
        alt.Tooltip("changesets:N"),
        alt.Tooltip("added:N", title="add"),
        alt.Tooltip("stored:N", title="stored so far"),
    ]
    area = corners.mark_area(style="wash").encode(x=placed("corner:Q"), y=y, tooltip=tooltip)
    line = corners.mark_line(style="line").encode(x=placed("corner:Q"), y=y)
    return [area + line, caption("Stored so far in this range", top + _CAPTION - 12)]
