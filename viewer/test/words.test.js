import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, latency, span, tickLabel } from "../format.js";
import { distance, notice } from "../words.js";

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

test("ticks are as fine as their step", () => {
  assert.equal(tickLabel(now, 15_000), "21:54:10");
  assert.equal(tickLabel(now, 60_000), "21:54");
  assert.match(tickLabel(new Date(2026, 10, 22).getTime(), 3_600_000), /22/);
});

test("the distance tells latency or age", () => {
  assert.equal(distance("live", 0.316), "0.32 s behind the camera");
  assert.equal(distance("rewound", 192), "3 min 12 s ago");
  assert.equal(distance("away", 192), "last picture 3 min 12 s ago");
  assert.equal(distance("connecting", 192), "");
  assert.equal(distance("live", null), "");
});

test("a camera that is away: since when, why, and what to do", () => {
  const camera = { since: new Date(now - 5000).toISOString(), reason: { title: "The camera refuses the connection", advice: "Is it switched on?" } };
  assert.deepEqual(notice("away", camera, null, now), {
    title: "The camera is away since 21:54:05",
    advice: "The camera refuses the connection. Is it switched on?",
  });
  assert.equal(notice("away", { since: camera.since, reason: null }, null, now).advice, "");
});

test("who doesn't answer is named", () => {
  assert.match(notice("unreachable", null, "controller", now).title, /controller/);
  assert.match(notice("unreachable", null, "server", now).title, /server/);
});

test("while the picture moves nothing lies over it", () => {
  for (const state of ["live", "behind", "rewound", "paused", "stalled", "connecting"]) assert.equal(notice(state, null, null, now), null);
});
