// The timeline as an element: what is seen of the window, drawn; the playhead,
// and the time under the pointer. role="slider"; its keys are in controls.js.

import { Coverage } from "./coverage.js";
import { LAYOUT, draw } from "./draw.js";
import { captionsFor, instant, labelFor } from "./format.js";
import { Gestures } from "./gestures.js";
import { fraction, timeAt } from "./timeline.js";
import { Viewport } from "./viewport.js";
import { FLAW } from "./words.js";
import { localZone } from "./zone.js";

const ASK_AFTER = 160; // ms that the view must rest before its details are asked for
const SCRUB_EVERY = 150;
const GLIDE = 180; // ms that a zoom by button or key takes

export class Slider {
  /**
   * @param {HTMLElement} root the element with role="slider"
   * @param {object} on
   * @param {(ms: number, fleeting: boolean) => void} on.chosen an instant was picked; fleeting: on the way to another
   * @param {() => boolean} on.busy the last one is not on the screen yet
   * @param {(from: number, to: number, points: number) => Promise<object>} on.ask for spans and flaws
   */
  constructor(root, on) {
    Object.assign(this, { root, on });
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.handle = root.querySelector(".handle");
    this.bubble = root.querySelector(".bubble");
    this.viewport = new Viewport();
    this.coverage = new Coverage(on.ask);
    this.state = { known: false, now: 0, edge: null, position: null };
    this.scrubbing = null; // ms
    this.hovered = null; // px
    this.#gestures();
    new ResizeObserver(() => this.#resized()).observe(root);
    const repaint = () => this.#restyled();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    document.addEventListener("fullscreenchange", repaint);
    this.#restyled();
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
    this.gestures = new Gestures(this.root, {
      playhead: () => (this.shown !== null && viewport.shows(this.shown) ? this.#xOf(this.shown) : null),
      pannable: () => viewport.mode !== "all",
      zoom: (factor, x) => moved(() => viewport.zoom(factor, this.#timeAt(x))),
      pan: (pixels) => moved(() => viewport.pan((pixels / this.width) * this.#length)),
      grasp: (xs) => (this.grasped = xs.map((x) => this.#timeAt(x))),
      stretch: (xs) => moved(() => viewport.stretch(this.grasped[0], xs[0] / this.width, this.grasped[1], xs[1] / this.width)),
      tap: (x) => this.on.chosen(this.#timeAt(x), false),
      scrub: (x) => this.#scrub(this.#timeAt(x)),
      scrubbed: (x) => this.#scrubbed(x),
      hover: (x) => {
        this.hovered = x;
        this.#hover();
      },
    });
  }

  get #length() {
    return this.viewport.range.end - this.viewport.range.start;
  }

  /** Where the handle is: at the picture, or under the finger. */
  get shown() {
    return this.scrubbing ?? this.state.position;
  }

  #timeAt(x) {
    return timeAt(x / this.width, this.viewport.range);
  }

  #xOf(t) {
    return fraction(t, this.viewport.range) * this.width;
  }

  // ---- scrubbing: the picture follows as fast as it can, and no faster

  #scrub(t) {
    this.scrubbing = t;
    this.#place();
    this.scrubTimer ??= setInterval(() => this.#follow(), SCRUB_EVERY);
  }

  #follow() {
    if (this.scrubbing === this.followed || this.on.busy()) return;
    this.followed = this.scrubbing;
    this.on.chosen(this.scrubbing, true);
  }

  #scrubbed(x) {
    clearInterval(this.scrubTimer);
    this.scrubTimer = this.followed = undefined;
    const t = x === null ? null : this.#timeAt(x);
    this.scrubbing = null;
    if (t !== null) this.on.chosen(t, false);
    this.#place();
  }

  // ---- what buttons and keys ask for

  /** @param {number} factor below 1 shows less, larger; around the playhead, or the middle when that is not seen */
  zoom(factor) {
    this.#glide((share) => {
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
    this.#glide((share) => {
      done += share;
      if (done > 0.999) return this.viewport.fit();
      const part = (a, b) => a + (b - a) * done;
      this.viewport.mode = "free";
      this.viewport.range = { start: part(from.start, bounds.start), end: part(from.end, bounds.end) };
    });
  }

  /** Calls step with shares that add up to one. */
  #glide(step) {
    cancelAnimationFrame(this.gliding);
    this.arrive?.(); // who presses twice wants both
    let passed = 0;
    const to = (share) => {
      step(share - passed);
      passed = share;
      this.#changed();
    };
    this.arrive = () => {
      this.arrive = null;
      to(1);
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.arrive();
    const begun = performance.now();
    const frame = () => {
      const share = Math.max(0.05, (performance.now() - begun) / GLIDE);
      if (share >= 1) return this.arrive();
      to(share);
      this.gliding = requestAnimationFrame(frame);
    };
    frame();
  }

  /** The instant comes into view, if it is not. */
  reveal(t) {
    this.viewport.reveal(t);
    this.#changed();
  }

  /** Another camera: nothing is known any more. */
  clear() {
    this.coverage.clear();
    this.viewport.mode = "all";
    this.painted = null;
  }

  /** Spans as fine as they are drawn, for choosing among. */
  spans() {
    return this.coverage.spans(this.viewport.bounds, this.#length / this.width, this.state.edge);
  }

  // ---- showing

  /**
   * @param {object} state
   * @param {{start: number, end: number}} state.bounds the window
   * @param {boolean} state.known the API has told of the window
   * @param {number} state.now ms
   * @param {number|null} state.edge carry the last span on to here
   * @param {number|null} state.position of the picture
   */
  show(state) {
    this.state = state;
    this.viewport.update(state.bounds, this.scrubbing === null ? state.position : null);
    this.#changed();
    const { root } = this;
    root.setAttribute("aria-valuemin", Math.round(state.bounds.start / 1000));
    root.setAttribute("aria-valuemax", Math.round(state.bounds.end / 1000));
    if (state.position === null) return;
    root.setAttribute("aria-valuenow", Math.round(state.position / 1000));
    root.setAttribute("aria-valuetext", instant(state.position, state.now));
  }

  #changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#paint();
      this.#place();
      this.#hover();
    });
    this.#askSoon();
  }

  #place() {
    const { shown, handle } = this;
    handle.hidden = shown === null || !this.viewport.shows(Math.min(shown, this.viewport.bounds.end));
    // A share of the width stays right when that changes.
    if (!handle.hidden) handle.style.left = `${(fraction(shown, this.viewport.range) * 100).toFixed(3)}%`;
    handle.classList.toggle("held", this.scrubbing !== null);
  }

  #hover() {
    const { bubble, hovered } = this;
    bubble.hidden = hovered === null || this.state.now === 0;
    if (bubble.hidden) return;
    const time = this.#timeAt(hovered);
    const flaw = this.coverage.flawAt(time, this.viewport.range, this.#length / this.canvas.width);
    bubble.textContent = [instant(time, this.state.now), FLAW[flaw]].filter(Boolean).join(" · ");
    const half = bubble.offsetWidth / 2;
    bubble.style.left = `${Math.min(Math.max(hovered, half), this.width - half)}px`;
  }

  // ---- details, once the view rests

  #askSoon() {
    const { start, end } = this.viewport.range;
    const view = `${Math.round(start / 1000)} ${Math.round(end / 1000)}`;
    // A view that moves on with the live edge rests too.
    if (this.viewport.mode === "free" && view !== this.viewed) clearTimeout(this.askTimer), (this.askTimer = undefined);
    this.viewed = view;
    this.askTimer ??= setTimeout(() => this.#ask(), ASK_AFTER);
  }

  async #ask() {
    this.askTimer = undefined;
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
    this.scale = Math.min(4, devicePixelRatio || 1);
    this.canvas.width = Math.round(this.width * this.scale);
    this.canvas.height = Math.round(LAYOUT.height * this.scale);
    this.painted = null;
    this.#changed();
  }

  #restyled() {
    const style = getComputedStyle(this.root);
    this.colors = Object.fromEntries(["raised", "line", "span", "soft", "faint", "live"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.font = style.fontFamily;
    this.painted = null;
    this.#changed();
  }

  #paint() {
    const { range, bounds } = this.viewport;
    if (!this.width || !this.state.now) return;
    if (this.scale !== Math.min(4, devicePixelRatio || 1)) return this.#resized();
    const grain = this.#length / this.canvas.width;
    const best = this.coverage.best(range, grain);
    const whole = this.coverage.best(bounds, (bounds.end - bounds.start) / this.canvas.width);
    // A third of a device pixel is not seen.
    const look = [Math.round((3 * range.start) / grain), Math.round((3 * range.end) / grain), this.state.edge === null];
    if (this.painted && this.painted.best === best && this.painted.whole === whole && look.every((l, i) => l === this.painted.look[i])) return;
    this.painted = { best, whole, look };
    this.context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    draw(this.context, {
      width: this.width, range, bounds, colors: this.colors, font: this.font, zone: localZone, words: { labelFor, captionsFor }, edge: this.state.edge,
      spans: this.coverage.spans(range, grain, this.state.edge),
      flaws: this.coverage.flaws(range, grain),
      overview: this.coverage.spans(bounds, (bounds.end - bounds.start) / this.canvas.width, this.state.edge),
    });
  }
}
