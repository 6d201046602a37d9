/**
 * Types of the messages between Python and the browser, and of what the modules share.
 *
 * The Python side of the protocol: imodels_nb/aggregate (PushGrid, SizeGrid),
 * imodels_nb/aggregate/binary.py (PackedGrid), imodels_nb/charts/layers.py (Limits), imodels_nb/charts/sentences.py (Sentences),
 * imodels_nb/charts/offline.py (PagePayload) and imodels_nb/widgets/chart_model.py (KernelRequest; the traits of its
 * ChartModel are ChartPayload), imodels_nb/charts/overview.py (OverviewAxis).
 */

export type IndexRange = [first: number, last: number];
export type NumberArray = number[] | Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type Theme = "light" | "dark";
// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape, and the untyped hosts of widgets
export type Json = any;

/** A grid in a message or a page: the header names a buffer in the place of each array of numbers. */
export interface PackedGrid {
  header: Json;
  buffers: (string | ArrayBufferView)[];
}

/** Fields that a grid always has where each cell is one changeset (`is_single`). */
type WithChangesets<Fields> = ({ is_single: true } & Fields) | ({ is_single: false } & Partial<Fields>);

/** The cells of a grid: groups of neighboring changesets. */
interface Cells {
  /** First and last changeset index of each cell. */
  first: NumberArray;
  last: NumberArray;
  /** The requested range, where the kernel sent this grid. */
  range?: IndexRange;
  /** Whether no grid of this range can be finer. */
  isFinest?: boolean;
}

/**
 * Pushes by cell, time bin and kind.
 *
 * An item is a pair of a cell and a time bin that have changesets in common; items are in the order of their cells.
 */
export type PushGrid = PushCells & WithChangesets<PushedChangesets>;

interface PushCells extends Cells {
  chart_type: "pushes";
  /** Position of the cell of each item, in `first` and `last`. */
  cell: NumberArray;
  /** Position of the time bin of each item; bin 0 is the oldest. */
  bin: NumberArray;
  /** Number of changesets: items × codes, row by row. */
  counts: NumberArray;
  /** Codes that are counted, as `ChangesetColumns.code`: of kinds, or of what a chart counts instead. */
  codes: number[];
  /** Position in `codes` of changesets that wait for their file, or -1. */
  waiting: number;
  /** Start of bin 0, in minutes since `origin`. */
  start: number;
  /** Width of a bin, in minutes. */
  step: number;
  /** Widths to which bins can be joined, in minutes, ascending. */
  steps: number[];
  /** A Monday, in minutes since 1970: bins of whole weeks start on Mondays. */
  origin: number;
  /** Number of elements before each cell; only in a chart of changes. */
  existing?: NumberArray;
}

interface PushedChangesets {
  /** Time of push of each changeset, in seconds since 1970. */
  time_seconds: NumberArray;
  /** File size of each changeset, in bytes. */
  size: NumberArray;
  /** Position in `texts` of the kinds of each changeset, and of its state if its file is not uploaded. */
  text_position: NumberArray;
  texts: string[];
}

/** File sizes by cell. Sizes are in bytes, and 0 stands for no size. */
export type SizeGrid = SizeCells & WithChangesets<ChangesetKinds>;

interface SizeCells extends Cells {
  chart_type: "sizes";
  /** Number of changesets with an uploaded file. */
  count: NumberArray;
  /** Number of changesets that wait for their file. */
  waiting: NumberArray;
  /** Number of files of 0 bytes; they do not count in `min` and `median`. */
  zeros: NumberArray;
  max: NumberArray;
  /** `min`, `sum` and `median` are left out where each cell is one changeset: they equal `max`. */
  min?: NumberArray;
  sum?: NumberArray;
  median?: NumberArray;
  /** Medians of two, four, eight ... cells together. */
  medians: NumberArray[];
  /**
   * 10 % and 90 % of the files are at most this large, as position between `min` and `max` on a log scale, from 0 to 4,095;
   * left out where each cell is one changeset.
   */
  p10?: NumberArray;
  p90?: NumberArray;
  /** The same of two, four, eight ... cells together. */
  joined_p10: NumberArray[];
  joined_p90: NumberArray[];
  /** Time of push of the first changeset of each cell, in minutes since 1970. */
  time_minutes: NumberArray;
}

interface ChangesetKinds {
  /** Position in `texts` of the kinds of each changeset. */
  text_position: NumberArray;
  texts: string[];
}

export type Grid = PushGrid | SizeGrid;

/** The same where each cell is one changeset. */
export type SinglePushGrid = Extract<PushGrid, { is_single: true }>;
export type SingleSizeGrid = Extract<SizeGrid, { is_single: true }>;

/** How much a chart draws at most. */
export interface Limits {
  max_bins: number;
  min_bins: number;
  /** Width of the narrowest time bin, in minutes. */
  min_step: number;
  /** Number of time bins for each push at most: a few pushes in many bins would be hairlines. */
  bins_per_push: number;
  /** Width of the only time bin of a range, in minutes. */
  single_bin_minutes: number;
  max_ticks: number;
  max_cells: number;
  max_dots: number;
  max_versions: number;
}

/** Texts of the overview and its controls; names in braces are filled in. See charts/sentences.py. */
export interface RangeSentences {
  title_by_time: string;
  title_by_index: string;
  overview: string;
  window: string;
  range: string;
  first: string;
  last: string;
  first_changeset: string;
  last_changeset: string;
  end: string;
  entry: string;
  all: string;
  all_hint: string;
  month: string;
  month_hint: string;
  versions: string;
  versions_hint: string;
  undo: string;
  undo_hint: string;
  period: string;
  about: string;
  none_since: string;
  none_before: string;
  same_names: string;
  similar_names: string;
  unknown: string;
  unknown_with_versions: string;
}

/** Texts of a chart; names in braces are filled in. See charts/sentences.py. */
export interface Sentences {
  empty: string;
  too_narrow: string;
  /** Why a range is rounded to whole cells; `{count}` stands for the changesets of a cell. */
  no_kernel: string;
  late: string;
  /** The range for people who cannot see the chart: `{first}`, `{last}`, and the `{count}` of what the chart counts. */
  summary: string;
  controls: RangeSentences;
}

export interface ChartPayload {
  title: string;
  spec: Json;
  themes: Record<Theme, Json>;
  grid: PackedGrid;
  /** `OverviewAxis`, packed as a grid. */
  axis: PackedGrid;
  limits: Limits;
  sentences: Sentences;
  /** Whether the overview with its controls stands below the plot; true by default. */
  has_overview?: boolean;
  /** Whether the range runs along x, so that a drag in the plot selects a part of it; true by default. */
  is_zoomable?: boolean;
  /** The grid of the first range alone; only in a page without a kernel. */
  range_grid?: PackedGrid;
}

/** A chart in a page without a kernel. */
export interface PagePayload extends ChartPayload {
  range: IndexRange;
  bounds: IndexRange;
  /** The same for charts of the same changesets. */
  digest: string;
}

/** The cells that lie wholly in a range: positions `from` (included) to `to` (not included). */
export interface CellsInRange {
  from: number;
  to: number;
  /** Whether the range has no other changesets. */
  isExact: boolean;
  /** Whether the grid covers most of the range. */
  coversMost: boolean;
}

/** The pushes of a time bin and a kind. */
export interface BinRow {
  type: "bin";
  /** First and last changeset index of the range, the same in each row. */
  first: number;
  last: number;
  drawn: boolean;
  /** Start and width of the bin, in minutes; the start is local time since 1970. */
  start: number;
  step: number;
  /** Code of the kind. */
  kind: number;
  count: number;
  /** Number of elements before the range; 0 but in a chart of changes. */
  existing: number;
}

/** A changeset of a chart of pushes. */
export interface ChangesetTick {
  type: "tick";
  /** The changeset index, twice. */
  first: number;
  last: number;
  drawn: boolean;
  alone: true;
  /** 0: the bins have counted it. */
  count: number;
  /** Time of push, in milliseconds of local time since 1970. */
  time_ms: number;
  /** File size in bytes. */
  size: number;
  kinds: string;
}

/** The file sizes of a changeset ("dot") or of neighboring ones ("band"), in bytes. */
export interface SizeRow {
  type: "dot" | "band";
  first: number;
  last: number;
  drawn: boolean;
  /** Middle of `first` and `last`. */
  middle: number;
  /** Number of changesets. */
  extent: number;
  /** Number of changesets with an uploaded file. */
  count: number;
  /** Missing or null without any file above 0 bytes. */
  min?: number | null;
  /** 10 % and 90 % of the files are at most this large. */
  p10?: number | null;
  median?: number | null;
  p90?: number | null;
  max?: number | null;
  sum: number;
  /** Number of files of 0 bytes, and of changesets that wait for their file. */
  zeros: number;
  waiting: number;
  /** Time of push of the first changeset, in milliseconds of local time since 1970. */
  time_ms: number;
  /** Kinds of a changeset; empty for several. */
  kinds: string;
}

/** A named version of a chart, with the time of push of its changeset in milliseconds. */
export interface VersionRow {
  type: "version";
  index: number;
  name: string;
  time_ms: number;
}

/** The row of a chart that has no other. */
export interface EmptyRow {
  type: "empty";
  first: number;
  last: number;
  drawn: false;
}

export type ChartRow = BinRow | ChangesetTick | SizeRow | EmptyRow;

/** The rows of a chart for the cells in a range. */
export interface RowsInRange {
  rows: ChartRow[];
  /** Number of uploaded changesets; of changes, in a chart of changes. */
  count: number;
  /** Whether no other grid could show more. */
  isFine: boolean;
}

/** The rows that a chart draws for a range. */
export interface Slice extends CellsInRange, RowsInRange {
  isEmpty: boolean;
  first: number;
  last: number;
}

export interface Overview {
  /** Heights between 0 and 1, one a pixel. */
  heights: Float64Array;
  /** Positions and heights of the largest cells. */
  peaks: [x: number, height: number][];
}

/** Where a plot lies on its canvas, in pixels. */
export interface Plot {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A named version, at its changeset. */
export interface VersionMark {
  name: string;
  index: number;
}

/** What the overview below a plot needs beside the grid. */
export interface OverviewAxis {
  /** Time of the first push of each cell, in minutes of local time since 1970. */
  first_minutes: NumberArray;
  /** Minutes from the first to the last push of each cell. */
  spans: NumberArray;
  versions: VersionMark[];
  time_zone: string;
}

/** A tick of the overview: its position between 0 and 1, and two texts. */
export interface OverviewTick {
  position: number;
  label: string;
  secondLabel: string;
}

export interface Colors {
  alert: string;
  paper: string;
  ink: string;
  quiet: string;
  accent: string;
  rule: string;
}

/** The exact grid of a range, as the kernel sends it beside buffers. */
export interface GridMessage {
  range: IndexRange;
  /** Times of push of the first and the last changeset, in seconds of local time since 1970; null without any. */
  times: [number, number] | null;
  header: Json;
}

/** The details of a changeset; empty if the kernel could not read them. */
export interface DetailsMessage {
  changeset: number;
  details: Record<string, string>;
}

/** The first and the last changeset of a period; null if none was pushed in it. */
export interface PeriodMessage {
  period: [start: number, stop: number];
  found: IndexRange | null;
}

/** A message of the kernel to a chart. */
export type KernelMessage = GridMessage | DetailsMessage | PeriodMessage;

/** The changeset that is selected in charts and tables, with its time of push in seconds of local time since 1970. */
export interface Selection {
  index: number;
  seconds: number;
}

/** The kernel, as a chart uses it; null in a page without one. */
export interface KernelLink {
  /** Whether the kernel is connected: not after a restart. */
  readonly isLive: boolean;
  /** Request the exact grid of a range; call `onIdle` when the kernel has finished, with or without a response. */
  requestGrid(range: IndexRange, onIdle: () => void): void;
  /** Request the details of a changeset that no grid holds: id, account, description; nothing without a kernel. */
  requestChangesetDetails(index: number): Promise<Record<string, string>>;
  /**
   * Find the first and the last changeset of a period, in seconds of local time since 1970; null if none was pushed in it,
   * undefined without a response in time.
   */
  findPeriod(period: [start: number, stop: number]): Promise<IndexRange | null | undefined>;
  /** Select a changeset in all charts and tables of the range. */
  select(selection: Selection): void;
  /** Listen to the selected changeset, null without any, and return a function that unsubscribes. */
  subscribeSelection(listener: (selection: Selection | null) => void): () => void;
  /** Listen to the grids that the kernel sends, and return a function that unsubscribes. */
  subscribeGrids(listener: (range: IndexRange, grid: PackedGrid, times: [number, number] | null) => void): () => void;
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
  height(): number;
  padding(): { left: number; top: number };
  scale(name: string): { (value: number): number; invert(pixels: number): number | Date };
  signal(name: string, value: Json): VegaView;
  data(name: string, rows: Json[]): VegaView;
  runAsync(): Promise<VegaView>;
  addEventListener(type: string, listener: (event: Event, item: Json) => void): void;
  tooltip(): (this: VegaView, handler: null, event: Event | null, item: Json, value: Json) => void;
}

interface VegaNode {
  _argval?: { derive?: unknown };
  value: Record<string, unknown>;
}

/** What other scripts of a page use of the engine; see engine.js. */
export interface Engine {
  ChartView: typeof import("./view.js").ChartView;
  RangeStore: typeof import("./range_store.js").RangeStore;
  activate: typeof import("./standalone.js").activate;
  clampRange: typeof import("./range_input.js").clampRange;
}

export interface Embedded {
  view: VegaView;
  finalize(): void;
}

declare global {
  function imodelsNbEmbed(element: HTMLElement, spec: Json, options: Json): Promise<Embedded>;
  /** Set by the script of the engine. */
  var imodelsNbEngine: Engine;
  /** Promise of each engine, by digest. */
  var imodelsNbEngineLoads: Map<string, Promise<Engine>>;
}
