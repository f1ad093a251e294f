// Timers and the monotonic clock, moved by the test alone.

const realImmediate = setImmediate;

/** Until promises that are due have done what follows. */
export const settled = () => new Promise((resolve) => {
  realImmediate(resolve);
});

export class FakeTime {
  /** Monotonic ms. */
  now = 1000;
  #timers = new Map();
  #count = 0;

  /** Takes the place of the global timers and of performance.now. */
  constructor() {
    const start = (repeat) => (action, after = 0) => {
      this.#timers.set(++this.#count, { action, at: this.now + after, every: repeat ? after : null });
      return this.#count;
    };
    const stop = (id) => void this.#timers.delete(id);
    Object.assign(globalThis, { setTimeout: start(false), clearTimeout: stop, setInterval: start(true), clearInterval: stop });
    performance.now = () => this.now;
  }

  /** What the test before has left behind runs no more. */
  clear() {
    this.#timers.clear();
  }

  /** @param {number} ms after which every timer that was due has run, in order */
  advance(ms) {
    const until = this.now + ms;
    for (let next = this.#next(until); next; next = this.#next(until)) {
      const [id, timer] = next;
      this.now = Math.max(this.now, timer.at);
      if (timer.every === null) this.#timers.delete(id);
      else timer.at += timer.every;
      timer.action();
    }
    this.now = until;
  }

  /** The same in steps of 100 ms, between which promises do what follows. */
  async pass(ms) {
    for (let passed = 0; passed < ms; passed += 100) {
      this.advance(Math.min(100, ms - passed));
      await settled();
    }
  }

  #next(until) {
    let found = null;
    for (const entry of this.#timers) if (entry[1].at <= until && (!found || entry[1].at < found[1].at)) found = entry;
    return found;
  }
}
