// Local time. Pure: a zone is given, so that tests can be anywhere.
//
// "Wall" times are what clocks on the wall show, as ms since 1970 as if they
// were UTC: their days and hours can be computed with Date's UTC functions.

const DAY = 86_400_000;

/**
 * @typedef {object} Zone
 * @property {(ms: number) => number} offset ms that the wall is ahead of UTC at an instant
 */

/**
 * The reader's own zone.
 * @type {Zone}
 */
export const localZone = { offset: (ms) => -new Date(ms).getTimezoneOffset() * 60_000 };

/**
 * What the wall shows at an instant.
 * @param {number} ms
 * @param {Zone} zone
 */
export const wallOf = (ms, zone) => ms + zone.offset(ms);

/**
 * When the wall shows a time: one instant; two in the hour that is repeated in
 * autumn; none in the one that is left out in spring.
 * @param {number} wall
 * @param {Zone} zone
 * @returns {number[]} oldest first
 */
export function instantsOf(wall, zone) {
  return candidates(wall, zone).filter((ms) => wallOf(ms, zone) === wall);
}

/**
 * The first instant at which the wall shows a time, or, where it is left out, has gone past it.
 * @param {number} wall
 * @param {Zone} zone
 * @returns {number}
 */
export function instantOf(wall, zone) {
  const all = candidates(wall, zone);
  return all.find((ms) => wallOf(ms, zone) === wall) ?? all[all.length - 1];
}

// Zones change at most once in two days.
function candidates(wall, zone) {
  const before = zone.offset(wall - DAY);
  const after = zone.offset(wall + DAY);
  return before === after ? [wall - before] : [wall - Math.max(before, after), wall - Math.min(before, after)];
}
