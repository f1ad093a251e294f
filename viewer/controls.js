// Buttons, keys and fullscreen.

const STEP = 10; // s
const LONG_STEP = 60;
const ZOOM = 2;
const IDLE = 2500; // ms until the controls hide in fullscreen

/**
 * @param {object} does what the controls do
 * @param {() => void} does.toggle play or pause
 * @param {(seconds: number) => void} does.step
 * @param {() => void} does.goLive
 * @param {(ms: number) => void} does.seekTo
 * @param {() => void} does.share copy a link
 * @param {import("./slider.js").Slider} does.timeline
 * @param {import("./goto.js").GoTo} does.goto
 * @param {(event: KeyboardEvent) => (() => void)|null} does.many what a key does because there are several cameras
 * @param {() => number|null} does.oldest start of the window, ms
 * @param {{front: {video: HTMLVideoElement}|null}} does.player
 */
export function controls(does) {
  const on = (id, action) => document.getElementById(id).addEventListener("click", action);
  on("play", does.toggle);
  on("start", does.toggle);
  on("back", () => does.step(-STEP));
  on("forward", () => does.step(STEP));
  on("live", does.goLive);
  on("zoom-in", () => does.timeline.zoom(1 / ZOOM));
  on("zoom-out", () => does.timeline.zoom(ZOOM));
  on("zoom-fit", () => does.timeline.fit());
  on("share", does.share);
  on("fullscreen", () => fullscreen(does.player));
  const picture = document.getElementById("picture");
  picture.addEventListener("click", (event) => event.pointerType === "mouse" && does.toggle());
  picture.addEventListener("dblclick", () => fullscreen(does.player));
  document.addEventListener("keydown", (event) => key(event, does));
  closeDetails();
  hideWhenIdle();
}

/** Like any panel that lies over the page: a press beside it or Escape closes it. */
function closeDetails() {
  const details = document.getElementById("details");
  document.addEventListener("pointerdown", (event) => details.contains(event.target) || (details.open = false));
  details.addEventListener("keydown", (event) => event.key === "Escape" && (details.open = false));
}

function key(event, does) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input")) return;
  const action = does.many(event) ?? (document.body.dataset.view === "overview" ? null : actionOf(event, does));
  if (!action) return;
  event.preventDefault();
  action();
}

function actionOf({ key, shiftKey, target }, does) {
  const far = shiftKey ? LONG_STEP : STEP;
  switch (key) {
    case " ":
    case "k":
      // Space presses the button that has the focus.
      return key === " " && target.closest?.("button, a, summary") ? null : does.toggle;
    case "ArrowLeft":
    case "ArrowDown":
      return () => does.step(-far);
    case "ArrowRight":
    case "ArrowUp":
      return () => does.step(far);
    case "PageDown":
      return () => does.step(-10 * LONG_STEP);
    case "PageUp":
      return () => does.step(10 * LONG_STEP);
    case "Home":
      return () => does.oldest() !== null && does.seekTo(does.oldest());
    case "End":
    case "l":
    case "L":
      return does.goLive;
    case "+":
    case "=":
      return () => does.timeline.zoom(1 / ZOOM);
    case "-":
      return () => does.timeline.zoom(ZOOM);
    case "0":
      return () => does.timeline.fit();
    case "g":
    case "G":
      return () => does.goto.open();
    case "c":
    case "C":
      return does.share;
    case "f":
    case "F":
      return () => fullscreen(does.player);
  }
  return null;
}

function fullscreen(player) {
  const root = document.documentElement;
  if (document.fullscreenElement) document.exitFullscreen();
  else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
  else player.front?.video.webkitEnterFullscreen?.(); // iPhone: only a video can
}

function hideWhenIdle() {
  let timer;
  const wake = () => {
    document.body.classList.remove("idle");
    clearTimeout(timer);
    timer = setTimeout(() => document.body.classList.add("idle"), IDLE);
  };
  for (const type of ["pointermove", "pointerdown", "keydown", "focusin", "fullscreenchange"]) document.addEventListener(type, wake);
}
