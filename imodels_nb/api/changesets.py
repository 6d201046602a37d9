"""The fetch of one iModel's changesets, with a check that none is missing.

Each changeset names its parent. If the rows form one unbroken chain of parents, no row is missing between them.
"""

from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from imodels_nb._validation import MAX_INT64
from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import Page
from imodels_nb.api.executor import Step
from imodels_nb.api.integrity import (
    ChainBreak,
    build_chain_error,
    build_start_error,
    find_chain_break,
    replace_around_break,
)
from imodels_nb.api.range_planner import PAGE_SIZE, RangePlanner, RequestRange
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL
from imodels_nb.api.transport import FULL, MINIMAL, Request, build_imodel_path
from imodels_nb.errors import IncompleteTimeline

if TYPE_CHECKING:
    from imodels_nb.errors import IModelsError

_MAX_REPAIRS = 8  # breaks that are fetched again before the timeline counts as incomplete


class ChangesetsFetch:
    """The fetch of one iModel's changesets, to run with an executor.

    :func:`imodels_nb.api.executor.run_all` runs it, in phases:

    - ``range`` fetches the range, with one more changeset on either side where that takes no further request.
    - ``gap`` fetches the rows around a break in the chain of parents again.
    - ``start`` and ``end`` fetch the neighbor outside the range, if only that can prove that no row is missing there.

    Parameters
    ----------
    imodel_id
        GUID of the iModel.
    after, last
        Exclusive start and inclusive end of the range, as in the API.
    is_full
        Whether to fetch the full representation.
    max_workers
        Number of requests that may be under way at once.
    cached_rows
        Known rows, from the first changeset on, in place of `after`. If the timeline does not continue them, they are
        dropped and everything is fetched.

    Attributes
    ----------
    error
        Error that ended the fetch.
    cached_rows
        The known rows, if the timeline continues them.
    """

    def __init__(
        self,
        imodel_id: str,
        *,
        max_workers: int,
        after: int = 0,
        last: int | None = None,
        is_full: bool = False,
        cached_rows: pa.Table | None = None,
    ) -> None:
        self.imodel_id = imodel_id
        self.error: IModelsError | None = None
        self.cached_rows = cached_rows if cached_rows is not None and cached_rows.num_rows else None
        self._path = f"{build_imodel_path(imodel_id)}/changesets"
        self._after = after
        self._last = last
        self._is_full = is_full
        self._max_workers = max_workers
        self._last_cached = _read_row(self.cached_rows, -1) if self.cached_rows is not None else None
        self._rows: pa.Table | None = None
        self._repaired: set[ChainBreak] = set()
        self._start_phase(Phase("range", *self._add_neighbors()))

    @property
    def is_finished(self) -> bool:
        """Whether all rows have arrived and form one unbroken chain."""
        return self._planner.is_finished and self.error is None

    @property
    def rows_received(self) -> int:
        """Number of rows that have arrived."""
        return self._planner.rows_received if self._rows is None else self._rows.num_rows

    @property
    def rows_expected(self) -> int | None:
        """Estimated number of all rows; ``None`` before the first page."""
        return self._planner.rows_expected if self._rows is None else self._rows.num_rows

    def join_all_rows(self) -> pa.Table:
        """Join the cached and the new changesets, ascending, in the API's columns."""
        new_rows = self.select_new_rows()
        return new_rows if self.cached_rows is None else pa.concat_tables([self.cached_rows, new_rows])

    def select_new_rows(self) -> pa.Table:
        """Select the changesets that were not cached."""
        if self._rows is None or not self.is_finished:
            raise RuntimeError("The fetch has not finished.")
        return select_range(self._rows, self._last_cached["index"] if self._last_cached else self._after, self._last)

    def next_step(self) -> Step | None:
        """Return the next request, or ``None`` if all are under way."""
        requested = self._planner.next_range()
        if requested is None:
            return None
        return Step(run=partial(self._fetch_range, requested), handle=partial(self._handle_page, requested))

    def _add_neighbors(self) -> tuple[int, int | None]:
        """Return the range with its neighbors: a row before, and one after if possible.

        One page can hold a short range with both. The row after a longer range is fetched only if it is needed.
        """
        after = self._last_cached["index"] if self._last_cached else self._after
        if self._last is not None and after < self._last <= after + PAGE_SIZE - 2:
            return max(after - 1, 0), min(self._last + 1, MAX_INT64)
        return max(after - 1, 0), self._last

    def _fetch_range(self, requested: RequestRange, client: IModelsClient, stop: Event) -> Page:
        params: dict[str, str | int] = {"$top": self._phase.page_size, "afterIndex": requested.after}
        if requested.last is not None:
            params["lastIndex"] = requested.last
        params["$orderBy"] = "index desc" if requested.newest_first else "index asc"
        schema = CHANGESETS_FULL if self._is_full else CHANGESETS
        request = Request(self._path, params, prefer=FULL if self._is_full else MINIMAL)
        return client.get_page(request, schema, stop)

    def _handle_page(self, requested: RequestRange, page: Page) -> None:
        self._planner.record_page(requested, page)
        if self._phase.name in ("start", "end") or (requested.newest_first and self._reaches_start(page)):
            self._planner.skip_remaining()
        if self._planner.is_finished:
            self._check_rows(has_more=page.next_href is not None)

    def _reaches_start(self, newest: Page) -> bool:
        """Return whether the oldest row of the newest page is the first row of the range."""
        if newest.rows.num_rows == 0:
            return False
        oldest = _read_row(newest.rows, -1)
        if self._last_cached:
            return bool(oldest["parentId"] == self._last_cached["id"])
        return bool(oldest["index"] == self._after + 1)

    def _check_rows(self, *, has_more: bool) -> None:
        """Check the rows of this phase, and start another one for missing rows."""
        rows = self._merge(self._planner.list_batches())
        self._rows = rows
        if self._last_cached and not self._continues_cache(rows):
            self._start_over()
        elif chain_break := find_chain_break(rows, from_first=self._after == 0 and not self._last_cached):
            self._record_repair(chain_break, build_chain_error(chain_break))
            after = max(chain_break.low - 1, 0)
            self._start_phase(Phase("gap", after, chain_break.high, chain_break=chain_break))
        elif start := self._find_unproved_start(rows):
            self._record_repair(start, build_start_error(start))
            page_size = min(PAGE_SIZE, start.high - start.low + 1)
            self._start_phase(Phase("start", 0, start.high, page_size, chain_break=start))
        elif self._last is not None and self._last > self._after:
            self._check_end(rows, self._last, has_more=has_more)

    def _merge(self, batches: list[pa.RecordBatch]) -> pa.Table:
        """Return the rows of all phases so far, with those of this phase."""
        phase = self._phase
        new_rows = pa.Table.from_batches(batches)
        if phase.name == "range":
            return new_rows
        if phase.name == "end" or phase.chain_break is None:
            return pa.concat_tables([self._rows, new_rows])
        return replace_around_break(self._rows, new_rows, phase.chain_break)

    def _continues_cache(self, rows: pa.Table) -> bool:
        """Return whether the rows continue the cached ones."""
        last_cached = self._last_cached
        if last_cached is None or rows.num_rows == 0:
            return False
        first = _read_row(rows, 0)
        if first["index"] == last_cached["index"]:
            return bool(first["id"] == last_cached["id"])
        return bool(first["parentId"] == last_cached["id"])

    def _start_over(self) -> None:
        """Start again without the cached rows."""
        self.cached_rows = None
        self._last_cached = None
        self._start_phase(Phase("range", 0, self._last))

    def _find_unproved_start(self, rows: pa.Table) -> ChainBreak | None:
        """Return the break before the first row if rows may be missing there.

        They may be if the parent of the first row has not arrived.
        """
        if rows.num_rows == 0 or self._after == 0 or self._last_cached:
            return None
        first = _read_row(rows, 0)
        is_proved = first["index"] <= self._after + 1 or not first["parentId"]
        return None if is_proved else ChainBreak(self._after, first["index"])

    def _record_repair(self, chain_break: ChainBreak, error: IncompleteTimeline) -> None:
        """Record that the rows around a break are fetched again.

        Raise `error` if they were fetched again already, or after `_MAX_REPAIRS` breaks.
        """
        if len(self._repaired) >= _MAX_REPAIRS or any(map(chain_break.overlaps, self._repaired)):
            raise error
        self._repaired.add(chain_break)

    def _check_end(self, rows: pa.Table, last: int, *, has_more: bool) -> None:
        """Start the phase ``end`` if the last row is not the end of the range.

        The row after the range names the last row as its parent. That proves that no row is missing in between.
        """
        end = _read_row(rows, -1)["index"] if rows.num_rows else self._after
        is_newest = self._phase.name == "end" and not has_more
        if end < last and not is_newest:
            self._start_phase(Phase("end", end, None, min(PAGE_SIZE, last - end + 1), newest_first=False))

    def _start_phase(self, phase: "Phase") -> None:
        self._phase = phase
        self._planner = RangePlanner(phase.after, phase.last, self._max_workers, newest_first=phase.newest_first)


@dataclass(frozen=True)
class Phase:
    """A part of the fetch, with the range to request in it.

    Attributes
    ----------
    name
        Name of the phase, see :class:`ChangesetsFetch`.
    after, last
        Exclusive start and inclusive end of the range.
    page_size
        Number of rows to request at once.
    newest_first
        Whether the first request asks for the newest page of the range, or for the oldest.
    chain_break
        Break whose rows are fetched again, in the phases ``gap`` and ``start``.
    """

    name: Literal["range", "gap", "start", "end"]
    after: int
    last: int | None
    page_size: int = PAGE_SIZE
    newest_first: bool = True
    chain_break: ChainBreak | None = None


def select_range(rows: pa.Table, after: int, last: int | None) -> pa.Table:
    """Return the ascending rows of a range of indexes, without a copy."""
    index = rows.column("index")
    start = pc.sum(pc.less_equal(index, after)).as_py() or 0
    if last is None:
        return rows.slice(start)
    return rows.slice(start, max((pc.sum(pc.less_equal(index, last)).as_py() or 0) - start, 0))


def _read_row(rows: pa.Table | pa.RecordBatch, position: int) -> dict[str, Any]:
    """Return one row; a negative position counts from the end."""
    row: dict[str, Any] = rows.slice(position % rows.num_rows, 1).to_pylist()[0]
    return row
