"""The proof that rows are whole: each changeset names its parent, so an unbroken chain leaves none out."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Break:
    """Two neighbouring rows that do not belong together; `before` is 0 when nothing is there."""

    before: int
    after: int

    @property
    def low(self) -> int:
        """The smaller of the two indices."""
        return min(self.before, self.after)

    @property
    def high(self) -> int:
        """The larger of the two indices."""
        return max(self.before, self.after)

    def touches(self, other: "Break") -> bool:
        """Tell whether it is the same place: what was read again has changed one side of it at most."""
        return self.before == other.before or self.after == other.after


def first_break(rows: pa.Table, *, from_the_start: bool = False) -> Break | None:
    """Find where rows stop to be one unbroken chain.

    Parameters
    ----------
    rows
        Changesets with ``id``, ``index`` and ``parentId``, as they are to be handed out.
    from_the_start
        Whether the first row should be the first of the timeline, which has no parent.

    Returns
    -------
    Break or None
        The first place where the index does not increase, or where a row names another parent than the row before it.
        A null parent is unknown, not broken.
    """
    if rows.num_rows == 0:
        return None
    index, ids, parents = (rows.column(name) for name in ("index", "id", "parentId"))
    if from_the_start and parents[0].as_py():
        return Break(0, index[0].as_py())
    increases = pc.less(index[:-1], index[1:])
    fits = pc.fill_null(pc.equal(ids[:-1], parents[1:]), fill_value=True)
    place = pc.index(pc.and_(increases, fits), value=False).as_py()
    return None if place < 0 else Break(index[place].as_py(), index[place + 1].as_py())


def spliced(rows: pa.Table, patch: Sequence[pa.RecordBatch], gap: Break) -> pa.Table:
    """Put newly read rows in the place of a break, both of its neighbours included."""
    index = rows.column("index")
    before = rows.filter(pc.less(index, gap.low))
    after = rows.filter(pc.greater(index, gap.high))
    return pa.concat_tables([before, pa.Table.from_batches(patch), after])
