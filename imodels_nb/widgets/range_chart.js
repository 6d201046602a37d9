// A chart in a widget: the engine draws, the slider's model holds the range, the kernel sends details.
/** @import { Engine, WidgetModel } from "../engine/js/types.d.ts" */
import { decompress } from "../engine/js/compression.js";
import { findModel } from "./models.js";
import { UpdatedView } from "./updated_view.js";
import { linkSlider, WidgetKernel } from "./widget_kernel.js";

globalThis.imodelsNbEngineLoads ??= new Map(); // promise of each engine, by digest

/**
 * Mount the chart of a widget, and return a function that unmounts it.
 * @param {{model: WidgetModel, el: HTMLElement}} context
 */
async function render({ model, el }) {
  const engine = await loadEngine(model);
  const slider = await findModel(model, "slider");
  const store = new engine.RangeStore(slider.get("value"), [slider.get("min"), slider.get("max")]);
  const kernel = new WidgetKernel(model, slider);
  const view = new UpdatedView(el, model, slider, engine, store, kernel);
  const unlink = linkSlider(slider, store, kernel);
  const showPicture = hidePicture(model.get("picture_id"));
  return () => {
    unlink();
    showPicture();
    view.remove();
  };
}

/**
 * Hide the picture that stands before a widget in the notebook, and return a function that shows it again.
 *
 * A style sheet also hides a picture that comes later, as when JupyterLab renders a cell again.
 * @param {string} id
 */
function hidePicture(id) {
  const style = document.createElement("style");
  const picture = `.imodels-nb-picture-${id}`;
  style.textContent = `${picture}, .jp-OutputArea-child:has(${picture}) { display: none; }`;
  document.head.append(style);
  return () => style.remove();
}

/**
 * Load the engine, once a page, from the widget model that all charts share.
 * @param {WidgetModel} model
 * @returns {Promise<Engine>}
 */
async function loadEngine(model) {
  const loads = globalThis.imodelsNbEngineLoads;
  const engineModel = await findModel(model, "engine");
  const digest = engineModel.get("digest");
  const load = loads.get(digest) ?? importEngine(engineModel.get("source"));
  loads.set(digest, load);
  return load;
}

/**
 * Run the compressed source of an engine, and return the engine.
 * @param {BlobPart} source
 * @returns {Promise<Engine>}
 */
async function importEngine(source) {
  const text = await decompress(source).text();
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  await import(url);
  URL.revokeObjectURL(url);
  return globalThis.imodelsNbEngine;
}

export default { render };
