"""Grids of pushes by cell and time bin, and the grid of a range from such a grid."""

from typing import Literal, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.aggregate.cells import find_whole_cells, select_outside_cells, split_into_cells
from imodels_nb.aggregate.columns import LABELS, NOT_UPLOADED, ChangesetColumns, IndexRange, Ints
from imodels_nb.aggregate.pushes import MONDAY, STEPS, choose_bin_step
from imodels_nb.aggregate.sizes import format_flags

_MAX_ITEMS = 3  # items for each cell and bin; more where pushes are out of order


class PushGrid(TypedDict):
    """Pushes by cell, time bin and kind; see ``PushGrid`` in ``engine/js/types.d.ts``."""

    chart_type: Literal["pushes"]
    is_single: bool
    first: Ints
    last: Ints
    cell: Ints
    bin: Ints
    counts: Ints
    codes: list[int]
    waiting: int
    start: int
    step: int
    steps: list[int]
    origin: int
    existing: NotRequired[Ints]
    time_seconds: NotRequired[Ints]
    size: NotRequired[Ints]
    text_position: NotRequired[npt.NDArray[np.intp]]
    texts: NotRequired[list[str]]


def build_push_grid(data: ChangesetColumns, *, max_cells: int, max_bins: int) -> PushGrid:
    """Build a grid of pushes by cell of the index, time bin and leading kind.

    Parameters
    ----------
    data
        The changesets of a range.
    max_cells
        Largest number of cells, each of equally many changesets.
    max_bins
        Largest number of time bins; fewer if the pushes are so far out of order that there would be more than
        3 * (`max_cells` + `max_bins`) items.

    Returns
    -------
    dict
        ``first``, ``last``: changeset indexes of each cell. ``cell``, ``bin``, ``counts``: one item for each cell and
        bin with changesets in common, and its number of changesets of each of ``codes`` (of :class:`ChangesetColumns`).
        ``step``, ``start``: the width of a bin and the start of bin 0 in minutes since `MONDAY`. ``steps``: the widths
        to which bins add up. ``waiting``: the position in ``codes`` of changesets that wait for their file, or
        -1. Where each cell is one changeset (``is_single``) also ``time_seconds`` (of the push, since 1970), ``size``
        (bytes), and ``text_position``, a position in ``texts``: kinds, and "not uploaded" of those that wait.
    """
    cell, first, last = split_into_cells(data, max_cells)
    minutes = data.time // 60_000 - MONDAY
    step = choose_bin_step(minutes + MONDAY, max_bins)
    items, item = find_items(cell, minutes, step)
    while len(items) > _MAX_ITEMS * (max_cells + max_bins) and step < max(STEPS):
        step = next(width for width in STEPS if width > step)
        items, item = find_items(cell, minutes, step)
    labels = max(len(LABELS), int(data.code.max(initial=0)) + 1)
    counts = np.bincount(item * labels + data.code, minlength=len(items) * labels).reshape(-1, labels)
    grid = assemble_push_grid(first, last, items, counts, step)
    if len(first) == len(data):
        add_changesets(grid, data)
    return grid


def add_changesets(grid: PushGrid, data: ChangesetColumns) -> None:
    """Add what a grid has of each changeset, where each cell is one."""
    grid["is_single"] = True
    grid["time_seconds"] = data.time // 1_000
    grid["size"] = data.size
    texts, position = format_flags(data.flags)
    waiting_texts = [] if data.uploaded.all() else [f"{text} · {NOT_UPLOADED}" for text in texts]
    grid["texts"] = [*texts, *waiting_texts]
    grid["text_position"] = np.where(data.uploaded, position, position + len(texts))


def find_items(cell: Ints, minutes: Ints, step: int) -> tuple[Ints, npt.NDArray[np.intp]]:
    """Find the pairs of cell and bin in use, and the pair of each changeset."""
    bins = minutes // step
    low, width = (bins.min(), np.ptp(bins) + 1) if len(bins) else (0, 1)
    keys, item = _find_distinct(cell * width + bins - low)
    return np.column_stack([keys // width, keys % width + low]), item


def _find_distinct(keys: Ints) -> tuple[Ints, npt.NDArray[np.intp]]:
    """Find distinct keys like ``np.unique``, without a sort of ordered keys."""
    edges = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    runs = keys[edges]
    if (runs[1:] < runs[:-1]).any():
        distinct, positions = np.unique(runs, return_inverse=True)
    else:
        distinct, positions = runs, np.arange(len(runs))
    return distinct, np.repeat(positions, np.diff(edges, append=len(keys)))


def assemble_push_grid(first: Ints, last: Ints, items: Ints, counts: Ints, step: int) -> PushGrid:
    """Build the grid from pairs of cell and bin and from counts by code.

    Shapes: `items` (items, 2), `counts` (items, codes).
    """
    codes = np.flatnonzero(counts.any(axis=0))
    start = int(items[:, 1].min()) if len(items) else 0
    waiting = LABELS.index(NOT_UPLOADED)
    return {
        "chart_type": "pushes",
        "is_single": False,
        "first": first,
        "last": last,
        "cell": items[:, 0],
        "bin": items[:, 1] - start,
        "counts": counts[:, codes].ravel(),
        "codes": codes.tolist(),
        "waiting": codes.tolist().index(waiting) if waiting in codes else -1,
        "start": start * step,
        "step": step,
        "steps": [width for width in STEPS if width >= step],
        "origin": MONDAY,
    }


def list_grid_rows(grid: PushGrid) -> pd.DataFrame:
    """Return the rows of a grid for a chart, one for each cell, time bin and code.

    Returns
    -------
    DataFrame
        ``first``, ``last``, ``minute``, ``kind`` and ``count`` as :func:`imodels_nb.aggregate.count_push_cells` returns
        them, and ``existing`` if the grid has it. There is at least one row: without rows, a chart draws no text.
    """
    codes = np.array(grid["codes"], dtype=np.int64)
    table = grid["counts"].reshape(len(grid["cell"]), len(codes))
    item, code = np.nonzero(table)
    cell = grid["cell"][item]
    columns = {
        "first": grid["first"][cell],
        "last": grid["last"][cell],
        "minute": grid["start"] + grid["bin"][item] * grid["step"] + grid["origin"],
        "kind": codes[code],
        "count": table[item, code],
    }
    if "existing" in grid:
        columns["existing"] = grid["existing"][cell]
    rows = pd.DataFrame(columns).astype(np.int64)
    no_row = {"first": -1, "last": -1, "kind": len(LABELS)}
    return rows if len(rows) else pd.DataFrame([{name: no_row.get(name, 0) for name in columns}])


def build_push_range_grid(
    data: ChangesetColumns, grid: PushGrid, index_range: IndexRange, *, max_bins: int
) -> PushGrid:
    """Build the grid of pushes of a range by time bin and leading kind.

    Parameters
    ----------
    data
        All changesets.
    grid
        Their :func:`build_push_grid`, of any number of cells and bins.
    index_range
        First and last changeset index, both inclusive.
    max_bins
        Largest number of time bins.

    Returns
    -------
    dict
        The same as ``build_push_grid(data.select_range(index_range), max_cells=1, max_bins=max_bins)``.
    """
    part = data.select_range(index_range)
    start, stop = find_whole_cells(grid["first"], grid["last"], index_range)
    if grid["is_single"] or stop - start <= 1:
        return build_push_grid(part, max_cells=1, max_bins=max_bins)
    cells_range = (int(grid["first"][start]), int(grid["last"][stop - 1]))
    bin_, code, count = _list_pushes(grid, start, stop, select_outside_cells(data, index_range, cells_range))
    step = next(
        (step for step in grid["steps"] if np.ptp(bin_ // (step // grid["step"])) < max_bins), grid["steps"][-1]
    )
    if step == grid["step"] > 1:  # a narrower step may be enough
        return build_push_grid(part, max_cells=1, max_bins=max_bins)
    bin_ = bin_ // (step // grid["step"])
    table = np.zeros((np.ptp(bin_) + 1, code.max() + 1), np.int64)
    np.add.at(table, (bin_ - bin_.min(), code), count)
    present = np.flatnonzero(table.any(axis=1))
    items = np.column_stack([np.zeros_like(present), bin_.min() + present])
    return assemble_push_grid(part.index[:1], part.index[-1:], items, table[present], step)


def _list_pushes(
    grid: PushGrid, start: int, stop: int, ends: tuple[ChangesetColumns, ChangesetColumns]
) -> tuple[Ints, Ints, Ints]:
    """Return the bins in steps of the grid, the codes, and the numbers of pushes."""
    codes = np.array(grid["codes"], dtype=np.int64)
    items = slice(*np.searchsorted(grid["cell"], [start, stop]))
    bin_ = grid["start"] // grid["step"] + grid["bin"][items]
    counts = grid["counts"].reshape(-1, len(codes))[items]
    minutes = np.concatenate([end.time for end in ends]) // 60_000 - MONDAY
    return (
        np.concatenate([np.repeat(bin_, len(codes)), minutes // grid["step"]]),
        np.concatenate([np.tile(codes, len(bin_)), *(end.code for end in ends)]),
        np.concatenate([counts.ravel(), np.ones_like(minutes)]),
    )
