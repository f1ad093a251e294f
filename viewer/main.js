// The page. Playing comes first: a camera that is known from the address or
// from last time is opened before anything is asked of the API, and what is
// around the picture is loaded and built behind the first frame.

import { Away, getCamera, getCameras, getNextPicture, getTimeline } from "./api.js";
import { ServerClock } from "./clock.js";
import { supported } from "./deck.js";
import { OVERVIEW, formatLink, parseLink } from "./link.js";
import { store, stored } from "./memory.js";
import { playsNatively } from "./native.js";
import { Player, dropped } from "./player.js";
import { nextPoll } from "./recovery.js";
import { nextState } from "./state.js";
import { playableAt, range } from "./timeline.js";

/** How often the list of cameras is asked for, ms: its stills are for the tiles. */
const LIST_EVERY = { one: 15_000, several: 5000, overview: 2500 };
const SHOW = 200;
const FURNISH_AFTER = 800; // ms; without a picture by then, there is something to be said
const REMEMBERED = "lookback.camera";
const SEVERAL = "lookback.several";
/** The picture has all that it needs, so that the tiles beside it may load theirs; late, it needs nearly all. */
const ROOM = { live: "all", rewound: "all", paused: "all", away: "all", starting: "all", behind: "first" };

const clock = new ServerClock();
const player = new Player(document.getElementById("picture"), clock, changed, nowhere, nextPicture);
let view = null; // until furnish() is done
let many = null; // the same, and only with several cameras

/**
 * name is null in the overview, whose instant is at (null: live).
 * wish: an instant that was asked for from afar, until what was found for it is told.
 * The list's stills are of the instant listFor.
 */
const page = { camera: null, name: null, overview: false, at: null, away: null, state: "connecting", list: [], listAt: -Infinity, listFor: null, wish: null };

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
  if (polling && !settling) queueMicrotask(poll); // when what played before has let go
}

const titleOf = (name) => (name === OVERVIEW ? "All cameras" : (page.list.find((c) => c.name === name)?.title ?? name));

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
  if (page.name || page.overview) history.replaceState(null, "", formatLink(page.name ?? OVERVIEW, at));
}

/** The instant at which other cameras are of interest; null: live. */
function instant() {
  if (page.overview) return page.at;
  return player.live && page.state !== "paused" ? null : player.position;
}

function followLink() {
  const { camera, at } = parseLink(location.hash);
  if (!camera) return;
  if (camera !== page.name) open(camera, at); // the overview is always opened anew
  else if (at === null) player.goLive();
  else goTo(at);
}

// ---- what the API says

let polling = 0; // counts, so that only the newest goes on
let pollTimer = null;
let settling = false; // the list is what leads to another place, and is new enough for it

async function poll() {
  clearTimeout(pollTimer);
  const turn = ++polling;
  try {
    await ask(turn);
    if (turn === polling) page.away = null;
  } catch (error) {
    if (turn !== polling) return;
    if (!(error instanceof Away)) page.listAt = -Infinity; // an unknown camera: look at the list again
    page.away = error instanceof Away ? error.who : null;
    player.hear(null);
  }
  if (turn !== polling) return;
  changed();
  if (page.overview && document.hidden) return; // until it is seen again
  const camera = page.overview ? "live" : (page.camera?.state ?? null);
  pollTimer = setTimeout(poll, nextPoll({ hidden: document.hidden, reachable: page.away === null, camera }));
}

async function ask(turn) {
  const now = performance.now();
  const every = page.overview ? LIST_EVERY.overview : page.list.length > 1 ? LIST_EVERY.several : LIST_EVERY.one;
  if (!page.name || now - page.listAt > every) {
    const at = instant();
    const list = await getCameras(clock, at);
    if (turn !== polling) return;
    settle(list);
    Object.assign(page, { listAt: now, listFor: at });
    if (page.name) hear(list.find((c) => c.name === page.name) ?? null);
  } else {
    const { name } = page;
    const camera = await getCamera(name, clock);
    if (name === page.name) hear(camera);
  }
}

/** To where there is something to see, now that it is known which cameras there are. */
function settle(list) {
  page.list = list;
  const several = list.length > 1;
  document.body.classList.toggle("several", several);
  store(SEVERAL, several);
  if (several && view && !many) meet().then(changed, () => (page.listAt = -Infinity));
  if (page.overview ? several : list.length === 0 || list.some((c) => c.name === page.name)) return;
  if (list.length === 0) return;
  settling = true;
  open(several ? OVERVIEW : list[0].name, page.at);
  settling = false;
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
    ask: (from, to, points) => getTimeline(page.name, clock, { from, to, points }),
  });
  const { timeline } = view;
  const goto = new GoTo({ now: () => clock.now(), at: goTo, live: goLive });
  const oldest = () => (page.camera?.window ? bounds().start : null);
  const keys = (event) => many?.key(event, page.list) ?? null;
  controls({ toggle, step, goLive, share: () => share(copy), seekTo, oldest, timeline, goto, player, many: keys });
  addEventListener("hashchange", followLink);
  document.addEventListener("visibilitychange", () => document.hidden || !page.overview || poll());
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

const wanted = parseLink(location.hash);
const first = wanted.camera ?? stored(REMEMBERED);
document.body.classList.toggle("several", stored(SEVERAL) === "true");
if (!supported() && !playsNatively()) document.body.dataset.state = "unsupported";
else {
  if (first) open(first, wanted.at);
  poll();
  setTimeout(furnish, FURNISH_AFTER);
}
