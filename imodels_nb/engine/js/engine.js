// The entry of the engine: what a page can reach of it.
import { bindRangeKeys, clampRange } from "./range_input.js";
import { RangeStore } from "./range_store.js";
import { activate } from "./standalone.js";
import { ChartView } from "./view.js";

globalThis.imodelsNbEngine = { ChartView, RangeStore, activate, bindRangeKeys, clampRange };
