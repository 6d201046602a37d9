import assert from "node:assert/strict";
import test from "node:test";
import { DetailRequests } from "../../imodels_nb/engine/js/detail_requests.js";

const LIMITS = { max_bins: 200, min_bins: 24, max_ticks: 300, max_columns: 256, max_dots: 500 };
const column = (first, last) => ({
  single: false,
  first: [first],
  last: [last],
  count: [1],
  waiting: [0],
  zeros: [0],
  min: [1],
  max: [1],
  sum: [1],
  median: [1],
  medians: [],
});

/** A kernel that keeps its questions, and answers when it is told to. */
class Kernel {
  asked = [];
  subscribe(listener) {
    this.answer = (range) => listener(range, { header: column(...range), buffers: [] });
    return () => {
      this.answer = () => {};
    };
  }
  ask(range, onIdle) {
    this.asked.push(range);
    this.onIdle = onIdle;
  }
}

function start() {
  const kernel = new Kernel();
  const state = { repaints: 0 };
  const chart = { kind: "sizes", limits: LIMITS };
  const requests = new DetailRequests(chart, column(1, 1000), [1, 1000], kernel, () => state.repaints++);
  return { kernel, requests, state };
}

test("the kernel is asked one question at a time, and its answer is drawn", () => {
  const { kernel, requests, state } = start();
  assert.equal(requests.select([5, 9], true), null); // a picture waits for the kernel
  requests.select([6, 9], true);
  assert.deepEqual(kernel.asked, [[5, 9]]);
  kernel.answer([5, 9]);
  assert.equal(state.repaints, 1);
  requests.select([6, 9], true);
  assert.deepEqual(kernel.asked.at(-1), [6, 9]);
  kernel.answer([6, 9]);
  assert.equal(requests.select([6, 9], true).exact, true);
  requests.stop();
});

test("without a picture nothing waits", () => {
  const { requests } = start();
  assert.equal(requests.select([5, 9], false).empty, true);
  requests.stop();
});

test("a late kernel is not waited for", async () => {
  const { requests, state } = start();
  requests.select([5, 9], true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(state.repaints, 1);
  assert.notEqual(requests.select([5, 9], true), null);
  requests.stop();
});

test("an idle kernel that did not answer is asked again about a newer range", () => {
  const { kernel, requests, state } = start();
  requests.select([5, 9], true);
  requests.select([6, 9], true);
  kernel.onIdle();
  assert.equal(state.repaints, 1);
  requests.select([6, 9], true);
  assert.deepEqual(kernel.asked, [
    [5, 9],
    [6, 9],
  ]);
  requests.stop();
});

test("an answer to another view is left alone", () => {
  const { kernel, requests, state } = start();
  requests.select([5, 9], true);
  kernel.answer([7, 8]);
  assert.equal(state.repaints, 0);
  requests.stop();
});
