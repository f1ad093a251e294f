// Loads stills and draws them: each is a key frame in an MP4 of its own, which
// a video element decodes. The elements are few and used again, since phones
// afford no more; they are never in the document.

const TIMEOUT = 8000; // ms

/**
 * What came of a still.
 * @typedef {object} Loaded
 * @property {number} first when its first bytes came, monotonic ms
 * @property {number} took ms from them to its last
 * @property {number} bytes in that time
 * @property {number} at of when it is (ms), as the server says
 */

export class Stills {
  /** @type {HTMLVideoElement[]} */
  #idle = [];
  /** @type {Set<AbortController>} */
  #underWay = new Set();

  /**
   * @param {string} url
   * @param {HTMLCanvasElement} canvas
   * @param {number} width of the drawing, in its own pixels
   * @param {{priority?: "high"|"low", patience?: number}} [how] patience: ms that it may take altogether
   * @returns {Promise<Loaded>}
   * @throws when it didn't come, or can't be decoded; the canvas is as it was
   */
  async draw(url, canvas, width, { priority = "low", patience = TIMEOUT } = {}) {
    const over = new AbortController();
    this.#underWay.add(over);
    const timer = setTimeout(() => over.abort(), patience);
    try {
      return await this.#draw(url, { priority, signal: over.signal }, (video) => drawFrame(video, canvas, width));
    } finally {
      clearTimeout(timer);
      over.abort(); // takes the listeners off
      this.#underWay.delete(over);
    }
  }

  /** Others need the connections: what is under way ends here. */
  abort() {
    for (const over of this.#underWay) over.abort();
  }

  /** What can't be decoded is loaded once more, past every cache. */
  async #draw(url, how, paint) {
    const { loaded, blob } = await this.#load(url, how);
    try {
      return await this.#paint(blob, loaded, how, paint);
    } catch (error) {
      if (how.signal.aborted) throw error;
      const again = await this.#load(url, { ...how, cache: "reload" });
      return this.#paint(again.blob, again.loaded, how, paint);
    }
  }

  /**
   * @param {string} url
   * @param {{priority: "high"|"low", signal: AbortSignal, cache?: RequestCache}} how
   */
  async #load(url, { priority, signal, cache = "default" }) {
    const response = await fetch(url, { priority, signal, cache });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const { blob, ...speed } = await read(response);
    return { blob, loaded: { ...speed, at: Date.parse(response.headers.get("Lookback-Time") ?? "") } };
  }

  async #paint(blob, loaded, { signal }, paint) {
    signal.throwIfAborted(); // whoever listens from now on would not hear of it
    const source = URL.createObjectURL(blob);
    const video = this.#idle.pop() ?? createVideo();
    try {
      await decoded(video, source, signal);
      paint(video);
      return loaded;
    } finally {
      video.removeAttribute("src");
      video.load(); // lets go of what was decoded
      URL.revokeObjectURL(source);
      this.#idle.push(video);
    }
  }
}

/**
 * What came first has been on its way before anybody could see that: only what comes behind it tells how quick that is.
 * @param {Response} response
 */
async function read(response) {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  const pieces = [];
  let [first, bytes] = [performance.now(), 0];
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    if (!value) continue;
    if (pieces.length === 0) first = performance.now();
    else bytes += value.length;
    pieces.push(value);
  }
  return { blob: new Blob(pieces, { type: response.headers.get("Content-Type") ?? "" }), first, took: performance.now() - first, bytes };
}

function createVideo() {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  video.disableRemotePlayback = true;
  return video;
}

/** @returns {boolean} where the browser can say when a frame is there */
const reportsFrames = (video) => "requestVideoFrameCallback" in video;

/**
 * @param {HTMLVideoElement} video
 * @param {string} source
 * @param {AbortSignal} signal
 */
function decoded(video, source, signal) {
  return /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
    // Chromium says that it has data before there is anything to draw. The frame is told of in
    // a task of its own, since the video is emptied then: see deck.js.
    if (reportsFrames(video)) video.requestVideoFrameCallback(() => setTimeout(resolve));
    else video.addEventListener("loadeddata", () => resolve(), { signal });
    video.addEventListener("error", () => reject(new Error(video.error?.message)), { signal });
    signal.addEventListener("abort", () => reject(new Error("it was not decoded in time")));
    video.src = source;
    video.play().catch(() => {}); // iPhones load nothing before
  }));
}

/**
 * @param {HTMLVideoElement} video
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 */
function drawFrame(video, canvas, width) {
  const { videoWidth, videoHeight } = video;
  canvas.width = Math.min(width, videoWidth);
  canvas.height = Math.round((canvas.width * videoHeight) / videoWidth);
  canvas.getContext("2d", { alpha: false })?.drawImage(video, 0, 0, canvas.width, canvas.height);
}
