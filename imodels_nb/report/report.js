// Wakes each chart when it comes near, and moves both to the range of a finding.
const places = [...document.querySelectorAll(".imodels-nb-chart")];

const plain = async (text) => {
  const zipped = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};

let loading = null;
const loadEngine = () =>
  (loading ??= plain(document.getElementById("engine").textContent).then((source) => {
    document.head.append(Object.assign(document.createElement("script"), { textContent: source }));
  }));

// What is printed is the picture: paper has no sliders, and its ink is dark.
const keepPicture = (place) => {
  const copy = place.querySelector(".imodels-nb-picture").cloneNode(true);
  copy.className = "printed";
  place.after(copy);
};

const wake = async (place) => {
  if (place.dataset.woken) return;
  place.dataset.woken = "true";
  keepPicture(place);
  await loadEngine();
  imodelsNbEngine.activate(place.parentElement);
};

const whenNear = new IntersectionObserver(
  (seen) => seen.filter((entry) => entry.isIntersecting).forEach((entry) => wake(entry.target)),
  { rootMargin: "300px" },
);
places.forEach((place) => whenNear.observe(place));

const inputOf = async (place, name) => {
  for (;;) {
    const input = place.querySelector(`input[name='${name}']`);
    if (input) return input;
    await new Promise((seen) => requestAnimationFrame(seen));
  }
};

const setRange = async (place, first, last) => {
  await wake(place);
  const inputs = [await inputOf(place, "first"), await inputOf(place, "last")];
  const [low, high] = [Number(inputs[0].min), Number(inputs[0].max)];
  const put = (end, value) => {
    inputs[end].value = Math.min(Math.max(value, low), high);
    inputs[end].dispatchEvent(new Event("change"));
  };
  put(0, low); // the ends may not cross on the way
  put(1, last);
  put(0, first);
};

document.querySelectorAll("button[data-first]").forEach((button) => {
  button.hidden = !places.length;
  button.addEventListener("click", async () => {
    const { first, last } = button.dataset;
    await Promise.all(places.map((place) => setRange(place, Number(first), Number(last))));
    document.getElementById("charts").scrollIntoView({ behavior: "smooth" });
  });
});
