import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTyped } from "../../time/typed.js";
import { zoneNamed } from "../../time/zone.js";
import { berlin, newYork, utc } from "../fakes/zones.js";

const NOW = Date.parse("2026-11-22T21:54:01Z"); // a Sunday

/** The picture that is seen is five minutes old. */
function says(text, now = NOW, zone = utc, more = {}) {
  const meant = parseTyped(text, { now, zone, position: now - 300_000, locale: "en-GB", monthFirst: false, ...more });
  return meant?.at === undefined ? meant : new Date(meant.at).toISOString().replace(/\.000Z$/, "Z");
}

const cases = [
  ["14:05", "2026-11-22T14:05:00Z"],
  [" 14:05:30 ", "2026-11-22T14:05:30Z"],
  ["14.05", "2026-11-22T14:05:00Z"],
  ["23:10", "2026-11-21T23:10:00Z"], // not yet today
  ["2:05 pm", "2026-11-22T14:05:00Z"],
  ["2PM", "2026-11-22T14:00:00Z"],
  ["12:30 am", "2026-11-22T00:30:00Z"],
  ["12 pm", "2026-11-22T12:00:00Z"],
  ["2026-11-22 14:05", "2026-11-22T14:05:00Z"],
  ["2026-11-22T14:05:30", "2026-11-22T14:05:30Z"],
  ["2026-11-20", "2026-11-20T00:00:00Z"],
  ["2026-11-22T14:05:30Z", "2026-11-22T14:05:30Z"],
  ["2026-11-22 14:05+01:00", "2026-11-22T13:05:00Z"],
  ["2026-11-22T14:05:30.250-0500", "2026-11-22T19:05:30.250Z"],
  ["20.11. 14:05", "2026-11-20T14:05:00Z"],
  ["24.12. 18:00", "2025-12-24T18:00:00Z"],
  ["20.11.2026 14:05", "2026-11-20T14:05:00Z"],
  ["yesterday 14:05", "2026-11-21T14:05:00Z"],
  ["Yesterday", "2026-11-21T00:00:00Z"],
  ["today 9:00", "2026-11-22T09:00:00Z"],
  ["fri 14:05", "2026-11-20T14:05:00Z"],
  ["Sunday 14:05", "2026-11-22T14:05:00Z"],
  ["sun 23:00", "2026-11-15T23:00:00Z"],
  ["-10m", "2026-11-22T21:44:01Z"],
  ["- 90 s", "2026-11-22T21:52:31Z"],
  ["−1h30m", "2026-11-22T20:24:01Z"],
  ["-1.5 h", "2026-11-22T20:24:01Z"],
  ["10 minutes ago", "2026-11-22T21:44:01Z"],
  ["2d ago", "2026-11-20T21:54:01Z"],
  // So long ago, in other words, and on from the picture.
  ["5m", "2026-11-22T21:49:01Z"],
  ["1h30m", "2026-11-22T20:24:01Z"],
  ["90s", "2026-11-22T21:52:31Z"],
  ["250 ms ago", "2026-11-22T21:54:00.750Z"],
  ["half an hour ago", "2026-11-22T21:24:01Z"],
  ["an hour ago", "2026-11-22T20:54:01Z"],
  ["2 hours and 5 minutes ago", "2026-11-22T19:49:01Z"],
  ["-1:30", "2026-11-22T21:52:31Z"],
  ["-1:00:00", "2026-11-22T20:54:01Z"],
  ["vor 10 Minuten", "2026-11-22T21:44:01Z"],
  ["vor einer halben Stunde", "2026-11-22T21:24:01Z"],
  ["+30s", "2026-11-22T21:49:31Z"],
  ["+1:30", "2026-11-22T21:50:31Z"],
  // What the page itself says.
  ["21:49:10", "2026-11-22T21:49:10Z"],
  ["Sunday, 22 November", "2026-11-22T00:00:00Z"],
  ["Sunday 22 November", "2026-11-22T00:00:00Z"],
  ["Sun, 22 Nov, 21:49:10", "2026-11-22T21:49:10Z"],
  ["Sun 22 Nov, 21:49:10.250", "2026-11-22T21:49:10.250Z"],
  ["Sun, 21 Dec 2025, 21:49:10", "2025-12-21T21:49:10Z"],
  ["Sun 15", "2026-11-15T00:00:00Z"],
  ["21:49:10 Sunday, 22 November", "2026-11-22T21:49:10Z"],
  ["1 min 30 s ago", "2026-11-22T21:52:31Z"],
  ["last picture 9 s ago", "2026-11-22T21:53:52Z"],
  ["9:49:10 PM UTC", "2026-11-22T21:49:10Z"],
  ["2:30:00 CEST", "2026-11-22T00:30:00Z"],
  ["So., 22. Nov., 21:49:10", "2026-11-22T21:49:10Z"],
  ["Sonntag, 22. November", "2026-11-22T00:00:00Z"],
  // And what it says beside a time: how long ago that is, how late and why.
  ["= 21:49:10 UTC, 5 min ago", "2026-11-22T21:49:10Z"],
  ["= 21:49:10 UTC, vor 5 min", "2026-11-22T21:49:10Z"],
  ["21:49:10 · pictures came late", "2026-11-22T21:49:10Z"],
  ["21:49:10\nSunday, 22 November\n0.31 s behind the camera", "2026-11-22T21:49:10Z"],
  ["21:49:10\nSunday, 22 November\n5 s behind: slow connection", "2026-11-22T21:49:10Z"],
  ["21:49:10\nSonntag, 22. November\n2 s alt, Verbindung zu langsam: 1,6 von 4,1 Mbit/s", "2026-11-22T21:49:10Z"],
  ["21:49:10\nSunday, 22 November\nconnection too slow: 1.6 of 4.1 Mbit/s", "2026-11-22T21:49:10Z"],
  ["21:49:10\nSunday, 22 November\nlast picture 4 min 51 s ago", "2026-11-22T21:49:10Z"],
  ["3,00 s hinter der Kamera", "2026-11-22T21:53:58Z"],
  ["2 s old, connection too slow: 1.6 of 4.1 Mbit/s", "2026-11-22T21:53:59Z"],
  ["2 s old, connection too slow: 0.28 of 0.34 Mbit/s", "2026-11-22T21:53:59Z"],
  ["02:30:00 GMT+2 Sunday, October 25", "2026-10-25T00:30:00Z"], // in the hour that comes twice
  ["2:30:00 a.m. CET Sunday, October 25", "2026-10-25T01:30:00Z"],
  // Links of this page.
  ["http://host/cams/#front@2026-11-22T20:54:01.250Z", "2026-11-22T20:54:01.250Z"],
  ["#front@2026-11-22T20:54:01Z&paused", "2026-11-22T20:54:01Z"],
  ["https://host/#Overview@2026-11-22T20%3A54%3A01Z", "2026-11-22T20:54:01Z"],
  // Zones where people and programs put them.
  ["20:40 (UTC)", "2026-11-22T20:40:00Z"],
  ["20:40 (CET)", "2026-11-22T19:40:00Z"],
  ["2026-11-22 20:40:00+01:00 (CET)", "2026-11-22T19:40:00Z"],
  ["Sun Nov 22 20:40:00 CET 2026", "2026-11-22T19:40:00Z"], // date
  ["Sun 22 Nov 08:40:00 PM UTC 2026", "2026-11-22T20:40:00Z"],
  ["Sun Nov 22 20:40:00 2026 +0100", "2026-11-22T19:40:00Z"], // git
  ["Sun Nov 22 20:40:00 +0100 2026", "2026-11-22T19:40:00Z"],
  ["2026-11-22T20:40:00+01:00[Europe/Berlin]", "2026-11-22T19:40:00Z"],
  ["2026-11-22T20:40:00Z[UTC]", "2026-11-22T20:40:00Z"],
  ["2026-11-22-20-40-00", "2026-11-22T20:40:00Z"],
  ["20:40, 22.11.2026", "2026-11-22T20:40:00Z"],
  ["[INFO] [1795380000.123456789] [front]: a line of a log", "2026-11-22T20:40:00.123Z"],
  ["[ WARN] [1795380000.5]: 12:00", "2026-11-22T20:40:00.500Z"],
  // Seconds since 1970, as logs have them.
  ["1795380000", "2026-11-22T20:40:00Z"],
  ["1795380000.125", "2026-11-22T20:40:00.125Z"],
  ["[1795380000.123456789]:", "2026-11-22T20:40:00.123Z"],
  ["@1795380000", "2026-11-22T20:40:00Z"],
  ["1795380000125", "2026-11-22T20:40:00.125Z"],
  ["1795380000125000", "2026-11-22T20:40:00.125Z"],
  ["1795380000125000000", "2026-11-22T20:40:00.125Z"],
  ["1795380000 125000000", "2026-11-22T20:40:00.125Z"],
  // Thousandths are kept.
  ["14:05:30.250", "2026-11-22T14:05:30.250Z"],
  ["14:05:30,250", "2026-11-22T14:05:30.250Z"],
  ["2026-11-22 14:05:30.5", "2026-11-22T14:05:30.500Z"],
  ["2026-11-22T14:05:30.123456Z", "2026-11-22T14:05:30.123Z"],
  // Days and months by name.
  ["yesterday at 22:15", "2026-11-21T22:15:00Z"],
  ["22:15 yesterday", "2026-11-21T22:15:00Z"],
  ["yesterday, 10 pm", "2026-11-21T22:00:00Z"],
  ["day before yesterday 10:00", "2026-11-20T10:00:00Z"],
  ["gestern um 22:15 Uhr", "2026-11-21T22:15:00Z"],
  ["heute 9 Uhr 30", "2026-11-22T09:30:00Z"],
  ["9 Uhr", "2026-11-22T09:00:00Z"],
  ["last friday at 2 pm", "2026-11-20T14:00:00Z"],
  ["10:00 on friday", "2026-11-20T10:00:00Z"],
  ["Mo 10:00", "2026-11-16T10:00:00Z"],
  ["20 Nov 2026 10:00", "2026-11-20T10:00:00Z"],
  ["20th of November 10:00", "2026-11-20T10:00:00Z"],
  ["Nov 20, 2026, 10:00 AM", "2026-11-20T10:00:00Z"],
  ["Nov 20 10:00:05", "2026-11-20T10:00:05Z"], // syslog
  ["20. November 2026 um 10:00", "2026-11-20T10:00:00Z"],
  ["Fri Nov 20 10:00:05 2026", "2026-11-20T10:00:05Z"], // ctime
  ["Fri, 20 Nov 2026 10:00:05 GMT", "2026-11-20T10:00:05Z"], // HTTP, mail
  ["Fri Nov 20 2026 10:00:05 GMT+0100 (Central European Standard Time)", "2026-11-20T09:00:05Z"], // Date.toString
  ["20/Nov/2026:10:00:05 +0100", "2026-11-20T09:00:05Z"], // web servers
  ["noon", "2026-11-22T12:00:00Z"],
  ["yesterday noon", "2026-11-21T12:00:00Z"],
  // Dates in numbers.
  ["28/10/2026 10:00", "2026-10-28T10:00:00Z"],
  ["10/28/2026 10:00", "2026-10-28T10:00:00Z"],
  ["5/11/2026 10:00", "2026-11-05T10:00:00Z"],
  ["20/11 10:00", "2026-11-20T10:00:00Z"],
  ["20-11-2026 10:00", "2026-11-20T10:00:00Z"],
  ["20.11.26 10:00", "2026-11-20T10:00:00Z"],
  ["2026/11/20 10:00", "2026-11-20T10:00:00Z"],
  ["20261120T100000Z", "2026-11-20T10:00:00Z"],
  ["20261120T100000+0100", "2026-11-20T09:00:00Z"],
  ["20261120T1000", "2026-11-20T10:00:00Z"],
  ["20261120_100005", "2026-11-20T10:00:05Z"],
  ["20261120-100005", "2026-11-20T10:00:05Z"],
  ["20261120100005", "2026-11-20T10:00:05Z"],
  ["20261120", "2026-11-20T00:00:00Z"],
  ["2026-11-20_10-00-05", "2026-11-20T10:00:05Z"],
  ["2026-11-20T10Z", "2026-11-20T10:00:00Z"],
  ["14h05", "2026-11-22T14:05:00Z"],
  ["1405", "2026-11-22T14:05:00Z"],
  // Zones behind it.
  ["8:30 UTC", "2026-11-22T08:30:00Z"],
  ["8:30Z", "2026-11-22T08:30:00Z"],
  ["8:30 GMT+2", "2026-11-22T06:30:00Z"],
  ["8:30 +01:00", "2026-11-22T07:30:00Z"],
  ["8:30 CET", "2026-11-22T07:30:00Z"],
  ["8:30 MEZ", "2026-11-22T07:30:00Z"],
  ["2026-07-22 14:05 Europe/Berlin", "2026-07-22T12:05:00Z"],
  ["yesterday 8:30 am EST", "2026-11-21T13:30:00Z"],
  ["“2026-11-22 14:05”", "2026-11-22T14:05:00Z"],
  // An hour, and not a day weeks ago.
  ["last saturday at 10", "2026-11-21T10:00:00Z"],
  ["last saturday 10", "2026-11-21T10:00:00Z"],
  ["Sat 3", "2026-11-21T03:00:00Z"], // there was none lately
  ["Sat 14", "2026-11-14T00:00:00Z"],
  ["yesterday at 10", "2026-11-21T10:00:00Z"],
  // As others write it.
  ["1795380000s", "2026-11-22T20:40:00Z"],
  ["1795380000125 ms", "2026-11-22T20:40:00.125Z"],
  ["t=1795380000.123", "2026-11-22T20:40:00.123Z"],
  ["1795380000.123456789 [INFO] [front]: a line of a log", "2026-11-22T20:40:00.123Z"],
  ["stamp:\n  sec: 1795380000\n  nanosec: 23456789\nframe_id: front", "2026-11-22T20:40:00.023Z"],
  ["sec: 1795380000 nsec: 123456789", "2026-11-22T20:40:00.123Z"],
  ["20.11 10:00", "2026-11-20T10:00:00Z"],
  ["2 days ago at 14:00", "2026-11-20T14:00:00Z"],
  ["2 days ago 14:00", "2026-11-20T14:00:00Z"],
  ["vor 2 Tagen um 14:00", "2026-11-20T14:00:00Z"],
  ["last night 23:00", "2026-11-21T23:00:00Z"],
  ["last night at 2 am", "2026-11-22T02:00:00Z"],
  ["this morning 8:00", "2026-11-22T08:00:00Z"],
  ["heute früh um 8 Uhr", "2026-11-22T08:00:00Z"],
  ["30s later", "2026-11-22T21:49:31Z"],
  ["30 s später", "2026-11-22T21:49:31Z"],
  ["1 month ago", "2026-10-22T21:54:01Z"],
  ["vor 3 Monaten", "2026-08-22T21:54:01Z"],
  ["T10:00", "2026-11-22T10:00:00Z"],
  ["24:00", "2026-11-22T00:00:00Z"],
  ["2026-11-21T24:00:00Z", "2026-11-22T00:00:00Z"],
  ["front@2026-11-22T20:54:01Z", "2026-11-22T20:54:01Z"],
];

for (const [text, want] of cases) test(`“${text}”`, () => assert.equal(says(text), want));

test("now is live", () => {
  for (const text of ["now", "Live", "jetzt", "http://host/cams/#front"]) assert.deepEqual(says(text), { live: true });
});

test("what is no time is none", () => {
  const not = ["", "25:00", "24:01", "last night", "2 days ago 25:00", "sat 40", "14:61", "14:05:99", "14", "99999", "8:30 XYZ", "8:30 +25:00", "8:30 Mars/Olympus", "32/1/2026", "20261320", "+", "+10 apples", "nov", "31 foo 2026", "#front@nothing", "sun 33", "13 pm", "0 am", "2026-13-01", "2026-02-30 10:00", "2026-02-30T10:00Z", "31.2. 10:00", "soon", "su 10:00", "-10", "-10 apples", "ago", "yesterday 25:00", "10 11", "14:05 yesterday maybe"];
  for (const text of not) assert.equal(says(text), null, text);
});

test("which of two numbers is the month is the reader's to say, where both may be", () => {
  assert.equal(says("5/11/2026 10:00", NOW, utc, { monthFirst: true }), "2026-05-11T10:00:00Z");
  assert.equal(says("28/10/2026 10:00", NOW, utc, { monthFirst: true }), "2026-10-28T10:00:00Z");
});

test("names are those of the reader's language too", () => {
  assert.equal(says("lundi 10:00", NOW, utc, { locale: "fr-FR" }), "2026-11-16T10:00:00Z");
});

test("without a picture it goes on from now", () => assert.equal(says("+30s", NOW, utc, { position: null }), "2026-11-22T21:54:31Z"));

test("days are the reader's", () => {
  assert.equal(says("00:30", Date.parse("2026-11-22T23:10:00Z"), berlin), "2026-11-21T23:30:00Z");
  assert.equal(says("yesterday 14:05", NOW, newYork), "2026-11-21T19:05:00Z");
});

test("an hour that happens twice: the last one there was", () => {
  assert.equal(says("02:30", Date.parse("2026-10-25T00:45:00Z"), berlin), "2026-10-25T00:30:00Z");
  assert.equal(says("02:30", Date.parse("2026-10-25T09:00:00Z"), berlin), "2026-10-25T01:30:00Z");
});

test("an hour that is left out is the one after it", () => {
  assert.equal(says("2026-03-29 02:30", NOW, berlin), "2026-03-29T01:30:00Z");
  assert.equal(says("02:30", Date.parse("2026-03-29T10:00:00Z"), berlin), "2026-03-29T01:30:00Z");
});

test("what the zone that is shown is called here is understood, whatever it is called elsewhere", () => {
  const kolkata = zoneNamed("Asia/Kolkata");
  const labels = new Map([["ist", 19_800_000]]);
  assert.equal(says("9:49:10 pm IST", NOW, kolkata), null);
  assert.equal(says("9:49:10 pm IST", NOW, kolkata, { labels }), "2026-11-22T16:19:10Z");
  assert.equal(says("9:49:10 pm IST Friday, 20 November", NOW, kolkata, { labels }), "2026-11-20T16:19:10Z");
});
