// A list of buttons, one for each finding. No text in it is read as HTML.
/** @import { WidgetModel } from "../engine/js/types.d.ts" */
import { createButton, createElement } from "../engine/js/dom.js";
import { listen } from "./models.js";

/**
 * @typedef {object} Item one finding, as Python sends it
 * @property {string} mark
 * @property {string} severity
 * @property {string} rule
 * @property {string} sentence
 * @property {string} advice
 * @property {boolean} has_range whether a click can show it
 */

/**
 * Mount the list of a widget, and return a function that unmounts it.
 * @param {{model: WidgetModel, el: HTMLElement}} context
 */
function render({ model, el }) {
  /** @type {{name: string, none: string}} `FindingTexts` of explorer.py */
  const texts = model.get("texts");
  const list = createElement(el, "ol", "imodels-findings", { "aria-label": texts.name });
  /** @type {Item[]} */
  const items = model.get("items");
  if (!items.length) {
    createElement(list, "li", "imodels-finding-none", {}, texts.none);
  }
  const onClick = (/** @type {number} */ row) => {
    model.send({ show: row });
    showChart(el);
  };
  const buttons = items.map((item, row) => createItem(list, item, () => onClick(row)));
  const markShown = () => {
    const shown = model.get("shown");
    buttons.forEach((button, row) => {
      button.setAttribute("aria-pressed", String(row === shown));
    });
  };
  markShown();
  return listen(model, "change:shown", markShown);
}

/**
 * Scroll to the first chart of the explorer, if it is out of sight.
 * @param {HTMLElement} el
 */
function showChart(el) {
  const chart = el.closest(".imodels-explorer")?.querySelector(".imodels-nb-canvas");
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  chart?.scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
}

/**
 * Append the entry of a finding to the list, and return its button.
 * @param {HTMLElement} list
 * @param {Item} item
 * @param {() => void} onClick
 */
function createItem(list, item, onClick) {
  const entry = createElement(list, "li");
  const attributes = { class: `imodels-finding ${item.severity}`, title: item.advice };
  const button = createButton(entry, attributes, "", onClick);
  button.disabled = !item.has_range;
  const head = createElement(button, "span", "imodels-finding-head");
  createElement(head, "span", "imodels-finding-mark", { "aria-hidden": "true" }, item.mark);
  createElement(head, "span", "imodels-finding-severity", {}, item.severity);
  createElement(head, "span", "imodels-finding-rule", {}, item.rule);
  createElement(button, "span", "imodels-finding-sentence", {}, item.sentence);
  return button;
}

export default { render };
