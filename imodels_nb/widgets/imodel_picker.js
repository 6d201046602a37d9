// A list of iTwins and of iModels: the kernel sends one page at a time. No text in it is read as HTML.
/** @import { WidgetModel } from "../engine/js/types.d.ts" */
import { createElement, SUPPRESS_SHORTCUTS } from "../engine/js/dom.js";
import { listen } from "./models.js";

const QUIET = 150; // ms without a key in the search, before a page is requested

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
 * Mount the list of a widget, and return a function that unmounts it.
 * @param {{model: WidgetModel, el: HTMLElement}} context
 */
function render({ model, el }) {
  const view = new PickerView(el, model);
  return () => view.remove();
}

/** Shows a page of iTwins or iModels, and requests others. */
class PickerView {
  #model;
  #element;
  #place;
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
    this.#model = model;
    this.#element = createElement(el, "div", "imodels-picker", { role: "group", "aria-label": "Choose an iModel" });
    const head = createElement(this.#element, "div", "imodels-picker-head");
    this.#place = createElement(head, "div", "imodels-picker-place", { role: "heading", "aria-level": 3 });
    this.#change = this.#createButton(head, "Change iTwin", () => this.#changeLevel());
    const bar = createElement(this.#element, "div", "imodels-picker-bar");
    this.#search = createElement(bar, "input", "", { type: "search", [SUPPRESS_SHORTCUTS]: "true" });
    this.#search.addEventListener("input", () => this.#requestSoon());
    this.#count = createElement(bar, "span", "imodels-picker-count", { role: "status" });
    this.#status = createElement(this.#element, "div", "imodels-picker-status");
    this.#statusText = createElement(this.#status, "span", "", { role: "status" });
    this.#retry = this.#createButton(this.#status, "Retry", () => model.send({ retry: true }));
    this.#frame = createElement(this.#element, "div", "imodels-picker-frame");
    this.#table = createElement(this.#frame, "table");
    this.#pager = this.#createPager();
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

  /**
   * Create a button.
   * @param {HTMLElement} parent
   * @param {string} text
   * @param {() => void} onClick
   * @param {string} label
   */
  #createButton(parent, text, onClick, label = "") {
    const button = createElement(parent, "button", "", { type: "button", [SUPPRESS_SHORTCUTS]: "true" }, text);
    if (label) {
      button.setAttribute("aria-label", label);
      button.title = label;
    }
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") {
        onClick();
      }
    });
    return button;
  }

  /** Create the buttons that turn pages. */
  #createPager() {
    const bar = createElement(this.#element, "div", "imodels-picker-bar", { role: "group", "aria-label": "Pages" });
    const turn = (/** @type {number} */ to) => this.#requestPage({ page: to });
    const now = () => this.#page?.page ?? 0;
    const last = () => (this.#page?.pages ?? 1) - 1;
    const back = [
      this.#createButton(bar, "«", () => turn(0), "First page"),
      this.#createButton(bar, "‹", () => turn(now() - 1), "Page before"),
    ];
    const text = createElement(bar, "span", "imodels-picker-count");
    const forward = [
      this.#createButton(bar, "›", () => turn(now() + 1), "Next page"),
      this.#createButton(bar, "»", () => turn(last()), "Last page"),
    ];
    return { bar, back, text, forward };
  }

  /** Show the other list: the iTwins, or the iModels of the chosen one. */
  #changeLevel() {
    this.#search.value = "";
    this.#requestPage({ level: this.#page?.level === "itwins" ? "imodels" : "itwins", sort: "", descending: false });
  }

  /** Request a page when the search has been quiet for a moment. */
  #requestSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#requestPage({ page: 0 }), QUIET);
  }

  /**
   * Request a page. What is not given stays as it is; without a page, it is the one with the chosen row.
   * @param {{level?: string, page?: number, sort?: string, descending?: boolean}} changes
   */
  #requestPage(changes) {
    clearTimeout(this.#timer);
    const { level, sort, descending } = this.#page ?? { level: "imodels", sort: "", descending: false };
    this.#request += 1;
    this.#model.send({ level, sort, descending, search: this.#search.value, request: this.#request, ...changes });
  }

  /** Show the page. */
  #showPage() {
    const page = this.#page;
    this.#element.dataset.level = page?.level ?? "";
    if (!page) {
      this.#place.textContent = "Choose an iModel";
      for (const part of [this.#change, this.#search, this.#frame, this.#pager.bar]) {
        part.hidden = true;
      }
      return;
    }
    const isITwins = page.level === "itwins";
    if (this.#shownLevel !== page.level) {
      this.#shownLevel = page.level;
      this.#search.value = "";
    }
    this.#place.replaceChildren();
    createElement(this.#place, "span", "imodels-picker-quiet", {}, isITwins ? "Choose an iTwin" : "iModels of ");
    createElement(this.#place, "bdi", "", {}, isITwins ? "" : page.itwin);
    this.#change.textContent = isITwins ? "Back" : "Change iTwin";
    this.#change.hidden = isITwins && !page.itwin;
    const noun = isITwins ? "iTwins" : "iModels";
    this.#search.placeholder = `Search these ${noun}`;
    this.#search.setAttribute("aria-label", `Search the ${noun}`);
    this.#search.hidden = this.#frame.hidden = page.total === 0;
    const [found, all] = [page.matching, page.total].map((count) => count.toLocaleString("en"));
    const nouns = page.total === 1 ? noun.slice(0, -1) : noun;
    this.#count.textContent = this.#search.value.trim() ? `${found} of ${all} ${nouns}` : `${all} ${nouns}`;
    this.#showTable(page, noun);
    this.#showPager(page);
  }

  /**
   * Show the rows of a page. The focus stays on the button that has it.
   * @param {Page} page
   * @param {string} noun
   */
  #showTable(page, noun) {
    const focused = /** @type {HTMLElement | null} */ (this.#table.querySelector("button:focus"))?.dataset.key;
    this.#table.replaceChildren();
    this.#table.setAttribute("aria-label", noun);
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
   * Create the head of a column, whose button sorts: one more click turns the order, a third goes back to that of use.
   * @param {HTMLElement} heads
   * @param {Column} column
   * @param {Page} page
   */
  #createHead(heads, { name, text, is_time, is_minor }, page) {
    const isSorted = page.sort === name;
    const order = page.descending ? "descending" : "ascending";
    const attributes = { scope: "col", "aria-sort": isSorted ? order : "none" };
    const head = createElement(heads, "th", classOf(is_minor, is_time), attributes);
    const button = this.#createButton(head, text, () => {
      const isLast = isSorted && page.descending !== is_time;
      const next = isLast ? { sort: "", descending: false } : { sort: name, descending: isSorted !== is_time };
      this.#requestPage({ page: 0, ...next });
    });
    button.dataset.key = `head ${name}`;
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
      const button = createElement(cell, "button", "", { type: "button", [SUPPRESS_SHORTCUTS]: "true" });
      createElement(button, "bdi", "", {}, row[name] || row.id);
      button.dataset.key = row.id;
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
      element.classList.toggle("imodels-picker-chosen", isChosen);
      element.querySelector("button")?.setAttribute("aria-pressed", String(isChosen));
    }
  }

  /**
   * Show the buttons that turn pages, if there are several.
   * @param {Page} page
   */
  #showPager({ page, pages }) {
    this.#pager.bar.hidden = pages < 2;
    this.#pager.text.textContent = `Page ${(page + 1).toLocaleString("en")} of ${pages.toLocaleString("en")}`;
    for (const button of this.#pager.back) {
      button.setAttribute("aria-disabled", String(page === 0));
    }
    for (const button of this.#pager.forward) {
      button.setAttribute("aria-disabled", String(page === pages - 1));
    }
  }

  /** Show what is under way, or what went wrong with a button for another try. */
  #showStatus() {
    const { kind = "", text = "" } = this.#model.get("status");
    this.#status.dataset.kind = kind;
    this.#status.hidden = !text;
    this.#statusText.textContent = text;
    this.#retry.hidden = kind !== "error";
    this.#element.setAttribute("aria-busy", String(kind === "loading"));
  }

  /** Show what is chosen, and mark its row. */
  #showChoice() {
    const { id = "", name = "", text = "" } = this.#model.get("choice");
    this.#choice.replaceChildren();
    this.#choice.hidden = !id;
    createElement(this.#choice, "span", "imodels-picker-quiet", {}, "Chosen: ");
    createElement(this.#choice, "bdi", "imodels-picker-name", {}, name || id);
    createElement(this.#choice, "span", "", {}, text ? ` · ${text}` : "");
    createElement(this.#choice, "code", "", { title: "Id of the iModel" }, id);
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
