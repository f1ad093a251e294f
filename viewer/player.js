// What plays: live or a moment of the past, and how the page gets from one to
// the other without a black picture. There are at most two decks: the one on
// the screen and the next one, which takes over once it has a picture.

import { Deck, steerable, supported } from "./deck.js";
import { NativeDeck } from "./native.js";
import { Backoff, Watchdog, remedy } from "./recovery.js";
import { PREPARE, beyond, sliceAfter, sliceAround, sourceFor } from "./slices.js";
import { Steering } from "./steering.js";

const TICK = 100; // ms
const NEXT_MUST_BE_READY = 8000; // ms, else it is tried again
const JOIN = 2000; // ms; a new picture may take this long to get to the edge
const FRESH = 3000; // ms; a live playlist read this lately can be seeked in to its edge
const ASLEEP = 4000; // ms without a tick: the machine slept or the page was frozen
/** How far (s) from the camera a browser may be that plays HLS by itself. */
const NATIVE_TARGET = 3;
/** What live.m3u8 lists (ms), as long as none has been read. */
const LIVE_LISTS = 110_000;
const DEFAULT_PART = 0.1;
/** A slice this near to its end (ms) hands over on time and not at the next tick. */
const SOON = 250;
/** The next slice begins to play so long (ms) before it is due: a frame to get going. */
const HEADSTART = 20;

export class Player {
  /**
   * @param {HTMLElement} parent where the video elements go
   * @param {import("./clock.js").ServerClock} clock
   * @param {() => void} changed called when anything worth showing has changed
   * @param {(at: number) => void} nowhere called when there is no picture at an instant (ms)
   * @param {(at: number) => Promise<number|null>} nextPicture the first instant with a picture from there on (ms)
   */
  constructor(parent, clock, changed, nowhere, nextPicture) {
    Object.assign(this, { parent, clock, changed, nowhere, nextPicture });
    this.front = null;
    this.next = null; // replaces the front when it has a picture
    this.urls = null;
    this.intent = { mode: "live" };
    this.wantPaused = false;
    this.frameRate = 30;
    this.cameraState = null;
    this.counters = { rebuilds: 0, stalls: 0, stalledSeconds: 0, dropped: 0 };
    this.backoff = new Backoff();
    this.watchdog = new Watchdog();
    this.steering = new Steering({ partTarget: DEFAULT_PART, steerable: steerable() });
    this.latencies = [];
    this.firstFrameMs = null;
    this.frontSince = -Infinity; // when the deck on the screen got its picture
    this.tickedAt = performance.now();
    setInterval(() => this.#tick(performance.now()), TICK);
    document.addEventListener("visibilitychange", () => document.hidden || this.#awake());
  }

  // ---- what one can ask for

  /**
   * Begins with a camera.
   * @param {{live: string, window: string}} urls relative to the page
   * @param {number|null} at an instant (ms), or null for live
   */
  open(urls, at = null) {
    this.close();
    this.urls = urls;
    if (at === null) this.goLive();
    else this.seekTo(at);
  }

  close() {
    clearTimeout(this.retryTimer);
    this.front?.destroy();
    this.next?.destroy();
    this.front = this.next = null;
    this.failed = false;
    this.latencies = [];
    this.cameraState = null;
    this.backoff.reset();
  }

  goLive() {
    this.wantPaused = false;
    this.#intend({ mode: "live" });
    const deck = this.front;
    // A deck that follows the edge seeks there; a rewound one reads its playlist
    // too seldom to know where that is, and a new one is as quick.
    if (deck?.following && deck.ready && !deck.suspended && deck.staleness < FRESH && !this.failed) {
      this.#dropNext();
      this.#adopt(deck);
      deck.seekToEdge(this.steering.target);
      deck.play();
    } else {
      this.#build();
    }
  }

  /** @param {number} at ms since 1970 */
  seekTo(at) {
    this.#intend({ mode: "history", at });
    const deck = this.front;
    const where = sourceFor(at, (deck?.live && deck.listed) || this.#assumedLive());
    const here = deck && !this.failed && !deck.suspended && deck.live === (where === "live-playlist");
    if (here && deck.seekToDate(at)) {
      this.#dropNext();
      this.#adopt(deck);
      if (!this.wantPaused) deck.play();
    } else {
      this.#build(where);
    }
  }

  pause() {
    this.wantPaused = true;
    this.front?.video.pause();
    this.front?.suspend();
    if (this.next) {
      this.next.hold = true;
      this.next.video.pause();
    }
  }

  play() {
    this.wantPaused = false;
    const at = this.position;
    const deck = this.front;
    if (!deck || at === null) return this.goLive();
    // What a slice lists stays; a live playlist has gone on meanwhile.
    if (deck.live && deck.suspended) {
      const listed = at >= this.clock.now() - LIVE_LISTS / 2;
      if (!listed) return this.seekTo(at);
    }
    this.#intend({ mode: "history", at });
    this.#adopt(deck);
    deck.resume();
    deck.play();
  }

  /** What was asked for last is still on its way to the screen. */
  get busy() {
    const { front, next } = this;
    return Boolean((next && !next.chained && !next.ready) || front?.video.seeking);
  }

  // ---- what one can see

  get live() {
    return this.intent.mode === "live";
  }

  /** Wall clock (ms) of the picture, or of the moment that was asked for, or null. */
  get position() {
    if (this.front?.intent === this.intent && !this.front.video.seeking) return this.front.position;
    return this.live ? (this.front?.position ?? null) : this.intent.at;
  }

  /** Seconds between the server's now and the picture on the screen: the median of the last second. */
  get latency() {
    if (!this.latencies.length) return null;
    const sorted = this.latencies.map((l) => l.seconds).sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  }

  /** Facts for state.js; camera and reachable come from the API. */
  get facts() {
    const deck = this.front;
    return {
      mode: this.intent.mode,
      picture: Boolean(deck?.ready && deck.intent === this.intent && !deck.travelling),
      paused: Boolean(deck?.video.paused && !deck.video.ended && !deck.hold),
      moving: this.#moving(),
      latency: this.latency,
      target: deck?.native ? NATIVE_TARGET : this.steering.target,
      joining: performance.now() - this.frontSince < JOIN,
      failed: Boolean(this.failed),
    };
  }

  #moving() {
    const patience = Math.max(700, 3000 / this.frameRate);
    return this.movedAt !== undefined && performance.now() - this.movedAt < patience;
  }

  // ---- decks

  #intend(intent) {
    clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.intent = intent;
    this.latencies = [];
    this.changed();
  }

  #assumedLive() {
    const now = this.clock.now();
    return { start: now - LIVE_LISTS, end: now };
  }

  /** Makes the deck on the screen serve the present intent. */
  #adopt(deck) {
    deck.intent = this.intent;
    if (deck.live) deck.following = this.live;
    deck.video.playbackRate = 1;
    this.steering.restart();
  }

  #dropNext() {
    this.next?.destroy();
    this.next = null;
  }

  /** A new deck for the present intent; it takes over when it has a picture. */
  #build(where = this.live ? "live-playlist" : sourceFor(this.intent.at, this.#assumedLive())) {
    this.#dropNext();
    if (!this.urls) return;
    const at = this.live ? null : this.intent.at;
    if (where === "live-playlist") this.next = this.#deck(this.urls.live, { live: true, at, hold: this.wantPaused });
    else this.next = this.#deck(sliceAround(this.urls.window, at), { live: false, at, hold: this.wantPaused });
    // Nothing to keep on the screen: the first picture may show as it comes.
    if (!this.front) this.#swap();
  }

  #deck(url, { live, at, hold, after = false }) {
    const intent = this.intent;
    // Whoever comes from the past would rather see the live picture a little
    // late at first than the old one for longer.
    const eager = this.front === null || !this.front.following;
    const Kind = supported() ? Deck : NativeDeck;
    const deck = new Kind({ url, live, at, hold, after, eager, parent: this.parent }, {
      ready: () => this.#deckReady(deck),
      fatal: (error) => this.#deckFailed(deck, error),
      missing: () => this.#missing(deck),
      frame: () => deck === this.front && this.#frame(deck),
      ended: () => deck === this.front && this.#handOver(deck),
      part: (seconds, end) => deck === this.front && this.steering.arrived(seconds, end),
      stall: (seconds) => deck === this.front && this.#stalled(seconds),
      discontinuity: () => deck === this.front && this.steering.restart(),
      change: () => deck === this.front && this.changed(),
    });
    deck.intent = intent;
    deck.bornAt = performance.now();
    if (live) deck.following = intent.mode === "live";
    return deck;
  }

  /** The playlist doesn't list the instant. */
  #missing(deck) {
    if (deck.chained) return this.#overGap(deck);
    if (deck.live) return this.#build("slice");
    if (deck === this.next) this.#dropNext();
    this.nowhere(deck.intent.at);
  }

  /** After what plays comes a gap longer than a slice: on to what follows it, or else live. */
  async #overGap({ intent, end }) {
    this.#dropNext();
    const { front } = this;
    front.continueAt = null;
    const at = await this.nextPicture(beyond(end)).catch(() => null);
    if (front !== this.front || intent !== this.intent) return;
    if (at !== null && at > end) front.continueAt = at;
    else if (front.video.ended) this.goLive();
  }

  #deckReady(deck) {
    if (deck === this.next && !deck.chained) this.#swap();
    if (deck !== this.front) return;
    this.failed = false;
    this.frontSince = performance.now();
    this.#aim(deck.details?.partTarget);
    this.changed();
  }

  #swap() {
    const old = this.front;
    this.front = this.next;
    this.next = null;
    this.front.chained = false;
    if (this.front.ready) {
      this.failed = false;
      this.frontSince = performance.now();
      this.#aim(this.front.details?.partTarget);
    }
    this.steering.restart();
    this.counters.stalls += old?.stalls ?? 0;
    this.counters.stalledSeconds += old?.stalledSeconds ?? 0;
    this.counters.dropped += old ? dropped(old) : 0;
    old?.destroy();
    this.latencies = [];
    this.changed();
  }

  #aim(partTarget) {
    if (!partTarget || partTarget === this.steering.partTarget) return;
    this.steering = new Steering({ partTarget, steerable: steerable() });
  }

  #deckFailed(deck, error) {
    if (remedy({ media: error.media, mended: deck.mended }) === "mend") return deck.mend();
    this.lastError = error.text;
    if (!deck.live && error.status === 404 && deck.details === null) return this.#missing(deck);
    if (deck === this.next) this.#dropNext();
    else {
      this.failed = true;
      deck.suspend();
    }
    this.#retryLater();
    this.changed();
  }

  #retryLater() {
    if (this.retryTimer) return;
    this.retryTimer = setTimeout(() => this.#rebuild(), this.backoff.next());
  }

  #rebuild() {
    clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.counters.rebuilds++;
    if (!this.live) this.intent.at = this.position ?? this.intent.at;
    this.#build();
  }

  // ---- ten times a second

  #tick(now) {
    const slept = now - this.tickedAt > ASLEEP;
    this.tickedAt = now;
    const deck = this.front;
    if (!deck) return;
    const moved = deck.video.currentTime !== this.lastTime && !deck.video.seeking;
    this.lastTime = deck.video.currentTime;
    if (moved && (document.hidden || deck.native || !("requestVideoFrameCallback" in deck.video))) this.#frame(deck);
    if (slept) return this.#awake();
    if (moved) this.backoff.good(now);
    if (this.next && now - this.next.bornAt > NEXT_MUST_BE_READY && !this.next.ready) this.#deckFailed(this.next, { media: false, text: "no picture" });
    this.#watch(now, moved);
    if (this.live) this.#steer(deck, now);
    else if (!deck.live) this.#chain(deck);
  }

  #frame(deck) {
    const now = performance.now();
    this.movedAt = now;
    this.firstFrameMs ??= now;
    const date = deck.position;
    if (date === null) return;
    this.latencies.push({ at: now, seconds: (this.clock.now(now) - date) / 1000 });
    while (now - this.latencies[0].at > 1000) this.latencies.shift();
  }

  #stalled(seconds) {
    if (this.live) this.steering.stalled(performance.now() / 1000, seconds);
  }

  #steer(deck, now) {
    if (deck.native || !deck.live || !deck.ready || deck.intent !== this.intent || deck.video.paused || deck.video.seeking || !this.#moving()) return;
    const { rate, jump } = this.steering.update(now / 1000, deck.buffer, deck.edge);
    if (jump) {
      deck.jumpToEdge(this.steering.target);
      this.latencies = []; // they were of what has been jumped over
    }
    if (deck.video.playbackRate !== rate) deck.video.playbackRate = rate;
  }

  /** Before a slice ends, the next one gets ready; at its end they change places. */
  #chain(deck) {
    const { end } = deck.listed ?? {};
    const left = deck.left * 1000;
    if (end === undefined || deck.intent !== this.intent || left > PREPARE) return;
    if (!this.next) this.#prepare(deck.continueAt === undefined ? end : deck.continueAt);
    else if (deck.video.ended || left <= 0) this.#handOver(deck);
    else if (left < SOON && !deck.video.paused && !deck.handingOver) {
      deck.handingOver = setTimeout(() => this.#handOver(deck), Math.max(0, left - HEADSTART));
    }
  }

  #prepare(at) {
    if (at === null) return;
    const live = sourceFor(at, this.#assumedLive()) === "live-playlist";
    const url = live ? this.urls.live : sliceAfter(this.urls.window, at);
    this.next = this.#deck(url, { live, at, hold: true, after: true });
    Object.assign(this.next, { chained: true, end: at });
  }

  #handOver(deck) {
    if (deck === this.front && deck.video.ended && deck.continueAt === null && !this.next) return this.goLive();
    if (deck !== this.front || !this.next?.chained || !this.next.ready || this.wantPaused) return;
    // Stopped or moved meanwhile: not yet.
    if (!deck.video.ended && deck.left * 1000 > SOON) return void (deck.handingOver = null);
    this.#swap();
    this.front.play();
  }

  #watch(now, moved) {
    const deck = this.front;
    const due = this.live && !this.wantPaused && !document.hidden && !this.next && !this.retryTimer && this.cameraState === "live";
    if (this.watchdog.look(now, due, moved || deck.video.paused)) this.#rebuild();
  }

  /** The page is seen again, or the machine woke up. */
  #awake() {
    if (this.wantPaused || !this.urls) return;
    if (!this.live) return this.front?.play();
    const late = this.latency === null || this.latency > this.steering.target + 1;
    if (late || this.front?.video.paused) this.goLive();
  }

  /**
   * What the API says of the camera.
   * @param {"live"|"away"|"starting"|null} state null: the API doesn't answer, or doesn't know it
   * @param {number} [frameRate]
   * @param {number} [partTarget] s
   */
  hear(state, frameRate, partTarget) {
    const back = state === "live" && this.cameraState !== "live";
    this.cameraState = state;
    if (frameRate) this.frameRate = frameRate;
    if (partTarget) this.#aim(partTarget);
    if (!back) return;
    this.backoff.reset();
    if (this.retryTimer) this.#rebuild();
  }
}

/** Frames that the browser decoded but never showed. */
export function dropped(deck) {
  return deck.video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
}
