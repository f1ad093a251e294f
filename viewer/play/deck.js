// The deck for browsers that hls.js can work in; see contract.js.

import Hls, { ErrorDetails, ErrorTypes, Events, FetchLoader, XhrLoader } from "../vendor/hls.js";
import { beginAfter, dateAt, listed, mediaTimeOf } from "./program-date-time.js";
import { reportRemovalsBetweenParts } from "./eviction.js";
import { FrameReports } from "./frame-reports.js";
import { blockingLoader } from "./blocking-reload.js";
import { forgetInits, mediaLoader } from "./media-loader.js";
import { LONG_PATIENCE, worthRetrying } from "./recovery.js";
import { Standstills, VideoDeck } from "./video-deck.js";
import { STATE_EVENTS, bufferAhead, silent } from "./video.js";

/** hls.js can work here (MediaSource, or ManagedMediaSource as on iPhone). */
export const supported = () => Hls.isSupported();

/** On iPhone a playback rate other than 1 disturbs more than it helps. */
export const steerable = () => "MediaSource" in globalThis;

const retry = (maxNumRetry, retryDelayMs, maxRetryDelayMs) => ({
  maxNumRetry, retryDelayMs, maxRetryDelayMs, backoff: "linear", shouldRetry: worthRetrying,
});

/** Errors of hls.js that are about the buffer, and not about what is in it. */
const BUFFER_ONLY = new Set([
  ErrorDetails.BUFFER_STALLED_ERROR, ErrorDetails.BUFFER_SEEK_OVER_HOLE, ErrorDetails.BUFFER_NUDGE_ON_STALL, ErrorDetails.BUFFER_FULL_ERROR, ErrorDetails.BUFFER_APPEND_NO_PROGRESS,
]);

const NEAR = 1; // s; a frame this near to where a seek leads is one of it

const policy = (first, whole, errors, timeouts) => ({
  default: { maxTimeToFirstByteMs: first, maxLoadTimeMs: whole, errorRetry: errors, timeoutRetry: timeouts },
});

/** @typedef {import("./contract.js").PlaybackDeck} PlaybackDeck */

/** @type {Partial<import("hls.js").HlsConfig>} */
const CONFIG = {
  startFragPrefetch: true,
  enableWorker: false, // fragmented MP4 is passed through, there is nothing to transmux
  lowLatencyMode: true,
  liveSyncOnStallIncrease: 0, // steering.js does this,
  maxLiveSyncPlaybackRate: 1, // and this
  liveDurationInfinity: true,
  // Nearer than that to a segment's end it begins with the next one: by default
  // a quarter of a second, which is as much beside the instant asked for.
  maxFragLookUpTolerance: 0.05,
  backBufferLength: 45,
  maxBufferLength: 30,
  // A server that restarts is waited for inside the player, which is smoother
  // than a new one; the first request fails at once, and the player's owner
  // tries again in its own rhythm.
  manifestLoadPolicy: policy(5000, 10_000, retry(0, 0, 0), retry(0, 0, 0)),
  playlistLoadPolicy: policy(5000, 10_000, retry(12, 250, 1000), retry(4, 0, 0)),
  // A segment that is late gets on: another try would begin with its first byte.
  fragLoadPolicy: policy(5000, LONG_PATIENCE, retry(8, 250, 1000), retry(4, 0, 0)),
};

/** @returns {import("./rates.js").Load} */
function loadOf({ stats: { loading, loaded }, duration, url }, part) {
  const { start, first, end } = loading;
  return { at: end, first: first - start, took: end - start, bytes: loaded, seconds: duration, part, url };
}

/** @returns {import("./rates.js").Coming|null} */
function comingOf({ stats: { loading, loaded, total, aborted }, duration, url }, part, now) {
  const { start, first, end } = loading;
  if (start === 0 || end > 0 || aborted) return null;
  return { at: now, first: (first || now) - start, took: now - start, bytes: loaded, total, seconds: duration, part, url };
}

/** @implements {PlaybackDeck} */
export class Deck extends VideoDeck {
  native = false;
  steersItself = false;
  ready = false;
  travelling = false;
  suspended = false;
  recoveries = 0;
  /** @type {string|null} */
  source = null;
  /** @type {import("hls.js").LevelDetails|null} */
  #details = null;
  #loadedAt = -Infinity; // when the playlist was last read, monotonic ms
  /** @type {{time: number, fresh: boolean}|null} the last frame that was reported: its media time (s), and that it is one of after the last seek */
  #frame = null;
  #reports = new FrameReports();
  #soughtAt = -Infinity; // monotonic ms
  /** @type {number|null} discontinuity sequence of what is appended */
  #discontinuity = null;
  #following = true;
  #whole = false;
  /** @type {{piece: any, part: boolean}|null} what hls.js asked for last: it renews its stats */
  #asked = null;
  #anew = false; // what is loaded is loaded past every cache
  #standstills = new Standstills();
  #destroyed = false;

  /**
   * @param {import("./contract.js").DeckOptions} options
   * @param {import("./contract.js").DeckEvents} on
   * @param {typeof Hls} Engine
   */
  constructor({ url, live, at, after = false, hold, eager = false, whole = false, parent }, on, Engine = Hls) {
    super({ hold, parent }, on);
    this.live = live;
    this.#whole = whole;
    this.after = after;
    this.eager = eager;
    this.#listen();
    // At the live edge hls.js starts by itself: only then does it ask for the
    // next playlist at once. For an instant, its place must be known first.
    this.atEdge = live && at === null;
    const pLoader = blockingLoader(XhrLoader, () => (this.following ? this.#details : null), () => !this.#whole);
    const fLoader = mediaLoader(XhrLoader, FetchLoader, () => this.#anew);
    this.hls = new Engine({ ...CONFIG, pLoader, fLoader, autoStartLoad: this.atEdge, lowLatencyMode: !whole });
    reportRemovalsBetweenParts(this.hls, Events);
    this.#follow(at);
    this.hls.attachMedia(this.video);
    this.hls.loadSource(url);
  }

  /** @param {number|null} at */
  #follow(at) {
    const { hls } = this;
    hls.on(Events.LEVEL_LOADED, (_, { details }) => {
      const first = this.#loadedAt === -Infinity; // LEVEL_UPDATED comes before
      this.#details = details;
      this.#loadedAt = performance.now();
      this.source ??= details.url;
      if (first) this.#start(details, at);
      if (!details.live) this.#over();
    });
    hls.on(Events.LEVEL_UPDATED, (_, { details }) => (this.#details = details));
    hls.on(Events.BUFFER_APPENDED, (_, { frag, part, timeRanges }) => {
      const ranges = timeRanges.video ?? timeRanges.audiovideo;
      if (frag.sn === "initSegment" || !ranges?.length) return;
      if (this.#discontinuity === null) this.#showFirst(ranges.start(0));
      else if (frag.cc !== this.#discontinuity) this.on.discontinuity();
      this.#discontinuity = frag.cc;
      if (part || this.#whole) this.on.part(performance.now() / 1000, ranges.end(ranges.length - 1));
    });
    hls.on(Events.FRAG_LOADING, (_, { frag, part }) => {
      if (frag.sn !== "initSegment") this.#asked = { piece: part ?? frag, part: Boolean(part) };
    });
    hls.on(Events.FRAG_LOADED, (_, { frag, part }) => {
      if (frag.sn !== "initSegment") this.on.loaded(loadOf(part ?? frag, Boolean(part)));
    });
    // hls.js mends what can't be decoded with another MediaSource, under which the element has stopped.
    let attached = false;
    hls.on(Events.MEDIA_ATTACHED, () => {
      if (attached && !this.holding) this.play();
      attached = true;
    });
    hls.on(Events.ERROR, (_, data) => {
      const media = data.type === ErrorTypes.MEDIA_ERROR;
      // What can't be decoded may be what a cache has. hls.js tries again by itself, or is told to.
      if (media && !BUFFER_ONLY.has(data.details)) this.#loadAnew();
      if (data.fatal) this.on.fatal({ media, status: data.response?.code ?? 0, text: data.details });
    });
  }

  /**
   * An eager deck at the edge shows its first frame as soon as it is there: hls.js itself
   * waits for all parts that the growing segment has, and then goes to the edge.
   */
  #showFirst(start) {
    if (this.eager && this.atEdge && this.video.currentTime < start) this.#seek(start);
  }

  #start(details, at) {
    if (!this.holding) this.play();
    if (at === null || this.atEdge) return;
    const where = (this.after ? beginAfter(details, at) : null) ?? mediaTimeOf(details, at);
    if (where === null) return this.on.missing();
    this.hls.startLoad(where);
  }

  #over() {
    if (!this.live) return;
    this.live = false;
    this.on.over();
  }

  #listen() {
    const { video } = this;
    video.addEventListener("seeked", () => (this.travelling = false));
    for (const name of STATE_EVENTS) video.addEventListener(name, () => this.on.change());
    video.addEventListener("ended", () => this.on.ended());
    video.addEventListener("waiting", () => this.ready && this.#standstills.begin(video));
    video.addEventListener("seeking", () => this.#standstills.forget());
    video.addEventListener("timeupdate", () => this.#went());
    video.addEventListener("canplay", () => this.#becomeReady());
    if ("requestVideoFrameCallback" in video) this.#watchFrames();
  }

  /**
   * Only notes the frame, and tells of it in a task of its own, since whoever hears of
   * it may take down media. When that happens inside such a callback, Firefox (seen
   * with 153) calls back no more, for any video.
   */
  #watchFrames() {
    this.video.requestVideoFrameCallback((now, { mediaTime, presentationTime = now }) => {
      if (this.#destroyed) return;
      const frame = { time: mediaTime, fresh: this.#isFresh(mediaTime, presentationTime) };
      this.#frame = frame;
      this.#reports.told(now, this.video.currentTime);
      this.#watchFrames();
      setTimeout(() => this.#shown(frame, now));
    });
  }

  #shown(frame, at) {
    if (this.#destroyed) return;
    this.#moved();
    if (!frame.fresh || frame !== this.#frame) return;
    this.#becomeReady();
    this.on.frame(at);
  }

  /** A frame of before a seek may be reported when that is under way, and even when it is over. */
  #isFresh(mediaTime, presentationTime) {
    const { video } = this;
    return presentationTime >= this.#soughtAt && (!video.seeking || Math.abs(mediaTime - video.currentTime) < NEAR);
  }

  #seek(to) {
    this.#soughtAt = performance.now();
    if (this.#frame) this.#frame.fresh = false;
    this.#reports.restart();
    this.video.currentTime = to;
  }

  /** The playhead has gone on. */
  #went() {
    this.#reports.went(performance.now(), this.video);
    this.#moved();
    this.#becomeReady();
  }

  #becomeReady() {
    // Where frames are reported, the first report says that there is something to see.
    if (this.ready || this.video.seeking || this.video.readyState < 2) return;
    if (this.tellsFrames && this.#frame === null) return;
    this.ready = true;
    this.on.ready();
  }

  #moved() {
    const seconds = this.#standstills.end(this.video);
    if (seconds > 0) this.on.stall(seconds);
  }

  get stalls() {
    return this.#standstills.count;
  }

  get stalledSeconds() {
    return this.#standstills.seconds;
  }

  /** Each frame is reported: the browser does so, the page is seen, and it has not stopped doing so. */
  get tellsFrames() {
    return "requestVideoFrameCallback" in this.video && !document.hidden && !this.#reports.silent;
  }

  /** @returns {{time: number, fresh: boolean}|null} the frame on the screen, where that is known */
  get #seen() {
    return this.#reports.silent ? null : this.#frame;
  }

  get known() {
    return this.#details !== null;
  }

  get coming() {
    return this.#asked && comingOf(this.#asked.piece, this.#asked.part, performance.now());
  }

  get partTarget() {
    return this.#details?.partTarget ?? null;
  }

  get segmentTarget() {
    return this.#details?.targetduration ?? null;
  }

  get staleness() {
    return performance.now() - this.#loadedAt;
  }

  get position() {
    if (!this.#details) return null;
    return dateAt(this.#details, this.#seen?.fresh && !this.video.seeking ? this.#seen.time : this.video.currentTime);
  }

  get shown() {
    if (!this.#details) return null;
    // Until a seek is over, the frame of before it stays.
    return dateAt(this.#details, this.#seen && (this.#seen.fresh || this.video.seeking) ? this.#seen.time : this.video.currentTime);
  }

  get listed() {
    return this.#details && listed(this.#details);
  }

  get buffer() {
    return bufferAhead(this.video);
  }

  get left() {
    return this.live || Number.isNaN(this.video.duration) ? Infinity : (this.video.duration - this.video.currentTime) / this.video.playbackRate;
  }

  get edge() {
    return this.#details ? this.#edge(this.#details) - this.video.currentTime : 0;
  }

  /** Media time (s) up to which there is something that would be loaded. */
  #edge(details) {
    return this.#whole ? details.fragmentEnd : details.edge;
  }

  /** @param {number} date ms */
  seekToDate(date) {
    const to = this.#details && mediaTimeOf(this.#details, date);
    if (to === null) return false;
    this.travelling = true;
    this.#seek(to);
    return true;
  }

  /** @param {number} distance s */
  seekToEdge(distance) {
    this.travelling = true;
    this.jumpToEdge(distance);
  }

  /** @param {number} distance s */
  jumpToEdge(distance) {
    if (this.#details) this.#seek(Math.max(0, this.#edge(this.#details) - distance));
  }

  /** Rewound, the playlist is read once a segment instead of once a part. */
  set following(yes) {
    this.#following = yes;
    this.#pace();
  }

  get following() {
    return this.live && this.#following;
  }

  /** Where parts can't come in time, the playlist is read once a segment too. */
  set whole(yes) {
    this.#whole = yes;
    this.#pace();
  }

  get whole() {
    return this.#whole;
  }

  #pace() {
    this.hls.lowLatencyMode = this.#following && !this.#whole;
  }

  suspend() {
    this.hls.stopLoad();
    this.suspended = true;
  }

  resume() {
    if (!this.suspended) return;
    this.suspended = false;
    this.hls.startLoad(this.video.currentTime);
  }

  #loadAnew() {
    this.#anew = true;
    forgetInits(this.#details);
  }

  recover() {
    this.recoveries++;
    this.hls.recoverMediaError();
    this.play();
  }

  destroy() {
    this.#destroyed = true;
    this.on = silent;
    this.hls.destroy();
    this.video.remove();
  }
}
