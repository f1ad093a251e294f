import assert from "node:assert/strict";
import { test } from "node:test";
import { due, livePlaces, playing, stillsAtOnce, stillsEvery } from "../../tiles/refresh.js";

const tile = (wanted, more) => ({ seen: true, wanted, drawn: null, triedAt: -Infinity, playing: false, ...more });
const limits = { every: 3000, most: 2 };
const names = (tiles) => tiles.map((t) => t.wanted);

test("tiles load at most so many at once, the longest untried first", () => {
  const tiles = [tile("a", { triedAt: 500 }), tile("b", { triedAt: 100 }), tile("c")];
  assert.deepEqual(names(due(tiles, 10_000, limits)), ["c", "b"]);
  assert.deepEqual(due(tiles, 10_000, { every: 3000, most: 0 }), []);
  assert.deepEqual(due(tiles, 10_000, { every: 3000, most: -1 }), []);
});

test("nothing is loaded that nobody sees, that is drawn, that plays or that is too new", () => {
  const tiles = [
    tile("off the screen", { seen: false }), tile("drawn", { drawn: "drawn" }), tile("plays", { playing: true }),
    tile("tried", { triedAt: 8000 }), tile(null), tile("due", { drawn: "older", triedAt: 7000 }),
  ];
  assert.deepEqual(names(due(tiles, 10_000, { every: 3000, most: 9 })), ["due"]);
});

test("where there is little room only first pictures come", () => {
  const tiles = [tile("newer", { drawn: "older" }), tile("first")];
  assert.deepEqual(names(due(tiles, 10_000, { ...limits, first: true })), ["first"]);
});

test("many cameras share what a few may take", () => {
  assert.deepEqual([4, 10, 16].map((n) => stillsEvery(n, true)), [3000, 3000, 4800]);
  assert.deepEqual([4, 10, 16].map((n) => stillsEvery(n, false)), [6000, 6000, 9600]);
});

test("six connections are enough for what the page holds", () => {
  const player = 2;
  const api = 1;
  assert.ok(livePlaces(false) * player + stillsAtOnce(true) + api <= 6);
  assert.ok(2 * player + stillsAtOnce(false) + api <= 6); // beside the picture, while another player gets ready
  assert.equal(livePlaces(true), 4);
});

test("the tile with the attention plays first, the others as there is room", () => {
  const tiles = ["a", "b", "c"].map((name) => ({ name, seen: true, able: true }));
  assert.deepEqual(playing(tiles, null, { places: 1, sparing: false }), ["a"]);
  assert.deepEqual(playing(tiles, "c", { places: 1, sparing: false }), ["c"]);
  assert.deepEqual(playing(tiles, "c", { places: 4, sparing: false }), ["c", "a", "b"]);
  assert.deepEqual(playing(tiles, null, { places: 4, sparing: true }), []);
  assert.deepEqual(playing(tiles, "b", { places: 4, sparing: true }), ["b"]);
  tiles[0].seen = tiles[1].able = false;
  assert.deepEqual(playing(tiles, "b", { places: 1, sparing: false }), ["c"]);
});
