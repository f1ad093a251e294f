// Buttons, keys and fullscreen.

const STEP = 10; // s
const LONG_STEP = 60;
const ZOOM = 2;
const IDLE = 2500; // ms until the controls hide in fullscreen

/**
 * @param {object} does what the controls do
 * @param {import("./travel.js").Travel} does.travel
 * @param {import("./slider.js").Slider} does.timeline
 * @param {import("./goto.js").GoTo} does.goto
 * @param {(event: KeyboardEvent) => (() => void)|null} does.many what a key does because there are several cameras
 * @param {() => number|null} does.oldest start of the window, ms
 * @param {{front: {video: HTMLVideoElement}|null}} does.player
 */
export function controls(does) {
  const { travel } = does;
  const on = (id, action) => document.getElementById(id).addEventListener("click", action);
  on("play", () => travel.toggle());
  on("start", () => travel.toggle());
  on("back", () => travel.step(-STEP));
  on("forward", () => travel.step(STEP));
  on("live", () => travel.goLive());
  on("zoom-in", () => does.timeline.zoom(1 / ZOOM));
  on("zoom-out", () => does.timeline.zoom(ZOOM));
  on("zoom-fit", () => does.timeline.fit());
  on("share", () => travel.share());
  on("fullscreen", () => fullscreen(does.player));
  const picture = document.getElementById("picture");
  picture.addEventListener("click", (event) => event.pointerType === "mouse" && travel.toggle());
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
  const { travel } = does;
  const far = shiftKey ? LONG_STEP : STEP;
  switch (key) {
    case " ":
    case "k":
      // Space presses the button that has the focus.
      return key === " " && target.closest?.("button, a, summary") ? null : () => travel.toggle();
    case "ArrowLeft":
    case "ArrowDown":
      return () => travel.step(-far);
    case "ArrowRight":
    case "ArrowUp":
      return () => travel.step(far);
    case "PageDown":
      return () => travel.step(-10 * LONG_STEP);
    case "PageUp":
      return () => travel.step(10 * LONG_STEP);
    case "Home":
      return () => does.oldest() !== null && travel.seekTo(does.oldest());
    case "End":
    case "l":
    case "L":
      return () => travel.goLive();
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
      return () => travel.share();
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
