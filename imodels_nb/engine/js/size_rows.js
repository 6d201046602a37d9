// Rows of the chart of file sizes, computed from the columns of its grid in a range.
/** @import { ColumnsInRange, Json, Limits, RowsInRange, SizeGrid } from "./types.d.ts" */

const MIN_COLUMNS = 96; // fewer would look coarse beside the kernel's response
const MILLISECONDS_PER_MINUTE = 60_000;

/**
 * Summarize the file sizes of a range by column, or list the changesets where they are few.
 * @param {SizeGrid} grid
 * @param {ColumnsInRange} columns
 * @param {Limits} limits
 * @returns {RowsInRange}
 */
export function computeSizeRows(grid, columns, limits) {
  const columnCount = columns.to - columns.from;
  const showsDots = grid.is_single && columnCount <= limits.max_dots;
  const rows = showsDots
    ? Array.from({ length: columnCount }, (_, offset) => changesetRow(grid, columns.from + offset))
    : joinColumns(columns, grid.medians.length, limits.max_columns).map((block) => blockRow(grid, ...block));
  const uploaded = rows.reduce((sum, row) => sum + row.count, 0);
  return { rows, uploaded, isFine: grid.is_single || columnCount >= MIN_COLUMNS };
}

/**
 * Join the columns of a range to blocks of one, two, four ...: few enough to draw, and as wide as possible.
 * @param {ColumnsInRange} columns
 * @param {number} maxDepth
 * @param {number} maxColumns
 * @returns {[column: number, depth: number][]} the first column of each block, and how often its width is doubled
 */
export function joinColumns({ from, to }, maxDepth, maxColumns) {
  const neededDepth = Math.max(0, Math.ceil(Math.log2((to - from) / maxColumns)));
  const limit = Math.min(maxDepth, neededDepth);
  /** @type {[number, number][]} */
  const blocks = [];
  let column = from;
  while (column < to) {
    let depth = 0;
    while (depth < limit && column % 2 ** (depth + 1) === 0 && column + 2 ** (depth + 1) <= to) {
      depth++;
    }
    blocks.push([column, depth]);
    column += 2 ** depth;
  }
  return blocks;
}

/**
 * Return the row of a column that is one changeset.
 * @param {SizeGrid} grid
 * @param {number} column
 * @returns {Json}
 */
function changesetRow(grid, column) {
  const size = grid.max[column] || null; // a log scale has no 0
  const first = grid.first[column];
  const last = grid.last[column];
  return {
    drawn: true,
    first,
    last,
    middle: (first + last) / 2,
    extent: grid.count[column] + grid.waiting[column],
    count: grid.count[column],
    min: size,
    median: size,
    max: size,
    sum: grid.max[column],
    zeros: grid.zeros[column],
    waiting: grid.waiting[column],
    time: grid.minute[column] * MILLISECONDS_PER_MINUTE,
    kinds: grid.texts[grid.text_position[column]],
  };
}

/**
 * Return the row of a block: the summary of its columns together.
 * @param {SizeGrid} grid
 * @param {number} start the first column of the block
 * @param {number} depth how often the width of the block is doubled
 * @returns {Json}
 */
function blockRow(grid, start, depth) {
  const { min = grid.max, sum = grid.max, median = grid.max } = grid; // of single changesets they are the same
  const stop = start + 2 ** depth;
  const totals = { count: 0, sum: 0, zeros: 0, waiting: 0 };
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let column = start; column < stop; column++) {
    totals.count += grid.count[column];
    totals.sum += sum[column];
    totals.zeros += grid.zeros[column];
    totals.waiting += grid.waiting[column];
    if (grid.max[column]) {
      smallest = Math.min(smallest, min[column]);
      largest = Math.max(largest, grid.max[column]);
    }
  }
  const first = grid.first[start];
  const last = grid.last[stop - 1];
  const middleSize = depth ? grid.medians[depth - 1][start / 2 ** depth] : median[start];
  const sizes = largest ? { min: smallest, median: middleSize, max: largest } : {};
  const extent = totals.count + totals.waiting;
  const time = grid.minute[start] * MILLISECONDS_PER_MINUTE;
  return { first, last, ...totals, drawn: true, middle: (first + last) / 2, extent, time, kinds: "", ...sizes };
}
