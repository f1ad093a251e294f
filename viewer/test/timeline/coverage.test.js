import assert from "node:assert/strict";
import { test } from "node:test";
import { Coverage, currentSpans } from "../../timeline/coverage.js";

const HOUR = 3_600_000;
const bounds = { start: 0, end: 100 * HOUR };

function fixture(answer = (from, to) => [{ start: from, end: to }], flaws = []) {
  const f = { asked: [], time: 0 };
  f.coverage = new Coverage(async (from, to, points) => {
    f.asked.push({ from, to, points });
    return { spans: answer(from, to), flaws };
  }, () => f.time);
  return f;
}

test("spans are cut to the range and carried on while live", () => {
  const spans = [{ start: 0, end: 10 }, { start: 20, end: 30 }, { start: 40, end: 50 }];
  assert.deepEqual(currentSpans(spans, { start: 15, end: 60 }, 58), [{ start: 20, end: 30 }, { start: 40, end: 58 }]);
  assert.deepEqual(currentSpans(spans, { start: 15, end: 60 }), [{ start: 20, end: 30 }, { start: 40, end: 50 }]);
  assert.deepEqual(currentSpans(spans, { start: 15, end: 25 }, 58), [{ start: 20, end: 25 }]);
  assert.deepEqual(spans[2], { start: 40, end: 50 });
  assert.deepEqual(currentSpans([], { start: 0, end: 9 }, 9), []);
});

test("asks once for what is seen and some beside, in as many points as there are pixels", async () => {
  const f = fixture();
  const view = { start: 40 * HOUR, end: 50 * HOUR };
  assert.equal(await f.coverage.want(view, bounds, 1000), true);
  assert.deepEqual(f.asked, [{ from: 35 * HOUR, to: 55 * HOUR, points: 2000 }]);
  assert.equal(await f.coverage.want(view, bounds, 1000), false);
  assert.equal(await f.coverage.want({ start: 37 * HOUR, end: 47 * HOUR }, bounds, 1000), false);
  assert.equal(f.asked.length, 1);
  assert.equal(await f.coverage.want({ start: 30 * HOUR, end: 40 * HOUR }, bounds, 1000), true);
});

test("two looks at once are one question", async () => {
  const f = fixture();
  const view = { start: 40 * HOUR, end: 50 * HOUR };
  await Promise.all([f.coverage.want(view, bounds, 1000), f.coverage.want(view, bounds, 1000)]);
  assert.equal(f.asked.length, 1);
});

test("over a slow link one question is on its way, while the edge goes on", async () => {
  const f = fixture();
  const at = (now) => f.coverage.want({ start: now - HOUR, end: now }, { start: 0, end: now }, 1000);
  const first = at(40 * HOUR);
  await Promise.all([1, 2, 3].map((i) => at(40 * HOUR + 200 * i)));
  assert.equal(f.asked.length, 1);
  // Once something has changed at the edge, what was asked for before is old as it comes.
  f.coverage.expire();
  const second = at(40 * HOUR + 800);
  assert.deepEqual([f.asked.length, await first], [2, true]);
  await second;
  assert.equal(f.coverage.lacks({ start: 39 * HOUR, end: 40 * HOUR }, 4000), false);
  const late = at(50 * HOUR);
  f.coverage.expire();
  await late;
  assert.equal(f.coverage.lacks({ start: 49 * HOUR, end: 50 * HOUR }, 4000), true);
});

test("closer is asked for again, and until it is there the coarse is drawn", async () => {
  const f = fixture();
  await f.coverage.want(bounds, bounds, 1000);
  const view = { start: 40 * HOUR, end: 41 * HOUR };
  const grain = HOUR / 1000;
  assert.ok(f.coverage.lacks(view, grain));
  assert.deepEqual(f.coverage.spans(view, grain), [view]);
  await f.coverage.want(view, bounds, 1000);
  assert.equal(f.coverage.best(view, grain).grain, grain);
  assert.equal(f.coverage.best(bounds, 100 * HOUR / 1000).from, 0);
});

test("what lies at the live edge gets old, the rest does not", async () => {
  const f = fixture();
  const past = { start: 40 * HOUR, end: 50 * HOUR };
  await f.coverage.want(bounds, bounds, 1000);
  await f.coverage.want(past, bounds, 1000);
  f.time = 60_000;
  assert.equal(await f.coverage.want(past, bounds, 1000), false);
  assert.equal(await f.coverage.want(bounds, { start: 1000, end: bounds.end + 60_000 }, 1000), true);
  assert.equal(f.coverage.known.filter((k) => k.open).length, 1);
  f.coverage.expire();
  assert.equal(await f.coverage.want(bounds, bounds, 1000), true);
});

test("only a span that was going on is carried on to the edge", async () => {
  const going = fixture();
  await going.coverage.want(bounds, bounds, 1000);
  const later = { start: 0, end: bounds.end + 10_000 };
  assert.equal(going.coverage.spans(later, 1e9, later.end).at(-1).end, later.end);
  assert.equal(going.coverage.spans(later, 1e9).at(-1).end, bounds.end);
  const gone = fixture(() => [{ start: 0, end: 80 * HOUR }]);
  await gone.coverage.want(bounds, bounds, 1000);
  assert.equal(gone.coverage.spans(later, 1e9, later.end).at(-1).end, 80 * HOUR);
});

test("an answer for another camera is not kept, an error is no answer", async () => {
  const f = fixture();
  const asked = f.coverage.want(bounds, bounds, 1000);
  f.coverage.clear();
  assert.equal(await asked, false);
  assert.equal(f.coverage.best(bounds, 1e9), null);
  const broken = new Coverage(async () => { throw new Error("away"); }, () => 0);
  await assert.rejects(broken.want(bounds, bounds, 1000), /away/);
  await assert.rejects(broken.want(bounds, bounds, 1000), /away/);
});

test("never more points than the API answers, never ever more answers kept", async () => {
  const f = fixture();
  await f.coverage.want({ start: 40 * HOUR, end: 50 * HOUR }, bounds, 16_000);
  assert.equal(f.asked[0].points, 20_000);
  for (let i = 0; i < 60; i++) await f.coverage.want({ start: i * HOUR, end: (i + 0.1) * HOUR }, bounds, 1000);
  assert.ok(f.coverage.known.length <= 24);
});

test("flaws are those of the range, and one that stood counts for more than one that is late", async () => {
  const flaws = [{ start: 10, end: 900, kind: "late" }, { start: 100, end: 200, kind: "standstill" }, { start: 5000, end: 6000, kind: "standstill" }];
  const f = fixture(undefined, flaws);
  assert.deepEqual(f.coverage.flaws(bounds, 1), []);
  assert.equal(f.coverage.flawAt(150, bounds, 1), null);
  await f.coverage.want({ start: 0, end: 10_000 }, bounds, 10_000);
  const range = { start: 0, end: 1000 };
  assert.deepEqual(f.coverage.flaws(range, 1), flaws.slice(0, 2));
  assert.deepEqual([5, 10, 150, 200, 900].map((t) => f.coverage.flawAt(t, range, 1)), [null, "late", "standstill", "late", null]);
});
