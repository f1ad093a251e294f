import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { DeckPair } from "../../play/pair.js";
import { PictureWatch } from "../../play/picture.js";
import { factsOf, figuresOf, knowsEdge, latencyOf, mayHold, slowOf } from "../../play/readings.js";
import { nextState } from "../../play/state.js";
import { FakeDeck } from "../fakes/deck.js";

let parts, deck;

beforeEach(() => {
  const intent = { mode: "live" };
  deck = Object.assign(new FakeDeck({ live: true, hold: false }), { ready: true, buffer: 0.4, stalls: 2, stalledSeconds: 0.7 });
  const decks = new DeckPair();
  decks.front = { deck, intent };
  parts = { intent, wantPaused: false, decks, picture: new PictureWatch(), steering: { target: 0.25, floor: 0.25 }, connection: { roundTrip: 12 }, keyFrames: { shown: null, age: null, count: 4, moving: () => false }, camera: "live", wall: 60_000, rescue: { failed: false, doubted: false, refused: null, lastError: null, retry: { count: 0 } } };
});

test("nothing on the screen is neither a picture nor paused", () => {
  parts.decks.front = null;
  assert.deepEqual(factsOf(parts, 0), { mode: "live", picture: false, paused: false, moving: false, latency: null, limit: 2, joining: false, failed: false, doubted: false, refused: null });
  assert.deepEqual([figuresOf(parts).buffer, figuresOf(parts).rate], [0, 1]);
});

test("a picture is one of what was asked for, and has arrived there", () => {
  assert.equal(factsOf(parts, 0).picture, true);
  assert.equal(factsOf({ ...parts, intent: { mode: "live" } }, 0).picture, false);
  deck.travelling = true;
  assert.equal(factsOf(parts, 0).picture, false);
});

test("paused is what was paused, not what has ended or waits for its turn", () => {
  deck.video.paused = true;
  assert.equal(factsOf(parts, 0).paused, true);
  deck.holding = true;
  assert.equal(factsOf(parts, 0).paused, false);
  assert.equal(factsOf({ ...parts, wantPaused: true }, 0).paused, true);
  Object.assign(deck, { holding: false }).video.ended = true;
  assert.equal(factsOf(parts, 0).paused, false);
});

test("key frames are a picture that moves as long as there are more, and are never live", () => {
  parts.decks.front = null;
  parts.keyFrames = { shown: 1, age: 0.1, count: 4, moving: () => true };
  const stills = { mode: "live", picture: true, paused: false, moving: true, latency: 0.1, limit: -Infinity, joining: false, failed: false, doubted: false, refused: null };
  assert.deepEqual(factsOf(parts, 0), stills);
  assert.equal(nextState("connecting", { ...stills, camera: "live", reachable: true }), "behind");
  assert.deepEqual(factsOf({ ...parts, camera: "away" }, 0), { ...stills, moving: false });
  assert.deepEqual(factsOf({ ...parts, wantPaused: true }, 0), { ...stills, paused: true });
  assert.equal(factsOf({ ...parts, intent: { mode: "history", at: 0 } }, 0).picture, false); // they stay until it is there
  assert.equal(figuresOf(parts).keyFrames, 4);
});

test("a browser that plays by itself may be farther from the camera", () => {
  deck.native = true;
  assert.deepEqual([factsOf(parts, 0).limit, figuresOf(parts).target], [4.2, 0.25]);
});

test("a slow way is told of what is looked at: live as it comes, history as it loads", () => {
  const rates = { has: 1, needs: 2 };
  const { keyFrames } = parts;
  parts.connection = { tooSlow: rates, pastTooSlow: () => null };
  assert.equal(slowOf(parts, 0), null);
  assert.deepEqual(slowOf({ ...parts, keyFrames: { ...keyFrames, running: true } }, 0), { tooSlow: rates });
  deck.whole = true;
  assert.deepEqual(slowOf(parts, 0), { tooSlow: rates });
  parts.connection.forCrowd = true;
  assert.deepEqual(slowOf(parts, 0), { tooSlow: rates, crowded: true });
  deck.native = true; // how it loads is its own affair
  assert.equal(slowOf(parts, 0), null);
  const history = { ...parts, intent: { mode: "history", at: 0 } };
  assert.equal(slowOf(history, 0), null);
  parts.connection.pastTooSlow = (now) => (now === 7 ? rates : null);
  assert.deepEqual(slowOf(history, 7), { tooSlow: rates, past: true });
});

test("what is gone to in a deck is what it may know of", () => {
  assert.equal(knowsEdge(Object.assign(deck, { following: true })), true);
  for (const not of [{ following: false }, { ready: false }, { suspended: true }, { staleness: 3000 }]) assert.equal(knowsEdge({ following: true, steersItself: false, ready: true, suspended: false, staleness: 0, ...not }), false);
  assert.deepEqual([mayHold(deck, "live-playlist"), mayHold(deck, "slice")], [true, false]);
  deck.suspended = true;
  assert.equal(mayHold(deck, "live-playlist"), false);
  deck.live = false;
  assert.deepEqual([mayHold(deck, "live-playlist"), mayHold(deck, "slice")], [false, true]);
});

test("the figures are of the picture now, and of what has gone wrong so far", () => {
  parts.picture.frame(500, 0.3);
  Object.assign(parts.rescue, { lastError: "no picture", retry: { count: 3 } });
  deck.video.playbackRate = 1.05;
  const { latency, buffer, rate, firstFrameMs, rebuilds, stalls, stalledSeconds, lastError } = figuresOf(parts);
  assert.deepEqual([latency, buffer, rate, firstFrameMs, rebuilds, stalls, stalledSeconds, lastError], [0.3, 0.4, 1.05, 500, 3, 2, 0.7, "no picture"]);
});

test("how late live may be is absolute: what a buffer has grown to changes nothing", () => {
  parts.steering.target = 1.9;
  assert.equal(factsOf(parts, 0).limit, 2);
  parts.steering.floor = 2; // of parts that are long
  assert.equal(factsOf(parts, 0).limit, 3);
  deck.whole = true;
  assert.equal(factsOf(parts, 0).limit, 7);
  assert.equal(figuresOf(parts).roundTrip, 12);
});

test("a picture of which no frame counts any more is as late as it is old, and live only within the limit", () => {
  const state = () => nextState("stalled", { ...factsOf(parts, 100), camera: "live", reachable: true });
  parts.picture.frame(50, 0.3);
  parts.picture.forget(); // as a jump does
  deck.position = parts.wall - 4200;
  assert.deepEqual([latencyOf(parts), factsOf(parts, 100).latency, state()], [4.2, 4.2, "behind"]);
  deck.position = parts.wall - 400;
  assert.equal(state(), "live");
  deck.ready = false;
  assert.equal(latencyOf(parts), null);
});

test("where the way carries less than the camera sends, whole segments are live up to the same limit as parts", () => {
  deck.whole = true;
  assert.equal(factsOf(parts, 0).limit, 7);
  parts.connection.tooSlow = { has: 0.16e6, needs: 0.35e6 };
  assert.equal(factsOf(parts, 0).limit, 2);
});
