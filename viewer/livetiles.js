// Tiles of the overview that play live: the one under the pointer or with the
// focus, and as many of the others as connections allow.

import { Deck, supported } from "./deck.js";
import { NativeDeck } from "./native.js";
import { livePlaces, playing } from "./refresh.js";

const LINGER = 250; // ms that a pointer must stay, so that crossing a tile starts nothing
const AGAIN = 10_000; // ms before a tile whose player failed may play again
const LATE = 3; // s behind the newest picture, from which a tile jumps
const CLOSE = 0.8; // s to which it jumps

export class LiveTiles {
  #decks = new Map(); // by name
  #failedAt = new Map();
  #attention = null;

  /** @param {import("./tiles.js").Tiles} tiles */
  constructor(tiles) {
    this.tiles = tiles;
    const protocol = performance.getEntriesByType("navigation")[0]?.nextHopProtocol ?? "";
    this.limits = { places: livePlaces(protocol), sparing: Boolean(navigator.connection?.saveData) };
    const { list } = tiles;
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#heed(event.target, LINGER));
    list.addEventListener("focusin", (event) => this.#heed(event.target, 0));
  }

  #heed(target, after) {
    const name = target.closest("[data-camera]")?.dataset.camera ?? null;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.#attention = name), after);
  }

  /** @param {boolean} wanted false: none, as in a page that is hidden or looks at the past */
  show(wanted) {
    const now = performance.now();
    const candidates = this.tiles.all.map((tile) => ({ name: tile.name, seen: tile.seen, able: tile.camera.state === "live" && tile.wanted !== null && !this.#failed(tile.name, now) }));
    const names = wanted ? playing(candidates, this.#attention, this.limits) : [];
    for (const name of this.#decks.keys()) if (!names.includes(name)) this.#stop(name);
    for (const name of names) this.#decks.get(name) ? this.#keepUp(name) : this.#start(name);
  }

  #failed(name, now) {
    return now - (this.#failedAt.get(name) ?? -Infinity) < AGAIN;
  }

  #start(name) {
    const tile = this.tiles.get(name);
    const Kind = supported() ? Deck : NativeDeck;
    const fail = () => {
      this.#failedAt.set(name, performance.now());
      this.#stop(name);
    };
    const nothing = () => {};
    const deck = new Kind({ url: tile.camera.urls.live, live: true, at: null, hold: false, eager: true, parent: tile.frame }, {
      ready: () => (tile.playing = true),
      fatal: fail, missing: fail, ended: fail,
      frame: nothing, part: nothing, stall: nothing, discontinuity: nothing, change: nothing,
    });
    deck.video.setAttribute("aria-hidden", "true"); // its tile says what it is
    this.#decks.set(name, deck);
  }

  #keepUp(name) {
    const deck = this.#decks.get(name);
    if (!deck.native && deck.ready && deck.edge > LATE) deck.jumpToEdge(CLOSE);
  }

  #stop(name) {
    const tile = this.tiles.get(name);
    this.#decks.get(name)?.destroy();
    this.#decks.delete(name);
    if (tile) tile.playing = false;
  }
}
