// Whether somebody sees the live picture, and whether this page was awake.

const ASLEEP = 4000; // ms without a look: the machine slept or the page was frozen
const LETS_GO = 5000; // ms that nobody has seen the page, after which its live picture is no longer loaded

export class Audience {
  #lookedAt = performance.now(); // monotonic ms
  #seenAt = performance.now(); // the page was, at the last look

  /** Another tab is seen: what a hidden page loads for a moment yet is let go of at once. */
  letGo() {
    this.#seenAt = -Infinity;
  }

  /**
   * To be called about ten times a second.
   * @param {number} now monotonic ms
   * @returns {boolean} the page has slept since the last look
   */
  look(now) {
    const slept = now - this.#lookedAt > ASLEEP;
    this.#lookedAt = now;
    if (!document.hidden || document.pictureInPictureElement) this.#seenAt = now;
    return slept;
  }

  /**
   * Nobody has seen it for a while, neither on the page nor in a window of its own.
   * @param {number} now monotonic ms
   */
  gone(now) {
    return now - this.#seenAt > LETS_GO;
  }
}
