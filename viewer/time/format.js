// Times as people read them: in the zone that is shown, the reader's language
// and the reader's 12 or 24 hours.

import { reader } from "../browser/locale.js";
import { shownZone } from "./shown.js";
import { isRepeated, wallOf } from "./zone.js";

/** @typedef {Intl.DateTimeFormatOptions} Options */

const DAY_LONG = 86_400_000; // ms

/** @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

// Made when first needed: each costs milliseconds, and the first picture comes first.
/** @param {Options} options */
function formatter(options) {
  const { locale } = reader();
  const { name } = shownZone();
  const key = `${locale} ${name} ${JSON.stringify(options)}`;
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: name });
  formatters.set(key, made);
  return made;
}

/**
 * @param {Options} options
 * @param {number} ms
 */
const format = (options, ms) => formatter(options).format(ms);

/** @type {Options} */
const MINUTE = { minute: "2-digit" };
/** @type {Options} */
const SECOND = { ...MINUTE, second: "2-digit" };
/** @type {Options} */
const THOUSANDTH = { ...SECOND, fractionalSecondDigits: 3 };
/** @type {Options} */
const DAY = { weekday: "long", day: "numeric", month: "long" };
/** @type {Options} */
const SHORT_DAY = { weekday: "short", day: "numeric", month: "short" };
/** @type {Options} */
const DAY_OF_YEAR = { ...SHORT_DAY, year: "numeric" };
/** @type {Options} */
const WEEKDAY = { weekday: "short" };
/** @type {Options} */
const NUMBER = { day: "numeric" };
/** @type {Options} */
const ZONE = { timeZoneName: "short" };
/** @type {Options[]} */
const MONTHS = [{ month: "long", year: "numeric" }, { month: "long" }, { month: "short" }];

/**
 * A time of the day; in the hour that autumn repeats with the zone, which tells
 * the one from the other.
 * @param {Options} options
 * @param {number} ms
 */
function timeOfDay(options, ms) {
  const { hourCycle } = reader();
  const told = format({ ...options, hour: hourCycle === "h12" || hourCycle === "h11" ? "numeric" : "2-digit", hourCycle }, ms);
  return isRepeated(Math.floor(ms / 1000) * 1000, shownZone()) ? `${told} ${zoneLabel(ms)}` : told;
}

/** "21:54:10", "9:54:10 PM" */
export const clockTime = (ms) => timeOfDay(SECOND, ms);

/** "21:54" */
export const clockMinute = (ms) => timeOfDay(MINUTE, ms);

/** "Sunday, 22 November" */
export const longDay = (ms) => format(DAY, ms);

/** What the zone is called at an instant: "CET", "GMT+1", "UTC". */
export function zoneLabel(ms) {
  return formatter(ZONE).formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

const HALF_A_YEAR = 183 * DAY_LONG;

/**
 * What the zone that is shown is called in summer and in winter, in lower case, and the ms that it is ahead of UTC then.
 * @param {number} now ms
 * @returns {Map<string, number>}
 */
export const zoneLabels = (now) => new Map([now - HALF_A_YEAR, now].map((ms) => [zoneLabel(ms).toLowerCase(), shownZone().offset(ms)]));

/** The number of the day, as the wall counts them. */
const dayOf = (ms) => Math.floor(wallOf(ms, shownZone()) / DAY_LONG);

/** True when both instants fall on one day of the zone that is shown. */
export const sameDay = (a, b) => dayOf(a) === dayOf(b);

const yearOf = (ms) => new Date(wallOf(ms, shownZone())).getUTCFullYear();

/** "21:54:10", with the day in front when that is not today's, and the year when not this one. */
export const instant = (ms, now) => withDay(ms, now, SECOND);

/** The same to a thousandth of a second, where there is a part of one. */
export const exactly = (ms, now) => withDay(ms, now, ms % 1000 === 0 ? SECOND : THOUSANDTH);

/**
 * The same as instant(), with today's date too where others are on the screen beside it.
 * @param {number} ms
 * @param {number} now
 * @param {import("./range.js").Range} range that is seen
 */
export const instantBeside = (ms, now, { start, end }) => (sameDay(start, end) ? instant(ms, now) : onDay(ms, now, SECOND));

const withDay = (ms, now, options) => (sameDay(ms, now) ? timeOfDay(options, ms) : onDay(ms, now, options));

function onDay(ms, now, options) {
  return `${format(yearOf(ms) === yearOf(now) ? SHORT_DAY : DAY_OF_YEAR, ms)}, ${timeOfDay(options, ms)}`;
}

/** With the zone, unless it is told already. */
const zonedAs = (told, ms) => (told.endsWith(` ${zoneLabel(ms)}`) ? told : `${told} ${zoneLabel(ms)}`);

/** "21:54:10 CET" */
export const clockTimeZoned = (ms) => zonedAs(clockTime(ms), ms);

/** exactly(), with its zone. */
export const exactlyZoned = (ms, now) => zonedAs(exactly(ms, now), ms);

/** What stands under a tick of the timeline, as fine as the step: "21:54", "21:54:10" or "Sun 22". */
export function labelFor(ms, stepMs) {
  if (stepMs >= DAY_LONG) return weekdayAndDay(ms);
  return stepMs < 60_000 ? clockTime(ms) : clockMinute(ms);
}

/** What a day or a month of the timeline is called, longest first. */
export function captionsFor(ms, unit) {
  if (unit === "month") return MONTHS.map((options) => format(options, ms));
  return [format(DAY, ms), format(SHORT_DAY, ms), weekdayAndDay(ms), format(NUMBER, ms)];
}

// Not as one format: in some languages that puts the number first.
const weekdayAndDay = (ms) => `${format(WEEKDAY, ms)} ${format(NUMBER, ms)}`;
