import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../play/connection.js";

const PART = 0.1;

/** A page that loads what it is told to, over a way with a round trip (ms) and a rate (bit/s); the camera sends so many bit/s. */
class Way {
  connection = new Connection();
  at = 0;
  changes = [];

  run(seconds, { trip, rate = 10e6, camera = 3e6, slowly = () => 0 }) {
    for (const until = this.at + seconds * 1000; this.at < until; ) {
      if (this.connection.keyFrames) return this;
      const part = !this.connection.whole;
      const length = part ? PART : 2;
      const bytes = (camera * length) / 8;
      const first = trip + slowly(this.at);
      const took = first + (8000 * bytes) / rate;
      this.at += Math.max(took, length * 1000);
      if (this.connection.loaded({ at: this.at, first, took, bytes, seconds: length, part }, PART)) this.changes.push(this.connection.whole);
    }
    return this;
  }
}

test("parts are loaded where a round trip is short, on a busy machine too", () => {
  assert.deepEqual(new Way().run(60, { trip: 20 }).changes, []);
  const busy = new Way();
  let n = 0;
  busy.run(60, { trip: 10, slowly: () => (n++ % 3 ? 200 : 0) });
  assert.deepEqual([busy.changes, busy.connection.roundTrip], [[], 10]);
});

test("what takes long only while the page opens says nothing of the way", () => {
  const opening = new Way().run(1.5, { trip: 10, slowly: () => 90 });
  assert.deepEqual(opening.run(60, { trip: 10 }).changes, []);
});

test("where a part takes less than a round trip whole segments are loaded, and that stays so", () => {
  for (const trip of [100, 150, 300]) {
    const way = new Way().run(5, { trip });
    assert.deepEqual([trip, way.changes], [trip, [true]]);
    way.run(600, { trip });
    assert.deepEqual([trip, way.changes, way.connection.tooSlow], [trip, [true], null]);
    assert.equal(way.connection.roundTrip, trip);
  }
});

test("a part that takes nearly as long as it lasts is too slow as well", () => {
  const near = new Way().run(600, { trip: 60 }); // and 30 ms for what is in a part of 100 ms
  assert.deepEqual(near.changes, [true]);
  assert.deepEqual(new Way().run(600, { trip: 40 }).changes, []);
});

test("it goes back after a good minute, and waits twice as long when that was too soon", () => {
  const way = new Way().run(10, { trip: 150 });
  way.run(30, { trip: 10 }).run(10, { trip: 150 }).run(50, { trip: 10 });
  assert.deepEqual(way.changes, [true]);
  way.run(40, { trip: 10 });
  assert.deepEqual(way.changes, [true, false]);
  way.run(20, { trip: 150 });
  assert.deepEqual(way.changes, [true, false, true]);
  way.run(100, { trip: 10 });
  assert.equal(way.connection.whole, true);
  way.run(60, { trip: 10 });
  assert.equal(way.connection.whole, false);
});

const megabits = ({ has, needs }) => [(has / 1e6).toFixed(1), (needs / 1e6).toFixed(1)];

test("a way that carries less than the camera sends is for key frames alone, and is told with both", () => {
  const way = new Way().run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  const { connection } = way;
  assert.deepEqual([connection.keyFrames, connection.whole, megabits(connection.tooSlow)], [true, true, ["1.6", "4.1"]]);
  assert.ok(way.at < 4000, `known after ${way.at} ms`);
  connection.keyFrame(499, 1e6);
  connection.keyFrame(1000, 125_000);
  assert.deepEqual(megabits(connection.tooSlow), ["1.0", "4.1"]); // less has come at once
  connection.keyFrame(1000, 1e6);
  assert.deepEqual(megabits(connection.tooSlow), ["4.1", "4.1"]);
});

test("where parts come one by one it is known as well, though few are loaded", () => {
  const way = new Way().run(60, { trip: 20, rate: 0.1e6, camera: 4.1e6 });
  assert.deepEqual([way.connection.keyFrames, way.at < 13_000], [true, true]);
});

test("long round trips alone are for whole segments, and those tell whether they are too slow too", () => {
  const way = new Way().run(10, { trip: 200, rate: 3.5e6, camera: 4.1e6, slowly: () => 0 });
  assert.equal(way.connection.whole, true);
  way.run(30, { trip: 200, rate: 3.5e6, camera: 4.1e6 });
  assert.equal(way.connection.keyFrames, true);
  // A new connection that needs another round trip for a part begins slowly, and no more.
  const begins = new Connection();
  for (let at = 300; at < 6000; at += 300) begins.loaded({ at, first: 150, took: 300, bytes: 50_000, seconds: PART, part: true }, PART);
  assert.deepEqual([begins.whole, begins.keyFrames], [true, false]);
});

test("a segment is tried now and then, more seldom after each that came too late, and is gone back to", () => {
  const way = new Way().run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  const { connection } = way;
  const tries = [];
  let { at } = way;
  for (const from = at; at < from + 600_000; at += 1000) {
    if (!connection.mayTry(at)) continue;
    tries.push((at - from) / 1000);
    connection.tried(false, at);
  }
  assert.deepEqual(tries.map((t, i) => t - (tries[i - 1] ?? 0)), [10, 20, 40, 80, 120, 120, 120]);
  const segment = { at, first: 20, bytes: 1e6, seconds: 2, part: false };
  assert.deepEqual([connection.carries({ ...segment, took: 1500 }), connection.carries({ ...segment, took: 1300 })], [false, true]);
  assert.equal(connection.tryFor, 1400 + 4 * 20 + 1000);
  connection.tried(true, at);
  assert.deepEqual([connection.keyFrames, connection.whole, connection.tooSlow, connection.mayTry(at + 1e6)], [false, true, null, false]);
  // Gone back too soon: the next try waits as long as the last.
  way.at = at;
  way.run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  assert.deepEqual([connection.keyFrames, connection.mayTry(way.at + 119_000), connection.mayTry(way.at + 120_000)], [true, false, true]);
});

test("a try would hold up key frames that are slow already, so there are few", () => {
  const way = new Way().run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  const { connection } = way;
  const may = () => [11, 119, 120].map((s) => connection.mayTry(way.at + 1000 * s));
  assert.deepEqual(may(), [true, true, true]);
  connection.keyFrame(600, 120_000); // 1.6 Mbit/s
  assert.deepEqual(may(), [false, false, true]);
  connection.keyFrame(100, 120_000); // too quick to tell
  assert.deepEqual(may(), [true, true, true]);
  // Over long round trips what comes on a new connection begins slowly.
  const far = new Way().run(40, { trip: 200, rate: 3e6, camera: 4.1e6 });
  far.connection.keyFrame(1000, 120_000);
  assert.equal(far.connection.mayTry(far.at + 11_000), true);
});

test("another camera may send less, and one without key frames has none to show", () => {
  const { connection } = new Way().run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  connection.anew();
  assert.deepEqual([connection.keyFrames, connection.whole, connection.tooSlow], [false, true, null]);
  const way = new Way();
  way.connection.without();
  way.run(100, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  assert.deepEqual([way.connection.keyFrames, way.connection.whole, megabits(way.connection.tooSlow)], [false, true, ["1.6", "4.1"]]);
});

test("beside other windows whole segments are asked for, until there is room again", () => {
  const { connection } = new Way().run(5, { trip: 20 });
  connection.crowd(true);
  assert.deepEqual([connection.whole, connection.forCrowd], [true, true]);
  connection.crowd(false);
  assert.deepEqual([connection.whole, connection.forCrowd], [false, false]);
});

test("a way that is slow stays so when there is room again, and one that has got better waits for the room", () => {
  const slow = new Way().run(20, { trip: 150 });
  slow.connection.crowd(true);
  assert.deepEqual([slow.connection.whole, slow.connection.forCrowd], [true, false]);
  slow.connection.crowd(false);
  assert.equal(slow.connection.whole, true);
  slow.connection.crowd(true);
  slow.run(80, { trip: 20 });
  assert.deepEqual([slow.connection.whole, slow.connection.forCrowd], [true, true]);
  slow.connection.crowd(false);
  assert.equal(slow.connection.whole, false);
  const { connection } = new Way();
  connection.crowd(true);
  const segment = { at: 0, first: 20, took: 5125, bytes: 1_025_000, seconds: 2, part: false };
  for (let i = 0; i < 3; i++) connection.loaded({ ...segment, at: 5000 * i }, PART);
  assert.deepEqual([connection.keyFrames, connection.forCrowd], [true, false]);
});

test("of history the last live rates are told until its own loads tell, and loads in time are the end of key frames", () => {
  const { connection, at } = new Way().run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  const segment = (took) => ({ at, first: 20, took, bytes: 1e6, seconds: 2, part: false });
  assert.deepEqual(megabits(connection.pastTooSlow(at)), ["1.6", "4.1"]);
  for (let i = 0; i < 3; i++) connection.pastLoaded(segment(8000));
  assert.deepEqual([megabits(connection.pastTooSlow(at)), connection.keyFrames], [["1.0", "4.0"], true]);
  for (let i = 0; i < 3; i++) connection.pastLoaded(segment(1900));
  assert.deepEqual([connection.pastTooSlow(at), connection.keyFrames], [null, true]); // that would be too close
  for (let i = 0; i < 3; i++) connection.pastLoaded(segment(800));
  assert.deepEqual([connection.pastTooSlow(at), connection.keyFrames, connection.whole], [null, false, true]);
  assert.equal(new Connection().pastTooSlow(at), null);
});

test("what was asked for before it changed counts no more", () => {
  const way = new Way().run(5, { trip: 150 });
  assert.equal(way.connection.loaded({ at: way.at, first: 1, took: 1, bytes: 1, seconds: PART, part: true }, PART), false);
  assert.notEqual(way.connection.roundTrip, 1);
});

/** What has come of a segment of 2 s and 1 MB, in so many seconds. */
const coming = (took, bytes, more = {}) => ({ at: took * 1000, first: 20, took: took * 1000, bytes, total: 1e6, seconds: 2, part: false, ...more });

test("nobody waits for the end of a segment that takes longer than three last", () => {
  const { connection } = new Way();
  assert.deepEqual([connection.coming(coming(5.9, 3e5)), connection.keyFrames], [false, false]);
  assert.deepEqual([connection.coming(coming(6, 3e5)), connection.keyFrames, megabits(connection.tooSlow)], [true, true, ["0.4", "4.0"]]);
  assert.equal(connection.coming(coming(9, 4e5)), false); // it is on its way still
});

test("the segment that is on its way counts beside the last two", () => {
  const way = new Way().run(10, { trip: 150, rate: 10e6, camera: 4e6 });
  assert.equal(way.connection.whole, true);
  assert.equal(way.connection.coming(coming(2, 1e5, { first: 150 })), false); // the others came in time
  assert.deepEqual([way.connection.coming(coming(5, 5e5, { first: 150 })), way.connection.keyFrames], [true, true]);
});

test("a segment that is late and will have come in time for the next ones is waited for", () => {
  const way = new Way().run(10, { trip: 150, rate: 10e6, camera: 4e6 });
  assert.equal(way.connection.coming(coming(3, 9e5, { first: 2000 })), false);
});

test("nothing is said of a part before it is there, nor of what nothing has come of", () => {
  const { connection } = new Way();
  assert.equal(connection.coming(coming(9, 3e5, { part: true })), false);
  assert.equal(connection.coming(coming(9, 0)), false);
});

/** A part of 100 kB that is on its way for so long (ms), over a way that carries 1 Mbit/s; looked at ten times a second. */
function opens(connection, ms, more) {
  for (let took = 100; took <= ms; took += 100) if (connection.coming({ at: took, first: 20, took, bytes: 125 * took, total: 1e5, seconds: PART, part: true, url: "7.0.m4s", ...more })) return took;
  return null;
}

test("while a page opens half a second of its first part tells that the way carries less than the camera sends", () => {
  const connection = new Connection({ beside: (from, to) => 75 * (to - from), trip: 20 });
  connection.camera = 4.1e6;
  assert.deepEqual([opens(connection, 3000), connection.keyFrames, megabits(connection.tooSlow)], [500, true, ["1.6", "4.1"]]);
  // What is nearly enough is left to what is loaded, as is everything while the API has not said what the camera sends.
  for (const camera of [1.1e6, null]) assert.equal(opens(Object.assign(new Connection(), { camera }), 3000), null);
  connection.anew(); // another camera
  assert.equal(opens(connection, 3000), 500);
});

test("once it has opened, one part that is late is an accident", () => {
  const { connection } = Object.assign(new Way()).run(5, { trip: 20 });
  connection.camera = 4.1e6;
  assert.equal(opens(connection, 3000), null);
});

test("of parts the rate of the camera is the one that the API tells: they may have no key frame in them, or two", () => {
  const way = new Way();
  way.connection.camera = 2.5e6;
  way.run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  assert.deepEqual(megabits(way.connection.tooSlow), ["1.6", "2.5"]);
});

test("what came beside key frames is a part of what the way carries", () => {
  const { connection } = new Way().run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  connection.keyFrame(1000, 100_000, 50_000);
  assert.deepEqual(megabits(connection.tooSlow), ["1.2", "4.1"]);
});

test("round trips that have become shorter are known of what came since", () => {
  const way = new Way().run(10, { trip: 150, rate: 10e6, camera: 4e6 });
  const { connection } = way;
  connection.arrivals = { beside: () => 0, trip: 20 };
  connection.coming(coming(8, 8e5, { first: 200 }));
  connection.keyFrame(600, 60_000);
  assert.deepEqual(megabits(connection.tooSlow), ["0.8", "4.0"]);
});

test("frames come one by one where parts would do, and nobody else needs the connection", () => {
  const arrivals = { beside: () => 0, trip: null, slow: false };
  const connection = new Connection(arrivals);
  assert.equal(connection.mayStream, true);
  arrivals.slow = true;
  assert.equal(connection.mayStream, false);
  arrivals.slow = false;
  connection.crowd(true);
  assert.equal(connection.mayStream, false);
});
