import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { DeckPair } from "../../play/pair.js";
import { Renewal } from "../../play/renewal.js";

const LIVE = { mode: "live" };
globalThis.document = { baseURI: "http://box/" };
let decks, asks, renewal;

/** The live playlist that was on the screen has ended. */
beforeEach(() => {
  decks = new DeckPair();
  decks.front = { deck: { live: false }, url: "old", intent: LIVE };
  asks = 0;
  renewal = new Renewal(decks, () => asks++);
});

test("the API is asked at once, then twice a second until something follows", () => {
  renewal.begin(1000);
  assert.equal(asks, 1);
  for (let at = 1000; at < 2100; at += 100) renewal.look(at, LIVE);
  assert.equal(asks, 3);
  decks.next = { url: "new" };
  renewal.look(9000, LIVE);
  assert.equal(asks, 3);
});

/** The playlist on the screen was read so long ago (ms). */
const live = (staleness, more = {}) => (decks.front.deck = { live: true, following: true, ready: true, staleness, source: "http://box/old", ...more });

test("a playlist that goes on is not asked for", () => {
  for (const more of [{}, { whole: true, staleness: 2900 }]) {
    live(300, more);
    renewal.look(1000, LIVE);
  }
  assert.equal(asks, 0);
});

test("once a second the API is asked where the playlist stands, and not when the camera has long been away", () => {
  live(1100);
  for (let at = 1000; at < 4000; at += 100) renewal.look(at, LIVE);
  assert.equal(asks, 3);
  for (const more of [{ staleness: 60_000 }, { suspended: true }, { following: false }, { ready: false }]) {
    live(1100, more);
    renewal.look(9000, LIVE);
  }
  renewal.look(9000, { mode: "history", at: 0 });
  assert.equal(asks, 3);
});

test("another playlist is due before the one on the screen has ended", () => {
  live(1100);
  assert.equal(renewal.due(LIVE, "new"), true);
  assert.equal(renewal.due(LIVE, "old"), false);
});

test("a playlist that was opened by another URL than the API names, and led to that one, stays", () => {
  live(0, { source: null }); // not read yet
  assert.equal(renewal.due(LIVE, "hls/front/live.m3u8?epoch=0"), false);
  live(0, { source: "http://box/hls/front/live.m3u8?epoch=0" });
  assert.equal(renewal.due(LIVE, "hls/front/live.m3u8?epoch=0"), false);
  assert.equal(renewal.due(LIVE, "hls/front/live.m3u8?epoch=1"), true);
});

test("another playlist is due once, and only for live", () => {
  assert.equal(renewal.due(LIVE, "new"), true);
  assert.equal(renewal.due(LIVE, "old"), false);
  assert.equal(renewal.due(LIVE, undefined), false);
  decks.next = { url: "new" };
  assert.equal(renewal.due(LIVE, "new"), false);
  assert.equal(renewal.due({ mode: "history", at: 0 }, "newer"), false);
});

test("nothing is due for what was asked for meanwhile, or when nothing plays", () => {
  assert.equal(renewal.due({ mode: "live" }, "new"), false);
  decks.front = null;
  assert.equal(renewal.due(LIVE, "new"), false);
});
