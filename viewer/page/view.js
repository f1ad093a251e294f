// Puts what is known onto the page. Writes to the document only what changed.

import { codecName, decodable } from "../browser/codecs.js";
import { byId, byIds, text } from "../browser/dom.js";
import { stands } from "../text/condition.js";
import { badge, details, distance, notice, trouble } from "../text/page.js";
import { words } from "../text/words.js";
import { clockTime, longDay } from "../time/format.js";
import { ZoneSwitch } from "./zone-switch.js";
import { Timeline } from "../timeline/timeline.js";

/**
 * @typedef {import("../server/json.js").Camera} Camera
 * @typedef {import("../time/range.js").Range} Range
 */

/**
 * @typedef {object} Shown
 * @property {string} state see state.js
 * @property {Camera|null} camera
 * @property {import("../server/api.js").Who|null} away
 * @property {import("../server/api.js").Who|null} refused who answers instead of the server where the picture ought to come from
 * @property {number|null} heardAt when the API last answered, ms
 * @property {number|null} position where one wants to be, ms: for the playhead
 * @property {number|null} shown of the picture on the screen, ms: for the clock
 * @property {boolean} paused it is to stand
 * @property {number|null} latency s
 * @property {import("../text/page.js").Slow|null} slow the way to the server is
 * @property {number} now the server's time, ms
 * @property {Range} bounds the window, ms
 * @property {boolean} following live is what is asked for
 */

const PARTS = /** @type {const} */ (["camera-title", "stage", "badge", "notice", "notice-title", "notice-advice", "reload", "clock", "day", "distance", "play", "live", "start", "facts", "said", "health", "details", "details-list"]);

const USUAL = 16 / 9; // width by height, as is expected of a picture that has not come
const SAID = 7000; // ms that a remark stays

export class View {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #sayTimer;

  /** @param {import("../timeline/timeline.js").TimelineEvents} on */
  constructor(on) {
    this.parts = byIds(PARTS);
    this.still = /** @type {HTMLCanvasElement} */ (byId("still"));
    this.timeline = new Timeline(byId("timeline"), on);
    this.zone = new ZoneSwitch(() => this.timeline.rezone());
  }

  /** Another camera. */
  clear() {
    this.timeline.clear();
    this.hush();
    this.#frozen(false);
    this.facts(null, 0);
  }

  /** @param {boolean} is nothing is green of what is frozen */
  #frozen(is) {
    if (document.body.classList.contains("frozen") === is) return;
    document.body.classList.toggle("frozen", is);
    this.timeline.restyle();
  }

  /**
   * A remark that goes away by itself.
   * @param {string} what
   */
  say(what) {
    const { said } = this.parts;
    said.textContent = what;
    said.hidden = false;
    clearTimeout(this.#sayTimer);
    this.#sayTimer = setTimeout(() => (said.hidden = true), SAID);
  }

  /** What was said is of where one was. */
  hush() {
    clearTimeout(this.#sayTimer);
    this.parts.said.hidden = true;
  }

  /** @param {Shown} s */
  show(s) {
    const { parts } = this;
    const moves = s.state === "live" || s.state === "behind";
    const lag = moves ? s.latency : s.shown === null ? null : (s.now - s.shown) / 1000;
    document.body.dataset.state = s.state;
    text(parts.badge, badge(s.state, s.camera));
    this.#frozen(s.camera !== null && stands(s.camera));
    text(parts.distance, distance(s.state, lag, s.slow));
    text(parts.clock, s.shown === null ? "--:--:--" : clockTime(s.shown));
    text(parts.day, s.shown === null ? "" : longDay(s.shown));
    this.zone.cameraIn(s.camera?.time_zone);
    this.zone.show(s.shown ?? s.now);
    parts.play.setAttribute("aria-label", s.paused ? words().page.play : words().page.pause);
    parts.play.classList.toggle("paused", s.paused);
    parts.live.setAttribute("aria-pressed", String(s.following && !s.paused));
    parts.start.hidden = s.state !== "paused";
    this.#notice(notice(s.state, s.camera, s.away, s.now, blind(s.camera?.video?.codecs), s.shown !== null, s.refused));
    this.timeline.show({ bounds: s.bounds, known: Boolean(s.camera?.window), now: s.now, edge: s.camera?.state === "live" ? (s.away === null ? s.now : s.heardAt) : null, position: s.position });
  }

  /** @param {import("../text/page.js").Notice|null} said */
  #notice(said) {
    const { parts } = this;
    parts.notice.hidden = !said;
    parts.reload.hidden = !said?.reload;
    text(parts["notice-title"], said?.title ?? "");
    text(parts["notice-advice"], said?.advice ?? "");
  }

  /**
   * What people call the camera.
   * @param {string} name
   */
  title(name) {
    text(this.parts["camera-title"], name);
  }

  /**
   * A still that takes the picture's place until that comes; null: it has come.
   * @param {HTMLCanvasElement|null} canvas
   */
  placeholder(canvas) {
    const { still } = this;
    still.hidden = !canvas;
    if (!canvas?.width) return;
    still.width = canvas.width;
    still.height = canvas.height;
    still.getContext("2d")?.drawImage(canvas, 0, 0);
  }

  /**
   * What is known of the camera: a line, what is wrong with it, and the details.
   * @param {Camera|null} camera
   * @param {number} now ms
   */
  facts(camera, now) {
    const { parts } = this;
    const v = camera?.video;
    text(parts.facts, v ? `${v.width} × ${v.height} · ${Math.round(v.frame_rate * 10) / 10} fps` : "");
    // Until the next camera is known the frame stays; one without a picture has not the last one's.
    if (camera) document.documentElement.style.setProperty("--ratio", String(v ? v.width / v.height : USUAL));
    const wrong = trouble(camera);
    parts.health.hidden = !wrong;
    parts.health.dataset.severity = wrong?.severity ?? "";
    text(parts.health, wrong?.text ?? "");
    this.#details(details(camera, now));
  }

  /** @param {[string, string][]} rows */
  #details(rows) {
    const { parts } = this;
    parts.details.hidden = rows.length === 0;
    const list = parts["details-list"];
    const wanted = rows.flat();
    if (list.children.length !== wanted.length) list.replaceChildren(...wanted.map((_, i) => document.createElement(i % 2 ? "dd" : "dt")));
    wanted.forEach((value, i) => text(list.children[i], value));
  }
}

/** @param {string} [codecs] */
const blind = (codecs) => (!codecs || decodable(codecs) ? null : codecName(codecs));
