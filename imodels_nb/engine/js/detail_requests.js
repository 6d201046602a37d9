// Which rows a chart draws: those of its own grid at once, and those of the kernel's answer as soon as it is there.
/** @import { Grid, IndexRange, KernelLink, ChartPayload, PackedGrid, Slice } from "./types.d.ts" */
import { decodeColumns } from "./columns.js";
import { selectSlice } from "./range_query.js";

const MAX_WAIT = 150; // ms that a coarse picture waits for the kernel

/** Asks the kernel one question at a time, always about the latest range. */
export class DetailRequests {
  #kind;
  #limits;
  #kernel;
  #repaint;
  /** @type {Grid | null} */
  #base;
  /** @type {Grid | null} */
  #detail = null; // the kernel's latest answer
  /** @type {IndexRange | null} */
  #asked = null; // the range that the kernel is asked for
  /** @type {IndexRange | null} */
  #latest = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isLate = false;
  #unsubscribe;

  /**
   * @param {ChartPayload} chart
   * @param {Grid} base the grid of all changesets
   * @param {IndexRange} range
   * @param {KernelLink | null} kernel
   * @param {() => void} repaint
   */
  constructor(chart, base, range, kernel, repaint) {
    this.#kind = chart.kind;
    this.#limits = chart.limits;
    this.#base = base;
    this.#kernel = kernel;
    this.#repaint = repaint;
    if (chart.detail) {
      this.#setDetail(chart.detail, range);
    }
    this.#unsubscribe = kernel?.subscribe((answered, grid) => this.#onAnswer(answered, grid));
  }

  /**
   * Select the rows of a range; null where a coarse picture waits for the kernel, which is asked for more.
   * @param {IndexRange} range
   * @param {boolean} hasPicture
   * @returns {Slice | null}
   */
  select(range, hasPicture) {
    this.#latest = range;
    const grids = [this.#base, this.#detail].filter((grid) => grid !== null);
    const slice = selectSlice(this.#kind, grids, range, this.#limits);
    const isFinal = slice.exact && slice.fine;
    if (this.#kernel && !isFinal && !this.#asked) {
      this.#asked = range;
      this.#kernel.ask(range, () => this.#onIdle(range));
    }
    clearTimeout(this.#timer);
    if (this.#kernel && !slice.fine && !this.#isLate && hasPicture) {
      this.#timer = setTimeout(() => this.#onLate(), MAX_WAIT);
      return null;
    }
    if (isFinal) {
      this.#isLate = false;
    }
    return slice;
  }

  /** Stop asking and listening, and release the grids. */
  stop() {
    clearTimeout(this.#timer);
    this.#unsubscribe?.();
    this.#base = null;
    this.#detail = null;
  }

  #onLate() {
    this.#isLate = true;
    this.#repaint();
  }

  /**
   * @param {IndexRange} range
   * @param {PackedGrid} grid
   */
  #onAnswer(range, grid) {
    if (!this.#asked || range[0] !== this.#asked[0] || range[1] !== this.#asked[1]) {
      return; // another view's
    }
    this.#asked = null;
    this.#setDetail(grid, range);
    this.#repaint();
  }

  /**
   * A kernel that was interrupted never answers; what it was not asked meanwhile is asked then.
   * @param {IndexRange} range
   */
  #onIdle(range) {
    if (this.#asked !== range) {
      return;
    }
    this.#asked = null;
    if (this.#latest !== range) {
      this.#repaint();
    }
  }

  /**
   * @param {PackedGrid} grid
   * @param {IndexRange} range
   */
  #setDetail(grid, range) {
    this.#detail = { ...decodeColumns(grid), range, finest: true };
  }
}
