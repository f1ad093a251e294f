// Times as people type them. Pure; ms since 1970.

import { instantOf, instantsOf, wallOf } from "./zone.js";

const DAY = 86_400_000;
const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY };
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** What is understood, in words. */
export const ACCEPTED = "Try 14:05, 14:05:30, yesterday 14:05, mon 14:05, 2026-11-22 14:05 or -10m.";

/**
 * @param {string} text
 * @param {number} now
 * @param {import("./zone.js").Zone} zone of the reader, in which days and hours are meant
 * @returns {{at: number}|{live: true}|null} null: not understood
 */
export function parseTyped(text, now, zone) {
  const said = text.trim().toLowerCase().replace(/\s+/g, " ");
  if (said === "now" || said === "live") return { live: true };
  const at = ago(said, now) ?? absolute(said) ?? dated(said, now, zone) ?? named(said, now, zone);
  return at === null || Number.isNaN(at) ? null : { at };
}

/** "-10m", "-1h30m", "10 min ago" */
function ago(said, now) {
  const match = /^(?:[-−–]\s?(.+)|(.+) ago)$/.exec(said);
  if (!match) return null;
  const amounts = match[1] ?? match[2];
  if (!/^(\d+(\.\d+)?\s?[a-z]+\s?)+$/.test(amounts)) return null;
  let sum = 0;
  for (const [, number, word] of amounts.matchAll(/(\d+(?:\.\d+)?)\s?([a-z]+)/g)) {
    const unit = /^(s|sec|secs|seconds?|m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/.test(word) ? UNITS[word[0]] : NaN;
    sum += Number(number) * unit;
  }
  return now - sum;
}

/** With an offset from UTC: "2026-11-22t14:05:30z", "2026-11-22 14:05+01:00" */
function absolute(said) {
  const match = /^(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(z|utc|[+-]\d\d:?\d\d)$/.exec(said);
  if (!match) return null;
  const [, date, time, offset] = match;
  if (dateOf(...date.split("-")) === null) return NaN;
  const exact = offset === "z" || offset === "utc" ? "Z" : offset.replace(/^(...):?/, "$1:");
  return Date.parse(`${date}T${time}${exact}`);
}

/** "2026-11-22 14:05", "22.11. 14:05", "22.11.2026"; without a time midnight. */
function dated(said, now, zone) {
  const iso = /^(\d{4})-(\d\d?)-(\d\d?)(?:[t ,]+(.+))?$/.exec(said);
  if (iso) return onDay(dateOf(iso[1], iso[2], iso[3]), iso[4], zone);
  const dotted = /^(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})?(?:[ ,]+(.+))?$/.exec(said);
  if (!dotted) return null;
  const [, day, month, year, time] = dotted;
  if (year) return onDay(dateOf(year, month, day), time, zone);
  const thisYear = new Date(wallOf(now, zone)).getUTCFullYear();
  const at = onDay(dateOf(thisYear, month, day), time, zone);
  return at === null || at <= now ? at : onDay(dateOf(thisYear - 1, month, day), time, zone);
}

/** "14:05", "2 pm", "today 14:05", "yesterday", "mon 14:05": the last one there was. */
function named(said, now, zone) {
  const today = Math.floor(wallOf(now, zone) / DAY) * DAY;
  const [word, time] = split(said);
  if (word === "today") return onDay(today, time, zone);
  if (word === "yesterday") return onDay(today - DAY, time, zone);
  if (word !== "") return onWeekday(word, time, today, now, zone);
  const wall = clockOf(said);
  if (wall === null) return null;
  return lastOf(today + wall, now, zone) ?? lastOf(today - DAY + wall, now, zone);
}

function split(said) {
  const match = /^([a-z]{3,})\.?,?(?: (.+))?$/.exec(said);
  return match ? [match[1], match[2]] : ["", said];
}

function onWeekday(word, time, today, now, zone) {
  const weekday = WEEKDAYS.findIndex((name) => name.startsWith(word));
  if (weekday < 0) return null;
  const back = (new Date(today).getUTCDay() - weekday + 7) % 7;
  const at = onDay(today - back * DAY, time, zone);
  return at !== null && at > now ? onDay(today - (back + 7) * DAY, time, zone) : at;
}

/** The latest instant up to now at which the wall shows that; a left-out time is when it would have been. */
function lastOf(wall, now, zone) {
  const all = instantsOf(wall, zone);
  const at = all.length ? all.filter((t) => t <= now).at(-1) : instantOf(wall, zone);
  return at !== undefined && at <= now ? at : null;
}

function onDay(day, time, zone) {
  if (day === null) return null;
  if (time === undefined) return instantOf(day, zone);
  const wall = clockOf(time);
  return wall === null ? null : instantOf(day + wall, zone);
}

/** ms after midnight of "14:05", "14:05:30", "2:05 pm", "2pm", or null. */
function clockOf(text) {
  const match = /^(\d\d?)(?:[:.](\d\d)(?:[:.](\d\d)(?:\.\d+)?)?)? ?(am|pm|a\.m\.|p\.m\.)?$/.exec(text);
  if (!match) return null;
  const [, h, m, s, half] = match;
  if (m === undefined && !half) return null;
  if (Number(m ?? 0) > 59 || Number(s ?? 0) > 59) return null;
  const hour = half ? twelve(Number(h), half[0]) : Number(h) < 24 ? Number(h) : null;
  return hour === null ? null : hour * UNITS.h + Number(m ?? 0) * UNITS.m + Number(s ?? 0) * UNITS.s;
}

const twelve = (hour, half) => (hour < 1 || hour > 12 ? null : (hour % 12) + (half === "p" ? 12 : 0));

/** The midnight of a date as the wall shows it, or null when there is no such day. */
function dateOf(year, month, day) {
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const back = new Date(wall);
  return back.getUTCMonth() === Number(month) - 1 && back.getUTCDate() === Number(day) ? wall : null;
}
