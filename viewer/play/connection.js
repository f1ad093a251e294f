// What the way to the server is like, and what follows from it: parts, whole
// segments, or key frames alone. Pure; fed with every part and segment that was
// loaded, and with what is on its way.
//
// Parts are asked for one after the other, so each has to be here in less time
// than it lasts. Where a round trip alone takes as long, no buffer helps. Where
// whole segments take longer than they last as well, the way carries less than
// the camera sends, and nothing that moves can be loaded in time.

import { Opening } from "./opening.js";
import { PastLoads } from "./past-loads.js";
import { ratesOf, sum } from "./rates.js";

/** Loads of so long (ms) tell how it is now. */
const MEMORY = 8000;
/** So many must there be, over so long (ms): while a page opens, it is the machine that takes its time. */
const ENOUGH = 8;
const SETTLED = 3000;
/** Or so many, if loading them has taken more than half of that time. */
const FEW = 2;
/** The quick quarter of loads tells of the way; the others also of what else this machine does. */
const QUICK = 0.25;
const MOST = 0.5;
/** A part that takes more than this share of its time leaves nothing for those that take longer. */
const HARD = 0.8;
/** Parts are asked for again when one would take this share of its time for so long (ms), twice as long after each try that failed. */
const EASY = 0.7;
const GOOD_MINUTE = 60_000;
const LONGEST = 16 * GOOD_MINUTE;
/** What the way carries is told by the last so many segments. */
const SEGMENTS = 3;
/** A part tells of it too, if its bytes take so many times as long as the picture in it, and as a round trip: else it is new connections that begin slowly. */
const LONG = 1.5;
const TRIPS = 3;
/** While a page opens, a way that carries less than this share of what the camera sends is not waited for. */
const SHORT = 0.9;
/** A segment is tried beside key frames after so long (ms), and after twice as long when it did not come in time. */
const TRY = 10_000;
const TRY_LONGEST = 2 * GOOD_MINUTE;
/** What takes so long to come (ms), and so many round trips, tells what the way carries; less may have been on its way already. */
const BULK = 500;
const BULK_TRIPS = 6;

/**
 * @typedef {import("./rates.js").Load} Load
 * @typedef {import("./rates.js").Coming} Coming
 * @typedef {import("./rates.js").Rates} Rates
 *
 * @typedef {object} Arrivals what comes over the same way: see browser/arrivals.js
 * @property {(from: number, to: number, url: string) => number} beside bytes that came beside a resource, between two instants (monotonic ms)
 * @property {number|null} trip ms from a request to its first byte, where that was quickest
 * @property {boolean} slow so slow that frames are not even tried
 */

export class Connection {
  /** Whole segments are asked for. */
  whole = false;
  /** Other windows of this browser need its connections to the server as well: whole segments hold none for long. */
  crowded = false;
  /** That alone is why whole segments are asked for. */
  forCrowd = false;
  /** Not even these: key frames alone. */
  keyFrames = false;
  /** What loads of history tell. */
  past = new PastLoads();
  /** @type {number|null} what the API says that the camera sends, bit/s; null: it has not said yet */
  camera = null;
  /** @type {Opening|null} until enough was loaded to know the way by that */
  #opening = new Opening();
  #partTarget = 0.1; // s
  #segment = 2; // s that the last segment lasts
  /** @type {Load[]} of the present kind, oldest first */
  #loads = [];
  /** @type {number|null} since when parts would do again, monotonic ms */
  #goodSince = null;
  #patience = GOOD_MINUTE;
  #backAt = -Infinity; // when parts were last gone back to
  /** @type {Rates|null} when key frames were turned to, and since */
  #rates = null;
  #trip = 0; // ms, as of then
  #tryAt = Infinity; // when a segment may be tried, monotonic ms
  #triedAt = -Infinity; // when one was, or key frames were turned to
  #slow = false; // the last key frame says that a segment would come too late
  #tryPatience = TRY;
  #carriedAt = -Infinity; // when a segment was last gone back to
  #shows = true; // there are key frames that can be shown

  /** @param {Arrivals} arrivals */
  constructor(arrivals = { beside: () => 0, trip: null, slow: false }) {
    this.arrivals = arrivals;
  }

  /**
   * @param {Load} load
   * @param {number} partTarget s
   * @returns {boolean} what is asked for has changed
   */
  loaded(load, partTarget) {
    if (this.keyFrames || load.part === this.whole) return false; // asked for before it changed
    this.#partTarget = partTarget;
    if (!load.part) this.#segment = load.seconds;
    this.#loads.push(load);
    const keep = this.whole ? MEMORY * 2 : MEMORY;
    while (this.#loads.length > FEW && load.at - this.#loads[0].at > keep) this.#loads.shift();
    if (this.#enough) this.#opening = null;
    const rates = this.whole ? this.tooSlow : this.#tooSlowForParts;
    if (rates && this.#shows) this.#giveUp(rates, load.at);
    return this.keyFrames || (this.whole ? this.#mayGoBack(load.at) : this.#mustGoWhole(load.at));
  }

  /**
   * Something is on its way. Where that takes longer than several segments last,
   * nobody waits for its end, and while the page opens not even so long.
   * @param {Coming} load
   * @returns {boolean} what is asked for has changed
   */
  coming(load) {
    if (this.keyFrames || !this.#shows || load.bytes === 0) return false;
    const rates = this.#opens(load) ?? (load.part ? null : this.#late(load));
    if (!rates) return false;
    this.#giveUp(rates, load.at);
    return true;
  }

  /** @param {Coming} load */
  #opens(load) {
    const has = this.#opening?.look(load, this.arrivals) ?? null;
    return has !== null && this.camera !== null && has < SHORT * this.camera ? { has, needs: this.camera } : null;
  }

  /** @param {Coming} load a whole segment */
  #late(load) {
    const last = this.whole ? this.#loads.slice(1 - SEGMENTS) : [];
    if (last.length + 1 < SEGMENTS && load.took < SEGMENTS * load.seconds * 1000) return null;
    return load.took < load.seconds * 1000 ? null : ratesOf([...last, load], (l) => l.took, this.#known);
  }

  /** What is known beside loads. */
  get #known() {
    return { beside: (/** @type {Load} */ l) => this.arrivals.beside(l.at - l.took + l.first, l.at, l.url) };
  }

  /** @param {boolean} yes it is crowded */
  crowd(yes) {
    if (yes === this.crowded) return;
    this.crowded = yes;
    if (yes ? this.whole : !this.forCrowd) return;
    this.forCrowd = yes;
    this.#turn(yes);
  }

  /** Frames may come one by one, on a connection of their own. */
  get mayStream() {
    return !this.crowded && !this.whole && !this.keyFrames && !this.arrivals.slow;
  }

  #mustGoWhole(at) {
    if (!this.#enough || quick(this.#loads.map((l) => l.took / l.seconds)) < HARD * 1000) return false;
    if (at - this.#backAt < 2 * GOOD_MINUTE) this.#patience = Math.min(LONGEST, 2 * this.#patience);
    else this.#patience = GOOD_MINUTE;
    this.#turn(true);
    return true;
  }

  /** On a way that is slow enough there are never many loads at once. */
  get #enough() {
    const [first, last] = [this.#loads[0], this.#loads.at(-1)];
    return (this.#loads.length >= ENOUGH && last && last.at - first.at >= SETTLED) || (this.#loads.length >= FEW && sum(this.#loads, (l) => l.took) > MEMORY / 2);
  }

  #mayGoBack(at) {
    if (this.#partTakes > EASY * this.#partTarget * 1000) this.#goodSince = null;
    else this.#goodSince ??= at;
    if (this.#goodSince === null || at - this.#goodSince < this.#patience) return false;
    this.forCrowd = this.crowded;
    if (this.crowded) return false;
    this.#backAt = at;
    this.#turn(false);
    return true;
  }

  #turn(whole) {
    this.whole = whole;
    this.#loads = [];
    this.#goodSince = null;
  }

  /** ms that a part would take: a round trip, and its share of a segment. */
  get #partTakes() {
    return quick(this.#loads.map((l) => l.first + ((l.took - l.first) * this.#partTarget) / l.seconds), MOST);
  }

  /** ms from a request to its answer; null: not known. */
  get roundTrip() {
    return this.#loads.length > 0 ? quick(this.#loads.map((l) => l.first)) : null;
  }

  /** @returns {Rates|null} what it carries and what the camera sends, where that is less; else null */
  get tooSlow() {
    if (this.keyFrames) return this.#rates;
    const last = this.#loads.slice(-SEGMENTS);
    return this.whole && last.length === SEGMENTS ? ratesOf(last, (l) => l.took, this.#known) : null;
  }

  /** Each part is too long on its way for it to be the round trips. */
  get #tooSlowForParts() {
    if (!this.#enough) return null;
    const comes = (/** @type {Load} */ l) => l.took - l.first;
    const long = quick(this.#loads.map((l) => Math.min(comes(l) / (LONG * 1000 * l.seconds), comes(l) / (TRIPS * l.first + 1))));
    // They are of seconds at most, which may have no key frame in them, or two.
    return long > 1 ? ratesOf(this.#loads, comes, { ...this.#known, camera: this.camera }) : null;
  }

  // ---- history

  /** @param {Load} load of history */
  pastLoaded(load) {
    this.past.loaded(load);
    // The live picture needs no try any more.
    if (this.keyFrames && this.past.all((l) => this.carries(l))) this.tried(true, load.at);
  }

  /**
   * The same as tooSlow, of history.
   * @param {number} now monotonic ms
   * @returns {Rates|null}
   */
  pastTooSlow(now) {
    const rates = this.past.rates(now);
    return rates === undefined ? this.#rates : rates;
  }

  // ---- key frames alone

  /**
   * @param {Rates} rates
   * @param {number} at
   */
  #giveUp(rates, at) {
    this.#trip = this.roundTrip ?? this.arrivals.trip ?? 0;
    if (at - this.#carriedAt < 2 * GOOD_MINUTE) this.#tryPatience = Math.min(TRY_LONGEST, 2 * this.#tryPatience);
    else this.#tryPatience = TRY;
    this.#turn(true);
    this.forCrowd = false;
    this.keyFrames = true;
    this.#rates = rates;
    this.#wait(at);
    this.#slow = false;
  }

  /** @param {number} at */
  #wait(at) {
    this.#triedAt = at;
    this.#tryAt = at + this.#tryPatience;
  }

  /**
   * A key frame has come.
   * @param {number} took ms from its first byte to its last
   * @param {number} bytes
   * @param {number} [beside] bytes that came in the same time
   */
  keyFrame(took, bytes, beside = 0) {
    if (!this.#rates) return;
    const { needs } = this.#rates;
    const rate = (8000 * (bytes + beside)) / took;
    const bulk = took >= Math.max(BULK, BULK_TRIPS * (this.arrivals.trip ?? this.#trip));
    this.#slow = bulk && rate < needs;
    if (bulk) this.#rates = { has: Math.min(needs, rate), needs };
  }

  /**
   * A whole segment may be tried now. It would hold up key frames where these are slow already; then
   * it is tried seldom, since the camera may send less than it did.
   * @param {number} at
   */
  mayTry(at) {
    return this.keyFrames && at >= (this.#slow ? this.#triedAt + TRY_LONGEST : this.#tryAt);
  }

  /** ms in which the first segment has to be here: it in a part of its time, behind a playlist and an init section. */
  get tryFor() {
    return EASY * this.#segment * 1000 + 4 * this.#trip + 1000;
  }

  /**
   * Reports whether segments that come like this one can be played.
   * @param {Load} load
   */
  carries({ took, seconds }) {
    return took <= EASY * seconds * 1000;
  }

  /**
   * A segment was tried.
   * @param {boolean} carries it came in time
   * @param {number} at
   */
  tried(carries, at) {
    if (carries) {
      this.#carriedAt = at;
      this.anew();
    } else {
      this.#tryPatience = Math.min(TRY_LONGEST, 2 * this.#tryPatience);
      this.#wait(at);
    }
  }

  /** There are no key frames to show. */
  without() {
    this.#shows = false;
    this.anew();
  }

  /** Whole segments again, since they come in time, or another camera may send less. */
  anew() {
    this.past.forget();
    this.#opening = new Opening();
    if (!this.keyFrames) return;
    this.keyFrames = false;
    this.#rates = null;
    this.#turn(true);
  }
}

function quick(values, share = QUICK) {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)];
}
