// When what the playlists promise has changed, the live playlist stands, the API names
// another one, and some seconds later the playlist ends. What plays stays on the screen
// until the other one is there.

const ASK_AGAIN = 500; // ms; where the camera goes on is asked so often
/** A playlist that comes with each part and was not read for so long (ms) stands. */
const STANDS = 1000;
/** After so long (ms) the camera is away, and there is no hurry. */
const AWAY = 20_000;

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
    const every = this.#leftBehind(intent) ? ASK_AGAIN : this.#stands(intent) ? STANDS : null;
    if (every !== null && !this.decks.next && now - this.#askedAt >= every) this.begin(now);
  }

  /**
   * Reports whether to open the live playlist that the API names now.
   * @param {Intent} intent
   * @param {string|undefined} url of that playlist
   */
  due(intent, url) {
    const { front, next } = this.decks;
    if (intent.mode !== "live" || front?.intent !== intent || !url || url === front.url || url === next?.url) return false;
    // What was opened before the API had answered may have been led to the same one.
    const { live, source } = front.deck;
    return !live || (source !== null && source !== new URL(url, document.baseURI).href);
  }

  /**
   * Nothing new has come of the live playlist for a moment.
   * @param {Intent} intent
   */
  #stands(intent) {
    const deck = this.decks.front?.deck;
    // Over a slow way, where whole segments come, the API is asked often enough.
    if (intent.mode !== "live" || !deck?.live || deck.whole || !deck.following || deck.suspended || !deck.ready) return false;
    return deck.staleness >= STANDS && deck.staleness < AWAY;
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
