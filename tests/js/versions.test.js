import assert from "node:assert/strict";
import { test } from "node:test";
import { readVersions, selectVersions } from "../../imodels_nb/engine/js/versions.js";
import { LIMITS } from "./helpers/grids.js";

const versions = {
  0: { index: 1, rank: 1 },
  10: { index: 2, rank: 3 },
  50: { index: 3, rank: 2 },
  100: { index: 4, rank: 0 },
};

test("versions that are far enough apart have a rule, the most important first", () => {
  assert.deepEqual(selectVersions(versions, [1, 4], { ...LIMITS, max_versions: 4 }), [0, 50, 100]);
  assert.deepEqual(selectVersions(versions, [1, 4], { ...LIMITS, max_versions: 40 }), [0, 10, 50, 100]);
  assert.deepEqual(selectVersions(versions, [1, 2], { ...LIMITS, max_versions: 4 }), [0, 10]);
  assert.deepEqual(selectVersions({}, [1, 4], { ...LIMITS, max_versions: 4 }), []);
});

test("the versions are read from a specification", () => {
  assert.deepEqual(readVersions({ params: [{ name: "versions", value: versions }] }), versions);
  assert.deepEqual(readVersions({}), {});
});
