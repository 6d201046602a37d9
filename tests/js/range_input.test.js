/** @import { IndexRange } from "../../imodels_nb/engine/js/types.d.ts" */
import assert from "node:assert/strict";
import test from "node:test";
import { IndexScale } from "../../imodels_nb/engine/js/index_scale.js";
import {
  clampRange,
  getEndBounds,
  moveRangeByKey,
  shiftRange,
  startRangeDrag,
} from "../../imodels_nb/engine/js/range_input.js";
import { RangeStore } from "../../imodels_nb/engine/js/range_store.js";
import { buildSizeGrid } from "./helpers/grids.js";

/** @type {IndexRange} */
const BOUNDS = [1, 1000];

/** Press a key, and return the range after it. */
function press(key, range, end, modifiers = {}) {
  const event = /** @type {KeyboardEvent} */ ({ key, ...modifiers });
  return moveRangeByKey(event, range, BOUNDS, end);
}

test("a range is put in order and within the bounds", () => {
  assert.deepEqual(clampRange([2000, -5], BOUNDS), [1, 1000]);
  assert.deepEqual(clampRange([3.7, 9.2], BOUNDS), [4, 9]);
});

test("a range that moves as a whole keeps its width", () => {
  assert.deepEqual(shiftRange([10, 20], BOUNDS, -50), [1, 11]);
  assert.deepEqual(shiftRange([10, 20], BOUNDS, Number.POSITIVE_INFINITY), [990, 1000]);
});

test("keys move an end no further than the other end", () => {
  assert.deepEqual(press("ArrowRight", [10, 20], 0), [11, 20]);
  assert.deepEqual(press("End", [10, 20], 0), [20, 20]);
  assert.deepEqual(press("Home", [10, 20], 1), [10, 10]);
  assert.deepEqual(press("PageUp", [10, 210], 1), [10, 230]);
  assert.deepEqual(press("ArrowLeft", [100, 210], 0, { shiftKey: true }), [89, 210]);
  assert.deepEqual(press("Home", [100, 210], null), [1, 111]);
});

test("other keys and shortcuts move nothing", () => {
  assert.equal(press("a", [10, 20], 0), null);
  assert.equal(press("ArrowLeft", [10, 20], 0, { ctrlKey: true }), null);
});

test("the bounds of an end are those of all and the other end", () => {
  assert.deepEqual(getEndBounds([10, 20], BOUNDS, 0), [1, 20]);
  assert.deepEqual(getEndBounds([10, 20], BOUNDS, 1), [10, 1000]);
});

const dragged = (grip, from, to, range) =>
  startRangeDrag(grip, from, new IndexScale(buildSizeGrid({}), BOUNDS), new RangeStore(range, BOUNDS))(to);

test("a pointer drags the window, an end, or a new range", () => {
  assert.deepEqual(dragged("window", 0.5, 0.6, [401, 600]), [501, 700]);
  assert.deepEqual(dragged("brush", 0.7, 0.2, [401, 600]), [201, 701]);
  assert.deepEqual(dragged(0, 0.4, -3, [401, 600]), [1, 600]);
  assert.deepEqual(dragged(1, 0.6, 0.75, [401, 600]), [401, 750]);
  assert.deepEqual(dragged(1, 0.6, 9, [401, 600]), [401, 1000]);
});

test("a drag on the window of the whole range draws a new range", () => {
  assert.deepEqual(dragged("window", 0.5, 0.6, [1, 1000]), [501, 601]);
  assert.deepEqual(dragged("window", 0.5, 0.4, [1, 1000]), [401, 501]);
});

test("a store calls a last listener after those that subscribe later", () => {
  const store = new RangeStore([1, 5], BOUNDS);
  /** @type {string[]} */
  const calls = [];
  const unsubscribe = store.subscribe(() => calls.push("last"), { last: true });
  store.subscribe(() => calls.push("draw"));
  store.set([2, 5]);
  unsubscribe();
  store.set([3, 5]);
  assert.deepEqual(calls, ["draw", "last", "draw"]);
});

test("a store calls its listeners when the range moves, and only then", () => {
  const store = new RangeStore([1, 5], BOUNDS);
  let calls = 0;
  const unsubscribe = store.subscribe(() => calls++);
  store.set([1, 5]);
  store.set([2, 5]);
  unsubscribe();
  store.set([3, 5]);
  assert.deepEqual([calls, store.value], [1, [3, 5]]);
});

test("a store goes back move by move, and quick moves are undone together", async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 600));
  const store = new RangeStore([1, 9], [1, 9]);
  assert.equal(store.canUndo, false);
  store.set([2, 9]);
  store.set([3, 9]);
  await pause();
  store.set([3, 5]);
  store.undo();
  assert.deepEqual(store.value, [3, 9]);
  store.undo();
  assert.deepEqual(store.value, [1, 9]);
  store.undo();
  assert.deepEqual([store.value, store.canUndo], [[1, 9], false]);
  store.jump([2, 3]);
  store.jump([4, 5]);
  store.undo();
  assert.deepEqual(store.value, [2, 3]);
});
