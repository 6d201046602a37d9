// A widget model without a kernel: a test sends and reads its messages.

/** Stores the values and the messages of a model, and calls its listeners when the test says so. */
export class WidgetModel {
  /** @type {{content: any, callbacks: any}[]} */
  sent = [];
  savedChanges = 0;
  /** @type {Map<string, Set<(...values: any[]) => void>>} */
  #listeners = new Map();
  #values;

  /**
   * @param {Record<string, any>} values
   * @param {boolean} isLive
   */
  constructor(values, isLive = true) {
    this.#values = values;
    this.comm_live = isLive;
    /** @type {Record<string, WidgetModel>} */
    this.others = {};
    this.widget_manager = { get_model: async (/** @type {string} */ id) => this.others[id] };
  }

  /** @param {string} name */
  get(name) {
    return this.#values[name];
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  set(name, value) {
    this.#values[name] = value;
    this.notify(`change:${name}`);
  }

  /**
   * @param {string} event
   * @param {(...values: any[]) => void} listener
   */
  on(event, listener) {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  /**
   * @param {string} event
   * @param {(...values: any[]) => void} listener
   */
  off(event, listener) {
    this.#listeners.get(event)?.delete(listener);
  }

  /**
   * @param {any} content
   * @param {any} [callbacks]
   */
  send(content, callbacks) {
    this.sent.push({ content, callbacks });
  }

  save_changes() {
    this.savedChanges += 1;
  }

  /**
   * Call the listeners of an event.
   * @param {string} event
   * @param {any[]} values
   */
  notify(event, ...values) {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      listener(...values);
    }
  }

  /**
   * Send a message as the kernel does.
   * @param {any} content
   */
  respond(content) {
    this.notify("msg:custom", content, []);
  }

  /**
   * Send the status of the kernel at the last request.
   * @param {"busy" | "idle"} execution_state
   */
  sendStatus(execution_state) {
    this.sent.at(-1)?.callbacks.iopub.status({ content: { execution_state } });
  }

  countListeners(event = "msg:custom") {
    return this.#listeners.get(event)?.size ?? 0;
  }
}
