import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Gestures } from "../../timeline/gestures.js";
import { FakeElement, send } from "../fakes/dom.js";

let root, happened;
beforeEach(() => {
  root = new FakeElement("div");
  happened = [];
  const note = (name) => (...args) => void happened.push([name, ...args]);
  new Gestures(root, {
    ...Object.fromEntries(["zoom", "pan", "grasp", "stretch", "tap", "scrub", "scrubbed", "hover"].map((name) => [name, note(name)])),
  });
});

const pointer = (type, clientX, more) => send(root, `pointer${type}`, { clientX, pointerId: 1, pointerType: "mouse", button: 0, ...more });
const but = (...names) => happened.filter(([name]) => !names.includes(name));

test("a tap chooses where it is, though the finger trembles", () => {
  pointer("down", 100);
  pointer("move", 104);
  pointer("up", 104);
  assert.deepEqual(but("hover"), [["tap", 104]]);
});

test("a drag scrubs wherever it begins", () => {
  pointer("down", 105);
  pointer("move", 520);
  assert.equal(root.dataset.doing, "scrubbing");
  pointer("up", 530);
  assert.deepEqual(but("hover"), [["scrub", 520], ["scrubbed", 530]]);
  assert.equal(root.dataset.doing, "idle");
});

test("with Shift a drag pans", () => {
  pointer("down", 100, { shiftKey: true });
  pointer("move", 110);
  assert.equal(root.dataset.doing, "panning");
  pointer("move", 130);
  pointer("up", 130);
  assert.deepEqual(but("hover"), [["pan", -10], ["pan", -20]]);
});

test("two fingers stretch, and the one that stays pans", () => {
  const touch = (type, x, pointerId) => pointer(type, x, { pointerId, pointerType: "touch" });
  touch("down", 510, 1);
  touch("move", 525, 1);
  touch("down", 700, 2);
  touch("move", 800, 2);
  touch("up", 800, 2);
  touch("move", 515, 1);
  touch("up", 515, 1);
  assert.deepEqual(but("hover"), [["scrub", 525], ["scrubbed", null], ["grasp", [525, 700]], ["stretch", [525, 800]], ["pan", 10]]);
});

test("what the system takes away was not meant", () => {
  pointer("down", 100);
  pointer("cancel", 100);
  assert.deepEqual(but("hover"), []);
  pointer("up", 100); // of a finger that is gone
  assert.deepEqual(but("hover"), []);
});

test("other buttons do nothing", () => {
  pointer("down", 100, { button: 2 });
  pointer("up", 100);
  assert.deepEqual(but("hover"), []);
});

test("a pointer that only moves shows the time, until it leaves", () => {
  pointer("move", 300);
  pointer("leave", 300);
  assert.deepEqual(happened, [["hover", 300], ["hover", null]]);
});

test("the wheel zooms, sideways it pans, a touchpad's pinch zooms faster", () => {
  const wheel = (fields) => send(root, "wheel", { deltaMode: 0, deltaX: 0, deltaY: 0, shiftKey: false, ctrlKey: false, clientX: 200, ...fields });
  assert.equal(wheel({ deltaY: 100 }).defaultPrevented, true);
  wheel({ deltaY: -100, ctrlKey: true });
  wheel({ deltaX: 30, deltaY: 5 });
  wheel({ deltaY: 40, shiftKey: true });
  wheel({ deltaY: 3, deltaMode: 1 });
  const [out, pinch, sideways, shifted, lines] = happened;
  assert.ok(out[1] > 1.2 && out[2] === 200);
  assert.ok(pinch[1] < 1 / out[1]);
  assert.deepEqual([sideways, shifted], [["pan", 30], ["pan", 40]]);
  assert.ok(Math.abs(lines[1] - Math.exp(48 * 0.0022)) < 1e-9);
});
