"""Which index ranges to ask for, so that any timeline is read by many at once and in few requests.

The first request asks for the newest page. It pins the last index, so that pushes from then on are out of the picture,
and tells how dense the index is. What lies before it is cut into ranges that should just fill a page each; a range that
holds more than a page gives the rest back, to be cut anew.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from imodels_nb.api.decode import Page
from imodels_nb.errors import UnexpectedResponse

PAGE_SIZE = 1000
"""The largest ``$top`` that the API allows."""

_DENSE = 0.95  # from here on, a range of a page's width is asked for: gaps leave it a little short, and never too full
_FILLING = 0.95  # of a page that a wider range should bring, so that few overflow
_MEMORY = 0.7  # of what earlier pages taught, when another comes
_CUTS_A_PAGE, _FIRST_CUTS = 2, 13  # the most cuts, so that no pattern of gaps costs more than 3 n/1000 + 16 requests


_REQUESTS_AT_LEAST, _ROWS_A_REQUEST = 1000, 3  # a service whose pages bring less than that does not come to an end


@dataclass(frozen=True, order=True)
class Range:
    """Changesets after one index, up to and including another; without `last`, to the newest."""

    after: int
    last: int | None
    newest_first: bool = False


class RangePlan:
    """Hands out ranges and takes their pages, until there is nothing left to ask.

    Parameters
    ----------
    after, last
        What to read, as the API has it: exclusive start, inclusive end.
    workers
        How many ranges may be under way at once.
    newest_first
        Whether the first request asks for the newest page of the range, or for the oldest.
    """

    def __init__(self, after: int, last: int | None, workers: int, *, newest_first: bool = True) -> None:
        self._workers = workers
        self._first: Range | None = Range(after, last, newest_first=newest_first)
        self._left: list[Range] = []
        self._under_way: list[Range] = []
        self._pages: list[pa.RecordBatch] = []
        self._cuts = 0
        self._answers = 0
        self._rows = 0
        self._seen_rows, self._seen_width = 0.0, 0.0

    @property
    def finished(self) -> bool:
        """Whether everything has come."""
        return not (self._first or self._left or self._under_way)

    @property
    def rows(self) -> int:
        """How many rows have come."""
        return self._rows

    @property
    def expected(self) -> int | None:
        """About how many rows there will be; ``None`` before the first page."""
        if not self._seen_width:
            return None
        return self._rows + int(_widths(self._left + self._under_way) * min(self._density, 1.0))

    def batches(self) -> list[pa.RecordBatch]:
        """Give all rows, ascending; one batch may be empty, and there is at least one."""
        filled = sorted((page for page in self._pages if page.num_rows), key=_first_index)
        return filled or self._pages[:1]

    def next(self) -> Range | None:
        """Give a range to ask for, or ``None`` when there is none to be had at this moment."""
        wanted = self._first or (self._cut() if self._left else None)
        self._first = None
        self._under_way += [wanted] if wanted else []
        return wanted

    def took(self, asked: Range, page: Page) -> None:
        """Take the page of a range.

        Raises
        ------
        UnexpectedResponse
            When the page does not lie in its range, so that it cannot be told what is left.
        """
        self._under_way.remove(asked)
        rows = page.rows[::-1] if asked.newest_first else page.rows
        more = page.next_href is not None
        if rows.num_rows == 0 and more:
            raise UnexpectedResponse(
                f"_links.next promises more changesets after index {asked.after}, but the page brings none. "
                "Run it again."
            )
        _check_place(asked, rows)
        self._pages.append(rows)
        self._rows += rows.num_rows
        self._answers += 1
        if self._answers > _REQUESTS_AT_LEAST + self._rows // _ROWS_A_REQUEST:
            raise UnexpectedResponse(
                f"{self._answers:,} pages brought only {self._rows:,} changesets, and the list has no end. "
                "Run it again later."
            )
        rest = _rest(asked, rows) if more else None
        self._learn(asked, rest, rows)
        if rest:
            self._give_back(rest)

    def drop_rest(self) -> None:
        """Ask for nothing more: what is left is known already."""
        self._left.clear()

    @property
    def _density(self) -> float:
        return self._seen_rows / self._seen_width

    def _cut(self) -> Range:
        width = self._ideal_width()
        part = self._left.pop(0)
        if _width(part) <= width or self._cuts >= _CUTS_A_PAGE * self._rows // PAGE_SIZE + _FIRST_CUTS:
            return part
        self._cuts += 1
        middle = part.after + width
        self._left.insert(0, Range(middle, part.last))
        return Range(part.after, middle)

    def _ideal_width(self) -> int:
        """Aim at one page; at half of one, at least, when that leaves something for every worker."""
        if self._density >= _DENSE:
            return PAGE_SIZE
        share = -(-_widths(self._left) // self._workers)
        wanted = _FILLING * PAGE_SIZE / max(self._density, 1e-12)
        return max(PAGE_SIZE, int(min(wanted, max(share, wanted / 2))))

    def _learn(self, asked: Range, rest: Range | None, rows: pa.RecordBatch) -> None:
        if rows.num_rows == 0:
            width = _width(asked) if asked.last is not None else 0
        elif rest:
            width = _index(rows, -1) - _index(rows, 0) + 1
        else:
            width = (asked.last or _index(rows, -1)) - asked.after
        self._seen_rows = _MEMORY * self._seen_rows + rows.num_rows
        self._seen_width = _MEMORY * self._seen_width + width

    def _give_back(self, rest: Range) -> None:
        """Put a rest back, joined to the uncut part behind it."""
        follower = next((part for part in self._left if part.after == rest.last), None)
        if follower:
            self._left.remove(follower)
            rest = Range(rest.after, follower.last)
        insort(self._left, rest)


def _check_place(asked: Range, rows: pa.RecordBatch) -> None:
    if rows.num_rows and not asked.after < _index(rows, 0) <= _index(rows, -1) <= (asked.last or _index(rows, -1)):
        order = "newest first" if asked.newest_first else "oldest first"
        raise UnexpectedResponse(
            f"The page should hold changesets after {asked.after}, {order}, to {asked.last or 'the newest'}, "
            f"but brings {_index(rows, 0)} to {_index(rows, -1)}. Run it again."
        )


def _rest(asked: Range, rows: pa.RecordBatch) -> Range | None:
    """Give what a full page left over."""
    rest = Range(asked.after, _index(rows, 0) - 1) if asked.newest_first else Range(_index(rows, -1), asked.last)
    return rest if rest.last is None or rest.last > rest.after else None


def _width(part: Range) -> int:
    return (part.last or part.after) - part.after


def _widths(parts: Iterable[Range]) -> int:
    return sum(map(_width, parts))


def _first_index(rows: pa.RecordBatch) -> int:
    return _index(rows, 0)


def _index(rows: pa.RecordBatch, place: int) -> int:
    return int(rows.column("index")[place].as_py())
