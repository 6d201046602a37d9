// A chart in an element: it follows the range, drawn from the grid at once and then from the kernel's response.
/** @import { ChartPayload, EmptyRow, Grid, KernelLink, Slice } from "./types.d.ts" */
/** @import { RangeStore } from "./range_store.js" */

import { createElement } from "./dom.js";
import { GridRequests } from "./grid_requests.js";
import { decodeGrid } from "./packed_grid.js";
import { detectPageTheme, observeTheme } from "./page_theme.js";
import { PaintLoop } from "./paint_loop.js";
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
  #chart; // without its grids, which would stay in memory after the view is removed
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
  #paintLoop;
  #width = 0; // of the canvas when last seen: it has none in a hidden tab, nor while the theme changes

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
    const { title, themes, sentences, limits } = chart;
    this.#chart = { title, themes, sentences, limits, versions: readVersions(chart.spec) };
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
    this.#paintLoop = new PaintLoop(
      () => this.#paint(/** @type {Painter} */ (this.#painter)),
      () => this.#release(),
    );
    this.#requests = new GridRequests(chart, grid, store.value, kernel, () => this.#repaint());
    this.#listen();
  }

  /**
   * Show the exact dates of a range as soon as the kernel has sent them.
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
    this.#requests.stop();
    this.#marker?.remove();
    for (const cleanup of this.#cleanups) {
      cleanup();
    }
    this.#paintLoop.stop();
  }

  /** Repaint when the range, the width or the theme changes. */
  #listen() {
    const repaint = () => this.#repaint();
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

  /** Paint the latest range, as soon as the chart has a width. */
  #repaint() {
    if (this.#width) {
      this.#paintLoop.request();
    }
  }

  /**
   * Paint the range of now, or keep the old picture while the kernel may soon send a finer grid.
   * @param {Painter} painter
   */
  async #paint(painter) {
    const { themes, sentences, limits, versions } = this.#chart;
    const range = this.#store.value;
    const theme = detectPageTheme(this.#element);
    const slice = this.#requests.selectSlice(range, painter.hasPicture);
    if (!slice) {
      return;
    }
    const rows = slice.rows.length ? slice.rows : [NO_ROW];
    const emptyText = slice.isExact ? sentences.empty : sentences.too_narrow;
    const shown = selectVersions(versions, range, limits);
    await painter.paint(rows, { first: range[0], last: range[1], empty_text: emptyText, shown }, theme, this.#width);
    this.#element.style.background = themes[theme].background; // below the controls, too
    this.#describe(slice);
    this.#showRounding(slice);
    this.#marker?.show();
    this.#brush?.draw(painter.plot, themes[theme]);
  }

  /**
   * Describe the picture in the attributes of the canvas: for screen readers, and for tests.
   * @param {Slice} slice
   */
  #describe({ first, last, count, isEmpty, isExact }) {
    const { title, sentences } = this.#chart;
    const words = isEmpty ? sentences.empty : fillText(sentences.summary, { first, last, count });
    this.#canvas.setAttribute("aria-label", `${title}: ${words}`);
    Object.assign(this.#canvas.dataset, { first, last, count, exact: isExact });
  }

  /**
   * If only whole cells are drawn, show their range in the controls, too, and say why.
   * @param {Slice} slice
   */
  #showRounding({ first, last, from, to, isExact, isEmpty }) {
    if (isExact || isEmpty || this.#requests.mayWait) {
      this.#brush?.clearRounded();
      return;
    }
    const { late, no_kernel } = this.#chart.sentences;
    const count = Math.round((last - first + 1) / (to - from));
    this.#brush?.showRounded([first, last], fillText(this.#requests.hasKernel ? late : no_kernel, { count }));
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
