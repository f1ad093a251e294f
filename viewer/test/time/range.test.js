import assert from "node:assert/strict";
import { test } from "node:test";
import { fraction, lastBefore, playableAt, timeAt, windowUntil } from "../../time/range.js";

const at = (text) => Date.parse(`2026-11-22T${text}Z`);

test("a young recording is not stretched over the whole slider", () => {
  const now = at("12:00:00");
  assert.deepEqual(windowUntil(now - 5000, now), { start: now - 60_000, end: now });
  assert.deepEqual(windowUntil(null, now), { start: now - 60_000, end: now });
  assert.deepEqual(windowUntil(now - 7_200_000, now), { start: now - 7_200_000, end: now });
});

test("time and place are each other's inverse, and stay inside", () => {
  const r = { start: 1000, end: 3000 };
  for (const t of [1000, 1500, 3000]) assert.equal(timeAt(fraction(t, r), r), t);
  assert.equal(fraction(0, r), 0);
  assert.equal(fraction(9000, r), 1);
  assert.equal(timeAt(-1, r), 1000);
  assert.equal(timeAt(2, r), 3000);
});

test("going back, a gap is left where it begins", () => {
  const spans = [{ start: 1000, end: 5000 }, { start: 9000, end: 20_000 }];
  assert.equal(lastBefore(2000, spans), null);
  assert.equal(lastBefore(6000, spans), 4000);
  assert.equal(lastBefore(6000, spans, 9000), 1000);
  assert.equal(lastBefore(500, spans), null);
  assert.equal(lastBefore(30_000, spans), null);
});

test("a wish in a gap is moved to the next picture", () => {
  const spans = [{ start: 1000, end: 5000 }, { start: 9000, end: 20_000 }];
  assert.equal(playableAt(2000, spans), 2000);
  assert.equal(playableAt(6000, spans), 9000);
  assert.equal(playableAt(0, spans), 1000);
  assert.equal(playableAt(30_000, spans), 17_000);
  assert.equal(playableAt(30_000, []), null);
});
