// Tiles of the overview that play live: the one under the pointer or with the
// focus, and as many of the others as connections allow.

import { multiplexed } from "../browser/tabs.js";
import { Connection } from "../play/connection.js";
import { createDeck } from "../play/decks.js";
import { Edge } from "../play/edge.js";
import { livePlaces, playing } from "./refresh.js";

const LINGER = 250; // ms that a pointer must stay, so that crossing a tile starts nothing
const AGAIN = 10_000; // ms before a tile whose player failed may play again, unless it has another URL
const STANDS = 4000; // ms without another picture; what stands is not called live

export class LiveTiles {
  /** @type {Map<string, LiveTile>} by name */
  #playing = new Map();
  /** @type {Map<string, {at: number, url: string}>} by name; at: monotonic ms */
  #failed = new Map();
  /** @type {string|null} the tile that is looked at, as far as pointer and focus say */
  #attention = null;
  /** The way to the server, which all of them share. */
  #connection = new Connection();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * @param {import("./tiles.js").Tiles} tiles
   * @param {typeof createDeck} create
   */
  constructor(tiles, create = createDeck) {
    this.tiles = tiles;
    this.create = create;
    const { connection } = /** @type {Navigator & {connection?: {saveData?: boolean}}} */ (navigator);
    this.limits = { places: livePlaces(multiplexed()), sparing: Boolean(connection?.saveData) };
    const { list } = tiles;
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#attend(event.target, LINGER));
    list.addEventListener("focusin", (event) => this.#attend(event.target, 0));
  }

  /** @param {boolean} yes other windows of this browser need the connections, too */
  set crowded(yes) {
    this.#connection.crowd(yes);
    for (const tile of this.#playing.values()) tile.pace();
  }

  #attend(target, after) {
    const name = target.closest("[data-camera]")?.dataset.camera ?? null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#attention = name), after);
  }

  /**
   * @param {boolean} wanted false: none, as in a page that is hidden or looks at the past
   * @param {number} wall the server's now, ms
   */
  show(wanted, wall) {
    const now = performance.now();
    const mayAgain = (tile, failed) => !failed || now - failed.at > AGAIN || failed.url !== tile.camera.urls.live;
    const able = (tile) => tile.camera.state === "live" && tile.wanted !== null && mayAgain(tile, this.#failed.get(tile.name));
    const candidates = this.tiles.all.map((tile) => ({ name: tile.name, seen: tile.seen, able: able(tile) }));
    // What the way can't carry is no use to begin with: stills are shown. Now and then it is tried.
    if (wanted && this.#connection.mayTry(now)) this.#connection.tried(true, now);
    const names = wanted && !this.#connection.keyFrames ? playing(candidates, this.#attention, this.limits) : [];
    for (const name of this.#playing.keys()) if (!names.includes(name)) this.#stop(name);
    for (const name of names) {
      const tile = this.#playing.get(name);
      if (tile) tile.steer(now, wall);
      else this.#start(name);
    }
  }

  #start(name) {
    const tile = this.tiles.get(name);
    if (!tile) return;
    const url = tile.camera.urls.live;
    this.#playing.set(name, new LiveTile(tile, this.create, this.#connection, () => {
      this.#failed.set(name, { at: performance.now(), url });
      this.#stop(name);
    }));
  }

  #stop(name) {
    this.#playing.get(name)?.end();
    this.#playing.delete(name);
  }
}

class LiveTile {
  #lastTime = 0;
  #movedAt = performance.now();

  /**
   * @param {import("./tile.js").Tile} tile
   * @param {typeof createDeck} create
   * @param {Connection} connection
   * @param {() => void} failed
   */
  constructor(tile, create, connection, failed) {
    this.tile = tile;
    this.connection = connection;
    this.failed = failed;
    const { urls, live } = tile.camera;
    this.edge = new Edge();
    this.edge.aim(undefined, live?.part_target_seconds);
    this.deck = create({ url: urls.live, live: true, at: null, hold: false, eager: true, whole: connection.whole, parent: tile.frame }, {
      ready: () => {
        tile.playing = true;
        this.edge.aim(this.deck);
        this.pace();
      },
      fatal: failed,
      missing: failed,
      ended: failed,
      over: failed, // the next list of cameras names the playlist that goes on
      loaded: (load) => this.#loaded(load),
      part: (at, end) => this.edge.steering.arrived(at, end),
      stall: (seconds) => this.edge.steering.stalled(performance.now() / 1000, seconds),
      discontinuity: () => this.edge.steering.restart(),
      frame: () => {},
      change: () => {},
    });
    this.deck.video.setAttribute("aria-hidden", "true"); // the tile says what it is
  }

  /**
   * Parts or whole segments, as on a camera's own page.
   * @param {import("../play/rates.js").Load} load
   */
  #loaded(load) {
    this.connection.loaded(load, this.edge.partTarget);
    this.pace();
  }

  pace() {
    if (!this.connection.keyFrames) this.edge.pace(this.deck, this.connection.whole);
  }

  /**
   * Keeps it close to the camera; one that stands has failed.
   * @param {number} now monotonic ms
   * @param {number} wall the server's now, ms
   */
  steer(now, wall) {
    const { deck, tile } = this;
    tile.behind = deck.ready && deck.shown !== null ? (wall - deck.shown) / 1000 : null;
    const { video } = deck;
    if (video.currentTime !== this.#lastTime) this.#movedAt = now;
    this.#lastTime = video.currentTime;
    if (now - this.#movedAt > STANDS && (deck.ready || now - this.#movedAt > 2 * STANDS)) this.failed();
    else this.edge.keep(deck, now);
  }

  end() {
    this.tile.playing = false;
    this.tile.behind = null;
    this.deck.destroy();
  }
}
