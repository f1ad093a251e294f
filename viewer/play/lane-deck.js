// The deck that plays frames as they come (live.mp4), with Media Source Extensions; see
// contract.js. It is always at the live edge, holds itself there, and can go back as far
// as it keeps what has come.

import { FrameDeck } from "./frame-deck.js";
import { FrameReports } from "./frame-reports.js";
import { joined, moveTo } from "./lane-boxes.js";
import { LaneReader } from "./lane-reader.js";
import { LaneSteering } from "./lane-steering.js";
import { LaneTimes } from "./lane-times.js";
import { STATE_EVENTS, bufferAhead } from "./video.js";

const KEPT = 30; // s behind the playhead
const TIDY = 5000; // ms between two removals of what is older
const KEPT_BYTES = 32 << 20;
const SLOP = 0.5; // s that a seek may lie before the first frame that is kept

/** @returns {boolean} this browser can play frames as they come */
export const playsFrames = () => "MediaSource" in globalThis && "ReadableStream" in globalThis;

/** @typedef {import("./contract.js").PlaybackDeck} PlaybackDeck */

/** @implements {PlaybackDeck} */
export class LaneDeck extends FrameDeck {
  #times = new LaneTimes();
  #steering = new LaneSteering();
  #reports = new FrameReports();
  #timescale = 0;
  #type = "";
  #tidiedAt = 0;
  #rate = 0; // bytes a second that come
  #length = 0; // of the newest frame, s
  /** @type {Uint8Array<ArrayBuffer>[]} what waits to be appended */
  #waiting = [];
  /** @type {number|null} media time of the last frame that was reported, s */
  #frame = null;
  /** @type {SourceBuffer|null} */
  #buffer = null;

  /**
   * @param {import("./contract.js").DeckOptions & {lane: string}} options
   * @param {import("./contract.js").DeckEvents} on
   * @param {typeof LaneReader} Reader
   */
  constructor(options, on, Reader = LaneReader) {
    super(options, on);
    this.#listen();
    this.media = new MediaSource();
    this.address = URL.createObjectURL(this.media);
    this.media.addEventListener("sourceopen", () => this.#open());
    this.video.src = this.address;
    this.reader = new Reader(options.lane, {
      type: (type) => this.#typed(type),
      pieces: (pieces) => this.#pieces(pieces),
      failed: (status, text) => this.fail({ media: false, status, text }),
    });
    if (!options.hold) this.play();
  }

  stop() {
    this.reader.close();
  }

  /** @param {() => void} act on the element's media: what the browser refuses ends it */
  #try(act) {
    try {
      act();
    } catch (error) {
      this.fail({ media: true, status: 0, text: String(error) });
    }
  }

  #listen() {
    const { video } = this;
    for (const name of STATE_EVENTS) video.addEventListener(name, () => this.on.change());
    video.addEventListener("seeked", () => (this.travelling = false));
    video.addEventListener("waiting", () => this.ready && this.standstills.begin(video));
    video.addEventListener("seeking", () => this.standstills.forget());
    video.addEventListener("timeupdate", () => this.#went());
    video.addEventListener("canplay", () => this.#becomeReady());
    video.addEventListener("error", () => this.fail({ media: true, status: 0, text: video.error?.message ?? "" }));
    if ("requestVideoFrameCallback" in video) this.#watchFrames();
  }

  /** As deck.js: nothing is taken down inside such a callback. */
  #watchFrames() {
    this.video.requestVideoFrameCallback((now, { mediaTime }) => {
      if (this.destroyed) return;
      this.#frame = mediaTime;
      this.#reports.told(now, this.video.currentTime);
      this.#watchFrames();
      setTimeout(() => this.#shown(now));
    });
  }

  #shown(at) {
    if (this.destroyed || this.video.seeking) return;
    this.#moved();
    this.#becomeReady();
    this.on.frame(at);
  }

  #went() {
    this.#reports.went(performance.now(), this.video);
    this.#moved();
    this.#becomeReady();
  }

  #becomeReady() {
    if (this.ready || this.video.seeking || this.video.readyState < 2 || (this.tellsFrames && this.#frame === null)) return;
    this.nowReady();
  }

  #moved() {
    const seconds = this.standstills.end(this.video);
    if (seconds === 0) return;
    this.#steering.stalled();
    this.on.stall(seconds);
  }

  // ---- what comes

  #open() {
    URL.revokeObjectURL(this.address);
    this.media.duration = Infinity;
    this.#makeBuffer();
  }

  #makeBuffer() {
    if (this.#buffer || !this.#type || this.media.readyState !== "open") return;
    this.#try(() => {
      const buffer = (this.#buffer = this.media.addSourceBuffer(this.#type));
      buffer.addEventListener("updateend", () => this.#append());
      this.#append();
    });
  }

  #typed(type) {
    const before = this.#type;
    this.#type = type;
    const buffer = this.#buffer;
    if (!buffer) return this.#makeBuffer();
    if (type !== before && !this.destroyed) this.#try(() => buffer.changeType(type));
  }

  #pieces(pieces) {
    if (this.destroyed || this.suspended) return;
    const now = performance.now();
    this.heard();
    for (const piece of pieces) {
      if ("init" in piece) this.#begin(piece);
      else if (this.#timescale > 0) this.#take(piece, now);
    }
    this.#steer();
    this.#append();
  }

  /** @param {import("./lane-boxes.js").Init} init */
  #begin({ init, timescale }) {
    this.known = true;
    if (this.#timescale > 0) {
      this.#times.restart(this.#timescale, timescale);
      this.#steering.restart();
      this.on.discontinuity();
    }
    this.#timescale = timescale;
    this.#waiting.push(init);
  }

  /**
   * @param {import("./lane-boxes.js").Fragment} frame
   * @param {number} now monotonic ms
   */
  #take(frame, now) {
    moveTo(frame, this.#times.place(frame, this.#timescale));
    this.#waiting.push(frame.bytes);
    this.#steering.arrived(now / 1000, frame.date / 1000);
    this.#rate += (frame.bytes.length / Math.max(0.001, frame.duration / this.#timescale) - this.#rate) / 64;
    this.#length = frame.duration / this.#timescale;
  }

  /** All that waits at once: each append costs. */
  #append() {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.destroyed || this.media.readyState !== "open") return;
    this.#try(() => {
      if (this.#waiting.length > 0) buffer.appendBuffer(joined(this.#waiting.splice(0)));
      else this.#tidy(buffer);
    });
  }

  #tidy(buffer) {
    const now = performance.now();
    const { buffered, currentTime } = this.video;
    const kept = Math.min(KEPT, KEPT_BYTES / Math.max(1, this.#rate));
    if (now - this.#tidiedAt < TIDY || buffered.length === 0 || buffered.start(0) > currentTime - kept - 1) return;
    this.#tidiedAt = now;
    buffer.remove(0, currentTime - kept);
  }

  /** Holds the picture at the edge: called as a frame has come, and before it is appended. */
  #steer() {
    const { video } = this;
    const { buffered } = video;
    if (buffered.length === 0) return;
    if (!this.following || video.paused || video.seeking) {
      if (!this.following && video.playbackRate !== 1) video.playbackRate = 1;
      return;
    }
    const { rate, jump } = this.#steering.update(buffered.end(buffered.length - 1) - video.currentTime);
    if (jump > 0) video.currentTime += jump;
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  // ---- what one can see

  get tellsFrames() {
    return "requestVideoFrameCallback" in this.video && !document.hidden && !this.#reports.silent;
  }

  /** Media time of the picture on the screen, s. */
  get #time() {
    return this.#frame === null || this.#reports.silent || this.video.seeking ? this.video.currentTime : this.#frame;
  }

  get position() {
    return this.#times.dateAt(this.video.seeking ? this.video.currentTime : this.#time);
  }

  get shown() {
    return this.#times.dateAt(this.video.seeking && this.#frame !== null ? this.#frame : this.#time);
  }

  get listed() {
    const { buffered } = this.video;
    const last = this.#times.listed;
    if (!last || buffered.length === 0) return null;
    const start = this.#times.dateAt(buffered.start(0));
    return start === null ? null : { start, end: last.end };
  }

  get buffer() {
    return bufferAhead(this.video);
  }

  get edge() {
    return this.buffer;
  }

  // ---- what one can ask for

  /** @param {number} date ms */
  seekToDate(date) {
    const { listed } = this;
    if (!listed || this.suspended || date < listed.start - SLOP * 1000 || date > listed.end) return false;
    const to = this.#times.timeOf(Math.max(date, listed.start));
    if (to === null) return false;
    this.travelling = true;
    this.#frame = null;
    this.#reports.restart();
    this.video.currentTime = to;
    return true;
  }

  seekToEdge() {
    this.travelling = true;
    this.jumpToEdge();
  }

  jumpToEdge() {
    const { buffered } = this.video;
    if (buffered.length === 0) return;
    this.#reports.restart();
    this.video.currentTime = Math.max(buffered.start(0), buffered.end(buffered.length - 1) - this.#length - this.#steering.target);
  }

  destroy() {
    super.destroy();
    this.video.removeAttribute("src");
    this.video.load();
    this.video.remove();
  }
}
