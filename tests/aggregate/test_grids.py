"""Grids that a browser gets, compared with counts by hand: exact, and small."""

import json
import math
from collections import Counter
from itertools import accumulate
from statistics import median
from typing import Any

import numpy as np
import pytest
from helpers.packed_grids import compute_packed_size
from helpers.timelines import Row, build_columns, in_range, leading_kind, make_rows, patient, timelines
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.aggregate import (
    LABELS,
    NOT_UPLOADED,
    ChangesetColumns,
    build_push_grid,
    build_size_grid,
    pack_grid,
    summarize_sizes,
)

_DTYPES = {"Uint8Array": "<u1", "Uint16Array": "<u2", "Uint32Array": "<u4", "Float64Array": "<f8"}


def _decode(pack: dict[str, Any]) -> Any:
    """Decode a grid as the browser does."""

    def decode_value(value: Any) -> Any:
        if isinstance(value, list):
            return [decode_value(part) for part in value]
        if not isinstance(value, dict):
            return value
        if "fill" in value:
            return [value["fill"]] * value["length"]
        if "buffer" in value:
            numbers = np.frombuffer(pack["buffers"][value["buffer"]], _DTYPES[value["type"]]).tolist()
            return [value["start"] + step for step in accumulate(numbers)] if "start" in value else numbers
        return {name: decode_value(part) for name, part in value.items()}

    return decode_value(json.loads(json.dumps(pack["header"], allow_nan=False)))


def _code(row: Row) -> int:
    return LABELS.index(leading_kind(row.flags) if row.uploaded else NOT_UPLOADED)


@patient
@given(rows=timelines(), cells=st.integers(1, 50), bins=st.integers(1, 60))
def test_each_push_counts_once_where_its_cell_and_its_bin_meet(rows: list[Row], cells: int, bins: int) -> None:
    grid = _decode(pack_grid(build_push_grid(build_columns(rows), max_cells=cells, max_bins=bins)))

    counted: Counter[tuple[int, int, int]] = Counter()
    for meet, (cell, time_bin) in enumerate(zip(grid["cell"], grid["bin"], strict=True)):
        for at, kind in enumerate(grid["codes"]):
            minute = grid["start"] + time_bin * grid["step"]
            counted[grid["first"][int(cell)], minute, kind] += grid["counts"][meet * len(grid["codes"]) + at]
    expected: Counter[tuple[int, int, int]] = Counter()
    for first, last in zip(grid["first"], grid["last"], strict=True):
        for row in in_range(rows, (first, last)):
            minute = int(row.time.timestamp() // 60) - grid["origin"]
            expected[first, minute // grid["step"] * grid["step"], _code(row)] += 1
    assert +counted == expected
    assert expected.total() == len(rows)
    assert grid["waiting"] == (
        grid["codes"].index(LABELS.index(NOT_UPLOADED)) if NOT_UPLOADED in map(_label, rows) else -1
    )


def _label(row: Row) -> str:
    return LABELS[_code(row)]


@patient
@given(rows=timelines(), cells=st.integers(1, 50), fewest=st.integers(1, 8))
def test_columns_and_medians_of_neighbors_match_their_files(rows: list[Row], cells: int, fewest: int) -> None:
    grid = _decode(pack_grid(build_size_grid(build_columns(rows), max_cells=cells, max_median_cells=fewest)))

    extents = list(zip(grid["first"], grid["last"], strict=True))
    for at, (first, last) in enumerate(extents):
        held = in_range(rows, (first, last))
        above = [row.size for row in held if row.uploaded and row.size]
        assert grid["count"][at] == sum(row.uploaded for row in held)
        assert grid["waiting"][at] == len(held) - grid["count"][at]
        assert grid["zeros"][at] == grid["count"][at] - len(above)
        assert grid["max"][at] == max(above, default=0)
        if not grid["is_single"]:
            figures = (grid["min"][at], grid["sum"][at], grid["median"][at])
            assert figures[:2] == (min(above, default=0), sum(above))
            assert abs(figures[2] - (median(above) if above else 0)) <= 0.5
    for depth, medians in enumerate(grid["medians"], start=1):
        for at, output in enumerate(medians):
            part = extents[at << depth : (at + 1) << depth]
            held = in_range(rows, (part[0][0], part[-1][1]))
            above = [row.size for row in held if row.uploaded and row.size]
            assert abs(output - (median(above) if above else 0)) <= 0.5
    assert not rows or len(grid["medians"][-1] if grid["medians"] else extents) <= fewest


def test_wide_columns_are_summarized_exactly() -> None:
    rows = make_rows(4_001)
    grid = _decode(pack_grid(build_size_grid(build_columns(rows), max_cells=2, max_median_cells=1)))
    halves = [in_range(rows, extent) for extent in zip(grid["first"], grid["last"], strict=True)]
    above = [[row.size for row in held if row.uploaded and row.size] for held in (*halves, rows)]
    assert min(map(len, above)) > 1_000
    assert grid["min"] == [min(sizes) for sizes in above[:2]]
    assert grid["max"] == [max(sizes) for sizes in above[:2]]
    output = [*grid["median"], *grid["medians"][0]]
    assert all(abs(value - median(sizes)) <= 0.5 for value, sizes in zip(output, above, strict=True))


def _decode_position(position: float, smallest: float, largest: float) -> float:
    return float(smallest * (largest / smallest) ** (position / 4_095))


@pytest.mark.parametrize("count", [3, 10, 95, 4_001])
def test_ten_and_ninety_percent_of_the_files_are_at_most_this_large(count: int) -> None:
    rows = make_rows(count)
    data = build_columns(rows)
    grid = _decode(pack_grid(build_size_grid(data, max_cells=2, max_median_cells=1)))
    halves = [in_range(rows, extent) for extent in zip(grid["first"], grid["last"], strict=True)]
    parts = [*halves, rows]
    for name, share in (("p10", 0.1), ("p90", 0.9)):
        positions = [*grid[name], *grid[f"joined_{name}"][0]]
        for held, position in zip(parts, positions, strict=True):
            sizes = sorted(row.size for row in held if row.uploaded and row.size)
            expected = sizes[math.ceil(round(share * len(sizes), 9)) - 1]
            assert _decode_position(position, sizes[0], sizes[-1]) == pytest.approx(expected, rel=3e-3)
            table = summarize_sizes(data.select_range((held[0].index, held[-1].index)), max_cells=1)
            assert table[name].item() == expected


def test_a_grid_of_single_changesets_has_times_and_kinds() -> None:
    rows = make_rows(30)
    grid = _decode(pack_grid(build_size_grid(build_columns(rows), max_cells=30, max_median_cells=256)))
    assert grid["time_minutes"] == [int(row.time.timestamp() // 60) for row in rows]
    assert len(grid["texts"]) == len(set(grid["text_position"])) > 5


def test_grids_stay_small_however_far_pushes_are_out_of_order() -> None:
    rows = make_rows(20_000)
    columns = build_columns(rows)
    shuffled = ChangesetColumns(**vars(columns) | {"time": np.random.default_rng(7).permutation(columns.time)})
    for data in (columns, shuffled):
        assert compute_packed_size(pack_grid(build_push_grid(data, max_cells=2_048, max_bins=2_048))) < 200_000
    assert compute_packed_size(pack_grid(build_size_grid(columns, max_cells=2_048, max_median_cells=256))) < 100_000


@pytest.mark.parametrize(
    "values",
    [[0, 255], [0, 256], [256, 0], [0, 2**32], [2**40, 2**40 + 9], [-1, 5], [5, -1], [0.5, 1.5], [], [7, 7]],
)
def test_columns_come_back_as_they_were(values: list[float]) -> None:
    assert _decode(pack_grid({"a": {"b": [np.array(values)]}})) == {"a": {"b": [values]}}


def test_ascending_columns_take_the_bytes_of_their_steps() -> None:
    first = np.arange(1, 1_000_000, 488)
    assert compute_packed_size(pack_grid({"first": first})) == 2 * len(first)


def test_unsigned_columns_come_back_as_they_were() -> None:
    values = np.array([65_535, 0, 1], dtype=np.uint16)  # its differences are not negative
    assert _decode(pack_grid({"a": values})) == {"a": values.tolist()}
