"""Grids of a range that are joined from the grid of all changesets."""

from itertools import chain
from typing import Any

import numpy as np
from helpers.timelines import Row, build_columns, make_rows, patient, ranges, timelines
from hypothesis import example, given
from hypothesis import strategies as st

from imodels_nb.aggregate import (
    build_push_grid,
    build_push_range_grid,
    build_size_grid,
    build_size_range_grid,
    summarize_sizes,
)


def _assert_same(grid: Any, expected: Any) -> None:
    assert grid.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(grid[name], value, err_msg=name)


@patient
@given(rows=timelines(), index_range=ranges, cells=st.integers(1, 50), grid_bins=st.integers(1, 60), data=st.data())
@example(rows=make_rows(300), index_range=(17, 280), cells=40, grid_bins=60, data=None)
def test_pushes_of_a_range_equal_a_new_count(
    rows: list[Row], index_range: tuple[int, int], cells: int, grid_bins: int, data: Any
) -> None:
    bins = data.draw(st.integers(1, 60)) if data else 8
    columns = build_columns(rows)
    grid = build_push_grid(columns, max_cells=cells, max_bins=grid_bins)

    _assert_same(
        build_push_range_grid(columns, grid, index_range, max_bins=bins),
        build_push_grid(columns.select_range(index_range), max_cells=1, max_bins=bins),
    )


@patient
@given(rows=timelines(), index_range=ranges, cells=st.integers(2, 50), max_cells=st.integers(2, 12))
@example(rows=make_rows(300), index_range=(17, 280), cells=64, max_cells=8)
def test_joined_columns_of_a_range_are_exact_and_complete(
    rows: list[Row], index_range: tuple[int, int], cells: int, max_cells: int
) -> None:
    columns = build_columns(rows)
    window = columns.select_range(index_range)
    table = build_size_range_grid(
        columns,
        build_size_grid(columns, max_cells=cells, max_median_cells=max_cells),
        index_range,
        max_cells=max_cells,
    )

    covered = [
        columns.select_range(ends).index.tolist()
        for ends in zip(table["first"].tolist(), table["last"].tolist(), strict=True)
    ]
    assert list(chain.from_iterable(covered)) == window.index.tolist()
    assert len(covered) <= max_cells + 2
    for at, held in enumerate(covered):
        expected = summarize_sizes(columns.select_range((held[0], held[-1])), max_cells=1).fillna(0).iloc[0]
        names = ["count", "waiting", "zeros", "max", *([] if table["is_single"] else ["min", "median", "sum"])]
        np.testing.assert_array_equal([table[name][at] for name in names], np.rint(expected[names].astype(float)))


def test_a_wide_range_is_put_together_not_counted_anew() -> None:
    rows = make_rows(3_000)
    columns = build_columns(rows)
    pushes, sizes = (
        build_push_grid(columns, max_cells=200, max_bins=400),
        build_size_grid(columns, max_cells=200, max_median_cells=50),
    )
    few = build_columns([*rows[:60], *rows[-60:]])  # all that a column at either end can hold

    index_range = (9, 2_995)
    _assert_same(
        build_push_range_grid(few, pushes, index_range, max_bins=20),
        build_push_range_grid(columns, pushes, index_range, max_bins=20),
    )
    _assert_same(
        build_size_range_grid(few, sizes, index_range, max_cells=50),
        build_size_range_grid(columns, sizes, index_range, max_cells=50),
    )
