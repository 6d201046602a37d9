"""Table of the changesets of a range, which requests one page at a time."""

from pathlib import Path
from typing import Any, TypedDict

import anywidget
import ipywidgets
import pandas as pd
import traitlets

from imodels_nb.engine import bundle_modules
from imodels_nb.widgets.paged_table import PAGER_TEXTS, PagerTexts, read_table_styles
from imodels_nb.widgets.range_chart import RangeChart
from imodels_nb.widgets.table_rows import TableRow, TableRows

PAGE_ROWS = 10
"""Rows of a page."""


class TableRequest(TypedDict, total=False):
    """Request of the browser: a page of a range, sorted and searched."""

    request: int
    range: list[int]
    page: int
    find: int | None
    sort: str
    descending: bool
    search: str


class TablePage(TypedDict):
    """A page of the table; ``Page`` in ``changeset_table.js``."""

    request: int
    page: int
    pages: int
    matching: int
    total: int
    rows: list[TableRow]


class TableTexts(TypedDict):
    """Texts of the table; ``Texts`` in ``changeset_table.js``."""

    heads: dict[str, str]
    table: str
    search: str
    search_hint: str
    all: str
    found: str
    select: str
    pager: PagerTexts
    no_kernel: str


def _build_texts(time_zone: str) -> TableTexts:
    return {
        "heads": {
            "index": "Changeset",
            "time": f"Pushed ({time_zone})",
            "who": "Who",
            "kinds": "Kinds",
            "size": "Size",
            "description": "Description",
            "elements": "Elements",
        },
        "table": "Changesets of the range",
        "search": "Search these changesets",
        "search_hint": "Search the changesets of the range",
        "all": "{total} changesets in the range",
        "found": "{matching} of {total} changesets",
        "select": "Show this changeset in the charts",
        "pager": PAGER_TEXTS,
        "no_kernel": "No kernel is connected, so the table stays as it is. Run the cell again.",
    }


class ChangesetTable(anywidget.AnyWidget):
    """A table of the changesets in the range of a chart.

    It shows when each was pushed, by whom, its kinds, its size and its description.

    A click on the head of a column sorts, and a search finds words in all columns. The browser gets one page of ten
    rows at a time, also if there are a million changesets. A click on a row marks its changeset in the chart, and a
    click on a single changeset in the chart marks its row.

    Parameters
    ----------
    chart
        The chart whose range the table follows, such as a :class:`PushTimeline`.
    users
        A frame as :func:`imodels_nb.fetch_users` returns it, for the labels of creators. Without it, creators are
        pseudonyms, unless the changesets have names (:func:`imodels_nb.frames.with_creator_names`).
    changes
        A frame as :func:`imodels_nb.fetch_changes` returns it, for the number of elements in each changeset.

    Examples
    --------
    >>> timeline = PushTimeline(sample.load_changesets(), index_range=(100, 300))
    >>> ChangesetTable(timeline).page["total"]
    201
    """

    _esm = bundle_modules(Path(__file__).parent / "changeset_table.js")
    _css = read_table_styles("changeset_table.css")
    slider = traitlets.Instance(ipywidgets.IntRangeSlider).tag(sync=True, **ipywidgets.widget_serialization)
    page = traitlets.Dict().tag(sync=True)
    columns: traitlets.List[str] = traitlets.List().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)

    def __init__(
        self, chart: RangeChart, users: pd.DataFrame | None = None, *, changes: pd.DataFrame | None = None
    ) -> None:
        if not isinstance(chart, RangeChart):
            raise TypeError(f"chart should be a chart such as PushTimeline, not {type(chart).__name__}.")
        self._chart, self._users, self._changes = chart, users, changes
        self._data = chart.data
        self._rows = TableRows(chart.changesets, chart.data, users, changes)
        super().__init__(
            slider=chart.slider,
            columns=self._rows.columns,
            texts=_build_texts(chart.time_zone),
            page=self._build_page({"range": list(chart.index_range)}),
        )
        self.on_msg(self._handle_request)

    def _handle_request(self, _table: Any, request: TableRequest, _buffers: Any) -> None:
        self.send(self._build_page(request))

    def _build_page(self, request: TableRequest) -> TablePage:
        """Build the page that a browser asks for, or the one with a changeset to find."""
        if self._chart.data is not self._data:  # the chart shows other changesets by now
            self._data = self._chart.data
            self._rows = TableRows(self._chart.changesets, self._data, self._users, self._changes)
        first, last = request["range"]
        index_range = (int(first), int(last))
        sort, descending = str(request.get("sort", "index")), bool(request.get("descending"))
        found = self._rows.select(index_range, str(request.get("search", "")), sort, descending=descending)
        pages = max(-(-len(found) // PAGE_ROWS), 1)
        page = int(request.get("page", 0))
        row = self._rows.find(found, request.get("find"))
        if row is not None:
            page = row // PAGE_ROWS
        page = min(max(page, 0), pages - 1)
        return {
            "request": int(request.get("request", 0)),
            "page": page,
            "pages": pages,
            "matching": len(found),
            "total": len(self._rows.select(index_range, "", "index", descending=False)),
            "rows": self._rows.format(found[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]),
        }
