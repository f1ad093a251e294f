import assert from "node:assert/strict";
import { test } from "node:test";
import { PictureWatch } from "../../play/picture.js";

test("the latency is the median of the last second", () => {
  const picture = new PictureWatch();
  assert.equal(picture.latency, null);
  [9, 0.3, 0.4, 0.5].forEach((seconds, i) => picture.frame(1000 + 400 * i, seconds));
  assert.equal(picture.latency, 0.4); // the first is too old by now
  picture.forget();
  assert.equal(picture.latency, null);
});

test("a frame without a date moves, but tells no latency", () => {
  const picture = new PictureWatch();
  picture.frame(500, null);
  assert.equal(picture.latency, null);
  assert.equal(picture.firstFrameAt, 500);
  assert.equal(picture.moving(600), true);
});

test("a picture moves until nothing came for a moment, which is longer where frames are few", () => {
  const picture = new PictureWatch();
  assert.equal(picture.moving(0), false);
  picture.frame(1000, 0.3);
  assert.deepEqual([picture.moving(1699), picture.moving(1700)], [true, false]);
  picture.frameRate = 2;
  assert.deepEqual([picture.moving(2499), picture.moving(2500)], [true, false]);
});

test("a new picture may take two seconds to get to the edge", () => {
  const picture = new PictureWatch();
  assert.equal(picture.joining(0), false);
  picture.joined(1000);
  assert.deepEqual([picture.joining(2999), picture.joining(3000)], [true, false]);
});

test("it has gone on when its time has, and was not moved by a seek", () => {
  const watch = new PictureWatch();
  const looks = [[1, false], [1, false], [1.1, false], [7, true], [7, false], [7.1, false]];
  assert.deepEqual(looks.map(([currentTime, seeking]) => watch.advanced({ currentTime, seeking })), [true, false, true, false, false, true]);
});
