// Times and spans as people read them. Local time zone, the reader's language.

/** @type {Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>} */
const formatters = new Map();

// Made when first needed: each costs milliseconds, and the first picture comes first.
/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  const made = formatters.get(options) ?? new Intl.DateTimeFormat(undefined, options);
  formatters.set(options, made);
  return made;
}

/** @type {Intl.DateTimeFormatOptions} */
const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
/** @type {Intl.DateTimeFormatOptions} */
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
/** @type {Intl.DateTimeFormatOptions} */
const DAY = { weekday: "long", day: "numeric", month: "long" };
/** @type {Intl.DateTimeFormatOptions} */
const SHORT_DAY = { weekday: "short", day: "numeric", month: "short" };
/** @type {Intl.DateTimeFormatOptions} */
const DAY_OF_YEAR = { ...SHORT_DAY, year: "numeric" };
/** @type {Intl.DateTimeFormatOptions} */
const WEEKDAY = { weekday: "short" };
/** @type {Intl.DateTimeFormatOptions} */
const NUMBER = { day: "numeric" };
/** @type {Intl.DateTimeFormatOptions[]} */
const MONTHS = [{ month: "long", year: "numeric" }, { month: "long" }, { month: "short" }];

/** "21:54:10" */
export const clockTime = (ms) => format(TIME).format(ms);

/** "21:54" */
export const clockMinute = (ms) => format(MINUTE).format(ms);

/** "Sunday, 22 November" */
export const longDay = (ms) => format(DAY).format(ms);

/** True when both instants fall on one local day. */
export const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

/** "21:54:10", with the day in front when that is not today's, and the year when not this one. */
export function instant(ms, now) {
  if (sameDay(ms, now)) return clockTime(ms);
  const day = new Date(ms).getFullYear() === new Date(now).getFullYear() ? SHORT_DAY : DAY_OF_YEAR;
  return `${format(day).format(ms)}, ${clockTime(ms)}`;
}

/** What stands under a tick of the timeline, as fine as the step: "21:54", "21:54:10" or "Sun 22". */
export function labelFor(ms, stepMs) {
  if (stepMs >= 86_400_000) return weekdayAndDay(ms);
  return stepMs < 60_000 ? clockTime(ms) : clockMinute(ms);
}

/** What a day or a month of the timeline is called, longest first. */
export function captionsFor(ms, unit) {
  if (unit === "month") return MONTHS.map((options) => format(options).format(ms));
  return [format(DAY).format(ms), format(SHORT_DAY).format(ms), weekdayAndDay(ms), format(NUMBER).format(ms)];
}

// Not as one format: in some languages that puts the number first.
const weekdayAndDay = (ms) => `${format(WEEKDAY).format(ms)} ${format(NUMBER).format(ms)}`;

/** Seconds in the two largest units: "9 s", "3 min 12 s", "2 h 5 min", "3 d 4 h". */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return join(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86_400) return join(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return join(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

function join(big, bigUnit, small, smallUnit) {
  return small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`;
}

/** A latency: hundredths below ten seconds, a span above. */
export function latency(seconds) {
  return seconds < 9.995 ? `${Math.max(0, seconds).toFixed(2)} s` : span(seconds);
}
