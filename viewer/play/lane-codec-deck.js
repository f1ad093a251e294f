// The deck that shows frames as they come (live.mp4), decoded one by one in a worker
// (WebCodecs) and written into the stream of a video element; see contract.js. It has no
// past: who goes back has another deck.

import { FrameDeck } from "./frame-deck.js";
import { STATE_EVENTS } from "./video.js";

const STALL = 400; // ms between two frames, where each lasts less than a third of that

/** @returns {boolean} this browser can, and lets this page: WebCodecs want a secure context */
export const decodesFrames = () => ["VideoDecoder", "MediaStreamTrackGenerator", "Worker"].every((name) => name in globalThis);

/** @returns {{worker: Worker, track: MediaStreamTrack}} */
function start(url) {
  const Generator = /** @type {any} */ (globalThis).MediaStreamTrackGenerator;
  const track = new Generator({ kind: "video" });
  const worker = new Worker(new URL("./lane-worker.js", import.meta.url), { type: "module" });
  worker.postMessage({ url: new URL(url, document.baseURI).href, writable: track.writable }, [track.writable]);
  return { worker, track };
}

/** @typedef {import("./contract.js").PlaybackDeck} PlaybackDeck */

/** @implements {PlaybackDeck} */
export class LaneCodecDeck extends FrameDeck {
  listed = null;
  buffer = 0;
  edge = 0;
  /** @type {number|null} date of the frame that was written last, ms since 1970 */
  #date = null;
  #writtenAt = -Infinity; // when that was, monotonic ms

  /**
   * @param {import("./contract.js").DeckOptions & {lane: string}} options
   * @param {import("./contract.js").DeckEvents} on
   * @param {typeof start} begin
   */
  constructor(options, on, begin = start) {
    super(options, on);
    this.#listen();
    const { worker, track } = begin(options.lane);
    this.worker = worker;
    this.track = track;
    worker.addEventListener("message", ({ data }) => this.#told(data));
    worker.addEventListener("error", (event) => this.fail({ media: true, status: 0, text: event.message ?? "" }));
    this.video.srcObject = new MediaStream([track]);
    if (!options.hold) this.play();
  }

  #listen() {
    const { video } = this;
    for (const name of STATE_EVENTS) video.addEventListener(name, () => this.on.change());
    video.addEventListener("canplay", () => this.#becomeReady());
    this.#watchFrames();
  }

  #watchFrames() {
    this.video.requestVideoFrameCallback((now) => {
      if (this.destroyed) return;
      this.#watchFrames();
      setTimeout(() => {
        if (this.destroyed || this.#date === null) return;
        this.#becomeReady();
        this.on.frame(now);
      });
    });
  }

  #becomeReady() {
    if (this.ready || this.#date === null || this.video.readyState < 2) return;
    this.nowReady();
  }

  #told({ shown, at, lasts, heard, runs, failed }) {
    if (this.destroyed) return;
    if (failed) return this.fail(failed);
    if (heard) {
      if (this.known && runs > 0) this.on.discontinuity();
      this.known ||= runs > 0;
      this.heard();
    }
    if (shown !== undefined) this.#wrote(shown, at - performance.timeOrigin, lasts);
  }

  #wrote(date, at, lasts) {
    const apart = at - this.#writtenAt;
    if (this.#date !== null && !this.video.paused && apart > Math.max(STALL, 3 * lasts)) {
      this.standstills.add(apart / 1000);
      this.on.stall(apart / 1000);
    }
    this.#date = date;
    this.#writtenAt = at;
  }

  stop() {
    this.worker.terminate();
  }

  // ---- what one can see

  get tellsFrames() {
    return !document.hidden;
  }

  /** That of the element goes on for ever. */
  get playhead() {
    return { currentTime: (this.#date ?? 0) / 1000, seeking: false };
  }

  get position() {
    return this.#date;
  }

  get shown() {
    return this.#date;
  }

  // ---- what one can ask for

  seekToDate() {
    return false;
  }

  /** It is always there. */
  seekToEdge() {}

  jumpToEdge() {}

  destroy() {
    super.destroy();
    this.track.stop();
    this.video.srcObject = null;
    this.video.remove();
  }
}
