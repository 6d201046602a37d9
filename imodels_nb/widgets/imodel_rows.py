"""Rows of the iModel picker: iTwins or iModels, searched, sorted and formatted."""

from typing import Any, Literal, NotRequired, TypedDict

import pandas as pd

from imodels_nb._format import sort_key

PAGE_ROWS = 10
"""Rows of a page."""

MAX_SEARCH = 200
"""Characters of a search; the rest is ignored."""

Level = Literal["itwins", "imodels"]

_MAX_TEXT = 200  # characters of a cell
_MIN_ID = 4  # characters of an id that are searched


class PickerRequest(TypedDict, total=False):
    """Request of the browser: a page, sorted and searched; a choice; or another try."""

    level: Level
    page: int
    sort: str
    descending: bool
    search: str
    choose: str
    retry: bool
    request: int


class PickerColumn(TypedDict):
    """A column of the table; ``Column`` in ``imodel_picker.js``."""

    name: str
    text: str
    is_time: bool
    is_minor: bool


class PickerPage(TypedDict):
    """A page of the table; ``Page`` in ``imodel_picker.js``."""

    level: Level
    columns: list[PickerColumn]
    rows: list[dict[str, str]]
    page: int
    pages: int
    matching: int
    total: int
    sort: str
    descending: bool
    request: NotRequired[int]


COLUMNS: dict[Level, list[PickerColumn]] = {
    "itwins": [
        {"name": "display_name", "text": "iTwin", "is_time": False, "is_minor": False},
        {"name": "number", "text": "Number", "is_time": False, "is_minor": False},
        {"name": "sub_class", "text": "Kind", "is_time": False, "is_minor": True},
    ],
    "imodels": [
        {"name": "display_name", "text": "iModel", "is_time": False, "is_minor": False},
        {"name": "last_push_date_time", "text": "Last push (UTC)", "is_time": True, "is_minor": False},
        {"name": "created_date_time", "text": "Created (UTC)", "is_time": True, "is_minor": True},
        {"name": "description", "text": "Description", "is_time": False, "is_minor": True},
    ],
}
"""Columns of each list. A minor one is left out where the widget is narrow."""


class PickerRows:
    """Rows of a list that can be searched and sorted.

    Parameters
    ----------
    level
        Which list it is.
    frame
        A frame in the order of use, with ``is_recent`` and ``is_favorite``.
    """

    def __init__(self, level: Level, frame: pd.DataFrame) -> None:
        self.level = level
        self.frame = frame
        self._columns = [column for column in COLUMNS[level] if column["name"] in frame]
        self._cells = {column["name"]: _format_column(frame[column["name"]], column) for column in self._columns}
        self._ids = [str(key) for key in frame.index]
        texts = [cells for name, cells in self._cells.items() if not _is_time_column(name)]  # "17" is no part of a time
        self._texts = ["\n".join(parts).casefold() for parts in zip(*texts, strict=True)]

    def build_page(self, request: PickerRequest, chosen: str) -> PickerPage:
        """Build the page that a browser asks for; by default that with the chosen row."""
        sort, descending = str(request.get("sort", "")), bool(request.get("descending"))
        found = self._sort(self._search(str(request.get("search", ""))), sort, descending=descending)
        pages = max(-(-len(found) // PAGE_ROWS), 1)
        page = request.get("page")
        if page is None:
            ids = [self._ids[position] for position in found]
            page = ids.index(chosen) // PAGE_ROWS if chosen in ids else 0
        page = min(max(int(page), 0), pages - 1)
        return {
            "level": self.level,
            "columns": self._columns,
            "rows": [self._format_row(position) for position in found[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]],
            "page": page,
            "pages": pages,
            "matching": len(found),
            "total": len(self.frame),
            "sort": sort if sort in self._cells else "",
            "descending": descending,
            "request": int(request.get("request", 0)),
        }

    def find(self, key: str) -> pd.Series | None:
        """Return the row with an id, or None."""
        return self.frame.iloc[self._ids.index(key)] if key in self._ids else None

    def _search(self, search: str) -> list[int]:
        words = search[:MAX_SEARCH].casefold().split()
        whole = " ".join(words)
        found = [position for position, text in enumerate(self._texts) if all(word in text for word in words)]
        if found or len(whole) < _MIN_ID:
            return found
        return [position for position, key in enumerate(self._ids) if whole in key]

    def _sort(self, found: list[int], sort: str, *, descending: bool) -> list[int]:
        """Sort rows by a column; rows without a value come last.

        Any name other than that of a column keeps the order of use.
        """
        if sort not in self._cells:
            return found
        cells = self._cells[sort]
        filled = sorted(
            (position for position in found if cells[position]),
            key=lambda position: sort_key(cells[position]),
            reverse=descending,
        )
        return [*filled, *(position for position in found if not cells[position])]

    def _format_row(self, position: int) -> dict[str, str]:
        marks = [
            text
            for name, text in (("is_favorite", "★ favorite"), ("is_recent", "recent"))
            if name in self.frame and self.frame[name].iloc[position]
        ]
        cells = {name: cells[position] for name, cells in self._cells.items()}
        return {"id": self._ids[position], "mark": " · ".join(marks), **cells}


def _is_time_column(name: str) -> bool:
    return name.endswith("_date_time")


def _format_column(values: pd.Series, column: PickerColumn) -> list[str]:
    """Format the values of a column, so that times sort as texts."""
    if column["is_time"]:
        return ["" if pd.isna(value) else f"{value:%Y-%m-%d %H:%M}" for value in values]
    return [format_text(value) for value in values.astype(object)]


def format_text(value: Any) -> str:
    """Format a text of the service in one line that is not too long."""
    text = "" if pd.isna(value) else " ".join(str(value).split())
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
