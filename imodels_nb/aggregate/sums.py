"""The grid of any range in the time that a narrow one takes: its whole columns are added up, only the rest is counted.

A range leaves of the grid of all changesets whole columns, and on either side a part of one, which is small.
"""

import numpy as np

from imodels_nb.aggregate.grids import Grid, counted, push_grid, size_grid, summarised
from imodels_nb.aggregate.ledger import IndexRange, Ints, Ledger, cells_of
from imodels_nb.aggregate.pushes import MONDAY

_NONE = np.iinfo(np.int64).max


def push_sums(ledger: Ledger, grid: Grid, index_range: IndexRange, *, bins: int) -> Grid:
    """Count the pushes of a range by time bin and leading kind.

    Parameters
    ----------
    ledger
        All changesets.
    grid
        Their :func:`push_grid`, of any number of cells and bins.
    index_range
        First and last changeset index, both inclusive.
    bins
        Into how many time bins to split the range, at most.

    Returns
    -------
    dict
        What ``push_grid(ledger.window(index_range), cells=1, bins=bins)`` tells.
    """
    window = ledger.window(index_range)
    start, stop = _whole(grid, index_range)
    if grid["single"] or stop - start <= 1:
        return push_grid(window, cells=1, bins=bins)
    bin_, code, count = _pushes(grid, start, stop, _ends(ledger, grid, index_range, start, stop))
    step = next((step for step in grid["steps"] if np.ptp(bin_ // (step // grid["step"])) < bins), grid["steps"][-1])
    if step == grid["step"] > 1:  # a finer one may do
        return push_grid(window, cells=1, bins=bins)
    bin_ = bin_ // (step // grid["step"])
    table = np.zeros((np.ptp(bin_) + 1, code.max() + 1), np.int64)
    np.add.at(table, (bin_ - bin_.min(), code), count)
    there = np.flatnonzero(table.any(axis=1))
    meets = np.column_stack([np.zeros_like(there), bin_.min() + there])
    return counted(window.index[:1], window.index[-1:], meets, table[there], step)


def size_sums(ledger: Ledger, grid: Grid, index_range: IndexRange, *, columns: int) -> Grid:
    """Summarise the file sizes of a range by column of the index.

    Parameters
    ----------
    ledger
        All changesets.
    grid
        Their :func:`size_grid`, with medians of as few columns as are wanted here.
    index_range
        First and last changeset index, both inclusive.
    columns
        Into how many columns to split the range, at most, the two at its ends aside.

    Returns
    -------
    dict
        What :func:`size_grid` tells of a range, with no wider ``medians``: columns of `grid`, joined by two, four,
        eight ... where they are many, and on either side one of what is left. Where `grid` has less than half as many
        columns in the range as are wanted, equal ones, counted anew.
    """
    start, stop = _whole(grid, index_range)
    if grid["single"] or stop - start < columns // 2:
        return size_grid(ledger.window(index_range), columns=columns, fewest=columns)
    depth = next(depth for depth in range(stop) if (stop - start) >> depth <= columns)
    start, stop = -(-start >> depth), stop >> depth
    joined = _joined(grid, start, stop, depth)
    head, tail = (
        summarised(part, *cells_of(part, 1)) for part in _ends(ledger, grid, index_range, start << depth, stop << depth)
    )
    tables = {name: np.concatenate([head[name], column, tail[name]]) for name, column in joined.items()}
    return {"single": False, "medians": []} | tables


def _whole(grid: Grid, index_range: IndexRange) -> tuple[int, int]:
    """Return the first column of a grid that lies wholly in a range, and the first after it that does not."""
    first, last = index_range
    start = int(np.searchsorted(grid["first"], first))
    return start, max(start, int(np.searchsorted(grid["last"], last, side="right")))


def _ends(ledger: Ledger, grid: Grid, index_range: IndexRange, start: int, stop: int) -> tuple[Ledger, Ledger]:
    """Return what a range holds before its whole columns, and after them."""
    first, last = index_range
    return ledger.window((first, grid["first"][start] - 1)), ledger.window((grid["last"][stop - 1] + 1, last))


def _pushes(grid: Grid, start: int, stop: int, ends: tuple[Ledger, Ledger]) -> tuple[Ints, Ints, Ints]:
    """Return of pushes the bin, in steps of the grid, the code, and how many they are."""
    kinds = np.array(grid["kinds"], dtype=np.int64)
    items = slice(*np.searchsorted(grid["cell"], [start, stop]))
    bin_ = grid["start"] // grid["step"] + grid["bin"][items]
    counts = grid["counts"].reshape(-1, len(kinds))[items]
    left = np.concatenate([part.time for part in ends]) // 60_000 - MONDAY
    return (
        np.concatenate([np.repeat(bin_, len(kinds)), left // grid["step"]]),
        np.concatenate([np.tile(kinds, len(bin_)), *(part.code for part in ends)]),
        np.concatenate([counts.ravel(), np.ones_like(left)]),
    )


def _joined(grid: Grid, start: int, stop: int, depth: int) -> Grid:
    """Join neighbouring columns of a size grid, and return some of the joined ones."""

    def columns(name: str) -> Ints:
        chosen: Ints = grid[name][start << depth : stop << depth]
        return chosen.reshape(-1, 1 << depth)

    least = np.where(columns("min"), columns("min"), _NONE).min(axis=1)
    return {
        "first": columns("first")[:, 0],
        "last": columns("last")[:, -1],
        **{name: columns(name).sum(axis=1) for name in ("count", "waiting", "zeros", "sum")},
        "min": np.where(least < _NONE, least, 0),
        "max": columns("max").max(axis=1),
        "median": grid["medians"][depth - 1][start:stop] if depth else grid["median"][start:stop],
    }
