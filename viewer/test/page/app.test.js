// The whole page on fakes: a browser that plays HLS by itself, and a server that answers.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { formatLink } from "../../browser/link.js";
import { App } from "../../page/app.js";
import { installDocument, send } from "../fakes/dom.js";
import { camera, installFetch } from "../fakes/fetch.js";
import { FakeTime } from "../fakes/time.js";
import { FakeVideo, T } from "../fakes/video.js";
// What the page loads later is here at once.
import "../../page/controls.js";
import "../../page/goto.js";
import "../../page/navigation.js";
import "../../page/sound.js";
import "../../page/translate.js";
import "../../page/view.js";
import "../../tiles/multicamera.js";

const HOUR = 3_600_000;
const time = new FakeTime();
performance.getEntriesByType = () => [];
Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: () => {} });

let screen, cameras, asked, videos, app, answer;
const part = (id) => document.getElementById(id);
/** The picture on the stage. */
const picture = () => part("picture").children[0];

beforeEach(() => {
  time.clear();
  videos = [];
  cameras = [camera("front")];
  screen = installDocument({
    createVideo: () => {
      videos.push(new FakeVideo());
      return videos.at(-1);
    },
  });
  const now = new Date(T + 100_000).toISOString();
  answer = (path) => {
    if (path.endsWith("/timeline")) return { now, spans: [{ start: new Date(T - HOUR).toISOString(), end: now }], flaws: [] };
    if (path === "api/cameras") return { now, cameras };
    const one = cameras.find((c) => path === `api/cameras/${c.name}`);
    return one ? { now, ...one } : { status: 404, body: { error: { code: "no-camera", message: "unknown" } } };
  };
  asked = installFetch((path) => answer(path.split("?")[0]));
});

/** The page, opened at an address. */
async function open(hash = "") {
  location.hash = hash;
  app = new App();
  app.start();
  await time.pass(100);
}

/** The picture that is asked for comes, and moves for a second. */
async function play(at = 98.5) {
  const video = part("picture").children.at(-1);
  video.loaded(100);
  video.currentTime = at;
  for (let i = 0; i < 10; i++) {
    video.currentTime += 0.1;
    await time.pass(100);
  }
}

test("the only camera opens by itself, and its picture is live", async () => {
  await open();
  assert.deepEqual([app.place.name, picture().src, document.title], ["front", "hls/front/live.m3u8", "The front · Lookback"]);
  await play();
  assert.deepEqual([app.place.state, document.body.dataset.state, part("badge").textContent], ["live", "live", "Live"]);
  assert.deepEqual([part("camera-title").textContent, part("facts").textContent], ["The front", "1280 × 720 · 25 fps"]);
  assert.equal(document.body.classList.contains("several"), false);
});

test("the camera of the last visit plays before anything is known of it", async () => {
  screen.stored.set("lookback.camera", "front");
  app = new App();
  app.start();
  assert.equal(picture().src, "hls/front/live.m3u8");
});

test("an address leads to its instant", async () => {
  await open("#front@2026-11-22T21:00:00Z");
  assert.match(picture().src, /^hls\/front\/window\.m3u8\?from=2026-11-22T20%3A59/);
  picture().loaded(900, 900);
  await time.pass(400);
  assert.equal(app.place.asked, null); // its picture is there
  assert.equal(app.player.live, false);
});

test("with several cameras it begins with all of them, and a click leads to one", async () => {
  cameras = ["front", "garden"].map((name) => camera(name));
  await open();
  assert.deepEqual([app.place.overview, app.place.state, document.body.dataset.view], [true, "overview", "overview"]);
  await time.pass(500);
  assert.equal(part("overview-tiles").children.length, 2);
  assert.equal(part("overview-said").textContent, "2 recording");
  const before = asked.length;
  location.hash = "#garden";
  screen.window.dispatchEvent(new Event("hashchange"));
  await time.pass(1);
  assert.deepEqual(asked.slice(before).filter((path) => path.startsWith("api/")), ["api/cameras"]);
  await play();
  assert.deepEqual([app.place.name, document.body.dataset.view, part("camera-title").textContent], ["garden", "camera", "The garden"]);
  send(document, "keydown", { key: "a", target: document.body });
  location.hash = part("to-overview").getAttribute("href");
  screen.window.dispatchEvent(new Event("hashchange"));
  await time.pass(300);
  assert.deepEqual([app.place.overview, picture(), document.activeElement.dataset.camera], [true, undefined, "garden"]);
});

test("a camera that is gone leads to one that is there", async () => {
  await open("#gone");
  await time.pass(1500);
  assert.deepEqual([app.place.name, location.hash], ["front", "#front"]);
  assert.deepEqual([part("said").hidden, part("said").textContent], [false, "There is no camera called “gone”."]);
});

test("with several cameras an unknown one is told in the overview, until one goes elsewhere", async () => {
  cameras = ["front", "garden"].map((name) => camera(name));
  await open("#gone");
  await time.pass(1500);
  assert.deepEqual([app.place.overview, part("overview-said").textContent], [true, "There is no camera called “gone”."]);
  location.hash = "#Overview@2026-11-22T21:00:00Z";
  screen.window.dispatchEvent(new Event("hashchange"));
  await time.pass(500);
  assert.doesNotMatch(part("overview-said").textContent, /gone/);
});

test("what a link says that can't be a camera or an instant is told too", async () => {
  const said = async (hash) => {
    await open(hash);
    await time.pass(1500);
    return app.place.overview ? part("overview-said").textContent : part("said").textContent;
  };
  assert.equal(await said("#Gone"), "There is no camera called “Gone”.");
  assert.match(await said("#front@never"), /^“never” is no time that this page knows/);
  cameras = ["front", "garden"].map((name) => camera(name));
  screen.stored.clear();
  assert.equal(await said("#Gone"), "There is no camera called “Gone”.");
});

test("a link that is followed is held to as one that is opened: wherever one is, what is wrong is told, and the address says where one is", async () => {
  cameras = ["front", "garden"].map((name) => camera(name));
  await open("#front@2026-11-22T21:00:00Z");
  await play();
  const follow = async (hash) => {
    part("said").textContent = "";
    location.hash = hash;
    screen.window.dispatchEvent(new Event("hashchange"));
    await time.pass(1500);
    return [location.hash, app.place.overview ? part("overview-said").textContent : part("said").textContent];
  };
  const before = app.player.intent;
  assert.deepEqual(await follow("#Gone"), [formatLink("front", app.player.position), "There is no camera called “Gone”."]);
  assert.equal(app.player.intent, before); // it goes on
  const noTime = /^“never” is no time that this page knows/;
  const live = await follow("#front@never");
  assert.equal(live[0], "#front");
  assert.match(live[1], noTime);
  assert.deepEqual(await follow("#gone"), ["#Overview", "There is no camera called “gone”."]);
  assert.deepEqual(await follow("#Gone"), ["#Overview", "There is no camera called “Gone”."]);
  const overview = await follow("#Overview@never");
  assert.equal(overview[0], "#Overview");
  assert.match(overview[1], noTime);
  assert.doesNotMatch((await follow("#Overview@2026-11-22T21:00:00Z"))[1], noTime);
  assert.deepEqual(await follow("#Gone"), ["#Overview@2026-11-22T21:00:00Z", "There is no camera called “Gone”."]);
  const garden = await follow("#garden@never");
  assert.equal(garden[0], "#garden");
  assert.match(garden[1], noTime);
});

test("a link that is followed before the page is built is followed too", async () => {
  cameras = ["front", "garden"].map((name) => camera(name));
  await open("#front");
  location.hash = "#garden";
  screen.window.dispatchEvent(new Event("hashchange"));
  await time.pass(300);
  assert.equal(app.place.name, "garden");
});

test("the camera of the last visit that is no more is nobody's mistake", async () => {
  screen.stored.set("lookback.camera", "gone");
  await open();
  await time.pass(1500);
  assert.deepEqual([app.place.name, part("said").textContent], ["front", ""]);
});

test("windows tell each other which of them play live, and one learns that there is no room", async () => {
  const channels = [];
  globalThis.BroadcastChannel = class extends EventTarget {
    said = [];
    constructor() {
      super();
      channels.push(this);
    }
    postMessage(what) {
      this.said.push(what);
    }
  };
  cameras = ["front", "garden"].map((name) => camera(name));
  await open("#front");
  const [channel] = channels;
  const plays = () => channel.said.findLast((what) => what !== "seen")?.plays;
  await play();
  assert.equal(plays(), true);
  app.player.pause();
  await time.pass(300);
  assert.equal(plays(), false);
  app.player.goLive();
  assert.equal(plays(), true);
  app.player.seekTo(T - HOUR);
  assert.equal(plays(), false);
  const go = async (hash) => {
    location.hash = hash;
    screen.window.dispatchEvent(new Event("hashchange"));
    await time.pass(300);
  };
  await go("#Overview@2026-11-22T21:00:00Z");
  assert.equal(plays(), false);
  await go("#Overview");
  assert.equal(plays(), true);
  await go("#front");
  let crowded;
  Object.defineProperty(app.player, "crowded", { set: (yes) => (crowded = yes) });
  for (const id of [2, 3, 4]) send(channel, "message", { data: { id, born: 0, plays: true } });
  await time.pass(300);
  assert.equal(crowded, true);
  document.hidden = true;
  await time.pass(300);
  assert.equal(plays(), false);
});

test("only the picture on the screen is heard, and only once that is asked for", async () => {
  cameras = [camera("front", { video: { codecs: "avc1.42c01f,mp4a.40.2", width: 1280, height: 720, frame_rate: 25 } })];
  await open();
  await play();
  assert.deepEqual([part("sound").hidden, picture().muted], [false, true]);
  send(document, "keydown", { key: "m", target: document.body });
  assert.equal(picture().muted, false);
  app.player.seekTo(T - HOUR);
  const next = part("picture").children.at(-1);
  assert.deepEqual([next === picture(), next.muted], [false, true]);
  next.loaded(900, 900);
  await time.pass(400);
  assert.deepEqual([next === picture(), next.muted], [true, false]);
});

test("a picture that the browser lets play only muted goes on muted", async () => {
  await open();
  await play();
  const video = picture();
  Object.defineProperty(video, "muted", { get: () => video.silent ?? true, set: (muted) => {
    video.silent = muted;
    if (!muted) video.pause();
  } });
  app.player.sound = { muted: false, volume: 1 };
  assert.deepEqual([video.muted, video.paused, app.player.sound.muted, app.player.paused], [true, false, true, false]);
});

test("without cameras nothing plays", async () => {
  cameras = [];
  await open();
  await time.pass(1500);
  assert.deepEqual([app.place.name, picture()], [null, undefined]);
});

test("while the server doesn't answer the page says so, and goes on when it does", async () => {
  answer = () => new TypeError("no route");
  await open("#front");
  await time.pass(1000);
  assert.deepEqual([document.body.dataset.state, part("notice-title").textContent], ["unreachable", "The server doesn’t answer"]);
  answer = (path) => (path === "api/cameras" ? { now: new Date(T + 100_000).toISOString(), cameras } : { now: "", ...cameras[0] });
  await time.pass(1000);
  await play();
  assert.equal(document.body.dataset.state, "live");
});

test("a login that is over is called so, with a reload, and all goes on after it", async () => {
  answer = () => ({ type: "opaqueredirect", status: 0, body: null });
  await open("#front");
  await time.pass(1000);
  assert.deepEqual([document.body.dataset.state, part("notice-title").textContent, part("reload").hidden], ["unreachable", "Something in between wants you to log in again", false]);
  answer = () => ({ status: 403, html: true });
  await time.pass(1000);
  assert.equal(part("notice-title").textContent, "Something in between refuses the page its data (403)");
});

test("media that don't come are no lost picture before the API was asked", async () => {
  await open();
  await play();
  answer = () => ({ type: "opaqueredirect", status: 0, body: null });
  const states = new Set();
  const before = asked.length;
  app.player.video.fire("error");
  for (let i = 0; i < 40; i++) {
    await time.pass(100);
    states.add(document.body.dataset.state);
  }
  assert.ok(asked.length > before);
  assert.equal(states.has("error"), false, [...states].join());
  assert.equal(states.has("unreachable"), true, [...states].join());
});

test("a camera that is away says since when and why", async () => {
  cameras = [camera("front", { state: "away", reason: { code: "x", title: "The camera refuses the connection", advice: "" } })];
  await open();
  await time.pass(500);
  assert.match(part("notice-title").textContent, /^The camera is away since/);
  assert.equal(part("notice-advice").textContent, "The camera refuses the connection.");
});

test("the timeline asks the API, and a tap on it leads there", async () => {
  await open();
  await play();
  screen.observers[0].callback(); // the timeline has its size
  await time.pass(500);
  assert.ok(asked.some((path) => path.startsWith("api/cameras/front/timeline?from=")));
  part("back").click();
  assert.match(location.hash, /^#front@2026-11-22T21:/);
  assert.equal(app.player.live, false);
});

test("where nothing was recorded the next picture is gone to, and that is said", async () => {
  await open("#front@2026-11-22T15:00:00Z");
  await app.build();
  app.player.on.nothingRecorded(Date.parse("2026-11-22T15:00:00Z"));
  await time.pass(300);
  const { intent } = app.player;
  assert.equal(intent.at, T - HOUR);
  part("picture").children.at(-1).loaded(900, 900);
  await time.pass(300);
  assert.match(part("said").textContent, /^\S+ is longer ago than is kept|^Nothing was recorded/);
});

test("what is around the picture is built once", async () => {
  await open();
  const building = app.build();
  assert.equal(app.build(), building);
  assert.equal(typeof (await building).seekTo, "function");
});

test("what the playlists promise has changed: the page goes on by itself, and never says that it ended", async () => {
  await open();
  await play();
  const said = new Set();
  const before = picture();
  Object.assign(before, { ended: true, paused: true });
  before.fire("ended");
  cameras = [camera("front", { urls: { live: "hls/front/live.m3u8?epoch=1", window: "hls/front/window.m3u8?epoch=1" } })];
  for (let i = 0; i < 8; i++) {
    await time.pass(100);
    said.add(app.place.state);
  }
  assert.equal(part("picture").children.at(-1).src, "hls/front/live.m3u8?epoch=1");
  await play();
  said.add(app.place.state);
  assert.equal(app.place.state, "live");
  assert.deepEqual(["ended", "error", "paused", "away"].filter((state) => said.has(state)), []);
});

test("a link to an instant that is still to come leads live, and says why", async () => {
  for (const paused of ["", "&paused"]) {
    await open(`#front@${new Date(T + 5 * HOUR).toISOString()}${paused}`);
    await time.pass(300);
    assert.deepEqual([part("picture").children.at(-1).src, app.player.live, app.player.paused, location.hash], ["hls/front/live.m3u8", true, false, "#front"]);
    assert.match(part("said").textContent, /is still to come\. This is live\.$/);
  }
});

test("so does one to all cameras at such an instant, until that has come", async () => {
  cameras = ["front", "garden"].map((name) => camera(name));
  const asks = () => asked.filter((path) => path.startsWith("api/cameras?at=")).length;
  const ahead = T + 4 * HOUR;
  await open(`#Overview@${new Date(ahead).toISOString()}`);
  await time.pass(500);
  assert.deepEqual([app.place.overview, app.place.at, location.hash, asks()], [true, null, "#Overview", 1]);
  const said = part("overview-said");
  assert.equal(part("overview-title").textContent, "All cameras");
  assert.match(said.textContent, /is still to come\. This is live\.$/);
  assert.equal(said.classList.contains("wrong"), false);
  const api = answer;
  answer = (path) => ({ ...api(path), now: new Date(ahead + 1000).toISOString() });
  await time.pass(6000);
  assert.equal(said.textContent, "2 recording");
  // Followed, and of a camera that there is not.
  location.hash = `#gone@${new Date(T + 5 * HOUR).toISOString()}`;
  screen.window.dispatchEvent(new Event("hashchange"));
  await time.pass(3000);
  assert.deepEqual([app.place.at, location.hash, said.textContent], [null, "#Overview", "There is no camera called “gone”."]);
});

test("media that somebody else answers for say who, with a reload, until they come", async () => {
  const api = answer;
  for (const [told, title] of [[{ status: 401, html: true }, "Something in between wants you to log in (401)"], [{ status: 200, html: true, redirected: true }, "Something in between wants you to log in again"]]) {
    answer = (path) => (path.startsWith("hls/") ? told : api(path));
    await open();
    await play();
    app.player.video.fire("error");
    for (let i = 0; i < 30; i++) {
      await time.pass(100);
      part("picture").children.at(-1).fire("error");
    }
    assert.deepEqual([part("notice-title").textContent, part("notice").hidden, part("reload").hidden], [title, false, false]);
    await time.pass(5000);
    await play();
    assert.equal(part("notice").hidden, true);
  }
});
