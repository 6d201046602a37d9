"""Rows of the changeset table: searched, sorted and formatted."""

from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb._format import format_bytes
from imodels_nb.aggregate import NOT_UPLOADED, ChangesetColumns, ElementCounts, IndexRange, format_flags
from imodels_nb.errors import clean_text
from imodels_nb.frames import name_creators, read_texts

_OPERATIONS = {"inserted": "+", "updated": "~", "deleted": "−"}  # noqa: RUF001  # a minus sign
_MAX_CHARACTERS = 400  # characters of a text that is shown; the search finds all of it
MAX_SEARCH = 200
"""Characters of a search; the rest is ignored."""

Positions = npt.NDArray[np.intp]


class TableRow(TypedDict):
    """A row of the table; ``Row`` in ``changeset_table.js``."""

    index: int
    seconds: int
    time: str
    who: str
    kinds: str
    size: str
    description: str
    elements: str


class TableRows:
    """All changesets as rows that can be searched and sorted.

    Parameters
    ----------
    changesets
        The changesets frame.
    data
        Its columns, in local time.
    users
        A frame as :func:`imodels_nb.fetch_users` returns it, for the labels of creators. Without it, and without the
        column ``creator_name``, creators are pseudonyms.
    changes
        A frame as :func:`imodels_nb.fetch_changes` returns it, for the number of elements; or None.
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        data: ChangesetColumns,
        users: pd.DataFrame | None = None,
        changes: pd.DataFrame | None = None,
    ) -> None:
        frame = changesets.loc[data.index]
        texts, position = format_flags(data.flags)
        self._data = data
        self._kinds = [texts[number] for number in position]
        self._who = name_creators(frame, users)
        self._description = read_texts(frame, "description")
        self._id = read_texts(frame, "id")
        self._counts = None if changes is None else ElementCounts.from_frame(changes).count_by_operation(data.index)
        self._search_texts: list[str] | None = None
        self._ranks: dict[str, npt.NDArray[Any]] = {}

    @property
    def columns(self) -> list[str]:
        """Names of the columns: elements only where their changes are known."""
        names = ["index", "time", "who", "kinds", "size", "description"]
        return names if self._counts is None else [*names, "elements"]

    def select(self, index_range: IndexRange, search: str, sort: str, *, descending: bool) -> Positions:
        """Return the positions of the rows of a range that contain all words, in order.

        Parameters
        ----------
        index_range
            First and last changeset index, both inclusive.
        search
            Words to find in any column, upper or lower case.
        sort
            Name of a column; any other text is the index.
        descending
            Whether the largest comes first.
        """
        start = int(np.searchsorted(self._data.index, index_range[0]))
        stop = int(np.searchsorted(self._data.index, index_range[1], side="right"))
        found = np.arange(start, stop)
        for word in search[:MAX_SEARCH].casefold().split():
            texts = self._list_search_texts()
            found = found[[word in texts[position] for position in found]]
        if sort in self.columns and sort != "index":
            found = found[np.argsort(self._rank(sort)[found], kind="stable")]
        return found[::-1] if descending else found

    def find(self, positions: Positions, index: int | None) -> int | None:
        """Return the number of the row of a changeset, or None."""
        rows = np.flatnonzero(self._data.index[positions] == index)
        return int(rows[0]) if len(rows) else None

    def format(self, positions: Positions) -> list[TableRow]:
        """Format rows for people."""
        return [self._format_row(int(position)) for position in positions]

    def _format_row(self, position: int) -> TableRow:
        data = self._data
        waiting = "" if data.uploaded[position] else f" · {NOT_UPLOADED}"
        return {
            "index": int(data.index[position]),
            "seconds": int(data.time[position]) // 1000,
            "time": f"{pd.Timestamp(int(data.time[position]), unit='ms'):%Y-%m-%d %H:%M}",
            "who": _shorten(self._who[position]),
            "kinds": f"{self._kinds[position]}{waiting}",
            "size": format_bytes(int(data.size[position])),
            "description": _shorten(self._description[position]),
            "elements": self._format_elements(position),
        }

    def _format_elements(self, position: int) -> str:
        if self._counts is None:
            return ""
        counts = zip(_OPERATIONS.values(), self._counts[position], strict=True)
        return " ".join(f"{sign}{count:,}" for sign, count in counts if count)

    def _list_search_texts(self) -> list[str]:
        """Return the text of each row, in lower case; it is built for the first search."""
        if self._search_texts is None:
            columns = (self._data.index.astype(str), self._who, self._kinds, self._description, self._id)
            self._search_texts = ["\n".join(parts).casefold() for parts in zip(*columns, strict=True)]
        return self._search_texts

    def _rank(self, column: str) -> npt.NDArray[Any]:
        """Return numbers by which a column is sorted; they are computed once."""
        if column not in self._ranks:
            values: dict[str, Any] = {"time": self._data.time, "size": self._data.size}
            if column in values:
                self._ranks[column] = values[column]
            elif column == "elements" and self._counts is not None:
                self._ranks[column] = self._counts.sum(axis=1)
            else:
                columns: dict[str, Any] = {"who": self._who, "kinds": self._kinds, "description": self._description}
                texts: list[str] = list(columns[column])
                folded = np.array([text.casefold() for text in texts], dtype=object)
                self._ranks[column] = pd.factorize(folded, sort=True)[0]
        return self._ranks[column]


def _shorten(text: str) -> str:
    text = clean_text(text)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}…"
