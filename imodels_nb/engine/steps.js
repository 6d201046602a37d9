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
