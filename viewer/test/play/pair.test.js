import assert from "node:assert/strict";
import { test } from "node:test";
import { DeckPair } from "../../play/pair.js";
import { FakeDeck } from "../fakes/deck.js";

const slot = (more) => ({ deck: Object.assign(new FakeDeck({ live: true, hold: false }), more), intent: { mode: "live" }, follows: null });

test("the next one takes over, and the old one goes", () => {
  const pair = new DeckPair();
  const [old, next] = [slot(), { ...slot(), follows: 5 }];
  pair.next = old;
  pair.swap();
  assert.equal(pair.front, old);
  pair.next = next;
  pair.swap();
  assert.deepEqual([pair.front, pair.next, old.deck.destroyed, next.follows], [next, null, true, null]);
  assert.equal(pair.video, next.deck.video);
});

test("stalls and lost frames of decks that are gone still count", () => {
  const pair = new DeckPair();
  assert.deepEqual([pair.stalls, pair.stalledSeconds, pair.droppedFrames], [0, 0, 0]);
  const lost = (n) => ({ getVideoPlaybackQuality: () => ({ droppedVideoFrames: n }) });
  pair.next = slot({ stalls: 2, stalledSeconds: 1.5, video: lost(4) });
  pair.swap();
  pair.next = slot({ stalls: 1, stalledSeconds: 0.5, video: lost(3) });
  pair.swap();
  assert.deepEqual([pair.stalls, pair.stalledSeconds, pair.droppedFrames], [3, 2, 7]);
});

test("closing destroys both", () => {
  const pair = new DeckPair();
  const [front, next] = [slot(), slot()];
  Object.assign(pair, { front, next });
  pair.close();
  assert.deepEqual([front.deck.destroyed, next.deck.destroyed, pair.front, pair.next, pair.video], [true, true, null, null, null]);
  pair.dropNext();
  pair.close();
});
