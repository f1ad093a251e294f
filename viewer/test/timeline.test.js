import assert from "node:assert/strict";
import { test } from "node:test";
import { currentSpans, fraction, playableAt, range, ticks, timeAt } from "../timeline.js";

const at = (text) => Date.parse(`2026-11-22T${text}Z`);

test("a young recording is not stretched over the whole slider", () => {
  const now = at("12:00:00");
  assert.deepEqual(range(now - 5000, now), { start: now - 60_000, end: now });
  assert.deepEqual(range(null, now), { start: now - 60_000, end: now });
  assert.deepEqual(range(now - 7_200_000, now), { start: now - 7_200_000, end: now });
});

test("time and place are each other's inverse, and stay inside", () => {
  const r = { start: 1000, end: 3000 };
  for (const t of [1000, 1500, 3000]) assert.equal(timeAt(fraction(t, r), r), t);
  assert.equal(fraction(0, r), 0);
  assert.equal(fraction(9000, r), 1);
  assert.equal(timeAt(-1, r), 1000);
  assert.equal(timeAt(2, r), 3000);
});

test("labels stand on round times, far enough apart", () => {
  const r = { start: at("10:03:20"), end: at("12:03:20") };
  const { step, times } = ticks(r, 1000, 84);
  assert.equal(step, 15 * 60_000);
  assert.equal(times[0], at("10:15:00"));
  assert.equal(times.at(-1), at("12:00:00"));
  assert.ok((step / (r.end - r.start)) * 1000 >= 84);
});

test("days begin at local midnight", () => {
  const week = { start: at("12:00:00") - 7 * 86_400_000, end: at("12:00:00") };
  const hour = 3_600_000;
  const { step, times } = ticks(week, 700, 84, 5.5 * hour);
  assert.equal(step, 24 * hour);
  for (const t of times) assert.equal((t + 5.5 * hour) % step, 0);
});

test("very long windows still get labels", () => {
  const r = { start: 0, end: 400 * 86_400_000 };
  assert.ok(ticks(r, 300, 84).times.length >= 2);
});

test("spans are cut to the range and carried on while live", () => {
  const spans = [{ start: 0, end: 10 }, { start: 20, end: 30 }, { start: 40, end: 50 }];
  assert.deepEqual(currentSpans(spans, { start: 15, end: 60 }, 58), [{ start: 20, end: 30 }, { start: 40, end: 58 }]);
  assert.deepEqual(currentSpans(spans, { start: 15, end: 60 }), [{ start: 20, end: 30 }, { start: 40, end: 50 }]);
  assert.deepEqual(spans[2], { start: 40, end: 50 });
  assert.deepEqual(currentSpans([], { start: 0, end: 9 }, 9), []);
});

test("a wish in a gap is moved to the next picture", () => {
  const spans = [{ start: 1000, end: 5000 }, { start: 9000, end: 20_000 }];
  assert.equal(playableAt(2000, spans), 2000);
  assert.equal(playableAt(6000, spans), 9000);
  assert.equal(playableAt(0, spans), 1000);
  assert.equal(playableAt(30_000, spans), 17_000);
  assert.equal(playableAt(30_000, []), null);
});
