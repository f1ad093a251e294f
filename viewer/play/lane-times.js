// Media time of frames that are played as they come, and what instants those are. Pure.
//
// A browser throws away everything up to the next key frame when a frame begins more
// than two of the durations that were told after the one before (Media Source
// Extensions, coded frame processing, step 6). How long a frame lasts is known only
// when the next one has come. So media time is made here.

/** No frame begins more than so many declared durations after the one before. */
const FARTHEST = 1.5;
const MOST = 4096; // frames of which it is known what instants they are

export class LaneTimes {
  /** @type {{start: number, date: number}[]} s of media time, ms since 1970; oldest first */
  #frames = [];
  #end = 0; // ticks of media time at which the last frame that was declared ends
  #start = 0; // and at which it began
  /** @type {number|null} decode time of the next frame, as the server counts, ticks */
  #next = null;

  /**
   * A frame's place in media time.
   * @param {{decode: number, duration: number, date: number, shift: number}} frame ticks; date: ms since 1970
   * @param {number} timescale ticks a second
   * @returns {number} decode time, ticks
   */
  place({ decode, duration, date, shift }, timescale) {
    const gap = this.#next === null ? 0 : decode - this.#next;
    const declared = this.#end - this.#start;
    // What goes on where the last one was to end is as it was counted; what was left out or lasted longer is brought nearer.
    const at = gap === 0 ? this.#end : Math.min(Math.max(this.#end + gap, this.#start + 1), this.#start + Math.floor(FARTHEST * declared));
    this.#start = at;
    this.#end = at + Math.max(1, duration);
    this.#next = decode + duration;
    this.#frames.push({ start: (at + shift) / timescale, date });
    if (this.#frames.length > MOST) this.#frames.shift();
    return at;
  }

  /** Another run goes on in media time where the last one ended. */
  restart(before, timescale) {
    this.#end = Math.round((this.#end / before) * timescale);
    this.#start = this.#end;
    this.#next = null;
  }

  /**
   * Wall clock (ms) of a media time (s); null: no frame that is known.
   * @param {number} time
   */
  dateAt(time) {
    let [low, high] = [0, this.#frames.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#frames[middle].start <= time + 0.0005) low = middle + 1;
      else high = middle;
    }
    const frame = this.#frames[low - 1];
    return frame ? frame.date + (time - frame.start) * 1000 : null;
  }

  /**
   * Media time (s) of an instant (ms), that of the frame that was shown then; null: none is known.
   * @param {number} date
   */
  timeOf(date) {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const { start, date: begins } = this.#frames[i];
      if (begins > date + 0.5) continue;
      const next = this.#frames[i + 1]?.start ?? Infinity;
      return Math.min(start + Math.max(0, date - begins) / 1000, Math.max(start, next - 0.001));
    }
    return null;
  }

  /** Wall clock (ms) of the first and the last frame that are known; null: there is none. */
  get listed() {
    const [first, last] = [this.#frames[0], this.#frames.at(-1)];
    return first && last ? { start: first.date, end: last.date } : null;
  }
}
