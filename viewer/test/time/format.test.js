import assert from "node:assert/strict";
import { test } from "node:test";
import { captionsFor, clockMinute, clockTime, clockTimeZoned, exactly, exactlyZoned, instant, instantBeside, labelFor, longDay, zoneLabel } from "../../time/format.js";
import { showIn } from "../../time/shown.js";
import { localZone, zoneNamed } from "../../time/zone.js";

const browserOf = (language) => Object.defineProperty(globalThis, "navigator", { value: { language }, configurable: true, writable: true });
browserOf("en-GB");

const now = new Date(2026, 10, 22, 21, 54, 10).getTime();

test("an instant names its day only when that isn't today", () => {
  assert.equal(instant(now, now), "21:54:10");
  assert.match(instant(now - 86_400_000, now), /21.*, 21:54:10$/);
});

test("where more than one day is seen, today's instants name theirs as well", () => {
  const day = 86_400_000;
  assert.equal(instantBeside(now, now, { start: now - 60_000, end: now }), "21:54:10");
  assert.match(instantBeside(now, now, { start: now - 3 * day, end: now }), /22.*, 21:54:10$/);
  assert.match(instantBeside(now - day, now, { start: now - 3 * day, end: now }), /21.*, 21:54:10$/);
});

test("labels are as fine as their step", () => {
  assert.equal(labelFor(now, 15_000), "21:54:10");
  assert.equal(labelFor(now, 60_000), "21:54");
  assert.match(labelFor(now, 86_400_000), /^\S+ 22/);
});

test("days and months are called shorter and shorter", () => {
  for (const unit of ["day", "month"]) {
    const lengths = captionsFor(now, unit).map((text) => text.length);
    assert.deepEqual(lengths, lengths.toSorted((a, b) => b - a));
  }
  assert.match(captionsFor(now, "month")[0], /2026/);
});

/** As somebody with another browser sees it. */
function readBy(language, name, tell) {
  browserOf(language);
  showIn(zoneNamed(name));
  try {
    return tell();
  } finally {
    browserOf("en-GB");
    showIn(localZone);
  }
}

test("12 or 24 hours, names and zone are the reader's", () => {
  const at = Date.parse("2026-11-22T20:54:10Z");
  // Versions of the Unicode data differ in commas and spaces.
  const told = () => [clockTime(at), longDay(at), zoneLabel(at), instant(at, at + 86_400_000)].map((text) => text.replaceAll(",", "").replace("\u202f", " "));
  assert.deepEqual(readBy("en-GB", "Europe/Berlin", told), ["21:54:10", "Sunday 22 November", "CET", "Sun 22 Nov 21:54:10"]);
  assert.deepEqual(readBy("de-DE", "Europe/Berlin", told), ["21:54:10", "Sonntag 22. November", "MEZ", "So. 22. Nov. 21:54:10"]);
  assert.deepEqual(readBy("en-US", "UTC", told), ["8:54:10 PM", "Sunday November 22", "UTC", "Sun Nov 22 8:54:10 PM"]);
  assert.match(readBy("fr-FR", "Asia/Tokyo", told)[1], /^Monday 23 November$/); // there are no French words, and no mixture
});

test("in the hour that autumn repeats the clock says which one", () => {
  const first = Date.parse("2026-10-25T00:30:00.400Z");
  const told = () => [first - 3_600_000, first, first + 3_600_000, first + 7_200_000].map(clockTime);
  assert.deepEqual(readBy("en-GB", "Europe/Berlin", told), ["01:30:00", "02:30:00 CEST", "02:30:00 CET", "03:30:00"]);
  assert.deepEqual(readBy("de", "Europe/Berlin", () => [clockMinute(first), labelFor(first + 3_600_000, 1000)]), ["02:30 MESZ", "02:30:00 MEZ"]);
});

test("thousandths are told where there are some", () => {
  const tell = () => [exactly(1250, 0), exactly(2000, 0)];
  assert.deepEqual(readBy("en-GB", "UTC", tell), ["00:00:01.250", "00:00:02"]);
});

test("the zone is told once, in the hour that comes twice too", () => {
  const [first, at] = [Date.parse("2026-10-25T00:30:00Z"), Date.parse("2026-11-22T20:54:10Z")];
  const tell = () => [clockTimeZoned(first), clockTimeZoned(at), exactlyZoned(first, first), exactlyZoned(at + 250, at)];
  assert.deepEqual(readBy("en-GB", "Europe/Berlin", tell), ["02:30:00 CEST", "21:54:10 CET", "02:30:00 CEST", "21:54:10.250 CET"]);
});
