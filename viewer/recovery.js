// When to try again, and how. Pure; times in ms.

const FIRST = 500;
const MOST = 5000;
const HEALTHY = 10_000;

/** Delays that double from half a second to five, and start over after ten good seconds. */
export class Backoff {
  #delay = FIRST;
  #goodSince = null;

  next(random = Math.random()) {
    const delay = this.#delay;
    this.#delay = Math.min(MOST, delay * 2);
    this.#goodSince = null;
    return delay * (0.8 + 0.4 * random);
  }

  /** The picture moves. */
  good(at) {
    this.#goodSince ??= at;
    if (at - this.#goodSince >= HEALTHY) this.reset();
  }

  /** Something changed for the better: the next try may come at once. */
  reset() {
    this.#delay = FIRST;
  }
}

/**
 * What a fatal error of the player asks for: the first media error of a player
 * is mended in place, everything else takes a new player.
 * @param {{media: boolean, mended: number}} error mended: how often this player was mended already
 * @returns {"mend"|"rebuild"}
 */
export function remedy({ media, mended }) {
  return media && mended === 0 ? "mend" : "rebuild";
}

const POLL = 2000;
const POLL_MISSED = 600;
const POLL_HIDDEN = 15_000;

/**
 * How long (ms) until the API is asked again: whoever isn't there is wanted as
 * soon as it comes, since a player that gave up tries again at that word.
 * @param {{hidden: boolean, reachable: boolean, camera: "live"|"away"|"starting"|null}} seen
 */
export function nextPoll({ hidden, reachable, camera }) {
  if (hidden) return POLL_HIDDEN;
  return reachable && camera === "live" ? POLL : POLL_MISSED;
}

/** A live picture that stands this long although the camera is live is rebuilt. */
const PATIENCE = 3000;

/**
 * Watches for a player that stopped without saying so.
 */
export class Watchdog {
  #since = null;

  /**
   * @param {number} at monotonic ms
   * @param {boolean} due the picture ought to move: live, not paused, the camera live, the page visible
   * @param {boolean} moved it did since the last look
   * @returns {boolean} true when it is time to rebuild; then the wait begins anew
   */
  look(at, due, moved) {
    if (!due || moved) this.#since = null;
    else this.#since ??= at;
    if (this.#since === null || at - this.#since < PATIENCE) return false;
    this.#since = null;
    return true;
  }
}

/**
 * hls.js's retry rule for one request: everything that a server which comes back
 * can heal. Status 0 is a refused connection, which hls.js itself gives up on.
 */
export function worthRetrying(config, count, timedOut, response) {
  if (!config || count >= config.maxNumRetry) return false;
  const status = response?.code ?? 0;
  return timedOut || status === 0 || status === 429 || status >= 500;
}
