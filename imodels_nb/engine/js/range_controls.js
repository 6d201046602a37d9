// Controls below the overview: both ends of the range to type, presets, and the way back.
/** @import { IndexRange, KernelLink, RangeSentences } from "./types.d.ts" */
/** @import { RangeAxis } from "./range_axis.js" */
/** @import { RangeStore } from "./range_store.js" */
/** @import { Period } from "./date_texts.js" */
import { formatDay, subtractMonth } from "./dates.js";
import { createButton, createElement, SUPPRESS_SHORTCUTS } from "./dom.js";
import { findExactPeriod } from "./period_search.js";
import { parseEntry } from "./range_entry.js";
import { clampRange, isSameRange } from "./range_input.js";
import { fillText } from "./texts.js";

const END_OF_TIME = 8.64e12; // seconds; the last date of JavaScript

/** The controls of a range. */
export class RangeControls {
  #texts;
  #axis;
  #store;
  #kernel;
  #element;
  /** @type {HTMLInputElement[]} */
  #inputs;
  /**
   * Fields with a text that is not entered yet.
   * @type {Set<HTMLInputElement>}
   */
  #edited = new Set();
  #dates;
  #all;
  #undo;
  #message;
  /** @type {IndexRange} */
  #shown;
  #note = "";

  /**
   * @param {HTMLElement} parent
   * @param {RangeSentences} texts
   * @param {RangeAxis} axis
   * @param {RangeStore} store
   * @param {KernelLink | null} kernel
   */
  constructor(parent, texts, axis, store, kernel) {
    this.#texts = texts;
    this.#axis = axis;
    this.#store = store;
    this.#kernel = kernel;
    this.#shown = store.value;
    this.#element = createElement(parent, "div", "imodels-nb-ends", { role: "group", "aria-label": texts.range });
    const names = this.#createNameList();
    this.#inputs = [this.#createInput("first", 0, names), this.#createInput("last", 1, names)];
    this.#dates = createElement(this.#element, "span", "imodels-nb-dates");
    this.#all = createButton(this.#element, { title: texts.all_hint }, texts.all, () => store.jump(store.bounds));
    const monthHint = fillText(texts.month_hint, { day: formatDay(axis.newest) });
    createButton(this.#element, { title: monthHint }, texts.month, () =>
      this.#showPeriod([subtractMonth(axis.newest), END_OF_TIME]),
    );
    this.#createVersionMenu();
    this.#undo = createButton(this.#element, { title: texts.undo_hint }, texts.undo, () => store.undo());
    this.#message = createElement(this.#element, "div", "imodels-nb-message", { role: "status" });
    parent.addEventListener("keydown", (event) => this.#undoOnKey(event));
  }

  /**
   * Show a range in the two fields, and its dates beside them. A text that is being typed stays.
   * @param {IndexRange} range
   * @param {string} note
   */
  showRange(range, note = "") {
    this.#shown = range;
    this.#note = note;
    this.#inputs.forEach((input, end) => {
      if (!this.#edited.has(input) && input.value !== String(range[end])) {
        input.value = String(range[end]);
      }
    });
    this.#showMessage(note, null);
    const [start, stop] = range.map((index) => formatDay(this.#axis.timeOf(index)));
    const period = start === stop ? start : fillText(this.#texts.period, { start, stop });
    const isExact = range.every((index) => this.#axis.hasExactTime(index));
    this.#dates.textContent = isExact ? period : fillText(this.#texts.about, { period });
    this.#all.setAttribute("aria-disabled", String(isSameRange(this.#store.value, this.#store.bounds)));
    this.#undo.setAttribute("aria-disabled", String(!this.#store.canUndo));
  }

  /**
   * Create the field of one end.
   * @param {"first" | "last"} name
   * @param {0 | 1} end
   * @param {string} names id of the list of named versions
   */
  #createInput(name, end, names) {
    const label = createElement(this.#element, "label", "", {}, `${this.#texts[name]} `);
    const input = createElement(label, "input", "", {
      type: "text",
      name,
      list: names,
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": this.#texts[`${name}_changeset`],
      title: this.#texts.entry,
    });
    input.setAttribute(SUPPRESS_SHORTCUTS, "true");
    const onEnter = () => {
      this.#edited.delete(input);
      this.#enter(input.value, end);
    };
    input.addEventListener("input", () => this.#edited.add(input));
    input.addEventListener("change", onEnter);
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", () => {
      if (this.#edited.delete(input)) {
        this.showRange(this.#shown, this.#note);
      }
    });
    input.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") {
        onEnter(); // in JupyterLab no change event follows
      } else if (key === "Escape") {
        this.#edited.delete(input);
        this.showRange(this.#shown, this.#note);
      }
    });
    return input;
  }

  /** Create the list that completes the names of versions, and return its id. */
  #createNameList() {
    const id = `imodels-nb-names-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const list = createElement(this.#element, "datalist", "", { id });
    for (const { name } of this.#axis.versions.filter(({ name }) => name)) {
      createElement(list, "option", "", { value: name });
    }
    return id;
  }

  /** Create the menu of named versions; a choice shows the changesets after one. */
  #createVersionMenu() {
    const versions = this.#axis.versions.filter(({ name, index }) => name && index < this.#store.bounds[1]);
    if (!versions.length) {
      return;
    }
    const title = this.#texts.versions_hint;
    const menu = createElement(this.#element, "select", "", { title, "aria-label": title, name: "since" });
    menu.setAttribute(SUPPRESS_SHORTCUTS, "true");
    createElement(menu, "option", "", { value: "" }, this.#texts.versions);
    for (const { name, index } of [...versions].reverse()) {
      createElement(menu, "option", "", { value: index }, name);
    }
    menu.addEventListener("change", () => {
      if (menu.value) {
        this.#store.jump(clampRange([Number(menu.value) + 1, this.#store.bounds[1]], this.#store.bounds));
      }
      menu.value = "";
    });
  }

  /**
   * Move one end to the typed index or date, or say what is wrong; an empty field moves nothing.
   * @param {string} text
   * @param {0 | 1} end
   */
  async #enter(text, end) {
    const { bounds } = this.#store;
    if (!text.trim() || text === String(this.#shown[end])) {
      this.showRange(this.#shown, this.#note);
      return;
    }
    const entry = parseEntry(text, this.#axis, this.#texts);
    if ("problem" in entry) {
      this.#showMessage(entry.problem, end);
    } else if ("index" in entry) {
      this.#moveEnd(entry.index, end);
    } else {
      const [start, stop] = entry.period;
      const found = await findExactPeriod(this.#axis, end === 0 ? [start, END_OF_TIME] : [0, stop], this.#kernel);
      if (found) {
        this.#moveEnd(found[end], end);
      } else {
        const [sentence, limit] = end === 0 ? [this.#texts.none_since, start] : [this.#texts.none_before, stop];
        const [first, last] = bounds.map(String);
        this.#showMessage(fillText(sentence, { day: formatDay(limit), first, last }), end);
      }
    }
  }

  /**
   * Move one end, within the bounds; the other end moves along if it would be passed.
   * @param {number} index
   * @param {0 | 1} end
   */
  #moveEnd(index, end) {
    const moved = [...this.#store.value];
    moved[end] = index;
    this.#store.jump(clampRange(moved, this.#store.bounds));
    this.showRange(this.#store.value);
  }

  /**
   * Show the changesets of a period, if there are any.
   * @param {Period} period
   */
  async #showPeriod(period) {
    const found = await findExactPeriod(this.#axis, period, this.#kernel);
    if (found) {
      this.#store.jump(found);
    }
  }

  /**
   * Show a note, or what is wrong with the entry of an end.
   * @param {string} text
   * @param {0 | 1 | null} wrongEnd
   */
  #showMessage(text, wrongEnd) {
    if (this.#message.textContent !== text) {
      this.#message.textContent = text;
    }
    this.#inputs.forEach((input, end) => {
      input.setAttribute("aria-invalid", String(end === wrongEnd));
    });
  }

  /**
   * Undo on Ctrl+Z, except in a field, which has its own undo.
   * @param {KeyboardEvent} event
   */
  #undoOnKey(event) {
    const { key, ctrlKey, metaKey, shiftKey, target } = event;
    const isText = target instanceof HTMLInputElement;
    if (key.toLowerCase() === "z" && (ctrlKey || metaKey) && !shiftKey && !isText) {
      event.preventDefault();
      event.stopPropagation();
      this.#store.undo();
    }
  }
}
