/** @import { Slice } from "../../imodels_nb/engine/js/types.d.ts" */
import assert from "node:assert/strict";
import test from "node:test";
import { joinCells } from "../../imodels_nb/engine/js/size_rows.js";
import { findCellsInRange, selectSlice } from "../../imodels_nb/engine/js/slices.js";
import { buildPushGrid, buildSizeGrid, LIMITS } from "./helpers/grids.js";

const FEW = { ...LIMITS, max_cells: 4, max_dots: 2 };
const cells = { first: [1, 11, 21], last: [10, 20, 30] };
const pushes = buildPushGrid({
  ...cells,
  cell: [0, 1, 1, 2],
  bin: [0, 0, 1, 5],
  counts: [8, 2, 5, 0, 4, 1, 10, 0],
  codes: [3, 9],
  waiting: 1,
  start: 120,
  step: 60,
  steps: [60, 360],
  origin: 1000,
});
const sizes = buildSizeGrid({
  ...cells,
  count: [10, 9, 10],
  waiting: [0, 1, 0],
  zeros: [0, 0, 10],
  min: [5, 6, 0],
  max: [50, 60, 0],
  sum: [100, 200, 0],
  median: [20, 30, 0],
  p10: [0, 819, 0],
  p90: [4095, 3276, 0],
  medians: [[25, 0]],
  joined_p10: [[409.5, 0]],
  joined_p90: [[3685.5, 0]],
  time_minutes: [7, 8, 9],
});

const WHOLE = { isExact: true, coversMost: true };

/**
 * Return rows, whatever their type.
 * @param {Slice} slice
 * @returns {any[]}
 */
const listRows = (slice) => slice.rows;

test("whole cells are exact only where the range holds nothing else", () => {
  assert.deepEqual(findCellsInRange(sizes, 11, 30), { from: 1, to: 3, isExact: true, coversMost: true });
  assert.deepEqual(findCellsInRange(sizes, 5, 30), { from: 1, to: 3, isExact: false, coversMost: true });
  assert.deepEqual(findCellsInRange(sizes, 12, 13), { from: 2, to: 2, isExact: false, coversMost: true });
  assert.equal(findCellsInRange({ ...sizes, range: [11, 20] }, 1, 100).coversMost, false);
});

test("pushes are counted by bin and kind, and waiting ones apart", () => {
  const slice = selectSlice([pushes], [11, 30], FEW);
  const counts = listRows(slice).map(({ start, kind, count }) => [start, kind, count]);
  assert.deepEqual(counts, [
    [1120, 3, 5],
    [1180, 3, 4],
    [1180, 9, 1],
    [1420, 3, 10],
  ]);
  assert.deepEqual([slice.count, slice.isExact, slice.first, slice.last], [19, true, 11, 30]);
});

test("bins are joined to the finest width that keeps to the limit", () => {
  const slice = selectSlice([pushes], [1, 30], { ...FEW, max_bins: 3 });
  assert.deepEqual(new Set(listRows(slice).map(({ step }) => step)), new Set([360]));
});

test("sizes are summarized without files of 0 bytes", () => {
  const slice = selectSlice([sizes], [1, 30], FEW);
  assert.deepEqual(
    listRows(slice).map(({ min, median, max, sum }) => [min, median, max, sum]),
    [
      [5, 20, 50, 100],
      [6, 30, 60, 200],
      [undefined, undefined, undefined, 0],
    ],
  );
  assert.equal(slice.count, 29);
});

test("cells are joined by two, four ... where they are many", () => {
  assert.deepEqual(joinCells({ from: 1, to: 10, ...WHOLE }, 9, 4), [
    { start: 1, depth: 0 },
    { start: 2, depth: 1 },
    { start: 4, depth: 2 },
    { start: 8, depth: 1 },
  ]);
  assert.deepEqual(joinCells({ from: 0, to: 4, ...WHOLE }, 0, 1), [
    { start: 0, depth: 0 },
    { start: 1, depth: 0 },
    { start: 2, depth: 0 },
    { start: 3, depth: 0 },
  ]);
  const [joined] = listRows(selectSlice([sizes], [1, 20], { ...FEW, max_cells: 1 }));
  assert.deepEqual([joined.min, joined.median, joined.max, joined.count], [5, 25, 60, 19]);
  assert.deepEqual(
    [joined.p10, joined.p90].map((size) => size.toFixed(1)),
    ["6.4", "46.8"],
  );
  assert.equal(joined.time_ms, 7 * 60_000);
});

test("a range within one cell is empty and not exact", () => {
  const slice = selectSlice([sizes], [12, 13], FEW);
  assert.deepEqual([slice.isEmpty, slice.isExact, slice.first, slice.last], [true, false, 12, 13]);
});

test("of several grids the finer is drawn, but not for a wider range", () => {
  const range = { first: [12], last: [19], count: [8], isFinest: true };
  const rangeGrid = buildSizeGrid({ ...sizes, ...range, range: [12, 19] });
  assert.equal(selectSlice([sizes, rangeGrid], [12, 19], FEW).count, 8);
  assert.equal(selectSlice([sizes, rangeGrid], [1, 30], FEW).count, 29);
});
