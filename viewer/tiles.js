// Cameras as tiles: a list of links, each with a still that is renewed while it
// is seen. What is off the screen, or in a page that is hidden, loads nothing.

import { text } from "./dom.js";
import { formatLink } from "./link.js";
import { due, pace, room } from "./refresh.js";
import { Stills, decodable } from "./stills.js";
import { tileWords } from "./tilewords.js";

const WIDEST = 640; // pixels of a still
const FROM_AFAR = "120px"; // of scrolling, at which a tile counts as seen

export class Tiles {
  #tiles = new Map();
  #stills = new Stills();
  #loading = 0;

  /**
   * @param {HTMLElement} list a ul
   * @param {{overview: boolean}} options the overview's tiles are renewed more often
   */
  constructor(list, { overview }) {
    Object.assign(this, { list, overview });
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#of(target).seen = isIntersecting;
    }, { rootMargin: FROM_AFAR });
  }

  /** @returns {Tile[]} in the order of the page */
  get all() {
    return [...this.#tiles.values()];
  }

  get(name) {
    return this.#tiles.get(name);
  }

  #of(element) {
    return this.#tiles.get(element.dataset.camera);
  }

  /**
   * @param {object} page
   * @param {object[]} page.cameras as the API describes them
   * @param {string|null} page.current the camera that is on the stage
   * @param {number|null} page.at the instant that is looked at; null: now
   * @param {number|null} page.linked the same for the links; exact, and newer
   * @param {number} page.now
   * @param {boolean} page.reachable
   * @param {"all"|"first"|"none"} page.load which stills there is room for: all, only those of tiles without one, or none
   */
  show(page) {
    this.#match(page.cameras);
    for (const tile of this.all) tile.show(page);
    if (page.load !== "none" && !document.hidden && page.reachable) this.#load(performance.now(), page.load === "first");
  }

  /** Lets go of the connections. */
  abort() {
    this.#stills.abort();
  }

  #match(cameras) {
    const names = cameras.map((c) => c.name);
    if (names.join() !== [...this.#tiles.keys()].join()) {
      this.observer.disconnect();
      this.#tiles = new Map(names.map((name) => [name, this.#tiles.get(name) ?? new Tile(name)]));
      this.list.replaceChildren(...this.all.map((tile) => tile.item));
      for (const tile of this.all) this.observer.observe(tile.link);
    }
    for (const camera of cameras) this.#tiles.get(camera.name).camera = camera;
  }

  #load(now, first) {
    const limits = { every: pace(this.#tiles.size, this.overview), room: room(this.overview) - this.#loading, first };
    for (const tile of due(this.all, now, limits)) {
      this.#loading++;
      tile.load(this.#stills, now).finally(() => this.#loading--);
    }
  }
}

class Tile {
  seen = false;
  playing = false;
  drawn = null; // the URL of the still that is drawn
  shown = null; // of when it is, ms
  triedAt = -Infinity;
  camera = null;
  #at = null;

  constructor(name) {
    this.name = name;
    this.item = document.createElement("li");
    this.link = element("a", "tile");
    this.link.dataset.camera = name;
    this.frame = element("span", "frame");
    this.canvas = element("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.title = element("strong", "title");
    this.mark = element("span", "mark");
    this.line = element("span", "line");
    this.frame.append(this.canvas);
    this.link.append(this.frame, this.title, this.mark, this.line);
    this.item.append(this.link);
  }

  get wanted() {
    return decodable(this.camera.video?.codecs) ? (this.camera.picture?.url ?? null) : null;
  }

  show({ at, linked, now, current, reachable }) {
    const { camera, link } = this;
    if (at !== this.#at) this.#moveTo(at);
    const words = tileWords(camera, {
      now, at, reachable, shown: this.shown, playing: this.playing, decodable: decodable(camera.video?.codecs),
    });
    set(link, "href", formatLink(this.name, linked));
    set(link, "data-look", words.look);
    if (this.name === current) set(link, "aria-current", "page");
    else link.removeAttribute("aria-current");
    text(this.title, camera.title);
    text(this.mark, words.mark);
    text(this.line, words.line);
  }

  /** Another instant: the picture is wanted at once, and the old one is of no use if there is none. */
  #moveTo(at) {
    this.#at = at;
    this.triedAt = -Infinity;
    if (this.camera.picture || this.shown === null) return;
    if (at !== null) this.clear();
  }

  clear() {
    this.drawn = this.shown = null;
    this.canvas.width = this.canvas.height = 0;
  }

  async load(stills, now) {
    const { url, at } = this.camera.picture;
    this.triedAt = now;
    try {
      await stills.draw(url, this.canvas, Math.min(WIDEST, Math.ceil(this.frame.clientWidth * devicePixelRatio)));
    } catch {
      return; // it grows old, which the tile says, and the next one is tried
    }
    this.drawn = url;
    this.shown = Date.parse(at);
  }
}

function element(name, className = "") {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
