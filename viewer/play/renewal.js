// When what the playlists promise has changed, the live playlist ends and the API
// names another one. What plays stays on the screen until that one is there.

const ASK_AGAIN = 500; // ms; where the camera goes on is asked so often

/**
 * @typedef {import("./pair.js").Slot} Slot
 * @typedef {import("./pair.js").Intent} Intent
 */

export class Renewal {
  #askedAt = -Infinity; // monotonic ms

  /**
   * @param {import("./pair.js").DeckPair} decks
   * @param {() => void} ask the API for other URLs
   */
  constructor(decks, ask) {
    this.decks = decks;
    this.ask = ask;
  }

  /**
   * Asks the API now.
   * @param {number} now monotonic ms
   */
  begin(now) {
    this.#askedAt = now;
    this.ask();
  }

  /**
   * Asks again while nothing follows what ended; to be called about ten times a second.
   * @param {number} now monotonic ms
   * @param {Intent} intent
   */
  look(now, intent) {
    if (this.#leftBehind(intent) && !this.decks.next && now - this.#askedAt >= ASK_AGAIN) this.begin(now);
  }

  /**
   * Reports whether to open the live playlist that the API names now.
   * @param {Intent} intent
   * @param {string|undefined} url of that playlist
   */
  due(intent, url) {
    const { front, next } = this.decks;
    return this.#leftBehind(intent) && Boolean(url) && url !== front?.url && url !== next?.url;
  }

  /**
   * Live, and the picture on the screen comes from a playlist that has ended.
   * @param {Intent} intent
   */
  #leftBehind(intent) {
    const { front } = this.decks;
    return intent.mode === "live" && front !== null && !front.deck.live && front.intent === intent;
  }
}
