import assert from "node:assert/strict";
import test from "node:test";
import { RangeStore } from "../../imodels_nb/engine/js/range_store.js";
import { linkSlider, WidgetKernel } from "../../imodels_nb/widgets/widget_kernel.js";
import { WidgetModel } from "./helpers/widget_model.js";

function start({ isLive = true } = {}) {
  const model = new WidgetModel({}, isLive);
  const slider = new WidgetModel({ value: [1, 9], min: 1, max: 9 }, isLive);
  return { model, slider, kernel: new WidgetKernel(model, slider) };
}

test("details come from the kernel, and leave no listener behind", async () => {
  const { model, kernel } = start();
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
  const { model, kernel } = start({ isLive: false });
  assert.deepEqual(await kernel.requestChangesetDetails(4), {});
  assert.equal(await kernel.findPeriod([60, 120]), undefined);
  kernel.requestGrid([1, 2], () => assert.fail("no kernel is idle"));
  assert.equal(kernel.isLive, false);
  assert.equal(model.countListeners(), 0);
  assert.deepEqual(model.sent, []);
});

test("a kernel that ends the request without a reply leaves no listener", async () => {
  const { model, kernel } = start();
  const details = kernel.requestChangesetDetails(4);
  model.sendStatus("busy");
  assert.equal(model.countListeners(), 1);
  model.sendStatus("idle");
  assert.deepEqual(await details, {});
  assert.equal(model.countListeners(), 0);
});

test("a kernel that dies during the request leaves no listener", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, kernel } = start();
  const details = kernel.requestChangesetDetails(4);
  const found = kernel.findPeriod([60, 120]);
  assert.equal(model.countListeners(), 2);
  t.mock.timers.tick(10_000);
  assert.equal(model.countListeners(), 0);
  assert.deepEqual(await details, {});
  assert.equal(await found, undefined);
});

test("the kernel finds the changesets of a period, or that the period has none", async () => {
  const { model, kernel } = start();
  const [found, none] = [kernel.findPeriod([60, 120]), kernel.findPeriod([120, 180])];
  assert.deepEqual(model.sent[0].content, { period: [60, 120] });
  model.respond({ period: [60, 120], found: [3, 5] });
  model.respond({ period: [120, 180], found: null });
  assert.deepEqual(await found, [3, 5]);
  assert.equal(await none, null);
  assert.equal(model.countListeners(), 0);
});

test("a kernel that ends the request for a period without a reply is not waited for", async () => {
  const { model, kernel } = start();
  const found = kernel.findPeriod([60, 120]);
  model.sendStatus("idle");
  assert.equal(await found, undefined);
  assert.equal(model.countListeners(), 0);
});

test("grids of the kernel reach their listeners, and other messages do not", () => {
  const { model, kernel } = start();
  const grids = [];
  const unsubscribe = kernel.subscribeGrids((...grid) => grids.push(grid));
  model.respond({ changeset: 4, details: {} });
  model.respond({ range: [2, 3], times: [60, 120], header: { first: 0 } });
  assert.deepEqual(grids, [[[2, 3], { header: { first: 0 }, buffers: [] }, [60, 120]]]);
  unsubscribe();
  assert.equal(model.countListeners(), 0);
});

test("the selected changeset is that of the slider, or none", () => {
  const { slider, kernel } = start();
  const selections = [];
  const unsubscribe = kernel.subscribeSelection((selection) => selections.push(selection));
  kernel.select({ index: 4, seconds: 60 });
  slider.set("selected_changeset", {});
  assert.deepEqual(selections, [null, { index: 4, seconds: 60 }, null]);
  assert.equal(slider.savedChanges, 1);
  unsubscribe();
  assert.equal(slider.countListeners("change:selected_changeset"), 0);
});

test("the chart follows the slider within its bounds", () => {
  const { slider, kernel } = start();
  const store = new RangeStore([1, 9], [1, 9]);
  const unlink = linkSlider(slider, store, kernel);
  slider.set("value", [2, 3]);
  assert.deepEqual(store.value, [2, 3]);
  slider.set("value", [2, 10]);
  assert.deepEqual(store.value, [2, 3]);
  assert.equal(slider.savedChanges, 0);
  unlink();
  assert.equal(slider.countListeners("change:value"), 0);
});

test("the slider follows the chart once the kernel is busy with its grid", async () => {
  const { model, slider, kernel } = start();
  const store = new RangeStore([1, 9], [1, 9]);
  linkSlider(slider, store, kernel);
  store.subscribe(() => kernel.requestGrid(store.value, () => {}));
  store.set([2, 3]);
  await Promise.resolve();
  assert.deepEqual(slider.get("value"), [1, 9]);
  model.sendStatus("busy");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(slider.get("value"), [2, 3]);
  assert.equal(slider.savedChanges, 1);
});
