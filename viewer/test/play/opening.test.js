import assert from "node:assert/strict";
import { test } from "node:test";
import { Opening } from "../../play/opening.js";

const alone = { beside: () => 0, trip: 20 };

/** Looks at something that comes at so many bytes a second, every 100 ms for so many ms. */
function watch(opening, { url = "7.0.m4s", rate = 125_000, from = 0, ms, every = 100, arrivals = alone, total = Infinity }) {
  let known = null;
  for (let at = 0; at <= ms; at += every) known = opening.look({ at: from + at, first: 20, took: at, bytes: Math.min(total, 500 + (rate * at) / 1000), total: 0, seconds: 0.1, part: true, url }, arrivals);
  return known;
}

test("what is seen to come for long enough tells what the way carries", () => {
  const opening = new Opening();
  assert.equal(watch(opening, { ms: 300 }), null);
  assert.equal(watch(opening, { url: "7.1.m4s", from: 5000, ms: 300 }), 1e6);
});

test("so does what comes beside it, and connections begin slowly over long ways", () => {
  assert.equal(watch(new Opening(), { ms: 1000, arrivals: { beside: (from, to, url) => (url === "7.0.m4s" ? to - from : NaN) * 75, trip: 20 } }), 1.6e6);
  const far = { ...alone, trip: 200 };
  assert.equal(watch(new Opening(), { ms: 1100, arrivals: far }), null);
  assert.equal(watch(new Opening(), { ms: 1200, arrivals: far }), 1e6);
  assert.equal(watch(new Opening(), { ms: 400, arrivals: { ...alone, trip: null } }), 1e6);
});

test("a machine that looks seldom knows nothing, nor does who sees each only once", () => {
  assert.equal(watch(new Opening(), { ms: 5000, every: 300 }), null);
  const opening = new Opening();
  for (let i = 0; i < 50; i++) assert.equal(watch(opening, { url: `${i}.m4s`, from: 100 * i, ms: 0 }), null);
});
