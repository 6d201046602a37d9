// Buttons that turn the pages of a list, and the number of the page.
import { createElement, SUPPRESS_SHORTCUTS } from "../engine/js/dom.js";
import { fillText } from "../engine/js/texts.js";

/** @typedef {{name: string, first: string, before: string, next: string, last: string, page: string}} PagerTexts `PagerTexts` of pager.py */

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
   * @param {{bar: string, text: string}} classNames of the bar, and of the text in it
   * @param {PagerTexts} texts
   * @param {(page: number) => void} onTurn gets the number of the page to show, from 0
   */
  constructor(parent, classNames, texts, onTurn) {
    this.#texts = texts;
    this.#bar = createElement(parent, "div", classNames.bar, { role: "group", "aria-label": texts.name });
    this.#back = [
      this.#createButton("«", texts.first, () => onTurn(0)),
      this.#createButton("‹", texts.before, () => onTurn(this.#page - 1)),
    ];
    this.#text = createElement(this.#bar, "span", classNames.text);
    this.#forward = [
      this.#createButton("›", texts.next, () => onTurn(this.#page + 1)),
      this.#createButton("»", texts.last, () => onTurn(this.#pages - 1)),
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

  /**
   * Create a button; it does nothing while it is disabled.
   * @param {string} text
   * @param {string} label
   * @param {() => void} onClick
   */
  #createButton(text, label, onClick) {
    const attributes = { type: "button", "aria-label": label, title: label, [SUPPRESS_SHORTCUTS]: "true" };
    const button = createElement(this.#bar, "button", "", attributes, text);
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") {
        onClick();
      }
    });
    return button;
  }
}
