// Whether the browser still reports frames (requestVideoFrameCallback). Pure; monotonic ms.

/** The playhead may go on for so long without a report: this, or so many times as long as between two reports. */
const PATIENCE = 1000;
const REPORTS = 3;
/** Pauses between two looks at the playhead that are longer say nothing: the page slept. */
const ASLEEP = 1000;

/**
 * Firefox (seen with 153) may stop to report frames for good, though the picture
 * moves. Then the playhead is believed.
 */
export class FrameReports {
  /** The playhead goes on, and no frame is reported. */
  silent = false;
  #toldAt = -Infinity;
  #apart = 0; // ms between the last two reports, while it played
  #gone = 0; // ms for which the playhead has gone on since the last report
  #lookedAt = -Infinity;
  #time = NaN; // s of media, where the playhead was at the last look

  /**
   * A frame was reported.
   * @param {number} at
   * @param {number} currentTime s
   */
  told(at, currentTime) {
    this.#apart = this.#toldAt === -Infinity ? 0 : at - this.#toldAt;
    this.#toldAt = at;
    this.#lookedAt = at;
    this.#time = currentTime;
    this.#gone = 0;
    this.silent = false;
  }

  /** The playhead is moved: what was between two reports says nothing. */
  restart() {
    this.#toldAt = -Infinity;
    this.#lookedAt = -Infinity;
    this.#gone = 0;
  }

  /**
   * To be called while the playhead goes on, some times a second.
   * @param {number} at
   * @param {{currentTime: number, seeking: boolean}} video
   */
  went(at, { currentTime, seeking }) {
    const passed = at - this.#lookedAt;
    if (!seeking && currentTime > this.#time && passed <= ASLEEP) this.#gone += passed;
    this.#lookedAt = at;
    this.#time = currentTime;
    if (this.#gone > Math.max(PATIENCE, REPORTS * this.#apart)) this.silent = true;
  }
}
