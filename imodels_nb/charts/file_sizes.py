"""Chart of file sizes by changeset index.

Each changeset is a dot while there are few; else a column shows the smallest, median and largest size.
"""

import math
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import (
    ChangesetColumns,
    IndexRange,
    SizeGrid,
    build_size_detail,
    build_size_grid,
    summarize_size_columns,
)
from imodels_nb.charts.layers import LIMITS, Layer, draw_caption, draw_summary, select_cells
from imodels_nb.charts.named_versions import draw_named_versions, named_version_marks
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.spec import ChartDefinition, build_standalone_chart
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.vega_expressions import (
    INTEGER_LABELS,
    build_bytes_expression,
    build_clock_expression,
    build_range_expression,
)

_SIZE_HEIGHT = 260  # pixels of the log scale
_LANE_GAP = 8  # pixels above the first lane
_LANE_HEIGHT = 18
_STORAGE_HEIGHT = 100  # pixels, with the caption
_STORAGE_CAPTION = 30
_BELOW = 0.95  # of the smallest size: its mark is not on the edge of the plot
_MAX_LABELED_DECADES = 3  # more have a tick at powers of ten only
_LEVELS = (250, 2_000)  # columns of all changesets: the finer ones are drawn where at most 500 are in the range
_MAX_PEAKS = 20


def file_sizes(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    cumulative: bool = False,
    time_zone: str = "UTC",
    theme: Theme = "light",
) -> OfflineChart:
    """Draw how large changesets are, as a chart whose range slides without a kernel.

    The changeset index runs along x, file size along y on a log scale; files of 0 bytes have a lane of their own. The
    chart holds two grids of at most 250 and 2,000 columns, so its size does not grow with the number of changesets. It
    draws the whole columns in the range exactly, those of the finer grid where at most 500 are in the range, and its
    first line names the changesets.

    Parameters
    ----------
    changesets
        The changesets frame. Only uploaded changesets count; those that wait for their file are marked apart.
    named_versions
        The named versions frame, drawn as labeled rules. Hidden versions are left out, and those of a changeset that is
        not in the changesets frame: the baseline (index 0), too.
    cumulative
        Whether to draw the cumulative size of the range below.
    time_zone
        IANA name of the time zone of tooltips.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        An Altair chart, for example to ``.save("sizes.html")``. The page holds the engine and a grid of at most 16,384
        columns, and needs no internet. Without changesets, it shows the text "No changesets in this range" in place of
        marks.

    Raises
    ------
    TypeError
        If an argument is not a DataFrame, or `cumulative` is not a bool.
    ValueError
        If a frame lacks a column or holds invalid values, which the message names; if `time_zone` or `theme` is
        invalid.
    """
    definition = FileSizesDefinition(cumulative=cumulative, time_zone=time_zone)
    data = ChangesetColumns.from_frame(changesets, time_zone)
    return build_standalone_chart(definition, data, named_version_marks(data, named_versions), theme=theme)


@dataclass(frozen=True)
class FileSizesDefinition(ChartDefinition):
    """Definition of the chart of file sizes.

    Parameters
    ----------
    cumulative
        Whether to draw the cumulative size of the range below.
    time_zone
        Time zone of the changesets, for tooltips.

    Raises
    ------
    TypeError
        If `cumulative` is not a bool.
    """

    cumulative: bool = False
    time_zone: str = "UTC"

    title = "File size of each changeset"
    subtitle = "Log scale · band: smallest to largest · line: median · rings: the largest"
    height = _SIZE_HEIGHT
    x_field = "index"

    def __post_init__(self) -> None:
        if not isinstance(self.cumulative, bool):
            raise TypeError(f"cumulative should be True or False, not {type(self.cumulative).__name__}.")

    def build_layers(self, data: ChangesetColumns, versions: pd.DataFrame) -> list[Layer]:
        """Build the layers of the chart, the axis first."""
        decades = _compute_decades(data)
        lanes = _draw_lanes(data)
        drop = _LANE_GAP * bool(lanes) + _LANE_HEIGHT * len(lanes)
        sizes: Any = alt.layer(*_draw_band(decades), _draw_dots(decades, self.time_zone))
        storage = _draw_storage(_SIZE_HEIGHT + drop) if self.cumulative else []
        return [
            _draw_index_axis(drop=drop + _STORAGE_HEIGHT * self.cumulative),
            alt.layer(sizes, storage[0]).resolve_scale(y="independent") if storage else sizes,
            *lanes,
            *storage[1:],
            *([draw_named_versions(versions, _build_index_x("index:Q"), self.time_zone)] if len(versions) else []),
            draw_summary(
                _rank_columns(),
                "datum.count",
                "datum.waiting",
                above=38 if len(versions) else 16,
                middle=_SIZE_HEIGHT // 2,
                more=f"' · ' + {build_bytes_expression('datum.bytes')}",
                remark="datum.uploaded && !datum.bytes ? 'All files of this range have 0 bytes' : ''",
            ),
        ]

    def list_all_rows(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the columns of all changesets, at each level."""
        tables = (summarize_size_columns(data, max_columns=columns) for columns in _LEVELS)
        return pd.concat([table.assign(level=level) for level, table in enumerate(tables)], ignore_index=True)

    def list_rows(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the columns of one range alone."""
        max_dots = LIMITS["max_dots"]
        columns = max_dots if len(data) <= max_dots else _LEVELS[0]
        return summarize_size_columns(data, max_columns=columns).assign(level=0)

    def build_grid(self, data: ChangesetColumns, max_columns: int) -> SizeGrid:
        """Build the grid from which the browser draws any range."""
        return build_size_grid(data, max_columns=max_columns, max_median_columns=LIMITS["max_columns"])

    def build_detail(self, data: ChangesetColumns, grid: SizeGrid, index_range: IndexRange) -> SizeGrid:
        """Build the grid of one range: each changeset by itself while there are few."""
        part = data.select_range(index_range)
        max_dots = LIMITS["max_dots"]
        if len(part) <= max_dots:
            return build_size_grid(part, max_columns=max_dots, max_median_columns=max_dots)
        return build_size_detail(data, grid, index_range, max_columns=LIMITS["max_columns"])

    def build_precomputed(self) -> alt.Chart:
        """Build the chart with the transforms that the engine has computed already."""
        return _rank_columns()


def _rank_columns() -> alt.Chart:
    """Build a chart of all columns; ``drawn`` is true for those to draw.

    They are the columns in the range of the finest level that is not crowded.
    """
    fits = f"datum.level == 0 || datum.crowd <= {LIMITS['max_dots']}"
    return (
        select_cells()
        .transform_joinaggregate(crowd="sum(drawn)", groupby=["level"])
        .transform_calculate(fit=f"datum.drawn && ({fits}) ? datum.level : -1")
        .transform_joinaggregate(finest="max(fit)")
        .transform_calculate(
            drawn="datum.fit >= 0 && datum.fit == datum.finest",
            middle="(datum.first + datum.last) / 2",
            extent="datum.count + datum.waiting",
        )
    )


def _select_drawn() -> alt.Chart:
    """Build a chart of the columns to draw."""
    return _rank_columns().transform_filter("datum.drawn")


def _build_index_x(field: str) -> alt.X:
    """Build the x encoding of a changeset index, without its axis."""
    edges = [alt.ExprRef("lo - 0.5"), alt.ExprRef("hi + 0.5")]
    return alt.X(field, scale=alt.Scale(domain=edges, nice=False, zero=False), axis=None)


def _compute_decades(data: ChangesetColumns) -> range:
    """Compute the powers of ten around all files above 0 bytes."""
    sizes = data.size[data.uploaded & (data.size > 0)]
    low, high = (sizes.min(), sizes.max()) if len(sizes) else (1_000, 100_000)
    return range(math.floor(math.log10(low * _BELOW)), math.floor(math.log10(high)) + 2)


def _build_size_y(field: str, decades: range) -> alt.Y:
    """Build the y encoding of a size between two powers of ten."""
    steps = (1, 2, 5) if len(decades) <= _MAX_LABELED_DECADES else (1,)
    ends = [10.0 ** decades[0], 10.0 ** decades[-1]]
    ticks = [step * 10.0**power for power in decades for step in steps if step * 10.0**power <= ends[1]]
    axis = alt.Axis(
        orient="left",
        title=None,
        values=ticks,
        labelExpr=build_bytes_expression("datum.value"),
        minExtent=60,
        domain=False,
        ticks=False,
    )
    return alt.Y(field, scale=alt.Scale(type="log", domain=ends, range=[_SIZE_HEIGHT, 0]), axis=axis)


def _draw_index_axis(*, drop: int) -> alt.Chart:
    """Draw the index axis, whatever the range holds, below the lanes."""
    axis = alt.Axis(
        orient="bottom",
        offset=drop,
        title="Changeset index",
        grid=False,
        labelExpr=INTEGER_LABELS,
        tickCount=alt.ExprRef("max(2, width / 110)"),
        tickOpacity={"condition": {"test": "datum.value % 1", "value": 0}, "value": 1},
        labelFlush=True,
        labelOverlap="greedy",
        labelSeparation=16,
    )
    somewhere = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(index="lo")
    layer: alt.Chart = somewhere.mark_rule(opacity=0).encode(
        x=_build_index_x("index:Q").axis(axis), y=alt.value(_SIZE_HEIGHT)
    )
    return layer


def _select_columns(*, single: bool) -> alt.Chart:
    """Build a chart of the columns, if each is a single changeset, or if not."""
    return (
        _select_drawn()
        .transform_joinaggregate(widest="max(extent)")
        .transform_filter(f"datum.widest {'==' if single else '>'} 1")
        .transform_filter("isValid(datum.max)")
    )


def _draw_band(decades: range) -> list[alt.Chart]:
    """Draw the span and the median of each column, and rings around the largest files."""
    columns = _select_columns(single=False)
    corners = columns.transform_calculate(edge="[datum.first - 0.5, datum.last + 0.5]").transform_flatten(["edge"])
    ranked = columns.transform_window(rank="row_number()", sort=[alt.SortField("max", order="descending")])
    sides = columns.transform_calculate(left="datum.first - 0.5", right="datum.last + 0.5")
    y = _build_size_y("max:Q", decades)
    return [
        corners.mark_area(style="band").encode(x=_build_index_x("edge:Q"), y=y, y2="min:Q"),
        corners.mark_line(style="middle").encode(x=_build_index_x("edge:Q"), y=_build_size_y("median:Q", decades)),
        _with_tooltip(
            sides.mark_rect(opacity=0),
            x=_build_index_x("left:Q"),
            x2="right:Q",
            y=_build_size_y("max:Q", decades),
            y2="min:Q",
        ),
        _with_tooltip(
            ranked.transform_filter(f"datum.rank <= {_MAX_PEAKS}").mark_point(style="peak", filled=True, size=30),
            x=_build_index_x("middle:Q"),
            y=_build_size_y("max:Q", decades),
        ),
    ]


def _with_tooltip(chart: alt.Chart, **places: Any) -> alt.Chart:
    """Add the summary of a column as a tooltip."""
    sizes = {name: build_bytes_expression(f"datum.{name}") for name in ("max", "median", "min", "sum")}
    texts = {f"{name}_text": text for name, text in sizes.items()}
    layer: alt.Chart = chart.transform_calculate(
        changesets=build_range_expression("datum.first", "datum.last"), **texts
    ).encode(
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
    return layer


def _draw_dots(decades: range, time_zone: str) -> alt.Chart:
    """Draw a dot for each changeset, where each column is one changeset."""
    layer: alt.Chart = (
        _select_columns(single=True)
        .transform_calculate(pushed=build_clock_expression("datum.time"), size=build_bytes_expression("datum.sum"))
        .mark_point(style="dot", filled=True, size=28)
        .encode(
            x=_build_index_x("first:Q"),
            y=_build_size_y("max:Q", decades),
            tooltip=[
                alt.Tooltip("first:Q", title="changeset", format=","),
                alt.Tooltip("size:N"),
                alt.Tooltip("pushed:N", title=f"pushed ({time_zone})"),
                alt.Tooltip("kinds:N"),
            ],
        )
    )
    return layer


def _draw_lanes(data: ChangesetColumns) -> list[alt.LayerChart]:
    """Draw a lane for files of 0 bytes, and one for changesets without a file."""
    zeros = bool((data.size[data.uploaded] == 0).any())
    kinds = [("zeros", "0 B", "tick", zeros), ("waiting", "waiting", "point", not data.uploaded.all())]
    present = [(field, label, mark) for field, label, mark, is_present in kinds if is_present]
    top = _SIZE_HEIGHT + _LANE_GAP
    return [_draw_lane(*kind, y=top + int((row + 0.5) * _LANE_HEIGHT)) for row, kind in enumerate(present)]


def _draw_lane(field: str, label: str, mark: str, *, y: int) -> alt.LayerChart:
    marks = _select_drawn().transform_filter(f"datum.{field} > 0")
    shown = (
        marks.mark_tick(style="zero", orient="vertical", size=9)
        if mark == "tick"
        else marks.mark_point(style="waiting", filled=True, size=28)
    )
    tooltip = [alt.Tooltip("first:Q", title="from changeset", format=","), alt.Tooltip(f"{field}:Q", format=",")]
    lane: alt.LayerChart = shown.encode(x=_build_index_x("middle:Q"), y=alt.value(y), tooltip=tooltip) + draw_caption(
        label, y, x=-8, align="right"
    )
    return lane


def _draw_storage(top: int) -> list[alt.Chart | alt.LayerChart]:
    """Draw the cumulative size below the pixel `top`.

    Returns
    -------
    list
        Area and line, on a scale of their own, and a caption.
    """
    total = _select_drawn().transform_window(total="sum(sum)", sort=[alt.SortField("first")])
    corners = total.transform_calculate(
        corner="[datum.first - 0.5, datum.last + 0.5]",
        level="[datum.total - datum.sum, datum.total]",
        changesets=build_range_expression("datum.first", "datum.last"),
        added=build_bytes_expression("datum.sum"),
        stored=build_bytes_expression("datum.total"),
    ).transform_flatten(["corner", "level"])
    axis = alt.Axis(
        orient="left",
        title=None,
        tickCount=2,
        minExtent=60,
        labelExpr=build_bytes_expression("datum.value"),
        domain=False,
        ticks=False,
    )
    y = alt.Y(
        "level:Q",
        stack=None,
        scale=alt.Scale(range=[top + _STORAGE_HEIGHT, top + _STORAGE_CAPTION], zero=True),
        axis=axis,
    )
    tooltip = [
        alt.Tooltip("changesets:N"),
        alt.Tooltip("added:N", title="add"),
        alt.Tooltip("stored:N", title="stored so far"),
    ]
    area = corners.mark_area(style="wash", interpolate="step").encode(
        x=_build_index_x("corner:Q"), y=y, tooltip=tooltip
    )
    line = corners.mark_line(style="line", interpolate="step").encode(x=_build_index_x("corner:Q"), y=y)
    return [area + line, draw_caption("Stored so far in this range", top + _STORAGE_CAPTION - 12)]
