"""Cells of the changeset index: groups of neighboring changesets.

A grid holds numbers of each cell. From it the browser draws any range of whole cells exactly. The grid of a range is
the sum of the whole cells in it; only the parts of cells at its two ends are counted anew.
"""

import numpy as np

from imodels_nb.aggregate.columns import ChangesetColumns, IndexRange, Ints


def split_into_cells(data: ChangesetColumns, max_cells: int) -> tuple[Ints, Ints, Ints]:
    """Split changesets into cells of equal count.

    Returns
    -------
    tuple of ndarray
        The cell of each changeset, and the first and the last changeset index of each cell.
    """
    cells = min(max_cells, len(data))
    edges = np.arange(cells + 1) * len(data) // max(cells, 1)
    cell = np.repeat(np.arange(cells), np.diff(edges))
    return cell, data.index[edges[:-1]], data.index[edges[1:] - 1]


def find_whole_cells(first: Ints, last: Ints, index_range: IndexRange) -> tuple[int, int]:
    """Find where the cells that lie wholly in a range start and stop."""
    start = int(np.searchsorted(first, index_range[0]))
    return start, max(start, int(np.searchsorted(last, index_range[1], side="right")))


def select_outside_cells(
    data: ChangesetColumns, index_range: IndexRange, cells_range: IndexRange
) -> tuple[ChangesetColumns, ChangesetColumns]:
    """Select the changesets of a range before its whole cells, and after them."""
    before = data.select_range((index_range[0], cells_range[0] - 1))
    return before, data.select_range((cells_range[1] + 1, index_range[1]))
