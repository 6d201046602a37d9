// A chart that is mounted again when the kernel sends other changesets, and a sentence below it.
/** @import { ChartPayload, Engine, KernelLink, WidgetModel } from "../engine/js/types.d.ts" */
/** @import { RangeStore } from "../engine/js/range_store.js" */
/** @import { ChartView } from "../engine/js/view.js" */
import { createElement } from "../engine/js/dom.js";
import { listen } from "./models.js";

const MAX_PAINT_WAIT = 2000; // ms; a chart in a hidden tab is not painted
const DRAG_WAIT = 200; // ms between two checks whether a drag has ended

/** Mounts a chart. Another one takes its place, once it is painted, when the kernel has sent other changesets. */
export class UpdatedView {
  #element;
  #model;
  #slider;
  #engine;
  #store;
  #kernel;
  #status;
  /** @type {{element: HTMLElement, view: ChartView}} */
  #shown;
  #updateCount = 0;
  #isRemoved = false;
  /** @type {(() => void)[]} */
  #cleanups;

  /**
   * @param {HTMLElement} element
   * @param {WidgetModel} model
   * @param {WidgetModel} slider
   * @param {Engine} engine
   * @param {RangeStore} store
   * @param {KernelLink} kernel
   */
  constructor(element, model, slider, engine, store, kernel) {
    this.#element = element;
    this.#model = model;
    this.#slider = slider;
    this.#engine = engine;
    this.#store = store;
    this.#kernel = kernel;
    element.style.position = "relative";
    this.#shown = this.#mount();
    this.#status = createElement(element, "div", "imodels-nb-watch", { role: "status", "aria-live": "polite" });
    Object.assign(this.#status.style, { font: "12px/1.5 system-ui, sans-serif", padding: "2px 4px" });
    this.#cleanups = [
      listen(model, "change:grid", () => this.#update()),
      listen(model, "change:status", () => this.#showStatus()),
    ];
    this.#showStatus();
    whenPainted(this.#shown.element).then(() => this.#showStatus());
  }

  /** Unmount the chart. */
  remove() {
    this.#isRemoved = true;
    for (const cleanup of this.#cleanups) {
      cleanup();
    }
    this.#shown.view.remove();
  }

  /** Mount a chart of the data that the model has now, above the sentence. */
  #mount() {
    const element = createElement(this.#element, "div", "imodels-nb-view");
    this.#element.prepend(element);
    const view = new this.#engine.ChartView(element, readPayload(this.#model), this.#store, this.#kernel);
    return { element, view };
  }

  /** Mount the new chart behind the old one, and show it once it is painted: nothing flickers or jumps. */
  async #update() {
    this.#updateCount += 1;
    const number = this.#updateCount;
    while (this.#shown.element.querySelector(":active")) {
      await sleep(DRAG_WAIT); // a drag would end with the chart that it began on
    }
    if (this.#isRemoved || number !== this.#updateCount) {
      return; // a newer update, which waits for the same drag, mounts the chart
    }
    this.#store.bounds = [this.#slider.get("min"), this.#slider.get("max")];
    this.#store.set(this.#slider.get("value"));
    const old = this.#shown;
    const next = this.#mount();
    this.#shown = next;
    Object.assign(next.element.style, { position: "absolute", left: "0", right: "0", visibility: "hidden" });
    await whenPainted(next.element);
    Object.assign(next.element.style, { position: "", left: "", right: "", visibility: "" });
    moveFocus(old.element, next.element);
    old.view.remove();
    old.element.remove();
    this.#showStatus();
  }

  /** Show the sentence about a watch. */
  #showStatus() {
    const text = this.#model.get("status") ?? "";
    if (this.#status.textContent !== text) {
      this.#status.textContent = text;
    }
    const controls = this.#shown.element.querySelector(".imodels-nb-ends");
    if (controls) {
      const left = controls.getBoundingClientRect().left - this.#element.getBoundingClientRect().left;
      this.#status.style.paddingLeft = `${Math.max(left, 0)}px`; // below the controls, whose left edge depends on the plot
    }
  }
}

/**
 * Read the chart that a model holds.
 * @param {WidgetModel} model
 * @returns {ChartPayload}
 */
export function readPayload(model) {
  return {
    title: model.get("title"),
    spec: model.get("spec"),
    themes: model.get("themes"),
    grid: model.get("grid"),
    axis: model.get("axis"),
    limits: model.get("limits"),
    sentences: model.get("sentences"),
    has_overview: model.get("has_overview"),
    is_zoomable: model.get("is_zoomable"),
  };
}

/**
 * Wait until a chart describes its picture, which it does after each painting.
 * @param {HTMLElement} element
 * @returns {Promise<void>}
 */
function whenPainted(element) {
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => finish());
    const timer = setTimeout(() => finish(), MAX_PAINT_WAIT);
    const finish = () => {
      clearTimeout(timer);
      observer.disconnect();
      resolve();
    };
    observer.observe(element, { subtree: true, attributeFilter: ["data-first"] });
  });
}

/**
 * Move the focus, and the typed text, to the same control of another chart.
 * @param {HTMLElement} from
 * @param {HTMLElement} to
 */
function moveFocus(from, to) {
  const focused = /** @type {HTMLElement | null} */ (from.querySelector(":focus"));
  if (!focused) {
    return;
  }
  const position = listControls(from).indexOf(focused);
  const same = listControls(to)[position];
  if (focused instanceof HTMLInputElement && same instanceof HTMLInputElement) {
    same.value = focused.value;
  }
  same?.focus();
}

/**
 * Return the elements that can have the focus.
 * @param {HTMLElement} element
 * @returns {HTMLElement[]}
 */
function listControls(element) {
  return [...element.querySelectorAll("[tabindex], input, button, select")].map(
    (control) => /** @type {HTMLElement} */ (control),
  );
}

/**
 * Wait.
 * @param {number} time in ms
 * @returns {Promise<void>}
 */
function sleep(time) {
  return new Promise((resolve) => setTimeout(resolve, time));
}
