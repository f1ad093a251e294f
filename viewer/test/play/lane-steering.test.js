import assert from "node:assert/strict";
import { test } from "node:test";
import { LaneSteering } from "../../play/lane-steering.js";

/** Frames that come every 40 ms, each late by what late says. */
function come(steering, n, late = () => 0) {
  for (let i = 0; i < n; i++) steering.arrived(i * 0.04 + late(i), i * 0.04);
}

test("on an even way next to nothing waits", () => {
  const steering = new LaneSteering();
  come(steering, 100);
  assert.ok(steering.target <= 0.025, String(steering.target));
  assert.deepEqual(steering.update(steering.target), { rate: 1, jump: 0 });
});

test("as much waits as nearly all frames are late", () => {
  const steering = new LaneSteering();
  come(steering, 200, (i) => (i % 4 === 0 ? 0.06 : 0));
  assert.ok(Math.abs(steering.target - 0.08) < 0.005, String(steering.target));
  const seldom = new LaneSteering();
  come(seldom, 200, (i) => (i === 77 ? 0.3 : 0));
  assert.ok(seldom.target < 0.03, "one frame in two hundred is not waited for");
});

test("what was late is forgotten", () => {
  const steering = new LaneSteering();
  come(steering, 50, (i) => (i % 4 === 0 ? 0.1 : 0));
  for (let i = 400; i < 700; i++) steering.arrived(i * 0.04, i * 0.04);
  assert.ok(steering.target < 0.03);
});

test("the rate goes on until the target is reached", () => {
  const steering = new LaneSteering();
  come(steering, 100);
  const { target } = steering;
  assert.equal(steering.update(target + 0.05).rate, 1.05);
  assert.equal(steering.update(target + 0.005).rate, 1.05);
  assert.equal(steering.update(target - 0.001).rate, 1);
  assert.equal(steering.update(target + 0.2).rate, 1.15);
  assert.equal(steering.update(target - 0.02).rate, 1);
  assert.equal(steering.update(target - 0.02).rate, 0.95);
  assert.equal(steering.update(target + 0.001).rate, 1);
});

test("from far it jumps", () => {
  const steering = new LaneSteering();
  come(steering, 100);
  const { rate, jump } = steering.update(3);
  assert.equal(rate, 1);
  assert.ok(Math.abs(jump - (3 - steering.target)) < 1e-9);
});

test("a standstill has more wait, up to a bound", () => {
  const steering = new LaneSteering();
  come(steering, 100);
  const before = steering.target;
  steering.stalled();
  assert.ok(steering.target > before);
  for (let i = 0; i < 1000; i++) steering.stalled();
  assert.ok(steering.target <= 0.5);
});
