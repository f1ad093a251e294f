// Reads live.mp4 for as long as it comes, and again when it has ended.

import { Boxes } from "./lane-boxes.js";
import { Lateness } from "./lateness.js";

const AGAIN = 200; // ms after an end that it is asked for again
const GIVES_UP = 1800; // ms without a frame, after which somebody else is to play,
const FIRST = 1200; // and without the first one; the controller says within 1 s why there is none
const OPENING = 3000; // ms in which what comes too late is no accident: the way carries less than the camera sends
const LATE = 500; // ms that frames may be older than the best of the last seconds
const BEST_OF = 10_000; // ms of whose frames the youngest counts
const OPENINGS = 2; // so often in BEST_OF it is opened anew for what comes too late

/**
 * @typedef {object} LaneEvents
 * @property {(type: string) => void} type what the pieces to come are, as Content-Type has it
 * @property {(pieces: (import("./lane-boxes.js").Init|import("./lane-boxes.js").Fragment)[]) => void} pieces
 * @property {(status: number, text: string) => void} failed it gives up; status: of the HTTP answer, 0: there was none
 */

const pause = (ms) => new Promise((resolve) => {
  setTimeout(resolve, ms);
});

export class LaneReader {
  #closed = false;
  /** @type {AbortController|null} of the answer that is being read */
  #abort = null;
  #begun = performance.now();
  #heardAt = this.#begun;
  #ages = new Lateness(BEST_OF);
  /** @type {number[]} when it was opened anew since what came was too late */
  #openings = [];
  #status = 0;

  /**
   * @param {string} url
   * @param {LaneEvents} on
   * @param {typeof fetch} ask
   */
  constructor(url, on, ask = (...args) => fetch(...args)) {
    this.url = url;
    this.on = on;
    this.ask = ask;
    this.#run();
  }

  async #run() {
    while (!this.#closed) {
      const text = await this.#read().catch((error) => String(error?.message ?? error));
      if (this.#closed) return;
      if (this.#waited) return this.#fail(text);
      await pause(AGAIN);
    }
  }

  /** No frame has come for too long. */
  get #waited() {
    return performance.now() - this.#heardAt > (this.#heardAt === this.#begun ? FIRST : GIVES_UP);
  }

  /** @returns {Promise<string>} why it has ended */
  async #read() {
    const abort = (this.#abort = new AbortController());
    const watch = setInterval(() => this.#waited && abort.abort(), AGAIN);
    try {
      const answer = await this.ask(this.url, { signal: abort.signal, cache: "no-store" });
      this.#status = answer.status;
      const type = answer.headers.get("Content-Type") ?? "";
      if (!answer.ok || !answer.body || !type.startsWith("video/mp4")) return `HTTP ${answer.status}`;
      this.on.type(type);
      return await this.#take(answer.body.getReader());
    } finally {
      clearInterval(watch);
      abort.abort();
    }
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>} reader */
  async #take(reader) {
    const boxes = new Boxes();
    while (!this.#closed) {
      const { done, value } = await reader.read();
      if (this.#closed || done || !value) return "it has ended";
      const pieces = boxes.push(value);
      if (pieces.length === 0) continue;
      const now = performance.now();
      this.#heardAt = now;
      this.on.pieces(pieces);
      const newest = pieces.at(-1);
      if (newest && "date" in newest && this.#late(now, Date.now() - newest.date)) return "what comes is too old";
    }
    return "closed";
  }

  /**
   * What arrives is much older than it could be: somebody in between keeps it back.
   * @param {number} now monotonic ms
   * @param {number} age ms, by whatever clock this machine has
   */
  #late(now, age) {
    this.#ages.add(now, age);
    if (age - this.#ages.least < LATE) return false;
    this.#ages.forget();
    this.#openings = this.#openings.filter((at) => now - at < BEST_OF);
    this.#openings.push(now);
    if (this.#openings.length > OPENINGS || now - this.#begun < OPENING) this.#fail("what comes is too old");
    return true;
  }

  #fail(text) {
    if (this.#closed) return;
    this.close();
    this.on.failed(this.#status, text);
  }

  close() {
    this.#closed = true;
    this.#abort?.abort();
  }
}
