import assert from "node:assert/strict";
import test from "node:test";
import { buildDateTicks, formatDay, subtractMonth } from "../../imodels_nb/engine/js/dates.js";

const at = (year, month, day = 1, hour = 0, minute = 0) => Date.UTC(year, month, day, hour, minute) / 1000;
const NEWEST = at(2025, 5, 20);

test("one month before the end of a long month is the end of the short one", () => {
  assert.equal(subtractMonth(at(2025, 2, 31, 8)), at(2025, 1, 28, 8));
  assert.equal(subtractMonth(at(2025, 0, 15)), at(2024, 11, 15));
});

const labels = (start, stop, maxTicks) => buildDateTicks(start, stop, maxTicks).map(({ label }) => label);

test("ticks stand on whole hours, days, months and years", () => {
  assert.deepEqual(labels(at(2025, 0, 1, 22), at(2025, 0, 2, 5), 8).slice(0, 4), [
    "1 Jan 2025",
    "23:00",
    "2 Jan",
    "01:00",
  ]);
  assert.deepEqual(labels(at(2025, 0, 1), at(2025, 0, 30), 5), ["6 Jan 2025", "13 Jan", "20 Jan", "27 Jan"]);
  assert.deepEqual(labels(at(2024, 0, 8), at(2025, 11, 19), 8)[0], "Apr 2024");
  assert.deepEqual(labels(at(2014, 5, 1), at(2024, 5, 1), 6), ["2016", "2018", "2020", "2022", "2024"]);
  assert.equal(buildDateTicks(at(2024, 0, 1), at(2025, 0, 1), 12)[0].seconds, at(2024, 0, 1));
});

test("ticks are few whatever the period", () => {
  for (const days of [0.01, 1, 3, 10, 40, 100, 400, 2000, 20_000, 60_000]) {
    assert.ok(buildDateTicks(NEWEST - days * 86_400, NEWEST, 7).length <= 8, String(days));
  }
});

test("a day is written with the name of its month", () => {
  assert.equal(formatDay(at(2025, 2, 3, 23, 59)), "3 Mar 2025");
});
