// How a range moves by keyboard and by hand: its ends stay in order and within the bounds.
const COARSE = 10; // page keys and shift move by a tenth of what is in range

const clampedRange = ([first, last], [low, high]) => {
  const held = (value) => Math.min(Math.max(Math.round(value), low), high);
  return [held(Math.min(first, last)), held(Math.max(first, last))];
};

// The whole window, kept as wide as it is.
const shiftedRange = ([first, last], [low, high], by) => {
  const step = Math.min(Math.max(Math.round(by), low - first), high - last);
  return [first + step, last + step];
};

// From a place along the strip (0 to 1, or beyond) to the range that a hand has dragged there from another place: a grip
// (0 or 1) moves its end by as much as the hand moves, the window all of the range; elsewhere a new range begins.
const draggedRange = (part, from, places, range) => {
  const [now, { bounds }] = [range.get(), range];
  const indexAt = (place) => places.of(Math.min(Math.max(place, 0), 1));
  if (part === "window") return (to) => shiftedRange(now, bounds, indexAt(to) - indexAt(from));
  if (part === "brush") return (to) => clampedRange([from, to].map((place) => Math.floor(indexAt(place))), bounds);
  const edge = places.at(now[part] + part); // that of the last changeset is where the next begins
  return (to) => clampedRange([now[1 - part], Math.round(indexAt(edge + to - from)) - part], bounds);
};

// The range after a key, or null for a key that moves nothing. The end is 0, 1, or null for the whole window.
const steppedRange = (event, range, bounds, end) => {
  const coarse = Math.max(1, Math.round((range[1] - range[0]) / COARSE));
  const fine = event.shiftKey ? coarse : 1;
  const by = {
    ArrowLeft: -fine,
    ArrowDown: -fine,
    ArrowRight: fine,
    ArrowUp: fine,
    PageDown: -coarse,
    PageUp: coarse,
    Home: -Infinity,
    End: Infinity,
  }[event.key];
  if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return null;
  if (end === null) return shiftedRange(range, bounds, by);
  const moved = [...range];
  const [low, high] = end ? [range[0], bounds[1]] : [bounds[0], range[1]];
  moved[end] = Math.min(Math.max(range[end] + by, low), high);
  return moved;
};

// JupyterLab would take the arrow keys of an element that does not say so itself.
const KEEP_KEYS = "data-lm-suppress-shortcuts";

const listenToKeys = (element, range, end) => {
  element.setAttribute(KEEP_KEYS, "true");
  element.addEventListener(
    "keydown",
    (event) => {
      const moved = steppedRange(event, range.get(), range.bounds, end);
      if (!moved) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      range.set(moved);
    },
    { capture: true },
  );
};
