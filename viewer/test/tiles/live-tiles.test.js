import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { LiveTiles } from "../../tiles/live-tiles.js";
import { Tile } from "../../tiles/tile.js";
import { FakeDeck } from "../fakes/deck.js";
import { FakeElement, installDocument, send } from "../fakes/dom.js";
import { camera } from "../fakes/fetch.js";
import { FakeTime } from "../fakes/time.js";
import { FakeVideo } from "../fakes/video.js";

const WALL = Date.parse("2026-11-22T21:54:00Z");
const time = new FakeTime();
performance.getEntriesByType = () => [{ nextHopProtocol: "http/1.1" }];
let tiles, decks, live;

beforeEach(() => {
  time.clear();
  installDocument({ createVideo: () => new FakeVideo() });
  decks = [];
  const all = ["front", "garden"].map((name) => Object.assign(new Tile(camera(name)), { seen: true }));
  tiles = { list: new FakeElement("ul"), all, get: (name) => all.find((tile) => tile.name === name) };
  live = create();
});

const create = () => new LiveTiles(tiles, (options, on) => {
  decks.push(new FakeDeck(options, on));
  return decks.at(-1);
});
const urls = () => decks.filter((deck) => !deck.destroyed).map((deck) => deck.options.url);
/** The picture of the last deck moves. */
function play(seconds) {
  for (let i = 0; i < 5 * seconds; i++) {
    decks.at(-1).move(0.2);
    time.advance(200);
    live.show(true, WALL);
  }
}

test("over HTTP/1.1 the first that is seen plays, and no tile once nobody looks", () => {
  live.show(true, WALL);
  assert.deepEqual(urls(), ["hls/front/live.m3u8"]);
  decks[0].show(0);
  assert.equal(tiles.get("front").playing, true);
  assert.equal(decks[0].video.getAttribute("aria-hidden"), "true");
  live.show(false, WALL);
  assert.deepEqual([urls(), tiles.get("front").playing], [[], false]);
});

test("beside other windows a tile plays whole segments", () => {
  live.show(true, WALL);
  live.crowded = true;
  decks[0].show(0);
  assert.deepEqual([decks[0].whole, decks[0].asked], [true, [["jumpToEdge", 3.5]]]);
  live.crowded = false;
  assert.equal(decks[0].whole, false);
});

test("over HTTP/2 several play, none unasked where data is to be saved", () => {
  performance.getEntriesByType = () => [{ nextHopProtocol: "h2" }];
  live = create();
  live.show(true, WALL);
  assert.equal(urls().length, 2);
  live.show(false, WALL);
  navigator.connection = { saveData: true };
  live = create();
  live.show(true, WALL);
  assert.deepEqual(urls(), []);
  performance.getEntriesByType = () => [];
});

test("the tile under the pointer plays once that stays, the one with the focus at once", () => {
  live.show(true, WALL);
  const at = (name) => ({ target: tiles.get(name).canvas, pointerType: "mouse" });
  send(tiles.list, "pointerover", at("garden"));
  time.advance(200);
  live.show(true, WALL);
  assert.deepEqual(urls(), ["hls/front/live.m3u8"]);
  time.advance(60);
  live.show(true, WALL);
  assert.deepEqual(urls(), ["hls/garden/live.m3u8"]);
  send(tiles.list, "focusin", at("front"));
  time.advance(1);
  live.show(true, WALL);
  assert.deepEqual(urls(), ["hls/front/live.m3u8"]);
});

test("a tile that can't play gives way, and is tried again later", () => {
  live.show(true, WALL);
  decks[0].on.fatal({ media: true, status: 0, text: "x" });
  live.show(true, WALL);
  assert.deepEqual(urls(), ["hls/garden/live.m3u8"]);
  decks[1].show(0);
  play(11);
  assert.deepEqual(urls(), ["hls/front/live.m3u8"]);
});

test("a picture that stands is not called live", () => {
  live.show(true, WALL);
  decks[0].show(0);
  play(2);
  time.advance(4100);
  live.show(true, WALL);
  assert.equal(decks[0].destroyed, true);
});

test("what plays is held close to the camera", () => {
  live.show(true, WALL);
  decks[0].show(0);
  Object.assign(decks[0], { buffer: 6, edge: 6 });
  play(3);
  assert.equal(decks[0].wasAsked("jumpToEdge"), true);
});

/** The last deck has loaded so many parts or segments, each of which took that many ms. */
function loads(count, took, part) {
  const deck = decks.at(-1);
  for (let i = 0; i < count; i++) {
    play(part ? 0.2 : 2);
    if (deck.destroyed) return;
    deck.on.loaded({ at: time.now, first: took - 5, took, bytes: 40_000, seconds: part ? 0.1 : 2, part });
  }
}

test("over long round trips a tile plays whole segments, and what plays next begins with them", () => {
  live.show(true, WALL);
  decks[0].show(WALL - 300);
  loads(20, 150, true);
  assert.deepEqual([decks[0].whole, decks[0].asked.at(-1), decks[0].destroyed], [true, ["jumpToEdge", 3.5], undefined]);
  tiles.all[0].camera = camera("front", { state: "away" });
  live.show(true, WALL);
  assert.deepEqual([decks[1].options.url, decks[1].options.whole], ["hls/garden/live.m3u8", true]);
});

test("over a way that carries less than the camera sends tiles show stills, and playing is tried more and more seldom", () => {
  live.show(true, WALL);
  decks[0].show(WALL - 300);
  loads(20, 150, true);
  loads(4, 3000, false);
  live.show(true, WALL);
  assert.deepEqual([urls(), tiles.get("front").playing], [[], false]);
  const waits = [];
  for (let i = 0; i < 3; i++) {
    const count = decks.length;
    const from = time.now;
    while (decks.length === count) {
      time.advance(500);
      live.show(true, WALL);
    }
    waits.push(Math.round((time.now - from) / 1000));
    decks.at(-1).show(WALL - 4000);
    loads(4, 3000, false);
    live.show(true, WALL);
    assert.deepEqual(urls(), []);
  }
  assert.ok(waits[0] >= 8 && waits[1] > 1.5 * waits[0] && waits[2] > 1.5 * waits[1], waits.join(" "));
});

test("a camera that is away, or has no still that this browser could show, does not play", () => {
  tiles.all[0].camera = camera("front", { state: "away" });
  tiles.all[1].camera = camera("garden", { picture: null });
  live.show(true, WALL);
  assert.deepEqual(urls(), []);
});

test("where the playlist has ended the next one plays as soon as its URL is known", () => {
  live.show(true, WALL);
  decks[0].show(0);
  decks[0].on.over();
  live.show(true, WALL);
  assert.deepEqual(urls(), ["hls/garden/live.m3u8"]);
  tiles.all[0].camera.urls = { live: "hls/front/live.m3u8?epoch=1" };
  live.show(true, WALL);
  assert.deepEqual(urls(), ["hls/front/live.m3u8?epoch=1"]);
});

test("a tile that moves knows how far it is behind the camera, and one that has ended knows nothing", () => {
  live.show(true, WALL);
  decks[0].show(WALL - 800);
  live.show(true, WALL);
  assert.equal(tiles.get("front").behind, 0.8);
  live.show(true, WALL + 3000); // it stands
  assert.equal(tiles.get("front").behind, 3.8);
  live.show(false, WALL);
  assert.equal(tiles.get("front").behind, null);
});
