"""Pushes by time: how many changesets of which leading kind in each calendar-aligned bin."""

import numpy as np
import pandas as pd

from imodels_nb.aggregate.ledger import LABELS, WAITING, IndexRange, Ints, Ledger, cells_of, ledger_of, parse_count

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
"""Widths of time bins in minutes, and their names. Each divides the next, so fine bins add up to coarse ones."""

MONDAY = 4 * 24 * 60
"""The first Monday of the epoch, in minutes since 1970-01-01T00:00Z: every bin is a whole number of steps from it."""


def bin_step(minutes: Ints, bins: int) -> int:
    """Choose the finest of `STEPS` at which these times spread over at most `bins` bins, the coarsest if none does."""
    if not len(minutes):
        return min(STEPS)
    ends = np.array([minutes.min(), minutes.max()]) - MONDAY
    return next((step for step in STEPS if np.ptp(ends // step) < bins), max(STEPS))


def push_cells(ledger: Ledger, *, cells: int, bins: int) -> pd.DataFrame:
    """Count pushes by cell of the index, time bin and leading kind.

    Parameters
    ----------
    ledger
        The changesets of a range.
    cells
        Into how many cells of equally many changesets to split the range, at most.
    bins
        Into how many time bins to split it, at most.

    Returns
    -------
    DataFrame
        ``first``, ``last`` (changeset indices of the cell), ``minute`` (start of the bin, minutes since
        1970-01-01T00:00Z), ``kind`` (position in `LABELS`) and ``count``, all int64: at most a row for each cell, bin
        and kind that meet.
    """
    cell, first, last = cells_of(ledger, cells)
    minutes = ledger.time // 60_000
    step = bin_step(minutes, bins)
    keys = pd.DataFrame({"cell": cell, "minute": (minutes - MONDAY) // step * step + MONDAY, "kind": ledger.code})
    counts = keys.groupby(["cell", "minute", "kind"]).size().rename("count").reset_index().astype(np.int64)
    cell = counts.pop("cell").to_numpy()
    counts.insert(0, "first", first[cell])
    counts.insert(1, "last", last[cell])
    return counts


def pushes_by_time(changesets: pd.DataFrame, index_range: IndexRange | None = None, *, bins: int = 200) -> pd.DataFrame:
    """Count pushes by calendar-aligned time bin and leading kind.

    Parameters
    ----------
    changesets
        The changesets frame.
    index_range
        First and last changeset index, both inclusive; all when omitted.
    bins
        At most so many bins: the finest width that keeps to it is chosen (a minute, 10 minutes, an hour, 6 hours, a
        day, a week from Monday, 4, 12 or 48 weeks), in UTC.

    Returns
    -------
    DataFrame
        ``bin_start``, ``bin_end`` (datetime64[us, UTC]; the end is exclusive), ``kind`` (category: a kind's label,
        "other" or "waiting for file"), ``count`` and ``cumulative`` (int64: uploaded changesets up to the end of the
        bin), sorted by bin.

    Raises
    ------
    TypeError, ValueError
        If the frame, the range or the number of bins is invalid; the message names it.
    """
    bins = parse_count("bins", bins)
    ledger = ledger_of(changesets, index_range)
    counts = push_cells(ledger, cells=1, bins=bins)
    step = bin_step(ledger.time // 60_000, bins)
    start = _utc(counts["minute"] * 60_000)
    uploaded = counts["count"].where(counts["kind"] != LABELS.index(WAITING), 0)
    return pd.DataFrame(
        {
            "bin_start": start,
            "bin_end": start + pd.Timedelta(minutes=step),
            "kind": pd.Categorical(np.array(LABELS)[counts["kind"]], categories=list(LABELS)),
            "count": counts["count"],
            "cumulative": uploaded.groupby(counts["minute"]).sum().cumsum().loc[counts["minute"]].to_numpy(),
        }
    )


def _utc(milliseconds: pd.Series) -> pd.Series:
    return pd.to_datetime(milliseconds, unit="ms", utc=True).dt.as_unit("us")
