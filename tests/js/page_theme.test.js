import assert from "node:assert/strict";
import test from "node:test";
import { parseBrightness } from "../../imodels_nb/engine/js/page_theme.js";

test("a color is bright, dark or none", () => {
  assert.equal(Math.round(parseBrightness("rgb(255, 255, 255)") ?? 0), 255);
  assert.equal(parseBrightness("rgba(0, 0, 0, 0.9)"), 0);
  assert.equal(parseBrightness("rgba(0, 0, 0, 0)"), null);
  assert.equal(parseBrightness("transparent"), null);
});
