import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../../time/clock.js";

const T = Date.parse("2026-11-22T21:54:01Z");

test("half the round trip is the answer's age", () => {
  const clock = new ServerClock();
  clock.observe(1000, 1100, T);
  assert.equal(clock.now(1100), T + 50);
});

test("the shortest round trip counts", () => {
  const clock = new ServerClock();
  clock.observe(1000, 1004, T);
  clock.observe(3000, 3400, T + 2350);
  assert.equal(clock.now(1002), T);
});

test("a clock that was set, or a sleep, is followed at once", () => {
  const clock = new ServerClock();
  clock.observe(1000, 1004, T);
  clock.observe(3000, 3010, T + 60_000);
  assert.equal(clock.now(3005), T + 60_000);
});

test("answers without a time are ignored", () => {
  const clock = new ServerClock();
  clock.observe(1000, 1004, NaN);
  assert.equal(clock.synced, false);
  assert.ok(Math.abs(clock.now() - Date.now()) < 5000);
});
