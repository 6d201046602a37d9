// Puts a live chart in the place of every picture that a range chart left in a page without a kernel.
for (const place of document.querySelectorAll(".imodels-nb-chart")) {
  const spec = JSON.parse(place.querySelector("script[type='application/json']").textContent);
  const stage = document.createElement("div");
  stage.style.width = "100%";
  globalThis.imodelsNbEngine(place.appendChild(stage), spec, { actions: false, renderer: "canvas" }).then(
    () => place.querySelector(".imodels-nb-picture").remove(),
    () => stage.remove(), // the picture stays
  );
}
document.head.insertAdjacentHTML(
  "beforeend",
  `<style>
    .imodels-nb-chart .vega-bind label { display: flex; gap: 8px; align-items: center; font: 13px system-ui, sans-serif }
    .imodels-nb-chart .vega-bind-name { flex: none; width: 9em }
    .imodels-nb-chart .vega-bind input { flex: 1; max-width: 480px }
  </style>`,
);
