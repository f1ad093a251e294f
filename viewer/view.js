// Puts what is known onto the page. Writes to the document only what changed.

import { text } from "./dom.js";
import { clockTime, longDay } from "./format.js";
import { Slider } from "./slider.js";
import { decodable } from "./stills.js";
import { codecName } from "./tilewords.js";
import { BADGE, details, distance, led, notice, trouble } from "./words.js";

const SAID = 7000; // ms that a remark stays

export class View {
  /** @param {object} on what the timeline asks for, see slider.js */
  constructor(on) {
    const at = (id) => document.getElementById(id);
    this.parts = Object.fromEntries(
      ["still", "camera-title", "stage", "badge", "notice", "notice-title", "notice-advice", "clock", "day", "distance", "play", "live", "start", "facts", "said", "health", "details", "details-list"].map((id) => [id, at(id)]),
    );
    this.timeline = new Slider(at("timeline"), on);
  }

  /** Another camera. */
  clear() {
    this.timeline.clear();
    this.facts(null, 0);
  }

  /** A remark that goes away by itself. */
  say(what) {
    const { said } = this.parts;
    said.textContent = what;
    said.hidden = false;
    clearTimeout(this.saidTimer);
    this.saidTimer = setTimeout(() => (said.hidden = true), SAID);
  }

  /** Says so when a wish for an instant led elsewhere; see led in words.js. */
  led(wish, got, window) {
    const text = led(wish, got, window);
    if (text) this.say(text);
  }

  /**
   * @param {object} s
   * @param {string} s.state see state.js
   * @param {object|null} s.camera as the API describes it
   * @param {"server"|"controller"|null} s.away
   * @param {number|null} s.position of the picture, ms
   * @param {number|null} s.latency s
   * @param {number} s.now the server's time, ms
   * @param {{start: number, end: number}} s.bounds the window, ms
   * @param {boolean} s.following live is what is asked for
   */
  show(s) {
    const { parts } = this;
    const moves = s.state === "live" || s.state === "behind";
    const lag = moves ? s.latency : s.position === null ? null : (s.now - s.position) / 1000;
    document.body.dataset.state = s.state;
    text(parts.badge, BADGE[s.state]);
    text(parts.distance, distance(s.state, lag));
    text(parts.clock, s.position === null ? "--:--:--" : clockTime(s.position));
    text(parts.day, s.position === null ? "" : longDay(s.position));
    const paused = s.state === "paused";
    parts.play.setAttribute("aria-label", paused ? "Play" : "Pause");
    parts.play.classList.toggle("paused", paused);
    parts.live.setAttribute("aria-pressed", String(s.following && !paused));
    parts.start.hidden = !paused;
    this.#notice(notice(s.state, s.camera, s.away, s.now, blind(s.camera?.video?.codecs)));
    this.timeline.show({ bounds: s.bounds, known: Boolean(s.camera?.window), now: s.now, edge: s.camera?.state === "live" ? s.now : null, position: s.position });
  }

  #notice(said) {
    const { parts } = this;
    parts.notice.hidden = !said;
    text(parts["notice-title"], said?.title ?? "");
    text(parts["notice-advice"], said?.advice ?? "");
  }

  /** What people call the camera. */
  title(name) {
    text(this.parts["camera-title"], name);
  }

  /** A still that keeps the picture's place until it comes; null: it has come. */
  keep(canvas) {
    const { still } = this.parts;
    still.hidden = !canvas;
    if (!canvas?.width) return;
    still.width = canvas.width;
    still.height = canvas.height;
    still.getContext("2d").drawImage(canvas, 0, 0);
  }

  /** What is known of the camera: a line, what is wrong with it, and the details. */
  facts(camera, now) {
    const { parts } = this;
    const v = camera?.video;
    text(parts.facts, v ? `${v.width} × ${v.height} · ${Math.round(v.frame_rate * 10) / 10} fps` : "");
    if (v) document.documentElement.style.setProperty("--ratio", v.width / v.height);
    const wrong = trouble(camera);
    parts.health.hidden = !wrong;
    parts.health.dataset.severity = wrong?.severity ?? "";
    text(parts.health, wrong?.text ?? "");
    this.#details(details(camera, now));
  }

  #details(rows) {
    const { parts } = this;
    parts.details.hidden = rows.length === 0;
    const list = parts["details-list"];
    const wanted = rows.flat();
    if (list.children.length !== wanted.length) list.replaceChildren(...wanted.map((_, i) => document.createElement(i % 2 ? "dd" : "dt")));
    wanted.forEach((value, i) => text(list.children[i], value));
  }
}

const blind = (codecs) => (decodable(codecs) ? null : codecName(codecs));
