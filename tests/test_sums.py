"""Grids of a range, put together from the grid of all, against those that are counted anew from its changesets."""

from itertools import chain
from typing import Any

import numpy as np
from helpers.timelines import Row, build_frame, make_rows, patient, ranges, timelines
from hypothesis import example, given
from hypothesis import strategies as st

from imodels_nb.aggregate import Grid, Ledger, push_grid, push_sums, size_columns, size_grid, size_sums


def _assert_same(grid: Grid, expected: Grid) -> None:
    assert grid.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(grid[name], value, err_msg=name)


@patient
@given(rows=timelines(), index_range=ranges, cells=st.integers(1, 50), grid_bins=st.integers(1, 60), data=st.data())
@example(rows=make_rows(300), index_range=(17, 280), cells=40, grid_bins=60, data=None)
def test_pushes_of_a_range_are_the_same_from_whole_cells_as_counted_anew(
    rows: list[Row], index_range: tuple[int, int], cells: int, grid_bins: int, data: Any
) -> None:
    bins = data.draw(st.integers(1, 60)) if data else 8
    ledger = Ledger.of(build_frame(rows))
    grid = push_grid(ledger, cells=cells, bins=grid_bins)

    _assert_same(
        push_sums(ledger, grid, index_range, bins=bins), push_grid(ledger.window(index_range), cells=1, bins=bins)
    )


@patient
@given(rows=timelines(), index_range=ranges, columns=st.integers(2, 50), wanted=st.integers(2, 12))
@example(rows=make_rows(300), index_range=(17, 280), columns=64, wanted=8)
def test_sizes_of_a_range_are_exact_in_each_of_the_columns_joined_and_leave_none_out(
    rows: list[Row], index_range: tuple[int, int], columns: int, wanted: int
) -> None:
    ledger = Ledger.of(build_frame(rows))
    window = ledger.window(index_range)
    table = size_sums(ledger, size_grid(ledger, columns=columns, fewest=wanted), index_range, columns=wanted)

    covered = [
        ledger.window(ends).index.tolist() for ends in zip(table["first"].tolist(), table["last"].tolist(), strict=True)
    ]
    assert list(chain.from_iterable(covered)) == window.index.tolist()
    assert len(covered) <= wanted + 2
    for at, held in enumerate(covered):
        expected = size_columns(ledger.window((held[0], held[-1])), columns=1).fillna(0).iloc[0]
        names = ["count", "waiting", "zeros", "max", *([] if table["single"] else ["min", "median", "sum"])]
        np.testing.assert_array_equal([table[name][at] for name in names], np.rint(expected[names].astype(float)))


def test_a_wide_range_is_put_together_not_counted_anew() -> None:
    rows = make_rows(3_000)
    ledger = Ledger.of(build_frame(rows))
    pushes, sizes = push_grid(ledger, cells=200, bins=400), size_grid(ledger, columns=200, fewest=50)
    few = Ledger.of(build_frame([*rows[:60], *rows[-60:]]))  # all that a column at either end can hold

    index_range = (9, 2_995)
    _assert_same(push_sums(few, pushes, index_range, bins=20), push_sums(ledger, pushes, index_range, bins=20))
    _assert_same(size_sums(few, sizes, index_range, columns=50), size_sums(ledger, sizes, index_range, columns=50))
