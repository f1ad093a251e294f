// How the live picture is held at the live edge: for parts of the length that comes now.

import { canBeSteered, createSteering, keepAtEdge } from "./decks.js";

const DEFAULT_PART = 0.1; // s

export class Edge {
  partTarget = DEFAULT_PART; // s
  steering = createSteering(DEFAULT_PART);

  /**
   * @param {import("./contract.js").PlaybackDeck} [deck] on the screen
   * @param {number|null} [partTarget] s, where it is known
   */
  aim(deck, partTarget) {
    if (partTarget) this.partTarget = partTarget;
    const length = deck?.live && deck.whole && !deck.native ? (deck.segmentTarget ?? this.steering.partTarget) : this.partTarget;
    if (length !== this.steering.partTarget) this.steering = createSteering(length);
  }

  /**
   * Parts or whole segments from now on.
   * @param {import("./contract.js").PlaybackDeck} deck on the screen; before it is ready nothing is turned, so that its picture comes at once
   * @param {boolean} whole
   * @returns {boolean} that is new
   */
  pace(deck, whole) {
    if (!deck.ready || deck.native || deck.steersItself || deck.whole === whole) return false;
    deck.whole = whole;
    this.aim(deck);
    // What was shown is in the buffer still: a segment's length is seen twice, instead of a standstill of as long.
    if (!deck.video.seeking) deck.jumpToEdge(this.steering.distance);
    return true;
  }

  /**
   * To be called about ten times a second.
   * @param {import("./contract.js").PlaybackDeck} deck on the screen
   * @param {number} now monotonic ms
   * @returns {boolean} it jumped
   */
  keep(deck, now) {
    return canBeSteered(deck) && keepAtEdge(deck, this.steering, now);
  }
}
