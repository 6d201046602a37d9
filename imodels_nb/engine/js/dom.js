// Elements of a page.

/** JupyterLab takes the keys of an element that does not have this attribute itself. */
export const SUPPRESS_SHORTCUTS = "data-lm-suppress-shortcuts";

/**
 * Append a new element to its parent, and return it. `text` is never read as HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {HTMLElement} parent
 * @param {Tag} tag
 * @param {string} className
 * @param {Record<string, string | number>} attributes
 * @param {string} text
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function createElement(parent, tag, className = "", attributes = {}, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.textContent = text;
  parent.append(element);
  return element;
}

/**
 * Add a style sheet to the page, once.
 * @param {string} id
 * @param {string} text
 */
export function injectStyles(id, text) {
  if (document.getElementById(id)) {
    return;
  }
  const style = createElement(document.head, "style", "", {}, text);
  style.id = id;
}
