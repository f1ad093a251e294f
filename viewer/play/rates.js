// What loads tell of the rates. Pure.

/**
 * Something that was loaded.
 * @typedef {object} Load
 * @property {number} at when it was there, monotonic ms
 * @property {number} first ms from the request to the first byte
 * @property {number} took ms from the request to the last byte
 * @property {number} bytes
 * @property {number} seconds of picture in it
 * @property {boolean} part not a whole segment
 * @property {string} url as it was asked for
 *
 * Something that is still on its way: what has come of it so far, and all its bytes (0: not told).
 * @typedef {Load & {total: number}} Coming
 *
 * @typedef {{has: number, needs: number}} Rates what the way carries, and what the camera sends: bit/s
 */

/**
 * @param {(Load|Coming)[]} loads
 * @param {(load: Load) => number} took ms
 * @param {{beside?: (load: Load) => number, camera?: number|null}} [known] beside: bytes that came in the same time;
 *   camera: what it sends, bit/s, where these loads are too few to tell
 * @returns {Rates|null} where they come too slowly
 */
export function ratesOf(loads, took, { beside = () => 0, camera = null } = {}) {
  const come = (8 * sum(loads, (l) => l.bytes)) / (sum(loads, took) / 1000);
  const needs = camera ?? (8 * sum(loads, allOf)) / sum(loads, (l) => l.seconds);
  if (come >= needs) return null;
  // What the way carries is all that came, in the time in which something did. A segment tells how it is now; a part is too short for that.
  const telling = loads.at(-1)?.part ? loads : loads.slice(-1);
  const has = (8 * sum(telling, (l) => l.bytes + beside(l))) / (sum(telling, (l) => l.took - l.first) / 1000);
  return { has: has < needs ? has : come, needs };
}

/** @param {Load|Coming} load */
const allOf = (load) => Math.max(load.bytes, "total" in load ? load.total : 0);

/**
 * @param {Load[]} loads
 * @param {(load: Load) => number} of
 */
export const sum = (loads, of) => loads.reduce((total, load) => total + of(load), 0);
