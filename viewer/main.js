// The page. Playing comes first: a camera that is known from the address or
// from last time is opened before anything is asked of the API, and what is
// around the picture is loaded and built behind the first frame.

import { getNextPicture, getTimeline } from "./api.js";
import { ServerClock } from "./clock.js";
import { supported } from "./deck.js";
import { OVERVIEW, formatLink, parseLink } from "./link.js";
import { store, stored } from "./memory.js";
import { playsNatively } from "./native.js";
import { News } from "./news.js";
import { Player, dropped } from "./player.js";
import { nextState } from "./state.js";
import { range } from "./timeline.js";

const SHOW = 200;
const FURNISH_AFTER = 800; // ms; without a picture by then, there is something to be said
const REMEMBERED = "lookback.camera";
const SEVERAL = "lookback.several";
/** The picture has all that it needs, so that the tiles beside it may load theirs; late, it needs nearly all. */
const ROOM = { live: "all", rewound: "all", paused: "all", away: "all", starting: "all", behind: "first" };

const clock = new ServerClock();
const player = new Player(document.getElementById("picture"), clock, changed, nowhere, nextPicture);
let view = null; // until furnish() is done
let travel = null; // likewise
let many = null; // the same, and only with several cameras

/**
 * name is null in the overview, whose instant is at (null: live).
 * wish: an instant that was asked for from afar, until what was found for it is told.
 * The list's stills are of the instant listFor.
 */
const page = { camera: null, name: null, overview: false, at: null, away: null, state: "connecting", list: [], listAt: -Infinity, listFor: null, wish: null };

const news = new News(page, clock, { instant, list: settle, camera: hear, silence: () => player.hear(null), told: changed });

// ---- from place to place

/** Until the API has answered, the design's own URLs. */
const conventional = (name) => ({ live: `hls/${name}/live.m3u8`, window: `hls/${name}/window.m3u8` });

function open(name, at = null) {
  if (name === OVERVIEW) return openOverview(at);
  view?.keep(many?.stillOf(name) ?? null);
  const moved = document.getElementById("overview").contains(document.activeElement);
  enter("camera", name, at);
  Object.assign(page, { name, state: "connecting", wish: at });
  if (moved) document.getElementById("stage").focus({ preventScroll: true });
  view?.title(titleOf(name));
  player.open(conventional(name), at);
}

function openOverview(at = null) {
  const before = page.name;
  enter("overview", OVERVIEW, at);
  Object.assign(page, { name: null, state: "overview", wish: null });
  player.close();
  Object.assign(player, { urls: null, wantPaused: false });
  furnish().then(() => {
    show();
    if (before) many?.focus(before);
  });
}

/** What every change of place begins with. */
function enter(where, name, at) {
  Object.assign(page, { overview: where === "overview", at, camera: null, listAt: -Infinity });
  document.body.dataset.view = where;
  document.title = `${titleOf(name)} · Lookback`;
  view?.clear();
  store(REMEMBERED, name);
  many?.leave();
  news.moved();
}

const titleOf = (name) => (name === OVERVIEW ? "All cameras" : (page.list.find((c) => c.name === name)?.title ?? name));

/** Writes where one is into the address. */
function link(at) {
  if (page.name || page.overview) history.replaceState(null, "", formatLink(page.name ?? OVERVIEW, at));
}

/** The instant at which other cameras are of interest; null: live. */
function instant() {
  if (page.overview) return page.at;
  return player.live && page.state !== "paused" ? null : player.position;
}

/** The window as the API told it, up to now. */
function bounds() {
  const start = page.camera?.window ? Date.parse(page.camera.window.start) : null;
  return range(start, clock.now());
}

/** The player has found that nothing was recorded then. */
async function nowhere(at) {
  const { intent } = player;
  await furnish();
  travel.nowhere(at, intent);
}

function nextPicture(at) {
  return getNextPicture(page.name, clock, Math.ceil(at));
}

// ---- what the API says

/** To where there is something to see, now that it is known which cameras there are. */
function settle(list) {
  page.list = list;
  const several = list.length > 1;
  document.body.classList.toggle("several", several);
  store(SEVERAL, several);
  if (several && view && !many) meet().then(changed, () => (page.listAt = -Infinity));
  if (page.overview ? several : list.length === 0 || list.some((c) => c.name === page.name)) return;
  if (list.length === 0) return;
  open(several ? OVERVIEW : list[0].name, page.at);
  if (location.hash) link(page.at); // it named no camera of ours
}

function hear(camera) {
  if (camera?.state !== page.camera?.state) view?.timeline.coverage.expire();
  page.camera = camera;
  if (camera?.urls && page.name === camera.name) player.urls = camera.urls;
  player.hear(camera?.state ?? null, camera?.video?.frame_rate, camera?.live?.part_target_seconds);
  describe();
}

function describe() {
  view?.title(titleOf(page.name));
  view?.facts(page.camera, clock.now());
}

// ---- what the page shows

function changed() {
  if (!view) {
    const missed = page.away !== null || page.overview || (page.camera && page.camera.state !== "live");
    if (missed || player.facts.picture) furnish();
    return;
  }
  const facts = { ...player.facts, camera: page.camera?.state ?? null, reachable: page.away === null };
  page.state = page.overview ? "overview" : nextState(page.state, facts);
  showTimer ??= setTimeout(show);
}

let showTimer = null;

function show() {
  showTimer = null;
  showMany();
  if (page.overview) return void (document.body.dataset.state = page.state);
  if (player.facts.picture) view.keep(null);
  if (page.wish !== null && !player.live && player.facts.picture && player.position !== null) travel.told(player.position);
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

function showMany() {
  const load = page.overview ? "all" : player.busy ? "none" : (ROOM[page.state] ?? "none");
  many?.show({ cameras: page.list, current: page.name, at: page.listFor, linked: instant(), now: clock.now(), reachable: page.away === null, away: page.away, load });
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
  seekTo: (at) => furnish().then(() => travel.seekTo(at)),
  goTo: (at) => furnish().then(() => travel.goTo(at)),
  goLive: () => furnish().then(() => travel.goLive()),
});

// ---- what is around the picture

let furnished = null;

/** Until it is there, the page is "connecting". */
function furnish() {
  furnished ??= build().catch((error) => {
    furnished = null; // a file didn't come: the next poll tries again
    throw error;
  });
  return furnished;
}

async function build() {
  const [{ View }, { Travel }, { GoTo }, { controls }] = await Promise.all([
    import("./view.js"), import("./travel.js"), import("./goto.js"), import("./controls.js"),
  ]);
  view = new View({
    chosen: (at, fleeting) => travel.seekTo(at, fleeting),
    busy: () => player.busy,
    ask: (from, to, points) => getTimeline(page.name, clock, { from, to, points }),
  });
  travel = new Travel(page, player, view, { now: () => clock.now(), bounds, nextPicture, link, open });
  const goto = new GoTo({ now: () => clock.now(), at: (at) => travel.goTo(at), live: () => travel.goLive() });
  const oldest = () => (page.camera?.window ? bounds().start : null);
  controls({ travel, oldest, timeline: view.timeline, goto, player, many: (event) => many?.key(event, page.list) ?? null });
  addEventListener("hashchange", () => travel.followLink());
  document.addEventListener("visibilitychange", () => document.hidden || !page.overview || news.poll());
  document.getElementById("overview-live").addEventListener("click", () => (location.hash = formatLink(OVERVIEW)));
  if (page.list.length > 1) await meet();
  setInterval(changed, SHOW);
  describe();
  changed();
}

/** What there is with several cameras. */
async function meet() {
  const { Many } = await import("./many.js");
  many ??= new Many();
}

// ---- and go

const wanted = parseLink(location.hash);
const first = wanted.camera ?? stored(REMEMBERED);
document.body.classList.toggle("several", stored(SEVERAL) === "true");
if (!supported() && !playsNatively()) document.body.dataset.state = "unsupported";
else {
  if (first) open(first, wanted.at);
  news.poll();
  setTimeout(furnish, FURNISH_AFTER);
}
