"""Columns of file sizes: which there are of all changesets, and which of them a range draws."""

import altair as alt
import pandas as pd

from imodels_nb.aggregate import (
    ChangesetColumns,
    IndexRange,
    SizeGrid,
    build_size_grid,
    sizes_in_range,
    summarize_size_columns,
)
from imodels_nb.charts.parts import LIMITS, marked

_DOTS = LIMITS["max_dots"]
_LEVELS = (250, 2_000)  # columns of the whole index: the finer ones are drawn where no more than `_DOTS` are in range
_JOINED = LIMITS["max_columns"]


def overview(ledger: ChangesetColumns) -> pd.DataFrame:
    """Return the columns of the whole index, at each level."""
    levels = [
        summarize_size_columns(ledger, max_columns=columns).assign(level=level) for level, columns in enumerate(_LEVELS)
    ]
    return pd.concat(levels, ignore_index=True)


def rows(ledger: ChangesetColumns) -> pd.DataFrame:
    """Return the columns of one range, to draw without a grid."""
    return summarize_size_columns(ledger, max_columns=_DOTS if len(ledger) <= _DOTS else _LEVELS[0]).assign(level=0)


def grid(ledger: ChangesetColumns, columns: int) -> SizeGrid:
    """Return the grid of all changesets, of so many columns at most."""
    return build_size_grid(ledger, max_columns=columns, max_median_columns=_JOINED)


def detail(ledger: ChangesetColumns, grid: SizeGrid, index_range: IndexRange) -> SizeGrid:
    """Return the grid of one range: each changeset by itself while there are few."""
    window = ledger.select_range(index_range)
    if len(window) <= _DOTS:
        return build_size_grid(window, max_columns=_DOTS, max_median_columns=_DOTS)
    return sizes_in_range(ledger, grid, index_range, max_columns=_JOINED)


def marked_columns() -> alt.Chart:
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


def drawn() -> alt.Chart:
    """Return the columns to draw alone."""
    return marked_columns().transform_filter("datum.drawn")
