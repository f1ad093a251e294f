// Names of days, months and units as people type them, in the languages that the
// page speaks and in the reader's own. Lower case.

import { LANGUAGES } from "../browser/locale.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @type {[RegExp, number][]} ms */
const UNITS = [
  [/^(ms|msecs?|millis|milliseconds?|millisekunden?)$/, 1],
  [/^(s|secs?|seconds?|sek|sekunden?)$/, SECOND],
  [/^(m|mins?|minutes?|minuten?)$/, MINUTE],
  [/^(h|hrs?|hours?|std|stunden?)$/, HOUR],
  [/^(d|days?|t|tg|tage?n?)$/, DAY],
  [/^(w|wk|weeks?|wochen?)$/, 7 * DAY],
];

/**
 * ms of a unit, or NaN.
 * @param {string} word
 */
export const unitOf = (word) => UNITS.find(([pattern]) => pattern.test(word))?.[1] ?? NaN;

/** @type {Record<string, number>} days from today */
export const DAYS = { today: 0, heute: 0, yesterday: -1, gestern: -1, "day before yesterday": -2, vorgestern: -2, tomorrow: 1, morgen: 1 };

/** @type {Record<string, number>} ms after midnight */
export const HOURS = { noon: 12 * HOUR, midday: 12 * HOUR, mittag: 12 * HOUR, midnight: 0, mitternacht: 0 };

/** @type {Record<string, string>} zones by what people call them, where only one is called so; IANA names or offsets */
export const ZONES = {
  z: "+00:00", utc: "+00:00", gmt: "+00:00", wet: "+00:00", west: "+01:00", bst: "+01:00", cet: "+01:00", mez: "+01:00", cest: "+02:00", mesz: "+02:00",
  eet: "+02:00", eest: "+03:00", msk: "+03:00", est: "-05:00", edt: "-04:00", cst: "-06:00", cdt: "-05:00", mst: "-07:00", mdt: "-06:00", pst: "-08:00", pdt: "-07:00", jst: "+09:00", kst: "+09:00",
};

const SUNDAY = Date.UTC(2026, 1, 1); // and the first of a month
const SHORTEST = 3; // letters of a name's beginning that will do

/** @type {Map<string, {days: Map<string, number>, months: Map<string, number>}>} */
const tables = new Map();

/** @param {string} locale the reader's */
function tableOf(locale) {
  const known = tables.get(locale);
  if (known) return known;
  const days = new Map();
  const months = new Map([["mrz", 2], ["jänner", 0], ["sept", 8]]);
  for (const one of [...LANGUAGES, locale]) {
    for (const width of /** @type {const} */ (["long", "short"])) {
      const name = (options, ms) => new Intl.DateTimeFormat(one, { ...options, timeZone: "UTC" }).format(ms).toLowerCase().replace(/\.$/, "");
      for (let i = 0; i < 7; i++) days.set(name({ weekday: width }, SUNDAY + i * DAY), i);
      for (let i = 0; i < 12; i++) months.set(name({ month: width }, Date.UTC(2026, i, 1)), i);
    }
  }
  const made = { days, months };
  tables.set(locale, made);
  return made;
}

/** @param {Map<string, number>} names */
function find(names, word) {
  const whole = names.get(word);
  if (whole !== undefined || word.length < SHORTEST) return whole ?? null;
  const begins = [...names].find(([name]) => name.startsWith(word));
  return begins ? begins[1] : null;
}

/**
 * 0 (Sunday) to 6, or null.
 * @param {string} word
 * @param {string} locale
 */
export const weekdayOf = (word, locale) => find(tableOf(locale).days, word);

/**
 * 0 (January) to 11, or null.
 * @param {string} word
 * @param {string} locale
 */
export const monthOf = (word, locale) => find(tableOf(locale).months, word);
