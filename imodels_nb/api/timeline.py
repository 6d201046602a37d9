"""One iModel's timeline, read by many and proved whole."""

from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import pyarrow as pa

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

_REPAIRS = 8  # places that are read again before a timeline counts as broken


class TimelineWalk:
    """Reads the changesets of one iModel; a walk for :func:`imodels_nb.api.walks.drive`.

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
        self._plan = self._new_plan(self._anchor["index"] - 1 if self._anchor else after, last)

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
        return self._rows

    def next(self) -> Job | None:
        """Give what to ask now."""
        wanted = self._plan.next()
        return Job(partial(self._ask, wanted), partial(self._take, wanted)) if wanted else None

    def _new_plan(self, after: int, last: int | None) -> RangePlan:
        return RangePlan(after, last, self._workers)

    def _ask(self, wanted: Range, client: IModelsClient, stop: Event) -> Page:
        query: dict[str, str | int] = {"$top": PAGE_SIZE, "afterIndex": wanted.after}
        if wanted.last is not None:
            query["lastIndex"] = wanted.last
        query["$orderBy"] = "index desc" if wanted.newest_first else "index asc"
        collection = CHANGESETS_FULL if self._full else CHANGESETS
        request = Request(self._path, query, prefer=FULL if self._full else MINIMAL)
        return page(client, request, collection, stop)

    def _take(self, wanted: Range, page: Page) -> None:
        self._plan.took(wanted, page)
        if wanted.newest_first and self._reaches_anchor(page):
            self._plan.drop_rest()
        if self._plan.finished:
            self._prove()

    def _prove(self) -> None:
        """Look for a break in what has come; have it read again once."""
        batches = self._plan.batches()
        self._rows = pa.Table.from_batches(batches) if self._gap is None else spliced(self._rows, batches, self._gap)
        if self._anchor and not self._follows_anchor():
            self._start_over()
            return
        self._gap = first_break(self._rows, from_the_start=self._after == 0 and not self._anchor)
        if self._gap is None:
            return
        if len(self._repaired) >= _REPAIRS or any(map(self._gap.touches, self._repaired)):
            raise _incomplete(self._gap)
        self._repaired.add(self._gap)
        self._plan = self._new_plan(max(self._gap.low - 1, 0), self._gap.high)

    def _reaches_anchor(self, newest: Page) -> bool:
        """Tell whether the oldest row of the newest page follows the anchor, so that nothing is left in between."""
        parents = newest.rows.column("parentId")
        return self._anchor is not None and len(parents) > 0 and bool(parents[-1].as_py() == self._anchor["id"])

    def _follows_anchor(self) -> bool:
        """Tell whether what is known goes on in what has come, and leave out what came of the former."""
        rows, anchor = self._rows, self._anchor
        if rows is None or anchor is None or rows.num_rows == 0:
            return False
        first = rows.slice(0, 1).to_pylist()[0]
        if first["index"] == anchor["index"]:
            self._rows = rows.slice(1)
            return bool(first["id"] == anchor["id"])
        return bool(first["parentId"] == anchor["id"])

    def _start_over(self) -> None:
        self.known = self._anchor = self._rows = None
        self._plan = self._new_plan(0, self._last)


def _last_row(rows: pa.Table) -> dict[str, Any]:
    """Give the changeset that is known last: what is new has to follow it."""
    row: dict[str, Any] = rows.slice(rows.num_rows - 1).to_pylist()[0]
    return row


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
