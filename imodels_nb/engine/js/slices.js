// Slices: the rows to draw for a range, computed from a grid.
/** @import { CellsInRange, Grid, IndexRange, Limits, Slice } from "./types.d.ts" */
import { findLowerBound } from "./arrays.js";
import { computePushRows } from "./push_rows.js";
import { computeSizeRows } from "./size_rows.js";

/**
 * Select the slice that shows most: of a fine grid before a coarse one, exact before partial.
 * @param {Grid[]} grids
 * @param {IndexRange} range
 * @param {Limits} limits
 * @returns {Slice}
 */
export function selectSlice(grids, range, limits) {
  const slices = grids.map((grid) => computeSlice(grid, range, limits));
  return slices.reduce((best, slice) => (scoreSlice(slice) > scoreSlice(best) ? slice : best));
}

/**
 * Return how much a slice shows, as a number from 0 to 4.
 * @param {Slice} slice
 */
function scoreSlice({ isFine, isExact, isEmpty }) {
  if (isEmpty && !isExact) {
    return 0;
  }
  return 1 + 2 * Number(isFine) + Number(isExact);
}

/**
 * Compute the rows of the whole cells in a range; each of their numbers is exact.
 * @param {Grid} grid
 * @param {IndexRange} range
 * @param {Limits} limits
 * @returns {Slice}
 */
function computeSlice(grid, [low, high], limits) {
  const cells = findCellsInRange(grid, low, high);
  if (cells.from === cells.to) {
    return { ...cells, rows: [], count: 0, isEmpty: true, isFine: cells.isExact, first: low, last: high };
  }
  const { rows, count, isFine } =
    grid.chart_type === "pushes" ? computePushRows(grid, cells, limits) : computeSizeRows(grid, cells, limits);
  return {
    ...cells,
    rows,
    count,
    isEmpty: false,
    isFine: cells.coversMost && (Boolean(grid.isFinest) || isFine),
    first: cells.isExact ? low : grid.first[cells.from],
    last: cells.isExact ? high : grid.last[cells.to - 1],
  };
}

/**
 * Find the cells that lie wholly in a range, whether they are all that the range holds, and whether the grid covers
 * most of it: the kernel's response for a narrow range must not be drawn for a wide one.
 * @param {Pick<Grid, "first" | "last" | "range">} grid
 * @param {number} low
 * @param {number} high
 * @returns {CellsInRange}
 */
export function findCellsInRange({ first, last, range }, low, high) {
  const from = findLowerBound(first, low);
  const to = findLowerBound(last, high + 1);
  const start = range ? Math.max(low, range[0]) : low;
  const stop = range ? Math.min(high, range[1]) : high;
  const coversMost = 2 * (stop - start + 1) > high - low + 1;
  if (from > to) {
    return { from, to: from, isExact: false, coversMost }; // the range lies within one cell
  }
  const isCutBefore = from > 0 && last[from - 1] >= low;
  const isCutAfter = to < first.length && first[to] <= high;
  const isExact = start === low && stop === high && !isCutBefore && !isCutAfter;
  return { from, to, isExact, coversMost };
}
