// Through time: where a drag, a key, a typed instant or a link leads.

import { formatLink, parseLink } from "../browser/link.js";
import { copy } from "../browser/clipboard.js";
import { elsewhere, misled, stillToCome } from "../text/page.js";
import { words } from "../text/words.js";
import { lastBefore, playableAt } from "../time/range.js";

/** The last of a timeline is the live picture, ms. */
const LIVE = 1500;
const BESIDE = 1500; // ms; nearer than that it is what was asked for
const UNTOLD = 10_000; // ms; the newest of the coverage of a live camera may lack so much

/**
 * @typedef {object} Place where one is, and what is shown there
 * @property {string|null} name of the camera; null in the overview
 * @property {import("../server/json.js").Camera|null} camera what the API told of it last
 * @property {string} state see state.js
 * @property {number|null} asked an instant (ms) that was asked for from afar, until it was told what was found for it
 */

/**
 * @typedef {object} NavigationEvents
 * @property {() => number} now ms
 * @property {() => import("../time/range.js").Range} bounds the window, ms
 * @property {(at: number) => Promise<number|null>} nextPicture the first instant with a picture from at on
 * @property {(at: number|null) => void} link writes where one is into the address
 * @property {(name: string, at: number|null, paused: boolean) => void} open another camera
 * @property {(wrong: import("../browser/link.js").Wrong) => void} misled the address says something that is not so
 */

export class Navigation {
  /**
   * @param {Place} place
   * @param {import("../play/player.js").Player} player
   * @param {import("./view.js").View} view
   * @param {NavigationEvents} by
   */
  constructor(place, player, view, by) {
    this.place = place;
    this.player = player;
    this.view = view;
    this.by = by;
  }

  /**
   * @param {number} wanted ms
   * @param {boolean} [fleeting] on the way to another instant: nothing to write down
   */
  seekTo(wanted, fleeting = false) {
    this.place.asked = null; // whoever goes elsewhere wants to hear of that one no more
    // What is paused does not begin to move because one came to the end.
    const to = this.player.paused && this.#isNow(wanted) ? this.by.now() - LIVE : wanted;
    if (this.#isNow(to)) return fleeting ? undefined : this.goLive();
    const at = this.#playable(to) ?? to;
    if (!fleeting && Math.abs(at - to) >= BESIDE) this.place.asked = to; // said once its picture is there
    this.#seek(at, fleeting);
  }

  #seek(at, fleeting = false) {
    this.view.hush();
    this.player.seekTo(at);
    if (fleeting) return;
    this.view.timeline.reveal(at);
    this.by.link(at);
  }

  /** The camera's picture of then is the live one. */
  #isNow(at) {
    return this.place.camera?.state === "live" && at > this.by.now() - LIVE;
  }

  /** To the oldest picture there is. */
  seekToOldest() {
    if (!this.place.camera?.window) return;
    this.seekTo(this.by.bounds().start);
    this.place.asked = null; // no instant was asked for
  }

  /**
   * To an instant that was typed or is in a link: seen on the timeline, and told when it is another one.
   * @param {number} asked ms
   */
  goTo(asked) {
    const { by, view } = this;
    // What is paused stays so, also just behind the live picture.
    if (this.player.paused && asked <= by.now() && this.#isNow(asked)) return this.seekTo(asked);
    if (asked > by.now() || this.#isNow(asked)) {
      this.goLive();
      if (asked > by.now()) view.say(stillToCome(asked, by.now()));
      return;
    }
    this.place.asked = asked;
    this.#seek(Math.max(asked, by.bounds().start));
  }

  goLive() {
    this.place.asked = null;
    this.view.hush();
    this.player.goLive();
    this.view.timeline.reveal(this.by.now());
    this.by.link(null);
  }

  /**
   * No playlist has it: live where it is still to come, else to the next moment with a picture, else the last, else live.
   * @param {number} at ms
   * @param {import("../play/pair.js").Intent} intent of the player, so that who has gone elsewhere since stays there
   */
  async nothingRecorded(at, intent) {
    const { place, player, by } = this;
    const next = await by.nextPicture(at).catch(() => undefined);
    if (intent !== player.intent) return;
    const asked = place.asked ?? at;
    // A link is followed before it is known what time it is there.
    if (next === null && asked > by.now()) return this.goTo(asked);
    // The same instant again would lead here again.
    const to = next != null && next > at ? next : place.camera?.state === "live" && !player.paused ? null : this.#playable(at);
    if (to !== null && to !== at) {
      place.asked = asked;
      return this.#seek(to);
    }
    place.asked = null;
    player.goLive();
    by.link(null);
    if (next === null && !this.#mayComeYet(asked)) this.#say(asked, null);
  }

  /** What is as new as that may not have been told of yet. */
  #mayComeYet(at) {
    return this.place.camera?.state === "live" && at > this.by.now() - UNTOLD;
  }

  /**
   * A picture is on the screen. When it is of another instant than the one that was
   * asked for, the coverage says why, and only what it says is said: a frame may be
   * beside it for other reasons.
   * @param {number} got ms
   */
  async arrived(got) {
    const { place, player, by } = this;
    const { asked } = place;
    place.asked = null;
    if (asked === null || Math.abs(got - asked) < BESIDE) return;
    const { intent } = player;
    const next = await by.nextPicture(asked).catch(() => undefined);
    if (next === undefined || intent !== player.intent) return;
    if (next !== null && next - asked < BESIDE) return; // that was recorded
    if (next !== null || !this.#mayComeYet(asked)) this.#say(asked, got);
  }

  /** @param {number|null} got ms; null: live */
  #say(asked, got) {
    const { place, view, by } = this;
    view.say(elsewhere(asked, got, { start: place.camera?.window ? by.bounds().start : null, now: by.now() }));
  }

  /** @param {number} seconds to later, negative: to earlier */
  step(seconds) {
    const from = this.player.position;
    if (from === null) return;
    const wanted = from + seconds * 1000;
    const before = seconds < 0 ? lastBefore(wanted, this.view.timeline.spans()) : null;
    if (before === null || this.#isNow(wanted)) return this.seekTo(wanted);
    this.place.asked = null;
    this.#seek(before);
  }

  toggle() {
    const { player } = this;
    if (player.paused) player.play();
    else player.pause();
    this.by.link(player.live && !player.paused ? null : player.position);
  }

  /** Copies a link to this moment. */
  async share() {
    const { place, player, view } = this;
    if (place.name === null) return;
    const at = player.shown ?? player.position ?? this.by.now();
    const url = new URL(formatLink(place.name, at, player.paused), location.href).href;
    view.say((await copy(url)) ? words().copied : words().copyThis(url));
  }

  /** To where the address says now. */
  followLink() {
    const { camera, at, paused, wrong } = parseLink(location.hash);
    if (camera) this.#follow(camera, at, paused);
    if (wrong) this.by.misled(wrong); // wherever it has led
  }

  #follow(camera, at, paused) {
    if (camera !== this.place.name) return this.by.open(camera, at, paused); // the overview is always opened anew
    if (at === null) return this.goLive();
    if (paused) this.player.pause();
    else if (this.player.paused) this.player.play();
    this.goTo(at);
  }

  /**
   * What a link says that is not so.
   * @param {import("../browser/link.js").Wrong} wrong
   */
  tell(wrong) {
    this.view.say(misled(wrong, this.by.now()));
  }

  /** @param {number} at ms */
  #playable(at) {
    return playableAt(at, this.view.timeline.spans());
  }
}
