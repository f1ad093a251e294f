// How much the way carries, by what is on its way when a page opens: so nobody has
// to wait for its end to know that. Pure.

/** Two looks farther apart than this (ms) say more of the machine than of the way. */
const PUNCTUAL = 250;
/** So long (ms) must something have been seen to come, and for so many round trips: connections begin slowly. */
const ENOUGH = 400;
const TRIPS = 6;
/** And in so many looks: what comes at once is not slow. */
const LOOKS = 4;

/** @typedef {import("./rates.js").Coming} Coming */

export class Opening {
  /** @type {Coming|null} as it was seen last */
  #last = null;
  /** @type {{url: string, from: number, to: number, bytes: number}[]} in which time (monotonic ms) how much of what was seen to come */
  #seen = [];
  #looks = 0;

  /**
   * To be called about ten times a second.
   * @param {Coming} coming the part or segment that is on its way
   * @param {import("./connection.js").Arrivals} arrivals
   * @returns {number|null} bit/s; null: it is not known yet
   */
  look(coming, arrivals) {
    const last = this.#last;
    this.#last = coming;
    if (last && last.url === coming.url && last.bytes > 0 && coming.at - last.at < PUNCTUAL) this.#saw(last, coming);
    const took = this.#seen.reduce((sum, s) => sum + s.to - s.from, 0);
    if (this.#looks < LOOKS || took < Math.max(ENOUGH, TRIPS * (arrivals.trip ?? 0))) return null;
    const bytes = this.#seen.reduce((sum, s) => sum + s.bytes + arrivals.beside(s.from, s.to, s.url), 0);
    return (8000 * bytes) / took;
  }

  #saw(last, { url, at, bytes }) {
    this.#looks++;
    const before = this.#seen.at(-1);
    if (before && before.to === last.at) Object.assign(before, { to: at, bytes: before.bytes + bytes - last.bytes });
    else this.#seen.push({ url, from: last.at, to: at, bytes: bytes - last.bytes });
  }
}
