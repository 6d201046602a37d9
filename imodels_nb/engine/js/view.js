// A chart in an element: it follows the range, drawn from the grid at once and then from the kernel's response.
/** @import { ChartPayload, Grid, Json, KernelLink, Selection, Slice, Theme } from "./types.d.ts" */
/** @import { RangeStore } from "./range_store.js" */

import { createElement } from "./dom.js";
import { GridRequests } from "./grid_requests.js";
import { decodeGrid } from "./packed_grid.js";
import { detectPageTheme, observeTheme } from "./page_theme.js";
import { Painter } from "./painter.js";
import { bindPlotZoom } from "./plot_zoom.js";
import { RangeAxis } from "./range_axis.js";
import { RangeBrush } from "./range_brush.js";
import { clampRange } from "./range_input.js";
import { readVersions, selectVersions } from "./versions.js";

const NO_ROW = { first: -1, last: -1, drawn: false }; // without any row, Vega draws no 'empty' text

/** Mounts a chart in an element, and paints it again whenever its range moves. */
export class ChartView {
  #element;
  #title;
  #themes;
  #sentences;
  #limits;
  #versions;
  #range;
  /** @type {HTMLElement} */
  #canvas;
  /** @type {RangeBrush | null} */
  #brush = null;
  /** @type {Painter | null} */
  #painter;
  #requests;
  /** @type {HTMLElement} */
  #marker;
  /** @type {RangeAxis | null} */
  #axis = null;
  /** @type {Selection | null} */
  #selection = null;
  /** @type {(() => void)[]} */
  #cleanups = [];
  #width = 0; // of the canvas when last seen: it has none in a hidden tab, nor while the theme changes
  #isZoomable = false; // whether the range runs along x
  #isStale = false;
  #isRounded = false; // whether the controls show the range of whole cells
  #isPainting = false;
  #isRemoved = false;
  #overviewKey = "";

  /**
   * Mount a chart in an element.
   * @param {HTMLElement} element
   * @param {ChartPayload} chart
   * @param {RangeStore} range
   * @param {KernelLink | null} kernel
   */
  constructor(element, chart, range, kernel) {
    /** @type {Grid} */
    const grid = decodeGrid(chart.grid);
    this.#element = element;
    this.#title = chart.title;
    this.#themes = chart.themes;
    this.#sentences = chart.sentences;
    this.#limits = chart.limits;
    this.#versions = readVersions(chart.spec);
    this.#range = range;
    const plot = createElement(element, "div", "imodels-nb-plot");
    this.#canvas = createElement(plot, "div", "imodels-nb-canvas", { role: "img" });
    this.#canvas.style.width = "100%";
    this.#painter = new Painter(this.#canvas, chart, kernel, (row) => this.#select(row, kernel));
    this.#marker = createElement(plot, "div", "imodels-nb-marker", { "aria-hidden": "true" });
    if (grid.first.length > 1) {
      const axis = new RangeAxis(grid, range.bounds, decodeGrid(chart.axis));
      this.#axis = axis;
      this.#listenForSelection(kernel);
      this.#brush = chart.has_overview === false ? null : new RangeBrush(element, grid, axis, range, kernel);
      this.#isZoomable = chart.is_zoomable !== false;
      if (this.#isZoomable) {
        this.#bindZoom(axis, kernel);
      }
      this.#listenForTimes(axis, kernel);
    }
    this.#requests = new GridRequests(chart, grid, range.value, kernel, () => this.#paint());
    this.#listen();
  }

  /**
   * Show the dates of a range exactly as soon as the kernel has sent them.
   * @param {RangeAxis} axis
   * @param {KernelLink | null} kernel
   */
  #listenForTimes(axis, kernel) {
    const unsubscribe = kernel?.subscribe((range, _grid, times) => {
      axis.setEndTimes(range, times);
      this.#brush?.showRange();
    });
    this.#cleanups.push(() => unsubscribe?.());
  }

  /**
   * Mark the changeset that is selected in another chart or in a table.
   * @param {KernelLink | null} kernel
   */
  #listenForSelection(kernel) {
    const unsubscribe = kernel?.subscribeSelection((selection) => {
      this.#selection = selection;
      this.#showMarker();
    });
    this.#cleanups.push(() => unsubscribe?.());
  }

  /**
   * Select the changeset of a mark; a mark of several selects none.
   * @param {Json} row
   * @param {KernelLink | null} kernel
   */
  #select(row, kernel) {
    const index = row.index ?? (row.first === row.last ? row.first : undefined);
    if (!Number.isInteger(index) || !kernel || !this.#axis) {
      return;
    }
    const seconds = Number.isFinite(row.time) ? Math.floor(row.time / 1000) : this.#axis.timeOf(index);
    kernel.select({ index, seconds });
  }

  /** Draw the marker of the selected changeset, if it lies in the plot. */
  #showMarker() {
    const painter = this.#painter;
    if (!painter?.hasPicture || !this.#axis || !this.#isZoomable) {
      return; // a chart of no or one changeset has no selection, and may have no scale
    }
    const { left, top, width, height } = painter.plot;
    const value = this.#axis.scale.period ? 1000 * (this.#selection?.seconds ?? Number.NaN) : this.#selection?.index;
    const x = painter.positionOf(value ?? Number.NaN);
    const isInside = this.#selection !== null && x >= 0 && x <= width;
    this.#marker.style.display = isInside ? "block" : "none";
    if (isInside && this.#selection) {
      this.#marker.dataset.index = this.#selection.index.toLocaleString("en");
      Object.assign(this.#marker.style, { left: `${left + x}px`, top: `${top}px`, height: `${height}px` });
    }
  }

  /**
   * Let a drag in the plot select what lies below it, and a double click go back.
   * @param {RangeAxis} axis
   * @param {KernelLink | null} kernel
   */
  #bindZoom(axis, kernel) {
    /**
     * @param {number} left
     * @param {number} right
     */
    const onZoom = async (left, right) => {
      const painter = /** @type {Painter} */ (this.#painter);
      const [from, to] = [painter.valueAt(left), painter.valueAt(right)];
      const found = axis.scale.period
        ? await axis.findExactPeriod([from / 1000, to / 1000], kernel)
        : clampRange([Math.ceil(from), Math.max(Math.ceil(from), Math.floor(to))], axis.bounds);
      if (found) {
        this.#range.jump(found);
      }
    };
    const onBack = () => (this.#range.canUndo ? this.#range.undo() : this.#range.jump(axis.bounds));
    const getPlot = () => (this.#painter?.hasPicture ? this.#painter.plot : null);
    this.#cleanups.push(bindPlotZoom(this.#canvas, getPlot, onZoom, onBack));
  }

  /** Unmount the chart. */
  remove() {
    this.#isRemoved = true;
    this.#requests.stop();
    for (const cleanup of this.#cleanups) {
      cleanup();
    }
    if (!this.#isPainting) {
      this.#release();
    }
  }

  /** Repaint when the range, the width or the theme changes. */
  #listen() {
    const repaint = () => {
      this.#paint();
    };
    const onMove = () => {
      this.#brush?.showRange();
      repaint();
    };
    // Only the observer measures: in a hidden page any other would find no width, and nobody would correct it later.
    const resizeObserver = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width && contentRect.width !== this.#width) {
        this.#width = contentRect.width;
        repaint();
      }
    });
    resizeObserver.observe(this.#canvas);
    this.#cleanups.push(this.#range.subscribe(onMove), () => resizeObserver.disconnect(), observeTheme(repaint));
  }

  /** Paint the latest range; ranges that come while painting are skipped. A chart waits until it has a width. */
  async #paint() {
    this.#isStale = true;
    if (this.#isPainting || !this.#width) {
      return;
    }
    this.#isPainting = true;
    while (this.#isStale && !this.#isRemoved) {
      this.#isStale = false;
      try {
        await this.#paintOnce(/** @type {Painter} */ (this.#painter));
      } catch (error) {
        reportError(error); // the next move of the range paints again
      }
    }
    this.#isPainting = false;
    if (this.#isRemoved) {
      this.#release();
    }
  }

  /**
   * Paint the range of now, or keep the old picture until the kernel responds.
   * @param {Painter} painter
   */
  async #paintOnce(painter) {
    const range = this.#range.value;
    const theme = detectPageTheme(this.#element);
    const slice = this.#requests.selectSlice(range);
    this.#requests.requestIfNeeded(slice, range);
    if (this.#requests.shouldWait(slice, painter.hasPicture)) {
      this.#requests.startTimer();
      return;
    }
    this.#requests.stopTimer();
    const rows = slice.rows.length ? slice.rows : [NO_ROW];
    const emptyText = slice.isExact ? this.#sentences.empty : this.#sentences.too_narrow;
    const shown = selectVersions(this.#versions, range, this.#limits);
    await painter.paint(rows, { first: range[0], last: range[1], nothing: emptyText, shown }, theme, this.#width);
    this.#element.style.background = this.#themes[theme].background; // below the controls, too
    this.#describe(slice);
    this.#showRounding(slice);
    this.#showMarker();
    this.#drawOverview(painter, theme);
  }

  /**
   * Describe the picture in the attributes of the canvas: for screen readers, and for tests.
   * @param {Slice} slice
   */
  #describe({ first, last, uploaded, isEmpty, isExact }) {
    const span = `${first.toLocaleString("en")} to ${last.toLocaleString("en")}`;
    const counted = this.#sentences.counted.replace("{count}", uploaded.toLocaleString("en"));
    const summary = isEmpty ? this.#sentences.empty : `changesets ${span}, ${counted}`;
    this.#canvas.setAttribute("aria-label", `${this.#title}: ${summary}`);
    Object.assign(this.#canvas.dataset, { first, last, count: uploaded, exact: isExact });
  }

  /**
   * Where whole cells are drawn, show their range in the controls, too, and say why.
   * @param {Slice} slice
   */
  #showRounding({ first, last, from, to, isExact, isEmpty }) {
    const isWaiting = this.#requests.hasKernel && !this.#requests.isLate;
    if (isExact || isEmpty || isWaiting) {
      if (this.#isRounded) {
        this.#brush?.showRange();
      }
      this.#isRounded = false;
      return;
    }
    this.#isRounded = true;
    const count = Math.round((last - first + 1) / (to - from));
    const sentence = this.#requests.hasKernel ? this.#sentences.late : this.#sentences.no_kernel;
    this.#brush?.showRounded([first, last], sentence.replace("{count}", count.toLocaleString("en")));
  }

  /**
   * Draw the overview again if the plot has moved or the theme has changed.
   * @param {Painter} painter
   * @param {Theme} theme
   */
  #drawOverview(painter, theme) {
    const { plot } = painter;
    const key = `${theme} ${plot.left} ${plot.width}`;
    if (key !== this.#overviewKey) {
      this.#overviewKey = key;
      this.#brush?.draw(plot, this.#themes[theme]);
    }
  }

  /** JupyterLab keeps references to removed views, so release what is large. */
  #release() {
    this.#painter?.release();
    this.#painter = null;
    this.#brush = null;
    this.#canvas.replaceChildren();
    this.#element.replaceChildren();
  }
}
