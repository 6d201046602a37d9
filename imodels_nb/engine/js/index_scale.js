// Conversion between changeset indexes and positions (0 to 1) in the overview.
/** @import { Grid, IndexRange, NumberArray, PushGrid } from "./types.d.ts" */
/** @import { Period } from "./calendar.js" */
import { lowerBound, maximum } from "./columns.js";

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
      this.#positions = pushPositions(grid);
      this.period = periodOfBins(grid);
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
function periodOfBins({ bin, start, step, origin }) {
  const binCount = maximum(bin, 0) + 1;
  return [60 * (origin + start), 60 * (origin + start + binCount * step)];
}

/**
 * Interpolate linearly between the points of two ascending arrays, and return the y of an x.
 * @param {NumberArray} xs
 * @param {NumberArray} ys
 * @param {number} x
 */
export function interpolate(xs, ys, x) {
  const right = Math.min(Math.max(lowerBound(xs, x), 1), xs.length - 1);
  const left = right - 1;
  const width = xs[right] - xs[left];
  const fraction = width ? Math.min(Math.max((x - xs[left]) / width, 0), 1) : 0;
  return ys[left] + fraction * (ys[right] - ys[left]);
}

/**
 * Return the position (0 to 1) of the start of each cell, and of the end of the last.
 *
 * Times may run back, positions may not: cells out of order are spread evenly between their neighbors in order.
 * @param {PushGrid} grid
 */
export function pushPositions(grid) {
  const starts = cellStarts(grid);
  const inOrder = longestAscent(starts).filter((cellIndex) => cellIndex > 0 && starts[cellIndex] > 0);
  const cells = [0, ...inOrder, starts.length];
  const positions = [0, ...inOrder.map((cellIndex) => starts[cellIndex]), 1];
  return Array.from({ length: starts.length + 1 }, (_, cellIndex) => interpolate(cells, positions, cellIndex));
}

/**
 * Return the start of each cell as a fraction (0 to 1) of the whole period; cells that start in one bin share its width.
 * @param {PushGrid} grid
 */
function cellStarts(grid) {
  const firstBins = firstBinOfEachCell(grid);
  const binCount = maximum(grid.bin, 0) + 1;
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
function firstBinOfEachCell({ first, cell, bin }) {
  const firstBins = new Float64Array(first.length).fill(Number.POSITIVE_INFINITY);
  for (let item = 0; item < cell.length; item++) {
    const cellIndex = cell[item];
    firstBins[cellIndex] = Math.min(firstBins[cellIndex], bin[item]);
  }
  return firstBins;
}

/**
 * Return the positions of the longest ascending part of an array.
 * @param {NumberArray} values
 */
export function longestAscent(values) {
  /** @type {number[]} */
  const lastValues = []; // the smallest last value of an ascent, by its length
  /** @type {number[]} */
  const lastPositions = []; // the position of that value, by the length
  /** @type {number[]} */
  const previous = []; // the position before in the ascent, by position
  for (let position = 0; position < values.length; position++) {
    const length = lowerBound(lastValues, values[position]);
    lastValues[length] = values[position];
    lastPositions[length] = position;
    previous[position] = lastPositions[length - 1];
  }
  const ascent = [];
  let position = lastPositions.at(-1);
  while (position !== undefined) {
    ascent.push(position);
    position = previous[position];
  }
  return ascent.reverse();
}
