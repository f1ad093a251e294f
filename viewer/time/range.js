// Arithmetic of stretches of time. Pure; times in ms since 1970.

const SECOND = 1000;
const NARROWEST = 60 * SECOND; // a recording of four seconds is not stretched over the screen

/** @typedef {{start: number, end: number}} Range */

/**
 * The window up to now, at least a minute.
 * @param {number|null} windowStart
 * @param {number} now
 * @returns {Range}
 */
export function windowUntil(windowStart, now) {
  return { start: Math.min(windowStart ?? now, now - NARROWEST), end: now };
}

/**
 * Where t lies in the range, 0 to 1.
 * @param {number} t
 * @param {Range} range
 */
export function fraction(t, { start, end }) {
  return end > start ? clamp((t - start) / (end - start), 0, 1) : 1;
}

/**
 * The time at a fraction of the range.
 * @param {number} f
 * @param {Range} range
 */
export function timeAt(f, { start, end }) {
  return start + clamp(f, 0, 1) * (end - start);
}

/**
 * The nearest instant with a picture to one that is asked for: itself, else the start of the
 * next span, else a little before the end of the last one; null when there is none.
 * @param {number} t
 * @param {Range[]} spans oldest first
 * @returns {number|null}
 */
export function playableAt(t, spans, beforeEnd = 3 * SECOND) {
  const next = spans.find((s) => t < s.end);
  if (next) return Math.max(t, next.start);
  const last = spans.at(-1);
  return last ? Math.max(last.start, last.end - beforeEnd) : null;
}

/**
 * Going back, one comes out of a gap where it begins and not where it ends: a little
 * before the end of what was recorded before it. null: the instant lies in no gap, or nothing lies before it.
 * @param {number} t ms
 * @param {Range[]} spans oldest first
 */
export function lastBefore(t, spans, beforeEnd = SECOND) {
  if (spans.some((s) => s.start <= t && t < s.end)) return null;
  const before = spans.filter((s) => s.end <= t).at(-1);
  return before && before !== spans.at(-1) ? Math.max(before.start, before.end - beforeEnd) : null;
}

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
