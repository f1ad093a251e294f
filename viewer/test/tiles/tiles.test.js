import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Tiles } from "../../tiles/tiles.js";
import { FakeElement, installDocument } from "../fakes/dom.js";
import { camera, installFetch } from "../fakes/fetch.js";
import { FakeTime, settled } from "../fakes/time.js";
import { FrameVideo } from "../fakes/video.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const time = new FakeTime();
const cameras = ["front", "garden", "roof"].map((name) => camera(name));
let screen, list, tiles, asked, videos;

beforeEach(() => {
  time.clear();
  videos = [];
  screen = installDocument({
    createVideo: () => {
      videos.push(new FrameVideo());
      return videos.at(-1);
    },
  });
  Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: () => {} });
  asked = installFetch(() => ({}));
  list = new FakeElement("ul");
  tiles = new Tiles(list, { overview: true });
});

const show = (more) => tiles.show({ cameras, current: null, at: null, linked: null, now: NOW, reachable: true, load: "all", ...more });
/** The browser says which tiles are on the screen. */
const see = (names) => screen.observers[0].callback(screen.observers[0].observed.map((target) => ({ target, isIntersecting: names.includes(target.dataset.camera) })));
const all = cameras.map((c) => c.name);
async function decode() {
  await settled();
  for (const video of videos) video.show(0);
  await settled();
  time.advance(0);
  await settled();
}

test("there is a tile for each camera, which stays when the list comes again", () => {
  show();
  const [first] = tiles.all;
  assert.deepEqual([list.children.length, tiles.all.map((t) => t.name)], [3, all]);
  show({ cameras: [cameras[1], cameras[0]] });
  assert.deepEqual([tiles.all.map((t) => t.name), tiles.get("front") === first, tiles.get("roof")], [["garden", "front"], true, undefined]);
});

test("only what is seen is loaded, two at once, and again after a while", async () => {
  show();
  assert.deepEqual(asked, []);
  see(all);
  show();
  assert.equal(asked.length, 2);
  show();
  assert.equal(asked.length, 2);
  await decode();
  assert.equal(asked.at(-1), "hls/roof/pictures/7.mp4"); // as soon as there is room, without another look at the page
  time.advance(3000);
  show();
  assert.equal(asked.length, 3); // not twice at once
  await decode();
  time.advance(5000);
  show();
  assert.equal(asked.length, 3); // each is the newest there is
});

test("where there is no room, nobody looks or nobody answers, nothing is loaded", () => {
  show();
  see(all);
  show({ load: "none" });
  show({ reachable: false });
  document.hidden = true;
  show();
  assert.deepEqual(asked, []);
});

test("beside a picture that is late only first stills are loaded", async () => {
  show();
  see(["front"]);
  show({ load: "first" });
  await decode();
  time.advance(5000);
  const newer = [camera("front", { picture: { at: "2026-11-22T21:54:00Z", url: "newer" } }), ...cameras.slice(1)];
  show({ cameras: newer, load: "first" });
  assert.equal(asked.length, 1);
  show({ cameras: newer });
  assert.equal(asked.at(-1), "newer");
});

test("a picture and its time come together", async () => {
  const past = { at: NOW - 60_000 };
  show(past);
  see(["front"]);
  show(past);
  const { mark } = tiles.get("front");
  assert.equal(mark.textContent, "");
  await decode();
  assert.match(mark.textContent, /53:58/);
});

test("leaving lets go of the connections", async () => {
  show();
  see(["front"]);
  show();
  tiles.abort();
  await settled();
  time.advance(5000);
  show();
  assert.equal(asked.length, 2); // it was not drawn, so it is tried again
});

test("of the past two stills are loaded at once, and one while the picture is on its way", async () => {
  tiles = new Tiles(list, { overview: false });
  for (const [load, count] of [["one", 1], ["all", 2]]) {
    asked.length = 0;
    tiles = new Tiles(list, { overview: false });
    show({ at: NOW - 60_000, load });
    screen.observers.at(-1).callback(screen.observers.at(-1).observed.map((target) => ({ target, isIntersecting: true })));
    show({ at: NOW - 60_000, load });
    assert.equal(asked.length, count, load);
  }
});
