import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { NativeDeck, playsNatively } from "../../play/native-deck.js";

const T = Date.parse("2026-11-22T21:54:00Z");

/** What NativeDeck needs of a video element. */
class Video extends EventTarget {
  currentTime = 0;
  duration = NaN;
  readyState = 0;
  seeking = false;
  paused = true;
  ranges = [];
  get seekable() {
    return { length: this.ranges.length, start: (i) => this.ranges[i][0], end: (i) => this.ranges[i][1] };
  }
  getStartDate() { return new Date(T); }
  canPlayType(type) { return type === "application/vnd.apple.mpegurl" ? "maybe" : ""; }
  setAttribute() {}
  removeAttribute(name) { delete this[name]; }
  play() { this.paused = false; return Promise.resolve(); }
  pause() { this.paused = true; }
  load() {}
  remove() { this.removed = true; }
  /** A playlist has been read. */
  loaded(seconds, duration = Infinity) {
    Object.assign(this, { ranges: [[0, seconds]], duration, readyState: 3 });
    this.dispatchEvent(new Event("loadedmetadata"));
    this.dispatchEvent(new Event("canplay"));
  }
}

let video, happened, deck;
const parent = { append() {} };
const on = new Proxy({}, { get: (_, name) => (value) => happened.push(value === undefined ? name : [name, value]) });

beforeEach(() => {
  happened = [];
  globalThis.document = { createElement: () => (video = new Video()) };
});
afterEach(() => {
  deck?.destroy();
  delete globalThis.document;
});

const open = (options) => (deck = new NativeDeck({ url: "live.m3u8", live: true, at: null, hold: false, parent, ...options }, on));

test("a browser that plays HLS says so", () => assert.equal(playsNatively(), true));

test("plays live, and tells the wall clock of the picture", () => {
  open({});
  assert.equal(video.src, "live.m3u8");
  assert.equal(video.paused, false);
  assert.equal(deck.ready, false);
  video.loaded(100);
  assert.equal(deck.ready, true);
  video.currentTime = 98.5;
  assert.equal(deck.position, T + 98_500);
  assert.equal(deck.left, Infinity);
});

test("a slice begins at its instant and knows what is left of it", () => {
  open({ live: false, at: T + 60_000, hold: true });
  video.loaded(900, 900);
  assert.equal(video.paused, true);
  assert.equal(video.currentTime, 60);
  assert.equal(deck.left, 840);
  assert.deepEqual(deck.listed, { start: T, end: T + 900_000 });
  assert.equal(deck.seekToDate(T + 2_000_000), false);
  assert.equal(deck.seekToDate(T + 30_000), true);
  assert.equal(video.currentTime, 30);
});

test("an instant that a live playlist no longer lists is missing", () => {
  open({ at: T - 3_600_000 });
  video.loaded(100);
  assert.ok(happened.includes("missing"));
});

test("what can't be played is told with the server's status", async () => {
  globalThis.fetch = async () => ({ status: 404 });
  open({ live: false, at: T });
  video.dispatchEvent(new Event("error"));
  await new Promise(setImmediate);
  const [, error] = happened.find(([name]) => name === "fatal");
  assert.deepEqual([error.media, error.status], [false, 404]);
});

test("a deck that is gone says nothing and loads nothing", () => {
  open({});
  deck.destroy();
  video.dispatchEvent(new Event("ended"));
  assert.deepEqual([happened, video.src, video.removed], [[], undefined, true]);
});

test("a live playlist that has ended is told of", () => {
  open({});
  video.dispatchEvent(new Event("ended"));
  assert.deepEqual([happened.slice(0, 2), deck.live], [["over", "ended"], false]);
});

test("until a seek is over the picture is the one of before", () => {
  open({ live: true, at: null });
  video.loaded(100);
  video.currentTime = 50;
  assert.equal(deck.shown, deck.position);
  deck.seekToDate(T + 80_000);
  video.seeking = true;
  assert.deepEqual([deck.position, deck.shown], [T + 80_000, T + 50_000]);
  video.seeking = false;
  assert.equal(deck.shown, T + 80_000);
});
