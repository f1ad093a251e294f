// The arithmetic of the timeline. Pure; times in ms since 1970.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
];

const NARROWEST = MINUTE; // a recording of four seconds is not stretched over the screen

/** The range that the slider covers: the window up to now, at least a minute. */
export function range(windowStart, now) {
  return { start: Math.min(windowStart ?? now, now - NARROWEST), end: now };
}

/** Where t lies in the range, 0 to 1. */
export function fraction(t, { start, end }) {
  return end > start ? clamp((t - start) / (end - start), 0, 1) : 1;
}

/** The time at a fraction of the range. */
export function timeAt(f, { start, end }) {
  return start + clamp(f, 0, 1) * (end - start);
}

/**
 * Round instants to label, no closer than minGap pixels.
 * @param {number} utcOffset ms that local time is ahead of UTC, so that days and hours begin where people expect
 * @returns {{step: number, times: number[]}}
 */
export function ticks({ start, end }, width, minGap, utcOffset = 0) {
  const least = ((end - start) * minGap) / Math.max(width, 1);
  const step = STEPS.find((s) => s >= least) ?? Math.ceil(least / DAY) * DAY;
  const times = [];
  for (let t = Math.ceil((start + utcOffset) / step) * step - utcOffset; t <= end; t += step) times.push(t);
  return { step, times };
}

/**
 * The spans as they are now: the API's list, cut to the range, its last span
 * carried on to the edge while the camera is live.
 */
export function currentSpans(spans, { start, end }, edge = null) {
  const out = spans
    .map((s) => ({ start: Math.max(s.start, start), end: Math.min(s.end, end) }))
    .filter((s) => s.end > s.start);
  const last = out.at(-1);
  if (last && edge !== null && edge > last.end) last.end = Math.min(edge, end);
  return out;
}

/**
 * The nearest instant with a picture for a wish: itself, else the start of the
 * next span, else a little before the end of the last one; null when there is none.
 */
export function playableAt(t, spans, beforeEnd = 3 * SECOND) {
  const next = spans.find((s) => t < s.end);
  if (next) return Math.max(t, next.start);
  const last = spans.at(-1);
  return last ? Math.max(last.start, last.end - beforeEnd) : null;
}

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
