import assert from "node:assert/strict";
import { test } from "node:test";
import { Steering } from "../../play/steering.js";

/**
 * A browser and a camera, ten milliseconds at a time. Parts become available
 * when they are complete plus what `delay` says for them (s), in order.
 */
class Simulation {
  constructor({ part = 0.1, behind = 0.6, delay = () => 0.02, steerable = true } = {}) {
    Object.assign(this, { part, delay, now: 0, end: 0, head: -behind, next: 1, stalls: 0, jumps: 0, stoodSince: null });
    this.steering = new Steering({ partTarget: part, steerable });
    this.rate = 1;
    this.rates = new Set();
    this.latencies = [];
  }

  run(seconds, watch = () => {}) {
    for (const until = this.now + seconds; this.now < until; this.now += 0.01) {
      this.#arrive();
      this.#play();
      if (Math.round(this.now * 100) % 10 === 0) this.#steer();
      this.latencies.push(this.now - this.head);
      watch(this);
    }
    return this;
  }

  #arrive() {
    while (this.now >= Math.max(this.due ?? 0, this.next * this.part + this.delay(this.next * this.part))) {
      this.due = this.now;
      this.end = this.next * this.part;
      this.next++;
      this.steering.arrived(this.now, this.end);
    }
  }

  #play() {
    if (this.stoodSince !== null && this.end - this.head > 0.05) {
      this.steering.stalled(this.now, this.now - this.stoodSince);
      this.stoodSince = null;
    }
    if (this.stoodSince !== null) return;
    this.head = Math.min(this.end, this.head + 0.01 * this.rate);
    if (this.end - this.head > 1e-9) return;
    this.stalls++;
    this.stoodSince = this.now;
  }

  #steer() {
    if (this.stoodSince !== null) return;
    const { rate, jump } = this.steering.update(this.now, this.end - this.head);
    this.rate = rate;
    this.rates.add(rate);
    this.head += jump;
    if (jump) this.jumps++;
  }

  /** Seconds behind the camera over the last so many seconds: median. */
  latency(seconds) {
    const last = this.latencies.slice(-seconds * 100).sort((a, b) => a - b);
    return last[last.length >> 1];
  }
}

test("what the join costs is caught up within seconds, and stays so", () => {
  const sim = new Simulation({ behind: 0.6 }).run(10);
  assert.ok(sim.latency(2) < 0.36, `latency ${sim.latency(2)}`);
  sim.run(600);
  assert.equal(sim.stalls, 0);
  assert.equal(sim.jumps, 0);
  assert.ok(sim.latency(600) < 0.36, `latency ${sim.latency(600)}`);
  assert.equal(sim.steering.target, 0.25);
});

test("at the target the rate is 1 nearly all the time", () => {
  const sim = new Simulation({ behind: 0.6 }).run(10);
  let corrected = 0;
  let all = 0;
  sim.run(120, ({ rate }) => {
    all++;
    if (rate !== 1) corrected++;
  });
  assert.ok(corrected / all < 0.05, `corrected ${corrected} of ${all}`);
});

test("rates stay gentle near the edge", () => {
  const sim = new Simulation({ behind: 0.9 }).run(20);
  assert.deepEqual([...sim.rates].filter((r) => r > 1.15 || r < 0.95), []);
});

test("far behind, the picture jumps", () => {
  const sim = new Simulation({ behind: 8 }).run(3);
  assert.equal(sim.jumps, 1);
  assert.ok(sim.latency(1) < 0.5, `latency ${sim.latency(1)}`);
});

/** The camera stands for a while, and then all that it missed comes at once. */
const standing = (from, seconds) => (at) => (at > from && at < from + seconds ? from + seconds - at + 0.02 : 0.02);

for (const seconds of [1.5, 2, 3]) {
  test(`after the camera stood for ${seconds} s the picture jumps to the edge at once, and only once`, () => {
    const sim = new Simulation({ delay: standing(20, seconds) }).run(20);
    assert.equal(sim.jumps, 0);
    sim.run(seconds + 0.7);
    assert.equal(sim.jumps, 1);
    assert.ok(sim.latency(0.3) < 0.5, `latency ${sim.latency(0.3)}`);
    sim.run(20);
    assert.equal(sim.jumps, 1);
  });
}

test("what half a second without the camera costs is made up by rate", () => {
  const sim = new Simulation({ delay: standing(20, 0.6) }).run(40);
  assert.equal(sim.jumps, 0);
  assert.ok(sim.latency(5) < 0.9, `latency ${sim.latency(5)}`);
});

test("a camera that stands again and again makes the picture jump every three seconds at most", () => {
  const sim = new Simulation({ delay: (at) => (at % 2 < 1.4 ? 1.42 - (at % 2) : 0.02) });
  const jumps = [];
  let before = 0;
  sim.run(60, ({ now }) => {
    if (sim.jumps > before) jumps.push(now);
    before = sim.jumps;
  });
  assert.deepEqual(jumps.filter((at, i) => i > 0 && at - jumps[i - 1] < 3), []);
});

test("a near edge is jumped to when it is in the buffer, and not before", () => {
  const steering = new Steering({ partTarget: 0.1 });
  assert.equal(steering.update(1, 0.2, 1.6).jump, 0);
  assert.equal(steering.update(1.1, 0.9, 1.5).jump, 0);
  const { jump } = steering.update(1.2, 1.3, 1.4);
  assert.ok(Math.abs(jump - 1.15) < 1e-9, `jump ${jump}`);
});

test("a network that is often late gets a larger buffer, and stalls no more", () => {
  const late = (at) => (Math.floor(at) % 5 === 0 && at % 1 < 0.1 ? 0.4 : 0.02);
  const sim = new Simulation({ delay: late }).run(30);
  const stalls = sim.stalls;
  assert.ok(sim.steering.target > 0.45, `target ${sim.steering.target}`);
  sim.run(300);
  assert.ok(sim.stalls - stalls <= 1, `${sim.stalls - stalls} stalls more`);
});

test("one late part is no pattern", () => {
  const sim = new Simulation({ delay: (at) => (Math.abs(at - 20) < 0.05 ? 0.18 : 0.02) }).run(40);
  assert.equal(sim.stalls, 0);
  assert.equal(sim.steering.target, 0.25);
});

test("the target grows at a stall and takes minutes to come down", () => {
  const sim = new Simulation().run(10);
  const { steering } = sim;
  steering.stalled(sim.now, 0.2);
  const grown = steering.target;
  assert.ok(grown >= 0.45, `target ${grown}`);
  sim.run(25);
  assert.equal(steering.target, grown);
  sim.run(35);
  assert.ok(steering.target > 0.35, `target ${steering.target} after a minute`);
  sim.run(600);
  assert.ok(steering.target < 0.26, `target ${steering.target} after ten`);
});

test("stalls never push the target beyond two seconds", () => {
  const steering = new Steering({ partTarget: 0.1 });
  for (let i = 0; i < 50; i++) steering.stalled(i, 1);
  assert.equal(steering.target, 2);
});

test("an outage of the camera is no jitter", () => {
  const sim = new Simulation({ delay: (at) => (at > 20 && at < 30 ? 30 - at : 0.02) });
  sim.run(45);
  assert.ok(sim.steering.target < 0.5, `target ${sim.steering.target}`);
  assert.ok(sim.latency(5) < 0.7, `latency ${sim.latency(5)}`);
});

test("a clock that drifts is no jitter", () => {
  const sim = new Simulation({ delay: (at) => 0.02 + at * 2e-4 }).run(600);
  assert.ok(sim.steering.target < 0.26, `target ${sim.steering.target}`);
});

test("longer parts ask for a larger buffer", () => {
  const floor = (partTarget) => new Steering({ partTarget }).target;
  assert.equal(floor(0.1), 0.25);
  assert.equal(floor(0.2), 0.35);
  const sim = new Simulation({ part: 0.2 }).run(120);
  assert.equal(sim.stalls, 0);
  assert.ok(sim.latency(60) < 0.5, `latency ${sim.latency(60)}`);
});

test("where rates disturb, only jumps remain", () => {
  const sim = new Simulation({ steerable: false, behind: 5 }).run(10);
  assert.deepEqual([...sim.rates], [1]);
  assert.equal(sim.jumps, 1);
});

test("while the edge runs ahead the jump waits for where it will be", () => {
  const jumps = (aheads) => {
    const steering = new Steering({ partTarget: 0.1 });
    return aheads.map((ahead, i) => Number(steering.update(1 + i / 10, 0.2, ahead).jump.toFixed(2)));
  };
  assert.deepEqual(jumps([0.3, 1.5, 2.7, 3.9, 4.8, 4.8, 4.8, 4.8]), [0, 0, 0, 0, 0, 0, 4.55, 0]);
  // Whatever it does, after a second it is time.
  assert.ok(jumps([0.3, ...Array.from({ length: 14 }, (_, i) => 3 + i)]).some((jump) => jump > 0));
});

for (const [where, buffered] of [["in the buffer", (ahead) => ahead], ["not in the buffer", () => 0.3]]) {
  test(`heaps that are ${where} are jumped over one by one, but not for long`, () => {
    const steering = new Steering({ partTarget: 0.1 });
    const jumps = [];
    // Every 0.6 s there is as much at once as a camera sends in three seconds.
    for (let i = 0, ahead = 5; i < 40; i++, ahead += i % 6 === 0 ? 3 : -0.1) {
      const { jump } = steering.update(1 + i / 10, buffered(ahead), ahead);
      if (jump) jumps.push(i / 10);
      ahead -= jump;
    }
    assert.ok(jumps.filter((at) => at < 1.5).length >= 2, `jumps after ${jumps}`);
    assert.deepEqual(jumps.filter((at, i) => i > 0 && at - jumps[i - 1] < 0.45), []);
    assert.deepEqual(jumps.filter((at, i) => i > 0 && at > 1.6 && at - jumps[i - 1] < 3), [], `as often only at first: ${jumps}`);
  });
}

test("an announced edge far ahead of the buffer is jumped to", () => {
  const steering = new Steering({ partTarget: 0.1 });
  const { jump } = steering.update(1, 0.2, 6);
  assert.ok(Math.abs(jump - 5.75) < 1e-9, `jump ${jump}`);
  assert.equal(steering.update(1.1, 0.2, 6).jump, 0);
});

test("what is late while the page still builds itself does not enlarge the target", () => {
  const busy = new Simulation({ delay: (t) => (t < 2.5 ? 0.4 : 0.02) });
  const { floor } = busy.steering;
  busy.run(10);
  assert.equal(busy.steering.target, floor);
  const bad = new Simulation({ delay: (t) => (Math.floor(t) % 2 ? 0.4 : 0.02) }).run(20);
  assert.ok(bad.steering.target > floor + 0.2, `a network that stays bad is believed: ${bad.steering.target}`);
});

test("whole segments that take their time to load are played steadily, without a jump", () => {
  const loads = [0.3, 0.9, 0.5, 0.7];
  const it = new Simulation({ part: 2, behind: 6, delay: (end) => loads[(end / 2) % 4] });
  it.run(20);
  const { stalls, jumps } = it;
  it.run(120);
  assert.deepEqual([it.stalls - stalls, it.jumps - jumps], [0, 0]);
  assert.ok(it.latency(60) > 3 && it.latency(60) < 5.5, `${it.latency(60)}`);
});

test("a segment that is announced and on its way is no reason to jump", () => {
  const steering = new Steering({ partTarget: 2 });
  steering.arrived(10, 100);
  assert.equal(steering.distance, 3.5);
  for (let i = 0; i < 20; i++) assert.equal(steering.update(10 + i / 10, steering.distance - i / 10, steering.distance + 2 - i / 10).jump, 0);
  assert.ok(steering.update(30, 12, 12).jump > 0);
});
