// The range of a chart, with listeners, and a way back.
/** @import { IndexRange } from "./types.d.ts" */
import { isSameRange } from "./range_input.js";

const PAUSE = 500; // ms without a move, after which the next move can be undone by itself
const MAX_UNDO = 100;

/** Holds the range of a chart, and calls its listeners after each move. */
export class RangeStore {
  /** @type {IndexRange} */
  #value;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {Set<() => void>} */
  #lastListeners = new Set();
  /** @type {IndexRange[]} */
  #past = [];
  #movedAt = Number.NEGATIVE_INFINITY;

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
   * Return whether a range is the present one.
   * @param {IndexRange} range
   */
  equals(range) {
    return isSameRange(range, this.#value);
  }

  /** Whether there is a range to go back to. */
  get canUndo() {
    return this.#past.length > 0;
  }

  /**
   * Set the range, and call the listeners if it differs from the one before.
   *
   * Moves that follow each other quickly, as those of a drag, are undone together.
   * @param {IndexRange} range
   */
  set(range) {
    if (this.equals(range)) {
      return;
    }
    const now = performance.now();
    if (now - this.#movedAt > PAUSE) {
      this.#past = [...this.#past.slice(1 - MAX_UNDO), this.#value];
    }
    this.#movedAt = now;
    this.#move(range);
  }

  /**
   * Set the range as `set` does, but as a move that is undone by itself.
   * @param {IndexRange} range
   */
  jump(range) {
    this.#movedAt = Number.NEGATIVE_INFINITY;
    this.set(range);
    this.#movedAt = Number.NEGATIVE_INFINITY;
  }

  /** Go back to the range before the latest move; without any, nothing happens. */
  undo() {
    const range = this.#past.pop();
    if (range) {
      this.#movedAt = Number.NEGATIVE_INFINITY;
      this.#move(range);
    }
  }

  /**
   * Call a function after each move, and return a function that unsubscribes.
   * @param {() => void} listener
   * @param {{last?: boolean}} options `last`: call it after all listeners without this option, such as those that draw
   */
  subscribe(listener, { last = false } = {}) {
    const listeners = last ? this.#lastListeners : this.#listeners;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** @param {IndexRange} range */
  #move(range) {
    this.#value = range;
    for (const listener of [...this.#listeners, ...this.#lastListeners]) {
      listener();
    }
  }
}
