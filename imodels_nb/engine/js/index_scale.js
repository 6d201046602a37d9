// Conversion between changeset indexes and positions (0 to 1) in the overview.
/** @import { Grid, IndexRange, NumberArray, PushGrid } from "./types.d.ts" */
import { lowerBound, maximum } from "./columns.js";

/** Converts changeset indexes to positions: along the index itself, or along the time of push. */
export class IndexScale {
  /** @type {NumberArray} */
  #indexes;
  /** @type {NumberArray} */
  #positions;

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
    }
  }

  /** @param {number} index */
  toPosition(index) {
    return interpolate(this.#indexes, this.#positions, index);
  }

  /** @param {number} position */
  toIndex(position) {
    return interpolate(this.#positions, this.#indexes, position);
  }
}

/**
 * Interpolate linearly between the points of two ascending arrays.
 * @param {NumberArray} xs
 * @param {NumberArray} ys
 * @param {number} x
 */
export function interpolate(xs, ys, x) {
  const at = Math.min(Math.max(lowerBound(xs, x), 1), xs.length - 1);
  const width = xs[at] - xs[at - 1];
  const part = width ? Math.min(Math.max((x - xs[at - 1]) / width, 0), 1) : 0;
  return ys[at - 1] + part * (ys[at] - ys[at - 1]);
}

/**
 * Return how far along all time each cell begins. Times may run back, positions may not: cells out of order are spread
 * evenly between their neighbors in order.
 * @param {PushGrid} grid
 */
export function pushPositions(grid) {
  const begins = cellBegins(grid);
  const inOrder = longestAscent(begins).filter((at) => begins[at] > 0);
  const cells = [0, ...inOrder, begins.length];
  const positions = cells.map((at) => (at ? (begins[at] ?? 1) : 0));
  return Array.from({ length: begins.length + 1 }, (_, at) => interpolate(cells, positions, at));
}

/**
 * Return the first time bin of each cell, as a part of all; cells that begin in one bin share its width.
 * @param {PushGrid} grid
 */
function cellBegins({ first, cell, bin }) {
  const bins = new Float64Array(first.length).fill(Number.POSITIVE_INFINITY);
  for (let at = 0; at < cell.length; at++) {
    bins[cell[at]] = Math.min(bins[cell[at]], bin[at]);
  }
  const count = maximum(bin, 0) + 1;
  const begins = new Float64Array(first.length);
  let at = 0;
  while (at < bins.length) {
    let next = at;
    while (bins[next] === bins[at]) {
      next++;
    }
    for (let same = at; same < next; same++) {
      begins[same] = (bins[at] + (same - at) / (next - at)) / count;
    }
    at = next;
  }
  return begins;
}

/**
 * Return the positions of the longest ascending part of an array.
 * @param {NumberArray} values
 */
export function longestAscent(values) {
  /** @type {number[]} */
  const tails = []; // the least last value of an ascent, by its length
  /** @type {number[]} */
  const ends = []; // the position of that last value, by the length
  /** @type {number[]} */
  const before = []; // the previous position in the ascent, by position
  for (let at = 0; at < values.length; at++) {
    const length = lowerBound(tails, values[at]);
    tails[length] = values[at];
    ends[length] = at;
    before[at] = ends[length - 1];
  }
  const positions = [];
  for (let at = ends.at(-1); at !== undefined; at = before[at]) {
    positions.push(at);
  }
  return positions.reverse();
}
