// What the API tells: of the camera that is seen often, of all cameras now and
// then, and more often while it can't be reached.

import { Away, getCamera, getCameras } from "./api.js";

const POLL = 2000;
const POLL_MISSED = 600;
const POLL_HIDDEN = 15_000;

/**
 * How long (ms) until the API is asked again: whoever isn't there is wanted as
 * soon as it comes, since a player that gave up tries again at that word.
 * @param {{hidden: boolean, reachable: boolean, camera: import("./json.js").CameraState|null}} seen
 */
export function nextPoll({ hidden, reachable, camera }) {
  if (hidden) return POLL_HIDDEN;
  return reachable && camera === "live" ? POLL : POLL_MISSED;
}

/** So far (ms) from where play alone would have led is a jump. */
const JUMP = 1000;
const FOLLOW_AFTER = 300; // ms between two lists that jumps ask for

/** How often the list of cameras is asked for, ms: its stills are for the tiles. */
const LIST_EVERY = { one: 15_000, several: 5000, overview: 2500 };

/**
 * @typedef {import("./json.js").Camera} Camera
 */

/**
 * @typedef {object} PollerEvents what to do with an answer
 * @property {() => number|null} instant at which other cameras are of interest, ms; null: live
 * @property {(cameras: Camera[]) => void} cameras all of them
 * @property {(camera: Camera|null) => void} camera the one that is seen; null: there is none of that name
 * @property {() => void} failed there was no answer, or one that says no
 * @property {() => void} done after any of them
 */

/**
 * Reports whether an instant is another one than play alone leads to.
 * @param {{at: number|null, since: number}} before
 * @param {number|null} at ms; null: live
 * @param {number} now monotonic ms
 */
function jumped({ at: before, since }, at, now) {
  if (before === null || at === null) return before !== at;
  return at - before < -JUMP || at - before > now - since + JUMP;
}

export class Poller {
  /** @type {import("./api.js").Who|null} who doesn't answer */
  away = null;
  /** @type {number|null} the instant (ms) of which the list's stills are; null: now */
  stillsAt = null;
  /** @type {number|null} when the controller last answered, ms by its own clock; null: it has not yet */
  heardAt = null;
  #turn = 0; // counts, so that only the newest goes on
  #asking = false; // the newest is on its way
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #listedAt = -Infinity; // monotonic ms
  #count = 0; // of cameras
  /** @type {{at: number|null, since: number, done: boolean}|null} the list that was asked for last: of which instant (ms), and when (monotonic ms) */
  #asked = null;
  #listing = false; // the list is what leads to another place, and is new enough for it
  /** @type {Camera|null} */
  #camera = null;

  /**
   * @param {{name: string|null, overview: boolean}} place where one is
   * @param {import("../time/clock.js").ServerClock} clock
   * @param {PollerEvents} on
   */
  constructor(place, clock, on) {
    this.place = place;
    this.clock = clock;
    this.on = on;
  }

  /** Asks now, and from then on again and again. */
  async poll() {
    const { place, on } = this;
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.#asking = true;
    try {
      await this.#ask(turn);
      if (turn === this.#turn) this.away = null;
      this.heardAt = this.clock.now();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#failed(error);
    }
    if (turn !== this.#turn) return;
    this.#asking = false;
    on.done();
    if (place.overview && document.hidden) return; // until it is seen again
    const camera = place.overview ? "live" : (this.#camera?.state ?? null);
    this.#timer = setTimeout(() => this.poll(), nextPoll({ hidden: document.hidden, reachable: this.away === null, camera }));
  }

  /** Asks now, unless an answer is on its way: on a slow one none would ever count. */
  hurry() {
    if (!this.#asking) this.poll();
  }

  #failed(error) {
    this.away = error instanceof Away ? error.who : null;
    if (!this.away) this.listAgain(); // an unknown camera
    this.on.failed();
  }

  /** One is elsewhere: asks when what played before has let go of its connection. */
  moved() {
    this.#camera = null;
    this.listAgain();
    if (this.#turn && !this.#listing) queueMicrotask(() => this.poll());
  }

  /** The next question is for all cameras. */
  listAgain() {
    this.#listedAt = -Infinity;
  }

  /**
   * To be called often: the stills of other cameras follow a jump at once, which the next list would do seconds later.
   */
  follow() {
    const asked = this.#asked;
    const now = performance.now();
    if (!asked?.done || this.#count < 2 || this.place.overview || this.away !== null || now - asked.since < FOLLOW_AFTER) return;
    if (!jumped(asked, this.on.instant(), now)) return;
    this.listAgain();
    this.poll();
  }

  async #ask(turn) {
    const { place, clock } = this;
    const now = performance.now();
    const every = place.overview ? LIST_EVERY.overview : this.#count > 1 ? LIST_EVERY.several : LIST_EVERY.one;
    if (!place.name || now - this.#listedAt > every) {
      const at = this.on.instant();
      const asked = { at, since: now, done: false };
      this.#asked = asked;
      const cameras = await getCameras(clock, at).finally(() => (asked.done = true));
      if (turn === this.#turn) this.#listed(cameras, now, at);
    } else {
      const { name } = place;
      const camera = await getCamera(name, clock);
      if (name === place.name) this.#seen(camera);
    }
  }

  #listed(cameras, now, at) {
    this.#count = cameras.length;
    this.#listing = true;
    try {
      this.on.cameras(cameras);
    } finally {
      this.#listing = false;
    }
    this.#listedAt = now;
    this.stillsAt = at;
    const { name } = this.place;
    if (name) this.#seen(cameras.find((c) => c.name === name) ?? null);
  }

  #seen(camera) {
    this.#camera = camera;
    this.on.camera(camera);
  }
}
