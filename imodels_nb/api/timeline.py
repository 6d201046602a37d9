"""One iModel's timeline, read by many and proved whole."""

from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from imodels_nb.api.chain import Break, first_break, spliced
from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import Page
from imodels_nb.api.pages import imodel_path, page
from imodels_nb.api.ranges import PAGE_SIZE, Range, RangePlan
from imodels_nb.api.request import FULL, MINIMAL, Request
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL
from imodels_nb.api.walks import Job
from imodels_nb.errors import IncompleteTimeline

if TYPE_CHECKING:
    from imodels_nb.errors import IModelsError

_MAX_INDEX = 2**63 - 1
_REPAIRS = 8  # places that are read again before a timeline counts as broken


class TimelineWalk:
    """Reads the changesets of one iModel; a walk for :func:`imodels_nb.api.walks.drive`.

    The range is read with one changeset more on either side, where that takes no further request. The chain through
    them proves that neither the first nor the last changeset of the range is missing.

    Parameters
    ----------
    imodel_id
        GUID of the iModel.
    after, last
        What to read, as the API has it: exclusive start, inclusive end.
    full
        Whether to ask for the full representation.
    workers
        How many requests may be under way at once.
    known
        The rows from the start that are known already, in place of `after`. Should the timeline not go on from them,
        they are forgotten and everything is read.

    Attributes
    ----------
    failure
        Why it came to nothing, if it did.
    known
        The known rows, as long as the timeline goes on from them.
    """

    def __init__(
        self,
        imodel_id: str,
        *,
        workers: int,
        after: int = 0,
        last: int | None = None,
        full: bool = False,
        known: pa.Table | None = None,
    ) -> None:
        self.imodel_id = imodel_id
        self.failure: IModelsError | None = None
        self.known = known if known is not None and known.num_rows else None
        self._path = f"{imodel_path(imodel_id)}/changesets"
        self._after, self._last, self._full, self._workers = after, last, full, workers
        self._repaired: set[Break] = set()
        self._gap: Break | None = None
        self._rows: pa.Table | None = None
        self._anchor = _last_row(self.known) if self.known is not None else None
        self._step: Literal["range", "gap", "start", "end"] = "range"
        self._page_size = PAGE_SIZE
        self._plan = RangePlan(*self._range_with_neighbors(), workers)

    @property
    def finished(self) -> bool:
        """Whether everything has come, and is proved whole."""
        return self._plan.finished and self._gap is None

    @property
    def came(self) -> int:
        """How many rows have come."""
        return self._plan.rows if self._rows is None else self._rows.num_rows

    @property
    def expected(self) -> int | None:
        """About how many rows there will be; ``None`` while nobody knows."""
        return self._plan.expected if self._rows is None else self._rows.num_rows

    def rows(self) -> pa.Table:
        """Give the changesets under the API's own names, ascending; those that were known come first."""
        return self.news() if self.known is None else pa.concat_tables([self.known, self.news()])

    def news(self) -> pa.Table:
        """Give the changesets that were not known."""
        if self._rows is None or not self.finished:
            raise RuntimeError("The walk has not come to its end.")
        index = self._rows.column("index")
        wanted = pc.greater(index, self._anchor["index"] if self._anchor else self._after)
        return self._rows.filter(wanted if self._last is None else pc.and_(wanted, pc.less_equal(index, self._last)))

    def next(self) -> Job | None:
        """Give what to ask now."""
        wanted = self._plan.next()
        return Job(partial(self._ask, wanted), partial(self._take, wanted)) if wanted else None

    def _range_with_neighbors(self) -> tuple[int, int | None]:
        """Add the row before the range, and the row behind it if one page is sure to hold all."""
        after = self._anchor["index"] if self._anchor else self._after
        if self._last is not None and after < self._last <= after + PAGE_SIZE - 2:
            return max(after - 1, 0), min(self._last + 1, _MAX_INDEX)
        return max(after - 1, 0), self._last

    def _ask(self, wanted: Range, client: IModelsClient, stop: Event) -> Page:
        query: dict[str, str | int] = {"$top": self._page_size, "afterIndex": wanted.after}
        if wanted.last is not None:
            query["lastIndex"] = wanted.last
        query["$orderBy"] = "index desc" if wanted.newest_first else "index asc"
        collection = CHANGESETS_FULL if self._full else CHANGESETS
        request = Request(self._path, query, prefer=FULL if self._full else MINIMAL)
        return page(client, request, collection, stop)

    def _take(self, wanted: Range, page: Page) -> None:
        self._plan.took(wanted, page)
        if self._step in ("start", "end") or (wanted.newest_first and self._reaches_start(page)):
            self._plan.drop_rest()
        if self._plan.finished:
            self._prove(has_more=page.next_href is not None)

    def _reaches_start(self, newest: Page) -> bool:
        """Tell whether the oldest row of the newest page is the first of the range, so that none is left before it."""
        if newest.rows.num_rows == 0:
            return False
        oldest = newest.rows.slice(newest.rows.num_rows - 1).to_pylist()[0]
        if self._anchor:
            return bool(oldest["parentId"] == self._anchor["id"])
        return bool(oldest["index"] == self._after + 1)

    def _prove(self, *, has_more: bool) -> None:
        """Look for a break in what has come; have it read again once."""
        self._rows = self._merge(self._plan.batches())
        if self._anchor and not self._follows_anchor():
            self._start_over()
            return
        self._gap = first_break(self._rows, from_the_start=self._after == 0 and not self._anchor)
        edge = self._first_edge() if self._gap is None else None
        if self._gap or edge:
            self._read_again(self._gap, edge)
        elif self._last is not None and self._last > self._after:
            self._read_end(self._last, has_more=has_more)

    def _merge(self, batches: list[pa.RecordBatch]) -> pa.Table:
        if self._rows is None:
            return pa.Table.from_batches(batches)
        if self._gap is None:  # the rows behind the others
            return pa.concat_tables([self._rows, pa.Table.from_batches(batches)])
        return spliced(self._rows, batches, self._gap)

    def _first_edge(self) -> Break | None:
        """Give the edge before the first row, if rows may be missing there: its parent did not come."""
        if self._rows is None or self._rows.num_rows == 0 or self._after == 0 or self._anchor:
            return None
        first = self._rows.slice(0, 1).to_pylist()[0]
        is_proved = first["index"] <= self._after + 1 or not first["parentId"]
        return None if is_proved else Break(self._after, first["index"])

    def _read_again(self, gap: Break | None, edge: Break | None) -> None:
        place = gap or edge
        if place is None:
            return
        if len(self._repaired) >= _REPAIRS or any(map(place.touches, self._repaired)):
            raise _first_is_missing(place) if edge else _incomplete(place)
        self._repaired.add(place)
        self._gap = place
        if edge:  # with the row before it, wherever that is
            self._start_step("start", RangePlan(0, place.high, self._workers), place.high - place.low + 1)
        else:
            self._start_step("gap", RangePlan(max(place.low - 1, 0), place.high, self._workers))

    def _read_end(self, last: int, *, has_more: bool) -> None:
        """Read on behind the last row, if it is not the last of the range: the row that follows has to name it."""
        rows = self._rows
        end = rows.column("index")[-1].as_py() if rows is not None and rows.num_rows else self._after
        is_newest = self._step == "end" and not has_more
        if end < last and not is_newest:
            self._start_step("end", RangePlan(end, None, self._workers, newest_first=False), last - end + 1)

    def _start_step(self, step: Literal["gap", "start", "end"], plan: RangePlan, rows: int = PAGE_SIZE) -> None:
        self._step, self._plan, self._page_size = step, plan, min(PAGE_SIZE, rows)

    def _follows_anchor(self) -> bool:
        """Tell whether what is known goes on in what has come."""
        rows, anchor = self._rows, self._anchor
        if rows is None or anchor is None or rows.num_rows == 0:
            return False
        first = rows.slice(0, 1).to_pylist()[0]
        if first["index"] == anchor["index"]:
            return bool(first["id"] == anchor["id"])
        return bool(first["parentId"] == anchor["id"])

    def _start_over(self) -> None:
        self.known = self._anchor = self._rows = self._gap = None
        self._step, self._page_size = "range", PAGE_SIZE
        self._plan = RangePlan(0, self._last, self._workers)


def _last_row(rows: pa.Table) -> dict[str, Any]:
    """Give the changeset that is known last: what is new has to follow it."""
    row: dict[str, Any] = rows.slice(rows.num_rows - 1).to_pylist()[0]
    return row


def _first_is_missing(edge: Break) -> IncompleteTimeline:
    return IncompleteTimeline(
        f"Changesets are missing after index {edge.before}: {edge.after} is the next one that the service sends, but "
        f"its parent is not there. Fetch again; if it stays, after_index={edge.after - 1} fetches what there is."
    )


def _incomplete(gap: Break) -> IncompleteTimeline:
    if gap.before == 0:
        return IncompleteTimeline(
            f"The timeline has no beginning: changeset {gap.after} comes first, but names a parent. Fetch again; "
            f"if it stays, after_index={gap.after - 1} fetches what there is."
        )
    return IncompleteTimeline(
        f"The timeline breaks between changesets {gap.before} and {gap.after}: the parent of {gap.after} is not "
        f"{gap.before}. Fetch again; if it stays, the iModel's history was changed on the service."
    )
