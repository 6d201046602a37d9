import assert from "node:assert/strict";
import test from "node:test";
import { brightnessOf } from "../../imodels_nb/engine/js/page_theme.js";

test("a color is bright, dark or none", () => {
  assert.equal(Math.round(brightnessOf("rgb(255, 255, 255)")), 255);
  assert.equal(brightnessOf("rgba(0, 0, 0, 0.9)"), 0);
  assert.equal(brightnessOf("rgba(0, 0, 0, 0)"), null);
  assert.equal(brightnessOf("transparent"), null);
});
