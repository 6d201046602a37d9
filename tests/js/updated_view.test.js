import assert from "node:assert/strict";
import test from "node:test";
import { readPayload } from "../../imodels_nb/widgets/updated_view.js";
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
