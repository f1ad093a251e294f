import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Retry } from "../../play/retry.js";
import { FakeTime } from "../fakes/time.js";

const time = new FakeTime();
let tries, retry;
beforeEach(() => {
  time.clear();
  tries = 0;
  retry = new Retry(() => tries++);
});

test("after a pause there is one more try, however often it was asked for", () => {
  retry.later();
  retry.later();
  assert.equal(retry.pending, true);
  time.advance(350);
  assert.equal(tries, 0);
  time.advance(300);
  assert.deepEqual([tries, retry.count, retry.pending], [1, 1, false]);
  time.advance(10_000);
  assert.equal(tries, 1);
});

test("pauses grow until the picture was well for a while", () => {
  for (let i = 0; i < 5; i++) {
    retry.later();
    time.advance(6500);
  }
  assert.equal(tries, 5);
  retry.later();
  time.advance(3900);
  assert.equal(tries, 5);
  time.advance(2200);
  retry.good(time.now);
  retry.good(time.now + 10_000);
  retry.later();
  time.advance(601);
  assert.equal(tries, 7);
});

test("a camera that is back is not waited for any longer", () => {
  retry.cameraBack();
  assert.equal(tries, 0);
  retry.later();
  retry.cameraBack();
  assert.deepEqual([tries, retry.pending], [1, false]);
});

test("what is asked for meanwhile is a try by itself", () => {
  retry.later();
  retry.cancel();
  time.advance(10_000);
  assert.equal(tries, 0);
});

test("a picture that stands without a word is tried for again, once for each pause", () => {
  retry.watch(0, true, false);
  retry.watch(3000, true, false);
  assert.equal(tries, 1);
  retry.watch(4000, true, true);
  retry.watch(6500, true, false);
  retry.watch(9000, false, false);
  assert.equal(tries, 1);
  retry.later();
  retry.watch(20_000, true, false);
  retry.watch(24_000, true, false);
  assert.equal(tries, 1); // that one is under way already
});
