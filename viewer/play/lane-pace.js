// When a frame that has come is to be shown: at even distances, and as soon as the way
// here allows. Pure; ms.

import { Lateness } from "./lateness.js";

const MEMORY = 10_000; // ms of whose frames the lateness counts
/** Share of the frames that are there in time. A late one is shown when it comes, and the picture goes on. */
const RANK = 0.9;
const MOST = 120; // ms that is waited at most
const STEP = 0.5; // ms by which two frames may wait differently,
const SHARE = 0.02; // or this share of what they wait too long or too short

export class LanePace {
  #lateness = new Lateness(MEMORY);
  /** @type {number|null} when a frame is shown, less when it was taken */
  #delay = null;

  /**
   * A frame is there.
   * @param {number} at monotonic
   * @param {number} date when it was taken, by any clock
   */
  arrived(at, date) {
    this.#lateness.add(at, at - date);
    const wanted = this.#wanted;
    // A first frame waits for nobody, and what has changed by much is no jitter.
    if (this.#delay === null || Math.abs(wanted - this.#delay) > MOST) this.#delay = wanted;
    else {
      const off = wanted - this.#delay;
      const step = Math.max(STEP, SHARE * Math.abs(off));
      this.#delay += Math.max(-step, Math.min(step, off));
    }
  }

  get #wanted() {
    return Math.min(this.#lateness.least + MOST, this.#lateness.rank(RANK));
  }

  /** By how much frames wait beside the earliest, ms. */
  get jitter() {
    return this.#delay === null ? 0 : Math.max(0, this.#delay - this.#lateness.least);
  }

  /**
   * When a frame that was taken then is to be shown, monotonic.
   * @param {number} date
   */
  due(date) {
    return this.#delay === null ? -Infinity : date + this.#delay;
  }
}
