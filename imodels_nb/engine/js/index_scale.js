// Conversion between changeset indexes and positions (0 to 1) in the overview.
/** @import { Grid, IndexRange, NumberArray, PushGrid } from "./types.d.ts" */
/** @import { Period } from "./date_texts.js" */
import { findIncreasingSubsequence, findMaximum, interpolate } from "./arrays.js";

/** Converts changeset indexes to positions: along the index itself, or along the time of push. */
export class IndexScale {
  /** @type {NumberArray} */
  #indexes;
  /** @type {NumberArray} */
  #positions;
  /** @type {Period | null} the period of all positions, where they run along time */
  period = null;

  /**
   * @param {Grid} grid
   * @param {IndexRange} bounds
   */
  constructor(grid, [low, high]) {
    if (grid.chart_type === "sizes") {
      this.#indexes = [low, high + 1];
      this.#positions = [0, 1];
    } else {
      this.#indexes = [...grid.first, high + 1];
      this.#positions = computePushPositions(grid);
      this.period = computePeriod(grid);
    }
  }

  /**
   * Return the position of an index; whole numbers are the starts of changesets.
   * @param {number} index
   */
  toPosition(index) {
    return interpolate(this.#indexes, this.#positions, index);
  }

  /**
   * Return the index at a position, with its fraction.
   * @param {number} position
   */
  toIndex(position) {
    return interpolate(this.#positions, this.#indexes, position);
  }
}

/**
 * Return the period of all time bins, in seconds of local time since 1970.
 * @param {PushGrid} grid
 * @returns {Period}
 */
function computePeriod({ bin, start, step, origin }) {
  const binCount = findMaximum(bin, 0) + 1;
  return [60 * (origin + start), 60 * (origin + start + binCount * step)];
}

/**
 * Return the position (0 to 1) of the start of each cell, and of the end of the last.
 *
 * Times may run back, positions may not: cells out of order are spread evenly between their neighbors in order.
 * @param {PushGrid} grid
 */
export function computePushPositions(grid) {
  const starts = computeCellStarts(grid);
  const inOrder = findIncreasingSubsequence(starts).filter((cellIndex) => cellIndex > 0 && starts[cellIndex] > 0);
  const cells = [0, ...inOrder, starts.length];
  const positions = [0, ...inOrder.map((cellIndex) => starts[cellIndex]), 1];
  return Array.from({ length: starts.length + 1 }, (_, cellIndex) => interpolate(cells, positions, cellIndex));
}

/**
 * Return the start of each cell as a fraction (0 to 1) of the whole period; cells that start in one bin share its width.
 * @param {PushGrid} grid
 */
function computeCellStarts(grid) {
  const firstBins = findFirstBins(grid);
  const binCount = findMaximum(grid.bin, 0) + 1;
  const starts = new Float64Array(firstBins.length);
  let from = 0;
  while (from < firstBins.length) {
    let to = from;
    while (firstBins[to] === firstBins[from]) {
      to++;
    }
    for (let cellIndex = from; cellIndex < to; cellIndex++) {
      const fractionOfBin = (cellIndex - from) / (to - from);
      starts[cellIndex] = (firstBins[from] + fractionOfBin) / binCount;
    }
    from = to;
  }
  return starts;
}

/**
 * Return the oldest time bin of each cell.
 * @param {PushGrid} grid
 */
function findFirstBins({ first, cell, bin }) {
  const firstBins = new Float64Array(first.length).fill(Number.POSITIVE_INFINITY);
  for (let item = 0; item < cell.length; item++) {
    const cellIndex = cell[item];
    firstBins[cellIndex] = Math.min(firstBins[cellIndex], bin[item]);
  }
  return firstBins;
}
