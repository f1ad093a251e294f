import assert from "node:assert/strict";
import { test } from "node:test";
import { Lateness } from "../../play/lateness.js";

test("the earliest, and what a share of the frames had at most", () => {
  const lateness = new Lateness(100);
  assert.deepEqual([lateness.least, lateness.rank(0.9)], [undefined, undefined]);
  for (const [at, offset] of [[0, 7], [1, -2], [2, 7], [3, 40], [4, 0]]) lateness.add(at, offset);
  assert.deepEqual([lateness.least, lateness.rank(0.5), lateness.rank(0.9), lateness.rank(1)], [-2, 7, 7, 40]);
});

test("old frames count no more, one of several like it included", () => {
  const lateness = new Lateness(10);
  for (const [at, offset] of [[0, 5], [5, 5], [8, 9]]) lateness.add(at, offset);
  lateness.add(12, 6);
  assert.deepEqual([lateness.least, lateness.rank(0.5), lateness.rank(1)], [5, 6, 9]);
  lateness.add(16, 8);
  assert.equal(lateness.least, 6);
  lateness.forget();
  assert.equal(lateness.least, undefined);
});
