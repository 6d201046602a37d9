// Runs first in the measured page: records what is painted, and makes steps with keys and pointer.
(() => {
  const painted = []; // [milliseconds, words, canvas]
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    if (/^Changesets \d/.test(text)) painted.push([performance.now(), String(text), this.canvas]);
    return write.call(this, text, ...rest);
  };
  const cellOf = (number) => document.querySelectorAll(".jp-Notebook .jp-Cell")[number];
  const labelsIn = (number) => painted.filter(([, , canvas]) => cellOf(number).contains(canvas));
  const pause = () => new Promise((done) => setTimeout(done, 0));
  const until = async (found, timeout = 60_000) => {
    const start = performance.now();
    for (let value = found(); ; value = found()) {
      if (value) return value;
      if (performance.now() - start > timeout) throw new Error("nothing was painted");
      await pause();
    }
  };
  const pressKey = (element, key, shiftKey) =>
    element.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, keyCode: 39, bubbles: true }));

  // Milliseconds from a step to the first label of another range, and to the exact picture for our charts.
  const step = async (cell, act, exact) => {
    const before = labelsIn(cell).at(-1)?.[1];
    const count = painted.length;
    const start = performance.now();
    const settled = exact?.();
    act();
    const found = await until(() => painted.slice(count).find(([, text, at]) => text !== before && cellOf(cell).contains(at)));
    return [found[0] - start, ((await settled) ?? performance.now()) - start];
  };

  // Run steps one after the other, with a pause between them.
  const steps = async (count, rest, act) => {
    const times = [];
    for (let at = 0; at < count; at++) {
      times.push(await act(at));
      await new Promise((done) => setTimeout(done, rest));
    }
    return times;
  };

  // The time when the canvas shows the range of the grip exactly, after another range.
  const drawnExactly = (canvas, grip) =>
    new Promise((done, fail) => {
      const before = canvas.dataset.first;
      const watcher = new MutationObserver(() => {
        const { first, exact } = canvas.dataset;
        if (first === before || first !== grip.ariaValueNow || exact !== "true") return;
        watcher.disconnect();
        done(performance.now());
      });
      watcher.observe(canvas, { attributes: true });
      setTimeout(() => fail(new Error("nothing exact was painted")), 60_000);
    });

  globalThis.measured = {
    ready: (cell) => labelsIn(cell).length > 0,
    ours: (cell, count) => {
      const [grip, canvas] = ["[role=slider].imodels-nb-grip", ".imodels-nb-canvas"].map((name) => cellOf(cell).querySelector(name));
      const press = (at) => () => pressKey(grip, at % 2 ? "ArrowLeft" : "ArrowRight", true);
      return steps(count, 50, (at) => step(cell, press(at), () => drawnExactly(canvas, grip)));
    },
    bound: (cell, count) => {
      const input = cellOf(cell).querySelector("input[type=range]");
      const push = () => {
        input.value = Number(input.value) + Math.round(input.max / 25); // never back to an earlier value
        input.dispatchEvent(new Event("input", { bubbles: true }));
      };
      return steps(count, 200, () => step(cell, push));
    },
    slid: (cell, count) => {
      const handle = cellOf(cell).querySelector(".noUi-handle-lower");
      return steps(count, 200, (at) => step(cell, () => pressKey(handle, at % 2 ? "ArrowLeft" : "ArrowRight")));
    },
    // A drag with one move every 16 ms: the share of moves with their own repaint.
    drag: async (cell, moves) => {
      const [grip, overview] = [".imodels-nb-grip", ".imodels-nb-overview"].map((name) => cellOf(cell).querySelector(name));
      const { left, width, top } = overview.getBoundingClientRect();
      overview.setPointerCapture = () => {};
      const send = (type, x, target) =>
        target.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: top + 20, pointerId: 1, bubbles: true }));
      const x = grip.getBoundingClientRect().left;
      send("pointerdown", x, grip);
      const count = labelsIn(cell).length;
      for (let at = 1; at <= moves; at++) {
        send("pointermove", x + (0.6 * width * at) / moves, overview);
        await new Promise((done) => setTimeout(done, 16));
      }
      const repaints = labelsIn(cell).length - count;
      send("lostpointercapture", x, overview);
      return repaints / moves;
    },
  };
})();
