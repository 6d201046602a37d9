// Models of other widgets, which charts and tables share.
/** @import { Json, WidgetModel } from "../engine/js/types.d.ts" */

/** The trait of the slider that holds the selected changeset. */
export const SELECTION = "selected_changeset";

/**
 * Return the widget model that a trait names.
 * @param {WidgetModel} model
 * @param {string} name
 */
export function findModel(model, name) {
  return model.widget_manager.get_model(model.get(name).replace("IPY_MODEL_", ""));
}

/**
 * Add a listener to a widget model, and return a function that removes it.
 * @param {WidgetModel} model
 * @param {string} event
 * @param {(...values: Json[]) => void} listener
 */
export function listen(model, event, listener) {
  model.on(event, listener);
  return () => model.off(event, listener);
}
