import assert from "node:assert/strict";
import test from "node:test";
import { computeOverview } from "../../imodels_nb/engine/js/overview.js";
import { buildPushGrid, buildSizeGrid } from "./helpers/grids.js";

test("the largest sizes are peaks, and heights are between 0 and 1", () => {
  const grid = buildSizeGrid({ first: [1, 6], last: [5, 10], max: [1000, 0] });
  const { heights, peaks } = computeOverview(grid, [1, 10], 10);
  assert.deepEqual([...heights], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual(peaks, [[2, 1]]);
});

test("pushes of a bin share its width, and no bar is too narrow to see", () => {
  const grid = buildPushGrid({ bin: [0, 9], counts: [4, 1], codes: [0] });
  const { heights } = computeOverview(grid, [1, 5], 20);
  assert.deepEqual([...heights.slice(0, 4)], [1, 1, 1, 0]);
  assert.deepEqual([...heights.slice(17)], [0.5, 0.5, 0.5]);
});
