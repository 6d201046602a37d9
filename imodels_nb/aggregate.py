"""Changesets frame and index range to small tidy frames: all that a chart draws, whatever the number of changesets.

Only uploaded changesets count; those still waiting for their file are counted apart. A range is a first and a last
changeset index, both inclusive.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.frames import KINDS

SIGNIFICANCE = (
    "schema",
    "schema_sync",
    "global_properties",
    "views_and_models",
    "sheets_and_drawings",
    "definition",
    "spatial_data",
    "regular",
)
"""Kinds by name, the most significant first: a changeset of several kinds counts once, under the first it holds."""

OTHER, WAITING = "other", "waiting for file"
LABELS = (*(KINDS[name].label for name in SIGNIFICANCE), OTHER, WAITING)
"""What a counted changeset is shown as: its leading kind, `OTHER` (unknown bits only), or `WAITING` (not uploaded)."""

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

_NEEDED = ("state", "push_date_time", "file_size", "containing_changes")

IndexRange = tuple[int, int]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ledger:
    """The columns that charts read, as arrays of one length, ascending by changeset index.

    Parameters
    ----------
    index
        Changeset index, int64, unique.
    time
        Push time in milliseconds since 1970-01-01T00:00Z, int64.
    size
        File size in bytes, int64.
    flags
        ``containingChanges``, int64.
    uploaded
        Whether the file has arrived, bool.
    """

    index: Ints
    time: Ints
    size: Ints
    flags: Ints
    uploaded: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, changesets: pd.DataFrame) -> Self:
        """Read a changesets frame.

        Parameters
        ----------
        changesets
            A frame as :func:`imodels_nb.fetch_changesets` gives it, in any order; it is not changed.

        Returns
        -------
        Ledger
            One item a changeset.

        Raises
        ------
        ValueError
            If a column is missing, or the index is not one of unique whole numbers.
        """
        check(changesets)
        rows = changesets[list(_NEEDED)]
        rows = rows if rows.index.is_monotonic_increasing else rows.sort_index()
        return cls(
            index=rows.index.to_numpy(np.int64),
            time=rows["push_date_time"].to_numpy("datetime64[ms]").astype(np.int64),
            size=rows["file_size"].to_numpy(np.int64),
            flags=rows["containing_changes"].to_numpy(np.int64),
            uploaded=(rows["state"] == "fileUploaded").to_numpy(np.bool_),
        )

    def __len__(self) -> int:
        return len(self.index)

    @property
    def bounds(self) -> IndexRange:
        """The first and the last changeset index; (0, 0) when there is none."""
        return (int(self.index[0]), int(self.index[-1])) if len(self) else (0, 0)

    def window(self, index_range: IndexRange) -> Self:
        """Return the changesets of an index range, both ends inclusive; the arrays are views."""
        first, last = index_range
        part = slice(np.searchsorted(self.index, first), np.searchsorted(self.index, last, side="right"))
        return type(self)(*(getattr(self, field.name)[part] for field in fields(self)))

    def shown_as(self) -> npt.NDArray[np.int8]:
        """Return the position in `LABELS` under which each changeset counts, int8."""
        tests = [~self.uploaded, self.flags == 0]
        codes = [LABELS.index(WAITING), LABELS.index(KINDS["regular"].label)]
        for code, name in enumerate(SIGNIFICANCE[:-1]):
            tests.append(self.flags & int(KINDS[name].flag) != 0)
            codes.append(code)
        return np.select(tests, codes, LABELS.index(OTHER)).astype(np.int8)


def check(changesets: pd.DataFrame) -> None:
    """Refuse a frame that charts cannot read.

    Raises
    ------
    ValueError
        If a column is missing, or the index is not one of unique whole numbers.
    """
    missing = [column for column in _NEEDED if column not in changesets]
    if missing:
        raise ValueError(f"The changesets frame lacks {', '.join(missing)}; pass a frame as fetch_changesets gives it.")
    if not pd.api.types.is_integer_dtype(changesets.index.dtype):
        raise ValueError("The changesets frame must be indexed by changeset_index, one whole number a changeset.")
    if not changesets.index.is_unique:
        raise ValueError("The changesets frame holds a changeset_index twice; pass one iModel, each changeset once.")


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
    cell, first, last = _cells(ledger, cells)
    minutes = ledger.time // 60_000
    step = bin_step(minutes, bins)
    keys = pd.DataFrame({"cell": cell, "minute": (minutes - MONDAY) // step * step + MONDAY, "kind": ledger.shown_as()})
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
    """
    ledger = _windowed(changesets, index_range)
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


def size_columns(ledger: Ledger, *, columns: int) -> pd.DataFrame:
    """Summarise file sizes by column of the index.

    Parameters
    ----------
    ledger
        The changesets of a range.
    columns
        Into how many columns of equally many changesets to split the range, at most.

    Returns
    -------
    DataFrame
        One row a column: ``first``, ``last`` (changeset indices), ``count`` (uploaded), ``min``, ``median``, ``max``
        (float64 bytes, of the uploaded files above 0 bytes, NaN when there is none), ``sum`` (bytes), ``zeros``
        (uploaded files of 0 bytes), ``waiting`` (not uploaded), and where each column is one changeset ``time``
        (milliseconds since 1970-01-01T00:00Z) and ``kinds`` (text); otherwise these are 0 and "".
    """
    cell, first, last = _cells(ledger, columns)
    size = np.where(ledger.uploaded, ledger.size, 0)
    single = len(first) == len(ledger)
    counts = {
        "count": ledger.uploaded,
        "sum": size,
        "zeros": ledger.uploaded & (size == 0),
        "waiting": ~ledger.uploaded,
    }
    table = pd.DataFrame({name: values.astype(np.int64) for name, values in counts.items()}).groupby(cell).sum()
    spread = _spread(cell[size > 0], size[size > 0], len(first))
    about = {"time": ledger.time if single else 0, "kinds": kinds_text(ledger.flags) if single else ""}
    return pd.DataFrame({"first": first, "last": last} | dict(table[["count"]]) | spread).assign(
        sum=table["sum"], zeros=table["zeros"], waiting=table["waiting"], **about
    )


def sizes_by_index(
    changesets: pd.DataFrame, index_range: IndexRange | None = None, *, columns: int = 500
) -> pd.DataFrame:
    """Summarise file sizes by column of the index.

    Parameters
    ----------
    changesets
        The changesets frame.
    index_range
        First and last changeset index, both inclusive; all when omitted.
    columns
        At most so many columns, each of equally many changesets; one changeset a column when there are few.

    Returns
    -------
    DataFrame
        ``first_index``, ``last_index``, ``count``, ``min``, ``median``, ``max``, ``sum``, ``zeros``, ``waiting``: sizes
        in bytes; ``min``, ``median`` and ``max`` are of the uploaded files above 0 bytes, NaN when there is none.
    """
    table = size_columns(_windowed(changesets, index_range), columns=columns)
    return table.drop(columns=["time", "kinds"]).rename(columns={"first": "first_index", "last": "last_index"})


def kinds_text(flags: Ints) -> npt.NDArray[np.object_]:
    """Return the labels of all kinds of each changeset, such as "schema, definition"."""
    distinct, positions = np.unique(flags, return_inverse=True)
    texts = np.array([_labels_of(int(value)) for value in distinct], dtype=object)
    return texts[positions] if len(flags) else texts


def _labels_of(flags: int) -> str:
    if not flags:
        return KINDS["regular"].label
    return ", ".join(KINDS[name].label for name in SIGNIFICANCE if flags & int(KINDS[name].flag)) or OTHER


def _windowed(changesets: pd.DataFrame, index_range: IndexRange | None) -> Ledger:
    ledger = Ledger.of(changesets)
    return ledger.window(index_range) if index_range else ledger


def _cells(ledger: Ledger, cells: int) -> tuple[Ints, Ints, Ints]:
    """Split into cells of equally many changesets: the cell of each, and the first and last index of each cell."""
    cells = min(cells, len(ledger))
    edges = np.arange(cells + 1) * len(ledger) // max(cells, 1)
    cell = np.repeat(np.arange(cells), np.diff(edges))
    return cell, ledger.index[edges[:-1]], ledger.index[edges[1:] - 1]


def _spread(cell: Ints, size: Ints, cells: int) -> dict[str, npt.NDArray[np.float64]]:
    """Smallest, middle and largest size of each cell, NaN for a cell without any."""
    ordered = np.append(size[np.lexsort((size, cell))], 0).astype(np.float64)
    edges = np.searchsorted(cell, np.arange(cells + 1))
    start, stop = edges[:-1], edges[1:]
    middle = (ordered[(start + stop - 1) // 2] + ordered[(start + stop) // 2]) / 2
    empty = start == stop
    picks = {"min": ordered[start], "median": middle, "max": ordered[stop - 1]}
    return {name: np.where(empty, np.nan, values) for name, values in picks.items()}


def _utc(milliseconds: pd.Series) -> pd.Series:
    return pd.to_datetime(milliseconds, unit="ms", utc=True).dt.as_unit("us")
