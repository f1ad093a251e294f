import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Glide } from "../../timeline/glide.js";
import { installDocument } from "../fakes/dom.js";
import { FakeTime } from "../fakes/time.js";

const time = new FakeTime();
let screen, shares, glide;
const sum = () => shares.reduce((a, b) => a + b, 0);
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

beforeEach(() => {
  screen = installDocument();
  shares = [];
  glide = new Glide();
});

test("shares add up to one, over some frames", () => {
  glide.run((share) => shares.push(share));
  for (let i = 0; i < 20; i++) {
    time.advance(16);
    screen.frame();
  }
  near(sum(), 1);
  assert.ok(shares.length > 8 && shares.length < 14);
  assert.ok(shares[0] > 0);
});

test("who presses twice gets both", () => {
  glide.run((share) => shares.push(share));
  time.advance(90);
  screen.frame();
  glide.run((share) => shares.push(share));
  for (let i = 0; i < 20; i++) {
    time.advance(16);
    screen.frame();
  }
  near(sum(), 2);
});

test("who asks for little motion gets it at once", () => {
  screen.media.matches = true;
  glide.run((share) => shares.push(share));
  assert.deepEqual(shares, [1]);
});
