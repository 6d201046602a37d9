import assert from "node:assert/strict";
import test from "node:test";
import {
  findIncreasingSubsequence,
  findLowerBound,
  findMaximum,
  interpolate,
} from "../../imodels_nb/engine/js/arrays.js";

test("the lower bound is the first position that is not below", () => {
  const positions = [0, 10, 11, 20, 30, 31].map((value) => findLowerBound([10, 20, 20, 30], value));
  assert.deepEqual(positions, [0, 0, 1, 1, 3, 4]);
  assert.equal(findLowerBound([], 5), 0);
});

test("the maximum is never below the given value", () => {
  assert.equal(findMaximum(new Uint8Array([3, 9, 4]), 1), 9);
  assert.equal(findMaximum([], 1), 1);
});

test("interpolation stops at the ends", () => {
  assert.deepEqual(
    [-1, 5, 99].map((x) => interpolate([0, 10], [100, 200], x)),
    [100, 150, 200],
  );
});

test("the longest ascent leaves out what runs back", () => {
  assert.deepEqual(findIncreasingSubsequence([3, 1, 2, 9, 4, 5]), [1, 2, 4, 5]);
  assert.deepEqual(findIncreasingSubsequence([]), []);
});
