"""Grids of file sizes by cell, and the grid of a range from such a grid."""

from typing import Literal, NotRequired, TypedDict, cast

import numpy as np
import numpy.typing as npt

from imodels_nb.aggregate.cells import find_whole_cells, select_outside_cells, split_into_cells
from imodels_nb.aggregate.columns import ChangesetColumns, IndexRange, Ints
from imodels_nb.aggregate.sizes import SizeSummary, format_flags

_MAX_SCALE_POSITION = 4_095  # 12 bits
_MISSING = np.iinfo(np.int64).max


class SizeGrid(TypedDict):
    """File sizes by cell; see ``SizeGrid`` in ``engine/js/types.d.ts``."""

    chart_type: Literal["sizes"]
    is_single: bool
    first: Ints
    last: Ints
    count: Ints
    waiting: Ints
    zeros: Ints
    max: Ints
    medians: list[Ints]
    joined_p10: list[Ints]
    joined_p90: list[Ints]
    p10: NotRequired[Ints]
    p90: NotRequired[Ints]
    min: NotRequired[Ints]
    sum: NotRequired[Ints]
    median: NotRequired[Ints]
    time_minutes: Ints
    text_position: NotRequired[npt.NDArray[np.intp]]
    texts: NotRequired[list[str]]


def build_size_grid(data: ChangesetColumns, *, max_cells: int, max_median_cells: int) -> SizeGrid:
    """Build a grid of file sizes by cell of the index.

    Parameters
    ----------
    data
        The changesets of a range.
    max_cells
        Largest number of cells, each of equally many changesets.
    max_median_cells
        Two, four, eight ... neighbors are joined for ``medians`` until there are no more cells than this.

    Returns
    -------
    dict
        ``first``, ``last``, ``count``, ``waiting``, ``zeros``, ``min``, ``max``, ``sum`` and ``median`` of each cell
        as in :func:`imodels_nb.aggregate.sizes_by_index`, but with 0 for NaN and medians rounded to a byte;
        ``medians``: those of two, four, eight ... neighbors together; ``p10`` and ``p90``: 10 % and 90 % of the files
        are at most this large, as position between ``min`` and ``max`` on a log scale, from 0 to 4,095; ``joined_p10``
        and ``joined_p90``: those of two, four, eight ... neighbors together; ``time_minutes``: of the push of the first
        changeset, since 1970-01-01T00:00Z. Where each cell is one changeset (``is_single``) only ``max`` of the sizes,
        and ``text_position``, a position in ``texts``.
    """
    cell, first, last = split_into_cells(data, max_cells)
    table = _summarize_cells(data, cell, first, last)
    joined: dict[str, list[Ints]] = {"medians": [], "joined_p10": [], "joined_p90": []}
    cells = len(first)
    while cells > max_median_cells:
        cells = (cells + 1) // 2
        cell = cell // 2
        summary = SizeSummary.compute(data, cell, cells)
        joined["medians"].append(_round(summary.median))
        joined["joined_p10"].append(_encode_scale_position(summary.p10, summary))
        joined["joined_p90"].append(_encode_scale_position(summary.p90, summary))
    if len(first) < len(data):
        return cast("SizeGrid", {"chart_type": "sizes", "is_single": False, **joined, **table})
    texts, position = format_flags(data.flags)
    exact = {name: table[name] for name in ("first", "last", "count", "waiting", "zeros", "max", "time_minutes")}
    changeset_texts = {"text_position": position, "texts": texts}
    return cast("SizeGrid", {"chart_type": "sizes", "is_single": True, **joined, **exact, **changeset_texts})


def _summarize_cells(data: ChangesetColumns, cell: Ints, first: Ints, last: Ints) -> dict[str, Ints]:
    """Compute the summary of each cell, of one changeset or of several."""
    table = SizeSummary.compute(data, cell, len(first))
    return {
        "first": first,
        "last": last,
        "count": table.count,
        "waiting": table.waiting,
        "zeros": table.zeros,
        "sum": table.sum,
        "min": _round(table.min),
        "p10": _encode_scale_position(table.p10, table),
        "median": _round(table.median),
        "p90": _encode_scale_position(table.p90, table),
        "max": _round(table.max),
        "time_minutes": data.time[np.searchsorted(data.index, first)] // 60_000,
    }


def _encode_scale_position(sizes: npt.NDArray[np.float64], summary: SizeSummary) -> Ints:
    """Encode sizes as positions between the smallest and the largest, on a log scale.

    A position is precise to 0.2 %. It takes 12 bits; as a float64 the message would be several times as large.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        position = np.log(sizes / summary.min) / np.log(summary.max / summary.min)
    return np.rint(_MAX_SCALE_POSITION * np.nan_to_num(position)).astype(np.int64)


def _round(sizes: npt.NDArray[np.float64]) -> Ints:
    return np.rint(np.nan_to_num(sizes)).astype(np.int64)


def build_size_range_grid(
    data: ChangesetColumns, grid: SizeGrid, index_range: IndexRange, *, max_cells: int
) -> SizeGrid:
    """Build the grid of file sizes of a range.

    Parameters
    ----------
    data
        All changesets.
    grid
        Their :func:`build_size_grid`, with medians of at most `max_cells` cells.
    index_range
        First and last changeset index, both inclusive.
    max_cells
        Largest number of cells, not counting the two at the ends.

    Returns
    -------
    dict
        As :func:`build_size_grid` of the range without ``medians``: cells of `grid`, joined by two, four, eight ...
        where they are many, and at either end a cell of what remains. If the range has fewer whole cells than half of
        `max_cells`, it is split into equal cells of its own.
    """
    start, stop = find_whole_cells(grid["first"], grid["last"], index_range)
    if grid["is_single"] or stop - start < max_cells // 2:
        part = data.select_range(index_range)
        return build_size_grid(part, max_cells=max_cells, max_median_cells=max_cells)
    depth = next(depth for depth in range(stop) if (stop - start) >> depth <= max_cells)
    start, stop = -(-start >> depth), stop >> depth
    joined = _join_cells(grid, start, stop, depth)
    cells_range = (int(grid["first"][start << depth]), int(grid["last"][(stop << depth) - 1]))
    ends = select_outside_cells(data, index_range, cells_range)
    head, tail = (_summarize_cells(end, *split_into_cells(end, 1)) for end in ends)
    tables = {name: np.concatenate([head[name], values, tail[name]]) for name, values in joined.items()}
    no_joined: dict[str, list[Ints]] = {"medians": [], "joined_p10": [], "joined_p90": []}
    return cast("SizeGrid", {"chart_type": "sizes", "is_single": False, **no_joined, **tables})


def _join_cells(grid: SizeGrid, start: int, stop: int, depth: int) -> dict[str, Ints]:
    """Join neighboring cells of a grid, and return the joined cells of a range."""

    def groups(name: str) -> Ints:
        values: Ints = grid[name][start << depth : stop << depth]  # type: ignore[literal-required]
        return values.reshape(-1, 1 << depth)

    least = np.where(groups("min"), groups("min"), _MISSING).min(axis=1)
    return {
        "first": groups("first")[:, 0],
        "time_minutes": groups("time_minutes")[:, 0],
        "last": groups("last")[:, -1],
        **{name: groups(name).sum(axis=1) for name in ("count", "waiting", "zeros", "sum")},
        "min": np.where(least < _MISSING, least, 0),
        "max": groups("max").max(axis=1),
        **{
            name: (grid[of_joined][depth - 1] if depth else grid[name])[start:stop]  # type: ignore[literal-required]
            for name, of_joined in (("p10", "joined_p10"), ("median", "medians"), ("p90", "joined_p90"))
        },
    }
