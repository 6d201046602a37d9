"""File sizes by index: smallest, median and largest of each column of changesets."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.aggregate.ledger import OTHER, SIGNIFICANCE, IndexRange, Ints, Ledger, cells_of, ledger_of, parse_count
from imodels_nb.frames import KINDS

_WIDE = 1_000  # from here on, finding a few values takes less time than sorting all


@dataclass(frozen=True)
class SizeColumns:
    """Figures of columns of changesets, one item a column; see :func:`size_columns`."""

    count: Ints
    min: npt.NDArray[np.float64]
    median: npt.NDArray[np.float64]
    max: npt.NDArray[np.float64]
    sum: Ints
    zeros: Ints
    waiting: Ints

    @classmethod
    def of(cls, ledger: Ledger, column: Ints, columns: int) -> Self:
        """Summarise, given the column of each changeset, ascending: no column is without any."""
        start = np.searchsorted(column, np.arange(columns))
        size = np.where(ledger.uploaded, ledger.size, 0)
        count = _sums(ledger.uploaded, start)
        zeros = _sums(ledger.uploaded & (size == 0), start)
        smallest, middle, largest = _spread(size, start, count - zeros)
        waiting = _sums(~ledger.uploaded, start)
        return cls(count, smallest, middle, largest, _sums(size, start), zeros, waiting)


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
    cell, first, last = cells_of(ledger, columns)
    table = SizeColumns.of(ledger, cell, len(first))
    single = len(first) == len(ledger)
    texts, code = flag_texts(ledger.flags) if single else ([""], np.zeros(len(first), np.intp))
    about = {"time": ledger.time if single else 0, "kinds": np.array(texts, dtype=object)[code]}
    return pd.DataFrame({"first": first, "last": last} | vars(table) | about)


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

    Raises
    ------
    TypeError, ValueError
        If the frame, the range or the number of columns is invalid; the message names it.
    """
    ledger = ledger_of(changesets, index_range)
    table = size_columns(ledger, columns=parse_count("columns", columns))
    return table.drop(columns=["time", "kinds"]).rename(columns={"first": "first_index", "last": "last_index"})


def flag_texts(flags: Ints) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Return the distinct texts of kinds, such as "schema, definition", and which of them each changeset has."""
    distinct, positions = np.unique(flags, return_inverse=True)
    return [_labels_of(int(value)) for value in distinct], positions


def _labels_of(flags: int) -> str:
    if not flags:
        return KINDS["regular"].label
    return ", ".join(KINDS[name].label for name in SIGNIFICANCE if flags & int(KINDS[name].flag)) or OTHER


def _sums(values: npt.NDArray[Any], start: npt.NDArray[np.intp]) -> Ints:
    return np.add.reduceat(values, start, dtype=np.int64) if len(start) else np.zeros(0, np.int64)


def _spread(
    size: Ints, start: npt.NDArray[np.intp], above: Ints
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Smallest, middle and largest size above 0 of each column, of which it has so many; NaN where it has none.

    Columns become the rows of a matrix, put in order at once; what is not a size stands to their left, as 0.
    """
    if not len(start):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    lengths = np.diff(start, append=len(size))
    matrix = np.zeros((len(start), lengths.max()), np.int64)
    matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = size
    last = matrix.shape[1] - 1  # a row without sizes has none to pick; what it gives instead is not used
    zeros = last + 1 - above
    places = [np.minimum(place, last) for place in (zeros, zeros + (above - 1) // 2, zeros + above // 2)]
    _order(matrix, places)
    least, low, high = (_picked(matrix, place) for place in places)
    picks = (least, (low + high) / 2, matrix[:, last].astype(np.float64))
    smallest, middle, largest = (np.where(above > 0, values, np.nan) for values in picks)
    return smallest, middle, largest


def _order(matrix: Ints, places: list[Ints]) -> None:
    """Put each row in order, as far as these places and the last tell it from a sorted one: wide ones need no more."""
    if matrix.shape[1] < _WIDE:
        matrix.sort(axis=1)
    else:
        matrix.partition(np.unique([*places, np.full_like(places[0], matrix.shape[1] - 1)]), axis=1)


def _picked(matrix: Ints, place: Ints) -> npt.NDArray[np.float64]:
    return np.take_along_axis(matrix, place[:, None], axis=1)[:, 0].astype(np.float64)
