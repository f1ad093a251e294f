import assert from "node:assert/strict";
import { test } from "node:test";
import { beginAfter, dateAt, listed, mediaTimeOf } from "../../play/program-date-time.js";

const T = Date.parse("2026-11-22T21:54:00Z");

// Two runs with a minute between them, and a segment that is growing.
const details = {
  fragments: [
    { start: 0, duration: 2, programDateTime: T },
    { start: 2, duration: 2, programDateTime: T + 2000 },
    { start: 4, duration: 2, programDateTime: T + 64_000 },
  ],
  fragmentHint: { start: 6, duration: 0.4, programDateTime: T + 66_000 },
};

test("from media time to wall clock", () => {
  assert.equal(dateAt(details, 0), T);
  assert.equal(dateAt(details, 3.5), T + 3500);
  assert.equal(dateAt(details, 4.25), T + 64_250);
  assert.equal(dateAt(details, 6.2), T + 66_200);
  assert.equal(dateAt({ fragments: [{ start: 0, duration: 2, programDateTime: null }] }, 1), null);
});

test("from wall clock to media time", () => {
  assert.equal(mediaTimeOf(details, T + 3500), 3.5);
  assert.equal(mediaTimeOf(details, T + 64_250), 4.25);
  assert.equal(mediaTimeOf(details, T + 66_200), 6.2);
});

test("what follows the end of a segment is the next one, whichever way its end was rounded", () => {
  for (const off of [-1, -0.4, 0, 0.4, 1]) assert.equal(beginAfter(details, T + 2000 + off), 2);
  assert.equal(beginAfter(details, T + 4000), 4);
  assert.equal(beginAfter(details, T + 66_000), 6);
  assert.equal(beginAfter(details, T + 70_000), null);
});

test("a gap leads to what comes after it", () => {
  assert.equal(mediaTimeOf(details, T + 30_000), 4);
});

test("outside of what is listed there is nothing, but rounding is forgiven", () => {
  assert.equal(mediaTimeOf(details, T - 5000), null);
  assert.equal(mediaTimeOf(details, T + 90_000), null);
  assert.equal(mediaTimeOf(details, T - 0.5), 0);
  assert.equal(mediaTimeOf(details, T + 66_400.5), 6.4);
});

test("what is listed", () => {
  assert.deepEqual(listed(details), { start: T, end: T + 66_400 });
  assert.equal(listed({ fragments: [] }), null);
});
