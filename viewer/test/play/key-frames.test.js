import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Connection } from "../../play/connection.js";
import { KeyFrames } from "../../play/key-frames.js";
import { DeckPair } from "../../play/pair.js";
import { FakeDeck } from "../fakes/deck.js";
import { installDocument } from "../fakes/dom.js";
import { FakeTime, settled } from "../fakes/time.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const time = new FakeTime();
const startedAt = time.now;
const now = () => NOW + time.now - startedAt;
const SEGMENT = 2000; // ms
const FIRST = 100; // number of the segment that begins at NOW

const urlOf = (msn) => `hls/front/pictures/${msn}.mp4`;
const msnOf = (url) => Number(/(\d+)\.mp4$/.exec(url)[1]);
const startOf = (msn) => NOW + (msn - FIRST) * SEGMENT;

let keyFrames, decks, connection, stills, said, server, mayTry;

/** Draws what the server has: holds the next one, and takes `server.takes` ms for each. */
class FakeStills {
  asked = [];
  aborted = 0;
  async draw(url, _canvas, width, how) {
    this.asked.push(url);
    assert.deepEqual([width, how.priority], [1000, "high"]);
    const turn = this.aborted;
    const until = async (moment) => {
      while (now() < moment && turn === this.aborted) await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    };
    if (server.broken) throw new Error(server.broken);
    await until(startOf(msnOf(url)));
    await until(now() + server.takes);
    if (turn !== this.aborted) throw new Error("aborted");
    return { first: time.now - server.takes, took: server.takes, bytes: 100_000, at: startOf(msnOf(url)) };
  }
  abort() {
    this.aborted++;
  }
}

beforeEach(() => {
  time.clear();
  time.advance(startedAt + Math.ceil((time.now - startedAt) / SEGMENT) * SEGMENT - time.now); // a segment begins
  installDocument();
  decks = new DeckPair();
  connection = Object.assign(new Connection(), { whole: true });
  for (let i = 0; i < 3; i++) connection.loaded({ at: time.now, first: 20, took: 2560, bytes: 512_500, seconds: 1, part: false }, 0.1);
  assert.equal(connection.keyFrames, true);
  stills = new FakeStills();
  said = [];
  server = { takes: 300, broken: null };
  mayTry = true;
  const newest = async () => {
    if (server.away) throw new Error("away");
    const msn = FIRST + Math.floor((now() - NOW) / SEGMENT);
    return server.none ? null : { url: urlOf(msn), at: startOf(msn) };
  };
  const open = () => {
    const slot = { deck: new FakeDeck({ live: true, hold: false }, {}), intent: null, url: "", builtAt: 0, follows: null, continueAt: undefined, handOver: null };
    decks.next = slot;
    return slot;
  };
  keyFrames = new KeyFrames(document.body, decks, connection, { now }, { newest, open, mayTry: () => mayTry, none: () => said.push("none"), changed: () => said.push("changed") }, stills);
});

const canvas = () => document.body.children.find((child) => child.tagName === "canvas");

test("one key frame after the other is shown, each as soon as it is there", async () => {
  decks.front = { deck: Object.assign(new FakeDeck({ live: true, hold: false }, {}), { ready: true }) };
  const { deck } = decks.front;
  keyFrames.begin();
  keyFrames.begin();
  assert.deepEqual([keyFrames.shown, keyFrames.age, canvas(), deck.destroyed], [null, null, undefined, undefined]);
  await time.pass(500);
  assert.deepEqual([canvas() !== undefined, deck.destroyed, decks.front], [true, true, null]);
  const ages = [];
  mayTry = false;
  for (let i = 0; i < 100; i++) {
    await time.pass(200);
    ages.push(keyFrames.age);
    assert.equal(keyFrames.moving(time.now), true);
  }
  assert.equal(keyFrames.count, 11);
  assert.ok(Math.max(...ages) < 2.6 && Math.min(...ages) < 0.6, ages.join(" "));
  assert.deepEqual(stills.asked.map(msnOf), stills.asked.map((_, i) => msnOf(stills.asked[0]) + i));
});

test("where one takes longer than the next is away, those between are left out", async () => {
  mayTry = false;
  server.takes = 5000;
  keyFrames.begin();
  let oldest = 0;
  await time.pass(12_000);
  for (let i = 0; i < 100; i++) {
    await time.pass(500);
    oldest = Math.max(oldest, keyFrames.age);
    assert.equal(keyFrames.moving(time.now), true);
  }
  assert.ok(oldest < 15, `${oldest} s old`);
  assert.ok(stills.asked.length < 14);
});

test("what did not come is asked for anew, and what comes no more stands", async () => {
  mayTry = false;
  keyFrames.begin();
  await time.pass(3000);
  const { shown } = keyFrames;
  server.broken = "503";
  await time.pass(15_000);
  assert.deepEqual([keyFrames.shown >= shown, keyFrames.moving(time.now), said.includes("none")], [true, false, false]);
  assert.ok(stills.asked.length < 12, `${stills.asked.length} requests`);
  server.broken = null;
  await time.pass(7500);
  assert.ok(keyFrames.age < 2.6);
  server.away = true;
  server.broken = "refused";
  await time.pass(3000);
  server.away = server.broken = null;
  await time.pass(4000);
  assert.ok(keyFrames.age < 2.6);
});

test("stopped, the last one stays and nothing is loaded; ended, it is gone", async () => {
  keyFrames.begin();
  await time.pass(3000);
  keyFrames.stop();
  await time.pass(500);
  const { shown, count } = keyFrames;
  const asked = stills.asked.length;
  await time.pass(5000);
  assert.deepEqual([keyFrames.shown, keyFrames.count, stills.asked.length, keyFrames.moving(time.now)], [shown, count, asked, false]);
  keyFrames.begin();
  await time.pass(500);
  assert.ok(keyFrames.age < 2.6);
  keyFrames.end();
  assert.deepEqual([keyFrames.shown, canvas()], [null, undefined]);
});

test("a camera without stills, or with some that can't be shown, has none; one that nobody tells of may", async () => {
  server.away = true;
  keyFrames.begin();
  await time.pass(20_000);
  assert.equal(said.includes("none"), false);
  server.away = false;
  server.broken = "not decoded";
  await time.pass(8000);
  assert.deepEqual([said.includes("none"), keyFrames.running, connection.keyFrames], [true, false, false]);
});

/** Key frames are shown until whole segments are tried. */
async function tried() {
  keyFrames.begin();
  for (let i = 0; i < 200 && !decks.next; i++) await time.pass(100);
  assert.ok(decks.next);
  assert.equal(keyFrames.isTrial(decks.next), true);
  return decks.next;
}

test("a segment that comes too late ends the try, and the next one is later", async () => {
  const slot = await tried();
  keyFrames.judge({ at: time.now, first: 20, took: 1500, bytes: 1e6, seconds: 2, part: false });
  assert.equal(keyFrames.proven(), false); // its picture came before it was taken down
  await time.pass(100);
  assert.deepEqual([slot.deck.destroyed, decks.next, keyFrames.running], [true, null, true]);
  const before = time.now;
  await tried();
  assert.ok(time.now - before > 18_000, `after ${time.now - before} ms`);
});

test("a segment that does not come ends the try while key frames go on, as does a deck that fails", async () => {
  for (const fail of [() => {}, () => keyFrames.refuse()]) {
    const slot = await tried();
    fail();
    const { count } = keyFrames;
    await time.pass(4000);
    assert.deepEqual([slot.deck.destroyed, decks.next, connection.keyFrames], [true, null, true]);
    assert.ok(keyFrames.count >= count + 1);
  }
});

test("a segment that comes in time is the end of key frames, once there is a picture", async () => {
  const slot = await tried();
  keyFrames.judge({ at: time.now, first: 20, took: 900, bytes: 1e6, seconds: 2, part: false });
  await time.pass(3000);
  assert.deepEqual([slot.deck.destroyed, connection.keyFrames], [undefined, true]);
  assert.equal(keyFrames.proven(), true);
  keyFrames.end();
  assert.deepEqual([decks.next, slot.deck.destroyed, connection.keyFrames, connection.whole], [slot, undefined, false, true]);
  await settled();
});

test("who goes elsewhere meanwhile takes the try along, and nothing else", async () => {
  const slot = await tried();
  keyFrames.stop();
  assert.deepEqual([slot.deck.destroyed, decks.next], [true, null]);
  decks.next = { deck: new FakeDeck({ live: false, hold: false }, {}) };
  const { next } = decks;
  await time.pass(10_000);
  assert.equal(decks.next, next);
});
