/**
 * Types of the messages between Python and the browser, and of what the modules share.
 *
 * The Python side of the protocol: imodels_nb/aggregate/grids.py (PushGrid, SizeGrid),
 * imodels_nb/aggregate/binary.py (PackedGrid), imodels_nb/charts/layers.py (Limits, Sentences),
 * imodels_nb/charts/offline.py (PagePayload) and imodels_nb/widgets/range_chart.py (KernelRequest; the traits of its
 * ChartModel are ChartPayload).
 */

export type IndexRange = [first: number, last: number];
export type NumberArray = number[] | Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type Theme = "light" | "dark";
// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape, and the untyped hosts of widgets
export type Json = any;

/** Columns as they travel: the header names a buffer where an array of numbers belongs. */
export interface PackedGrid {
  header: Json;
  buffers: (string | ArrayBufferView)[];
}

interface Columns {
  /** Whether each column is one changeset. */
  is_single: boolean;
  /** First and last changeset index of each column. */
  first: NumberArray;
  last: NumberArray;
  /** The requested range, where the kernel sent this grid. */
  range?: IndexRange;
  /** Whether no grid of this range can be finer. */
  isFinest?: boolean;
}

export interface PushGrid extends Columns {
  chart_type: "pushes";
  cell: NumberArray;
  bin: NumberArray;
  counts: NumberArray;
  /** Codes of the labels that are counted. */
  label_codes: number[];
  waiting: number;
  start: number;
  step: number;
  steps: number[];
  origin: number;
  second: NumberArray;
  size: NumberArray;
  uploaded: NumberArray;
  /** Position in `texts` of the kinds of each changeset. */
  text_position: NumberArray;
  texts: string[];
}

export interface SizeGrid extends Columns {
  chart_type: "sizes";
  count: NumberArray;
  waiting: NumberArray;
  zeros: NumberArray;
  max: NumberArray;
  /** Left out where each column is one changeset. */
  min?: NumberArray;
  sum?: NumberArray;
  median?: NumberArray;
  /** Medians of two, four, eight ... columns together. */
  medians: NumberArray[];
  minute: NumberArray;
  /** Position in `texts` of the kinds of each changeset. */
  text_position: NumberArray;
  texts: string[];
}

export type Grid = PushGrid | SizeGrid;

/** How much a chart draws at most. */
export interface Limits {
  max_bins: number;
  min_bins: number;
  max_ticks: number;
  max_columns: number;
  max_dots: number;
}

export interface Sentences {
  empty: string;
  too_narrow: string;
}

export interface ChartPayload {
  title: string;
  spec: Json;
  themes: Record<Theme, Json>;
  grid: PackedGrid;
  limits: Limits;
  sentences: Sentences;
  /** The grid of the first range alone; only in a page without a kernel. */
  detail?: PackedGrid;
}

/** A chart in a page without a kernel. */
export interface PagePayload extends ChartPayload {
  range: IndexRange;
  bounds: IndexRange;
}

/** The whole columns that lie in a range. */
export interface ColumnsInRange {
  from: number;
  to: number;
  /** Whether they are all that the range holds. */
  isExact: boolean;
  /** Whether the grid covers most of the range. */
  coversMost: boolean;
}

/** The rows of a chart for the columns in a range. */
export interface RowsInRange {
  rows: Json[];
  /** Number of uploaded changesets. */
  uploaded: number;
  /** Whether no other grid could show more. */
  isFine: boolean;
}

/** The rows that a chart draws for a range. */
export interface Slice extends ColumnsInRange, RowsInRange {
  isEmpty: boolean;
  first: number;
  last: number;
}

export interface Overview {
  /** Heights between 0 and 1, one a pixel. */
  heights: Float64Array;
  /** Positions and heights of the largest. */
  peaks: [x: number, height: number][];
}

export interface Colors {
  paper: string;
  ink: string;
  quiet: string;
  accent: string;
  rule: string;
}

/** The kernel, as a chart uses it; null in a page without one. */
export interface KernelLink {
  /** Request the exact grid of a range; `onIdle` is called when the kernel has finished, with or without a response. */
  requestDetail(range: IndexRange, onIdle: () => void): void;
  /** Request the details of a changeset that no grid holds: id, account, description. */
  describe(index: number): Promise<Record<string, string>>;
  /** Listen to responses; returns a function that ends it. */
  subscribe(listener: (range: IndexRange, grid: PackedGrid) => void): () => void;
}

/** The part of a Jupyter widget model that is used here. */
export interface WidgetModel {
  comm_live: boolean;
  widget_manager: { get_model(id: string): Promise<WidgetModel> };
  get(name: string): Json;
  set(name: string, value: Json): void;
  on(event: string, listener: (...values: Json[]) => void): void;
  off(event: string, listener: (...values: Json[]) => void): void;
  send(content: Json, callbacks?: Json, buffers?: ArrayBuffer[]): void;
  save_changes(): void;
}

/** The part of a Vega view that is used here. */
export interface VegaView {
  cleanThreshold: number;
  _runtime?: { nodes?: Record<string, VegaNode> };
  width(): number;
  width(value: number): VegaView;
  origin(): [number, number];
  padding(): { left: number };
  signal(name: string, value: Json): VegaView;
  data(name: string, rows: Json[]): VegaView;
  runAsync(): Promise<VegaView>;
  addEventListener(type: string, listener: (event: Event, item: Json) => void): void;
  tooltip(): (this: VegaView, handler: null, event: Event, item: Json, value: Json) => void;
}

interface VegaNode {
  _argval?: { derive?: unknown };
  value: Record<string, unknown>;
}

export interface Embedded {
  view: VegaView;
  finalize(): void;
}

declare global {
  function imodelsNbEmbed(element: HTMLElement, spec: Json, options: Json): Promise<Embedded>;
  var imodelsNbEngine: Json;
  var imodelsNbEngines: Map<string, Promise<Json>>;
}
