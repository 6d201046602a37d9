// The overview, a small picture of all changesets: its heights and peaks, and their drawing.
/** @import { Colors, Grid, IndexRange, Overview, PushGrid, SizeGrid } from "./types.d.ts" */
import { findMaximum } from "./arrays.js";
import { IndexScale } from "./index_scale.js";

export const OVERVIEW_HEIGHT = 44; // pixels
const HEADROOM = 6; // pixels above the highest bar
const MAX_PEAKS = 20;
const MIN_BAR_WIDTH = 3; // pixels

/**
 * Compute the heights of an overview, one a pixel of its width, and the peaks to mark.
 * @param {Grid} grid
 * @param {IndexRange} bounds
 * @param {number} width
 * @returns {Overview}
 */
export function computeOverview(grid, bounds, width) {
  return grid.chart_type === "sizes"
    ? computeSizeOverview(grid, new IndexScale(grid, bounds), width)
    : computePushOverview(grid, width);
}

/**
 * Compute the overview of file sizes: the largest size at each pixel, and the largest of all as peaks.
 * @param {SizeGrid} grid
 * @param {IndexScale} scale
 * @param {number} width
 * @returns {Overview}
 */
function computeSizeOverview({ first, last, max }, scale, width) {
  const largest = findMaximum(max, 1);
  /** @param {number} size */
  const computeHeight = (size) => Math.log1p(size) / Math.log1p(largest);
  /** @param {number} index */
  const toPixel = (index) => Math.min(width - 1, Math.floor(scale.toPosition(index) * width));

  const heights = new Float64Array(width);
  for (let cell = 0; cell < max.length; cell++) {
    const left = toPixel(first[cell]);
    const right = Math.max(toPixel(last[cell] + 1), left + 1);
    for (let x = left; x < right; x++) {
      heights[x] = Math.max(heights[x], computeHeight(max[cell]));
    }
  }
  const bySize = [...max.keys()].sort((one, other) => max[other] - max[one]);
  const top = bySize.slice(0, MAX_PEAKS).filter((cell) => max[cell]);
  /** @type {Overview["peaks"]} */
  const peaks = top.map((cell) => [toPixel((first[cell] + last[cell] + 1) / 2), computeHeight(max[cell])]);
  return { heights, peaks };
}

/**
 * Compute the overview of pushes: their number at each pixel.
 * @param {PushGrid} grid
 * @param {number} width
 * @returns {Overview}
 */
function computePushOverview({ bin, counts, codes }, width) {
  const pushes = new Float64Array(width);
  const binCount = findMaximum(bin, 0) + 1;
  for (let item = 0; item < bin.length; item++) {
    const left = Math.min(Math.floor((bin[item] / binCount) * width), width - MIN_BAR_WIDTH);
    const right = Math.max(Math.ceil(((bin[item] + 1) / binCount) * width), left + MIN_BAR_WIDTH);
    let count = 0;
    for (let position = 0; position < codes.length; position++) {
      count += counts[item * codes.length + position];
    }
    for (let x = left; x < right; x++) {
      pushes[x] += count / (right - left);
    }
  }
  const most = findMaximum(pushes, 0);
  return { heights: pushes.map((value) => Math.sqrt(value / most)), peaks: [] };
}

/**
 * Draw an overview on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {Colors} colors
 * @param {Overview} overview
 */
export function drawOverview(canvas, width, colors, { heights, peaks }) {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = OVERVIEW_HEIGHT * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const maxHeight = OVERVIEW_HEIGHT - HEADROOM;
  context.scale(ratio, ratio);
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, width, OVERVIEW_HEIGHT);
  context.fillStyle = colors.accent;
  context.globalAlpha = 0.45;
  heights.forEach((height, x) => {
    context.fillRect(x, OVERVIEW_HEIGHT - height * maxHeight, 1, height * maxHeight);
  });
  context.globalAlpha = 1;
  for (const [x, height] of peaks) {
    context.beginPath();
    context.arc(x + 0.5, OVERVIEW_HEIGHT - height * maxHeight, 2, 0, 2 * Math.PI);
    context.fill();
  }
  context.fillStyle = colors.rule;
  context.fillRect(0, OVERVIEW_HEIGHT - 1, width, 1);
}
