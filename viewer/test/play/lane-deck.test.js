import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Boxes } from "../../play/lane-boxes.js";
import { LaneDeck, playsFrames } from "../../play/lane-deck.js";
import { installDocument } from "../fakes/dom.js";
import { concat, fragment, initSection } from "../fakes/mp4.js";
import { FakeTime } from "../fakes/time.js";
import { FrameVideo, T } from "../fakes/video.js";

const time = new FakeTime();
let happened, video, media, reader;

/** A source buffer that is done with everything at once, when the test says so. */
class FakeBuffer extends EventTarget {
  updating = false;
  appended = [];
  removed = [];
  types = [];
  constructor(type) {
    super();
    this.types.push(type);
  }
  appendBuffer(bytes) {
    this.appended.push(...new Boxes().push(bytes));
    this.updating = true;
  }
  remove(from, to) {
    this.removed.push([from, to]);
    this.updating = true;
  }
  changeType(type) {
    this.types.push(type);
  }
  done() {
    this.updating = false;
    this.dispatchEvent(new Event("updateend"));
  }
}

class FakeMedia extends EventTarget {
  readyState = "closed";
  constructor() {
    super();
    media = this;
  }
  addSourceBuffer(type) {
    return (this.buffer = new FakeBuffer(type));
  }
  open() {
    this.readyState = "open";
    this.dispatchEvent(new Event("sourceopen"));
  }
}

class FakeReader {
  constructor(url, on) {
    Object.assign(this, { url, on, closed: false });
    reader = this;
  }
  close() {
    this.closed = true;
  }
  bring(...pieces) {
    this.on.pieces(new Boxes().push(concat(...pieces)));
  }
}

const on = new Proxy({}, { get: (_, name) => (...args) => happened.push([name, ...args]) });
const names = () => happened.map(([name]) => name);

beforeEach(() => {
  time.clear();
  happened = [];
  globalThis.MediaSource = FakeMedia;
  URL.createObjectURL = () => "blob:1";
  URL.revokeObjectURL = () => {};
  installDocument({ createVideo: () => (video = new FrameVideo()) });
});

const frame = (n, more) => fragment({ date: T + 40 * n, decode: 1000 + 40 * n, duration: 40, sync: n % 50 === 0, ...more });

function open(options) {
  const deck = new LaneDeck({ url: "live.m3u8", lane: "live.mp4", live: true, at: null, hold: false, parent: document.body, ...options }, on, FakeReader);
  media.open();
  reader.on.type('video/mp4; codecs="avc1.64001f"');
  return deck;
}

test("without MediaSource nothing is played frame by frame", () => {
  assert.equal(playsFrames(), true);
  delete globalThis.MediaSource;
  assert.equal(playsFrames(), false);
});

test("what comes is appended at once, from media time 0 on", () => {
  const deck = open();
  assert.equal(media.duration, Infinity);
  assert.deepEqual(media.buffer.types, ['video/mp4; codecs="avc1.64001f"']);
  assert.equal(deck.known, false);
  reader.bring(initSection(), frame(0), frame(1));
  assert.equal(deck.known, true);
  media.buffer.done();
  reader.bring(frame(2));
  const [init, ...frames] = media.buffer.appended;
  assert.ok("init" in init);
  assert.deepEqual(frames.map((f) => f.decode), [0, 40, 80]);
});

test("what comes while the browser is busy waits, and goes as one", () => {
  open();
  reader.bring(initSection(), frame(0));
  reader.bring(frame(1));
  reader.bring(frame(2));
  assert.equal(media.buffer.appended.length, 2);
  media.buffer.done();
  assert.equal(media.buffer.appended.length, 4);
});

test("what came before the source was open is not lost", () => {
  const deck = new LaneDeck({ url: "live.m3u8", lane: "live.mp4", live: true, at: null, hold: false, parent: document.body }, on, FakeReader);
  reader.on.type('video/mp4; codecs="avc1.64001f"');
  reader.bring(initSection(), frame(0));
  media.open();
  assert.equal(media.buffer.appended.length, 2);
  assert.equal(deck.ready, false);
});

test("it is ready with the first frame on the screen, and tells when that was taken", () => {
  const deck = open();
  reader.bring(initSection(), frame(0), frame(1));
  assert.equal(deck.position, T);
  video.readyState = 3;
  video.show(0.04);
  time.advance(0);
  assert.equal(deck.ready, true);
  assert.ok(names().includes("ready") && names().includes("frame"));
  assert.equal(deck.shown, T + 40);
});

test("another run goes on in media time, and a change of codec is told to the browser", () => {
  open();
  reader.bring(initSection(), frame(0));
  media.buffer.done();
  reader.bring(initSection(90_000), fragment({ date: T + 9000, decode: 0, duration: 3600, sync: true }));
  media.buffer.done();
  assert.equal(media.buffer.appended.at(-1).decode, 3600);
  assert.ok(names().includes("discontinuity"));
  reader.on.type('video/mp4; codecs="hvc1.1.6.L93.B0"');
  assert.equal(media.buffer.types.length, 2);
});

test("it goes back as far as it keeps what has come, and not farther", () => {
  const deck = open();
  reader.bring(initSection(), ...Array.from({ length: 50 }, (_, n) => frame(n)));
  video.ranges = [[0, 2]];
  video.currentTime = 1.9;
  assert.equal(deck.seekToDate(T + 1000), true);
  assert.ok(Math.abs(video.currentTime - 1) < 0.001);
  assert.equal(deck.travelling, true);
  assert.equal(deck.seekToDate(T - 5000), false);
  assert.equal(deck.seekToDate(T + 60_000), false);
});

test("at the edge the playback rate follows what waits; rewound it is 1", () => {
  const deck = open();
  reader.bring(initSection(), frame(0));
  media.buffer.done();
  video.ranges = [[0, 0.3]];
  video.paused = false;
  reader.bring(frame(1));
  assert.equal(video.playbackRate, 1.15);
  deck.following = false;
  media.buffer.done();
  reader.bring(frame(2));
  assert.equal(video.playbackRate, 1);
});

test("what is far behind the playhead is let go of", () => {
  open();
  reader.bring(initSection(), frame(0));
  video.ranges = [[0, 60]];
  video.currentTime = 59;
  time.advance(10_000);
  media.buffer.done();
  assert.deepEqual(media.buffer.removed, [[0, 29]]);
});

test("suspended, the connection is given back and nothing can be gone on with", () => {
  const deck = open();
  reader.bring(initSection(), frame(0));
  video.ranges = [[0, 0.04]];
  deck.suspend();
  assert.equal(reader.closed, true);
  assert.equal(deck.suspended, true);
  assert.equal(deck.following, false);
  assert.equal(deck.seekToDate(T), false);
});

test("what fails is told once, and nothing after it is destroyed", () => {
  const deck = open();
  reader.on.failed(503, "HTTP 503");
  assert.deepEqual(happened.at(-1), ["fatal", { media: false, status: 503, text: "HTTP 503" }]);
  deck.destroy();
  const before = happened.length;
  reader.on.failed(0, "again");
  reader.bring(frame(1));
  assert.equal(happened.length, before);
  assert.equal(video.removed, true);
});
