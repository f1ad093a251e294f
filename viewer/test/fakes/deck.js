// A deck that plays what the test says, and notes what it was asked for.

import { FakeVideo } from "./video.js";

export class FakeDeck {
  native = false;
  steersItself = false;
  reported = true; // the browser reports frames
  ready = false;
  known = false;
  following = false;
  travelling = false;
  suspended = false;
  recoveries = 0;
  stalls = 0;
  stalledSeconds = 0;
  partTarget = null;
  coming = null;
  source = null;
  segmentTarget = 2;
  staleness = 0;
  position = null;
  before = null; // what a seek has left
  listed = null;
  buffer = 0.3;
  left = Infinity;
  edge = 0.3;
  video = new FakeVideo();
  asked = []; // ["seekToEdge", 0.25], …

  constructor(options, on) {
    this.options = options;
    this.on = on;
    this.live = options.live;
    this.whole = options.whole ?? false;
    this.holding = options.hold;
    this.video.paused = options.hold;
  }

  get playhead() {
    return this.video;
  }
  #note(name, ...args) {
    this.asked.push([name, ...args]);
  }
  play() {
    this.#note("play");
    this.holding = false;
    this.video.paused = false;
  }
  hold() {
    this.#note("hold");
    this.holding = true;
    this.video.paused = true;
  }
  seekToDate(date) {
    this.#note("seekToDate", date);
    if (!this.listed || date < this.listed.start || date > this.listed.end) return false;
    this.before = this.shown;
    this.position = date;
    return true;
  }
  seekToEdge(distance) {
    this.#note("seekToEdge", distance);
  }
  jumpToEdge(distance) {
    this.#note("jumpToEdge", distance);
  }
  suspend() {
    this.#note("suspend");
    this.suspended = true;
  }
  resume() {
    this.#note("resume");
    this.suspended = false;
  }
  recover() {
    this.#note("recover");
    this.recoveries++;
  }
  destroy() {
    this.#note("destroy");
    this.destroyed = true;
  }

  get shown() {
    return this.video.seeking || this.travelling ? this.before : this.position;
  }

  get tellsFrames() {
    return this.reported && !this.native && !document.hidden;
  }

  // ---- what the test does

  /** @param {string} name of something that was asked for */
  wasAsked(name) {
    return this.asked.some(([one]) => one === name);
  }
  /** Its first picture is there. */
  show(position, more) {
    Object.assign(this, { ready: true, known: true, position }, more);
    this.on.ready();
  }
  /** A frame later. */
  move(seconds = 0.1) {
    this.video.currentTime += seconds;
    if (this.position !== null) this.position += seconds * 1000;
    this.on.frame(performance.now());
  }
}
