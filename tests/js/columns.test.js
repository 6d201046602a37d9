import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { decodeColumns, lowerBound, maximum } from "../../imodels_nb/engine/js/columns.js";
import { decodeBase64, decompress } from "../../imodels_nb/engine/js/compression.js";

test("a header names buffers and constants where arrays belong", () => {
  const header = {
    step: 60,
    first: { type: "Uint16Array", buffer: 0 },
    zeros: { fill: 0, length: 2 },
    parts: [{ fill: 1.5, length: 1 }],
  };
  const grid = decodeColumns({ header, buffers: [new Uint8Array([1, 0, 44, 1])] });
  assert.deepEqual(grid, {
    step: 60,
    first: new Uint16Array([1, 300]),
    zeros: new Float64Array(2),
    parts: [new Float64Array([1.5])],
  });
});

test("a part of a message need not be aligned", () => {
  const message = new Uint8Array([9, 1, 0, 0, 0]);
  const view = new DataView(message.buffer, 1, 4);
  const grid = decodeColumns({ header: { last: { type: "Uint32Array", buffer: 0 } }, buffers: [view] });
  assert.deepEqual(grid.last, new Uint32Array([1]));
});

test("a page holds base64", () => {
  const grid = decodeColumns({ header: { size: { type: "Float64Array", buffer: 0 } }, buffers: ["AAAAAAAA8D8="] });
  assert.deepEqual(grid.size, new Float64Array([1]));
});

test("gzip in base64 comes back as text", async () => {
  const packed = gzipSync("täxt").toString("base64");
  assert.equal(await decompress(decodeBase64(packed)).text(), "täxt");
});

test("the lower bound is the first position that is not below", () => {
  const positions = [0, 10, 11, 20, 30, 31].map((value) => lowerBound([10, 20, 20, 30], value));
  assert.deepEqual(positions, [0, 0, 1, 1, 3, 4]);
  assert.equal(lowerBound([], 5), 0);
});

test("the maximum is never below the given value", () => {
  assert.equal(maximum(new Uint8Array([3, 9, 4]), 1), 9);
  assert.equal(maximum([], 1), 1);
});
