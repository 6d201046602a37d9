// Grids from some of their fields; the others are those of a chart without changesets.
/** @import { Limits, PushGrid, SizeGrid } from "../../../imodels_nb/engine/js/types.d.ts" */

/** @type {Limits} */
export const LIMITS = {
  max_bins: 200,
  min_bins: 24,
  min_step: 1,
  bins_per_push: 4,
  single_bin_minutes: 60,
  max_ticks: 300,
  max_cells: 256,
  max_dots: 500,
  max_versions: 20,
};

/**
 * @param {Partial<PushGrid>} fields
 * @returns {PushGrid}
 */
export function buildPushGrid(fields) {
  return {
    chart_type: "pushes",
    is_single: false,
    first: [],
    last: [],
    cell: [],
    bin: [],
    counts: [],
    codes: [],
    waiting: -1,
    start: 0,
    step: 60,
    steps: [60],
    origin: 0,
    time_seconds: [],
    size: [],
    text_position: [],
    texts: [],
    ...fields,
  };
}

/**
 * @param {Partial<SizeGrid>} fields
 * @returns {SizeGrid}
 */
export function buildSizeGrid(fields) {
  return {
    chart_type: "sizes",
    is_single: false,
    first: [],
    last: [],
    count: [],
    waiting: [],
    zeros: [],
    max: [],
    medians: [],
    joined_p10: [],
    joined_p90: [],
    time_minutes: [],
    text_position: [],
    texts: [],
    ...fields,
  };
}
