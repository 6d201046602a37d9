"""Counts of changesets by calendar-aligned time bin and leading kind."""

import numpy as np
import pandas as pd

from imodels_nb.aggregate.cells import split_into_cells
from imodels_nb.aggregate.columns import (
    LABELS,
    NOT_UPLOADED,
    ChangesetColumns,
    IndexRange,
    Ints,
    parse_count,
    read_changeset_columns,
)

STEPS = {
    1: "minute",
    10: "10 minutes",
    60: "hour",
    6 * 60: "6 hours",
    24 * 60: "day",
    7 * 24 * 60: "week",
    28 * 24 * 60: "4 weeks",
    84 * 24 * 60: "12 weeks",
    336 * 24 * 60: "48 weeks",
}
"""Widths of time bins in minutes, and their names. Each divides the next, so narrow bins add up to wide ones."""

MONDAY = 4 * 24 * 60
"""The first Monday of the epoch, in minutes since 1970-01-01T00:00Z: every bin is a whole number of steps from it."""


def choose_bin_step(minutes: Ints, max_bins: int) -> int:
    """Return the narrowest of `STEPS` that needs at most `max_bins` bins."""
    if not len(minutes):
        return min(STEPS)
    ends = np.array([minutes.min(), minutes.max()]) - MONDAY
    return next((step for step in STEPS if np.ptp(ends // step) < max_bins), max(STEPS))


def count_push_cells(data: ChangesetColumns, *, max_cells: int, max_bins: int) -> pd.DataFrame:
    """Compute the number of pushes by cell of the index, time bin and leading kind.

    Parameters
    ----------
    data
        The changesets of a range.
    max_cells
        Largest number of cells, each of equally many changesets.
    max_bins
        Largest number of time bins.

    Returns
    -------
    DataFrame
        ``first``, ``last`` (changeset indexes of the cell), ``minute`` (start of the bin, minutes since
        1970-01-01T00:00Z), ``kind`` (position in `LABELS`) and ``count``, all int64: a row for each combination that
        occurs.
    """
    cell, first, last = split_into_cells(data, max_cells)
    minutes = data.time // 60_000
    step = choose_bin_step(minutes, max_bins)
    keys = pd.DataFrame({"cell": cell, "minute": (minutes - MONDAY) // step * step + MONDAY, "kind": data.code})
    counts = keys.groupby(["cell", "minute", "kind"]).size().rename("count").reset_index().astype(np.int64)
    cell = counts.pop("cell").to_numpy()
    counts.insert(0, "first", first[cell])
    counts.insert(1, "last", last[cell])
    return counts


def pushes_by_time(changesets: pd.DataFrame, index_range: IndexRange | None = None, *, bins: int = 200) -> pd.DataFrame:
    """Compute the number of pushes by calendar-aligned time bin and leading kind.

    Parameters
    ----------
    changesets
        The changesets frame.
    index_range
        First and last changeset index, both inclusive; all changesets by default.
    bins
        Largest number of bins. The narrowest width that needs no more is chosen: a minute, 10 minutes, an hour, 6
        hours, a day, a week from Monday, 4, 12 or 48 weeks, in UTC.

    Returns
    -------
    DataFrame
        ``bin_start``, ``bin_end`` (datetime64[us, UTC]; the end is exclusive), ``kind`` (category: a kind's label,
        "other" or "not uploaded"), ``count`` and ``cumulative`` (int64: uploaded changesets up to the end of the
        bin), sorted by bin.

    Raises
    ------
    TypeError, ValueError
        If the frame, the range or the number of bins is invalid; the message names it.
    """
    bins = parse_count("bins", bins)
    data = read_changeset_columns(changesets, index_range)
    counts = count_push_cells(data, max_cells=1, max_bins=bins)
    step = choose_bin_step(data.time // 60_000, bins)
    start = pd.to_datetime(counts["minute"] * 60_000, unit="ms", utc=True).dt.as_unit("us")
    uploaded = counts["count"].where(counts["kind"] != LABELS.index(NOT_UPLOADED), 0)
    return pd.DataFrame(
        {
            "bin_start": start,
            "bin_end": start + pd.Timedelta(minutes=step),
            "kind": pd.Categorical(np.array(LABELS)[counts["kind"]], categories=list(LABELS)),
            "count": counts["count"],
            "cumulative": uploaded.groupby(counts["minute"]).sum().cumsum().loc[counts["minute"]].to_numpy(),
        }
    )
