// Time zones. A zone is given, so that tests can be anywhere.
//
// "Wall" times are what clocks on the wall show, as ms since 1970 as if they
// were UTC: their days and hours can be computed with Date's UTC functions.

const DAY = 86_400_000;
const QUARTER = 900_000; // ms; offsets change at quarters of an hour

/**
 * @typedef {object} Zone
 * @property {string} [name] in the IANA database; without one it is the reader's own
 * @property {(ms: number) => number} offset ms that the wall is ahead of UTC at an instant
 */

/**
 * The reader's own zone.
 * @type {Zone}
 */
export const localZone = { offset: (ms) => -new Date(ms).getTimezoneOffset() * 60_000 };

/** @type {Zone} */
export const utcZone = { name: "UTC", offset: () => 0 };

/** @type {Map<string, Zone|null>} */
const named = new Map([["UTC", utcZone]]);

/**
 * A zone by its name in the IANA database, or null where this browser doesn't know it.
 * @param {string} name
 * @returns {Zone|null}
 */
export function zoneNamed(name) {
  const made = named.has(name) ? named.get(name) : make(name);
  named.set(name, made ?? null);
  return made ?? null;
}

/** @returns {Zone|null} */
function make(name) {
  /** @type {Intl.DateTimeFormat} */
  let format;
  try {
    const number = "numeric";
    format = new Intl.DateTimeFormat("en-GB", { timeZone: name, hourCycle: "h23", year: number, month: number, day: number, hour: number, minute: number, second: number });
  } catch {
    return null;
  }
  /** @type {Map<number, number>} by the quarter of an hour */
  const offsets = new Map();
  const offset = (ms) => {
    const quarter = Math.floor(ms / QUARTER);
    const found = offsets.get(quarter);
    if (found !== undefined) return found;
    const p = Object.fromEntries(format.formatToParts(quarter * QUARTER).map(({ type, value }) => [type, Number(value)]));
    const made = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - quarter * QUARTER;
    if (offsets.size > 5000) offsets.clear();
    offsets.set(quarter, made);
    return made;
  };
  return { name, offset };
}

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

/**
 * The wall shows the same time twice, an hour apart.
 * @param {number} ms
 * @param {Zone} zone
 */
export const isRepeated = (ms, zone) => instantsOf(wallOf(ms, zone), zone).length > 1;

// Zones change at most once in two days.
function candidates(wall, zone) {
  const before = zone.offset(wall - DAY);
  const after = zone.offset(wall + DAY);
  return before === after ? [wall - before] : [wall - Math.max(before, after), wall - Math.min(before, after)];
}
