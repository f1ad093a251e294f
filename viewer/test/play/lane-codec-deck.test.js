import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { LaneCodecDeck, decodesFrames } from "../../play/lane-codec-deck.js";
import { installDocument } from "../fakes/dom.js";
import { FakeTime } from "../fakes/time.js";
import { FrameVideo, T } from "../fakes/video.js";

const time = new FakeTime();
let happened, video, worker, track;
const on = new Proxy({}, { get: (_, name) => (...args) => happened.push([name, ...args]) });
const names = () => happened.map(([name]) => name);

beforeEach(() => {
  time.clear();
  happened = [];
  globalThis.MediaStream = /** @type {any} */ (class {});
  installDocument({ createVideo: () => (video = new FrameVideo()) });
});

function open(options) {
  worker = Object.assign(new EventTarget(), { terminated: false, terminate: () => (worker.terminated = true), tell: (data) => worker.dispatchEvent(Object.assign(new Event("message"), { data })) });
  track = { stopped: false, stop: () => (track.stopped = true) };
  return new LaneCodecDeck({ url: "live.m3u8", lane: "live.mp4", live: true, at: null, hold: false, parent: document.body, ...options }, on, () => ({ worker: /** @type {any} */ (worker), track: /** @type {any} */ (track) }));
}

const write = (date, lasts = 40) => worker.tell({ shown: date, at: performance.timeOrigin + time.now, lasts });

test("frames are decoded where the browser can, and lets this page", () => {
  assert.equal(decodesFrames(), false);
  Object.assign(globalThis, { VideoDecoder: class {}, MediaStreamTrackGenerator: class {}, Worker: class {} });
  assert.equal(decodesFrames(), true);
});

test("it is ready with the first frame on the screen, and tells when that was taken", () => {
  const deck = open();
  assert.deepEqual([deck.position, deck.ready, deck.known], [null, false, false]);
  worker.tell({ heard: true, runs: 1 });
  assert.equal(deck.known, true);
  write(T + 40);
  video.readyState = 4;
  video.show(0);
  time.advance(0);
  assert.equal(deck.ready, true);
  assert.equal(deck.position, T + 40);
  assert.equal(deck.shown, T + 40);
  assert.deepEqual(names().filter((name) => name === "ready" || name === "frame"), ["ready", "frame"]);
});

test("it goes on by its frames alone: the element's clock runs for ever", () => {
  const deck = open();
  write(T);
  const before = deck.playhead.currentTime;
  video.currentTime += 5;
  video.fire("timeupdate");
  assert.equal(deck.playhead.currentTime, before);
  assert.equal(deck.tellsFrames, true);
  write(T + 40);
  assert.notEqual(deck.playhead.currentTime, before);
});

test("another run is a discontinuity", () => {
  open();
  worker.tell({ heard: true, runs: 1 });
  worker.tell({ heard: true, runs: 0 });
  assert.ok(!names().includes("discontinuity"));
  worker.tell({ heard: true, runs: 1 });
  assert.ok(names().includes("discontinuity"));
});

test("a picture that stood is told of", () => {
  const deck = open();
  video.paused = false;
  for (let n = 0; n < 20; n++) {
    time.advance(40);
    write(T + 40 * n);
  }
  assert.equal(deck.stalls, 0);
  time.advance(1500);
  write(T + 3000);
  assert.equal(deck.stalls, 1);
  assert.ok(Math.abs(deck.stalledSeconds - 1.5) < 0.01);
});

test("a camera of a frame a second does not stand", () => {
  const deck = open();
  video.paused = false;
  for (let n = 0; n < 10; n++) {
    time.advance(1000);
    write(T + 1000 * n, 1000);
  }
  assert.equal(deck.stalls, 0);
});

test("staleness is how long nothing has come", () => {
  const deck = open();
  time.advance(700);
  worker.tell({ heard: true, runs: 1 });
  time.advance(300);
  assert.equal(deck.staleness, 300);
});

test("it has no past; suspended it gives its connection back", () => {
  const deck = open();
  assert.equal(deck.seekToDate(), false);
  assert.equal(deck.listed, null);
  deck.suspend();
  assert.equal(worker.terminated, true);
  assert.equal(deck.following, false);
});

test("what fails is told, and nothing after it is destroyed", () => {
  const deck = open();
  worker.tell({ failed: { status: 404, text: "HTTP 404", media: false } });
  assert.deepEqual(happened.at(-1), ["fatal", { status: 404, text: "HTTP 404", media: false }]);
  deck.destroy();
  const before = happened.length;
  write(T);
  worker.dispatchEvent(new Event("error"));
  assert.equal(happened.length, before);
  assert.deepEqual([track.stopped, video.removed], [true, true]);
});
