// The arithmetic of the timeline. Pure; times in ms since 1970.

const SECOND = 1000;
const NARROWEST = 60 * SECOND; // a recording of four seconds is not stretched over the screen

/** The window up to now, at least a minute. */
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
