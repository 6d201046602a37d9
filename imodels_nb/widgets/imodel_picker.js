// A list of iTwins and of iModels: the kernel sends one page at a time. No text in it is read as HTML.
/** @import { WidgetModel } from "../engine/js/types.d.ts" */
/** @import { PagerTexts } from "./pager.js" */
/** @import { Order } from "./table_order.js" */
import { createButton, createElement, SUPPRESS_SHORTCUTS } from "../engine/js/dom.js";
import { fillText } from "../engine/js/texts.js";
import { listen } from "./models.js";
import { Pager } from "./pager.js";
import { formatAriaSort, nextSort } from "./table_order.js";

const REQUEST_DELAY = 150; // ms without a key in the search, before a page is requested

/** @type {Order} */
const ORDER_OF_USE = { sort: "", descending: false };

/** @typedef {{name: string, text: string, is_time: boolean, is_minor: boolean}} Column as Python sends it */
/**
 * @typedef {object} Page one page of iTwins or iModels, as Python sends it
 * @property {"itwins" | "imodels"} level
 * @property {string} itwin name of the iTwin whose iModels are shown
 * @property {Column[]} columns
 * @property {({id: string, mark: string} & Record<string, string>)[]} rows
 * @property {number} page
 * @property {number} pages
 * @property {number} matching
 * @property {number} total
 * @property {string} sort name of a column; empty for the order of use
 * @property {boolean} descending
 * @property {number} request
 */

/**
 * @typedef {object} LevelTexts texts of a list, of iTwins or of iModels; names in braces are filled in
 * @property {string} title
 * @property {string} change
 * @property {string} table
 * @property {string} search
 * @property {string} search_hint
 * @property {string} all
 * @property {string} all_of_one
 * @property {string} found
 * @property {string} found_of_one
 */
/**
 * @typedef {object} Texts `PickerTexts` of imodel_picker.py
 * @property {string} name
 * @property {string} retry
 * @property {string} chosen
 * @property {string} id
 * @property {PagerTexts} pager
 * @property {LevelTexts} itwins
 * @property {LevelTexts} imodels
 */

/**
 * Mount the list of a widget, and return a function that unmounts it.
 * @param {{model: WidgetModel, el: HTMLElement}} context
 */
function render({ model, el }) {
  const view = new PickerView(el, model);
  return () => view.remove();
}

/** Shows a page of iTwins or iModels, and requests others. */
class PickerView {
  /** @type {Texts} */
  #texts;
  #model;
  #element;
  #heading;
  #change;
  #search;
  #count;
  #status;
  #statusText;
  #retry;
  #frame;
  #table;
  #pager;
  #choice;
  #request = 0;
  #shownLevel = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(() => void)[]} */
  #cleanups;

  /**
   * @param {HTMLElement} el
   * @param {WidgetModel} model
   */
  constructor(el, model) {
    const texts = model.get("texts");
    this.#texts = texts;
    this.#model = model;
    this.#element = createElement(el, "div", "imodels-paged-table imodels-picker", {
      role: "group",
      "aria-label": texts.name,
    });
    const head = createElement(this.#element, "div", "imodels-picker-head");
    this.#heading = createElement(head, "div", "imodels-picker-heading", { role: "heading", "aria-level": 3 });
    this.#change = createButton(head, {}, texts.imodels.change, () => this.#changeLevel());
    const bar = createElement(this.#element, "div", "imodels-paged-table-bar");
    this.#search = createElement(bar, "input", "", { type: "search", [SUPPRESS_SHORTCUTS]: "true" });
    this.#search.addEventListener("input", () => this.#requestSoon());
    this.#count = createElement(bar, "span", "imodels-paged-table-count", { role: "status" });
    this.#status = createElement(this.#element, "div", "imodels-picker-status");
    this.#statusText = createElement(this.#status, "span", "", { role: "status" });
    this.#retry = createButton(this.#status, {}, texts.retry, () => model.send({ retry: true }));
    this.#frame = createElement(this.#element, "div", "imodels-paged-table-frame");
    this.#table = createElement(this.#frame, "table");
    this.#pager = new Pager(this.#element, texts.pager, (page) => this.#requestPage({ page }));
    this.#choice = createElement(this.#element, "div", "imodels-picker-choice", { role: "status" });
    this.#cleanups = [
      listen(model, "change:page", () => this.#showPage()),
      listen(model, "change:status", () => this.#showStatus()),
      listen(model, "change:choice", () => this.#showChoice()),
      () => clearTimeout(this.#timer),
    ];
    this.#showPage();
    this.#showStatus();
    this.#showChoice();
  }

  /** Unmount the list. */
  remove() {
    for (const cleanup of this.#cleanups) {
      cleanup();
    }
  }

  /** @returns {Page | null} the page, null before the first one */
  get #page() {
    const page = this.#model.get("page");
    return page?.level ? page : null;
  }

  /** Show the other list: the iTwins, or the iModels of the chosen one. */
  #changeLevel() {
    this.#search.value = "";
    this.#requestPage({ level: this.#page?.level === "itwins" ? "imodels" : "itwins", ...ORDER_OF_USE });
  }

  /** Request a page when the search has been quiet for a moment. */
  #requestSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#requestPage({ page: 0 }), REQUEST_DELAY);
  }

  /**
   * Request a page. Options that are not given stay; without a number, the page has the chosen row.
   * @param {{level?: string, page?: number, sort?: string, descending?: boolean}} changes
   */
  #requestPage(changes) {
    clearTimeout(this.#timer);
    const { level, sort, descending } = this.#page ?? { level: "imodels", ...ORDER_OF_USE };
    this.#request += 1;
    this.#model.send({ level, sort, descending, search: this.#search.value, request: this.#request, ...changes });
  }

  /** Show the page. */
  #showPage() {
    const page = this.#page;
    this.#element.dataset.level = page?.level ?? "";
    if (!page) {
      this.#heading.textContent = this.#texts.name;
      for (const part of [this.#change, this.#search, this.#frame]) {
        part.hidden = true;
      }
      this.#pager.hide();
      return;
    }
    const isITwins = page.level === "itwins";
    if (this.#shownLevel !== page.level) {
      this.#shownLevel = page.level;
      this.#search.value = "";
    }
    this.#heading.replaceChildren();
    const texts = this.#texts[page.level];
    createElement(this.#heading, "span", "imodels-picker-quiet", {}, texts.title);
    createElement(this.#heading, "bdi", "", {}, isITwins ? "" : page.itwin);
    this.#change.textContent = texts.change;
    this.#change.hidden = isITwins && !page.itwin;
    this.#search.placeholder = texts.search;
    this.#search.setAttribute("aria-label", texts.search_hint);
    this.#search.hidden = page.total === 0;
    this.#frame.hidden = page.total === 0;
    this.#count.textContent = this.#formatCount(page, texts);
    this.#showTable(page, texts.table);
    this.#pager.show(page.page, page.pages);
  }

  /**
   * Format how many rows the list has, or how many the search has found.
   * @param {Page} page
   * @param {LevelTexts} texts
   */
  #formatCount({ matching, total }, texts) {
    const [all, found] = total === 1 ? [texts.all_of_one, texts.found_of_one] : [texts.all, texts.found];
    return fillText(this.#search.value.trim() ? found : all, { matching, total });
  }

  /**
   * Show the rows of a page. The focus stays on the button that has it.
   * @param {Page} page
   * @param {string} name
   */
  #showTable(page, name) {
    const focused = /** @type {HTMLElement | null} */ (this.#table.querySelector("button:focus"))?.dataset.key;
    this.#table.replaceChildren();
    this.#table.setAttribute("aria-label", name);
    const heads = createElement(createElement(this.#table, "thead"), "tr");
    for (const column of page.columns) {
      this.#createHead(heads, column, page);
    }
    const body = createElement(this.#table, "tbody");
    for (const row of page.rows) {
      this.#createRow(body, row, page);
    }
    this.#markChosen();
    if (focused) {
      const keys = [...this.#table.querySelectorAll("button")];
      keys.find((button) => button.dataset.key === focused)?.focus();
    }
  }

  /**
   * Create the head of a column, whose button sorts: a second click turns the order, a third one restores the order of use.
   * @param {HTMLElement} heads
   * @param {Column} column
   * @param {Page} page
   */
  #createHead(heads, { name, text, is_time, is_minor }, page) {
    const attributes = { scope: "col", "aria-sort": formatAriaSort(page, name) };
    const head = createElement(heads, "th", classOf(is_minor, is_time), attributes);
    createButton(head, { "data-key": `head ${name}` }, text, () => {
      const order = nextSort(page, { name, startsDescending: is_time }, [ORDER_OF_USE]);
      this.#requestPage({ page: 0, ...order });
    });
  }

  /**
   * Append a row; its name is a button, for the keyboard.
   * @param {HTMLElement} body
   * @param {Page["rows"][number]} row
   * @param {Page} page
   */
  #createRow(body, row, page) {
    const element = createElement(body, "tr", "", { "data-id": row.id });
    page.columns.forEach(({ name, is_minor, is_time }, position) => {
      const cell = createElement(element, "td", classOf(is_minor, is_time));
      if (position > 0) {
        createElement(cell, "bdi", "", {}, row[name]);
        return;
      }
      const button = createButton(cell, { "data-key": row.id }, "");
      createElement(button, "bdi", "", {}, row[name] || row.id);
      if (row.mark) {
        createElement(cell, "span", "imodels-picker-mark", {}, row.mark);
      }
    });
    element.addEventListener("click", () => {
      this.#model.send({ level: page.level, choose: row.id });
    });
  }

  /** Mark the row that is chosen. */
  #markChosen() {
    const chosen = this.#page?.level === "imodels" ? this.#model.get("choice").id : "";
    for (const element of this.#table.querySelectorAll("tbody tr")) {
      const isChosen = /** @type {HTMLElement} */ (element).dataset.id === chosen;
      element.classList.toggle("imodels-chosen", isChosen);
      element.querySelector("button")?.setAttribute("aria-pressed", String(isChosen));
    }
  }

  /** Show the progress, or an error with a button for another try. */
  #showStatus() {
    const { kind = "", text = "" } = this.#model.get("status");
    this.#status.dataset.kind = kind;
    this.#status.hidden = !text;
    this.#statusText.textContent = text;
    this.#retry.hidden = kind !== "error";
    this.#element.setAttribute("aria-busy", String(kind === "loading"));
  }

  /** Show the chosen iModel, and mark its row. */
  #showChoice() {
    const { id = "", name = "", text = "" } = this.#model.get("choice");
    this.#choice.replaceChildren();
    this.#choice.hidden = !id;
    createElement(this.#choice, "span", "imodels-picker-quiet", {}, this.#texts.chosen);
    createElement(this.#choice, "bdi", "imodels-picker-name", {}, name || id);
    createElement(this.#choice, "span", "", {}, text ? ` · ${text}` : "");
    createElement(this.#choice, "code", "", { title: this.#texts.id }, id);
    this.#markChosen();
  }
}

/**
 * Return the class of a cell.
 * @param {boolean} isMinor
 * @param {boolean} isTime
 */
function classOf(isMinor, isTime) {
  return [isMinor ? "imodels-picker-minor" : "", isTime ? "imodels-picker-time" : ""].join(" ").trim();
}

export default { render };
