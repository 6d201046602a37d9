// Selection of the rows to draw, from the chart's own grid or the kernel's.
/** @import { Grid, IndexRange, KernelLink, ChartPayload, PackedGrid, Slice } from "./types.d.ts" */
import { decodeColumns } from "./columns.js";
import { selectSlice } from "./range_query.js";

const MAX_WAIT = 150; // ms that a coarse picture waits for the kernel

/** Selects rows, and requests the exact grid of the latest range: one request at a time. */
export class DetailRequests {
  #limits;
  #kernel;
  #repaint;
  /** @type {Grid | null} */
  #base;
  /** @type {Grid | null} */
  #detail = null; // the kernel's latest response
  /** @type {IndexRange | null} */
  #requestedRange = null;
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
    this.#limits = chart.limits;
    this.#base = base;
    this.#kernel = kernel;
    this.#repaint = repaint;
    if (chart.detail) {
      this.#setDetail(chart.detail, range);
    }
    this.#unsubscribe = kernel?.subscribe((requested, grid) => this.#onResponse(requested, grid));
  }

  /**
   * Return the rows to draw, or null to keep the old picture for up to 150 ms. Ask the kernel if the rows are not exact.
   * @param {IndexRange} range
   * @param {boolean} hasPicture
   * @returns {Slice | null}
   */
  selectOrRequest(range, hasPicture) {
    this.#latest = range;
    const grids = [this.#base, this.#detail].filter((grid) => grid !== null);
    const slice = selectSlice(grids, range, this.#limits);
    const isFinal = slice.isExact && slice.isFine;
    if (this.#kernel && !isFinal && !this.#requestedRange) {
      this.#requestedRange = range;
      this.#kernel.requestDetail(range, () => this.#onIdle(range));
    }
    clearTimeout(this.#timer);
    if (this.#kernel && !slice.isFine && !this.#isLate && hasPicture) {
      this.#timer = setTimeout(() => this.#onLate(), MAX_WAIT);
      return null;
    }
    if (isFinal) {
      this.#isLate = false;
    }
    return slice;
  }

  /** Stop requests and listening, and release the grids. */
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
  #onResponse(range, grid) {
    if (!this.#requestedRange || range[0] !== this.#requestedRange[0] || range[1] !== this.#requestedRange[1]) {
      return; // another view's
    }
    this.#requestedRange = null;
    this.#setDetail(grid, range);
    this.#repaint();
  }

  /**
   * The kernel became idle without a response (it was interrupted): ask for the latest range.
   * @param {IndexRange} range
   */
  #onIdle(range) {
    if (this.#requestedRange !== range) {
      return;
    }
    this.#requestedRange = null;
    if (this.#latest !== range) {
      this.#repaint();
    }
  }

  /**
   * @param {PackedGrid} grid
   * @param {IndexRange} range
   */
  #setDetail(grid, range) {
    this.#detail = { ...decodeColumns(grid), range, isFinest: true };
  }
}
