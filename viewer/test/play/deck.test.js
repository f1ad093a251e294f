import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Deck, steerable, supported } from "../../play/deck.js";
import { Events, ErrorTypes, FetchLoader, XhrLoader } from "../../vendor/hls.js";
import { installDocument } from "../fakes/dom.js";
import { FakeHls } from "../fakes/hls.js";
import { FakeTime } from "../fakes/time.js";
import { FakeVideo, FrameVideo, T } from "../fakes/video.js";

const time = new FakeTime();
let happened, video;
beforeEach(() => {
  time.clear();
  happened = [];
  installDocument({ createVideo: () => (video = new FrameVideo()) });
});

const on = new Proxy({}, { get: (_, name) => (...args) => happened.push([name, ...args]) });
const names = () => happened.map(([name]) => name);

/** A playlist of four segments of 10 s, the first of which begins at T and media time 100. */
function details(more) {
  const fragments = [0, 1, 2, 3].map((i) => ({ start: 100 + 10 * i, duration: 10, programDateTime: T + 10_000 * i }));
  return { fragments, fragmentHint: null, edge: 140, partTarget: 0.1, live: true, ...more };
}

function open(options) {
  const deck = new Deck({ url: "live.m3u8", live: true, at: null, hold: false, parent: document.body, ...options }, on, FakeHls);
  const hls = FakeHls.last;
  /** As hls.js does: what the playlist holds is told twice, first as an update. */
  const load = (more) => {
    hls.trigger(Events.LEVEL_UPDATED, { details: details(more) });
    hls.trigger(Events.LEVEL_LOADED, { details: details(more) });
  };
  return { deck, hls, load };
}

/** A frame is on the screen, and what follows from it is done. */
function show(...args) {
  video.show(...args);
  time.advance(0);
}

const append = (hls, start, end, more) =>
  hls.trigger(Events.BUFFER_APPENDED, { frag: { sn: 7, cc: 0 }, part: {}, timeRanges: { video: { length: 1, start: () => start, end: () => end } }, ...more });

test("without MediaSource there is nothing for hls.js to work with", () => {
  assert.equal(supported(), false);
  assert.equal(steerable(), false);
});

test("live, hls.js begins by itself and the picture plays", () => {
  const { hls, load, deck } = open({});
  assert.equal(hls.config.autoStartLoad, true);
  assert.deepEqual(hls.asked, [["loadSource", "live.m3u8"]]);
  assert.equal(deck.known, false);
  assert.equal(deck.staleness, Infinity);
  load();
  assert.equal(video.paused, false);
  assert.deepEqual(hls.asked.length, 1);
  assert.equal(deck.partTarget, 0.1);
  time.advance(500);
  assert.equal(deck.staleness, 500);
});

test("an instant is begun with where the playlist has it", () => {
  const { hls, load, deck } = open({ live: false, at: T + 12_000, hold: true });
  assert.equal(hls.config.autoStartLoad, false);
  load();
  assert.deepEqual(hls.asked.at(-1), ["startLoad", 112]);
  assert.equal(video.paused, true);
  assert.equal(deck.holding, true);
});

test("what follows a slice begins with the next segment", () => {
  const { hls, load } = open({ live: false, at: T + 9_000, after: true });
  load();
  assert.deepEqual(hls.asked.at(-1), ["startLoad", 110]);
});

test("an instant that the playlist doesn't list is missing", () => {
  const { hls, load } = open({ live: false, at: T - 60_000 });
  load();
  assert.deepEqual(names(), ["missing"]);
  assert.equal(hls.asked.length, 1);
});

test("there is a picture once a frame was reported, or, in a hidden page, once there is data", () => {
  const { deck } = open({});
  video.readyState = 3;
  video.fire("canplay");
  assert.equal(deck.ready, false);
  show(130);
  assert.equal(deck.ready, true);
  assert.deepEqual(names(), ["ready", "frame"]);
  const { deck: hidden } = open({});
  document.hidden = true;
  video.readyState = 3;
  video.fire("canplay");
  assert.equal(hidden.ready, true);
});

test("the position is that of the frame, and of the playhead while it seeks", () => {
  const { deck, load } = open({});
  assert.equal(deck.position, null);
  assert.equal(deck.listed, null);
  load();
  video.currentTime = 131;
  assert.equal(deck.position, T + 31_000);
  show(130);
  assert.equal(deck.position, T + 30_000);
  video.seeking = true;
  assert.equal(deck.position, T + 31_000);
  assert.deepEqual(deck.listed, { start: T, end: T + 40_000 });
  assert.equal(deck.edge, 9);
});

test("buffer and what is left are seconds of picture", () => {
  const { deck } = open({ live: false, at: T });
  assert.equal(deck.left, Infinity);
  Object.assign(video, { ranges: [[0, 20], [100, 112]], currentTime: 104, duration: 140, playbackRate: 2 });
  assert.equal(deck.buffer, 8);
  assert.equal(deck.left, 18);
  video.currentTime = 50;
  assert.equal(deck.buffer, 0);
});

test("an eager deck shows its first picture as soon as it is there, another waits for hls.js", () => {
  const { hls } = open({ eager: true });
  append(hls, 130, 130.1);
  assert.equal(video.currentTime, 130);
  const patient = open({});
  append(patient.hls, 130, 130.1);
  assert.equal(video.currentTime, 0);
});

test("parts and discontinuities are told, init sections are not", () => {
  const { hls } = open({});
  append(hls, 130, 130.1, { frag: { sn: "initSegment", cc: 0 } });
  append(hls, 130, 130.1);
  append(hls, 130, 130.2);
  append(hls, 140, 141, { frag: { sn: 8, cc: 1 }, part: null });
  assert.deepEqual(happened.map(([name, , end]) => [name, end]), [["part", 130.1], ["part", 130.2], ["discontinuity", undefined]]);
});

test("a stall is told with its length once the picture goes on, and a seek is none", () => {
  const { deck } = open({});
  video.paused = false;
  video.readyState = 3;
  show(130);
  video.currentTime = 130;
  happened = [];
  video.fire("waiting");
  time.advance(400);
  video.fire("timeupdate");
  assert.equal(deck.stalls, 0);
  video.currentTime = 130.1;
  video.fire("timeupdate");
  assert.deepEqual(happened.filter(([name]) => name === "stall"), [["stall", 0.4]]);
  assert.deepEqual([deck.stalls, deck.stalledSeconds], [1, 0.4]);
  video.fire("waiting");
  video.fire("seeking");
  video.currentTime = 135;
  video.fire("timeupdate");
  assert.equal(deck.stalls, 1);
});

test("seeking is travelling, a correction is not", () => {
  const { deck, load } = open({});
  assert.equal(deck.seekToDate(T), false);
  load();
  assert.equal(deck.seekToDate(T - 60_000), false);
  assert.equal(deck.seekToDate(T + 5000), true);
  assert.deepEqual([video.currentTime, deck.travelling], [105, true]);
  video.fire("seeked");
  deck.jumpToEdge(0.3);
  assert.deepEqual([video.currentTime, deck.travelling], [139.7, false]);
  deck.seekToEdge(0.3);
  assert.equal(deck.travelling, true);
});

test("a deck that is suspended loads nothing and goes on from where it stands", () => {
  const { deck, hls } = open({});
  deck.resume();
  assert.equal(hls.asked.length, 1);
  deck.suspend();
  video.currentTime = 117;
  deck.resume();
  assert.deepEqual(hls.asked.slice(1), [["stopLoad"], ["startLoad", 117]]);
  assert.equal(deck.suspended, false);
});

test("held back it waits for play", () => {
  const { deck } = open({});
  deck.play();
  deck.hold();
  assert.deepEqual([video.paused, deck.holding], [true, true]);
  deck.play();
  assert.deepEqual([video.paused, deck.holding], [false, false]);
});

test("rewound, the playlist is read once a segment", () => {
  const { deck, hls } = open({});
  assert.equal(deck.following, true);
  deck.following = false;
  assert.deepEqual([hls.lowLatencyMode, deck.following], [false, false]);
  assert.equal(open({ live: false, at: T }).deck.following, false);
});

test("fatal errors are told, others are hls.js' own, and a media error is recovered from", () => {
  const { deck, hls } = open({});
  hls.trigger(Events.ERROR, { fatal: false, type: ErrorTypes.NETWORK_ERROR, details: "x" });
  hls.trigger(Events.ERROR, { fatal: true, type: ErrorTypes.MEDIA_ERROR, details: "bufferAppendError" });
  hls.trigger(Events.ERROR, { fatal: true, type: ErrorTypes.NETWORK_ERROR, details: "levelLoadError", response: { code: 404 } });
  assert.deepEqual(happened, [["fatal", { media: true, status: 0, text: "bufferAppendError" }], ["fatal", { media: false, status: 404, text: "levelLoadError" }]]);
  deck.recover();
  assert.deepEqual(hls.asked.at(-1), ["recoverMediaError"]);
  assert.equal(deck.recoveries, 1);
});

test("where hls.js takes another MediaSource what played plays on, and what stood stands", () => {
  const { deck, hls, load } = open({ hold: true });
  hls.trigger(Events.MEDIA_ATTACHED, {});
  load();
  hls.trigger(Events.MEDIA_ATTACHED, {});
  assert.equal(video.paused, true);
  deck.play();
  video.paused = true; // the element is reset
  hls.trigger(Events.MEDIA_ATTACHED, {});
  assert.equal(video.paused, false);
});

test("behind a decode error media and init sections are loaded past every cache", () => {
  const { deck, hls, load } = open({});
  const initSegment = { data: new Uint8Array(8) };
  load({ fragments: [{ start: 100, duration: 10, programDateTime: T, initSegment }, { start: 110, duration: 10, programDateTime: T + 10_000, initSegment }] });
  const loader = () => new hls.config.fLoader({});
  assert.ok(loader() instanceof XhrLoader);
  const fails = (what) => hls.trigger(Events.ERROR, { fatal: false, type: ErrorTypes.MEDIA_ERROR, details: what });
  fails("bufferStalledError");
  fails("bufferFullError");
  hls.trigger(Events.ERROR, { fatal: false, type: ErrorTypes.NETWORK_ERROR, details: "fragLoadError" });
  assert.ok(loader() instanceof XhrLoader);
  fails("bufferAppendError");
  assert.ok(loader() instanceof FetchLoader);
  assert.equal(initSegment.data, undefined);
  assert.equal(deck.recoveries, 0);
});

test("a deck that is gone says nothing, and leaves the document", () => {
  const { deck, hls } = open({});
  const left = video;
  deck.destroy();
  left.fire("ended");
  left.show(1);
  assert.deepEqual(happened, []);
  assert.deepEqual(hls.asked.at(-1), ["destroy"]);
  assert.equal(document.body.children.length, 0);
});

test("where frames are not reported, data is enough", () => {
  installDocument({ createVideo: () => (video = new FakeVideo()) });
  const { deck } = open({});
  video.readyState = 2;
  video.fire("canplay");
  assert.equal(deck.ready, true);
});

test("a live playlist that has ended is told of once, and is played to its end", () => {
  const { deck, load } = open({});
  load();
  assert.deepEqual([deck.live, names().includes("over")], [true, false]);
  load({ live: false });
  load({ live: false });
  Object.assign(video, { duration: 140, currentTime: 138, playbackRate: 1 });
  assert.deepEqual([deck.live, deck.following, deck.left], [false, false, 2]);
  assert.equal(names().filter((name) => name === "over").length, 1);
});

test("the end of a slice is no news", () => {
  const { load } = open({ live: false, at: T });
  load({ live: false });
  assert.equal(names().includes("over"), false);
});

test("after a seek only frames of after it count, and until then the one of before is shown", () => {
  const { deck, load } = open({ live: false, at: T + 1000 });
  load();
  video.currentTime = 101;
  video.readyState = 3;
  show(101);
  assert.deepEqual([deck.position, deck.shown], [T + 1000, T + 1000]);
  time.advance(1000);
  deck.seekToDate(T + 25_000);
  video.seeking = true;
  assert.deepEqual([deck.position, deck.shown], [T + 25_000, T + 1000]);
  happened.length = 0;
  show(101.04); // was on its way to the screen already
  assert.deepEqual([names(), deck.position, deck.shown], [[], T + 25_000, T + 1040]);
  video.seeking = false;
  video.fire("seeked");
  assert.equal(deck.position, T + 25_000);
  assert.equal(deck.travelling, false);
  time.advance(10);
  show(125.02);
  assert.deepEqual([names().includes("frame"), deck.position, deck.shown], [true, T + 25_020, T + 25_020]);
});

test("whole segments are loaded where that is asked for, and each load is told", () => {
  const { deck, hls, load } = open({});
  load({ fragmentEnd: 138, targetduration: 2 });
  video.currentTime = 135;
  assert.deepEqual([deck.edge, deck.segmentTarget, hls.config.lowLatencyMode], [5, 2, true]);
  deck.whole = true;
  assert.deepEqual([deck.edge, hls.lowLatencyMode, deck.following], [3, false, true]);
  deck.jumpToEdge(3.15);
  assert.equal(video.currentTime, 134.85);
  append(hls, 130, 132);
  assert.equal(names().filter((name) => name === "part").length, 1);
  append(hls, 130, 132, { part: null });
  assert.equal(names().filter((name) => name === "part").length, 2);
  const stats = { loading: { start: 1000, first: 1150, end: 1400 }, loaded: 50_000 };
  hls.trigger(Events.FRAG_LOADED, { frag: { sn: 7, duration: 2, stats, url: "7.m4s" }, part: null });
  assert.deepEqual(happened.at(-1), ["loaded", { at: 1400, first: 150, took: 400, bytes: 50_000, seconds: 2, part: false, url: "7.m4s" }]);
  hls.trigger(Events.FRAG_LOADED, { frag: { sn: 7 }, part: { duration: 0.1, stats } });
  assert.deepEqual([happened.at(-1)[1].part, happened.at(-1)[1].seconds], [true, 0.1]);
  const told = happened.length;
  hls.trigger(Events.FRAG_LOADED, { frag: { sn: "initSegment" }, part: null });
  assert.equal(happened.length, told);
  deck.following = false;
  assert.equal(deck.following, false);
  const { deck: another, hls: its } = open({ whole: true });
  assert.deepEqual([another.whole, its.config.lowLatencyMode], [true, false]);
});

test("what a frame leads to is done outside of the browser's callback, where media may be taken down", () => {
  const { deck } = open({});
  video.readyState = 3;
  video.show(130);
  assert.deepEqual([names(), deck.ready], [[], false]);
  time.advance(0);
  assert.deepEqual([names(), deck.ready], [["ready", "frame"], true]);
  const told = time.now;
  assert.deepEqual(happened[1], ["frame", told]);
  video.show(130.04);
  time.advance(0);
  video.show(130.08);
  deck.destroy();
  time.advance(0);
  assert.deepEqual(names(), ["ready", "frame", "frame"]); // gone before its turn
});

/** Plays without a report of any frame. */
function playOn(seconds) {
  for (let passed = 0; passed < seconds; passed += 0.25) {
    video.currentTime += 0.25;
    time.advance(250);
    video.fire("timeupdate");
  }
}

test("a playhead that goes on is believed when no frame is reported any more, until one is", () => {
  const { deck, load } = open({});
  load();
  video.readyState = 3;
  video.currentTime = 130;
  show(130);
  time.advance(40);
  show(130.04);
  assert.equal(deck.tellsFrames, true);
  playOn(1);
  assert.equal(deck.tellsFrames, true);
  playOn(0.5);
  assert.deepEqual([deck.tellsFrames, deck.position, deck.shown], [false, T + 31_500, T + 31_500]);
  video.currentTime = 131.6;
  show(131.56);
  assert.deepEqual([deck.tellsFrames, deck.position], [true, T + 31_560]);
});

test("a deck of whose frames none is ever reported gets ready by its playhead", () => {
  const { deck } = open({});
  video.readyState = 3;
  video.fire("canplay");
  assert.equal(deck.ready, false);
  playOn(1.75);
  assert.equal(deck.ready, true);
});

test("what is on its way is told as far as it has come, a segment of its own stats or a part", () => {
  const { deck, hls } = open({});
  const stats = { loading: { start: 0, first: 0, end: 0 }, loaded: 0, total: 0, aborted: false };
  const frag = { sn: 7, duration: 2, stats, url: "7.m4s" };
  hls.trigger(Events.FRAG_LOADING, { frag: { sn: "initSegment", duration: 0, stats: { ...stats, loading: { start: 1, first: 0, end: 0 } } } });
  assert.equal(deck.coming, null);
  hls.trigger(Events.FRAG_LOADING, { frag });
  assert.equal(deck.coming, null); // not asked for yet
  frag.stats = { ...stats, loading: { start: time.now - 3000, first: time.now - 2900, end: 0 }, loaded: 100, total: 900 };
  assert.deepEqual(deck.coming, { at: time.now, first: 100, took: 3000, bytes: 100, total: 900, seconds: 2, part: false, url: "7.m4s" });
  frag.stats.aborted = true;
  assert.equal(deck.coming, null);
});
