"""Where file sizes stand: the index along x, a log scale along y, and their axes."""

import math

import altair as alt

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts.words import WHOLE, bytes_expr

PLOT = 260
"""Pixels of the log scale."""

_MANY_DECADES = 4


def placed(field: str) -> alt.X:
    """Place a field of changeset indices; its axis is :func:`index_axis`."""
    edges = [alt.ExprRef("lo - 0.5"), alt.ExprRef("hi + 0.5")]
    return alt.X(field, scale=alt.Scale(domain=edges, nice=False, zero=False), axis=None)


def decades_of(ledger: ChangesetColumns) -> range:
    """Return the powers of ten around all files above 0 bytes: fixed for all ranges, so that the axis stands still."""
    sizes = ledger.size[ledger.uploaded & (ledger.size > 0)]
    low, high = (sizes.min(), sizes.max()) if len(sizes) else (1_000, 100_000)
    return range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 2)


def sized(field: str, decades: range) -> alt.Y:
    """Place a field of bytes between two powers of ten."""
    steps = (1, 2, 5) if len(decades) < _MANY_DECADES else (1,)
    ends = [10.0 ** decades[0], 10.0 ** decades[-1]]
    ticks = [step * 10.0**power for power in decades for step in steps if step * 10.0**power <= ends[1]]
    axis = alt.Axis(
        orient="left",
        title=None,
        values=ticks,
        labelExpr=bytes_expr("datum.value"),
        minExtent=60,
        domain=False,
        ticks=False,
    )
    return alt.Y(field, scale=alt.Scale(type="log", domain=ends, range=[PLOT, 0]), axis=axis)


def index_axis(*, drop: int) -> alt.Chart:
    """Keep the index axis, whatever the range holds; the strips stand between it and the plot."""
    axis = alt.Axis(
        orient="bottom",
        offset=drop,
        title="Changeset index",
        grid=False,
        labelExpr=WHOLE,
        tickCount=alt.ExprRef("max(2, width / 110)"),
        tickOpacity={"condition": {"test": "datum.value % 1", "value": 0}, "value": 1},
        labelFlush=True,
        labelOverlap="greedy",
        labelSeparation=16,
    )
    somewhere = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(index="lo")
    layer: alt.Chart = somewhere.mark_rule(opacity=0).encode(x=placed("index:Q").axis(axis), y=alt.value(PLOT))
    return layer
