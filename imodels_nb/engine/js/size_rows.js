// Rows of the chart of file sizes, computed from the cells of its grid in a range.
/** @import { CellsInRange, Limits, RowsInRange, SingleSizeGrid, SizeGrid, SizeRow } from "./types.d.ts" */

const MIN_CELLS = 96; // fewer would look coarse beside the kernel's response
const MAX_SCALE_POSITION = 4_095; // of p10 and p90 in a grid: as large as the largest file
const MILLISECONDS_PER_MINUTE = 60_000;

/** @typedef {{start: number, depth: number}} JoinedCells neighbors: the first cell, and how often its width is doubled */

/**
 * Summarize the file sizes of a range by cell, or list the changesets where they are few.
 * @param {SizeGrid} grid
 * @param {CellsInRange} cells
 * @param {Limits} limits
 * @returns {RowsInRange}
 */
export function computeSizeRows(grid, cells, limits) {
  const cellCount = cells.to - cells.from;
  const showsDots = grid.is_single && cellCount <= limits.max_dots;
  const rows = showsDots
    ? Array.from({ length: cellCount }, (_, offset) => buildChangesetRow(grid, cells.from + offset))
    : joinCells(cells, grid.medians.length, limits.max_cells).map((joined) => buildJoinedRow(grid, joined));
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  return { rows, count, isFine: grid.is_single || cellCount >= MIN_CELLS };
}

/**
 * Join the cells of a range by one, two, four ...: few enough to draw, and as wide as possible.
 * @param {CellsInRange} cells
 * @param {number} maxDepth
 * @param {number} maxCells
 * @returns {JoinedCells[]}
 */
export function joinCells({ from, to }, maxDepth, maxCells) {
  const neededDepth = Math.max(0, Math.ceil(Math.log2((to - from) / maxCells)));
  const limit = Math.min(maxDepth, neededDepth);
  /** @type {JoinedCells[]} */
  const joined = [];
  let start = from;
  while (start < to) {
    let depth = 0;
    while (depth < limit && start % 2 ** (depth + 1) === 0 && start + 2 ** (depth + 1) <= to) {
      depth++;
    }
    joined.push({ start, depth });
    start += 2 ** depth;
  }
  return joined;
}

/**
 * Build the row of a cell that is one changeset.
 * @param {SingleSizeGrid} grid
 * @param {number} cell
 * @returns {SizeRow}
 */
function buildChangesetRow(grid, cell) {
  const size = grid.max[cell] || null; // a log scale has no 0
  const first = grid.first[cell];
  const last = grid.last[cell];
  return {
    type: "dot",
    drawn: true,
    first,
    last,
    middle: (first + last) / 2,
    extent: grid.count[cell] + grid.waiting[cell],
    count: grid.count[cell],
    min: size,
    p10: size,
    median: size,
    p90: size,
    max: size,
    sum: grid.max[cell],
    zeros: grid.zeros[cell],
    waiting: grid.waiting[cell],
    time_ms: grid.time_minutes[cell] * MILLISECONDS_PER_MINUTE,
    kinds: grid.texts[grid.text_position[cell]],
  };
}

/**
 * Build the row of neighboring cells: their summary together.
 * @param {SizeGrid} grid
 * @param {JoinedCells} joined
 * @returns {SizeRow}
 */
function buildJoinedRow(grid, { start, depth }) {
  const { min = grid.max, sum = grid.max, median = grid.max } = grid; // for a single changeset, all of them are its size
  const stop = start + 2 ** depth;
  const totals = { count: 0, sum: 0, zeros: 0, waiting: 0 };
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let cell = start; cell < stop; cell++) {
    totals.count += grid.count[cell];
    totals.sum += sum[cell];
    totals.zeros += grid.zeros[cell];
    totals.waiting += grid.waiting[cell];
    if (grid.max[cell]) {
      smallest = Math.min(smallest, min[cell]);
      largest = Math.max(largest, grid.max[cell]);
    }
  }
  const first = grid.first[start];
  const last = grid.last[stop - 1];
  const middleSize = depth ? grid.medians[depth - 1][start / 2 ** depth] : median[start];
  /** @param {number} position */
  const sizeAt = (position) => smallest * (largest / smallest) ** (position / MAX_SCALE_POSITION);
  const joinedPosition = start / 2 ** depth;
  const p10 = sizeAt(depth ? grid.joined_p10[depth - 1][joinedPosition] : (grid.p10?.[start] ?? 0));
  const p90 = sizeAt(depth ? grid.joined_p90[depth - 1][joinedPosition] : (grid.p90?.[start] ?? 0));
  const sizes = largest ? { min: smallest, p10, median: middleSize, p90, max: largest } : {};
  const extent = totals.count + totals.waiting;
  const time_ms = grid.time_minutes[start] * MILLISECONDS_PER_MINUTE;
  const middle = (first + last) / 2;
  return { type: "band", drawn: true, first, last, middle, extent, ...totals, ...sizes, time_ms, kinds: "" };
}
