"""File sizes by index: each changeset a dot while there are few, else smallest, median and largest of a column."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import Grid, Ledger, size_columns, size_grid
from imodels_nb.charts.faces import Subject, standalone
from imodels_nb.charts.milestones import milestone_layer, milestones
from imodels_nb.charts.parts import caption, heading, marked
from imodels_nb.charts.storage import HEIGHT, storage_layers
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.words import WHOLE, bytes_expr, clock_text, span_expr

_DOTS = 500  # more would hide each other
_LEVELS = (250, 2_000)  # columns of the whole index: the finer ones are drawn where no more than `_DOTS` are in range
_PLOT, _GAP, _STRIP = 260, 8, 18
_TOP, _MANY_DECADES = 20, 4


def file_sizes(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    cumulative: bool = False,
    theme: Theme = "light",
) -> Any:
    """Draw how large changesets are: a chart that stands alone, with sliders that need no kernel.

    The changeset index runs along x, file size along y on a log scale; files of 0 bytes have a strip of their own. The
    chart holds two grids, of at most 250 and 2,000 columns of changesets, so that its size does not grow with their
    number. It draws the whole columns inside the range exactly, those of the finer grid where no more than 500 are in
    range, and its first line says which changesets those are.

    Parameters
    ----------
    changesets
        The changesets frame; only uploaded ones count, those waiting for their file are marked apart.
    named_versions
        The named versions frame, drawn as labelled rules. Left out are hidden ones, and those of a changeset that is
        not in the changesets frame: the baseline (index 0), too.
    cumulative
        Whether to draw below the sizes how they add up over the range.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        An Altair chart, for example to ``.save("sizes.html")``: the page holds the engine and a grid of at most 16,384
        columns, and needs no internet. For no changesets at all, it says so.

    Raises
    ------
    TypeError
        If a frame is none.
    ValueError
        If a frame lacks a column that is needed or one holds what makes no sense; the message names it.
    """
    ledger = Ledger.of(changesets)
    subject = file_sizes_subject(cumulative=cumulative)
    return standalone(subject, ledger, milestones(ledger, named_versions), theme=theme)


def file_sizes_subject(*, cumulative: bool) -> Subject:
    """Return what the chart is about, with storage below or without."""
    return replace(FILE_SIZES, layers=partial(_layers, cumulative=True)) if cumulative else FILE_SIZES


def _layers(ledger: Ledger, shown: pd.DataFrame, *, cumulative: bool = False) -> list[alt.Chart | alt.LayerChart]:
    strips, decades = _strips(ledger), _decades(ledger)
    drop = _GAP * bool(strips) + _STRIP * len(strips)
    storage, *words = storage_layers(_drawn(), _x, _PLOT + drop) if cumulative else [None]
    sizes = alt.layer(*_band(decades), _dots(decades))
    return [
        _axis(drop=drop + HEIGHT * cumulative),
        alt.layer(sizes, storage).resolve_scale(y="independent") if storage else sizes,
        *strips,
        *words,
        *([milestone_layer(shown, _x("index:Q"))] if len(shown) else []),
        heading(
            _marked(),
            "datum.count",
            "datum.waiting",
            above=38 if len(shown) else 16,
            middle=_PLOT // 2,
            more=f"' · ' + {bytes_expr('datum.bytes')}",
        ),
    ]


def _overview(ledger: Ledger) -> pd.DataFrame:
    levels = [size_columns(ledger, columns=columns).assign(level=level) for level, columns in enumerate(_LEVELS)]
    return pd.concat(levels, ignore_index=True)


def _few(ledger: Ledger) -> int:
    return _DOTS if len(ledger) <= _DOTS else _LEVELS[0]


def _rows(ledger: Ledger) -> pd.DataFrame:
    return size_columns(ledger, columns=_few(ledger)).assign(level=0)


def _detail(ledger: Ledger) -> Grid:
    return size_grid(ledger, columns=_few(ledger), fewest=_DOTS)


def _marked() -> alt.Chart:
    """Return all columns, with ``drawn`` telling those to draw: of the finest level that does not crowd."""
    return (
        marked()
        .transform_joinaggregate(crowd="sum(drawn)", groupby=["level"])
        .transform_calculate(fit=f"datum.drawn && (datum.level == 0 || datum.crowd <= {_DOTS}) ? datum.level : -1")
        .transform_joinaggregate(finest="max(fit)")
        .transform_calculate(
            drawn="datum.fit >= 0 && datum.fit == datum.finest",
            middle="(datum.first + datum.last) / 2",
            extent="datum.count + datum.waiting",
        )
    )


def _drawn() -> alt.Chart:
    return _marked().transform_filter("datum.drawn")


def _x(field: str) -> alt.X:
    edges = [alt.ExprRef("lo - 0.5"), alt.ExprRef("hi + 0.5")]
    return alt.X(field, scale=alt.Scale(domain=edges, nice=False, zero=False), axis=None)


def _decades(ledger: Ledger) -> range:
    """Return the powers of ten around all files above 0 bytes: fixed for all ranges, so that the axis stands still."""
    sizes = ledger.size[ledger.uploaded & (ledger.size > 0)]
    low, high = (sizes.min(), sizes.max()) if len(sizes) else (1_000, 100_000)
    return range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 2)


def _y(field: str, decades: range) -> alt.Y:
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
    return alt.Y(field, scale=alt.Scale(type="log", domain=ends, range=[_PLOT, 0]), axis=axis)


def _axis(*, drop: int) -> alt.Chart:
    """Keep the index axis, whatever the range holds; the strips stand between it and the plot."""
    axis = alt.Axis(
        orient="bottom",
        offset=drop,
        title="Changeset index",
        grid=False,
        labelExpr=WHOLE,
        tickCount=alt.ExprRef("max(2, width / 90)"),
        tickOpacity={"condition": {"test": "datum.value % 1", "value": 0}, "value": 1},
        labelFlush=True,
        labelOverlap="greedy",
        labelSeparation=16,
    )
    somewhere = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(index="lo")
    layer: alt.Chart = somewhere.mark_rule(opacity=0).encode(x=_x("index:Q").axis(axis), y=alt.value(_PLOT))
    return layer


def _columns(*, single: bool) -> alt.Chart:
    """Return the columns inside the range, if each is a single changeset, or if not."""
    return (
        _drawn()
        .transform_joinaggregate(widest="max(extent)")
        .transform_filter(f"datum.widest {'==' if single else '>'} 1")
        .transform_filter("isValid(datum.max)")
    )


def _band(decades: range) -> list[alt.Chart]:
    """Draw the span and the median of each column, edge to edge, and the largest files as dots on top."""
    columns = _columns(single=False)
    corners = columns.transform_calculate(edge="[datum.first - 0.5, datum.last + 0.5]").transform_flatten(["edge"])
    ranked = columns.transform_window(rank="row_number()", sort=[alt.SortField("max", order="descending")])
    sides = columns.transform_calculate(left="datum.first - 0.5", right="datum.last + 0.5")
    return [
        corners.mark_area(style="band").encode(x=_x("edge:Q"), y=_y("max:Q", decades), y2="min:Q"),
        corners.mark_line(style="middle").encode(x=_x("edge:Q"), y=_y("median:Q", decades)),
        _told(sides.mark_rect(opacity=0), x=_x("left:Q"), x2="right:Q", y=_y("max:Q", decades), y2="min:Q"),
        _told(
            ranked.transform_filter(f"datum.rank <= {_TOP}").mark_point(style="peak", filled=True, size=30),
            x=_x("middle:Q"),
            y=_y("max:Q", decades),
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


def _dots(decades: range) -> alt.Chart:
    layer: alt.Chart = (
        _columns(single=True)
        .transform_calculate(pushed=clock_text("datum.time"), size=bytes_expr("datum.sum"))
        .mark_point(style="dot", filled=True, size=28)
        .encode(
            x=_x("first:Q"),
            y=_y("max:Q", decades),
            tooltip=[
                alt.Tooltip("first:Q", title="changeset", format=","),
                alt.Tooltip("size:N"),
                alt.Tooltip("pushed:N", title="pushed (UTC)"),
                alt.Tooltip("kinds:N"),
            ],
        )
    )
    return layer


def _strips(ledger: Ledger) -> list[alt.LayerChart]:
    """Give files of 0 bytes, which no log scale holds, and changesets without a file a strip each, if there are any."""
    zeros = bool((ledger.size[ledger.uploaded] == 0).any())
    kinds = [("zeros", "0 B", "tick", zeros), ("waiting", "waiting", "point", not ledger.uploaded.all())]
    there = [(field, label, mark) for field, label, mark, drawn in kinds if drawn]
    return [_strip(*kind, y=_PLOT + _GAP + int((row + 0.5) * _STRIP)) for row, kind in enumerate(there)]


def _strip(field: str, label: str, mark: str, *, y: int) -> alt.LayerChart:
    marks = _drawn().transform_filter(f"datum.{field} > 0")
    drawn = (
        marks.mark_tick(style="zero", orient="vertical", size=9)
        if mark == "tick"
        else marks.mark_point(style="waiting", filled=True, size=28)
    )
    tooltip = [alt.Tooltip("first:Q", title="from changeset", format=","), alt.Tooltip(f"{field}:Q", format=",")]
    strip: alt.LayerChart = drawn.encode(x=_x("middle:Q"), y=alt.value(y), tooltip=tooltip) + caption(
        label, y, x=-8, align="right"
    )
    return strip


FILE_SIZES = Subject(
    title="File size of each changeset",
    subtitle="Log scale · band: smallest to largest · line: median · rings: the largest",
    height=_PLOT,
    place="index",
    layers=_layers,
    overview=_overview,
    rows=_rows,
    kind="sizes",
    grid=lambda ledger, columns: size_grid(ledger, columns=columns, fewest=256),
    detail=_detail,
    brought=_marked,
)
