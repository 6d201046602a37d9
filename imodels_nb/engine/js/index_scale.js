// Where a changeset index stands along the overview, between 0 and 1, and back.
/** @import { Grid, IndexRange, Kind, NumberArray } from "./types.d.ts" */
import { lowerBound, maximum } from "./columns.js";

/** Converts changeset indexes to positions: along the index itself, or along the time of push. */
export class IndexScale {
  /** @type {NumberArray} */
  #indexes;
  /** @type {NumberArray} */
  #positions;

  /**
   * @param {Kind} kind
   * @param {Grid} grid
   * @param {IndexRange} bounds
   */
  constructor(kind, grid, [low, high]) {
    if (kind === "sizes") {
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
 * Return how far along all time each cell begins. Times may run back, positions may not: cells that were pushed out of
 * order share the way between those that were not.
 * @param {Grid} grid
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
 * @param {Grid} grid
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
  const tails = []; // of each length the least last value,
  /** @type {number[]} */
  const ends = []; // its position,
  /** @type {number[]} */
  const before = []; // and the position before it
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
