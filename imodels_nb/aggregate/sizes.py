"""Summaries of file sizes by cell of the changeset index."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.aggregate.cells import split_into_cells
from imodels_nb.aggregate.columns import (
    OTHER,
    SIGNIFICANCE,
    ChangesetColumns,
    IndexRange,
    Ints,
    parse_count,
    read_changeset_columns,
)
from imodels_nb.frames import KINDS

_MIN_PARTITION_WIDTH = 1_000  # columns; from this width on, a partition is faster than a sort


@dataclass(frozen=True)
class SizeSummary:
    """Summary of file sizes, with one item for each cell."""

    count: Ints
    min: npt.NDArray[np.float64]
    p10: npt.NDArray[np.float64]
    median: npt.NDArray[np.float64]
    p90: npt.NDArray[np.float64]
    max: npt.NDArray[np.float64]
    sum: Ints
    zeros: Ints
    waiting: Ints

    @classmethod
    def compute(cls, data: ChangesetColumns, cell: Ints, cells: int) -> Self:
        """Compute the summary from the cell of each changeset, ascending without gaps."""
        start = np.searchsorted(cell, np.arange(cells))
        size = np.where(data.uploaded, data.size, 0)
        count = _sum_cells(data.uploaded, start)
        zeros = _sum_cells(data.uploaded & (size == 0), start)
        smallest, p10, middle, p90, largest = _compute_spread(size, start, count - zeros)
        waiting = _sum_cells(~data.uploaded, start)
        total = _sum_cells(size, start)
        return cls(count, smallest, p10, middle, p90, largest, total, zeros, waiting)


def summarize_sizes(data: ChangesetColumns, *, max_cells: int) -> pd.DataFrame:
    """Compute a summary of file sizes by cell of the index, as charts draw it.

    Parameters
    ----------
    data
        The changesets of a range.
    max_cells
        Largest number of cells, each of equally many changesets.

    Returns
    -------
    DataFrame
        One row per cell: ``first``, ``last`` (changeset indexes), ``count`` (uploaded), ``min``, ``p10``, ``median``,
        ``p90``, ``max`` (float64 bytes, of the uploaded files above 0 bytes, NaN without any), ``sum`` (bytes),
        ``zeros`` (uploaded files of 0 bytes), ``waiting`` (not uploaded), ``time_ms`` (push of the first changeset,
        milliseconds since 1970-01-01T00:00Z), and ``kinds`` (text where each cell is one changeset, otherwise "").
    """
    cell, first, last = split_into_cells(data, max_cells)
    table = SizeSummary.compute(data, cell, len(first))
    is_single = len(first) == len(data)
    texts, code = format_flags(data.flags) if is_single else ([""], np.zeros(len(first), np.intp))
    starts = np.searchsorted(data.index, first)
    about = {"time_ms": data.time[starts], "kinds": np.array(texts, dtype=object)[code]}
    return pd.DataFrame({"first": first, "last": last} | vars(table) | about)


def sizes_by_index(
    changesets: pd.DataFrame, index_range: IndexRange | None = None, *, cells: int = 500
) -> pd.DataFrame:
    """Compute a summary of file sizes by cell of the changeset index.

    Parameters
    ----------
    changesets
        The changesets frame.
    index_range
        First and last changeset index, both inclusive; all changesets by default.
    cells
        Largest number of cells, each of equally many changesets; of few changesets each has its own cell.

    Returns
    -------
    DataFrame
        ``first_index``, ``last_index``, ``count``, ``min``, ``p10``, ``median``, ``p90``, ``max``, ``sum``, ``zeros``,
        ``waiting``: sizes in bytes; ``min``, ``median`` and ``max`` are of the uploaded files above 0 bytes, NaN
        without any. 10 % of these files are at most ``p10`` large, and 90 % at most ``p90`` (the nearest rank).

    Raises
    ------
    TypeError, ValueError
        If the frame, the range or the number of cells is invalid; the message names it.
    """
    data = read_changeset_columns(changesets, index_range)
    table = summarize_sizes(data, max_cells=parse_count("cells", cells))
    return table.drop(columns=["time_ms", "kinds"]).rename(columns={"first": "first_index", "last": "last_index"})


def format_flags(flags: Ints) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Format flags as texts such as "schema, definition".

    Returns
    -------
    list of str, ndarray
        The distinct texts, and the position of each changeset's text among them.
    """
    distinct, positions = np.unique(flags, return_inverse=True)
    return [_format_kinds(int(value)) for value in distinct], positions


def _format_kinds(flags: int) -> str:
    if not flags:
        return KINDS["regular"].label
    return ", ".join(KINDS[name].label for name in SIGNIFICANCE if flags & int(KINDS[name].flag)) or OTHER


def _sum_cells(values: npt.NDArray[Any], start: npt.NDArray[np.intp]) -> Ints:
    return np.add.reduceat(values, start, dtype=np.int64) if len(start) else np.zeros(0, np.int64)


def _compute_spread(size: Ints, start: npt.NDArray[np.intp], above: Ints) -> tuple[npt.NDArray[np.float64], ...]:
    """Compute the smallest, 10 %, median, 90 % and largest size above 0 of each cell.

    The cells become the rows of a matrix that is sorted at once; zeros and padding are at the left. `above` is the
    number of sizes above 0 in each cell; without any the result is NaN.
    """
    if not len(start):
        return (np.zeros(0),) * 5
    lengths = np.diff(start, append=len(size))
    matrix = np.zeros((len(start), lengths.max()), np.int64)
    matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = size
    last = matrix.shape[1] - 1  # the result of a row without sizes is not used
    zeros = last + 1 - above
    tenths = [(parts * above + 9) // 10 - 1 for parts in (1, 9)]  # the nearest rank
    ranks = (np.zeros_like(above), tenths[0], (above - 1) // 2, above // 2, tenths[1])
    positions = [np.clip(zeros + rank, 0, last) for rank in ranks]
    _sort_rows(matrix, positions)
    least, p10, low, high, p90 = (_select_position(matrix, position) for position in positions)
    picks = (least, p10, (low + high) / 2, p90, matrix[:, last].astype(np.float64))
    return tuple(np.where(above > 0, values, np.nan) for values in picks)


def _sort_rows(matrix: Ints, positions: list[Ints]) -> None:
    """Sort each row; wide rows only as far as the given positions."""
    if matrix.shape[1] < _MIN_PARTITION_WIDTH:
        matrix.sort(axis=1)
    else:
        matrix.partition(np.unique([*positions, np.full_like(positions[0], matrix.shape[1] - 1)]), axis=1)


def _select_position(matrix: Ints, position: Ints) -> npt.NDArray[np.float64]:
    return np.take_along_axis(matrix, position[:, None], axis=1)[:, 0].astype(np.float64)
