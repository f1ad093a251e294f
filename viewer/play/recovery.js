// When to try again, and how. Pure; times in ms.

const FIRST = 500;
const MOST = 5000;
const HEALTHY = 10_000;

/** Delays that double from half a second to five, and start over after ten good seconds. */
export class Backoff {
  #delay = FIRST;
  /** @type {number|null} */
  #goodSince = null;

  next(random = Math.random()) {
    const delay = this.#delay;
    this.#delay = Math.min(MOST, delay * 2);
    this.#goodSince = null;
    return delay * (0.8 + 0.4 * random);
  }

  /** The picture moves. */
  good(at) {
    const since = (this.#goodSince ??= at);
    if (at - since >= HEALTHY) this.reset();
  }

  /** Something changed for the better: the next try may come at once. */
  reset() {
    this.#delay = FIRST;
  }
}

/**
 * What a fatal error of the player asks for: the first media error of a player
 * is recovered from in place, everything else takes a new player.
 * @param {{media: boolean, recoveries: number}} error recoveries: how often this player was recovered already
 * @returns {"recover"|"rebuild"}
 */
export function remedy({ media, recoveries }) {
  return media && recoveries === 0 ? "recover" : "rebuild";
}

/** A live picture that stands this long (ms) although the camera is live is rebuilt. */
const PATIENCE = 3000;
/** Where bytes come, only later than they should, another deck would begin with them anew: what has not come after so long (ms) never will. */
export const LONG_PATIENCE = 60_000;
/** Bytes come as long as there were new ones in the last so many ms. */
const SILENT = 2000;

/**
 * Whether a load that is late is getting on.
 */
export class Progress {
  #bytes = 0;
  #at = -Infinity;

  /**
   * @param {number} at monotonic ms
   * @param {import("./rates.js").Coming|null} coming what is on its way
   * @returns {boolean} it takes longer than it lasts, and its bytes come
   */
  look(at, coming) {
    const bytes = coming?.bytes ?? 0;
    if (bytes !== this.#bytes) this.#at = at;
    this.#bytes = bytes;
    return coming !== null && coming.took > Math.max(1, coming.seconds) * 1000 && at - this.#at < SILENT;
  }
}

/**
 * Watches for a player that stopped without saying so.
 */
export class Watchdog {
  /** @type {number|null} */
  #since = null;

  /**
   * @param {number} at monotonic ms
   * @param {boolean} due the picture ought to move: live, not paused, the camera live, the page visible
   * @param {boolean} moved it did since the last look
   * @param {boolean} [coming] what it needs is coming
   * @returns {boolean} true when it is time to rebuild; then the wait begins anew
   */
  look(at, due, moved, coming = false) {
    if (!due || moved) this.#since = null;
    else this.#since ??= at;
    if (this.#since === null || at - this.#since < (coming ? LONG_PATIENCE : PATIENCE)) return false;
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
