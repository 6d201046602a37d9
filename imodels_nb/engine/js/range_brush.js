// Overview of all changesets, with the range as a window on it that keys and pointer move.
/** @import { ChartPayload, Colors, Grid, IndexRange, Json, KernelLink, RangeSentences } from "./types.d.ts" */
/** @import { RangeStore } from "./range_store.js" */
/** @import { Grip } from "./range_input.js" */

import { formatDay } from "./dates.js";
import { createElement, injectStyles } from "./dom.js";
import { computeOverview, drawOverview, OVERVIEW_HEIGHT } from "./overview.js";
import { RangeAxis } from "./range_axis.js";
import styles from "./range_brush.css";
import { RangeControls } from "./range_controls.js";
import { bindRangeKeys, getEndBounds, isSameRange, startRangeDrag } from "./range_input.js";
import { fillText } from "./texts.js";

/** Shows and moves the range of a chart: an overview with two grips and ticks, and below it the controls. */
export class RangeBrush {
  #texts;
  #grid;
  #store;
  #axis;
  #element;
  #overview;
  #canvas;
  #shades;
  #window;
  #grips;
  #ticks;
  #controls;
  #isRounded = false; // whether the drawn range is shown in place of the requested one
  #drawnFor = ""; // the place of the plot and the colors that the overview is drawn for

  /**
   * @param {HTMLElement} parent
   * @param {ChartPayload} chart
   * @param {Grid} grid
   * @param {RangeAxis} axis
   * @param {RangeStore} store
   * @param {KernelLink | null} kernel
   */
  constructor(parent, chart, grid, axis, store, kernel) {
    injectStyles("imodels-nb-style", styles);
    const texts = chart.sentences.controls;
    this.#texts = texts;
    this.#grid = grid;
    this.#store = store;
    this.#axis = axis;
    const element = createElement(parent, "div", "imodels-nb-range");
    this.#element = element;
    createElement(element, "div", "imodels-nb-range-title", {}, formatTitle(texts, axis));
    const overview = createElement(element, "div", "imodels-nb-overview", {
      role: "group",
      "aria-label": texts.overview,
    });
    overview.style.height = `${OVERVIEW_HEIGHT}px`;
    this.#overview = overview;
    this.#canvas = createElement(overview, "canvas", "", { "aria-hidden": "true" });
    this.#shades = [
      createElement(overview, "div", "imodels-nb-shade"),
      createElement(overview, "div", "imodels-nb-shade"),
    ];
    const windowAttributes = { role: "group", tabindex: 0, "aria-label": texts.window };
    this.#window = createElement(overview, "div", "imodels-nb-window", windowAttributes);
    this.#grips = [texts.first_changeset, texts.last_changeset].map((name) =>
      createElement(overview, "div", "imodels-nb-grip", { role: "slider", tabindex: 0, "aria-label": name }),
    );
    this.#ticks = createElement(element, "div", "imodels-nb-ticks", { "aria-hidden": "true" });
    this.#controls = new RangeControls(element, texts, axis, store, kernel);
    bindRangeKeys(this.#window, store, null);
    bindRangeKeys(this.#grips[0], store, 0);
    bindRangeKeys(this.#grips[1], store, 1);
    this.#bindPointer();
    this.showRange();
  }

  /**
   * Show the range that is drawn in place of the requested one, and say why. The grips stay where they are.
   * @param {IndexRange} drawn
   * @param {string} reason
   */
  showRounded(drawn, reason) {
    this.#isRounded = true;
    this.#updateAria(0, drawn);
    this.#updateAria(1, drawn);
    this.#controls.showRange(drawn, reason);
  }

  /** Show the requested range again, if another one is shown in its place. */
  clearRounded() {
    if (this.#isRounded) {
      this.showRange();
    }
  }

  /** Move the window, the grips and the numbers to the range. */
  showRange() {
    this.#isRounded = false;
    const { value, bounds } = this.#store;
    const left = 100 * this.#axis.scale.toPosition(value[0]);
    const right = 100 * this.#axis.scale.toPosition(value[1] + 1);
    this.#overview.dataset.all = String(isSameRange(value, bounds));
    this.#window.style.left = `${left}%`;
    this.#window.style.width = `${right - left}%`;
    this.#shades[0].style.left = "0";
    this.#shades[0].style.width = `${left}%`;
    this.#shades[1].style.left = `${right}%`;
    this.#shades[1].style.right = "0";
    this.#grips[0].style.left = `calc(${left}% - var(--grip))`;
    this.#grips[1].style.left = `${right}%`;
    this.#updateAria(0, value);
    this.#updateAria(1, value);
    this.#controls.showRange(value);
  }

  /**
   * Draw the overview aligned with the plot, so that both have the same x axis. An overview that is drawn so stays.
   * @param {{left: number, width: number}} plot
   * @param {Json} config the Vega configuration of a theme
   */
  draw({ left, width }, config) {
    const colors = readColors(config);
    const drawnFor = `${left} ${width} ${Object.values(colors).join(" ")}`;
    if (drawnFor === this.#drawnFor) {
      return;
    }
    this.#drawnFor = drawnFor;
    for (const [name, color] of Object.entries(colors)) {
      this.#element.style.setProperty(`--${name}`, color);
    }
    this.#element.style.marginLeft = `${left}px`;
    this.#element.style.width = `${width}px`;
    this.#drawTicks(width);
    const overview = computeOverview(this.#grid, this.#store.bounds, Math.round(width));
    drawOverview(this.#canvas, width, colors, overview);
  }

  /**
   * Draw the ticks of the overview; a label near an end moves inside, and replaces one that it would cover.
   * @param {number} width
   */
  #drawTicks(width) {
    this.#ticks.replaceChildren();
    /** @type {{text: HTMLElement, end: number} | null} */
    let before = null;
    for (const { position, label, secondLabel } of this.#axis.buildTicks(width)) {
      const tick = createElement(this.#ticks, "div", "imodels-nb-tick");
      tick.style.left = `${100 * position}%`;
      const text = createElement(tick, "div", "imodels-nb-tick-text");
      createElement(text, "div", "", {}, label);
      createElement(text, "div", "imodels-nb-tick-second", {}, secondLabel);
      const room = text.offsetWidth / 2;
      const middle = Math.min(Math.max(position * width, room), width - room);
      text.style.left = `${middle - room - position * width}px`;
      if (before && before.end > middle - room) {
        before.text.remove();
      }
      before = { text, end: middle + room };
    }
  }

  /**
   * Set what a screen reader says about a grip.
   * @param {0 | 1} end
   * @param {IndexRange} value
   */
  #updateAria(end, value) {
    const { bounds } = this.#store;
    const [low, high] = getEndBounds(value, bounds, end);
    const grip = this.#grips[end];
    grip.setAttribute("aria-valuemin", String(low));
    grip.setAttribute("aria-valuemax", String(high));
    grip.setAttribute("aria-valuenow", String(value[end]));
    const day = formatDay(this.#axis.timeOf(value[end]));
    grip.setAttribute("aria-valuetext", fillText(this.#texts.end, { index: value[end], day }));
  }

  /** Let the pointer drag the range, and a double click show all changesets. */
  #bindPointer() {
    const overview = this.#overview;
    /** @type {{move: (to: number) => IndexRange, startX: number} | null} */
    let drag = null;
    /** @param {PointerEvent} event */
    const getPosition = (event) => {
      const box = overview.getBoundingClientRect();
      return (event.clientX - box.left) / box.width; // beyond 0 and 1 where the pointer has left the overview
    };
    overview.addEventListener("pointerdown", (event) => {
      if (event.button) {
        return; // no drag, but a menu
      }
      const { grip, focus } = this.#gripAt(event.target, event.shiftKey);
      drag = { move: startRangeDrag(grip, getPosition(event), this.#axis.scale, this.#store), startX: event.clientX };
      overview.setPointerCapture(event.pointerId);
      event.preventDefault();
      focus.focus();
    });
    overview.addEventListener("pointermove", (event) => {
      if (drag && Math.abs(event.clientX - drag.startX) > 1) {
        this.#store.set(drag.move(getPosition(event)));
      }
    });
    overview.addEventListener("lostpointercapture", () => {
      drag = null;
    });
    overview.addEventListener("dblclick", () => this.#store.jump(this.#store.bounds));
  }

  /**
   * Return what the pointer holds on an element, and the element that gets the focus.
   * @param {EventTarget | null} target
   * @param {boolean} isShifted the shift key draws a new range even on the window
   * @returns {{grip: Grip, focus: HTMLElement}}
   */
  #gripAt(target, isShifted) {
    if (target === this.#grips[0]) {
      return { grip: 0, focus: this.#grips[0] };
    }
    if (target === this.#grips[1]) {
      return { grip: 1, focus: this.#grips[1] };
    }
    return { grip: target === this.#window && !isShifted ? "window" : "brush", focus: this.#window };
  }
}

/**
 * Format the title of an overview: which changesets it has, and along what it is linear.
 * @param {RangeSentences} texts
 * @param {RangeAxis} axis
 */
function formatTitle(texts, { bounds: [first, last], scale, timeZone }) {
  const title = scale.period ? texts.title_by_time : texts.title_by_index;
  return fillText(title, { first, last, time_zone: timeZone });
}

/**
 * Read the colors of a theme from its Vega configuration.
 * @param {Json} config
 * @returns {Colors}
 */
function readColors({ background, style, axis }) {
  return {
    alert: style.waiting.stroke,
    paper: background,
    ink: style.strong.color,
    quiet: style.caption.color,
    accent: style.line.color,
    rule: axis.domainColor,
  };
}
