import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { DeckPair } from "../../play/pair.js";
import { Rescue } from "../../play/rescue.js";
import { FakeDeck } from "../fakes/deck.js";
import { FakeTime, settled } from "../fakes/time.js";

const time = new FakeTime();
let decks, front, calls, rescue, answered, doubts;

const slotOf = (options = {}) => ({ deck: Object.assign(new FakeDeck({ live: true, hold: false }), options), builtAt: time.now });
const fail = (slot, error) => rescue.deckFailed(slot, { media: false, status: 0, text: "levelLoadError", ...error });

beforeEach(() => {
  time.clear();
  decks = new DeckPair();
  front = slotOf();
  decks.front = front;
  calls = [];
  doubts = 0;
  const note = (name) => () => void calls.push(name);
  const doubt = new Promise((resolve) => {
    answered = resolve;
  });
  rescue = new Rescue(decks, { rebuild: note("rebuild"), missing: note("missing"), over: note("over"), doubt: () => ++doubts && doubt, changed: note("changed") });
});

test("the first media error is recovered from in place, and nobody hears of it", () => {
  fail(front, { media: true });
  assert.deepEqual([front.deck.recoveries, rescue.failed, calls], [1, false, []]);
});

test("a deck on the screen that fails is suspended, and another one follows after a pause", () => {
  fail(front, { status: 500 });
  assert.deepEqual([front.deck.suspended, rescue.failed, rescue.lastError, calls], [true, true, "levelLoadError", ["changed"]]);
  time.advance(700);
  assert.deepEqual(calls, ["changed", "rebuild"]);
});

test("the next deck that fails is dropped, and what is on the screen goes on", () => {
  const next = slotOf();
  decks.next = next;
  fail(next);
  assert.deepEqual([decks.next, next.deck.destroyed, rescue.failed, front.deck.suspended], [null, true, false, false]);
});

test("a slice that the server does not have is missing, one it had before has failed", () => {
  const slice = slotOf({ live: false });
  fail(slice, { status: 404 });
  assert.deepEqual(calls, ["missing"]);
  slice.deck.known = true;
  fail(slice, { status: 404 });
  assert.deepEqual(calls, ["missing", "changed"]);
});

test("a playlist that has ended long ago is no failure", () => {
  fail(front, { status: 410 });
  assert.deepEqual([rescue.failed, calls], [false, ["over", "changed"]]);
});

test("a next deck without a picture for 8 s has failed", () => {
  const next = slotOf();
  decks.next = next;
  rescue.look(time.now + 8000, true, true);
  assert.equal(decks.next, next);
  rescue.look(time.now + 8001, true, true);
  assert.deepEqual([decks.next, rescue.lastError], [null, "no picture"]);
});

test("a picture that stands for 3 s is replaced, unless it may stand or another one is on its way", () => {
  const stand = (due) => [0, 3000].forEach((ms) => rescue.look(time.now + ms, due, false));
  stand(false);
  decks.next = slotOf();
  stand(true);
  decks.next = null;
  front.deck.video.paused = true;
  stand(true);
  assert.deepEqual(calls, []);
  front.deck.video.paused = false;
  stand(true);
  assert.deepEqual(calls, ["rebuild"]);
});

test("another camera begins without failures", () => {
  fail(front);
  rescue.reset();
  time.advance(6000);
  assert.deepEqual([rescue.failed, calls], [false, ["changed"]]);
});

test("media that don't come make it ask the API once, and until it has answered nothing is said of them", async () => {
  fail(front);
  fail(front);
  assert.deepEqual([doubts, rescue.failed, rescue.doubted], [1, true, true]);
  answered();
  await settled();
  assert.deepEqual([rescue.doubted, calls], [false, ["changed", "changed", "changed"]]);
  fail(front, { media: true });
  fail(front, { media: true }); // the second is not recovered from
  assert.equal(doubts, 1);
});

test("a deck is not taken down while what it needs is coming, however late", () => {
  decks.next = slotOf();
  for (let took = 0; took <= 59_900; took += 100) {
    decks.next.deck.coming = { at: time.now, first: 10, took, bytes: took, total: 1e6, seconds: 2, part: false };
    rescue.look(time.now, true, false);
    time.advance(100);
  }
  assert.deepEqual(calls, []);
  time.advance(300);
  rescue.look(time.now, true, false);
  assert.deepEqual([decks.next, calls], [null, ["changed"]]);
});

test("who answers instead of the server is known until a picture comes or something else is asked for", async () => {
  const tell = async (who, first = () => {}) => {
    fail(front);
    first();
    answered(who);
    await settled();
    return rescue.refused;
  };
  assert.equal(await tell(403), 403);
  rescue.joined();
  assert.equal(rescue.refused, null);
  assert.equal(await tell(403, () => rescue.asked()), null);
  assert.equal(await tell(403), 403);
  rescue.asked();
  assert.equal(rescue.refused, null);
});
