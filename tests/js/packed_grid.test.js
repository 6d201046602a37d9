import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { decodeBase64, decompress } from "../../imodels_nb/engine/js/compression.js";
import { decodeGrid } from "../../imodels_nb/engine/js/packed_grid.js";

test("a header names buffers and constants where arrays belong", () => {
  const header = {
    step: 60,
    first: { type: "Uint16Array", buffer: 0 },
    zeros: { fill: 0, length: 2 },
    parts: [{ fill: 1.5, length: 1 }],
  };
  const grid = decodeGrid({ header, buffers: [new Uint8Array([1, 0, 44, 1])] });
  assert.deepEqual(grid, {
    step: 60,
    first: new Uint16Array([1, 300]),
    zeros: new Float64Array(2),
    parts: [new Float64Array([1.5])],
  });
});

test("steps add up to the numbers of an array", () => {
  const header = { first: { type: "Uint8Array", buffer: 0, start: 1e6 } };
  const grid = decodeGrid({ header, buffers: [new Uint8Array([0, 200, 100])] });
  assert.deepEqual(grid.first, new Float64Array([1e6, 1e6 + 200, 1e6 + 300]));
});

test("a part of a message need not be aligned", () => {
  const message = new Uint8Array([9, 1, 0, 0, 0]);
  const view = new DataView(message.buffer, 1, 4);
  const grid = decodeGrid({ header: { last: { type: "Uint32Array", buffer: 0 } }, buffers: [view] });
  assert.deepEqual(grid.last, new Uint32Array([1]));
});

test("a page holds base64", () => {
  const grid = decodeGrid({ header: { size: { type: "Float64Array", buffer: 0 } }, buffers: ["AAAAAAAA8D8="] });
  assert.deepEqual(grid.size, new Float64Array([1]));
});

test("gzip in base64 comes back as text", async () => {
  const packed = gzipSync("täxt").toString("base64");
  assert.equal(await decompress(decodeBase64(packed)).text(), "täxt");
});
