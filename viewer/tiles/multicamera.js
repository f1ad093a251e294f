// What the page has when there are several cameras: the overview of all, and
// beside a camera's picture the strip of the others.

import { attribute, attributeWhile, byIds, text } from "../browser/dom.js";
import { words } from "../text/words.js";
import { clockTimeZoned, longDay } from "../time/format.js";
import { bestGrid } from "./grid.js";
import { OVERVIEW, formatLink } from "../browser/link.js";
import { LiveTiles } from "./live-tiles.js";
import { Tiles } from "./tiles.js";
import { summary } from "../text/tile.js";
import { misled, notice } from "../text/page.js";

const ABOVE = 76; // pixels that the overview’s head takes

/** @typedef {import("../server/json.js").Camera} Camera */

export class MultiCamera {
  #count = 1; // of cameras

  constructor() {
    this.parts = byIds(["to-overview", "overview", "overview-tiles", "overview-title", "overview-said", "overview-live", "strip"]);
    this.strip = new Tiles(this.parts.strip, { overview: false });
    this.overview = new Tiles(this.parts["overview-tiles"], { overview: true });
    this.live = new LiveTiles(this.overview);
    addEventListener("resize", () => this.#columns());
  }

  /** The tiles of what is on the screen. */
  get #shown() {
    return document.body.dataset.view === "overview" ? this.overview : this.strip;
  }

  /**
   * The still of a camera that is on the screen, to keep its place until the picture comes; null: none.
   * @param {string} name
   */
  stillOf(name) {
    const tile = this.#shown.get(name);
    return tile?.shown ? tile.canvas : null;
  }

  /** To another place: nothing of this one may hold a connection there. */
  leave() {
    this.live.show(false, 0);
    this.strip.abort();
    this.overview.abort();
  }

  /**
   * The tile of the camera that one comes from.
   * @param {string} name
   */
  focus(name) {
    this.overview.get(name)?.link.focus();
  }

  /**
   * @param {import("./tiles.js").TilesState & {away: import("../server/api.js").Who|null, wrong?: import("../browser/link.js").Wrong|null, crowded?: boolean}} page wrong: what the link here says and is not so; crowded: other windows of this browser play, too
   */
  show(page) {
    const { parts } = this;
    const inOverview = document.body.dataset.view === "overview";
    attribute(parts["to-overview"], "href", formatLink(OVERVIEW, page.linked));
    attributeWhile(parts["to-overview"], "aria-current", inOverview ? "page" : null);
    if (inOverview) this.#showOverview(page);
    this.live.crowded = page.crowded ?? false;
    this.live.show(inOverview && page.at === null && page.reachable && !document.hidden, page.now);
    this.#shown.show(page);
  }

  /** @param {{cameras: Camera[], at: number|null, away: import("../server/api.js").Who|null, now: number, wrong?: import("../browser/link.js").Wrong|null}} page */
  #showOverview({ cameras, at, away, now, wrong = null }) {
    const { parts } = this;
    if (this.#count !== cameras.length) {
      this.#count = cameras.length;
      this.#columns();
    }
    const unreachable = away ? notice("unreachable", null, away, now) : null;
    text(parts["overview-title"], at === null ? words().page.all : clockTimeZoned(at));
    text(parts["overview-said"], unreachable ? `${unreachable.title}. ${unreachable.advice}` : wrong ? misled(wrong, now) : at === null ? summary(cameras) : longDay(at));
    parts["overview-said"].classList.toggle("whole", Boolean(unreachable || wrong));
    parts["overview-said"].classList.toggle("wrong", Boolean(unreachable || (wrong && !("ahead" in wrong))));
    parts["overview-live"].hidden = at === null;
  }

  /** As many columns as make all tiles fit on the screen at their largest. */
  #columns() {
    const { style } = this.parts.overview;
    const { columns, rows, scrolls } = bestGrid(this.#count, innerWidth, innerHeight - ABOVE);
    style.setProperty("--columns", String(columns));
    style.setProperty("--rows", String(rows));
    this.parts.overview.classList.toggle("scrolls", scrolls);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Camera[]} cameras
   * @returns {(() => void)|null} what the key does here
   */
  key({ key }, cameras) {
    if (cameras.length < 2) return null;
    const nth = /^[1-9]$/.test(key) ? cameras[Number(key) - 1] : null;
    if (nth) return () => this.#shown.get(nth.name)?.link.click();
    if (key === "a" || key === "A") return () => this.parts["to-overview"].click();
    return document.body.dataset.view === "overview" ? this.#arrow(key) : null;
  }

  #arrow(key) {
    const links = this.overview.all.map((tile) => tile.link);
    const here = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const columns = getComputedStyle(this.parts["overview-tiles"]).gridTemplateColumns.split(" ").length;
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -here, End: links.length - 1 - here };
    if (!(key in steps)) return null;
    return () => links[here < 0 ? 0 : here + steps[key]]?.focus();
  }
}
