// Buttons that turn the pages of a list, and the number of the page.
import { createButton, createElement } from "../engine/js/dom.js";
import { fillText } from "../engine/js/texts.js";

/** @typedef {{name: string, first: string, before: string, next: string, last: string, page: string}} PagerTexts `PagerTexts` of paged_table.py */

/** Turns the pages of a list. */
export class Pager {
  #texts;
  #bar;
  #text;
  #back;
  #forward;
  #page = 0;
  #pages = 1;

  /**
   * @param {HTMLElement} parent
   * @param {PagerTexts} texts
   * @param {(page: number) => void} onTurn gets the number of the page to show, from 0
   */
  constructor(parent, texts, onTurn) {
    this.#texts = texts;
    this.#bar = createElement(parent, "div", "imodels-pager", { role: "group", "aria-label": texts.name });
    /**
     * @param {string} sign
     * @param {string} label
     * @param {() => number} getPage
     */
    const createTurn = (sign, label, getPage) =>
      createButton(this.#bar, { "aria-label": label, title: label }, sign, () => onTurn(getPage()));
    this.#back = [createTurn("«", texts.first, () => 0), createTurn("‹", texts.before, () => this.#page - 1)];
    this.#text = createElement(this.#bar, "span", "imodels-pager-page");
    this.#forward = [
      createTurn("›", texts.next, () => this.#page + 1),
      createTurn("»", texts.last, () => this.#pages - 1),
    ];
  }

  /**
   * Show the number of a page, if there are several.
   * @param {number} page from 0
   * @param {number} pages
   */
  show(page, pages) {
    this.#page = page;
    this.#pages = pages;
    this.#bar.hidden = pages < 2;
    this.#text.textContent = fillText(this.#texts.page, { page: page + 1, pages });
    for (const button of this.#back) {
      button.setAttribute("aria-disabled", String(page === 0));
    }
    for (const button of this.#forward) {
      button.setAttribute("aria-disabled", String(page === pages - 1));
    }
  }

  /** Hide the buttons. */
  hide() {
    this.#bar.hidden = true;
  }
}
