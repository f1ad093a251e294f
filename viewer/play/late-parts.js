// How late parts come. Pure; all times are seconds.

/** A part this late is an outage: it says nothing about lateness. */
const OUTAGE = 1;

/** How late parts are against the most punctual ones of the last minute or so. */
export class LateParts {
  // Two generations, so that the slow drift of two clocks is no lateness.
  #best = Infinity;
  #bestBefore = Infinity;
  #generation = -1;
  /** @type {{second: number, lateness: number}[]} the worst of each second */
  #maxima = [];

  /**
   * @param {number} memory s
   * @param {number} rank which of the seconds' maxima, counted from the worst, is what is typical
   */
  constructor(memory, rank) {
    this.memory = memory;
    this.rank = rank;
  }

  /** Arrivals so far say nothing about those to come. */
  restart() {
    this.#best = Infinity;
    this.#bestBefore = Infinity;
    this.#generation = -1;
  }

  /**
   * A part has arrived.
   * @param {number} at monotonic s
   * @param {number} end media time (s) up to which there is picture now
   */
  add(at, end) {
    const generation = Math.floor(at / this.memory);
    if (generation !== this.#generation) {
      this.#bestBefore = this.#generation < 0 ? Infinity : this.#best;
      this.#best = Infinity;
      this.#generation = generation;
    }
    this.#best = Math.min(this.#best, at - end);
    const lateness = at - end - Math.min(this.#best, this.#bestBefore);
    if (lateness <= OUTAGE) this.#remember(Math.floor(at), lateness);
    else this.restart();
  }

  #remember(second, lateness) {
    const last = this.#maxima.at(-1);
    if (last && last.second === second) last.lateness = Math.max(last.lateness, lateness);
    else this.#maxima.push({ second, lateness });
    while (this.#maxima[0].second <= second - this.memory) this.#maxima.shift();
  }

  /** The lateness that all but the worst second of the last minute stayed within. */
  get typical() {
    const sorted = this.#maxima.map((m) => m.lateness).sort((a, b) => b - a);
    return sorted[this.rank - 1] ?? 0;
  }
}
