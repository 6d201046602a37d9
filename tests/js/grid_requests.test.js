import assert from "node:assert/strict";
import test from "node:test";
import { GridRequests } from "../../imodels_nb/engine/js/grid_requests.js";
import { buildSizeGrid, LIMITS } from "./helpers/grids.js";

const gridOf = (first, last) =>
  buildSizeGrid({
    first: [first],
    last: [last],
    count: [1],
    waiting: [0],
    zeros: [0],
    min: [1],
    max: [1],
    sum: [1],
    median: [1],
    time_minutes: [7],
  });

/** A kernel that stores its requests, and responds when the test says so. */
class Kernel {
  requested = [];
  /** @type {(range: [number, number]) => void} */
  respond = () => {};
  onIdle = () => {};
  isLive = true;
  subscribeGrids(listener) {
    this.respond = (range) => listener(range, { header: gridOf(...range), buffers: [] });
    return () => {
      this.respond = () => {};
    };
  }
  requestGrid(range, onIdle) {
    this.requested.push(range);
    this.onIdle = onIdle;
  }
}

function start() {
  const kernel = new Kernel();
  const state = { repaints: 0 };
  const chart = /** @type {any} */ ({ limits: LIMITS });
  const requests = new GridRequests(
    chart,
    gridOf(1, 1000),
    [1, 1000],
    /** @type {any} */ (kernel),
    () => state.repaints++,
  );
  return { kernel, requests, state };
}

test("the kernel gets one request at a time, and its response is drawn", () => {
  const { kernel, requests, state } = start();
  assert.equal(requests.selectSlice([5, 9], true), null); // a picture waits for the kernel
  requests.selectSlice([6, 9], true);
  assert.deepEqual(kernel.requested, [[5, 9]]);
  kernel.respond([5, 9]);
  assert.equal(state.repaints, 1);
  requests.selectSlice([6, 9], true);
  assert.deepEqual(kernel.requested.at(-1), [6, 9]);
  kernel.respond([6, 9]);
  assert.equal(requests.selectSlice([6, 9], true)?.isExact, true);
  requests.stop();
});

test("without a picture nothing waits", () => {
  const { requests } = start();
  assert.equal(requests.selectSlice([5, 9], false)?.isEmpty, true);
  requests.stop();
});

test("a kernel that is not connected gets no request, and nothing waits for it", () => {
  const { kernel, requests } = start();
  kernel.isLive = false;
  assert.notEqual(requests.selectSlice([5, 9], true), null);
  assert.deepEqual(kernel.requested, []);
  kernel.isLive = true;
  assert.equal(requests.selectSlice([5, 9], true), null);
  assert.deepEqual(kernel.requested, [[5, 9]]);
  requests.stop();
});

test("a late kernel is not waited for", async () => {
  const { requests, state } = start();
  requests.selectSlice([5, 9], true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(state.repaints, 1);
  assert.notEqual(requests.selectSlice([5, 9], true), null);
  requests.stop();
});

test("an idle kernel that did not respond gets a request for the latest range", () => {
  const { kernel, requests, state } = start();
  requests.selectSlice([5, 9], true);
  requests.selectSlice([6, 9], true);
  kernel.onIdle();
  assert.equal(state.repaints, 1);
  requests.selectSlice([6, 9], true);
  assert.deepEqual(kernel.requested, [
    [5, 9],
    [6, 9],
  ]);
  requests.stop();
});

test("a response to another view is ignored", () => {
  const { kernel, requests, state } = start();
  requests.selectSlice([5, 9], true);
  kernel.respond([7, 8]);
  assert.equal(state.repaints, 0);
  requests.stop();
});
