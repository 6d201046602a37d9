// The range of a chart, with listeners.
/** @import { IndexRange } from "./types.d.ts" */

/** Holds the range of a chart, and calls its listeners after each move. */
export class RangeStore {
  /** @type {IndexRange} */
  #value;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {Set<() => void>} */
  #lastListeners = new Set();

  /**
   * @param {IndexRange} value
   * @param {IndexRange} bounds
   */
  constructor(value, bounds) {
    this.#value = value;
    this.bounds = bounds;
  }

  /** The range now. */
  get value() {
    return this.#value;
  }

  /**
   * Set the range, and call the listeners if it differs from the one before.
   * @param {IndexRange} range
   */
  set(range) {
    if (range[0] === this.#value[0] && range[1] === this.#value[1]) {
      return;
    }
    this.#value = range;
    for (const listener of [...this.#listeners, ...this.#lastListeners]) {
      listener();
    }
  }

  /**
   * Call a function after each move, and return a function that ends this.
   * @param {() => void} listener
   * @param {{last?: boolean}} options `last`: call it after all listeners without this option, such as those that draw
   */
  subscribe(listener, { last = false } = {}) {
    const listeners = last ? this.#lastListeners : this.#listeners;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}
