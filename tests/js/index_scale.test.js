import assert from "node:assert/strict";
import test from "node:test";
import { computePushPositions, IndexScale } from "../../imodels_nb/engine/js/index_scale.js";
import { buildPushGrid, buildSizeGrid } from "./helpers/grids.js";

const grid = (bins) =>
  buildPushGrid({ first: bins.map((_, cell) => cell + 1), cell: bins.map((_, cell) => cell), bin: bins });

test("file sizes stand along the index", () => {
  const scale = new IndexScale(buildSizeGrid({}), [1, 100]);
  assert.equal(scale.toPosition(51), 0.5);
  assert.equal(scale.toIndex(0.5), 51);
  assert.equal(scale.toPosition(500), 1);
});

test("pushes stand along their time", () => {
  const scale = new IndexScale(grid([0, 0, 6, 9]), [1, 4]);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((index) => scale.toPosition(index)),
    [0, 0.05, 0.6, 0.9, 1],
  );
  assert.equal(scale.toIndex(0.6), 3);
});

test("positions never run back where times do", () => {
  const positions = computePushPositions(grid([5, 4, 3, 2, 1, 0]));
  assert.deepEqual(positions, [...positions].sort());
  assert.deepEqual([positions[0], positions.at(-1)], [0, 1]);
});
