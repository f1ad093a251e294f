import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { MultiCamera } from "../../tiles/multicamera.js";
import { installDocument } from "../fakes/dom.js";
import { camera } from "../fakes/fetch.js";
import { FakeTime } from "../fakes/time.js";
import { FakeVideo } from "../fakes/video.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const time = new FakeTime();
const cameras = ["front", "garden", "garage", "roof"].map((name) => camera(name));
performance.getEntriesByType = () => [];
let screen, several;

beforeEach(() => {
  time.clear();
  screen = installDocument({ createVideo: () => new FakeVideo() });
  document.body.dataset.view = "overview";
  several = new MultiCamera();
});

const page = { cameras, current: null, at: null, linked: null, now: NOW, reachable: true, away: null, load: "none" };
const part = (id) => document.getElementById(id);
/** What a key leads to. */
const press = (key) => several.key({ key }, cameras)?.();

test("the overview tells how many are live, or which instant is seen", () => {
  several.show(page);
  assert.deepEqual([part("overview-title").textContent, part("overview-said").textContent, part("overview-live").hidden], ["All cameras", "4 recording", true]);
  several.show({ ...page, at: NOW - 60_000 });
  assert.match(part("overview-title").textContent, /^\d\d:53:00 \S+$/);
  assert.match(part("overview-said").textContent, /22/);
  assert.equal(part("overview-live").hidden, false);
});

test("who doesn't answer is said there", () => {
  several.show({ ...page, away: "controller", reachable: false });
  assert.match(part("overview-said").textContent, /^The controller is away\./);
  assert.equal(part("overview-said").classList.contains("wrong"), true);
});

test("all tiles fit on the screen, and do so again when it changes", () => {
  several.show(page);
  const { style } = part("overview");
  assert.deepEqual([style["--columns"], style["--rows"]], ["2", "2"]);
  innerWidth = 390;
  screen.window.dispatchEvent(new Event("resize"));
  assert.deepEqual([style["--columns"], style["--rows"]], ["1", "4"]);
});

test("the way to the overview keeps the instant, and says where one is", () => {
  several.show({ ...page, linked: NOW });
  assert.deepEqual([part("to-overview").getAttribute("href"), part("to-overview").getAttribute("aria-current")], ["#Overview@2026-11-22T21:54:00Z", "page"]);
  document.body.dataset.view = "camera";
  several.show({ ...page, current: "front" });
  assert.equal(part("to-overview").getAttribute("aria-current"), null);
  assert.equal(part("strip").children.length, 4);
});

test("keys lead to cameras, to the overview, and from tile to tile", () => {
  several.show(page);
  const clicked = [];
  for (const tile of several.overview.all) tile.link.addEventListener("click", () => clicked.push(tile.name));
  part("to-overview").addEventListener("click", () => clicked.push("overview"));
  press("2");
  press("a");
  assert.deepEqual(clicked, ["garden", "overview"]);
  press("ArrowRight");
  assert.equal(document.activeElement, several.overview.get("front").link);
  press("ArrowDown"); // two columns
  assert.equal(document.activeElement, several.overview.get("garage").link);
  press("ArrowLeft");
  press("ArrowUp"); // above is nothing
  assert.equal(document.activeElement, several.overview.get("garden").link);
  press("End");
  assert.equal(document.activeElement, several.overview.get("roof").link);
  press("Home");
  assert.equal(document.activeElement, several.overview.get("front").link);
});

test("other keys, and all of them with one camera or beside a picture's arrows, are not its", () => {
  several.show(page);
  assert.deepEqual([several.key({ key: "x" }, cameras), several.key({ key: "1" }, cameras.slice(1, 2))], [null, null]);
  assert.equal(several.key({ key: "9" }, cameras), null);
  document.body.dataset.view = "camera";
  assert.equal(several.key({ key: "ArrowLeft" }, cameras), null);
});

test("the still of a camera keeps its place, once it has one", () => {
  several.show(page);
  assert.equal(several.stillOf("front"), null);
  const tile = several.overview.get("front");
  tile.shown = NOW;
  assert.equal(several.stillOf("front"), tile.canvas);
  assert.equal(several.stillOf("nobody"), null);
});

test("who comes from a camera finds its tile, and who leaves lets nothing play", () => {
  several.show(page);
  several.focus("roof");
  assert.equal(document.activeElement, several.overview.get("roof").link);
  for (const tile of several.overview.all) tile.seen = true;
  several.show(page);
  const { front } = Object.fromEntries(several.overview.all.map((tile) => [tile.name, tile.frame.children.length]));
  assert.equal(front, 2); // a still and a video
  several.leave();
  assert.equal(several.overview.get("front").frame.children.length, 1);
});
