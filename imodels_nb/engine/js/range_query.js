// From a grid over the changeset index to the rows that a chart draws for a range: whole columns, each figure exact.
/** @import { ColumnsInRange, Grid, IndexRange, Json, Kind, Limits, Slice } from "./types.d.ts" */
import { lowerBound } from "./columns.js";

const MIN_COLUMNS = 96; // fewer would look coarse beside the kernel's answer
const MILLISECONDS_PER_MINUTE = 60_000;

/**
 * Select the rows to draw from the grid that shows most: the fine before the coarse, the exact before the partial.
 * @param {Kind} kind
 * @param {Grid[]} grids
 * @param {IndexRange} range
 * @param {Limits} limits
 * @returns {Slice}
 */
export function selectSlice(kind, grids, [low, high], limits) {
  const sliceOf = kind === "pushes" ? pushSlice : sizeSlice;
  const slices = grids.map((grid) => sliceOf(grid, low, high, limits));
  return slices.reduce((best, slice) => (score(slice) > score(best) ? slice : best));
}

/** @param {Slice} slice */
function score({ fine, exact, empty }) {
  return empty && !exact ? 0 : 1 + 2 * Number(fine) + Number(exact);
}

/**
 * Find the columns that lie wholly in a range, whether they are all that the range holds, and whether the grid covers
 * most of it: the kernel's answer to a narrow range is no picture of a wide one.
 * @param {Grid} grid
 * @param {number} low
 * @param {number} high
 * @returns {ColumnsInRange}
 */
export function columnsInRange({ first, last, range }, low, high) {
  const from = lowerBound(first, low);
  const to = lowerBound(last, high + 1);
  const start = range ? Math.max(low, range[0]) : low;
  const stop = range ? Math.min(high, range[1]) : high;
  const most = 2 * (stop - start + 1) > high - low + 1;
  if (from > to) {
    return { from, to: from, exact: false, most }; // the range lies within one column
  }
  const isCutBefore = from > 0 && last[from - 1] >= low;
  const isCutAfter = to < first.length && first[to] <= high;
  const exact = start === low && stop === high && !isCutBefore && !isCutAfter;
  return { from, to, exact, most };
}

/**
 * @param {ColumnsInRange} part
 * @param {number} low
 * @param {number} high
 * @returns {Slice}
 */
function emptySlice(part, low, high) {
  return { ...part, rows: [], uploaded: 0, empty: true, fine: part.exact, first: low, last: high };
}

/**
 * Return the range that is drawn: the whole one where its columns are all it holds, else from the first to the last.
 * @param {Grid} grid
 * @param {ColumnsInRange} part
 * @param {number} low
 * @param {number} high
 */
function drawnRange({ first, last }, { from, to, exact }, low, high) {
  return exact ? { first: low, last: high } : { first: first[from], last: last[to - 1] };
}

/**
 * Count the pushes of a range by time bin and kind.
 * @param {Grid} grid
 * @param {number} low
 * @param {number} high
 * @param {Limits} limits
 * @returns {Slice}
 */
export function pushSlice(grid, low, high, limits) {
  const part = columnsInRange(grid, low, high);
  if (part.from === part.to) {
    return emptySlice(part, low, high);
  }
  const start = lowerBound(grid.cell, part.from);
  const stop = lowerBound(grid.cell, part.to);
  const { oldest, newest, pushes } = pushExtent(grid, start, stop);
  const maxBins = Math.min(limits.max_bins, Math.max(limits.min_bins, 4 * pushes));
  const step = chooseStep(grid, oldest, newest, maxBins);
  const { rows, uploaded } = pushRows(grid, part, { start, stop, oldest, newest, step });
  // Finer bins would not show more where those of the grid are joined already.
  const showsTicks = grid.single || pushes > limits.max_ticks;
  const isAsFine = step > grid.step || grid.step === 1;
  const fine = part.most && (Boolean(grid.finest) || (showsTicks && isAsFine));
  const ticks = tickRows(grid, part, limits.max_ticks);
  return { ...part, rows: rows.concat(ticks), uploaded, empty: false, fine, ...drawnRange(grid, part, low, high) };
}

/**
 * @param {Grid} grid
 * @param {number} start
 * @param {number} stop
 */
function pushExtent({ bin, counts, kinds }, start, stop) {
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (let item = start; item < stop; item++) {
    oldest = Math.min(oldest, bin[item]);
    newest = Math.max(newest, bin[item]);
  }
  let pushes = 0;
  for (let at = start * kinds.length; at < stop * kinds.length; at++) {
    pushes += counts[at];
  }
  return { oldest, newest, pushes };
}

/**
 * Return the number of a bin of the grid in bins of another width.
 * @param {Grid} grid
 * @param {number} bin
 * @param {number} step
 */
function widerBin(grid, bin, step) {
  return Math.floor((grid.start + bin * grid.step) / step);
}

/**
 * @param {Grid} grid
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
 * @param {Grid} grid
 * @param {ColumnsInRange} part
 * @param {{start: number, stop: number, oldest: number, newest: number, step: number}} bins
 */
function pushRows(grid, part, { start, stop, oldest, newest, step }) {
  const { bin, counts, kinds, waiting, origin } = grid;
  const begin = widerBin(grid, oldest, step);
  const totals = new Float64Array((widerBin(grid, newest, step) - begin + 1) * kinds.length);
  for (let item = start; item < stop; item++) {
    const place = (widerBin(grid, bin[item], step) - begin) * kinds.length;
    for (let kind = 0; kind < kinds.length; kind++) {
      totals[place + kind] += counts[item * kinds.length + kind];
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
    const kind = place % kinds.length;
    const minute = (begin + Math.floor(place / kinds.length)) * step + origin;
    rows.push({ drawn: true, first, last, start: minute, step, kind: kinds[kind], count });
    if (kind !== waiting) {
      uploaded += count;
    }
  }
  return { rows, uploaded };
}

/**
 * Return a row for each changeset, where they are few.
 * @param {Grid} grid
 * @param {ColumnsInRange} part
 * @param {number} maxTicks
 * @returns {Json[]}
 */
function tickRows(grid, { from, to }, maxTicks) {
  if (!grid.single || to - from > maxTicks) {
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
      kinds: grid.texts[grid.kind[at]] + (grid.uploaded[at] ? "" : " · not uploaded"),
    };
  });
}

/**
 * Summarize the file sizes of a range by column.
 * @param {Grid} grid
 * @param {number} low
 * @param {number} high
 * @param {Limits} limits
 * @returns {Slice}
 */
export function sizeSlice(grid, low, high, limits) {
  const part = columnsInRange(grid, low, high);
  if (part.from === part.to) {
    return emptySlice(part, low, high);
  }
  const columns = part.to - part.from;
  const showsDots = grid.single && columns <= limits.max_dots;
  const rows = showsDots
    ? Array.from({ length: columns }, (_, place) => changesetRow(grid, part.from + place))
    : joinColumns(part, grid.medians.length, limits.max_columns).map(([at, depth]) => columnRow(grid, at, depth));
  const uploaded = rows.reduce((sum, row) => sum + row.count, 0);
  const fine = part.most && (Boolean(grid.finest) || grid.single || columns >= MIN_COLUMNS);
  return { ...part, rows, uploaded, empty: false, fine, ...drawnRange(grid, part, low, high) };
}

/**
 * Join the columns of a range by one, two, four ...: few enough to draw, and as wide as possible.
 * @param {ColumnsInRange} part
 * @param {number} maxDepth
 * @param {number} maxColumns
 * @returns {[at: number, depth: number][]} the first column of each block, and how often its width is doubled
 */
export function joinColumns({ from, to }, maxDepth, maxColumns) {
  const wanted = Math.max(0, Math.ceil(Math.log2((to - from) / maxColumns)));
  const limit = Math.min(maxDepth, wanted);
  /** @type {[number, number][]} */
  const blocks = [];
  let at = from;
  while (at < to) {
    let depth = 0;
    while (depth < limit && at % 2 ** (depth + 1) === 0 && at + 2 ** (depth + 1) <= to) {
      depth++;
    }
    blocks.push([at, depth]);
    at += 2 ** depth;
  }
  return blocks;
}

/**
 * @param {Grid} grid
 * @param {number} at
 * @returns {Json}
 */
function changesetRow(grid, at) {
  const size = grid.max[at] || null; // a log scale has no 0
  const first = grid.first[at];
  const last = grid.last[at];
  return {
    drawn: true,
    first,
    last,
    middle: (first + last) / 2,
    extent: grid.count[at] + grid.waiting[at],
    count: grid.count[at],
    min: size,
    median: size,
    max: size,
    sum: grid.max[at],
    zeros: grid.zeros[at],
    waiting: grid.waiting[at],
    time: grid.minute[at] * MILLISECONDS_PER_MINUTE,
    kinds: grid.kinds[grid.kind[at]],
  };
}

/**
 * @param {Grid} grid
 * @param {number} at
 * @param {number} depth
 * @returns {Json}
 */
function columnRow(grid, at, depth) {
  const { min = grid.max, sum = grid.max, median = grid.max } = grid; // of single changesets they are the same
  const end = at + 2 ** depth;
  const totals = { count: 0, sum: 0, zeros: 0, waiting: 0 };
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let column = at; column < end; column++) {
    totals.count += grid.count[column];
    totals.sum += sum[column];
    totals.zeros += grid.zeros[column];
    totals.waiting += grid.waiting[column];
    if (grid.max[column]) {
      smallest = Math.min(smallest, min[column]);
      largest = Math.max(largest, grid.max[column]);
    }
  }
  const first = grid.first[at];
  const last = grid.last[end - 1];
  const middleSize = depth ? grid.medians[depth - 1][at / 2 ** depth] : median[at];
  const sizes = largest ? { min: smallest, median: middleSize, max: largest } : {};
  const extent = totals.count + totals.waiting;
  return { first, last, ...totals, drawn: true, middle: (first + last) / 2, extent, time: 0, kinds: "", ...sizes };
}
