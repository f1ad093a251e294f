import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERVIEW, formatLink, parseLink } from "../link.js";
import { sliceAfter, sliceAround, sliceUrl, sourceFor } from "../slices.js";

const T = Date.parse("2026-11-22T21:54:01Z");

test("links round-trip", () => {
  assert.deepEqual(parseLink(formatLink("front")), { camera: "front", at: null });
  assert.equal(formatLink("front-door", T + 345), "#front-door@2026-11-22T21:54:01Z");
  assert.deepEqual(parseLink("#front-door@2026-11-22T21:54:01Z"), { camera: "front-door", at: T });
  assert.deepEqual(parseLink("#front@2026-11-22T22%3A54%3A01%2B01:00"), { camera: "front", at: T });
});

test("what is no link is no camera", () => {
  for (const hash of ["", "#", "#Front", "#../etc", "#%", "#a b", `#${"x".repeat(33)}`]) {
    assert.deepEqual(parseLink(hash), { camera: null, at: null }, hash);
  }
  assert.deepEqual(parseLink("#front@yesterday"), { camera: "front", at: null });
});

test("a slice is a quarter of an hour, with escaped times", () => {
  assert.equal(
    sliceUrl("hls/front/window.m3u8", T),
    "hls/front/window.m3u8?from=2026-11-22T21%3A54%3A01.000Z&to=2026-11-22T22%3A09%3A01.000Z",
  );
});

test("a slice is of the promise that the window's address names", () => {
  assert.match(sliceUrl("hls/front/window.m3u8?epoch=3", T), /^hls\/front\/window\.m3u8\?epoch=3&from=2026-11-22T21%3A54%3A01\.000Z&to=/);
});

test("a slice around an instant begins a little before it", () => {
  assert.match(sliceAround("w", T), /from=2026-11-22T21%3A53%3A01\.000Z&to=2026-11-22T22%3A09%3A01\.000Z$/);
});

test("the slice after one that ended does not list its last segment again", () => {
  // The segment ends at .4005; a date rounded down to .400 would still be in it.
  const from = new URL(sliceAfter("w", T + 400.5), "http://x").searchParams.get("from");
  assert.ok(Date.parse(from) > T + 400.5 && Date.parse(from) < T + 405);
});

test("what the live playlist surely lists is played from there", () => {
  const live = { start: T, end: T + 120_000 };
  assert.equal(sourceFor(T + 60_000, live), "live-playlist");
  assert.equal(sourceFor(T + 5000, live), "slice");
  assert.equal(sourceFor(T - 5000, live), "slice");
  assert.equal(sourceFor(T, null), "slice");
});

test("the overview has links of its own, which no camera can have", () => {
  assert.deepEqual(parseLink("#Overview"), { camera: OVERVIEW, at: null });
  const at = Date.UTC(2026, 10, 22, 21, 54, 1);
  assert.equal(formatLink(OVERVIEW, at), "#Overview@2026-11-22T21:54:01Z");
  assert.deepEqual(parseLink("#Overview@2026-11-22T21:54:01Z"), { camera: OVERVIEW, at });
  assert.deepEqual(parseLink("#overview"), { camera: "overview", at: null });
  assert.equal(parseLink("#OVERVIEW").camera, null);
});
