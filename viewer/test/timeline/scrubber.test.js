import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Scrubber } from "../../timeline/scrubber.js";
import { FakeTime } from "../fakes/time.js";

const time = new FakeTime();
let chosen, busy, scrubber;
beforeEach(() => {
  time.clear();
  chosen = [];
  busy = false;
  scrubber = new Scrubber({ chosen: (ms, fleeting) => chosen.push([ms, fleeting]), busy: () => busy });
});

test("the picture follows the finger while it can, and goes where it is let go", () => {
  scrubber.drag(10);
  scrubber.drag(20);
  time.advance(150);
  scrubber.drag(30);
  busy = true;
  time.advance(600);
  busy = false;
  time.advance(150);
  time.advance(600); // it stays: nothing new
  scrubber.drop(35);
  assert.deepEqual(chosen, [[20, true], [30, true], [35, false]]);
  time.advance(600);
  assert.deepEqual([chosen.length, scrubber.at], [3, null]);
});

test("a drag that is called off leads nowhere", () => {
  scrubber.drag(10);
  assert.equal(scrubber.at, 10);
  scrubber.drop(null);
  time.advance(600);
  assert.deepEqual([chosen, scrubber.at], [[], null]);
});
