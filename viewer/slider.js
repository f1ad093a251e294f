// The timeline as an element: spans, labels, a handle, and the time under the pointer.

import { clockTime, instant, tickLabel } from "./format.js";
import { currentSpans, fraction, ticks, timeAt } from "./timeline.js";

const LABEL_GAP = 84; // pixels between two labels

export class Slider {
  /**
   * @param {HTMLElement} root the element with role="slider"
   * @param {(ms: number) => void} chosen called when an instant was picked
   */
  constructor(root, chosen) {
    this.root = root;
    this.chosen = chosen;
    this.spansBox = root.querySelector(".spans");
    this.ticksBox = root.querySelector(".ticks");
    this.handle = root.querySelector(".handle");
    this.bubble = root.querySelector(".bubble");
    this.range = { start: 0, end: 1 };
    this.dragging = null;
    this.#pointer();
  }

  #pointer() {
    const { root } = this;
    root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      root.setPointerCapture(event.pointerId);
      this.dragging = this.#under(event);
      this.#point(event);
    });
    root.addEventListener("pointermove", (event) => {
      if (this.dragging !== null) this.dragging = this.#under(event);
      this.#point(event);
    });
    root.addEventListener("pointerup", () => {
      if (this.dragging === null) return;
      this.chosen(this.dragging);
      this.#release();
    });
    root.addEventListener("pointercancel", () => this.#release());
    root.addEventListener("pointerleave", () => this.dragging === null && this.#release());
  }

  #under(event) {
    const box = this.spansBox.getBoundingClientRect();
    return timeAt((event.clientX - box.left) / box.width, this.range);
  }

  #point(event) {
    const t = this.#under(event);
    this.bubble.textContent = instant(t, this.range.end);
    this.bubble.hidden = false;
    const width = this.spansBox.clientWidth;
    const half = this.bubble.offsetWidth / 2;
    const x = fraction(t, this.range) * width;
    this.bubble.style.left = `${Math.min(Math.max(x, half), width - half)}px`;
    if (this.dragging !== null) this.#place(t);
  }

  #release() {
    this.dragging = null;
    this.bubble.hidden = true;
    this.root.classList.remove("dragging");
  }

  #place(t) {
    this.handle.style.left = `${fraction(t, this.range) * 100}%`;
  }

  /**
   * @param {object} now
   * @param {{start: number, end: number}} now.range
   * @param {{start: number, end: number}[]} now.spans
   * @param {number|null} now.edge carry the last span on to here
   * @param {number|null} now.position of the picture
   */
  show({ range, spans, edge, position }) {
    this.range = range;
    this.#drawSpans(currentSpans(spans, range, edge));
    this.#drawTicks();
    const { root } = this;
    root.setAttribute("aria-valuemin", Math.round(range.start / 1000));
    root.setAttribute("aria-valuemax", Math.round(range.end / 1000));
    if (position === null) return;
    root.setAttribute("aria-valuenow", Math.round(position / 1000));
    root.setAttribute("aria-valuetext", clockTime(position));
    if (this.dragging === null) this.#place(position);
    else root.classList.add("dragging");
  }

  #drawSpans(spans) {
    fill(this.spansBox, spans.length, "i");
    spans.forEach((span, i) => {
      const { style } = this.spansBox.children[i];
      const left = fraction(span.start, this.range);
      style.left = `${left * 100}%`;
      style.width = `${(fraction(span.end, this.range) - left) * 100}%`;
    });
  }

  #drawTicks() {
    const width = this.ticksBox.clientWidth;
    const utcOffset = -new Date(this.range.end).getTimezoneOffset() * 60_000;
    const { step, times } = ticks(this.range, width, LABEL_GAP, utcOffset);
    fill(this.ticksBox, times.length, "span");
    times.forEach((t, i) => {
      const tick = this.ticksBox.children[i];
      const label = tickLabel(t, step);
      if (tick.textContent !== label) tick.textContent = label;
      const x = fraction(t, this.range);
      tick.style.left = `${x * 100}%`;
      tick.classList.toggle("edge", x * width < 24 || (1 - x) * width < 24);
    });
  }
}

/** As many children of that kind as needed, no more. */
function fill(box, count, tag) {
  while (box.children.length > count) box.lastChild.remove();
  while (box.children.length < count) box.append(document.createElement(tag));
}
