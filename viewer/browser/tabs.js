// Tabs and windows of this browser with the same page: over HTTP/1.1 they share six
// connections to the server. So they tell each other which of them play live.

const CHANNEL = "lookback";
const TELL = 1000; // ms between two words of one that plays
const GONE = 3500; // ms without a word: it was closed, or has crashed
/** So many that play live may hold a request each: the other half is for parts, and for whoever holds none for long. */
const ROOM = 3;

/** @typedef {{id: number, born: number, plays: boolean}} Word what one tells all others of itself; born: when it was opened, ms */

/** Requests to the server don't wait for each other (HTTP/2 and 3). */
export function multiplexed() {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  return /^h[23]/.test(navigation?.nextHopProtocol ?? "");
}

export class Tabs {
  #id = Math.random();
  #born = performance.timeOrigin + performance.now(); // ms since 1970
  #plays = false;
  #room = multiplexed() ? Infinity : ROOM;
  /** @type {Map<number, {born: number, heardAt: number}>} the others that play, by id; heardAt: monotonic ms */
  #others = new Map();
  /** @type {BroadcastChannel|null} */
  #channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;

  /**
   * @param {() => void} otherSeen another one is seen, while this one is hidden
   */
  constructor(otherSeen) {
    this.#channel?.addEventListener("message", ({ data }) => {
      if (data !== "seen") this.#heard(data);
      else if (document.hidden) otherSeen();
    });
    const seen = () => {
      if (!document.hidden) this.#channel?.postMessage("seen");
    };
    document.addEventListener("visibilitychange", seen);
    addEventListener("pagehide", () => (this.plays = false));
    setInterval(() => this.#plays && this.#tell(), TELL);
    seen();
  }

  /** @param {Word} word */
  #heard({ id, born, plays }) {
    const known = this.#others.has(id);
    if (!plays) this.#others.delete(id);
    else this.#others.set(id, { born, heardAt: performance.now() });
    if (plays && !known && this.#plays) this.#tell(); // it is new, and may not know of this one
  }

  #tell() {
    this.#channel?.postMessage({ id: this.#id, born: this.#born, plays: this.#plays });
  }

  /** This one plays live, and is seen. */
  set plays(yes) {
    if (yes === this.#plays) return;
    this.#plays = yes;
    this.#tell();
  }

  /** As many as there is room for play already, that were opened before this one. */
  get crowded() {
    const now = performance.now();
    let before = 0;
    for (const [id, { born, heardAt }] of this.#others) {
      if (now - heardAt > GONE) this.#others.delete(id);
      else if (born < this.#born || (born === this.#born && id < this.#id)) before++;
    }
    return before >= this.#room;
  }
}
