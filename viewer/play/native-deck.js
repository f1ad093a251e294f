// A deck for browsers that play HLS themselves and offer no MediaSource: iPhones
// before iOS 17.1; see contract.js. Does what a video element can. The element
// knows the wall clock by getStartDate (HTML, "timeline offset").

import { VideoDeck } from "./video-deck.js";
import { STATE_EVENTS, bufferAhead, silent } from "./video.js";

export const TYPE = "application/vnd.apple.mpegurl";

const GIVES_UP = 15_000; // ms without any data
const HOLD_BACK = 1.5; // s; what browsers with a player of their own are comfortable with
const LIVE_LISTS = 90_000; // ms that surely can be seeked in, in live.m3u8

/** @returns {boolean} the browser plays HLS by itself */
export const playsNatively = () => document.createElement("video").canPlayType(TYPE) !== "";

/** @typedef {import("./contract.js").PlaybackDeck} PlaybackDeck */

/** @implements {PlaybackDeck} */
export class NativeDeck extends VideoDeck {
  native = true;
  steersItself = false;
  tellsFrames = false; // the playhead is enough
  known = false; // what is in the playlist the element doesn't tell
  partTarget = null;
  coming = null;
  source = null;
  segmentTarget = null;
  whole = true; // how it loads is its own affair
  recoveries = 1; // there is nothing to recover: a failed element is replaced
  stalls = 0;
  stalledSeconds = 0;
  staleness = 0;
  edge = 0; // nobody steers it
  ready = false;
  travelling = false;
  suspended = false;
  following = false;
  /** @type {number|null} wall clock (ms) of the picture that a seek has left */
  #left = null;

  /**
   * @param {import("./contract.js").DeckOptions} options
   * @param {import("./contract.js").DeckEvents} on
   */
  constructor({ url, live, at, hold, parent }, on) {
    super({ hold, parent }, on);
    this.url = url;
    this.live = live;
    this.at = at;
    const { video } = this;
    video.addEventListener("loadedmetadata", () => this.#start());
    video.addEventListener("canplay", () => this.#becomeReady());
    video.addEventListener("seeked", () => {
      this.travelling = false;
      this.#becomeReady();
    });
    video.addEventListener("ended", () => {
      if (this.live) this.on.over();
      this.live = false;
      this.on.ended();
    });
    video.addEventListener("error", () => this.#failed("the browser can’t play it"));
    for (const name of STATE_EVENTS) video.addEventListener(name, () => this.on.change());
    this.timer = setTimeout(() => this.#failed("nothing came"), GIVES_UP);
    this.#load();
  }

  #load() {
    this.video.src = this.url;
    if (!this.holding) this.play();
  }

  #start() {
    clearTimeout(this.timer);
    if (this.at !== null && !this.seekToDate(this.at) && this.live) this.on.missing();
  }

  #becomeReady() {
    if (this.ready || this.video.seeking || this.video.readyState < 2) return;
    this.ready = true;
    this.on.ready();
  }

  // A media element tells no status: whoever asked for a time that isn't there is told by asking.
  async #failed(text) {
    const answer = await fetch(this.url, { method: "HEAD" }).catch(() => null);
    this.on.fatal({ media: false, status: answer?.status ?? 0, text });
  }

  /** Wall clock (ms) of media time 0, or null. */
  get #zero() {
    const video = /** @type {HTMLVideoElement & {getStartDate?: () => Date}} */ (this.video);
    const date = video.getStartDate?.().getTime();
    return date !== undefined && Number.isFinite(date) ? date : null;
  }

  get position() {
    const zero = this.#zero;
    return zero === null ? null : zero + this.video.currentTime * 1000;
  }

  get shown() {
    return this.video.seeking ? this.#left : this.position;
  }

  get listed() {
    const { seekable } = this.video;
    const zero = this.#zero;
    if (zero === null || !seekable.length) return null;
    return { start: zero + seekable.start(0) * 1000, end: zero + seekable.end(seekable.length - 1) * 1000 };
  }

  get left() {
    const { duration, currentTime } = this.video;
    return this.live || Number.isNaN(duration) ? Infinity : duration - currentTime;
  }

  get buffer() {
    return bufferAhead(this.video);
  }

  /** @param {number} date ms */
  seekToDate(date) {
    const { listed } = this;
    const zero = this.#zero;
    if (zero === null || !listed || date > listed.end || date < (this.live ? listed.end - LIVE_LISTS : listed.start) - 1000) return false;
    this.travelling = true;
    this.#left = this.shown;
    this.video.currentTime = Math.max(0, (date - zero) / 1000);
    return true;
  }

  seekToEdge() {
    if (!this.video.seekable.length) return;
    this.travelling = true;
    this.#left = this.shown;
    this.jumpToEdge();
  }

  jumpToEdge() {
    const { seekable } = this.video;
    if (seekable.length) this.video.currentTime = Math.max(0, seekable.end(seekable.length - 1) - HOLD_BACK);
  }

  /** A paused element loads little more than it has; leaving it is all there is. */
  suspend() {
    this.suspended = true;
    this.video.pause();
  }

  resume() {
    this.suspended = false;
  }

  recover() {
    this.recoveries++;
    this.play();
  }

  destroy() {
    this.on = silent;
    clearTimeout(this.timer);
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load(); // else some keep on loading
    this.video.remove();
  }
}
