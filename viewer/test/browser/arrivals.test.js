import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals } from "../../browser/arrivals.js";

/** A browser that reports what the test says has come. */
function reporting() {
  let report;
  class Observer {
    static supportedEntryTypes = ["resource"];
    constructor(call) {
      report = (...entries) => call({ getEntries: () => entries });
    }
    observe(what) {
      assert.deepEqual(what, { type: "resource", buffered: true });
    }
  }
  return { arrivals: new Arrivals(Observer), report };
}

const entry = (name, responseStart, responseEnd, transferSize, requestStart = responseStart - 30) => ({ name: `http://host/${name}`, requestStart, responseStart, responseEnd, transferSize });

test("what came beside something is counted for the time that both were on their way", () => {
  const { arrivals, report } = reporting();
  report(entry("parts/7.0.m4s", 1000, 3000, 80_000), entry("a.js", 500, 1500, 10_000), entry("b.js", 2000, 2500, 7000), entry("c.js", 4000, 5000, 9000));
  assert.equal(arrivals.beside(1000, 3000, "parts/7.0.m4s"), 5000 + 7000);
  assert.equal(arrivals.beside(1000, 3000, "http://host/parts/7.0.m4s"), 12_000);
  assert.equal(arrivals.beside(2000, 2250, "x"), 10_000 + 3500);
  report(entry("at-once.js", 2100, 2100, 600));
  assert.equal(arrivals.beside(2000, 2250, "x"), 14_100);
});

test("what came from a cache, or never, says nothing", () => {
  const { arrivals, report } = reporting();
  assert.equal(arrivals.trip, null);
  report(entry("cached.js", 10, 10, 0, 9), entry("old.js", 10, 10, undefined, 9), entry("far.js", 100, 200, 500, 40), entry("held.m3u8", 2000, 2000, 500, 1000));
  assert.deepEqual([arrivals.trip, arrivals.beside(0, 300, "x")], [60, 500]);
});

test("a browser that reports nothing is none the worse", () => {
  class Without {
    static supportedEntryTypes = [];
  }
  for (const Observer of [undefined, Without]) {
    const arrivals = new Arrivals(Observer);
    assert.deepEqual([arrivals.trip, arrivals.beside(0, 1000, "x")], [null, 0]);
  }
});

test("only the last ones are kept", () => {
  const { arrivals, report } = reporting();
  for (let i = 0; i < 300; i++) report(entry(`${i}.js`, 100 * i + 50, 100 * i + 100, 1000));
  assert.deepEqual([arrivals.beside(0, 10_000, "x"), arrivals.beside(10_000, 30_000, "x")], [0, 200_000]);
});

test("a way is slow by what it carried while something came", () => {
  const { arrivals, report } = reporting();
  assert.equal(arrivals.slow, false);
  report(entry("a.js", 0, 1000, 20_000), entry("b.js", 500, 1600, 20_000));
  assert.equal(arrivals.slow, true); // 0.2 Mbit/s
  report(entry("c.js", 60_000, 60_400, 300_000));
  assert.equal(arrivals.slow, false); // 1.4 Mbit/s
});

test("a way is not slow since little is asked for", () => {
  const { arrivals, report } = reporting();
  for (let i = 0; i < 50; i++) report(entry(`api/cameras/front?${i}`, 2000 * i, 2000 * i, 1500));
  assert.equal(arrivals.slow, false);
});
