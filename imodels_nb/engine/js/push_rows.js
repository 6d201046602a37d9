// Rows of the chart of pushes, computed from the columns of its grid in a range.
/** @import { ColumnsInRange, Json, Limits, PushGrid, RowsInRange } from "./types.d.ts" */
import { lowerBound } from "./columns.js";

/**
 * Count the pushes of a range by time bin and kind, and list the changesets where they are few.
 * @param {PushGrid} grid
 * @param {ColumnsInRange} part
 * @param {Limits} limits
 * @returns {RowsInRange}
 */
export function computePushRows(grid, part, limits) {
  const start = lowerBound(grid.cell, part.from);
  const stop = lowerBound(grid.cell, part.to);
  const { oldest, newest, pushes } = pushExtent(grid, start, stop);
  const maxBins = Math.min(limits.max_bins, Math.max(limits.min_bins, 4 * pushes));
  const step = chooseStep(grid, oldest, newest, maxBins);
  const { rows, uploaded } = binRows(grid, part, { start, stop, oldest, newest, step });
  // Finer bins would not show more where those of the grid are joined already.
  const showsTicks = grid.is_single || pushes > limits.max_ticks;
  const isAsFine = step > grid.step || grid.step === 1;
  return { rows: rows.concat(tickRows(grid, part, limits.max_ticks)), uploaded, isFine: showsTicks && isAsFine };
}

/**
 * Find the oldest and the newest time bin of some items, and the number of their pushes.
 * @param {PushGrid} grid
 * @param {number} start
 * @param {number} stop
 */
function pushExtent({ bin, counts, label_codes }, start, stop) {
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (let item = start; item < stop; item++) {
    oldest = Math.min(oldest, bin[item]);
    newest = Math.max(newest, bin[item]);
  }
  let pushes = 0;
  for (let at = start * label_codes.length; at < stop * label_codes.length; at++) {
    pushes += counts[at];
  }
  return { oldest, newest, pushes };
}

/**
 * Return the number of a bin of the grid in bins of another width.
 * @param {PushGrid} grid
 * @param {number} bin
 * @param {number} step
 */
function widerBin(grid, bin, step) {
  return Math.floor((grid.start + bin * grid.step) / step);
}

/**
 * @param {PushGrid} grid
 * @param {number} oldest
 * @param {number} newest
 * @param {number} maxBins
 */
function chooseStep(grid, oldest, newest, maxBins) {
  /** @param {number} step */
  const isWideEnough = (step) => widerBin(grid, newest, step) - widerBin(grid, oldest, step) < maxBins;
  return grid.steps.find(isWideEnough) ?? grid.steps[grid.steps.length - 1];
}

/**
 * Return a row for each time bin and kind that has pushes.
 * @param {PushGrid} grid
 * @param {ColumnsInRange} part
 * @param {{start: number, stop: number, oldest: number, newest: number, step: number}} bins
 */
function binRows(grid, part, { start, stop, oldest, newest, step }) {
  const { bin, counts, label_codes, waiting, origin } = grid;
  const begin = widerBin(grid, oldest, step);
  const totals = new Float64Array((widerBin(grid, newest, step) - begin + 1) * label_codes.length);
  for (let item = start; item < stop; item++) {
    const place = (widerBin(grid, bin[item], step) - begin) * label_codes.length;
    for (let label = 0; label < label_codes.length; label++) {
      totals[place + label] += counts[item * label_codes.length + label];
    }
  }
  const first = grid.first[part.from];
  const last = grid.last[part.to - 1];
  /** @type {Json[]} */
  const rows = [];
  let uploaded = 0;
  for (let place = 0; place < totals.length; place++) {
    const count = totals[place];
    if (!count) {
      continue;
    }
    const label = place % label_codes.length;
    const minute = (begin + Math.floor(place / label_codes.length)) * step + origin;
    rows.push({ drawn: true, first, last, start: minute, step, kind: label_codes[label], count });
    if (label !== waiting) {
      uploaded += count;
    }
  }
  return { rows, uploaded };
}

/**
 * Return a row for each changeset, where they are few.
 * @param {PushGrid} grid
 * @param {ColumnsInRange} part
 * @param {number} maxTicks
 * @returns {Json[]}
 */
function tickRows(grid, { from, to }, maxTicks) {
  if (!grid.is_single || to - from > maxTicks) {
    return [];
  }
  return Array.from({ length: to - from }, (_, place) => {
    const at = from + place;
    return {
      first: grid.first[at],
      last: grid.last[at],
      drawn: true,
      alone: true,
      count: 0,
      time: grid.second[at] * 1000,
      size: grid.size[at],
      kinds: grid.texts[grid.text_position[at]] + (grid.uploaded[at] ? "" : " · not uploaded"),
    };
  });
}
