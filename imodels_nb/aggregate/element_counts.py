"""Numbers of inserted, updated and deleted elements by changeset, and their grids."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from imodels_nb.aggregate.cells import split_into_cells
from imodels_nb.aggregate.columns import LABELS, ChangesetColumns, Ints
from imodels_nb.aggregate.push_grids import PushGrid, add_changesets, assemble_push_grid, find_items
from imodels_nb.aggregate.pushes import MONDAY, choose_bin_step
from imodels_nb.frames import OPERATIONS, select_element_changes, validate_changes

ELEMENT_CODE = len(LABELS)
"""The code of the first class and operation; each class has one code for each of `OPERATIONS`."""

_ALL = "elements"
_MAX_CLASSES = 7  # classes that have a color of their own


@dataclass(frozen=True, eq=False)
class ElementCounts:
    """Numbers of changed elements by changeset, class and operation.

    Parameters
    ----------
    index
        Changeset index of each item, ascending.
    code
        `ELEMENT_CODE` + 3 * position of the class + position of the operation.
    count
        Number of elements of each item.
    classes
        Labels of the classes: "elements" alone, or the classes with most changes and "others".
    """

    index: Ints
    code: Ints
    count: Ints
    classes: tuple[str, ...]

    @classmethod
    def from_frame(cls, changes: pd.DataFrame, *, by_class: bool = False) -> Self:
        """Compute the counts; updates that only follow other changes do not count."""
        rows = select_element_changes(validate_changes(changes, details=("elements",)))
        index = rows.index.get_level_values(0).to_numpy(np.int64)
        operation = pd.Categorical(rows["operation"], categories=list(OPERATIONS)).codes.astype(np.int64)
        position, classes = _find_classes(rows["class_name"]) if by_class else (np.zeros(len(rows), np.int64), (_ALL,))
        codes = len(OPERATIONS) * len(classes)
        keys = index * codes + position * len(OPERATIONS) + operation
        distinct, count = np.unique(keys, return_counts=True)
        return cls(distinct // codes, ELEMENT_CODE + distinct % codes, count.astype(np.int64), classes)

    def check_changesets(self, data: ChangesetColumns) -> None:
        """Raise an error if a changeset of the changes is not among the changesets."""
        unknown = np.setdiff1d(self.index, data.index)
        if len(unknown):
            raise ValueError(
                f"The changes have {len(unknown):,} changesets that the changesets frame lacks, the first is"
                f" {unknown[0]:,}; pass the changesets of the same iModel, or changes.loc[first:last] of their range."
            )

    def select_range(self, first: int, last: int) -> "ElementCounts":
        """Return the items of a range, both ends inclusive."""
        part = slice(np.searchsorted(self.index, first), np.searchsorted(self.index, last, side="right"))
        return ElementCounts(self.index[part], self.code[part], self.count[part], self.classes)

    def count_by_operation(self, index: Ints) -> Ints:
        """Return the number of inserted, updated and deleted elements of changesets.

        The array has a row for each item of `index`, ascending, and a column for each of `OPERATIONS`.
        """
        part = np.isin(self.index, index)
        operations = len(OPERATIONS)
        keys = np.searchsorted(index, self.index[part]) * operations + (self.code[part] - ELEMENT_CODE) % operations
        counts = np.bincount(keys, self.count[part], minlength=len(index) * operations)
        return counts.astype(np.int64).reshape(-1, operations)

    def count_existing(self, first: Ints) -> Ints:
        """Return the number of elements before each of some changesets, by the changes."""
        operation = (self.code - ELEMENT_CODE) % len(OPERATIONS)
        sign = np.array([{"inserted": 1, "deleted": -1}.get(name, 0) for name in OPERATIONS])
        total = np.concatenate([[0], np.cumsum(sign[operation] * self.count)])
        return total[np.searchsorted(self.index, first)].astype(np.int64)


def _find_classes(names: pd.Series) -> tuple[Ints, tuple[str, ...]]:
    """Return the position of each class among the labels, and the labels."""
    known = names.astype("str").fillna("unknown class").astype("category")
    totals = known.value_counts()
    totals = totals[totals > 0]
    own = list(totals.index if len(totals) <= _MAX_CLASSES + 1 else totals.index[:_MAX_CLASSES])
    positions = {name: own.index(name) if name in own else len(own) for name in known.cat.categories}
    others = (f"{len(totals) - len(own):,} others",) if len(totals) > len(own) else ()
    labels = (*(name.partition(":")[2] or name for name in own), *others)
    by_code = np.array([positions[name] for name in known.cat.categories], dtype=np.int64)
    return by_code[known.cat.codes.to_numpy()], labels or (_ALL,)


def build_change_grid(data: ChangesetColumns, counts: ElementCounts, *, max_cells: int, max_bins: int) -> PushGrid:
    """Build a grid of changed elements by cell of the index, time bin and code.

    Parameters
    ----------
    data
        The changesets of a range.
    counts
        The counts of all changesets.
    max_cells, max_bins
        As for :func:`imodels_nb.aggregate.build_push_grid`.

    Returns
    -------
    dict
        As :func:`imodels_nb.aggregate.build_push_grid` returns it, with numbers of elements in the place of pushes, and
        ``existing``: the number of elements before each cell.
    """
    cell, first, last = split_into_cells(data, max_cells)
    step = choose_bin_step(data.time // 60_000, max_bins)
    items, item = find_items(cell, data.time // 60_000 - MONDAY, step)
    part = counts.select_range(*data.bounds)
    codes = ELEMENT_CODE + len(OPERATIONS) * len(counts.classes)
    keys = item[np.searchsorted(data.index, part.index)] * codes + part.code if len(data) else part.code[:0]
    table = np.bincount(keys, weights=part.count[: len(keys)], minlength=len(items) * codes)
    grid = assemble_push_grid(first, last, items, table.astype(np.int64).reshape(-1, codes), step)
    grid["existing"] = counts.count_existing(first)
    if len(first) == len(data):
        add_changesets(grid, data)
    return grid
