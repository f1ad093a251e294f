// By how much frames came late, in the last seconds. Pure; one unit of time throughout.

export class Lateness {
  /** @type {{at: number, offset: number}[]} oldest first */
  #frames = [];
  /** @type {number[]} their offsets, sorted */
  #sorted = [];

  /** @param {number} memory for how long a frame counts */
  constructor(memory) {
    this.memory = memory;
  }

  /**
   * A frame came.
   * @param {number} at monotonic
   * @param {number} offset when it came less when it was taken, by any clock
   */
  add(at, offset) {
    this.#frames.push({ at, offset });
    this.#sorted.splice(this.#place(offset), 0, offset);
    while (at - this.#frames[0].at > this.memory) {
      const { offset: old } = this.#frames[0];
      this.#frames.shift();
      this.#sorted.splice(this.#place(old), 1);
    }
  }

  /** Where an offset stands, or would, among the sorted. */
  #place(offset) {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What came before says nothing. */
  forget() {
    this.#frames = [];
    this.#sorted = [];
  }

  /** The offset of the earliest; undefined before any. */
  get least() {
    return this.#sorted[0];
  }

  /**
   * The offset that this share of the frames had at most; undefined before any.
   * @param {number} share
   */
  rank(share) {
    return this.#sorted[Math.floor(share * (this.#sorted.length - 1))];
  }
}
