// A chart in an element: it follows the range, drawn from the grid at once and then from the kernel's response.
/** @import { ChartPayload, EmptyRow, Grid, KernelLink, Slice, Theme } from "./types.d.ts" */
/** @import { RangeStore } from "./range_store.js" */

import { createElement } from "./dom.js";
import { GridRequests } from "./grid_requests.js";
import { decodeGrid } from "./packed_grid.js";
import { detectPageTheme, observeTheme } from "./page_theme.js";
import { Painter } from "./painter.js";
import { findExactPeriod } from "./period_search.js";
import { bindPlotZoom } from "./plot_zoom.js";
import { RangeAxis } from "./range_axis.js";
import { RangeBrush } from "./range_brush.js";
import { clampRange } from "./range_input.js";
import { SelectionMarker } from "./selection_marker.js";
import { fillText } from "./texts.js";
import { readVersions, selectVersions } from "./versions.js";

/** @type {EmptyRow} */
const NO_ROW = { type: "empty", first: -1, last: -1, drawn: false }; // without any row, Vega draws no 'empty' text

/** Mounts a chart in an element, and paints it again whenever its range moves. */
export class ChartView {
  #element;
  #title;
  #themes;
  #sentences;
  #limits;
  #versions;
  #store;
  #kernel;
  /** @type {HTMLElement} */
  #canvas;
  /** @type {RangeBrush | null} */
  #brush = null;
  /** @type {Painter | null} */
  #painter;
  #requests;
  /** @type {SelectionMarker | null} */
  #marker = null;
  /** @type {RangeAxis | null} */
  #axis = null;
  /** @type {(() => void)[]} */
  #cleanups = [];
  #width = 0; // of the canvas when last seen: it has none in a hidden tab, nor while the theme changes
  #isStale = false;
  #isRounded = false; // whether the controls show the range of whole cells
  #isPainting = false;
  #isRemoved = false;
  #overviewKey = "";

  /**
   * Mount a chart in an element.
   * @param {HTMLElement} element
   * @param {ChartPayload} chart
   * @param {RangeStore} store
   * @param {KernelLink | null} kernel
   */
  constructor(element, chart, store, kernel) {
    /** @type {Grid} */
    const grid = decodeGrid(chart.grid);
    this.#element = element;
    this.#title = chart.title;
    this.#themes = chart.themes;
    this.#sentences = chart.sentences;
    this.#limits = chart.limits;
    this.#versions = readVersions(chart.spec);
    this.#store = store;
    this.#kernel = kernel;
    const plot = createElement(element, "div", "imodels-nb-plot");
    this.#canvas = createElement(plot, "div", "imodels-nb-canvas", { role: "img" });
    this.#canvas.style.width = "100%";
    const painter = new Painter(this.#canvas, chart, kernel, (datum) => this.#marker?.select(datum));
    this.#painter = painter;
    if (grid.first.length > 1) {
      const axis = new RangeAxis(grid, store.bounds, decodeGrid(chart.axis));
      this.#axis = axis;
      this.#brush = chart.has_overview === false ? null : new RangeBrush(element, chart, grid, axis, store, kernel);
      this.#listenForTimes(axis);
      if (chart.is_zoomable !== false) {
        this.#marker = new SelectionMarker(plot, painter, axis, kernel);
        this.#bindZoom();
      }
    }
    this.#requests = new GridRequests(chart, grid, store.value, kernel, () => this.#paint());
    this.#listen();
  }

  /**
   * Show the dates of a range exactly as soon as the kernel has sent them.
   * @param {RangeAxis} axis
   */
  #listenForTimes(axis) {
    const unsubscribe = this.#kernel?.subscribeGrids((range, _grid, times) => {
      axis.setEndTimes(range, times);
      this.#brush?.showRange();
    });
    this.#cleanups.push(() => unsubscribe?.());
  }

  /** Let a drag in the plot select what lies below it, and a double click undo it. */
  #bindZoom() {
    const getPlot = () => (this.#painter?.hasPicture ? this.#painter.plot : null);
    const unbind = bindPlotZoom(
      this.#canvas,
      getPlot,
      (left, right) => this.#zoom(left, right),
      () => this.#undo(),
    );
    this.#cleanups.push(unbind);
  }

  /**
   * Show the changesets between two positions in the plot, if there are any.
   * @param {number} left in pixels from the left of the plot
   * @param {number} right
   */
  async #zoom(left, right) {
    const painter = /** @type {Painter} */ (this.#painter);
    const axis = /** @type {RangeAxis} */ (this.#axis);
    const [from, to] = [painter.valueAt(left), painter.valueAt(right)];
    const found = axis.scale.period
      ? await findExactPeriod(axis, [from / 1000, to / 1000], this.#kernel)
      : clampRange([Math.ceil(from), Math.max(Math.ceil(from), Math.floor(to))], axis.bounds);
    if (found) {
      this.#store.jump(found);
    }
  }

  /** Show the range before, or else all changesets. */
  #undo() {
    if (this.#store.canUndo) {
      this.#store.undo();
    } else {
      this.#store.jump(this.#store.bounds);
    }
  }

  /** Unmount the chart. */
  remove() {
    this.#isRemoved = true;
    this.#requests.stop();
    this.#marker?.remove();
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
    // Only the observer measures: in a hidden page any other would find no width, which would stay.
    const resizeObserver = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width && contentRect.width !== this.#width) {
        this.#width = contentRect.width;
        repaint();
      }
    });
    resizeObserver.observe(this.#canvas);
    this.#cleanups.push(this.#store.subscribe(onMove), () => resizeObserver.disconnect(), observeTheme(repaint));
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
    const range = this.#store.value;
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
    await painter.paint(rows, { first: range[0], last: range[1], empty_text: emptyText, shown }, theme, this.#width);
    this.#element.style.background = this.#themes[theme].background; // below the controls, too
    this.#describe(slice);
    this.#showRounding(slice);
    this.#marker?.show();
    this.#drawOverview(painter, theme);
  }

  /**
   * Describe the picture in the attributes of the canvas: for screen readers, and for tests.
   * @param {Slice} slice
   */
  #describe({ first, last, count, isEmpty, isExact }) {
    const { empty, summary } = this.#sentences;
    const words = isEmpty ? empty : fillText(summary, { first, last, count });
    this.#canvas.setAttribute("aria-label", `${this.#title}: ${words}`);
    Object.assign(this.#canvas.dataset, { first, last, count, exact: isExact });
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
    this.#brush?.showRounded([first, last], fillText(sentence, { count }));
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
