// Parsing of a range end that a user types: an index, a named version, or a date.
/** @import { VersionMark } from "./types.d.ts" */
/** @import { Period } from "./dates.js" */
import { parsePeriod } from "./dates.js";

const GROUPED_NUMBER = /^[+-]?\d[\d,_\s]*(?:\.\d*)?(?:e\d+)?$/i;
const MIN_PART = 2; // characters of a part of a name

/** @typedef {{index: number} | {period: Period} | {problem: string}} Entry */

/**
 * Parse an entry. A number is an index; a name counts before a date, and a part of a name after it.
 * @param {string} text
 * @param {VersionMark[]} versions
 * @param {number} newest time of the newest push
 * @returns {Entry}
 */
export function parseEntry(text, versions, newest) {
  const words = text.trim();
  const index = Number(words.replace(/[,_\s]/g, ""));
  if (GROUPED_NUMBER.test(words) && Number.isFinite(index)) {
    return { index };
  }
  const exact = versions.filter(({ name }) => isSameText(name, words));
  if (exact.length > 1) {
    const indexes = exact.map((version) => version.index.toLocaleString("en")).join(", ");
    return { problem: `${exact.length} named versions are called “${words}”. Type an index: ${indexes}.` };
  }
  if (exact.length) {
    return { index: exact[0].index };
  }
  const period = parsePeriod(words, newest);
  return period ? { period } : parsePartOfName(words, versions);
}

/**
 * Find the one named version whose name contains a text.
 * @param {string} words
 * @param {VersionMark[]} versions
 * @returns {Entry}
 */
function parsePartOfName(words, versions) {
  const isLong = words.length >= MIN_PART;
  const similar = versions.filter(({ name }) => isLong && name.toLowerCase().includes(words.toLowerCase()));
  if (similar.length === 1) {
    return { index: similar[0].index };
  }
  if (similar.length > 1) {
    return { problem: `${similar.length} named versions contain “${words}”. Type more of the name.` };
  }
  const choices = `an index, a date such as 2025-03-14 or March 2025${versions.length ? ", or a named version" : ""}`;
  return { problem: `“${words}” is not known. Type ${choices}.` };
}

/**
 * Return whether two texts are the same but for case and spaces around.
 * @param {string} one
 * @param {string} other
 */
function isSameText(one, other) {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
