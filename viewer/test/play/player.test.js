import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Player } from "../../play/player.js";
import { FakeDeck } from "../fakes/deck.js";
import { installDocument, send } from "../fakes/dom.js";
import { installFetch } from "../fakes/fetch.js";
import { FakeTime, settled } from "../fakes/time.js";
import { FrameVideo } from "../fakes/video.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const HOUR = 3_600_000;
const URLS = { live: "hls/front/live.m3u8", window: "hls/front/window.m3u8" };
const time = new FakeTime();
const startedAt = time.now;

let player, decks, changes, asks, missing, following, newest, stills;
/** The server's now. */
const now = () => NOW + time.now - startedAt;
const clock = { now: (monotonic = time.now) => NOW + monotonic - startedAt };
const deck = () => decks.at(-1);

beforeEach(() => {
  time.clear();
  stills = [];
  newest = null;
  installDocument({ createVideo: () => stills[stills.push(new FrameVideo()) - 1] });
  decks = [];
  changes = 0;
  asks = 0;
  missing = [];
  following = null;
  player = new Player(document.body, clock, { changed: () => changes++, over: () => asks++, doubt: async () => null, nothingRecorded: (at) => missing.push(at), newestPicture: async () => newest, nextPicture: async () => following }, (options, on) => {
    decks.push(new FakeDeck(options, on));
    return deck();
  });
});

/** Time passes while the picture on the screen moves. */
function playOn(ms, of = decks.find((d) => !d.destroyed)) {
  for (let passed = 0; passed < ms; passed += 100) {
    of.move();
    time.advance(100);
  }
}

/** A live picture that is 0.3 s behind the camera. */
function live() {
  player.open(URLS);
  deck().show(now() - 300, { partTarget: 0.1 });
  player.cameraIs("live", 25, 0.1);
  playOn(1000);
  return deck();
}

/** History of a slice that ends in 15 minutes. */
function rewound(at = now() - 2 * HOUR) {
  player.open(URLS, at);
  deck().show(at, { listed: { start: at - 60_000, end: at + 900_000 }, left: 900 });
  playOn(500);
  return deck();
}

test("live begins with the live playlist, and its picture is live", () => {
  const front = live();
  assert.deepEqual([front.options.url, front.options.at, front.options.hold, front.options.eager], [URLS.live, null, false, true]);
  assert.equal(front.following, true);
  assert.deepEqual(player.facts, { mode: "live", picture: true, paused: false, moving: true, latency: player.latency, limit: 2, joining: true, failed: false, doubted: false, refused: null });
  assert.ok(Math.abs(player.latency - 0.3) < 0.11);
  assert.equal(player.figures.firstFrameMs !== null, true);
  playOn(1500);
  assert.equal(player.facts.joining, false);
});

test("an instant begins with a slice around it, one of just now with the live playlist", () => {
  player.open(URLS, now() - 2 * HOUR);
  assert.match(deck().options.url, /^hls\/front\/window\.m3u8\?from=2026-11-22T19%3A5/);
  assert.deepEqual([deck().options.live, deck().options.at], [false, now() - 2 * HOUR]);
  player.open(URLS, now() - 60_000);
  assert.deepEqual([deck().options.url, deck().options.live, deck().following], [URLS.live, true, false]);
});

test("from live to the past the live picture stays until the other is there", () => {
  const before = live();
  player.seekTo(now() - HOUR);
  const next = deck();
  assert.notEqual(next, before);
  assert.equal(before.destroyed, undefined);
  assert.deepEqual([player.busy, player.facts.picture, player.position], [true, false, now() - HOUR]);
  next.show(now() - HOUR);
  assert.equal(before.destroyed, true);
  assert.deepEqual([player.busy, player.facts.picture, player.video], [false, true, next.video]);
});

test("what the deck on the screen has is seeked in it", () => {
  const front = rewound();
  const at = front.listed.start + 90_000;
  player.seekTo(at);
  assert.deepEqual(front.asked.filter(([name]) => name !== "play"), [["seekToDate", at], ["resume"]]);
  assert.equal(decks.length, 1);
  assert.equal(player.position, at);
});

test("back to live a new deck is built, and a fresh one at the edge is seeked in", () => {
  rewound();
  player.goLive();
  const next = deck();
  assert.equal(next.options.url, URLS.live);
  next.show(now() - 300);
  player.goLive();
  assert.equal(deck(), next);
  assert.equal(next.wasAsked("seekToEdge"), true);
  next.staleness = 5000;
  player.goLive();
  assert.notEqual(deck(), next);
});

test("paused, nothing is loaded; play goes on from there", () => {
  const front = live();
  player.pause();
  assert.deepEqual([front.suspended, player.paused, player.facts.paused], [true, true, true]);
  const at = player.position;
  player.play();
  assert.deepEqual([front.wasAsked("resume"), player.intent], [true, { mode: "history", at }]);
  assert.equal(front.following, false);
});

test("a live playlist that was left for long is not gone on with", () => {
  const front = live();
  player.pause();
  time.advance(70_000);
  const at = front.position;
  player.play();
  assert.notEqual(deck(), front);
  assert.equal(deck().options.at, at);
});

test("what is paused stays paused wherever one goes, and plays when that is wanted", () => {
  const front = live();
  player.pause();
  player.seekTo(now() - HOUR);
  deck().show(now() - HOUR, { listed: { start: now() - 2 * HOUR, end: now() } });
  time.advance(100);
  assert.deepEqual([player.facts.picture, player.facts.paused, player.paused, deck().suspended], [true, true, true, true]);
  player.seekTo(now() - 1.5 * HOUR); // inside the slice, which loads again for it
  assert.deepEqual([decks.length, deck().wasAsked("resume"), deck().wasAsked("play"), player.paused], [2, true, false, true]);
  player.open(URLS, now() - HOUR, player.wantPaused); // another camera
  deck().show(now() - HOUR);
  assert.deepEqual([front.destroyed, deck().options.hold, player.facts.paused], [true, true, true]);
  player.play();
  assert.deepEqual([deck().wasAsked("play"), player.paused], [true, false]);
});

test("who pauses while the picture is on its way gets it, and it stands", () => {
  player.open(URLS, now() - HOUR);
  player.pause();
  assert.deepEqual([deck().holding, deck().suspended, player.facts.paused, player.facts.picture], [true, false, true, false]);
  deck().show(now() - HOUR);
  time.advance(100);
  assert.deepEqual([deck().suspended, deck().video.paused, player.facts.paused, player.facts.picture], [true, true, true, true]);
});

test("who plays while the picture is on its way sees that one, not the one before", () => {
  const front = live();
  player.pause();
  player.seekTo(now() - HOUR);
  player.play();
  assert.deepEqual([front.wasAsked("play"), deck().wasAsked("play"), player.position], [false, true, now() - HOUR]);
});

test("a picture that has not begun to play is not paused", () => {
  player.open(URLS);
  deck().video.paused = true; // as every video is at first
  assert.deepEqual([player.paused, player.facts.paused], [false, false]);
});

test("while a seek loads the playhead is where one wants to be, and what is shown is told", () => {
  const front = live();
  player.seekTo(now() - HOUR);
  assert.deepEqual([player.position, player.shown], [now() - HOUR, front.position]);
  deck().show(now() - HOUR, { listed: { start: now() - 2 * HOUR, end: now() } });
  const before = player.shown;
  player.seekTo(now() - 1.5 * HOUR);
  deck().travelling = true;
  assert.deepEqual([player.position, player.shown], [now() - 1.5 * HOUR, before]);
  player.goLive();
  assert.deepEqual([player.position, player.shown], [now(), before]);
});

test("a deck that gets ready while paused is held back", () => {
  live();
  player.seekTo(now() - HOUR);
  player.pause();
  assert.equal(deck().holding, true);
  player.seekTo(now() - 2 * HOUR);
  assert.equal(deck().options.hold, true);
});

test("a media error is recovered from once, then the deck is replaced after a pause", () => {
  const front = live();
  front.on.fatal({ media: true, status: 0, text: "bufferAppendError" });
  assert.equal(front.recoveries, 1);
  front.on.fatal({ media: true, status: 0, text: "bufferAppendError" });
  assert.deepEqual([player.facts.failed, front.suspended, player.figures.lastError], [true, true, "bufferAppendError"]);
  assert.equal(decks.length, 1);
  time.advance(700);
  assert.equal(decks.length, 2);
  assert.equal(player.figures.rebuilds, 1);
  deck().show(now() - 300);
  assert.equal(player.facts.failed, false);
});

test("what was lost comes at once when the camera is back", () => {
  const front = live();
  player.cameraIs("away");
  front.on.fatal({ media: false, status: 404, text: "levelLoadError" });
  player.cameraIs("live");
  assert.equal(decks.length, 2);
});

test("a rebuilt picture of the past goes on where it was", () => {
  const front = rewound();
  const { position } = player;
  front.on.fatal({ media: false, status: 500, text: "fragLoadError" });
  time.advance(700);
  assert.equal(deck().options.at, position);
});

test("a live picture that stands although the camera is live is replaced", () => {
  const front = live();
  time.advance(3300);
  assert.equal(player.figures.rebuilds, 1);
  assert.notEqual(deck(), front);
});

test("a next deck without a picture is given up and tried for again", () => {
  const front = live();
  player.seekTo(now() - HOUR);
  const next = deck();
  playOn(8200, front);
  assert.equal(next.destroyed, true);
  playOn(700, front);
  assert.equal(decks.length, 3);
});

test("an instant that the live playlist lost is looked for in a slice, then it is told", () => {
  player.open(URLS, now() - 60_000);
  const at = deck().options.at;
  deck().on.missing();
  assert.equal(deck().options.live, false);
  deck().on.missing();
  assert.deepEqual(missing, [at]);
});

test("a slice that is not there is told likewise", () => {
  player.open(URLS, now() - HOUR);
  deck().on.fatal({ media: false, status: 404, text: "manifestLoadError" });
  assert.deepEqual(missing, [now() - HOUR]);
});

test("a slice is followed by the next one without a gap", () => {
  const front = rewound();
  const { end } = front.listed;
  front.left = 11;
  time.advance(100);
  const next = deck();
  assert.deepEqual([next.options.after, next.options.hold, next.options.at], [true, true, end]);
  assert.equal(player.busy, false); // nobody waits for it
  next.show(end);
  assert.equal(player.video, front.video);
  front.left = 0;
  front.video.ended = true;
  front.on.ended();
  assert.equal(player.video, next.video);
  assert.equal(next.wasAsked("play"), true);
});

test("near now the slice is followed by the live playlist", () => {
  const front = rewound(now() - HOUR);
  front.listed = { start: now() - HOUR, end: now() - 60_000 };
  front.left = 11;
  time.advance(100);
  assert.deepEqual([deck().options.url, deck().options.live, deck().following], [URLS.live, true, false]);
});

test("over a gap it goes on with what follows it", async () => {
  const front = rewound();
  const { end } = front.listed;
  front.left = 11;
  time.advance(100);
  following = end + HOUR;
  deck().on.missing();
  await settled();
  time.advance(100);
  assert.equal(deck().options.at, following);
});

/** The deck has loaded so many parts or segments, each of which took that many ms. */
function loads(of, count, took, part) {
  const seconds = part ? 0.1 : 2;
  for (let i = 0; i < count; i++) {
    playOn(seconds * 1000, of);
    of.on.loaded({ at: time.now, first: took - 5, took, bytes: 40_000, seconds, part });
  }
}

test("where a part can't come in time whole segments are loaded, from what is in the buffer on", () => {
  const front = live();
  loads(front, 30, 60, true);
  assert.deepEqual([front.whole, player.slow], [false, null]);
  loads(front, 100, 160, true);
  assert.deepEqual([front.whole, player.slow], [true, { tooSlow: null }]);
  assert.deepEqual(front.asked.at(-1), ["jumpToEdge", 2.5 + 1]);
  assert.equal(player.facts.limit, 7);
  player.cameraIs("live", 25, 0.1);
  assert.equal(player.figures.target, 2.5); // parts are not aimed at any more
  player.seekTo(now() - 2 * HOUR);
  assert.deepEqual([deck().options.whole, player.slow], [false, null]);
  deck().show(now() - 2 * HOUR);
  player.goLive();
  assert.equal(deck().options.whole, true);
  deck().show(now() - 4000, { partTarget: 0.1 });
  loads(deck(), 40, 60, false);
  assert.deepEqual([deck().whole, player.slow, player.figures.target], [false, null, 0.25]);
  assert.deepEqual(deck().asked.at(-1), ["jumpToEdge", 0.25]);
});

test("beside other windows whole segments are loaded, once the first picture is there, and it is called so", () => {
  player.open(URLS);
  player.crowded = true;
  assert.equal(deck().whole, false);
  deck().show(now() - 300, { partTarget: 0.1 });
  const front = deck();
  assert.deepEqual([front.whole, front.asked.at(-1), player.slow, player.facts.limit], [true, ["jumpToEdge", 3.5], { tooSlow: null, crowded: true }, 7]);
  player.crowded = true;
  assert.equal(front.asked.filter(([name]) => name === "jumpToEdge").length, 1);
  player.seekTo(now() - 2 * HOUR);
  deck().show(now() - 2 * HOUR);
  player.crowded = false;
  assert.equal(deck().wasAsked("jumpToEdge"), false);
  player.goLive();
  assert.equal(deck().options.whole, false);
  deck().show(now() - 300, { partTarget: 0.1 });
  assert.deepEqual([deck().whole, player.slow], [false, null]);
});

test("what stands is not moved because something else is to be loaded", () => {
  const front = live();
  player.pause();
  player.crowded = true;
  loads(front, 1, 60, true);
  assert.deepEqual([front.whole, front.wasAsked("jumpToEdge")], [false, false]);
  player.goLive();
  player.crowded = true;
  assert.equal(deck().options.whole, true);
});

/** Key frames alone, of which the first is on the screen; 1.6 of 4.1 Mbit/s are carried. */
async function keyFrames() {
  Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: () => {} });
  const asked = installFetch(() => ({ pieces: [1000], headers: { "Lookback-Time": new Date(now()).toISOString() } }));
  const front = live();
  loads(front, 100, 160, true);
  for (let i = 0; i < 3; i++) {
    playOn(1000, front);
    front.on.loaded({ at: time.now, first: 5, took: 5125, bytes: 1_025_000, seconds: 2, part: false });
  }
  assert.equal(asked.length, 0); // the deck that says so is not taken down while it speaks
  newest = { url: "hls/front/pictures/7.mp4", at: now() - 400 };
  time.advance(0);
  await settled();
  await nextStill();
  return { front, asked };
}

/** The still that is asked for is decoded. */
async function nextStill() {
  await settled();
  stills[0].show(0);
  time.advance(0);
  await settled();
}

test("where the way carries less than the camera sends key frames are shown, one after the other", async () => {
  const { front, asked } = await keyFrames();
  assert.deepEqual([front.destroyed, player.video, asked], [true, null, ["hls/front/pictures/7.mp4", "hls/front/pictures/8.mp4"]]);
  const { has, needs } = player.slow.tooSlow;
  assert.deepEqual([(has / 1e6).toFixed(1), (needs / 1e6).toFixed(1)], ["1.6", "4.1"]);
  assert.deepEqual([player.facts.picture, player.facts.moving, player.facts.limit, player.latency, player.shown], [true, true, -Infinity, 0.4, now() - 400]);
  await nextStill();
  assert.deepEqual([player.latency, player.position, player.figures.keyFrames], [0, now(), 2]);
  await time.pass(9000);
  assert.deepEqual([player.facts.moving, player.latency > 8.9], [true, true]);
});

test("from key frames to a pause, to the past, to live and to another camera", async () => {
  const { asked } = await keyFrames();
  player.pause();
  const { shown } = player;
  await time.pass(2000);
  assert.deepEqual([player.facts.paused, player.shown, player.slow, asked.length], [true, shown, null, 2]);
  player.play();
  await settled();
  // As any picture that stood: on from there, and not back to where the camera is now.
  assert.deepEqual([player.intent, player.facts.paused, asked.length, player.shown, player.position], [{ mode: "history", at: shown }, false, 2, shown, shown]);
  assert.deepEqual([deck().options.at, deck().options.hold], [shown, false]);
  deck().show(shown, { listed: { start: shown - 60_000, end: now() } });
  assert.deepEqual([player.facts.picture, player.slow.past], [true, true]);
  player.goLive();
  await nextStill();
  assert.deepEqual([player.intent.mode, player.facts.picture, asked.length], ["live", true, 4]);
  const before = decks.length;
  player.goLive();
  assert.equal(decks.length, before);
  player.seekTo(now() - HOUR);
  assert.deepEqual([decks.length, player.shown, player.position], [before + 1, shown, now() - HOUR]); // it stays until the other is there
  player.goLive();
  await nextStill();
  assert.deepEqual([deck().destroyed, player.video, player.facts.picture], [true, null, true]); // who did not wait for it
  player.seekTo(now() - HOUR);
  deck().show(now() - HOUR, { listed: { start: now() - 2 * HOUR, end: now() } });
  assert.deepEqual([player.shown, player.facts.picture, player.slow !== null], [now() - HOUR, true, true]);
  player.goLive();
  await nextStill();
  assert.deepEqual([decks.length, deck().destroyed, player.facts.picture], [before + 2, true, true]);
  player.open(URLS);
  assert.deepEqual([decks.length, deck().options.whole, player.shown, player.slow], [before + 3, true, null, { tooSlow: null }]);
});

test("history that comes too slowly says so, from what loads of it on", async () => {
  const front = rewound();
  const rates = () => player.slow && Object.values(player.slow.tooSlow).map((rate) => (rate / 1e6).toFixed(1));
  assert.equal(rates(), null);
  front.coming = { at: time.now, first: 50, took: 8000, bytes: 4e5, total: 1_025_000, seconds: 2, part: false };
  time.advance(100);
  assert.deepEqual(rates(), ["0.4", "4.1"]);
  front.coming = null;
  for (let i = 0; i < 3; i++) front.on.loaded({ at: time.now, first: 5, took: 5125, bytes: 1_025_000, seconds: 2, part: false });
  assert.deepEqual([rates(), player.slow.past], [["1.6", "4.1"], true]);
  for (let i = 0; i < 3; i++) front.on.loaded({ at: time.now, first: 5, took: 500, bytes: 1_025_000, seconds: 2, part: false });
  assert.equal(rates(), null);
  player.open(URLS, now() - HOUR);
  assert.equal(rates(), null);
});

test("whole segments are gone back to when one that is tried comes in time", async () => {
  await keyFrames();
  const before = decks.length;
  for (let i = 0; i < 12; i++) {
    await time.pass(1000);
    await nextStill();
  }
  const trial = deck();
  assert.deepEqual([decks.length, trial.options.whole, player.busy, player.figures.keyFrames > 5], [before + 1, true, false, true]);
  trial.on.loaded({ at: time.now, first: 5, took: 800, bytes: 1_025_000, seconds: 2, part: false });
  trial.show(now() - 4000, { whole: true });
  assert.deepEqual([player.video, player.slow, player.shown], [trial.video, { tooSlow: null }, now() - 4000]);
  const { keyFrames: count } = player.figures;
  await time.pass(3000);
  assert.equal(player.figures.keyFrames, count);
});

test("a try that fails is not seen, and nobody looks at key frames of a page that is hidden", async () => {
  const { asked } = await keyFrames();
  for (let i = 0; i < 12; i++) {
    await time.pass(1000);
    await nextStill();
  }
  deck().on.fatal({ media: false, status: 404, text: "gone" });
  await time.pass(100);
  assert.deepEqual([deck().destroyed, player.facts.failed, player.figures.rebuilds], [true, false, 0]);
  document.hidden = true;
  player.letGo();
  await time.pass(200);
  const { length } = asked;
  await time.pass(3000);
  assert.equal(asked.length, length);
  document.hidden = false;
  send(document, "visibilitychange");
  await settled();
  assert.equal(asked.length, length + 1);
});

test("where there are no key frames to show it plays as well as it can", async () => {
  await keyFrames();
  player.open(URLS);
  const front = deck();
  front.show(now() - 300);
  newest = null;
  for (let i = 0; i < 3; i++) front.on.loaded({ at: time.now, first: 5, took: 5125, bytes: 1_025_000, seconds: 2, part: false });
  await time.pass(8000);
  assert.notEqual(deck(), front);
  assert.deepEqual([deck().options.whole, deck().destroyed], [true, undefined]);
});

test("the live picture is steered by its buffer, in a deck that can be", () => {
  const front = live();
  Object.assign(front, { buffer: 6, edge: 6 });
  playOn(3000);
  assert.equal(front.wasAsked("jumpToEdge"), true);
  const native = live();
  Object.assign(native, { native: true, buffer: 6, edge: 6 });
  playOn(3000, native);
  assert.equal(native.wasAsked("jumpToEdge"), false);
  assert.equal(player.facts.limit, 4.2);
});

test("stalls and late parts enlarge the target, of the live picture only", () => {
  const front = live();
  playOn(5000);
  const { target } = player.figures;
  front.on.part(time.now / 1000, 10);
  time.advance(4000);
  front.on.stall(0.2);
  assert.ok(player.figures.target > target);
  const after = player.figures.target;
  player.seekTo(now() - HOUR);
  deck().show(now() - HOUR);
  deck().on.stall(0.2);
  assert.equal(player.figures.target, after);
});

test("who comes back to a hidden page, or wakes up, is taken to the edge", () => {
  const front = live();
  front.video.paused = true; // browsers do that in the background
  send(document, "visibilitychange");
  assert.equal(front.wasAsked("seekToEdge"), true);
  const slept = live();
  time.now += 60_000; // without a tick
  slept.video.paused = true;
  time.advance(100);
  assert.equal(slept.wasAsked("seekToEdge"), true);
});

test("a hidden page lets go of its live picture, and is taken to the edge when it is seen again", () => {
  const front = live();
  document.hidden = true;
  time.advance(4000);
  assert.equal(front.suspended, false); // somebody looks into another tab for a moment
  time.advance(2000);
  assert.deepEqual([front.suspended, front.destroyed], [true, undefined]);
  time.now += 60_000; // hidden pages have their timers run once a minute
  time.advance(100);
  time.advance(60_000);
  assert.equal(decks.length, 1);
  document.hidden = false;
  send(document, "visibilitychange");
  assert.deepEqual([decks.length, deck().options.url], [2, URLS.live]);
});

test("a hidden page lets go at once when another tab is seen, a seen one never", () => {
  const front = live();
  player.letGo();
  time.advance(200);
  assert.equal(front.suspended, false);
  document.hidden = true;
  player.letGo();
  time.advance(100);
  assert.equal(front.suspended, true);
});

test("a picture in a window of its own goes on while the page is hidden", () => {
  const front = live();
  document.hidden = true;
  document.pictureInPictureElement = front.video;
  playOn(20_000, front);
  assert.equal(front.suspended, false);
});

test("while hidden the picture counts by its time, not by frames", () => {
  const front = live();
  document.hidden = true;
  time.advance(5000);
  front.video.currentTime += 1;
  time.advance(100);
  assert.equal(player.facts.moving, true);
});

test("a picture whose frames are not reported any more still moves", () => {
  const front = live();
  front.reported = false;
  time.advance(5000);
  assert.equal(player.facts.moving, false);
  front.video.currentTime += 1;
  time.advance(100);
  assert.equal(player.facts.moving, true);
});

test("a camera that was left plays no more, and what its decks say is not heard", () => {
  const front = live();
  player.leave();
  assert.deepEqual([front.destroyed, player.video, player.urls, player.position], [true, null, null, null]);
  const before = changes;
  front.on.change();
  front.on.ended();
  time.advance(1000);
  assert.equal(changes, before);
  player.goLive();
  assert.equal(decks.length, 1);
});

test("another part target makes another steering", () => {
  live();
  player.cameraIs("live", 25, 0.5);
  assert.equal(player.figures.target, 0.65);
});

test("every change on the screen is told", () => {
  const front = live();
  const before = changes;
  front.on.change();
  assert.equal(changes, before + 1);
  front.on.discontinuity();
});

const NEXT = { live: "hls/front/live.m3u8?epoch=1", window: "hls/front/window.m3u8?epoch=1" };

/** The playlist of what is on the screen has ended. */
function ends(of) {
  of.live = false;
  of.on.over();
}

test("when the live playlist ends the API is asked, and its other one follows without a word of trouble", () => {
  const before = live();
  ends(before);
  assert.deepEqual([asks, decks.length], [1, 1]);
  playOn(600, before);
  assert.equal(asks, 2);
  player.urls = NEXT;
  player.cameraIs("live", 25, 0.2);
  const next = deck();
  assert.deepEqual([next.options.url, next.options.at, before.destroyed], [NEXT.live, null, undefined]);
  playOn(1000, before);
  player.cameraIs("live", 25, 0.2);
  assert.deepEqual([decks.length, asks, player.facts.failed, player.live], [2, 2, false, true]);
  next.show(now() - 300, { partTarget: 0.2 });
  assert.deepEqual([before.destroyed, player.video, player.facts.picture], [true, next.video, true]);
  assert.equal(player.figures.rebuilds, 0);
});

test("a playlist that is gone already is not an error, and its successor is opened", () => {
  const before = live();
  before.on.fatal({ media: false, status: 410, text: "levelLoadError" });
  assert.deepEqual([asks, player.facts.failed], [1, false]);
  player.urls = NEXT;
  time.advance(700);
  assert.equal(deck().options.url, NEXT.live);
});

test("of a camera that is no longer recorded nothing follows", () => {
  const before = live();
  player.cameraIs("ended");
  ends(before);
  player.urls = NEXT;
  player.cameraIs("ended");
  time.advance(3000);
  assert.deepEqual([decks.length, asks], [1, 1]);
});

test("rewound in a live playlist that ends, what follows begins where it ends", () => {
  const front = live();
  const end = now();
  player.seekTo(end - 300);
  front.listed = { start: end - 100_000, end };
  player.seekTo(end - 5000);
  ends(front);
  player.urls = NEXT;
  player.cameraIs("live", 25, 0.2);
  front.left = 4.5;
  playOn(200, front);
  const next = deck();
  assert.deepEqual([next.options.url, next.options.at, next.options.after, player.live], [NEXT.live, end, true, false]);
  next.show(end, { listed: { start: end, end: end + 9000 } });
  assert.equal(front.destroyed, undefined);
  Object.assign(front, { left: 0 });
  front.video.ended = true;
  front.on.ended();
  assert.deepEqual([front.destroyed, player.video], [true, next.video]);
});

test("a page that opens over a slow link shows key frames as soon as that is known, and not what is paused", () => {
  const opens = (paused) => {
    player.open(URLS);
    player.cameraIs("live", 25, 0.1, 4.1e6);
    if (paused) player.pause();
    for (let took = 0; took < 1000; took += 100) {
      deck().coming = { at: time.now, first: 20, took, bytes: 125 * took, total: 1e5, seconds: 0.1, part: true, url: "7.0.m4s" };
      time.advance(100);
    }
  };
  opens(false);
  assert.deepEqual([player.slow?.tooSlow, player.video, player.facts.picture, player.busy], [{ has: 1e6, needs: 4.1e6 }, null, false, false]);
  opens(true);
  assert.deepEqual([deck().destroyed, player.paused], [undefined, true]); // its first picture is waited for
});

test("live that comes far too slowly is turned to key frames before its segment is there", () => {
  const first = live();
  newest = { url: "hls/front/still/1.mp4", at: now() - 2000 };
  first.coming = { at: time.now, first: 50, took: 5000, bytes: 1e5, total: 1e6, seconds: 2, part: false };
  time.advance(100);
  assert.equal(player.slow, null);
  first.coming = { ...first.coming, took: 6000 };
  time.advance(100);
  assert.deepEqual([first.suspended, Boolean(player.slow?.tooSlow)], [true, true]);
});

test("frame by frame: what its owner is told again and again rebuilds nothing", () => {
  const front = live();
  front.steersItself = true;
  player.sound = { muted: false, volume: 1 }; // frames come without it
  assert.equal(decks.length, 2);
  for (let i = 0; i < 5; i++) player.crowded = false;
  assert.equal(decks.length, 2);
  player.crowded = true;
  assert.equal(decks.length, 3);
  for (let i = 0; i < 5; i++) player.crowded = true;
  assert.equal(decks.length, 3);
});

test("frame by frame: a picture that stands does not move, whatever the element's clock says", () => {
  const front = live();
  Object.assign(front, { steersItself: true, reported: true });
  Object.defineProperty(front, "playhead", { value: { currentTime: 7, seeking: false } });
  for (let i = 0; i < 20; i++) {
    front.video.currentTime += 0.1;
    time.advance(100);
  }
  assert.equal(player.facts.moving, false);
});
