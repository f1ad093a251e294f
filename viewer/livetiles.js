// Tiles of the overview that play live: the one under the pointer or with the
// focus, and as many of the others as connections allow.

import { Deck, steerable, supported } from "./deck.js";
import { NativeDeck } from "./native.js";
import { livePlaces, playing } from "./refresh.js";
import { Steering } from "./steering.js";

const LINGER = 250; // ms that a pointer must stay, so that crossing a tile starts nothing
const AGAIN = 10_000; // ms before a tile whose player failed may play again
const STANDS = 4000; // ms without another picture; what stands is not called live

export class LiveTiles {
  #playing = new Map(); // by name
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
    const able = (tile) => tile.camera.state === "live" && tile.wanted !== null && now - (this.#failedAt.get(tile.name) ?? -Infinity) > AGAIN;
    const candidates = this.tiles.all.map((tile) => ({ name: tile.name, seen: tile.seen, able: able(tile) }));
    const names = wanted ? playing(candidates, this.#attention, this.limits) : [];
    for (const name of this.#playing.keys()) if (!names.includes(name)) this.#stop(name);
    for (const name of names) this.#playing.get(name)?.steer(now) ?? this.#start(name);
  }

  #start(name) {
    this.#playing.set(name, new LiveTile(this.tiles.get(name), () => {
      this.#failedAt.set(name, performance.now());
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
   * @param {object} tile see tiles.js
   * @param {() => void} failed
   */
  constructor(tile, failed) {
    Object.assign(this, { tile, failed });
    const { urls, live } = tile.camera;
    this.steering = new Steering({ partTarget: live.part_target_seconds, steerable: steerable() });
    const Kind = supported() ? Deck : NativeDeck;
    this.deck = new Kind({ url: urls.live, live: true, at: null, hold: false, eager: true, parent: tile.frame }, {
      ready: () => (tile.playing = true),
      fatal: failed,
      missing: failed,
      ended: failed,
      part: (at, end) => this.steering.arrived(at, end),
      stall: (seconds) => this.steering.stalled(performance.now() / 1000, seconds),
      discontinuity: () => this.steering.restart(),
      frame: () => {},
      change: () => {},
    });
    this.deck.video.setAttribute("aria-hidden", "true"); // the tile says what it is
  }

  /** Keeps it close to the camera; one that stands has failed. */
  steer(now) {
    const { deck } = this;
    const { video } = deck;
    if (video.currentTime !== this.#lastTime) this.#movedAt = now;
    this.#lastTime = video.currentTime;
    if (now - this.#movedAt > STANDS && (deck.ready || now - this.#movedAt > 2 * STANDS)) this.failed();
    else if (!deck.native && deck.ready && !video.paused && !video.seeking) {
      const { rate, jump } = this.steering.update(now / 1000, deck.buffer, deck.edge);
      if (jump) deck.jumpToEdge(this.steering.target);
      if (video.playbackRate !== rate) video.playbackRate = rate;
    }
    return this;
  }

  end() {
    this.tile.playing = false;
    this.deck.destroy();
  }
}
