import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Navigation } from "../../page/navigation.js";
import { installDocument } from "../fakes/dom.js";
import { camera } from "../fakes/fetch.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const HOUR = 3_600_000;
let place, player, view, navigation, happened, spans, following, remark;

beforeEach(() => {
  installDocument();
  happened = [];
  following = null;
  spans = [{ start: NOW - 10 * HOUR, end: NOW - 5 * HOUR }, { start: NOW - 3 * HOUR, end: NOW }];
  const note = (name) => (...args) => void happened.push([name, ...args]);
  place = { name: "front", camera: camera("front"), state: "live", asked: null };
  player = { live: true, paused: false, position: NOW - 300, shown: NOW - 300, intent: { mode: "live" }, seekTo: note("seekTo"), goLive: note("goLive"), play: note("play"), pause: note("pause") };
  remark = null;
  view = {
    timeline: { reveal: note("reveal"), spans: () => spans },
    say: (what) => {
      remark = what;
      note("say")(what);
    },
    hush: () => (remark = null),
  };
  navigation = new Navigation(place, player, view, {
    now: () => NOW, bounds: () => ({ start: NOW - 10 * HOUR, end: NOW }), nextPicture: async () => following, link: note("link"), open: note("open"), misled: note("misled"),
  });
});

test("what was said of one instant is gone when one goes to another, or live", async () => {
  const elsewhere = [() => navigation.seekTo(NOW - HOUR), () => navigation.seekTo(NOW - HOUR, true), () => navigation.goLive(), () => navigation.step(-10), () => navigation.goTo(NOW - HOUR)];
  for (const go of elsewhere) {
    view.say("Nothing was recorded then.");
    go();
    assert.equal(remark, null, String(go));
  }
  navigation.goTo(NOW + HOUR);
  assert.match(remark, /is still to come/);
});

test("an instant with a picture is gone to and written down, on the way it is not", () => {
  navigation.seekTo(NOW - HOUR);
  navigation.seekTo(NOW - 2 * HOUR, true);
  assert.deepEqual(happened, [["seekTo", NOW - HOUR], ["reveal", NOW - HOUR], ["link", NOW - HOUR], ["seekTo", NOW - 2 * HOUR]]);
});

test("in a gap it is the next picture, and the end of the timeline is live", () => {
  navigation.seekTo(NOW - 4 * HOUR);
  assert.deepEqual(happened[0], ["seekTo", NOW - 3 * HOUR]);
  happened.length = 0;
  navigation.seekTo(NOW - 1000, true);
  assert.deepEqual(happened, []);
  navigation.seekTo(NOW - 1000);
  assert.deepEqual(happened, [["goLive"], ["reveal", NOW], ["link", null]]);
  place.camera = camera("front", { state: "away" });
  happened.length = 0;
  navigation.seekTo(NOW - 1000);
  assert.deepEqual(happened[0], ["seekTo", NOW - 1000]);
});

test("whoever is led out of a gap is told of it, once the picture is there; on the way nothing is said", async () => {
  navigation.seekTo(NOW - 4 * HOUR, true);
  assert.equal(place.asked, null);
  navigation.seekTo(NOW - 4 * HOUR);
  assert.equal(place.asked, NOW - 4 * HOUR);
  happened.length = 0;
  following = NOW - 3 * HOUR;
  await navigation.arrived(NOW - 3 * HOUR);
  assert.match(happened[0][1], /^Nothing was recorded at .*\. This is the next picture, from /);
  navigation.seekTo(NOW - HOUR);
  assert.equal(place.asked, null);
  spans = [{ start: NOW - 9 * HOUR, end: NOW }];
  navigation.seekToOldest(); // where it begins is not asked for
  assert.equal(place.asked, null);
});

test("what is paused stays paused at the end, and where nothing follows", async () => {
  player.paused = true;
  navigation.seekTo(NOW + 5000);
  assert.deepEqual(happened[0], ["seekTo", NOW - 1500]);
  happened.length = 0;
  spans = [{ start: NOW - 10 * HOUR, end: NOW - 5 * HOUR }];
  await navigation.nothingRecorded(NOW - 4 * HOUR, player.intent);
  assert.deepEqual(happened[0], ["seekTo", NOW - 5 * HOUR - 3000]);
});

test("where no spans are known yet the instant itself is tried", () => {
  spans = [];
  navigation.seekTo(NOW - 4 * HOUR);
  assert.deepEqual(happened[0], ["seekTo", NOW - 4 * HOUR]);
});

test("steps count from the picture, and the oldest is the window's start", () => {
  navigation.step(-10);
  assert.deepEqual(happened[0], ["seekTo", NOW - 10_300]);
  navigation.seekToOldest();
  assert.deepEqual(happened[3], ["seekTo", NOW - 10 * HOUR]);
  happened.length = 0;
  player.position = null;
  navigation.step(-10);
  place.camera = null;
  navigation.seekToOldest();
  assert.deepEqual(happened, []);
});

test("an instant that was typed is shown on the timeline, and told once its picture is there", () => {
  navigation.goTo(NOW - HOUR);
  assert.deepEqual(happened, [["seekTo", NOW - HOUR], ["reveal", NOW - HOUR], ["link", NOW - HOUR]]);
  assert.equal(place.asked, NOW - HOUR);
});

test("a gap is said from what was recorded, never from a frame", async () => {
  const said = async (got, next) => {
    happened.length = 0;
    place.asked = NOW - HOUR;
    following = next;
    await navigation.arrived(got);
    return happened.map(([, words]) => words.replace(/[\d:]{8}( [AP]M)?/g, "T"));
  };
  assert.deepEqual(await said(NOW - HOUR + 40, null), []);
  assert.deepEqual(await said(NOW - 2 * HOUR, NOW - HOUR), []); // a frame of before
  assert.deepEqual(await said(NOW - 2 * HOUR, NOW - HOUR + 900), []);
  assert.deepEqual(await said(NOW - HOUR + 60_000, NOW - HOUR + 60_000), ["Nothing was recorded at T. This is the next picture, from T."]);
  navigation.by.nextPicture = () => Promise.reject(new Error("nobody answers"));
  assert.deepEqual(await said(NOW - HOUR + 60_000, null), []);
});

test("whoever goes elsewhere meanwhile is told nothing of it", async () => {
  navigation.goTo(NOW - HOUR);
  navigation.seekTo(NOW - 2 * HOUR);
  assert.equal(place.asked, null);
  place.asked = NOW - HOUR;
  following = NOW - 50 * 60_000;
  const told = navigation.arrived(NOW - 50 * 60_000);
  player.intent = { mode: "history", at: 1 };
  happened.length = 0;
  await told;
  assert.deepEqual(happened, []);
});

test("what is paused stays so when the newest moments are typed, and goes live only when that is said", () => {
  player.paused = true;
  navigation.goTo(NOW - 800);
  assert.deepEqual(happened[0], ["seekTo", NOW - 1500]);
  assert.equal(happened.some(([name]) => name === "goLive"), false);
  happened.length = 0;
  navigation.goTo(NOW + 5000);
  assert.deepEqual(happened.map(([name]) => name), ["goLive", "reveal", "link", "say"]);
});

test("the newest moments are the live picture, and nothing is said of what may come yet", async () => {
  navigation.goTo(NOW - 800);
  assert.deepEqual(happened.map(([name]) => name), ["goLive", "reveal", "link"]);
  happened.length = 0;
  await navigation.nothingRecorded(NOW - 4000, player.intent);
  assert.deepEqual(happened.map(([name]) => name), ["goLive", "link"]);
});

test("the server that doesn't answer is no gap", async () => {
  navigation.by.nextPicture = () => Promise.reject(new Error("nobody answers"));
  await navigation.nothingRecorded(NOW - 4 * HOUR, player.intent);
  assert.deepEqual(happened.map(([name]) => name), ["goLive", "link"]);
});

test("steps back come out of a gap where it begins, so that none is lost", () => {
  player.position = NOW - 3 * HOUR + 4000;
  navigation.step(-10);
  assert.deepEqual(happened[0], ["seekTo", NOW - 5 * HOUR - 1000]);
  happened.length = 0;
  navigation.step(10);
  assert.deepEqual(happened[0], ["seekTo", NOW - 3 * HOUR + 14_000]);
});

test("longer ago than is kept leads to the oldest, still to come leads live", () => {
  navigation.goTo(NOW - 100 * HOUR);
  assert.deepEqual(happened[0], ["seekTo", NOW - 10 * HOUR]);
  happened.length = 0;
  navigation.goTo(NOW + HOUR);
  assert.equal(happened[0][0], "goLive");
  assert.match(happened.at(-1)[1], /is still to come/);
});

test("where nothing was recorded it goes to the next picture", async () => {
  following = NOW - 3 * HOUR;
  await navigation.nothingRecorded(NOW - 4 * HOUR, player.intent);
  assert.deepEqual(happened[0], ["seekTo", NOW - 3 * HOUR]);
  assert.equal(place.asked, NOW - 4 * HOUR);
});

test("else live, or, of a camera that is away, to the last picture", async () => {
  await navigation.nothingRecorded(NOW - 4 * HOUR, player.intent);
  assert.deepEqual(happened.map(([name]) => name), ["goLive", "link", "say"]);
  assert.match(happened[2][1], /^Nothing was recorded from .* on\. This is live\.$/);
  happened.length = 0;
  place.camera = camera("front", { state: "away" });
  spans = [{ start: NOW - 10 * HOUR, end: NOW - 5 * HOUR }];
  await navigation.nothingRecorded(NOW - HOUR, player.intent);
  assert.deepEqual(happened[0], ["seekTo", NOW - 5 * HOUR - 3000]);
});

test("a link to what is still to come leads live and says so, also one that is to stand", async () => {
  for (const paused of [false, true]) {
    happened.length = 0;
    place.camera = paused ? camera("front") : null; // the API may not have told of it yet
    player.paused = paused;
    place.asked = NOW + HOUR;
    await navigation.nothingRecorded(NOW + HOUR, player.intent);
    assert.deepEqual(happened.map(([name]) => name), ["goLive", "reveal", "link", "say"]);
    assert.match(happened.at(-1)[1], /is still to come\. This is live\.$/);
    assert.equal(place.asked, null);
  }
});

test("who has gone elsewhere since stays there", async () => {
  await navigation.nothingRecorded(NOW - 4 * HOUR, { mode: "history", at: NOW - 4 * HOUR });
  assert.deepEqual(happened, []);
});

test("one button plays and pauses", () => {
  navigation.toggle();
  player.paused = true;
  player.live = false;
  navigation.toggle();
  assert.deepEqual(happened, [["pause"], ["link", null], ["play"], ["link", NOW - 300]]);
});

test("a link to this moment is copied, or shown where that is forbidden", async () => {
  let copied;
  navigator.clipboard = { writeText: async (text) => void (copied = text) };
  await navigation.share();
  assert.deepEqual([copied, happened], ["http://host/cams/#front@2026-11-22T21:53:59.700Z", [["say", "The link to this moment is copied."]]]);
  navigator.clipboard = undefined;
  document.execCommand = () => false;
  player.live = false;
  player.shown = NOW - HOUR;
  player.paused = true;
  await navigation.share();
  assert.deepEqual(happened[1], ["say", "The link to this moment: http://host/cams/#front@2026-11-22T20:54:00Z&paused"]);
  place.name = null;
  await navigation.share();
  assert.equal(happened.length, 2);
});

test("the address leads to another camera, another instant, or live", () => {
  const follow = (hash) => {
    happened.length = 0;
    location.hash = hash;
    navigation.followLink();
    return happened[0];
  };
  assert.deepEqual(follow("#garden@2026-11-22T20:54:00Z"), ["open", "garden", NOW - HOUR, false]);
  assert.deepEqual(follow("#Overview"), ["open", "Overview", null, false]);
  assert.deepEqual(follow("#front"), ["goLive"]);
  assert.deepEqual(follow("#front@2026-11-22T20:54:00Z"), ["seekTo", NOW - HOUR]);
  assert.deepEqual(follow("#front@2026-11-22T20:54:00.250Z&paused"), ["pause"]);
  assert.deepEqual(happened[1], ["seekTo", NOW - HOUR + 250]);
  player.paused = true;
  assert.deepEqual(follow("#front@2026-11-22T20:54:00Z"), ["play"]);
  assert.equal(follow("#"), undefined);
  assert.deepEqual(follow("#Garden"), ["misled", { camera: "Garden" }]);
  assert.deepEqual(follow("#front@never"), ["goLive"]);
  assert.deepEqual(happened.at(-1), ["misled", { time: "never" }]);
  follow("#garden@never");
  assert.deepEqual(happened, [["open", "garden", null, false], ["misled", { time: "never" }]]);
});
