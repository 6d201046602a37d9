/** @import { VegaView } from "../../imodels_nb/engine/js/types.d.ts" */
import assert from "node:assert/strict";
import test from "node:test";
import { purgeDerivedTuples } from "../../imodels_nb/engine/js/painter.js";

/** A Vega view that has only its internals. */
const buildView = (internals) => /** @type {VegaView} */ (internals);

test("entries of replaced rows are deleted from Vega's relays", () => {
  const relay = { _argval: { derive: true }, value: { 1: null, 2: { row: 2 } } };
  const other = { value: { 1: null } };
  purgeDerivedTuples(buildView({ _runtime: { nodes: { 0: other, 1: relay } } }));
  assert.deepEqual([relay.value, other.value], [{ 2: { row: 2 } }, { 1: null }]);
});

test("a Vega without these internals is no error", () => {
  purgeDerivedTuples(buildView({}));
  purgeDerivedTuples(buildView({ _runtime: { nodes: {} } }));
});
