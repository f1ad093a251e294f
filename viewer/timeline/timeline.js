// The timeline as an element: what is seen of the window, drawn; the playhead,
// and the time under the pointer. role="slider"; its keys are in controls.js.

import { Coverage } from "./coverage.js";
import { LAYOUT, draw } from "./draw.js";
import { instant, instantBeside } from "../time/format.js";
import { Gestures } from "./gestures.js";
import { Glide } from "./glide.js";
import { Scrubber } from "./scrubber.js";
import { fraction, timeAt } from "../time/range.js";
import { Viewport } from "./viewport.js";
import { flaw } from "../text/page.js";
import { shownZone } from "../time/shown.js";

const ASK_AFTER = 160; // ms that the view must rest before its details are asked for

/**
 * @typedef {import("../time/range.js").Range} Range
 *
 * @typedef {object} TimelineEvents
 * @property {(ms: number, fleeting: boolean) => void} chosen an instant was picked; fleeting: on the way to another
 * @property {() => boolean} busy the last one is not on the screen yet
 * @property {(from: number, to: number, points: number) => Promise<{spans: Range[], flaws: import("../server/api.js").Flaw[]}>} ask
 *
 * @typedef {object} TimelineState
 * @property {Range} bounds the window
 * @property {boolean} known the API has told of the window
 * @property {number} now ms
 * @property {number|null} edge carry the last span on to here
 * @property {number|null} position of the picture
 */

export class Timeline {
  viewport = new Viewport();
  /** @type {TimelineState} */
  state = { bounds: { start: 0, end: 1 }, known: false, now: 0, edge: null, position: null };
  /** @type {number|null} px under the pointer */
  #hovered = null;
  /** @type {number[]} instants that two fingers hold */
  #grasped = [0, 0];
  /** @type {number|null} */
  #frame = null;
  #glide = new Glide();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #askTimer;
  #viewed = ""; // the view when it last changed
  #opened = false; // the first picture's instant has come into view
  /** @type {{best: object|null, whole: object|null, look: (number|boolean)[]}|null} */
  #painted = null;
  #scale = 1; // device pixels a CSS pixel
  /** @type {Record<string, string>} */
  #colors = {};
  #font = "";

  /**
   * @param {HTMLElement} root the element with role="slider"
   * @param {TimelineEvents} on
   */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.handle = /** @type {HTMLElement} */ (root.querySelector(".handle"));
    this.bubble = /** @type {HTMLElement} */ (root.querySelector(".bubble"));
    this.coverage = new Coverage(on.ask);
    this.scrubber = new Scrubber(on);
    this.#gestures();
    new ResizeObserver(() => this.#resized()).observe(root);
    const repaint = () => this.restyle();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    document.addEventListener("fullscreenchange", repaint);
    this.restyle();
  }

  get width() {
    return this.root.clientWidth;
  }

  #gestures() {
    const { viewport } = this;
    const moved = (change) => {
      change();
      this.#changed();
    };
    new Gestures(this.root, {
      zoom: (factor, x) => moved(() => viewport.zoom(factor, this.#timeAt(x))),
      pan: (pixels) => moved(() => viewport.pan((pixels / this.width) * this.#length)),
      grasp: (xs) => (this.#grasped = xs.map((x) => this.#timeAt(x))),
      stretch: (xs) => moved(() => viewport.stretch(this.#grasped[0], xs[0] / this.width, this.#grasped[1], xs[1] / this.width)),
      tap: (x) => this.on.chosen(this.#timeAt(x), false),
      scrub: (x) => {
        this.scrubber.drag(this.#timeAt(x));
        this.#place();
      },
      scrubbed: (x) => {
        this.scrubber.drop(x === null ? null : this.#timeAt(x));
        this.#place();
      },
      hover: (x) => {
        this.#hovered = x;
        this.#hover();
      },
    });
  }

  get #length() {
    return this.viewport.range.end - this.viewport.range.start;
  }

  /** Where the handle is: at the picture, or under the finger. */
  get shown() {
    return this.scrubber.at ?? this.state.position;
  }

  #timeAt(x) {
    return timeAt(x / this.width, this.viewport.range);
  }

  // ---- what buttons and keys ask for

  /** @param {number} factor below 1 shows less, larger; around the playhead, or the middle when that is not seen */
  zoom(factor) {
    this.#gently((share) => {
      const { range } = this.viewport;
      const { position } = this.state;
      const anchor = position !== null && this.viewport.shows(position) ? position : (range.start + range.end) / 2;
      this.viewport.zoom(factor ** share, anchor);
    });
  }

  fit() {
    const { bounds, range } = this.viewport;
    const from = { ...range };
    let done = 0;
    this.#gently((share) => {
      done += share;
      if (done > 0.999) return this.viewport.fit();
      const part = (a, b) => a + (b - a) * done;
      this.viewport.mode = "free";
      this.viewport.range = { start: part(from.start, bounds.start), end: part(from.end, bounds.end) };
    });
  }

  /** @param {(share: number) => void} step */
  #gently(step) {
    this.#glide.run((share) => {
      step(share);
      this.#changed();
    });
  }

  /** The instant comes into view, if it is not. */
  reveal(t) {
    this.viewport.reveal(t);
    this.#changed();
  }

  /** Another camera: nothing is known any more. */
  clear() {
    this.coverage.clear();
    this.viewport.open();
    this.#opened = false;
    this.#painted = null;
  }

  /** Spans as fine as they are drawn, for choosing among. */
  spans() {
    return this.coverage.spans(this.viewport.bounds, this.#length / this.width, this.state.edge);
  }

  // ---- showing

  /**
   * What is to be seen from now on.
   * @param {TimelineState} state
   */
  show(state) {
    this.state = state;
    this.viewport.update(state.bounds, this.scrubber.at === null ? state.position : null);
    if (!this.#opened && state.known && state.position !== null) {
      this.#opened = true;
      this.viewport.reveal(Math.min(state.position, state.bounds.end));
    }
    this.#changed();
    const { root } = this;
    root.setAttribute("aria-valuemin", String(Math.round(state.bounds.start / 1000)));
    root.setAttribute("aria-valuemax", String(Math.round(state.bounds.end / 1000)));
    if (state.position === null) return;
    root.setAttribute("aria-valuenow", String(Math.round(state.position / 1000)));
    root.setAttribute("aria-valuetext", instant(state.position, state.now));
  }

  #changed() {
    if (this.#frame === null) this.#frame = requestAnimationFrame(() => this.#redraw());
    this.#askSoon();
  }

  #redraw() {
    this.#frame = null;
    this.#paint();
    this.#place();
    this.#hover();
  }

  #place() {
    const { shown, handle } = this;
    handle.hidden = shown === null || !this.viewport.shows(Math.min(shown, this.viewport.bounds.end));
    // A share of the width stays right when that changes.
    if (shown !== null && !handle.hidden) handle.style.left = `${(fraction(shown, this.viewport.range) * 100).toFixed(3)}%`;
    handle.classList.toggle("held", this.scrubber.at !== null);
  }

  #hover() {
    const { bubble } = this;
    const hovered = this.#hovered;
    bubble.hidden = hovered === null || this.state.now === 0;
    if (hovered === null || bubble.hidden) return;
    const time = this.#timeAt(hovered);
    const kind = this.coverage.flawAt(time, this.viewport.range, this.#length / this.canvas.width);
    bubble.textContent = [instantBeside(time, this.state.now, this.viewport.range), kind && flaw(kind)].filter(Boolean).join(" · ");
    const half = bubble.offsetWidth / 2;
    bubble.style.left = `${Math.min(Math.max(hovered, half), this.width - half)}px`;
  }

  // ---- details, once the view rests

  #askSoon() {
    const { start, end } = this.viewport.range;
    const view = `${Math.round(start / 1000)} ${Math.round(end / 1000)}`;
    // A view that moves on with the live edge rests too.
    if (this.viewport.mode === "free" && view !== this.#viewed) {
      clearTimeout(this.#askTimer);
      this.#askTimer = undefined;
    }
    this.#viewed = view;
    this.#askTimer ??= setTimeout(() => this.#ask(), ASK_AFTER);
  }

  async #ask() {
    this.#askTimer = undefined;
    if (document.hidden || !this.width || !this.state.known) return;
    const { bounds, range } = this.viewport;
    try {
      const whole = await this.coverage.want(bounds, bounds, this.canvas.width);
      const detail = await this.coverage.want(range, bounds, this.canvas.width);
      if (whole || detail) this.#changed();
    } catch {
      // The poll notices who is away; the next look asks again.
    }
  }

  // ---- painting, only when it would look different

  #resized() {
    this.#scale = Math.min(4, devicePixelRatio || 1);
    this.canvas.width = Math.round(this.width * this.#scale);
    this.canvas.height = Math.round(LAYOUT.height * this.#scale);
    this.#painted = null;
    this.#changed();
  }

  /** Its colours are others now. */
  restyle() {
    const style = getComputedStyle(this.root);
    this.#colors = Object.fromEntries(["raised", "line", "span", "soft", "faint", "live"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.#font = style.fontFamily;
    this.#painted = null;
    this.#changed();
  }

  /** Times are told in another zone. */
  rezone() {
    this.#painted = null;
    this.#changed();
  }

  #paint() {
    const { range, bounds } = this.viewport;
    if (!this.width || !this.state.now) return;
    if (this.#scale !== Math.min(4, devicePixelRatio || 1)) return this.#resized();
    const grain = this.#length / this.canvas.width;
    const best = this.coverage.best(range, grain);
    const whole = this.coverage.best(bounds, (bounds.end - bounds.start) / this.canvas.width);
    // A third of a device pixel is not seen.
    const { edge, now } = this.state;
    const head = edge === now ? edge : null; // what was carried on only to when somebody last answered has no end that goes on
    const look = [Math.round((3 * range.start) / grain), Math.round((3 * range.end) / grain), head === null];
    const painted = this.#painted;
    if (painted && painted.best === best && painted.whole === whole && look.every((l, i) => l === painted.look[i])) return;
    this.#painted = { best, whole, look };
    this.context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    draw(this.context, {
      width: this.width, range, bounds, colors: this.#colors, font: this.#font, zone: shownZone(), edge: head,
      spans: this.coverage.spans(range, grain, this.state.edge),
      flaws: this.coverage.flaws(range, grain),
      overview: this.coverage.spans(bounds, (bounds.end - bounds.start) / this.canvas.width, this.state.edge),
    });
  }
}
