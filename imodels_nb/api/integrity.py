"""Integrity of a timeline: the chain of parents, its breaks, and their errors.

Each changeset names its parent. If the rows form one unbroken chain of parents, no row is missing between them.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from imodels_nb.errors import IncompleteTimeline


@dataclass(frozen=True)
class ChainBreak:
    """Indexes of two neighboring rows that do not belong together.

    If there is no row before the break, `previous_index` is 0.
    """

    previous_index: int
    next_index: int

    @property
    def low(self) -> int:
        """The smaller index."""
        return min(self.previous_index, self.next_index)

    @property
    def high(self) -> int:
        """The larger index."""
        return max(self.previous_index, self.next_index)

    def overlaps(self, other: "ChainBreak") -> bool:
        """Return whether both breaks have one of the two indexes in common.

        A repair can change the other index.
        """
        return self.previous_index == other.previous_index or self.next_index == other.next_index


def find_chain_break(rows: pa.Table, *, from_first: bool = False) -> ChainBreak | None:
    """Find the first break in the chain of rows.

    Parameters
    ----------
    rows
        Changesets with ``id``, ``index`` and ``parentId``, in order.
    from_first
        Whether the first row should be the first changeset of the iModel, which has no parent.

    Returns
    -------
    ChainBreak or None
        The first two rows where the index does not increase, or where the parent of a row is not the row before it.
        A null parent is unknown, and not a break.
    """
    if rows.num_rows == 0:
        return None
    index, ids, parents = (rows.column(name) for name in ("index", "id", "parentId"))
    if from_first and parents[0].as_py():
        return ChainBreak(0, index[0].as_py())
    increases = pc.less(index[:-1], index[1:])
    is_parent = pc.fill_null(pc.equal(ids[:-1], parents[1:]), fill_value=True)
    position = pc.index(pc.and_(increases, is_parent), value=False).as_py()
    return None if position < 0 else ChainBreak(index[position].as_py(), index[position + 1].as_py())


def replace_around_break(rows: pa.Table, new_rows: pa.Table, chain_break: ChainBreak) -> pa.Table:
    """Return the rows with those around a break replaced by newly fetched ones."""
    index = rows.column("index")
    before = rows.filter(pc.less(index, chain_break.low))
    after = rows.filter(pc.greater(index, chain_break.high))
    return pa.concat_tables([before, new_rows, after])


def build_chain_error(chain_break: ChainBreak) -> IncompleteTimeline:
    """Build the error for a break that a second fetch has not closed."""
    before, after = chain_break.previous_index, chain_break.next_index
    if before == 0:
        return IncompleteTimeline(
            f"The timeline has no beginning: changeset {after} comes first, but has a parent. Fetch again. "
            f"If that does not help, after_index={after - 1} fetches the rest."
        )
    return IncompleteTimeline(
        f"The timeline breaks between changesets {before} and {after}: the parent of {after} is not "
        f"{before}. Fetch again. If that does not help, contact the iModel's administrator: changesets may have been "
        "removed or replaced."
    )


def build_start_error(start: ChainBreak) -> IncompleteTimeline:
    """Build the error for rows that are missing after the start of a range."""
    return IncompleteTimeline(
        f"Changesets are missing after index {start.previous_index}: the next one that the service sends is "
        f"{start.next_index}, but not its parent. Fetch again. "
        f"If that does not help, after_index={start.next_index - 1} fetches the rest."
    )
