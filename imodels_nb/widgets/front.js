// Brings a chart and its kernel together: the engine draws, the slider's model holds the range, the kernel answers.
const MOMENT = 40; // ms
const engines = (globalThis.imodelsNbEngines ??= new Map());

const modelOf = (model, name) => model.widget_manager.get_model(model.get(name).replace("IPY_MODEL_", ""));

// The engine arrives once a page, with a model that all charts name, whatever their number.
const loadEngine = async (model) => {
  const holder = await modelOf(model, "engine");
  const digest = holder.get("digest");
  if (!engines.has(digest)) engines.set(digest, importEngine(holder.get("source")));
  return engines.get(digest);
};

const importEngine = async (source) => {
  const plain = new Blob([source]).stream().pipeThrough(new DecompressionStream("gzip"));
  const url = URL.createObjectURL(new Blob([await new Response(plain).text()], { type: "text/javascript" }));
  await import(url);
  URL.revokeObjectURL(url);
  return globalThis.imodelsNbEngine;
};

const heard = (model, event, listener) => {
  model.on(event, listener);
  return () => model.off(event, listener);
};

// What moves the range here is drawn, and the kernel asked, before the slider's model hears of it. That keeps the
// slider's own drawing out of the way; and what it then tells the kernel takes along the receipt for the kernel's word
// that it has begun. Without, a server that joins small packets (Nagle's algorithm, on where Jupyter's is) holds the
// answer until the browser's system gives that receipt by itself, after 40 ms.
const rangeOf = (slider, kernel) => {
  let now = slider.get("value");
  let follow = () => {};
  const move = (range) => {
    if (range[0] === now[0] && range[1] === now[1]) return;
    now = range;
    follow();
  };
  return {
    bounds: [slider.get("min"), slider.get("max")],
    get: () => now,
    async set(range) {
      move(range);
      await kernel.begun();
      slider.set("value", now);
      slider.save_changes();
    },
    listen(changed) {
      follow = changed;
      return heard(slider, "change:value", () => move(slider.get("value")));
    },
  };
};

// Once the kernel is gone the slider knows it, and nobody is asked: the chart draws on from its grid.
const kernelOf = (model, slider) => {
  let begun = null; // that the kernel works on the question: a promise, kept within a moment where nobody tells
  return {
    begun: () => begun,
    ask(range, done) {
      if (!slider.comm_live) return;
      begun = new Promise((told) => {
        const status = ({ content }) => (content.execution_state === "idle" ? done() : told());
        model.send({ ask: range }, { iopub: { status } });
        setTimeout(told, MOMENT);
      });
    },
    listen: (answered) =>
      heard(model, "msg:custom", ({ range, header }, buffers) => range && answered(range, { header, buffers })),
    about: (index) =>
      new Promise((told) => {
        const stop = heard(model, "msg:custom", ({ about, more }) => {
          if (about !== index) return;
          stop();
          told(more);
        });
        if (slider.comm_live) model.send({ about: index });
      }),
  };
};

// The slider is ipywidgets'; its handles have no name of their own, and JupyterLab would take their arrow keys.
const adoptHandles = (el, engine, range, tries = 100) => {
  const handles = el.closest(".imodels-nb-range")?.querySelectorAll(".noUi-handle") ?? [];
  if (!handles.length && tries) requestAnimationFrame(() => adoptHandles(el, engine, range, tries - 1));
  handles.forEach((handle, end) => {
    if (handle.hasAttribute("aria-label")) return;
    handle.setAttribute("aria-label", ["First changeset", "Last changeset"][end]);
    engine.listenToKeys(handle, range, end);
  });
};

async function render({ model, el }) {
  const [engine, slider] = [await loadEngine(model), await modelOf(model, "slider")];
  const kernel = kernelOf(model, slider);
  const range = rangeOf(slider, kernel);
  const chart = Object.fromEntries(["title", "kind", "spec", "themes", "grid"].map((name) => [name, model.get(name)]));
  adoptHandles(el, engine, range);
  return engine.mount(el, chart, range, kernel);
}

export default { render };
