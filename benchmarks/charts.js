// Runs in the page under measurement, before anything else: hears what is painted, and takes steps as a person would.
(() => {
  const said = []; // [milliseconds, words, canvas]
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    if (/^Changesets \d/.test(text)) said.push([performance.now(), String(text), this.canvas]);
    return write.call(this, text, ...rest);
  };
  const cellOf = (number) => document.querySelectorAll(".jp-Notebook .jp-Cell")[number];
  const wordsIn = (number) => said.filter(([, , canvas]) => cellOf(number).contains(canvas));
  const pause = () => new Promise((done) => setTimeout(done, 0));
  const until = async (found, patience = 60_000) => {
    const began = performance.now();
    for (let value = found(); ; value = found()) {
      if (value) return value;
      if (performance.now() - began > patience) throw new Error("nothing was painted");
      await pause();
    }
  };
  const pressKey = (element, key, shiftKey) =>
    element.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, keyCode: 39, bubbles: true }));

  // The milliseconds from a step to the first words of another range, and for ours to the exact picture.
  const step = async (cell, act, exact) => {
    const before = wordsIn(cell).at(-1)?.[1];
    const count = said.length;
    const began = performance.now();
    const settled = exact?.();
    act();
    const painted = await until(() => said.slice(count).find(([, text, at]) => text !== before && cellOf(cell).contains(at)));
    return [painted[0] - began, ((await settled) ?? performance.now()) - began];
  };

  // Steps one after the other, each after a rest.
  const steps = async (count, rest, act) => {
    const times = [];
    for (let at = 0; at < count; at++) {
      times.push(await act(at));
      await new Promise((done) => setTimeout(done, rest));
    }
    return times;
  };

  // When the canvas says that it has drawn exactly what the grip names, after some other range.
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
    ready: (cell) => wordsIn(cell).length > 0,
    ours: (cell, count) => {
      const [grip, canvas] = ["[role=slider].imodels-nb-grip", ".imodels-nb-canvas"].map((name) => cellOf(cell).querySelector(name));
      const press = (at) => () => pressKey(grip, at % 2 ? "ArrowLeft" : "ArrowRight", true);
      return steps(count, 50, (at) => step(cell, press(at), () => drawnExactly(canvas, grip)));
    },
    bound: (cell, count) => {
      const input = cellOf(cell).querySelector("input[type=range]");
      const push = () => {
        input.value = Number(input.value) + Math.round(input.max / 25); // never back: it remembers what it has told
        input.dispatchEvent(new Event("input", { bubbles: true }));
      };
      return steps(count, 200, () => step(cell, push));
    },
    slid: (cell, count) => {
      const handle = cellOf(cell).querySelector(".noUi-handle-lower");
      return steps(count, 200, (at) => step(cell, () => pressKey(handle, at % 2 ? "ArrowLeft" : "ArrowRight")));
    },
    // A drag of so many moves, one every 16 ms: how many were followed by a repaint of their own.
    drag: async (cell, moves) => {
      const [grip, strip] = [".imodels-nb-grip", ".imodels-nb-strip"].map((name) => cellOf(cell).querySelector(name));
      const { left, width, top } = strip.getBoundingClientRect();
      strip.setPointerCapture = () => {};
      const send = (type, x, target) =>
        target.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: top + 20, pointerId: 1, bubbles: true }));
      const x = grip.getBoundingClientRect().left;
      send("pointerdown", x, grip);
      const count = wordsIn(cell).length;
      for (let at = 1; at <= moves; at++) {
        send("pointermove", x + (0.6 * width * at) / moves, strip);
        await new Promise((done) => setTimeout(done, 16));
      }
      const repaints = wordsIn(cell).length - count;
      send("lostpointercapture", x, strip);
      return repaints / moves;
    },
  };
})();
