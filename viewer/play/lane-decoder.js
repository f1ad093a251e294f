// Frames of a lane decoded one by one (WebCodecs) and handed on at even distances.

import { decoderConfig } from "./lane-boxes.js";
import { LanePace } from "./lane-pace.js";

const MOST_WAITING = 4; // decoded frames: each holds a buffer of the browser's
const MOST_DECODING = 60; // coded frames that the decoder has not got to: it can't keep up

/**
 * @typedef {object} DecoderEvents
 * @property {(frame: VideoFrame, date: number) => void} show takes a frame, and closes it. date: when it was taken, ms since 1970
 * @property {(text: string) => void} failed
 */

export class LaneDecoder {
  #pace = new LanePace();
  /** @type {VideoDecoder|null} */
  #decoder = null;
  #type = "";
  #timescale = 0;
  #key = false; // a key frame has come since the decoder was made ready
  /** @type {VideoFrame[]} decoded, and not yet due */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout>|null} */
  #timer = null;

  /**
   * @param {DecoderEvents} on
   * @param {typeof VideoDecoder} Decoder
   * @param {typeof EncodedVideoChunk} Chunk
   */
  constructor(on, Decoder = VideoDecoder, Chunk = EncodedVideoChunk) {
    this.on = on;
    this.Decoder = Decoder;
    this.Chunk = Chunk;
  }

  /** @param {string} type of what follows, as Content-Type has it */
  type(type) {
    this.#type = type;
  }

  /** @param {(import("./lane-boxes.js").Init|import("./lane-boxes.js").Fragment)[]} pieces */
  take(pieces) {
    try {
      for (const piece of pieces) {
        if ("init" in piece) this.#configure(piece);
        else this.#decode(piece);
      }
    } catch (error) {
      this.on.failed(String(error));
    }
  }

  #configure({ init, timescale }) {
    this.#timescale = timescale;
    this.#key = false;
    this.#decoder ??= new this.Decoder({ output: (frame) => this.#decoded(frame), error: (error) => this.on.failed(String(error)) });
    this.#decoder.configure({ ...decoderConfig(init, this.#type), optimizeForLatency: true });
  }

  /** @param {import("./lane-boxes.js").Fragment} frame */
  #decode({ date, shift, sync, data, duration }) {
    if (!this.#decoder) return;
    // From one key frame to the next, where this machine can't keep up.
    if (this.#decoder.decodeQueueSize > MOST_DECODING) this.#key = false;
    this.#key ||= sync;
    if (!this.#key) return;
    const shown = date + (1000 * shift) / this.#timescale;
    this.#decoder.decode(new this.Chunk({ type: sync ? "key" : "delta", timestamp: Math.round(shown * 1000), duration: Math.round((1e6 * duration) / this.#timescale), data }));
  }

  /** @param {VideoFrame} frame */
  #decoded(frame) {
    this.#pace.arrived(performance.now(), frame.timestamp / 1000);
    this.#waiting.push(frame);
    while (this.#waiting.length > MOST_WAITING) this.#show();
    this.#schedule();
  }

  #schedule() {
    while (this.#waiting.length > 0) {
      const wait = this.#pace.due(this.#waiting[0].timestamp / 1000) - performance.now();
      if (wait > 0.5) {
        this.#timer ??= setTimeout(() => {
          this.#timer = null;
          this.#schedule();
        }, wait);
        return;
      }
      this.#show();
    }
  }

  #show() {
    const frame = /** @type {VideoFrame} */ (this.#waiting.shift());
    this.on.show(frame, frame.timestamp / 1000);
  }

  close() {
    clearTimeout(this.#timer ?? undefined);
    for (const frame of this.#waiting.splice(0)) frame.close();
    if (this.#decoder?.state !== "closed") this.#decoder?.close();
    this.#decoder = null;
  }
}
