// What the page says of an instant is understood when it is typed or pasted, in
// every language, zone and way of writing hours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { reader } from "../../browser/locale.js";
import { distance, flaw, understood } from "../../text/page.js";
import { clockTime, clockTimeZoned, exactly, exactlyZoned, instant, longDay, zoneLabels } from "../../time/format.js";
import { shownZone, showIn } from "../../time/shown.js";
import { parseTyped } from "../../time/typed.js";
import { localZone, zoneNamed } from "../../time/zone.js";

const READERS = ["en-US", "en-GB", "en-AU", "en-CA", "en-IN", "en-ZA", "de-DE", "de-AT", "de-CH", "fr-FR", "fi-FI", "ja-JP", "ar-EG"];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland"];

const NOW = Date.parse("2026-11-28T12:00:10Z");
const DAY = 86_400_000;
const AGO = [3000, 3_600_000, 30 * 3_600_000, 40 * DAY].map((ms) => NOW - ms);
const TWICE = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"].map((text) => Date.parse(text));
const TOO_SLOW = { tooSlow: { has: 1.6e6, needs: 4.1e6 } };

/** What stands beside the clock, in each state. */
const beside = (s) => [distance("rewound", s), distance("away", s), distance("live", s), distance("live", s, { tooSlow: null }), distance("behind", s, TOO_SLOW), distance("stalled", null, TOO_SLOW)];

/** @returns {[string, number][]} what is said, and the instant that it is of */
function said() {
  const all = [];
  for (const at of [...AGO, ...TWICE]) {
    const clock = `${clockTime(at)}\n${longDay(at)}`;
    const texts = [instant(at, NOW), exactly(at, NOW), exactlyZoned(at, NOW), `${clockTimeZoned(at)} ${longDay(at)}`, `${longDay(at)} ${clockTime(at)}`, clock, `${instant(at, NOW)} · ${flaw("late")}`, understood(at, NOW)];
    for (const text of [...texts, ...beside((NOW - at) / 1000).map((line) => `${clock}\n${line}`)]) all.push([text, at]);
  }
  for (const text of beside(3).slice(0, 5)) all.push([text, NOW - 3000]);
  return all;
}

for (const language of READERS) {
  test(`to a reader of ${language} whatever the page says of an instant is that instant`, () => {
    Object.defineProperty(globalThis, "navigator", { value: { language }, configurable: true, writable: true });
    try {
      for (const name of ZONES) {
        showIn(/** @type {any} */ (zoneNamed(name)));
        const { locale, monthFirst } = reader();
        const wrong = said().filter(([text, at]) => parseTyped(text, { now: NOW, zone: shownZone(), labels: zoneLabels(NOW), position: NOW, locale, monthFirst })?.at !== at);
        assert.deepEqual([name, wrong], [name, []]);
      }
    } finally {
      showIn(localZone);
    }
  });
}
