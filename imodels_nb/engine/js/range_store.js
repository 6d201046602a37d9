// The range of a chart, with listeners.
/** @import { IndexRange } from "./types.d.ts" */

export class RangeStore {
  /** @type {IndexRange} */
  #value;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {IndexRange} value
   * @param {IndexRange} bounds
   */
  constructor(value, bounds) {
    this.#value = value;
    this.bounds = bounds;
  }

  get value() {
    return this.#value;
  }

  /** @param {IndexRange} range */
  set(range) {
    if (range[0] === this.#value[0] && range[1] === this.#value[1]) {
      return;
    }
    this.#value = range;
    for (const listener of this.#listeners) {
      listener();
    }
  }

  /**
   * Call a function after each move; returns a function that ends it.
   * @param {() => void} listener
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
