// Puts a live chart in the place of every picture that a range chart left in a page without a kernel.
for (const place of document.querySelectorAll(".imodels-nb-chart")) {
  const spec = JSON.parse(place.querySelector("script[type='application/json']").textContent);
  const stage = document.createElement("div");
  stage.style.width = "100%";
  globalThis.imodelsNbEngine(place.appendChild(stage), spec).then(
    () => place.querySelector(".imodels-nb-picture").remove(),
    () => stage.remove(), // the picture stays
  );
}
