import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY, captions, clear, periods, stepsFor, ticks } from "../../timeline/ticks.js";
import { wallOf } from "../../time/zone.js";
import { berlin, newYork, utc, zoneOf } from "../fakes/zones.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const range = (from, to) => ({ start: Date.parse(from), end: Date.parse(to) });
const hours = (times, zone) => times.map((t) => new Date(wallOf(t, zone)).toISOString().slice(11, 16));

test("steps are round, labels far enough apart, small ticks divide large ones", () => {
  for (const length of [MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 5 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY, 200 * DAY]) {
    for (const width of [320, 1042, 2560]) {
      const { major, minor } = stepsFor({ start: 0, end: length }, width, 50);
      assert.ok((major / length) * width >= 50, `${length} in ${width}`);
      assert.equal(major % minor, 0);
    }
  }
  assert.deepEqual(stepsFor({ start: 0, end: 2 * HOUR }, 1000, 50), { major: 10 * MINUTE, minor: 2 * MINUTE });
});

test("ticks stand on round local times, in zones that are half an hour off too", () => {
  const kolkata = zoneOf("Asia/Kolkata");
  const day = ticks(range("2026-11-22T00:00Z", "2026-11-23T00:00Z"), 6 * HOUR, kolkata);
  assert.deepEqual(hours(day, kolkata), ["06:00", "12:00", "18:00", "00:00"]);
  assert.deepEqual(hours(ticks(range("2026-11-22T10:03:20Z", "2026-11-22T10:31Z"), 10 * MINUTE, utc), utc), ["10:10", "10:20", "10:30"]);
});

test("Berlin, the night of the left-out hour", () => {
  const night = range("2026-03-28T23:00Z", "2026-03-29T04:00Z");
  assert.deepEqual(hours(ticks(night, HOUR, berlin), berlin), ["00:00", "01:00", "03:00", "04:00", "05:00", "06:00"]);
  const quarters = ticks(night, 15 * MINUTE, berlin);
  assert.deepEqual(quarters.map((t, i) => (i ? t - quarters[i - 1] : 15 * MINUTE)), quarters.map(() => 15 * MINUTE));
});

test("Berlin, the night of the hour that happens twice", () => {
  const night = range("2026-10-24T22:00Z", "2026-10-25T03:00Z");
  assert.deepEqual(hours(ticks(night, HOUR, berlin), berlin), ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00"]);
});

test("New York, both nights, seen from six hours either side", () => {
  assert.deepEqual(hours(ticks(range("2026-03-08T05:00Z", "2026-03-08T16:00Z"), 3 * HOUR, newYork), newYork), ["00:00", "03:00", "06:00", "09:00", "12:00"]);
  assert.deepEqual(hours(ticks(range("2026-11-01T04:00Z", "2026-11-01T17:00Z"), 3 * HOUR, newYork), newYork), ["00:00", "03:00", "06:00", "09:00", "12:00"]);
});

test("days begin at local midnight, also across the change, and weeks on Monday", () => {
  for (const zone of [berlin, newYork]) {
    const week = range("2026-10-22T12:00Z", "2026-11-04T12:00Z");
    const days = ticks(week, DAY, zone);
    assert.equal(days.length, 13);
    assert.deepEqual(new Set(hours(days, zone)), new Set(["00:00"]));
    for (const t of ticks(range("2026-09-01T00:00Z", "2026-12-01T00:00Z"), 7 * DAY, zone)) assert.equal(new Date(wallOf(t, zone)).getUTCDay(), 1);
  }
});

test("a day that has no midnight has its tick all the same", () => {
  const cairo = zoneOf("Africa/Cairo");
  const days = ticks(range("2024-04-24T12:00Z", "2024-04-27T12:00Z"), DAY, cairo);
  assert.deepEqual(hours(days, cairo), ["00:00", "01:00", "00:00"]);
});

test("days and months cover a range without holes", () => {
  const days = periods(range("2026-10-24T12:00Z", "2026-10-26T12:00Z"), "day", berlin);
  assert.deepEqual(days.map((d) => (d.end - d.start) / HOUR), [24, 25, 24]);
  const spring = periods(range("2026-03-08T12:00Z", "2026-03-08T13:00Z"), "day", newYork);
  assert.deepEqual(spring.map((d) => (d.end - d.start) / HOUR), [23]);
  const months = periods(range("2026-12-15T00:00Z", "2027-02-15T00:00Z"), "month", berlin);
  assert.equal(months.length, 3);
  for (const all of [days, months]) for (let i = 1; i < all.length; i++) assert.equal(all[i].start, all[i - 1].end);
});

test("labels never touch, and none is cut off", () => {
  const labels = [5, 40, 70, 110, 150, 196].map((x) => ({ x, width: 30 }));
  const kept = clear(labels, 200, 8);
  assert.deepEqual(kept.map((l) => l.x), [40, 110, 150]);
  for (let seed = 1; seed < 200; seed++) {
    const random = Array.from({ length: 20 }, (_, i) => ({ x: (i * 37 * seed) % 500, width: 10 + ((i * seed) % 60) })).sort((a, b) => a.x - b.x);
    const shown = clear(random, 500, 6);
    for (let i = 1; i < shown.length; i++) assert.ok(shown[i].x - shown[i].width / 2 >= shown[i - 1].x + shown[i - 1].width / 2 + 6);
  }
});

const names = ["Sunday, November 22", "Sun, Nov 22", "Sun 22", "22"];
const measure = (text) => text.length * 7;
const said = (edges, pad = 10) => captions(edges.slice(1).map((right, i) => ({ texts: names, left: edges[i], right })), 500, measure, pad).map((s) => s.said);

test("a day is called what there is room for, where it is seen", () => {
  assert.deepEqual(said([-300, 900]), [{ x: 0, text: names[0] }]);
  assert.deepEqual(said([100, 200]), [{ x: 100, text: names[1] }]);
  assert.deepEqual(said([-300, 12, 445, 900], 5), [null, { x: 12, text: names[0] }, { x: 445, text: names[2] }]);
});

test("days that are seen whole are called alike", () => {
  assert.deepEqual(said([-50, 40, 140, 230, 330, 390, 900]).map((s) => s.text), ["22", ...Array(5).fill(names[2])]);
  assert.deepEqual(said([0, 20, 40, 60]), [null, null, null]);
});
