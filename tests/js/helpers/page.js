// A page without a browser: elements that store what is set, and hear clicks.

/** An element of a page. Its `text` is that of all that it shows. */
export class PageElement {
  /** @type {PageElement[]} */
  children = [];
  /** @type {PageElement | null} */
  parent = null;
  className = "";
  hidden = false;
  value = "";
  title = "";
  placeholder = "";
  /** @type {Record<string, string>} */
  dataset = {};
  /** @type {Record<string, string>} */
  style = {};
  classList = {
    /**
     * @param {string} name
     * @param {boolean} isOn
     */
    toggle: (name, isOn) => {
      const others = this.className.split(" ").filter((one) => one !== name);
      this.className = [...others, ...(isOn ? [name] : [])].join(" ").trim();
    },
  };
  #text = "";
  /** @type {Map<string, string>} */
  #attributes = new Map();
  /** @type {Map<string, (() => void)[]>} */
  #listeners = new Map();

  /** @param {string} tag */
  constructor(tag) {
    this.tag = tag;
  }

  /** @param {string} text */
  set textContent(text) {
    this.children = [];
    this.#text = text;
  }

  get textContent() {
    return this.#text + this.children.map((child) => child.textContent).join("");
  }

  /**
   * Text that is not hidden.
   * @returns {string}
   */
  get text() {
    return this.hidden ? "" : this.#text + this.children.map((child) => child.text).join("");
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  setAttribute(name, value) {
    this.#attributes.set(name, value);
    if (name.startsWith("data-")) {
      this.dataset[name.slice("data-".length)] = value;
    }
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }

  /** @param {PageElement} child */
  append(child) {
    child.parent = this;
    this.children.push(child);
  }

  /** @param {PageElement} child */
  prepend(child) {
    child.remove();
    child.parent = this;
    this.children.unshift(child);
  }

  remove() {
    if (this.parent) {
      this.parent.children = this.parent.children.filter((child) => child !== this);
      this.parent = null;
    }
  }

  replaceChildren() {
    this.textContent = "";
  }

  /**
   * @param {string} event
   * @param {() => void} listener
   */
  addEventListener(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /**
   * Call the listeners of an event, of this element and of those around it.
   * @param {string} event
   */
  fire(event) {
    for (const listener of this.#listeners.get(event) ?? []) {
      listener();
    }
    this.parent?.fire(event);
  }

  click() {
    this.fire("click");
  }

  /**
   * Return the elements inside that have a tag, in order. Of a selector, the tag at its end counts; none has the focus.
   * @param {string} selector
   * @returns {PageElement[]}
   */
  querySelectorAll(selector) {
    const tag = selector.split(" ").at(-1) ?? "";
    return this.children.flatMap((child) => [...(child.tag === tag ? [child] : []), ...child.querySelectorAll(tag)]);
  }

  /**
   * @param {string} selector
   * @returns {PageElement | null}
   */
  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  /**
   * Return the button with this text or label.
   * @param {string} name
   */
  findButton(name) {
    const isNamed = (/** @type {PageElement} */ button) =>
      [button.textContent, button.getAttribute("aria-label")].includes(name);
    const button = this.querySelectorAll("button").find(isNamed);
    if (!button) {
      throw new Error(`There is no button ${name}.`);
    }
    return button;
  }
}

/**
 * Open a page, and return the `PageElement` in which a test mounts a widget.
 * @returns {any}
 */
export function openPage() {
  Object.assign(globalThis, { document: { createElement: (/** @type {string} */ tag) => new PageElement(tag) } });
  return new PageElement("div");
}
