// Overview of all changesets, with the range as a window on it that keys and pointer move.
/** @import { Colors, Grid, IndexRange, Json } from "./types.d.ts" */
/** @import { RangeStore } from "./range_store.js" */
/** @import { Grip } from "./range_input.js" */
import { createElement, injectStyles } from "./dom.js";
import { IndexScale } from "./index_scale.js";
import { computeOverview, drawOverview, OVERVIEW_HEIGHT } from "./overview.js";
import styles from "./range_brush.css";
import { bindRangeKeys, clampRange, dragRange, endBounds, SUPPRESS_SHORTCUTS } from "./range_input.js";

/** Shows and moves the range of a chart: an overview with two grips, and below it two numbers. */
export class RangeBrush {
  #grid;
  #range;
  #scale;
  #overview;
  #canvas;
  #shades;
  #window;
  #grips;
  #ends;

  /**
   * @param {HTMLElement} element
   * @param {Grid} grid
   * @param {RangeStore} range
   */
  constructor(element, grid, range) {
    injectStyles("imodels-nb-style", styles);
    this.#grid = grid;
    this.#range = range;
    this.#scale = new IndexScale(grid, range.bounds);
    const overview = createElement(element, "div", "imodels-nb-overview", {
      role: "group",
      "aria-label": "Overview and range",
    });
    overview.style.height = `${OVERVIEW_HEIGHT}px`;
    this.#overview = overview;
    this.#canvas = createElement(overview, "canvas", "", { "aria-hidden": "true" });
    this.#shades = [
      createElement(overview, "div", "imodels-nb-shade"),
      createElement(overview, "div", "imodels-nb-shade"),
    ];
    const windowAttributes = { role: "group", tabindex: 0, "aria-label": "Range, as a whole" };
    this.#window = createElement(overview, "div", "imodels-nb-window", windowAttributes);
    this.#grips = ["First changeset", "Last changeset"].map((name) =>
      createElement(overview, "div", "imodels-nb-grip", { role: "slider", tabindex: 0, "aria-label": name }),
    );
    this.#ends = new RangeEnds(element, range);
    bindRangeKeys(this.#window, range, null);
    bindRangeKeys(this.#grips[0], range, 0);
    bindRangeKeys(this.#grips[1], range, 1);
    this.#bindPointer();
    this.showRange();
  }

  /** Move the window, the grips and the numbers to the range. */
  showRange() {
    const { value, bounds } = this.#range;
    const left = 100 * this.#scale.toPosition(value[0]);
    const right = 100 * this.#scale.toPosition(value[1] + 1);
    this.#window.style.left = `${left}%`;
    this.#window.style.width = `${right - left}%`;
    this.#shades[0].style.left = "0";
    this.#shades[0].style.width = `${left}%`;
    this.#shades[1].style.left = `${right}%`;
    this.#shades[1].style.right = "0";
    this.#grips[0].style.left = `calc(${left}% - var(--grip))`;
    this.#grips[1].style.left = `${right}%`;
    updateAria(this.#grips[0], value, bounds, 0);
    updateAria(this.#grips[1], value, bounds, 1);
    this.#ends.showRange();
  }

  /**
   * Draw the overview aligned with the plot, so that both have the same x axis.
   * @param {{left: number, width: number}} plot
   * @param {Json} config the Vega configuration of a theme
   */
  draw({ left, width }, config) {
    const colors = themeColors(config);
    for (const element of [this.#overview, this.#ends.element]) {
      for (const [name, color] of Object.entries(colors)) {
        element.style.setProperty(`--${name}`, color);
      }
      element.style.marginLeft = `${left}px`;
      element.style.width = `${width}px`;
    }
    const overview = computeOverview(this.#grid, this.#range.bounds, Math.round(width));
    drawOverview(this.#canvas, width, colors, overview);
  }

  /** Let the pointer drag the range, and a double click show all changesets. */
  #bindPointer() {
    const overview = this.#overview;
    /** @type {{move: (to: number) => IndexRange, startX: number} | null} */
    let drag = null;
    /** @param {PointerEvent} event */
    const positionOf = (event) => {
      const box = overview.getBoundingClientRect();
      return (event.clientX - box.left) / box.width; // beyond 0 and 1 where the pointer has left the overview
    };
    overview.addEventListener("pointerdown", (event) => {
      if (event.button) {
        return; // no drag, but a menu
      }
      const { grip, focus } = this.#gripAt(event.target);
      drag = { move: dragRange(grip, positionOf(event), this.#scale, this.#range), startX: event.clientX };
      overview.setPointerCapture(event.pointerId);
      event.preventDefault();
      focus.focus();
    });
    overview.addEventListener("pointermove", (event) => {
      if (drag && Math.abs(event.clientX - drag.startX) > 1) {
        this.#range.set(drag.move(positionOf(event)));
      }
    });
    overview.addEventListener("lostpointercapture", () => {
      drag = null;
    });
    overview.addEventListener("dblclick", () => this.#range.set(this.#range.bounds));
  }

  /**
   * Return what the pointer holds on an element, and the element that gets the focus.
   * @param {EventTarget | null} target
   * @returns {{grip: Grip, focus: HTMLElement}}
   */
  #gripAt(target) {
    if (target === this.#grips[0]) {
      return { grip: 0, focus: this.#grips[0] };
    }
    if (target === this.#grips[1]) {
      return { grip: 1, focus: this.#grips[1] };
    }
    return { grip: target === this.#window ? "window" : "brush", focus: this.#window };
  }
}

/** The range as two numbers to type, and a button for all changesets. */
class RangeEnds {
  #range;
  #inputs;
  #all;

  /**
   * @param {HTMLElement} parent
   * @param {RangeStore} range
   */
  constructor(parent, range) {
    this.#range = range;
    this.element = createElement(parent, "div", "imodels-nb-ends", { role: "group", "aria-label": "Range in numbers" });
    this.#inputs = [this.#createInput("First", 0), this.#createInput("Last", 1)];
    this.#all = createElement(this.element, "button", "", { type: "button" }, "Show all");
    this.#all.addEventListener("click", () => range.set(range.bounds));
  }

  /** Show the range in the two numbers. */
  showRange() {
    const { value, bounds } = this.#range;
    this.#inputs.forEach((input, end) => {
      if (input.value !== String(value[end])) {
        input.value = String(value[end]);
      }
    });
    const isAll = value[0] === bounds[0] && value[1] === bounds[1];
    this.#all.setAttribute("aria-disabled", String(isAll)); // a disabled button would lose the focus
  }

  /**
   * Create the input of one end.
   * @param {string} name
   * @param {0 | 1} end
   */
  #createInput(name, end) {
    const [min, max] = this.#range.bounds;
    const label = createElement(this.element, "label", "", {}, `${name} `);
    const attributes = { type: "number", min, max, step: 1, name: name.toLowerCase() };
    const input = createElement(label, "input", "", attributes);
    input.setAttribute("aria-label", `${name} changeset`);
    input.setAttribute(SUPPRESS_SHORTCUTS, "true");
    const onEnter = () => this.#enter(input.valueAsNumber, end);
    input.addEventListener("change", onEnter);
    input.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") {
        onEnter(); // in JupyterLab no change event follows
      }
    });
    return input;
  }

  /**
   * Move one end to a typed number; anything else than a number moves nothing.
   * @param {number} value
   * @param {0 | 1} end
   */
  #enter(value, end) {
    const moved = [...this.#range.value];
    if (Number.isFinite(value)) {
      moved[end] = value;
    }
    this.#range.set(clampRange(moved, this.#range.bounds));
    this.showRange();
  }
}

/**
 * Set what a screen reader says about a grip.
 * @param {HTMLElement} grip
 * @param {IndexRange} range
 * @param {IndexRange} bounds
 * @param {0 | 1} end
 */
function updateAria(grip, range, bounds, end) {
  const [low, high] = endBounds(range, bounds, end);
  grip.setAttribute("aria-valuemin", String(low));
  grip.setAttribute("aria-valuemax", String(high));
  grip.setAttribute("aria-valuenow", String(range[end]));
  grip.setAttribute("aria-valuetext", `changeset ${range[end].toLocaleString("en")}`);
}

/**
 * Read the colors of a theme from its Vega configuration.
 * @param {Json} config
 * @returns {Colors}
 */
function themeColors({ background, style, axis }) {
  return {
    paper: background,
    ink: style.strong.color,
    quiet: style.caption.color,
    accent: style.line.color,
    rule: axis.domainColor,
  };
}
