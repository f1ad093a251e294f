// The server's clock, seen from here. Latency is only as true as this.

const KEPT = 8; // samples; the one with the shortest round trip is the most exact

/**
 * Estimates the server's time from answers that carry it, as NTP does: the
 * answer was written about half a round trip before it arrived.
 * Times of this side are monotonic milliseconds (performance.now()).
 */
export class ServerClock {
  #samples = [];

  /**
   * @param {number} sent monotonic ms when the request left
   * @param {number} received monotonic ms when its answer was here
   * @param {number} serverMs the time in the answer, ms since 1970
   */
  observe(sent, received, serverMs) {
    if (!Number.isFinite(serverMs)) return;
    const trip = Math.max(0, received - sent);
    const offset = serverMs - (sent + received) / 2;
    // A jump means that a clock was set or that this machine slept: what was
    // known before is worth nothing.
    if (this.synced && Math.abs(offset - this.offset) > trip / 2 + this.#best().trip / 2 + 50) this.#samples = [];
    this.#samples.push({ trip, offset });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  #best() {
    return this.#samples.reduce((a, b) => (b.trip <= a.trip ? b : a));
  }

  get synced() {
    return this.#samples.length > 0;
  }

  /** Server ms minus monotonic ms. */
  get offset() {
    return this.#best().offset;
  }

  /** The server's time now in ms since 1970; this machine's own until the first answer. */
  now(monotonic = performance.now()) {
    return this.synced ? monotonic + this.offset : performance.timeOrigin + monotonic;
  }
}
