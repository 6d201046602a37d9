import assert from "node:assert/strict";
import test from "node:test";
import { RangeAxis } from "../../imodels_nb/engine/js/range_axis.js";
import { RangeControls } from "../../imodels_nb/engine/js/range_controls.js";
import { RangeStore } from "../../imodels_nb/engine/js/range_store.js";
import { buildSizeGrid } from "./helpers/grids.js";
import { openPage } from "./helpers/page.js";

/** @type {any} */
const TEXTS = new Proxy({}, { get: (_, name) => String(name) });

/** Mount the controls of a range of a hundred changesets, which follow their range. */
function mount() {
  const indexes = Array.from({ length: 100 }, (_, at) => at + 1);
  const grid = buildSizeGrid({ is_single: true, first: indexes, last: indexes });
  const times = { first_minutes: indexes, spans: indexes.map(() => 0), versions: [], time_zone: "UTC" };
  const store = new RangeStore([1, 100], [1, 100]);
  const page = openPage();
  const controls = new RangeControls(page, TEXTS, new RangeAxis(grid, [1, 100], times), store, null);
  store.subscribe(() => controls.showRange(store.value));
  controls.showRange(store.value);
  const [first, last] = page.querySelectorAll("input");
  return { first, last, store };
}

/** Type a text, as a user does before the text is entered. */
function type(input, text) {
  input.value = text;
  input.fire("input");
}

test("a typed end moves the range when it is entered", () => {
  const { first, last, store } = mount();
  type(first, "40");
  assert.deepEqual(store.value, [1, 100]);
  first.fire("change");
  assert.deepEqual(store.value, [40, 100]);
  assert.deepEqual([first.value, last.value], ["40", "100"]);
});

test("a text that is being typed stays when the range moves", () => {
  const { first, last, store } = mount();
  type(last, "7");
  store.set([20, 90]);
  assert.deepEqual([first.value, last.value], ["20", "7"]);
  type(last, "75");
  last.fire("change");
  assert.deepEqual(store.value, [20, 75]);
  store.set([10, 60]);
  assert.deepEqual([first.value, last.value], ["10", "60"]);
});

test("a field that is left without an entry shows the range", () => {
  const { last, store } = mount();
  type(last, "7");
  store.set([20, 90]);
  last.fire("blur");
  assert.equal(last.value, "90");
});
