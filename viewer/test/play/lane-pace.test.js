import assert from "node:assert/strict";
import { test } from "node:test";
import { LanePace } from "../../play/lane-pace.js";

/** Frames 40 ms apart, each late by what late says. @returns {number[]} when they are shown, less when they were taken */
function come(pace, n, late = () => 0, from = 0) {
  const shown = [];
  for (let i = from; i < from + n; i++) {
    const at = 40 * i + late(i);
    pace.arrived(at, 40 * i);
    shown.push(Math.max(at, pace.due(40 * i)) - 40 * i);
  }
  return shown;
}

test("on an even way a frame is shown when it has come", () => {
  const pace = new LanePace();
  assert.ok(come(pace, 100, () => 7).every((d) => d === 7));
  assert.equal(pace.jitter, 0);
});

test("where frames come unevenly they are shown evenly", () => {
  const pace = new LanePace();
  const shown = come(pace, 400, (i) => (i * 7) % 20).slice(200);
  const mean = shown.reduce((a, b) => a + b) / shown.length;
  const deviation = Math.sqrt(shown.reduce((a, b) => a + (b - mean) ** 2, 0) / shown.length);
  assert.ok(deviation < 2, String(deviation));
  assert.ok(mean >= 16 && mean <= 20, String(mean));
});

test("a few late frames hold up nobody", () => {
  const pace = new LanePace();
  come(pace, 400, (i) => (i % 100 === 50 ? 200 : 0));
  assert.ok(pace.jitter < 5, String(pace.jitter));
});

test("no two frames wait very differently", () => {
  const pace = new LanePace();
  come(pace, 100);
  const shown = come(pace, 200, (i) => (i % 2 ? 30 : 0), 100).filter((_, i) => i % 2 === 0);
  for (let i = 1; i < shown.length; i++) assert.ok(Math.abs(shown[i] - shown[i - 1]) <= 2, `${shown[i - 1]} and ${shown[i]}`);
});

test("what came in a burst is not waited for for ever", () => {
  const pace = new LanePace();
  come(pace, 100);
  come(pace, 50, (i) => 40 * (150 - i), 100);
  assert.ok(pace.jitter <= 120);
  come(pace, 600, () => 0, 150);
  assert.ok(pace.jitter < 50, String(pace.jitter));
});

test("before any frame nothing waits", () => {
  const pace = new LanePace();
  assert.equal(pace.due(0), -Infinity);
  assert.equal(pace.jitter, 0);
});
