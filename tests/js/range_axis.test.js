import assert from "node:assert/strict";
import test from "node:test";
import { findExactPeriod } from "../../imodels_nb/engine/js/period_search.js";
import { buildIndexTicks, RangeAxis } from "../../imodels_nb/engine/js/range_axis.js";
import { parseEntry } from "../../imodels_nb/engine/js/range_entry.js";
import { buildPushGrid, buildSizeGrid } from "./helpers/grids.js";

const VERSIONS = [
  { name: "Review 1", index: 10 },
  { name: "Review 12", index: 40 },
  { name: "2025-03", index: 50 },
  { name: "twice", index: 60 },
  { name: "Twice", index: 7000 },
];
/** @type {any} */
const TEXTS = {
  same_names: "{count} versions “{text}”: {indexes}",
  similar_names: "{count} versions with “{text}”",
  unknown: "“{text}” is unknown",
  unknown_with_versions: "“{text}” is not known",
};
/** Build an axis: of each cell the first index and the minute of it; the last minute is that of the last index. */
function axisOf(first, minutes, isSingle, bounds) {
  const last = isSingle ? first : [...first.slice(1).map((index) => index - 1), bounds[1]];
  const grid = buildSizeGrid({ is_single: isSingle, first, last });
  const spans = first.map((_, cell) => (isSingle ? 0 : minutes[cell + 1] - minutes[cell]));
  const first_minutes = minutes.slice(0, first.length);
  return new RangeAxis(grid, bounds, { first_minutes, spans, versions: VERSIONS, time_zone: "UTC" });
}
/** The first and the last changeset of a period in minutes. */
const find = (axis, start, stop) => axis.findPeriod(60 * start, 60 * stop);
const single = axisOf([1, 3, 4, 9], [0, 10, 5, 20, 20], true, [1, 9]);
const coarse = axisOf([1, 101, 201], [0, 100, 200, 300], false, [1, 300]);

test("single changesets are found by their own time", () => {
  assert.deepEqual(find(single, 0, 1), [1, 1]);
  assert.deepEqual(find(single, 5, 11), [3, 4]);
  assert.deepEqual(find(single, 10, 21), [3, 9]);
  assert.equal(find(single, 11, 20), null);
  assert.equal(find(single, 21, 99), null);
  assert.equal(single.timeOf(4), 5 * 60);
});

test("between the ends of a cell changesets are found by interpolation", () => {
  assert.deepEqual(find(coarse, 100, 200), [101, 200]);
  assert.deepEqual(find(coarse, 50, 1e9), [51, 300]);
  assert.deepEqual(find(coarse, 300, 1e9), [300, 300]);
  assert.deepEqual(find(coarse, 0, 1e9), [1, 300]);
  assert.equal(find(coarse, 301, 1e9), null);
  assert.equal(find(coarse, -9, 0), null);
  assert.equal(Math.round(coarse.timeOf(151) / 60), 151);
  assert.deepEqual(
    [101, 151, 200].map((index) => coarse.hasExactTime(index)),
    [true, false, true],
  );
  coarse.setEndTimes([151, 300], [123, 299]);
  assert.deepEqual([coarse.timeOf(151), coarse.hasExactTime(151)], [123, true]);
  coarse.setEndTimes([1, 2], null);
  assert.equal(coarse.hasExactTime(151), false);
});

test("the kernel is asked where cells have several changesets, and replaced where it does not respond", async () => {
  /** @type {any} */
  const kernel = { findPeriod: async ([start]) => (start === 420 ? undefined : [5, 6]) };
  assert.deepEqual(await findExactPeriod(coarse, [60, 6000], kernel), [5, 6]);
  assert.deepEqual(await findExactPeriod(coarse, [420, 6000], kernel), [8, 100]);
  assert.deepEqual(await findExactPeriod(coarse, [60, 6000], null), [2, 100]);
  assert.deepEqual(await findExactPeriod(single, [300, 660], kernel), [3, 4]);
});

test("an overview along the index has round indexes with their dates", () => {
  const axis = axisOf([1, 501], [0, 10 * 1440, 20 * 1440], false, [1, 1000]);
  assert.deepEqual(axis.buildTicks(250), [
    { position: 0.4995, label: "500", secondLabel: "11 Jan 1970" },
    { position: 0.9995, label: "1,000", secondLabel: "21 Jan 1970" },
  ]);
  assert.deepEqual(buildIndexTicks([1, 2], 8), [1, 2]);
  assert.deepEqual(buildIndexTicks([95, 131], 4), [100, 110, 120, 130]);
});

test("an overview along time has dates with their index", () => {
  const grid = buildPushGrid({
    is_single: true,
    first: [1, 2, 3],
    last: [1, 2, 3],
    cell: [0, 1, 2],
    bin: [0, 1, 3],
    start: 0,
    step: 1440,
    origin: 0,
  });
  const axis = new RangeAxis(grid, [1, 3], {
    first_minutes: [0, 1440, 4320],
    spans: [0, 0, 0],
    versions: [],
    time_zone: "UTC",
  });
  assert.deepEqual(axis.buildTicks(400).at(-1), { position: 1, label: "5 Jan", secondLabel: "3" });
  assert.deepEqual(axis.buildTicks(400)[1], { position: 0.25, label: "2 Jan", secondLabel: "2" });
});

test("an entry is an index, a name or a date", () => {
  const axis = { versions: VERSIONS, newest: Date.UTC(2025, 5) / 1000, timeZone: "Europe/Berlin" };
  /**
   * @param {string} text
   * @returns {any}
   */
  const parse = (text) => parseEntry(text, axis, TEXTS);
  assert.deepEqual(parse(" 4,018 "), { index: 4018 });
  assert.deepEqual(parse("1e9"), { index: 1e9 });
  assert.deepEqual(parse("-5"), { index: -5 });
  assert.deepEqual(parse("review 1"), { index: 10 });
  assert.deepEqual(parse("w 12"), { index: 40 });
  assert.deepEqual(parse("2025-03"), { index: 50 }); // a name that looks like a date is a name
  assert.deepEqual(parse("2025-04").period, [Date.UTC(2025, 3) / 1000, Date.UTC(2025, 4) / 1000]);
  assert.deepEqual(parse("2025q2").period, [Date.UTC(2025, 3) / 1000, Date.UTC(2025, 6) / 1000]);
  assert.deepEqual(parse("2025-04-01T00:30Z").period[0], Date.UTC(2025, 3, 1, 2, 30) / 1000);
  assert.equal(parse("review").problem, "2 versions with “review”");
  assert.equal(parse("twice").problem, "2 versions “twice”: 60, 7,000");
  assert.match(parse("next week").problem, /is not known/);
  assert.deepEqual(parseEntry("<b>", { ...axis, versions: [] }, TEXTS), { problem: "“<b>” is unknown" });
  for (const text of ["-", ",", ".", "e5", "<b>", "%", "1-"]) {
    assert.match(parse(text).problem, /is not known/, text);
  }
});
