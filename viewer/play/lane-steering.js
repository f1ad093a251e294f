// How much of what comes frame by frame waits to be shown: as little as the way here
// allows. Pure; seconds.

import { Lateness } from "./lateness.js";

const LEAST = 0.02; // for the browser's own work
const MOST = 0.5;
const MEMORY = 10; // s of whose frames the lateness counts
const RANK = 0.98; // share of the frames that are waited for
/** Farther from the target the picture jumps. */
const JUMP = 0.4;
const NEAR = 0.012; // this near to it nothing is corrected

export class LaneSteering {
  #lateness = new Lateness(MEMORY);
  #least = LEAST;
  #rate = 1;

  /**
   * A frame has come.
   * @param {number} at monotonic
   * @param {number} date when it was taken, by any clock
   */
  arrived(at, date) {
    this.#lateness.add(at, at - date);
  }

  /** The picture has stood for want of data. */
  stalled() {
    this.#least = Math.min(MOST, this.#least + 0.02);
  }

  /** What came before says nothing. */
  restart() {
    this.#lateness.forget();
    this.#rate = 1;
  }

  /** By how much nearly all frames are late at most, against the earliest. */
  get jitter() {
    const { least } = this.#lateness;
    return least === undefined ? 0 : this.#lateness.rank(RANK) - least;
  }

  /** What is to be in the buffer still when a frame comes. */
  get target() {
    return Math.min(MOST, this.#least + this.jitter);
  }

  /**
   * @param {number} ahead what is in the buffer from the playhead on when a frame has come, without that
   * @returns {{rate: number, jump: number}} jump: forward, 0 for none
   */
  update(ahead) {
    const error = ahead - this.target;
    if (error > JUMP) return { rate: (this.#rate = 1), jump: error };
    if (this.#rate > 1 ? error <= 0 : this.#rate < 1 ? error >= 0 : Math.abs(error) < NEAR) this.#rate = 1;
    else if (error > NEAR) this.#rate = error > 0.15 ? 1.15 : 1.05;
    else if (error < -NEAR) this.#rate = 0.95;
    return { rate: this.#rate, jump: 0 };
  }
}
