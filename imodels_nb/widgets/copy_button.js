// A button that copies a text from the kernel, and confirms it for a moment.
/** @import { WidgetModel } from "../engine/js/types.d.ts" */
import { createButton, createElement } from "../engine/js/dom.js";

const CONFIRMATION = 1500; // ms

/**
 * Mount the button of a widget.
 * @param {{model: WidgetModel, el: HTMLElement}} context
 */
function render({ model, el }) {
  /** @type {{copy: string, copied: string, hint: string}} `CopyTexts` of copy_button.py */
  const texts = model.get("texts");
  const attributes = { class: "imodels-copy jupyter-button", "aria-label": texts.hint };
  const button = createButton(el, attributes, texts.copy, async () => {
    await copyText(model.get("text"));
    button.textContent = texts.copied;
    setTimeout(() => {
      button.textContent = texts.copy;
    }, CONFIRMATION);
  });
}

/**
 * Copy a text. In a page of plain http, browsers have no `navigator.clipboard`.
 * @param {string} text
 */
async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = createElement(document.body, "textarea");
  area.value = text;
  area.select();
  document.execCommand("copy");
  area.remove();
}

export default { render };
