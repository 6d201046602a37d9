// Rows of the chart of file sizes, computed from the columns of its grid in a range.
/** @import { ColumnsInRange, Json, Limits, RowsInRange, SizeGrid } from "./types.d.ts" */

const MIN_COLUMNS = 96; // fewer would look coarse beside the kernel's response
const MILLISECONDS_PER_MINUTE = 60_000;

/**
 * Summarize the file sizes of a range by column, or list the changesets where they are few.
 * @param {SizeGrid} grid
 * @param {ColumnsInRange} part
 * @param {Limits} limits
 * @returns {RowsInRange}
 */
export function computeSizeRows(grid, part, limits) {
  const columns = part.to - part.from;
  const showsDots = grid.is_single && columns <= limits.max_dots;
  const rows = showsDots
    ? Array.from({ length: columns }, (_, place) => changesetRow(grid, part.from + place))
    : joinColumns(part, grid.medians.length, limits.max_columns).map(([at, depth]) => columnRow(grid, at, depth));
  const uploaded = rows.reduce((sum, row) => sum + row.count, 0);
  return { rows, uploaded, isFine: grid.is_single || columns >= MIN_COLUMNS };
}

/**
 * Join the columns of a range by one, two, four ...: few enough to draw, and as wide as possible.
 * @param {ColumnsInRange} part
 * @param {number} maxDepth
 * @param {number} maxColumns
 * @returns {[at: number, depth: number][]} the first column of each block, and how often its width is doubled
 */
export function joinColumns({ from, to }, maxDepth, maxColumns) {
  const wanted = Math.max(0, Math.ceil(Math.log2((to - from) / maxColumns)));
  const limit = Math.min(maxDepth, wanted);
  /** @type {[number, number][]} */
  const blocks = [];
  let at = from;
  while (at < to) {
    let depth = 0;
    while (depth < limit && at % 2 ** (depth + 1) === 0 && at + 2 ** (depth + 1) <= to) {
      depth++;
    }
    blocks.push([at, depth]);
    at += 2 ** depth;
  }
  return blocks;
}

/**
 * @param {SizeGrid} grid
 * @param {number} at
 * @returns {Json}
 */
function changesetRow(grid, at) {
  const size = grid.max[at] || null; // a log scale has no 0
  const first = grid.first[at];
  const last = grid.last[at];
  return {
    drawn: true,
    first,
    last,
    middle: (first + last) / 2,
    extent: grid.count[at] + grid.waiting[at],
    count: grid.count[at],
    min: size,
    median: size,
    max: size,
    sum: grid.max[at],
    zeros: grid.zeros[at],
    waiting: grid.waiting[at],
    time: grid.minute[at] * MILLISECONDS_PER_MINUTE,
    kinds: grid.texts[grid.text_position[at]],
  };
}

/**
 * @param {SizeGrid} grid
 * @param {number} at
 * @param {number} depth
 * @returns {Json}
 */
function columnRow(grid, at, depth) {
  const { min = grid.max, sum = grid.max, median = grid.max } = grid; // of single changesets they are the same
  const end = at + 2 ** depth;
  const totals = { count: 0, sum: 0, zeros: 0, waiting: 0 };
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let column = at; column < end; column++) {
    totals.count += grid.count[column];
    totals.sum += sum[column];
    totals.zeros += grid.zeros[column];
    totals.waiting += grid.waiting[column];
    if (grid.max[column]) {
      smallest = Math.min(smallest, min[column]);
      largest = Math.max(largest, grid.max[column]);
    }
  }
  const first = grid.first[at];
  const last = grid.last[end - 1];
  const middleSize = depth ? grid.medians[depth - 1][at / 2 ** depth] : median[at];
  const sizes = largest ? { min: smallest, median: middleSize, max: largest } : {};
  const extent = totals.count + totals.waiting;
  return { first, last, ...totals, drawn: true, middle: (first + last) / 2, extent, time: 0, kinds: "", ...sizes };
}
