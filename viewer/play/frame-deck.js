// What both decks do that play frames as they come (lane-deck.js, lane-codec-deck.js):
// they are always at the live edge, and hold themselves there.

import { Standstills, VideoDeck } from "./video-deck.js";
import { silent } from "./video.js";

export class FrameDeck extends VideoDeck {
  native = false;
  steersItself = true;
  live = true;
  whole = false;
  known = false;
  ready = false;
  travelling = false;
  suspended = false;
  destroyed = false;
  source = null; // its address is the same for every playlist
  coming = null;
  partTarget = null;
  segmentTarget = null;
  recoveries = 1; // nothing is recovered in place: others play instead
  left = Infinity;
  standstills = new Standstills();
  #following = true;
  #heardAt = performance.now(); // when a frame came, monotonic ms

  /** A frame has come. */
  heard() {
    this.#heardAt = performance.now();
  }

  /** There is a picture to see. */
  nowReady() {
    this.ready = true;
    this.on.ready();
  }

  get staleness() {
    return performance.now() - this.#heardAt;
  }

  get stalls() {
    return this.standstills.count;
  }

  get stalledSeconds() {
    return this.standstills.seconds;
  }

  set following(yes) {
    this.#following = yes;
  }

  get following() {
    return this.#following && !this.suspended;
  }

  /** Nothing more is to come: each has its own way. */
  stop() {}

  /** @param {import("./contract.js").DeckError} error */
  fail(error) {
    if (this.destroyed) return;
    this.stop();
    this.on.fatal(error);
  }

  /** The connection is given back, and the picture stays. What comes then is missing, so that it can't go on. */
  suspend() {
    this.suspended = true;
    this.stop();
  }

  /** What plays on behind that comes from elsewhere. */
  resume() {}

  recover() {}

  destroy() {
    this.destroyed = true;
    this.on = silent;
    this.stop();
  }
}
