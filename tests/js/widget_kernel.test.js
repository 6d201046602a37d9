import assert from "node:assert/strict";
import test from "node:test";
import { RangeStore } from "../../imodels_nb/engine/js/range_store.js";
import widget from "../../imodels_nb/widgets/range_chart.js";

/** A widget model whose messages a test sends and reads. */
class Model {
  sent = [];
  listeners = new Map();
  constructor(values, isLive = true) {
    this.values = values;
    this.comm_live = isLive;
  }
  get(name) {
    return this.values[name];
  }
  set(name, value) {
    this.values[name] = value;
  }
  on(event, listener) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }
  off(event, listener) {
    this.listeners.set(
      event,
      (this.listeners.get(event) ?? []).filter((other) => other !== listener),
    );
  }
  send(content, callbacks) {
    this.sent.push({ content, callbacks });
  }
  save_changes() {}
  respond(content) {
    for (const listener of this.listeners.get("msg:custom") ?? []) {
      listener(content, []);
    }
  }
  countListeners() {
    return (this.listeners.get("msg:custom") ?? []).length;
  }
}

/** Mount a widget with an engine that draws nothing, and return its model and its kernel. */
async function mount(isLive) {
  let kernel;
  class ChartView {
    constructor(_element, _chart, _range, link) {
      kernel = link;
    }
  }
  globalThis.imodelsNbEngineLoads.set("test", Promise.resolve({ RangeStore, ChartView }));
  const nothing = { remove() {}, append() {}, prepend() {}, setAttribute() {}, querySelector: () => null };
  const createElement = () => ({ style: {}, ...nothing });
  globalThis.MutationObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.document = { createElement, head: createElement() };
  const models = {
    engine: new Model({ digest: "test" }),
    slider: new Model({ value: [1, 9], min: 1, max: 9 }, isLive),
  };
  const model = new Model({ engine: "IPY_MODEL_engine", slider: "IPY_MODEL_slider" }, isLive);
  model.widget_manager = { get_model: async (name) => models[name] };
  await widget.render({ model, el: createElement() });
  return { model, kernel };
}

test("details come from the kernel, and leave no listener behind", async () => {
  const { model, kernel } = await mount(true);
  const details = kernel.requestChangesetDetails(4);
  assert.deepEqual(model.sent[0].content, { changeset: 4 });
  model.respond({ changeset: 5, details: { id: "other" } });
  model.respond({ range: [4, 4], header: {} });
  assert.equal(model.countListeners(), 1);
  model.respond({ changeset: 4, details: { id: "four" } });
  assert.deepEqual(await details, { id: "four" });
  assert.equal(model.countListeners(), 0);
});

test("without a kernel there are no details, and no listener", async () => {
  const { model, kernel } = await mount(false);
  assert.deepEqual(await kernel.requestChangesetDetails(4), {});
  assert.equal(model.countListeners(), 0);
  assert.deepEqual(model.sent, []);
});

test("a kernel that ends the request without a reply leaves no listener", async () => {
  const { model, kernel } = await mount(true);
  const details = kernel.requestChangesetDetails(4);
  model.sent[0].callbacks.iopub.status({ content: { execution_state: "busy" } });
  assert.equal(model.countListeners(), 1);
  model.sent[0].callbacks.iopub.status({ content: { execution_state: "idle" } });
  assert.deepEqual(await details, {});
  assert.equal(model.countListeners(), 0);
});

test("a kernel that dies during the request leaves no listener", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, kernel } = await mount(true);
  const details = kernel.requestChangesetDetails(4);
  const found = kernel.findPeriod([60, 120]);
  assert.equal(model.countListeners(), 2);
  t.mock.timers.tick(10_000);
  assert.equal(model.countListeners(), 0);
  assert.deepEqual(await details, {});
  assert.equal(await found, undefined);
});

test("the kernel finds the changesets of a period, or that the period has none", async () => {
  const { model, kernel } = await mount(true);
  const [found, none] = [kernel.findPeriod([60, 120]), kernel.findPeriod([120, 180])];
  assert.deepEqual(model.sent[0].content, { period: [60, 120] });
  model.respond({ period: [60, 120], found: [3, 5] });
  model.respond({ period: [120, 180], found: null });
  assert.deepEqual(await found, [3, 5]);
  assert.equal(await none, null);
  assert.equal(model.countListeners(), 0);
});

test("a kernel that ends the request for a period without a reply is not waited for", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, kernel } = await mount(true);
  const found = kernel.findPeriod([60, 120]);
  model.sent[0].callbacks.iopub.status({ content: { execution_state: "idle" } });
  assert.equal(await found, undefined);
  assert.equal(model.countListeners(), 0);
});
