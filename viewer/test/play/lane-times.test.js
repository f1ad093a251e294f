import assert from "node:assert/strict";
import { test } from "node:test";
import { LaneTimes } from "../../play/lane-times.js";

const T = 1_700_000_000_000;

/** Frames of a stream at 1000 ticks a second: [decode, duration, date]. */
const placed = (times, frames) => frames.map(([decode, duration, date]) => times.place({ decode, duration, date: T + date, shift: 0 }, 1000));

test("what goes on where the last frame ended stays as it was counted", () => {
  const times = new LaneTimes();
  assert.deepEqual(placed(times, [[5000, 40, 0], [5040, 40, 40], [5080, 80, 80], [5160, 40, 160]]), [0, 40, 80, 160]);
  assert.equal(times.dateAt(0.04), T + 40);
  assert.equal(times.dateAt(0.06), T + 60);
  assert.equal(times.dateAt(0.2), T + 200);
});

for (const [name, late] of [["2.5 frames", 100], ["ten frames", 400], ["a hundred frames", 4000]]) {
  test(`behind a hole of ${name} no frame begins more than 1.5 declared durations after the one before`, () => {
    const times = new LaneTimes();
    const at = placed(times, [[0, 40, 0], [40, 40, 40], [80 + late, 40, 80 + late], [120 + late, 40, 120 + late]]);
    assert.deepEqual(at, [0, 40, 100, 140]);
    assert.equal(times.dateAt(0.1), T + 80 + late);
    assert.equal(times.dateAt(0.05), T + 50);
    assert.equal(times.timeOf(T + 80 + late), 0.1);
  });
}

test("fewer frames than were declared: 25 a second, and then 5", () => {
  const times = new LaneTimes();
  const at = placed(times, [[0, 40, 0], [200, 40, 200], [400, 40, 400]]);
  assert.deepEqual(at, [0, 60, 120]);
  assert.deepEqual([0, 0.06, 0.12].map((t) => times.dateAt(t)), [T, T + 200, T + 400]);
});

test("a frame that was expected to last longer than it did is not begun before the one before", () => {
  const times = new LaneTimes();
  const at = placed(times, [[0, 1000, 0], [1000, 1000, 1000], [1040, 40, 1040], [1080, 40, 1080]]);
  assert.ok(at.every((t, i) => i === 0 || t > at[i - 1]), String(at));
});

test("another run goes on where the last one ended", () => {
  const times = new LaneTimes();
  placed(times, [[0, 40, 0], [40, 40, 40]]);
  times.restart(1000, 90_000);
  assert.equal(times.place({ decode: 0, duration: 3600, date: T + 5000, shift: 0 }, 90_000), 7200);
  assert.equal(times.dateAt(0.08), T + 5000);
  assert.deepEqual(times.listed, { start: T, end: T + 5000 });
});

test("what nobody knows is null", () => {
  const times = new LaneTimes();
  assert.equal(times.dateAt(1), null);
  assert.equal(times.timeOf(T), null);
  assert.equal(times.listed, null);
  placed(times, [[0, 40, 0]]);
  assert.equal(times.timeOf(T - 1000), null);
  assert.equal(times.dateAt(-1), null);
});

test("an instant leads into the frame that was shown then", () => {
  const times = new LaneTimes();
  placed(times, [[0, 40, 0], [40, 40, 40], [4080, 40, 4080]]);
  assert.equal(times.timeOf(T + 20), 0.02);
  assert.ok(/** @type {number} */ (times.timeOf(T + 3000)) < 0.1); // in the hole: the frame before it
});
