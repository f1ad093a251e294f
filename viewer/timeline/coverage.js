// Where there is picture, and where it was not what the camera saw, as coarse or
// fine as the drawing needs. Keeps what the API said; pure but for the question itself. ms since 1970.

import { MOST_POINTS } from "../server/api.js";

/**
 * @typedef {import("../time/range.js").Range} Range
 * @typedef {import("../server/api.js").Flaw} Flaw
 */

/**
 * @typedef {object} Question
 * @property {number} from ms
 * @property {number} to ms
 * @property {number} grain ms a pixel
 * @property {boolean} open it ends at the live edge
 *
 * @typedef {Question & {spans: Range[], flaws: Flaw[], at: number}} Answer of the API; at: when it came, monotonic ms
 */

/**
 * @param {Question} question
 * @param {Range} range
 */
const covers = ({ from, to, open }, { start, end }) => from <= start && (open || to >= end);
const isFine = (question, grain) => question.grain <= grain * 1.01;

const KEPT = 24; // answers
const FRESH = 30_000; // monotonic ms; what lies at the live edge gets old
const MARGIN = 0.5; // of the view, asked for on both sides
const GOES_ON = 5000; // ms; a span that ended this lately when it was told of goes on

/**
 * The spans as they are now: the API's list, cut to the range, its last span
 * carried on to the edge while the camera is live.
 * @param {Range[]} spans
 * @param {Range} range
 * @param {number|null} [edge]
 */
export function currentSpans(spans, { start, end }, edge = null) {
  const last = spans.at(-1);
  /** @type {Range[]} */
  const out = [];
  for (const s of spans) {
    const until = s === last && edge !== null ? Math.max(s.end, edge) : s.end;
    const cut = { start: Math.max(s.start, start), end: Math.min(until, end) };
    if (cut.end > cut.start) out.push(cut);
  }
  return out;
}

export class Coverage {
  /**
   * @param {(from: number, to: number, points: number) => Promise<{spans: Range[], flaws: Flaw[]}>} ask
   * @param {() => number} monotonic ms
   */
  constructor(ask, monotonic = () => performance.now()) {
    this.ask = ask;
    this.monotonic = monotonic;
    /** @type {Answer[]} oldest first */
    this.known = [];
    /** @type {Question|null} on its way */
    this.asking = null;
    this.generation = 0;
  }

  /** Another camera. */
  clear() {
    this.known = [];
    this.asking = null;
    this.generation++;
  }

  /** Something has changed at the live edge. */
  expire() {
    for (const k of this.known) if (k.open) k.at = -Infinity;
    this.asking = null;
  }

  /**
   * The best that is known of a range: fine enough for a grain (ms a pixel), or
   * else the finest.
   * @param {Range} range
   * @param {number} grain
   * @returns {Answer|null}
   */
  best(range, grain) {
    const covering = this.known.filter((k) => covers(k, range));
    const fine = covering.filter((k) => isFine(k, grain));
    // Of those that are fine enough the newest: an old one may not know the latest gap.
    const newest = fine.reduce((a, b) => (a && a.at >= b.at ? a : b), /** @type {Answer|null} */ (null));
    return newest ?? covering.reduce((a, b) => (a && a.grain <= b.grain ? a : b), /** @type {Answer|null} */ (null));
  }

  /**
   * True when nothing that is known will do for drawing a range.
   * @param {Range} range
   * @param {number} grain
   */
  lacks(range, grain) {
    const best = this.best(range, grain);
    return !best || !isFine(best, grain) || (best.open && this.monotonic() - best.at > FRESH);
  }

  /**
   * Asks for what the drawing of a range needs, unless it is known.
   * @param {Range} range what is seen
   * @param {Range} bounds the window
   * @param {number} width in device pixels
   * @returns {Promise<boolean>} true when there is something new to draw
   */
  async want(range, bounds, width) {
    const grain = (range.end - range.start) / width;
    if (!this.lacks(range, grain)) return false;
    const margin = (range.end - range.start) * MARGIN;
    const from = Math.floor(Math.max(bounds.start, range.start - margin));
    const to = Math.ceil(Math.min(bounds.end, range.end + margin));
    // What is on its way will do, though the edge goes on meanwhile: over a slow link questions would pile up.
    if (to <= from || (this.asking && covers(this.asking, range) && isFine(this.asking, grain))) return false;
    const question = (this.asking = { from, to, grain, open: to >= bounds.end });
    const { generation } = this;
    try {
      const { spans, flaws } = await this.ask(from, to, Math.min(MOST_POINTS, Math.ceil((to - from) / grain)));
      if (generation !== this.generation) return false;
      this.#keep({ ...question, spans, flaws, at: question.open && this.asking !== question ? -Infinity : this.monotonic() });
      return true;
    } finally {
      if (this.asking === question) this.asking = null;
    }
  }

  #keep(answer) {
    // An open answer replaces older ones of the same kind, whose edge is past.
    const reach = answer.from - (answer.to - answer.from) / 10; // meanwhile the window's start has moved
    this.known = this.known.filter((k) => !(k.open && answer.open && k.grain >= answer.grain * 0.9 && k.from >= reach));
    this.known.push(answer);
    if (this.known.length > KEPT) this.known.shift();
  }

  /**
   * Spans of a range for drawing or choosing, the last one carried on to the edge.
   * @param {Range} range
   * @param {number} grain
   * @param {number|null} [edge]
   */
  spans(range, grain, edge = null) {
    const best = this.best(range, grain);
    if (!best) return [];
    const last = best.spans.at(-1);
    const goesOn = best.open && last !== undefined && best.to - last.end < Math.max(GOES_ON, 2 * best.grain);
    return currentSpans(best.spans, range, goesOn ? edge : null);
  }

  /**
   * Flaws of a range, for drawing.
   * @param {Range} range
   * @param {number} grain
   */
  flaws({ start, end }, grain) {
    return this.best({ start, end }, grain)?.flaws.filter((f) => f.end > start && f.start < end) ?? [];
  }

  /**
   * What kind of flaw there is at an instant of a range; that it stood says more than that it was late.
   * @param {number} t
   * @param {Range} range
   * @param {number} grain
   */
  flawAt(t, range, grain) {
    const kinds = this.flaws(range, grain).filter((f) => f.start <= t && t < f.end).map((f) => f.kind);
    return kinds.includes("standstill") ? "standstill" : (kinds[0] ?? null);
  }
}
