// The page: where one is, what the API and the player tell, and what of it is
// shown. Playing comes first: a camera that is known from the address or from
// last time is opened before anything is asked of the API, and what is around
// the picture is loaded and built behind the first frame.

import { byId } from "../browser/dom.js";
import { OVERVIEW, formatLink, parseLink } from "../browser/link.js";
import { store, stored } from "../browser/storage.js";
import { Tabs } from "../browser/tabs.js";
import { Player } from "../play/player.js";
import { nextState } from "../play/state.js";
import { getCamera, getNextPicture, getTimeline, whoServes } from "../server/api.js";
import { Poller } from "../server/poller.js";
import { ServerClock } from "../time/clock.js";
import { windowUntil } from "../time/range.js";

/**
 * @typedef {import("../server/json.js").Camera} Camera
 * @typedef {import("./navigation.js").Place & {overview: boolean, at: number|null}} Place at: the overview's instant, ms; null: live
 */

const SHOW = 200; // ms
const BUILD_AFTER = 800; // ms; without a picture by then, there is something to be said
const LAST_CAMERA = "lookback.camera"; // in the browser's storage
const SEVERAL = "lookback.several";

/**
 * Which stills the tiles beside the picture may load: all once the picture has all that it needs, first ones while it is late.
 * @type {Record<string, import("../tiles/tiles.js").Load>}
 */
const STILLS = { live: "all", rewound: "all", paused: "all", away: "all", starting: "all", behind: "first" };

/** Until the API has answered, the design's own URLs. */
const conventional = (name) => ({ live: `hls/${name}/live.m3u8`, window: `hls/${name}/window.m3u8` });

/**
 * @param {Camera|null} camera
 * @returns {number|undefined} what it sends, as of late: bit/s
 */
const rateOf = (camera) => (camera?.window ? (camera.window.bytes_per_hour * 8) / 3600 : undefined);

export class App {
  clock = new ServerClock();
  /** @type {Place} */
  place = { name: null, overview: false, at: null, camera: null, state: "connecting", asked: null };
  /** @type {import("./view.js").View|null} until build() is done */
  view = null;
  /** @type {import("./navigation.js").Navigation|null} likewise */
  navigation = null;
  /** @type {import("../tiles/multicamera.js").MultiCamera|null} the same, and only with several cameras */
  #tiles = null;
  /** @type {Camera[]} */
  #cameras = [];
  /** @type {import("../browser/link.js").Wrong|null} what the link here says and is not so: the overview tells it until one goes elsewhere */
  #wrong = null;
  /** @type {import("../browser/link.js").Wrong|null} the same of the first link, until it is known where that has led */
  #untold = null;
  /** @type {Tabs|null} */
  #tabs = null;
  /** @type {import("./sound.js").Sound|null} as the view */
  #sound = null;
  #all = "All cameras"; // what the overview is called
  /** @type {Promise<import("./navigation.js").Navigation>|null} */
  #built = null;
  /** @type {ReturnType<typeof setTimeout>|null} */
  #showTimer = null;

  constructor() {
    this.player = new Player(byId("picture"), this.clock, {
      changed: () => this.#changed(),
      over: () => this.poller.hurry(),
      doubt: (url) => this.#whoRefuses(url),
      nothingRecorded: (at) => this.#nothingRecorded(at),
      newestPicture: () => this.#newestPicture(),
      nextPicture: (at) => this.#nextPicture(at),
    });
    this.poller = new Poller(this.place, this.clock, {
      instant: () => this.#instant,
      cameras: (cameras) => {
        this.#camerasAre(cameras);
        if (this.#untold) this.#misled(this.#untold);
        this.#untold = null;
        this.#overtaken();
      },
      camera: (camera) => this.#cameraIs(camera),
      failed: () => this.player.cameraIs(null),
      done: () => this.#changed(),
    });
  }

  /** Goes to where the address says, or else to where the last visit ended. */
  start() {
    this.#tabs = new Tabs(() => this.player.letGo());
    const asked = parseLink(location.hash);
    const first = asked.camera ?? stored(LAST_CAMERA);
    this.#untold = asked.wrong;
    document.body.classList.toggle("several", stored(SEVERAL) === "true");
    if (first) this.#open(first, asked.at, asked.paused);
    this.poller.poll();
    addEventListener("hashchange", () => this.build().then((navigation) => navigation.followLink()));
    setTimeout(() => this.build(), BUILD_AFTER);
  }

  // ---- from place to place

  /**
   * @param {string} name of a camera, or OVERVIEW
   * @param {number|null} [at] ms; null: live
   * @param {boolean} [paused] the instant is to stand
   */
  #open(name, at = null, paused = false) {
    if (name === OVERVIEW) return this.#openOverview(at);
    this.view?.placeholder(this.#tiles?.stillOf(name) ?? null);
    const moved = byId("overview").contains(document.activeElement);
    this.#enter("camera", name, at);
    Object.assign(this.place, { name, state: "connecting", asked: at });
    if (moved) byId("stage").focus({ preventScroll: true });
    this.view?.title(this.#titleOf(name));
    this.player.open(conventional(name), at, paused);
  }

  /** @param {number|null} at ms; null: live */
  #openOverview(at) {
    const before = this.place.name;
    this.#enter("overview", OVERVIEW, at);
    Object.assign(this.place, { name: null, state: "overview", asked: null });
    this.player.leave();
    this.build().then(() => {
      this.#show();
      if (before) this.#tiles?.focus(before);
    });
  }

  /** What every change of place begins with. */
  #enter(where, name, at) {
    Object.assign(this.place, { overview: where === "overview", at, camera: null });
    this.#wrong = null;
    document.body.dataset.view = where;
    this.#entitle(name);
    this.view?.clear();
    store(LAST_CAMERA, name);
    this.#tiles?.leave();
    this.poller.moved();
  }

  #entitle(name) {
    document.title = `${this.#titleOf(name)} · Lookback`;
  }

  /** @returns {string} what people call a camera, or the overview */
  #titleOf(name) {
    if (name === OVERVIEW) return this.#all;
    return this.#cameras.find((c) => c.name === name)?.title ?? name ?? "";
  }

  /** Writes where one is into the address. */
  #link(at) {
    const { name, overview } = this.place;
    if (name || overview) history.replaceState(null, "", formatLink(name ?? OVERVIEW, at, !overview && this.player.paused));
  }

  /** The instant at which other cameras are of interest; null: live. */
  get #instant() {
    if (this.place.overview) return this.place.at;
    return this.player.live && !this.player.paused ? null : this.player.position;
  }

  /** The window as the API told it, up to now. */
  get #bounds() {
    const { camera } = this.place;
    return windowUntil(camera?.window ? Date.parse(camera.window.start) : null, this.clock.now());
  }

  /** The player has found that nothing was recorded then. */
  async #nothingRecorded(at) {
    const { intent } = this.player;
    const navigation = await this.build();
    navigation.nothingRecorded(at, intent);
  }

  /** @param {string} url of a playlist whose media don't come */
  async #whoRefuses(url) {
    await this.poller.poll();
    // What is to be there is known of a camera that sends: nobody else's 404 means anything.
    return this.poller.away === null && this.place.camera?.state === "live" ? whoServes(url) : null;
  }

  async #newestPicture() {
    const { name } = this.place;
    const picture = name === null ? null : (await getCamera(name, this.clock)).picture;
    return picture && { url: picture.url, at: Date.parse(picture.at) };
  }

  #nextPicture(at) {
    const { name } = this.place;
    return name === null ? Promise.resolve(null) : getNextPicture(name, this.clock, Math.ceil(at));
  }

  // ---- what the API says

  /** To where there is something to see, now that it is known which cameras there are. */
  #camerasAre(cameras) {
    const { place } = this;
    this.#cameras = cameras;
    const several = cameras.length > 1;
    document.body.classList.toggle("several", several);
    store(SEVERAL, String(several));
    if (several && this.view && !this.#tiles) this.#addTiles().then(() => this.#changed(), () => this.poller.listAgain());
    if (place.overview ? several : cameras.length === 0 || cameras.some((c) => c.name === place.name)) return;
    if (cameras.length === 0) return;
    const { name } = place;
    this.#open(several ? OVERVIEW : cameras[0].name, place.at);
    if (!location.hash) return; // it is from the last visit
    this.#link(place.at);
    if (name !== null) this.#tell({ camera: name });
  }

  /** The address says something that is not so: now it says where it has led, and the page why. */
  #misled(wrong) {
    this.#link(this.#instant);
    this.#tell(wrong);
  }

  /** Of an instant that is still to come there are no stills: the overview is live then, and says so until it has come. */
  #overtaken() {
    const { overview, at } = this.place;
    const now = this.clock.now();
    if (this.#wrong && "ahead" in this.#wrong && this.#wrong.ahead <= now) this.#wrong = null; // it has come
    if (!overview || at === null || at <= now) return;
    const wrong = this.#wrong ?? { ahead: at };
    this.#openOverview(null);
    this.#wrong = wrong;
    this.#link(null);
    setTimeout(() => this.poller.poll()); // the list that has just come is of then
  }

  /** @param {import("../browser/link.js").Wrong} wrong */
  #tell(wrong) {
    if (this.place.overview) this.#wrong = wrong;
    else this.build().then((navigation) => navigation.tell(wrong));
  }

  /** @param {Camera|null} camera */
  #cameraIs(camera) {
    const { place, player } = this;
    if (camera?.state !== place.camera?.state) this.view?.timeline.coverage.expire();
    place.camera = camera;
    if (camera?.urls && place.name === camera.name) player.urls = camera.urls;
    player.cameraIs(camera?.state ?? null, camera?.video?.frame_rate, camera?.live?.part_target_seconds, rateOf(camera));
    this.#describe();
    if (this.#isAhead) this.build().then((navigation) => this.#isAhead && navigation.goTo(/** @type {number} */ (place.asked)));
  }

  /** The address leads to an instant that is still to come, which is known only with the server's time. */
  get #isAhead() {
    return (this.place.asked ?? 0) > this.clock.now();
  }

  #describe() {
    this.view?.title(this.#titleOf(this.place.name));
    this.view?.facts(this.place.camera, this.clock.now());
    this.#sound?.of(this.place.camera?.video?.codecs);
  }

  // ---- what the page shows

  #changed() {
    const { place, player, poller } = this;
    this.#share();
    if (!this.view) {
      const missed = poller.away !== null || place.overview || (place.camera && place.camera.state !== "live");
      if (missed || player.facts.picture) this.build();
      return;
    }
    const facts = { ...player.facts, camera: place.camera?.state ?? null, reachable: poller.away === null };
    place.state = place.overview ? "overview" : nextState(place.state, facts);
    if (this.#showTimer === null) this.#showTimer = setTimeout(() => this.#show());
  }

  /** Connections to the server, with other windows. */
  #share() {
    if (!this.#tabs) return;
    const { place } = this;
    this.#tabs.plays = !document.hidden && this.#instant === null && (place.overview || place.name !== null);
    this.player.crowded = this.#tabs.crowded;
  }

  #show() {
    const { place, player, view } = this;
    this.#showTimer = null;
    this.#showTiles();
    if (place.overview) {
      document.body.dataset.state = place.state;
      return;
    }
    if (!view) return;
    const { picture, refused } = player.facts;
    if (picture) view.placeholder(null);
    if (place.asked !== null && !player.live && picture && player.position !== null) this.navigation?.arrived(player.position);
    view.show({
      state: place.state,
      camera: place.camera,
      away: this.poller.away,
      refused,
      heardAt: this.poller.heardAt,
      position: player.position,
      shown: player.shown,
      paused: player.paused,
      latency: player.latency,
      slow: player.slow,
      now: this.clock.now(),
      bounds: this.#bounds,
      following: player.live,
    });
  }

  #showTiles() {
    const { place, player, poller } = this;
    poller.follow();
    this.#tiles?.show({
      cameras: this.#cameras,
      current: place.name,
      at: poller.stillsAt,
      linked: this.#instant,
      paused: !place.overview && player.paused,
      now: this.clock.now(),
      reachable: poller.away === null,
      away: poller.away,
      wrong: this.#wrong,
      load: place.overview ? "all" : this.#room,
      crowded: this.#tabs?.crowded,
    });
  }

  /** @returns {import("../tiles/tiles.js").Load} what there is room for beside the picture: on the way to an instant the stills come along, one at a time */
  get #room() {
    const { place, player } = this;
    const load = player.busy ? "none" : (STILLS[place.state] ?? "none");
    return load === "none" && !player.live && place.state !== "unreachable" ? "one" : load;
  }

  // ---- what is around the picture

  /** Until it is there, the page is "connecting". */
  build() {
    this.#built ??= this.#build().catch((error) => {
      this.#built = null; // a file didn't come: the next poll tries again
      if (this.poller.heardAt !== null && this.poller.away === null) byId("unloaded").hidden = false; // while others do: there is another version
      throw error;
    });
    return this.#built;
  }

  async #build() {
    const [{ View }, { Navigation }, { GoTo }, { Sound }, { controls }, { translate }] = await Promise.all([
      import("./view.js"), import("./navigation.js"), import("./goto.js"), import("./sound.js"), import("./controls.js"), import("./translate.js"),
    ]);
    this.#all = translate();
    if (this.place.overview) this.#entitle(OVERVIEW);
    const { player, clock } = this;
    const view = (this.view = new View({
      chosen: (at, fleeting) => navigation.seekTo(at, fleeting),
      busy: () => player.busy,
      ask: (from, to, points) => getTimeline(this.place.name ?? "", clock, { from, to, points }),
    }));
    const navigation = (this.navigation = new Navigation(this.place, player, view, {
      now: () => clock.now(),
      bounds: () => this.#bounds,
      nextPicture: (at) => this.#nextPicture(at),
      link: (at) => this.#link(at),
      open: (name, at, paused) => this.#open(name, at, paused),
      misled: (wrong) => this.#misled(wrong),
    }));
    const goto = new GoTo({ now: () => clock.now(), position: () => player.position, at: (at) => navigation.goTo(at), live: () => navigation.goLive() });
    const sound = (this.#sound = new Sound(player));
    controls({ navigation, timeline: view.timeline, goto, sound, player, several: (event) => this.#tiles?.key(event, this.#cameras) ?? null });
    document.addEventListener("visibilitychange", () => document.hidden || !this.place.overview || this.poller.poll());
    byId("overview-live").addEventListener("click", () => (location.hash = formatLink(OVERVIEW)));
    if (this.#cameras.length > 1) await this.#addTiles();
    setInterval(() => this.#changed(), SHOW);
    this.#describe();
    this.#changed();
    return navigation;
  }

  /** What there is with several cameras. */
  async #addTiles() {
    const { MultiCamera } = await import("../tiles/multicamera.js");
    this.#tiles ??= new MultiCamera();
  }
}
