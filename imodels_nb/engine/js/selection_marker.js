// The selected changeset of a chart: a marker in the plot, and the selection by a click.
/** @import { Json, KernelLink, Selection } from "./types.d.ts" */
/** @import { Painter } from "./painter.js" */
/** @import { RangeAxis } from "./range_axis.js" */
import { createElement } from "./dom.js";

/** Marks the changeset that is selected in a chart or in a table, and selects that of a clicked mark. */
export class SelectionMarker {
  #element;
  /** @type {Painter | null} */
  #painter;
  #axis;
  #kernel;
  /** @type {Selection | null} */
  #selection = null;
  #unsubscribe;

  /**
   * @param {HTMLElement} plot
   * @param {Painter} painter
   * @param {RangeAxis} axis
   * @param {KernelLink | null} kernel
   */
  constructor(plot, painter, axis, kernel) {
    this.#element = createElement(plot, "div", "imodels-nb-marker", { "aria-hidden": "true" });
    this.#painter = painter;
    this.#axis = axis;
    this.#kernel = kernel;
    this.#unsubscribe = kernel?.subscribeSelection((selection) => {
      this.#selection = selection;
      this.show();
    });
  }

  /**
   * Select the changeset of a clicked mark; a mark of several selects none.
   * @param {Json} datum `ChartRow`, `VersionRow`, or what Vega has computed from several rows
   */
  select(datum) {
    const index = findChangeset(datum);
    if (index === undefined) {
      return;
    }
    const seconds = Number.isFinite(datum.time_ms) ? Math.floor(datum.time_ms / 1000) : this.#axis.timeOf(index);
    this.#kernel?.select({ index, seconds });
  }

  /** Draw the marker, if the selected changeset lies in the plot. */
  show() {
    const painter = this.#painter;
    if (!painter?.hasPicture) {
      return;
    }
    const { left, top, width, height } = painter.plot;
    const value = this.#axis.scale.period ? 1000 * (this.#selection?.seconds ?? Number.NaN) : this.#selection?.index;
    const x = painter.positionOf(value ?? Number.NaN);
    const isInside = this.#selection !== null && x >= 0 && x <= width;
    this.#element.style.display = isInside ? "block" : "none";
    if (isInside && this.#selection) {
      this.#element.dataset.index = this.#selection.index.toLocaleString("en");
      Object.assign(this.#element.style, { left: `${left + x}px`, top: `${top}px`, height: `${height}px` });
    }
  }

  /** Stop listening, and release the painter. */
  remove() {
    this.#unsubscribe?.();
    this.#painter = null;
  }
}

/**
 * Return the index of the changeset of a mark, or undefined for a mark of none or of several.
 * @param {Json} datum
 * @returns {number | undefined}
 */
export function findChangeset(datum) {
  switch (datum.type) {
    case "tick":
    case "dot":
    case "band":
      return datum.first === datum.last ? datum.first : undefined;
    case "version":
      return datum.index;
    default:
      return undefined;
  }
}
