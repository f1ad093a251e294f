import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SliceChain } from "../../play/chain.js";
import { DeckPair } from "../../play/pair.js";
import { FakeDeck } from "../fakes/deck.js";
import { FakeTime, settled } from "../fakes/time.js";

const T = Date.parse("2026-11-22T21:54:00Z");
const END = T + 900_000;
const time = new FakeTime();
let pair, chain, intent, happened, next, following;

const slotOf = (deck, follows = null) => ({ deck, intent, builtAt: 0, follows, continueAt: undefined, handOver: null });

beforeEach(() => {
  time.clear();
  happened = [];
  following = null;
  intent = { mode: "history", at: T };
  pair = new DeckPair();
  const deck = Object.assign(new FakeDeck({ live: false, hold: false }), { listed: { start: T, end: END }, left: 60 });
  pair.front = slotOf(deck);
  next = null;
  chain = new SliceChain(pair, {
    intent: () => intent,
    mayPlay: () => !happened.includes("paused"),
    open: (end) => {
      happened.push(["open", end - T]);
      return (next = slotOf(new FakeDeck({ live: false, hold: true }), end));
    },
    swap: () => pair.swap(),
    goLive: () => happened.push("live"),
    nextPicture: async () => following,
  });
});

const look = (left, more) => {
  Object.assign(pair.front.deck, { left });
  Object.assign(pair.front.deck.video, more);
  chain.look(pair.front);
};

test("the next slice gets ready before this one ends, and they change places on time", () => {
  look(13);
  assert.equal(pair.next, null);
  look(11.9);
  assert.deepEqual(happened, [["open", 900_000]]);
  next.deck.ready = true;
  look(5);
  look(0.2);
  assert.equal(pair.next, next);
  pair.front.deck.left = 0.02;
  time.advance(181);
  assert.equal(pair.front, next);
  assert.equal(next.deck.wasAsked("play"), true);
});

test("one that is not ready, or was paused, is waited for", () => {
  look(11);
  look(0);
  assert.equal(pair.next, next);
  next.deck.ready = true;
  happened.push("paused");
  look(0);
  assert.equal(pair.next, next);
  happened = [];
  look(0);
  assert.equal(pair.front, next);
});

test("who has moved meanwhile is not handed over", () => {
  look(11);
  next.deck.ready = true;
  look(0.2);
  pair.front.deck.left = 300;
  time.advance(500);
  assert.equal(pair.next, next);
  assert.equal(pair.front.handOver, null); // it will be on time again
});

test("nothing is prepared for what was left, or while the playlist is not known", () => {
  intent = { mode: "live" };
  look(5);
  intent = pair.front.intent;
  pair.front.deck.listed = null;
  look(5);
  assert.deepEqual(happened, []);
});

test("over a gap it goes on with the next picture, and from there on at once", async () => {
  look(11);
  following = END + 3_600_000;
  await chain.overGap(intent, END);
  assert.equal(next.deck.destroyed, true);
  look(10);
  assert.deepEqual(happened.at(-1), ["open", 4_500_000]);
});

test("while it asks, and when nothing follows, nothing is prepared; at the end it is live", async () => {
  look(11);
  const asked = chain.overGap(intent, END);
  look(9);
  assert.equal(pair.next, null);
  await asked;
  look(5);
  assert.equal(pair.next, null);
  pair.front.deck.video.ended = true;
  chain.handOver(pair.front);
  assert.equal(happened.at(-1), "live");
});

test("a gap at the very end leads live once that is known", async () => {
  pair.front.deck.video.ended = true;
  await chain.overGap(intent, END);
  assert.deepEqual(happened, ["live"]);
});

test("who has gone elsewhere meanwhile stays there", async () => {
  const { front } = pair;
  const asked = chain.overGap(intent, END);
  following = END + 5000;
  intent = { mode: "live" };
  await asked;
  await settled();
  assert.equal(front.continueAt, null);
  assert.deepEqual(happened, []);
  pair.close();
  await chain.overGap(intent, END);
  chain.handOver(front);
  assert.deepEqual(happened, []);
});
