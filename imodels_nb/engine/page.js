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

const wake = (root) => {
  for (const place of root.querySelectorAll(".imodels-nb-chart:not([data-awake])")) {
    place.dataset.awake = "true";
    const { range, bounds, ...chart } = JSON.parse(place.querySelector("script[type='application/json']").textContent);
    place.querySelector(".imodels-nb-picture").remove();
    mount(place.appendChild(document.createElement("div")), chart, rangeOf(range, bounds), null);
  }
};
