// The two places for decks: the one on the screen, and the next one, which
// takes over once it has a picture.

import { droppedFrames } from "./video.js";

/**
 * What is asked for: live, or an instant (ms since 1970). Compared by identity:
 * who asks anew makes a new one.
 * @typedef {{mode: "live"}|{mode: "history", at: number}} Intent
 */

/**
 * A deck, and what the player knows of it.
 * @typedef {object} Slot
 * @property {import("./contract.js").PlaybackDeck} deck
 * @property {Intent} intent what it serves
 * @property {string} url that it plays
 * @property {number} builtAt monotonic ms
 * @property {number|null} follows it begins where this one ends (ms), and takes over only there; null: as soon as it can
 * @property {number|null|undefined} continueAt of the deck on the screen: where a picture follows the gap behind it (ms);
 *   null: that is being asked, or nothing does; undefined: at its end
 * @property {ReturnType<typeof setTimeout>|null} handOver will change places on time
 */

export class DeckPair {
  /** @type {Slot|null} on the screen */
  front = null;
  /** @type {Slot|null} replaces the front when it has a picture */
  next = null;
  #gone = { stalls: 0, stalledSeconds: 0, droppedFrames: 0 };

  /** The next one is the one on the screen from now on. */
  swap() {
    const old = this.front?.deck;
    this.front = this.next;
    this.next = null;
    if (this.front) this.front.follows = null;
    this.#gone.stalls += old?.stalls ?? 0;
    this.#gone.stalledSeconds += old?.stalledSeconds ?? 0;
    this.#gone.droppedFrames += old ? droppedFrames(old.video) : 0;
    old?.destroy();
  }

  dropNext() {
    this.next?.deck.destroy();
    this.next = null;
  }

  close() {
    this.front?.deck.destroy();
    this.front = null;
    this.dropNext();
  }

  /** The video element on the screen. */
  get video() {
    return this.front?.deck.video ?? null;
  }

  // ---- since the page was opened

  get stalls() {
    return this.#gone.stalls + (this.front?.deck.stalls ?? 0);
  }

  get stalledSeconds() {
    return this.#gone.stalledSeconds + (this.front?.deck.stalledSeconds ?? 0);
  }

  get droppedFrames() {
    return this.#gone.droppedFrames + (this.video ? droppedFrames(this.video) : 0);
  }
}
