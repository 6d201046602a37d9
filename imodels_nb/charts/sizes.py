"""File sizes by index: each changeset a dot while there are few, else smallest, median and largest of a column."""

from functools import partial
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts.faces import Subject, standalone
from imodels_nb.charts.milestones import milestone_layer, milestones
from imodels_nb.charts.parts import heading
from imodels_nb.charts.size_columns import detail, grid, marked_columns, overview, rows
from imodels_nb.charts.size_marks import band, dots
from imodels_nb.charts.size_scales import PLOT, decades_of, index_axis, placed
from imodels_nb.charts.size_strips import GAP, STRIP, strips
from imodels_nb.charts.storage import HEIGHT, storage_layers
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.words import bytes_expr


def file_sizes(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    cumulative: bool = False,
    time_zone: str = "UTC",
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
    time_zone
        The IANA name of the time zone of the times that show on hover.
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
        If a frame lacks a column that is needed or one holds what makes no sense; the message names it. If there
        is no such time zone.
    """
    subject = file_sizes_subject(cumulative=cumulative, time_zone=time_zone)
    ledger = ChangesetColumns.from_frame(changesets, time_zone)
    return standalone(subject, ledger, milestones(ledger, named_versions), theme=theme)


def file_sizes_subject(*, cumulative: bool = False, time_zone: str = "UTC") -> Subject:
    """Return what the chart is about: with storage below or without, and the time zone that its ledger has."""
    if not isinstance(cumulative, bool):
        raise TypeError(f"cumulative must be True or False, not {type(cumulative).__name__}.")
    return Subject(
        title="File size of each changeset",
        subtitle="Log scale · band: smallest to largest · line: median · rings: the largest",
        height=PLOT,
        place="index",
        layers=partial(_layers, cumulative=cumulative, time_zone=time_zone),
        overview=overview,
        rows=rows,
        kind="sizes",
        grid=grid,
        detail=detail,
        brought=marked_columns,
    )


def _layers(
    ledger: ChangesetColumns, shown: pd.DataFrame, *, cumulative: bool, time_zone: str
) -> list[alt.Chart | alt.LayerChart]:
    below, decades = strips(ledger), decades_of(ledger)
    drop = GAP * bool(below) + STRIP * len(below)
    storage, *words = storage_layers(PLOT + drop) if cumulative else [None]
    sizes = alt.layer(*band(decades), dots(decades, time_zone))
    return [
        index_axis(drop=drop + HEIGHT * cumulative),
        alt.layer(sizes, storage).resolve_scale(y="independent") if storage else sizes,
        *below,
        *words,
        *([milestone_layer(shown, placed("index:Q"), time_zone)] if len(shown) else []),
        heading(
            marked_columns(),
            "datum.count",
            "datum.waiting",
            above=38 if len(shown) else 16,
            middle=PLOT // 2,
            more=f"' · ' + {bytes_expr('datum.bytes')}",
        ),
    ]
