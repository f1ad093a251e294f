import assert from "node:assert/strict";
import { test } from "node:test";
import { assumedLive, beyond, mayHaveLeftLive, nextStep, sliceAfter, sliceAround, sliceUrl, sourceAfter, sourceFor, sourceOf } from "../../play/slices.js";

const T = Date.parse("2026-11-22T21:54:01Z");

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

test("what a live playlist lists is assumed as long as none has been read", () => {
  assert.equal(sourceFor(T - 60_000, assumedLive(T)), "live-playlist");
  assert.equal(sourceFor(T - 105_000, assumedLive(T)), "slice");
  assert.equal(mayHaveLeftLive(T - 50_000, T), false);
  assert.equal(mayHaveLeftLive(T - 60_000, T), true);
});

test("what follows is surely after the last picture", () => {
  assert.ok(beyond(T + 0.4) > T + 1);
});

test("near its end a slice is followed by the next one, on time", () => {
  const playing = { left: 60_000, paused: false, ended: false, prepared: false, scheduled: false };
  assert.equal(nextStep(playing), null);
  assert.equal(nextStep({ ...playing, left: 11_000 }), "prepare");
  const prepared = { ...playing, prepared: true };
  assert.equal(nextStep({ ...prepared, left: 11_000 }), null);
  assert.equal(nextStep({ ...prepared, left: 200 }), "schedule");
  assert.equal(nextStep({ ...prepared, left: 200, scheduled: true }), null);
  assert.equal(nextStep({ ...prepared, left: 200, paused: true }), null);
  assert.equal(nextStep({ ...prepared, left: 0 }), "hand over");
  assert.equal(nextStep({ ...prepared, left: 100, ended: true }), "hand over");
});

const HOUR = 3_600_000;
const URLS = { live: "live.m3u8", window: "window.m3u8" };

test("live is the live playlist from its edge", () => {
  assert.deepEqual(sourceOf(URLS, null, T), { url: "live.m3u8", live: true, at: null });
});

test("just now is in the live playlist, and longer ago in a slice", () => {
  assert.deepEqual(sourceOf(URLS, T - 60_000, T), { url: "live.m3u8", live: true, at: T - 60_000 });
  assert.deepEqual(sourceOf(URLS, T - HOUR, T), { url: sliceAround("window.m3u8", T - HOUR), live: false, at: T - HOUR });
});

test("who knows better than the clock is believed", () => {
  assert.equal(sourceOf(URLS, T - 60_000, T, "slice").url, sliceAround("window.m3u8", T - 60_000));
  assert.equal(sourceOf(URLS, T - HOUR, T, "live-playlist").live, true);
});

test("a slice follows a slice, and near now the live playlist does", () => {
  assert.deepEqual(sourceAfter(URLS, T - HOUR, T), { url: sliceAfter("window.m3u8", T - HOUR), live: false, at: T - HOUR });
  assert.deepEqual(sourceAfter(URLS, T - 60_000, T), { url: "live.m3u8", live: true, at: T - 60_000 });
});
