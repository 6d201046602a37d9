"""Aggregates against counting by hand."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.timelines import (
    Row,
    build_columns,
    build_frame,
    in_range,
    leading_kind,
    make_rows,
    patient,
    ranges,
    timelines,
)
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.aggregate import (
    LABELS,
    MONDAY,
    NOT_UPLOADED,
    STEPS,
    choose_bin_step,
    count_push_cells,
    pushes_by_time,
    sizes_by_index,
    summarize_sizes,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _label(row: Row) -> str:
    return leading_kind(row.flags) if row.uploaded else NOT_UPLOADED


def _bin(time: datetime, step: int) -> datetime:
    """Return the start of the bin: whole steps since a Monday, without NumPy."""
    monday = EPOCH + timedelta(minutes=MONDAY)
    return monday + (time - monday) // timedelta(minutes=step) * timedelta(minutes=step)


@pytest.mark.slow
@patient
@given(rows=timelines(), index_range=st.none() | ranges, bins=st.integers(1, 60))
def test_each_push_counts_once_in_its_bin_under_its_leading_kind(
    rows: list[Row], index_range: tuple[int, int] | None, bins: int
) -> None:
    table = pushes_by_time(build_frame(rows), index_range, bins=bins)

    chosen = in_range(rows, index_range)
    if not chosen:
        assert table.empty
        return
    step = (table["bin_end"].iloc[0] - table["bin_start"].iloc[0]) // pd.Timedelta(minutes=1)
    expected = Counter((_bin(row.time, step), _label(row)) for row in chosen)
    assert dict(zip(zip(table["bin_start"], table["kind"], strict=True), table["count"], strict=True)) == expected
    for start, cumulative in zip(table["bin_start"], table["cumulative"], strict=True):
        assert cumulative == sum(row.uploaded and _bin(row.time, step) <= start for row in chosen)


def test_an_unknown_state_is_not_called_waiting() -> None:
    frame = build_frame(make_rows(20)).astype({"state": "str"})
    frame.loc[frame.index[4], "state"] = "quarantined"
    kinds = set(pushes_by_time(frame)["kind"])
    assert NOT_UPLOADED in kinds
    assert not [kind for kind in kinds if "waiting" in kind]


@patient
@given(rows=timelines(least=1), bins=st.integers(1, 60))
def test_the_bin_is_the_finest_that_keeps_to_the_number_of_bins(rows: list[Row], bins: int) -> None:
    step = choose_bin_step(build_columns(rows).time // 60_000, bins)

    def spread(width: int) -> int:
        starts = [_bin(row.time, width) for row in rows]
        return (max(starts) - min(starts)) // timedelta(minutes=width) + 1

    assert spread(step) <= bins or step == max(STEPS)
    assert all(spread(finer) > bins for finer in STEPS if finer < step)


def test_a_week_begins_on_monday_and_every_step_divides_the_next() -> None:
    assert (EPOCH + timedelta(minutes=MONDAY)).weekday() == 0
    widths = list(STEPS)
    assert all(coarse % fine == 0 for fine, coarse in pairwise(widths))


@pytest.mark.slow
@patient
@given(rows=timelines(), cells=st.integers(1, 50), bins=st.integers(1, 60))
def test_cells_hold_equally_many_changesets_and_lose_none(rows: list[Row], cells: int, bins: int) -> None:
    table = count_push_cells(build_columns(rows), max_cells=cells, max_bins=bins)

    assert table["count"].sum() == len(rows)
    extents = table[["first", "last"]].drop_duplicates()
    assert len(extents) == min(cells, len(rows))
    covered = [len(in_range(rows, (first, last))) for first, last in extents.to_numpy().tolist()]
    assert sum(covered) == len(rows)
    assert not covered or max(covered) - min(covered) <= 1
    for first, last in extents.to_numpy().tolist():
        own = table[(table["first"] == first) & (table["last"] == last)]
        held = Counter(LABELS.index(_label(row)) for row in in_range(rows, (first, last)))
        assert own.groupby("kind")["count"].sum().to_dict() == held


@patient
@given(rows=timelines(), index_range=st.none() | ranges, cells=st.integers(1, 50))
def test_each_column_summarizes_its_uploaded_files(
    rows: list[Row], index_range: tuple[int, int] | None, cells: int
) -> None:
    table = sizes_by_index(build_frame(rows), index_range, cells=cells)

    chosen = in_range(rows, index_range)
    assert len(table) == min(cells, len(chosen))
    if len(table):
        assert (table["first_index"].iloc[0], table["last_index"].iloc[-1]) == (chosen[0].index, chosen[-1].index)
    for column in table.itertuples():
        held = in_range(chosen, (column.first_index, column.last_index))
        sizes = [row.size for row in held if row.uploaded]
        above = [size for size in sizes if size]
        figures = (column.count, column.sum, column.zeros, column.waiting)
        assert figures == (len(sizes), sum(sizes), sizes.count(0), len(held) - len(sizes))
        expected = (min(above), median(above), max(above)) if above else (np.nan,) * 3
        np.testing.assert_allclose((column.min, column.median, column.max), expected, rtol=1e-12)


def test_a_column_of_one_changeset_has_its_time_and_kinds() -> None:
    rows = [
        Row(5, EPOCH + timedelta(days=1), 10, 2 | 1, True),
        Row(9, EPOCH, 20, 256, True),
        Row(11, EPOCH, 1, 0, True),
    ]
    table = summarize_sizes(build_columns(rows), max_cells=3)

    assert table["time_ms"].tolist() == [86_400_000, 0, 0]
    assert table["kinds"].tolist() == ["schema, definition", "other", "regular"]


def test_empty_aggregates_have_the_same_columns_and_dtypes() -> None:
    none, many = build_frame([]), build_frame(make_rows(1_000))
    for aggregate in (pushes_by_time, sizes_by_index):
        pd.testing.assert_series_equal(aggregate(none).dtypes, aggregate(many).dtypes)


def test_aggregates_stay_small_however_many_the_changesets() -> None:
    frame = build_frame(make_rows(20_000))
    assert pushes_by_time(frame)["bin_start"].nunique() <= 200
    assert len(sizes_by_index(frame)) == 500


def test_order_of_rows_does_not_matter_and_the_frame_stays_as_it_was() -> None:
    frame = build_frame(make_rows(50))
    shuffled = frame.sample(frac=1, random_state=1)
    before = shuffled.copy(deep=True)
    pd.testing.assert_frame_equal(sizes_by_index(shuffled), sizes_by_index(frame))
    pd.testing.assert_frame_equal(shuffled, before)


@pytest.mark.parametrize("missing", ["state", "push_date_time", "file_size", "containing_changes"])
def test_a_frame_without_a_needed_column_is_refused_by_name(missing: str) -> None:
    with pytest.raises(ValueError, match=rf"lacks {missing}; pass a frame from fetch_changesets"):
        pushes_by_time(build_frame(make_rows(3)).drop(columns=missing))


def test_a_frame_of_another_index_is_refused() -> None:
    frame = build_frame(make_rows(3))
    with pytest.raises(ValueError, match="indexed by changeset_index"):
        sizes_by_index(frame.set_index("id"))
    with pytest.raises(ValueError, match="indexed by changeset_index"):
        sizes_by_index(pd.concat({"an iModel": frame}))
    with pytest.raises(ValueError, match="twice"):
        sizes_by_index(pd.concat([frame, frame]))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (
            {"index_range": (9, 3)},
            ValueError,
            r"index_range should be \(first, last\) with first <= last, not \(9, 3\)",
        ),
        ({"index_range": (1,)}, ValueError, "index_range should be two whole numbers"),
        ({"index_range": ()}, ValueError, "index_range should be two whole numbers"),
        ({"index_range": 5}, TypeError, "index_range should be two whole numbers"),
        ({"index_range": ("a", "b")}, TypeError, "index_range should be two whole numbers"),
        ({"index_range": "ab"}, TypeError, "index_range should be two whole numbers"),
        ({"cells": 0}, ValueError, "should be a whole number above 0, not 0"),
        ({"cells": -3}, ValueError, "should be a whole number above 0, not -3"),
        ({"cells": 2.5}, TypeError, "should be a whole number above 0, not 2.5"),
        ({"cells": "x"}, TypeError, "should be a whole number above 0, not 'x'"),
        ({"cells": True}, TypeError, "should be a whole number above 0, not True"),
    ],
)
def test_an_invalid_range_or_number_is_refused_by_name(options: Any, error: type[Exception], words: str) -> None:
    frame, options = build_frame(make_rows(5)), dict(options)
    cells = options.pop("cells", 5)
    with pytest.raises(error, match=words):
        pushes_by_time(frame, **options, bins=cells)
    with pytest.raises(error, match=words):
        sizes_by_index(frame, **options, cells=cells)
