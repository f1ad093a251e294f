import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, instantsOf, isRepeated, utcZone, wallOf, zoneNamed } from "../../time/zone.js";
import { berlin, newYork, zoneOf } from "../fakes/zones.js";

const wall = (text) => Date.parse(`${text}Z`);
const iso = (ms) => new Date(ms).toISOString().slice(0, 16);

test("the wall shows local time", () => {
  assert.equal(iso(wallOf(Date.parse("2026-11-22T21:54Z"), berlin)), "2026-11-22T22:54");
  assert.equal(iso(wallOf(Date.parse("2026-07-01T02:00Z"), newYork)), "2026-06-30T22:00");
});

test("in autumn an hour happens twice", () => {
  assert.deepEqual(instantsOf(wall("2026-10-25T02:30"), berlin).map(iso), ["2026-10-25T00:30", "2026-10-25T01:30"]);
  assert.deepEqual(instantsOf(wall("2026-11-01T01:30"), newYork).map(iso), ["2026-11-01T05:30", "2026-11-01T06:30"]);
  assert.equal(iso(instantOf(wall("2026-10-25T02:30"), berlin)), "2026-10-25T00:30");
});

test("in spring an hour is left out", () => {
  assert.deepEqual(instantsOf(wall("2026-03-29T02:30"), berlin), []);
  assert.equal(iso(instantOf(wall("2026-03-29T02:30"), berlin)), "2026-03-29T01:30"); // when the wall shows 03:30
  assert.deepEqual(instantsOf(wall("2026-03-08T02:30"), newYork), []);
});

test("the day before and the day after are plain", () => {
  for (const zone of [berlin, newYork, zoneOf("Asia/Kolkata"), zoneOf("Pacific/Auckland")]) {
    for (let t = wall("2026-10-24T00:00"); t < wall("2026-10-25T00:00"); t += 1_800_000) {
      const all = instantsOf(t, zone);
      assert.equal(all.length, 1);
      assert.equal(wallOf(all[0], zone), t);
    }
  }
});

test("where midnight is left out the day begins after it", () => {
  const cairo = zoneOf("Africa/Cairo"); // 2024-04-26 began at 01:00
  const begin = instantOf(wall("2024-04-26T00:00"), cairo);
  assert.equal(iso(wallOf(begin, cairo)), "2024-04-26T01:00");
});

test("a zone by its name is what the database says, and an unknown one is none", () => {
  const zone = zoneNamed("Europe/Berlin");
  for (const at of ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-10-25T00:59:59.999Z", "2026-10-25T01:00:00Z"].map(Date.parse)) assert.equal(zone.offset(at), berlin.offset(at));
  assert.equal(zoneNamed("Asia/Kathmandu").offset(0), 5.5 * 3_600_000);
  assert.equal(zoneNamed("Europe/Berlin"), zone);
  assert.equal(zoneNamed("UTC"), utcZone);
  assert.equal(zoneNamed("Mars/Olympus"), null);
});

test("an hour is repeated only where the clock is set back", () => {
  const at = Date.parse("2026-10-25T00:30:00Z");
  assert.deepEqual([-3_600_000, 0, 3_600_000, 7_200_000].map((by) => isRepeated(at + by, berlin)), [false, true, true, false]);
});
