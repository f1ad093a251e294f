// What loads of history tell of the way to the server. Nothing holds them there, so
// that each takes as long as its way does. Pure.

import { ratesOf, sum } from "./rates.js";

/** The last so many segments tell, */
const LAST = 3;
/** for so long (ms). */
const MEMORY = 60_000;

/**
 * @typedef {import("./rates.js").Load} Load
 * @typedef {import("./rates.js").Coming} Coming
 */

export class PastLoads {
  /** @type {Load[]} oldest first */
  #loads = [];
  /** @type {Coming|null} a segment that takes longer than it lasts already */
  #late = null;

  /** Another camera, which may send less. */
  forget() {
    this.#loads = [];
    this.#late = null;
  }

  /** @param {Load} load */
  loaded(load) {
    this.#late = null;
    if (!load.part) this.#loads = [...this.#loads, load].slice(-LAST);
  }

  /** @param {Coming|null} load that is on its way */
  coming(load) {
    this.#late = load && !load.part && load.took > load.seconds * 1000 ? load : null;
  }

  /**
   * Reports whether the last ones were all like that.
   * @param {(load: Load) => boolean} like
   */
  all(like) {
    return this.#loads.length === LAST && this.#loads.every(like);
  }

  /**
   * What the way carries and what the camera sends.
   * @param {number} now monotonic ms
   * @returns {import("./rates.js").Rates|null|undefined} null: it carries that; undefined: nothing tells
   */
  rates(now) {
    const loads = [...this.#loads.filter((l) => now - l.at < MEMORY), ...(this.#late ? [this.#late] : [])].slice(-LAST);
    // One that is late may be alone with that; one that takes as long as three last is not.
    const enough = loads.length === LAST || sum(loads, (l) => l.took) > LAST * 1000 * sum(loads, (l) => l.seconds);
    return enough ? ratesOf(loads, (l) => l.took) : undefined;
  }
}
