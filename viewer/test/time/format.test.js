import assert from "node:assert/strict";
import { test } from "node:test";
import { captionsFor, instant, labelFor, latency, span } from "../../time/format.js";

const now = new Date(2026, 10, 22, 21, 54, 10).getTime();

test("spans in their two largest units", () => {
  assert.equal(span(9.4), "9 s");
  assert.equal(span(60), "1 min");
  assert.equal(span(192), "3 min 12 s");
  assert.equal(span(7500), "2 h 5 min");
  assert.equal(span(273_600), "3 d 4 h");
  assert.equal(span(-1), "0 s");
});

test("latencies in hundredths, then as spans", () => {
  assert.equal(latency(0.316), "0.32 s");
  assert.equal(latency(-0.01), "0.00 s");
  assert.equal(latency(12), "12 s");
});

test("an instant names its day only when that isn't today", () => {
  assert.equal(instant(now, now), "21:54:10");
  assert.match(instant(now - 86_400_000, now), /21.*, 21:54:10$/);
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
