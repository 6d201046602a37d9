"""Cells of the changeset index: groups of neighboring changesets."""

from typing import TypedDict

import numpy as np

from imodels_nb.aggregate.columns import ChangesetColumns, IndexRange, Ints


class CellGrid(TypedDict):
    """Common part of the grids: the first and the last changeset of each cell.

    A grid holds numbers of each cell. From it the browser draws any range of whole cells exactly. The grid of a range
    is the sum of the whole cells in it; only the parts of cells at its two ends are counted anew.
    """

    is_single: bool
    first: Ints
    last: Ints


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


def find_whole_cells(grid: CellGrid, index_range: IndexRange) -> tuple[int, int]:
    """Find where the cells that lie wholly in a range start and stop."""
    first, last = index_range
    start = int(np.searchsorted(grid["first"], first))
    return start, max(start, int(np.searchsorted(grid["last"], last, side="right")))


def select_outside_cells(
    data: ChangesetColumns, grid: CellGrid, index_range: IndexRange, start: int, stop: int
) -> tuple[ChangesetColumns, ChangesetColumns]:
    """Select the changesets of a range before its whole cells, and after them."""
    first, last = index_range
    head = data.select_range((first, int(grid["first"][start]) - 1))
    return head, data.select_range((int(grid["last"][stop - 1]) + 1, last))
