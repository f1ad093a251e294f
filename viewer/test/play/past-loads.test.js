import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PastLoads } from "../../play/past-loads.js";

const SLOW = { has: 1.6e6, needs: 4e6 };
let past;

beforeEach(() => (past = new PastLoads()));

/** A segment of 2 s and 1 MB that took so many ms. */
const segment = (took, more) => ({ at: 10_000, first: 0, took, bytes: 1e6, seconds: 2, part: false, ...more });

test("three segments tell what history's way carries, until they are old", () => {
  for (let i = 0; i < 2; i++) past.loaded(segment(5000));
  assert.equal(past.rates(10_000), undefined);
  past.loaded(segment(50, { part: true }));
  assert.equal(past.rates(10_000), undefined);
  past.loaded(segment(5000));
  assert.deepEqual([past.rates(10_000), past.rates(71_000)], [SLOW, undefined]);
  for (let i = 0; i < 3; i++) past.loaded(segment(500));
  assert.equal(past.rates(10_000), null);
  past.forget();
  assert.equal(past.rates(10_000), undefined);
});

test("one alone tells when it takes as long as three last, there or not", () => {
  past.loaded(segment(6500));
  assert.ok(past.rates(10_000).has < 1.3e6);
  past.forget();
  past.coming({ ...segment(5900, { bytes: 1e5 }), total: 1e6 });
  assert.equal(past.rates(10_000), undefined);
  past.coming({ ...segment(8000, { bytes: 2e5 }), total: 1e6 });
  assert.deepEqual(past.rates(10_000), { has: 2e5, needs: 4e6 });
  past.coming(null);
  assert.equal(past.rates(10_000), undefined);
});

test("one that is in time still tells nothing", () => {
  for (let i = 0; i < 2; i++) past.loaded(segment(5000));
  past.coming({ ...segment(1900, { bytes: 0 }), total: 0 });
  assert.equal(past.rates(10_000), undefined);
  past.coming({ ...segment(5000, { bytes: 1e6 }), total: 1e6 });
  assert.deepEqual(past.rates(10_000), SLOW);
});

test("all of the last three are like something, or there are fewer", () => {
  const quick = (l) => l.took < 1000;
  for (let i = 0; i < 2; i++) past.loaded(segment(500));
  assert.equal(past.all(quick), false);
  past.loaded(segment(500));
  assert.equal(past.all(quick), true);
  past.loaded(segment(1500));
  assert.equal(past.all(quick), false);
});
