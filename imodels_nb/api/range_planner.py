"""A planner of index ranges, to fetch a timeline concurrently in few requests.

The first request fetches the newest page. It fixes the last index, so that later pushes do not matter, and shows how
dense the index is. The indexes before it are split into ranges that should just fill a page each. If a range has more
rows than a page, its rest is planned again.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from imodels_nb.api.decode import Page
from imodels_nb.errors import UnexpectedResponse

PAGE_SIZE = 1000
"""The largest ``$top`` of the API."""

_MIN_DENSE = 0.95  # from this density on, a range is as wide as a page: gaps leave it a little short, never too full
_TARGET_FILL = 0.95  # part of a page that a wider range should fill, so that few overflow
_SMOOTHING = 0.7  # weight of the earlier pages when another arrives

# Limits on the number of splits, so that no pattern of gaps costs more than 3 n/1000 + 16 requests.
_SPLITS_PER_PAGE = 2
_FIRST_SPLITS = 13

# Limits on the number of requests: a timeline whose pages have fewer rows does not end.
_MAX_SHORT_PAGES = 1000
_MIN_ROWS_PER_PAGE = 3


@dataclass(frozen=True, order=True)
class RequestRange:
    """The changesets after one index, up to and including another.

    If `last` is ``None``, the range ends with the newest changeset.
    """

    after: int
    last: int | None
    newest_first: bool = False


class RangePlanner:
    """The ranges to request next, planned from the pages that have arrived.

    Parameters
    ----------
    after, last
        Exclusive start and inclusive end, as in the API.
    max_workers
        Number of requests that may be under way at once.
    newest_first
        Whether the first request asks for the newest page of the range, or for the oldest.
    """

    def __init__(self, after: int, last: int | None, max_workers: int, *, newest_first: bool = True) -> None:
        self._max_workers = max_workers
        self._first: RequestRange | None = RequestRange(after, last, newest_first=newest_first)
        self._waiting: list[RequestRange] = []
        self._under_way: list[RequestRange] = []
        self._pages: list[pa.RecordBatch] = []
        self._splits = 0
        self._page_count = 0
        self._row_count = 0
        self._sampled_rows = 0.0
        self._sampled_width = 0.0

    @property
    def is_finished(self) -> bool:
        """Whether all pages have arrived."""
        return not (self._first or self._waiting or self._under_way)

    @property
    def rows_received(self) -> int:
        """Number of rows that have arrived."""
        return self._row_count

    @property
    def rows_expected(self) -> int | None:
        """Estimated number of all rows; ``None`` before the first page."""
        if not self._sampled_width:
            return None
        return self._row_count + int(_sum_widths(self._waiting + self._under_way) * min(self._density, 1.0))

    def list_batches(self) -> list[pa.RecordBatch]:
        """Return all rows, ascending. There is at least one batch, which may be empty."""
        filled = sorted((page for page in self._pages if page.num_rows), key=lambda page: _read_index(page, 0))
        return filled or self._pages[:1]

    def next_range(self) -> RequestRange | None:
        """Return the next range to request, or ``None`` if all are under way."""
        requested = self._first or (self._split_off() if self._waiting else None)
        self._first = None
        self._under_way += [requested] if requested else []
        return requested

    def record_page(self, requested: RequestRange, page: Page) -> None:
        """Record the page of a range, and plan again the rest that it left.

        Raises
        ------
        UnexpectedResponse
            If the page is not in its range, or if the pages do not end.
        """
        self._under_way.remove(requested)
        rows = page.rows[::-1] if requested.newest_first else page.rows
        has_more = page.next_href is not None
        if rows.num_rows == 0 and has_more:
            raise UnexpectedResponse(
                f"The page of changesets after index {requested.after} has no rows, but a link to more. Fetch again."
            )
        _check_range(requested, rows)
        self._pages.append(rows)
        self._row_count += rows.num_rows
        self._page_count += 1
        if self._page_count > _MAX_SHORT_PAGES + self._row_count // _MIN_ROWS_PER_PAGE:
            raise UnexpectedResponse(
                f"{self._page_count:,} pages had only {self._row_count:,} changesets, and the list has no end. "
                "Try again later."
            )
        rest = _find_rest(requested, rows) if has_more else None
        self._update_density(requested, rest, rows)
        if rest:
            self._plan_again(rest)

    def skip_remaining(self) -> None:
        """Clear the plan: the other rows are known already."""
        self._waiting.clear()

    @property
    def _density(self) -> float:
        return self._sampled_rows / self._sampled_width

    def _split_off(self) -> RequestRange:
        """Remove the next range from the plan, and return it."""
        width = self._choose_width()
        part = self._waiting.pop(0)
        max_splits = _SPLITS_PER_PAGE * self._row_count // PAGE_SIZE + _FIRST_SPLITS
        if _compute_width(part) <= width or self._splits >= max_splits:
            return part
        self._splits += 1
        middle = part.after + width
        self._waiting.insert(0, RequestRange(middle, part.last))
        return RequestRange(part.after, middle)

    def _choose_width(self) -> int:
        """Compute the width of a range that fills a page.

        It may be half of that width if every worker then has a range.
        """
        if self._density >= _MIN_DENSE:
            return PAGE_SIZE
        share = -(-_sum_widths(self._waiting) // self._max_workers)
        full = _TARGET_FILL * PAGE_SIZE / max(self._density, 1e-12)
        return max(PAGE_SIZE, int(min(full, max(share, full / 2))))

    def _update_density(self, requested: RequestRange, rest: RequestRange | None, rows: pa.RecordBatch) -> None:
        if rows.num_rows == 0:
            width = _compute_width(requested) if requested.last is not None else 0
        elif rest:
            width = _read_index(rows, -1) - _read_index(rows, 0) + 1
        else:
            width = (requested.last or _read_index(rows, -1)) - requested.after
        self._sampled_rows = _SMOOTHING * self._sampled_rows + rows.num_rows
        self._sampled_width = _SMOOTHING * self._sampled_width + width

    def _plan_again(self, rest: RequestRange) -> None:
        """Add a rest to the plan, joined with the range after it."""
        following = next((part for part in self._waiting if part.after == rest.last), None)
        if following:
            self._waiting.remove(following)
            rest = RequestRange(rest.after, following.last)
        insort(self._waiting, rest)


def _check_range(requested: RequestRange, rows: pa.RecordBatch) -> None:
    if rows.num_rows == 0:
        return
    first = _read_index(rows, 0)
    last = _read_index(rows, -1)
    if not requested.after < first <= last <= (requested.last or last):
        order = "newest first" if requested.newest_first else "oldest first"
        raise UnexpectedResponse(
            f"The page should have changesets after {requested.after}, {order}, to {requested.last or 'the newest'}, "
            f"but has {first} to {last}. Fetch again."
        )


def _find_rest(requested: RequestRange, rows: pa.RecordBatch) -> RequestRange | None:
    """Return the rest of the range after a full page."""
    if requested.newest_first:
        rest = RequestRange(requested.after, _read_index(rows, 0) - 1)
    else:
        rest = RequestRange(_read_index(rows, -1), requested.last)
    return rest if rest.last is None or rest.last > rest.after else None


def _compute_width(part: RequestRange) -> int:
    return (part.last or part.after) - part.after


def _sum_widths(parts: Iterable[RequestRange]) -> int:
    return sum(map(_compute_width, parts))


def _read_index(rows: pa.RecordBatch, position: int) -> int:
    return int(rows.column("index")[position].as_py())
