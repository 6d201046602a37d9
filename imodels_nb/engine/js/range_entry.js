// Parsing of a range end that a user types: an index, a named version, or a date.
/** @import { RangeSentences, VersionMark } from "./types.d.ts" */
/** @import { Period } from "./date_texts.js" */
/** @import { RangeAxis } from "./range_axis.js" */
import { parsePeriod } from "./date_texts.js";
import { fillText } from "./texts.js";

const GROUPED_NUMBER = /^[+-]?\d[\d,_\s]*(?:\.\d*)?(?:e\d+)?$/i;
const MIN_PART = 2; // characters of a part of a name

/** @typedef {{index: number} | {period: Period} | {problem: string}} Entry */

/**
 * Parse an entry: a number is an index; any other text is a name, a date or a part of a name, in this order.
 * @param {string} text
 * @param {Pick<RangeAxis, "versions" | "newest" | "timeZone">} axis
 * @param {RangeSentences} texts
 * @returns {Entry}
 */
export function parseEntry(text, { versions, newest, timeZone }, texts) {
  const words = text.trim();
  const index = Number(words.replace(/[,_\s]/g, ""));
  if (GROUPED_NUMBER.test(words) && Number.isFinite(index)) {
    return { index };
  }
  const exact = versions.filter(({ name }) => isSameText(name, words));
  if (exact.length > 1) {
    const indexes = exact.map((version) => version.index.toLocaleString("en")).join(", ");
    return { problem: fillText(texts.same_names, { count: exact.length, text: words, indexes }) };
  }
  if (exact.length) {
    return { index: exact[0].index };
  }
  const period = parsePeriod(words, newest, timeZone);
  return period ? { period } : parsePartOfName(words, versions, texts);
}

/**
 * Find the one named version whose name contains a text.
 * @param {string} words
 * @param {VersionMark[]} versions
 * @param {RangeSentences} texts
 * @returns {Entry}
 */
function parsePartOfName(words, versions, texts) {
  const isLong = words.length >= MIN_PART;
  const similar = versions.filter(({ name }) => isLong && name.toLowerCase().includes(words.toLowerCase()));
  if (similar.length === 1) {
    return { index: similar[0].index };
  }
  if (similar.length > 1) {
    return { problem: fillText(texts.similar_names, { count: similar.length, text: words }) };
  }
  const sentence = versions.length ? texts.unknown_with_versions : texts.unknown;
  return { problem: fillText(sentence, { text: words }) };
}

/**
 * Return whether two texts are the same but for case and spaces around.
 * @param {string} one
 * @param {string} other
 */
function isSameText(one, other) {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
