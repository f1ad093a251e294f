// Keeps the picture at the live edge: a small forward buffer, held by gentle
// playback rates, whose size follows what the network really does.
//
// Pure: the adapter says how much is buffered, when parts arrive and when the
// picture stood still; the answer is a rate or a jump. All times are seconds.
//
// hls.js has a catch-up of its own, but it acts only with more than a second in
// the buffer, so what joining costs would stay for ever.

import { LateParts } from "./late-parts.js";

/** What a floor is made of: half a part of sawtooth, and slack for the browser's own buffering. */
const SLACK = 0.15;
/** The same for whole segments, whose loads take longer and differ more. */
const SLACK_WHOLE = 0.5;
const FLOOR_MIN = 0.2;
const TARGET_MAX = 2;
/** What lasts longer than this (s) is no part but a segment. */
const WHOLE = 0.75;

/** After half a quiet minute a target that has grown loses half its excess a minute. */
const SHRINK_AFTER = 30;
const SHRINK_TIME = 90;

/** Lateness is remembered in maxima per second; one bad second in a minute is no pattern. */
const JITTER_MEMORY = 60;
const JITTER_RANK = 2;
/** A stall this long is an outage: no buffer is meant to bridge it. */
const OUTAGE = 1;

/** Hysteresis around the target: begin to correct outside, stop at the target. */
const ABOVE = 0.06;
const BELOW = 0.08;
const SAMPLES = 5;

/**
 * Farther from the target than this the picture jumps instead of running: a
 * camera that stood for a moment has what it missed repeated, all at once, and
 * nobody wants to watch that. The jump waits for what is announced to be in
 * the buffer, where it costs nothing; only from far is the edge sought unseen.
 */
const JUMP = 0.8;
const JUMP_UNSEEN = 2;
const JUMP_PAUSE = 3;
/**
 * What had piled up somewhere comes in bursts. For so long after the first jump
 * the picture may jump again, as often as this.
 */
const BURST = 1.5;
const BURST_PAUSE = 0.5;
/**
 * What a camera has missed takes a moment to come. While the edge runs ahead,
 * faster than any camera sends, the jump waits for where it will be, though
 * not for long.
 */
const RUNNING = 2;
const RUNNING_OVER = 0.25;
const RUNNING_LONGEST = 1;
/** The buffer may lack so much of what is announced and still hold the place to jump to. */
const UNLOADED = 0.2;

/**
 * So long after joining or jumping nothing enlarges the target: what is late
 * then is this page, still building itself, and not the network. A network
 * that is bad stays so and is believed a moment later.
 */
const SETTLING = 3;

export class Steering {
  /**
   * @param {object} options
   * @param {number} options.partTarget duration of a part
   * @param {boolean} [options.steerable] false: rate stays 1 (iPhone), only jumps remain
   */
  constructor({ partTarget, steerable = true }) {
    this.partTarget = partTarget;
    this.steerable = steerable;
    this.floor = Math.max(FLOOR_MIN, partTarget + (partTarget > WHOLE ? SLACK_WHOLE : SLACK));
    this.target = this.floor;
    this.most = Math.max(TARGET_MAX, this.floor + partTarget);
    /** Of whole segments the one that is announced is still on its way. */
    this.coming = partTarget > WHOLE ? 1.5 * partTarget : 0;
    this.rate = 1;
    this.grownAt = -Infinity;
    /** @type {number|null} */
    this.updatedAt = null;
    this.late = new LateParts(JITTER_MEMORY, JITTER_RANK);
    this.restart();
  }

  /** The timeline begins anew (join, jump, discontinuity): old levels and arrivals say nothing. */
  restart() {
    /** @type {number[]} what the buffer held at the last looks */
    this.levels = [];
    /** @type {number|null} */
    this.arrivedAt = null;
    this.jumpedAt = -Infinity;
    this.jumpingSince = -Infinity; // when the first of several jumps was
    /** @type {number|null} since when a jump is due */
    this.dueAt = null;
    /** @type {{at: number, ahead: number}[]} where the edge was */
    this.aheads = [];
    /** @type {number|null} */
    this.settledAt = null;
    this.late.restart();
  }

  /** How far (s) from the edge a seek has to lead for the buffer to hold until the next one has come. */
  get distance() {
    return this.coming ? this.target + this.partTarget / 2 : this.target;
  }

  /** Whether enough time has passed since the timeline began for lateness to mean something. */
  #settled(at) {
    const settledAt = (this.settledAt ??= at + SETTLING);
    return at >= settledAt;
  }

  /**
   * A part has arrived.
   * @param {number} at monotonic time
   * @param {number} end media time up to which there is picture now
   */
  arrived(at, end) {
    this.arrivedAt = at;
    if (!this.#settled(at)) return;
    this.late.add(at, end);
    if (this.needed > this.target) this.#grow(at, this.needed);
  }

  /** The least target that rides out what parts have been late by lately. */
  get needed() {
    return Math.max(this.floor, this.late.typical + this.partTarget / 2 + SLACK / 2);
  }

  /** The picture has stood still for want of data, and goes on. */
  stalled(at, seconds) {
    if (seconds > OUTAGE || !this.#settled(at)) return;
    // That much more would have bridged it; a long one may have been the only one.
    this.#grow(at, this.target + Math.min(seconds, 0.3) + 0.05);
  }

  #grow(at, to) {
    this.target = Math.min(this.most, Math.max(this.target, to));
    this.grownAt = at;
  }

  #shrink(at) {
    const passed = this.updatedAt === null ? 0 : Math.min(1, at - this.updatedAt);
    this.updatedAt = at;
    const excess = this.target - this.needed;
    if (excess > 0 && at - this.grownAt > SHRINK_AFTER) this.target -= (excess * passed) / SHRINK_TIME;
  }

  /**
   * To be asked about ten times a second while live and playing.
   * @param {number} at monotonic time
   * @param {number} buffer picture in the buffer ahead of the one on the screen
   * @param {number} edge how far ahead the newest announced picture is (at least buffer)
   * @returns {{rate: number, jump: number}} jump: seconds to seek forward, 0 for none
   */
  update(at, buffer, edge = buffer) {
    this.#shrink(at);
    const error = this.#level(at, buffer) - this.target;
    this.rate = this.steerable ? nextRate(this.rate, error, this.target) : 1;
    return { rate: this.rate, jump: this.#jump(at, buffer, Math.max(buffer, edge)) };
  }

  /** The buffer's mean: without the sawtooth of parts that arrive whole. */
  #level(at, buffer) {
    const since = this.arrivedAt === null ? 0 : Math.min(at - this.arrivedAt, this.partTarget);
    this.levels.push(buffer + since - this.partTarget / 2);
    if (this.levels.length > SAMPLES) this.levels.shift();
    return this.levels.reduce((a, b) => a + b) / this.levels.length;
  }

  #jump(at, buffer, ahead) {
    const running = this.#running(at, ahead);
    const excess = ahead - this.target - this.coming;
    const loaded = ahead - buffer <= Math.max(UNLOADED, this.partTarget);
    if (excess <= (loaded ? JUMP : JUMP_UNSEEN)) return 0;
    const again = at - this.jumpedAt < JUMP_PAUSE;
    if (again && (at - this.jumpingSince >= BURST || at - this.jumpedAt < BURST_PAUSE)) return 0;
    const dueAt = (this.dueAt ??= at);
    if (running && at - dueAt < RUNNING_LONGEST) return 0;
    const since = again ? this.jumpingSince : at;
    this.restart();
    this.jumpedAt = at;
    this.jumpingSince = since;
    return excess;
  }

  /** Whether the edge has lately run ahead much faster than time. */
  #running(at, ahead) {
    while (this.aheads.length > 0 && at - this.aheads[0].at > RUNNING_OVER) this.aheads.shift();
    this.aheads.push({ at, ahead });
    const [first] = this.aheads;
    return ahead - first.ahead > (RUNNING - 1) * (at - first.at) + this.partTarget;
  }
}

function nextRate(rate, error, target) {
  if (rate > 1 ? error > 0 : error > ABOVE) return error > 0.8 ? 1.3 : error > 0.3 ? 1.15 : 1.05;
  // With less than half of the buffer, slow motion is better than the next stall.
  if (rate < 1 ? error < 0 : error < -BELOW) return error < -target / 2 ? 0.8 : 0.95;
  return 1;
}
