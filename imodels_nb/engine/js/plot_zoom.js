// Zoom by a drag in the plot. A double click undoes it.
/** @import { Plot } from "./types.d.ts" */
import { createElement } from "./dom.js";

const MIN_DRAG = 4; // pixels; less is a click

/**
 * Let the pointer select a part of a plot, and return a function that unbinds it.
 * @param {HTMLElement} canvas
 * @param {() => Plot | null} getPlot the plot on the canvas, once there is one
 * @param {(left: number, right: number) => void} onZoom gets both ends in pixels from the left of the plot
 * @param {() => void} onUndo
 */
export function bindPlotZoom(canvas, getPlot, onZoom, onUndo) {
  const marker = createElement(/** @type {HTMLElement} */ (canvas.parentElement), "div", "imodels-nb-zoom");
  /** @type {{plot: Plot, start: number, end: number, pointer: number} | null} */
  let drag = null;

  /** @param {PointerEvent} event */
  const onDown = (event) => {
    const plot = getPlot();
    const start = plot && event.clientX - canvas.getBoundingClientRect().left - plot.left;
    if (
      event.button ||
      event.pointerType === "touch" ||
      plot === null ||
      start === null ||
      !isInside(event, canvas, plot)
    ) {
      return; // a menu, or a finger that scrolls the page
    }
    drag = { plot, start, end: start, pointer: event.pointerId };
  };
  /** @param {PointerEvent} event */
  const onMove = (event) => {
    if (!drag) {
      return;
    }
    const x = event.clientX - canvas.getBoundingClientRect().left - drag.plot.left;
    drag.end = Math.min(Math.max(x, 0), drag.plot.width);
    if (Math.abs(drag.end - drag.start) < MIN_DRAG) {
      return;
    }
    canvas.setPointerCapture(drag.pointer); // not earlier: a click belongs to the mark below the pointer
    const [left, right] = [Math.min(drag.start, drag.end), Math.max(drag.start, drag.end)];
    Object.assign(marker.style, {
      display: "block",
      left: `${drag.plot.left + left}px`,
      width: `${right - left}px`,
      top: `${drag.plot.top}px`,
      height: `${drag.plot.height}px`,
    });
  };
  const onUp = () => {
    const finished = drag;
    stop();
    if (finished && Math.abs(finished.end - finished.start) >= MIN_DRAG) {
      onZoom(Math.min(finished.start, finished.end), Math.max(finished.start, finished.end));
    }
  };
  const stop = () => {
    drag = null;
    marker.style.display = "none";
  };
  /** @param {MouseEvent} event */
  const onDoubleClick = (event) => {
    const plot = getPlot();
    if (plot && isInside(event, canvas, plot)) {
      onUndo();
    }
  };
  /** @type {[keyof HTMLElementEventMap, (event: never) => void][]} */
  const listeners = [
    ["pointerdown", onDown],
    ["pointermove", onMove],
    ["pointerup", onUp],
    ["pointercancel", stop],
    ["dblclick", onDoubleClick],
  ];
  for (const [type, listener] of listeners) {
    canvas.addEventListener(type, /** @type {EventListener} */ (listener));
  }
  return () => {
    for (const [type, listener] of listeners) {
      canvas.removeEventListener(type, /** @type {EventListener} */ (listener));
    }
  };
}

/**
 * Return whether a mouse event is over the plot.
 * @param {MouseEvent} event
 * @param {HTMLElement} canvas
 * @param {Plot} plot
 */
function isInside({ clientX, clientY }, canvas, { left, top, width, height }) {
  const box = canvas.getBoundingClientRect();
  const x = clientX - box.left - left;
  const y = clientY - box.top - top;
  return x >= 0 && x <= width && y >= 0 && y <= height;
}
