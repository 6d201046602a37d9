// Search, interpolation and maximum of arrays of numbers.
/** @import { NumberArray } from "./types.d.ts" */

/**
 * Return the first position in an ascending array whose value is not below the given one.
 * @param {NumberArray} array
 * @param {number} value
 */
export function findLowerBound(array, value) {
  let low = 0;
  let high = array.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/**
 * Return the largest value of an array, or the given one where that is larger.
 * @param {NumberArray} array
 * @param {number} atLeast
 */
export function findMaximum(array, atLeast) {
  let largest = atLeast;
  for (const value of array) {
    if (value > largest) {
      largest = value;
    }
  }
  return largest;
}

/**
 * Interpolate linearly between the points of two ascending arrays, and return the y of an x.
 * @param {NumberArray} xs
 * @param {NumberArray} ys
 * @param {number} x
 */
export function interpolate(xs, ys, x) {
  const right = Math.min(Math.max(findLowerBound(xs, x), 1), xs.length - 1);
  const left = right - 1;
  const width = xs[right] - xs[left];
  const fraction = width ? Math.min(Math.max((x - xs[left]) / width, 0), 1) : 0;
  return ys[left] + fraction * (ys[right] - ys[left]);
}

/**
 * Find the longest increasing subsequence of an array, and return the positions of its values.
 * @param {NumberArray} values
 */
export function findIncreasingSubsequence(values) {
  /** @type {number[]} */
  const lastValues = []; // the smallest last value of a subsequence, by its length
  /** @type {number[]} */
  const lastPositions = []; // the position of that value, by the length
  /** @type {number[]} */
  const previous = []; // the position before in the subsequence, by position
  for (let position = 0; position < values.length; position++) {
    const length = findLowerBound(lastValues, values[position]);
    lastValues[length] = values[position];
    lastPositions[length] = position;
    previous[position] = lastPositions[length - 1];
  }
  const increasing = [];
  let position = lastPositions.at(-1);
  while (position !== undefined) {
    increasing.push(position);
    position = previous[position];
  }
  return increasing.reverse();
}
