import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Standstills, VideoDeck } from "../../play/video-deck.js";
import { installDocument } from "../fakes/dom.js";
import { FakeTime, settled } from "../fakes/time.js";
import { FakeVideo } from "../fakes/video.js";
import { silent } from "../../play/video.js";

const time = new FakeTime();
beforeEach(() => {
  time.clear();
  installDocument({ createVideo: () => new FakeVideo() });
});

test("a deck plays and holds its element, also where the browser wants to be asked first", async () => {
  const deck = new VideoDeck({ hold: true, parent: document.body }, silent);
  assert.deepEqual([deck.holding, deck.video.paused, deck.playhead === deck.video], [true, true, true]);
  deck.play();
  assert.deepEqual([deck.holding, deck.video.paused], [false, false]);
  deck.hold();
  assert.deepEqual([deck.holding, deck.video.paused], [true, true]);
  /** @type {any} */ (deck.video).allowed = false;
  deck.play();
  await settled();
  assert.equal(deck.video.paused, true);
});

test("a picture stood from when it waited until it went on", () => {
  const stood = new Standstills();
  const at = (currentTime, more) => ({ currentTime, seeking: false, paused: false, ...more });
  stood.begin(at(5));
  time.advance(400);
  stood.begin(at(5)); // it waits still
  assert.equal(stood.end(at(5)), 0);
  time.advance(100);
  assert.equal(stood.end(at(5.04)), 0.5);
  assert.equal(stood.end(at(5.08)), 0);
  assert.deepEqual([stood.count, stood.seconds], [1, 0.5]);
});

test("what was told to stand or to go elsewhere did not stand for want of data", () => {
  const stood = new Standstills();
  for (const told of [{ seeking: true }, { paused: true }]) {
    stood.begin({ currentTime: 5, seeking: false, paused: false, ...told });
    assert.equal(stood.end({ currentTime: 6 }), 0);
  }
  stood.begin({ currentTime: 5, seeking: false, paused: false });
  stood.forget();
  assert.equal(stood.end({ currentTime: 6 }), 0);
  assert.equal(stood.count, 0);
});
