import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { View } from "../../page/view.js";
import { FakeElement, installDocument } from "../fakes/dom.js";
import { camera } from "../fakes/fetch.js";
import { read } from "../fakes/modules.js";
import { FakeTime } from "../fakes/time.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const time = new FakeTime();
globalThis.MediaSource = { isTypeSupported: (type) => !type.includes("hvc1") };
let view;
const part = (id) => document.getElementById(id);

beforeEach(() => {
  time.clear();
  installDocument();
  view = new View({ chosen: () => {}, busy: () => false, ask: async () => ({ spans: [], flaws: [] }) });
});

const shown = { state: "live", camera: camera("front"), away: null, position: NOW - 300, shown: NOW - 300, paused: false, latency: 0.3, now: NOW, heardAt: NOW, bounds: { start: NOW - 3_600_000, end: NOW }, following: true };

test("a live picture: badge, clock and latency", () => {
  view.show(shown);
  assert.equal(document.body.dataset.state, "live");
  assert.equal(part("badge").textContent, "Live");
  assert.match(part("clock").textContent, /^\d\d:53:59$/);
  assert.equal(part("distance").textContent, "0.30 s behind the camera");
  assert.deepEqual([part("live").getAttribute("aria-pressed"), part("play").getAttribute("aria-label"), part("start").hidden, part("notice").hidden], ["true", "Pause", true, true]);
  assert.equal(view.timeline.state.edge, NOW);
});

test("of a picture that is frozen nothing is green, the timeline neither, and of the next camera's it is again", () => {
  let restyled = 0;
  view.timeline.restyle = () => restyled++;
  const reason = { code: "frozen", title: "The picture is frozen", advice: "" };
  const frozen = camera("front", { health: [{ code: "motion", severity: "warning", reported: true, state: "failing", reason }] });
  for (let i = 0; i < 2; i++) view.show({ ...shown, camera: frozen });
  assert.deepEqual([document.body.classList.contains("frozen"), restyled], [true, 1]);
  view.clear();
  assert.deepEqual([document.body.classList.contains("frozen"), restyled], [false, 2]);
  assert.match(read("viewer.css"), /\.frozen \{ --live: var\(--faint\); \}/);
});

test("a picture of the past tells its age, a paused one can be started", () => {
  view.show({ ...shown, state: "paused", paused: true, position: NOW - 90_000, shown: NOW - 90_000, latency: null });
  assert.equal(part("distance").textContent, "1 min 30 s ago");
  assert.deepEqual([part("live").getAttribute("aria-pressed"), part("play").getAttribute("aria-label"), part("start").hidden, part("play").classList.contains("paused")], ["false", "Play", false, true]);
});

test("while nobody answers the track does not grow", () => {
  view.show({ ...shown, away: "controller", heardAt: NOW - 30_000 });
  assert.equal(view.timeline.state.edge, NOW - 30_000);
});

test("without a picture there is no time", () => {
  view.show({ ...shown, state: "connecting", camera: null, position: null, shown: null, latency: null });
  assert.deepEqual([part("clock").textContent, part("day").textContent, part("distance").textContent], ["--:--:--", "", ""]);
  assert.deepEqual([view.timeline.state.known, view.timeline.state.edge], [false, null]);
});

test("what is wrong lies over the picture, or stands below it", () => {
  view.show({ ...shown, state: "unreachable", away: "controller" });
  assert.deepEqual([part("notice").hidden, part("notice-title").textContent], [false, "The controller is away"]);
  view.show({ ...shown, state: "error", shown: null });
  assert.equal(part("notice-title").textContent, "The picture doesn’t come");
  view.show({ ...shown, state: "error", camera: camera("front", { video: { codecs: "hvc1.1", width: 1, height: 1, frame_rate: 1 } }) });
  assert.match(part("notice-title").textContent, /can’t show H\.265/);
  const link = { code: "pace", severity: "warning", state: "failing", reported: true, reason: { code: "overload", title: "Too slow", advice: "Use less" } };
  view.facts(camera("front", { health: [link] }), NOW);
  assert.deepEqual([part("health").hidden, part("health").dataset.severity, part("health").textContent], [false, "warning", "Too slow. Use less."]);
  view.clear();
  assert.deepEqual([part("health").hidden, part("health").textContent], [true, ""]);
});

test("facts: a line, the picture's shape, and the details", () => {
  view.facts(camera("front"), NOW);
  assert.equal(part("facts").textContent, "1280 × 720 · 25 fps");
  assert.equal(document.documentElement.style["--ratio"], String(16 / 9));
  const list = part("details-list").children;
  assert.deepEqual([list[0].tagName, list[0].textContent, list[1].tagName, part("details").hidden], ["dt", "Picture", "dd", false]);
  view.facts(null, NOW);
  assert.deepEqual([part("facts").textContent, part("details").hidden], ["", true]);
});

test("a remark goes with the camera that it is about, or when one goes elsewhere", () => {
  for (const leave of [() => view.clear(), () => view.hush()]) {
    view.say("one");
    leave();
    assert.equal(part("said").hidden, true);
  }
});

test("a remark goes away by itself, the last one after its own time", () => {
  view.say("one");
  time.advance(5000);
  view.say("two");
  time.advance(5000);
  assert.deepEqual([part("said").textContent, part("said").hidden], ["two", false]);
  time.advance(2000);
  assert.equal(part("said").hidden, true);
});

test("while a seek loads the clock tells the picture, and the playhead the wish", () => {
  view.show({ ...shown, state: "connecting", position: NOW - 600_000, latency: null });
  assert.match(part("clock").textContent, /:53:59/);
  assert.equal(view.timeline.state.position, NOW - 600_000);
  view.show({ ...shown, state: "connecting", position: NOW - 600_000, shown: null, paused: true, latency: null });
  assert.deepEqual([part("clock").textContent, part("play").getAttribute("aria-label"), part("start").hidden], ["--:--:--", "Play", true]);
});

test("a still takes the picture's place until that comes", () => {
  const canvas = Object.assign(new FakeElement("canvas"), { width: 320, height: 180 });
  view.placeholder(canvas);
  assert.deepEqual([part("still").hidden, part("still").width, part("still").height], [false, 320, 180]);
  assert.deepEqual(part("still").context.calls, [["drawImage", canvas, 0, 0]]);
  view.placeholder(null);
  assert.equal(part("still").hidden, true);
});

test("the camera has its title", () => {
  view.title("Front door");
  assert.equal(part("camera-title").textContent, "Front door");
});

test("a camera without a picture does not keep the frame of the one before", () => {
  const ratio = () => Number(document.documentElement.style["--ratio"]);
  const upright = { ...camera("front").video, width: 720, height: 1280 };
  view.facts(camera("front", { video: upright }), NOW);
  view.clear();
  assert.equal(ratio(), 720 / 1280); // until it is known what comes
  view.facts(camera("garden", { state: "starting", video: null }), NOW);
  assert.equal(ratio(), 16 / 9);
});
