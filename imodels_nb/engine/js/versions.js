// Selection of the named versions that have a rule.
/** @import { IndexRange, Json, Limits } from "./types.d.ts" */

/**
 * Return the positions of the versions of a range that have a rule, ascending: the most important, far enough apart.
 *
 * The same as `select_versions` in charts/named_versions.py.
 * @param {Record<string, {index: number, rank: number}>} versions by position
 * @param {IndexRange} range
 * @param {Limits} limits
 * @returns {number[]}
 */
export function selectVersions(versions, [low, high], limits) {
  const inRange = Object.entries(versions).filter(([, { index }]) => index >= low && index <= high);
  const positions = inRange.map(([position]) => Number(position));
  const distance = (Math.max(...positions) - Math.min(...positions)) / limits.max_versions;
  /** @type {number[]} */
  const shown = [];
  for (const [position] of inRange.sort(([, one], [, other]) => one.rank - other.rank)) {
    if (shown.every((other) => Math.abs(Number(position) - other) >= distance)) {
      shown.push(Number(position));
    }
  }
  return shown.sort((one, other) => one - other);
}

/**
 * Return the versions of a specification, by position.
 * @param {Json} spec
 */
export function readVersions(spec) {
  return spec.params?.find((/** @type {Json} */ { name }) => name === "versions")?.value ?? {};
}
