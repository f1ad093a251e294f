// Looks at what a page really shows: reads the demo camera's block code from
// each frame of the video on the screen (controller/democam/blocks.go has the
// code) and compares it with the clock of this machine, which is the camera's.
// Runs before any script of the page. All times are ms since 1970.

(() => {
  const BITS = 48;
  const SEED = 0xa5;
  const GREY = 126; // the middle of luma from 16 to 235
  let buffer = new Uint8Array();

  const eyes = {
    at: [], // when a frame came to the screen
    coded: [], // the instant in its blocks
    frames: 0,
    unreadable: 0,
    readMs: 0, // what reading has held the page up for, in all
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
      Object.assign(this, { at: [], coded: [], frames: 0, unreadable: 0, readMs: 0, stalls: 0, stalledMs: 0, requests: {} });
    },
    /** The instant in the picture that is on the screen now, moving or not: a promise. */
    look: () => read(new VideoFrame(document.querySelector("video"))),
    /** The instant in what is drawn on a canvas, or null. */
    drawn: (canvas) => readCanvas(canvas),
    /** The first frame shown after an instant, taken from some time to some time: {at, coded} or undefined. */
    first({ after, from = 0, to = Infinity }) {
      const i = this.coded.findIndex((coded, i) => this.at[i] > after && coded > from && coded < to);
      return i < 0 ? undefined : { at: this.at[i], coded: this.coded[i] };
    },
  };

  const shown = (video) => video === document.querySelector("video");

  // Not by a canvas. To draw a part of a video, Chromium converts the whole
  // frame, on the page's own thread (20 ms at 1280x720 beside other work, where
  // this takes 0.3 ms), and so would delay what is to be measured.
  async function read(frame) {
    const edge = Math.round((24 * frame.codedWidth) / 1280);
    const rect = { x: 0, y: 0, width: BITS * edge, height: 2 * edge };
    const size = frame.allocationSize({ rect });
    const pixels = buffer.length === size ? buffer : new Uint8Array(size);
    buffer = new Uint8Array(); // one copy at a time may use it
    const [{ offset, stride }] = await frame.copyTo(pixels, { rect });
    buffer = pixels;
    frame.close();
    // I420 and NV12 both begin with the luma.
    const bit = (row) => (i) => (pixels[offset + (row * edge + (edge >> 1)) * stride + i * edge + (edge >> 1)] >= GREY ? 1 : 0);
    return decode(bit(0), bit(1));
  }

  function readCanvas(canvas) {
    const { width, height } = canvas;
    if (!width || !height) return null;
    const edge = (24 * width) / 1280;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, Math.ceil(2 * edge));
    const luma = (x, y) => [0.299, 0.587, 0.114].reduce((sum, part, i) => sum + part * data[(Math.floor(y) * width + Math.floor(x)) * 4 + i], 0);
    const bit = (row) => (i) => (luma((i + 0.5) * edge, (row + 0.5) * edge) >= 128 ? 1 : 0);
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
      eyes.firstFrameMs ??= begun;
      const frame = new VideoFrame(video);
      eyes.readMs += performance.now() - begun;
      read(frame).then((coded) => note(at, coded));
    });
  }

  function note(at, coded) {
    eyes.frames++;
    eyes.last = { at, coded };
    if (coded === null) return void eyes.unreadable++;
    eyes.at.push(at);
    eyes.coded.push(coded);
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
