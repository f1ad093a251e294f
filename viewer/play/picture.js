// What is seen of the picture: whether it moves, and how far it is behind the
// camera. Pure; monotonic ms.

const LATENCY_OF = 1000; // ms of whose frames the median is the latency
const JOIN = 2000; // ms that a new picture may take to get to the edge

export class PictureWatch {
  /** @type {number|null} */
  firstFrameAt = null;
  frameRate = 30;
  /** @type {{at: number, seconds: number}[]} oldest first */
  #frames = [];
  #movedAt = -Infinity;
  #newSince = -Infinity;
  #mediaTime = NaN; // s, when it was last asked whether it goes on

  /**
   * A frame is on the screen.
   * @param {number} at
   * @param {number|null} behind s behind the camera; null: the playlist doesn't tell
   */
  frame(at, behind) {
    this.#movedAt = at;
    this.firstFrameAt ??= at;
    if (behind === null) return;
    this.#frames.push({ at, seconds: behind });
    while (at - this.#frames[0].at > LATENCY_OF) this.#frames.shift();
  }

  /**
   * Reports whether the picture has gone on since the last call; on its way to another place it has not.
   * @param {{currentTime: number, seeking: boolean}} video
   */
  advanced({ currentTime, seeking }) {
    const before = this.#mediaTime;
    this.#mediaTime = currentTime;
    return currentTime !== before && !seeking;
  }

  /** Another deck's picture is on the screen. */
  joined(at) {
    this.#newSince = at;
  }

  /** What was seen so far has been left behind. */
  forget() {
    this.#frames = [];
  }

  /** Seconds behind the camera: the median of the last second; null while nothing was seen. */
  get latency() {
    if (this.#frames.length === 0) return null;
    const sorted = this.#frames.map((f) => f.seconds).sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  }

  /** Frames came within the last moments. */
  moving(at) {
    return at - this.#movedAt < Math.max(700, 3000 / this.frameRate);
  }

  /** The picture is new and may still be on its way to the edge. */
  joining(at) {
    return at - this.#newSince < JOIN;
  }
}
