import assert from "node:assert/strict";
import { test } from "node:test";
import { Boxes, moveTo } from "../../play/lane-boxes.js";
import { concat, fragment, initSection } from "../fakes/mp4.js";

const DATE = Date.parse("2026-11-22T21:54:01.250Z");
const DECODE = 2 ** 40 + 12;
const stream = () => concat(
  initSection(90_000),
  fragment({ date: DATE, decode: DECODE, duration: 3600, sync: true, data: "key" }),
  fragment({ date: DATE + 40.001, decode: DECODE + 3600, duration: 1800, shift: -900, shared: false, data: "other" }),
);

function check(pieces) {
  assert.equal(pieces.length, 3);
  const [init, key, other] = pieces;
  assert.equal(init.timescale, 90_000);
  assert.deepEqual(init.init, initSection(90_000));
  assert.deepEqual([key.date, key.decode, key.duration, key.shift, key.sync], [DATE, DECODE, 3600, 0, true]);
  assert.deepEqual([other.date, other.decode, other.duration, other.shift, other.sync], [DATE + 40.001, DECODE + 3600, 1800, -900, false]);
  assert.equal(String.fromCharCode(...key.data), "key");
  assert.equal(String.fromCharCode(...other.data), "other");
}

test("a stream is taken apart, however it comes", () => {
  for (const size of [1, 7, 64, 10_000]) {
    const [boxes, all, pieces] = [new Boxes(), stream(), []];
    for (let at = 0; at < all.length; at += size) pieces.push(...boxes.push(all.slice(at, at + size)));
    check(pieces);
  }
});

test("a piece is told as soon as its last byte is there", () => {
  const [boxes, all] = [new Boxes(), stream()];
  assert.equal(boxes.push(all.slice(0, all.length - 1)).length, 2);
  assert.equal(boxes.push(all.slice(all.length - 1)).length, 1);
});

test("a fragment can be moved in time", () => {
  const [piece] = new Boxes().push(fragment({ decode: 7 }));
  moveTo(piece, 2 ** 33);
  assert.equal(new Boxes().push(piece.bytes)[0].decode, 2 ** 33);
});

test("what is no MP4 is refused", () => {
  assert.throws(() => new Boxes().push(concat("<!doctype html>")));
  assert.throws(() => new Boxes().push(fragment({}).slice(32)), /without a time/);
});

test("NTP counts anew in 2036", () => {
  const date = Date.parse("2040-01-01T00:00:00.500Z");
  assert.equal(new Boxes().push(fragment({ date }))[0].date, date);
});
