// Models of other widgets, which charts and tables share.
/** @import { WidgetModel } from "../engine/js/types.d.ts" */

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
