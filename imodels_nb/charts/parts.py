"""What both charts share: the choice of cells, the line that says what is drawn, and captions."""

from typing import Literal, TypedDict

import altair as alt

from imodels_nb.charts.words import count_expr, span_expr

NOTHING = "No changesets in this range"
TOO_NARROW = "No whole step of this chart lies in so narrow a range"


class Limits(TypedDict):
    """How much a chart draws at most; see ``Limits`` in ``engine/js/types.d.ts``."""

    max_bins: int
    min_bins: int
    max_ticks: int
    max_columns: int
    max_dots: int


class Sentences(TypedDict):
    """What a chart of no rows says; see ``Sentences`` in ``engine/js/types.d.ts``."""

    empty: str
    too_narrow: str


LIMITS: Limits = {
    "max_bins": 200,  # time bins of a range
    "min_bins": 24,  # where changesets are few, so that the bar of a single bin is still a bar
    "max_ticks": 300,  # changesets that have a tick each
    "max_columns": 256,  # columns of file sizes, where they are joined from those of a grid
    "max_dots": 500,  # changesets that have a dot each; more would hide each other
}
SENTENCES: Sentences = {"empty": NOTHING, "too_narrow": TOO_NARROW}


def marked() -> alt.Chart:
    """Return a chart of all cells, with ``drawn`` telling those that lie wholly inside the chosen range."""
    return alt.Chart().transform_calculate(drawn="datum.first >= lo && datum.last <= hi")


def heading(
    cells: alt.Chart, uploaded: str, waiting: str, *, above: int, middle: int, more: str = "''"
) -> alt.LayerChart:
    """Say which changesets are drawn, and how many, if the parameter ``told`` asks for it.

    Parameters
    ----------
    cells
        All rows, with ``drawn`` telling those that are drawn; an aggregate of no rows would say nothing at all.
    uploaded, waiting
        Expressions of how many changesets of either state a row counts.
    above
        Pixels between the line and the plot.
    middle
        Pixels from the top of the plot to where it says that there is nothing to draw.
    more
        Expression of text to add; it may read ``datum.bytes``, the sum of the field ``sum`` if there is one.
    """
    words = (
        f"(datum.start == datum.stop ? 'Changeset ' : 'Changesets ') + {span_expr('datum.start', 'datum.stop')}"
        f" + ' · ' + {count_expr('datum.uploaded')} + ' uploaded' + {more}"
        f" + (datum.waiting ? ' · ' + {count_expr('datum.waiting')} + ' waiting for file' : '')"
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
        .transform_calculate(there="datum.uploaded + datum.waiting > 0")
        .transform_calculate(words=f"datum.there && told ? {words} : ''", nothing="datum.there ? '' : nothing")
    )
    line = summary.mark_text(style="strong", align="left").encode(
        x=alt.value(0), y=alt.value(alt.expr(f"told ? {-above} : 0")), text=alt.Text("words:N")
    )
    panel = summary.mark_text(style="panel").encode(
        x=alt.value(alt.expr("width / 2")), y=alt.value(middle), text=alt.Text("nothing:N")
    )
    both: alt.LayerChart = line + panel
    return both


def caption(text: str, y: int, *, x: int = 0, align: Literal["left", "right"] = "left") -> alt.Chart:
    """Write a caption at a place in pixels from the top left of the plot."""
    mark = alt.Chart(alt.InlineData(values=[{}])).mark_text(style="caption", align=align, text=text)
    layer: alt.Chart = mark.encode(x=alt.value(x), y=alt.value(y))
    return layer
