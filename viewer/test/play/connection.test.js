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

test("a way that carries less than the camera sends is told with both", () => {
  const way = new Way().run(40, { trip: 20, rate: 1.6e6, camera: 4.1e6 });
  assert.equal(way.connection.whole, true);
  const { has, needs } = way.connection.tooSlow ?? {};
  assert.deepEqual([(has / 1e6).toFixed(1), (needs / 1e6).toFixed(1)], ["1.6", "4.1"]);
  way.run(40, { trip: 20 });
  assert.equal(way.connection.tooSlow, null);
});

test("what was asked for before it changed counts no more", () => {
  const way = new Way().run(5, { trip: 150 });
  assert.equal(way.connection.loaded({ at: way.at, first: 1, took: 1, bytes: 1, seconds: PART, part: true }, PART), false);
  assert.notEqual(way.connection.roundTrip, 1);
});
