// Fingers, mouse and wheel on the timeline, told apart: a tap chooses, a drag
// scrubs, with Shift it pans; two fingers pan and zoom, the wheel zooms.

const SLOP = 5; // px that a tap may move
const WHEEL = 0.0022; // of zoom a pixel
const PINCH = 0.01; // the same for a touchpad's pinch, which comes as a wheel with Ctrl
const LINE = 16; // px, where wheels count in lines

/**
 * @typedef {object} GestureEvents x: CSS pixels from the left of the timeline
 * @property {(factor: number, x: number) => void} zoom
 * @property {(pixels: number) => void} pan
 * @property {(x: number[]) => void} grasp two fingers take hold
 * @property {(x: number[]) => void} stretch and are here now
 * @property {(x: number) => void} tap
 * @property {(x: number) => void} scrub
 * @property {(x: number|null) => void} scrubbed let go at; null: called off
 * @property {(x: number|null) => void} hover null: left
 */

export class Gestures {
  /**
   * @param {HTMLElement} root
   * @param {GestureEvents} on
   */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    /** @type {Map<number, number>} x by the pointer's id */
    this.pointers = new Map();
    this.from = 0; // x where the pointer went down
    this.shifted = false; // with Shift
    /** @type {"idle"|"pressed"|"panning"|"scrubbing"|"pinching"} */
    this.doing = "idle";
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", (event) => this.#up(event, true));
    root.addEventListener("pointercancel", (event) => this.#up(event, false));
    root.addEventListener("pointerleave", () => this.doing === "idle" && on.hover(null));
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #x(event) {
    return event.clientX - this.root.getBoundingClientRect().left;
  }

  #become(doing) {
    this.doing = doing;
    this.root.dataset.doing = doing;
  }

  #down(event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    this.root.setPointerCapture(event.pointerId);
    const x = this.#x(event);
    this.pointers.set(event.pointerId, x);
    if (this.pointers.size === 2) this.#pinch();
    if (this.pointers.size !== 1) return;
    this.shifted = Boolean(event.shiftKey);
    this.from = x;
    this.#become("pressed");
    this.on.hover(x);
  }

  #pinch() {
    if (this.doing === "scrubbing") this.on.scrubbed(null);
    this.#become("pinching");
    this.on.hover(null);
    this.on.grasp([...this.pointers.values()]);
  }

  #move(event) {
    const x = this.#x(event);
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) return this.on.hover(x);
    this.pointers.set(event.pointerId, x);
    if (this.doing === "pinching") return this.on.stretch([...this.pointers.values()]);
    if (this.doing === "pressed" && Math.abs(x - this.from) > SLOP) this.#become(this.shifted ? "panning" : "scrubbing");
    if (this.doing === "scrubbing") {
      this.on.scrub(x);
      this.on.hover(x);
    } else if (this.doing === "panning") {
      this.on.pan(before - x);
      this.on.hover(null);
    }
  }

  #up(event, meant) {
    if (!this.pointers.delete(event.pointerId)) return;
    const x = this.#x(event);
    if (this.doing === "pressed" && meant) this.on.tap(x);
    if (this.doing === "scrubbing") this.on.scrubbed(meant ? x : null);
    // The finger that stays after a pinch pans on.
    this.#become(this.pointers.size > 0 && this.doing === "pinching" ? "panning" : "idle");
    if (event.pointerType !== "mouse" || !meant) this.on.hover(null);
  }

  #wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 0 ? 1 : LINE;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    const sideways = event.shiftKey ? dx || dy : dx;
    if (!event.ctrlKey && (event.shiftKey || Math.abs(dx) > Math.abs(dy))) this.on.pan(sideways);
    else this.on.zoom(Math.exp(Math.max(-150, Math.min(150, dy)) * (event.ctrlKey ? PINCH : WHEEL)), this.#x(event));
  }
}
