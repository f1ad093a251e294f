// Where the lines and labels of a timeline stand. Pure; ms since 1970.

import { instantOf, instantsOf, wallOf } from "../time/zone.js";

/**
 * @typedef {import("../time/range.js").Range} Range
 * @typedef {import("../time/zone.js").Zone} Zone
 *
 * @typedef {object} Stretch with a name
 * @property {string[]} texts longest first
 * @property {number} left pixels
 * @property {number} right pixels
 * @property {number|null} [line] where a line is to be drawn, pixels
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONDAY = 4 * DAY; // 1970-01-05: weeks begin here

/** Distance of labelled ticks, and of the small ones between. */
const STEPS = [
  [5 * SECOND, SECOND], [10 * SECOND, 2 * SECOND], [15 * SECOND, 5 * SECOND], [30 * SECOND, 5 * SECOND],
  [MINUTE, 10 * SECOND], [2 * MINUTE, 30 * SECOND], [5 * MINUTE, MINUTE], [10 * MINUTE, 2 * MINUTE], [15 * MINUTE, 5 * MINUTE], [30 * MINUTE, 5 * MINUTE],
  [HOUR, 10 * MINUTE], [2 * HOUR, 30 * MINUTE], [3 * HOUR, HOUR], [6 * HOUR, HOUR], [12 * HOUR, 2 * HOUR],
  [DAY, 6 * HOUR], [2 * DAY, DAY], [WEEK, DAY], [2 * WEEK, DAY], [4 * WEEK, WEEK], [13 * WEEK, WEEK], [52 * WEEK, 4 * WEEK],
];

/**
 * The finest steps whose labels are at least `gap` pixels apart.
 * @param {Range} range
 * @param {number} width pixels
 * @param {number} gap
 * @returns {{major: number, minor: number}} ms
 */
export function stepsFor({ start, end }, width, gap) {
  const least = ((end - start) * gap) / Math.max(width, 1);
  const [major, minor] = STEPS.find(([step]) => step >= least) ?? STEPS[STEPS.length - 1];
  return { major, minor };
}

/**
 * The instants in a range at which the wall shows a multiple of the step:
 * counted from midnight, weeks from Monday. An hour that happens twice has its
 * ticks twice, one that is left out has none, but every day has its beginning.
 * @param {Range} range
 * @param {number} step ms
 * @param {Zone} zone
 */
export function ticks({ start, end }, step, zone) {
  const origin = step >= WEEK ? MONDAY : 0;
  const first = Math.min(wallOf(start, zone), start + zone.offset(end));
  const last = Math.max(wallOf(end, zone), end + zone.offset(start));
  const found = new Set();
  for (let wall = Math.ceil((first - origin) / step) * step + origin; wall <= last; wall += step) {
    const at = step >= DAY ? [instantOf(wall, zone)] : instantsOf(wall, zone);
    for (const t of at) if (t >= start && t <= end) found.add(t);
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * The local days, or months, that a range touches, whole.
 * @param {Range} range
 * @param {"day"|"month"} unit
 * @param {Zone} zone
 * @returns {Range[]}
 */
export function periods({ start, end }, unit, zone) {
  /** @type {Range[]} */
  const out = [];
  let wall = beginOf(wallOf(start, zone), unit);
  let from = instantOf(wall, zone);
  while (from < end) {
    wall = nextOf(wall, unit);
    const until = instantOf(wall, zone);
    out.push({ start: from, end: until });
    from = until;
  }
  return out;
}

function beginOf(wall, unit) {
  const at = new Date(wall);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), unit === "month" ? 1 : at.getUTCDate());
}

function nextOf(wall, unit) {
  const at = new Date(wall);
  return unit === "month" ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1) : wall + DAY;
}

/**
 * Those labels that stand clear of each other and inside the width; where two
 * would touch, the left one stays.
 * @template {{x: number, width: number}} L x: the middle, in pixels
 * @param {L[]} labels from left to right
 * @param {number} width pixels
 * @param {number} gap pixels
 * @returns {L[]}
 */
export function clear(labels, width, gap) {
  let taken = -Infinity;
  return labels.filter((label) => {
    const left = label.x - label.width / 2;
    const right = label.x + label.width / 2;
    if (left < 0 || right > width || left < taken + gap) return false;
    taken = right;
    return true;
  });
}

/**
 * What stands over stretches, at the beginning of what is seen of each: one
 * length of name for all, short enough for every one that is seen whole; those
 * that are cut off take a shorter one, or none.
 * @param {Stretch[]} stretches
 * @param {number} width pixels
 * @param {(text: string) => number} measure width in pixels
 * @param {number} pad pixels
 * @returns {(Stretch & {said: {x: number, text: string}|null})[]} x: where the text begins
 */
export function captions(stretches, width, measure, pad) {
  const fits = ({ texts, left, right }) => {
    const room = Math.min(right, width) - Math.max(left, 0) - pad;
    const i = texts.findIndex((text) => measure(text) <= room);
    return i < 0 ? texts.length : i;
  };
  const whole = stretches.filter((s) => s.left >= 0 && s.right <= width);
  const length = Math.max(0, ...whole.map(fits));
  return stretches.map((s) => {
    const text = s.texts[Math.max(length, fits(s))];
    return { ...s, said: text === undefined ? null : { x: Math.max(s.left, 0), text } };
  });
}
