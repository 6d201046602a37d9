import assert from "node:assert/strict";
import test from "node:test";
import { PaintLoop } from "../../imodels_nb/engine/js/paint_loop.js";

/** A loop whose pictures end when the test says so. */
function build() {
  const state = { painted: 0, released: 0 };
  let finish = () => {};
  const loop = new PaintLoop(
    () => {
      state.painted++;
      return new Promise((resolve) => {
        finish = () => resolve(undefined);
      });
    },
    () => state.released++,
  );
  const finishPicture = async () => {
    finish();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { loop, state, finishPicture };
}

test("all requests during a picture together give one more picture", async () => {
  const { loop, state, finishPicture } = build();
  loop.request();
  loop.request();
  loop.request();
  assert.equal(state.painted, 1);
  await finishPicture();
  assert.equal(state.painted, 2);
  await finishPicture();
  assert.equal(state.painted, 2);
});

test("a loop that is stopped during a picture releases after it", async () => {
  const { loop, state, finishPicture } = build();
  loop.request();
  loop.request();
  loop.stop();
  assert.equal(state.released, 0);
  await finishPicture();
  assert.deepEqual(state, { painted: 1, released: 1 });
});

test("a loop that is stopped between two pictures releases at once", async () => {
  const { loop, state, finishPicture } = build();
  loop.request();
  await finishPicture();
  loop.stop();
  assert.deepEqual(state, { painted: 1, released: 1 });
});
