// Which stretch of time the timeline shows. Pure; ms since 1970.

/** Closer than this nobody zooms, unless the whole window is shorter. */
export const NARROWEST = 60_000;
/** What is seen at first: the last ten minutes. */
export const OPENING = 600_000;
/** When the playhead leaves the view while playing, the page turns: it is then this far in. */
const TURNED = 0.1;

/** @typedef {import("../time/range.js").Range} Range */

/**
 * Moved so that it lies inside the bounds; cut to them when it is longer.
 * @param {Range} range
 * @param {Range} bounds
 * @returns {Range}
 */
export function contain({ start, end }, bounds) {
  const length = Math.min(end - start, bounds.end - bounds.start);
  const from = Math.min(Math.max(start, bounds.start), bounds.end - length);
  return { start: from, end: from + length };
}

/**
 * Longer or shorter by a factor, with the instant `anchor` staying where it is.
 * @param {Range} view
 * @param {number} factor below 1: shows less, larger
 * @param {number} anchor
 * @param {Range} bounds
 */
export function zoom(view, factor, anchor, bounds) {
  const all = bounds.end - bounds.start;
  const length = Math.min(all, Math.max(Math.min(NARROWEST, all), (view.end - view.start) * factor));
  const share = (anchor - view.start) / (view.end - view.start);
  const start = anchor - share * length;
  return contain({ start, end: start + length }, bounds);
}

/**
 * What is seen of the window, over time: all of it, or a part that stays with
 * the newest picture or stands where it was put.
 */
export class Viewport {
  /** @type {"all"|"edge"|"free"} */
  mode = "edge";
  /** How long (ms) the view gets by itself while the window is shorter; 0 once somebody has chosen. */
  #grows = OPENING;
  /** @type {Range} what is seen */
  range = { start: 0, end: 1 };
  /** @type {Range} the window */
  bounds = { start: 0, end: 1 };
  /** @type {number|null} */
  #position = null;

  /**
   * The window as it is now.
   * @param {Range} bounds
   * @param {number|null} position of the picture; a view that shows it follows it
   */
  update(bounds, position = null) {
    this.bounds = bounds;
    const { start, end } = this.range;
    if (this.mode === "all") this.range = { ...bounds };
    else if (this.mode === "edge") this.range = contain({ start: bounds.end - Math.max(end - start, this.#grows), end: bounds.end }, bounds);
    else {
      const before = this.#position;
      // A jump is no playing: who jumps asks to see it by reveal.
      const left = before !== null && position !== null && this.shows(before) && position > end && position - before < (end - start) / 2;
      if (left) this.#turn(position);
      else this.range = contain(this.range, bounds);
    }
    this.#position = position;
  }

  #turn(position) {
    const length = this.range.end - this.range.start;
    const start = position - TURNED * length;
    this.#show({ start, end: start + length });
  }

  /** As it was at first. */
  open() {
    this.mode = "edge";
    this.#grows = OPENING;
    this.range = { start: 0, end: 1 };
    this.#position = null;
  }

  #show(range) {
    this.#grows = 0;
    this.range = contain(range, this.bounds);
    const length = this.range.end - this.range.start;
    if (length >= (this.bounds.end - this.bounds.start) * 0.999) this.mode = "all";
    else this.mode = this.range.end >= this.bounds.end - length * 0.002 ? "edge" : "free";
  }

  shows(t) {
    return t >= this.range.start && t <= this.range.end;
  }

  zoom(factor, anchor) {
    this.#show(zoom(this.range, factor, anchor, this.bounds));
  }

  /** @param {number} by ms to later (positive) or earlier */
  pan(by) {
    this.#show({ start: this.range.start + by, end: this.range.end + by });
  }

  /** Two instants, each of which is to be at its share of the width: what two fingers do. */
  stretch(a, shareA, b, shareB) {
    if (Math.abs(shareB - shareA) < 0.01) return;
    const length = (b - a) / (shareB - shareA);
    const now = this.range.end - this.range.start;
    if (!(length > 0)) return;
    // The same as a zoom, so that its limits hold, then to where the first finger is.
    const zoomed = zoom(this.range, length / now, a, this.bounds);
    const start = a - shareA * (zoomed.end - zoomed.start);
    this.#show({ start, end: start + (zoomed.end - zoomed.start) });
  }

  fit() {
    this.#show(this.bounds);
  }

  /** Shows an instant, as large as before: in the middle, unless it is seen already. */
  reveal(t) {
    if (this.shows(t)) return;
    const half = (this.range.end - this.range.start) / 2;
    this.#show({ start: t - half, end: t + half });
  }
}
