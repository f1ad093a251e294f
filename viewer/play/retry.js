// When a picture that was lost is tried for again: after a pause that grows,
// when the camera is back, and when the picture stands without a word.

import { Backoff, Watchdog } from "./recovery.js";

export class Retry {
  /** How often there was another try. */
  count = 0;
  #backoff = new Backoff();
  #watchdog = new Watchdog();
  /** @type {ReturnType<typeof setTimeout>|null} */
  #timer = null;

  /** @param {() => void} again */
  constructor(again) {
    this.again = again;
  }

  get pending() {
    return this.#timer !== null;
  }

  /** Once the pause is over. */
  later() {
    this.#timer ??= setTimeout(() => this.#now(), this.#backoff.next());
  }

  /** Something was asked for, which is a try by itself. */
  cancel() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Another camera. */
  reset() {
    this.cancel();
    this.#backoff.reset();
  }

  /** The camera is back: what waits need not wait any longer. */
  cameraBack() {
    this.#backoff.reset();
    if (this.pending) this.#now();
  }

  /** The picture moves. */
  good(at) {
    this.#backoff.good(at);
  }

  /**
   * @param {number} at monotonic ms
   * @param {boolean} due the picture ought to move
   * @param {boolean} well it does, or was paused
   * @param {boolean} [coming] what it needs is coming
   */
  watch(at, due, well, coming) {
    if (this.#watchdog.look(at, due && !this.pending, well, coming)) this.#now();
  }

  #now() {
    this.cancel();
    this.count++;
    this.again();
  }
}
