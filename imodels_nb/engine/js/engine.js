// The entry of the engine: the names that other scripts of a page can use.
import { clampRange } from "./range_input.js";
import { RangeStore } from "./range_store.js";
import { activate } from "./standalone.js";
import { ChartView } from "./view.js";

globalThis.imodelsNbEngine = { ChartView, RangeStore, activate, clampRange };
