// Brings a chart and its kernel together: the engine draws, the slider's model holds the range, the kernel answers.
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

const rangeOf = (slider) => ({
  bounds: [slider.get("min"), slider.get("max")],
  get: () => slider.get("value"),
  set(range) {
    slider.set("value", range);
    slider.save_changes();
  },
  listen: (changed) => heard(slider, "change:value", changed),
});

const kernelOf = (model) => ({
  ask: (range) => model.send({ ask: range }),
  listen: (answered) =>
    heard(model, "msg:custom", ({ range, header }, buffers) => range && answered(range, { header, buffers })),
  about: (index) =>
    new Promise((told) => {
      const stop = heard(model, "msg:custom", ({ about, more }) => {
        if (about !== index) return;
        stop();
        told(more);
      });
      model.send({ about: index });
    }),
});

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
  const range = rangeOf(slider);
  const chart = Object.fromEntries(["title", "kind", "spec", "themes", "grid"].map((name) => [name, model.get(name)]));
  adoptHandles(el, engine, range);
  return engine.mount(el, chart, range, kernelOf(model));
}

export default { render };
