// Times and spans as people read them. Local time zone, the reader's language.

const formatters = new Map();

// Made when first needed: each costs milliseconds, and the first picture comes first.
function format(options) {
  const made = formatters.get(options) ?? new Intl.DateTimeFormat(undefined, options);
  formatters.set(options, made);
  return made;
}

const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { weekday: "long", day: "numeric", month: "long" };
const SHORT_DAY = { weekday: "short", day: "numeric", month: "short" };

/** "21:54:10" */
export const clockTime = (ms) => format(TIME).format(ms);

/** "21:54" */
export const clockMinute = (ms) => format(MINUTE).format(ms);

/** "Sunday, 22 November" */
export const longDay = (ms) => format(DAY).format(ms);

/** True when both instants fall on one local day. */
export const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

/** "21:54:10", with the day in front when that is not today's. */
export function instant(ms, now) {
  return sameDay(ms, now) ? clockTime(ms) : `${format(SHORT_DAY).format(ms)}, ${clockTime(ms)}`;
}

/** What stands under a tick of the timeline: the day at midnight, else time as fine as the step. */
export function tickLabel(ms, stepMs) {
  const at = new Date(ms);
  if (at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0) return format(SHORT_DAY).format(ms);
  return stepMs < 60_000 ? clockTime(ms) : clockMinute(ms);
}

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
