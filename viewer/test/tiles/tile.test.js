import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Tile } from "../../tiles/tile.js";
import { installDocument } from "../fakes/dom.js";
import { camera } from "../fakes/fetch.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const state = { current: null, at: null, linked: null, now: NOW, reachable: true };
globalThis.MediaSource = { isTypeSupported: (type) => !type.includes("hvc1") };
let tile;
beforeEach(() => {
  installDocument();
  tile = new Tile(camera("front"));
});

const stills = { draw: async (url, canvas, width) => Object.assign(canvas, { width, height: 9, url }) };

test("a tile is a link that says what the camera is and does", () => {
  tile.show(state);
  assert.deepEqual([tile.link.getAttribute("href"), tile.link.getAttribute("data-look"), tile.title.textContent, tile.mark.textContent], ["#front", "waiting", "The front", ""]);
  assert.equal(tile.link.getAttribute("aria-current"), null);
  tile.show({ ...state, current: "front", linked: NOW - 60_000 });
  assert.deepEqual([tile.link.getAttribute("aria-current"), tile.link.getAttribute("href")], ["page", "#front@2026-11-22T21:53:00Z"]);
});

test("its still is drawn as wide as it is seen, and grows old", async () => {
  tile.frame.clientWidth = 300;
  await tile.load(stills, 5000);
  assert.deepEqual([tile.canvas.width, tile.drawn, tile.triedAt], [300, "hls/front/pictures/7.mp4", 5000]);
  tile.show(state);
  assert.equal(tile.link.getAttribute("data-look"), "still");
  tile.show({ ...state, now: NOW + 60_000 });
  assert.deepEqual([tile.link.getAttribute("data-look"), tile.mark.textContent], ["old", "1 min 2 s ago"]);
});

test("a still that doesn't come is tried for again later", async () => {
  await tile.load({ draw: () => Promise.reject(new Error("404")) }, 5000);
  assert.deepEqual([tile.drawn, tile.shown, tile.triedAt], [null, null, 5000]);
});

test("what the browser can't decode, or was not recorded, is not wanted", () => {
  assert.equal(tile.wanted, "hls/front/pictures/7.mp4");
  tile.camera = camera("front", { video: { codecs: "hvc1.1" } });
  assert.equal(tile.wanted, null);
  tile.camera = camera("front", { picture: null });
  assert.equal(tile.wanted, null);
});

test("at another instant its picture is wanted at once, and an old one is of no use if there is none", async () => {
  await tile.load(stills, 5000);
  tile.show({ ...state, at: NOW - 3_600_000 });
  assert.deepEqual([tile.triedAt, tile.shown !== null], [-Infinity, true]);
  tile.camera = camera("front", { picture: null });
  tile.show({ ...state, at: NOW - 7_200_000 });
  assert.deepEqual([tile.shown, tile.canvas.width, tile.line.textContent], [null, 0, "Nothing recorded then"]);
});

test("a tile that moves is marked for the style, and one with a warning tells it", () => {
  tile.camera = camera("front", { health: [{ code: "clock", severity: "warning", reported: true, reason: { title: "The clock jumped" } }] });
  Object.assign(tile, { playing: true, behind: 0.4 });
  tile.show(state);
  assert.deepEqual([tile.link.getAttribute("data-look"), tile.link.getAttribute("data-plays"), tile.warning.textContent], ["live", "", "The clock jumped"]);
  tile.playing = false;
  tile.show(state);
  assert.equal(tile.link.getAttribute("data-plays"), null);
});
