/** @import { Selection } from "../../imodels_nb/engine/js/types.d.ts" */
import assert from "node:assert/strict";
import test from "node:test";
import { SelectionMarker } from "../../imodels_nb/engine/js/selection_marker.js";

/** @type {any} */
const PAINTER = {
  hasPicture: true,
  plot: { left: 10, top: 20, width: 600, height: 200 },
  positionOf: (value) => value - 1000,
};

/** A kernel that stores what is selected, and selects when the test says so. */
class Kernel {
  selected = [];
  /** @type {(selection: Selection | null) => void} */
  setSelection = () => {};
  select(selection) {
    this.selected.push(selection);
  }
  subscribeSelection(listener) {
    this.setSelection = listener;
    return () => {
      this.setSelection = () => {};
    };
  }
}

function mount(period) {
  /** @type {any} */
  const element = { style: {}, dataset: {}, setAttribute() {} };
  Object.assign(globalThis, { document: { createElement: () => element } });
  const kernel = new Kernel();
  /** @type {any} */
  const axis = { scale: { period }, timeOf: (index) => 100 * index };
  /** @type {any} */
  const plot = { append() {} };
  return { element, kernel, marker: new SelectionMarker(plot, PAINTER, axis, /** @type {any} */ (kernel)) };
}

test("a click selects the changeset of a mark, with its time of push", () => {
  const { kernel, marker } = mount(null);
  marker.select({ type: "tick", first: 7, last: 7, time_ms: 5500 });
  marker.select({ type: "band", first: 8, last: 8, time_ms: null });
  marker.select({ type: "version", index: 9, time_ms: 9000 });
  assert.deepEqual(kernel.selected, [
    { index: 7, seconds: 5 },
    { index: 8, seconds: 800 },
    { index: 9, seconds: 9 },
  ]);
});

test("a click on a mark of several changesets selects none", () => {
  const { kernel, marker } = mount(null);
  marker.select({ type: "band", first: 7, last: 8, time_ms: 5500 });
  marker.select({ type: "bin", first: 7, last: 7 });
  marker.select({ begin: 0, pushes: 3 });
  assert.deepEqual(kernel.selected, []);
});

test("the marker stands at the index or at the time of the selected changeset", () => {
  const { element, kernel } = mount(null);
  kernel.setSelection({ index: 1234, seconds: 2 });
  assert.deepEqual([element.style.display, element.style.left, element.dataset.index], ["block", "244px", "1,234"]);
  kernel.setSelection(null);
  assert.equal(element.style.display, "none");
  const other = mount([0, 9]);
  other.kernel.setSelection({ index: 1234, seconds: 1.1 });
  assert.equal(other.element.style.left, "110px");
});

test("a marker outside the plot or of a removed chart is not drawn", () => {
  const { element, kernel, marker } = mount(null);
  kernel.setSelection({ index: 5, seconds: 2 });
  assert.equal(element.style.display, "none");
  marker.remove();
  kernel.setSelection({ index: 1234, seconds: 2 });
  marker.show();
  assert.equal(element.style.display, "none");
});
