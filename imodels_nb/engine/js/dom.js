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
 * Append a button, and return it. It does nothing while its attribute `aria-disabled` is true: a disabled button would lose
 * the focus.
 * @param {HTMLElement} parent
 * @param {Record<string, string>} attributes
 * @param {string} text
 * @param {() => void} onClick without it, the click is handled by an element around the button
 */
export function createButton(parent, attributes, text, onClick = () => {}) {
  const all = { type: "button", [SUPPRESS_SHORTCUTS]: "true", ...attributes };
  const button = createElement(parent, "button", "", all, text);
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") {
      onClick();
    }
  });
  return button;
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
