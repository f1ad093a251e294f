// Dragging the playhead: the picture follows as fast as it can, and no faster.

const EVERY = 150; // ms

/**
 * @typedef {object} ScrubberEvents
 * @property {(ms: number, fleeting: boolean) => void} chosen an instant; fleeting: on the way to another
 * @property {() => boolean} busy the last one is not on the screen yet
 */

export class Scrubber {
  /** @type {number|null} the instant under the finger, ms; null: nobody drags */
  at = null;
  /** @type {number|null} */
  #chosen = null;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #timer;

  /** @param {ScrubberEvents} on */
  constructor(on) {
    this.on = on;
  }

  /** @param {number} at ms */
  drag(at) {
    this.at = at;
    this.#timer ??= setInterval(() => this.#follow(), EVERY);
  }

  #follow() {
    if (this.at === null || this.at === this.#chosen || this.on.busy()) return;
    this.#chosen = this.at;
    this.on.chosen(this.at, true);
  }

  /** @param {number|null} at where it was let go, ms; null: it was called off */
  drop(at) {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.at = this.#chosen = null;
    if (at !== null) this.on.chosen(at, false);
  }
}
