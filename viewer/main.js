// The page. Playing comes first: a camera that is known from the address or
// from last time is opened before anything is asked of the API.

import { Away, getCamera, getCameras, getSpans } from "./api.js";
import { ServerClock } from "./clock.js";
import { supported } from "./deck.js";
import { controls } from "./controls.js";
import { formatLink, parseLink } from "./link.js";
import { Player, dropped } from "./player.js";
import { nextState } from "./state.js";
import { currentSpans, playableAt, range } from "./timeline.js";
import { View } from "./view.js";

const POLL = 2000; // ms
const POLL_AWAY = 1000; // whoever comes back is wanted at once
const POLL_HIDDEN = 15_000;
const SPANS_EVERY = 30_000;
const LIST_EVERY = 15_000;
const SHOW = 200;
const REMEMBERED = "lookback.camera";

const clock = new ServerClock();
const player = new Player(document.getElementById("picture"), clock, changed, nowhere);
let view = null;

const page = { camera: null, name: null, away: null, state: "connecting", spans: [], spansAt: -Infinity, list: [], listAt: -Infinity };

/** Until the API has answered, the design's own URLs. */
const conventional = (name) => ({ live: `hls/${name}/live.m3u8`, window: `hls/${name}/window.m3u8` });

function open(name, at = null) {
  Object.assign(page, { name, camera: null, spans: [], spansAt: -Infinity, state: "connecting" });
  remember(name);
  document.title = `${name} · Lookback`;
  player.open(conventional(name), at);
}

function remember(name) {
  try {
    localStorage.setItem(REMEMBERED, name);
  } catch {
    // Storage may be forbidden; then the first camera it is.
  }
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

// ---- what people do

function seekTo(wish) {
  const now = clock.now();
  const live = page.camera?.state === "live";
  const spans = currentSpans(page.spans, range(page.spans[0]?.start ?? null, now), live ? now : null);
  // The last seconds of a timeline are the live picture.
  if (live && wish > now - 1500) return goLive();
  const at = spans.length ? playableAt(wish, spans) : wish;
  player.seekTo(at);
  link(at);
}

/** Nothing was recorded then: to the nearest moment with a picture, else live. */
async function nowhere(at) {
  if (at === null || at > clock.now()) return goLive();
  await askSpans().catch(() => {});
  const to = playableAt(at, page.spans);
  if (to === null || to === at) goLive();
  else seekTo(to);
}

function goLive() {
  player.goLive();
  link(null);
}

function step(seconds) {
  const from = player.position;
  if (from !== null) seekTo(from + seconds * 1000);
}

function toggle() {
  if (player.wantPaused || player.front?.video.paused) player.play();
  else player.pause();
  link(player.live ? null : player.position);
}

function link(at) {
  if (page.name) history.replaceState(null, "", formatLink(page.name, at));
}

function followLink() {
  const { camera, at } = parseLink(location.hash);
  if (!camera) return;
  if (camera !== page.name) open(camera, at);
  else if (at === null) player.goLive();
  else player.seekTo(at);
}

// ---- what the API says

async function poll() {
  try {
    await ask();
    page.away = null;
  } catch (error) {
    if (!(error instanceof Away)) page.listAt = -Infinity; // an unknown camera: look at the list again
    page.away = error instanceof Away ? error.who : null;
    player.hear(null);
  }
  changed();
  setTimeout(poll, document.hidden ? POLL_HIDDEN : page.away ? POLL_AWAY : POLL);
}

async function ask() {
  const now = performance.now();
  if (!page.name || now - page.listAt > LIST_EVERY) {
    page.list = await getCameras(clock);
    page.listAt = now;
    if (page.list.length && !page.list.some((c) => c.name === page.name)) {
      open(page.list[0].name);
      if (location.hash) link(null); // it named no camera of ours
    }
    hear(page.list.find((c) => c.name === page.name) ?? null);
  } else {
    const { name } = page;
    const camera = await getCamera(name, clock);
    if (name === page.name) hear(camera);
  }
  if (page.name && performance.now() - page.spansAt > SPANS_EVERY) await askSpans();
}

function hear(camera) {
  if (camera?.state !== page.camera?.state) page.spansAt = -Infinity;
  page.camera = camera;
  if (camera?.urls && page.name === camera.name) player.urls = camera.urls;
  player.hear(camera?.state ?? null, camera?.video?.frame_rate, camera?.live?.part_target_seconds);
  view.cameras(page.list, page.name);
  view.facts(camera);
}

async function askSpans() {
  const { name } = page;
  const spans = await getSpans(name, clock);
  if (name !== page.name) return;
  page.spans = spans;
  page.spansAt = performance.now();
}

// ---- what the page shows

function changed() {
  const facts = { ...player.facts, camera: page.camera?.state ?? null, reachable: page.away === null };
  page.state = nextState(page.state, facts);
  showTimer ??= setTimeout(show);
}

let showTimer = null;

function show() {
  showTimer = null;
  view.show({
    state: page.state,
    camera: page.camera,
    away: page.away,
    position: player.position,
    latency: player.latency,
    now: clock.now(),
    spans: page.spans,
    following: player.live,
  });
}

/** For tests, benches and the curious; read-only but for the two methods. */
window.lookback = Object.freeze({
  get camera() { return page.name; },
  get state() { return page.state; },
  get latency() { return player.latency; },
  get edgeAge() { return page.camera?.live?.edge_age_seconds ?? null; },
  get buffer() { return player.front?.buffer ?? 0; },
  get target() { return player.steering.target; },
  get rate() { return player.front?.video.playbackRate ?? 1; },
  get stalls() { return player.counters.stalls + (player.front?.stalls ?? 0); },
  get stalledSeconds() { return player.counters.stalledSeconds + (player.front?.stalledSeconds ?? 0); },
  get position() { return player.position; },
  get isLive() { return page.state === "live"; },
  get firstFrameMs() { return player.firstFrameMs; },
  get rebuilds() { return player.counters.rebuilds; },
  get droppedFrames() { return player.counters.dropped + (player.front ? dropped(player.front) : 0); },
  get lastError() { return player.lastError ?? null; },
  get video() { return player.front?.video ?? null; },
  seekTo,
  goLive,
});

const wanted = parseLink(location.hash);
const first = wanted.camera ?? remembered();
if (!supported()) document.body.dataset.state = "unsupported";
else {
  if (first) open(first, wanted.at);
  view = new View(seekTo);
  controls({ toggle, step, goLive, seekTo, oldest: () => page.spans[0]?.start ?? null, player });
  addEventListener("hashchange", followLink);
  setInterval(changed, SHOW);
  poll();
}
