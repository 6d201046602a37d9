"""Grids over the index: whole columns of changesets, from which a browser draws any range made of them exactly."""

from typing import Any

import numpy as np
import numpy.typing as npt

from imodels_nb.aggregate.ledger import LABELS, WAITING, Ints, Ledger, cells_of
from imodels_nb.aggregate.pushes import MONDAY, STEPS, bin_step
from imodels_nb.aggregate.sizes import SizeColumns, flag_texts

Grid = dict[str, Any]


def push_grid(ledger: Ledger, *, cells: int, bins: int) -> Grid:
    """Count pushes by cell of the index, time bin and leading kind.

    Parameters
    ----------
    ledger
        The changesets of a range.
    cells
        Into how many cells of equally many changesets to split the range, at most.
    bins
        Into how many time bins to split it, at most; into fewer where pushes are so far out of order that cells would
        meet more than three times as many bins as there are of both.

    Returns
    -------
    dict
        ``first``, ``last`` (changeset indices of a cell); one item for each ``cell`` and ``bin`` that meet: their
        numbers, and in ``counts`` how many changesets of each of ``kinds`` (positions in `LABELS`) they share, item by
        item. ``step`` and ``start`` are the width of a bin and the start of bin 0, in minutes (since `MONDAY`);
        ``steps`` are the widths to which bins add up; ``waiting`` is the position in ``kinds`` of changesets that wait
        for their file, or -1. Where each cell is one changeset (``single``) there are of each the ``second`` (of the
        push, since 1970 as in the ledger), ``size`` (bytes), whether it is ``uploaded``, and its ``kind``, a position
        in ``texts``.
    """
    cell, first, last = cells_of(ledger, cells)
    minutes = ledger.time // 60_000 - MONDAY
    step = bin_step(minutes + MONDAY, bins)
    meets, at = _meets(cell, minutes, step)
    while len(meets) > 3 * (cells + bins) and step < max(STEPS):
        step = next(width for width in STEPS if width > step)
        meets, at = _meets(cell, minutes, step)
    labels = max(len(LABELS), int(ledger.code.max(initial=0)) + 1)
    counts = np.bincount(at * labels + ledger.code, minlength=len(meets) * labels).reshape(-1, labels)
    single = len(first) == len(ledger)
    each = _each(ledger) if single else {}
    return counted(first, last, meets, counts, step) | {"single": single} | each


def counted(first: Ints, last: Ints, meets: Ints, counts: Ints, step: int) -> Grid:
    """Lay out pushes as :func:`push_grid` does.

    Parameters
    ----------
    first, last
        Changeset indices of each cell.
    meets
        Pairs of a cell and of a bin, counted in steps since `MONDAY`, shape (items, 2).
    counts
        How many changesets of each code an item holds, shape (items, codes).
    step
        The width of a bin, in minutes.
    """
    kinds = np.flatnonzero(counts.any(axis=0))
    start = int(meets[:, 1].min()) if len(meets) else 0
    waiting = LABELS.index(WAITING)
    return {
        "single": False,
        "first": first,
        "last": last,
        "cell": meets[:, 0],
        "bin": meets[:, 1] - start,
        "counts": counts[:, kinds].ravel(),
        "kinds": kinds.tolist(),
        "waiting": kinds.tolist().index(waiting) if waiting in kinds else -1,
        "start": start * step,
        "step": step,
        "steps": [width for width in STEPS if width >= step],
        "origin": MONDAY,
    }


def _each(ledger: Ledger) -> Grid:
    texts, kind = flag_texts(ledger.flags)
    second, uploaded = ledger.time // 1_000, ledger.uploaded.astype(np.int64)
    return {"second": second, "size": ledger.size, "uploaded": uploaded, "kind": kind, "texts": texts}


def _meets(cell: Ints, minutes: Ints, step: int) -> tuple[Ints, npt.NDArray[np.intp]]:
    """Return the pairs of cell and bin that meet, in order, and the position among them of each changeset."""
    bins = minutes // step
    low, width = (bins.min(), np.ptp(bins) + 1) if len(bins) else (0, 1)
    keys, at = _distinct(cell * width + bins - low)
    return np.column_stack([keys // width, keys % width + low]), at


def _distinct(keys: Ints) -> tuple[Ints, npt.NDArray[np.intp]]:
    """Do what ``np.unique`` does, without sorting what is in order: pushes hardly ever go back in time."""
    edges = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    runs = keys[edges]
    if (runs[1:] < runs[:-1]).any():
        distinct, at = np.unique(runs, return_inverse=True)
    else:
        distinct, at = runs, np.arange(len(runs))
    return distinct, np.repeat(at, np.diff(edges, append=len(keys)))


def size_grid(ledger: Ledger, *, columns: int, fewest: int) -> Grid:
    """Summarise file sizes by column of the index, and medians of ever wider columns.

    Parameters
    ----------
    ledger
        The changesets of a range.
    columns
        Into how many columns of equally many changesets to split the range, at most.
    fewest
        Two, four, eight ... neighbours are joined until there are no more than so many columns.

    Returns
    -------
    dict
        ``first``, ``last``, ``count``, ``waiting``, ``zeros``, ``min``, ``max``, ``sum`` and ``median`` of each column
        as :func:`imodels_nb.aggregate.sizes_by_index` tells them, but 0 instead of NaN and medians rounded to a byte;
        in ``medians`` those of two, four, eight ... neighbours together. Where each column is one changeset
        (``single``) only ``max`` is there of the sizes, with ``minute`` (of the push, since 1970-01-01T00:00Z) and
        ``kind``, which is a position in ``kinds``, texts.
    """
    cell, first, last = cells_of(ledger, columns)
    table = summarised(ledger, cell, first, last)
    single = len(first) == len(ledger)
    medians, halves = [], len(first)
    while halves > fewest:
        halves = (halves + 1) // 2
        cell = cell // 2
        medians.append(_rounded(SizeColumns.of(ledger, cell, halves).median))
    if not single:
        return {"single": False, **table, "medians": medians}
    texts, code = flag_texts(ledger.flags)
    known = {name: table[name] for name in ("first", "last", "count", "waiting", "zeros", "max")}
    each = {"minute": ledger.time // 60_000, "kind": code, "kinds": texts}
    return {"single": True, **known, "medians": medians, **each}


def summarised(ledger: Ledger, cell: Ints, first: Ints, last: Ints) -> Grid:
    """Summarise sizes by cell as :func:`size_grid` tells them, however many changesets a cell holds."""
    table = SizeColumns.of(ledger, cell, len(first))
    spread = {name: _rounded(getattr(table, name)) for name in ("min", "median", "max")}
    exact = {name: getattr(table, name) for name in ("count", "waiting", "zeros", "sum")}
    return {"first": first, "last": last} | exact | spread


def _rounded(sizes: npt.NDArray[np.float64]) -> Ints:
    return np.rint(np.nan_to_num(sizes)).astype(np.int64)
