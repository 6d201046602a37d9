// The script of a report: charts are made live when they are near the screen, and buttons show the range of a finding.
/** @import { RangeStore } from "../engine/js/range_store.js" */
import { decodeBase64, decompress } from "../engine/js/compression.js";

const MARGIN = "300px"; // distance from the screen at which a chart is made live

/** @type {HTMLElement[]} */
const charts = [...document.querySelectorAll(".imodels-nb-chart")].filter((chart) => chart instanceof HTMLElement);
/** @type {Map<HTMLElement, Promise<RangeStore>>} */
const stores = new Map();
/** @type {Promise<void> | null} */
let engineLoad = null;

/**
 * Make a chart live, once, and return its range store.
 * @param {HTMLElement} chart
 */
function activateChart(chart) {
  const store = stores.get(chart) ?? mountChart(chart);
  stores.set(chart, store);
  return store;
}

/**
 * Mount a live chart in the place of its picture, and return its range store.
 * @param {HTMLElement} chart
 * @returns {Promise<RangeStore>}
 */
async function mountChart(chart) {
  chart.dataset.live = "true";
  keepPicture(chart);
  engineLoad ??= loadEngine();
  await engineLoad;
  const parent = /** @type {HTMLElement} */ (chart.parentElement);
  const [store] = await globalThis.imodelsNbEngine.activate(parent);
  return store;
}

/** Run the engine that the report contains. */
async function loadEngine() {
  const packed = document.getElementById("engine")?.textContent ?? "";
  const script = document.createElement("script");
  script.textContent = await decompress(decodeBase64(packed)).text();
  document.head.append(script);
}

/**
 * Keep the picture for print: paper has no sliders, and its ink is dark.
 * @param {HTMLElement} chart
 */
function keepPicture(chart) {
  const picture = chart.querySelector(".imodels-nb-picture");
  const copy = /** @type {HTMLElement} */ (picture?.cloneNode(true));
  copy.className = "printed";
  chart.after(copy);
}

/**
 * Let a button of a finding show its range in all charts.
 * @param {HTMLButtonElement} button
 */
function bindButton(button) {
  const { first, last } = button.dataset;
  button.hidden = !charts.length;
  button.addEventListener("click", async () => {
    for (const store of await Promise.all(charts.map(activateChart))) {
      store.set(globalThis.imodelsNbEngine.clampRange([Number(first), Number(last)], store.bounds));
    }
    document.getElementById("charts")?.scrollIntoView({ behavior: "smooth" });
  });
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        activateChart(/** @type {HTMLElement} */ (entry.target));
      }
    }
  },
  { rootMargin: MARGIN },
);
for (const chart of charts) {
  observer.observe(chart);
}
for (const button of document.querySelectorAll("button[data-first]")) {
  bindButton(/** @type {HTMLButtonElement} */ (button));
}
