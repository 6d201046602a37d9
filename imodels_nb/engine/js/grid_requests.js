// Selection of the slice to draw, and requests to the kernel for finer grids.
/** @import { Grid, IndexRange, KernelLink, ChartPayload, PackedGrid, Slice } from "./types.d.ts" */
import { decodeGrid } from "./packed_grid.js";
import { isSameRange } from "./range_input.js";
import { selectSlice } from "./slices.js";

const MAX_WAIT = 150; // ms that a coarse picture waits for the kernel

/** Selects slices, and requests the exact grid of the latest range: one request at a time. */
export class GridRequests {
  #limits;
  #kernel;
  #repaint;
  /** @type {Grid | null} */
  #base;
  /** @type {Grid | null} */
  #rangeGrid = null; // the kernel's latest response
  /** @type {IndexRange | null} */
  #requestedRange = null;
  /** @type {IndexRange | null} */
  #latest = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isLate = false; // whether the kernel has let the picture wait for too long
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
    if (chart.range_grid) {
      this.#storeRangeGrid(chart.range_grid, range);
    }
    this.#unsubscribe = kernel?.subscribeGrids((requested, grid) => this.#onResponse(requested, grid));
  }

  /**
   * Select the slice of a range that shows most, and request a finer grid from the kernel if that would show more.
   *
   * Return null to keep the old picture: the slice is coarse, and the kernel may soon send a finer grid. The chart is
   * repainted when it has sent one, and after 150 ms at the latest.
   * @param {IndexRange} range
   * @param {boolean} hasPicture whether there is an old picture
   * @returns {Slice | null}
   */
  selectSlice(range, hasPicture) {
    const grids = [this.#base, this.#rangeGrid].filter((grid) => grid !== null);
    const slice = selectSlice(grids, range, this.#limits);
    this.#latest = range;
    if (isFinal(slice)) {
      this.#isLate = false;
    } else {
      this.#request(range);
    }
    clearTimeout(this.#timer);
    if (hasPicture && this.mayWait && !slice.isFine) {
      this.#timer = setTimeout(() => this.#onLate(), MAX_WAIT);
      return null;
    }
    return slice;
  }

  /** Whether a kernel is connected, which can send a finer grid. */
  get hasKernel() {
    return this.#kernel?.isLive === true;
  }

  /** Whether a picture may wait for a finer grid: the kernel has not let it wait for too long. */
  get mayWait() {
    return this.hasKernel && !this.#isLate;
  }

  /** Stop requests and listening, and release the grids. */
  stop() {
    clearTimeout(this.#timer);
    this.#unsubscribe?.();
    this.#base = null;
    this.#rangeGrid = null;
  }

  /**
   * Request the exact grid of a range, unless another request is under way.
   * @param {IndexRange} range
   */
  #request(range) {
    if (this.#kernel?.isLive && !this.#requestedRange) {
      this.#requestedRange = range;
      this.#kernel.requestGrid(range, () => this.#onIdle(range));
    }
  }

  /** Repaint with the coarse slice, and wait no more until a slice is final. */
  #onLate() {
    this.#isLate = true;
    this.#repaint();
  }

  /**
   * Handle a response: store its grid, and repaint.
   * @param {IndexRange} range
   * @param {PackedGrid} grid
   */
  #onResponse(range, grid) {
    const requested = this.#requestedRange;
    if (!requested || !isSameRange(range, requested)) {
      return; // the response is for another view
    }
    this.#requestedRange = null;
    this.#storeRangeGrid(grid, range);
    this.#repaint();
  }

  /**
   * Handle an idle kernel: if it sent no response (it was interrupted), repaint if the range has moved since,
   * which requests the latest one.
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
   * Store the exact grid of a range.
   * @param {PackedGrid} grid
   * @param {IndexRange} range
   */
  #storeRangeGrid(grid, range) {
    this.#rangeGrid = { ...decodeGrid(grid), range, isFinest: true };
  }
}

/**
 * Return whether no response of the kernel could show more than a slice.
 * @param {Slice} slice
 */
function isFinal({ isExact, isFine }) {
  return isExact && isFine;
}
