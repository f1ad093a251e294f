// One video element with one player on it, from creation to destruction.
// Knows media time and wall clock; knows nothing of modes, cameras and retries.

import Hls, { Events, ErrorTypes, XhrLoader } from "./vendor/hls.js";
import { beginAfter, dateAt, listed, mediaTimeOf } from "./pdt.js";
import { reportRemovalsBetweenParts } from "./eviction.js";
import { heldLoader } from "./held.js";
import { worthRetrying } from "./recovery.js";

/** hls.js can work here (MediaSource, or ManagedMediaSource as on iPhone). */
export const supported = () => Hls.isSupported();

/** On iPhone a playback rate other than 1 disturbs more than it helps. */
export const steerable = () => "MediaSource" in globalThis;

const retry = (maxNumRetry, retryDelayMs, maxRetryDelayMs) => ({
  maxNumRetry, retryDelayMs, maxRetryDelayMs, backoff: "linear", shouldRetry: worthRetrying,
});

const policy = (first, whole, errors, timeouts) => ({
  default: { maxTimeToFirstByteMs: first, maxLoadTimeMs: whole, errorRetry: errors, timeoutRetry: timeouts },
});

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
  fragLoadPolicy: policy(5000, 20_000, retry(8, 250, 1000), retry(4, 0, 0)),
};

export class Deck {
  /**
   * @param {object} options
   * @param {string} options.url media playlist
   * @param {boolean} options.live a playlist that goes on
   * @param {number|null} options.at where to begin (ms since 1970); null: the live edge
   * @param {boolean} options.after begin with the first segment that follows `at`, where another one ended
   * @param {boolean} options.eager show the first frame there is, even if it is not yet the right one
   * @param {boolean} options.hold stay paused on the first frame
   * @param {HTMLElement} options.parent
   * @param {object} on callbacks: ready(), fatal({media, status, text}), missing() when `at` is not listed,
   *   frame(), ended(), part(seconds, mediaEnd), stall(seconds), discontinuity(), change()
   */
  constructor({ url, live, at, after = false, hold, eager, parent }, on) {
    Object.assign(this, { url, live, after, hold, eager, on, ready: false, details: null, mended: 0, frame: null, stalls: 0, stalledSeconds: 0, travelling: false });
    this.loadedAt = null;
    this.video = createVideo(parent);
    this.#listen();
    // At the live edge hls.js starts by itself: only then does it ask for the
    // next playlist at once. For an instant, its place must be known first.
    this.atEdge = live && at === null;
    const pLoader = heldLoader(XhrLoader, () => (this.following ? this.details : null));
    this.hls = new Hls({ ...CONFIG, pLoader, autoStartLoad: this.atEdge });
    reportRemovalsBetweenParts(this.hls, Events);
    this.#follow(at);
    this.hls.attachMedia(this.video);
    this.hls.loadSource(url);
  }

  #follow(at) {
    const { hls } = this;
    hls.on(Events.LEVEL_LOADED, (_, { details }) => {
      const first = this.loadedAt === null;
      this.details = details;
      this.loadedAt = performance.now();
      if (first) this.#start(at);
    });
    hls.on(Events.LEVEL_UPDATED, (_, { details }) => (this.details = details));
    hls.on(Events.BUFFER_APPENDED, (_, { frag, part, timeRanges }) => {
      const ranges = timeRanges.video ?? timeRanges.audiovideo;
      if (frag.sn === "initSegment" || !ranges?.length) return;
      if (this.cc === undefined) this.#showFirst(ranges.start(0));
      else if (frag.cc !== this.cc) this.on.discontinuity();
      this.cc = frag.cc;
      if (part) this.on.part(performance.now() / 1000, ranges.end(ranges.length - 1));
    });
    hls.on(Events.ERROR, (_, data) => {
      if (data.fatal) this.on.fatal({ media: data.type === ErrorTypes.MEDIA_ERROR, status: data.response?.code ?? 0, text: data.details });
    });
  }

  /**
   * An eager deck at the edge shows its first frame as soon as it is there: hls.js itself
   * waits for all parts that the growing segment has, and then goes to the edge.
   */
  #showFirst(start) {
    if (this.eager && this.atEdge && this.video.currentTime < start) this.video.currentTime = start;
  }

  #start(at) {
    if (!this.hold) this.play();
    if (this.atEdge) return;
    const where = (this.after ? beginAfter(this.details, at) : null) ?? mediaTimeOf(this.details, at);
    if (where === null) return this.on.missing();
    this.hls.startLoad(where);
  }

  #listen() {
    const { video } = this;
    video.addEventListener("seeked", () => (this.travelling = false));
    for (const name of ["play", "playing", "pause", "waiting", "seeking", "seeked", "ended"]) {
      video.addEventListener(name, () => this.on.change());
    }
    video.addEventListener("ended", () => this.on.ended());
    video.addEventListener("waiting", () => this.#stall());
    video.addEventListener("seeking", () => (this.stalledAt = null));
    video.addEventListener("timeupdate", () => this.#moved());
    video.addEventListener("canplay", () => this.#becomeReady());
    if ("requestVideoFrameCallback" in video) this.#watchFrames();
  }

  #watchFrames() {
    this.video.requestVideoFrameCallback((now, { mediaTime, expectedDisplayTime }) => {
      if (this.destroyed) return;
      this.frame = { mediaTime, at: expectedDisplayTime ?? now };
      this.#moved();
      this.#becomeReady();
      this.on.frame();
      this.#watchFrames();
    });
  }

  #becomeReady() {
    // Where frames are reported, the first report says that there is something
    // to see; a hidden page gets none.
    if (this.ready || this.video.seeking || this.video.readyState < 2) return;
    if ("requestVideoFrameCallback" in this.video && !this.frame && !document.hidden) return;
    this.ready = true;
    this.on.ready();
  }

  #stall() {
    if (!this.ready || this.video.seeking || this.video.paused || this.stalledAt != null) return;
    this.stalledAt = performance.now();
    this.stalledFrom = this.video.currentTime;
  }

  #moved() {
    if (this.stalledAt == null || this.video.currentTime <= this.stalledFrom) return;
    const seconds = (performance.now() - this.stalledAt) / 1000;
    this.stalledAt = null;
    this.stalls++;
    this.stalledSeconds += seconds;
    this.on.stall(seconds);
  }

  /** Monotonic ms since the playlist was last read; Infinity before. */
  get staleness() {
    return this.loadedAt === null ? Infinity : performance.now() - this.loadedAt;
  }

  /** Wall clock (ms) of the picture on the screen, or null. */
  get position() {
    if (!this.details) return null;
    return dateAt(this.details, this.video.seeking || !this.frame ? this.video.currentTime : this.frame.mediaTime);
  }

  /** Wall clock (ms) of first and last moment of the playlist, or null. */
  get listed() {
    return this.details && listed(this.details);
  }

  /** Seconds of picture in the buffer ahead of the playhead. */
  get buffer() {
    return bufferAhead(this.video);
  }

  /** Seconds until the end of a playlist that has one; Infinity while it goes on. */
  get left() {
    return this.live || Number.isNaN(this.video.duration) ? Infinity : (this.video.duration - this.video.currentTime) / this.video.playbackRate;
  }

  /** Seconds from the playhead to the newest announced picture. */
  get edge() {
    return this.details ? this.details.edge - this.video.currentTime : 0;
  }

  play() {
    this.hold = false;
    // Refused autoplay shows as paused, which is what the page then says.
    this.video.play().catch(() => {});
  }

  /** To an instant (ms); false when the playlist doesn't have it. */
  seekToDate(date) {
    const to = this.details && mediaTimeOf(this.details, date);
    if (to === null) return false;
    this.travelling = true;
    this.video.currentTime = to;
    return true;
  }

  /** To so many seconds before the newest announced picture. */
  seekToEdge(distance) {
    this.travelling = true;
    this.jumpToEdge(distance);
  }

  /** The same as a correction on the way, not as a journey: the picture counts meanwhile. */
  jumpToEdge(distance) {
    this.video.currentTime = Math.max(0, this.details.edge - distance);
  }

  /** Rewound, the playlist is read once a segment instead of once a part. */
  set following(yes) {
    this.hls.lowLatencyMode = yes;
  }

  get following() {
    return this.live && this.hls.lowLatencyMode;
  }

  /** Load nothing more; the picture stays. */
  suspend() {
    this.hls.stopLoad();
    this.suspended = true;
  }

  resume() {
    if (!this.suspended) return;
    this.suspended = false;
    this.hls.startLoad(this.video.currentTime);
  }

  mend() {
    this.mended++;
    this.hls.recoverMediaError();
    this.play();
  }

  destroy() {
    this.destroyed = true;
    this.on = silent;
    this.hls.destroy();
    this.video.remove();
  }
}

/** Seconds of picture that a video has from its playhead on. */
export function bufferAhead({ buffered, currentTime }) {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.05 && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  }
  return 0;
}

const nothing = () => {};
/** Callbacks of a deck that is gone. */
export const silent = { ready: nothing, fatal: nothing, missing: nothing, frame: nothing, ended: nothing, part: nothing, stall: nothing, discontinuity: nothing, change: nothing };

/** Behind the one that is shown, which therefore is always the first in the document. */
export function createVideo(parent) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.disableRemotePlayback = true;
  video.tabIndex = -1;
  video.setAttribute("aria-label", "Camera picture");
  parent.append(video);
  return video;
}
