// Painting on request: one picture at a time, and only the latest request counts.

/** Runs a function that paints whenever it is requested, until the loop is stopped. */
export class PaintLoop {
  #paint;
  #release;
  #isRequested = false;
  #isPainting = false;
  #isStopped = false;

  /**
   * @param {() => Promise<void>} paint
   * @param {() => void} release releases what `paint` uses, once the loop is stopped and no picture is under way
   */
  constructor(paint, release) {
    this.#paint = paint;
    this.#release = release;
  }

  /** Paint now, or again after the picture that is under way. */
  async request() {
    this.#isRequested = true;
    if (this.#isPainting) {
      return;
    }
    this.#isPainting = true;
    while (this.#isRequested && !this.#isStopped) {
      this.#isRequested = false;
      try {
        await this.#paint();
      } catch (error) {
        reportError(error); // the next request paints again
      }
    }
    this.#isPainting = false;
    if (this.#isStopped) {
      this.#release();
    }
  }

  /** Stop painting, and release. */
  stop() {
    this.#isStopped = true;
    if (!this.#isPainting) {
      this.#release();
    }
  }
}
