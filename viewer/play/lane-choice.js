// Whether the live picture is played frame by frame, and from where.

const AGAIN = 30_000; // ms after a lane that failed,
const NO_PICTURE = 4000; // and after one whose camera has no picture to send
const LONGEST = 10 * 60_000;
const AWAY = [502, 503, 504]; // the controller, or its camera
const GOOD = 60_000; // ms; a lane that played for so long was no mistake

/** "hls/front/live.m3u8?epoch=3" → "hls/front/live.mp4?sound=0" */
export const laneOf = (url) => url.replace(/live\.m3u8(\?.*)?$/, "live.mp4?sound=0");

/**
 * @typedef {import("./pair.js").Slot} Slot
 *
 * @typedef {object} LaneOwner
 * @property {() => string|undefined} url of the live playlist; undefined: there is no camera
 * @property {() => boolean} mayPlay nothing speaks against it: other windows that need the connections, sound, a slow way
 * @property {(lane: string) => Slot} open a deck that plays it at the live edge
 * @property {() => void} rebuild another deck for what is asked for
 */

export class LaneChoice {
  #refusedUntil = -Infinity; // monotonic ms
  #patience = AGAIN;
  #waits = false; // for the camera or the controller alone

  /**
   * @param {import("./pair.js").DeckPair} decks
   * @param {() => boolean} able this browser can
   * @param {LaneOwner} owner
   */
  constructor(decks, able, owner) {
    this.decks = decks;
    this.able = able;
    this.owner = owner;
  }

  /**
   * Where the live picture comes frame by frame; null: it is not to be played so.
   * @param {number} now monotonic ms
   */
  url(now) {
    const url = this.owner.url();
    return url && now >= this.#refusedUntil && this.owner.mayPlay() && this.able() ? laneOf(url) : null;
  }

  /**
   * It plays no more: the playlist does instead, for a while.
   * @param {Slot} slot
   * @param {import("./contract.js").DeckError} error
   * @param {import("./pair.js").Intent} intent
   * @param {number} now monotonic ms
   */
  failed(slot, { status }, intent, now) {
    this.#waits = AWAY.includes(status);
    if (this.#waits) this.#refusedUntil = now + NO_PICTURE;
    else this.#refuse(slot, now);
    if (slot === this.decks.next && this.decks.front?.intent === intent) this.decks.dropNext();
    else this.owner.rebuild();
  }

  /** The camera sends again. */
  cameraBack() {
    if (this.#waits) this.#refusedUntil = -Infinity;
  }

  #refuse(slot, now) {
    this.#patience = now - slot.builtAt > GOOD ? AGAIN : Math.min(LONGEST, 2 * this.#patience);
    this.#refusedUntil = now + this.#patience;
  }

  /**
   * The picture moves, and is live: it may come frame by frame again.
   * @param {import("./pair.js").Intent} intent
   * @param {number} now monotonic ms
   */
  look(intent, now) {
    const { front, next } = this.decks;
    if (next || !front?.deck.following || front.deck.steersItself || front.intent !== intent) return;
    const lane = this.url(now);
    if (lane) this.decks.next = this.owner.open(lane);
  }

  /** Other windows need the connection that it holds, or there is to be sound, which it has not. */
  giveUp() {
    if (this.decks.front?.deck.steersItself && !this.owner.mayPlay()) this.owner.rebuild();
  }
}
