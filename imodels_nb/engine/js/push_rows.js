// Rows of the chart of pushes, computed from the cells of its grid in a range.
/** @import { BinRow, CellsInRange, ChangesetTick, Limits, PushGrid, RowsInRange, SinglePushGrid } from "./types.d.ts" */
import { findLowerBound } from "./arrays.js";

/** @typedef {{start: number, stop: number, oldest: number, newest: number}} ItemRange positions of items, and their bins */

/**
 * Count the pushes of a range by time bin and kind, and list the changesets where they are few.
 * @param {PushGrid} grid
 * @param {CellsInRange} cells
 * @param {Limits} limits
 * @returns {RowsInRange}
 */
export function computePushRows(grid, cells, limits) {
  const items = findItems(grid, cells);
  const pushes = countPushes(grid, items);
  const maxBins = Math.min(limits.max_bins, Math.max(limits.min_bins, limits.bins_per_push * pushes));
  const step = chooseStep(grid, items, maxBins, limits.single_bin_minutes);
  const { rows, count } = buildBinRows(grid, cells, items, step);
  // If the bins of the grid are joined already, finer bins would not show more.
  const hasAllTicks = grid.is_single || pushes > limits.max_ticks;
  const isAsFine = step > grid.step || grid.step === limits.min_step;
  return {
    rows: [...rows, ...buildTickRows(grid, cells, limits.max_ticks)],
    count,
    isFine: hasAllTicks && isAsFine,
  };
}

/**
 * Find the items of some cells, and their oldest and newest time bin.
 * @param {PushGrid} grid
 * @param {CellsInRange} cells
 * @returns {ItemRange}
 */
function findItems({ cell, bin }, { from, to }) {
  const start = findLowerBound(cell, from);
  const stop = findLowerBound(cell, to);
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (let item = start; item < stop; item++) {
    oldest = Math.min(oldest, bin[item]);
    newest = Math.max(newest, bin[item]);
  }
  return { start, stop, oldest, newest };
}

/**
 * Return the number of pushes of all kinds in some items.
 * @param {PushGrid} grid
 * @param {ItemRange} items
 */
function countPushes({ counts, codes }, { start, stop }) {
  let pushes = 0;
  for (let position = start * codes.length; position < stop * codes.length; position++) {
    pushes += counts[position];
  }
  return pushes;
}

/**
 * Return the smallest width of a bin, in minutes, with which some items need no more bins than allowed.
 * @param {PushGrid} grid
 * @param {ItemRange} items
 * @param {number} maxBins
 * @param {number} singleBinMinutes width of the only bin
 */
function chooseStep(grid, { oldest, newest }, maxBins, singleBinMinutes) {
  if (oldest === newest && grid.step < singleBinMinutes) {
    return singleBinMinutes;
  }
  /** @param {number} step */
  const isWideEnough = (step) => toWiderBin(grid, newest, step) - toWiderBin(grid, oldest, step) < maxBins;
  return grid.steps.find(isWideEnough) ?? grid.steps[grid.steps.length - 1];
}

/**
 * Convert the number of a bin of the grid to the number of the wider bin that contains it.
 * @param {PushGrid} grid
 * @param {number} binIndex
 * @param {number} step width of the wider bin, in minutes
 */
function toWiderBin(grid, binIndex, step) {
  return Math.floor((grid.start + binIndex * grid.step) / step);
}

/**
 * Build a row for each time bin and kind that has pushes, and count the pushes, without those that wait for their file.
 * @param {PushGrid} grid
 * @param {CellsInRange} cells
 * @param {ItemRange} items
 * @param {number} step width of a bin, in minutes
 */
function buildBinRows(grid, cells, items, step) {
  const { codes, waiting, origin } = grid;
  const firstBin = toWiderBin(grid, items.oldest, step);
  const totals = sumByBin(grid, items, step);
  const first = grid.first[cells.from];
  const last = grid.last[cells.to - 1];
  const existing = grid.existing?.[cells.from] ?? 0;
  /** @type {BinRow[]} */
  const rows = [];
  let total = 0;
  for (let position = 0; position < totals.length; position++) {
    const count = totals[position];
    if (!count) {
      continue;
    }
    const codePosition = position % codes.length;
    const binIndex = firstBin + Math.floor(position / codes.length);
    const minute = binIndex * step + origin;
    rows.push({
      type: "bin",
      drawn: true,
      first,
      last,
      start: minute,
      step,
      kind: codes[codePosition],
      count,
      existing,
    });
    if (codePosition !== waiting) {
      total += count;
    }
  }
  return { rows, count: total };
}

/**
 * Return the number of pushes of each wider bin and kind: bins × codes, row by row.
 * @param {PushGrid} grid
 * @param {ItemRange} items
 * @param {number} step width of a wider bin, in minutes
 */
function sumByBin(grid, { start, stop, oldest, newest }, step) {
  const codeCount = grid.codes.length;
  const firstBin = toWiderBin(grid, oldest, step);
  const binCount = toWiderBin(grid, newest, step) - firstBin + 1;
  const totals = new Float64Array(binCount * codeCount);
  for (let item = start; item < stop; item++) {
    const binIndex = toWiderBin(grid, grid.bin[item], step) - firstBin;
    for (let position = 0; position < codeCount; position++) {
      totals[binIndex * codeCount + position] += grid.counts[item * codeCount + position];
    }
  }
  return totals;
}

/**
 * Build a row for each changeset, where they are few.
 * @param {PushGrid} grid
 * @param {CellsInRange} cells
 * @param {number} maxTicks
 * @returns {ChangesetTick[]}
 */
function buildTickRows(grid, { from, to }, maxTicks) {
  if (!grid.is_single || to - from > maxTicks) {
    return [];
  }
  return Array.from({ length: to - from }, (_, offset) => buildTickRow(grid, from + offset));
}

/**
 * Build the row of one changeset.
 * @param {SinglePushGrid} grid
 * @param {number} cell
 * @returns {ChangesetTick}
 */
function buildTickRow(grid, cell) {
  return {
    first: grid.first[cell],
    last: grid.last[cell],
    type: "tick",
    drawn: true,
    alone: true,
    count: 0,
    time_ms: grid.time_seconds[cell] * 1000,
    size: grid.size[cell],
    kinds: grid.texts[grid.text_position[cell]],
  };
}
