// What plays: live or a moment of the past, and how the page gets from one to
// the other without a black picture. There are at most two decks: see pair.js.

import { Arrivals } from "../browser/arrivals.js";
import { Audience } from "./audience.js";
import { SliceChain } from "./chain.js";
import { Connection } from "./connection.js";
import { createDeck, playableByFrames } from "./decks.js";
import { Edge } from "./edge.js";
import { KeyFrames } from "./key-frames.js";
import { LaneChoice } from "./lane-choice.js";
import { Loudness } from "./loudness.js";
import { DeckPair } from "./pair.js";
import { PictureWatch } from "./picture.js";
import { factsOf, figuresOf, hasArrived, isBusy, isPaused, knowsEdge, latencyOf, mayHold, positionOf, shownOf, slowOf } from "./readings.js";
import { Renewal } from "./renewal.js";
import { Rescue } from "./rescue.js";
import { assumedLive, mayHaveLeftLive, sourceAfter, sourceFor, sourceOf } from "./slices.js";

const TICK = 100; // ms

/**
 * @typedef {import("./pair.js").Slot} Slot
 * @typedef {import("./pair.js").Intent} Intent
 * @typedef {import("./contract.js").PlayerEvents} PlayerEvents
 */

export class Player {
  /** @type {import("./slices.js").Urls|null} */
  urls = null;
  /** @type {Intent} */
  intent = { mode: "live" };
  wantPaused = false;
  /** @type {import("../server/json.js").CameraState|null} */
  #cameraState = null;
  #loudness = new Loudness();
  #decks = new DeckPair();
  #picture = new PictureWatch();
  #renewal = new Renewal(this.#decks, () => this.on.over());
  #rescue = new Rescue(this.#decks, {
    rebuild: () => this.#rebuild(),
    missing: (slot) => this.#missing(slot),
    over: () => this.on.over(),
    doubt: (url) => this.on.doubt(url),
    changed: () => this.on.changed(),
  });
  #edge = new Edge();
  #connection = new Connection(new Arrivals());
  #audience = new Audience();
  #lane = new LaneChoice(this.#decks, playableByFrames, {
    url: () => this.urls?.live,
    mayPlay: () => this.sound.muted && this.#connection.mayStream,
    open: (lane) => this.#open({ ...sourceOf(/** @type {import("./slices.js").Urls} */ (this.urls), null, this.clock.now()), hold: false, lane }),
    rebuild: () => this.#rebuild(),
  });
  /** @type {SliceChain} */
  #chain;
  /** @type {KeyFrames} */
  #keyFrames;

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
    this.#keyFrames = new KeyFrames(parent, this.#decks, this.#connection, clock, {
      newest: on.newestPicture,
      mayTry: () => this.#cameraState === "live" && !document.hidden,
      open: () => this.urls && (this.#decks.next = this.#open({ ...sourceOf(this.urls, null, clock.now()), hold: false })),
      none: () => this.goLive(),
      changed: on.changed,
    });
    setInterval(() => this.#tick(performance.now()), TICK);
    document.addEventListener("visibilitychange", () => document.hidden || this.#awake());
  }

  // ---- what one can ask for

  /**
   * Begins with a camera.
   * @param {import("./slices.js").Urls} urls
   * @param {number|null} at an instant (ms), or null for live
   * @param {boolean} [paused] the instant is to stand
   */
  open(urls, at = null, paused = false) {
    this.#close();
    this.urls = urls;
    this.wantPaused = paused;
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
    this.#rescue.reset();
    this.#keyFrames.end();
    this.#connection.anew(); // another camera may send less
    this.#connection.camera = null;
    this.#decks.close();
    this.#picture.forget();
    this.#cameraState = null;
  }

  goLive() {
    this.wantPaused = false;
    this.#intend({ mode: "live" });
    const slot = this.#front;
    if (slot && knowsEdge(slot.deck) && !this.#rescue.failed) {
      this.#decks.dropNext();
      this.#adopt(slot);
      slot.deck.seekToEdge(this.#edge.steering.distance);
      slot.deck.play();
    } else {
      this.#build();
    }
  }

  /** @param {number} at ms since 1970 */
  seekTo(at) {
    this.#intend({ mode: "history", at });
    this.#keyFrames.stop();
    const slot = this.#front;
    const where = sourceFor(at, (slot?.deck.live && !slot.deck.steersItself && slot.deck.listed) || assumedLive(this.clock.now()));
    if (slot && !this.#rescue.failed && mayHold(slot.deck, where) && slot.deck.seekToDate(at)) {
      this.#decks.dropNext();
      this.#adopt(slot);
      slot.deck.resume();
      if (!this.wantPaused) slot.deck.play();
    } else {
      this.#build(where);
    }
  }

  pause() {
    this.wantPaused = true;
    this.#keyFrames.stop();
    this.#front?.deck.hold();
    this.#decks.next?.deck.hold();
    this.#rest();
  }

  /** What stands and has its picture needs nothing more. */
  #rest() {
    const { front } = this.#decks;
    if (front && hasArrived(this.#parts) && !front.deck.video.seeking && !front.deck.suspended) front.deck.suspend();
  }

  play() {
    this.wantPaused = false;
    const at = this.position;
    const slot = this.#front;
    if (at === null) return this.goLive();
    // Of key frames the one that stands is the last: as any picture that stood it is gone on from.
    if (!slot) return this.live && this.#keyFrames.shown === null ? this.goLive() : this.seekTo(at);
    // What is still on its way plays as soon as it is there.
    if (!hasArrived(this.#parts)) return (this.#decks.next ?? slot).deck.play();
    const { deck } = slot;
    // What a slice lists stays; a live playlist has gone on meanwhile.
    if (deck.live && deck.suspended && (deck.steersItself || mayHaveLeftLive(at, this.clock.now()))) return this.seekTo(at);
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
   * @param {number} [rate] bit/s
   */
  cameraIs(state, frameRate, partTarget, rate) {
    const back = state === "live" && this.#cameraState !== "live";
    this.#cameraState = state;
    if (frameRate) this.#picture.frameRate = frameRate;
    if (rate) this.#connection.camera = rate;
    this.#edge.aim(this.#front?.deck, partTarget);
    this.#goOn();
    if (!back) return;
    this.#lane.cameraBack();
    this.#rescue.retry.cameraBack();
  }

  /** Somebody looks at another tab: what a hidden page loads for a moment yet is let go of at once. */
  letGo() {
    this.#audience.letGo();
  }

  /** @param {boolean} yes other windows of this browser need the connections, too */
  set crowded(yes) {
    const news = yes !== this.#connection.crowded;
    this.#connection.crowd(yes);
    if (news && this.live) this.#lane.giveUp();
    this.#pace();
  }

  /** @param {{muted: boolean, volume: number}} sound volume: 0 to 1 */
  set sound(sound) {
    this.#loudness.set(sound, this.video);
    if (this.live) this.#lane.giveUp();
  }

  get sound() {
    return this.#loudness.sound;
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

  /** It is to stand, or the browser wants to be asked before it plays. */
  get paused() {
    return isPaused(this.#parts);
  }

  /** What was asked for last is still on its way to the screen. */
  get busy() {
    return isBusy(this.#parts);
  }

  /** Wall clock (ms) of where one wants to be; see positionOf. */
  get position() {
    return positionOf(this.#parts);
  }

  /** Wall clock (ms) of the picture on the screen; see shownOf. */
  get shown() {
    return shownOf(this.#parts);
  }

  /** Seconds between the server's now and the picture on the screen; see latencyOf. */
  get latency() {
    return latencyOf(this.#parts);
  }

  /** What is measured: of the picture now, and what has gone wrong since the page was opened. */
  get figures() {
    return figuresOf(this.#parts);
  }

  /** Facts for state.js; camera and reachable come from the API. */
  get facts() {
    return factsOf(this.#parts, performance.now());
  }

  /** How slow the way to the server is, where that is to be told. */
  get slow() {
    return slowOf(this.#parts, performance.now());
  }

  get #parts() {
    return { intent: this.intent, wantPaused: this.wantPaused, decks: this.#decks, picture: this.#picture, steering: this.#edge.steering, rescue: this.#rescue, connection: this.#connection, keyFrames: this.#keyFrames, camera: this.#cameraState, wall: this.clock.now() };
  }

  // ---- decks

  /** @param {Intent} intent */
  #intend(intent) {
    this.#rescue.asked();
    this.intent = intent;
    this.#picture.forget();
    this.on.changed();
  }

  /** @param {Slot} slot that is on the screen: it serves the present intent now */
  #adopt(slot) {
    const { deck } = slot;
    slot.intent = this.intent;
    if (deck.live) deck.following = this.live;
    deck.video.playbackRate = 1;
    this.#edge.steering.restart();
  }

  /**
   * A new deck for the present intent; it takes over when it has a picture.
   * @param {"live-playlist"|"slice"} [where]
   */
  #build(where) {
    this.#decks.dropNext();
    if (!this.urls) return;
    if (this.live && this.#connection.keyFrames) return this.#toKeyFrames();
    const at = this.intent.mode === "live" ? null : this.intent.at;
    this.#decks.next = this.#open({ ...sourceOf(this.urls, at, this.clock.now(), where), hold: this.wantPaused, lane: at === null ? this.#lane.url(performance.now()) : null });
    // Nothing to keep on the screen: the first picture may show as it comes.
    if (!this.#front) this.#swap();
  }

  /** What follows the end of a slice (ms). */
  #prepare(end) {
    return this.urls && this.#open({ ...sourceAfter(this.urls, end, this.clock.now()), hold: true }, end);
  }

  /**
   * @param {import("./slices.js").Source & {hold: boolean, lane?: string|null}} what
   * @param {number|null} follows the end (ms) of what plays, after which it begins; null: it is what was asked for
   * @returns {Slot}
   */
  #open(what, follows = null) {
    // Whoever comes from the past would rather see the live picture a little
    // late at first than the old one for longer.
    const eager = !this.#front?.deck.following;
    const seen = () => slot === this.#front;
    const deck = this.create({ ...what, after: follows !== null, eager, whole: what.live && this.#connection.whole, parent: this.parent }, {
      ready: () => this.#deckReady(slot),
      fatal: (error) => (deck.steersItself ? this.#lane.failed(slot, error, this.intent, performance.now()) : this.#keyFrames.isTrial(slot) ? this.#keyFrames.refuse() : this.#rescue.deckFailed(slot, error)),
      missing: () => this.#missing(slot),
      frame: (at) => seen() && this.#frame(slot, at),
      ended: () => seen() && this.#chain.handOver(slot),
      over: () => this.#over(),
      loaded: (load) => (deck.following ? this.#loaded(slot, load) : this.#connection.pastLoaded(load)),
      part: (seconds, end) => seen() && this.#edge.steering.arrived(seconds, end),
      stall: (seconds) => seen() && this.live && this.#edge.steering.stalled(performance.now() / 1000, seconds),
      discontinuity: () => seen() && this.#edge.steering.restart(),
      change: () => seen() && this.on.changed(),
    });
    /** @type {Slot} */
    const slot = { deck, url: what.url, intent: this.intent, builtAt: performance.now(), follows, continueAt: undefined, handOver: null };
    if (what.live) deck.following = this.live;
    return slot;
  }

  /** @param {Slot} slot whose playlist doesn't list the instant */
  #missing(slot) {
    if (slot.follows !== null) return void this.#chain.overGap(slot.intent, slot.follows);
    if (slot.deck.live) return this.#build("slice");
    if (slot === this.#decks.next) this.#decks.dropNext();
    if (slot.intent.mode === "history") this.on.nothingRecorded(slot.intent.at);
  }

  /** @param {Slot} slot */
  #deckReady(slot) {
    if (this.#keyFrames.isTrial(slot) && !this.#keyFrames.proven()) return;
    if (slot === this.#decks.next && slot.follows === null) this.#swap();
    if (slot !== this.#front) return;
    this.#joined(slot);
    this.on.changed();
  }

  #swap() {
    this.#decks.swap();
    this.#loudness.apply(this.video);
    const slot = this.#front;
    if (slot?.deck.ready) this.#joined(slot);
    this.#edge.steering.restart();
    this.#picture.forget();
    this.on.changed();
  }

  /**
   * Its picture is on the screen.
   * @param {Slot} slot
   */
  #joined(slot) {
    this.#rescue.joined();
    this.#keyFrames.end();
    this.#picture.joined(performance.now());
    this.#edge.aim(slot.deck, slot.deck.partTarget);
    this.#pace();
  }

  /**
   * The way to the server decides whether parts are loaded, whole segments, or key frames alone.
   * @param {Slot} slot
   * @param {import("./rates.js").Load} load
   */
  #loaded(slot, load) {
    if (this.#keyFrames.isTrial(slot)) return this.#keyFrames.judge(load);
    this.#connection.loaded(load, this.#edge.partTarget);
    if (!this.live || this.#keyFrames.running) return;
    if (this.#connection.keyFrames) return void setTimeout(() => this.#keyFrames.running || this.#toKeyFrames()); // this may take down the deck that calls
    if (slot === this.#front) this.#pace();
  }

  /** What plays live comes as the way to the server asks for it now. */
  #pace() {
    const deck = this.#front?.deck;
    if (!this.live || this.wantPaused || !deck?.live || !this.#edge.pace(deck, this.#connection.whole)) return;
    this.#picture.forget();
    this.on.changed();
  }

  /** What is on the screen stays there until the first one has come. */
  #toKeyFrames() {
    if (!this.urls || !this.live || this.wantPaused || !this.#connection.keyFrames) return;
    this.#keyFrames.stop();
    this.#rescue.retry.cancel();
    this.#decks.dropNext();
    this.#front?.deck.suspend();
    this.#keyFrames.begin();
    this.on.changed();
  }

  // ---- when a playlist ends, and when a deck fails

  #over() {
    this.#renewal.begin(performance.now());
    this.#goOn();
  }

  /** On to the playlist that the API names now; what plays stays on the screen until then. */
  #goOn() {
    if (this.#mayGoOn && this.#renewal.due(this.intent, this.urls?.live)) this.#build("live-playlist");
  }

  get #mayGoOn() {
    return !this.wantPaused && this.#cameraState !== "ended";
  }

  #rebuild() {
    if (this.intent.mode === "history") this.intent.at = this.position ?? this.intent.at;
    this.#build();
  }

  // ---- ten times a second

  /** @param {number} now monotonic ms */
  #tick(now) {
    const slept = this.#audience.look(now);
    const unseen = this.live && this.#audience.gone(now);
    const slot = this.#front;
    if (this.#keyFrames.running) return slept ? this.#awake() : unseen ? this.#keyFrames.stop() : undefined;
    if (!slot) return;
    const { deck } = slot;
    const { coming } = (this.#decks.next ?? slot).deck;
    if (!this.live) this.#connection.past.coming(coming);
    else if (coming && this.#connection.coming(coming)) return this.#toKeyFrames();
    const moved = this.#picture.advanced(deck.playhead);
    if (moved && !deck.tellsFrames) this.#frame(slot, now);
    if (slept && !document.hidden) return this.#awake();
    if (unseen) return deck.suspended ? undefined : deck.suspend();
    if (this.wantPaused) this.#rest();
    if (this.#mayGoOn) this.#renewal.look(now, this.intent);
    this.#rescue.look(now, this.live && !this.wantPaused && !document.hidden && this.#cameraState === "live", moved);
    if (this.live && moved && !this.wantPaused && !document.hidden) this.#lane.look(this.intent, now);
    if (this.live) this.#steer(slot, now);
    else if (!deck.live) this.#chain.look(slot);
  }

  /**
   * @param {Slot} slot
   * @param {number} at monotonic ms
   */
  #frame(slot, at) {
    const date = slot.deck.position;
    this.#picture.frame(at, date === null ? null : (this.clock.now(at) - date) / 1000);
  }

  /**
   * @param {Slot} slot
   * @param {number} now monotonic ms
   */
  #steer(slot, now) {
    if (!slot.deck.live || slot.intent !== this.intent || !this.#picture.moving(now)) return;
    if (this.#edge.keep(slot.deck, now)) this.#picture.forget(); // it was of what has been jumped over
  }

  /** The page is seen again, or the machine woke up. */
  #awake() {
    if (this.wantPaused || !this.urls || document.hidden) return;
    if (!this.live) return this.#front?.deck.play();
    if (this.#keyFrames.shown !== null) return this.#keyFrames.begin();
    const late = this.latency === null || this.latency > this.#edge.steering.target + 1;
    if (late || this.video?.paused || this.#front?.deck.suspended) this.goLive();
  }
}
