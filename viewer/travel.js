// Through time: where a drag, a key, a typed instant or a link leads.

import { formatLink, parseLink } from "./link.js";
import { copy } from "./share.js";
import { playableAt } from "./timeline.js";

/** The last of a timeline is the live picture, ms. */
const LIVE = 1500;

export class Travel {
  /**
   * @param {object} page where one is; what is written: wish
   * @param {import("./player.js").Player} player
   * @param {import("./view.js").View} view
   * @param {object} by
   * @param {() => number} by.now ms
   * @param {() => {start: number, end: number}} by.bounds the window, ms
   * @param {(at: number) => Promise<number|null>} by.nextPicture the first instant with a picture from at on
   * @param {(at: number|null) => void} by.link writes where one is into the address
   * @param {(name: string, at: number|null) => void} by.open another camera
   */
  constructor(page, player, view, by) {
    Object.assign(this, { page, player, view, by });
  }

  /**
   * @param {number} wish ms
   * @param {boolean} [fleeting] on the way to another instant: nothing to write down
   */
  seekTo(wish, fleeting = false) {
    if (this.page.camera?.state === "live" && wish > this.by.now() - LIVE) return fleeting ? undefined : this.goLive();
    const at = this.#playable(wish) ?? wish;
    this.player.seekTo(at);
    if (!fleeting) this.by.link(at);
  }

  /** To an instant that was typed or is in a link: seen on the timeline, and told when it is another one. */
  goTo(wish) {
    this.page.wish = wish;
    if (wish > this.by.now()) {
      this.goLive();
      return this.told(null);
    }
    this.#arrive(Math.max(wish, this.by.bounds().start));
  }

  goLive() {
    this.player.goLive();
    this.view.timeline.reveal(this.by.now());
    this.by.link(null);
  }

  /**
   * Nothing was recorded then: to the next moment with a picture, else the last, else live.
   * @param {number} intent of the player, so that who has gone elsewhere since stays there
   */
  async nowhere(at, intent) {
    const { page, player, by } = this;
    const next = at > by.now() ? null : await by.nextPicture(at).catch(() => null);
    if (intent !== player.intent) return;
    // The same instant again would lead here again.
    const to = next !== null && next > at ? next : page.camera?.state === "live" ? null : this.#playable(at);
    page.wish ??= at;
    if (to !== null && to !== at) return this.#arrive(to);
    player.goLive();
    by.link(null);
    this.told(null);
  }

  /** Says so when a wish led elsewhere. */
  told(got) {
    const { page, by } = this;
    const { wish } = page;
    page.wish = null;
    if (wish !== null) this.view.led(wish, got, { start: page.camera?.window ? by.bounds().start : null, now: by.now() });
  }

  step(seconds) {
    const from = this.player.position;
    if (from !== null) this.seekTo(from + seconds * 1000);
  }

  toggle() {
    const { player } = this;
    if (player.wantPaused || player.front?.video.paused) player.play();
    else player.pause();
    this.by.link(player.live ? null : player.position);
  }

  /** Copies a link to this moment. */
  async share() {
    const { page, player, view } = this;
    const at = player.live && page.state === "live" ? null : player.position;
    const url = new URL(formatLink(page.name, at ?? this.by.now()), location.href).href;
    view.say((await copy(url)) ? "The link to this moment is copied." : `The link to this moment: ${url}`);
  }

  /** To where the address says now. */
  followLink() {
    const { camera, at } = parseLink(location.hash);
    if (!camera) return;
    if (camera !== this.page.name) this.by.open(camera, at); // the overview is always opened anew
    else if (at === null) this.player.goLive();
    else this.goTo(at);
  }

  #arrive(at) {
    this.player.seekTo(at);
    this.view.timeline.reveal(at);
    this.by.link(at);
  }

  #playable(at) {
    return playableAt(at, this.view.timeline.spans());
  }
}
