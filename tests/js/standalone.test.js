import assert from "node:assert/strict";
import test from "node:test";
import "./helpers/css_loader.js";

const { findStoredCharts, restoreBuffers } = await import("../../imodels_nb/engine/js/standalone.js");

/**
 * A converted notebook: the state of all its widgets, and a script for each that it shows.
 * @returns {any}
 */
function buildPage(models, shown) {
  const state = { textContent: JSON.stringify({ state: models }) };
  const views = shown.map((model_id) => ({ textContent: JSON.stringify({ model_id }) }));
  return {
    views,
    querySelector: () => (models ? state : null),
    querySelectorAll: () => views,
  };
}

test("buffers of a stored model go where their paths lead", () => {
  const grid = { header: { first: 0 }, buffers: [null, null] };
  const buffers = [
    { path: ["grid", "buffers", 1], data: "Ag==" },
    { path: ["grid", "buffers", 0], data: "AQ==" },
    { path: ["axis"], data: "Aw==" },
  ];
  assert.deepEqual(restoreBuffers({ state: { title: "Sizes", grid }, buffers }), {
    title: "Sizes",
    grid: { header: { first: 0 }, buffers: ["AQ==", "Ag=="] },
    axis: "Aw==",
  });
});

test("a model without buffers is its state", () => {
  assert.deepEqual(restoreBuffers({ state: { title: "Sizes" } }), { title: "Sizes" });
});

test("the charts of a converted notebook are found, with their sliders", () => {
  const chart = { state: { spec: {}, grid: {}, slider: "IPY_MODEL_slider" } };
  const slider = { state: { value: [1, 5], min: 1, max: 9 } };
  const models = {
    chart,
    slider,
    other: { state: { children: ["IPY_MODEL_slider"] } },
    box: { state: { children: ["IPY_MODEL_lost", "IPY_MODEL_slider", "IPY_MODEL_chart"] } },
  };
  const page = buildPage(models, ["slider", "other", "box", "lost"]);
  assert.deepEqual(findStoredCharts(page), [{ script: page.views[2], model: chart, slider: slider.state }]);
});

test("a page without the state of widgets has no stored charts", () => {
  assert.deepEqual(findStoredCharts(buildPage(null, ["box"])), []);
});
