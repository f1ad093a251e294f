import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { LaneChoice, laneOf } from "../../play/lane-choice.js";

const intent = { mode: /** @type {"live"} */ ("live") };
const hls = () => ({ deck: { following: true, steersItself: false }, intent, builtAt: 0 });
const lane = (builtAt = 0) => ({ deck: { following: true, steersItself: true }, intent, builtAt });
const BROKEN = { media: false, status: 0, text: "" };
let able, may, url, asked, decks, choice;

beforeEach(() => {
  [able, may, url, asked] = [true, true, "hls/front/live.m3u8?epoch=3", []];
  decks = { front: null, next: null, dropNext: () => asked.push("drop") };
  choice = new LaneChoice(decks, () => able, { url: () => url, mayPlay: () => may, open: (where) => ({ opened: where }), rebuild: () => asked.push("rebuild") });
});

test("the lane lies beside the playlist", () => {
  assert.equal(laneOf("hls/front/live.m3u8?epoch=3"), "hls/front/live.mp4?sound=0");
  assert.equal(laneOf("hls/front/live.m3u8"), "hls/front/live.mp4?sound=0");
});

test("frame by frame where the browser can, and nothing speaks against it", () => {
  assert.equal(choice.url(0), "hls/front/live.mp4?sound=0");
  able = false;
  assert.equal(choice.url(0), null);
  [able, may] = [true, false];
  assert.equal(choice.url(0), null);
  [may, url] = [true, undefined];
  assert.equal(choice.url(0), null);
});

test("what failed is tried again more and more seldom", () => {
  let now = 0;
  const waits = [];
  for (let i = 0; i < 7; i++) {
    choice.failed(lane(now), BROKEN, intent, (now += 1000));
    const since = now;
    while (!choice.url(now)) now += 1000;
    waits.push((now - since) / 1000);
  }
  assert.deepEqual(waits, [60, 120, 240, 480, 600, 600, 600]);
  choice.failed(lane(now), BROKEN, intent, (now += 120_000)); // it had played for long
  assert.equal(choice.url(now + 29_000), null);
  assert.ok(choice.url(now + 30_000));
});

test("a camera that has no picture to send says nothing of the lane", () => {
  choice.failed(lane(), { ...BROKEN, status: 503 }, intent, 0);
  assert.deepEqual([choice.url(3000), choice.url(4000)], [null, "hls/front/live.mp4?sound=0"]);
  choice.failed(lane(), { ...BROKEN, status: 503 }, intent, 10_000);
  choice.cameraBack();
  assert.ok(choice.url(10_100));
  choice.failed(lane(), BROKEN, intent, 20_000);
  choice.cameraBack(); // which has nothing to do with it
  assert.equal(choice.url(20_100), null);
});

test("where the playlist plays, a lane that fails is let go of; else that is turned to", () => {
  decks.front = hls();
  decks.next = lane();
  choice.failed(decks.next, BROKEN, intent, 0);
  assert.deepEqual(asked, ["drop"]);
  decks.front = lane();
  choice.failed(decks.front, BROKEN, intent, 0);
  assert.deepEqual(asked, ["drop", "rebuild"]);
  decks.front = { ...hls(), intent: { mode: "history", at: 0 } }; // on the way back to live
  decks.next = lane();
  choice.failed(decks.next, BROKEN, intent, 0);
  assert.deepEqual(asked, ["drop", "rebuild", "rebuild"]);
});

test("live by its playlist, the picture may come frame by frame again", () => {
  decks.front = hls();
  choice.look(intent, 0);
  assert.deepEqual(decks.next, { opened: "hls/front/live.mp4?sound=0" });
  for (const front of [null, lane(), { ...hls(), deck: { following: false, steersItself: false } }, { ...hls(), intent: { mode: "live" } }]) {
    Object.assign(decks, { front, next: null });
    choice.look(intent, 0);
    assert.equal(decks.next, null);
  }
});

test("what others need, or sound, ends it", () => {
  decks.front = lane();
  choice.giveUp();
  assert.deepEqual(asked, []);
  may = false;
  choice.giveUp();
  assert.deepEqual(asked, ["rebuild"]);
  decks.front = hls();
  choice.giveUp();
  assert.deepEqual(asked, ["rebuild"]);
});
