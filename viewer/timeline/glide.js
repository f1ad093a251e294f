// A change that takes a moment, so that the eye can follow.

const LONG = 180; // ms

export class Glide {
  #frame = 0;
  /** @type {(() => void)|null} does at once what is left of the one that is under way */
  #finish = null;

  /**
   * Calls step, once for each frame of the screen, with shares that add up to
   * one. One that is still under way is finished first: who presses twice wants both.
   * @param {(share: number) => void} step
   */
  run(step) {
    cancelAnimationFrame(this.#frame);
    this.#finish?.();
    let passed = 0;
    const to = (share) => {
      step(share - passed);
      passed = share;
    };
    const finish = () => {
      this.#finish = null;
      to(1);
    };
    this.#finish = finish;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return finish();
    const begun = performance.now();
    const frame = () => {
      const share = Math.max(0.05, (performance.now() - begun) / LONG);
      if (share >= 1) return finish();
      to(share);
      this.#frame = requestAnimationFrame(frame);
    };
    frame();
  }
}
