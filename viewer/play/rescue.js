// What is done when a deck fails: recover it in place, replace it after a pause,
// or say that there is nothing to play.

import { LONG_PATIENCE, Progress, remedy } from "./recovery.js";
import { Retry } from "./retry.js";

const NEXT_MUST_BE_READY = 8000; // ms, else it is tried again
const GONE = 410; // the playlist has ended long ago

/**
 * @typedef {import("./pair.js").Slot} Slot
 * @typedef {import("../server/api.js").Who} Who
 *
 * @typedef {object} RescueOwner
 * @property {() => void} rebuild another deck for what is asked for
 * @property {(slot: Slot) => void} missing the server has no playlist for the slot's instant
 * @property {() => void} over the playlist has ended, and others follow it
 * @property {(url: string) => Promise<Who|null>} doubt a playlist's media don't come, and why is not known: asks who answers instead of the server; null: nobody, or it can't be told
 * @property {() => void} changed
 */

export class Rescue {
  /** The deck on the screen plays no more. */
  failed = false;
  /** Why is being asked: until there is an answer nothing is said of it. */
  doubted = false;
  /** @type {Who|null} who answered instead of the server, where what is asked for ought to come from */
  refused = null;
  /** @type {string|null} */
  lastError = null;
  #turn = 0; // counts, so that no answer of before counts
  #progress = new Progress();

  /**
   * @param {import("./pair.js").DeckPair} decks
   * @param {RescueOwner} owner
   */
  constructor(decks, owner) {
    this.decks = decks;
    this.owner = owner;
    this.retry = new Retry(() => owner.rebuild());
  }

  /** Another camera. */
  reset() {
    this.joined();
    this.retry.reset();
  }

  /** Something was asked for. */
  asked() {
    this.#trust();
    this.retry.cancel();
  }

  /** A picture has come. */
  joined() {
    this.failed = false;
    this.#trust();
  }

  /** Who refused something before may not do so now. */
  #trust() {
    this.refused = null;
    this.#turn++;
  }

  /**
   * A deck plays no more.
   * @param {Slot} slot
   * @param {import("./contract.js").DeckError} error
   */
  deckFailed(slot, error) {
    const { deck } = slot;
    if (remedy({ media: error.media, recoveries: deck.recoveries }) === "recover") return deck.recover();
    this.lastError = error.text;
    if (!deck.live && error.status === 404 && !deck.known) return this.owner.missing(slot);
    const gone = error.status === GONE;
    if (slot === this.decks.next) this.decks.dropNext();
    else {
      this.failed = !gone;
      deck.suspend();
    }
    if (gone) this.owner.over();
    else if (!error.media) this.#doubt(slot);
    this.retry.later();
    this.owner.changed();
  }

  /**
   * Why media don't come is what the API tells better: they may fail without a status.
   * @param {Slot} slot
   */
  async #doubt({ url }) {
    if (this.doubted) return;
    this.doubted = true;
    const turn = this.#turn;
    const who = await this.owner.doubt(url);
    this.doubted = false;
    if (turn === this.#turn) this.refused = who;
    this.owner.changed();
  }

  /**
   * To be called about ten times a second.
   * @param {number} now monotonic ms
   * @param {boolean} due the picture on the screen ought to move
   * @param {boolean} moved it did since the last call
   */
  look(now, due, moved) {
    if (moved) this.retry.good(now);
    const { next, front, video } = this.decks;
    const coming = this.#progress.look(now, (next ?? front)?.deck.coming ?? null);
    if (next && now - next.builtAt > (coming ? LONG_PATIENCE : NEXT_MUST_BE_READY) && !next.deck.ready) this.deckFailed(next, { media: false, status: 0, text: "no picture" });
    this.retry.watch(now, due && !this.decks.next, moved || Boolean(video?.paused), coming);
  }
}
