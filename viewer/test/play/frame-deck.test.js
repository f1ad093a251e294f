import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FrameDeck } from "../../play/frame-deck.js";
import { installDocument } from "../fakes/dom.js";
import { FakeTime } from "../fakes/time.js";
import { FakeVideo } from "../fakes/video.js";

const time = new FakeTime();
let happened;
const on = new Proxy({}, { get: (_, name) => (...args) => happened.push([name, ...args]) });

class Stopping extends FrameDeck {
  stopped = 0;
  stop() {
    this.stopped++;
  }
}

beforeEach(() => {
  time.clear();
  happened = [];
  installDocument({ createVideo: () => new FakeVideo() });
});
const open = () => new Stopping({ hold: false, parent: document.body }, /** @type {any} */ (on));

test("it follows the edge until it lets go of its connection", () => {
  const deck = open();
  assert.equal(deck.following, true);
  deck.following = false;
  assert.equal(deck.following, false);
  deck.following = true;
  deck.suspend();
  assert.deepEqual([deck.following, deck.suspended, deck.stopped], [false, true, 1]);
});

test("staleness is how long nothing has come", () => {
  const deck = open();
  time.advance(700);
  assert.equal(deck.staleness, 700);
  deck.heard();
  time.advance(20);
  assert.equal(deck.staleness, 20);
});

test("what fails is told, and nothing after it is destroyed", () => {
  const deck = open();
  const error = { media: false, status: 404, text: "HTTP 404" };
  deck.fail(error);
  assert.deepEqual([happened, deck.stopped], [[["fatal", error]], 1]);
  deck.destroy();
  deck.fail(error);
  deck.nowReady();
  assert.equal(happened.length, 1);
});
