// The overview: everything there is, small, with the range as a window to drag, to widen and to brush anew.
const HEIGHT = 44;
const GRIP = 10; // pixels

// First of all what the page around may have laid down for every element.
const STYLE = `
  :is(.imodels-nb-canvas, .imodels-nb-strip, .imodels-nb-ends), :is(.imodels-nb-strip, .imodels-nb-ends) * {
    margin: 0; letter-spacing: normal; line-height: normal; text-transform: none; text-align: start }
  .imodels-nb-strip { position: relative; height: ${HEIGHT}px; margin: 2px 0 8px; touch-action: none; cursor: crosshair }
  .imodels-nb-strip canvas { position: absolute; inset: 0; width: 100%; height: 100% }
  .imodels-nb-shade { position: absolute; top: 0; bottom: 0; opacity: 0.72; background: var(--paper); pointer-events: none }
  .imodels-nb-window { position: absolute; top: 0; bottom: 0; box-sizing: border-box; cursor: grab;
    border: 1px solid var(--accent); border-radius: 3px }
  .imodels-nb-grip { position: absolute; top: 0; bottom: 0; width: ${GRIP}px; cursor: ew-resize; background: var(--accent);
    border-radius: 3px; box-sizing: border-box }
  .imodels-nb-grip::after { content: ""; position: absolute; inset: 14px 4px; background: var(--paper); border-radius: 1px }
  .imodels-nb-strip :focus-visible { outline: 2px solid var(--ink); outline-offset: 2px }
  .imodels-nb-ends { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; white-space: nowrap;
    font: 12px system-ui, sans-serif; color: var(--quiet) }
  .imodels-nb-ends input { width: 8.5em; font: inherit; color: var(--ink); background: var(--paper);
    border: 1px solid var(--quiet); border-radius: 3px; padding: 2px 4px }
  .imodels-nb-ends input:focus-visible, .imodels-nb-ends button:focus-visible { outline: 2px solid var(--accent) }
  .imodels-nb-ends button { font: inherit; color: var(--ink); background: none; border: 1px solid var(--quiet);
    border-radius: 3px; padding: 2px 8px; cursor: pointer }
  .imodels-nb-ends button[aria-disabled="true"] { color: var(--quiet); border-style: dashed; cursor: default }
`;

const styleOnce = () => {
  if (document.getElementById("imodels-nb-style")) return;
  const style = document.createElement("style");
  style.id = "imodels-nb-style";
  style.textContent = STYLE;
  document.head.append(style);
};

const made = (parent, tag, className, attributes = {}) => {
  const element = document.createElement(tag);
  element.className = className;
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  parent.append(element);
  return element;
};

const makeStrip = (el, { kind, base, range }) => {
  const { bounds } = range;
  const strip = made(el, "div", "imodels-nb-strip", { role: "group", "aria-label": "Overview and range" });
  const canvas = made(strip, "canvas", "", { "aria-hidden": "true" });
  const shades = [made(strip, "div", "imodels-nb-shade"), made(strip, "div", "imodels-nb-shade")];
  const pane = made(strip, "div", "imodels-nb-window", { role: "group", tabindex: 0, "aria-label": "Range, as a whole" });
  const grips = ["First changeset", "Last changeset"].map((name) =>
    made(strip, "div", "imodels-nb-grip", { role: "slider", tabindex: 0, "aria-label": name }),
  );
  const ends = makeEnds(el, range);
  const places = placesOf(kind, base, bounds);

  listenToHand(strip, { pane, grips, places, range });
  listenToKeys(pane, range, null);
  grips.forEach((grip, end) => listenToKeys(grip, range, end));

  const show = () => {
    const now = range.get();
    const [left, right] = [places.at(now[0]), places.at(now[1] + 1)].map((at) => 100 * at);
    Object.assign(pane.style, { left: `${left}%`, width: `${right - left}%` });
    Object.assign(shades[0].style, { left: 0, width: `${left}%` });
    Object.assign(shades[1].style, { left: `${right}%`, right: 0 });
    grips[0].style.left = `calc(${left}% - ${GRIP}px)`;
    grips[1].style.left = `${right}%`;
    grips.forEach((grip, end) => tellEnd(grip, end, now, bounds));
    ends.show(now);
  };

  // Left and width are those of the plot above, so that one index stands below the other.
  const draw = ({ left, width, look }) => {
    const inks = inksOf(look);
    [strip, ends.element].forEach((element) => {
      Object.entries(inks).forEach(([name, ink]) => element.style.setProperty(`--${name}`, ink));
      Object.assign(element.style, { marginLeft: `${left}px`, width: `${width}px` });
    });
    drawProfile(canvas, width, inks, profileOf(kind, base, bounds, Math.round(width)));
  };
  show();
  return { draw, show };
};

// By hand: a grip moves its end, the pane the whole window, anywhere else a new window begins.
const listenToHand = (strip, { pane, grips, places, range }) => {
  let held = null;
  const placeAt = (event) => {
    const box = strip.getBoundingClientRect();
    return (event.clientX - box.left) / box.width; // beyond 0 and 1 where the hand has left the strip
  };
  strip.addEventListener("pointerdown", (event) => {
    if (event.button) return; // no drag, but a menu
    const grip = grips.indexOf(event.target);
    const part = event.target === pane ? "window" : grip < 0 ? "brush" : grip;
    held = { moving: draggedRange(part, placeAt(event), places, range), started: event.clientX };
    strip.setPointerCapture(event.pointerId);
    event.preventDefault();
    (grips[grip] ?? pane).focus();
  });
  strip.addEventListener("pointermove", (event) => {
    if (held && Math.abs(event.clientX - held.started) > 1) range.set(held.moving(placeAt(event)));
  });
  strip.addEventListener("lostpointercapture", () => (held = null));
  strip.addEventListener("dblclick", () => range.set([...range.bounds]));
};

// In numbers, to type, and a button for all.
const makeEnds = (el, range) => {
  const { bounds } = range;
  const element = made(el, "div", "imodels-nb-ends", { role: "group", "aria-label": "Range in numbers" });
  const inputs = ["First", "Last"].map((name) => {
    const label = made(element, "label", "");
    label.append(`${name} `);
    return made(label, "input", "", {
      type: "number", min: bounds[0], max: bounds[1], step: 1, name: name.toLowerCase(),
      "aria-label": `${name} changeset`, [KEEP_KEYS]: "true",
    });
  });
  const all = made(element, "button", "", { type: "button" });
  all.textContent = "Show all";

  const show = (now) => {
    inputs.forEach((input, end) => {
      if (input.value !== String(now[end])) input.value = now[end];
    });
    all.ariaDisabled = now[0] === bounds[0] && now[1] === bounds[1]; // a disabled one would lose the focus
  };
  inputs.forEach((input, end) => {
    const enter = () => {
      const wanted = [...range.get()];
      if (Number.isFinite(input.valueAsNumber)) wanted[end] = input.valueAsNumber;
      range.set(clampedRange(wanted, bounds));
      show(range.get());
    };
    input.addEventListener("change", enter);
    input.addEventListener("keydown", ({ key }) => key === "Enter" && enter()); // in JupyterLab no change follows
  });
  all.addEventListener("click", () => range.set([...bounds]));
  return { element, show };
};

const tellEnd = (grip, end, now, bounds) => {
  const [low, high] = end ? [now[0], bounds[1]] : [bounds[0], now[1]];
  const told = { valuemin: low, valuemax: high, valuenow: now[end], valuetext: `changeset ${now[end].toLocaleString("en")}` };
  Object.entries(told).forEach(([name, value]) => grip.setAttribute(`aria-${name}`, value));
};

const inksOf = ({ background, style, axis }) => ({
  paper: background, ink: style.strong.color, quiet: style.caption.color, accent: style.line.color, rule: axis.domainColor,
});

const drawProfile = (canvas, width, inks, { heights, peaks }) => {
  const ratio = globalThis.devicePixelRatio || 1;
  Object.assign(canvas, { width: width * ratio, height: HEIGHT * ratio });
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.fillStyle = inks.paper;
  pen.fillRect(0, 0, width, HEIGHT);
  pen.fillStyle = inks.accent;
  pen.globalAlpha = 0.45;
  heights.forEach((height, x) => pen.fillRect(x, HEIGHT - height * (HEIGHT - 6), 1, height * (HEIGHT - 6)));
  pen.globalAlpha = 1;
  peaks.forEach(([x, height]) => {
    pen.beginPath();
    pen.arc(x + 0.5, HEIGHT - height * (HEIGHT - 6), 2, 0, 7);
    pen.fill();
  });
  pen.fillStyle = inks.rule;
  pen.fillRect(0, HEIGHT - 1, width, 1);
};
