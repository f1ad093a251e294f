// The live picture where the way to the server carries less than the camera
// sends: key frames alone, one still after the other. Now and then whole
// segments are tried beside them, with a deck that takes over if they come in time.

import { Stills } from "./stills.js";

/** A still may be held until its segment begins, and takes its time on such a way: ms. */
const PATIENCE = 45_000;
/** What failed is asked for again after this (ms), and after the second when it has failed so often in a row. */
const AGAIN = 1000;
const AGAIN_LONG = 5000;
const OFTEN = 5;
/** Without another one for so long (ms), or for so many of their distances, the picture stands. */
const STANDS = 10_000;
const DISTANCES = 3;
/** A deck whose first segment came in time has so long (ms) to show it. */
const SHOWS = 8000;

/**
 * @typedef {import("./pair.js").Slot} Slot
 * @typedef {{url: string, at: number}} Picture a still, and of when it is (ms)
 *
 * @typedef {object} KeyFramesOwner
 * @property {() => Promise<Picture|null>} newest the camera's newest still
 * @property {() => boolean} mayTry whole segments would be played now
 * @property {() => Slot|null} open another deck, which is the next one, for the live edge
 * @property {() => void} none there are none to show
 * @property {() => void} changed
 */

export class KeyFrames {
  /** They are loaded. */
  running = false;
  /** @type {number|null} wall clock (ms) of the one on the screen; null: none is */
  shown = null;
  /** How many there were. */
  count = 0;
  #turn = 0; // counts, so that only the newest goes on
  #failures = 0;
  #distance = 0; // ms between the last two
  #drawnAt = -Infinity; // monotonic ms
  /** @type {string|null} */
  #drawn = null;
  /** @type {Slot|null} a deck that tries whole segments, until it is known whether they come in time */
  #trial = null;
  #refused = false; // it came too late
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #overdue;

  /**
   * @param {HTMLElement} parent where the picture goes
   * @param {import("./pair.js").DeckPair} decks
   * @param {import("./connection.js").Connection} connection
   * @param {import("../time/clock.js").ServerClock} clock
   * @param {KeyFramesOwner} owner
   * @param {Stills} stills
   */
  constructor(parent, decks, connection, clock, owner, stills = new Stills()) {
    this.parent = parent;
    this.decks = decks;
    this.connection = connection;
    this.clock = clock;
    this.owner = owner;
    this.stills = stills;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
  }

  begin() {
    if (this.running) return;
    this.running = true;
    if (this.decks.front?.deck.ready === false) this.decks.close(); // its first picture would stand until then
    this.#failures = 0;
    this.#show(++this.#turn);
  }

  /** Nothing more is loaded; what is on the screen stays. */
  stop() {
    this.running = false;
    this.#turn++;
    this.stills.abort();
    this.#drop();
  }

  /** A deck's picture is there, or nothing is to be seen any more. */
  end() {
    this.stop();
    this.shown = this.#drawn = null;
    this.#distance = 0;
    this.canvas.remove();
  }

  /** Seconds that the one on the screen is behind the camera; null: none is. */
  get age() {
    return this.shown === null ? null : (this.clock.now() - this.shown) / 1000;
  }

  /**
   * They come one after the other.
   * @param {number} at monotonic ms
   */
  moving(at) {
    return this.running && at - this.#drawnAt < Math.max(STANDS, DISTANCES * this.#distance);
  }

  /** @param {number} turn */
  async #show(turn) {
    /** @type {{url: string, at?: number}|null} */
    let wanted = null;
    while (turn === this.#turn) {
      wanted ??= await this.#newest();
      if (turn !== this.#turn) return;
      const shown = wanted && (await this.#draw(wanted, turn));
      if (turn !== this.#turn) return;
      if (shown) wanted = this.#late ? null : following(/** @type {string} */ (this.#drawn));
      else if (this.shown === null && this.#failures >= OFTEN) return this.#none();
      else wanted = await after(this.#failures < OFTEN ? AGAIN : AGAIN_LONG);
    }
  }

  /** The next one is there already, and one after it: that is newer. */
  get #late() {
    return this.clock.now() - (this.shown ?? 0) > 2 * (this.#distance || Infinity);
  }

  /** @returns {Promise<{url: string, at?: number}|null>} null: the server doesn't tell */
  async #newest() {
    const picture = await this.owner.newest().catch(() => undefined);
    if (picture === undefined) return null; // nobody answers, which says nothing of stills
    if (picture === null) this.#failures++;
    return picture?.url === this.#drawn && picture ? following(picture.url) : picture;
  }

  /**
   * @param {{url: string, at?: number}} picture
   * @param {number} turn
   * @returns {Promise<boolean>} it is on the screen
   */
  async #draw({ url, at }, turn) {
    try {
      const width = Math.ceil(this.parent.clientWidth * devicePixelRatio);
      const trial = this.#trial;
      const loaded = await this.stills.draw(url, this.canvas, width, { priority: "high", patience: PATIENCE });
      if (turn !== this.#turn) return false;
      if (!trial && !this.#trial) this.#measure(loaded, url); // else the way was shared with what nobody knows the bytes of
      const when = at ?? loaded.at;
      if (Number.isNaN(when)) throw new Error(`${url}: of an unknown time`);
      this.#drawn = url;
      this.#moveTo(when);
      return true;
    } catch {
      this.#failures++;
      return false;
    }
  }

  /**
   * @param {import("./stills.js").Loaded} loaded
   * @param {string} url
   */
  #measure({ first, took, bytes }, url) {
    const { connection } = this;
    connection.keyFrame(took, bytes, connection.arrivals.beside(first, first + took, url));
  }

  /** @param {number} at ms */
  #moveTo(at) {
    const before = this.shown;
    this.shown = at;
    this.#failures = 0;
    this.#drawnAt = performance.now();
    this.count++;
    if (before === null) this.parent.append(this.canvas);
    else this.#distance = Math.max(0, at - before);
    if (this.decks.front) this.decks.close(); // nothing is needed below it
    this.owner.changed();
    this.#try();
  }

  /** None that came so far could be shown, nor will be. */
  #none() {
    this.end();
    this.connection.without();
    this.owner.none();
  }

  // ---- whether whole segments would come in time

  #try() {
    const { connection, owner } = this;
    if (this.#trial || !connection.mayTry(performance.now()) || !owner.mayTry()) return;
    this.#trial = owner.open();
    this.#overdue = setTimeout(() => this.#failed(), connection.tryFor);
  }

  #failed() {
    this.#drop();
    this.connection.tried(false, performance.now());
  }

  #drop() {
    if (this.#trial && this.#trial === this.decks.next) this.decks.dropNext();
    this.#forget();
  }

  #forget() {
    clearTimeout(this.#overdue);
    this.#trial = null;
    this.#refused = false;
  }

  /** @param {Slot} slot */
  isTrial(slot) {
    return slot === this.#trial;
  }

  /**
   * The deck that tries has loaded a part or a segment.
   * @param {import("./rates.js").Load} load
   */
  judge(load) {
    if (this.#refused) return;
    if (!this.connection.carries(load)) return this.refuse();
    clearTimeout(this.#overdue);
    this.#overdue = setTimeout(() => this.#failed(), SHOWS);
  }

  /** It is of no use. It goes in a task of its own, since it may be its own callback that says so. */
  refuse() {
    this.#refused = true;
    clearTimeout(this.#overdue);
    this.#overdue = setTimeout(() => this.#failed());
  }

  /**
   * It has a picture.
   * @returns {boolean} it may take over
   */
  proven() {
    if (this.#refused) return false;
    this.#forget();
    this.connection.tried(true, performance.now());
    return true;
  }
}

/**
 * A pause, after which the newest is asked for.
 * @param {number} ms
 * @returns {Promise<null>}
 */
const after = (ms) => new Promise((resolve) => {
  setTimeout(() => resolve(null), ms);
});

/**
 * The still of the segment behind another one's: the server holds the request until it is there.
 * @param {string} url
 * @returns {{url: string}}
 */
function following(url) {
  return { url: url.replace(/\d+(?=\.mp4$)/, (msn) => String(Number(msn) + 1)) };
}
