// Puts a live chart in the place of every picture that a range chart left in a page without a kernel.
const rangeOf = ([first, last], bounds) => {
  let now = [first, last];
  const listeners = new Set();
  return {
    bounds,
    get: () => now,
    set(wanted) {
      if (wanted[0] === now[0] && wanted[1] === now[1]) return;
      now = wanted;
      listeners.forEach((changed) => changed());
    },
    listen(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
};

const opened = async (text) => {
  const zipped = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const plain = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain).json();
};

// A converted notebook that keeps the state of its widgets names them only, and holds all they know in one script.
const storedCharts = (root) => {
  const read = (script) => JSON.parse(script.textContent);
  const kept = root.querySelector("script[type='application/vnd.jupyter.widget-state+json']");
  const { state = {} } = kept ? read(kept) : {};
  const modelOf = (name) => state[name.replace("IPY_MODEL_", "")] ?? { state: {} };
  return [...root.querySelectorAll("script[type='application/vnd.jupyter.widget-view+json']")].flatMap((script) => {
    const children = (state[read(script).model_id]?.state.children ?? []).map(modelOf);
    const canvas = children.find((model) => model.state.spec && model.state.grid);
    return canvas ? [{ script, canvas, slider: modelOf(canvas.state.slider).state }] : [];
  });
};

const mountStored = ({ script, canvas, slider }) => {
  const { state, buffers = [] } = canvas;
  buffers.forEach(({ path, data }) => (path.slice(0, -1).reduce((part, name) => part[name], state)[path.at(-1)] = data));
  const place = document.createElement("div");
  script.replaceWith(place);
  mount(place, state, rangeOf(slider.value, [slider.min, slider.max]), null);
};

const wake = (root) => {
  storedCharts(root).forEach(mountStored);
  root.querySelectorAll(".imodels-nb-chart:not([data-awake])").forEach(async (place) => {
    place.dataset.awake = "true";
    const { range, bounds, ...chart } = await opened(place.querySelector("script").textContent);
    place.querySelector(".imodels-nb-picture").remove();
    mount(place.appendChild(document.createElement("div")), chart, rangeOf(range, bounds), null);
  });
};
