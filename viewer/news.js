// What the API tells: of the camera that is seen often, of all cameras now and
// then, and more often while it can't be reached.

import { Away, getCamera, getCameras } from "./api.js";
import { nextPoll } from "./recovery.js";

/** How often the list of cameras is asked for, ms: its stills are for the tiles. */
const LIST_EVERY = { one: 15_000, several: 5000, overview: 2500 };

export class News {
  #turn = 0; // counts, so that only the newest goes on
  #timer = null;
  #settling = false; // the list is what leads to another place, and is new enough for it

  /**
   * @param {object} page where one is; what is written: away, listAt, listFor
   * @param {import("./clock.js").ServerClock} clock
   * @param {object} on what to do with an answer
   * @param {() => number|null} on.instant at which other cameras are of interest, ms; null: live
   * @param {(list: object[]) => void} on.list all cameras
   * @param {(camera: object|null) => void} on.camera the one that is seen; null: there is none of that name
   * @param {() => void} on.silence there was no answer
   * @param {() => void} on.told after any of them
   */
  constructor(page, clock, on) {
    Object.assign(this, { page, clock, on });
  }

  /** Asks now, and from then on again and again. */
  async poll() {
    const { page, on } = this;
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    try {
      await this.#ask(turn);
      if (turn === this.#turn) page.away = null;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof Away)) page.listAt = -Infinity; // an unknown camera: look at the list again
      page.away = error instanceof Away ? error.who : null;
      on.silence();
    }
    if (turn !== this.#turn) return;
    on.told();
    if (page.overview && document.hidden) return; // until it is seen again
    const camera = page.overview ? "live" : (page.camera?.state ?? null);
    this.#timer = setTimeout(() => this.poll(), nextPoll({ hidden: document.hidden, reachable: page.away === null, camera }));
  }

  /** One is elsewhere: asks when what played before has let go of its connection. */
  moved() {
    if (this.#turn && !this.#settling) queueMicrotask(() => this.poll());
  }

  async #ask(turn) {
    const { page, clock, on } = this;
    const now = performance.now();
    const every = page.overview ? LIST_EVERY.overview : page.list.length > 1 ? LIST_EVERY.several : LIST_EVERY.one;
    if (!page.name || now - page.listAt > every) {
      const at = on.instant();
      const list = await getCameras(clock, at);
      if (turn !== this.#turn) return;
      this.#settling = true;
      try {
        on.list(list);
      } finally {
        this.#settling = false;
      }
      Object.assign(page, { listAt: now, listFor: at });
      if (page.name) on.camera(list.find((c) => c.name === page.name) ?? null);
    } else {
      const { name } = page;
      const camera = await getCamera(name, clock);
      if (name === page.name) on.camera(camera);
    }
  }
}
