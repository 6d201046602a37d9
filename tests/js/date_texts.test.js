import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { parsePeriod } from "../../imodels_nb/engine/js/date_texts.js";

/** The examples that tests/aggregate/test_date_texts.py reads, too. */
const EXAMPLES = JSON.parse(readFileSync(new URL("dates.json", import.meta.url), "utf-8"));

const toSeconds = (time) => Date.parse(`${time}Z`) / 1000;
const parse = (text) => parsePeriod(text, toSeconds(EXAMPLES.newest), EXAMPLES.time_zone);

for (const [text, start, stop] of EXAMPLES.periods) {
  test(`${text} is a period`, () => {
    const period = parse(text)?.map((seconds) => Math.round(1000 * seconds) / 1000);
    assert.deepEqual(period, [toSeconds(start), toSeconds(stop)]);
  });
}

test("what is no date is no period", () => {
  for (const text of [...EXAMPLES.refused, "x".repeat(99_999), "2".repeat(99_999)]) {
    assert.equal(parse(text), null, text.slice(0, 30));
  }
});
