"""File sizes by index: smallest, median and largest of each column of changesets."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.aggregate.ledger import OTHER, SIGNIFICANCE, IndexRange, Ints, Ledger, cells_of, ledger_of
from imodels_nb.frames import KINDS


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
    about = {"time": ledger.time if single else 0, "kinds": _kinds_text(ledger.flags) if single else ""}
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
    table = size_columns(ledger_of(changesets, index_range), columns=columns)
    return table.drop(columns=["time", "kinds"]).rename(columns={"first": "first_index", "last": "last_index"})


def _kinds_text(flags: Ints) -> npt.NDArray[np.object_]:
    """Return the labels of all kinds of each changeset, such as "schema, definition"."""
    distinct, positions = np.unique(flags, return_inverse=True)
    texts = np.array([_labels_of(int(value)) for value in distinct], dtype=object)
    return texts[positions] if len(flags) else texts


def _labels_of(flags: int) -> str:
    if not flags:
        return KINDS["regular"].label
    return ", ".join(KINDS[name].label for name in SIGNIFICANCE if flags & int(KINDS[name].flag)) or OTHER


def _spread(cell: Ints, size: Ints, cells: int) -> dict[str, npt.NDArray[np.float64]]:
    """Smallest, middle and largest size of each cell, NaN for a cell without any."""
    ordered = np.append(size[np.lexsort((size, cell))], 0).astype(np.float64)
    edges = np.searchsorted(cell, np.arange(cells + 1))
    start, stop = edges[:-1], edges[1:]
    middle = (ordered[(start + stop - 1) // 2] + ordered[(start + stop) // 2]) / 2
    empty = start == stop
    picks = {"min": ordered[start], "median": middle, "max": ordered[stop - 1]}
    return {name: np.where(empty, np.nan, values) for name, values in picks.items()}
