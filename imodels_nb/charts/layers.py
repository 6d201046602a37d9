"""Layers and limits that all charts share."""

from functools import cache
from typing import Any, Literal, TypedDict

import altair as alt

from imodels_nb.aggregate import NOT_UPLOADED
from imodels_nb.charts.vega_expressions import build_count_expression, build_range_expression


class LayerGroup(alt.LayerSpec):
    """A group of layers, which Altair copies only with the whole chart.

    Altair copies the layers of a nested ``alt.LayerChart`` several times each time that it is built, changed or copied.
    """

    _class_is_valid_at_instantiation = False  # charts inside a specification have no schema yet


Layer = alt.Chart | LayerGroup

TEXT_LIMIT = alt.ExprRef("width")
"""Largest width of a text: Vega makes a plot narrower for one that is wider, again at each change of the range."""


class Limits(TypedDict):
    """Maximum numbers of marks of a chart; ``Limits`` in ``engine/js/types.d.ts``."""

    max_bins: int
    min_bins: int
    min_step: int
    bins_per_push: int
    single_bin_minutes: int
    max_ticks: int
    max_cells: int
    max_dots: int
    max_versions: int


LIMITS: Limits = {
    "max_bins": 200,  # time bins of a range
    "min_bins": 24,  # where changesets are few, so that the bar of a single bin is still a bar
    "min_step": 1,  # minutes: the narrowest time bin
    "bins_per_push": 4,  # at most: a few pushes in many bins would be hairlines
    "single_bin_minutes": 60,  # width of the only bin of a range: the axis then spans a day
    "max_ticks": 300,  # changesets that have a tick each
    "max_cells": 256,  # cells of file sizes, where they are joined from those of a grid
    "max_dots": 500,  # changesets that have a dot each; more would hide each other
    "max_versions": 40,  # named versions of a range that have a rule; more would be a raster
}


@cache
def select_cells() -> alt.Chart:
    """Build a chart of all cells; ``drawn`` is true for those wholly in the range."""
    return alt.Chart().transform_calculate(drawn="datum.first >= lo && datum.last <= hi")


def group_layers(*layers: Layer, has_own_y: bool = False, **options: Any) -> LayerGroup:
    """Build a group of layers.

    Parameters
    ----------
    *layers
        The layers, the lowest first.
    has_own_y
        Whether each layer has a y scale of its own.
    **options
        Other properties, such as ``params``.
    """
    if has_own_y:
        options["resolve"] = alt.Resolve(scale=alt.ScaleResolveMap(y="independent"))
    return LayerGroup(layer=list(layers), **options)


def list_transforms(chart: alt.Chart) -> list[dict[str, Any]]:
    """Return the transforms of a chart in a specification, without filters."""
    transforms: list[dict[str, Any]] = [transform.to_dict() for transform in chart.transform]
    return [transform for transform in transforms if "filter" not in transform]


def draw_summary(
    cells: alt.Chart, uploaded: str, waiting: str, *, above: int, middle: int, more: str = "''", remark: str = "''"
) -> LayerGroup:
    """Draw the line that says which changesets are drawn, and how many.

    Parameters
    ----------
    cells
        All rows, with ``drawn``; an aggregate of no rows would show nothing at all.
    uploaded, waiting
        Expressions of the number of changesets of either state in a row.
    above
        Pixels between the line and the plot.
    middle
        Pixels from the top of the plot to the sentence of a chart without rows.
    more
        Expression of text to add; it may read ``datum.bytes``, the sum of the field ``sum`` if there is one.
    remark
        Expression of a sentence for the middle of the plot where there are rows.
    """
    indexes = build_range_expression("datum.start", "datum.stop")
    words = (
        f"(datum.start == datum.stop ? 'Changeset ' : 'Changesets ') + {indexes}"
        f" + ' · ' + {build_count_expression('datum.uploaded')} + ' uploaded' + {more}"
        f" + (datum.waiting ? ' · ' + {build_count_expression('datum.waiting')} + ' {NOT_UPLOADED}' : '')"
    )
    summary = (
        cells.transform_calculate(
            is_uploaded=f"datum.drawn ? {uploaded} : 0",
            is_waiting=f"datum.drawn ? {waiting} : 0",
            bytes="datum.drawn ? datum.sum : 0",
            start="datum.drawn ? datum.first : null",
            stop="datum.drawn ? datum.last : null",
        )
        .transform_aggregate(
            start="min(start)",
            stop="max(stop)",
            uploaded="sum(is_uploaded)",
            waiting="sum(is_waiting)",
            bytes="sum(bytes)",
        )
        .transform_calculate(has_rows="datum.uploaded + datum.waiting > 0")
        .transform_calculate(
            words=f"datum.has_rows ? {words} : ''",
            middle_text=f"datum.has_rows ? {remark} : empty_text",
        )
    )
    return draw_words(summary, above=above, middle=middle)


def draw_words(summary: alt.Chart, *, above: int, middle: int) -> LayerGroup:
    """Draw the words of a summary above the plot, and its other text in the middle.

    Parameters
    ----------
    summary
        One row with ``words`` and ``middle_text``; either may be empty.
    above
        Pixels between the words and the plot.
    middle
        Pixels from the top of the plot to ``middle_text``.
    """
    line = summary.mark_text(style="strong", align="left", limit=TEXT_LIMIT).encode(
        x=alt.XValue(0), y=alt.YValue(-above), text=alt.Text("words:N")
    )
    panel = summary.mark_text(style="panel").encode(
        x=alt.XValue(alt.expr("width / 2")), y=alt.YValue(middle), text=alt.Text("middle_text:N")
    )
    return group_layers(line, panel)


def draw_caption(text: str, y: int, *, x: int = 0, align: Literal["left", "right"] = "left") -> alt.Chart:
    """Draw a caption at a position in pixels from the top left of the plot."""
    mark = alt.Chart(alt.InlineData(values=[{}])).mark_text(style="caption", align=align, text=text, limit=TEXT_LIMIT)
    layer: alt.Chart = mark.encode(x=alt.XValue(x), y=alt.YValue(y))
    return layer


def build_empty_axis(width: int) -> alt.Axis:
    """Build an axis that only keeps room at the right, in pixels."""
    return alt.Axis(
        orient="right",
        title=None,
        labels=False,
        grid=False,
        domain=False,
        ticks=False,
        minExtent=width,
        maxExtent=width,
    )
