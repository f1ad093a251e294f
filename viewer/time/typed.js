// Times as people type and paste them. Pure; ms since 1970.

import { DAYS, HOURS, ZONES, monthOf, unitOf, weekdayOf } from "./words.js";
import { instantOf, instantsOf, utcZone, wallOf, zoneNamed } from "./zone.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const LATELY = 45 * DAY; // "sat 10" is the day of that name and number that was within

/** @typedef {import("./zone.js").Zone} Zone */

/**
 * @typedef {object} Context in which something was typed
 * @property {number} now ms
 * @property {Zone} zone that is shown, in which days and hours are meant
 * @property {number|null} [position] of the picture, from which "+30s" counts, ms
 * @property {string} [locale] the reader's, for names
 * @property {boolean} [monthFirst] 11/12 is in November
 * @property {Map<string, number>} [labels] what the page calls the zone that is shown, in lower case, and the ms that it is ahead of UTC then
 */

/**
 * @param {string} text
 * @param {Context} context
 * @returns {{at: number}|{live: true}|null} null: not understood
 */
export function parseTyped(text, context) {
  const said = plain(stamped(linked(text)));
  if (/^((just |right )?now|live|jetzt|gerade( eben)?|https?:\S+#[a-z0-9-]{1,32})$/.test(said)) return { live: true };
  const at = instantIn(said, context) ?? instantIn(alone(said), context);
  return at === null || !Number.isFinite(at) ? null : { at: Math.floor(at) };
}

/** @param {string} said @param {Context} context */
const instantIn = (said, context) => epoch(said) ?? relative(said, context) ?? inZone(said, context);

/** What a link of this page, or what is behind its #, says after its last @; else the text as it is. */
function linked(text) {
  const [, after] = /(?:^|#)[^#\s]*@([^@\s]+)\s*$/.exec(text) ?? [];
  if (after === undefined) return text;
  try {
    return decodeURIComponent(after).replace(/&.*$/, "");
  } catch {
    return text;
  }
}

/**
 * The seconds since 1970 of a line of a log of ROS, "[INFO] [1764407045.123456789] [camera]: …" or
 * "1764407045.123456789 [INFO] …", or of the stamp of a message, "sec: 1764407045 nanosec: 123456789"; else the text as it is.
 */
function stamped(text) {
  const [, sec, nsec] = /\bsecs?:\s*(\d{10})\b[^\d]*\bn(?:ano)?secs?:\s*(\d{1,9})\b/.exec(text) ?? [];
  if (sec !== undefined) return `${sec} ${nsec}`;
  return (/\[(\d{10}\.\d{1,9})\]/.exec(text) ?? /^\s*(\d{10}\.\d{1,9})\s+\[/.exec(text))?.[1] ?? text;
}

/** Without what does not matter: capitals, spaces, brackets and quotes around it, filling words. */
function plain(text) {
  return text.toLowerCase()
    .replace(/[\u00a0\u202f\u2009\s]+/g, " ")
    .replace(/[−–—]/g, "-")
    .replace(/(?<![+-]\d\d)(:\d\d(?:[.,]\d+)?(?: ?[ap]m)?) ?\(([a-z]{1,5})\)/g, (as, time, zone) => (zone in ZONES ? `${time} ${zone}` : as)) // "8:30 (UTC)"
    .replace(/\([^)]*\)/g, "") // as "GMT+0100 (Central European Standard Time)"
    .replace(/(z|[+-]\d\d:?\d\d)\[[a-z_]+(\/[a-z_]+)*\]$/, "$1") // RFC 9557: "…+01:00[Europe/Berlin]"
    .replace(/^[\s"'“”„<[(]+|[\s"'“”>\]):;,]+$/g, "")
    .replace(/(\d ?[ap])\.m\.?(?= |,|$)/g, "$1m")
    .replace(/(\d) uhr (\d\d)\b/, "$1:$2")
    .replace(/(^| )(\d\d?) uhr\b/, "$1$2:00")
    .replace(/(^| )(?:at|um) (\d\d?)$/, "$1$2:00")
    .replace(/^(?:t|ts|time|stamp|timestamp) ?[=:] ?(?=\d)/, "")
    .replace(/^t(?=\d\d:)/, "")
    .replace(/ (at|um|on|uhr|o['’]clock)(?= |$)/g, "")
    .replace(/^(at|um|on|am|the|den|last picture|letztes bild) (?!\d+ ?$)/, "")
    .trim();
}

const SPAN = "\\d+(?:[.,]\\d+)? (?:s|min|h|d|t)(?: \\d+ (?:s|min|h))?";
const LATE = "(?:behind|hinter|verspätet|old|alt)\\b.*";
const BESIDE = new RegExp(`,? (?:(?:last picture|letztes bild) )?(?:vor ${SPAN}|${SPAN} (?:ago|${LATE})|(?:connection|verbindung) .*)$`);

/**
 * Without what the page says beside a time: how long ago it is, how late and why, and what was
 * wrong then. Alone, what is so late is as long ago.
 */
function alone(said) {
  const time = said.replace(/^= ?/, "").replace(/ · .*$/, "");
  return time.replace(new RegExp(`^(${SPAN}) ${LATE}$`), "$1 ago").replace(BESIDE, "");
}

// ---- numbers of seconds since 1970

/** "1764407045", with fractions, in ms, µs or ns, as a pair of seconds and nanoseconds */
function epoch(said) {
  const pair = /^(\d{10}) (\d{1,9})$/.exec(said);
  if (pair) return Number(pair[1]) * 1000 + Math.floor(Number(pair[2]) / 1e6);
  const match = /^(?:@|epoch |unix )?(\d{9,10}|\d{13}|\d{16}|\d{19})(?:[.,](\d+))?(?<=\d{10,}|[.,]\d+) ?(?:s|ms|[uµ]s|ns)?$/.exec(said) ?? /^(?:@|epoch |unix )?(\d{9})(?:[.,](\d+))?$/.exec(said);
  if (!match) return null;
  const [, whole, fraction = ""] = match;
  const digits = (whole.length < 10 ? `0${whole}` : whole) + fraction; // ten of them are seconds
  return Number(digits.slice(0, 13).padEnd(13, "0"));
}

// ---- so long ago, or on from here

/**
 * "-10m", "5m", "1h30m ago", "vor 10 min", "half an hour ago", "-1:30"; "+30s" from the picture on
 * @param {string} said @param {Context} context
 */
function relative(said, context) {
  const { now, position } = context;
  const [, later] = /^(.+) (?:later|später)$/.exec(said) ?? [];
  if (later !== undefined) return relative(`+${later}`, context);
  const [, months] = /^(?:vor )?(\d{1,3}|an?|one|einem) (?:months?|monat(?:en?)?)(?: ago)?$/.exec(said) ?? [];
  if (months !== undefined) return monthsBefore(Number(months) || 1, context);
  const match = /^(?:(-|vor |\+)\s?)?(.+?)( ago| her)?$/.exec(said);
  if (!match) return null;
  const [, sign, amounts, ago] = match;
  const length = durationOf(amounts, Boolean(sign?.trim() === "-" || sign === "+"));
  if (length === null) return null;
  return sign === "+" ? (ago ? null : (position ?? now) + length) : now - length;
}

/**
 * The same day and time so many months before, or that month's last day.
 * @param {number} months @param {Context} context
 */
function monthsBefore(months, { now, zone }) {
  const wall = new Date(wallOf(now, zone));
  const day = wall.getUTCDate();
  wall.setUTCMonth(wall.getUTCMonth() - months);
  if (wall.getUTCDate() !== day) wall.setUTCDate(0);
  return instantOf(wall.getTime(), zone);
}

function durationOf(text, signed) {
  const clock = signed ? /^(?:(\d\d?):)?(\d\d?):(\d\d)$/.exec(text) : null; // as players count: minutes and seconds
  if (clock) return ((Number(clock[1] ?? 0) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * 1000;
  const said = text.replace(/(\d),(\d)/g, "$1.$2").replace(/^(half an?|eine[rn]? halben?) /, "0.5 ").replace(/^(an?|one|eine[rnm]?) /, "1 ").replace(/ (and|und) /g, " ");
  if (!/^(\d+(\.\d+)?\s?[a-zµ]+\s?)+$/.test(said)) return null;
  let sum = 0;
  for (const [, number, word] of said.matchAll(/(\d+(?:\.\d+)?)\s?([a-zµ]+)/g)) sum += Number(number) * unitOf(word);
  return Number.isNaN(sum) ? null : sum;
}

// ---- a date, a time, or both, in the zone that is named behind it or else the one that is shown

/** @param {string} said @param {Context} context */
function inZone(said, context) {
  const [rest, zone] = zoned(said, context.labels ?? new Map());
  if (zone === null) return null;
  return dated(rest, { ...context, zone: zone ?? context.zone });
}

/**
 * "8:30 utc" is "8:30" in UTC.
 * @param {string} said
 * @param {Map<string, number>} labels
 * @returns {[string, Zone|null|undefined]} null: a zone that there is not; undefined: none is named
 */
function zoned(said, labels) {
  // "02:30:00 cet sunday, 25 october": the zone belongs to the time.
  const [, time, of, date] = /^(\d\d?:\S+(?: ?[ap]\.?m\.?)?) ((?:utc|gmt)?[+-]\d\d?(?::?\d\d)?|[a-z]{1,5}),? (.+)$/.exec(said) ?? [];
  if (of !== undefined && (labels.has(of) || of in ZONES || /\d/.test(of))) return zoned(`${date} ${time} ${of}`, labels);
  // "sat nov 28 10:00:00 utc 2026", as the command date writes it.
  const [, before, name, year] = /^(.+ \d\d?:\d\d:\d\d(?: [ap]m)?) ([a-z]{1,5}|[+-]\d\d\d?\d?) (\d{4})$/.exec(said) ?? [];
  if (name !== undefined && (labels.has(name) || name in ZONES || /\d/.test(name))) return zoned(`${before} ${year} ${name}`, labels);
  const numeric = /^(.*(?::\d\d(?:[.,]\d+)?(?: \d{4})?|t\d{2,6}|[ap]m)) ?(?:utc|gmt)?([+-]\d\d?)(?::?(\d\d))?$/.exec(said);
  if (numeric) return [numeric[1], fixed(numeric[2], numeric[3])];
  const named = /^(.*\d|.*[ap]m) ?([a-z]{1,5})$/.exec(said);
  const shown = named && labels.get(named[2]); // "ist" is what it is here
  if (named && shown !== undefined && shown !== null) return [named[1], { name: "", offset: () => shown }];
  if (named && named[2] in ZONES) return [named[1], fixed(...ZONES[named[2]].split(":"))];
  const area = /^(.*) ([a-z]+\/[a-z_/+-]+)$/.exec(said);
  return area ? [area[1], zoneNamed(area[2])] : [said, undefined];
}

/** @returns {Zone|null} */
function fixed(hours, minutes = "0") {
  const size = Math.abs(Number(hours)) * 60 + Number(minutes);
  if (size > 18 * 60) return null;
  const offset = (hours.startsWith("-") ? -size : size) * 60_000;
  return offset === 0 ? utcZone : { name: "", offset: () => offset };
}

/** @param {string} said @param {Context} context */
function dated(said, context) {
  const { now, zone } = context;
  const clock = clockOf(said);
  if (clock !== null) {
    const today = dayOf(now, zone);
    return lastOf(today + clock, now, zone) ?? lastOf(today - DAY + clock, now, zone);
  }
  const behind = onDay(said, context);
  if (behind !== null) return behind;
  // The time first: "14:05 yesterday", "21:54:10 Sunday, 22 November".
  const [, time, date] = /^(\S+?(?: ?[ap]\.?m\.?)?),? (.+)$/.exec(said) ?? [];
  return time !== undefined && clockOf(time) !== null ? onDay(`${date} ${time}`, context) : null;
}

/** The midnight before an instant, on the wall. */
const dayOf = (now, zone) => Math.floor(wallOf(now, zone) / DAY) * DAY;

/**
 * @typedef {object} Found
 * @property {number} day its midnight, on the wall
 * @property {string} time what stands behind the date
 * @property {number} [back] ms that it lies earlier where it would be still to come
 * @property {boolean} [yearless]
 */

/** @param {string} said @param {Context} context */
function onDay(said, context) {
  const date = byNumbers(said, context) ?? byMonth(said, context) ?? byName(said, context);
  if (!date) return null;
  const wall = date.time === "" ? 0 : clockOf(date.time);
  if (wall === null) return null;
  const at = instantOf(date.day + wall, context.zone);
  if (at <= context.now || !(date.back || date.yearless)) return at;
  if (date.back) return instantOf(date.day - date.back + wall, context.zone);
  const day = new Date(date.day);
  const before = dateOf(day.getUTCFullYear() - 1, day.getUTCMonth() + 1, day.getUTCDate());
  return before === null ? null : instantOf(before + wall, context.zone);
}

/** "2026-11-22 14:05", "20261122T140500", "22.11. 14:05", "22/11/2026" @returns {Found|null} */
function byNumbers(said, context) {
  const big = /^(\d{4})([-/.])(\d\d?)\2(\d\d?)(?:[t_ ,-]+(.*))?$/.exec(said) ?? /^((?:19|20)\d\d)()(\d\d)(\d\d)(?:[t_ -]?(\d{2,6}(?:[.,]\d+)?|[\d:.,]+))?$/.exec(said);
  if (big) return found(big[1], big[3], big[4], (big[5] ?? "").replace(/^\d\d$/, "$&:00"));
  const dotted = /^(\d\d?)\.\s?(\d\d?)\.\s?(\d{4}|\d\d(?![:.\d]))?(?:[ ,]+(.*)|$)/.exec(said);
  if (dotted) return inYear(dotted[3], dotted[2], dotted[1], dotted[4], context);
  const undotted = /^(\d\d?)\.(\d\d?)[ ,]+(\d\d?[:.h]\d\d.*)$/.exec(said); // "28.11 10:00"
  if (undotted) return inYear(undefined, undotted[2], undotted[1], undotted[3], context);
  const slashed = /^(\d\d?)([/-])(\d\d?)(?:\2(\d{4}|\d\d))?(?:[ ,]+(.*))?$/.exec(said);
  if (!slashed || (slashed[2] === "-" && slashed[4]?.length !== 4)) return null;
  const [, first, , second, year, time] = slashed;
  const monthFirst = Number(first) <= 12 && (Number(second) > 12 || Boolean(context.monthFirst));
  return monthFirst ? inYear(year, first, second, time, context) : inYear(year, second, first, time, context);
}

/** "28 nov 2026", "28/nov/2026:10:00:00", "sun, november 28, 10:00", "sun nov 29 10:00:00 2026" @returns {Found|null} */
function byMonth(said, context) {
  const { locale = "en" } = context;
  const [, weekday, after] = /^(\p{L}{2,})[.,]*,? (.*)$/u.exec(said) ?? [];
  const rest = weekday !== undefined && weekdayOf(weekday, locale) !== null ? after : said;
  const dayFirst = /^(\d\d?)(?:st|nd|rd|th|\.)?[ /-]+(?:of )?(\p{L}{3,})\.?,?(?:[ /-]+(\d{4})\b)?(?:[ ,:]+(.*))?$/u.exec(rest);
  const monthFirst = /^(\p{L}{3,})\.? (\d\d?)(?:st|nd|rd|th)?(?:,? (\d{4})\b(?!:))?(?:[ ,]+(.*))?$/u.exec(rest);
  const [, day, name, year, time] = dayFirst ?? (monthFirst ? [monthFirst[0], monthFirst[2], monthFirst[1], monthFirst[3], monthFirst[4]] : []);
  if (name === undefined || day === undefined) return null;
  const month = monthOf(name, locale);
  if (month === null) return null;
  const [, before, last] = /^(.*?) ?(\d{4})$/.exec(year || !time?.includes(":") ? "" : time) ?? [];
  return inYear(year ?? last, String(month + 1), day, last === undefined ? time : before, context);
}

/** "yesterday 22:15", "2 days ago 14:00", "last night 23:00", "last monday", "sun 22" @returns {Found|null} */
function byName(said, context) {
  const { now, zone, locale = "en" } = context;
  const today = dayOf(now, zone);
  const [, of, part] = /^(this morning|heute (?:morgen|früh|vormittag)|last night|letzte nacht),? (.+)$/.exec(said) ?? [];
  // Until noon, last night is of today.
  if (part !== undefined) return { day: today - (/n(igh|ach)t/.test(of) && (clockOf(part) ?? 0) >= 12 * HOUR ? DAY : 0), time: part };
  const [, before, then] = /^(?:vor )?((?:\d{1,3}|an?|one|einem) (?:days?|tag(?:en?)?|weeks?|wochen?))(?: ago)?,? (\d.*)$/.exec(said) ?? [];
  if (before !== undefined) return { day: today - (durationOf(before, false) ?? NaN), time: then };
  const near = Object.keys(DAYS).find((name) => said === name || said.startsWith(`${name} `) || said.startsWith(`${name},`));
  if (near) return { day: today + DAYS[near] * DAY, time: said.slice(near.length).replace(/^[ ,]+/, "") };
  const [, last, word, rest = ""] = /^(last |letzten? )?(\p{L}{2,})[.,]*(?:,? (.+))?$/u.exec(said) ?? [];
  const weekday = word === undefined ? null : weekdayOf(word, locale);
  if (weekday === null) return null;
  const [, number, time = ""] = clockOf(rest) === null ? (/^(\d\d?)\.?(?:,? (.*))?$/.exec(rest) ?? []) : [];
  const day = today - ((new Date(today).getUTCDay() - weekday + 7) % 7) * DAY;
  if (number === undefined) return { day, time: rest, back: 7 * DAY };
  // "last sat 10" is an hour, and "sat 10" too where no such day was lately.
  const numberedDay = last ? null : numbered(today, weekday, Number(number), time);
  return numberedDay ?? (time === "" && Number(number) < 24 ? { day, time: `${number}:00`, back: 7 * DAY } : null);
}

/** The last Sunday that was a 22nd, in so many days as people have in mind. */
function numbered(today, weekday, number, time) {
  for (let day = today; day > today - LATELY; day -= DAY) {
    const date = new Date(day);
    if (date.getUTCDay() === weekday && date.getUTCDate() === number) return { day, time };
  }
  return null;
}

/** @returns {Found|null} */
function inYear(year, month, day, time, { now, zone }) {
  const full = year === undefined ? new Date(wallOf(now, zone)).getUTCFullYear() : year.length === 2 ? 2000 + Number(year) : Number(year);
  const one = found(full, month, day, time ?? "");
  return one && { ...one, yearless: year === undefined };
}

/** @returns {Found|null} */
function found(year, month, day, time) {
  const midnight = dateOf(year, month, day);
  return midnight === null ? null : { day: midnight, time };
}

/** The latest instant up to now at which the wall shows that; a left-out time is when it would have been. */
function lastOf(wall, now, zone) {
  const all = instantsOf(wall, zone);
  const at = all.length ? all.filter((t) => t <= now).at(-1) : instantOf(wall, zone);
  return at !== undefined && at <= now ? at : null;
}

/** ms after midnight of "14:05", "14:05:30.250", "2:05 pm", "2pm", "14h05", "140530", "noon", or null. */
function clockOf(text) {
  if (text in HOURS) return HOURS[text];
  const match = /^(\d\d?)(?:[:.h-](\d\d)(?:[:.m-](\d\d)s?(?:[.,:](\d{1,9}))?)?|(h))? ?(am|pm|a\.m\.?|p\.m\.?)?$/.exec(text) ?? /^(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?$/.exec(text);
  if (!match) return null;
  const [, h, m, s, fraction, bare, half] = match;
  if (m === undefined && !half && !bare) return null;
  if (Number(m ?? 0) > 59 || Number(s ?? 0) > 59) return null;
  const hour = half ? twelve(Number(h), half[0]) : Number(h) < 24 || (Number(h) === 24 && Number(m ?? 0) + Number(s ?? 0) === 0) ? Number(h) : null;
  return hour === null ? null : hour * HOUR + Number(m ?? 0) * 60_000 + Number(s ?? 0) * 1000 + Number(`0.${fraction ?? 0}`) * 1000;
}

const twelve = (hour, half) => (hour < 1 || hour > 12 ? null : (hour % 12) + (half === "p" ? 12 : 0));

/** The midnight of a date as the wall shows it, or null when there is no such day. */
function dateOf(year, month, day) {
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const back = new Date(wall);
  return back.getUTCMonth() === Number(month) - 1 && back.getUTCDate() === Number(day) ? wall : null;
}
