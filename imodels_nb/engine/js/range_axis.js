// The axis of the range control: indexes, times and named versions, and conversions between them.
/** @import { Grid, IndexRange, NumberArray, OverviewAxis, OverviewTick, VersionMark } from "./types.d.ts" */

import { findLowerBound, interpolate } from "./arrays.js";
import { buildDateTicks, formatDay } from "./dates.js";
import { IndexScale } from "./index_scale.js";

const TICK_DISTANCE = 80; // pixels: room for "30 Sep 2024"

/** Converts between positions on the overview (0 to 1), indexes and times. */
export class RangeAxis {
  #first;
  #last;
  #firstSeconds;
  #lastSeconds;
  /** @type {Map<number, number>} times of single changesets that the kernel has sent, by index */
  #endTimes = new Map();
  /** @type {NumberArray} */
  #indexes;
  /** @type {Float64Array} */
  #ascending;

  /**
   * @param {Grid} grid
   * @param {IndexRange} bounds
   * @param {OverviewAxis} axis
   */
  constructor(grid, bounds, { first_minutes, spans, versions, time_zone }) {
    this.scale = new IndexScale(grid, bounds);
    this.bounds = bounds;
    /** @type {VersionMark[]} */
    this.versions = versions;
    /** @type {string} */
    this.timeZone = time_zone;
    this.#first = grid.first;
    this.#last = grid.last;
    this.#firstSeconds = Float64Array.from(first_minutes, (minute) => 60 * minute);
    this.#lastSeconds = Float64Array.from(first_minutes, (minute, cell) => 60 * (minute + spans[cell]));
    /** Whether each cell is one changeset, whose time is known. */
    this.isSingle = grid.is_single;
    this.#indexes = [...grid.first, bounds[1] + Number(!grid.is_single)];
    this.#ascending = Float64Array.from([...this.#firstSeconds, this.#lastSeconds[first_minutes.length - 1]]);
    for (let cell = 1; cell < this.#ascending.length; cell++) {
      this.#ascending[cell] = Math.max(this.#ascending[cell], this.#ascending[cell - 1]);
    }
  }

  /** Time of the newest push. */
  get newest() {
    return this.#ascending[this.#ascending.length - 1];
  }

  /**
   * Return the time of push of a changeset; within a cell that holds several, an estimate.
   * @param {number} index
   */
  timeOf(index) {
    const cell = this.#findCell(index);
    const ends = [this.#first[cell], this.#last[cell]];
    const times = [this.#firstSeconds[cell], this.#lastSeconds[cell]];
    return this.#endTimes.get(index) ?? (index <= ends[0] ? times[0] : interpolate(ends, times, index));
  }

  /**
   * Return whether the time of a changeset is known, and not estimated.
   * @param {number} index
   */
  hasExactTime(index) {
    const cell = this.#findCell(index);
    return this.#endTimes.has(index) || index <= this.#first[cell] || index >= this.#last[cell];
  }

  /**
   * Set the times of the ends of a range, as the kernel has sent them; earlier times are dropped.
   * @param {IndexRange} range
   * @param {[number, number] | null} times
   */
  setEndTimes(range, times) {
    this.#endTimes = new Map(times ? range.map((index, end) => [index, times[end]]) : []);
  }

  /**
   * Return the cell that holds an index, or the last one before it.
   * @param {number} index
   */
  #findCell(index) {
    return Math.max(findLowerBound(this.#first, index + 1) - 1, 0);
  }

  /**
   * Find the changesets pushed in a period, as the range of the first and the last of them, or null.
   *
   * Where cells hold several changesets, the ends are estimates; a kernel finds them exactly.
   * @param {number} start
   * @param {number} stop not included
   * @returns {IndexRange | null}
   */
  findPeriod(start, stop) {
    if (this.isSingle) {
      return this.#findSingle(start, stop);
    }
    const first = Math.min(Math.ceil(interpolate(this.#ascending, this.#indexes, start)), this.bounds[1]);
    const last = Math.ceil(interpolate(this.#ascending, this.#indexes, stop)) - Number(stop <= this.newest);
    const isOutside = stop <= this.#ascending[0] || start > this.newest;
    return isOutside || last < first ? null : [first, Math.min(last, this.bounds[1])];
  }

  /**
   * @param {number} start
   * @param {number} stop
   * @returns {IndexRange | null}
   */
  #findSingle(start, stop) {
    let low = -1;
    let high = -1;
    for (let cell = 0; cell < this.#first.length; cell++) {
      if (this.#firstSeconds[cell] >= start && this.#firstSeconds[cell] < stop) {
        low = low < 0 ? cell : low;
        high = cell;
      }
    }
    return low < 0 ? null : [this.#first[low], this.#first[high]];
  }

  /**
   * Return the ticks of the overview: dates with their index where it runs along time, else indexes with their date.
   * @param {number} width in pixels
   * @returns {OverviewTick[]}
   */
  buildTicks(width) {
    const maxTicks = Math.max(1, Math.floor(width / TICK_DISTANCE));
    const { period } = this.scale;
    if (!period) {
      return buildIndexTicks(this.bounds, maxTicks).map((index) => ({
        position: this.scale.toPosition(index + 0.5),
        label: index.toLocaleString("en"),
        secondLabel: formatDay(this.timeOf(index)),
      }));
    }
    const [start, stop] = period;
    return buildDateTicks(start, stop, maxTicks).map(({ seconds, label }) => {
      const position = (seconds - start) / (stop - start);
      const index = Math.min(Math.floor(this.scale.toIndex(position)), this.bounds[1]);
      return { position, label, secondLabel: index.toLocaleString("en") };
    });
  }
}

/**
 * Return round indexes within bounds.
 * @param {IndexRange} bounds
 * @param {number} maxTicks
 */
export function buildIndexTicks([low, high], maxTicks) {
  const rough = Math.max((high - low) / maxTicks, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, number) => first + number * step);
}
