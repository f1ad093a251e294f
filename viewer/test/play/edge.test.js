import assert from "node:assert/strict";
import { test } from "node:test";
import { Edge } from "../../play/edge.js";
import { FakeDeck } from "../fakes/deck.js";
import { installDocument } from "../fakes/dom.js";

installDocument();

const deck = (more) => Object.assign(new FakeDeck({ live: true, hold: false }, {}), { ready: true, ...more });

test("what is aimed at goes by the length of what is loaded", () => {
  const edge = new Edge();
  const { steering } = edge;
  edge.aim(deck(), 0.1);
  assert.equal(edge.steering, steering); // and its memory with it
  edge.aim(deck(), 0.5);
  edge.aim(undefined, null);
  assert.deepEqual([edge.steering.partTarget, edge.partTarget], [0.5, 0.5]);
  edge.aim(deck({ whole: true }));
  assert.deepEqual([edge.steering.partTarget, edge.partTarget], [2, 0.5]);
  edge.aim(deck({ whole: true, native: true }));
  assert.equal(edge.steering.partTarget, 0.5);
});

test("parts or whole segments: the picture goes where it will hold, and is not moved twice", () => {
  const edge = new Edge();
  const front = deck();
  assert.deepEqual([edge.pace(front, false), edge.pace(front, true), edge.pace(front, true)], [false, true, false]);
  assert.deepEqual([front.whole, front.asked], [true, [["jumpToEdge", 3.5]]]);
  const coming = deck({ ready: false });
  assert.deepEqual([edge.pace(coming, true), coming.whole, coming.asked], [false, false, []]); // its picture comes at once
  assert.equal(edge.pace(deck({ native: true, whole: true }), false), false); // how it loads is its own affair
});

test("only a deck whose place is ours to change is held at the edge", () => {
  const edge = new Edge();
  const far = deck({ buffer: 6, edge: 6 });
  far.video.paused = true;
  assert.equal(edge.keep(far, 1000), false);
  far.video.paused = false;
  assert.equal(edge.keep(far, 1100), true);
  assert.equal(far.wasAsked("jumpToEdge"), true);
});
