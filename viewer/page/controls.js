// Buttons, keys and fullscreen.

import { byId } from "../browser/dom.js";

const STEP = 10; // s
const LONG_STEP = 60;
const ZOOM = 2;
const IDLE = 2500; // ms until the controls hide in fullscreen

/**
 * @typedef {object} Controlled what the controls control
 * @property {import("./navigation.js").Navigation} navigation
 * @property {import("../timeline/timeline.js").Timeline} timeline
 * @property {import("./goto.js").GoTo} goto
 * @property {(event: KeyboardEvent) => (() => void)|null} several what a key does because there are several cameras
 * @property {{toggle: () => void}} sound
 * @property {{video: HTMLVideoElement|null}} player
 */

/** @param {Controlled} to */
export function controls(to) {
  const { navigation } = to;
  const on = (id, action) => byId(id).addEventListener("click", action);
  on("play", () => navigation.toggle());
  on("start", () => navigation.toggle());
  on("back", () => navigation.step(-STEP));
  on("forward", () => navigation.step(STEP));
  on("live", () => navigation.goLive());
  on("zoom-in", () => to.timeline.zoom(1 / ZOOM));
  on("zoom-out", () => to.timeline.zoom(ZOOM));
  on("zoom-fit", () => to.timeline.fit());
  on("share", () => navigation.share());
  on("fullscreen", () => fullscreen(to.player));
  const picture = byId("picture");
  picture.addEventListener("click", (event) => event.pointerType === "mouse" && navigation.toggle());
  picture.addEventListener("dblclick", () => fullscreen(to.player));
  document.addEventListener("keydown", (event) => pressed(event, to));
  closeDetails();
  hideWhenIdle();
}

/** Like any panel that lies over the page: a press beside it or Escape closes it. */
function closeDetails() {
  const details = /** @type {HTMLDetailsElement} */ (byId("details"));
  document.addEventListener("pointerdown", (event) => details.contains(/** @type {Node} */ (event.target)) || (details.open = false));
  details.addEventListener("keydown", (event) => event.key === "Escape" && (details.open = false));
}

/**
 * @param {KeyboardEvent} event
 * @param {Controlled} to
 */
function pressed(event, to) {
  if (event.ctrlKey || event.metaKey || event.altKey || /** @type {Element} */ (event.target).closest?.("input")) return;
  const action = to.several(event) ?? (document.body.dataset.view === "overview" ? null : actionOf(event, to));
  if (!action) return;
  event.preventDefault();
  action();
}

/**
 * @param {KeyboardEvent} event
 * @param {Controlled} to
 * @returns {(() => void)|null}
 */
function actionOf({ key, shiftKey, target }, to) {
  const { navigation } = to;
  const far = shiftKey ? LONG_STEP : STEP;
  switch (key) {
    case " ":
    case "k":
      // Space presses the button that has the focus.
      return key === " " && /** @type {Element} */ (target).closest?.("button, a, summary") ? null : () => navigation.toggle();
    case "ArrowLeft":
    case "ArrowDown":
      return () => navigation.step(-far);
    case "ArrowRight":
    case "ArrowUp":
      return () => navigation.step(far);
    case "PageDown":
      return () => navigation.step(-10 * LONG_STEP);
    case "PageUp":
      return () => navigation.step(10 * LONG_STEP);
    case "Home":
      return () => navigation.seekToOldest();
    case "End":
    case "l":
    case "L":
      return () => navigation.goLive();
    case "+":
    case "=":
      return () => to.timeline.zoom(1 / ZOOM);
    case "-":
      return () => to.timeline.zoom(ZOOM);
    case "0":
      return () => to.timeline.fit();
    case "g":
    case "G":
      return () => to.goto.open();
    case "c":
    case "C":
      return () => navigation.share();
    case "m":
    case "M":
      return () => to.sound.toggle();
    case "f":
    case "F":
      return () => fullscreen(to.player);
  }
  return null;
}

/** @param {Controlled["player"]} player */
function fullscreen(player) {
  const video = /** @type {(HTMLVideoElement & {webkitEnterFullscreen?: () => void})|null} */ (player.video);
  const root = document.documentElement;
  if (document.fullscreenElement) document.exitFullscreen();
  else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
  else video?.webkitEnterFullscreen?.(); // iPhone: only a video can
}

function hideWhenIdle() {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const wake = () => {
    document.body.classList.remove("idle");
    clearTimeout(timer);
    timer = setTimeout(() => document.body.classList.add("idle"), IDLE);
  };
  for (const type of ["pointermove", "pointerdown", "keydown", "focusin", "fullscreenchange"]) document.addEventListener(type, wake);
}
