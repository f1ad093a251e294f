// Puts what is known onto the page. Writes to the document only what changed.

import { clockTime, longDay } from "./format.js";
import { Slider } from "./slider.js";
import { BADGE, distance, notice } from "./words.js";
import { range } from "./timeline.js";

export class View {
  /** @param {(ms: number) => void} chosen an instant was picked on the timeline */
  constructor(chosen) {
    const at = (id) => document.getElementById(id);
    this.parts = Object.fromEntries(
      ["cameras", "stage", "badge", "notice", "notice-title", "notice-advice", "clock", "day", "distance", "play", "live", "start", "facts"].map((id) => [id, at(id)]),
    );
    this.slider = new Slider(at("timeline"), chosen);
  }

  /**
   * @param {object} s
   * @param {string} s.state see state.js
   * @param {object|null} s.camera as the API describes it
   * @param {"server"|"controller"|null} s.away
   * @param {number|null} s.position of the picture, ms
   * @param {number|null} s.latency s
   * @param {number} s.now the server's time, ms
   * @param {{start: number, end: number}[]} s.spans
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
    this.#notice(notice(s.state, s.camera, s.away, s.now));
    this.#timeline(s);
  }

  #notice(said) {
    const { parts } = this;
    parts.notice.hidden = !said;
    text(parts["notice-title"], said?.title ?? "");
    text(parts["notice-advice"], said?.advice ?? "");
  }

  #timeline({ camera, now, spans, position }) {
    const windowStart = camera?.window ? Date.parse(camera.window.start) : (spans[0]?.start ?? null);
    this.slider.show({ range: range(windowStart, now), spans, edge: camera?.state === "live" ? now : null, position });
  }

  /** The switcher; hidden while there is only one camera. */
  cameras(list, current) {
    const { cameras } = this.parts;
    const wanted = list.map((c) => `${c.name}:${c.state}:${c.name === current}`).join();
    if (cameras.dataset.shown === wanted) return;
    cameras.dataset.shown = wanted;
    cameras.replaceChildren(...list.map((c) => cameraLink(c, c.name === current)));
  }

  /** A line of facts about the picture, for the curious. */
  facts(camera) {
    const v = camera?.video;
    const line = v ? `${v.width} × ${v.height} · ${Math.round(v.frame_rate * 10) / 10} fps` : "";
    text(this.parts.facts, line);
    if (v) document.documentElement.style.setProperty("--ratio", v.width / v.height);
    this.parts.facts.title = camera?.plan ?? "";
  }
}

function cameraLink(camera, current) {
  const link = document.createElement("a");
  link.href = `#${camera.name}`;
  link.textContent = camera.name;
  link.dataset.state = camera.state;
  if (current) link.setAttribute("aria-current", "page");
  return link;
}

function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}
