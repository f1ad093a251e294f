import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { controls } from "../../page/controls.js";
import { FakeElement, installDocument, send } from "../fakes/dom.js";
import { FakeTime } from "../fakes/time.js";

const time = new FakeTime();
let happened, several, player;
const part = (id) => document.getElementById(id);
const noted = (names) => Object.fromEntries(names.map((name) => [name, (...args) => happened.push([name, ...args])]));

beforeEach(() => {
  time.clear();
  installDocument();
  happened = [];
  several = null;
  player = { video: null };
  document.body.dataset.view = "camera";
  controls({
    navigation: noted(["toggle", "step", "goLive", "share", "seekToOldest"]),
    timeline: noted(["zoom", "fit"]),
    goto: noted(["open"]),
    sound: { toggle: () => happened.push(["sound"]) },
    several: () => several,
    player,
  });
});

const press = (key, fields) => send(document, "keydown", { key, target: document.body, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...fields });

test("every button does what it says", () => {
  for (const id of ["play", "start", "back", "forward", "live", "zoom-in", "zoom-out", "zoom-fit", "share"]) part(id).click();
  assert.deepEqual(happened, [["toggle"], ["toggle"], ["step", -10], ["step", 10], ["goLive"], ["zoom", 0.5], ["zoom", 2], ["fit"], ["share"]]);
});

test("every key does what its button does", () => {
  const keys = {
    " ": ["toggle"], k: ["toggle"], ArrowLeft: ["step", -10], ArrowDown: ["step", -10], ArrowRight: ["step", 10], ArrowUp: ["step", 10],
    PageDown: ["step", -600], PageUp: ["step", 600], Home: ["seekToOldest"], End: ["goLive"], l: ["goLive"], L: ["goLive"],
    "+": ["zoom", 0.5], "=": ["zoom", 0.5], "-": ["zoom", 2], 0: ["fit"], g: ["open"], G: ["open"], c: ["share"], C: ["share"], m: ["sound"], M: ["sound"],
  };
  for (const [key, expected] of Object.entries(keys)) {
    happened = [];
    assert.equal(press(key).defaultPrevented, true, key);
    assert.deepEqual(happened, [expected], key);
  }
  press("ArrowLeft", { shiftKey: true });
  assert.deepEqual(happened.at(-1), ["step", -60]);
});

test("keys that are somebody else's are left alone", () => {
  assert.equal(press("x").defaultPrevented, false);
  for (const fields of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { target: new FakeElement("input") }]) press("l", fields);
  press(" ", { target: new FakeElement("button") });
  document.body.dataset.view = "overview";
  press("l");
  assert.deepEqual(happened, []);
});

test("what a key does because there are several cameras goes first", () => {
  several = () => happened.push("several");
  press("a");
  assert.deepEqual(happened, ["several"]);
});

test("a click of the mouse on the picture plays and pauses, a tap does not", () => {
  send(part("picture"), "click", { pointerType: "touch" });
  send(part("picture"), "click", { pointerType: "mouse" });
  assert.deepEqual(happened, [["toggle"]]);
});

test("fullscreen is the page's, or, on iPhones, the video's", () => {
  const asked = [];
  document.documentElement.requestFullscreen = async () => asked.push("page");
  press("f");
  document.fullscreenElement = document.documentElement;
  document.exitFullscreen = () => asked.push("leave");
  part("fullscreen").click();
  document.fullscreenElement = null;
  document.documentElement.requestFullscreen = undefined;
  player.video = { webkitEnterFullscreen: () => asked.push("video") };
  send(part("picture"), "dblclick");
  assert.deepEqual(asked, ["page", "leave", "video"]);
});

test("the details close by a press beside them, and by Escape", () => {
  const details = Object.assign(part("details"), { open: true });
  send(document, "pointerdown", { target: details });
  assert.equal(details.open, true);
  send(document, "pointerdown", { target: part("stage") });
  assert.equal(details.open, false);
  details.open = true;
  send(details, "keydown", { key: "Escape" });
  assert.equal(details.open, false);
});

test("who does nothing for a while is idle", () => {
  press("x");
  time.advance(2400);
  assert.equal(document.body.classList.contains("idle"), false);
  send(document, "pointermove");
  time.advance(2400);
  assert.equal(document.body.classList.contains("idle"), false);
  time.advance(200);
  assert.equal(document.body.classList.contains("idle"), true);
  send(document, "pointerdown", { target: part("stage") });
  assert.equal(document.body.classList.contains("idle"), false);
});
