// Between the media's own time and the wall clock, by EXT-X-PROGRAM-DATE-TIME.

/**
 * @typedef {object} Segment
 * @property {number} start s of media time
 * @property {number} duration s
 * @property {number|null} programDateTime ms since 1970
 *
 * What hls.js knows of a playlist.
 * @typedef {object} Details
 * @property {Segment[]} fragments
 * @property {Segment|null} [fragmentHint] the segment that is still growing
 */

/**
 * @param {Details} details
 * @returns {Generator<Segment & {programDateTime: number}>} those whose date is known
 */
function* segments(details) {
  for (const s of listedBy(details)) if (s.programDateTime != null) yield { start: s.start, duration: s.duration, programDateTime: s.programDateTime };
}

function* listedBy(details) {
  yield* details.fragments;
  const growing = details.fragmentHint;
  if (growing && growing !== details.fragments.at(-1)) yield growing;
}

/**
 * Wall clock (ms) of a media time (s), or null when the playlist doesn't tell.
 * @param {Details} details
 * @param {number} mediaTime
 * @returns {number|null}
 */
export function dateAt(details, mediaTime) {
  /** @type {number|null} */
  let date = null;
  for (const s of segments(details)) {
    if (date !== null && s.start > mediaTime) break;
    date = s.programDateTime + (mediaTime - s.start) * 1000;
  }
  return date;
}

/**
 * Media time (s) of a wall clock (ms): inside the segment that covers it, at the
 * start of the next one when it falls into a gap; null when it is before the
 * first or after the last.
 * @param {Details} details
 * @param {number} date
 */
export function mediaTimeOf(details, date) {
  let first = true;
  for (const s of segments(details)) {
    const into = (date - s.programDateTime) / 1000;
    // A millisecond of grace: dates in links and queries are rounded to that.
    if (into < 0) return first && into < -0.001 ? null : s.start;
    if (into < s.duration + 0.001) return s.start + Math.min(into, s.duration);
    first = false;
  }
  return null;
}

const ROUNDING = 5; // ms that two sums of the same durations may differ by

/**
 * Media time (s) at which what follows an instant (ms) begins: the first segment
 * from there on; null when none is listed. For an instant at which a segment ends.
 * @param {Details} details
 * @param {number} date
 */
export function beginAfter(details, date) {
  for (const s of segments(details)) if (s.programDateTime >= date - ROUNDING) return s.start;
  return null;
}

/**
 * Wall clock (ms) of the first and the last moment listed, or null.
 * @param {Details} details
 */
export function listed(details) {
  const all = [...segments(details)];
  const first = all[0];
  const last = all.at(-1);
  return first && last ? { start: first.programDateTime, end: last.programDateTime + last.duration * 1000 } : null;
}
