// Starts the page, and shows what tests and benches look at.

import { App } from "./page/app.js";
import { playable } from "./play/decks.js";

const app = new App();
const { place, player } = app;

/** For tests, benches and the curious; read-only but for its methods. */
const lookback = Object.freeze({
  get camera() { return place.name; },
  get state() { return place.state; },
  get latency() { return player.latency; },
  get edgeAge() { return place.camera?.live?.edge_age_seconds ?? null; },
  get buffer() { return player.figures.buffer; },
  get target() { return player.figures.target; },
  get rate() { return player.figures.rate; },
  get stalls() { return player.figures.stalls; },
  get stalledSeconds() { return player.figures.stalledSeconds; },
  get position() { return player.position; },
  get shown() { return player.shown; },
  get isLive() { return place.state === "live"; },
  get firstFrameMs() { return player.figures.firstFrameMs; },
  get rebuilds() { return player.figures.rebuilds; },
  /** ms, from a request to its answer. */
  get roundTrip() { return player.figures.roundTrip; },
  /** Live comes in whole segments or key frames. */
  get slow() { return player.slow; },
  /** How many were shown instead of a picture that moves. */
  get keyFrames() { return player.figures.keyFrames; },
  get droppedFrames() { return player.figures.droppedFrames; },
  get lastError() { return player.figures.lastError; },
  get video() { return player.video; },
  /** What of the window is seen on the timeline, ms. */
  get view() { return app.view && { ...app.view.timeline.viewport.range }; },
  seekTo: (at) => app.build().then((navigation) => navigation.seekTo(at)),
  goTo: (at) => app.build().then((navigation) => navigation.goTo(at)),
  goLive: () => app.build().then((navigation) => navigation.goLive()),
});
Object.assign(window, { lookback });

if (playable()) app.start();
else document.body.dataset.state = "unsupported";
