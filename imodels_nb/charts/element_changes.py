"""Chart of changes to elements over time, and of how many elements there are."""

import json
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import (
    ELEMENT_CODE,
    ChangesetColumns,
    ElementCounts,
    Grid,
    IndexRange,
    PushGrid,
    build_change_grid,
    list_grid_rows,
)
from imodels_nb.charts.layers import (
    LIMITS,
    Layer,
    LayerGroup,
    draw_caption,
    draw_words,
    group_layers,
    list_transforms,
    select_cells,
)
from imodels_nb.charts.named_versions import build_version_marks, draw_named_versions
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.push_layers import (
    COLORS,
    OTHER_COLOR,
    TICK_HEIGHT,
    build_bin_starts,
    build_bins,
    build_count_axis,
    build_label_color,
    build_time_x,
    draw_bin_caption,
    draw_changeset_ticks,
    draw_time_axis,
)
from imodels_nb.charts.sentences import SENTENCES
from imodels_nb.charts.spec import ChartDefinition, build_standalone_chart, describe_indexes
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.vega_expressions import (
    build_count_expression,
    build_period_expression,
    build_range_expression,
    replace_undrawable,
)
from imodels_nb.frames import OPERATIONS

_MAX_CELLS = 500  # cells of the specification
_MAX_GRID_BINS = 1_024
_LINE_ENDS = (90, 16)  # pixels from the top of the plot
_BARS_TOP = 124
_BARS_HEIGHT = 200
_PADDING = 6  # pixels between the longest bars and the edges of the plot
_OPERATION = f"(datum.kind - {ELEMENT_CODE}) % {len(OPERATIONS)}"  # position in OPERATIONS
_NO_CHANGES = "No elements changed in this range"


def element_changes(
    changes: pd.DataFrame,
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    by_class: bool = False,
    time_zone: str = "UTC",
    theme: Theme = "light",
) -> OfflineChart:
    """Draw changes to elements over time, with a range that slides without a kernel.

    In each time bin, inserted elements stand above the line and deleted ones below; updated ones stand beside. A line
    at the top shows how many elements there are. An update that only follows other changes does not count.

    Parameters
    ----------
    changes
        Frame of :func:`imodels_nb.read_changes` or :func:`imodels_nb.fetch_changes`, with ``detail="elements"``.
    changesets
        The changesets frame of the same iModel.
    named_versions
        The named versions frame, drawn as labeled rules.
    by_class
        Whether to color the seven classes with most changes, and all others together, in the place of the operations.
    time_zone
        IANA name of the time zone of axis, bins and tooltips.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        As :func:`push_timeline` returns it. Elements of the baseline are not counted: the line starts at 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, or the changes have a changeset that the changesets frame lacks.

    Examples
    --------
    >>> changes, changesets = sample.load_changes(), sample.load_changesets(plant=True)
    >>> element_changes(changes, changesets).to_dict()["title"]["text"]
    'Changes to elements'
    """
    data, definition = define_element_changes(changes, changesets, by_class=by_class, time_zone=time_zone)
    return build_standalone_chart(definition, data, build_version_marks(data, named_versions, changesets), theme=theme)


def define_element_changes(
    changes: pd.DataFrame, changesets: pd.DataFrame, *, by_class: bool = False, time_zone: str = "UTC"
) -> tuple[ChangesetColumns, "ElementChangesDefinition"]:
    """Read changesets and changes, and build the definition of their chart."""
    if not isinstance(by_class, bool):
        raise TypeError(f"by_class should be True or False, not {type(by_class).__name__}.")
    data = ChangesetColumns.from_frame(changesets, time_zone)
    counts = ElementCounts.from_frame(changes, by_class=by_class)
    counts.check_changesets(data)
    return data, ElementChangesDefinition(counts, time_zone)


@dataclass(frozen=True)
class ElementChangesDefinition(ChartDefinition):
    """Definition of the chart of changes to elements.

    Parameters
    ----------
    counts
        The changes of all changesets.
    time_zone
        Time zone of the changesets, for axis and tooltips.
    """

    counts: ElementCounts
    time_zone: str = "UTC"

    title = "Changes to elements"
    subtitle = "Inserted above the line, deleted below, updated beside"
    height = _BARS_TOP + _BARS_HEIGHT
    x_field = "time"
    sentences = SENTENCES | {"summary": "changesets {first} to {last}, {count} changes to elements"}

    def describe(self, index_range: IndexRange, part: ChangesetColumns) -> str:
        """Return the range in words: which changesets, and how many elements changed."""
        first, last = index_range
        if not last:
            return "no changesets"
        counts = self.counts.select_range(first, last).count_by_operation(part.index).sum(axis=0)
        words = " · ".join(f"{count:,} {name}" for name, count in zip(OPERATIONS, counts.tolist(), strict=True))
        return f"{describe_indexes(index_range)} · {words}"

    def build_layers(self, data: ChangesetColumns, versions: pd.DataFrame) -> list[Layer]:  # noqa: ARG002  # as its base class
        """Build the layers of the chart, the axis first."""
        bars = _draw_bars(self.counts.classes, self.time_zone)
        line = _draw_existing(self.time_zone)
        drawn = [group_layers(bars, line, has_own_y=True)] if len(self.counts.index) else []
        return [
            draw_time_axis(self.height, drop=TICK_HEIGHT, time_zone=self.time_zone),
            *drawn,
            draw_changeset_ticks(self.height, self.time_zone),
            *([draw_named_versions(versions, build_time_x("time:T"), self.time_zone)] if len(versions) else []),
            _draw_summary(above=38 if len(versions) else 16, middle=_BARS_TOP + _BARS_HEIGHT // 2),
            draw_caption("Elements by these changes", _LINE_ENDS[1] - 8),
            draw_bin_caption(_BARS_TOP - 10, what="Elements"),
        ]

    def count_cells(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows from which the specification draws any range."""
        return list_grid_rows(build_change_grid(data, self.counts, max_cells=_MAX_CELLS, max_bins=_MAX_CELLS))

    def count_range(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows of one range alone."""
        return list_grid_rows(build_change_grid(data, self.counts, max_cells=1, max_bins=LIMITS["max_bins"]))

    def build_grid(self, data: ChangesetColumns, max_cells: int) -> PushGrid:
        """Build the grid from which the browser draws any range."""
        divisor = len(self.counts.classes)
        cells, bins = max_cells // divisor, _MAX_GRID_BINS // divisor
        return build_change_grid(data, self.counts, max_cells=cells, max_bins=bins)

    def build_range_grid(self, data: ChangesetColumns, grid: Grid, index_range: IndexRange) -> PushGrid:  # noqa: ARG002
        """Build the grid of one range: each changeset by itself while there are few."""
        part = data.select_range(index_range)
        cells = LIMITS["max_ticks"] if len(part) <= LIMITS["max_ticks"] else 1
        return build_change_grid(part, self.counts, max_cells=cells, max_bins=LIMITS["max_bins"])

    def list_precomputed_transforms(self) -> list[dict[str, Any]]:
        """Return the transforms that the engine has computed already."""
        return list_transforms(build_bin_starts())


def _build_operation_counts(groups: list[str]) -> alt.Chart:
    """Build the number of elements of each bin and operation."""
    return (
        build_bins()
        .transform_calculate(
            operation=f"{list(OPERATIONS)}[{_OPERATION}]",
            class_position=f"floor((datum.kind - {ELEMENT_CODE}) / {len(OPERATIONS)})",
        )
        .transform_aggregate(elements="sum(count)", groupby=["begin", "end", *groups])
    )


def _draw_bars(classes: tuple[str, ...], time_zone: str) -> LayerGroup:
    """Draw inserted and deleted elements as one bar, and updated ones beside it."""
    by_class = len(classes) > 1
    palette = [*COLORS.values(), OTHER_COLOR]
    labels = [replace_undrawable(name).replace("<", "\u2039") for name in classes] if by_class else list(OPERATIONS)
    colors = palette[: len(classes)] if by_class else [COLORS["spatial data"], COLORS["definition"], COLORS["schema"]]
    is_side = "datum.operation == 'updated'"
    stacked = (
        _build_operation_counts(["operation", "class_position"])
        .transform_calculate(
            label=f"{json.dumps(labels)}[datum.class_position]" if by_class else "datum.operation",
            signed="datum.operation == 'deleted' ? -datum.elements : datum.elements",
            left=f"{is_side} ? (datum.begin + datum.end) / 2 : datum.begin",
            right=f"{is_side} ? datum.end : (datum.begin + datum.end) / 2",
            period=build_period_expression("datum.begin", "datum.end"),
        )
        .transform_stack(
            ["low", "high"],
            "signed",
            groupby=["begin", "left"],
            sort=[alt.SortField("class_position", order="ascending")],
        )
    )
    bars = stacked.mark_rect(x2Offset=-0.5).encode(
        x=build_time_x("left:T"),
        x2=alt.X2("right:T"),
        y=_build_signed_y("low:Q"),
        y2=alt.Y2("high:Q"),
        color=build_label_color(labels, colors),
        tooltip=[
            alt.Tooltip("period:N", title=time_zone),
            *([alt.Tooltip("label:N", title="class")] if by_class else []),
            alt.Tooltip("operation:N"),
            alt.Tooltip("elements:Q", format=","),
        ],
    )
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(style="zero").encode(y=alt.Y("zero:Q"))
    return group_layers(bars, zero)


def _build_signed_y(field: str) -> alt.Y:
    """Build the y encoding of a number that is drawn above or below the line."""
    axis = build_count_axis(5)
    axis["labelExpr"] = "datum.value % 1 ? '' : format(abs(datum.value), ',')"
    scale = alt.Scale(range=[_BARS_TOP + _BARS_HEIGHT, _BARS_TOP], padding=_PADDING)
    return alt.Y(field, scale=scale, axis=axis)


def _draw_existing(time_zone: str) -> LayerGroup:
    """Draw how many elements there are after each bin."""
    totals = (
        _build_net_changes()
        .transform_aggregate(net="sum(net)", base="min(base)", groupby=["begin", "end"])
        .transform_window(change="sum(net)", sort=[alt.SortField("begin")])
        .transform_calculate(
            total="datum.base + datum.change", period=build_period_expression("datum.begin", "datum.end")
        )
    )
    corners = totals.transform_calculate(
        corner="[datum.begin, datum.end]", level="[datum.total - datum.net, datum.total]"
    ).transform_flatten(["corner", "level"])
    y = alt.Y(
        "level:Q", stack=None, scale=alt.Scale(range=list(_LINE_ENDS), zero=True, padding=2), axis=build_count_axis(2)
    )
    area = corners.mark_area(style="wash", interpolate="step").encode(x=build_time_x("corner:T"), y=y)
    line = corners.mark_line(style="line", interpolate="step").encode(x=build_time_x("corner:T"), y=y)
    tooltip = [
        alt.Tooltip("period:N", title=time_zone),
        alt.Tooltip("net:Q", title="net change", format="+,"),
        alt.Tooltip("total:Q", title="elements", format=","),
    ]
    hover = totals.mark_rect(opacity=0).encode(
        x=build_time_x("begin:T"),
        x2=alt.X2("end:T"),
        y=alt.YValue(_LINE_ENDS[0]),
        y2=alt.Y2Value(_LINE_ENDS[1]),
        tooltip=tooltip,
    )
    return group_layers(area, line, hover)


def _build_net_changes() -> alt.Chart:
    """Build the net change of each row, and the number of elements before the range."""
    inserted, deleted = (list(OPERATIONS).index(name) for name in ("inserted", "deleted"))
    sign = f"{_OPERATION} == {inserted} ? 1 : {_OPERATION} == {deleted} ? -1 : 0"
    return (
        build_bins()
        .transform_window(base="first_value(existing)", sort=[alt.SortField("first")], frame=[None, None])
        .transform_calculate(net=f"datum.count * ({sign})")
    )


def _draw_summary(*, above: int, middle: int) -> LayerGroup:
    """Draw the line that says what changed in the range, or that nothing did."""
    is_counted = "datum.drawn && !datum.alone"
    sums = {name: f"{is_counted} && {_OPERATION} == {code} ? datum.count : 0" for code, name in enumerate(OPERATIONS)}
    where = f"'Changesets ' + {build_range_expression('datum.start', 'datum.stop')}"
    words = " + ' · ' + ".join(f"{build_count_expression(f'datum.{name}')} + ' {name}'" for name in OPERATIONS)
    summary = (
        select_cells()
        .transform_calculate(**sums)
        .transform_calculate(start="datum.drawn ? datum.first : null", stop="datum.drawn ? datum.last : null")
        .transform_aggregate(
            start="min(start)",
            stop="max(stop)",
            inserted="sum(inserted)",
            updated="sum(updated)",
            deleted="sum(deleted)",
        )
        .transform_calculate(has_rows=" + ".join(f"datum.{name}" for name in OPERATIONS) + " > 0")
        .transform_calculate(
            words=f"datum.has_rows ? {where} + ' · ' + {words} : ''",
            middle_text=f"datum.has_rows ? '' : '{_NO_CHANGES}'",
        )
    )
    return draw_words(summary, above=above, middle=middle)
