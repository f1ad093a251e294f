// Cameras as tiles: a list of links, each with a still that is renewed while it
// is seen. What is off the screen, or in a page that is hidden, loads nothing.

import { due, stillsAtOnce, stillsEvery } from "./refresh.js";
import { Stills } from "../play/stills.js";
import { Tile } from "./tile.js";

const FROM_AFAR = "120px"; // of scrolling, at which a tile counts as seen

/**
 * @typedef {import("./tile.js").TileState & {cameras: Camera[], load: Load}} TilesState
 * @typedef {import("../server/json.js").Camera} Camera
 * @typedef {"all"|"one"|"first"|"none"} Load which stills there is room for: all, one at a time, only those of tiles without one, or none
 */

export class Tiles {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  #stills = new Stills();
  /** @type {Set<Tile>} */
  #loading = new Set();
  /** @type {TilesState|null} what was shown last; null: nothing may be loaded */
  #page = null;

  /**
   * @param {HTMLElement} list a ul
   * @param {{overview: boolean}} options the overview's tiles are renewed more often
   */
  constructor(list, { overview }) {
    this.list = list;
    this.overview = overview;
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const tile = this.#tiles.get(/** @type {HTMLElement} */ (target).dataset.camera ?? "");
        if (tile) tile.seen = isIntersecting;
      }
    }, { rootMargin: FROM_AFAR });
  }

  /** @returns {Tile[]} in the order of the page */
  get all() {
    return [...this.#tiles.values()];
  }

  /** @param {string} name */
  get(name) {
    return this.#tiles.get(name);
  }

  /**
   * @param {TilesState} page
   */
  show(page) {
    this.#match(page.cameras);
    for (const tile of this.all) tile.show(page);
    this.#page = page.load !== "none" && page.reachable ? page : null;
    this.#load();
  }

  /** Lets go of the connections. */
  abort() {
    this.#page = null;
    this.#stills.abort();
  }

  #match(cameras) {
    const names = cameras.map((c) => c.name);
    if (names.join() !== [...this.#tiles.keys()].join()) {
      this.observer.disconnect();
      this.#tiles = new Map(cameras.map((camera) => [camera.name, this.#tiles.get(camera.name) ?? new Tile(camera)]));
      this.list.replaceChildren(...this.all.map((tile) => tile.item));
      for (const tile of this.all) this.observer.observe(tile.link);
    }
    this.all.forEach((tile, i) => (tile.camera = cameras[i]));
  }

  #load() {
    if (!this.#page || document.hidden) return;
    const { load, at } = this.#page;
    const now = performance.now();
    const atOnce = stillsAtOnce(this.overview || (at !== null && load === "all"));
    const limits = { every: stillsEvery(this.#tiles.size, this.overview), most: atOnce - this.#loading.size, first: load === "first" };
    for (const tile of due(this.all.filter((t) => !this.#loading.has(t)), now, limits)) {
      this.#loading.add(tile);
      tile.load(this.#stills, now).finally(() => {
        this.#loading.delete(tile);
        if (this.#page) tile.show(this.#page); // a picture and its time come together
        this.#load(); // the next one's turn
      });
    }
  }
}
