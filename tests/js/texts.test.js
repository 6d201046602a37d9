import assert from "node:assert/strict";
import test from "node:test";
import { fillText } from "../../imodels_nb/engine/js/texts.js";

test("values take the place of their names, and numbers get separators", () => {
  assert.equal(
    fillText("{first} to {last}, {count} of {count}", { first: 1, last: "9000", count: 12_000 }),
    "1 to 9000, 12,000 of 12,000",
  );
});

test("a value is not filled in again", () => {
  assert.equal(fillText("“{text}” of {count}", { text: "{count} $& <b>", count: 2 }), "“{count} $& <b>” of 2");
});
