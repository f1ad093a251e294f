// The zone in which the page tells times: one for all of them.

import { localZone } from "./zone.js";

/** @typedef {import("./zone.js").Zone} Zone */

let zone = localZone;

/** @returns {Zone} */
export const shownZone = () => zone;

/** @param {Zone} other */
export function showIn(other) {
  zone = other;
}
