// Search for the changesets of a period, by the kernel if there is one.
/** @import { IndexRange, KernelLink } from "./types.d.ts" */
/** @import { Period } from "./date_texts.js" */
/** @import { RangeAxis } from "./range_axis.js" */

/**
 * Find the changesets of a period as exactly as possible: a kernel has the time of each.
 * @param {RangeAxis} axis
 * @param {Period} period
 * @param {KernelLink | null} kernel
 * @returns {Promise<IndexRange | null>}
 */
export async function findExactPeriod(axis, [start, stop], kernel) {
  const found = axis.isSingle ? undefined : await kernel?.findPeriod([start, stop]);
  return found === undefined ? axis.findPeriod(start, stop) : found;
}
