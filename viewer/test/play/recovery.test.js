import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff, Progress, Watchdog, remedy, worthRetrying } from "../../play/recovery.js";

test("delays double from half a second to five, for ever", () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 7 }, () => backoff.next(0.5));
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 5000, 5000, 5000]);
});

test("ten good seconds forgive, nine don't", () => {
  const backoff = new Backoff();
  backoff.next();
  backoff.good(0);
  backoff.good(9000);
  assert.equal(backoff.next(0.5), 1000);
  backoff.good(20_000);
  backoff.good(30_000);
  assert.equal(backoff.next(0.5), 500);
});

test("jitter stays within a fifth", () => {
  assert.equal(new Backoff().next(0), 400);
  assert.equal(Math.round(new Backoff().next(1)), 600);
});

test("the first media error is recovered from in place, everything else takes a new player", () => {
  assert.equal(remedy({ media: true, recoveries: 0 }), "recover");
  assert.equal(remedy({ media: true, recoveries: 1 }), "rebuild");
  assert.equal(remedy({ media: false, recoveries: 0 }), "rebuild");
});

test("the watchdog bites once per three seconds of silence", () => {
  const dog = new Watchdog();
  assert.equal(dog.look(0, true, false), false);
  assert.equal(dog.look(2900, true, false), false);
  assert.equal(dog.look(3000, true, false), true);
  assert.equal(dog.look(3100, true, false), false);
  assert.equal(dog.look(6100, true, false), true);
});

test("movement and idleness calm the watchdog", () => {
  const dog = new Watchdog();
  dog.look(0, true, false);
  dog.look(2000, true, true);
  assert.equal(dog.look(3500, true, false), false);
  dog.look(4000, false, false);
  assert.equal(dog.look(7000, true, false), false);
});

test("what is coming late is waited for longer", () => {
  const dog = new Watchdog();
  dog.look(0, true, false, true);
  assert.equal(dog.look(59_900, true, false, true), false);
  assert.equal(dog.look(60_000, true, false, true), true);
});

test("a load is getting on when it is late and its bytes come", () => {
  const progress = new Progress();
  const look = (at, bytes, took = at) => progress.look(at, { at, first: 10, took, bytes, total: 1e6, seconds: 2, part: false });
  assert.equal(look(1900, 1000), false); // in time
  assert.equal(look(2100, 1500), true);
  assert.equal(look(4000, 1500), true);
  assert.equal(look(4200, 1500), false); // nothing comes
  assert.equal(look(4300, 1600), true);
  assert.equal(progress.look(4400, null), false);
});

test("what a server that comes back can heal is tried again", () => {
  const config = { maxNumRetry: 3 };
  const worth = (code, count = 0, timedOut = false) => worthRetrying(config, count, timedOut, { code });
  assert.equal(worth(0), true);
  assert.equal(worth(502), true);
  assert.equal(worth(503), true);
  assert.equal(worth(404), false);
  assert.equal(worth(404, 0, true), true);
  assert.equal(worth(502, 3), false);
  assert.equal(worthRetrying(null, 0, false, { code: 502 }), false);
  assert.equal(worthRetrying(config, 0, false, undefined), true);
});
