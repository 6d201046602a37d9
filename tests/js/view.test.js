import assert from "node:assert/strict";
import test from "node:test";
import { RangeStore } from "../../imodels_nb/engine/js/range_store.js";
import "./helpers/css_loader.js";
import { buildSizeGrid, LIMITS } from "./helpers/grids.js";

const { ChartView } = await import("../../imodels_nb/engine/js/view.js");

/** An element of a page that only stores what is set. */
class Element {
  style = {};
  dataset = { jpThemeLight: "true" };
  setAttribute() {}
  addEventListener() {}
  removeEventListener() {}
  append() {}
  replaceChildren() {}
}

const GRID = buildSizeGrid({
  is_single: true,
  first: [1],
  last: [1],
  count: [1],
  waiting: [0],
  zeros: [0],
  max: [1],
  time_minutes: [7],
  text_position: [0],
  texts: ["regular"],
});
/** @type {any} */
const CHART = {
  title: "Sizes",
  spec: {},
  themes: { light: {}, dark: {} },
  grid: { header: GRID, buffers: [] },
  limits: LIMITS,
  sentences: { empty: "empty", too_narrow: "narrow", summary: "{first} to {last}: {count}", controls: {} },
};
const VEGA_VIEW = {
  origin: () => [0, 0],
  padding: () => ({ left: 0, top: 0 }),
  width: () => 600,
  height: () => 200,
  scale: () => () => Number.NaN,
  runAsync: async () => {},
  addEventListener() {},
};

/** Mount a chart in a page that tells it a width when the test says so. */
function mount(embed) {
  let resize;
  const errors = [];
  Object.assign(globalThis, {
    document: { createElement: () => new Element(), documentElement: new Element(), body: new Element() },
    matchMedia: () => ({ addEventListener() {}, removeEventListener() {} }),
    MutationObserver: class {
      observe() {}
      disconnect() {}
    },
    ResizeObserver: class {
      constructor(listener) {
        resize = (width) => listener([{ contentRect: { width } }]);
      }
      observe() {}
      disconnect() {}
    },
    reportError: (error) => errors.push(error.message),
    imodelsNbEmbed: embed,
  });
  const view = new ChartView(/** @type {any} */ (new Element()), CHART, new RangeStore([1, 1], [1, 1]), null);
  return { view, errors, resize };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

test("a chart paints again after a picture that failed", async () => {
  const widths = [];
  const { view, errors, resize } = mount(async (_element, { width }) => {
    widths.push(width);
    if (widths.length === 1) {
      throw new Error("no canvas");
    }
    return { view: VEGA_VIEW, finalize() {} };
  });
  resize(600);
  await pause();
  resize(700);
  await pause();
  assert.deepEqual([widths, errors], [[600, 700], ["no canvas"]]);
  view.remove();
});

test("a chart that is removed while its picture fails does not paint again", async () => {
  let fail;
  const { view, errors, resize } = mount(
    () =>
      new Promise((_resolve, reject) => {
        fail = () => reject(new Error("late"));
      }),
  );
  resize(600);
  resize(700);
  view.remove();
  fail();
  await pause();
  assert.deepEqual(errors, ["late"]);
});
