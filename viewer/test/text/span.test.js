import assert from "node:assert/strict";
import { test } from "node:test";
import { latency, span } from "../../text/span.js";

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

test("a German reads German", () => {
  Object.defineProperty(globalThis, "navigator", { value: { language: "de-DE" }, configurable: true, writable: true });
  assert.deepEqual([span(273_600), latency(0.316)], ["3 T 4 h", "0,32 s"]);
});
