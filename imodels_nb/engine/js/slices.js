// Slices: the rows to draw for a range, computed from a grid.
/** @import { ColumnsInRange, Grid, IndexRange, Limits, Slice } from "./types.d.ts" */
import { lowerBound } from "./columns.js";
import { computePushRows } from "./push_rows.js";
import { computeSizeRows } from "./size_rows.js";

/**
 * Select the slice of the grid that shows most: the fine before the coarse, the exact before the partial.
 * @param {Grid[]} grids
 * @param {IndexRange} range
 * @param {Limits} limits
 * @returns {Slice}
 */
export function selectSlice(grids, range, limits) {
  const slices = grids.map((grid) => computeSlice(grid, range, limits));
  return slices.reduce((best, slice) => (score(slice) > score(best) ? slice : best));
}

/**
 * Return how much a slice shows, as a number from 0 to 4.
 * @param {Slice} slice
 */
function score({ isFine, isExact, isEmpty }) {
  if (isEmpty && !isExact) {
    return 0;
  }
  return 1 + 2 * Number(isFine) + Number(isExact);
}

/**
 * Compute the rows of the whole columns in a range; each of their numbers is exact.
 * @param {Grid} grid
 * @param {IndexRange} range
 * @param {Limits} limits
 * @returns {Slice}
 */
function computeSlice(grid, [low, high], limits) {
  const columns = columnsInRange(grid, low, high);
  if (columns.from === columns.to) {
    return { ...columns, rows: [], uploaded: 0, isEmpty: true, isFine: columns.isExact, first: low, last: high };
  }
  const { rows, uploaded, isFine } =
    grid.chart_type === "pushes" ? computePushRows(grid, columns, limits) : computeSizeRows(grid, columns, limits);
  return {
    ...columns,
    rows,
    uploaded,
    isEmpty: false,
    isFine: columns.coversMost && (Boolean(grid.isFinest) || isFine),
    first: columns.isExact ? low : grid.first[columns.from],
    last: columns.isExact ? high : grid.last[columns.to - 1],
  };
}

/**
 * Find the columns that lie wholly in a range, whether they are all that the range holds, and whether the grid covers
 * most of it: the kernel's response for a narrow range must not be drawn for a wide one.
 * @param {Pick<Grid, "first" | "last" | "range">} grid
 * @param {number} low
 * @param {number} high
 * @returns {ColumnsInRange}
 */
export function columnsInRange({ first, last, range }, low, high) {
  const from = lowerBound(first, low);
  const to = lowerBound(last, high + 1);
  const start = range ? Math.max(low, range[0]) : low;
  const stop = range ? Math.min(high, range[1]) : high;
  const coversMost = 2 * (stop - start + 1) > high - low + 1;
  if (from > to) {
    return { from, to: from, isExact: false, coversMost }; // the range lies within one column
  }
  const isCutBefore = from > 0 && last[from - 1] >= low;
  const isCutAfter = to < first.length && first[to] <= high;
  const isExact = start === low && stop === high && !isCutBefore && !isCutAfter;
  return { from, to, isExact, coversMost };
}
