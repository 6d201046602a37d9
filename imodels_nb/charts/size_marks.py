"""Marks of file sizes: dots while there are few, else smallest, median and largest of a column."""

from typing import Any

import altair as alt

from imodels_nb.charts.size_columns import drawn
from imodels_nb.charts.size_scales import placed, sized
from imodels_nb.charts.words import bytes_expr, clock_text, span_expr

_TOP = 20


def _columns(*, single: bool) -> alt.Chart:
    """Return the columns inside the range, if each is a single changeset, or if not."""
    return (
        drawn()
        .transform_joinaggregate(widest="max(extent)")
        .transform_filter(f"datum.widest {'==' if single else '>'} 1")
        .transform_filter("isValid(datum.max)")
    )


def band(decades: range) -> list[alt.Chart]:
    """Draw the span and the median of each column, edge to edge, and the largest files as dots on top."""
    columns = _columns(single=False)
    corners = columns.transform_calculate(edge="[datum.first - 0.5, datum.last + 0.5]").transform_flatten(["edge"])
    ranked = columns.transform_window(rank="row_number()", sort=[alt.SortField("max", order="descending")])
    sides = columns.transform_calculate(left="datum.first - 0.5", right="datum.last + 0.5")
    return [
        corners.mark_area(style="band").encode(x=placed("edge:Q"), y=sized("max:Q", decades), y2="min:Q"),
        corners.mark_line(style="middle").encode(x=placed("edge:Q"), y=sized("median:Q", decades)),
        _told(sides.mark_rect(opacity=0), x=placed("left:Q"), x2="right:Q", y=sized("max:Q", decades), y2="min:Q"),
        _told(
            ranked.transform_filter(f"datum.rank <= {_TOP}").mark_point(style="peak", filled=True, size=30),
            x=placed("middle:Q"),
            y=sized("max:Q", decades),
        ),
    ]


def _told(chart: alt.Chart, **places: Any) -> alt.Chart:
    """Tell the figures of a column on hover."""
    sizes = {name: bytes_expr(f"datum.{name}") for name in ("max", "median", "min", "sum")}
    texts = {f"{name}_text": text for name, text in sizes.items()}
    told: alt.Chart = chart.transform_calculate(changesets=span_expr("datum.first", "datum.last"), **texts).encode(
        tooltip=[
            alt.Tooltip("changesets:N"),
            alt.Tooltip("count:Q", title="uploaded", format=","),
            alt.Tooltip("max_text:N", title="largest"),
            alt.Tooltip("median_text:N", title="median"),
            alt.Tooltip("min_text:N", title="smallest"),
            alt.Tooltip("sum_text:N", title="together"),
        ],
        **places,
    )
    return told


def dots(decades: range, time_zone: str) -> alt.Chart:
    """Draw a dot for each changeset, where each column is one."""
    layer: alt.Chart = (
        _columns(single=True)
        .transform_calculate(pushed=clock_text("datum.time"), size=bytes_expr("datum.sum"))
        .mark_point(style="dot", filled=True, size=28)
        .encode(
            x=placed("first:Q"),
            y=sized("max:Q", decades),
            tooltip=[
                alt.Tooltip("first:Q", title="changeset", format=","),
                alt.Tooltip("size:N"),
                alt.Tooltip("pushed:N", title=f"pushed ({time_zone})"),
                alt.Tooltip("kinds:N"),
            ],
        )
    )
    return layer
