// Puts a live chart in the place of every picture that a range chart left in a page without a kernel.
const style = `
  .imodels-nb-chart .vega-embed { width: 100% }
  .imodels-nb-chart .vega-bindings { max-width: 640px; padding: 4px 8px 16px; font: 13px system-ui, sans-serif }
  .imodels-nb-chart .vega-bind label { display: flex; gap: 8px; align-items: center }
  .imodels-nb-chart .vega-bind-name { flex: none; width: 9em }
  .imodels-nb-chart .vega-bind input { flex: 1; accent-color: #1f6fb2 }
`;

for (const place of document.querySelectorAll(".imodels-nb-chart")) {
  const { usermeta, ...spec } = JSON.parse(place.querySelector("script[type='application/json']").textContent);
  const stage = place.appendChild(document.createElement("div"));
  globalThis.imodelsNbEngine(stage, spec, { actions: false, renderer: "canvas", defaultStyle: style }).then(
    () => place.querySelector(".imodels-nb-picture").remove(),
    () => stage.remove(), // the picture stays
  );
}
