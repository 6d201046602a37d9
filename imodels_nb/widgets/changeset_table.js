// A table of the changesets in a range: the kernel sends one page at a time. No text in it is read as HTML.
/** @import { IndexRange, WidgetModel } from "../engine/js/types.d.ts" */
/** @import { PagerTexts } from "./pager.js" */
/** @import { Order } from "./table_order.js" */
import { createButton, createElement, SUPPRESS_SHORTCUTS } from "../engine/js/dom.js";
import { fillText } from "../engine/js/texts.js";
import { findModel, listen, SELECTION } from "./models.js";
import { Pager } from "./pager.js";
import { formatAriaSort, nextSort } from "./table_order.js";

const REQUEST_DELAY = 150; // ms without a move of the range or a key in the search, before a page is requested

const NUMBER_COLUMNS = ["index", "time", "size", "elements"];
const LARGEST_FIRST = ["time", "size", "elements"]; // when they are sorted

/** @typedef {"index" | "time" | "who" | "kinds" | "size" | "description" | "elements"} Column */
/** @typedef {{index: number, seconds: number} & Record<Exclude<Column, "index">, string>} Row `TableRow` of table_rows.py */
/** @typedef {{request: number, page: number, pages: number, matching: number, total: number, rows: Row[]}} Page */

/**
 * @typedef {object} Texts `TableTexts` of changeset_table.py; names in braces are filled in
 * @property {Record<Column, string>} heads
 * @property {string} table
 * @property {string} search
 * @property {string} search_hint
 * @property {string} all
 * @property {string} found
 * @property {string} select
 * @property {PagerTexts} pager
 * @property {string} no_kernel
 */

/**
 * Mount the table of a widget, and return a function that unmounts it.
 * @param {{model: WidgetModel, el: HTMLElement}} context
 */
async function render({ model, el }) {
  const slider = await findModel(model, "slider");
  const view = new TableView(el, model, slider);
  return () => view.remove();
}

/** Shows a page of rows, and requests others. */
class TableView {
  /** @type {Texts} */
  #texts;
  #model;
  #slider;
  #search;
  #status;
  #heads;
  #body;
  #pager;
  /** @type {Page} */
  #page;
  /** @type {Order} */
  #order = { sort: "index", descending: false };
  #request = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(() => void)[]} */
  #cleanups;

  /**
   * @param {HTMLElement} el
   * @param {WidgetModel} model
   * @param {WidgetModel} slider
   */
  constructor(el, model, slider) {
    const texts = model.get("texts");
    this.#texts = texts;
    this.#model = model;
    this.#slider = slider;
    this.#page = model.get("page");
    const element = createElement(el, "div", "imodels-paged-table imodels-table");
    const bar = createElement(element, "div", "imodels-paged-table-bar");
    this.#search = createElement(bar, "input", "", {
      type: "search",
      placeholder: texts.search,
      "aria-label": texts.search_hint,
      [SUPPRESS_SHORTCUTS]: "true",
    });
    this.#search.addEventListener("input", () => this.#requestSoon({ page: 0 }));
    this.#status = createElement(bar, "span", "imodels-paged-table-count", { role: "status" });
    const frame = createElement(element, "div", "imodels-paged-table-frame");
    const table = createElement(frame, "table", "", { "aria-label": texts.table });
    const row = createElement(createElement(table, "thead"), "tr");
    /** @type {Column[]} */
    const columns = model.get("columns");
    this.#heads = new Map(columns.map((column) => [column, this.#createHead(row, column)]));
    this.#body = createElement(table, "tbody");
    this.#pager = new Pager(element, texts.pager, (page) => this.#requestPage({ page }));
    this.#cleanups = [
      listen(slider, "change:value", () => this.#requestSoon({ page: 0 })),
      listen(slider, `change:${SELECTION}`, () => this.#onSelection()),
      listen(model, "msg:custom", (/** @type {Page} */ page) => this.#onPage(page)),
      () => clearTimeout(this.#timer),
    ];
    this.#show();
  }

  /** Unmount the table. */
  remove() {
    for (const cleanup of this.#cleanups) {
      cleanup();
    }
  }

  /** Index of the changeset that is selected in chart and table. */
  get #selected() {
    return this.#slider.get(SELECTION)?.index;
  }

  /**
   * Create the head of a column, whose button sorts.
   * @param {HTMLElement} row
   * @param {Column} column
   */
  #createHead(row, column) {
    const head = createElement(row, "th", classOf(column), { scope: "col" });
    createButton(head, {}, this.#texts.heads[column], () => {
      this.#order = nextSort(this.#order, { name: column, startsDescending: LARGEST_FIRST.includes(column) });
      this.#requestPage({ page: 0 });
    });
    return head;
  }

  /**
   * Request a page when the range and the search have been quiet for a moment.
   * @param {{page?: number, find?: number}} target
   */
  #requestSoon(target) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#requestPage(target), REQUEST_DELAY);
  }

  /**
   * Request a page, or the page of a changeset.
   * @param {{page?: number, find?: number}} target
   */
  #requestPage(target) {
    clearTimeout(this.#timer);
    if (!this.#slider.comm_live) {
      this.#status.textContent = this.#texts.no_kernel;
      return;
    }
    /** @type {IndexRange} */
    const range = this.#slider.get("value");
    this.#request += 1;
    this.#model.send({
      request: this.#request,
      range,
      search: this.#search.value,
      ...this.#order,
      ...target,
    });
  }

  /**
   * Show the page that was requested last; earlier ones come too late.
   * @param {Page} page
   */
  #onPage(page) {
    if (page.request === this.#request) {
      this.#page = page;
      this.#show();
    }
  }

  /** Mark the selected changeset, on its page. */
  #onSelection() {
    const index = this.#selected;
    if (index !== undefined && !this.#page.rows.some((row) => row.index === index)) {
      this.#requestPage({ find: index });
    }
    this.#markSelected();
  }

  /** Show the page. */
  #show() {
    const { rows, matching, total, page, pages } = this.#page;
    const isSearched = this.#search.value.trim() !== "";
    this.#status.textContent = fillText(isSearched ? this.#texts.found : this.#texts.all, { matching, total });
    for (const [column, head] of this.#heads) {
      head.setAttribute("aria-sort", formatAriaSort(this.#order, column));
    }
    this.#body.replaceChildren();
    for (const row of rows) {
      this.#createRow(row);
    }
    this.#pager.show(page, pages);
    this.#markSelected();
  }

  /**
   * Append a row; its number is a button, for the keyboard.
   * @param {Row} row
   */
  #createRow(row) {
    const element = createElement(this.#body, "tr", "", { "data-index": row.index });
    for (const column of this.#heads.keys()) {
      const cell = createElement(element, "td", classOf(column));
      if (column === "index") {
        createButton(cell, { title: this.#texts.select }, row.index.toLocaleString("en"));
      } else {
        cell.textContent = row[column];
        cell.title = column === "description" ? row[column] : "";
      }
    }
    element.addEventListener("click", () => {
      const isSame = this.#selected === row.index;
      this.#slider.set(SELECTION, isSame ? {} : { index: row.index, seconds: row.seconds });
      this.#slider.save_changes();
    });
  }

  /** Mark the row of the selected changeset. */
  #markSelected() {
    for (const element of this.#body.children) {
      const isSelected = Number(/** @type {HTMLElement} */ (element).dataset.index) === this.#selected;
      element.setAttribute("aria-selected", String(isSelected));
      element.classList.toggle("imodels-chosen", isSelected);
    }
  }
}

/**
 * Return the class of the cells of a column.
 * @param {Column} column
 */
function classOf(column) {
  return NUMBER_COLUMNS.includes(column) ? "imodels-table-number" : "";
}

export default { render };
