// Drawing of a specification with Vega: once in full, then only with new rows, parameters and width.
/** @import { ChartPayload, ChartRow, Embedded, Json, KernelLink, Plot, Theme, VegaView } from "./types.d.ts" */

const CLEAN_THRESHOLD = 100; // rows; Vega's default of 10,000 keeps that many replaced rows in memory

/** Paints the rows of a chart on an element. */
export class Painter {
  #canvas;
  #spec;
  #themes;
  #kernel;
  #onClick;
  /** @type {Embedded | null} */
  #embedded = null;
  /** @type {Theme | null} */
  #theme = null;
  #width = 0;
  /**
   * Item below the pointer.
   * @type {Json}
   */
  #hovered = null;

  /**
   * @param {HTMLElement} canvas
   * @param {ChartPayload} chart
   * @param {KernelLink | null} kernel
   * @param {(datum: Json) => void} onClick gets the row of a mark, or what Vega has computed from several
   */
  constructor(canvas, chart, kernel, onClick) {
    this.#onClick = onClick;
    this.#canvas = canvas;
    this.#spec = chart.spec;
    this.#themes = chart.themes;
    this.#kernel = kernel;
  }

  /** Whether a picture is on the canvas. */
  get hasPicture() {
    return this.#embedded !== null;
  }

  /**
   * Where the plot lies on the canvas, in pixels.
   * @returns {Plot}
   */
  get plot() {
    const { view } = /** @type {Embedded} */ (this.#embedded);
    const [x, y] = view.origin();
    const { left, top } = view.padding();
    return { left: x + left, top: y + top, width: view.width(), height: view.height() };
  }

  /**
   * Return the value along x at a distance from the left of the plot: an index, or a time in milliseconds.
   * @param {number} pixels
   */
  valueAt(pixels) {
    const { view } = /** @type {Embedded} */ (this.#embedded);
    return Number(view.scale("x").invert(pixels));
  }

  /**
   * Return the distance of a value along x from the left of the plot, in pixels.
   * @param {number} value an index, or a time in milliseconds
   */
  positionOf(value) {
    const { view } = /** @type {Embedded} */ (this.#embedded);
    return view.scale("x")(value);
  }

  /**
   * Paint rows: with a new view at first and for another theme, otherwise in the present view.
   * @param {ChartRow[]} rows
   * @param {Record<string, Json>} params
   * @param {Theme} theme
   * @param {number} width
   */
  async paint(rows, params, theme, width) {
    if (this.#embedded && this.#theme === theme) {
      await this.#update(this.#embedded.view, rows, params, width);
    } else {
      await this.#embed(rows, params, theme, width);
    }
    const { view } = /** @type {Embedded} */ (this.#embedded);
    purgeDerivedTuples(view);
  }

  /** Release the view, with all its memory. */
  release() {
    this.#hideTooltip();
    this.#embedded?.finalize();
    this.#embedded = null;
  }

  /**
   * Embed the whole specification in a new view.
   * @param {ChartRow[]} rows
   * @param {Record<string, Json>} params
   * @param {Theme} theme
   * @param {number} width
   */
  async #embed(rows, params, theme, width) {
    this.release();
    const filled = {
      ...this.#spec,
      width,
      datasets: { ...this.#spec.datasets, cells: rows },
      params: this.#spec.params?.map((/** @type {Json} */ param) =>
        param.name in params ? { ...param, value: params[param.name] } : param,
      ),
    };
    const options = { mode: "vega-lite", actions: false, renderer: "canvas", config: this.#themes[theme] };
    this.#embedded = await imodelsNbEmbed(this.#canvas, filled, options);
    this.#theme = theme;
    this.#width = width;
    this.#embedded.view.cleanThreshold = CLEAN_THRESHOLD;
    this.#followPointer(this.#embedded.view);
    if (this.#kernel) {
      this.#embedded.view.addEventListener("click", (_event, item) => {
        if (item?.mark?.role === "mark") {
          this.#onClick(item.datum); // of a mark, not of a legend or an axis
        }
      });
    }
  }

  /**
   * Update a view with new rows, parameters and width.
   * @param {VegaView} view
   * @param {ChartRow[]} rows
   * @param {Record<string, Json>} params
   * @param {number} width
   */
  async #update(view, rows, params, width) {
    if (this.#width !== width) {
      this.#width = width;
      view.width(width);
    }
    if (this.#spec.params) {
      // a chart without changesets has no parameters
      for (const [name, value] of Object.entries(params)) {
        view.signal(name, value);
      }
      view.data("cells", rows);
    }
    this.#hideTooltip();
    await view.runAsync();
  }

  /**
   * Store the item below the pointer, and add to the tooltip of one changeset what only the kernel has.
   * @param {VegaView} view
   */
  #followPointer(view) {
    view.addEventListener("mouseover", async (event, item) => {
      this.#hovered = item;
      const type = item?.tooltip && item.datum.type;
      if (!this.#kernel || (type !== "tick" && type !== "dot")) {
        return;
      }
      const details = await this.#kernel.requestChangesetDetails(item.datum.first);
      if (this.#hovered === item && Object.keys(details).length) {
        view.tooltip().call(view, null, event, item, { ...item.tooltip, ...details });
      }
    });
    view.addEventListener("mouseout", () => {
      this.#hovered = null;
    });
  }

  /** Hide the tooltip of an item that disappears while the pointer rests: no pointer event follows. */
  #hideTooltip() {
    if (this.#embedded && this.#hovered) {
      const { view } = this.#embedded;
      view.tooltip().call(view, null, null, this.#hovered, null);
    }
    this.#hovered = null;
  }
}

/**
 * Delete the entries that Vega keeps of replaced rows.
 *
 * Vega's relays keep the number of every row that another was derived from: a chart whose rows are replaced at every
 * step would grow by that for ever. Vega has no public way to them. If a new version of Vega has other internals, charts
 * work, but memory grows, and a test in tests/browser/test_standalone_charts.py fails.
 * @param {VegaView} view
 */
export function purgeDerivedTuples(view) {
  const relays = Object.values(view._runtime?.nodes ?? {}).filter((node) => node._argval?.derive);
  for (const { value } of relays) {
    for (const row of Object.keys(value)) {
      if (value[row] === null) {
        delete value[row];
      }
    }
  }
}
