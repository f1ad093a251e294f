import assert from "node:assert/strict";
import { test } from "node:test";
import { canBeSteered, createDeck, createSteering, keepAtEdge, playable } from "../../play/decks.js";
import { NativeDeck } from "../../play/native-deck.js";
import { FakeDeck } from "../fakes/deck.js";
import { installDocument } from "../fakes/dom.js";
import { FakeVideo, T } from "../fakes/video.js";

test("without MediaSource the browser's own player is taken, if it has one", () => {
  installDocument({ createVideo: () => new FakeVideo() });
  assert.equal(playable(), true);
  const deck = createDeck({ url: "live.m3u8", live: true, at: null, hold: true, parent: document.body }, {});
  assert.ok(deck instanceof NativeDeck);
  deck.destroy();
  installDocument({ createVideo: () => ({ canPlayType: () => "" }) });
  assert.equal(playable(), false);
});

test("only a picture that plays, in a player of ours, can be steered", () => {
  const deck = Object.assign(new FakeDeck({ live: true, hold: false }), { ready: true });
  assert.equal(canBeSteered(deck), true);
  for (const change of [{ native: true }, { ready: false }, { video: { paused: true } }, { video: { paused: false, seeking: true } }]) {
    assert.equal(canBeSteered({ ...deck, ...change }), false, JSON.stringify(change));
  }
});

test("a deck is held at the edge by its rate, and from far by a jump", () => {
  const steering = createSteering(0.1);
  steering.steerable = true;
  const deck = Object.assign(new FakeDeck({ live: true, hold: false }), { position: T });
  const steer = (buffer, at) => {
    Object.assign(deck, { buffer, edge: buffer });
    return keepAtEdge(deck, steering, at);
  };
  assert.equal(steer(steering.target + 0.05, 1000), false);
  assert.equal(deck.video.playbackRate, 1);
  for (let i = 0; i < 5; i++) steer(steering.target + 0.5, 1100 + 100 * i);
  assert.ok(deck.video.playbackRate > 1);
  assert.equal(deck.wasAsked("jumpToEdge"), false);
  assert.equal([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].some((s) => steer(5, 1000 * s)), true);
  assert.deepEqual(deck.asked[0], ["jumpToEdge", steering.target]);
});
