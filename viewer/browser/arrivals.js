// What has come from the server, as the browser timed it: all of it shares one way.

const KEPT = 200; // of the last ones
/** A way that carries less (bit/s), seen for so long (ms) at least, is slow, whatever a camera sends. */
const SLOW = 1_000_000;
const LONG = 1500;

/** @typedef {{name: string, from: number, to: number, bytes: number, trip: number}} Arrival of a resource: its address, first and last byte (monotonic ms), bytes with headers, and ms from the request to the first byte */

export class Arrivals {
  /** @type {Arrival[]} oldest first */
  #all = [];

  /** @param {typeof PerformanceObserver|undefined} Observer */
  constructor(Observer = globalThis.PerformanceObserver) {
    if (!Observer?.supportedEntryTypes?.includes("resource")) return;
    new Observer((list) => this.#add(/** @type {PerformanceResourceTiming[]} */ (list.getEntries()))).observe({ type: "resource", buffered: true });
  }

  /** @param {PerformanceResourceTiming[]} entries */
  #add(entries) {
    for (const { name, requestStart, responseStart, responseEnd, transferSize } of entries) {
      if (!(transferSize > 0)) continue; // from a cache, or it never came
      this.#all.push({ name, from: responseStart, to: responseEnd, bytes: transferSize, trip: responseStart - requestStart });
    }
    this.#all = this.#all.slice(-KEPT);
  }

  /**
   * How many bytes came beside something, as far as they have come to their end.
   * @param {number} from monotonic ms
   * @param {number} to
   * @param {string} url of that, as it was asked for
   */
  beside(from, to, url) {
    let bytes = 0;
    for (const a of this.#all) {
      const shared = Math.min(a.to, to) - Math.max(a.from, from);
      if (shared >= 0 && !a.name.endsWith(url)) bytes += a.to > a.from ? (a.bytes * shared) / (a.to - a.from) : a.bytes;
    }
    return bytes;
  }

  /** The way was slow while something came. Where all is from a cache, that is not known. */
  get slow() {
    let [busy, end] = [0, -Infinity];
    for (const { from, to } of [...this.#all].sort((a, b) => a.from - b.from)) {
      busy += Math.max(0, to - Math.max(from, end));
      end = Math.max(end, to);
    }
    return busy >= LONG && this.#all.reduce((sum, a) => sum + a.bytes, 0) * 8000 < SLOW * busy;
  }

  /** ms from a request to its first byte, where that was quickest; null: nothing is known. */
  get trip() {
    return this.#all.length > 0 ? Math.min(...this.#all.map((a) => a.trip)) : null;
  }
}
