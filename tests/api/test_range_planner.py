"""Planned ranges against a service that is only a sorted list of indexes."""

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_nb.api.decode import Page
from imodels_nb.api.range_planner import RangePlanner, RequestRange
from imodels_nb.errors import UnexpectedResponse


def _page(indexes: Sequence[int], *, more: bool = False) -> Page:
    rows = pa.RecordBatch.from_arrays([pa.array(indexes, pa.int64())], ["index"])
    return Page(rows, "http://127.0.0.1/next" if more else None)


def _respond(indexes: Sequence[int], requested: RequestRange) -> Page:
    end = len(indexes) if requested.last is None else bisect_right(indexes, requested.last)
    found = indexes[bisect_right(indexes, requested.after) : end]
    page = found[::-1][:1000] if requested.newest_first else found[:1000]
    return _page(page, more=len(found) > 1000)


def _fetch_all(
    indexes: Sequence[int], *, after: int = 0, last: int | None = None, workers: int = 8, seed: int = 0
) -> tuple[list[int], int]:
    """Read all ranges in a random order, and count the requests."""
    order, planner, under_way, requests = random.Random(seed), RangePlanner(after, last, workers), [], 0
    while not planner.is_finished:
        while len(under_way) < workers and (requested := planner.next_range()):
            under_way.append(requested)
            requests += 1
        requested = under_way.pop(order.randrange(len(under_way)))
        planner.record_page(requested, _respond(indexes, requested))
    rows = [index for batch in planner.list_batches() for index in batch.column("index").to_pylist()]
    assert planner.rows_received == len(rows) == planner.rows_expected or not rows
    return rows, requests


def _pages(count: int) -> int:
    return -(-count // 1000)


@pytest.mark.parametrize("count", [0, 1, 999, 1000])
def test_short_timeline_takes_one_request(count: int) -> None:
    assert _fetch_all(range(1, count + 1)) == (list(range(1, count + 1)), 1)


@pytest.mark.parametrize("count", [1001, 2000, 2345, 12_000, 100_000])
@pytest.mark.parametrize("workers", [1, 8, 16])
def test_dense_timeline_takes_the_fewest_requests(count: int, workers: int) -> None:
    rows, requests = _fetch_all(range(1, count + 1), workers=workers)
    assert rows == list(range(1, count + 1))
    assert requests == _pages(count)


def test_few_gaps_take_few_more_requests() -> None:
    indexes = sorted(random.Random(1).sample(range(1, 103_100), 100_000))
    rows, requests = _fetch_all(indexes)
    assert rows == indexes
    assert requests <= 100 + 8


@pytest.mark.parametrize(("density", "most"), [(0.5, 40), (0.1, 45), (0.01, 45)])
def test_sparse_index_is_read_in_wide_ranges(density: float, most: int) -> None:
    indexes = sorted(random.Random(1).sample(range(1, int(30_000 / density)), 30_000))
    rows, requests = _fetch_all(indexes)
    assert rows == indexes
    assert requests <= most


def _steps(pattern: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Yield the index of each changeset for runs of (count, step)."""
    index = 0
    for count, step in pattern:
        for _ in range(count):
            index += step
            yield index


_RUNS = st.lists(
    st.tuples(st.integers(1, 3_000), st.one_of(st.integers(1, 3), st.integers(1, 50), st.integers(1, 10**6))),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(pattern=_RUNS, workers=st.sampled_from([1, 4, 8, 16]), seed=st.integers(0, 9))
def test_any_gaps_keep_the_budget(pattern: list[tuple[int, int]], workers: int, seed: int) -> None:
    indexes = list(_steps(pattern))
    rows, requests = _fetch_all(indexes, workers=workers, seed=seed)
    assert rows == indexes
    assert requests <= 3 * _pages(len(indexes)) + 16


@pytest.mark.parametrize(
    "indexes",
    [
        list(_steps([(1500, 1), (1, 40_000)] * 20)),
        list(_steps([(1, 10**9), (5_000, 1), (1, 10**9)])),
        list(_steps([(1000, 1), (1, 10**12), (1000, 1)])),
        list(_steps([(3_000, 10), (3_000, 1), (30, 1000)])),
    ],
    ids=["bursts", "one cluster", "one huge gap", "growing density"],
)
def test_bursts_and_clusters_keep_the_budget(indexes: list[int]) -> None:
    rows, requests = _fetch_all(indexes)
    assert rows == indexes
    assert requests <= 3 * _pages(len(indexes)) + 16


@given(after=st.integers(0, 4_000), length=st.integers(0, 4_000))
def test_any_range_is_read(after: int, length: int) -> None:
    indexes = range(1, 3_500)
    rows, _ = _fetch_all(indexes, after=after, last=after + length)
    assert rows == list(range(after + 1, min(after + length, 3_499) + 1))


def test_page_outside_its_range_is_refused() -> None:
    for page in [_page([7, 8, 9]), _page([6, 5]), _page([10, 8]), _page([], more=True)]:
        planner = RangePlanner(5, 9, 8)
        first = planner.next_range()
        assert first == RequestRange(5, 9, newest_first=True)
        with pytest.raises(UnexpectedResponse, match="Fetch again"):
            planner.record_page(first, page)


def test_remaining_ranges_can_be_skipped() -> None:
    planner = RangePlanner(0, None, 8)
    first = planner.next_range()
    assert first
    planner.record_page(first, _respond(range(1, 5_000), first))
    planner.skip_remaining()
    assert planner.is_finished
