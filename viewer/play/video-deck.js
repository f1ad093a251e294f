// What every deck does with its video element, and how it is counted that a picture stood.

import { createVideo } from "./video.js";

export class VideoDeck {
  /**
   * @param {{hold: boolean, parent: HTMLElement}} options see contract.js
   * @param {import("./contract.js").DeckEvents} on
   */
  constructor({ hold, parent }, on) {
    this.on = on;
    this.holding = hold;
    this.video = createVideo(parent);
  }

  get playhead() {
    return /** @type {{currentTime: number, seeking: boolean}} */ (this.video);
  }

  play() {
    this.holding = false;
    // Refused autoplay shows as paused, which is what the page then says.
    this.video.play().catch(() => {});
  }

  hold() {
    this.holding = true;
    this.video.pause();
  }
}

/** How often, and how long altogether (s), the picture stood for want of data. */
export class Standstills {
  count = 0;
  seconds = 0;
  /** @type {{at: number, from: number}|null} monotonic ms, media time (s) */
  #since = null;

  /**
   * It stands from now on.
   * @param {{currentTime: number, seeking: boolean, paused: boolean}} video
   */
  begin({ currentTime, seeking, paused }) {
    if (!seeking && !paused) this.#since ??= { at: performance.now(), from: currentTime };
  }

  /** It was told to go elsewhere. */
  forget() {
    this.#since = null;
  }

  /**
   * To be called as the picture goes on.
   * @param {{currentTime: number}} video
   * @returns {number} s that it stood; 0: it did not, or does so still
   */
  end({ currentTime }) {
    if (!this.#since || currentTime <= this.#since.from) return 0;
    const seconds = (performance.now() - this.#since.at) / 1000;
    this.#since = null;
    this.add(seconds);
    return seconds;
  }

  /** @param {number} seconds */
  add(seconds) {
    this.count++;
    this.seconds += seconds;
  }
}
