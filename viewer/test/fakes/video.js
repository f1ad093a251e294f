// What a deck needs of a video element that plays HLS by itself.

import { FakeElement } from "./dom.js";

/** Wall clock (ms) of media time 0. */
export const T = Date.parse("2026-11-22T21:54:00Z");

const rangesOf = (ranges) => ({ length: ranges.length, start: (i) => ranges[i][0], end: (i) => ranges[i][1] });

export class FakeVideo extends FakeElement {
  currentTime = 0;
  duration = NaN;
  readyState = 0;
  playbackRate = 1;
  seeking = false;
  paused = true;
  ended = false;
  ranges = [];
  /** What play() answers. */
  allowed = true;
  videoWidth = 1280;
  videoHeight = 720;

  constructor() {
    super("video");
  }
  get seekable() {
    return rangesOf(this.ranges);
  }
  get buffered() {
    return rangesOf(this.ranges);
  }
  getStartDate() {
    return new Date(T);
  }
  canPlayType(type) {
    return type === "application/vnd.apple.mpegurl" || type.includes("avc1") ? "maybe" : "";
  }
  removeAttribute(name) {
    delete this[name];
  }
  play() {
    if (!this.allowed) return Promise.reject(new Error("NotAllowedError"));
    this.paused = false;
    return Promise.resolve();
  }
  pause() {
    this.paused = true;
  }
  load() {}
  remove() {
    this.removed = true;
    super.remove();
  }
  /** @param {string} type of an event */
  fire(type) {
    this.dispatchEvent(new Event(type));
  }
  /** A playlist has been read. */
  loaded(seconds, duration = Infinity) {
    Object.assign(this, { ranges: [[0, seconds]], duration, readyState: 3 });
    this.fire("loadedmetadata");
    this.fire("canplay");
  }
}

/** A video that can tell of each frame, as Chromium's and Safari's can. */
export class FrameVideo extends FakeVideo {
  #callbacks = [];

  requestVideoFrameCallback(callback) {
    this.#callbacks.push(callback);
  }
  /** A frame is on the screen. */
  show(mediaTime, presentationTime = performance.now()) {
    for (const callback of this.#callbacks.splice(0)) callback(performance.now(), { mediaTime, presentationTime });
  }
}
