// Charts of a page without a kernel: a live chart replaces each picture.
/** @import { ChartPayload, Json, PagePayload } from "./types.d.ts" */
import { decodeBase64, decompress } from "./compression.js";
import { createElement } from "./dom.js";
import { RangeStore } from "./range_store.js";
import { ChartView } from "./view.js";

const STATE = "script[type='application/vnd.jupyter.widget-state+json']";
const VIEW = "script[type='application/vnd.jupyter.widget-view+json']";

/**
 * Make all charts of a page live, and return the range stores of those in an element of the class `imodels-nb-chart`.
 * @param {ParentNode} root
 * @returns {Promise<RangeStore[]>}
 */
export function activate(root) {
  for (const stored of findStoredCharts(root)) {
    mountStored(stored);
  }
  /** @type {NodeListOf<HTMLElement>} */
  const elements = root.querySelectorAll(".imodels-nb-chart:not([data-active])");
  const isShown = (/** @type {HTMLElement} */ element) => getComputedStyle(element).display !== "none";
  return Promise.all([...elements].filter(isShown).map(mountEmbedded));
}

/**
 * Mount the chart that an element contains as a script, and return its range store.
 * @param {HTMLElement} element
 */
async function mountEmbedded(element) {
  element.dataset.active = "true";
  const packed = element.querySelector("script")?.textContent ?? "";
  /** @type {PagePayload} */
  const chart = await decompress(decodeBase64(packed)).json();
  element.querySelector(".imodels-nb-picture")?.remove();
  const store = getStore(element, chart);
  new ChartView(createElement(element, "div"), chart, store, null);
  return store;
}

/** @type {WeakMap<Element, Map<string, RangeStore>>} */
const sharedStores = new WeakMap(); // by element around joined charts, and by digest of the changesets

/**
 * Return the range store of a chart: its own, or the one that joined charts of the same changesets share.
 * @param {HTMLElement} element
 * @param {PagePayload} chart
 */
function getStore(element, chart) {
  const group = element.parentElement?.closest(".imodels-nb-linked");
  const stores = (group && sharedStores.get(group)) ?? new Map();
  const store = stores.get(chart.digest) ?? new RangeStore(chart.range, chart.bounds);
  if (group) {
    sharedStores.set(group, stores.set(chart.digest, store));
  }
  return store;
}

/**
 * Find the charts of a converted notebook. It names each widget in a script, and has the state of all in another.
 * @param {ParentNode} root
 * @returns {{script: Element, model: Json, slider: Json}[]}
 */
export function findStoredCharts(root) {
  const stored = root.querySelector(STATE);
  if (!stored) {
    return [];
  }
  const { state: models } = JSON.parse(stored.textContent ?? "");
  /** @param {string} name */
  const getModel = (name) => models[name.replace("IPY_MODEL_", "")] ?? { state: {} };
  return [...root.querySelectorAll(VIEW)].flatMap((script) => {
    const box = models[JSON.parse(script.textContent ?? "").model_id];
    /** @type {Json[]} */
    const children = (box?.state.children ?? []).map(getModel);
    const model = children.find(({ state }) => state.spec && state.grid);
    return model ? [{ script, model, slider: getModel(model.state.slider).state }] : [];
  });
}

/**
 * Mount a chart of a converted notebook in the place of its script.
 * @param {{script: Element, model: Json, slider: Json}} stored
 */
function mountStored({ script, model, slider }) {
  if (document.querySelector(`.imodels-nb-picture-${model.state.picture_id}`)) {
    script.remove(); // the page has the chart before it
    return;
  }
  const element = document.createElement("div");
  script.replaceWith(element);
  new ChartView(element, restoreBuffers(model), new RangeStore(slider.value, [slider.min, slider.max]), null);
}

/**
 * Put the buffers of a stored model back into its state, and return the state.
 * @param {Json} model
 * @returns {ChartPayload}
 */
export function restoreBuffers({ state, buffers = [] }) {
  for (const { path, data } of buffers) {
    /** @type {Json} */
    let owner = state;
    for (const name of path.slice(0, -1)) {
      owner = owner[name];
    }
    owner[path.at(-1)] = data;
  }
  return state;
}
