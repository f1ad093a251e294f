// History plays slice after slice: before one ends the next one gets ready, and
// at its end they change places.

import { SOON, beyond, nextStep } from "./slices.js";

/** The next slice begins to play so long (ms) before it is due: a frame to get going. */
const HEADSTART = 20;

/**
 * @typedef {import("./pair.js").Slot} Slot
 * @typedef {import("./pair.js").Intent} Intent
 */

/**
 * @typedef {object} ChainOwner
 * @property {() => Intent} intent
 * @property {() => boolean} mayPlay it was not paused
 * @property {(end: number) => Slot|null} open a deck that begins where a slice ends (ms)
 * @property {() => void} swap the next deck is the one on the screen
 * @property {() => void} goLive
 * @property {(at: number) => Promise<number|null>} nextPicture the first instant with a picture from there on (ms)
 */

export class SliceChain {
  /**
   * @param {import("./pair.js").DeckPair} decks
   * @param {ChainOwner} owner
   */
  constructor(decks, owner) {
    this.decks = decks;
    this.owner = owner;
  }

  /**
   * To be called about ten times a second.
   * @param {Slot} slot a slice that is on the screen
   */
  look(slot) {
    const { deck } = slot;
    const end = deck.listed?.end;
    if (end === undefined || slot.intent !== this.owner.intent()) return;
    const left = deck.left * 1000;
    const { paused, ended } = deck.video;
    const step = nextStep({ left, paused, ended, prepared: this.decks.next !== null, scheduled: slot.handOver !== null });
    if (step === "prepare") this.#prepare(slot.continueAt === undefined ? end : slot.continueAt);
    else if (step === "hand over") this.handOver(slot);
    else if (step === "schedule") slot.handOver = setTimeout(() => this.handOver(slot), Math.max(0, left - HEADSTART));
  }

  /** @param {number|null} at ms; null: not known yet, or nothing follows */
  #prepare(at) {
    if (at !== null) this.decks.next = this.owner.open(at);
  }

  /**
   * At the end of a slice: on with what follows, if it is ready.
   * @param {Slot} slot
   */
  handOver(slot) {
    const { decks, owner } = this;
    const { deck } = slot;
    if (slot !== decks.front) return;
    if (deck.video.ended && slot.continueAt === null && !decks.next) return owner.goLive();
    const { next } = decks;
    if (!next || next.follows === null || !next.deck.ready || !owner.mayPlay()) return;
    // Stopped or moved meanwhile: not yet.
    if (!deck.video.ended && deck.left * 1000 > SOON) return void (slot.handOver = null);
    owner.swap();
    next.deck.play();
  }

  /**
   * After what plays comes a gap longer than a slice: on to what follows it, or else live.
   * @param {Intent} intent that was served
   * @param {number} end of what plays, ms
   */
  async overGap(intent, end) {
    const { decks, owner } = this;
    decks.dropNext();
    const slot = decks.front;
    if (!slot) return;
    slot.continueAt = null;
    const at = await owner.nextPicture(beyond(end)).catch(() => null);
    if (slot !== decks.front || intent !== owner.intent()) return;
    if (at !== null && at > end) slot.continueAt = at;
    else if (slot.deck.video.ended) owner.goLive();
  }
}
