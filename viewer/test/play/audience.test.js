import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Audience } from "../../play/audience.js";
import { installDocument } from "../fakes/dom.js";
import { FakeTime } from "../fakes/time.js";

const time = new FakeTime();
let audience;

beforeEach(() => {
  installDocument();
  audience = new Audience();
});

const lookFor = (ms) => {
  for (let passed = 0; passed < ms; passed += 100) {
    time.advance(100);
    assert.equal(audience.look(time.now), false);
  }
};

test("a page that is hidden for five seconds is seen by nobody, at once when another one is", () => {
  lookFor(9000);
  assert.equal(audience.gone(time.now), false);
  document.hidden = true;
  lookFor(5000);
  assert.equal(audience.gone(time.now), false);
  lookFor(100);
  assert.equal(audience.gone(time.now), true);
  document.pictureInPictureElement = {};
  lookFor(100);
  assert.equal(audience.gone(time.now), false);
  document.pictureInPictureElement = null;
  lookFor(100);
  audience.letGo();
  assert.equal(audience.gone(time.now), true);
});

test("what was not looked at for four seconds has slept", () => {
  lookFor(500);
  time.advance(4100);
  assert.equal(audience.look(time.now), true);
  lookFor(200);
});
