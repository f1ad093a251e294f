// Between the media's own time and the wall clock, by EXT-X-PROGRAM-DATE-TIME.
// `details` is what hls.js knows of a playlist: fragments with start and
// duration (s of media time) and programDateTime (ms since 1970); the segment
// that is still growing is its fragmentHint.

function* segments(details) {
  yield* details.fragments;
  const growing = details.fragmentHint;
  if (growing && growing !== details.fragments.at(-1)) yield growing;
}

/** Wall clock (ms) of a media time (s), or null when the playlist doesn't tell. */
export function dateAt(details, mediaTime) {
  let found = null;
  for (const s of segments(details)) {
    if (s.programDateTime == null) continue;
    if (found && s.start > mediaTime) break;
    found = s;
  }
  return found ? found.programDateTime + (mediaTime - found.start) * 1000 : null;
}

/**
 * Media time (s) of a wall clock (ms): inside the segment that covers it, at the
 * start of the next one when it falls into a gap; null when it is before the
 * first or after the last.
 */
export function mediaTimeOf(details, date) {
  let first = true;
  for (const s of segments(details)) {
    if (s.programDateTime == null) continue;
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
 */
export function beginAfter(details, date) {
  for (const s of segments(details)) if (s.programDateTime != null && s.programDateTime >= date - ROUNDING) return s.start;
  return null;
}

/** Wall clock (ms) of the first and the last moment listed, or null. */
export function listed(details) {
  const all = [...segments(details)].filter((s) => s.programDateTime != null);
  const first = all[0];
  const last = all.at(-1);
  return first ? { start: first.programDateTime, end: last.programDateTime + last.duration * 1000 } : null;
}
