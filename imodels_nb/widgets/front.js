// Draws one range chart: Vega embeds the specification once, then only the rows and the range are replaced in place.

const engines = (globalThis.imodelsNbEngines ??= new Map());

// The engine arrives once a page, with a model that all charts name, whatever their number.
const loadEngine = async (model) => {
  const holder = await model.widget_manager.get_model(model.get("engine").replace("IPY_MODEL_", ""));
  const digest = holder.get("digest");
  if (!engines.has(digest)) engines.set(digest, importEngine(holder.get("source")));
  return engines.get(digest);
};

const importEngine = async (source) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  await import(url);
  URL.revokeObjectURL(url);
  return globalThis.imodelsNbEngine;
};

// Columns to rows; a column that holds one value throughout crosses as that value.
const rowsOf = ({ count, columns }) =>
  Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, Array.isArray(values) ? values[row] : values]),
    ),
  );

const darkScheme = matchMedia("(prefers-color-scheme: dark)");

const themeOfPage = () => {
  const light = document.body.dataset.jpThemeLight;
  return (light === undefined ? darkScheme.matches : light === "false") ? "dark" : "light";
};

// Specification, picture and width as one, so that the very first frame is the current one.
const filled = (spec, picture, width) => ({
  ...spec,
  width,
  datasets: { ...spec.datasets, cells: rowsOf(picture.rows) },
  params: spec.params?.map((param) => (param.name in picture ? { ...param, value: picture[param.name] } : param)),
});

const tell = (canvas, picture) => {
  canvas.setAttribute("aria-label", picture.label);
  canvas.dataset.first = picture.first;
  canvas.dataset.last = picture.last;
  canvas.dataset.count = picture.uploaded;
};

// The slider is ipywidgets'; its handles have no name of their own, and JupyterLab would take their arrow keys.
const nameHandles = (el) => {
  const handles = el.closest(".imodels-nb-range")?.querySelectorAll(".noUi-handle") ?? [];
  ["First changeset", "Last changeset"].forEach((name, end) => {
    handles[end]?.setAttribute("aria-label", name);
    handles[end]?.setAttribute("data-lm-suppress-shortcuts", "true");
  });
};

async function render({ model, el }) {
  const canvas = document.createElement("div");
  canvas.setAttribute("role", "img");
  canvas.className = "imodels-nb-canvas";
  canvas.style.width = "100%";
  el.appendChild(canvas);
  const embed = await loadEngine(model);
  let shown = null; // what vega-embed returned, and the theme and the width it has
  let width = 0; // of the place when it was last seen: it has none in a tab at the back, nor while the theme changes
  let stale = false;
  let painting = false;
  let gone = false;

  const dress = async (picture, theme) => {
    shown?.finalize();
    const options = { mode: "vega-lite", actions: false, renderer: "canvas", config: model.get("themes")[theme] };
    const wanted = width;
    shown = { ...(await embed(canvas, filled(model.get("spec"), picture, wanted), options)), theme, width: wanted };
    shown.view.cleanThreshold = 100; // or Vega would remember ten thousand replaced rows in each transform
  };

  const step = async (picture) => {
    const { view } = shown;
    if (shown.width !== width) view.width((shown.width = width));
    if (model.get("spec").params) { // or there are no changesets at all, and the panel says so
      view.signal("first", picture.first).signal("last", picture.last).data("cells", rowsOf(picture.rows));
    }
    await view.runAsync();
  };

  // One repaint at a time, always of the latest picture: what came while painting is skipped. A chart that was never
  // in sight waits for its width.
  const paint = async () => {
    stale = true;
    if (painting || !width) return;
    painting = true;
    while (stale && !gone) {
      stale = false;
      const [picture, theme] = [model.get("picture"), themeOfPage()];
      await (shown?.theme === theme ? step(picture) : dress(picture, theme));
      tell(canvas, picture);
      nameHandles(el);
    }
    painting = false;
    if (gone) shown?.finalize();
  };

  // Only this measures: while a page is hidden, whoever else did would find no width, and nobody would tell it later.
  const resizer = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width || contentRect.width === width) return;
    width = contentRect.width;
    paint();
  });
  const dresser = new MutationObserver(paint);
  model.on("change:picture", paint);
  darkScheme.addEventListener("change", paint);
  dresser.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  resizer.observe(canvas);

  return () => {
    gone = true;
    model.off("change:picture", paint);
    darkScheme.removeEventListener("change", paint);
    dresser.disconnect();
    resizer.disconnect();
    if (!painting) shown?.finalize();
    canvas.remove(); // the host holds on to its element as long as the model lives
  };
}

export default { render };
