import assert from "node:assert/strict";
import { test } from "node:test";
import { LateParts } from "../../play/late-parts.js";

/** Parts of 0.1 s that come as late as the test says, one a second. */
function arrivals(late, latenesses, from = 0) {
  latenesses.forEach((lateness, i) => late.add(from + i + 5 + lateness, from + i));
  return late.typical;
}

test("lateness counts against the most punctual part, and the worst second is none", () => {
  assert.equal(arrivals(new LateParts(60, 2), [0, 0, 0]), 0);
  assert.equal(Math.round(arrivals(new LateParts(60, 2), [0, 0.5, 0, 0.2]) * 1000), 200);
});

test("what was a minute ago is forgotten", () => {
  const late = new LateParts(60, 2);
  arrivals(late, [0, 0.5, 0.4]);
  assert.ok(late.typical > 0.39);
  assert.equal(arrivals(late, Array(70).fill(0), 10), 0);
});

test("an outage says nothing about lateness, and what follows begins anew", () => {
  const late = new LateParts(60, 2);
  arrivals(late, [0, 0, 3]);
  assert.equal(late.typical, 0);
  assert.equal(arrivals(late, [3, 3, 3], 10), 0);
});
