// The page. Playing comes first: a camera that is known from the address or
// from last time is opened before anything is asked of the API, and what is
// around the picture is loaded and built behind the first frame.

import { Away, getCamera, getCameras, getNextPicture, getSpans } from "./api.js";
import { ServerClock } from "./clock.js";
import { supported } from "./deck.js";
import { formatLink, parseLink } from "./link.js";
import { playsNatively } from "./native.js";
import { Player, dropped } from "./player.js";
import { nextPoll } from "./recovery.js";
import { nextState } from "./state.js";
import { playableAt, range } from "./timeline.js";

const LIST_EVERY = 15_000; // ms
const SHOW = 200;
const FURNISH_AFTER = 800; // ms; without a picture by then, there is something to be said
const REMEMBERED = "lookback.camera";

const clock = new ServerClock();
const player = new Player(document.getElementById("picture"), clock, changed, nowhere, nextPicture);
let view = null; // until furnish() is done

/** wish: an instant that was asked for from afar, until what was found for it is told. */
const page = { camera: null, name: null, away: null, state: "connecting", list: [], listAt: -Infinity, wish: null };

/** Until the API has answered, the design's own URLs. */
const conventional = (name) => ({ live: `hls/${name}/live.m3u8`, window: `hls/${name}/window.m3u8` });

function open(name, at = null) {
  Object.assign(page, { name, camera: null, state: "connecting", wish: at });
  view?.clear();
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

/** The window as the API told it, up to now. */
function bounds() {
  const start = page.camera?.window ? Date.parse(page.camera.window.start) : null;
  return range(start, clock.now());
}

/**
 * @param {number} wish ms
 * @param {boolean} [fleeting] on the way to another instant: nothing to write down
 */
function seekTo(wish, fleeting = false) {
  const now = clock.now();
  // The last seconds of a timeline are the live picture.
  if (page.camera?.state === "live" && wish > now - 1500) return fleeting ? undefined : goLive();
  const at = playableAt(wish, view.timeline.spans()) ?? wish;
  player.seekTo(at);
  if (!fleeting) link(at);
}

/** To an instant that was typed or is in a link: seen on the timeline, and told when it is another one. */
function goTo(wish) {
  page.wish = wish;
  if (wish > clock.now()) {
    goLive();
    return told(null);
  }
  const at = Math.max(wish, bounds().start);
  player.seekTo(at);
  view.timeline.reveal(at);
  link(at);
}

/** Nothing was recorded then: to the next moment with a picture, else the last, else live. */
async function nowhere(at) {
  const { intent } = player;
  await furnish();
  const next = at > clock.now() ? null : await nextPicture(at).catch(() => null);
  if (intent !== player.intent) return;
  // The same instant again would lead here again.
  const to = next !== null && next > at ? next : page.camera?.state === "live" ? null : playableAt(at, view.timeline.spans());
  page.wish ??= at;
  if (to === null || to === at) {
    player.goLive();
    link(null);
    return told(null);
  }
  player.seekTo(to);
  view.timeline.reveal(to);
  link(to);
}

function nextPicture(at) {
  return getNextPicture(page.name, clock, Math.ceil(at));
}

/** Says so when a wish led elsewhere. */
function told(got) {
  const wish = page.wish;
  page.wish = null;
  if (wish === null) return;
  const { start } = bounds();
  view.led(wish, got, { start: page.camera?.window ? start : null, now: clock.now() });
}

function goLive() {
  player.goLive();
  view.timeline.reveal(clock.now());
  link(null);
}

async function share(copy) {
  const at = player.live && page.state === "live" ? null : player.position;
  const url = new URL(formatLink(page.name, at ?? clock.now()), location.href).href;
  const ok = await copy(url);
  view.say(ok ? "The link to this moment is copied." : `The link to this moment: ${url}`);
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
  else goTo(at);
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
  setTimeout(poll, nextPoll({ hidden: document.hidden, reachable: page.away === null, camera: page.camera?.state ?? null }));
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
}

function hear(camera) {
  if (camera?.state !== page.camera?.state) view?.timeline.coverage.expire();
  page.camera = camera;
  if (camera?.urls && page.name === camera.name) player.urls = camera.urls;
  player.hear(camera?.state ?? null, camera?.video?.frame_rate, camera?.live?.part_target_seconds);
  describe();
}

function describe() {
  view?.cameras(page.list, page.name);
  view?.facts(page.camera, clock.now());
}

// ---- what the page shows

function changed() {
  if (!view) {
    const missed = page.away !== null || (page.camera && page.camera.state !== "live");
    if (missed || player.facts.picture) furnish();
    return;
  }
  const facts = { ...player.facts, camera: page.camera?.state ?? null, reachable: page.away === null };
  page.state = nextState(page.state, facts);
  showTimer ??= setTimeout(show);
}

let showTimer = null;

function show() {
  showTimer = null;
  if (page.wish !== null && !player.live && player.facts.picture && player.position !== null) told(player.position);
  view.show({
    state: page.state,
    camera: page.camera,
    away: page.away,
    position: player.position,
    latency: player.latency,
    now: clock.now(),
    bounds: bounds(),
    following: player.live,
  });
}

/** For tests, benches and the curious; read-only but for its methods. */
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
  /** What of the window is seen on the timeline, ms. */
  get view() { return view && { ...view.timeline.viewport.range }; },
  seekTo,
  goTo,
  goLive,
});

let furnished = null;

/** What is around the picture. Until it is there, the page is "connecting". */
function furnish() {
  furnished ??= build().catch((error) => {
    furnished = null; // a file didn't come: the next poll tries again
    throw error;
  });
  return furnished;
}

async function build() {
  const [{ View }, { GoTo }, { controls }, { copy }] = await Promise.all([
    import("./view.js"), import("./goto.js"), import("./controls.js"), import("./share.js"),
  ]);
  view = new View({
    chosen: seekTo,
    busy: () => player.busy,
    ask: (from, to, points) => getSpans(page.name, clock, { from, to, points }),
  });
  const { timeline } = view;
  const goto = new GoTo({ now: () => clock.now(), at: goTo, live: goLive });
  const oldest = () => (page.camera?.window ? bounds().start : null);
  controls({ toggle, step, goLive, share: () => share(copy), seekTo, oldest, timeline, goto, player });
  addEventListener("hashchange", followLink);
  setInterval(changed, SHOW);
  describe();
  changed();
}

const wanted = parseLink(location.hash);
const first = wanted.camera ?? remembered();
if (!supported() && !playsNatively()) document.body.dataset.state = "unsupported";
else {
  if (first) open(first, wanted.at);
  poll();
  setTimeout(furnish, FURNISH_AFTER);
}
