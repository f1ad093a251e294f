// Looks at what a page really shows: reads the demo camera's block code from
// each frame of the video on the screen (controller/democam/blocks.go has the
// code) and compares it with the clock of this machine, which is the camera's.
// Runs before any script of the page. All times are ms since 1970.

(() => {
  const BITS = 48;
  const SEED = 0xa5;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });

  const eyes = {
    at: [], // when a frame came to the screen
    coded: [], // the instant in its blocks
    frames: 0,
    unreadable: 0,
    readMs: 0, // what reading has cost, in all
    readMsMax: 0,
    firstFrameMs: null, // since navigation start
    stalls: 0, // times the shown video ran out of data
    stalledMs: 0,
    requests: {}, // by kind: {count, bytes}
    /** The last frame: {at, coded}; coded is null when it could not be read. */
    last: null,
    /** Milliseconds from camera to screen: the median over the frames of the last second. */
    get latency() {
      const now = Date.now();
      const recent = [];
      for (let i = this.at.length - 1; i >= 0 && this.at[i] > now - 1000; i--) recent.push(this.at[i] - this.coded[i]);
      return recent.length ? recent.sort((a, b) => a - b)[recent.length >> 1] : null;
    },
    /** Forgets what was counted; measuring begins now. */
    restart() {
      Object.assign(this, { at: [], coded: [], frames: 0, unreadable: 0, readMs: 0, readMsMax: 0, stalls: 0, stalledMs: 0, requests: {} });
    },
    /** The instant in the picture that is on the screen now, moving or not. */
    look: () => read(document.querySelector("video")),
    /** The first frame shown after an instant, taken from some time to some time: {at, coded} or undefined. */
    first({ after, from = 0, to = Infinity }) {
      const i = this.coded.findIndex((coded, i) => this.at[i] > after && coded > from && coded < to);
      return i < 0 ? undefined : { at: this.at[i], coded: this.coded[i] };
    },
  };

  const shown = (video) => video === document.querySelector("video");

  function read(video) {
    const edge = Math.round((24 * video.videoWidth) / 1280);
    const width = BITS * edge;
    if (canvas.width !== width) Object.assign(canvas, { width, height: 2 * edge });
    context.drawImage(video, 0, 0, width, 2 * edge, 0, 0, width, 2 * edge);
    const bit = (row) => {
      const { data } = context.getImageData(0, row * edge + (edge >> 1), width, 1);
      return (i) => (data[4 * (i * edge + (edge >> 1)) + 1] >= 128 ? 1 : 0);
    };
    return decode(bit(0), bit(1));
  }

  function decode(time, check) {
    let ms = 0;
    let sum = SEED;
    for (let byte = 0; byte < BITS / 8; byte++) {
      let value = 0;
      for (let i = 0; i < 8; i++) value = value * 2 + time(byte * 8 + i);
      ms = ms * 256 + value;
      sum ^= value;
    }
    for (let i = 0; i < 8; i++) if (check(i) !== ((sum >> (7 - i)) & 1)) return null;
    return ms;
  }

  function watch(video) {
    video.requestVideoFrameCallback(() => {
      watch(video);
      if (!shown(video)) return;
      const begun = performance.now();
      const at = Date.now();
      const coded = read(video);
      const cost = performance.now() - begun;
      eyes.firstFrameMs ??= begun;
      eyes.frames++;
      eyes.readMs += cost;
      eyes.readMsMax = Math.max(eyes.readMsMax, cost);
      eyes.last = { at, coded };
      if (coded === null) return void eyes.unreadable++;
      eyes.at.push(at);
      eyes.coded.push(coded);
    });
  }

  // Events of media elements don't bubble, but they are captured on the way down.
  const watched = new WeakSet();
  document.addEventListener("loadstart", ({ target }) => {
    if (!(target instanceof HTMLVideoElement) || watched.has(target)) return;
    watched.add(target);
    watch(target);
  }, true);

  let dryAt = null;
  document.addEventListener("waiting", ({ target }) => {
    if (shown(target) && !target.seeking && eyes.firstFrameMs !== null) dryAt ??= performance.now();
  }, true);
  document.addEventListener("seeking", () => (dryAt = null), true);
  document.addEventListener("timeupdate", ({ target }) => {
    if (dryAt === null || !shown(target) || target.readyState < 3) return;
    eyes.stalls++;
    eyes.stalledMs += performance.now() - dryAt;
    dryAt = null;
  }, true);

  const KINDS = [[/\/parts\//, "part"], [/\.m3u8/, "playlist"], [/\.(m4s|mp4|ts)$/, "segment"], [/\/api\//, "api"]];
  new PerformanceObserver((list) => {
    for (const { name, transferSize } of list.getEntries()) {
      const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? "page";
      const entry = (eyes.requests[kind] ??= { count: 0, bytes: 0 });
      entry.count++;
      entry.bytes += transferSize;
    }
  }).observe({ type: "resource", buffered: true });

  window.eyes = eyes;
})();
