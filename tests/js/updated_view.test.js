import assert from "node:assert/strict";
import test from "node:test";
import { RangeStore } from "../../imodels_nb/engine/js/range_store.js";
import { readPayload, UpdatedView } from "../../imodels_nb/widgets/updated_view.js";
import { openPage } from "./helpers/page.js";
import { WidgetModel } from "./helpers/widget_model.js";

test("a chart is read from the traits of its model", () => {
  const chart = {
    title: "Sizes",
    spec: { width: 1 },
    themes: { light: {}, dark: {} },
    grid: { header: {}, buffers: [] },
    axis: { header: { first_minute: 7 }, buffers: [] },
    limits: { max_bins: 200 },
    sentences: { empty: "nothing" },
    has_overview: false,
    is_zoomable: true,
  };
  const model = new WidgetModel({ ...chart, status: "watching", slider: "IPY_MODEL_slider" });
  assert.deepEqual(readPayload(model), chart);
});

/** Mount a view whose engine draws nothing; `paint` lets the page see that the newest chart is painted. */
function mount() {
  const observers = new Set();
  Object.assign(globalThis, {
    MutationObserver: class {
      constructor(listener) {
        this.listener = listener;
      }
      observe() {
        observers.add(this.listener);
      }
      disconnect() {
        observers.delete(this.listener);
      }
    },
  });
  const charts = [];
  class ChartView {
    isRemoved = false;
    constructor(element, { title }) {
      this.element = element;
      this.title = title;
      charts.push(this);
    }
    remove() {
      this.isRemoved = true;
    }
  }
  const page = openPage();
  const model = new WidgetModel({ title: "first", status: "" });
  const slider = new WidgetModel({ value: [1, 5], min: 1, max: 5 });
  const store = new RangeStore([1, 5], [1, 5]);
  /** @type {any} */
  const [engine, kernel] = [{ ChartView }, null];
  const view = new UpdatedView(page, model, slider, engine, store, kernel);
  const pause = () => new Promise((resolve) => setImmediate(resolve));
  const paint = async () => {
    await pause();
    for (const observer of observers) {
      observer();
    }
    await pause();
  };
  return { page, model, slider, store, charts, view, paint, pause };
}

test("a chart of other changesets takes the place of the old one once it is painted", async () => {
  const { page, model, slider, store, charts, paint, pause } = mount();
  await paint();
  model.set("title", "second");
  slider.set("max", 9);
  slider.set("value", [5, 9]);
  model.set("grid", {});
  await pause();
  const [first, second] = charts;
  assert.deepEqual(
    [store.bounds, store.value],
    [
      [1, 9],
      [5, 9],
    ],
  );
  assert.deepEqual([second.title, second.element.style.visibility, first.isRemoved], ["second", "hidden", false]);
  await paint();
  assert.deepEqual([second.element.style.visibility, first.isRemoved], ["", true]);
  assert.deepEqual(page.children.slice(0, -1), [second.element]);
});

test("the sentence of a watch stands below the chart", async () => {
  const { page, model, paint } = mount();
  await paint();
  model.set("status", "3 new pushes.");
  assert.equal(page.children.at(-1).text, "3 new pushes.");
});

test("a view that is removed follows its model no more", async () => {
  const { model, charts, view, paint } = mount();
  await paint();
  view.remove();
  model.set("grid", {});
  assert.deepEqual([charts.length, charts[0].isRemoved], [1, true]);
  assert.equal(model.countListeners("change:grid") + model.countListeners("change:status"), 0);
});
