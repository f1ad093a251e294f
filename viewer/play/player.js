// What plays: live or a moment of the past, and how the page gets from one to
// the other without a black picture. There are at most two decks: see pair.js.

import { SliceChain } from "./chain.js";
import { canBeSteered, createDeck, createSteering, keepAtEdge } from "./decks.js";
import { DeckPair } from "./pair.js";
import { PictureWatch } from "./picture.js";
import { remedy } from "./recovery.js";
import { Retry } from "./retry.js";
import { assumedLive, mayHaveLeftLive, sliceAfter, sliceAround, sourceFor } from "./slices.js";

const TICK = 100; // ms
const NEXT_MUST_BE_READY = 8000; // ms, else it is tried again
const FRESH = 3000; // ms; a live playlist read this lately can be seeked in to its edge
const ASLEEP = 4000; // ms without a tick: the machine slept or the page was frozen
/** How far (s) from the camera a browser may be that plays HLS by itself. */
const NATIVE_TARGET = 3;
const DEFAULT_PART = 0.1;
const ASK_AGAIN = 500; // ms; where the camera goes on is asked so often
const GONE = 410; // the playlist has ended long ago

/**
 * @typedef {import("./pair.js").Slot} Slot
 * @typedef {import("./pair.js").Intent} Intent
 */

/**
 * @typedef {object} PlayerEvents
 * @property {() => void} over what plays goes on no more: the API is to say now whether the camera has other URLs
 * @property {() => void} changed anything worth showing has changed
 * @property {(at: number) => void} nothingRecorded there is no picture at an instant (ms)
 * @property {(at: number) => Promise<number|null>} nextPicture the first instant with a picture from there on (ms)
 */

export class Player {
  /** @type {{live: string, window: string}|null} of the camera, relative to the page */
  urls = null;
  /** @type {Intent} */
  intent = { mode: "live" };
  wantPaused = false;
  /** @type {string|null} */
  #lastError = null;
  /** @type {import("../server/json.js").CameraState|null} */
  #cameraState = null;
  #decks = new DeckPair();
  #picture = new PictureWatch();
  #retry = new Retry(() => this.#rebuild());
  #steering = createSteering(DEFAULT_PART);
  #failed = false; // the deck on the screen plays no more
  #lastTime = NaN; // media time at the last tick
  #askedAt = -Infinity; // for other URLs, monotonic ms
  #tickedAt = performance.now();
  /** @type {SliceChain} */
  #chain;

  /**
   * @param {HTMLElement} parent where the video elements go
   * @param {import("../time/clock.js").ServerClock} clock
   * @param {PlayerEvents} on
   * @param {typeof createDeck} create
   */
  constructor(parent, clock, on, create = createDeck) {
    this.create = create;
    this.parent = parent;
    this.clock = clock;
    this.on = on;
    this.#chain = new SliceChain(this.#decks, {
      intent: () => this.intent,
      mayPlay: () => !this.wantPaused,
      open: (at) => this.#prepare(at),
      swap: () => this.#swap(),
      goLive: () => this.goLive(),
      nextPicture: on.nextPicture,
    });
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
    this.#close();
    this.urls = urls;
    if (at === null) this.goLive();
    else this.seekTo(at);
  }

  /** Ends with the camera: nothing plays. */
  leave() {
    this.#close();
    this.urls = null;
    this.wantPaused = false;
  }

  #close() {
    this.#retry.reset();
    this.#decks.close();
    this.#failed = false;
    this.#picture.forget();
    this.#cameraState = null;
  }

  goLive() {
    this.wantPaused = false;
    this.#intend({ mode: "live" });
    const slot = this.#front;
    // A deck that follows the edge seeks there; a rewound one reads its playlist
    // too seldom to know where that is, and a new one is as quick.
    if (slot && slot.deck.following && slot.deck.ready && !slot.deck.suspended && slot.deck.staleness < FRESH && !this.#failed) {
      this.#decks.dropNext();
      this.#adopt(slot);
      slot.deck.seekToEdge(this.#steering.target);
      slot.deck.play();
    } else {
      this.#build();
    }
  }

  /** @param {number} at ms since 1970 */
  seekTo(at) {
    this.#intend({ mode: "history", at });
    const slot = this.#front;
    const where = sourceFor(at, (slot?.deck.live && slot.deck.listed) || assumedLive(this.clock.now()));
    const here = slot && !this.#failed && !slot.deck.suspended && slot.deck.live === (where === "live-playlist");
    if (here && slot.deck.seekToDate(at)) {
      this.#decks.dropNext();
      this.#adopt(slot);
      if (!this.wantPaused) slot.deck.play();
    } else {
      this.#build(where);
    }
  }

  pause() {
    this.wantPaused = true;
    this.video?.pause();
    this.#front?.deck.suspend();
    this.#decks.next?.deck.hold();
  }

  play() {
    this.wantPaused = false;
    const at = this.position;
    const slot = this.#front;
    if (!slot || at === null) return this.goLive();
    const { deck } = slot;
    // What a slice lists stays; a live playlist has gone on meanwhile.
    if (deck.live && deck.suspended && mayHaveLeftLive(at, this.clock.now())) return this.seekTo(at);
    this.#intend({ mode: "history", at });
    this.#adopt(slot);
    deck.resume();
    deck.play();
  }

  /**
   * What the API says of the camera.
   * @param {import("../server/json.js").CameraState|null} state null: the API doesn't answer, or doesn't know it
   * @param {number} [frameRate]
   * @param {number} [partTarget] s
   */
  cameraIs(state, frameRate, partTarget) {
    const back = state === "live" && this.#cameraState !== "live";
    this.#cameraState = state;
    if (frameRate) this.#picture.frameRate = frameRate;
    this.#aim(partTarget);
    this.#goOn();
    if (back) this.#retry.cameraBack();
  }

  // ---- what one can see

  get #front() {
    return this.#decks.front;
  }

  /** The video element on the screen. */
  get video() {
    return this.#decks.video;
  }

  get live() {
    return this.intent.mode === "live";
  }

  /** It stands because it was told to, or because the browser wants to be asked. */
  get paused() {
    return this.wantPaused || Boolean(this.video?.paused);
  }

  /** What was asked for last is still on its way to the screen. */
  get busy() {
    const { next } = this.#decks;
    return Boolean((next && next.follows === null && !next.deck.ready) || this.video?.seeking);
  }

  /** Wall clock (ms) of the picture, or of the moment that was asked for, or null. */
  get position() {
    const { intent } = this;
    const slot = this.#front;
    if (slot?.intent === intent && !slot.deck.video.seeking) return slot.deck.position;
    return intent.mode === "live" ? (slot?.deck.position ?? null) : intent.at;
  }

  /** Seconds between the server's now and the picture on the screen: the median of the last second. */
  get latency() {
    return this.#picture.latency;
  }

  /** What is measured: of the picture now, and what has gone wrong since the page was opened. */
  get figures() {
    const { stalls, stalledSeconds, droppedFrames } = this.#decks;
    return {
      latency: this.latency,
      target: this.#steering.target, // s in the buffer that steering aims at
      buffer: this.#front?.deck.buffer ?? 0, // s
      rate: this.video?.playbackRate ?? 1,
      firstFrameMs: this.#picture.firstFrameAt, // monotonic
      rebuilds: this.#retry.count, stalls, stalledSeconds, droppedFrames,
      lastError: this.#lastError,
    };
  }

  /** Facts for state.js; camera and reachable come from the API. */
  get facts() {
    const now = performance.now();
    const slot = this.#front;
    const deck = slot?.deck;
    return {
      mode: this.intent.mode,
      picture: Boolean(deck?.ready && slot?.intent === this.intent && !deck.travelling),
      paused: Boolean(deck?.video.paused && !deck.video.ended && !deck.holding),
      moving: this.#picture.moving(now),
      latency: this.latency,
      target: deck?.native ? NATIVE_TARGET : this.#steering.target,
      joining: this.#picture.joining(now),
      failed: this.#failed,
    };
  }

  // ---- decks

  /** @param {Intent} intent */
  #intend(intent) {
    this.#retry.cancel();
    this.intent = intent;
    this.#picture.forget();
    this.on.changed();
  }

  /**
   * Makes the deck on the screen serve the present intent.
   * @param {Slot} slot
   */
  #adopt(slot) {
    const { deck } = slot;
    slot.intent = this.intent;
    if (deck.live) deck.following = this.live;
    deck.video.playbackRate = 1;
    this.#steering.restart();
  }

  /** A new deck for the present intent; it takes over when it has a picture. */
  #build(where = this.#source()) {
    this.#decks.dropNext();
    if (!this.urls) return;
    const at = this.intent.mode === "live" ? null : this.intent.at;
    const url = where === "live-playlist" || at === null ? this.urls.live : sliceAround(this.urls.window, at);
    this.#decks.next = this.#open({ url, live: where === "live-playlist", at, hold: this.wantPaused });
    // Nothing to keep on the screen: the first picture may show as it comes.
    if (!this.#front) this.#swap();
  }

  /** What follows the end of a slice (ms). */
  #prepare(end) {
    if (!this.urls) return null;
    const live = sourceFor(end, assumedLive(this.clock.now())) === "live-playlist";
    return this.#open({ url: live ? this.urls.live : sliceAfter(this.urls.window, end), live, at: end, hold: true }, end);
  }

  #source() {
    return this.intent.mode === "live" ? "live-playlist" : sourceFor(this.intent.at, assumedLive(this.clock.now()));
  }

  /**
   * @param {{url: string, live: boolean, at: number|null, hold: boolean}} what
   * @param {number|null} follows the end (ms) of what plays, after which it begins; null: it is what was asked for
   * @returns {Slot}
   */
  #open(what, follows = null) {
    // Whoever comes from the past would rather see the live picture a little
    // late at first than the old one for longer.
    const eager = !this.#front?.deck.following;
    const seen = () => slot === this.#front;
    const deck = this.create({ ...what, after: follows !== null, eager, parent: this.parent }, {
      ready: () => this.#deckReady(slot),
      fatal: (error) => this.#deckFailed(slot, error),
      missing: () => this.#missing(slot),
      frame: () => seen() && this.#frame(slot),
      ended: () => seen() && this.#chain.handOver(slot),
      over: () => this.#over(),
      part: (seconds, end) => seen() && this.#steering.arrived(seconds, end),
      stall: (seconds) => seen() && this.live && this.#steering.stalled(performance.now() / 1000, seconds),
      discontinuity: () => seen() && this.#steering.restart(),
      change: () => seen() && this.on.changed(),
    });
    /** @type {Slot} */
    const slot = { deck, url: what.url, intent: this.intent, builtAt: performance.now(), follows, continueAt: undefined, handOver: null };
    if (what.live) deck.following = this.live;
    return slot;
  }

  /**
   * The playlist doesn't list the instant.
   * @param {Slot} slot
   */
  #missing(slot) {
    if (slot.follows !== null) return void this.#chain.overGap(slot.intent, slot.follows);
    if (slot.deck.live) return this.#build("slice");
    if (slot === this.#decks.next) this.#decks.dropNext();
    if (slot.intent.mode === "history") this.on.nothingRecorded(slot.intent.at);
  }

  /** @param {Slot} slot */
  #deckReady(slot) {
    if (slot === this.#decks.next && slot.follows === null) this.#swap();
    if (slot !== this.#front) return;
    this.#joined(slot);
    this.on.changed();
  }

  #swap() {
    this.#decks.swap();
    const slot = this.#front;
    if (slot?.deck.ready) this.#joined(slot);
    this.#steering.restart();
    this.#picture.forget();
    this.on.changed();
  }

  /**
   * Its picture is on the screen.
   * @param {Slot} slot
   */
  #joined(slot) {
    this.#failed = false;
    this.#picture.joined(performance.now());
    this.#aim(slot.deck.partTarget);
  }

  /** @param {number|null} [partTarget] s */
  #aim(partTarget) {
    if (!partTarget || partTarget === this.#steering.partTarget) return;
    this.#steering = createSteering(partTarget);
  }

  // ---- when what the playlists promise has changed: there are others, and these end

  #over() {
    this.#askedAt = performance.now();
    this.on.over();
    this.#goOn();
  }

  /** Live, and the picture on the screen comes from a playlist that has ended. */
  get #leftBehind() {
    const slot = this.#front;
    return this.live && !this.wantPaused && slot !== null && !slot.deck.live && slot.intent === this.intent && this.#cameraState !== "ended";
  }

  /** On to the playlist that the API names now; what plays stays on the screen until then. */
  #goOn() {
    const url = this.urls?.live;
    if (!this.#leftBehind || !url || url === this.#front?.url || url === this.#decks.next?.url) return;
    this.#build("live-playlist");
  }

  /** @param {number} now monotonic ms */
  #askAgain(now) {
    if (!this.#leftBehind || this.#decks.next || now - this.#askedAt < ASK_AGAIN) return;
    this.#askedAt = now;
    this.on.over();
  }

  // ---- when one fails

  /**
   * @param {Slot} slot
   * @param {import("./contract.js").DeckError} error
   */
  #deckFailed(slot, error) {
    const { deck } = slot;
    if (remedy({ media: error.media, recoveries: deck.recoveries }) === "recover") return deck.recover();
    this.#lastError = error.text;
    if (!deck.live && error.status === 404 && !deck.known) return this.#missing(slot);
    const gone = error.status === GONE;
    if (slot === this.#decks.next) this.#decks.dropNext();
    else {
      this.#failed = !gone;
      deck.suspend();
    }
    if (gone) this.on.over();
    this.#retry.later();
    this.on.changed();
  }

  #rebuild() {
    if (this.intent.mode === "history") this.intent.at = this.position ?? this.intent.at;
    this.#build();
  }

  // ---- ten times a second

  /** @param {number} now monotonic ms */
  #tick(now) {
    const slept = now - this.#tickedAt > ASLEEP;
    this.#tickedAt = now;
    const slot = this.#front;
    if (!slot) return;
    const { deck } = slot;
    const { video } = deck;
    const moved = video.currentTime !== this.#lastTime && !video.seeking;
    this.#lastTime = video.currentTime;
    if (moved && (document.hidden || deck.native || !("requestVideoFrameCallback" in video))) this.#frame(slot);
    if (slept) return this.#awake();
    this.#askAgain(now);
    if (moved) this.#retry.good(now);
    const { next } = this.#decks;
    if (next && now - next.builtAt > NEXT_MUST_BE_READY && !next.deck.ready) this.#deckFailed(next, { media: false, status: 0, text: "no picture" });
    const due = this.live && !this.wantPaused && !document.hidden && !this.#decks.next && this.#cameraState === "live";
    this.#retry.watch(now, due, moved || video.paused);
    if (this.live) this.#steer(slot, now);
    else if (!deck.live) this.#chain.look(slot);
  }

  /** @param {Slot} slot */
  #frame(slot) {
    const now = performance.now();
    const date = slot.deck.position;
    this.#picture.frame(now, date === null ? null : (this.clock.now(now) - date) / 1000);
  }

  /**
   * @param {Slot} slot
   * @param {number} now monotonic ms
   */
  #steer(slot, now) {
    if (!slot.deck.live || slot.intent !== this.intent || !canBeSteered(slot.deck) || !this.#picture.moving(now)) return;
    if (keepAtEdge(slot.deck, this.#steering, now)) this.#picture.forget(); // it was of what has been jumped over
  }

  /** The page is seen again, or the machine woke up. */
  #awake() {
    if (this.wantPaused || !this.urls) return;
    if (!this.live) return this.#front?.deck.play();
    const late = this.latency === null || this.latency > this.#steering.target + 1;
    if (late || this.video?.paused) this.goLive();
  }
}
