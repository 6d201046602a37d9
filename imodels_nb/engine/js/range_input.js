// Moves of a range by keyboard and by pointer, with its ends in order and within the bounds.
/** @import { IndexRange } from "./types.d.ts" */
/** @import { IndexScale } from "./index_scale.js" */
/** @import { RangeStore } from "./range_store.js" */
import { SUPPRESS_SHORTCUTS } from "./dom.js";

const COARSE_STEPS = 10; // page keys and shift move by a tenth of the range

/** @typedef {"window" | "brush" | 0 | 1} Grip what the pointer holds: the whole range, a new range, or one end */

/**
 * Return a range with its ends in order and within the bounds.
 * @param {number[]} range
 * @param {IndexRange} bounds
 * @returns {IndexRange}
 */
export function clampRange([first, last], [low, high]) {
  /** @param {number} value */
  const clamp = (value) => Math.min(Math.max(Math.round(value), low), high);
  return [clamp(Math.min(first, last)), clamp(Math.max(first, last))];
}

/**
 * Return whether two ranges are the same.
 * @param {IndexRange} one
 * @param {IndexRange} other
 */
export function isSameRange(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}

/**
 * Return a range moved as a whole: it keeps its width, and stops at the bounds.
 * @param {IndexRange} range
 * @param {IndexRange} bounds
 * @param {number} by
 * @returns {IndexRange}
 */
export function shiftRange([first, last], [low, high], by) {
  const step = Math.min(Math.max(Math.round(by), low - first), high - last);
  return [first + step, last + step];
}

/**
 * Start a drag, and return a function from the position of the pointer (0 to 1, or beyond) to the dragged range.
 *
 * The pointer moves the end or the range that it holds by its own distance. Anywhere else, a drag selects a new range. So
 * does a drag of a range of all changesets, since it cannot move.
 * @param {Grip} grip
 * @param {number} from
 * @param {IndexScale} scale
 * @param {RangeStore} store
 * @returns {(to: number) => IndexRange}
 */
export function startRangeDrag(grip, from, scale, store) {
  const { value: start, bounds } = store;
  /** @param {number} position */
  const toIndex = (position) => scale.toIndex(Math.min(Math.max(position, 0), 1));
  if (grip === "window" && !isSameRange(start, bounds)) {
    return (to) => shiftRange(start, bounds, toIndex(to) - toIndex(from));
  }
  if (grip === "window" || grip === "brush") {
    return (to) => clampRange([Math.floor(toIndex(from)), Math.floor(toIndex(to))], bounds);
  }
  const other = start[1 - grip];
  const edge = scale.toPosition(start[grip] + grip); // the last changeset ends where the next begins
  return (to) => clampRange([other, Math.round(toIndex(edge + to - from)) - grip], bounds);
}

/**
 * Return the range after a key, or null for a key that moves nothing.
 * @param {KeyboardEvent} event
 * @param {IndexRange} range
 * @param {IndexRange} bounds
 * @param {0 | 1 | null} end which end the key moves; null for the whole window
 * @returns {IndexRange | null}
 */
export function moveRangeByKey(event, range, bounds, end) {
  const by = computeKeyStep(event, range[1] - range[0]);
  if (by === null || event.altKey || event.ctrlKey || event.metaKey) {
    return null;
  }
  if (end === null) {
    return shiftRange(range, bounds, by);
  }
  const [low, high] = getEndBounds(range, bounds, end);
  /** @type {IndexRange} */
  const moved = [...range];
  moved[end] = Math.min(Math.max(range[end] + by, low), high);
  return moved;
}

/**
 * Return the first and last index that an end can move to: it stops at the other end.
 * @param {IndexRange} range
 * @param {IndexRange} bounds
 * @param {0 | 1} end
 * @returns {IndexRange}
 */
export function getEndBounds(range, bounds, end) {
  return end === 0 ? [bounds[0], range[1]] : [range[0], bounds[1]];
}

/**
 * Return by how many indexes a key moves, or null for a key that moves nothing.
 * @param {KeyboardEvent} event
 * @param {number} span
 * @returns {number | null}
 */
function computeKeyStep({ key, shiftKey }, span) {
  const coarse = Math.max(1, Math.round(span / COARSE_STEPS));
  const fine = shiftKey ? coarse : 1;
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return -fine;
    case "ArrowRight":
    case "ArrowUp":
      return fine;
    case "PageDown":
      return -coarse;
    case "PageUp":
      return coarse;
    case "Home":
      return Number.NEGATIVE_INFINITY;
    case "End":
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}

/**
 * Let the keys of an element move a range.
 * @param {HTMLElement} element
 * @param {RangeStore} store
 * @param {0 | 1 | null} end
 */
export function bindRangeKeys(element, store, end) {
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const moved = moveRangeByKey(event, store.value, store.bounds, end);
    if (!moved) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    store.set(moved);
  };
  element.setAttribute(SUPPRESS_SHORTCUTS, "true");
  element.addEventListener("keydown", onKeyDown, { capture: true });
}
