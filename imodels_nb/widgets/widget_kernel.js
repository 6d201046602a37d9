// The kernel behind a chart: requests and their responses, the selected changeset, and the range of the slider.
/** @import { IndexRange, Json, KernelLink, KernelMessage, PackedGrid, Selection, WidgetModel } from "../engine/js/types.d.ts" */
/** @import { RangeStore } from "../engine/js/range_store.js" */
import { listen, SELECTION } from "./models.js";

const MAX_BUSY_WAIT = 40; // ms
const MAX_PERIOD_WAIT = 1000; // ms; a busy kernel responds later than a person waits for a range
const MAX_DETAILS_WAIT = 10_000; // ms; a tooltip takes its details from a busy kernel, too

/** The kernel behind a widget's model. @implements {KernelLink} */
export class WidgetKernel {
  #model;
  #slider;
  /** @type {Promise<void>} */
  #busy = Promise.resolve(); // resolves when the kernel is busy with the request, or after 40 ms

  /**
   * @param {WidgetModel} model
   * @param {WidgetModel} slider
   */
  constructor(model, slider) {
    this.#model = model;
    this.#slider = slider;
  }

  /** Whether the kernel is connected. */
  get isLive() {
    return this.#slider.comm_live;
  }

  /**
   * Request the exact grid of a range.
   * @param {IndexRange} range
   * @param {() => void} onIdle
   */
  requestGrid(range, onIdle) {
    if (!this.#slider.comm_live) {
      return; // without a kernel, the chart is drawn from its grid alone
    }
    this.#busy = new Promise((resolve) => {
      /** @param {Json} message */
      const status = ({ content }) => {
        if (content.execution_state === "idle") {
          onIdle();
        } else {
          resolve();
        }
      };
      this.#model.send({ range }, { iopub: { status } });
      setTimeout(resolve, MAX_BUSY_WAIT);
    });
  }

  /** Wait until the kernel is busy with the latest request for a grid, or for 40 ms. */
  waitUntilBusy() {
    return this.#busy;
  }

  /**
   * Request the details of a changeset, and return a promise of them: none if the kernel does not respond.
   * @param {number} index
   * @returns {Promise<Record<string, string>>}
   */
  async requestChangesetDetails(index) {
    const response = await this.#request({ changeset: index }, MAX_DETAILS_WAIT, (message) =>
      "details" in message && message.changeset === index ? message : null,
    );
    return response?.details ?? {};
  }

  /**
   * Find the changesets of a period; undefined if the kernel does not respond.
   * @param {[start: number, stop: number]} period
   * @returns {Promise<IndexRange | null | undefined>}
   */
  async findPeriod(period) {
    const response = await this.#request({ period }, MAX_PERIOD_WAIT, (message) =>
      "period" in message && message.period[0] === period[0] && message.period[1] === period[1] ? message : null,
    );
    return response?.found;
  }

  /**
   * Send a request, and return a promise of its response; null if the kernel is interrupted, dies or is late.
   * @template {KernelMessage} Response
   * @param {Json} content
   * @param {number} wait in ms
   * @param {(message: KernelMessage) => Response | null} read returns a message that is the response, typed
   * @returns {Promise<Response | null>}
   */
  #request(content, wait, read) {
    if (!this.#slider.comm_live) {
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      /** @param {Response | null} response */
      const finish = (response) => {
        clearTimeout(timer);
        unsubscribe();
        resolve(response);
      };
      const unsubscribe = this.#onMessage((message) => {
        const response = read(message);
        if (response) {
          finish(response);
        }
      });
      const timer = setTimeout(() => finish(null), wait);
      /** @param {Json} message */
      const status = ({ content: { execution_state } }) => {
        if (execution_state === "idle") {
          finish(null);
        }
      };
      this.#model.send(content, { iopub: { status } });
    });
  }

  /**
   * Select a changeset in all charts and tables of the range.
   * @param {Selection} selection
   */
  select(selection) {
    this.#slider.set(SELECTION, selection);
    this.#slider.save_changes();
  }

  /**
   * Listen to the selected changeset, and return a function that unsubscribes.
   * @param {(selection: Selection | null) => void} listener
   */
  subscribeSelection(listener) {
    const notify = () => {
      const selection = this.#slider.get(SELECTION);
      listener(selection?.index === undefined ? null : selection);
    };
    notify();
    return listen(this.#slider, `change:${SELECTION}`, notify);
  }

  /**
   * Listen to the grids that the kernel sends, and return a function that unsubscribes.
   * @param {(range: IndexRange, grid: PackedGrid, times: [number, number] | null) => void} listener
   */
  subscribeGrids(listener) {
    return this.#onMessage((message, buffers) => {
      if ("range" in message) {
        listener(message.range, { header: message.header, buffers }, message.times);
      }
    });
  }

  /**
   * Listen to the messages of the kernel, and return a function that unsubscribes.
   * @param {(message: KernelMessage, buffers: ArrayBufferView[]) => void} listener
   */
  #onMessage(listener) {
    return listen(this.#model, "msg:custom", listener);
  }
}

/**
 * Keep the range of the chart and that of the slider's model the same, and return a function that unsubscribes.
 *
 * A move on the chart is drawn, and its grid requested, before the slider gets the range: the slider's own drawing does
 * not delay it. The slider's message also waits for the kernel's busy status and so carries its acknowledgment: otherwise
 * Nagle's algorithm and delayed acknowledgments hold the kernel's response for 40 ms.
 * @param {WidgetModel} slider
 * @param {RangeStore} store
 * @param {WidgetKernel} kernel
 */
export function linkSlider(slider, store, kernel) {
  const onSlider = () => {
    const [first, last] = slider.get("value");
    if (first >= store.bounds[0] && last <= store.bounds[1]) {
      store.set([first, last]); // other values follow with the changesets that they belong to
    }
  };
  const onRange = async () => {
    if (store.equals(slider.get("value"))) {
      return; // the move comes from the slider
    }
    await kernel.waitUntilBusy();
    slider.set("value", store.value);
    slider.save_changes();
  };
  const stops = [listen(slider, "change:value", onSlider), store.subscribe(onRange, { last: true })];
  return () => {
    for (const stop of stops) {
      stop();
    }
  };
}
