// What the way to the server is like, and what follows from it: parts, or whole
// segments. Pure; fed with every part and segment that was loaded.
//
// Parts are asked for one after the other, so each has to be here in less time
// than it lasts. Where a round trip alone takes as long, no buffer helps.

/** Loads of so long (ms) tell how it is now. */
const MEMORY = 8000;
/** So many must there be. */
const ENOUGH = 8;
/** The quick quarter of loads tells of the way; the others also of what else this machine does. */
const QUICK = 0.25;
const MOST = 0.5;
/** A part that takes more than this share of its time leaves nothing for those that take longer. */
const HARD = 0.8;
/** Parts are asked for again when one would take this share of its time for so long (ms), twice as long after each try that failed. */
const EASY = 0.7;
const GOOD_MINUTE = 60_000;
const LONGEST = 16 * GOOD_MINUTE;
/** What the way carries is told by the last so many segments. */
const SEGMENTS = 3;

/**
 * Something that was loaded.
 * @typedef {object} Load
 * @property {number} at when it was there, monotonic ms
 * @property {number} first ms from the request to the first byte
 * @property {number} took ms from the request to the last byte
 * @property {number} bytes
 * @property {number} seconds of picture in it
 * @property {boolean} part not a whole segment
 */

export class Connection {
  /** Whole segments are asked for. */
  whole = false;
  #partTarget = 0.1; // s
  /** @type {Load[]} of the present kind, oldest first */
  #loads = [];
  /** @type {number|null} since when parts would do again, monotonic ms */
  #goodSince = null;
  #patience = GOOD_MINUTE;
  #backAt = -Infinity; // when parts were last gone back to

  /**
   * @param {Load} load
   * @param {number} partTarget s
   * @returns {boolean} what is asked for has changed
   */
  loaded(load, partTarget) {
    if (load.part === this.whole) return false; // asked for before it changed
    this.#partTarget = partTarget;
    this.#loads.push(load);
    const keep = this.whole ? MEMORY * 2 : MEMORY;
    while (load.at - this.#loads[0].at > keep) this.#loads.shift();
    return this.whole ? this.#mayGoBack(load.at) : this.#mustGoWhole(load.at);
  }

  #mustGoWhole(at) {
    if (this.#loads.length < ENOUGH || quick(this.#loads.map((l) => l.took / l.seconds)) < HARD * 1000) return false;
    if (at - this.#backAt < 2 * GOOD_MINUTE) this.#patience = Math.min(LONGEST, 2 * this.#patience);
    else this.#patience = GOOD_MINUTE;
    this.#turn(true);
    return true;
  }

  #mayGoBack(at) {
    if (this.#partTakes > EASY * this.#partTarget * 1000) this.#goodSince = null;
    else this.#goodSince ??= at;
    if (this.#goodSince === null || at - this.#goodSince < this.#patience) return false;
    this.#backAt = at;
    this.#turn(false);
    return true;
  }

  #turn(whole) {
    this.whole = whole;
    this.#loads = [];
    this.#goodSince = null;
  }

  /** ms that a part would take: a round trip, and its share of a segment. */
  get #partTakes() {
    return quick(this.#loads.map((l) => l.first + ((l.took - l.first) * this.#partTarget) / l.seconds), MOST);
  }

  /** ms from a request to its answer; null: not known. */
  get roundTrip() {
    return this.#loads.length > 0 ? quick(this.#loads.map((l) => l.first)) : null;
  }

  /** What it carries and what the camera sends, bit/s, where that is less; else null. */
  get tooSlow() {
    const last = this.#loads.slice(-SEGMENTS);
    if (!this.whole || last.length < SEGMENTS) return null;
    const sum = (of) => last.reduce((total, load) => total + of(load), 0);
    const bits = 8 * sum((l) => l.bytes);
    const [has, needs] = [bits / (sum((l) => l.took) / 1000), bits / sum((l) => l.seconds)];
    return has < needs ? { has, needs } : null;
  }
}

function quick(values, share = QUICK) {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)];
}
