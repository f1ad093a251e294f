// A camera as a tile: a link with a still, and in the overview with a picture that moves.

import { decodable } from "../browser/codecs.js";
import { attribute, attributeWhile, element, text } from "../browser/dom.js";
import { formatLink } from "../browser/link.js";
import { tileWords } from "../text/tile.js";

const WIDEST = 640; // pixels of a still

/**
 * @typedef {import("../server/json.js").Camera} Camera
 *
 * @typedef {object} TileState
 * @property {string|null} current the camera that is on the stage
 * @property {number|null} at the instant that is looked at, ms; null: now
 * @property {number|null} linked the same for the links; exact, and newer
 * @property {boolean} paused the picture on the stage stands
 * @property {number} now ms
 * @property {boolean} reachable the API answers
 */

export class Tile {
  seen = false;
  playing = false;
  /** @type {number|null} s that a picture which moves is behind the camera; null: none moves */
  behind = null;
  /** @type {string|null} the URL of the still that is drawn */
  drawn = null;
  /** @type {number|null} of when it is, ms */
  shown = null;
  triedAt = -Infinity; // monotonic ms
  /** @type {number|null} */
  #at = null;

  /** @param {Camera} camera */
  constructor(camera) {
    this.camera = camera;
    this.name = camera.name;
    this.item = element("li", "");
    this.link = element("a", "tile");
    this.link.dataset.camera = camera.name;
    this.frame = element("span", "frame");
    this.canvas = /** @type {HTMLCanvasElement} */ (element("canvas", ""));
    this.canvas.setAttribute("aria-hidden", "true");
    this.title = element("strong", "title");
    this.mark = element("span", "mark");
    this.line = element("span", "line");
    this.warning = element("span", "warning");
    this.frame.append(this.canvas);
    this.link.append(this.frame, this.warning, this.title, this.mark, this.line);
    this.item.append(this.link);
  }

  /** The URL of the still it ought to show; null: there is none, or none that this browser can show. */
  get wanted() {
    return decodable(this.camera.video?.codecs) ? (this.camera.picture?.url ?? null) : null;
  }

  /** @param {TileState} state */
  show({ at, linked, paused, now, current, reachable }) {
    const { camera, link } = this;
    if (at !== this.#at) this.#moveTo(at);
    const words = tileWords(camera, {
      now, at, reachable, shown: this.shown, behind: this.playing ? this.behind : null, decodable: decodable(camera.video?.codecs),
    });
    attribute(link, "href", formatLink(this.name, linked, paused));
    attribute(link, "data-look", words.look);
    attributeWhile(link, "data-plays", this.playing ? "" : null);
    attributeWhile(link, "aria-current", this.name === current ? "page" : null);
    text(this.title, camera.title);
    text(this.mark, words.mark);
    text(this.line, words.line);
    text(this.warning, words.warning ?? "");
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

  /**
   * @param {import("../play/stills.js").Stills} stills
   * @param {number} now monotonic ms
   */
  async load(stills, now) {
    if (!this.camera.picture) return;
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
