import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Timeline } from "../../timeline/timeline.js";
import { FakeElement, installDocument, send } from "../fakes/dom.js";
import { FakeTime } from "../fakes/time.js";

const HOUR = 3_600_000;
const END = Date.parse("2026-11-22T21:54:00Z");
const bounds = { start: END - 10 * HOUR, end: END };
const time = new FakeTime();
let screen, root, timeline, chosen, asked, flaws;

beforeEach(() => {
  time.clear();
  screen = installDocument();
  root = new FakeElement("div");
  chosen = [];
  asked = [];
  flaws = [];
  timeline = new Timeline(root, {
    chosen: (ms, fleeting) => chosen.push([ms, fleeting]),
    busy: () => false,
    ask: async (from, to, points) => {
      asked.push({ from, to, points });
      return { spans: [{ start: from, end: to }], flaws };
    },
  });
  screen.observers[0].callback();
});

/** The whole window is seen. */
function show(more) {
  timeline.show({ bounds, known: true, now: END, edge: END, position: END - HOUR, ...more });
  timeline.viewport.fit();
}
const pointer = (type, clientX, more) => send(root, `pointer${type}`, { clientX, pointerId: 1, pointerType: "mouse", button: 0, ...more });
const part = (name) => root.querySelector(name);
const drawings = () => (part("canvas").context?.calls ?? []).filter(([name]) => name === "clearRect").length;

test("it opens where the picture is, at the last ten minutes or around an instant", () => {
  const state = { bounds, known: true, now: END, edge: END };
  timeline.show({ ...state, known: false, position: END - 300 });
  timeline.show({ ...state, position: END - 300 });
  assert.deepEqual(timeline.viewport.range, { start: END - 600_000, end: END });
  timeline.clear();
  timeline.show({ ...state, position: END - HOUR });
  assert.deepEqual(timeline.viewport.range, { start: END - HOUR - 300_000, end: END - HOUR + 300_000 });
  timeline.show({ ...state, position: END - 3 * HOUR }); // who jumps asks to see it
  assert.equal(timeline.viewport.shows(END - 3 * HOUR), false);
});

test("at every zoom a drag scrubs, and with Shift it pans", () => {
  timeline.show({ bounds, known: true, now: END, edge: END, position: END });
  const { start, end } = timeline.viewport.range;
  pointer("down", 990);
  pointer("move", 900);
  pointer("up", 900);
  assert.deepEqual([chosen, timeline.viewport.range], [[[END - 60_000, false]], { start, end }]);
  pointer("down", 500, { shiftKey: true });
  pointer("move", 600);
  pointer("up", 600);
  assert.deepEqual([chosen.length, timeline.viewport.range], [1, { start: start - 60_000, end: end - 60_000 }]);
});

test("says what a slider says", () => {
  show();
  assert.equal(Number(root.getAttribute("aria-valuemin")), bounds.start / 1000);
  assert.equal(Number(root.getAttribute("aria-valuenow")), END / 1000 - 3600);
  assert.match(root.getAttribute("aria-valuetext"), /\d\d:54:00$/);
});

test("the handle is at the picture, and hidden where there is none", () => {
  show();
  screen.frame();
  assert.deepEqual([part(".handle").hidden, part(".handle").style.left], [false, "90.000%"]);
  show({ position: null });
  screen.frame();
  assert.equal(part(".handle").hidden, true);
});

test("what it shows is asked for once the view rests, and only while the page is seen", async () => {
  show();
  assert.deepEqual(asked, []);
  await time.pass(200);
  assert.equal(asked.length, 1);
  assert.deepEqual(timeline.spans(), [{ start: bounds.start, end: END }]);
  document.hidden = true;
  timeline.coverage.expire();
  show();
  await time.pass(500);
  assert.equal(asked.length, 1);
});

test("it is drawn again only when it would look different", async () => {
  show();
  screen.frame();
  const first = drawings();
  show();
  screen.frame();
  assert.equal(drawings(), first);
  await time.pass(200);
  screen.frame();
  assert.equal(drawings(), first + 1); // now the spans are known
  document.dispatchEvent(new Event("fullscreenchange"));
  screen.frame();
  assert.equal(drawings(), first + 2);
});

test("a tap chooses an instant", () => {
  show();
  pointer("down", 250);
  pointer("up", 250);
  assert.deepEqual(chosen, [[bounds.start + 2.5 * HOUR, false]]);
});

test("the handle follows the finger that drags it", () => {
  show();
  pointer("down", 900);
  pointer("move", 600);
  assert.deepEqual([part(".handle").style.left, part(".handle").classList.contains("held")], ["60.000%", true]);
  time.advance(150);
  pointer("up", 500);
  assert.deepEqual(chosen, [[bounds.start + 6 * HOUR, true], [bounds.start + 5 * HOUR, false]]);
  assert.equal(part(".handle").classList.contains("held"), false);
});

test("under the pointer stands the time, and what was wrong with the picture then", async () => {
  flaws = [{ start: END - HOUR, end: END, kind: "late" }];
  show();
  await time.pass(200);
  pointer("move", 950);
  assert.match(part(".bubble").textContent, /(^|, )\d\d:24:00 · pictures came late$/);
  assert.equal(part(".bubble").style.left, "950px");
  pointer("move", 998);
  assert.equal(part(".bubble").style.left, "970px"); // inside
  pointer("leave", 998);
  assert.equal(part(".bubble").hidden, true);
});

test("buttons zoom around the playhead, and back to all of it", () => {
  screen.media.matches = true; // without the glide
  show();
  timeline.zoom(0.5);
  const { start, end } = timeline.viewport.range;
  assert.equal(end - start, 5 * HOUR);
  assert.ok(start < END - HOUR && end > END - HOUR);
  timeline.fit();
  assert.deepEqual([timeline.viewport.mode, timeline.viewport.range], ["all", bounds]);
});

test("fit glides there", () => {
  show();
  timeline.viewport.zoom(0.1, END);
  timeline.fit();
  time.advance(90);
  screen.frame();
  assert.equal(timeline.viewport.mode, "free");
  time.advance(100);
  screen.frame();
  assert.equal(timeline.viewport.mode, "all");
});

test("an instant that is asked for comes into view", () => {
  show();
  timeline.viewport.zoom(0.1, END);
  timeline.reveal(bounds.start + HOUR);
  assert.equal(timeline.viewport.shows(bounds.start + HOUR), true);
});

test("of another camera nothing is known", async () => {
  show();
  await time.pass(200);
  timeline.viewport.zoom(0.1, END);
  timeline.clear();
  assert.deepEqual([timeline.spans(), timeline.viewport.mode], [[], "edge"]);
});
